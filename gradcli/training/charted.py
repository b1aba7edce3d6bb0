"""Descents as charts: the way down, the loss over the steps, the classes in the plane."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gradcli.errors import GradError
from gradcli.figures import Chart, Marker, Panel, Series
from gradcli.training.landscape import Landscape, bounds, entries
from gradcli.training.regions import regions
from gradcli.words import counted, joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gradcli.learn.outcome import Record
    from gradcli.learn.settings import Settings
    from gradcli.learn.vectors import Params
    from gradcli.training.recording import Descended
    from gradcli.training.task import Task

    Array = NDArray[np.float64]

DOTS = 200
"""Points of a path up to which each has a dot."""

TANGENTS = 12
"""Most tangents."""

TANGENT = 0.07
"""Half the length of a tangent, as a part of the picture's width."""

NAMED = 10
"""Curves up to which each has its own name."""

SHOWN = 8
"""Parameters up to which a page shows each of them."""

LEAVES = 4.0
"""A descent that diverged is followed until it is so many of its first steps away."""

CUT = 100.0
"""A curve that diverged is cut where the loss is so many times that of the start."""


def charted(task: Task, settings: Settings, way: Descended, held: Held) -> Chart:
    """One descent: its way over the loss of one or two numbers or the classes of a plane, and with
    data or more numbers the loss and its gradient over the steps."""
    drawing = _Drawing(task, settings, [way])
    steps, optimizer = counted(way.outcome.steps, "step"), settings.optimizer.name
    method = "line search" if settings.line_search else optimizer
    drawing.chart.title = f"{task.output}: {steps} of {method}"
    plane = regions(task, way.outcome.params)
    if plane is not None:
        drawing.chart.panels.append(plane)
    else:
        drawing.way()
    if plane is not None or task.rows or drawing.size > 2:
        drawing.numbers(held)
    drawing.moments()
    return drawing.chart


def compared(task: Task, settings: Settings, ways: Sequence[Descended], many: str) -> Chart:
    """Several descents, a curve each: of rates from one start, or of one rate from many starts;
    of two numbers their paths on one contour as well."""
    drawing = _Drawing(task, settings, ways)
    drawing.chart.title = f"{task.output}: {counted(len(ways), many)}"
    drawing.way()
    drawing.losses()
    drawing.moments()
    return drawing.chart


Held = Callable[["Params"], "float | None"]
"""The loss of the rows that judge, where there are any."""


