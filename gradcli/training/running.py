"""One descent under way: told, saved now and then, and ended by a signal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from gradcli.errors import DataError
from gradcli.learn.descent import Descent
from gradcli.learn.scipy_methods import ScipyDescent
from gradcli.learn.vectors import largest
from gradcli.question.locating import explained
from gradcli.report import Progress
from gradcli.run.interpret import StepError
from gradcli.training.metrics import Columns
from gradcli.training.resuming import checkpoint, resumed

if TYPE_CHECKING:
    from gradcli.learn.outcome import Outcome, Record
    from gradcli.learn.settings import Settings
    from gradcli.learn.vectors import Params
    from gradcli.training.signals import Signals
    from gradcli.training.task import Task

SAVED_EVERY = 10.0
"""Seconds from one --save during a long run to the next."""

SAVING = 0.05
"""The part of the time that saving may take."""

LOOKING = 0.05
"""The part of the time that metrics for the line on a terminal may take."""


class Run:
    """A descent that is iterated over for its records, then asked for its outcome.

    With `save` it keeps its state there, from its first step on. `resume` is the file of a descent
    that it continues.
    """

    def __init__(
        self, task: Task, settings: Settings, signals: Signals, save: str = "", resume: str = ""
    ) -> None:
        self.task, self.settings, self._signals, self._save = task, settings, signals, save
        self.resumed = bool(resume)
        self.fit: dict[str, Any] = {}
        """How sure the parameters are, once that is known."""
        self.unsaved: DataError | None = None
        """Why the last state could not be written, if it could not."""
        self._tell: Callable[..., None] | None = None
        self._last: Record | None = None
        self._next_save = time.monotonic() + SAVED_EVERY
        self._next_look = 0.0
        self._shown: dict[str, float | None] = {}
        squares = settings.optimizer.name == "lm"
        self._judge = judge = task.judged(squares)
        self.descent: Descent | ScipyDescent
        if settings.by_scipy:
            self.descent = ScipyDescent(
                task.residuals(task.learn) if squares else task.exact(),
                task.start, settings, validate=judge, stop=self._stop, bounds=task.bounds,
            )  # fmt: skip
            return
        loss, stepper = task.loss(task.learn), None
        if not settings.line_search and task.bounds.uniform:
            from gradcli.learn.compiled_stepper import CompiledStepper

            stepper = CompiledStepper(loss, settings.optimizer, settings.clip)
        state = resumed(resume, task, settings) if resume else None
        self.descent = Descent(
            loss, task.start, settings,
            stepper=stepper, validate=judge, stop=self._stop, saved=state, bounds=task.bounds,
        )  # fmt: skip

    @property
    def outcome(self) -> Outcome:
        """How it ended; there once the records are spent."""
        return self.descent.outcome

    def held(self, params: Params) -> float | None:
        """The loss of the rows that judge, where there are any."""
        try:
            return self._judge(params) if self._judge else None
        except StepError as step:
            raise explained(self.task.question.model, step) from None

    def __iter__(self) -> Iterator[Record]:
        """The records, while a line on a terminal says how far it is.

        Whoever leaves early, or an error on the way, leaves the state of the last step behind.
        """
        settings = self.settings
        unit = "epoch" if settings.rows and not settings.by_scipy else "step"
        total = -(-settings.total // settings.epoch) if unit == "epoch" else settings.total
        try:
            shown = self.task.question.tell is not None
            with Progress(total, unit, shown=shown) as self._tell:
                for record in self.descent:
                    self._last = record
                    yield record
        except StepError as step:
            raise explained(self.task.question.model, step) from None
        finally:
            outcome = getattr(self.descent, "outcome", None)
            if self._last and (outcome is None or outcome.ending != "start"):
                self.keep(self._save)

    def keep(self, path: str) -> None:
        """Writes the state to a file, if there is one; `unsaved` says where that fails."""
        if not path:
            return
        from gradcli.data.checkpoint import write_checkpoint

        began = time.monotonic()
        descent = self.descent
        if isinstance(descent, Descent):
            state = descent.state()
        else:
            point = descent.point
            state = {"step": point.step}
            state |= {f"param.{name}": value for name, value in point.params.items()}
        outcome = getattr(descent, "outcome", None)
        try:
            made = checkpoint(self.task, self.settings, state, outcome)
            if self.fit:
                made.meta["fit"] = self.fit
            write_checkpoint(path, made)
            self.unsaved = None
        except DataError as error:
            if self.unsaved is None and outcome is None:
                self.task.question.note(f"{error.what}; it goes on, and tries again later")
            self.unsaved = error
        now = time.monotonic()
        self._next_save = now + max(SAVED_EVERY, (now - began) / SAVING)

    def _metrics(self) -> dict[str, float | None]:
        """The metrics where it is, or where it was: to work them out takes little of the time."""
        began = time.monotonic()
        if began >= self._next_look:
            columns = Columns(self.task, ("loss", "grad_norm", "lr"))
            self._shown = columns.row(self.descent.point.params, None)
            now = time.monotonic()
            self._next_look = now + (now - began) / LOOKING
        return self._shown

    def _stop(self) -> bool:
        """Asked now and then between two steps: shows how far it is, and saves that."""
        point, settings, last = self.descent.point, self.settings, self._last
        if self._tell is not None:
            loss = grad_norm = None
            if point.measured:
                loss, grad_norm = point.loss, largest(point.gradient)
            elif last is not None:
                # Of all rows it is known now and then.
                loss, grad_norm = last.loss, last.grad_norm
            done = point.step // settings.epoch if settings.rows else point.step
            more = self._metrics if self.task.metrics.names else None
            self._tell(done, more, loss=loss, grad_norm=grad_norm, lr=point.rate)
        if self._save and time.monotonic() > self._next_save:
            self.keep(self._save)
        return self._signals.code != 0
