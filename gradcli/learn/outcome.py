"""How a descent ended, and why, as a sentence."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gradcli.learn.vectors import Params, Places, Value

Ending = Literal["converged", "limit", "patience", "stalled", "diverged", "interrupted", "start"]
"""`limit`: all steps done; `stalled`: no step lowers the loss; `start`: the start is not finite."""


@dataclass(frozen=True, slots=True)
class MiniBatch:
    """The rows of a mini-batch, and its loss before the step that it leads to."""

    rows: Places
    loss: float


@dataclass(frozen=True, slots=True)
class Record:
    """A step: the loss and gradient of all rows after it, and the rate that led there; `batch` led
    there where the settings ask for it, but not to the start of a descent or of what resumes it."""

    step: int
    loss: float
    grad_norm: float
    lr: float | None
    params: Params
    batch: MiniBatch | None = None


@dataclass(frozen=True)
class Outcome:
    """The end of a descent: the parameters, and the loss and gradient of all rows there.

    `grad_norm` is the largest gradient entry. `steps` counts the updates, `epochs` whole passes
    over the rows and `samples_seen` rows, all of them from the first start. With a patience,
    `params` are the best ones, else the last finite ones. `broken` holds the parameters at which a
    value first was not finite, where one was.
    """

    ending: Ending
    reason: str
    steps: int
    params: Params
    loss: float
    gradient: Params
    grad_norm: float
    start_params: Params
    start_loss: float
    epochs: int = 0
    samples_seen: int = 0
    validation_loss: float | None = None
    broken: Params = field(default_factory=dict)
    steep: bool = False
    """Whether the gradient is far from 0 although no step pays, as at a kink."""

    @property
    def converged(self) -> bool:
        """Whether the tolerance was reached."""
        return self.ending == "converged"


def due(done: int, every: int | None) -> int:
    """When the next record is due after `done` steps or epochs: at multiples of `every`, else at
    each of the first 32, then at every second of the next 32, every fourth of the next 64, …"""
    gap = every or 1 << max(0, done.bit_length() - 5)
    return (done // gap + 1) * gap


def converged(grad_norm: float, tol: float) -> str:
    """The reason of a descent that reached its tolerance."""
    shown = _shown(grad_norm, lambda shown: shown < tol)
    return f"converged: the largest gradient entry is {shown}, below {tol:g}"


def stopped(after: str, grad_norm: float, tol: float) -> str:
    """The reason of a descent that did all it was asked to, and may have missed a tolerance."""
    if not tol or math.isnan(grad_norm):
        return f"stopped after {after}"
    shown = _shown(grad_norm, lambda shown: shown > tol)
    return f"stopped after {after}: the largest gradient entry is {shown}, above {tol:g}"


def _shown(value: float, tells: Callable[[float], bool]) -> str:
    """`value` to two digits, or to as many as tell what is to be told."""
    for digits in range(2, 17):
        text = f"{value:.{digits}g}"
        if tells(float(text)):
            return text
    return repr(value)


def rose(start: float, end: float) -> bool:
    """Whether a loss ended above its start, by more than rounding, or is no number any more."""
    return not end - start <= 1e-12 * max(1.0, abs(start))


def what_broke(params: Params, loss: float, gradient: Params) -> str:
    """Names the first thing that is not finite: a parameter, the loss, or a gradient."""
    for name, value in params.items():
        if bad := _not_finite(value):
            return f"{name} {bad}"
    if gradient and not math.isfinite(loss):
        return f"the loss is {loss}"
    for name, value in gradient.items():
        if bad := _not_finite(value):
            return f"the gradient of {name} {bad}"
    return "every value is finite"


def _not_finite(value: Value) -> str:
    if isinstance(value, float):
        return "" if math.isfinite(value) else f"is {value}"
    bad = [entry for entry in value.ravel().tolist() if not math.isfinite(entry)]
    return f"has an entry {bad[0]}" if bad else ""
