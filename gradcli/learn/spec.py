"""A choice spelled NAME[:option=value,…], such as `adam:beta1=0.8,eps=1e-6`, parsed and checked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gradcli.errors import UsageError
from gradcli.words import listed, nearest


@dataclass(frozen=True)
class Range:
    """The numbers that an option takes: in words, and as a test."""

    words: str
    holds: Callable[[float], bool]


FRACTION = Range("at least 0 and less than 1", lambda v: 0 <= v < 1)
SHARE = Range("between 0 and 1", lambda v: 0 <= v <= 1)
FACTOR = Range("more than 0 and at most 1", lambda v: 0 < v <= 1)
NOT_NEGATIVE = Range("at least 0", lambda v: v >= 0)
POSITIVE = Range("more than 0", lambda v: v > 0)
COUNT = Range("a whole number, at least 0", lambda v: v >= 0 and v == int(v))
LENGTH = Range("a whole number, at least 1", lambda v: v >= 1 and v == int(v))

Given = Mapping[str, float]
Default = float | Callable[[int, Given], float]


@dataclass(frozen=True)
class Option:
    """One option: its default, which may depend on the run's steps and the options before it."""

    default: Default
    range: Range

    def value(self, steps: int, given: Given) -> float:
        """The default in a run of so many steps."""
        return self.default if isinstance(self.default, float | int) else self.default(steps, given)


Options = Mapping[str, Option]


@dataclass(frozen=True)
class Choice:
    """A name of a table and the options that were given with it."""

    name: str
    given: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        options = ",".join(f"{name}={value!r}" for name, value in self.given.items())
        return f"{self.name}:{options}" if options else self.name

    def options(self, table: Options, steps: int = 1) -> dict[str, float]:
        """Every option of the table with the value it has in a run of so many steps."""
        values: dict[str, float] = {}
        for name, option in table.items():
            values[name] = self.given[name] if name in self.given else option.value(steps, values)
        return values


def parse_choice(kind: str, text: str, tables: Mapping[str, Options]) -> Choice:
    """The choice that `text` spells; `kind` is what its name is called in an error.

    Raises UsageError for a name that is not in `tables`, and for an option that is unknown, given
    twice, no number, or out of its range.
    """
    name, colon, rest = text.strip().partition(":")
    name = name.strip()
    if name not in tables:
        what = f"there is no {kind} {name!r}" if name else f"the {kind} has no name"
        raise UsageError(what, hint=nearest(name, tables) or f"the {kind}s are {listed(tables)}")
    table, subject = tables[name], f"{kind} {name}"
    given: dict[str, float] = {}
    for item in rest.split(",") if colon else ():
        option, equals, number = (part.strip() for part in item.partition("="))
        if not option or not equals:
            hint = f"write option=value; its options are {listed(table)}" if table else ""
            raise UsageError(f"{subject}: {item.strip()!r} is no option", hint=hint)
        if option not in table:
            hint = nearest(option, table) or f"its options are {listed(table)}" if table else ""
            raise UsageError(f"{subject} has no option {option!r}", hint=hint)
        if option in given:
            raise UsageError(f"{subject}: {option} is given twice", hint="leave one of them out")
        given[option] = _number(f"{subject}: {option}", number, table[option].range)
    return Choice(name, given)


def _number(what: str, text: str, allowed: Range) -> float:
    try:
        value = float(text) if text.isascii() else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{what} must be a number, not {text!r}")
    if not allowed.holds(value):
        raise UsageError(f"{what} must be {allowed.words}, not {text}")
    return value
