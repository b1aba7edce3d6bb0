"""Curves drawn small in braille dots, or in dots and primes where the alphabet is ASCII."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from gradcli.errors import visible, width
from gradcli.report.alphabet import fit
from gradcli.report.folded import folded
from gradcli.rounded import rounded

if TYPE_CHECKING:
    from gradcli.figures import Panel, Series

_WIDEST, _NARROWEST = 72, 20
_LOW, _HIGH = 5, 10
"""Lines of a curve that falls or not, on a logarithmic axis, and of one whose shape matters."""

_LOG_FROM = 100
"""The ratio of the largest value to the smallest from which such an axis is logarithmic."""

_DASHES = ((1, 1), (1, 3), (6, 10), (1, 6))
"""Of the first, the second … curve in one frame: so many dots of so many."""

_BRAILLE = ((1, 8), (2, 16), (4, 32), (64, 128))
"""The bit of each dot, by row and column, in a character of the braille block."""

_BETWEEN = "   "
"""Two names."""

Dots = list[tuple[int, int]]
"""Columns, and rows from the top."""


class _Frame(NamedTuple):
    """What is shown, and by how many dots."""

    left: float
    right: float
    bottom: float
    top: float
    columns: int
    rows: int


def drawn(panel: Panel, room: int, digits: int, encoding: str) -> list[str]:
    """The lines of the drawing, in `room` columns; none where there is nothing to see: less than
    two finite points, or values that never change."""
    curves = panel.series[: len(_DASHES)]
    points = [_points(series) for series in curves]
    finite = [(x, y) for each in points for x, y in each if math.isfinite(y)]
    if not finite:
        return []
    ends = panel.y_range or (min(y for _, y in finite), max(y for _, y in finite))
    left, right = min(x for x, _ in finite), max(x for x, _ in finite)
    if ends[0] == ends[1] or left == right:
        return []
    bottom, top = (rounded(float(value), min(digits, 4)) for value in ends)
    margin = max(len(top), len(bottom)) + 1
    columns = min(room, _WIDEST) - margin
    if columns < _NARROWEST:
        return []
    logarithmic = panel.log_y and ends[0] > 0 and ends[1] >= _LOG_FROM * ends[0]
    # Divided by the largest, no difference of two values overflows or vanishes.
    largest = max(map(abs, ends))
    points = [[(x, _scaled(y, logarithmic, largest)) for x, y in each] for each in points]
    low, high = (_scaled(end, logarithmic, largest) for end in ends)
    lines = _LOW if panel.log_y else _HIGH
    braille = fit("⣿", encoding) == "⣿"
    wide, tall = (2, 4) if braille else (1, 2)
    frame = _Frame(left, right, low, high, wide * columns, tall * lines)
    dots = [_dashed(_dots(each, frame), dash) for each, dash in zip(points, _DASHES)]
    draw = _braille if braille else _ascii
    labels = [top, *[""] * (lines - 2), bottom]
    if ends[0] < 0 < ends[1]:
        row = round(high / (high - low) * (lines - 1))
        labels[row] = labels[row] or "0"
    body = [
        f"{label:>{margin - 1}} {line}".rstrip()
        for label, line in zip(labels, draw(dots, columns, lines), strict=True)
    ]
    title = _title(panel, columns, braille, encoding, " (log scale)" if logarithmic else "")
    first, last = (rounded(float(x), 6) for x in (left, right))
    return [
        *(" " * margin + line for line in title),
        *body,
        " " * margin + first + last.rjust(columns - width(first)),
    ]


def _points(series: Series) -> list[tuple[float, float]]:
    """In order, with nan where there is a gap."""
    return [(x, y) for x, y in zip(series.x, series.y, strict=True) if math.isfinite(x)]


def _scaled(y: float, logarithmic: bool, largest: float) -> float:
    if not math.isfinite(y):
        return math.nan
    if logarithmic:
        return math.log(y) if y > 0 else math.nan
    return y / largest


def _title(panel: Panel, room: int, braille: bool, encoding: str, scale: str) -> list[str]:
    """The names of the curves in lines, where there are several each after its dashes, and the
    scale."""
    names = [fit(visible(series.name), encoding) for series in panel.series]
    if len(names) == 1:
        return folded(names[0] + scale, room)
    parts = []
    for name, dash in zip(names, _DASHES):
        sample = _dashed([(column, 1) for column in range(8 if braille else 4)], dash)
        (line,) = _braille([sample], 4, 1) if braille else _ascii([sample], 4, 1)
        parts.append(f"{line} {name}")
    if more := len(names) - len(parts):
        parts.append(f"and {more} more")
    parts[-1] += scale
    lines = parts[:1]
    for part in parts[1:]:
        if width(lines[-1] + part) + len(_BETWEEN) <= room:
            lines[-1] += _BETWEEN + part
        else:
            lines.append(part)
    return [piece for line in lines for piece in folded(line, room)]


def _dashed(dots: Dots, dash: tuple[int, int]) -> Dots:
    on, of = dash
    return [dot for dot in dots if dot[0] % of < on]


def _braille(curves: list[Dots], columns: int, lines: int) -> list[str]:
    cells = [[0] * columns for _ in range(lines)]
    for column, row in (dot for dots in curves for dot in dots):
        cells[row // 4][column // 2] |= _BRAILLE[row % 4][column % 2]
    return ["".join(chr(0x2800 + dots) if dots else " " for dots in line) for line in cells]


def _ascii(curves: list[Dots], columns: int, lines: int) -> list[str]:
    cells = [[0] * columns for _ in range(lines)]
    for column, row in (dot for dots in curves for dot in dots):
        cells[row // 2][column] |= 1 + row % 2
    return ["".join(" '.:"[dots] for dots in line) for line in cells]


def _dots(points: list[tuple[float, float]], frame: _Frame) -> Dots:
    """The dots of a line through the points, in one piece where they have no gap."""
    if not points:
        return []
    xs = [x for x, _ in points]
    gaps = [place for place, (_, y) in enumerate(points) if y != y]
    dots: Dots = []
    before, start = -1, None
    for column in range(frame.columns):
        x = frame.left + (frame.right - frame.left) * column / (frame.columns - 1)
        place = bisect_left(xs, x)
        if not xs[0] <= x <= xs[-1]:
            continue
        right = min(max(place, 1), len(xs) - 1)
        (x0, y0), (x1, y1) = points[right - 1], points[right]
        part = (x - x0) / (x1 - x0) if x1 > x0 else 1.0
        y = y0 if part == 0 else y1 if part == 1 else y0 + (y1 - y0) * part
        if y != y:
            start = None
            continue
        if bisect_left(gaps, before) < bisect_left(gaps, right):
            start = None  # the gap is narrower than a dot
        before = right
        height = (y - frame.bottom) / (frame.top - frame.bottom)
        row = round((1 - min(max(height, -1), 2)) * (frame.rows - 1))
        # A steep line goes on next to where it was.
        step = 1 if start is None or row > start else -1
        between = range(row, row + 1) if start is None else range(start + step, row, step)
        dots += [(column, at) for at in (*between, row) if 0 <= at < frame.rows]
        start = row
    return dots
