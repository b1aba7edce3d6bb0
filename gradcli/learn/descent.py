"""The loop: chunks of steps between the places where something is looked at.

A chunk ends where a record is due, where an epoch's end is looked at, or after about a twentieth of
a second, so that an interrupt is noticed. How the steps fall into chunks changes no result.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gradcli.learn import outcome
from gradcli.learn.batches import Batches
from gradcli.learn.bounds import FREE, Bounds
from gradcli.learn.outcome import Ending, MiniBatch, Outcome, Record
from gradcli.learn.schedules import Schedule
from gradcli.learn.settings import LEARNING_RATE, Settings
from gradcli.learn.state import History, collect, restore
from gradcli.learn.steppers import Far, LineSearch, PlainStepper, Point, Problem, Stepper
from gradcli.learn.vectors import all_finite, largest, quiet
from gradcli.words import counted

if TYPE_CHECKING:
    from gradcli.learn.state import State
    from gradcli.learn.vectors import Params, Rows

_CHUNK_SECONDS = 0.05
_LONGEST_CHUNK = 1 << 16
_LONGEST_AHEAD = 1 << 22
"""The longest chunk where one rate stands for those of all its steps."""


@dataclass(frozen=True)
class _End:
    ending: Ending
    reason: str
    broken: Params = field(default_factory=dict)


class Descent:
    """One descent: iterate over it for its records, then ask for its `outcome` and its `state`.

    The records are those of the start, of every `settings.every`-th step, and of the end. Without
    `every` there are some dozens of them, closer together at first. `stepper` takes the steps where
    there is a faster one than the plain one; `validate` gives the loss of rows that were held out;
    `stop` is asked between chunks whether to stop early (`point` then shows where the descent is);
    `saved` is the state of an earlier descent, which is continued; `bounds` hold the parameters in,
    and the gradients of the problem are projected on them. What a clock says of a chunk is `agreed`
    upon by the processes that descend together.

    Raises UsageError for a state that does not fit the settings or the parameters.
    """

    outcome: Outcome
    """How it ended; there once the records are spent."""

    def __init__(
        self,
        problem: Problem,
        start: Params,
        settings: Settings,
        *,
        stepper: Stepper | None = None,
        validate: Callable[[Params], float] | None = None,
        stop: Callable[[], bool] = lambda: False,
        saved: Mapping[str, Any] | None = None,
        bounds: Bounds = FREE,
        agreed: Callable[[float], float] = float,
    ) -> None:
        self._problem, self._settings = problem, settings
        self._validate, self._stop, self._agreed = validate, stop, agreed
        lr = LEARNING_RATE if settings.lr is None else settings.lr
        self._schedule = Schedule(settings.schedule, lr, settings.total)
        self._batches: Batches | None = None
        if settings.mini_batches and settings.batch_size:
            self._batches = Batches(settings.rows, settings.batch_size, settings.seed)
        self._plain: LineSearch | PlainStepper
        if settings.line_search:
            self._plain = LineSearch(problem, 1.0 if settings.lr is None else settings.lr, bounds)
        else:
            self._plain = PlainStepper(problem, settings.optimizer, settings.clip, bounds)
        self._stepper: Stepper = stepper or self._plain
        self._far = stepper if isinstance(stepper, Far) else None
        self._stochastic = self._batches is not None or settings.resample
        """Whether a step sees another loss than that of all rows, with the first draw."""
        self._period = settings.epoch
        """Steps between two looks at the loss of all rows."""
        self._chunk = 1
        self._ahead: deque[Point] = deque()
        """Points of a stepper that looks ahead, where the descent has not been yet."""
        self._history = History(start)
        self.point = self._plain.start(start)
        """Where the descent is."""
        self._before: Point | None = None
        """Where it was a step before, where batches are recorded."""
        if saved is not None:
            self.point = restore(saved, self.point, self._history, self._schedule, settings)

    def state(self) -> State:
        """Everything that continuing needs, as plain numbers and arrays by name."""
        return collect(self.point, self._history, self._schedule, self._settings)

    def __iter__(self) -> Iterator[Record]:
        end = self._begin()
        yield self._record()
        recorded = self.point.step
        while end is None:
            due = self._next_record(self.point.step)
            end = self._advance(due - self.point.step) or self._look()
            if self.point.step == due:
                yield self._record()
                recorded = due
        if self.point.step != recorded:
            yield self._record()
        self._finish(end)

    def _begin(self) -> _End | None:
        point = self.point = self._measured(self.point)
        if not point.finite:
            what = outcome.what_broke(point.params, point.loss, point.gradient)
            return _End("start", f"the start is not finite: {what}", broken=point.params)
        if self._history.start_loss is None:
            self._history.start_loss = point.loss
        if self._settings.patience and self._history.best is None:
            self._history.watch(self._watched_loss(), point)
        return self._end()

    def _next_record(self, step: int) -> int:
        """The step of the next record: never beyond the last step of the descent."""
        every = self._settings.every
        if every:
            due = outcome.due(step, every)
        else:
            due = outcome.due(step // self._period, None) * self._period
        return min(due, self._settings.total)

    def _advance(self, count: int) -> _End | None:
        """Takes at most `count` steps; returns an end where they led nowhere."""
        if self._far and not (self._stochastic or self._looks):
            return self._advance_far(self._far)
        before = self.point
        count = min(count, 1 if self._settings.batches else self._chunk)
        if self._looks:
            count = min(count, self._period - before.step % self._period)
        rates = self._schedule.rates(before.step, count)
        batches: Sequence[Rows] | None = None
        tol = self._settings.tol
        if self._stochastic:
            steps, rows = range(before.step, before.step + count), self._batches
            batches = [rows.at(step) if rows else None for step in steps]
            tol = 0.0
        began = time.perf_counter()
        after = self._stepper.advance(before, rates, batches, tol)
        if batches is None:
            after = self._measured(after)
        if count == self._chunk:
            self._pace(began, _LONGEST_CHUNK)
        if not after.finite:
            return self._diverge(before, rates, batches)
        self._before, self.point = before, after
        if after.step == before.step:
            reason = f"stopped at step {after.step:,}: no step along the gradient lowers the loss"
            return _End("stalled", reason)
        return None

    def _advance_far(self, stepper: Far) -> _End | None:
        """Goes on to the next of the points that a stepper gives ahead: those of records to come,
        and the end of the chunk."""
        before = self.point
        if not self._ahead:
            steady = self._schedule.steady
            count = self._chunk if steady else min(self._chunk, stepper.longest)
            end = min(before.step + count, self._settings.total)
            stops = [before.step]
            while stops[-1] < end and len(stops) <= stepper.most:
                stops.append(min(self._next_record(stops[-1]), end))
            count = stops[-1] - before.step
            began = time.perf_counter()
            rates = self._schedule.rates(before.step, 1 if steady else count)
            stops = [stop - before.step for stop in stops[1:]]
            self._ahead += stepper.points(before, rates, stops, self._settings.tol)
            if count == self._chunk:
                self._pace(began, _LONGEST_AHEAD)
        self.point = after = self._ahead.popleft()
        if after.finite:
            return None
        self._ahead.clear()
        rates = self._schedule.rates(before.step, after.step - before.step)
        return self._diverge(before, rates, None)

    def _pace(self, began: float, longest: int) -> None:
        """Makes chunks longer or shorter, as one that began then took less time or more."""
        fast = self._agreed(time.perf_counter() - began) < _CHUNK_SECONDS
        self._chunk = min(self._chunk * 2, longest) if fast else max(self._chunk // 2, 1)

    @property
    def _looks(self) -> bool:
        """Whether the end of each period is looked at."""
        of_all_rows = self._stochastic and self._settings.tol > 0
        return of_all_rows or self._schedule.watches or self._settings.patience is not None

    def _diverge(
        self, before: Point, rates: list[float], batches: Sequence[Rows] | None
    ) -> _End | None:
        """Repeats a chunk with care: stops at its first point that is not finite, and goes back to
        the last that is."""
        broken = self._plain.advance(before, rates, batches, 0.0)
        if batches is None:
            broken = self._measured(broken)
        # The parameters may be finite where the loss of a batch is not.
        back = 0 if batches is not None and all_finite(broken.params) else 1
        taken = broken.step - back - before.step
        self.point = before
        if taken > 0:
            steps = slice(0, taken)
            kept = None if batches is None else batches[steps]
            self._before = before
            self.point = self._plain.advance(before, rates[steps], kept, 0.0)
        what = outcome.what_broke(broken.params, broken.loss, broken.gradient)
        return _End("diverged", f"diverged at step {broken.step:,}: {what}", broken.params)

    def _look(self) -> _End | None:
        """Looks at the losses that a schedule or a patience waits for, then for an end."""
        if self._looks and self.point.step % self._period == 0:
            if self._schedule.watches or self._settings.patience:
                loss = self._watched_loss()
                self._schedule.observe(loss)
                if self._settings.patience:
                    self._history.watch(loss, self.point)
            if self._settings.tol > 0:
                self.point = self._measured(self.point)
        return self._end()

    def _watched_loss(self) -> float:
        if self._validate:
            return self._validate(self.point.params)
        self.point = self._measured(self.point)
        return self.point.loss

    def _end(self) -> _End | None:
        point, settings = self.point, self._settings
        whole = point.step % self._period == 0
        if whole and point.measured:
            steepest = largest(point.gradient)
            if steepest < settings.tol:
                return _End("converged", outcome.converged(steepest, settings.tol))
        best = self._history.best
        if best and settings.patience and best.bad >= settings.patience:
            kind = "validation loss" if self._validate else "loss"
            reason = (
                f"stopped after {counted(point.step // self._period, 'epoch')}: the {kind}"
                f" has not fallen for {settings.patience}; the parameters are those of epoch"
                f" {best.step // self._period:,}"
            )
            return _End("patience", reason)
        if point.step >= settings.total:
            return _End("limit", "")
        if self._stop():
            return _End("interrupted", f"interrupted at step {point.step:,}")
        return None

    def _measured(self, point: Point) -> Point:
        """The point with the loss and gradient of all rows."""
        if point.measured:
            return point
        with quiet(point.params):
            loss, gradient = self._problem.value_and_gradient(point.params, None)
        return replace(point, loss=loss, gradient=gradient)

    def _record(self) -> Record:
        point = self.point = self._measured(self.point)
        steepest = largest(point.gradient)
        return Record(point.step, point.loss, steepest, point.rate, point.params, self._batch())

    def _batch(self) -> MiniBatch | None:
        """The mini-batch that led to the point, where batches are recorded."""
        before = self._before
        if not self._settings.batches or self._batches is None or before is None:
            return None
        rows = self._batches.at(before.step)
        with quiet(before.params):
            loss, _ = self._problem.value_and_gradient(before.params, rows, before.step + 1)
        return MiniBatch(rows, loss)

    def _finish(self, end: _End) -> None:
        settings, history = self._settings, self._history
        final = self.point
        if settings.patience and history.best and history.best.step != final.step:
            final = replace(final, params=history.best.params, gradient={})
        final = self._measured(final)
        steepest = largest(final.gradient)
        epochs, rest = divmod(self.point.step, self._period)
        if end.ending == "limit":
            whole = settings.rows and not rest
            after = (epochs, "epoch") if whole else (self.point.step, "step")
            end = _End("limit", outcome.stopped(counted(*after), steepest, settings.tol))
        start_loss = final.loss if history.start_loss is None else history.start_loss
        # a patience that goes back to the start hides where the loss went
        back = settings.patience and history.best and not history.best.step
        ended = self._measured(self.point).loss if back else final.loss
        if end.ending in ("limit", "converged", "patience") and outcome.rose(start_loss, ended):
            reason = f"diverged: the loss ended at {ended:.6g}, above its start at {start_loss:.6g}"
            reason += "; the parameters are those of epoch 0" if back else ""
            end = _End("diverged", reason)
        self.outcome = Outcome(
            ending=end.ending,
            reason=end.reason,
            steps=self.point.step,
            params=final.params,
            loss=final.loss,
            gradient=final.gradient,
            grad_norm=steepest,
            start_params=history.start_params,
            start_loss=start_loss,
            epochs=epochs if settings.rows else 0,
            samples_seen=epochs * settings.rows + rest * (settings.batch_size or 0),
            validation_loss=self._validate(final.params) if self._validate else None,
            broken=end.broken,
        )
