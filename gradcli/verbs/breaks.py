"""Where a curve jumps, blows up or ends, found by bisection, so that it is drawn broken there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
Function = Callable[[Array], Array]

_FEW = 400
"""Points up to which a curve is drawn by twice as many."""

_EARLY, _ROUNDS = 4, 36
"""Halvings after which most intervals are known to be smooth, and after which what is left is a
jump: there are doubles between its ends still, one of which is the gap."""

_LEFT = 0.2
"""The part of its rise that an interval still has then, where it may hold a jump."""

_JUMPS = 0.1
"""The part that is left of it in the end where there is a jump."""

_NOISE, _ROUNDING = 1e-6, 1e-12
"""A rise that is less than this part of the curve's height, or of its largest value, is none."""

_KEPT = 12
"""Halvings whose points are drawn: closer to a pole the curve has left the picture."""

_MANY = 100
"""Jumps from which each is drawn by a gap alone."""

_FENCE = 2.0
"""Times the height of its middle half that a curve with a pole is shown above and below that."""

_BLOWS_UP = 100.0
"""How much larger a value is near a pole than beside it."""


def traced(at: Function, x: Array, y: Array) -> tuple[Array, Array, tuple[float, float] | None]:
    """The curve with more points where it needs them, and nan where it is broken; and what of its
    height is worth a look, where it leaves it: at a pole."""
    with np.errstate(all="ignore"):
        if 2 <= len(x) <= _FEW:
            x, y = _joined((x, y), _evaluated(at, (x[:-1] + x[1:]) / 2))
        jumps, blown_up = _jumps(at, x, y)
        found = [*jumps, *_edges(at, x, y), *_peaks(at, x, y)]
        whole = _joined((x, y), *found) if found else (x, y)
        return *whole, _worth_a_look(y, whole[1], blown_up)


def _evaluated(at: Function, x: Array) -> tuple[Array, Array]:
    return x, at(x) if len(x) else x


def _joined(*parts: tuple[Array, Array]) -> tuple[Array, Array]:
    """All points in their order; of those at one place the last that came."""
    x, y = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(x, kind="stable")
    last = np.append(np.diff(x[order]) > 0, True)
    return x[order][last], y[order][last]


def _jumps(at: Function, x: Array, y: Array) -> tuple[list[tuple[Array, Array]], bool]:
    """What was evaluated on the way to each steep place between two points, with a nan where it
    is a jump; and whether there is a pole.

    The half that rises more is halved again. Of a smooth curve it soon rises little, at a jump it
    keeps its rise, at a pole it rises ever more.
    """
    fine = np.isfinite(y)
    rise = abs(np.diff(y))
    least = max(_NOISE * np.ptp(y[fine]), _ROUNDING * abs(y[fine]).max()) if fine.any() else 0.0
    left = np.flatnonzero(fine[:-1] & fine[1:] & (rise > least))
    a, b, fa, fb, rise = x[left], x[left + 1], y[left], y[left + 1], rise[left]
    steps: list[tuple[Array, Array]] = []
    for turn in range(_ROUNDS):
        if turn == _EARLY:
            alive = ~(abs(fb - fa) <= _LEFT * rise)
            a, b, fa, fb, rise = (v[alive] for v in (a, b, fa, fb, rise))
            steps = [(px[alive], py[alive]) for px, py in steps]
        if not len(a):
            return [], False
        m = a + (b - a) / 2
        fm = at(m)
        steps.append((m, fm))
        # A value that is not finite is a hole: towards it.
        first = ~(abs(fm - fa) < abs(fb - fm)) & np.isfinite(fa)
        a, b = np.where(first, a, m), np.where(first, m, b)
        fa, fb = np.where(first, fa, fm), np.where(first, fm, fb)
    broken = ~(abs(fb - fa) <= _JUMPS * rise)
    middle = (a + b)[broken] / 2, np.full(broken.sum(), np.nan)
    sizes = np.abs([py for _, py in steps])
    early, late = sizes[_EARLY:_KEPT].max(axis=0), np.fmax.reduce(sizes[2 * _KEPT :])
    drawn = [] if len(a) > _MANY else [*steps[:_KEPT], steps[-1]]
    return [*drawn, middle], bool((broken & ~(late <= _BLOWS_UP * early)).any())


def _edges(at: Function, x: Array, y: Array) -> list[tuple[Array, Array]]:
    """What was evaluated on the way to where a curve begins or ends to be finite."""
    fine = np.isfinite(y)
    left = np.flatnonzero(fine[:-1] != fine[1:])
    inside = np.where(fine[left], x[left], x[left + 1])
    outside = np.where(fine[left], x[left + 1], x[left])
    steps: list[tuple[Array, Array]] = []
    for _ in range(_ROUNDS if len(left) else 0):
        m = inside + (outside - inside) / 2
        fm = at(m)
        on = np.isfinite(fm)
        steps.append((m[on], fm[on]))
        inside, outside = np.where(on, m, inside), np.where(on, outside, m)
    return [*steps[:_KEPT], _evaluated(at, inside)]


def _peaks(at: Function, x: Array, y: Array) -> list[tuple[Array, Array]]:
    """What was evaluated on the way to poles that have one sign on both sides, such as that of
    1/x^2, and a nan at each: where a high peak grows, however close one looks."""
    size = abs(y)
    inner = size[1:-1]
    high = (
        (inner >= size[:-2]) & (inner >= size[2:]) & (inner > 2 * np.minimum(size[:-2], size[2:]))
    )
    place = np.flatnonzero(high) + 1
    a, b, start = x[place - 1], x[place + 1], size[place]
    steps: list[tuple[Array, Array]] = []
    for _ in range(2 * _ROUNDS if len(place) else 0):
        thirds = a + (b - a) / 3, b - (b - a) / 3
        fa, fb = at(thirds[0]), at(thirds[1])
        steps += [(thirds[0], fa), (thirds[1], fb)]
        lower = ~(abs(fa) < abs(fb))
        a, b = np.where(lower, a, thirds[0]), np.where(lower, thirds[1], b)
    if not steps:
        return []
    grown = np.fmax.reduce([abs(py) for _, py in steps]) > _BLOWS_UP * start
    middle = (a + b)[grown] / 2, np.full(grown.sum(), np.nan)
    return [*((px[grown], py[grown]) for px, py in steps[: 4 * _KEPT]), middle]


def _worth_a_look(y: Array, refined: Array, blown_up: bool) -> tuple[float, float] | None:
    """The heights to show: about those of most of the even points, where the curve has a pole or
    goes on far beyond all of them; None where it does not."""
    y, refined = y[np.isfinite(y)], refined[np.isfinite(refined)]
    if not len(y):
        return None
    low, high = y.min(), y.max()
    beyond = max(refined.max() - high, low - refined.min())
    if not blown_up and beyond <= (high - low) / 2:
        return None
    first, third = np.percentile(y, [25, 75])
    fence = _FENCE * (third - first)
    low, high = max(low, first - fence), min(high, third + fence)
    return (float(low), float(high)) if low < high else None
