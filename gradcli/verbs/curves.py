"""What is drawn of ranges: curves over one, a surface over two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcli.figures import Arrows, Chart, Panel, Series, Surface
from gradcli.graph.formulas.show import ATOM, literal_text, write
from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.verbs.breaks import traced
from gradcli.verbs.ranged import RangePoints

Array = Any

_MOST_POINTS, _MOST_SIDE, _MOST_ARROWS = 2000, 201, 13
"""Drawn of a curve, along a side of a surface, and of its arrows."""

_MOST_CURVES = 20
"""In one frame."""

_LONGEST = 60
"""Characters of a formula in a legend or a title."""

_ALIKE = 5.0
"""How much higher one of two curves in one small frame may be."""

_STEEP = 12.0
"""How much higher the highest value of a surface is than the middle one, both above the lowest,
from where its levels grow by factors."""

_OUTLIERS, _FAR_OUT = 10.0, 500.0
"""How much further its values reach than all but a fiftieth on either side, where only these are
told apart: with a value that is not finite, and without."""


def chart(found: RangePoints) -> Chart:
    """The curves of the output's entries and below them those of their derivatives; over two
    ranges the levels of a surface, with its gradient as arrows."""
    return _curves(found) if len(found.axes) == 1 else _surface(found)


def small(found: RangePoints) -> Panel:
    """What a terminal draws: the curves of the output, and the derivative of a single one where
    they are about as high."""
    whole = _curves(found)
    panel, *below = whole.panels
    if not below or len(panel.series) > 1:
        return panel
    ends = [p.y_range or _ends(p.series[0].y) for p in (panel, below[0])]
    heights = [high - low for low, high in ends]
    if 0 < max(heights) <= _ALIKE * min(heights):
        panel.series.append(replace(below[0].series[0], name=below[0].y_label))
        panel.y_range = min(low for low, _ in ends), max(high for _, high in ends)
    return panel


def _ends(values: Any) -> tuple[float, float]:
    """The least and the largest finite value; nan where there is none."""
    array = np.asarray(values, float)
    fine = array[np.isfinite(array)]
    return (float(fine.min()), float(fine.max())) if len(fine) else (np.nan, np.nan)


def _curves(found: RangePoints) -> Chart:
    node = found.varied[0]
    name, output = found.names[node], found.name
    legend = _legend(found)
    notes = []
    if len(legend) > _MOST_CURVES:
        notes.append(f"{_MOST_CURVES} of {len(legend):,} curves are drawn")
    panels = [_panel(found, legend, None, name, output)]
    if node in found.slopes:
        panels.append(_panel(found, legend, node, name, f"∂{output}/∂{name}"))
    beyond = [note for note in map(_beyond, panels) if note]
    notes += beyond
    for values in [*found.values, *found.slopes.get(node, ())]:
        if not np.isfinite(values).all():
            gap = "where there is a gap, it is not finite"
            notes.append("where it is not finite, nothing is drawn" if beyond else gap)
            break
    return Chart(_title(found), panels, notes)


def _beyond(panel: Panel) -> str:
    """What to say where curves leave a picture whose axis does not show all of their heights."""
    ends = panel.y_ends()
    if ends is None:
        return ""
    low, high = ends
    found = [_ends(series.y) for series in panel.series]
    cut = [f"{low:.3g}"] if any(least < low for least, _ in found) else []
    cut += [f"{high:.3g}"] if any(most > high for _, most in found) else []
    if not cut:
        return ""
    said = " and ".join(cut).replace("-", "−")
    return f"the y axis of {panel.y_label} ends at {said}: values go on beyond it"


def _panel(found: RangePoints, legend: Sequence[str], node: int | None, x: str, y: str) -> Panel:
    """The curves of all entries, or of their derivatives by a node."""
    panel = Panel(x, y)
    seen: list[tuple[float, float]] = []
    clipped = False
    for place, name in enumerate(legend[:_MOST_CURVES]):

        def at(points: Array, place: int = place) -> Array:
            values, slopes = found.at([points])
            return values[place] if node is None else slopes[node][place]

        values = found.values[place] if node is None else found.slopes[node][place]
        xs, ys, range_ = _traced(found, at, values)
        seen.append(range_ or _ends(ys))
        clipped = clipped or range_ is not None
        panel.series.append(Series(name, xs.tolist(), ys.tolist()))
    if clipped:
        panel.y_range = float(np.nanmin(seen)), float(np.nanmax(seen))
    return panel


def _traced(
    found: RangePoints, at: Any, values: Array
) -> tuple[Array, Array, tuple[float, float] | None]:
    (x,) = found.axes
    kept = _evenly(len(x), _MOST_POINTS)
    x, values = x[kept], values[kept]
    if found.places:
        return x, values, None  # between whole numbers there is nothing
    return traced(at, x, values)


def _surface(found: RangePoints) -> Chart:
    (x, y), (first, second) = found.axes, found.varied
    shape = len(x), len(y)
    columns, rows = (_evenly(len(axis), _MOST_SIDE) for axis in (x, y))
    z = found.values[0].reshape(shape)[np.ix_(columns, rows)].T
    fine = z[np.isfinite(z)]
    surface = Surface(x[columns], y[rows], z)
    notes = []
    if len(fine):
        low, middle, high = (float(v) for v in np.quantile(fine, [0, 0.5, 1]))
        surface.logarithmic = high - low > _STEEP * (middle - low)
        inner = np.quantile(fine, [0.02, 0.98])
        most = (_OUTLIERS if len(fine) < z.size else _FAR_OUT) * (inner[1] - inner[0])
        if high - low > most > 0 and not surface.logarithmic:
            surface.z_range = float(inner[0]), float(inner[1])
    if len(fine) < z.size:
        notes.append("where it is empty, it is not finite")
    panel = Panel(found.names[first], found.names[second], surface=surface)
    if first in found.slopes and second in found.slopes:
        across, up = (_inner(len(axis), _MOST_ARROWS) for axis in (x, y))
        u, v = (
            found.slopes[node][0].reshape(shape)[np.ix_(across, up)].ravel()
            for node in (first, second)
        )
        places = np.meshgrid(x[across], y[up], indexing="ij")
        panel.arrows = Arrows(
            places[0].ravel(), places[1].ravel(), u, v, f"∇{found.name}, longer where it is larger"
        )
    return Chart(_title(found), [panel], notes)


def _evenly(count: int, most: int) -> Array:
    """The places of at most so many, both ends among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))


