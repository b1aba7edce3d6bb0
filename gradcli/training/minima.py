"""The minima that a program's own comments know, such as `# minimum  f(3, 0.5) = 0`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gradcli.errors import GradError
from gradcli.question.assignments import values_of

_ENTRY = re.compile(r"#\s*minim(?:um|a)\s\s+(.*)")
_MORE = re.compile(r"#\s{4,}(.*)")
_INSIDE = r"\(((?:[^()]|\([^()]*\))*)\)"
_CALL = re.compile(rf"\w+{_INSIDE}\s*=\s*([^;,\n]+)")
_PLACES = re.compile(rf"([-+.\w]+) at ((?:[,\s]*(?:and\s+)?±?{_INSIDE})+)")
_PLACE = re.compile(rf"(±?){_INSIDE}")
_FORMULA = re.compile(r"[\w\s.+\-*/^()]+")


class Minimum(NamedTuple):
    """A point, an entry a parameter, and the value there; a local one where others lie lower."""

    point: tuple[float, ...]
    value: float
    local: bool = False


def known_minima(text: str) -> list[Minimum]:
    """What the comments of a program say, as `f(POINT) = VALUE` or `VALUE at POINT, POINT`.

    Points and values are constant formulas; ±POINT stands for two. A comment that says it in
    another way says nothing. It is a claim, which is to be checked before it is believed.
    """
    said = _entry(text)
    found: dict[tuple[float, ...], float] = {}
    for point, value in (*_calls(said), *_places(said)):
        numbers = [_number(formula) for formula in (*point, value)]
        if None not in numbers:
            *place, height = (number for number in numbers if number is not None)
            found.setdefault(tuple(place), height)
    lowest = min(found.values(), default=0.0)
    return [Minimum(point, value, value > lowest) for point, value in found.items()]


def _entry(text: str) -> str:
    """The entry `minimum` or `minima` of the comments, with the lines that go on with it."""
    lines = iter(text.splitlines())
    parts: list[str] = []
    for line in lines:
        entry = _ENTRY.fullmatch(line.rstrip())
        if entry:
            parts.append(entry[1])
            break
    for line in lines:
        more = _MORE.fullmatch(line.rstrip())
        if more is None:
            break
        parts.append(more[1])
    return "\n".join(parts)


def _calls(said: str) -> Iterator[tuple[list[str], str]]:
    for call in _CALL.finditer(said):
        # of a value that is spelled twice, f(…) = -sqrt(3)/2 = -0.87, either will do
        yield call[1].split(","), call[2].split("=")[-1]


def _places(said: str) -> Iterator[tuple[list[str], str]]:
    for places in _PLACES.finditer(said):
        for sign, inside in _PLACE.findall(places[2]):
            yield inside.split(","), places[1]
            if sign:
                yield [f"-({part})" for part in inside.split(",")], places[1]


def _number(formula: str) -> float | None:
    """The value of a constant formula; None for what is none."""
    if not _FORMULA.fullmatch(formula):
        return None
    try:
        value = values_of([f"value={formula.strip()}"], 0).values["value"]
    except GradError:
        return None
    return value if isinstance(value, float) else None
