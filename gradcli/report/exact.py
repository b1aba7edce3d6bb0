"""How values are spelled for programs: exactly, in a cell and in JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from json.encoder import JSONEncoder
from typing import Any

from gradcli.rounded import Abridged

_NON_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
# Rarely needed, and so compiled by `re` when they are: that spares every start half a millisecond.
_STRING_OR_NON_FINITE = r'"(?:[^"\\]|\\.)*"|NaN|-?Infinity'
_UNSAFE = "[\x00-\x1f\x7f-\x9f\u2028\u2029\\\\]"
_UNSAFE_IN_JSON = "[\x7f-\x9f\u2028\u2029]"
_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}


def _plain(value: Any) -> Any:
    """A NumPy array as nested lists, a NumPy scalar as Python's: both know how."""
    return value.tolist()


def json_encoder(*, compact: bool = False, ascii_only: bool = False) -> Callable[[Any], str]:
    """A function from a value to JSON in which every number reads back bit for bit.

    What is not finite is a string, "NaN", "Infinity" or "-Infinity". Arrays are nested lists.
    Characters that drive a terminal or end a line are escaped.
    """
    separators = (",", ":") if compact else (", ", ": ")
    encode = JSONEncoder(ensure_ascii=ascii_only, separators=separators, default=_plain).encode

    def to_json(value: Any) -> str:
        text = encode(value)
        if "NaN" in text or "Infinity" in text:
            text = re.sub(_STRING_OR_NON_FINITE, _quoted, text)
        if not text.isascii() or "\x7f" in text:
            text = re.sub(_UNSAFE_IN_JSON, lambda match: f"\\u{ord(match[0]):04x}", text)
        return text

    return to_json


def _quoted(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('"') else f'"{match[0]}"'


_compact = json_encoder(compact=True)


def exact_float(value: float) -> str:
    """The shortest decimal that reads back as the same bits."""
    text = repr(value)
    return _NON_FINITE.get(text, text)


def one_line(text: str) -> str:
    """`text` on one line and harmless on a terminal: control characters, line separators and the
    backslash as escapes (\\t, \\n, \\r, \\\\, \\x1b, \\u2028)."""
    if text.isprintable() and "\\" not in text:
        return text
    return re.sub(_UNSAFE, _escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return _ESCAPES.get(match[0]) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")


_SPELLINGS: dict[type, Callable[[Any], str]] = {
    float: exact_float,
    str: one_line,
    Abridged: one_line,
    int: repr,
    bool: lambda value: "true" if value else "false",
    type(None): lambda value: "",
    list: _compact,
    tuple: _compact,
}


def exact(value: Any) -> str:
    """One cell of TSV: full precision, an array as compact JSON, nothing for None."""
    spell = _SPELLINGS.get(type(value))
    if spell is not None:
        return spell(value)
    return exact(_plain(value))


def readable_back(value: Any) -> str:
    """`value` as NAME=VALUE takes it: like `exact`, but inf and nan as the language spells them."""
    text = exact(value)
    if "N" in text or "I" in text:
        for word, spelling in _NON_FINITE.items():
            text = text.replace(f'"{spelling}"', word)
            text = word if text == spelling else text
    return text
