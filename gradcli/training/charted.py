"""Descents as charts: the way down, the loss over the steps, the classes in the plane."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from gradcli.figures import Chart, Panel, Series
from gradcli.rounded import rounded
from gradcli.training.landscape import entries
from gradcli.training.recording import Way, losses, size
from gradcli.training.regions import regions
from gradcli.training.ways import way_panel
from gradcli.words import counted, joined

if TYPE_CHECKING:
    from gradcli.learn.outcome import Record
    from gradcli.learn.settings import Settings
    from gradcli.training.recording import Held
    from gradcli.training.task import Task

NAMED = 12
"""Descents up to which each has its name on the picture."""

SHOWN = 8
"""Parameters up to which a page shows each of them."""

CUT = 100.0
"""A curve of a loss is cut where it is so many times that of any start."""

DIGITS = 6
"""Of a loss in the text of a moment."""

UNLIKE = 20
"""Descents of which one takes so many times the steps of another have a logarithmic axis."""


def charted(task: Task, settings: Settings, way: Way, held: Held) -> Chart:
    """One descent: its way over the loss of one or two numbers or the classes of a plane, and with
    data or more numbers the loss and its gradient over the steps.

    `held` is the loss of the rows that judge, where there are any.
    """
    rate = "" if settings.lr is None else f", lr {settings.lr:g}"
    method = "line search" if settings.line_search else settings.optimizer.name
    chart = Chart(f"{task.output}: {counted(way.outcome.steps, 'step')} of {method}{rate}", [])
    plane = regions(task, way.outcome.params)
    shown = plane or way_panel(task, [way], chart.notes, squares=settings.optimizer.name == "lm")
    if shown is not None:
        chart.panels.append(shown)
    if plane is not None or shown is None or task.rows:
        over_steps = _over_steps(task, settings, way, held)
        chart.panels += over_steps
        chart.notes += _gaps(over_steps)
    few = size(task.start) <= SHOWN
    for record in way.recording.places if few else way.recording.numbers:
        numbers = {"step": record.step, "loss": record.loss, "gradient": record.grad_norm}
        chart.moments.append({**numbers, **entries(record.params)})
    return chart


def compared(tasks: Sequence[Task], settings: Settings, ways: Sequence[Way], many: str) -> Chart:
    """Several descents, a curve each: of settings from one start, or of one rate from many starts;
    of one or two numbers their ways as well, where all descend one function."""
    task = tasks[0]
    by = "" if many == "setting" else f" of {settings.optimizer.name}"
    chart = Chart(f"{task.output}: {counted(len(ways), many)}" + by, [])
    ways = [
        replace(way, name=f"{way.name} (diverged)") if way.diverged else way for way in ways
    ]  # fmt: skip
    panel = None
    if all(each is task for each in tasks):
        panel = way_panel(task, ways, chart.notes, squares=settings.optimizer.name == "lm")
    if panel is not None:
        chart.panels.append(panel)
    chart.panels.append(_losses(settings, ways, chart.notes))
    longest = max((way.recording.numbers for way in ways), key=len)
    chart.moments = [{"step": record.step} for record in longest]
    for way in ways[:NAMED]:
        for row, shown in zip(chart.moments, _played(way, [record.step for record in longest])):
            row[way.name] = shown
    if len(ways) > NAMED:
        _unname(chart, ways)
    return chart


def _over_steps(task: Task, settings: Settings, way: Way, held: Held) -> list[Panel]:
    """The loss, its gradient and the metrics, of the rows that judge too."""
    records, places = way.recording.numbers, way.recording.places
    both = losses(way.recording, held, task.judge is not None, _period(settings))
    label = "largest gradient entry"
    steepest = Series(label, _times(settings, records), [record.grad_norm for record in records])
    panels = [_panel(settings, "loss", both), _panel(settings, label, [steepest])]
    some = _times(settings, places)
    metrics = task.metrics
    values = [
        *_columns("", some, [metrics.of_learn(record.params) for record in places]),
        *_columns("validation ", some, [metrics.of_judge(record.params) for record in places]),
    ]
    if values:
        panels.append(Panel(_unit(settings), joined(metrics.names, "and"), series=values))
    return panels


def _columns(what: str, x: list[float], rows: Sequence[Mapping[str, float]]) -> list[Series]:
    style = "dashed" if what else "line"
    return [Series(what + name, x, [row[name] for row in rows], style) for name in rows[0]]


def _losses(settings: Settings, ways: Sequence[Way], notes: list[str]) -> Panel:
    """The loss over the steps, a curve a descent; one that rises far is cut, which is said."""
    starts = [way.outcome.start_loss for way in ways if math.isfinite(way.outcome.start_loss)]
    ends = [way.outcome.loss for way in ways if not way.diverged]
    highest, lowest = max(starts, default=0.0), min([*starts, *ends], default=0.0)
    limit = CUT * highest if lowest > 0 else highest + 2 * (highest - lowest)
    curves = []
    for way in ways:
        records = way.recording.numbers
        y = [record.loss if record.loss <= limit else math.nan for record in records]
        above = next((r.step for r, kept in zip(records, y) if math.isnan(kept)), None)
        if above is not None:
            notes.append(f"{way.name}: the curve is cut at step {above:,}, above {limit:.4g}")
            if way.diverged:  # what comes after would only stretch the axis
                y = list(takewhile(math.isfinite, y))
        curves.append(Series(way.name, _times(settings, records)[: len(y)], y, played=True))
    panel = _panel(settings, "loss", curves)
    lasts = [curve.x[-1] if curve.x else 0.0 for curve in curves]
    shortest = min((x for x, way in zip(lasts, ways) if x and not way.diverged), default=0.0)
    panel.log_x = 0 < shortest * UNLIKE < max(lasts)
    return panel


def _played(way: Way, steps: Sequence[int]) -> Iterator[float | str]:
    """The loss at each of some steps, or the last one before it; where the descent has ended, its
    last loss and when that was."""
    records = list(way.recording.numbers)
    if not records:
        return
    last = records[-1]
    ended = {"converged": "converged", "diverged": "diverged"}.get(way.outcome.ending, "ended")
    place = 0
    for step in steps:
        while place + 1 < len(records) and records[place + 1].step <= step:
            place += 1
        if step > last.step:
            yield f"{rounded(last.loss, DIGITS)}, {ended} at step {last.step:,}"
        else:
            yield records[place].loss


def _unname(chart: Chart, ways: Sequence[Way]) -> None:
    """Leaves a name to the lowest of many curves only."""
    ended = [way for way in ways if not way.diverged]
    best = min(ended or ways, key=lambda way: way.outcome.loss).name
    names = {way.name for way in ways} - {best}
    for panel in chart.panels:
        for series in panel.series:
            if series.name in names:
                series.name = ""


def _panel(settings: Settings, label: str, series: list[Series]) -> Panel:
    """Values over the steps, on a logarithmic axis where they spread over more than a decade."""
    values = [y for each in series for y in each.y if math.isfinite(y)]
    positive = [y for y in values if y > 0]
    wide = bool(positive) and min(values) >= 0 and max(positive) > 10 * min(positive)
    return Panel(_unit(settings), label, log_y=wide, series=series)


def _unit(settings: Settings) -> str:
    return "epoch" if settings.rows and not settings.by_scipy else "step"


def _period(settings: Settings) -> int:
    """The steps of a unit."""
    return settings.epoch if _unit(settings) == "epoch" else 1


def _times(settings: Settings, records: Sequence[Record]) -> list[float]:
    return [record.step / _period(settings) for record in records]


def _gaps(panels: Sequence[Panel]) -> Iterator[str]:
    """What to say of values that are not finite."""
    for panel in panels:
        for series in panel.series:
            gaps = sum(not math.isfinite(y) for y in series.y)
            if gaps:
                yield f"{series.name} is not finite at {counted(gaps, 'point')}, left out"
