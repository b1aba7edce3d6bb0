"""The frames of a chart with what stands in them, as a figure of matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from gradcli.figures import Chart, Panel, Series
from gradcli.pictures.contours import LARGEST
from gradcli.pictures.legends import WIDTH, put_legend
from gradcli.pictures.names_on_chart import cut, place_names
from gradcli.pictures.palette import CHART_SHADES, GROUND, INK, MUTED, SERIES, Brush, Shade
from gradcli.pictures.surfaces import draw_arrows, draw_surface

_TITLE_HEIGHT = 0.35
_SURFACE_HEIGHT, _CURVE_HEIGHT, _SMALL_HEIGHT = 5.4, 3.7, 2.6

_MOST_MARKS = 2000
"""Points of one series that are marked one by one."""

_MOST_STEPS = 200
"""Points up to which the steps of a path have dots."""

_SHAPES = "os^DvP"
"""Of points, class by class: colour is not the only sign."""

_DASHES: tuple[Any, ...] = ("-", (0, (3.2, 1.4)), (0, (1.2, 1.2)), (0, (4, 1.2, 1.2, 1.2)))
"""Of the curves that come when all colours are in use, round by round."""

_POINTS = {
    "start": {"marker": "o", "markersize": 7, "hollow": True},
    "end": {"marker": "o", "markersize": 7, "hollow": False},
    "minimum": {"marker": "*", "markersize": 12, "hollow": False},
    "point": {"marker": "o", "markersize": 3.5, "hollow": False},
}


def drawn_figure(chart: Chart, theme: str) -> tuple[Figure, list[Shade]]:
    """The whole chart, and the colours that it is drawn in."""
    brush = Brush(theme)
    for shade in CHART_SHADES:
        brush(shade)
    panels = chart.panels
    heights = [_height(panel, len(panels)) for panel in panels]
    figure = Figure(figsize=(WIDTH, sum(heights) + _TITLE_HEIGHT), dpi=72)
    grid = figure.add_gridspec(len(panels), 1, height_ratios=heights)
    axes: list[Axes] = []
    for place, panel in enumerate(panels):
        first = next((i for i in range(place) if _one_axis(panels[i], panel)), None)
        axes.append(
            figure.add_subplot(grid[place, 0], sharex=None if first is None else axes[first])
        )
    for place, (panel, frame) in enumerate(zip(panels, axes, strict=True)):
        frame.set_gid(f"panel-{place}")
        above = _draw(panel, frame, brush, chart.notes)
        if any(_one_axis(panel, other) for other in panels[place + 1 :]):
            frame.set_xlabel("")
            frame.tick_params(labelbottom=False)
        legend = frame.get_legend()
        if legend is not None and any(_names(panel) == _names(other) for other in panels[:place]):
            legend.remove()
        else:
            heights[place] += above
    grid.set_height_ratios(heights)
    figure.set_figheight(sum(heights) + _TITLE_HEIGHT)
    room = (0, 0, 1, 1 - _TITLE_HEIGHT / figure.get_figheight())
    figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.08, rect=room))
    top = 1 - 0.1 / figure.get_figheight()
    figure.suptitle(
        cut(chart.title, 80), x=0.015, y=top, ha="left", va="top", fontsize=11, fontweight="bold"
    )
    if chart.notes:
        said = "\n".join(cut(note, 110) for note in chart.notes)
        figure.supxlabel(said, x=0.015, ha="left", fontsize=8, color=brush(MUTED))
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # everything has found its place
    _round_places(figure)
    for panel, frame in zip(panels, axes, strict=True):
        place_names(panel.markers, frame, renderer)
    return figure, brush.used


def _round_places(figure: Figure) -> None:
    """The solver of the layout goes by addresses in memory: its last bits are not always the same,
    and the names in an svg are made of all bits."""
    for frame in figure.axes:
        left, bottom, width, height = frame.get_position(original=True).bounds
        frame.set_position((_round(left), _round(bottom), _round(width), _round(height)))
    for text in figure.texts:
        x, y = text.get_position()
        text.set_position((_round(x), _round(y)))


def _round(part: float) -> float:
    return round(float(part), 5)


def _height(panel: Panel, count: int) -> float:
    if panel.surface is not None or panel.markers:
        return _SURFACE_HEIGHT
    return _CURVE_HEIGHT if count == 1 else _SMALL_HEIGHT


def _one_axis(first: Panel, second: Panel) -> bool:
    """Whether two frames of curves stand over one x axis."""
    return first.surface is None is second.surface and (first.x_label, first.log_x) == (
        second.x_label,
        second.log_x,
    )


def _names(panel: Panel) -> list[str]:
    return [series.name for series in panel.series]


def _draw(panel: Panel, frame: Axes, brush: Brush, notes: list[str]) -> float:
    """Draws a panel; the inches that its legend takes above it after the first row."""
    for spine in ("top", "right"):
        frame.spines[spine].set_visible(panel.surface is not None)
    frame.set_xlabel(cut(panel.x_label, 70))
    frame.set_ylabel(cut(panel.y_label, 30 if panel.surface is None else 60))
    legend: list[Any] = []
    if panel.surface is not None:
        legend += draw_surface(panel.surface, frame, brush, panel)
    if panel.arrows is not None:
        legend += draw_arrows(panel.arrows, frame, brush)
    legend += _all_series(panel, frame, brush, notes)
    for kind, group in groupby(sorted(panel.markers, key=lambda m: m.kind), key=lambda m: m.kind):
        points = list(group)
        look = _POINTS[kind]
        frame.plot(
            [point.x for point in points], [point.y for point in points], linestyle="",
            marker=look["marker"], markersize=look["markersize"], color=brush(INK),
            markerfacecolor=brush(GROUND) if look["hollow"] else brush(INK),
            markeredgecolor=brush(INK), markeredgewidth=1.3 if look["hollow"] else 0.6, zorder=5,
        )  # fmt: skip
    _axes(panel, frame)
    if legend:
        return put_legend(legend, frame, notes)
    return 0.0


def _axes(panel: Panel, frame: Axes) -> None:
    """Scales and limits, with plain digits on logarithmic axes."""
    for name, logarithmic in (("x", panel.log_x), ("y", panel.log_y)):
        shown = [_shown(getattr(series, name), logarithmic) for series in panel.series]
        if logarithmic and any(np.isfinite(values).any() for values in shown):
            getattr(frame, f"set_{name}scale")("log")
            axis = getattr(frame, f"{name}axis")
            axis.set_major_locator(LogLocator(subs=_ticks(shown), numticks=9))
            axis.set_major_formatter(FuncFormatter(_power))
            axis.set_minor_formatter(NullFormatter())
    if (ends_of_y := panel.y_ends()) is not None:
        frame.set_ylim(*ends_of_y)
    # All of the axis that a curve has, where it is not finite too.
    ends = [x for series in panel.series if series.style != "points" for x in series.x]
    ends = [x for x in ends if abs(x) < LARGEST]
    if ends and panel.surface is None and not panel.log_x and min(ends) < max(ends):
        space = 0.02 * (max(ends) - min(ends))
        frame.set_xlim(min(ends) - space, max(ends) + space)


def _ticks(values: Sequence[Any]) -> tuple[float, ...]:
    """Which digits have a tick: where there are few powers of ten, others too."""
    shown = np.concatenate([np.ravel(some) for some in values])
    shown = shown[np.isfinite(shown)]
    return (1.0,) if math.log10(shown.max() / shown.min()) > 2 else (1.0, 2.0, 5.0)


def _power(value: float, _: Any) -> str:
    """0.01, 1, 100, 10⁻⁵."""
    power = round(math.log10(value)) if 0 < value < math.inf else 0
    if abs(power) < 4 or not math.isclose(value, float(f"1e{power}")):
        return f"{value:g}"
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _all_series(panel: Panel, frame: Axes, brush: Brush, notes: list[str]) -> list[Any]:
    """Draws the curves and points; what stands in the legend."""
    named = [series for series in panel.series if series.name]
    # Upon a surface, which is blue, blue comes last.
    turn = 0 if panel.surface is None or panel.surface.classes else 1
    classes = list(panel.surface.classes) if panel.surface else []
    legend = []
    for number, series in enumerate(panel.series):
        place = -1
        if series.name in classes:
            place = classes.index(series.name)
        elif series.name:
            # alone it has the first colour, among others the one it had above
            place = brush.turn(series.name, turn) if len(named) > 1 else turn
        shade = SERIES[place % len(SERIES)] if series.name else MUTED
        line = _line(series, frame, brush(shade), place, panel, notes)
        if series.style == "points":
            line.set_markeredgecolor(brush(GROUND))
        line.set_gid(f"{frame.get_gid()}-series-{number}")
        if series.name and (len(named) > 1 or series.name != panel.y_label):
            line.set_label(series.name)
            legend.append(line)
    return legend


def _line(
    series: Series, frame: Axes, color: str, place: int, panel: Panel, notes: list[str]
) -> Line2D:
    x = _shown(series.x, panel.log_x)
    y = _shown(series.y, panel.log_y)
    round_ = max(place, 0) // len(SERIES)
    how: dict[str, Any] = {"linewidth": 1.8, "linestyle": _DASHES[round_ % len(_DASHES)]}
    curves = sum(other.style == "line" for other in panel.series)
    if series.style == "line" and curves > 1 and place >= 0:
        # A mark here and there, away from those of the others.
        how |= {"marker": _SHAPES[place % len(_SHAPES)], "markersize": 4.5}
        if np.isfinite(x + y).sum() > 2:  # of less, each point has its mark
            how["markevery"] = (0.05 + 0.2 * (place / curves), 0.2)
    if series.style == "dashed":
        how = {"linewidth": 1.3, "linestyle": (0, (4, 2))}
    elif series.style == "steps":
        how["linewidth"] = 1.3
        if len(x) <= _MOST_STEPS:
            how |= {"marker": "o", "markersize": 3.2}
    elif series.style == "points":
        how = {"linestyle": "", "marker": _SHAPES[max(place, 0) % len(_SHAPES)], "markersize": 5.5}
        how["markeredgewidth"] = 0.7
        if len(x) > _MOST_MARKS:
            kept = np.linspace(0, len(x) - 1, _MOST_MARKS).round().astype(int)
            notes.append(f"{_MOST_MARKS:,} of {len(x):,} points are drawn")
            x, y = x[kept], y[kept]
    return frame.plot(x, y, color=color, zorder=3, **how)[0]


def _shown(values: Sequence[float], logarithmic: bool) -> Any:
    """The values, nan where one cannot be drawn."""
    array = np.array(values, float)
    with np.errstate(invalid="ignore"):
        array[~(abs(array) < LARGEST) | (logarithmic & (array <= 0))] = np.nan
    return array
