"""A graph in fewer words: what a language does not know is made of simpler ops."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

from gradcli.errors import GradError
from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.graph.node import TABLE, F, Node, apply, node
from gradcli.graph.ops.op import Op
from gradcli.graph.ops.spell import Function, function

Knows = Callable[[Graph, int], bool]
"""Whether a language has words for a node."""


class UnspokenError(GradError):
    """A node that a language has no words for."""

    def __init__(self, node: int, name: str) -> None:
        super().__init__(name)
        self.node, self.name = node, name


def lowered(graph: Graph, outputs: Iterable[int], knows: Knows) -> dict[int, int]:
    """For every node that the outputs need, the node that has its value, in known ops alone.

    The graph grows by what they are made of. Literals, inputs and random draws stay; what only
    hands its argument on is left out. Raises UnspokenError for an op that is not known, and that no
    simpler ones make.
    """
    outputs = list(outputs)
    found = {n: n for n in graph.cone(outputs)}
    source: dict[int, int] = {}
    while True:
        cone = graph.cone([found[n] for n in outputs])
        step = _step(graph, cone, knows, source)
        changed = any(step[n] != n for n in cone)
        found = {n: step[to] for n, to in found.items() if to in step}
        if not changed:
            return found


def _step(graph: Graph, cone: list[int], knows: Knows, source: dict[int, int]) -> dict[int, int]:
    """What each node of a cone becomes, where one rule is followed."""
    became: dict[int, int] = {}
    for n in cone:
        op = graph.ops[n]
        if op is LITERAL or op is INPUT or op.random:
            became[n] = n
            continue
        args = tuple(became[arg] for arg in graph.args[n])
        before = len(graph)
        became[n] = _one(graph, n, args, knows, source)
        for new in range(before, len(graph)):
            source[new] = source.get(n, n)
    return became


def _one(graph: Graph, n: int, args: tuple[int, ...], knows: Knows, source: dict[int, int]) -> int:
    op = graph.ops[n]
    if _hands_on(graph, n):
        return args[0]
    if knows(graph, n):
        return n if args == graph.args[n] else graph.add(op, args, graph.attrs[n])
    rule = op.lower or (_of_value(op) if op.pointwise and op.value else None)
    if rule is None:
        raise UnspokenError(source.get(n, n), op.name)
    made = node(graph, rule(Node(graph, n), *(Node(graph, arg) for arg in args)))
    shape = graph.shapes[n]
    made = made if made.shape == shape else F.expand(made, attr=(shape,))
    if made.id == n:
        raise UnspokenError(source.get(n, n), op.name)
    return made.id


def _hands_on(graph: Graph, n: int) -> bool:
    """Whether the value is that of the first argument, to the last bit."""
    op, args = graph.ops[n], graph.args[n]
    if not args or graph.shapes[n] != graph.shapes[args[0]]:
        return False
    if op.free and op.axes not in ("indexes", "transposes"):
        return True
    return op.axes == "sums to" or (op.fold is not None and not graph.shapes[n])


@cache
def primitive(op: Op) -> bool:
    """Whether the value of an elementwise op is an operator, or one function of its own name."""
    names = ", ".join(("*" if p.variadic else "") + p.name for p in op.parameters)
    return op.level < 100 or op.value == f"{op.name}({names})"


@cache
def _of_value(op: Op) -> Callable[..., Any] | None:
    """The value of an elementwise op as a rule: its formula over nodes in the place of numbers."""
    if primitive(op):
        return None
    made = function(op, _nodes())
    return lambda y, *args: made(*args)


@cache
def _nodes() -> dict[str, Function]:
    """The functions that values are made of, on nodes."""
    found: dict[str, Function] = {
        name: partial(apply, name) for name, op in TABLE.items() if op.pointwise
    }
    return found | {"power": partial(apply, "pow"), "root": lambda x: apply("pow", x, 0.5)}
