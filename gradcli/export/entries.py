"""Arrays as formulas of their indices: what a language that loops says of one entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from gradcli.export.phrases import Text
from gradcli.graph.ops.op import Shape


@dataclass(frozen=True)
class Offset:
    """A sum of variables, each a number of times, and a number: an index, or where an entry lies.

    >>> str(Offset((("i", 3), ("j", 1)), 2))
    '3 * i + j + 2'
    """

    terms: tuple[tuple[str, int], ...] = ()
    base: int = 0

    def times(self, factor: int) -> Offset:
        if not factor:
            return Offset()
        return Offset(tuple((v, n * factor) for v, n in self.terms), self.base * factor)

    def plus(self, other: Offset) -> Offset:
        counts = dict(self.terms)
        for variable, count in other.terms:
            counts[variable] = counts.get(variable, 0) + count
        kept = tuple((v, n) for v, n in counts.items() if n)
        return Offset(kept, self.base + other.base)

    def __str__(self) -> str:
        found = ""
        for variable, count in self.terms:
            sign = (" - " if count < 0 else " + ") if found else ("-" if count < 0 else "")
            found += sign + (variable if abs(count) == 1 else f"{abs(count)} * {variable}")
        if self.base or not found:
            sign = (" - " if self.base < 0 else " + ") if found else ("-" if self.base < 0 else "")
            found += f"{sign}{abs(self.base)}"
        return found


_COUNTING = re.compile(r"1\.0 \* (\w+)")
"""An entry of 0, 1, 2, …, which is its own place."""

Places = Sequence[Offset]


@dataclass(frozen=True)
class Entries:
    """An array: the text of its entry at some places; `stored` where it lies as it is, by rows."""

    shape: Shape
    at: Callable[[Places], Text]
    stored: str = ""


def stored(name: str, shape: Shape) -> Entries:
    """An array that lies under a name, its rows one behind the other."""
    steps = strides(shape)

    def at(places: Places) -> Text:
        where = Offset()
        for place, step in zip(places, steps):
            where = where.plus(place.times(step))
        return Text(f"{name}[{where}]")

    return Entries(shape, at, name)


def strides(shape: Shape) -> list[int]:
    """How far apart the entries along each axis lie."""
    return [prod(shape[axis + 1 :]) for axis in range(len(shape))]


def everywhere(text: Text) -> Entries:
    """A number, as an array of any shape."""
    return Entries((), lambda places: text)


def spread(inner: Entries, shape: Shape) -> Entries:
    """Repeated along new axes in front, and along those of size 1."""
    own = inner.shape

    def at(places: Places) -> Text:
        last = places[len(places) - len(own) :]
        return inner.at([Offset() if size == 1 else p for p, size in zip(last, own)])

    return Entries(shape, at, inner.stored if own == shape else "")


def turned(inner: Entries, shape: Shape, axes: Sequence[int]) -> Entries:
    """With the axes in another order."""

    def at(places: Places) -> Text:
        found = [Offset()] * len(axes)
        for place, axis in zip(places, axes):
            found[axis] = place
        return inner.at(found)

    return Entries(shape, at)


def narrowed(inner: Entries, shape: Shape) -> Entries | None:
    """In a shape that has other axes of size 1; None for one that has not the same others."""
    own = [axis for axis, size in enumerate(inner.shape) if size != 1]
    new = [axis for axis, size in enumerate(shape) if size != 1]
    if [inner.shape[axis] for axis in own] != [shape[axis] for axis in new]:
        return None

    def at(places: Places) -> Text:
        found = [Offset()] * len(inner.shape)
        for axis, to in zip(new, own):
            found[to] = places[axis]
        return inner.at(found)

    return Entries(shape, at, inner.stored)


def items_of(
    items: Sequence[object], sizes: Shape, arrays: Sequence[Entries], places: Places, count: Shape
) -> list[Offset]:
    """Where in the indexed array the entry lies that an index has at `places`.

    `arrays` are those that hold places; `count` is the shape that they have together.
    """
    found: list[Offset] = []
    waiting = list(places)
    lookup = iter(arrays)
    shared: list[Offset] | None = None
    for item, size in zip(items, sizes):
        if isinstance(item, int):
            found.append(Offset(base=item % size))
        elif item == "array":
            if shared is None:
                shared, waiting = waiting[: len(count)], waiting[len(count) :]
            found.append(_looked_up(spread(next(lookup), count).at(shared), size))
        else:
            start, _, step = slice(*item).indices(size)  # type: ignore[misc]
            found.append(waiting.pop(0).times(step).plus(Offset(base=start)))
    return [*found, *waiting]


def _looked_up(text: Text, size: int) -> Offset:
    if text.literal:
        return Offset(base=int(float(text.text)) % size)
    if counting := _COUNTING.fullmatch(text.text):
        return Offset(((counting[1], 1),))
    return Offset(((f"place({text.text}, {size})", 1),))
