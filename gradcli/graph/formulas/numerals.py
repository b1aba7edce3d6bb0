"""Exact numbers of formulas: decimals and quotients instead of the floats nearest to them."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import gcd, isqrt, lcm

from gradcli.graph.ops.call_text import number_text

_LARGEST_PART = 10**6
_LARGEST_DIVISOR = 10**4
_SHORT_DECIMAL = 4
_SMALL = 12
_WHOLE = 10**15


Number = int | Fraction
"""An exact number; most are whole, and Python's own are several times as fast as fractions."""


def exact(value: Number | float) -> Number:
    """The number itself; of a float the decimal that it is written as, or a quotient such as 2/3
    that rounds to it."""
    if isinstance(value, float):
        if value.is_integer() and abs(value) < _WHOLE:
            return int(value)
        written = Fraction(repr(value))
        near = written.limit_denominator(_LARGEST_DIVISOR)
        value = near if near.numerator / near.denominator == value else written
    return value.numerator if value.denominator == 1 else value


def magnitude(value: Number) -> Number:
    """The number without its sign."""
    return -value if value < 0 else value


def over(a: Number, b: Number) -> Number:
    """a / b."""
    if type(a) is int and type(b) is int:
        return a // b if a % b == 0 else Fraction(a, b)
    return exact(Fraction(a) / b)


def raised(value: Number, exponent: int) -> Number:
    """A whole power."""
    return value**exponent if exponent >= 0 else over(1, value**-exponent)


@lru_cache(4_096)
def spelled(value: Number) -> tuple[str, str]:
    """A number as a decimal, as a quotient of small numbers, or else as the nearest float.

    >>> spelled(Fraction(1, 4)), spelled(Fraction(2, 3))
    (('0.25', ''), ('2', '3'))
    """
    if type(value) is int and abs(value) < _WHOLE:
        return str(value), ""
    try:
        near = value.numerator / value.denominator
    except OverflowError:
        return ("inf" if value > 0 else "-inf"), ""
    text = number_text(near)
    if Fraction(text) == value and (
        len(text) <= _SHORT_DECIMAL
        or abs(value.numerator) > _SMALL
        or str(value.denominator).strip("0") == "1"
    ):
        return text, ""
    if max(abs(value.numerator), value.denominator) < _LARGEST_PART:
        return str(value.numerator), str(value.denominator)
    return text, ""


def content(values: list[Number]) -> Number:
    """What numbers have in common before brackets: 2 of 2x + 4y, 1/6 of x/3 - y/2."""
    sizes = {magnitude(value) for value in values}
    if len(sizes) == 1:
        return sizes.pop()
    if any(max(size.numerator, size.denominator) >= _LARGEST_DIVISOR for size in sizes):
        return 1
    above = gcd(*(size.numerator for size in sizes))
    return over(above, lcm(*(size.denominator for size in sizes)))


def root(value: Number, exponent: Number) -> Number | None:
    """value^exponent where that is a small rational number, for a value above 0.

    >>> root(Fraction(4, 9), Fraction(1, 2)), root(Fraction(2), Fraction(1, 2))
    (Fraction(2, 3), None)
    """
    if exponent.denominator == 1:
        return raised(value, int(exponent)) if magnitude(exponent) <= 64 else None
    if exponent.denominator != 2 or value <= 0 or magnitude(exponent) > 64:
        return None
    above, below = isqrt(value.numerator), isqrt(value.denominator)
    if (above**2, below**2) != (value.numerator, value.denominator):
        return None
    return raised(over(above, below), exponent.numerator)
