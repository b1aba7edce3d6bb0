"""Derivatives by differences: one-sided and central, extrapolated, with an estimate of their error.

The steps of an entry x form ladders: eight steps, each half of the one before, scaled by
max(1, |x|). Of every ladder, Richardson's extrapolation makes a triangle of values; the one that
changed least from its neighbours counts, and that change is its error (Ridders 1982), but no less
than what rounding does to a difference over such a step. An entry that has not settled goes down
to a finer ladder. What wide steps say stands only while the differences over all narrower ones
bear it out: a wave looks flat to steps much longer than itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcli.check.extrapolate import (
    EPSILON,
    SETTLED,
    SURE,
    Array,
    Mask,
    Tolerance,
    differ,
    extrapolated,
)

Evaluate = Callable[[NDArray[np.intp], Array], Array]
"""`evaluate(entries, at)`: the M function values with entry i of the variables at `at[i, j]`, as an
array of the shape of `at` and M."""

RUNGS = 8
LADDERS = 5
TOP = 0.173205
"""The widest step. No simple number, or a cosine over whole periods would look constant."""


@dataclass
class Slopes:
    """The derivatives of M values by every entry, as arrays entries × M.

    `value` is right up to `error`; `right` and `left` are the one-sided slopes, infinite at a jump,
    and `kink` says where they settled at different values.
    """

    value: Array
    error: Array
    right: Array
    left: Array
    kink: Mask
    slack: Array
    """How far the one-sided slopes may be apart for all that is known of them."""
    narrowest: Array
    """The narrowest step that was looked at."""
    near: Array
    near_sides: Array
    """How far a difference over a narrower step may be from the value, and from a slope."""


FIELDS = (
    "value", "error", "right", "left", "kink", "slack", "narrowest", "near", "near_sides",
)  # fmt: skip


def settled(
    evaluate: Evaluate, x: Array, centre: Array, expected: Array, noise: Array, tolerance: Tolerance
) -> Slopes:
    """The derivatives at the entries x, where the function is `centre`.

    `noise` bounds how far rounding moves the function, entries × M. `expected` is never looked at
    to choose a value; but where it lies elsewhere, all the ladders are tried.
    """
    found = _nothing(expected.shape)
    done: Mask = np.zeros(len(x), np.bool_)
    ladders: list[_Ladder] = []
    for base in _bases(x):
        entries = np.flatnonzero(~done & np.isfinite(base))
        if not len(entries):
            continue
        steps = base[entries, None] * 0.5 ** np.arange(RUNGS)
        sides = _differences(evaluate, entries, x, steps, centre, noise)
        ladders.append(_Ladder(entries, steps, sides))
        new = _said(ladders[-1], tolerance)
        new.kink &= new.slack + tolerance.between(new.right, new.left) < _gap(new)
        new.kink &= _in_the_middle(new)
        _keep_better(found, new, entries, tolerance)
        near = tolerance.between(found.value, expected) + found.error
        agrees = np.abs(found.value - expected) <= near
        good = agrees & ~found.kink & _is_settled(found, tolerance)
        done = np.asarray(good.all(axis=1))
    # What never settled may lie further off than its last change.
    found.error *= np.where(found.error > 0.01 * np.abs(found.value), SURE, 1.0)
    finest = np.full(len(x), np.inf)
    for ladder in ladders:
        _refute(found, ladder)
        finest[ladder.entries] = np.minimum(finest[ladder.entries], ladder.steps[:, -1])
    for ladder in ladders:
        narrowest = finest[ladder.entries] == ladder.steps[:, -1]
        _mark_jumps(found, ladder, narrowest & ~done[ladder.entries])
    return found


def plain(
    evaluate: Evaluate, x: Array, centre: Array, noise: Array, step: float, tolerance: Tolerance
) -> Slopes:
    """The central differences over one step, nothing extrapolated; the error is that of rounding.

    A kink is where the one-sided slopes are as far apart over half the step.
    """
    entries = np.arange(len(x))
    steps = np.full((len(x), 2), step) * [1.0, 0.5]
    sides = _differences(evaluate, entries, x, steps, centre, noise)
    gap = np.abs(sides.right - sides.left)
    found = _nothing(centre.shape)
    found.value, found.error = sides.central[:, 0], sides.floor[:, 0]
    found.right, found.left = right, left = sides.right[:, 1], sides.left[:, 1]
    found.slack = slack = SURE * sides.floor[:, 1]
    found.kink = (gap[:, 1] > 0.75 * gap[:, 0]) & (
        gap[:, 1] > slack + tolerance.between(right, left)
    )
    return found


def _bases(x: Array) -> Iterator[Array]:
    """The widest step of every entry, ladder by ladder; nan where an entry leaves one out."""
    with np.errstate(divide="ignore"):
        # Powers of 2 leave the digits of a step alone.
        scale = TOP * np.exp2(np.ceil(np.log2(np.maximum(1.0, np.abs(x)))))
    yield scale
    # A singularity at 0 knows no other scale than x itself.
    near = np.abs(x) * TOP * 4
    yield np.where((near > 0) & (near < scale / 16), near, np.nan)
    for ladder in range(1, LADDERS):
        yield scale * 0.5 ** (ladder * RUNGS)


@dataclass
class _Differences:
    """Entries × steps × M; `floor` is what rounding does to the central difference."""

    central: Array
    right: Array
    left: Array
    floor: Array


def _differences(
    evaluate: Evaluate,
    entries: NDArray[np.intp],
    x: Array,
    steps: Array,
    centre: Array,
    noise: Array,
) -> _Differences:
    count = steps.shape[1]
    point = x[entries, None]
    above, below = point + steps, point - steps
    with np.errstate(all="ignore"):
        values = evaluate(entries, np.concatenate([above, below], axis=1))
        high, low = values[:, :count], values[:, count:]
        # The steps that were really taken: x + h is rounded.
        up, down = (above - point)[..., None], (point - below)[..., None]
        middle = centre[entries, None]
        size = np.fmax(np.abs(high), np.abs(low))
        floor = (noise[entries, None] + EPSILON * size) / (0.5 * (up + down))
        return _Differences(
            (high - low) / (up + down), (high - middle) / up, (middle - low) / down, floor
        )


@dataclass
class _Ladder:
    """The differences of some entries over the steps of a ladder."""

    entries: NDArray[np.intp]
    steps: Array
    sides: _Differences


def _said(ladder: _Ladder, tolerance: Tolerance) -> Slopes:
    """What one ladder says, with `kink` where both sides are finite."""
    sides = ladder.sides
    with np.errstate(all="ignore"):
        value, error = extrapolated(sides.central, 4.0, 2.0 * sides.floor, tolerance)
        right, right_error = extrapolated(sides.right, 2.0, 8.0 * sides.floor, tolerance)
        left, left_error = extrapolated(sides.left, 2.0, 8.0 * sides.floor, tolerance)
        slack = SURE * (right_error + left_error)
        near = _nearest(sides.central, value) + error
        near_right = _nearest(sides.right, right) + right_error
        near_left = _nearest(sides.left, left) + left_error
        # At the edge of a domain there is one side only.
        edge = np.isinf(error)
        for side, its_error, its_near in (
            (right, right_error, near_right),
            (left, left_error, near_left),
        ):
            better = edge & (its_error < error)
            value, error = np.where(better, side, value), np.where(better, its_error, error)
            near = np.where(better, its_near, near)
    narrowest = np.broadcast_to(ladder.steps[:, -1:], value.shape)
    return Slopes(
        value, error, right, left, np.isfinite(slack), slack,
        narrowest, near, np.maximum(near_right, near_left),
    )  # fmt: skip


def _nearest(differences: Array, value: Array) -> Array:
    """How close the differences of a ladder come to the value."""
    return np.asarray(np.fmin.reduce(np.abs(differences - value[:, None]), axis=1))


def _nothing(shape: tuple[int, ...]) -> Slopes:
    nan, inf = np.full(shape, np.nan), np.full(shape, np.inf)
    return Slopes(
        nan, inf, nan.copy(), nan.copy(), np.zeros(shape, np.bool_), inf.copy(),
        inf.copy(), inf.copy(), inf.copy(),
    )  # fmt: skip


def _gap(slopes: Slopes) -> Array:
    return np.abs(slopes.right - slopes.left)


def _in_the_middle(slopes: Slopes) -> Mask:
    """Whether the central difference may be the mean of the one-sided slopes, as at every kink.

    Where it is one of them, the other agreed on its value by chance.
    """
    with np.errstate(all="ignore"):
        off = np.abs(slopes.value - 0.5 * (slopes.right + slopes.left))
        return np.asarray(~(off - SURE * slopes.error > 0.25 * _gap(slopes)))


def _is_settled(slopes: Slopes, tolerance: Tolerance) -> Mask:
    """Whether a hundredth of the tolerance is reached, and the one-sided slopes are as well known
    as it takes to tell them apart."""
    apart = np.maximum(np.abs(slopes.right), np.abs(slopes.left))
    return (_doubt(slopes) <= SETTLED * tolerance.of(slopes.value)) & (
        slopes.slack <= 0.01 * apart + 100 * tolerance.atol
    )


def _doubt(slopes: Slopes) -> Array:
    """The error, and a little of that of the one-sided slopes: where f is flat on both sides of a
    peak, the central difference alone looks certain."""
    return np.where(
        np.isfinite(slopes.slack), np.maximum(slopes.error, 1e-4 * slopes.slack), slopes.error
    )


def _keep_better(
    found: Slopes, new: Slopes, entries: NDArray[np.intp], tolerance: Tolerance
) -> None:
    """Takes over from a finer ladder what is better known there.

    A smooth value stands against a kink only where its ladder would have seen that kink.
    """
    old = Slopes(*(getattr(found, name)[entries] for name in FIELDS))
    score = _doubt(new) / tolerance.of(new.value)
    closer = ~(score >= _doubt(old) / tolerance.of(old.value))
    closer |= (score <= 100.0) & differ(old, new, tolerance)  # wider steps agreed by chance
    sees = new.slack < 0.5 * _gap(old)
    both = new.slack < old.slack
    loose = ~_is_settled(old, tolerance)
    take = np.where(
        new.kink, np.where(old.kink, both, both & loose), np.where(old.kink, sees, closer)
    )
    for name in FIELDS:
        kept = getattr(found, name)
        kept[entries] = np.where(take, getattr(new, name), kept[entries])


def _refute(found: Slopes, ladder: _Ladder) -> None:
    """Where differences over narrower steps lie elsewhere, nothing is known.

    Of what is smooth on either side, they come ever closer.
    """
    entries, sides = ladder.entries, ladder.sides
    narrower = ladder.steps[..., None] < found.narrowest[entries, None]

    def elsewhere(differences: Array, value: Array, near: Array) -> Mask:
        value, near = value[entries, None], near[entries, None]
        off = np.abs(differences - value) - near - 0.1 * np.abs(value) - SURE * sides.floor
        return np.asarray((narrower & np.isfinite(off) & (off > 0)).any(axis=1))

    with np.errstate(all="ignore"):
        refuted = elsewhere(sides.central, found.value, found.near)
        one_side = elsewhere(sides.right, found.right, found.near_sides)
        one_side |= elsewhere(sides.left, found.left, found.near_sides)
    found.error[entries] = np.where(refuted, np.inf, found.error[entries])
    found.kink[entries] &= ~one_side


def _mark_jumps(found: Slopes, ladder: _Ladder, where: Mask) -> None:
    """A kink with an infinite slope, where however narrow a step goes over the same height."""
    entries, sides = ladder.entries, ladder.sides
    steps = ladder.steps[..., None]
    for slopes, differences in ((found.right, sides.right), (found.left, sides.left)):
        with np.errstate(all="ignore"):
            heights = differences * steps
            last = heights[:, -1]
            even = (np.abs(heights - heights[:, -1:]) <= 0.01 * np.abs(heights[:, -1:])).all(axis=1)
            jump = where[:, None] & even & (np.abs(last) > 100.0 * (sides.floor * steps)[:, -1])
        slopes[entries] = np.where(jump, np.copysign(np.inf, last), slopes[entries])
        found.kink[entries] |= jump
