"""Cross-validation: descents of which each is judged by the rows that the others learn from."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from gradcli.learn.trials import judge
from gradcli.report import Report
from gradcli.training.endings import exit_code
from gradcli.training.metrics import Columns
from gradcli.training.signals import Signals
from gradcli.training.sweeps import ENDING, Ended, Trial, descents
from gradcli.words import counted

if TYPE_CHECKING:
    from gradcli.figures import Chart
    from gradcli.training.recording import Way

WORST = ("diverged", "interrupted", "crawls", "not converged", "works", "converged")
"""Verdicts, the worst first: that of several folds is that of the worst of them."""


def cross_validate(trials: Sequence[Trial], jobs: int = 0) -> Report:
    """A row a fold; of several settings a row each, with the mean over its folds and the standard
    deviation (by one less than there are). The best setting has the lowest mean of the validation
    loss, and is what the summary tells of.

    The folds of a setting stand one after the other in `trials`.
    """
    task, varied = trials[0].task, list(trials[0].set)
    taken = [*varied, "fold", "loss", *ENDING]
    metrics = Columns(task.metrics, taken)
    measures = ["loss", *metrics.names]
    spread = {name: f"{name}_deviation" for name in measures}
    spread = {n: c if c not in measures else f"deviation.{n}" for n, c in spread.items()}
    pairs = [column for name in measures for column in (name, spread[name])]
    columns = [*varied, *pairs] if varied else ["fold", *measures]
    report = Report("descend", [*columns, *ENDING], rows=[], key=varied or ["fold"])
    ways: list[Way] = []

    def rows() -> Iterator[dict[str, Any]]:
        signals, ended = Signals(task.heard), list[Ended]()
        with signals:
            for each in descents(trials, taken, signals, "", jobs):
                ended.append(each)
                ways.append(each.way)
        done = list(zip(trials, ended))
        settings = [
            list(group) for _, group in groupby(done, lambda pair: tuple(pair[0].set.items()))
        ]
        made = [_row(folds, measures, spread, metrics.places) for folds in settings]
        full = [place for place, folds in enumerate(settings) if _is_full(folds)]
        best = min(full or [0], key=lambda place: _order(made[place]))
        _conclude(report, settings[best], made[best], spread)
        whole = sum(each.outcome.ending != "interrupted" for each in ended)
        if signals.code and whole < len(trials):
            report.exit_code = signals.code
            report.summary["reason"] = _interrupted(whole, len(trials), settings[best])
            report.warnings.append(report.summary["reason"])
        if varied:
            yield from ({**folds[0][0].set, **row} for folds, row in zip(settings, made))
            return
        for trial, each in done:
            yield {"fold": (trial.fold or 0) + 1, **_row([(trial, each)], measures, {})}

    def chart() -> Chart:
        from gradcli.training.charted import compared

        what = "setting and fold" if varied else "fold"
        return compared([each.task for each in trials], trials[0].settings, ways, what)

    report.rows, report.chart = rows(), chart
    return report


Folds = Sequence[tuple[Trial, Ended]]


def _is_full(folds: Folds) -> bool:
    """Whether every fold of a setting came to its own end."""
    return folds[0][0].folds == len(folds) and all(
        ended.outcome.ending != "interrupted" for _, ended in folds
    )


def _interrupted(whole: int, planned: int, told: Folds) -> str:
    """How many descents a signal left whole, and of how many folds the means are that the summary
    tells of."""
    reason = f"interrupted: {whole:,} of {planned:,} descents came to their end"
    if _is_full(told):
        return reason
    cut = sum(each.outcome.ending == "interrupted" for _, each in told)
    partial = f"the means are of {len(told)} of {counted(told[0][0].folds, 'fold')}"
    return f"{reason}, and {partial}" + f", {cut} of them cut short" * bool(cut)


def _order(row: Mapping[str, Any]) -> tuple[bool, float]:
    """By what settings are compared: the mean loss of the rows that judge, in all folds."""
    loss = row["validation_loss"]
    return row["verdict"] == "diverged", math.inf if math.isnan(loss) else loss


def _row(
    folds: Folds,
    measures: Sequence[str],
    spread: Mapping[str, str],
    places: Container[str] = (),
) -> dict[str, Any]:
    """The means over some folds and the deviations, all their steps and the worst verdict. The
    `places` have no mean: the class between 1 and 3 need not be 2."""
    found: dict[str, Any] = {}
    for name in measures:
        values = [_measured(ended)[name] for _, ended in folds]
        found[name], deviation = mean_and_deviation(values)
        if spread:
            found[spread[name]] = deviation
        if name in places:
            found[name] = found[spread[name]] = None
    verdicts = {judge([ended.outcome], trial.settings.tol)[0] for trial, ended in folds}
    found["steps"] = sum(ended.outcome.steps for _, ended in folds)
    found["verdict"] = min(verdicts, key=WORST.index)
    return found


def _measured(ended: Ended) -> dict[str, float]:
    """The loss and the metrics of a descent; nan for one that there is not."""
    found = {"loss": ended.outcome.loss, **ended.metrics}
    return {name: math.nan if value is None else value for name, value in found.items()}


def mean_and_deviation(values: Iterable[float]) -> tuple[float, float]:
    """The mean, and the standard deviation by one less than there are; nan of a single value."""
    import numpy as np

    array = np.array(list(values), np.float64)
    with np.errstate(all="ignore"):
        deviation = float(array.std(ddof=1)) if len(array) > 1 else math.nan
        return float(array.mean()), deviation


def _conclude(
    report: Report, folds: Folds, row: Mapping[str, Any], spread: Mapping[str, str]
) -> None:
    """The summary, the answer and the exit code, as the folds of the best setting have them: its
    numbers are means over the folds, the gradient the largest, the steps all of them."""
    trial, _ = folds[0]
    task, ends = trial.task, [ended.outcome for _, ended in folds]
    report.exit_code = max(exit_code(e, t.settings) for e, (t, _) in zip(ends, folds))
    missed = next((end for end in ends if not end.converged), None)
    metrics, values = task.metrics, [row[name] for name in spread]
    learn, held = values[1:], values[2 + len(metrics.names) :]
    report.summary.update({
        **trial.set,
        "output": task.output,
        "folds": len(folds),
        "converged": missed is None,
        "reason": missed.reason if missed else f"converged in all {len(folds)} folds",
        "steps": row["steps"],
        "loss": row["loss"],
        "start_loss": mean_and_deviation(end.start_loss for end in ends)[0],
        "grad_norm": max(end.grad_norm for end in ends),
        "params": {},  # each fold has its own
        "metrics": dict(zip(metrics.names, learn)),
        "validation_loss": row["validation_loss"],
        "validation_metrics": dict(zip(metrics.judging, held)),
        "deviation": {name: row[column] for name, column in spread.items()},
    })  # fmt: skip
    names = ("validation_loss", spread["validation_loss"])
    report.answer.extend([*trial.set.items(), *((name, row[name]) for name in names)])
    for each, ended in folds:
        if ended.outcome.ending in ("start", "diverged"):
            report.warnings.append(f"fold {(each.fold or 0) + 1}: {ended.outcome.reason}")
