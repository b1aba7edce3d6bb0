"""CS231n's measure of a derivative: the relative error over the larger of two numbers alone."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite


def measured(numbers: Sequence[float], atol: float) -> float:
    """|a − n| / max(|a|, |n|) of the two numbers that are furthest apart; 0 where the tolerance
    tells none of them from 0.

    >>> measured([1.0, 2.0, 4.0], atol=1e-9)
    0.75
    """
    if not all(map(isfinite, numbers)):
        return inf
    largest = max(map(abs, numbers))
    return 0.0 if largest <= atol else (max(numbers) - min(numbers)) / largest


def band_name(error: float, passed: bool) -> str:
    """What CS231n says of an error by its measure, and where the verdict is another one.

    >>> band_name(1e-8, passed=True)
    '1e-08 of max(|a|, |n|), ≤ 1e-7: happy'
    """
    if not error <= 1e-2:
        said = "above 1e-2: probably wrong" + ", yet within the tolerance" * passed
    elif error > 1e-4:
        said = "above 1e-4: uncomfortable"
    else:
        limit, word = ("1e-7", "happy") if error <= 1e-7 else ("1e-4", "fine with kinks")
        said = f"≤ {limit}: {word}" if passed else f"≤ {limit}, yet the check failed"
    return f"{error:.3g} of max(|a|, |n|), {said}"
