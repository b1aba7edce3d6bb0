"""The computational graph: parallel lists, topologically ordered by construction."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from itertools import compress
from math import prod
from typing import Any

from gradcli.errors import ShapeError
from gradcli.graph.ops.op import Attr, Op, Shape
from gradcli.memory import MEMORY as MEMORY

LITERAL = Op(name="literal", signature="", hidden=True)
INPUT = Op(name="input", signature="", hidden=True)


class Graph:
    """Nodes as parallel lists; node i is made of nodes before i.

    `ops[i]`, `args[i]` and `attrs[i]` say what node i is, `shapes[i]` its shape. An equal
    subexpression is the same node, except for random draws. `names` holds what the user calls a
    node, `texts` how a literal was typed, `varying` the literals that a derivative was taken by.
    `differentiated` holds the derivatives that the program speaks of: which it is, by which node.
    """

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.args: list[tuple[int, ...]] = []
        self.attrs: list[Attr | None] = []
        self.shapes: list[Shape] = []
        self.names: dict[int, list[str]] = {}
        self.texts: dict[int, str] = {}
        self.varying: set[int] = set()
        self.differentiated: dict[int, tuple[int, int]] = {}
        self._interned: dict[Op, dict[Any, int]] = {}
        self._once: dict[tuple[Any, int], Any] = {}

    def __len__(self) -> int:
        return len(self.ops)

    def add(self, op: Op, args: tuple[int, ...], attr: Attr | None = None) -> int:
        """The node `op(*args)`: the one that exists already, or a new one at the end.

        Raises ShapeError where the shapes of the arguments do not fit, or where the result would
        not fit into this machine's memory.
        """
        table = self._interned.get(op)
        if table is None:
            table = self._interned[op] = {}
        key = args if attr is None else (args, attr)
        node = table.get(key)
        if node is not None and not op.random:
            return node
        shapes = self.shapes
        shape = op.shape([shapes[a] for a in args], attr or ())
        if shape:
            refuse_too_large(shape)
        node = len(self.ops)
        table[key] = node
        self.ops.append(op)
        self.args.append(args)
        self.attrs.append(attr)
        shapes.append(shape)
        return node

    def literal(self, value: float, text: str = "") -> int:
        """The node of a number. Numbers are told apart by their bits: 0.0 is not -0.0."""
        table = self._interned.setdefault(LITERAL, {})
        # Only zeros and nan are not told apart, or not found again, by their values.
        key = value if value and value == value else value.hex()
        node = table.get(key)
        if node is None:
            node = table[key] = self._append(LITERAL, (), (value,), ())
        if text:
            self.texts.setdefault(node, text)
        return node

    def twin(self, node: int) -> int:
        """A second node that is made just as `node`, for a name of its own."""
        twin = self._append(self.ops[node], self.args[node], self.attrs[node], self.shapes[node])
        if node in self.texts:
            self.texts[twin] = self.texts[node]
        return twin

    def input(self, name: str, kind: str, shape: Shape) -> int:
        """A leaf whose value comes from outside; `kind` is variable, param, const, data or seed."""
        refuse_too_large(shape)
        node = self._append(INPUT, (), (name, kind), shape)
        if kind != "seed":
            self.names[node] = [name]
        return node

    def _append(self, op: Op, args: tuple[int, ...], attr: Attr | None, shape: Shape) -> int:
        self.ops.append(op)
        self.args.append(args)
        self.attrs.append(attr)
        self.shapes.append(shape)
        return len(self.ops) - 1

    def number(self, node: int) -> float | None:
        """The value of a literal, None for every other node and for a literal that varies."""
        if self.ops[node] is not LITERAL or node in self.varying:
            return None
        attr = self.attrs[node]
        assert attr is not None
        value: float = attr[0]
        return value

    def once(self, made: Callable[[Graph, int], Any], node: int) -> Any:
        """made(graph, node), made the first time that it is asked for.

        It is for what the rules of a node with many arguments need once, not once for each.
        """
        key = made, node
        if key not in self._once:
            self._once[key] = made(self, node)
        return self._once[key]

    def kind(self, node: int) -> str:
        """variable, param, const, data, seed, literal or operation."""
        op = self.ops[node]
        if op is LITERAL:
            return "literal"
        if op is INPUT:
            kind: str = (self.attrs[node] or ("", "variable"))[1]
            return kind
        return "operation"

    def cone(self, outputs: Iterable[int], known: Container[int] = ()) -> list[int]:
        """Every node that the outputs are made of, themselves included, in topological order.

        What a `known` node is made of is left out.
        """
        marked = self.marked(outputs, known)
        return [*compress(range(len(marked)), marked)]

    def marked(self, outputs: Iterable[int], known: Container[int] = ()) -> bytearray:
        """A mark for each node of their cone: a byte a node, where a list takes forty."""
        outputs = list(outputs)
        top = max(outputs, default=-1)
        marked = bytearray(top + 1)
        for node in outputs:
            marked[node] = 1
        args = self.args
        for node in range(top, -1, -1):
            if marked[node] and node not in known:
                for arg in args[node]:
                    marked[arg] = 1
        return marked

    def depends(self, cone: Sequence[int], on: Iterable[int]) -> bytearray:
        """A mark for each node of the cone that is, or is made of, a node of `on`."""
        marked = bytearray(len(self.ops))
        for node in on:
            marked[node] = 1
        args = self.args
        for node in cone:
            if not marked[node]:
                for arg in args[node]:
                    if marked[arg]:
                        marked[node] = 1
                        break
        return marked


AXES = 32
"""The most axes of an array, in NumPy before version 2."""


def refuse_too_large(shape: Shape) -> None:
    """ShapeError for a shape whose float64 entries do not fit into this machine's memory, or that
    has more axes than every NumPy can tell apart."""
    if len(shape) > AXES:
        raise ShapeError(f"an array has at most {AXES} axes, not {len(shape)}", hint="use fewer")
    size = 8 * prod(shape)
    if size > MEMORY:
        raise ShapeError(
            f"an array of shape {shape} needs {round(size, -9) // 10**9:,} GB of memory,"
            f" this machine has {MEMORY / 1e9:,.0f} GB",
            hint="make it smaller",
        )