class _Drawing:
    """The panels of some descents of one loss."""

    def __init__(self, task: Task, settings: Settings, ways: Sequence[Descended]) -> None:
        self.task, self.settings, self.ways = task, settings, ways
        self.size = len(list(entries(task.start)))
        """How many numbers move."""
        self.chart = Chart("", [])
        self._squares = settings.optimizer.name == "lm"
        by_epochs = bool(settings.rows) and not settings.by_scipy
        self._unit, self._period = ("epoch", settings.epoch) if by_epochs else ("step", 1)

    def way(self) -> None:
        """The loss of one or two numbers, and how the descents went over it."""
        if self.size > 2 or not any(way.recording.places for way in self.ways):
            return
        landscape = Landscape(self.task, self._squares)
        minima = landscape.minima()
        paths = [_path(way) for way in self.ways]
        draw = self._on_curve if self.size == 1 else self._on_surface
        draw(landscape, paths, minima)
        for way, (points, _) in zip(self.ways, paths):
            there = len(way.recording.places)
            if len(points) < there:
                step = way.recording.places[len(points)].step
                who = f"{way.name} leaves" if way.name else "it leaves"
                self.chart.notes.append(f"{who} the picture at step {step:,}")

    def _on_surface(
        self, landscape: Landscape, paths: list[tuple[Array, Array]], minima: list[Marker]
    ) -> None:
        x_label, y_label = landscape.names
        panel = Panel(x_label, y_label)
        lowest = [(marker.x, marker.y) for marker in minima if marker.name == "minimum"]
        shown = np.concatenate([*(points for points, _ in paths), np.array(lowest).reshape(-1, 2)])
        x_ends, y_ends = bounds(shown[:, 0].tolist()), bounds(shown[:, 1].tolist())
        panel.surface = landscape.surface(x_ends, y_ends)
        if panel.surface is None:
            self.chart.notes.append(
                f"the loss of {self.task.rows:,} rows is too long for a contour"
            )
        elif not np.isfinite(panel.surface.z).all():
            self.chart.notes.append("the loss is not finite in parts of the plane, left empty")
        for (points, _), way in zip(paths, self.ways):
            name = way.name or self._path_name(way, len(points))
            style = "steps" if len(points) <= DOTS and len(self.ways) <= NAMED else "line"
            x, y = points.T.tolist()
            panel.series.append(Series(name, x, y, style, played=True))
        for (points, _), way in zip(paths, self.ways):
            if way is self.ways[0] or not np.array_equal(points[0], paths[0][0][0]):
                panel.markers.append(_marker("start", points[0].tolist()))
            if way.outcome.ending != "diverged":
                end = [number for _, number in entries(way.outcome.params)]
                panel.markers.append(_marker("end", end))
        panel.markers += [m for m in minima if _inside(m.x, x_ends) and _inside(m.y, y_ends)]
        self.chart.panels.append(panel)

    def _on_curve(
        self, landscape: Landscape, paths: list[tuple[Array, Array]], minima: list[Marker]
    ) -> None:
        (name,) = landscape.names
        panel = Panel(name, self.task.output)
        places = [points[:, 0] for points, _ in paths]
        ends = bounds([*np.concatenate(places).tolist(), *(marker.x for marker in minima)])
        x, y = landscape.curve(*ends)
        if not np.isfinite(y).all():
            self.chart.notes.append(f"{self.task.output} is not finite in parts, left empty")
        panel.series.append(Series(self.task.output, x.tolist(), y.tolist()))
        one = len(paths) == 1
        for way, at, (_, losses) in zip(self.ways, places, paths):
            series = Series(
                way.name or self._path_name(way, len(at)), at.tolist(), losses.tolist(),
                "points", played=True,
            )  # fmt: skip
            panel.series.append(series)
            if one:
                slopes = landscape.slopes(at[:TANGENTS, None])
                panel.series.insert(1, _tangents(at, losses, slopes, ends, _span(y)))
            panel.markers.append(Marker("start", float(at[0]), float(losses[0]), "start"))
            if way.outcome.ending != "diverged":
                (end,) = (number for _, number in entries(way.outcome.params))
                panel.markers.append(Marker("end", end, way.outcome.loss, "end"))
        panel.markers += minima
        self.chart.panels.append(panel)

    def _path_name(self, way: Descended, drawn: int) -> str:
        """What the points of a path are: every step, or some."""
        steps = way.outcome.steps
        return "steps" if drawn == steps + 1 else f"{drawn:,} of {counted(steps, 'step')}"

    def numbers(self, held: Held) -> None:
        """The loss, its gradient and the metrics of one descent, over its steps."""
        (way,) = self.ways
        records, places = way.recording.numbers, way.recording.places
        x, some = self._times(records), self._times(places)
        losses = [Series("loss", x, [record.loss for record in records], played=True)]
        if self.task.judge is not None:
            y = [_number(held, record.params) for record in places]
            losses.append(Series("validation loss", some, y, "dashed"))
        self._over_steps("loss", losses)
        steepest = [record.grad_norm for record in records]
        self._over_steps("largest gradient entry", [Series("gradient", x, steepest)])
        metrics = self.task.metrics
        if metrics.names:
            learn = [metrics.of_learn(record.params) for record in places]
            judge = [metrics.of_judge(record.params) for record in places]
            values = [Series(n, some, [row[n] for row in learn]) for n in metrics.names]
            for name in metrics.judging:
                y = [row[name] for row in judge]
                values.append(Series(f"validation {name}", some, y, "dashed"))
            self._over_steps(joined(metrics.names, "and"), values, logarithmic=False)

    def losses(self) -> None:
        """The loss over the steps, a curve a descent; one that rises far is cut, which is said."""
        finite = [
            record.loss for way in self.ways for record in way.recording.numbers
            if way.outcome.ending != "diverged" and math.isfinite(record.loss)
        ]  # fmt: skip
        starts = [
            way.outcome.start_loss for way in self.ways if math.isfinite(way.outcome.start_loss)
        ]
        best, start = min([*finite, *starts], default=0.0), max([*finite, *starts], default=0.0)
        limit = start + (CUT - 1) * abs(start) if best > 0 else start + 2 * (start - best)
        curves = []
        for way in self.ways:
            records = way.recording.numbers
            y = [record.loss if record.loss <= limit else math.nan for record in records]
            above = next((r.step for r, kept in zip(records, y) if math.isnan(kept)), None)
            diverged = way.outcome.ending in ("diverged", "start")
            name = f"{way.name}, diverged" if diverged else way.name
            if above is not None:
                self.chart.notes.append(f"{way.name} is cut at step {above:,}, above {limit:.4g}")
            curves.append(Series(name, self._times(records), y, played=True))
        self._over_steps("loss", curves)

    def moments(self) -> None:
        """The numbers of every record, for a page that plays them."""
        if len(self.ways) == 1:
            recording = self.ways[0].recording
            records = recording.places if self.size <= SHOWN else recording.numbers
            self.chart.moments = [
                {"step": r.step, "loss": r.loss, "gradient": r.grad_norm, **dict(entries(r.params))}
                for r in records
            ]
            return
        longest = max((way.recording.numbers for way in self.ways), key=len)
        self.chart.moments = [{"step": record.step} for record in longest]
        for way in self.ways[:NAMED]:
            for row, record in zip(self.chart.moments, way.recording.numbers):
                row[way.name] = record.loss

    def _times(self, records: Sequence[Record]) -> list[float]:
        return [record.step / self._period for record in records]

    def _over_steps(self, label: str, series: list[Series], logarithmic: bool = True) -> None:
        values = [y for each in series for y in each.y if math.isfinite(y)]
        if logarithmic and values and max(values) > 0 and min(values) >= 0:
            positive = [y for y in values if y > 0]
            logarithmic = max(positive) > 10 * min(positive)
        else:
            logarithmic = False
        if len(values) < sum(len(each.y) for each in series) and label != "loss":
            self.chart.notes.append(f"{label} is not finite at some steps, left empty")
        self.chart.panels.append(Panel(self._unit, label, log_y=logarithmic, series=series))


