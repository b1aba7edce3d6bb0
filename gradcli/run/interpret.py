"""The interpreter: one walk over the list, scalars as floats, arrays with NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import compress
from math import isfinite, prod
from typing import Any

from gradcli.errors import GradError, ShapeError
from gradcli.graph.graph import LITERAL, MEMORY, Graph
from gradcli.graph.ops.op import Op
from gradcli.graph.ops.spell import function, scalar_function, variant

Value = Any
"""A Python float, or a float64 array."""


def finite(value: Value) -> bool:
    """Whether every entry of a float or an array is a finite number."""
    if isinstance(value, float):
        return isfinite(value)
    import numpy as np

    return bool(np.isfinite(value).all())


class StepError(Exception):
    """An error of the run with the node where it arose."""

    def __init__(self, error: GradError, node: int) -> None:
        super().__init__(error, node)  # what pickle makes it of again
        self.error, self.node = error, node


def interpret(
    graph: Graph, outputs: Iterable[int], inputs: Mapping[int, Value], seed: int = 0
) -> Values:
    """The value of every node that the outputs need, in topological order.

    `inputs` holds the values of the input nodes, and of any others that are known already: a float
    for a scalar, else an array of the node's shape, or a function that reads it. Nothing raises on
    numbers: what is not finite is a value. Raises StepError for an index or a class out of range,
    and ShapeError where all the values together exceed the memory.
    """
    marked = graph.marked(outputs, inputs)
    ops, args, attrs, shapes = graph.ops, graph.args, graph.attrs, graph.shapes
    refuse_too_much(graph, compress(range(len(marked)), marked))
    values: list[Value] = [None] * len(marked)
    for node in compress(range(len(marked)), marked):
        if node in inputs:
            value = inputs[node]
            values[node] = value() if callable(value) else value
            continue
        op = ops[node]
        if op is LITERAL:
            values[node] = (attrs[node] or (0.0,))[0]
            continue
        arg = args[node]
        attr = attrs[node]
        if op.literal:
            op = variant(op, graph.number(arg[-1]))
        if not shapes[node]:
            for a in arg:
                if shapes[a]:
                    break
            else:
                if attr is None:
                    values[node] = scalar_function(op)(*[values[a] for a in arg])
                    continue
                if not op.random:
                    call = scalar_function(op)
                    values[node] = call(*[values[a] for a in arg], **dict(zip(op.static, attr)))
                    continue
        if op.random:
            values[node] = draw(op, attr or (), seed)
            continue
        try:
            statics = dict(zip(op.static, attr)) if attr else {}
            value = array_function(op)(*[values[a] for a in arg], **statics)
        except GradError as error:
            raise StepError(error, node) from None
        values[node] = value if shapes[node] else float(value)
    return Values(values)


class Values(Mapping[int, Value]):
    """Values by node; in a list, a long program's take a third of the memory of a dict."""

    __slots__ = ("_list",)

    def __init__(self, values: list[Value]) -> None:
        self._list = values

    def __getitem__(self, node: int) -> Value:
        value = self._list[node] if 0 <= node < len(self._list) else None
        if value is None:
            raise KeyError(node)
        return value

    def __iter__(self) -> Iterator[int]:
        return (node for node, value in enumerate(self._list) if value is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


_arrays: dict[Op, Callable[..., Any]] = {}


def array_function(op: Op) -> Callable[..., Any]:
    """`op` on NumPy arrays and floats mixed."""
    made = _arrays.get(op)
    if made is None:
        from gradcli.graph.ops import arrays

        made = _arrays[op] = function(op, arrays.NAMESPACE)
    return made


def draw(op: Op, attr: tuple[Any, ...], seed: int, number: int = 0) -> Value:
    """A random array of its own: from the seed, from which random call it is, and from which draw
    of that call, 0 being the one that everything sees but a descent that draws anew."""
    import numpy

    from gradcli.graph.ops.arrays import making

    *settings, (rank, key) = attr
    entropy = [seed, rank, number] if number else [seed, rank]
    sequence = numpy.random.SeedSequence(entropy, spawn_key=key)
    generator = numpy.random.default_rng(sequence)
    value = getattr(making, op.name)(generator, *settings)
    return value if attr[0] else float(value)


def refuse_too_much(graph: Graph, cone: Iterable[int]) -> None:
    """ShapeError where the arrays of a run do not fit into memory together."""
    refuse_bytes(sum(8 * prod(graph.shapes[node]) for node in cone if graph.shapes[node]))


def refuse_bytes(total: int) -> None:
    """ShapeError where arrays of so many bytes do not fit into memory."""
    if total > MEMORY:
        raise ShapeError(
            f"the arrays of the program need {total / 1e9:,.0f} GB of memory,"
            f" this machine has {MEMORY / 1e9:,.0f} GB"
        )
