"""Which axes of which nodes run over the classes of a column of text, as the program shows.

An axis does so by the size that it was made with, `classes(y)`, or by how the program uses it:
`cross_entropy(scores, y)`, `argmax(p, axis=1) == y`, `E[word]`, `W["king"]`. From there it is
followed through elementwise work, products, transposes and indices. That an axis has as many
entries as there are classes says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcli.graph.graph import Graph
from gradcli.graph.ops.classes import is_place, use_of
from gradcli.graph.ops.op import Shape

Axes = tuple["str | None", ...]
"""For each axis of a node the column of text over whose classes it runs, if any."""


class ClassAxes:
    """What is known of the nodes of a graph.

    `holds` maps a node to the column whose class numbers its entries are, `axes` one to its axes;
    `counts` says how many classes a column has.
    """

    def __init__(
        self,
        graph: Graph,
        counts: Mapping[str, int],
        numbers: Mapping[int, str],
        made: Mapping[tuple[int, int], str],
        starts: Mapping[int, int],
    ) -> None:
        """`numbers` are the nodes that hold class numbers, `made` the axes that the program makes
        or indexes by classes, `starts` the node at which an input starts."""
        self.graph, self.counts = graph, counts
        self.holds = dict(numbers)
        self.axes: list[Axes] = []
        self._known: dict[tuple[int, int], str | None] = {}
        self._starts = starts
        for (node, axis), column in made.items():
            self._learn(node, axis, column)
        for node in range(len(graph)):
            self._pass_on(node)
        for node in range(len(graph)):
            self._uses(node)
        self._forward()
        for node in range(len(graph) - 1, -1, -1):
            self._backward(node)
        self._forward()
        for node in range(len(graph)):
            self._answers(node)

    def _learn(self, node: int, axis: int, column: str | None) -> None:
        """Notes an axis as long as there are classes; one used for two lists of them has none."""
        shape = self.graph.shapes[node]
        if column is not None and axis < len(shape) and shape[axis] == self.counts[column]:
            before = self._known.setdefault((node, axis), column)
            self._known[node, axis] = column if before == column else None

    def _pass_on(self, node: int) -> None:
        """A node made of class numbers of one column alone holds such."""
        args = self.graph.args[node]
        passed = [a for k, a in enumerate(args) if use_of(self.graph, node, k) == "passed on"]
        columns = {self.holds.get(arg) for arg in passed}
        column = columns.pop() if len(columns) == 1 else None
        if column is not None:
            self.holds.setdefault(node, column)

    def _uses(self, node: int) -> None:
        """The axes in which an argument of the node is a place or a class."""
        graph = self.graph
        op, args = graph.ops[node], graph.args[node]
        for position, arg in enumerate(args):
            column = self.holds.get(arg)
            if column is not None and use_of(graph, node, position) == "compared":
                self._compared(args[1 - position], column)
            if column is None or not is_place(graph, node, position):
                continue
            if op.axes == "indexes":
                items = (graph.attrs[node] or ((),))[0]
                places = [axis for axis, item in enumerate(items) if item == "array"]
                self._learn(args[0], places[position - 1], column)
            elif op.axes == "per row":
                self._learn(args[0], len(graph.shapes[args[0]]) - 1, column)
            elif op.axes == "appends":
                self._learn(node, len(graph.shapes[node]) - 1, column)

    def _compared(self, node: int, column: str) -> None:
        """What is compared with classes is the place of one, where it is a place at all."""
        found = self._argument(node)
        if found is not None:
            self._learn(*found, column)

    def _argument(self, node: int) -> tuple[int, int] | None:
        """The node and the axis of it in which an argmax or argmin is a place."""
        graph = self.graph
        if graph.ops[node].name not in ("argmax", "argmin"):
            return None
        (arg,), (axis, *_) = graph.args[node], graph.attrs[node] or (None,)
        rank = len(graph.shapes[arg])
        return (arg, (axis or 0) % rank) if axis is not None or rank == 1 else None

    def _forward(self) -> None:
        self.axes = []
        for node, shape in enumerate(self.graph.shapes):
            found = self._made(node) if shape else ()
            fitting = (c if c and size == self.counts[c] else None for size, c in zip(shape, found))
            known = self._known
            self.axes.append(tuple(known.get((node, k), c) for k, c in enumerate(fitting)))

    def _backward(self, node: int) -> None:
        """What is known of the result of elementwise work is so of its arguments."""
        graph = self.graph
        if not (graph.ops[node].pointwise or graph.ops[node].axes == "along"):
            return
        for arg in graph.args[node]:
            for axis, column in enumerate(_last(self.axes[node], len(graph.shapes[arg]))):
                self._learn(arg, axis, column)
            self.axes[arg] = tuple(
                self._known.get((arg, axis), old) for axis, old in enumerate(self.axes[arg])
            )

    def _answers(self, node: int) -> None:
        """An argmax or argmin over classes holds one, and so does one compared with classes."""
        found = self._argument(node)
        column = self.axes[found[0]][found[1]] if found else None
        if column is not None:
            self.holds[node] = column
        else:
            self._pass_on(node)

    def _made(self, node: int) -> Sequence[str | None]:
        """The axes that a node has from its arguments."""
        graph = self.graph
        op, args, attr, shape = (
            graph.ops[node],
            graph.args[node],
            graph.attrs[node],
            graph.shapes[node],
        )
        rank = len(shape)
        if node in self._starts:
            return self.axes[self._starts[node]]
        nothing = [None] * rank
        if not args:
            return nothing
        axes, static = self.axes[args[0]], attr or ()
        if op.pointwise:
            return _together([_last(self.axes[arg], rank) for arg in args])
        match op.axes:
            case "along" | "per row":
                return axes[:rank]
            case "last":
                return _together([_last(self.axes[arg], rank + 1) for arg in args])[:-1]
            case "products":
                return _product(axes, self.axes[args[1]], rank)
            case "outer":
                return [*axes, *self.axes[args[1]]]
            case "transposes":
                return [axes[axis] for axis in static[0]]
            case "reduces" if static[0] is not None:
                gone = static[0] % len(axes)
                kept = [None] if rank == len(axes) else []
                return [*axes[:gone], *kept, *axes[gone + 1 :]]
            case "reshapes":
                return _reshaped(axes, graph.shapes[args[0]], shape)
            case "expands" | "sums to":
                return _last(axes, rank)
            case "joins" | "stacks":
                found = _together([self.axes[arg] for arg in args])
                place = static[0] % rank
                return [*found[:place], None, *found[place + (op.axes == "joins") :]]
            case "repeats" if static[-1] is not None:
                return [None if k == static[-1] % rank else column for k, column in enumerate(axes)]
            case "indexes":
                places = [self.axes[arg] for arg in args[1:]]
                return list(_indexed(static[0], axes, places))
            case "appends":
                return [*axes, None]
        return nothing


def _last(axes: Axes, rank: int) -> list[str | None]:
    """The axes of an array that is broadcast to a rank, or the last of more."""
    return [*[None] * (rank - len(axes)), *axes[max(len(axes) - rank, 0) :]]


def _together(sides: Sequence[Sequence[str | None]]) -> list[str | None]:
    """The axes of arrays that lie on each other, where they do not differ."""
    found = [{column for column in columns if column} for columns in zip(*sides)]
    return [columns.pop() if len(columns) == 1 else None for columns in found]


def _product(left: Axes, right: Axes, rank: int) -> list[str | None]:
    """The rows of the left, the columns of the right, and what is before both."""
    ends = [*left[-2:-1], *right[1:][-1:]]
    before = _last(left[:-2], rank - len(ends)) if len(right) < 3 else [None] * (rank - len(ends))
    return [*before, *ends]


def _reshaped(axes: Axes, old: Shape, new: Shape) -> list[str | None]:
    """The axes that are in front of all that changes, or behind it."""
    found: list[str | None] = [None] * len(new)
    for step in (1, -1):
        places = range(len(new))[::step]
        for place, column, before, size in zip(places, axes[::step], old[::step], new[::step]):
            if before != size:
                break
            found[place] = found[place] or column
    return found


def _indexed(items: Sequence[Any], axes: Axes, places: Sequence[Axes]) -> Iterator[str | None]:
    """The axes that an index leaves; those of its arrays stand where the first of them does."""
    arrays = max(map(len, places), default=0)
    met = False
    for item, column in zip(items, axes):
        if item == "array" and not met:
            yield from _together([_last(place, arrays) for place in places])
            met = True
        elif isinstance(item, tuple):
            yield column if item in ((None, None, 1), (None, None, None)) else None
    yield from axes[len(items) :]
