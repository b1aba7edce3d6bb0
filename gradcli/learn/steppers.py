"""Ways to take steps: plain ones by an optimizer's rule, and a line search along the gradient.

A compiled loop is another Stepper: it must end in the same bits as `PlainStepper`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from gradcli.learn.bounds import FREE, Bounds
from gradcli.learn.optimizers import OPTIMIZERS, Now
from gradcli.learn.vectors import all_finite, dot, largest, moved, norm, quiet, root

if TYPE_CHECKING:
    from gradcli.learn.spec import Choice
    from gradcli.learn.vectors import Params, Rows

_SUFFICIENT = 1e-4
"""Armijo's constant: the share of the fall that the slope promises which a step must reach."""

_ROUNDING = 1e-15
"""The part of a loss below which its changes are rounding."""


_LONGEST = 1e308
"""The longest trial, finite so that halving it gets somewhere."""


class Problem(Protocol):
    """A loss to descend: of all rows, or of those that are given."""

    def value(self, params: Params) -> float:
        """The loss of all rows."""

    def value_and_gradient(
        self, params: Params, rows: Rows = None, draw: int = 0
    ) -> tuple[float, Params]:
        """The loss and the gradient of each parameter, in its shape, projected where there are
        bounds; `draw` says what random calls come to. Never raises on overflow."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where a descent stands after `step` updates; a value, whose arrays nobody overwrites.

    `slots` holds what the optimizer remembers, by slot and parameter; `rate` is the learning rate
    of the last update; `loss` and `gradient` are those at `params`, where they are known.
    """

    step: int
    params: Params
    slots: dict[str, Params]
    rate: float | None = None
    loss: float = math.nan
    gradient: Params = field(default_factory=dict)

    @property
    def measured(self) -> bool:
        """Whether the loss and the gradient are known."""
        return bool(self.gradient)

    @property
    def finite(self) -> bool:
        """Whether everything known here is finite."""
        if self.measured and not (math.isfinite(self.loss) and all_finite(self.gradient)):
            return False
        return all_finite(self.params)


class Stepper(Protocol):
    """Takes steps, however it likes, but with the same result as one after the other."""

    def advance(
        self, point: Point, rates: Sequence[float], batches: Sequence[Rows] | None, tol: float
    ) -> Point:
        """The point after as many updates as there are rates.

        Without `batches` the gradient is that of all rows, the one that `point` knows is used, and
        the steps end before their time at the first point whose largest gradient entry is below
        `tol`, and at the first that is not finite (a stepper may notice that late: the steps are
        then repeated by PlainStepper). With `batches` the gradient is that of each step's rows, of
        which None are all, with the draw that has the step's number, and `tol` is 0.
        A point returned unmoved says that there is no step to take.
        """


@runtime_checkable
class Far(Stepper, Protocol):
    """A stepper that looks ahead: it gives several points of the way at once, all of them measured,
    and is sooner done than with one after the other."""

    @property
    def most(self) -> int:
        """How many points it gives at the most."""

    @property
    def longest(self) -> int:
        """How many steps may have rates of their own."""

    def points(
        self, point: Point, rates: Sequence[float], stops: Sequence[int], tol: float
    ) -> list[Point]:
        """The points after so many updates as each of the `stops` says, in their order, where
        `advance` without batches would come to, and up to the point where it would end.

        The last rate is that of all further steps, too.
        """


