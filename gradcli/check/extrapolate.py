"""What the differences over a ladder of halved steps tend to, by Richardson's extrapolation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

EPSILON = float(np.finfo(np.float64).eps)
SETTLED = 0.01
"""The part of the tolerance that an error must come down to."""

SURE = 10.0
"""Values differ where they are apart by so many times their own errors."""


class Estimate(Protocol):
    """Values and how far they may be off."""

    value: Array
    error: Array


@dataclass(frozen=True)
class Tolerance:
    rtol: float
    atol: float

    def between(self, a: Array, b: Array) -> Array:
        """How far the two may be apart."""
        return self.atol + self.rtol * np.maximum(np.abs(a), np.abs(b))

    def of(self, a: Array) -> Array:
        """How far a value may be off, never 0."""
        return max(self.atol, 1e-300) + max(self.rtol, EPSILON) * np.abs(a)


def extrapolated(
    differences: Array, factor: float, floor: Array, tolerance: Tolerance
) -> tuple[Array, Array]:
    """The value of the triangle that changed least for its size, and that change.

    `factor` is by how much a halved step lowers the first power in the error of the differences: 2
    or 4. A value counts from the third column on, when three steps agree. Where finer steps agree
    on another value, over wider ones they agreed by chance: a saw looks straight when its teeth are
    counted as the steps are halved.
    """
    row = differences
    best = finest = _Choice.none(differences[:, -1])
    for column in range(1, differences.shape[1]):
        new = row[:, 1:] + (row[:, 1:] - row[:, :-1]) / (factor**column - 1.0)
        if column > 1:
            change = np.maximum(np.abs(new - row[:, 1:]), np.abs(new - row[:, :-1]))
            change = np.maximum(change, floor[:, column:])
            scores = change / tolerance.of(new)
            scores = np.where(np.isfinite(scores), scores, np.inf)
            best = best.or_better(_Choice.at(np.argmin(scores, axis=1), new, change, scores))
            settled_here = scores <= SETTLED
            last = scores.shape[1] - 1 - np.argmax(settled_here[:, ::-1], axis=1)
            fine = _Choice.at(last, new, change, np.where(settled_here, -last[:, None], np.inf))
            fine.score = np.where(np.isfinite(fine.score), fine.score - column, np.inf)
            finest = finest.or_better(fine)
        row = new
    other = np.isfinite(finest.score) & differ(best, finest, tolerance)
    return np.where(other, finest.value, best.value), np.where(other, finest.error, best.error)


@dataclass
class _Choice:
    """A value with its error; the lower the score, the better."""

    value: Array
    error: Array
    score: Array

    @staticmethod
    def none(like: Array) -> _Choice:
        return _Choice(like, np.full(like.shape, np.inf), np.full(like.shape, np.inf))

    @staticmethod
    def at(places: NDArray[np.intp], values: Array, errors: Array, scores: Array) -> _Choice:
        """What stands at a place along the second axis."""
        entries, columns = np.ogrid[: places.shape[0], : places.shape[1]]
        where = entries, places, columns
        return _Choice(values[where], errors[where], scores[where])

    def or_better(self, other: _Choice) -> _Choice:
        take = other.score < self.score
        return _Choice(
            np.where(take, other.value, self.value),
            np.where(take, other.error, self.error),
            np.where(take, other.score, self.score),
        )


def differ(one: Estimate, other: Estimate, tolerance: Tolerance) -> Mask:
    """Whether two values are further apart than their errors and the tolerance allow."""
    near = SURE * (one.error + other.error) + tolerance.between(one.value, other.value)
    return np.abs(one.value - other.value) > near
