"""What is drawn over a plane: levels of a surface, regions of classes, arrows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.ticker import FuncFormatter

from gradcli.figures import Arrows, Panel, Surface
from gradcli.pictures.contours import finite, outlined, regions_above
from gradcli.pictures.palette import GROUND, INK, LEVEL, SERIES, Brush, mixed, scale

_HATCHES = ("", "///", "...", "\\\\\\", "xx", "++")
"""Of regions, class by class: colour is not the only sign."""


def draw_surface(surface: Surface, frame: Axes, brush: Brush, panel: Panel) -> list[Any]:
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


def _regions(surface: Surface, frame: Axes, brush: Brush, panel: Panel) -> list[Any]:
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


def draw_arrows(arrows: Arrows, frame: Axes, brush: Brush) -> list[Any]:
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
