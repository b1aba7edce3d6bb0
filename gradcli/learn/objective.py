"""What SciPy's methods ask of a problem, as functions of one vector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gradcli.learn.bounds import FREE, Bounds
from gradcli.learn.packing import Packing

if TYPE_CHECKING:
    from gradcli.learn.second_order import Residuals
    from gradcli.learn.vectors import Array, Params, Rows


class Smooth(Protocol):
    """A loss with a gradient, and for `newton` with second derivatives."""

    def value_and_gradient(self, params: Params, rows: Rows = None) -> tuple[float, Params]:
        """The loss and the gradient of each parameter, in its shape."""

    def hessian(self, params: Params) -> dict[str, Params]:
        """Second derivatives by two parameters, in the shape of the first + that of the second."""


@dataclass(frozen=True)
class At:
    """A point, and the loss and the gradient there; `pull` is the gradient projected on bounds."""

    x: Array
    loss: float
    gradient: Array
    pull: Array

    @property
    def steepest(self) -> float:
        """The largest entry of the projected gradient."""
        return float(abs(self.pull).max(initial=0.0))

    @property
    def finite(self) -> bool:
        """Whether the loss and the gradient are."""
        return math.isfinite(self.loss) and math.isfinite(
            float(abs(self.gradient).max(initial=0.0))
        )


class _Objective:
    """A function of one vector, each entry of which may have bounds."""

    def __init__(self, packing: Packing, bounds: Bounds) -> None:
        self._packing, self._bounds = packing, bounds

    def _at(self, x: Array, loss: float, gradient: Array) -> At:
        packing = self._packing
        pull = gradient
        if self._bounds:
            pull = packing.flat(self._bounds.projected(packing.params(x), packing.params(gradient)))
        return At(x.copy(), loss, gradient, pull)


class SmoothObjective(_Objective):
    """A loss over one vector."""

    def __init__(self, problem: Smooth, packing: Packing, bounds: Bounds = FREE) -> None:
        super().__init__(packing, bounds)
        self._problem = problem

    def at(self, x: Array) -> At:
        """The loss and its gradient."""
        loss, gradient = self._problem.value_and_gradient(self._packing.params(x), None)
        return self._at(x, loss, self._packing.flat(gradient))

    def hessian(self, x: Array) -> Array:
        """The matrix of second derivatives."""
        return self._packing.square(self._problem.hessian(self._packing.params(x)))


class SumOfSquares(_Objective):
    """The sum of the squares of residuals over one vector."""

    def __init__(self, problem: Residuals, packing: Packing, bounds: Bounds = FREE) -> None:
        super().__init__(packing, bounds)
        self._problem = problem

    def residuals(self, x: Array) -> Array:
        """The residuals alone."""
        return self._problem.residuals(self._packing.params(x))

    def linear(self, x: Array) -> tuple[Array, Array]:
        """The residuals and their Jacobian, a row a residual."""
        residuals = self.residuals(x)
        jacobian = self._problem.jacobian(self._packing.params(x))
        return residuals, self._packing.columns(jacobian, len(residuals))

    def at(self, x: Array) -> At:
        """The sum of squares and its gradient."""
        return self.of(x, *self.linear(x))

    def of(self, x: Array, residuals: Array, jacobian: Array) -> At:
        """The same of residuals and a Jacobian that are known."""
        return self._at(x, float(residuals @ residuals), 2 * (residuals @ jacobian))
