"""What is drawn of rows: words in a plane, predictions over what they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gradcli.figures import Chart, Marker, Panel, Series
from gradcli.question.question import Question
from gradcli.words import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

NAMED, NUMBERED = 150, 40
"""Points up to which each has its name beside it, or its number."""


def scatter(
    question: Question, values: Array, labels: Sequence[int | str], classes: list[str] | None
) -> Chart:
    """A row a point: of one number a row over the column that it is made of, where it is one, or
    over the rows; of several in the plane of their first two principal axes; of one a class, a
    curve a class over the rows."""
    name = question.names(question.cone())[question.model.output]
    fine = np.isfinite(values).reshape(len(values), -1).all(axis=1)
    chart = Chart(name, [])
    if not fine.all():
        left = counted(int((~fine).sum()), "row")
        chart.notes.append(f"{left} with a value that is not finite left out")
    kept = np.flatnonzero(fine)
    if not len(kept):
        chart.panels.append(Panel("row", name))
    elif values.ndim == 2 and classes is None and values.shape[1] > 1:
        panel, share = _in_a_plane(name, values[kept])
        chart.title = f"{name}: {len(kept):,} rows of {counted(values.shape[1], 'number')}{share}"
        points = zip(panel.series[0].x, panel.series[0].y, kept.tolist())
        if len(kept) <= (NUMBERED if isinstance(labels, range) else NAMED):
            panel.markers = [Marker(str(labels[row]), x, y) for x, y, row in points]
            panel.series = []
        chart.panels.append(panel)
    else:
        x_label, x = _over(question, labels)
        order = kept[np.argsort(x[kept], kind="stable")]
        curves = values[:, None] if values.ndim == 1 else values
        chart.panels.append(Panel(x_label, name))
        for series, y in zip(classes or [name], curves.T):
            chart.panels[0].series.append(
                Series(series, x[order].tolist(), y[order].tolist(), "points")
            )
    return chart


def principal_axes(rows: Array) -> tuple[Array, Array]:
    """Each row in the first two principal axes, and the share of the variance along each.

    An axis points to where its largest weight is positive, so that there is one answer.
    """
    centred = rows - rows.mean(axis=0)
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2]
    largest = np.take_along_axis(axes, abs(axes).argmax(axis=1)[:, None], axis=1)
    axes = axes * np.where(largest < 0, -1.0, 1.0)
    total = float((lengths**2).sum())
    shares = lengths[:2] ** 2 / total if total else np.zeros(len(axes))
    places = centred @ axes.T
    if len(axes) < 2:  # a single row
        places, shares = np.pad(places, ((0, 0), (0, 1))), np.pad(shares, (0, 1))
    return places, shares


def _in_a_plane(name: str, rows: Array) -> tuple[Panel, str]:
    """The rows as points, and what the title says of how they came there."""
    if rows.shape[1] == 2:
        places, labels, share = rows, [f"{name}[:, 0]", f"{name}[:, 1]"], ""
    else:
        places, shares = principal_axes(rows)
        labels = [f"principal axis {n} ({part:.0%})" for n, part in enumerate(shares.tolist(), 1)]
        share = f", {shares.sum():.0%} of their variance"
    x, y = places.T.tolist()
    return Panel(labels[0], labels[1], series=[Series("", x, y, "points")]), share


def _over(question: Question, labels: Sequence[int | str]) -> tuple[str, Array]:
    """What the points stand over: the one column of the data that they are made of, or the rows."""
    graph, frame = question.graph, question.frame
    inside = set(question.cone())
    data = [
        name for name, node in question.model.inputs.items()
        if node in inside and graph.kind(node) == "data"
    ]  # fmt: skip
    columns = frame.parts[data[0]] if frame is not None and len(data) == 1 else []
    if frame is not None and len(columns) == 1 and columns[0] not in frame.classes:
        (name,) = data
        node = question.model.inputs[name]
        if node != question.model.output and graph.shapes[node] == (len(labels),):
            return name, frame.take(name)
    return "row", np.arange(len(labels), dtype=float)
