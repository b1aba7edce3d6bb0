"""A drawing as PNG or PDF, by matplotlib: the same numbers, the same bytes each time."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from gradcli.pictures.drawing import Drawing
from gradcli.pictures.layered import Stroke
from gradcli.pictures.themes import DARK, LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path

_DOTS = 96.0
"""Pixels of a drawing to an inch."""

_SHARP, _MOST = 2.0, 16_000.0
"""Dots of a PNG to a pixel of the drawing, and along its longer side at the most."""

_MOST_INCHES = 200.0
"""Readers of PDF take no larger page."""


def canvas_bytes(drawing: Drawing, format: str, theme: str = "auto") -> bytes:
    """The drawing as a file of the format png or pdf; the theme auto is light."""
    from matplotlib.figure import Figure

    colours = DARK if theme == "dark" else LIGHT
    longest = max(drawing.width, drawing.height)
    scale = min(1.0, _MOST_INCHES * _DOTS / longest) if format == "pdf" else 1.0
    inches = drawing.width / _DOTS * scale, drawing.height / _DOTS * scale
    figure = Figure(figsize=inches, facecolor=colours.ground)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(drawing.height, 0)
    _draw(drawing, axes, colours, 72 / _DOTS * scale)
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a character that the font lacks is drawn as a frame
        if format == "pdf":
            figure.savefig(stream, format=format, metadata={"CreationDate": None})
        else:
            dots = _DOTS * min(_SHARP, _MOST / longest)
            figure.savefig(stream, format=format, dpi=dots, metadata={"Software": None})
    return stream.getvalue()


def _draw(drawing: Drawing, axes: Axes, theme: Theme, points: float) -> None:
    """Everything, with lines and letters of so many points to a pixel."""
    from matplotlib.patches import PathPatch, Polygon

    def stroke(path: Stroke, colour: str, wide: float, fill: str = "none") -> None:
        axes.add_patch(
            PathPatch(_path(path), edgecolor=colour, facecolor=fill, linewidth=wide * points)
        )

    for arrow in drawing.arrows:
        stroke(arrow.path, theme.edge, 1.3)
        axes.add_patch(Polygon(arrow.head, facecolor=theme.edge, edgecolor="none"))
    for box in (*drawing.boxes, *drawing.legend):
        stroke(box.outline, theme.outline[box.kind], 1.4, theme.fill[box.kind])
        for line in box.lines:
            stroke(line, theme.outline[box.kind], 1.0)
    for words in drawing.all_words():
        axes.text(
            words.x, words.y, words.text,
            color=theme.text[words.role], family="DejaVu Sans Mono", fontsize=words.size * points,
            fontweight="bold" if words.bold else "normal", parse_math=False,
            ha="center" if words.centred else "left", va="baseline",
        )  # fmt: skip


def _path(stroke: Stroke) -> Path:
    from matplotlib.path import Path

    vertices = [point for piece in stroke for point in piece]
    codes = [Path.MOVETO]
    for piece in stroke[1:]:
        codes += [Path.LINETO] if len(piece) == 1 else [Path.CURVE4] * 3
    return Path(vertices, codes)
