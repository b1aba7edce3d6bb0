"""Entries by their places: indices, classes, and arrays that have entries at places."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import GradError
from gradcli.graph.ops.arrays.pointwise import Values


def whole_numbers(values: Values, size: int, what: str) -> NDArray[np.intp]:
    """`values` as places on an axis of `size` entries; negative ones count from the end.

    Raises GradError for one that is no whole number or out of range.
    """
    values = np.asarray(values)
    low = 0 if what == "class" else -size
    wrong = ~((values >= low) & (values < size) & (np.floor(values) == values))
    if wrong.any():
        bad = float(values[wrong][0])
        if not float(bad).is_integer():
            raise GradError(f"the {what} {bad:g} is no whole number", hint="write 0, 1, 2, …")
        raise GradError(f"there is no {what} {bad:g} among {size}", hint=f"the first {what} is 0")
    places: NDArray[np.intp] = values.astype(np.intp)
    return places


def picked(rows: Values, classes: Values) -> Values:
    """Of every row the entry of its class; a stand-in for an array has a way of its own."""
    if hasattr(rows, "picked"):
        return rows.picked(classes)
    places = whole_numbers(classes, rows.shape[-1], "class")
    if rows.ndim == 2 and places.shape == rows.shape[:1]:
        return rows[np.arange(len(rows)), places]  # in a third of the time
    return np.take_along_axis(rows, places[..., None], axis=-1)[..., 0]


def onehot(ids: Values, n: int) -> Values:
    places = np.asarray(whole_numbers(ids, n, "class"))
    found = np.zeros((*places.shape, n))
    found.reshape(-1)[np.arange(places.size) * n + places.reshape(-1)] = 1.0
    return found


def index(items: tuple[Any, ...], x: Values, *indices: Values) -> Values:
    places = _places(items, x, indices)
    return x[laid_out(items, places, x)]


def scatter(items: tuple[Any, ...], g: Values, x: Values, *indices: Values) -> Values:
    result = np.zeros(np.shape(x))
    places = laid_out(items, _places(items, x, indices), x)
    if indices:
        np.add.at(result, places, g)
    else:
        result[places] = g
    return result


def _places(items: tuple[Any, ...], x: Values, indices: tuple[Values, ...]) -> tuple[Any, ...]:
    """The index of NumPy that `items` and the index arrays mean."""
    arrays = iter(indices)
    return tuple(
        whole_numbers(next(arrays), size, "index") if item == "array"
        else slice(*item) if isinstance(item, tuple) else item
        for item, size in zip(items, np.shape(x))
    )  # fmt: skip


def laid_out(items: tuple[Any, ...], places: tuple[Any, ...], x: Values) -> tuple[Any, ...]:
    """Indices such that the axes of index arrays stay where the first of them stands.

    NumPy moves them to the front when a slice parts them, or a number stands beside them.
    """
    if "array" not in items or all(item == "array" for item in items):
        return places
    first = items.index("array")
    arrays = [p for p, item in zip(places, items) if item == "array"]
    if len(arrays) == 1 and not any(isinstance(item, int) for item in items):
        return places
    rank = np.broadcast(*arrays).ndim
    sizes = np.shape(x)
    slots = [i for i, item in enumerate(items) if isinstance(item, tuple)]
    tail = len(sizes) - len(items)
    before = sum(1 for i in slots if i < first)
    axes = len(slots) + rank + tail
    result: list[Any] = []
    position = 0
    for i, item in enumerate(items):
        if item == "array":
            result.append(np.reshape(places[i], places[i].shape + (1,) * (axes - before - rank)))
        elif isinstance(item, int):
            result.append(item)
        else:
            axis = position if position < before else position + rank
            along = np.arange(sizes[i])[places[i]]
            result.append(np.reshape(along, (-1,) + (1,) * (axes - axis - 1)))
            position += 1
    for i in range(len(items), len(sizes)):
        axis = position + rank
        result.append(np.reshape(np.arange(sizes[i]), (-1,) + (1,) * (axes - axis - 1)))
        position += 1
    return tuple(result)
