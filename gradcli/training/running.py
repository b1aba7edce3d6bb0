"""One descent under way: told, saved now and then, and ended by a signal."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gradcli.errors import DataError
from gradcli.hosts import hosts
from gradcli.learn.bounds import FREE
from gradcli.learn.descent import Descent
from gradcli.learn.schedules import steady
from gradcli.learn.scipy_methods import ScipyDescent
from gradcli.learn.second_order import Residuals
from gradcli.learn.vectors import largest
from gradcli.question.locating import explained
from gradcli.report import Progress
from gradcli.run.interpret import StepError
from gradcli.training.metrics import Columns
from gradcli.training.resuming import checkpoint, look_ahead, resumed

if TYPE_CHECKING:
    from gradcli.data.checkpoint import Checkpoint
    from gradcli.learn.accelerated import AcceleratedLoss
    from gradcli.learn.loss import Loss
    from gradcli.learn.outcome import Outcome, Record
    from gradcli.learn.settings import Settings
    from gradcli.learn.steppers import Problem, Stepper
    from gradcli.learn.vectors import Params
    from gradcli.training.signals import Listener
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
    that it continues. `ahead` is what a line on a terminal says first, if it is not `silent`.
    """

    def __init__(
        self,
        task: Task,
        settings: Settings,
        signals: Listener,
        save: str = "",
        resume: str = "",
        *,
        ahead: str = "",
        silent: bool = False,
    ) -> None:
        self.task, self.settings, self._signals, self._save = task, settings, signals, save
        self._ahead = ahead
        self._shown = task.question.owns_process and not silent
        self.resumed = bool(resume)
        self.fit: dict[str, Any] = {}
        """How sure the parameters are, once that is known."""
        self.unsaved: DataError | None = None
        """Why the last state could not be written, if it could not."""
        self.heard = 0
        """The code of the signal that ended it, whichever process heard that."""
        self._closed: Loss | None = None
        """What is closed at the end."""
        self._tell: Progress | None = None
        self._last: Record | None = None
        self._next_save = time.monotonic() + SAVED_EVERY
        self._next_look = 0.0
        self._looked: dict[str, float | None] = {}
        squares = settings.optimizer.name == "lm"
        self._judge = judge = task.judged(squares)
        self.descent: Descent | ScipyDescent
        by_jax: AcceleratedLoss | None = None
        if settings.engine == "jax":
            by_jax = task.accelerated(FREE if settings.by_scipy else task.bounds)
        if hosts().several:
            look_ahead(task)
        if settings.by_scipy:
            exact = self._closed = by_jax or (task.loss(task.learn) if squares else task.exact())
            self.descent = ScipyDescent(
                Residuals(exact) if squares else exact, task.start, settings,
                validate=judge, stop=self._stop, bounds=task.bounds,
            )  # fmt: skip
            return
        problem: Problem
        stepper: Stepper | None = None
        if by_jax and not settings.line_search:
            from gradcli.learn.accelerated import AcceleratedStepper

            problem = stepper = AcceleratedStepper(
                by_jax, settings.optimizer, settings.clip,
                steady=steady(settings.schedule), watched=settings.tol > 0,
            )  # fmt: skip
        else:
            problem = loss = self._closed = by_jax or task.loss(task.learn)
            if not settings.line_search and task.bounds.uniform:
                from gradcli.learn.compiled_stepper import CompiledStepper

                stepper = CompiledStepper(loss, settings.optimizer, settings.clip)
        self._loss = problem.value
        state = resumed(resume, task, settings) if resume else None
        self.descent = Descent(
            problem, task.start, settings,
            stepper=stepper, validate=judge, stop=self._stop, saved=state, bounds=task.bounds,
            agreed=hosts().agreed,
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
        epochs = settings.rows and not settings.by_scipy
        unit, steps = ("epoch", settings.epoch) if epochs else ("step", 1)
        try:
            progress = Progress(
                settings.total, unit, shown=self._shown, steps=steps, ahead=self._ahead
            )
            with progress as self._tell:
                for record in self.descent:
                    self._last = record
                    if hosts().several:  # one of them may ask again, when it draws
                        self.held(record.params)
                        self.task.metrics.look(record.params)
                    yield record
        except StepError as step:
            raise explained(self.task.question.model, step) from None
        finally:
            outcome = getattr(self.descent, "outcome", None)
            if self._last and (outcome is None or outcome.ending != "start"):
                self.keep(self._save)
            if self._closed:
                self._closed.close()

    def checkpoint(self) -> Checkpoint:
        """Its state as a file holds it."""
        descent = self.descent
        if isinstance(descent, Descent):
            state = descent.state()
        else:
            point = descent.point
            state = {"step": point.step}
            state |= {f"param.{name}": value for name, value in point.params.items()}
        made = checkpoint(self.task, self.settings, state, getattr(descent, "outcome", None))
        if self.fit:
            made.meta["fit"] = self.fit
        return made

    def keep(self, path: str) -> None:
        """Writes the state to a file, if there is one; `unsaved` says where that fails."""
        if not path:
            return
        from gradcli.data.checkpoint import write_checkpoint

        began = time.monotonic()
        outcome = getattr(self.descent, "outcome", None)
        try:
            write_checkpoint(path, self.checkpoint())
            self.unsaved = None
        except DataError as error:
            if self.unsaved is None and outcome is None:
                self.task.question.note(f"{error.what}; it goes on, and tries again later")
            self.unsaved = error
        now = time.monotonic()
        self._next_save = now + max(SAVED_EVERY, (now - began) / SAVING)

    def _figures(self) -> dict[str, float | None]:
        """What the line on a terminal shows, where the descent is, or where it was: to work it out
        takes little of the time."""
        began = time.monotonic()
        if began >= self._next_look:
            self._looked = self._looked_at()
            now = time.monotonic()
            self._next_look = now + (now - began) / LOOKING
        return self._looked

    def _looked_at(self) -> dict[str, float | None]:
        point, loss, held = self.descent.point, None, None
        if hosts().several:  # the others do not look now
            loss = point.loss if point.measured else None
            return {"loss": loss, "lr": point.rate}
        with contextlib.suppress(StepError):  # the descent itself, or its end, will say so
            loss = point.loss if point.measured else self._loss(point.params)
            held = self._judge(point.params) if self._judge else None
        shown = {"loss": loss, "validation_loss": held}
        shown |= Columns(self.task.metrics, ("loss", "grad_norm", "lr")).row(point.params, held)
        return {
            **shown,
            "grad_norm": largest(point.gradient) if point.measured else None,
            "lr": point.rate,
        }

    def _stop(self) -> bool:
        """Asked now and then between two steps: shows how far it is, and saves that."""
        if self._tell is not None:
            self._tell(self.descent.point.step, self._figures)
        if self._save and time.monotonic() > self._next_save:
            self.keep(self._save)
        self.heard = hosts().most(self._signals.code)
        return self.heard != 0