def _inner(count: int, most: int) -> Array:
    """The places of at most so many in the middle of equal parts."""
    parts = min(count, most)
    return np.unique(((np.arange(parts) + 0.5) * count / parts).astype(int))


def _legend(found: RangePoints) -> list[str]:
    """What each curve is called: an entry of a list by its formula, else by its place."""
    graph, output = found.question.graph, found.question.model.output
    if not found.shape:
        return [found.name]
    if graph.ops[output].name == "stack" and len(found.shape) == 1:
        return [formula(graph, node) for node in graph.args[output]]
    return [found.name + entry for entry in found.entries]


def _title(found: RangePoints) -> str:
    """The output and its formula, where that is short."""
    graph, output = found.question.graph, found.question.model.output
    text = formula(graph, output, named=False)
    if "…" in text or text == found.name:
        return found.name
    return f"{found.name} = {text}"


def formula(graph: Graph, node: int, named: bool = True) -> str:
    """A node in terms of what has a name, in brief where it is long; itself by its own name, where
    it is `named`."""
    parts: dict[int, tuple[str, int]] = {}
    for each in graph.cone([node]):
        op = graph.ops[each]
        if each in graph.names and (named or each != node or op is INPUT):
            parts[each] = graph.names[each][0], ATOM
        elif op is LITERAL:
            text = literal_text(graph, each)
            parts[each] = text, ATOM if text[0] != "-" else 0
        else:
            text, level = write(op, [parts[a] for a in graph.args[each]], graph.attrs[each])
            parts[each] = (text, level) if len(text) <= _LONGEST else ("…", ATOM)
    return parts[node][0]
