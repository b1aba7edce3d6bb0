"""The legend of a frame: above it, row by row, in as many columns as fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from gradcli.pictures.names_on_chart import cut

WIDTH = 7.2
"""Of a chart, in inches."""

_MOST_NAMED = 14
"""Entries of a legend."""

_LEGEND_ROOM = 72 * WIDTH - 95
"""Points that a legend has, which begins where the frame does."""

_HANDLE, _COLUMN_SPACE = 3.2, 1.6
"""What a legend has of each curve, long enough for its dashes, and between columns; in sizes of
its font."""


def put_legend(entries: list[Any], frame: Axes, notes: list[str]) -> float:
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
    _placed(frame, shown, names, columns)
    return (math.ceil(len(names) / columns) - 1) * 1.5 * size / 72


def _legend_width(names: Sequence[float], columns: int) -> float:
    """Of a legend whose names are so wide; all in font sizes."""
    texts = sum(max(names[column::columns]) for column in range(columns))
    return texts + columns * (_HANDLE + 0.8) + (columns - 1) * _COLUMN_SPACE + 1


def _placed(frame: Axes, entries: Sequence[Any], names: Sequence[str], columns: int) -> None:
    """Row by row: matplotlib fills column by column."""
    order = [n for column in range(columns) for n in range(column, len(names), columns)]
    frame.legend(
        [entries[n] for n in order], [names[n] for n in order], loc="lower left",
        bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.3, handlelength=_HANDLE,
        columnspacing=_COLUMN_SPACE,
    )  # fmt: skip
