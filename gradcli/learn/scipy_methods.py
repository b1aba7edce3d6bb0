"""L-BFGS, Newton's method in a trust region, and Levenberg-Marquardt, run by SciPy with exact
derivatives.

When they have converged is for SciPy's tests to say. Without a tolerance, `lbfgs` and `newton` use
SciPy's own; `lm`, which with those stops at 4 digits on some of NIST's problems, goes to machine
precision. A tolerance of 0 goes there with each of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from gradcli.errors import UsageError
from gradcli.learn import outcome
from gradcli.learn.bounds import FREE, Bounds
from gradcli.learn.objective import At, SmoothObjective, SumOfSquares
from gradcli.learn.outcome import Ending, Outcome, Record
from gradcli.learn.packing import Packing
from gradcli.learn.steppers import Point
from gradcli.words import counted

if TYPE_CHECKING:
    from gradcli.learn.settings import Settings
    from gradcli.learn.vectors import Array, Params

_EPSILON = 2.220446049250313e-16
_ALWAYS = 2**31 - 1
"""A limit that SciPy never meets: steps are counted here."""
_LOST = 30
"""Rejected steps in a row, each in a quarter of the region before, that end a trust region."""
_REJECTED = 1e150
"""Stands for a residual that is not finite, so that the step there is taken back."""
_AWAY = 1e100
"""Parameters so many times as large as at the start, or as 1, run away."""
_LEAP = 1e5
"""A step of so many times the parameters may end where a line search gives up, not where it pays.
Then the loss much further along tells."""
_FAR = 1e9
"""An end so many times as far as the start is no minimum where the loss is as steep as there."""
_STEEP = 1e-3
"""Near a smooth minimum the slope is a smaller part of the loss than this, times its scale."""
_RUN_AWAY = "the loss falls on and on as the parameters run away"
_IDLE = 1e-10
"""A parameter has lost its influence when its derivatives fall to this part of those at first."""

_LM_TESTS = {
    1: "the residuals are at right angles to their derivatives",
    2: "the sum of squares no longer falls",
    3: "the parameters no longer move",
    4: "the sum of squares no longer falls",
}


class _Stop(Exception):  # noqa: N818 - no error, but the way out of SciPy's loop
    def __init__(self, ending: Ending, what: str = "") -> None:
        super().__init__(ending)
        self.ending, self.what = ending, what


class ScipyDescent:
    """One minimisation by SciPy: iterate over it for its records, then ask for its `outcome`.

    SciPy cannot be suspended, so that the records come when it is done; only those that are due
    are kept. `problem` is `Smooth`, or for `lm` `Residuals`. Raises UsageError where `lm` has fewer
    residuals than parameters.
    """

    outcome: Outcome
    """How it ended; there once the records are spent."""

    def __init__(
        self,
        problem: Any,
        start: Params,
        settings: Settings,
        *,
        validate: Callable[[Params], float] | None = None,
        stop: Callable[[], bool] = lambda: False,
        bounds: Bounds = FREE,
    ) -> None:
        self._start, self._settings = start, settings
        self._validate, self._stop = validate, stop
        self._packing = Packing(start)
        self._smooth = SmoothObjective(problem, self._packing, bounds)
        self._squares = SumOfSquares(problem, self._packing, bounds)
        self._low_high = bounds.vectors(self._packing, start) if bounds else None
        self._step = self._rejected = 0
        self._bottomless: Params = {}
        """Where the loss was -inf, if it was anywhere."""
        self._records: list[Record] = []

    @property
    def point(self) -> Point:
        """Where the descent is."""
        at = self._at
        gradient = self._packing.params(at.pull)
        return Point(self._step, self._packing.params(at.x), {}, None, at.loss, gradient)

    def __iter__(self) -> Iterator[Record]:
        import numpy as np

        with np.errstate(all="ignore"):
            ending, reason = self._run()
        if self._records[-1].step == self._step:
            self._records.pop()
        self._keep()
        yield from self._records
        self._finish(ending, reason)

    def _run(self) -> tuple[Ending, str]:
        name = self._settings.optimizer.name
        x = self._packing.flat(self._start)
        self._first = self._at = (self._squares if name == "lm" else self._smooth).at(x)
        self._keep()
        if not self._at.finite:
            values = self._packing.params(x), self._at.loss, self._packing.params(self._at.gradient)
            return "start", f"the start is not finite: {outcome.what_broke(*values)}"
        if not x.size:
            return "converged", "converged: the parameters have no entries"
        solve = {"lbfgs": self._lbfgs, "newton": self._newton, "lm": self._lm}[name]
        try:
            self._check()
            converged, test = solve()
        except _Stop as stop:
            if stop.ending != "stalled":
                return stop.ending, self._why(stop)
            converged, test = False, "no step lowers the loss"
        falls = "the loss falls to -inf" if self._bottomless else ""
        if name != "lm" and self._is_far_and_steep():
            falls, converged = _RUN_AWAY, False
        if falls and not converged:
            return "diverged", f"diverged after step {self._step:,}: {falls}"
        tol = self._settings.tolerance
        if tol:
            return "stalled", outcome.stopped(
                f"{counted(self._step, 'step')}, at machine precision",
                self._at.steepest,
                tol,
            )
        if self._is_steep():
            where = (
                f"{test}, but the gradient is still large ({self._at.steepest:.2g}), as at a kink"
            )
            return "stalled", f"stopped at step {self._step:,}: {where}"
        if tol == 0:
            return "converged", f"converged to machine precision: {test}"
        if converged:
            return "converged", f"converged: {test}"
        return "stalled", f"stopped at step {self._step:,}: {test}"

    def _why(self, stop: _Stop) -> str:
        tol = self._settings.tolerance or 0.0
        if stop.ending == "converged":
            return outcome.converged(self._at.steepest, tol)
        if stop.ending == "limit":
            after = counted(self._step, "step")
            return outcome.stopped(after, self._at.steepest, tol)
        if stop.ending == "interrupted":
            return f"interrupted at step {self._step:,}"
        return f"diverged after step {self._step:,}: {stop.what}"

    def _lbfgs(self) -> tuple[bool, str]:
        from scipy.optimize import minimize

        tol = self._settings.tolerance
        options: dict[str, float] = {"maxiter": _ALWAYS, "maxfun": _ALWAYS}
        if tol is not None:
            options |= {"gtol": 0.0, "ftol": 0.0}
        result = minimize(
            self._value_and_gradient,
            self._at.x,
            jac=True,
            method="L-BFGS-B",
            bounds=None if self._low_high is None else list(zip(*self._low_high)),
            callback=self._arrive,
            options=options,
        )
        if tol == 0 or result.status != 0:
            return False, "no step lowers the loss"
        if "GRADIENT" in str(result.message).upper():
            return True, f"the largest gradient entry is {self._at.steepest:.2g}, at most 1e-05"
        return True, "the last step lowered the loss by less than 2.2e-09 of it"

    def _newton(self) -> tuple[bool, str]:
        from scipy.optimize import minimize

        tol = self._settings.tolerance
        options: dict[str, float] = {"maxiter": _ALWAYS, "max_trust_radius": _AWAY}
        if tol is not None:
            options["gtol"] = 0.0
        try:
            result = minimize(
                self._value_and_gradient,
                self._at.x,
                jac=True,
                hess=self._hessian,
                method="trust-exact",
                callback=self._arrive,
                options=options,
            )
        except (ValueError, UnboundLocalError):
            # How SciPy's search for a step ends where there is no slope to speak of, by its own
            # measure, or its numbers overflow.
            if self._at.steepest > 1e-4:
                raise _Stop("diverged", "the second derivatives are too large") from None
            return False, "no step lowers the loss"
        if tol == 0 or result.status != 0:
            return False, "no step lowers the loss"
        norm = math.hypot(*self._at.gradient)
        return True, f"the norm of the gradient is {norm:.2g}, below 0.0001"

    def _lm(self) -> tuple[bool, str]:
        import numpy as np

        residuals, jacobian = self._squares.linear(self._at.x)
        if len(residuals) < len(self._at.x):
            other = f"{self._settings.named('optimizer')} lbfgs"
            raise UsageError(
                f"lm has {counted(len(residuals), 'residual')}"
                f" for {counted(len(self._at.x), 'parameter')}",
                hint=f"it needs at least as many: use {other} on a sum of squares",
            )
        test = self._levenberg_marquardt("jac")
        # With MINPACK's scaling by the Jacobian a first step may land on a plateau, where some
        # parameter has no influence any more (NIST's BoxBOD); without it the step is shorter.
        influence = np.linalg.norm(self._squares.linear(self._at.x)[1], axis=0)
        if np.any(influence < _IDLE * np.linalg.norm(jacobian, axis=0)):
            reached = self._at
            self._at = self._first
            second = self._levenberg_marquardt(1.0)
            if self._at.loss < reached.loss:
                return True, second
            self._at = reached
        return True, test

    def _levenberg_marquardt(self, scale: str | float) -> str:
        import numpy as np
        from scipy.optimize import least_squares

        options: dict[str, Any] = {"method": "lm"}
        if self._low_high is not None:  # its bounded relative
            options = {"method": "trf", "bounds": self._low_high}
        result = least_squares(
            self._residuals,
            self._at.x,
            self._jacobian,
            x_scale=scale,
            ftol=_EPSILON,
            xtol=_EPSILON,
            gtol=_EPSILON,
            max_nfev=_ALWAYS,
            **options,
        )
        x = result.x
        if self._low_high is not None:  # it only comes near to a bound
            low, high = self._low_high
            x = np.where(result.active_mask < 0, low, np.where(result.active_mask > 0, high, x))
        self._accept(self._squares.at(x))
        return _LM_TESTS[result.status]

    def _value_and_gradient(self, x: Array) -> tuple[float, Array]:
        if self._stop():
            raise _Stop("interrupted")
        self._seen = at = self._smooth.at(x)
        if at.finite:
            return at.loss, at.gradient
        if at.loss == -math.inf:
            self._bottomless = self._packing.params(at.x)
        # A rise as high as the fall that the slope promises: a line search then halves its step
        # a few times, where inf or nan would end it.
        promised = abs(float(self._at.gradient @ (x - self._at.x)))
        return self._at.loss + promised, 0.0 * self._at.gradient

    def _hessian(self, x: Array) -> Array:
        """Second derivatives, those that are not finite left out: a step is then by the others."""
        import numpy as np

        hessian = self._smooth.hessian(x)
        return np.where(np.isfinite(hessian), hessian, 0.0)

    def _residuals(self, x: Array) -> Array:
        import numpy as np

        if self._stop():
            raise _Stop("interrupted")
        residuals = self._squares.residuals(x)
        return np.where(np.isfinite(residuals), residuals, _REJECTED)

    def _jacobian(self, x: Array) -> Array:
        residuals, jacobian = self._squares.linear(x)
        self._accept(self._squares.of(x, residuals, jacobian))
        return jacobian

    def _arrive(self, x: Array) -> None:
        """Called by SciPy after each step, with the point it is at then."""
        before = self._at
        self._accept(self._seen if (self._seen.x == x).all() else self._smooth.at(x))
        if self._runs_away(before.x):
            raise _Stop("diverged", _RUN_AWAY)

    def _runs_away(self, before: Array) -> bool:
        """Whether the last step led out of all bounds, or to where the loss falls far beyond it."""
        at = self._at
        if _is_beyond(_AWAY, self._first.x, at.x):
            return True
        step = at.x - before
        leap = _is_beyond(_LEAP, before, step)
        return leap and self._smooth.at(at.x + _AWAY * step).loss < at.loss

    def _is_far_and_steep(self) -> bool:
        """Whether the end is far from the start, and the loss falls about as steeply as there."""
        far = _is_beyond(_FAR, self._first.x, self._at.x)
        return far and self._at.steepest > self._first.steepest / 10

    def _is_steep(self) -> bool:
        """Whether the loss, which hardly falls any more, has a slope that no smooth minimum has.

        What is left to fall there is about slope²/curvature, and the curvature is about the fall so
        far, in a scale in which the parameters are 1.
        """
        import numpy as np

        if self._settings.optimizer.name != "lbfgs":  # the others look at the slope themselves
            return False
        at, first = self._at, self._first
        scale = np.maximum(abs(at.x), abs(at.x - first.x))
        slope = float((scale * abs(at.pull)).max(initial=0.0))
        loss = max(1.0, abs(at.loss))
        return slope > _STEEP * math.sqrt(loss * max(loss, first.loss - at.loss))

    def _accept(self, at: At) -> None:
        if (at.x == self._at.x).all():
            self._rejected += 1
            if self._rejected > _LOST:
                raise _Stop("stalled")
            return
        if not at.finite:
            raise _Stop("diverged", "the next gradient is not finite")
        self._at, self._rejected = at, 0
        self._step += 1
        if self._step == outcome.due(self._step - 1, self._settings.every):
            self._keep()
        self._check()

    def _check(self) -> None:
        if self._settings.tolerance and self._at.steepest < self._settings.tolerance:
            raise _Stop("converged")
        if self._step >= self._settings.total:
            raise _Stop("limit")
        if self._stop():
            raise _Stop("interrupted")

    def _keep(self) -> None:
        at, params = self._at, self._packing.params(self._at.x)
        self._records.append(Record(self._step, at.loss, at.steepest, None, params))

    def _finish(self, ending: Ending, reason: str) -> None:
        at, params = self._at, self._packing.params(self._at.x)
        rows = self._settings.rows
        self.outcome = Outcome(
            ending=ending,
            reason=reason,
            steps=self._step,
            params=params,
            loss=at.loss,
            gradient=self._packing.params(at.pull),
            grad_norm=at.steepest,
            start_params=self._start,
            start_loss=self._first.loss,
            epochs=self._step if rows else 0,
            samples_seen=self._step * rows,
            validation_loss=self._validate(params) if self._validate else None,
            broken=params if ending == "start" else self._bottomless,
            steep=ending == "stalled" and self._is_steep(),
        )


def _is_beyond(times: float, start: Array, x: Array) -> bool:
    """Whether the largest entry of x is so many times that of the start, or 1."""
    return bool(abs(x).max() > times * max(1.0, abs(start).max()))
