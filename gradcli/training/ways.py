"""How descents of one or two numbers went: over the curve of the loss, or its contour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gradcli.figures import Marker, Panel, Series
from gradcli.training.landscape import Landscape, bounds, numbers
from gradcli.training.recording import Way, size
from gradcli.words import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gradcli.training.task import Task

    Array = NDArray[np.float64]
    Ends = list[tuple[float, float]]

DOTS = 200
"""Points of a path up to which each has a dot."""

TANGENTS, APART = 12, 0.04
"""Most tangents, and how far their points are apart, as a part of the picture's width."""

TANGENT = 0.07
"""Half the length of a tangent, likewise."""

AROUND = 0.75
"""How far a curve goes on beyond the steps, as a part of the way."""

LEAVES = 4.0
"""A descent that diverged is followed until it is so many of its first steps away."""


class _Path(NamedTuple):
    """Where a descent was, a row a point, the losses there and the steps."""

    who: str
    name: str
    points: Array
    losses: Array
    steps: list[int]
    ended: bool
    """Whether its last point is an end: it did not diverge."""


def way_panel(task: Task, ways: Sequence[Way], notes: list[str], *, squares: bool) -> Panel | None:
    """The loss of one or two numbers with the descents upon it; None where more numbers move.

    A descent that diverged is followed near its start only, and a note says where it leaves.
    """
    width = size(task.start)
    if width > 2:
        return None
    paths = [path for way in ways if len((path := _path(way)).points)]
    if not paths:
        return None
    landscape = Landscape(task, squares)
    minima = landscape.minima()
    held = [path for path in paths if path.ended] or [_near(path) for path in paths]
    seen = np.concatenate([path.points for path in held])
    draw = _on_curve if width == 1 else _on_surface
    panel, ends = draw(landscape, seen, minima, notes)
    if width == 1 and len(paths) == 1:
        panel.series.append(_tangents(landscape, paths[0], panel.series[0]))
    for path in paths:
        panel.series.append(_steps(path, ends, notes))
    starts = {tuple(path.points[0]): float(path.losses[0]) for path in paths}
    finals = {tuple(path.points[-1]): float(path.losses[-1]) for path in paths if path.ended}
    for kind, places in (("start", starts), ("end", finals)):
        for at, (place, loss) in enumerate(places.items()):
            x, y = (*place, loss)[:2]
            # one name says what all of its kind are
            panel.markers.append(Marker("" if at else kind, float(x), float(y), kind))
    return panel


def _path(way: Way) -> _Path:
    records = [r for r in way.recording.places if np.isfinite(numbers(r.params)).all()]
    points = [numbers(record.params) for record in records]
    losses = [record.loss for record in records]
    steps = [record.step for record in records]
    end = numbers(way.outcome.params)
    if points and not way.diverged and end != points[-1]:
        # a patience went back to the best ones
        points, losses, steps = [*points, end], [*losses, way.outcome.loss], [*steps, steps[-1]]
    shown, taken = len(records) - 1, way.outcome.steps
    name = "steps" if shown == taken else f"{shown:,} of {counted(taken, 'step')}"
    return _Path(
        way.name or "the descent", way.name or name,
        np.array(points), np.array(losses), steps, not way.diverged,
    )  # fmt: skip


def _near(path: _Path) -> _Path:
    """The beginning of a path that diverged."""
    far = np.linalg.norm(path.points - path.points[0], axis=1)
    away = np.flatnonzero(~(far <= LEAVES * far[min(1, len(far) - 1)]))
    return path._replace(points=path.points[: max(2, int(away[0]))]) if away.size else path


def _on_surface(
    landscape: Landscape, seen: Array, minima: Sequence[Marker], notes: list[str]
) -> tuple[Panel, Ends]:
    """The contour around the points, with the lowest minima in it; and the ends of its axes."""
    lowest = [(m.x, m.y) for m in minima if m.name == "minimum"]
    x, y = np.vstack([seen, *lowest]).T.tolist()
    ends = [bounds(x), bounds(y)]
    x_label, y_label = landscape.names
    panel = Panel(x_label, y_label, surface=landscape.surface(*ends))
    if panel.surface is None:
        notes.append("there are too many rows of data for a contour")
    elif not np.isfinite(panel.surface.z).all():
        notes.append("where the loss is not finite, the contour is empty")
    inside = [m for m in minima if all(a <= v <= b for v, (a, b) in zip((m.x, m.y), ends))]
    panel.markers += inside
    return panel, ends


def _on_curve(
    landscape: Landscape, seen: Array, minima: Sequence[Marker], notes: list[str]
) -> tuple[Panel, Ends]:
    """The curve around the points, which is its first series; and the ends of its axis."""
    ends = bounds([*seen[:, 0].tolist(), *(m.x for m in minima)], AROUND)
    x, y = landscape.curve(*ends)
    (name,) = landscape.names
    panel = Panel(name, landscape.output, series=[Series(landscape.output, x.tolist(), y.tolist())])
    panel.markers += minima
    fine = y[np.isfinite(y)]
    if len(fine) < len(y):
        notes.append("where the loss is not finite, its curve has a gap")
    passed = landscape.losses(seen)
    low, high = float(passed.min()), float(passed.max())
    room = 2 * (high - low) or 1.0
    if len(fine) and (fine.min() < low - room or fine.max() > high + room):
        panel.y_range = max(low - room, float(fine.min())), min(high + room, float(fine.max()))
    return panel, [ends]


def _steps(path: _Path, ends: Ends, notes: list[str]) -> Series:
    """The points of a path; one that diverged goes to where it leaves the picture."""
    lows, highs = np.array(ends).T
    outside = np.flatnonzero(~((path.points >= lows) & (path.points <= highs)).all(axis=1))
    table = np.column_stack([path.points, path.losses])[:, :2]
    if outside.size and not path.ended:
        stop = int(outside[0])
        notes.append(f"{path.who} leaves the picture at step {path.steps[stop]:,}")
        # across a plane the line to the first point outside shows the way
        table = table[: stop + len(ends) - 1]
    x, y = table.T.tolist()
    return Series(path.name, x, y, "steps" if len(x) <= DOTS else "line", played=True)


def _tangents(landscape: Landscape, path: _Path, curve: Series) -> Series:
    """Pieces of the tangents at the first points that lie apart, all of one length on paper."""
    width, fine = curve.x[-1] - curve.x[0], [y for y in curve.y if math.isfinite(y)]
    height = (max(fine) - min(fine) if fine else 0.0) or 1.0
    chosen: list[int] = []
    x = path.points[:, 0]
    for at in range(len(x)):
        if all(abs(x[at] - x[other]) > APART * width for other in chosen):
            chosen.append(at)
    chosen = chosen[:TANGENTS]
    slopes = landscape.slopes(path.points[chosen])
    series = Series("tangents", style="dashed")
    for place, loss, slope in zip(
        x[chosen].tolist(), path.losses[chosen].tolist(), slopes.tolist()
    ):
        half = TANGENT * width / math.hypot(1.0, slope * width / height)
        series.x += [place - half, place + half, math.nan]
        series.y += [loss - half * slope, loss + half * slope, math.nan]
    return series
