"""Entries by their places, and their gradients at these places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from gradcli.errors import ShapeError
from gradcli.graph.node import F, Node
from gradcli.graph.ops import simpler
from gradcli.graph.ops.elementwise import REALS
from gradcli.graph.ops.op import FILL, MISFIT, Attr, Op, Shape, elementwise_shape
from gradcli.graph.ops.shaping import sizes

Item = Any
"""An int, a (start, stop, step), or "array" for the next index argument."""


def indexed(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """What is left of the first shape; index arrays broadcast together where the first stands."""
    shape, arrays = shapes[0], list(shapes[1:])
    (items,) = attr
    if not shape:
        raise ShapeError("a number has no entries", hint="remove the index")
    if len(items) > len(shape):
        axes = "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
        raise ShapeError(f"{len(items)} indices for {axes}", hint="write one index an axis")
    left: list[int] = []
    place = None
    for item, size in zip(items, shape):
        if isinstance(item, int):
            if not -size <= item < size:
                hint = f"the last index is {size - 1}, or -1" if size else FILL
                count = "1 entry" if size == 1 else f"{size} entries"
                raise ShapeError(f"index {item} of an axis of {count}", hint=hint)
        elif item == "array":
            place = len(left) if place is None else place
        else:
            left.append(len(range(*slice(*item).indices(size))))
    if place is not None:
        left[place:place] = elementwise_shape(arrays, ())
    return (*left, *shape[len(items) :])


def index_text(labels: Sequence[str], attr: Attr) -> str:
    arrays = iter(labels[1:])
    parts = [next(arrays) if item == "array" else item_text(item) for item in attr[0]]
    return f"{labels[0]}[{', '.join(parts)}]"


def item_text(item: Item) -> str:
    if isinstance(item, int):
        return str(item)
    start, stop, step = ("" if part is None else str(part) for part in item)
    return f"{start}:{stop}" + (f":{step}" if step != "1" else "")


def index_vjp(g: Node, y: Node, position: int) -> Node | None:
    return F.scatter(g, *y.args, attr=y.attr) if position == 0 else None


def scattered(shapes: Sequence[Shape], attr: Attr) -> Shape:
    if indexed(shapes[1:], attr) != shapes[0]:
        raise ShapeError(MISFIT)
    return shapes[1]


def scatter_text(labels: Sequence[str], attr: Attr) -> str:
    return f"scatter({labels[0]}, {index_text(labels[1:], attr)})"


def scatter_vjp(g: Node, y: Node, position: int) -> Node | None:
    return F.index(g, *y.args[2:], attr=y.attr) if position == 0 else None


# How Python's array libraries say it, all three of them but for what torch alone does its own way.


def index_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    return index_text(texts, attr)


def torch_index_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    """Steps to the left are steps to the right from the end, and then turned around."""
    items: list[Item] = []
    turned: list[int] = []
    axis = 0
    for item, size in zip(attr[0], shapes[0]):
        if isinstance(item, tuple) and item[2] < 0:
            places = range(*slice(*item).indices(size))
            item = (places[-1], places[0] + 1, -item[2]) if places else (0, 0, 1)
            turned.append(axis)
        items.append(item)
        axis += isinstance(item, tuple)
    found = index_text(texts, (tuple(items),))
    return f"{found}.flip({', '.join(map(str, turned))})" if turned else found


def scatter_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    """Added at the places of a vector, counted from 0: those that the index picks."""
    return _scattered(texts, attr, shapes, index_code)


def torch_scatter_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    return _scattered(texts, attr, shapes, torch_index_code)


def _scattered(
    texts: Sequence[str],
    attr: Attr,
    shapes: Sequence[Shape],
    index: Callable[[Sequence[str], Attr, Sequence[Shape]], str],
) -> str:
    shape = shapes[1]
    places = f"np.arange({prod(shape)}).reshape({sizes(shape)})"
    return f"scatter({texts[0]}, {index([places, *texts[2:]], attr, shapes[1:])}, {sizes(shape)})"


INDEXING = [
    Op(
        name="index", signature="x, *indices", value="index(items, x, *indices)", text=index_text,
        static=("items",), level=6, shape=indexed, vjp=index_vjp, moves=True, group="operator",
        axes="indexes", linear=(0,), domain=(REALS,), hidden=True, classes=1,
        doc="entries by place, from 0, negative from the end: x[0], W[0, :], x[1:3], E[ids]",
        lower=simpler.index, code={"python": index_code, "torch": torch_index_code},
        example=("x[1]", "x=[1,2,4]"),
    ),
    Op(
        name="scatter", signature="g, x, *indices", value="scatter(items, g, x, *indices)",
        static=("items",), text=scatter_text, shape=scattered, vjp=scatter_vjp, moves=True,
        group="sweep", axes="scatters", linear=(0,), domain=(REALS,),
        doc="scatter(g, x[i]): zeros in the shape of x, with g added at x[i]",
        fitting="the first argument needs the shape of x[i]", classes=2,
        lower=simpler.scatter, code={"python": scatter_code, "torch": torch_scatter_code},
        example=("scatter(g, x[1])", "g=5", "x=[1,2,4]"),
    ),
]  # fmt: skip
