"""Curves, contours and paths as svg, png or pdf, by matplotlib."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from gradcli.pictures.chart_svg import finished
from gradcli.pictures.palette import GRID, GROUND, INK, MUTED, Shade

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gradcli.figures import Chart

_DOTS = 200
"""Per inch, of a png."""

_FONT = "DejaVu Sans"
"""Which matplotlib brings along, and measures text by."""

_METADATA: dict[str, dict[str, Any]] = {
    "svg": dict.fromkeys(("Date", "Creator", "Format", "Type")),
    "png": {"Software": None},
    "pdf": dict.fromkeys(("CreationDate", "Creator", "Producer")),
}
"""What matplotlib would say of itself and of the time."""

_one_at_a_time = Lock()
"""matplotlib's parameters are those of the whole process."""


class Place(NamedTuple):
    """Where a panel stands in an svg, in its units, and the ends of its axes."""

    left: float
    top: float
    right: float
    bottom: float
    x: tuple[float, float]
    y: tuple[float, float]
    log_x: bool
    log_y: bool


def chart_picture(chart: Chart, format: str, theme: str) -> str | bytes:
    """Curves, contours and paths as svg, png or pdf; the same bytes for the same chart.

    An svg for the theme auto follows whoever looks at it; other pictures are light then. What was
    left out is added to the notes of the chart.
    """
    if format == "svg":
        return chart_svg(chart, theme)[0]
    return _saved(chart, format, theme)[0]


def chart_svg(chart: Chart, theme: str) -> tuple[str, list[Place]]:
    """The svg, and the places of its panels."""
    content, shades, figure = _saved(chart, "svg", theme)
    svg = finished(content.decode(), chart.title, shades if theme == "auto" else [])
    width, height = 72 * figure.get_size_inches()
    places = []
    for frame in figure.axes[: len(chart.panels)]:
        box = frame.get_position()
        places.append(
            Place(
                width * box.x0, height * (1 - box.y1), width * box.x1, height * (1 - box.y0),
                frame.get_xlim(), frame.get_ylim(),
                frame.get_xscale() == "log", frame.get_yscale() == "log",
            )
        )  # fmt: skip
    return svg, places


def _saved(chart: Chart, format: str, theme: str) -> tuple[bytes, list[Shade], Figure]:
    """What matplotlib writes, the colours in it, and its figure."""
    file = BytesIO()
    with _one_at_a_time, _silence():
        import matplotlib

        from gradcli.pictures.panels import drawn_figure

        parameters: Any = _parameters(matplotlib.rcParamsDefault, theme)
        with matplotlib.rc_context(parameters):
            figure, shades = drawn_figure(chart, theme)
            figure.savefig(file, format=format, dpi=_DOTS, metadata=_METADATA[format])
    return file.getvalue(), shades, figure


def _parameters(defaults: Any, theme: str) -> dict[str, Any]:
    """matplotlib's parameters, whatever the user's own file of them says."""

    def on(shade: Shade) -> str:
        return shade.on(theme)

    return {
        **{name: value for name, value in defaults.items() if name != "backend"},
        "svg.fonttype": "none",
        "svg.hashsalt": "gradcli",
        "pdf.fonttype": 42,
        "text.parse_math": False,  # a $ in a name is a $
        "font.family": [_FONT],
        "font.size": 9.5,
        "figure.facecolor": on(GROUND),
        "axes.facecolor": on(GROUND),
        "axes.edgecolor": on(MUTED),
        "axes.labelcolor": on(INK),
        "axes.linewidth": 0.8,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.formatter.use_mathtext": False,
        "axes.formatter.limits": (-4, 5),
        "grid.color": on(GRID),
        "grid.linewidth": 0.7,
        "text.color": on(INK),
        "xtick.color": on(MUTED),
        "ytick.color": on(MUTED),
        "xtick.labelcolor": on(INK),
        "ytick.labelcolor": on(INK),
        "legend.frameon": False,
        "hatch.linewidth": 0.6,
    }


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing about fonts, caches and glyphs on standard error."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
