"""Whether a loss over rows of data is the mean, or the sum, of the losses of blocks of them.

It is where every way from the data to it works row by row up to a mean or a sum over the rows, and
does nothing but scale and add from there on. `x - mean(x)`, `std(x)` and a softmax over the rows
need all rows at once. What is not known here is taken to need them too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal

from gradcli.graph.differentiated import with_sources
from gradcli.graph.graph import Graph
from gradcli.graph.ops.op import Axes, Op, Shape

Kind = int | Literal["fixed", "sum", "mean", "count", "whole"]
"""How a node depends on the rows:

an int      row i of it, along that axis, depends on row i of the data alone
fixed       not at all
sum         it is the sum of what it is for the blocks
count       it is a sum to which every row gives the same
mean        it is the mean of what it is for the blocks, weighted by the numbers of their rows
whole       in some other way
"""


def row_kinds(graph: Graph, cone: Sequence[int], data: Collection[int]) -> dict[int, Kind]:
    """The kind of every node of the cone; the rows of the `data` nodes are their first axis."""
    kinds: dict[int, Kind] = {}
    for node in with_sources(graph, cone):
        args = graph.args[node]
        if node in data:
            kinds[node] = 0
        elif all(kinds[arg] == "fixed" for arg in args):
            kinds[node] = "fixed"
        elif any(kinds[arg] == "whole" for arg in args):
            kinds[node] = "whole"
        else:
            use = _Use(graph, node, [kinds[arg] for arg in args])
            kinds[node] = _by_row(use) if use.rows else _of_totals(use)
        if node in graph.differentiated:
            y, x = graph.differentiated[node]
            kinds[node] = _derivative(kinds[y], kinds[x])
    return kinds


def _derivative(y: Kind, x: Kind) -> Kind:
    """The kind of ∂y/∂x. The derivative of a sum is the sum of the derivatives, whatever numbers
    of rows its nodes hold; by the rows, each term has its own."""
    if y == "fixed" or (x == "fixed" and y in ("sum", "mean")):
        return y
    return x if isinstance(x, int) and y == "sum" else "whole"


class _Use:
    """An op at work: its arguments with their kinds."""

    def __init__(self, graph: Graph, node: int, kinds: list[Kind]) -> None:
        self.op: Op = graph.ops[node]
        self.kinds = kinds
        self.attr = graph.attrs[node] or ()
        self.shapes = [graph.shapes[arg] for arg in graph.args[node]]
        self.shape = graph.shapes[node]

    @property
    def rows(self) -> list[tuple[int, Shape]]:
        """The axis of the rows and the shape of every argument that still has rows."""
        return [(k, shape) for k, shape in zip(self.kinds, self.shapes) if isinstance(k, int)]


def _of_totals(use: _Use) -> Kind:
    """Of sums, means and what is fixed: sum(x) / count(x) is a mean, and 2 * sum(x) a sum."""
    moving = [place for place, kind in enumerate(use.kinds) if kind != "fixed"]
    if len(moving) == 1 and moving[0] in use.op.linear:
        return use.kinds[moving[0]]
    kinds = set(use.kinds)
    if use.op.additive:
        if kinds <= {"sum", "count"}:
            return "sum"
        return "mean" if kinds <= {"mean", "fixed"} else "whole"
    if use.op.name == "div" and use.kinds[0] in ("sum", "count") and use.kinds[1] == "count":
        return "mean"
    return "whole"


def _by_row(use: _Use) -> Kind:
    if use.op.pointwise:
        return _aligned(use)
    rule = _RULES.get(use.op.axes)
    return rule(use) if rule else "whole"


def _aligned(use: _Use) -> Kind:
    """Entry by entry, with broadcasting: the rows of all arguments lie along one axis."""
    rank = max(map(len, use.shapes))
    axes = {kind + rank - len(shape) for kind, shape in use.rows}
    if len(axes) != 1:
        return "whole"
    (axis,) = axes
    for kind, shape in zip(use.kinds, use.shapes):
        place = axis - (rank - len(shape))
        if not isinstance(kind, int) and (kind != "fixed" or (place >= 0 and shape[place] != 1)):
            return "whole"
    return axis


def _reduced(use: _Use) -> Kind:
    rows, shape = use.kinds[0], use.shapes[0]
    axis = use.attr[0]
    keepdims = len(use.attr) > 1 and bool(use.attr[1])
    if not isinstance(rows, int) or axis is None or axis % len(shape) == rows:
        return use.op.blocks or "whole"
    return rows if keepdims or axis % len(shape) > rows else rows - 1


def _along(use: _Use) -> Kind:
    rows, axis = use.kinds[0], use.attr[0]
    fits = isinstance(rows, int) and axis is not None and axis % len(use.shapes[0]) != rows
    return rows if fits else "whole"


def _matmul(use: _Use) -> Kind:
    (a, b), (left, right) = use.shapes, use.kinds
    inner = max(len(b) - 2, 0)
    if isinstance(left, int) and isinstance(right, int):
        # Rows times rows, summed over them.
        flat = len(a) <= 2 and len(b) <= 2
        return "sum" if flat and left == len(a) - 1 and right == inner else "whole"
    if isinstance(left, int) and right == "fixed":
        return left if left < len(a) - 1 and len(b) <= 2 else "whole"
    if left == "fixed" and right == len(b) - 1 and right != inner:
        return len(use.shape) - 1
    return "whole"


def _outer(use: _Use) -> Kind:
    if use.kinds[1] == "fixed":
        return 0
    return 1 if use.kinds[0] == "fixed" else "whole"


def _transpose(use: _Use) -> Kind:
    return list(use.attr[0]).index(use.kinds[0])


def _reshape(use: _Use) -> Kind:
    same = use.kinds[0] == 0 and use.shape[:1] == use.shapes[0][:1]
    return 0 if same else "whole"


def _expand(use: _Use) -> Kind:
    (rows,), (shape,) = use.kinds, use.shapes
    assert isinstance(rows, int)
    place = rows + len(use.shape) - len(shape)
    return place if use.shape[place] == shape[rows] else "whole"


def _sum_to(use: _Use) -> Kind:
    (rows,), (shape,) = use.kinds, use.shapes
    assert isinstance(rows, int)
    place = rows - (len(shape) - len(use.shape))
    return place if place >= 0 and use.shape[place] == shape[rows] else "sum"


def _index(use: _Use) -> Kind:
    items = use.attr[0]
    if "array" in items:
        return _looked_up(use, items)
    rows = use.kinds[0]
    assert isinstance(rows, int)
    if rows < len(items) and items[rows] != (None, None, 1):
        return "whole"
    return rows - sum(isinstance(item, int) for item in items[:rows])


def _looked_up(use: _Use, items: Sequence[Any]) -> Kind:
    """Rows of a table that does not change, by an index for each row of the data."""
    if use.kinds[0] != "fixed":
        return "whole"
    for kind, shape in zip(use.kinds[1:], use.shapes[1:]):
        if not (kind == 0 and len(shape) == 1) and not (kind == "fixed" and shape == ()):
            return "whole"
    return sum(isinstance(item, tuple) for item in items[: items.index("array")])


def _joined(use: _Use) -> Kind:
    kinds = set(use.kinds)
    if len(kinds) != 1:
        return "whole"
    (rows,) = kinds
    assert isinstance(rows, int)
    axis = use.attr[0] % len(use.shape)
    if use.op.axes == "stacks":
        return rows + 1 if axis <= rows else rows
    return rows if axis != rows else "whole"


def _repeat(use: _Use) -> Kind:
    rows, axis = use.kinds[0], use.attr[1]
    fits = axis is not None and axis % len(use.shapes[0]) != rows
    return rows if fits else "whole"


def _per_row(use: _Use) -> Kind:
    logits, target = use.kinds
    same = logits == target and logits != len(use.shapes[0]) - 1
    return logits if same else "whole"


def _last_summed(use: _Use) -> Kind:
    axis = _aligned(use)
    return axis if isinstance(axis, int) and axis < len(use.shape) else "whole"


def _averaged(use: _Use) -> Kind:
    return (use.op.blocks or "whole") if isinstance(_aligned(use), int) else "whole"


_RULES: dict[Axes, Callable[[_Use], Kind]] = {
    "reduces": _reduced, "along": _along, "per row": _per_row, "last": _last_summed,
    "averages": _averaged, "products": _matmul, "outer": _outer, "reshapes": _reshape,
    "expands": _expand, "sums to": _sum_to, "transposes": _transpose, "joins": _joined,
    "stacks": _joined, "repeats": _repeat, "indexes": _index, "appends": lambda use: use.kinds[0],
}  # fmt: skip
