"""Numbers as one would write them: 2, 1/32, -1.5, 1/sqrt(2), pi/2, log(2)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import exp, isqrt, log, pi

_NEAR = 1e-10
"""How far, for its size, a number may be from what is written for it."""

_DECIMAL = (1, 2, 4, 5, 8, 10, 100, 1_000)
"""Denominators of fractions that are written with a point."""

_FACTORS = {"pi": pi, "log(2)": log(2), "log(10)": log(10), "exp(1)": exp(1)}

_SMALL, _LARGE, _COUNT = 60, 1_000, 100_000
"""Up to what numbers beside a constant go, those of a fraction, and the n of 1/n."""


def spelled(value: float) -> str:
    """The shortest that is the number, in brackets where it begins with a sign that a product would
    need them for; else ten digits of it.

    >>> spelled(0.0625), spelled(-(0.5**0.5)), spelled(1.5707963267948966)
    ('1/16', '(-1/sqrt(2))', 'pi/2')
    """
    exact = next(_exact(abs(value)), "")
    if not exact:
        return f"{value:.10g}" if value > 0 else f"({value:.10g})"
    if value > 0:
        return exact
    return f"-{exact}" if exact[0].isdigit() and "/" not in exact else f"(-{exact})"


def _exact(value: float) -> Iterator[str]:
    """What the number may be, the simplest first."""
    part = _fraction(value, _LARGE)
    if part is not None:
        yield f"{float(part):g}" if part.denominator in _DECIMAL else str(part)
    elif 1 < value < 1e15 and _is_near(round(value), value):
        yield str(round(value))
    elif value < 1 < value * _COUNT and _is_near(1 / round(1 / value), value):
        yield f"1/{round(1 / value)}"
    for name, constant in _FACTORS.items():
        if (part := _fraction(value / constant, _SMALL)) is not None:
            yield _quotient(part.numerator, [name], part.denominator, [])
        if (part := _fraction(value * constant, _SMALL)) is not None:
            yield _quotient(part.numerator, [], part.denominator, [name])
    square = value * value
    for above, below, by in (([], [], 1.0), (["pi"], [], 1 / pi), ([], ["pi"], pi)):
        if (part := _fraction(square * by, _SMALL)) is not None:
            yield _root(part, above, below)


def _fraction(value: float, most: int) -> Fraction | None:
    """The fraction of numbers up to `most` that the value is, or None."""
    if not 1 / most / 2 < value < 2 * most:
        return None
    part = Fraction(value).limit_denominator(most)
    return part if part.numerator <= most and _is_near(float(part), value) else None


def _is_near(one: float, other: float) -> bool:
    return abs(one - other) <= _NEAR * abs(other)


def _root(part: Fraction, above: list[str], below: list[str]) -> str:
    """The root of a fraction times what stands above and below, squares taken out of it."""
    top, over = _squares(part.numerator)
    bottom, under = _squares(part.denominator)
    numerator = ([str(over)] if over > 1 else []) + above
    denominator = ([str(under)] if under > 1 else []) + below
    if numerator and denominator:
        both = f"sqrt({'*'.join(numerator)}/{_product(denominator)})"
        return _quotient(top, [both], bottom, [])
    roots = [f"sqrt({'*'.join(parts)})" if parts else "" for parts in (numerator, denominator)]
    return _quotient(top, [r for r in roots[:1] if r], bottom, [r for r in roots[1:] if r])


def _squares(number: int) -> tuple[int, int]:
    """a and b with number = a²·b, a the largest."""
    root = next(n for n in range(isqrt(number), 0, -1) if number % (n * n) == 0)
    return root, number // (root * root)


def _quotient(numerator: int, above: list[str], denominator: int, below: list[str]) -> str:
    """`2*pi/3`, `1/(2*pi)`, `sqrt(2)`."""
    top = ([str(numerator)] if numerator > 1 or not above else []) + above
    bottom = ([str(denominator)] if denominator > 1 else []) + below
    return "*".join(top) + (f"/{_product(bottom)}" if bottom else "")


def _product(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({'*'.join(parts)})"
