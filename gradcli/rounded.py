"""How values are spelled for people: to some significant digits, large arrays in brief."""

from __future__ import annotations

import math
import re
from json.encoder import JSONEncoder
from typing import Any


class Abridged(str):
    """A text that a terminal shows in `brief`."""

    brief: str

    def __new__(cls, text: str, brief: str) -> Abridged:
        made = super().__new__(cls, text)
        made.brief = brief
        return made


FEW = 12
"""Entries of an array, at the most, that are all shown."""

_ALL_DIGITS = 17
"""Significant digits that tell every double from its neighbours."""

_SHOWN = 3
"""Entries that stand for a large array."""

_STRING_OR_FLOAT = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|-?Infinity|NaN')
_BETWEEN_ROWS = re.compile(r"(\],) (\[+)")
_encode = JSONEncoder(ensure_ascii=False).encode


def is_text(value: Any) -> bool:
    """A text, or texts side by side."""
    return isinstance(value, str) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], str)
    )


def is_number(value: Any) -> bool:
    """A number, Python's or NumPy's; True and False are none."""
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float)) or getattr(value, "shape", None) == ()


def rounded(value: Any, digits: int) -> str:
    """`value` with its floats to that many significant digits (17: the digits they have), names
    side by side, and nothing for None and an empty list."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return _rounded_float(value, digits)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, (list, tuple)):  # a NumPy array or scalar
        return rounded(value.tolist(), digits) or "[]"
    if all(isinstance(entry, str) for entry in value):
        return ", ".join(value)
    return _STRING_OR_FLOAT.sub(lambda match: _rounded_token(match[0], digits), _encode(value))


def _rounded_token(text: str, digits: int) -> str:
    if text.startswith('"') or text.lstrip("-").isdecimal():
        return text
    return _rounded_float(float(text), digits)


def _rounded_float(value: float, digits: int) -> str:
    if digits < _ALL_DIGITS:
        return format(value + 0.0, f".{digits}g")  # a rounded -0 is a plain 0
    return repr(float(value)).removesuffix(".0")


def brief(value: Any, digits: int, most: int = FEW) -> str:
    """`value` like `rounded`, but of an array of more than `most` entries only the shape and the
    first few, without a look at the rest; a small one takes a line for each of its rows."""
    if isinstance(value, Abridged):
        return value.brief
    shape, first = _outline(value)
    if math.prod(shape) > most and not isinstance(first[0], str):
        return _opening(shape, first, digits)
    text = rounded(value, digits)
    if len(shape) < 2:
        return text
    return _BETWEEN_ROWS.sub(lambda m: f"{m[1]}\n{' ' * (len(shape) - len(m[2]))}{m[2]}", text)


def _outline(value: Any) -> tuple[list[int], Any]:
    """The shape of an array, and its first innermost row."""
    shape: list[int] = []
    first: Any = ()
    while isinstance(value, (list, tuple)) or (hasattr(value, "shape") and value.shape):
        shape.append(len(value))
        first = value
        if not shape[-1]:
            break
        value = value[0]
    return shape, first


def _opening(shape: list[int], first: Any, digits: int) -> str:
    """(100, 20) [[0.1, 0.2, 0.3, …], …]"""
    text = ", ".join(rounded(entry, digits) for entry in first[:_SHOWN])
    shown = _SHOWN
    for length in reversed(shape):
        text = f"[{text}, …]" if length > shown else f"[{text}]"
        shown = 1
    return f"({', '.join(map(str, shape))}) {text}"