def _path(way: Descended) -> tuple[Array, Array]:
    """The points of a way and the losses there; of one that diverged, those near its start."""
    records = way.recording.places
    points = np.array([[n for _, n in entries(record.params)] for record in records])
    losses = np.array([record.loss for record in records])
    if way.outcome.ending == "diverged" and len(points) > 1:
        far = np.linalg.norm(points - points[0], axis=1)
        away = np.flatnonzero(~(far <= LEAVES * far[1]))
        stop = max(2, int(away[0])) if away.size else len(points)
        points, losses = points[:stop], losses[:stop]
    return points, losses


def _tangents(
    at: Array, losses: Array, slopes: Array, ends: tuple[float, float], height: float
) -> Series:
    """Pieces of the tangents at the first points, all of one length on paper."""
    width = ends[1] - ends[0]
    series = Series("tangents", style="line")
    for x, y, slope in zip(at.tolist(), losses.tolist(), slopes.tolist()):
        half = TANGENT * width / math.hypot(1.0, slope * width / height)
        series.x += [x - half, x + half, math.nan]
        series.y += [y - half * slope, y + half * slope, math.nan]
    return series


def _marker(name: str, point: Sequence[float]) -> Marker:
    x, y = point
    return Marker(name, x, y, name)


def _span(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(np.ptp(finite)) or 1.0 if finite.size else 1.0


def _inside(value: float, ends: tuple[float, float]) -> bool:
    return ends[0] <= value <= ends[1]


def _number(measure: Held, params: Params) -> float:
    try:
        value = measure(params)
    except GradError:
        return math.nan
    return math.nan if value is None else value
