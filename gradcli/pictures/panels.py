"""The frames of a chart with what stands in them, as a figure of matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from gradcli.figures import Arrows, Chart, Panel, Series, Surface
from gradcli.pictures.contours import LARGEST, finite, outlined, regions_above
from gradcli.pictures.names_on_chart import cut, place_names
from gradcli.pictures.palette import (
    CHART_SHADES,
    GROUND,
    INK,
    LEVEL,
    MUTED,
    SERIES,
    Shade,
    mixed,
    scale,
)

_WIDTH = 7.2
"""Inches."""

_TITLE_HEIGHT = 0.35
_SURFACE_HEIGHT, _CURVE_HEIGHT, _SMALL_HEIGHT = 5.4, 3.7, 2.6

_MOST_MARKS = 2000
"""Points of one series that are marked one by one."""

_MOST_STEPS = 200
"""Points up to which the steps of a path have dots."""

_MOST_NAMED = 14
"""Entries of a legend."""

_LEGEND_ROOM = 72 * _WIDTH - 95
"""Points that a legend has, which begins where the frame does."""

_HANDLE, _COLUMN_SPACE = 3.2, 1.6
"""What a legend has of each curve, long enough for its dashes, and between columns; in sizes of
its font."""

_SHAPES = "os^DvP"
_HATCHES = ("", "///", "...", "\\\\\\", "xx", "++")
"""Of points and regions, class by class: colour is not the only sign."""

_DASHES: tuple[Any, ...] = ("-", (0, (3.2, 1.4)), (0, (1.2, 1.2)), (0, (4, 1.2, 1.2, 1.2)))
"""Of the curves that come when all colours are in use, round by round."""

_POINTS = {
    "start": {"marker": "o", "markersize": 7, "hollow": True},
    "end": {"marker": "o", "markersize": 7, "hollow": False},
    "minimum": {"marker": "*", "markersize": 12, "hollow": False},
    "point": {"marker": "o", "markersize": 3.5, "hollow": False},
}


class _Brush:
    """The colours of a theme, and which of them were used, by whom."""

    def __init__(self, theme: str) -> None:
        self._theme = theme
        self.used: list[Shade] = []
        self._turns: dict[str, int] = {}

    def turn(self, name: str, first: int) -> int:
        """The turn of a curve: the same for its name in all frames, the next for a new one."""
        return self._turns.setdefault(name, max(self._turns.values(), default=first - 1) + 1)

    def __call__(self, shade: Shade) -> str:
        self.used.append(shade)
        return shade.on(self._theme)


def drawn_figure(chart: Chart, theme: str) -> tuple[Figure, list[Shade]]:
    """The whole chart, and the colours that it is drawn in."""
    brush = _Brush(theme)
    for shade in CHART_SHADES:
        brush(shade)
    panels = chart.panels
    heights = [_height(panel, len(panels)) for panel in panels]
    figure = Figure(figsize=(_WIDTH, sum(heights) + _TITLE_HEIGHT), dpi=72)
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


def _draw(panel: Panel, frame: Axes, brush: _Brush, notes: list[str]) -> float:
    """Draws a panel; the inches that its legend takes above it after the first row."""
    for spine in ("top", "right"):
        frame.spines[spine].set_visible(panel.surface is not None)
    frame.set_xlabel(cut(panel.x_label, 70))
    frame.set_ylabel(cut(panel.y_label, 30 if panel.surface is None else 60))
    legend: list[Any] = []
    if panel.surface is not None:
        legend += _surface(panel.surface, frame, brush, panel)
    if panel.arrows is not None:
        legend += _arrows(panel.arrows, frame, brush)
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
        return _legend(legend, frame, notes)
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
    power = round(math.log10(value)) if value > 0 else 0
    if not math.isclose(value, 10.0**power) or abs(power) < 4:
        return f"{value:g}"
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _legend(entries: list[Any], frame: Axes, notes: list[str]) -> float:
    """Above the frame, where it hides nothing, in as many columns as fit; the inches that its rows
    take after the first."""
    if len(entries) > _MOST_NAMED:
        notes.append(f"the legend leaves out {len(entries) - _MOST_NAMED:,} of the curves")
    shown = entries[:_MOST_NAMED]
    names = [cut(entry.get_label(), 40) for entry in shown]
    size = float(FontProperties(size=rcParams["legend.fontsize"]).get_size_in_points())
    renderer: Any = RendererAgg
    page = renderer(1, 1, 72)
    font = FontProperties(size=size)
    wide = [page.get_text_width_height_descent(name, font, False)[0] / size for name in names]
    columns = len(names)
    while columns > 1 and _legend_width(wide, columns) * size > _LEGEND_ROOM:
        columns -= 1
    _put_legend(frame, shown, names, columns)
    return (math.ceil(len(names) / columns) - 1) * 1.5 * size / 72


def _legend_width(names: Sequence[float], columns: int) -> float:
    """Of a legend whose names are so wide; all in font sizes."""
    texts = sum(max(names[column::columns]) for column in range(columns))
    return texts + columns * (_HANDLE + 0.8) + (columns - 1) * _COLUMN_SPACE + 1


def _put_legend(frame: Axes, entries: Sequence[Any], names: Sequence[str], columns: int) -> None:
    """Row by row: matplotlib fills column by column."""
    order = [n for column in range(columns) for n in range(column, len(names), columns)]
    frame.legend(
        [entries[n] for n in order], [names[n] for n in order], loc="lower left",
        bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.3, handlelength=_HANDLE,
        columnspacing=_COLUMN_SPACE,
    )  # fmt: skip


def _all_series(panel: Panel, frame: Axes, brush: _Brush, notes: list[str]) -> list[Any]:
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


def _surface(surface: Surface, frame: Axes, brush: _Brush, panel: Panel) -> list[Any]:
    """Draws a surface by its levels or classes; what stands in the legend."""
    frame.grid(visible=False)
    wide, high = (abs(ends[-1] - ends[0]) for ends in (surface.x, surface.y))
    if 0.75 < wide / high < 1.4:
        frame.set_aspect("equal")  # a gradient stands upright on the levels
    frame.set_xlim(surface.x[0], surface.x[-1])
    frame.set_ylim(surface.y[0], surface.y[-1])
    if surface.classes:
        return _regions(surface, frame, brush, panel)
    if not finite(surface.z).count():
        return []
    levels, regions = outlined(surface)
    shades = scale(len(levels))
    norm = BoundaryNorm([*levels, _end(levels)], len(levels))
    colors = ListedColormap([brush(shade) for shade in shades])
    for region, shade in zip(regions, shades):
        face, edge = brush(shade), brush(LEVEL)
        frame.add_patch(PathPatch(region, facecolor=face, edgecolor=edge, linewidth=0.5))
    if not regions:
        _image(surface, frame, norm, colors)
    digits = _telling_digits(levels)
    bar = frame.figure.colorbar(
        ScalarMappable(norm, colors), cax=frame.inset_axes((1.03, 0.0, 0.03, 1.0)), ticks=levels,
        spacing="uniform", format=FuncFormatter(lambda v, _: f"{v:.{digits}g}".replace("-", "−")),
    )  # fmt: skip
    bar.outline.set_visible(False)
    bar.ax.tick_params(which="both", length=0)
    return []


def _telling_digits(levels: Sequence[float]) -> int:
    """Significant digits that tell the levels apart."""
    texts = ((digits, {f"{level:.{digits}g}" for level in levels}) for digits in range(4, 17))
    return next((digits for digits, found in texts if len(found) == len(levels)), 17)


def _end(levels: Sequence[float]) -> float:
    """An end for the highest level, which has none."""
    return levels[-1] + (levels[-1] - levels[-2] if len(levels) > 1 else 1.0)


def _image(surface: Surface, frame: Axes, norm: Any, colors: Any) -> None:
    """A surface too rough for lines, as dots of colour."""
    z = finite(surface.z)
    rows, columns = (math.ceil(count / 300) for count in z.shape)
    edges = (surface.x[0], surface.x[-1], surface.y[0], surface.y[-1])
    frame.imshow(
        z[::rows, ::columns], origin="lower", extent=edges, aspect=frame.get_aspect(), norm=norm,
        cmap=colors, interpolation="nearest",
    )  # fmt: skip


def _regions(surface: Surface, frame: Axes, brush: _Brush, panel: Panel) -> list[Any]:
    z = finite(surface.z)
    rows = {series.name for series in panel.series}
    legend = []
    for number, name in enumerate(surface.classes):
        own = SERIES[number % len(SERIES)]
        pale, half = mixed(GROUND, own, 0.22), mixed(GROUND, own, 0.45)
        hatch = _HATCHES[number % len(_HATCHES)]
        look: dict[str, Any] = {"facecolor": brush(pale), "edgecolor": brush(half), "hatch": hatch}
        region = regions_above(surface, (z == number).astype(float), [0.5])[0]
        frame.add_patch(PathPatch(region, linewidth=0.8, **look))
        if name not in rows:
            legend.append(Patch(label=name, linewidth=0.8, **look))
    return legend


def _arrows(arrows: Arrows, frame: Axes, brush: _Brush) -> list[Any]:
    """Each points its way; its length grows with the root of its size, so that small ones show."""
    u, v = np.array(arrows.u, float), np.array(arrows.v, float)
    size = np.hypot(u, v)
    fine = np.isfinite(size) & (size > 0)
    if not fine.any():
        return []
    x, y = (np.array(values, float)[fine] for values in (arrows.x, arrows.y))
    u, v, size = u[fine], v[fine], size[fine]
    wide, high = (abs(end - start) for start, end in (frame.get_xlim(), frame.get_ylim()))
    steps = ((np.unique(x), wide), (np.unique(y), high))
    room = min((np.diff(step).min() / span for step, span in steps if len(step) > 1), default=0.1)
    length = room * np.sqrt(size / size.max()) / np.hypot(u / wide, v / high)
    frame.quiver(
        x, y, u * length, v * length, angles="xy", scale_units="xy", scale=1.1, color=brush(INK),
        width=0.0028, headwidth=4.5, zorder=2.5,
    )  # fmt: skip
    if not arrows.name:
        return []
    arrow = Line2D([], [], color=brush(INK), linewidth=1, marker=">", markersize=4, markevery=[1])
    arrow.set_label(arrows.name)
    return [arrow]