class PlainStepper:
    """The optimizer's rule, step after step, in Python."""

    def __init__(
        self,
        problem: Problem,
        optimizer: Choice,
        clip: float | None = None,
        bounds: Bounds = FREE,
    ) -> None:
        self._problem, self._clip, self._bounds = problem, clip, bounds
        self._rule = OPTIMIZERS[optimizer.name]
        self._options = optimizer.options(self._rule.options)

    def start(self, params: Params) -> Point:
        """The point before the first step."""
        zeros: Params = {name: value * 0.0 for name, value in params.items()}
        return Point(0, params, dict.fromkeys(self._rule.slots, zeros))

    def advance(
        self, point: Point, rates: Sequence[float], batches: Sequence[Rows] | None, tol: float
    ) -> Point:
        """See Stepper."""
        step, params, slots, rate = point.step, point.params, point.slots, point.rate
        gradient: Params | None = point.gradient if point.measured and batches is None else None
        with quiet(params):
            for i, rate_now in enumerate(rates):
                if gradient is None:
                    rows = None if batches is None else batches[i]
                    loss, gradient = self._problem.value_and_gradient(params, rows, step + 1)
                    steepest = largest(gradient)
                    if steepest < tol or not math.isfinite(loss + steepest):
                        return Point(step, params, slots, rate, loss, gradient)
                rate, step = rate_now, step + 1
                params, slots = self._update(params, gradient, slots, rate, float(step))
                gradient = None
                if not all_finite(params):
                    break
        return Point(step, params, slots, rate)

    def _update(
        self, params: Params, gradient: Params, slots: dict[str, Params], rate: float, t: float
    ) -> tuple[Params, dict[str, Params]]:
        if self._clip is not None:
            gradient = clipped(gradient, self._clip)
        new_params: Params = {}
        new_slots: dict[str, Params] = {slot: {} for slot in slots}
        for name, value in params.items():
            now = Now(rate, t, self._options, root(value))
            held = tuple(values[name] for values in slots.values())
            moved, held = self._rule.update(value, gradient[name], held, now)
            new_params[name] = self._bounds.clipped(name, moved)
            for slot, entry in zip(slots, held, strict=True):
                new_slots[slot][name] = entry
        return new_params, new_slots


def clipped(gradient: Params, limit: float) -> Params:
    """The gradient, shortened to the norm `limit` over all parameters where it is longer."""
    length = norm(gradient)
    if not length > limit:
        return gradient
    return {name: value * (limit / length) for name, value in gradient.items()}


class LineSearch:
    """Steps along the negative gradient, each as long as Armijo's condition allows.

    The first trial of a step is the length that the last two gradients suggest (Barzilai and
    Borwein 1988); it is halved until the loss falls by 1e-4 of what the slope promises (Armijo
    1966). Where the first trial changes the loss by no more than rounding, the slope at its end
    decides (Hager and Zhang 2005).
    """

    def __init__(self, problem: Problem, trial: float = 1.0, bounds: Bounds = FREE) -> None:
        self._problem, self._trial, self._bounds = problem, trial, bounds

    def start(self, params: Params) -> Point:
        """The point before the first step; `trial` is the length to try first."""
        return Point(0, params, {"line_search": {"trial": self._trial}})

    def advance(
        self, point: Point, rates: Sequence[float], batches: Sequence[Rows] | None, tol: float
    ) -> Point:
        """See Stepper; the rates are only counted, and there are no batches."""
        with quiet(point.params):
            for _ in rates:
                following = self._step(point)
                if following is None:
                    break
                point = following
                if not point.finite or largest(point.gradient) < tol:
                    break
        return point

    def _step(self, point: Point) -> Point | None:
        """The point after one step; None where no step along the gradient lowers the loss."""
        slope, bounds = dot(point.gradient, point.gradient), self._bounds
        length = float(point.slots["line_search"]["trial"])
        first = True
        while True:
            params = moved(point.params, -length, point.gradient)
            params = {name: bounds.clipped(name, value) for name, value in params.items()}
            if all_equal(params, point.params):
                return None
            rise = self._problem.value(params) - point.loss
            falls = rise <= -_SUFFICIENT * length * slope
            if falls or (first and abs(rise) <= _ROUNDING * abs(point.loss)):
                loss, gradient = self._problem.value_and_gradient(params)
                ahead = dot(point.gradient, gradient)
                if falls or ahead >= (2 * _SUFFICIENT - 1) * slope:
                    break
            length, first = length / 2, False
        # With s the step and y the change of the gradient, this is s·s / s·y.
        trial = length * slope / (slope - ahead) if ahead < slope < math.inf else 2 * length
        trial = min(trial, _LONGEST)
        return Point(
            point.step + 1, params, {"line_search": {"trial": trial}}, length, loss, gradient
        )


def all_equal(a: Params, b: Params) -> bool:
    """Whether every entry is the same."""
    return largest({name: value - b[name] for name, value in a.items()}) == 0
