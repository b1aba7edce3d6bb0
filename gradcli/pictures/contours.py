"""A surface seen from above: its levels, and the regions where it is at least so high."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from contourpy import FillType, contour_generator
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from gradcli.figures import Surface

Array = Any

LARGEST = 1e300
"""Beyond, the arithmetic of a picture would overflow."""

_LEVELS = 12
_DECADES = 5
"""Of logarithmic levels at the most."""

_MOST_POINTS = 14_000
"""Of all outlines together: some 200 kB of an SVG."""


def outlined(surface: Surface) -> tuple[list[float], list[Path]]:
    """The levels, and for each the region where the surface is that high or higher, for the first
    all of it; fewer levels where they would wind so much that the picture is too large, and no
    regions where even few do."""
    z = finite(surface.z)
    for count in (_LEVELS, 8, 5):
        levels = _levels(surface, z, count)
        regions = regions_above(surface, z, [-math.inf, *levels[1:]])
        if sum(np.size(region.vertices) for region in regions) <= 2 * _MOST_POINTS:
            return levels, regions
    return levels, []


def finite(values: Any) -> Array:
    """A masked array of what can be drawn."""
    array = np.asarray(values, float)
    return np.ma.masked_where(~(abs(array) < LARGEST), array)


def regions_above(surface: Surface, z: Array, levels: Sequence[float]) -> list[Path]:
    """For each level the region where z is that high or higher; -inf is a level too."""
    # Divided by the largest, no difference of two values overflows.
    largest = float(abs(z).max() or 1.0) if z.count() else 1.0
    generator = contour_generator(surface.x, surface.y, z / largest, fill_type=FillType.OuterOffset)
    return [_path(*generator.filled(max(level / largest, -3.0), 3.0)) for level in levels]


def _path(points: Sequence[Any], offsets: Sequence[Any]) -> Path:
    """One path of polygons with holes."""
    if not points:
        return Path(np.empty((0, 2)))
    codes = []
    for polygon, starts in zip(points, offsets, strict=True):
        code = np.full(len(polygon), Path.LINETO, np.uint8)
        code[starts[:-1]] = Path.MOVETO
        code[np.asarray(starts[1:], int) - 1] = Path.CLOSEPOLY
        codes.append(code)
    return Path(np.concatenate(points), np.concatenate(codes))


def _levels(surface: Surface, z: Array, count: int) -> list[float]:
    """Round numbers from below the lowest value to the highest."""
    low, high = surface.z_range or (float(z.min()), float(z.max()))
    if surface.logarithmic and low < high:
        return _logarithmic(z, low, high, count)
    found = [float(v) for v in MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]
    return [v for v in found if v < high] or found[:1]


def _logarithmic(z: Array, low: float, high: float, count: int) -> list[float]:
    """Levels that grow by a factor above 0, or above the lowest value where that is not just above
    0 itself; the first level is that ground."""
    ground = 0.0 if 0 <= low <= 1e-2 * high else low
    heights = z - ground
    top = high - ground
    least = max(float(heights[heights > 0].min()), top * 10**-_DECADES)
    decades = range(math.floor(math.log10(least)), math.floor(math.log10(top)) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        found = [digit * 10.0**decade for decade in decades for digit in digits]
        found = [v for v in found if least <= v < top]
        if len(found) < count:
            break
    return [ground, *(ground + v for v in found)]
