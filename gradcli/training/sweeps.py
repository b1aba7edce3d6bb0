"""Many descents as one report: a sweep of settings, restarts from random places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gradcli.learn.trials import basins, judge, lowest, random_start
from gradcli.question.locating import located
from gradcli.report import Report
from gradcli.training.endings import headings, judged, parameter_rows, summary, tell_unsaved
from gradcli.training.grid import named
from gradcli.training.metrics import Columns
from gradcli.training.recording import Recording, Way
from gradcli.training.running import Run
from gradcli.training.signals import Signals

if TYPE_CHECKING:
    from gradcli.errors import DataError
    from gradcli.figures import Chart
    from gradcli.learn.outcome import Outcome
    from gradcli.learn.settings import Settings
    from gradcli.training.task import Task

ENDING = ("steps", "verdict")
"""The last columns of a sweep."""


@dataclass(frozen=True)
class Trial:
    """One descent of a sweep: what is `set` for it, by name, and what it is then asked to do."""

    set: dict[str, Any]
    task: Task
    settings: Settings


def sweep(trials: Sequence[Trial], save: str) -> Report:
    """A row a trial, all from the same start; it succeeds when the best of them does.

    The best is the one with the lowest loss, of the rows that judge where there are any. Its
    parameters are saved.
    """
    task, varied = trials[0].task, list(trials[0].set)
    metrics = Columns(task.metrics, [*varied, "loss", *ENDING])
    columns = [*varied, "loss", *metrics.names, *ENDING]
    report = Report(command="descend", columns=columns, rows=[])
    ways: list[Way] = []

    def rows() -> Iterator[dict[str, Any]]:
        signals = Signals(task.heard)
        with signals:
            runs = ((named(each.set), Run(each.task, each.settings, signals)) for each in trials)
            best, unsaved = _descend_all(runs, len(trials), ways, signals, save)
        outcomes, winner = [way.outcome for way in ways], trials[best]
        chosen = _chosen(report, winner.task, winner.settings, outcomes, best, signals)
        tell_unsaved(report, unsaved)
        report.summary.update({**winner.set, **summary(winner.task, chosen)})
        verdicts = judge(outcomes, winner.settings.tol)
        for each, outcome, verdict in zip(trials, outcomes, verdicts):
            shown = metrics
            if each.task is not task:
                shown = Columns(each.task.metrics, [*varied, "loss", *ENDING])
            yield {
                **each.set,
                "loss": outcome.loss,
                **shown.row(outcome.params, outcome.validation_loss),
                "steps": outcome.steps,
                "verdict": verdict,
            }

    def chart() -> Chart:
        from gradcli.training.charted import compared

        what = "rate" if varied == ["lr"] else "setting"
        return compared([each.task for each in trials], trials[0].settings, ways, what)

    report.rows, report.chart = rows(), chart
    return report


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
    )
    ways: list[Way] = []

    def descents(signals: Signals) -> Iterator[tuple[str, Run]]:
        first = task.start
        for draw in range(count):
            task.start = _start(task, first, span, draw) if draw else first
            yield f"start {draw + 1}", Run(task, settings, signals)

    def rows() -> Iterator[dict[str, Any]]:
        signals = Signals(task.heard)
        with signals:
            best, unsaved = _descend_all(descents(signals), count, ways, signals, save)
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
    ranked: list[Outcome] = []
    best = 0
    unsaved = None
    for name, run in runs:
        recording = Recording(share=count)
        for record in run:
            recording.add(record)
        ended = run.outcome
        ways.append(Way(recording, ended, name))
        held = ended.validation_loss
        ranked.append(ended if held is None else replace(ended, loss=held))
        best = lowest(ranked)
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
