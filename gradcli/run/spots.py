"""Some nodes of a graph for many values of one entry of another: what changes, and nothing else.

Where one entry of a large array has another value, most of what is made of it stays. A `Spot` is an
array of which one entry is not that of the centre; elementwise work on it is work on that entry, a
sum of it is the sum at the centre and a difference, a product with a matrix adds a multiple of a
row or a column. So what one entry of many costs does not grow with their number, until an op needs
the whole array: then it is made, for every variation, and goes on as in a `Batch`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import GradError
from gradcli.graph.graph import Graph
from gradcli.graph.ops.arrays.pointwise import Array
from gradcli.graph.ops.op import Axes
from gradcli.run.batch import FLOATS, last_uses, moved, step_of, together
from gradcli.run.batched_ops import Batched, looped
from gradcli.run.interpret import Value, interpret

Places = NDArray[np.intp]


NUMBERS = 2 * FLOATS
"""Numbers that one walk may make."""


class _WalkError(Exception):
    """Said before a walk of so many variations makes too many numbers."""


@dataclass(slots=True)
class Spot:
    """For every variation, the array of the centre with another value at one place of its entries
    in a row."""

    centre: Array
    place: Places
    value: Array

    def change(self) -> Array:
        changed: Array = self.value - self.centre.reshape(-1)[self.place]
        return changed

    def whole(self) -> Array:
        """The arrays, the first axis that of the variations."""
        count = len(self.place)
        flat = np.repeat(self.centre.reshape(1, -1), count, axis=0)
        flat[np.arange(count), self.place] = self.value
        return flat.reshape(count, *self.centre.shape)

    def index(self) -> tuple[Places, ...]:
        return np.unravel_index(self.place, self.centre.shape)


class Spots:
    """The outputs as a function of one entry at a time of the node `varied`.

    `values` holds the inputs of the graph, and any other values at the centre. A node of `held`
    keeps its value there, whatever it is made of.
    """

    def __init__(
        self,
        graph: Graph,
        outputs: Sequence[int],
        varied: int,
        values: Mapping[int, Value],
        *,
        seed: int = 0,
        held: Collection[int] = (),
    ) -> None:
        self._graph, self._outputs, self._varied = graph, list(outputs), varied
        still = set(held) - {varied}
        moving, order = moved(graph, outputs, [varied], still)
        needed = {arg for node in order for arg in graph.args[node]} | set(outputs) | moving
        self._centre = interpret(graph, sorted(needed), values, seed)
        self._steps = [step_of(graph, node, moving) for node in order]
        self._forget = last_uses(graph, order, outputs)
        self._moving = moving
        self._left = 0
        self.most = FLOATS
        """Variations in one walk; fewer as soon as these turn out to make too many numbers."""

    def __call__(self, place: Places, at: Array) -> list[Array]:
        """The outputs with the entry `place[i]` at `at[i]`, the first axis that of i."""
        chunks: list[list[Array]] = []
        start = 0
        while start < len(place):
            some = slice(start, start + self.most)
            try:
                chunks.append(self._run(place[some], at[some]))
            except _WalkError:
                self.most = max(1, min(self.most, len(place) - start) // 4)
            else:
                start += self.most
        return together(chunks)

    def _run(self, place: Places, at: Array) -> list[Array]:
        graph, centre = self._graph, self._centre
        count = len(place)
        values: dict[int, Any] = {self._varied: Spot(np.asarray(centre[self._varied]), place, at)}
        self._left = NUMBERS
        for step, forget in zip(self._steps, self._forget):
            step.count = count
            args = [values[a] if a in self._moving else centre[a] for a in graph.args[step.node]]
            values[step.node] = self._result(step, args)
            for node in forget:
                del values[node]
        return [
            self._whole(values[node])
            if node in values
            else np.broadcast_to(centre[node], (count, *graph.shapes[node]))
            for node in self._outputs
        ]

    def _result(self, step: Batched, args: list[Any]) -> Spot | Array:
        centre = np.asarray(self._centre[step.node])
        if any(isinstance(arg, Spot) for arg in args):
            rule = _pointwise if step.op.pointwise else _RULES.get(step.op.axes)
            large = rule is _matmul or (len(args) > 1 and rule is _index)
            self._claim(step.count, max(1, prod(step.shape)) if large else 1)
            with np.errstate(all="ignore"):
                found = rule(step, args, centre) if rule else None
            if found is not None:
                return found
        whole = [self._whole(arg) for arg in args]
        self._claim(step.count, prod(step.shape))
        try:
            result: Array = step.rule(step, whole)
        except GradError:  # of one variation, it may be
            result = looped(step, whole)
        return result

    def _whole(self, value: Any) -> Any:
        if not isinstance(value, Spot):
            return value
        self._claim(len(value.place), value.centre.size)
        return value.whole()

    def _claim(self, count: int, size: int) -> None:
        """Before arrays are made: _WalkError where several do not fit into what a walk may make."""
        self._left -= count * size
        if self._left < 0 and count > 1:
            raise _WalkError


Rule = Callable[[Batched, list[Any], Array], Spot | Array | None]
"""What an op makes of spots, where its own value at the centre is known; None where it needs the
whole arrays."""


def _pointwise(step: Batched, args: list[Any], centre: Array) -> Spot | None:
    """At the same place of all arguments: of x * y, where x[2] varies, entry [2]. What does not
    vary may be repeated."""
    spots = [arg for arg in args if isinstance(arg, Spot)]
    place = spots[0].place
    if len(spots) < sum(step.moving):
        return None
    for spot in spots:
        if spot.centre.shape != step.shape or not np.array_equal(spot.place, place):
            return None
    index = spots[0].index()
    parts = [
        arg.value if isinstance(arg, Spot) else _entries(np.asarray(arg), index) for arg in args
    ]
    return Spot(centre, place, step.call(*parts))


def _entries(array: Array, index: tuple[Places, ...]) -> Array:
    """The entries of an array that broadcasts to the one that the index is of."""
    own = index[len(index) - array.ndim :]
    entries: Array = array[tuple(at if n > 1 else 0 for at, n in zip(own, array.shape))]
    return entries


def _total(step: Batched, args: list[Any], centre: Array) -> Spot | Array | None:
    """The sum, or the mean, at the centre, and what changes in it."""
    (spot,) = args
    if not np.isfinite(centre).all():
        return None
    axis = step.attr[0]
    shape = spot.centre.shape
    change = spot.change()
    if step.op.name == "mean":
        change = change / (spot.centre.size if axis is None else shape[axis])
    if not step.shape:
        total: Array = centre + change
        return total
    index = list(spot.index())
    if axis is None:
        place = np.zeros_like(spot.place)
    else:
        del index[axis % len(shape)]
        kept = shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :]
        place = np.ravel_multi_index(index, kept) if kept else np.zeros_like(spot.place)
    return Spot(centre, place, centre.reshape(-1)[place] + change)


def _matmul(step: Batched, args: list[Any], centre: Array) -> Spot | Array | None:
    """The product at the centre, and a multiple of a row or a column."""
    a, b = args
    if max(map(len, step.shapes)) > 2 or not np.isfinite(centre).all():
        return None
    if isinstance(a, Spot) and isinstance(b, Spot):
        vectors = a.centre.ndim == b.centre.ndim == 1 and np.array_equal(a.place, b.place)
        if not vectors:
            return None
        both: Array = centre + (
            a.value * b.value - a.centre.reshape(-1)[a.place] * b.centre.reshape(-1)[b.place]
        )
        return both
    left = isinstance(a, Spot)
    spot = a if left else b
    if not isinstance(spot, Spot) or (step.moving[0] and step.moving[1]):
        return None
    # As a product from the left: b @ a is (a.T @ b.T).T.
    other = np.asarray(b) if left else np.asarray(a).T
    index = spot.index() if left else spot.index()[::-1]
    *row, column = index
    change = spot.change()
    if not row:
        factor = change if other.ndim == 1 else change[:, None]
        added: Array = centre + factor * other[column]
        return added
    if other.ndim == 1:
        return Spot(centre, row[0], centre[row[0]] + change * other[column])
    found = np.repeat(centre[None], step.count, axis=0)
    turned = found if left else found.swapaxes(1, 2)
    turned[np.arange(step.count), row[0]] += change[:, None] * other[column]
    return found


def _norm(step: Batched, args: list[Any], centre: Array) -> Array | None:
    """Of all entries, where none of those that vary is most of the norm."""
    (spot,) = args
    if step.shape:
        return None
    old = spot.centre.reshape(-1)[spot.place]
    rest = centre * centre - old * old
    if not (rest > 0.5 * centre * centre).all():
        return None
    found: Array = np.sqrt(rest + spot.value * spot.value)
    return found


def _logsumexp(step: Batched, args: list[Any], centre: Array) -> Array | None:
    """Of all entries, where none of those that vary is most of the sum, or comes to be far more."""
    (spot,) = args
    if step.shape:
        return None
    old = np.exp(spot.centre.reshape(-1)[spot.place] - centre)
    new = np.exp(spot.value - centre)
    if not ((old < 0.5) & np.isfinite(new)).all():
        return None
    found: Array = centre + np.log1p(new - old)
    return found


def _reduced(step: Batched, args: list[Any], centre: Array) -> Spot | Array | None:
    if step.op.linear:
        return _total(step, args, centre)
    if step.op.name == "norm":
        return _norm(step, args, centre)
    return _logsumexp(step, args, centre) if step.op.name == "logsumexp" else None


def _reshape(step: Batched, args: list[Any], centre: Array) -> Spot:
    return Spot(centre, args[0].place, args[0].value)


def _transpose(step: Batched, args: list[Any], centre: Array) -> Spot:
    (spot,), (axes,) = args, step.attr
    index = spot.index()
    place = np.ravel_multi_index(tuple(index[axis] for axis in axes), centre.shape)
    return Spot(centre, place, spot.value)


def _index(step: Batched, args: list[Any], centre: Array) -> Spot | Array | None:
    """Entries by their places: some, one of which may be the one that varies."""
    spot = args[0]
    if any(step.moving[1:]):
        return None
    size = spot.centre.size
    numbered = np.arange(size).reshape(spot.centre.shape)
    sources: Places = np.asarray(step.call(numbered, *args[1:])).astype(np.intp).reshape(-1)
    if len(args) > 1 or not step.shape:
        taken = sources == spot.place[:, None]
        return np.where(taken, spot.value[:, None], centre.reshape(-1)).reshape(
            step.count, *step.shape
        )
    if not len(sources):
        return None
    places = np.zeros(size, np.intp)
    here = np.zeros(size, np.bool_)
    places[sources], here[sources] = np.arange(len(sources)), True
    place = places[spot.place]
    value = np.where(here[spot.place], spot.value, centre.reshape(-1)[place])
    return Spot(centre, place, value)


_RULES: dict[Axes, Rule] = {
    "reduces": _reduced, "products": _matmul, "reshapes": _reshape, "transposes": _transpose,
    "indexes": _index,
}  # fmt: skip
