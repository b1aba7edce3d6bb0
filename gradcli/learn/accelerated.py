"""The loss and the steps of a descent by JAX: `--engine jax`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gradcli.graph.ops.classes import looks_up
from gradcli.hosts import hosts
from gradcli.learn.optimizers import OPTIMIZERS, Now
from gradcli.learn.second_order import ExactLoss
from gradcli.learn.steppers import PlainStepper, Point

if TYPE_CHECKING:
    from gradcli.learn.spec import Choice
    from gradcli.learn.vectors import Params, Rows
    from gradcli.run.jax.steps import Update, XlaSteps


class AcceleratedLoss(ExactLoss):
    """A loss that JAX works out, on all devices.

    Indices and classes are looked at once, by the default engine, which says what is wrong; of
    several processes each looks at its own rows, unless it takes all rows to know them.
    """

    _made: XlaSteps | None = None

    @property
    def steps(self) -> XlaSteps:
        """The loss as JAX has it, with the data on its devices."""
        if self._made is None:
            from gradcli.learn.placing import on_devices
            from gradcli.run.jax.steps import XlaSteps
            from gradcli.run.jax.traced import traceable

            def measured(rows: int) -> Any:
                found = self.measure(rows)
                outputs = [found.model.output, *found.gradients]
                run = traceable(found.graph, outputs, found.inputs, self.seed)
                return lambda *values: self._projected(values, *run(*values))

            self._made = XlaSteps(measured, on_devices(self), self.rows)
        return self._made

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
        if self._made is None and self._looks_up():
            self._refuse_places(params)
        given = [params[name] for name in self.params]
        if isinstance(rows, slice):
            return super().value_and_gradient(params, rows)
        from gradcli.run.jax.devices import translated

        with translated():
            loss, gradients = self.steps.value_and_gradient(given, rows)
        if not math.isfinite(loss) and self._looks_up():
            super().value(params)
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
    """The gradient and the optimizer's rule in one loop that XLA compiles."""

    def __init__(self, loss: AcceleratedLoss, optimizer: Choice, clip: float | None = None) -> None:
        self._loss = loss
        self._slots = OPTIMIZERS[optimizer.name].slots
        self._plain = PlainStepper(loss, optimizer, clip, loss.bounds)
        self._update = _traced(loss, optimizer, clip)

    def advance(
        self, point: Point, rates: Sequence[float], batches: Sequence[Rows] | None, tol: float
    ) -> Point:
        """See Stepper."""
        if not rates:
            return point
        params = [point.params[name] for name in self._loss.params]
        slots = [[point.slots[slot][name] for slot in self._slots] for name in self._loss.params]
        from gradcli.run.jax.devices import translated

        with translated():
            done, moved, held = self._loss.steps.descend(
                self._update, (params, slots), point.step, rates, batches, tol
            )
        return Point(
            point.step + done,
            dict(zip(self._loss.params, moved)),
            {
                slot: {name: of[at] for name, of in zip(self._loss.params, held)}
                for at, slot in enumerate(self._slots)
            },
            rates[done - 1] if done else point.rate,
        )


def _traced(loss: AcceleratedLoss, optimizer: Choice, clip: float | None) -> Update:
    """The optimizer's rule, which JAX traces."""
    rule, bounds = OPTIMIZERS[optimizer.name], loss.bounds
    options = optimizer.options(rule.options)

    def update(
        params: list[Any], slots: list[list[Any]], gradients: list[Any], rate: Any, number: Any
    ) -> Any:
        from gradcli.run.jax.steps import clipped, root, within

        if clip is not None:
            gradients = clipped(gradients, clip)
        now = Now(rate, number, options, root)
        new_params, new_slots = [], []
        for name, value, gradient, held in zip(loss.params, params, gradients, slots):
            moved, then = rule.update(value, gradient, tuple(held), now)
            if name in bounds.low:
                moved = within(moved, bounds.low[name], bounds.high[name])
            new_params.append(moved)
            new_slots.append(list(then))
        return new_params, new_slots

    return update
