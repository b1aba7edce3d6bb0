"""NAME=LO:HI:N: many values of one number, from the one end to the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gradcli.errors import LanguageError, UsageError
from gradcli.graph.ops.call_text import number_text
from gradcli.language import Binding, Program
from gradcli.run.interpret import Value, finite

USUAL = 101
"""Points of a range that says no number."""

MOST = 1_000_000
"""Points of one range, or of the grid of two."""


@dataclass(frozen=True)
class ValueRange:
    """`count` values at equal distances, both ends among them."""

    low: float
    high: float
    count: int

    @cached_property
    def values(self) -> Any:
        """An array: both ends are exact, and 0.3 of 0:1:11 is that of the language."""
        import numpy as np

        steps, place = self.count - 1, np.arange(self.count)
        if max(abs(self.low), abs(self.high)) * steps < 1e300:
            values = (self.low * (steps - place) + self.high * place) / steps
        else:
            values = self.low * ((steps - place) / steps) + self.high * (place / steps)
        values[0], values[-1] = self.low, self.high
        return values


def range_of(binding: Binding, value: Callable[[Program], Value]) -> ValueRange:
    """The range of an argument, where `value` is that of an expression; LanguageError, which
    points into the argument, for one that is none."""
    name = binding.name
    low_end, high_end, *points = binding.range
    low, high = (_number(name, end, value(end)) for end in (low_end, high_end))
    if low == high:
        hint = f"give {name} one value: {name}={number_text(low)}"
        raise _error(high_end, "a range has two different ends", hint)
    if low > high:
        ends = f"{name}={_text(high_end)}:{_text(low_end)}"
        hint = f"write {ends}{f':{_text(points[0])}' if points else ''}"
        raise _error(high_end, "a range ends above its start", hint)
    if not points:
        return ValueRange(low, high, USUAL)
    count = _number(name, points[0], value(points[0]))
    hint = f"write {name}={_text(low_end)}:{_text(high_end)}:{USUAL}"
    if not count.is_integer() or count < 2:
        raise _error(points[0], "a range has a whole number of points, at least 2", hint)
    if count > MOST:
        raise _error(points[0], f"a range has {MOST:,} points at the most", hint)
    return ValueRange(low, high, int(count))


def _number(name: str, program: Program, value: Value) -> float:
    hint = f"write numbers: {name}=-3:3"
    if not isinstance(value, float):
        raise _error(program, "a range is that of one number, not of an array", hint)
    if not finite(value):
        raise _error(program, f"a range is made of finite numbers, not {number_text(value)}", hint)
    return value


def _text(program: Program) -> str:
    """A part of a range as it was typed."""
    start, stop = program.statements[0].span
    return program.text[start:stop]


def _error(program: Program, what: str, hint: str) -> LanguageError:
    return LanguageError(what, hint=hint, span=program.statements[0].span, text=program.text)


def refuse_ranges(ranges: Mapping[str, ValueRange], what: str) -> None:
    """UsageError for a range where `what` takes one value."""
    for name, values in ranges.items():
        value = number_text(values.low)
        raise UsageError(
            f"{name} has a range, and {what} takes one value",
            hint=f"give {name} a value: {name}={value}",
        )
