"""The loss and the steps of a descent by JAX: `--engine jax`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from gradcli.graph.ops.classes import looks_up
from gradcli.hosts import hosts
from gradcli.learn.optimizers import OPTIMIZERS, Now
from gradcli.learn.packing import Packing
from gradcli.learn.second_order import ExactLoss
from gradcli.learn.steppers import Point

if TYPE_CHECKING:
    from gradcli.learn.spec import Choice
    from gradcli.learn.vectors import Array, Params, Rows, Value
    from gradcli.run.jax.steps import TracedRule, XlaLoss


class AcceleratedLoss(ExactLoss):
    """A loss that JAX works out, on all devices.

    Indices and classes are looked at once, by the default engine, which says what is wrong; of
    several processes each looks at its own rows, unless it takes all rows to know them.
    """

    _looked = False

    @cached_property
    def packing(self) -> Packing:
        """Where the parameters stand in a vector."""
        import numpy as np

        measure = self.measure(self.rows)
        shapes = [measure.graph.shapes[node] for node in measure.params]
        return Packing({n: np.empty(s) if s else 0.0 for n, s in zip(self.params, shapes)})

    @cached_property
    def _by_xla(self) -> XlaLoss:
        return self.compiled()

    def compiled(self, rule: TracedRule | None = None) -> XlaLoss:
        """The loss as JAX has it, with the steps that a rule takes down it."""
        from gradcli.learn.placing import on_devices
        from gradcli.run.jax.steps import XlaLoss
        from gradcli.run.jax.traced import traceable

        def measured(rows: int) -> Any:
            found = self.measure(rows)
            outputs = [found.model.output, *found.gradients]
            run = traceable(found.graph, outputs, found.inputs, self.seed)
            return lambda *values: self._projected(values, *run(*values))

        return XlaLoss(measured, self.packing.size, on_devices(self), self.rows, rule)

    def _projected(self, values: Sequence[Any], loss: Any, *gradients: Any) -> list[Any]:
        """The loss, and the gradients as the bounds leave them, while JAX traces."""
        from gradcli.run.jax.steps import projected

        low, high = self.bounds.low, self.bounds.high
        return [loss, *(
            projected(value, gradient, low[name], high[name]) if name in low else gradient
            for name, value, gradient in zip(self.params, values, gradients)
        )]  # fmt: skip

    def value(self, params: Params) -> float:
        """The loss of all rows."""
        return self.value_and_gradient(params)[0]

    def value_and_gradient(
        self, params: Params, rows: Rows = None, draw: int = 0
    ) -> tuple[float, Params]:
        """The loss of the rows, and the gradient of each parameter, projected on its bounds.

        What is random is drawn once a run: `draw` is 0.
        """
        return self.checked(self._by_itself, params, rows)

    def checked(
        self, measure: Callable[[Params, Rows], tuple[float, Params]], params: Params, rows: Rows
    ) -> tuple[float, Params]:
        """What `measure` says, once indices and classes have been looked at."""
        if isinstance(rows, slice):
            return super().value_and_gradient(params, rows)
        if not self._looked and self._looks_up():
            self._refuse_places(params)
        self._looked = True
        loss, gradient = measure(params, rows)
        if not math.isfinite(loss) and self._looks_up():
            super().value(params)
        return loss, gradient

    def _by_itself(self, params: Params, rows: Rows) -> tuple[float, Params]:
        loss, gradients = self._by_xla([params[name] for name in self.params], rows)
        return loss, dict(zip(self.params, gradients))

    def function(
        self, outputs: Sequence[int], more: Sequence[int] = ()
    ) -> Callable[[Sequence[Any]], list[Any]]:
        """See Loss; every process gets the whole of the nodes."""
        from gradcli.learn.placing import on_devices
        from gradcli.run.jax.evaluated import XlaValues
        from gradcli.run.jax.traced import traceable

        measure, count = self.measure(self.rows), len(self.params)
        inputs = [*measure.params, *more, *measure.inputs[count:]]
        return XlaValues(traceable(measure.graph, outputs, inputs, self.seed), on_devices(self))

    def _refuse_places(self, params: Params) -> None:
        """Raises StepError for an index or a class out of range."""
        from gradcli.learn.placing import refuse_places

        if not (hosts().several and refuse_places(self, params)):
            super().value(params)

    def _looks_up(self) -> bool:
        """Whether there are indices or classes."""
        measure = self.measure(self.rows)
        return looks_up(measure.graph, [measure.model.output])


class AcceleratedValue(AcceleratedLoss):
    """A function of all rows of which nobody asks the gradient; of a vector, the sum of squares.

    What it comes to is kept: of several processes, the one that draws asks for it again, alone.
    """

    @cached_property
    def _known(self) -> dict[bytes, float]:
        return {}

    @cached_property
    def _alone(self) -> Callable[[Sequence[Any]], list[Any]]:
        return self.function([self.measure(self.rows).model.output])

    def value(self, params: Params) -> float:
        """The value of all rows."""
        import hashlib

        import numpy as np

        given = [params[name] for name in self.params]
        key = hashlib.blake2b(digest_size=16)
        for value in given:
            key.update(np.asarray(value, np.float64).tobytes())
        if key.digest() not in self._known:
            if not self._known and self._looks_up():
                self._refuse_places(params)
            (found,) = self._alone(given)
            self._known[key.digest()] = float(np.sum(np.square(found)) if np.ndim(found) else found)
        return self._known[key.digest()]


class AcceleratedStepper:
    """The gradient and the optimizer's rule in one loop that XLA compiles; the loss of all rows is
    compiled with it.

    The rate of all steps is one where they are `steady`; they end at a tolerance where that is
    `watched`.
    """

    def __init__(
        self,
        loss: AcceleratedLoss,
        optimizer: Choice,
        clip: float | None = None,
        *,
        steady: bool = True,
        watched: bool = True,
    ) -> None:
        self._loss, self._slots = loss, OPTIMIZERS[optimizer.name].slots
        self._rule = partial(_traced, loss, optimizer, clip, steady, watched)

    @cached_property
    def _steps(self) -> XlaLoss:
        return self._loss.compiled(self._rule())

    @property
    def longest(self) -> int:
        """See Far."""
        from gradcli.run.jax.steps import STEPS

        return STEPS

    @property
    def most(self) -> int:
        """See Far."""
        return self._steps.most

    def value(self, params: Params) -> float:
        """The loss of all rows."""
        return self.value_and_gradient(params)[0]

    def value_and_gradient(
        self, params: Params, rows: Rows = None, draw: int = 0
    ) -> tuple[float, Params]:
        """See AcceleratedLoss."""
        return self._loss.checked(self._measured, params, rows)

    def _measured(self, params: Params, rows: Rows) -> tuple[float, Params]:
        if rows is not None:
            return self._loss.value_and_gradient(params, rows)
        zeros: Params = {name: value * 0.0 for name, value in params.items()}
        (point,) = self.points(Point(0, params, dict.fromkeys(self._slots, zeros)), [0.0], [0], 0.0)
        return point.loss, point.gradient

    def points(
        self, point: Point, rates: Sequence[float], stops: Sequence[int], tol: float
    ) -> list[Point]:
        """See Far."""
        known = point.measured
        state = self._state(point, point.gradient if known else point.params)
        found = self._steps.points(state, point.step, rates, stops, tol, known=known)
        points = []
        for step, loss, entries in found:
            params, gradient, *slots = self._unpacked(entries)
            rate = rates[min(step, len(rates)) - 1] if step else point.rate
            held = dict(zip(self._slots, slots))
            points.append(Point(point.step + step, params, held, rate, loss, gradient))
        return points

    def advance(
        self, point: Point, rates: Sequence[float], batches: Sequence[Rows] | None, tol: float
    ) -> Point:
        """See Stepper."""
        if not rates:
            return point
        if batches is not None:
            state = self._steps.by_batches(self._state(point), point.step, rates, batches)
            params, *slots = (dict(zip(self._loss.params, part)) for part in state)
            step = point.step + len(rates)
            return Point(step, params, dict(zip(self._slots, slots)), rates[-1])
        for at in range(0, len(rates), self.longest):
            some = rates[at : at + self.longest]
            due = point.step + len(some)
            (point,) = self.points(point, some, [len(some)], tol)
            if point.step < due:
                break
        return point

    def _state(self, point: Point, *more: Params) -> list[list[Value]]:
        """The parameters, more of their shapes, and each slot."""
        parts = [point.params, *more, *(point.slots[slot] for slot in self._slots)]
        return [[part[name] for name in self._loss.params] for part in parts]

    def _unpacked(self, entries: Array) -> list[Params]:
        packing = self._loss.packing
        return [*map(packing.params, entries.reshape(-1, packing.size))]


def _traced(
    loss: AcceleratedLoss, optimizer: Choice, clip: float | None, steady: bool, watched: bool
) -> TracedRule:
    """The optimizer's rule, which JAX traces."""
    from gradcli.run.jax.steps import TracedRule, clipped, root, within

    rule, bounds = OPTIMIZERS[optimizer.name], loss.bounds
    options = optimizer.options(rule.options)

    def update(params: Any, gradients: Any, slots: Any, rate: Any, number: Any) -> Any:
        if clip is not None:
            gradients = clipped(gradients, clip)
        now = Now(rate, number, options, root)
        moved, held = [], []
        for name, value, gradient, *of in zip(loss.params, params, gradients, *slots):
            following, then = rule.update(value, gradient, tuple(of), now)
            if name in bounds.low:
                following = within(following, bounds.low[name], bounds.high[name])
            moved.append(following)
            held.append(then)
        return moved, [[then[at] for then in held] for at in range(len(slots))]

    return TracedRule(update, len(rule.slots), steady, watched)
