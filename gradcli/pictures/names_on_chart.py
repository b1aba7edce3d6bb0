"""Names of points, set beside them so that none hides another where there is room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.transforms import Bbox

from gradcli.figures import Marker

_AWAY = 6.0
"""Points from a marker to its name."""

_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Where a name may stand, in the order in which it is tried."""

_ALIGNED: dict[int, tuple[Any, Any]] = {
    1: ("left", "bottom"), -1: ("right", "top"), 0: ("center", "center"),
}  # fmt: skip


def place_names(markers: Sequence[Marker], frame: Axes, renderer: RendererAgg) -> None:
    """Writes the names of the markers of a frame that has its final place."""
    named = [marker for marker in markers if marker.name]
    if not named:
        return
    spots = frame.transData.transform([(marker.x, marker.y) for marker in named])
    taken = np.concatenate([spots - 3, spots + 3], axis=1)
    inside = frame.get_window_extent(renderer)
    for place, marker in enumerate(named):
        text = frame.annotate(
            cut(marker.name, 40), (marker.x, marker.y), xytext=(0, 0), textcoords="offset points",
            fontsize=8.5, zorder=6, in_layout=False,
        )  # fmt: skip
        size = text.get_window_extent(renderer)
        others = np.delete(taken, place, axis=0)
        boxes = [_box(spots[place], size.width, size.height, side) for side in _SIDES]
        crowd = [_overlaps(box, others, inside) for box in boxes]
        best = min(range(len(_SIDES)), key=crowd.__getitem__)
        across, up = _SIDES[best]
        text.set_position((across * _AWAY, up * _AWAY))
        text.set_horizontalalignment(_ALIGNED[across][0])
        text.set_verticalalignment(_ALIGNED[up][1])
        taken = np.concatenate([taken, [boxes[best]]])


def cut(text: str, most: int) -> str:
    """A text on one line, of at most so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _box(spot: np.ndarray, width: float, height: float, side: tuple[int, int]) -> np.ndarray:
    """Left, bottom, right and top of a name on one side of its point."""
    across, up = side
    left = spot[0] + across * _AWAY - (1 - across) / 2 * width
    bottom = spot[1] + up * _AWAY - (1 - up) / 2 * height
    return np.array([left, bottom, left + width, bottom + height])


def _overlaps(box: np.ndarray, others: np.ndarray, inside: Bbox) -> float:
    """How much of a name lies under others, and outside the frame."""
    shared = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    hidden = float(np.prod(shared.clip(0), axis=1).sum())
    width = max(inside.x0 - box[0], 0) + max(box[2] - inside.x1, 0)
    height = max(inside.y0 - box[1], 0) + max(box[3] - inside.y1, 0)
    return hidden + float(width * (box[3] - box[1]) + height * (box[2] - box[0]))
