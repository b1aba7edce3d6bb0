"""The ops on arrays with one more axis in front, a place for each variation.

`pointwise` serves every elementwise op, and `RULES` those whose axes shift; any other op is applied
to one variation after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import prod
from typing import Any

import numpy as np

from gradcli.errors import GradError
from gradcli.graph.ops import arrays
from gradcli.graph.ops.arrays.pointwise import Array
from gradcli.graph.ops.op import Attr, Axes, Op, Shape
from gradcli.graph.ops.spell import Function, function
from gradcli.run.interpret import array_function


@dataclass(slots=True)
class Batched:
    """A node to compute `count` times: the shapes are those of one variation, and `moving` says
    which arguments have the leading axis."""

    node: int
    op: Op
    rule: Callable[[Batched, list[Any]], Array]
    attr: Attr
    shape: Shape
    shapes: list[Shape]
    moving: list[bool]
    count: int = field(default=0)

    def call(self, *args: Any, **statics: Any) -> Array:
        """The op of the table on arrays, with its static arguments, or others in their place."""
        known = dict(zip(self.op.static, self.attr))
        result: Array = array_function(self.op)(*args, **{**known, **statics})
        return result

    def whole(self, args: Sequence[Any], place: int) -> Array:
        """The argument at a place with the leading axis, repeated where it has none."""
        if self.moving[place]:
            whole: Array = args[place]
            return whole
        return np.broadcast_to(args[place], (self.count, *self.shapes[place]))


def pointwise(step: Batched, args: list[Any]) -> Array:
    """Ranks are made equal behind the leading axis, where broadcasting happens."""
    return step.call(*_level(step, args))


def _level(step: Batched, args: list[Any], least: int = 0) -> list[Any]:
    """The moving arguments, all of the highest rank, and of at least `least` axes."""
    rank = max(least, *map(len, step.shapes))
    return [
        arg.reshape(arg.shape[0], *(1,) * (rank - len(shape)), *shape)
        if moves and len(shape) < rank
        else arg
        for arg, shape, moves in zip(args, step.shapes, step.moving)
    ]


def looped(step: Batched, args: list[Any]) -> Array:
    """One variation after the other; nan where the op refuses its arguments."""
    result = np.empty((step.count, *step.shape))
    for place in range(step.count):
        own = [
            (arg[place] if shape else float(arg[place])) if moves else arg
            for arg, shape, moves in zip(args, step.shapes, step.moving)
        ]
        try:
            result[place] = step.call(*own)
        except GradError:
            result[place] = np.nan
    return result


def _axis(step: Batched, axis: int) -> int:
    """The axis of the first argument, counted with the leading one."""
    return axis % len(step.shapes[0]) + 1


def _reduced(step: Batched, args: list[Any]) -> Array:
    (x,) = args
    axis, *keepdims = step.attr
    if axis is None:
        flat = step.call(x.reshape(step.count, -1), axis=1, **{"keepdims": 0} if keepdims else {})
        result: Array = flat.reshape(step.count, *step.shape)
        return result
    return step.call(x, axis=_axis(step, axis))


def _along(step: Batched, args: list[Any]) -> Array:
    (x,) = args
    (axis,) = step.attr
    if axis is None:
        result: Array = step.call(x.reshape(step.count, -1), axis=1)
        return result.reshape(step.count, *step.shape)
    return step.call(x, axis=_axis(step, axis))


def _per_row(step: Batched, args: list[Any]) -> Array:
    return step.call(step.whole(args, 0), step.whole(args, 1))


def _last(step: Batched, args: list[Any]) -> Array:
    return step.call(*_level(step, args, 1))


def _averaged(step: Batched, args: list[Any]) -> Array:
    result: Array = _of_each(step.op)(*_level(step, args))
    return result


@cache
def _of_each(op: Op) -> Function:
    """The op with one average for each variation."""

    def averaged(x: Array) -> Array:
        means: Array = np.mean(x.reshape(len(x), -1), axis=1)
        return means

    return function(op, {**arrays.NAMESPACE, "averaged": averaged})


def _matmul(step: Batched, args: list[Any]) -> Array:
    a, b = args
    (left, right), (moves, moves_too) = step.shapes, step.moving
    # Vectors become matrices, and matrices get the leading axes that a stack of them has.
    rank = max(len(left), len(right), 2)
    front = (1,) * (rank - max(len(left), 2))
    back = (1,) * (rank - max(len(right), 2))
    left = (*front, 1, *left) if len(left) == 1 else (*front, *left)
    right = (*back, *right, 1) if len(right) == 1 else (*back, *right)
    a = a.reshape(step.count, *left) if moves else np.reshape(a, left)
    b = b.reshape(step.count, *right) if moves_too else np.reshape(b, right)
    result: Array = np.matmul(a, b).reshape(step.count, *step.shape)
    return result


def _outer(step: Batched, args: list[Any]) -> Array:
    a, b = args
    result: Array = a[..., :, None] * b[..., None, :]
    return result


def _matrices(step: Batched, args: list[Any]) -> Array:
    return step.call(*(step.whole(args, place) for place in range(len(args))))


def _diag(step: Batched, args: list[Any]) -> Array:
    (x,) = args
    if x.ndim == 3:
        return np.diagonal(x, axis1=1, axis2=2)
    n = x.shape[1]
    result = np.zeros((step.count, n, n))
    result[:, range(n), range(n)] = x
    return result


def _reshape(step: Batched, args: list[Any]) -> Array:
    result: Array = args[0].reshape(step.count, *step.shape)
    return result


def _expand(step: Batched, args: list[Any]) -> Array:
    (x,) = args
    shape = step.shapes[0]
    level = x.reshape(step.count, *(1,) * (len(step.shape) - len(shape)), *shape)
    return np.broadcast_to(level, (step.count, *step.shape))


def _sum_to(step: Batched, args: list[Any]) -> Array:
    (x,) = args
    shape, target = step.shapes[0], step.shape
    extra = len(shape) - len(target)
    axes = [*range(1, extra + 1)]
    axes += [at + extra + 1 for at, n in enumerate(target) if n == 1 and shape[at + extra] != 1]
    result: Array = np.sum(x, axis=tuple(axes)).reshape(step.count, *target)
    return result


def _transpose(step: Batched, args: list[Any]) -> Array:
    (axes,) = step.attr
    result: Array = np.transpose(args[0], (0, *(axis + 1 for axis in axes)))
    return result


def _joined(step: Batched, args: list[Any]) -> Array:
    axis = step.attr[0] % len(step.shape) + 1
    return step.call(*(step.whole(args, place) for place in range(len(args))), axis=axis)


def _repeat(step: Batched, args: list[Any]) -> Array:
    (x,) = args
    n, axis = step.attr
    if axis is None:
        return np.repeat(x.reshape(step.count, -1), n, axis=1)
    return np.repeat(x, n, axis=_axis(step, axis))


_EVERY = (None, None, 1)
"""The item of an index that keeps an axis."""


def _index(step: Batched, args: list[Any]) -> Array:
    return step.call(*args, items=(_EVERY, *step.attr[0]))


def _scatter(step: Batched, args: list[Any]) -> Array:
    shape = (step.count, prod(step.shape))
    like = np.broadcast_to(0.0, shape).reshape(step.count, *step.shape)
    return step.call(step.whole(args, 0), like, *args[2:], items=(_EVERY, *step.attr[0]))


def _same(step: Batched, args: list[Any]) -> Array:
    """What NumPy does on the last axes anyway."""
    return step.call(args[0])


RULES: dict[Axes, Callable[[Batched, list[Any]], Array]] = {
    "reduces": _reduced, "along": _along, "per row": _per_row, "last": _last, "averages": _averaged,
    "products": _matmul, "outer": _outer, "matrices": _matrices, "diagonal": _diag,
    "reshapes": _reshape, "expands": _expand, "sums to": _sum_to, "transposes": _transpose,
    "joins": _joined, "stacks": _joined, "repeats": _repeat, "indexes": _index,
    "scatters": _scatter, "appends": _same,
}  # fmt: skip
