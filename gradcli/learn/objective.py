"""What SciPy's methods ask of a problem, as functions of one vector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

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
    """A point, and the loss and the gradient there."""

    x: Array
    loss: float
    gradient: Array

    @property
    def steepest(self) -> float:
        """The largest gradient entry."""
        return float(abs(self.gradient).max(initial=0.0))

    @property
    def finite(self) -> bool:
        """Whether the loss and the gradient are."""
        return math.isfinite(self.loss) and math.isfinite(self.steepest)


class SmoothObjective:
    """A loss over one vector."""

    def __init__(self, problem: Smooth, packing: Packing) -> None:
        self._problem, self._packing = problem, packing

    def at(self, x: Array) -> At:
        """The loss and its gradient."""
        loss, gradient = self._problem.value_and_gradient(self._packing.params(x), None)
        return At(x.copy(), loss, self._packing.flat(gradient))

    def hessian(self, x: Array) -> Array:
        """The matrix of second derivatives."""
        return self._packing.square(self._problem.hessian(self._packing.params(x)))


class SumOfSquares:
    """The sum of the squares of residuals over one vector."""

    def __init__(self, problem: Residuals, packing: Packing) -> None:
        self._problem, self._packing = problem, packing

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
        residuals, jacobian = self.linear(x)
        return At(x.copy(), float(residuals @ residuals), 2 * (residuals @ jacobian))
