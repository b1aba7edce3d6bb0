"""A curve drawn small in braille dots, or in dots and primes where the alphabet is ASCII."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

from gradcli.errors import width
from gradcli.report.alphabet import fit
from gradcli.rounded import rounded

if TYPE_CHECKING:
    from gradcli.figures import Series

_WIDEST, _NARROWEST, _HEIGHT = 72, 20, 5
_LOG_FROM = 100
"""The ratio of the largest value to the smallest from which the scale is logarithmic."""

_BRAILLE = ((1, 8), (2, 16), (4, 32), (64, 128))
"""The bit of each dot, by row and column, in a character of the braille block."""


def drawn(curve: Series, room: int, digits: int, encoding: str) -> list[str]:
    """The lines of the drawing, in `room` columns; none where there is nothing to see: less than
    two finite points, or a value that never changes."""
    points = [(x, y) for x, y in zip(curve.x, curve.y, strict=True) if math.isfinite(x + y)]
    values = [y for _, y in points]
    if not points or min(values) == max(values) or points[0][0] == points[-1][0]:
        return []
    top, bottom = (rounded(float(value), min(digits, 4)) for value in (max(values), min(values)))
    margin = max(len(top), len(bottom)) + 1
    columns = min(room, _WIDEST) - margin
    if columns < _NARROWEST:
        return []
    logarithmic = min(values) > 0 and max(values) >= _LOG_FROM * min(values)
    # Divided by the largest, no difference of two values overflows or vanishes.
    largest = max(map(abs, values))
    points = [(x, math.log(y) if logarithmic else y / largest) for x, y in points]
    draw = _braille if fit("⣿", encoding) == "⣿" else _ascii
    labels = [top, *[""] * (_HEIGHT - 2), bottom]
    lines = [
        f"{label:>{margin - 1}} {line}".rstrip()
        for label, line in zip(labels, draw(points, columns), strict=True)
    ]
    title = fit(curve.name, encoding) + (" (log scale)" if logarithmic else "")
    first, last = (rounded(x, 6) for x, _ in (points[0], points[-1]))
    return [
        " " * margin + title,
        *lines,
        " " * margin + first + last.rjust(columns - width(first)),
    ]


def _braille(points: list[tuple[float, float]], columns: int) -> list[str]:
    lines = [[0] * columns for _ in range(_HEIGHT)]
    for column, row in _dots(points, 2 * columns, 4 * _HEIGHT):
        lines[row // 4][column // 2] |= _BRAILLE[row % 4][column % 2]
    return ["".join(chr(0x2800 + dots) if dots else " " for dots in line) for line in lines]


def _ascii(points: list[tuple[float, float]], columns: int) -> list[str]:
    lines = [[0] * columns for _ in range(_HEIGHT)]
    for column, row in _dots(points, columns, 2 * _HEIGHT):
        lines[row // 2][column] |= 1 + row % 2
    return ["".join(" '.:"[dots] for dots in line) for line in lines]


def _dots(points: list[tuple[float, float]], columns: int, rows: int) -> list[tuple[int, int]]:
    """The dots (column, row from the top) of a line through the points, without gaps."""
    xs = [x for x, _ in points]
    lowest, highest = min(y for _, y in points), max(y for _, y in points)
    dots: list[tuple[int, int]] = []
    for column in range(columns):
        x = xs[0] + (xs[-1] - xs[0]) * column / (columns - 1)
        right = min(max(bisect_left(xs, x), 1), len(xs) - 1)
        (x0, y0), (x1, y1) = points[right - 1], points[right]
        part = (x - x0) / (x1 - x0) if x1 > x0 else 1.0
        height = (y0 + (y1 - y0) * part - lowest) / (highest - lowest)
        row = round((1 - min(max(height, 0), 1)) * (rows - 1))
        start = dots[-1][1] if dots else row
        step = 1 if row > start else -1
        # A steep line goes on next to where it was.
        dots += [(column, at) for at in range(start + step, row, step)]
        dots.append((column, row))
    return dots
