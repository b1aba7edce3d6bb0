"""The calls of NumPy that compiled code is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcli.graph.ops.op import Shape

TO_BOOL = {
    np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal, np.isfinite,
    np.isnan, np.isinf, np.logical_and, np.logical_or, np.logical_not, np.bitwise_and,
    np.bitwise_or, np.invert,
}  # fmt: skip
"""Ufuncs whose results are booleans."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call of NumPy. `args` are places of steps before it, or numbers.

    kind        function           options
    local       -                  the node whose value comes from outside, or is a scalar
    constant    -                  the node whose value is known beforehand
    ones        -                  -
    ufunc       the ufunc          -
    reduce      the ufunc          axis, keepdims
    dot         -                  -                     (of vectors and matrices)
    select      -                  -                     (where)
    reshape     -                  the shape
    transpose   -                  the axes
    index       -                  ints and (start, stop, step)
    broadcast   -                  the shape
    call        any function       -
    """

    kind: str
    function: Any
    args: tuple[int | float, ...]
    options: tuple[Any, ...]
    shape: Shape
    truth: bool = False
    """Whether the entries are booleans."""


VIEWS = ("reshape", "transpose", "index", "broadcast")
"""Steps whose result lies in the memory of their argument (a reshape mostly does)."""

OWNERS = ("ufunc", "reduce", "dot", "select")
"""Steps that can write their result to a given place."""


def taken(step: Step, args: Sequence[Any]) -> Any:
    """The result of a step."""
    kind, function, options = step.kind, step.function, step.options
    if kind == "ufunc":
        value = function(*args)
        return value if step.truth or step.function not in TO_BOOL else value.astype(np.float64)
    if kind == "reduce":
        return function.reduce(args[0], axis=options[0], keepdims=options[1])
    if kind == "dot":
        return np.dot(*args)
    if kind == "select":
        return np.where(*args)
    if kind in VIEWS:
        return viewed(step, args[0])
    return function(*args)


def viewed(step: Step, base: Any) -> Any:
    """A view step of an array."""
    (option,) = step.options
    if step.kind == "index":
        return base[thawed(option)]
    if step.kind == "transpose":
        return base.transpose(option)
    return base.reshape(option) if step.kind == "reshape" else np.broadcast_to(base, option)


def thawed(places: tuple[Any, ...]) -> tuple[Any, ...]:
    """An index that NumPy takes, from one that can be hashed."""
    return tuple(slice(*place) if isinstance(place, tuple) else place for place in places)
