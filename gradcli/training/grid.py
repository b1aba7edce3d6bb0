"""A grid of settings: --sweep NAME=V1,V2,… once or more, a descent for each combination."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from gradcli.errors import UsageError
from gradcli.question.assignments import values_of
from gradcli.words import listed, nearest

if TYPE_CHECKING:
    from gradcli.language import Program

NUMBERS = ("lr", "clip")
ALL = "all"
"""The size of a batch that has all rows."""

COUNTS = ("batch_size", "epochs", "steps", "patience")
CHOICES = ("optimizer", "schedule")

SETTINGS = (*NUMBERS, *COUNTS, *CHOICES)

MOST = 10_000
"""Descents of a grid, unless --yes."""

_BETWEEN = re.compile(r",(?![^,:]*=)")
"""A comma before a value, and not before an option of the one at hand: adam:beta1=0.9,beta2=0.9."""


def grid_of(
    texts: Sequence[str], program: Program, moving: Sequence[str], yes: bool
) -> list[dict[str, Any]]:
    """The settings of each descent by name, the last sweep the fastest to change.

    Raises UsageError for a text that is no NAME=V1,V2, for a name that is neither a setting nor a
    const, for a value that makes no sense, and for a grid that is too large.
    """
    sweeps: dict[str, list[Any]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name or not values.strip():
            raise UsageError(f"--sweep {text}: no NAME=V1,V2", hint="write --sweep lr=0.1,0.01")
        if name in sweeps:
            raise UsageError(f"--sweep {name} is given twice", hint="list all values in one")
        sweeps[name] = _values(name, values, program, moving)
    count = prod(map(len, sweeps.values()))
    if count > MOST and not yes:
        raise UsageError(f"a grid of {count:,} descents", hint="--yes runs it all the same")
    return [dict(zip(sweeps, each)) for each in product(*sweeps.values())]


def _values(name: str, text: str, program: Program, moving: Sequence[str]) -> list[Any]:
    parts = [part.strip() for part in _BETWEEN.split(text)]
    if name in CHOICES:
        found: list[Any] = parts
    elif name in COUNTS:
        found = [_count(name, part) for part in parts]
    else:
        if name not in NUMBERS:
            _check_const(name, program, moving)
        found = [_number(name, part) for part in parts]
    twice = next((value for place, value in enumerate(found) if value in found[:place]), None)
    if twice is not None:
        raise UsageError(f"--sweep {name} has {twice} twice", hint="leave one of them out")
    return found


def _check_const(name: str, program: Program, moving: Sequence[str]) -> None:
    consts = [s.name for s in program.statements if s.kind == "const"]
    if name in consts:
        return
    if name in moving:
        hint = f"hold it: const {name} = …"
        raise UsageError(f"--sweep {name}: {name} moves, and has no value to compare", hint=hint)
    known = [*SETTINGS, *consts]
    hint = nearest(name, known) or f"it is a const or one of {listed(known)}"
    raise UsageError(f"--sweep {name}: there is no such setting, and no const", hint=hint)


def _count(name: str, text: str) -> int | str:
    if name == "batch_size" and text == ALL:
        return ALL
    try:
        number = float(text) if text.isascii() else -1.0
    except ValueError:
        number = -1.0
    if number < 0 or not number.is_integer():
        raise UsageError(f"--sweep {name}: {text!r} is no whole number", hint=f"write {name}=16,32")
    return int(number)


def _number(name: str, text: str) -> float:
    value = values_of([f"{name}={text}"], 0).values[name] if text else None
    if not isinstance(value, float):
        raise UsageError(f"--sweep {name}: {text!r} is no number", hint=f"write {name}=0,1")
    return value


def named(settings: Mapping[str, Any]) -> str:
    """`lr 0.1, l2 0`."""
    shown = (f"{v:g}" if isinstance(v, float) else v for v in settings.values())
    return ", ".join(f"{name} {value}" for name, value in zip(settings, shown))
