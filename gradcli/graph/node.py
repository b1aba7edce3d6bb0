"""Handles on nodes: derivative rules are written with ordinary operators.

What is written here is made by the backward sweep, so it is folded as it is made: g·1 is g, 0·x
is 0, x + 0 is x. What the user typed goes through `Graph.add` and stays.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import inf
from typing import Any, Literal

from gradcli.graph.graph import LITERAL, Graph
from gradcli.graph.ops.op import Attr, Op, Shape, elementwise_shape

TABLE: dict[str, Op] = {}
"""Every op by its name; filled by `gradcli.graph.ops.table`."""

Operand = Any
"""A Node or a Python number."""


class Node:
    """A node of a graph, for use in formulas."""

    __slots__ = ("graph", "id")

    def __init__(self, graph: Graph, id: int) -> None:
        self.graph, self.id = graph, id

    @property
    def shape(self) -> Shape:
        return self.graph.shapes[self.id]

    @property
    def attr(self) -> Attr:
        return self.graph.attrs[self.id] or ()

    @property
    def number(self) -> float | None:
        """The value of a literal, None for every other node."""
        graph = self.graph
        return graph.number(self.id) if graph.ops[self.id] is LITERAL else None

    @property
    def args(self) -> tuple[Node, ...]:
        graph = self.graph
        return tuple([Node(graph, a) for a in graph.args[self.id]])

    def arg(self, position: int) -> Node:
        """One of them."""
        return Node(self.graph, self.graph.args[self.id][position])

    @property
    def op(self) -> Op:
        return self.graph.ops[self.id]

    def __add__(self, other: Operand) -> Node:
        return _sum(self, node(self.graph, other))

    def __radd__(self, other: Operand) -> Node:
        return _sum(node(self.graph, other), self)

    def __sub__(self, other: Operand) -> Node:
        return _difference(self, node(self.graph, other))

    def __rsub__(self, other: Operand) -> Node:
        return _difference(node(self.graph, other), self)

    def __mul__(self, other: Operand) -> Node:
        return _product(self, node(self.graph, other))

    def __rmul__(self, other: Operand) -> Node:
        return _product(node(self.graph, other), self)

    def __truediv__(self, other: Operand) -> Node:
        return _quotient(self, node(self.graph, other))

    def __rtruediv__(self, other: Operand) -> Node:
        return _quotient(node(self.graph, other), self)

    def __pow__(self, other: Operand) -> Node:
        return _power(self, node(self.graph, other))

    def __rpow__(self, other: Operand) -> Node:
        return _power(node(self.graph, other), self)

    def __neg__(self) -> Node:
        if (value := self.number) is not None:
            return node(self.graph, -value)
        if self.op.name == "neg":
            return self.args[0]
        return apply("neg", self)

    def __lt__(self, other: Operand) -> Node:
        return apply("lt", self, other)

    def __le__(self, other: Operand) -> Node:
        return apply("le", self, other)

    def __gt__(self, other: Operand) -> Node:
        return apply("gt", self, other)

    def __ge__(self, other: Operand) -> Node:
        return apply("ge", self, other)

    def equals(self, other: Operand) -> Node:
        """1 where the entries are equal (`==` itself keeps Python's meaning)."""
        return apply("eq", self, other)

    def differs(self, other: Operand) -> Node:
        """1 where the entries differ."""
        return apply("ne", self, other)

    def __matmul__(self, other: Node) -> Node:
        return apply("matmul", self, other)


def node(graph: Graph, operand: Operand) -> Node:
    """`operand` as a Node: a Python number becomes a literal."""
    if isinstance(operand, Node):
        return operand
    return Node(graph, graph.literal(float(operand)))


def derived(kind: Literal["local", "vjp", "mask"], y: Node, position: int, *upstream: Node) -> Any:
    """What the op of `y` says of its argument at `position`; None where it has no such rule."""
    rules = getattr(y.op, kind)
    if not isinstance(rules, tuple):
        return rules(*upstream, y, position)
    rule = rules[position] if position < len(rules) else None
    if rule is None:
        return None
    graph = y.graph
    return rule(*upstream, y, *[Node(graph, a) for a in graph.args[y.id]])


def apply(name: str, *operands: Operand, attr: Attr | None = None) -> Node:
    """The node of the op called `name`; at least one operand is a Node."""
    for operand in operands:
        if isinstance(operand, Node):
            graph = operand.graph
            break
    args = tuple([o.id if isinstance(o, Node) else node(graph, o).id for o in operands])
    return Node(graph, graph.add(TABLE[name], args, attr))


class Functions:
    """`F.exp(x)`: a node of any elementwise op of the table, by its name."""

    def __getattr__(self, name: str) -> Callable[..., Node]:
        def call(*operands: Operand, attr: Attr | None = None) -> Node:
            return apply(name, *operands, attr=attr)

        return call


F = Functions()


def constant(like: Node, name: str, *attr: Any) -> Node:
    """A node without arguments, such as `eye`, in the graph of `like`."""
    return Node(like.graph, like.graph.add(TABLE[name], (), attr))


def _folded(fold: Callable[[float, float], float], a: Node, b: Node) -> Node | None:
    x, y = a.number, b.number
    if x is None or y is None:
        return None
    try:
        return node(a.graph, fold(x, y))
    except (ArithmeticError, ValueError):
        return None  # left to the run, which knows IEEE


def _fits(kept: Node, dropped: Node) -> bool:
    """Whether `kept` alone has the shape of the two together."""
    return not dropped.shape or elementwise_shape((kept.shape, dropped.shape), ()) == kept.shape


def _sum(a: Node, b: Node) -> Node:
    x, y = a.number, b.number
    if x is not None or y is not None:
        if x == 0 and _fits(b, a):
            return b
        if y == 0 and _fits(a, b):
            return a
        if (folded := _folded(operator.add, a, b)) is not None:
            return folded
    if b.op.name == "neg":
        return apply("sub", a, b.args[0])
    return _of_two("add", a, b)


def _difference(a: Node, b: Node) -> Node:
    x, y = a.number, b.number
    if x is not None or y is not None:
        if y == 0 and _fits(a, b):
            return a
        if x == 0 and _fits(b, a):
            return -b
        if (folded := _folded(operator.sub, a, b)) is not None:
            return folded
    if b.op.name == "neg":
        return apply("add", a, b.args[0])
    return apply("sub", a, b)


def product(a: Node, b: Node) -> Node:
    """a·b of the chain rule: signs go to the front, two literal factors become one.

    This may round in another place than `a * b`, which leaves its factors as they are.
    """
    graph = a.graph
    ops, args = graph.ops, graph.args
    left, right, negative = a.id, b.id, False
    while ops[left].name == "neg":
        left, negative = args[left][0], not negative
    while ops[right].name == "neg":
        right, negative = args[right][0], not negative
    while ops[left].name == "expand" and graph.shapes[left] == graph.shapes[right]:
        left = args[left][0]
    if ops[right] is LITERAL:
        left, right = right, left
    outer = graph.number(left)
    inner = graph.number(args[right][0]) if ops[right].name == "mul" else None
    both = 0.0 if outer is None or inner is None or abs(outer) == 1 else outer * inner
    if 1e-300 < abs(both) < inf:
        found = _product(node(graph, both), Node(graph, args[right][1]))
    elif ops[left] is not LITERAL:  # so that none is a number
        found = _multiplied(Node(graph, left), Node(graph, right))
    else:  # also where the two overflow or vanish together: 1e300·(1e300·0) is 0
        found = _product(Node(graph, left), Node(graph, right))
    return -found if negative else found


def _product(a: Node, b: Node) -> Node:
    """a·b, folded; a factor that was only spread over the other's shape is not spread."""
    x, y = a.number, b.number
    if x is not None or y is not None:
        if x == 1:
            return b
        if y == 1:
            return a
        if x == 0 or y == 0:
            return node(a.graph, 0.0)
        if x is not None and y is not None:
            return node(a.graph, x * y)
        if x == -1:
            return -b
        if y == -1:
            return -a
    return _multiplied(a, b)


def _multiplied(a: Node, b: Node) -> Node:
    """a·b of two nodes that are no numbers."""
    if a.op.name == "expand" and b.shape == a.shape:
        return _product(a.args[0], b)
    if b.op.name == "expand" and a.shape == b.shape:
        return _product(a, b.args[0])
    return _of_two("mul", a, b)


def _of_two(name: str, a: Node, b: Node) -> Node:
    graph = a.graph
    return Node(graph, graph.add(TABLE[name], (a.id, b.id)))


def _quotient(a: Node, b: Node) -> Node:
    if b.number == 1:
        return a
    if a.number == 0 and not b.shape:
        return a
    return _folded(operator.truediv, a, b) or apply("div", a, b)


def _power(a: Node, b: Node) -> Node:
    if b.number == 1:
        return a
    if b.number == 0 and not a.shape:
        return node(a.graph, 1.0)
    return apply("pow", a, b)
