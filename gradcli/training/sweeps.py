"""Many descents as one report: a sweep of settings, restarts from random places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gradcli.errors import DataError
from gradcli.learn.trials import basins, judge, lowest, random_start
from gradcli.question.locating import located
from gradcli.report import Report
from gradcli.training.crew import Crew
from gradcli.training.endings import headings, judged, parameter_rows, summary, tell_unsaved
from gradcli.training.grid import named
from gradcli.training.metrics import Columns
from gradcli.training.recording import Recording, Way
from gradcli.training.running import Run
from gradcli.training.signals import Signals

if TYPE_CHECKING:
    from gradcli.data.checkpoint import Checkpoint
    from gradcli.figures import Chart
    from gradcli.learn.outcome import Outcome
    from gradcli.learn.settings import Settings
    from gradcli.training.signals import Listener
    from gradcli.training.task import Task

ENDING = ("steps", "verdict")
"""The last columns of a sweep."""


@dataclass(frozen=True)
class Trial:
    """One descent of many: what is `set` for it, by name, what it is then asked to do, and which
    of how many folds of the rows judges, if any."""

    set: dict[str, Any]
    task: Task
    settings: Settings
    fold: int | None = None
    folds: int = 0

    @property
    def name(self) -> str:
        """What a picture and the line on a terminal call it."""
        fold = [] if self.fold is None else [f"fold {self.fold + 1}"]
        return ", ".join([*filter(None, [named(self.set)]), *fold])


@dataclass(frozen=True)
class Ended:
    """A descent of many at its end: its way, the metrics there, and its state where it is to be
    saved. Plain data, which may come from another process."""

    way: Way
    metrics: dict[str, Any]
    state: Checkpoint | None

    @property
    def outcome(self) -> Outcome:
        return self.way.outcome


def descents(
    trials: Sequence[Trial], taken: Sequence[str], signals: Signals, save: str, jobs: int
) -> Iterator[Ended]:
    """The trials, each carried out, in their order, by up to `jobs` processes (0 for as many as
    processors, where it is worth it); up to a signal. Names that are `taken` are no metrics'."""
    many = len(trials)

    def carry_out(place: int, listener: Listener, silent: bool) -> Ended:
        trial = trials[place]
        ahead = f"descent {place + 1:,}/{many:,}"
        run = Run(trial.task, trial.settings, listener, ahead=ahead, silent=silent)
        recording = Recording(share=many)
        for record in run:
            recording.add(record)
        ended = run.outcome
        shown = Columns(trial.task.metrics, taken).row(ended.params, ended.validation_loss)
        return Ended(Way(recording, ended, trial.name), shown, run.checkpoint() if save else None)

    # a program that uses the library decides about its processes itself
    heard = trials[0].task.heard
    return iter(Crew(many, carry_out, signals, jobs if heard else 1, heard))


def sweep(trials: Sequence[Trial], save: str, jobs: int = 0) -> Report:
    """A row a trial, all from the same start; it succeeds when the best of them does.

    The best is the one with the lowest loss, of the rows that judge where there are any. Its
    parameters are saved.
    """
    task, varied = trials[0].task, list(trials[0].set)
    taken = [*varied, "loss", *ENDING]
    columns = [*varied, "loss", *Columns(task.metrics, taken).names, *ENDING]
    report = Report(command="descend", columns=columns, rows=[], key=varied)
    ways: list[Way] = []

    def rows() -> Iterator[dict[str, Any]]:
        signals = Signals(task.heard)
        ended: list[Ended] = []
        unsaved = None
        with signals:
            for each in descents(trials, taken, signals, save, jobs):
                ended.append(each)
                ways.append(each.way)
                best = _best(ways)
                if best == len(ways) - 1:
                    unsaved = _saved(save, each)
        outcomes, winner = [way.outcome for way in ways], trials[best]
        chosen = _chosen(report, winner.task, winner.settings, outcomes, best, signals)
        tell_unsaved(report, unsaved)
        report.summary.update({**winner.set, **summary(winner.task, chosen)})
        verdicts = judge(outcomes, winner.settings.tol)
        for trial, each, verdict in zip(trials, ended, verdicts):
            outcome = each.outcome
            yield {
                **trial.set,
                "loss": outcome.loss,
                **each.metrics,
                "steps": outcome.steps,
                "verdict": verdict,
            }

    def chart() -> Chart:
        from gradcli.training.charted import compared

        what = "rate" if varied == ["lr"] else "setting"
        return compared([each.task for each in trials], trials[0].settings, ways, what)

    report.rows, report.chart = rows(), chart
    return report


def _best(ways: Sequence[Way]) -> int:
    """The place of the best end so far."""
    ends = [way.outcome for way in ways]
    held = [e if (v := e.validation_loss) is None else replace(e, loss=v) for e in ends]
    return lowest(held)


def _saved(save: str, ended: Ended) -> DataError | None:
    """Writes the state of a descent that is worth it; why that failed, where it did."""
    if ended.state is None or ended.way.diverged:
        return None
    from gradcli.data.checkpoint import write_checkpoint

    try:
        write_checkpoint(save, ended.state)
    except DataError as error:
        return error
    return None


def restarts(
    task: Task, settings: Settings, count: int, span: tuple[float, float], save: str
) -> Report:
    """The lowest end of descents from several starts; the summary lists all places they ended in.

    The first start is the program's own; the others draw anew what is random in it, or where
    nothing is, every parameter.
    """
    report = Report(
        command="descend",
        columns=["parameter", "start", "final", "grad"],
        rows=[],
        headings=headings(task, settings),
        key=["parameter"],
        machine=["params"],  # which the rows say too
    )
    ways: list[Way] = []

    def from_starts(signals: Signals) -> Iterator[tuple[str, Run]]:
        first = task.start
        for draw in range(count):
            task.start = _start(task, first, span, draw) if draw else first
            name = f"start {draw + 1}"
            yield name, Run(task, settings, signals, ahead=f"{name}/{count}")

    def rows() -> Iterator[dict[str, Any]]:
        signals = Signals(task.heard)
        with signals:
            best, unsaved = _descend_all(from_starts(signals), count, ways, signals, save)
        outcomes = [way.outcome for way in ways]
        chosen = _chosen(report, task, settings, outcomes, best, signals)
        tell_unsaved(report, unsaved)
        found = basins(outcomes)
        places = {
            str(place): {"runs": len(basin.runs), "loss": basin.loss, "params": dict(basin.params)}
            for place, basin in enumerate(found, 1)
        }
        lost = len(outcomes) - sum(len(basin.runs) for basin in found)
        report.summary.update(summary(task, chosen))
        report.summary.update({"restarts": len(outcomes), "diverged": lost, "basins": places})
        yield from parameter_rows(chosen)

    def chart() -> Chart:
        from gradcli.training.charted import compared

        return compared([task], settings, ways, "start")

    report.rows, report.chart = rows(), chart
    return report


def _chosen(
    report: Report,
    task: Task,
    settings: Settings,
    outcomes: Sequence[Outcome],
    best: int,
    signals: Signals,
) -> Outcome:
    """The best end, by which the report is judged; an interrupt of the last descent counts more."""
    chosen = judged(report, task, settings, outcomes[best])
    if signals.code:
        report.exit_code = signals.code
        if chosen.ending != "interrupted":
            report.warnings.append(outcomes[-1].reason)
    return chosen


def _descend_all(
    runs: Iterable[tuple[str, Run]],
    count: int,
    ways: list[Way],
    signals: Signals,
    save: str,
) -> tuple[int, DataError | None]:
    """Adds to `ways` so many descents, each with its name, one after the other, until a signal;
    returns the place of the best.

    The best so far is saved, or an error says why it is not.
    """
    best = 0
    unsaved = None
    for name, run in runs:
        recording = Recording(share=count)
        for record in run:
            recording.add(record)
        ended = run.outcome
        ways.append(Way(recording, ended, name))
        best = _best(ways)
        if best == len(ways) - 1 and ended.ending not in ("start", "diverged"):
            run.keep(save)
            unsaved = run.unsaved
        if signals.code:
            break
    return best, unsaved


def _start(
    task: Task, first: dict[str, Any], span: tuple[float, float], draw: int
) -> dict[str, Any]:
    """The start of a later descent."""
    question = task.question
    graph, model = question.graph, question.model
    drawn = {
        name
        for name in task.moving
        if name in model.starts
        and name not in question.given
        and any(graph.ops[n].random for n in graph.cone([model.starts[name]]))
    }
    start = dict(first)
    for name in drawn:
        node = model.starts[name]
        start[name] = located(model, [node], question.inputs, question.seed + draw)[node]
    free = set(task.random) if drawn or task.random else set(task.moving)
    shapes = {n: graph.shapes[model.inputs[n]] for n in task.moving if n in free}
    start.update(random_start(shapes, *span, question.seed, draw))
    return {name: task.bounds.clipped(name, value) for name, value in start.items()}
