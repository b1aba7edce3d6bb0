"""Why a cell that people take for a number is none, and how to write it.

A number has ASCII digits, a point for its decimals, `-` for its minus, and nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from gradcli.words import quoted

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"
_CURRENCY = "$€£¥₹"
_THOUSANDS = re.compile(r"([+-]?\d{1,3})(([,.' ])\d{3}(?:\3\d{3})*)((?!\3)[.,]\d+)?")
_LIKE_NUMBERS = re.compile(
    rf"[+\-{_DASHES}]?[{_CURRENCY}]?\s?[+\-]?[.,]?\d[\d.,_'’\s]*(?:[eE][+\-{_DASHES}]?\d+)?"
    rf"\s?[%{_CURRENCY}]?|0[xX][0-9a-fA-F]+"
)
_WITH_UNIT = re.compile(r"([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)\s*([^\W\d_][^\s\d]*)")
ABSENCES = ("na", "n/a", "#n/a", "null", "none", "nil", "missing", "-", "--", "?", ".")
_ABSENT = "--missing drop leaves such rows out"
_LONGEST = 40
"""Characters of a text that may be meant as a number."""


def like_a_number(words: Iterable[str]) -> str | None:
    """The first of the words that people may take for a number: 1,5 or $5 or 5%."""
    return next((word for word in words if _LIKE_NUMBERS.fullmatch(word)), None)


def no_number(word: str) -> tuple[str, str]:
    """What is wrong with a word that stands where a number should, and the hint; or no hint.

    >>> no_number("1.234,5")
    ("'1.234,5' is no number", 'write 1234.5')
    """
    if not word:
        return "the cell is empty", _ABSENT
    plain = "".join(map(_ascii, word)).strip()
    if not any(c.isdecimal() for c in plain) or len(plain) > _LONGEST:
        return f"{quoted(word)} is no number", _ABSENT if word.lower() in ABSENCES else ""
    dash = next((c for c in word if c in _DASHES), "")
    blank = next((c for c in word if not c.isascii() and _is_blank(c)), "")
    what = "is no number"
    if dash:
        what = f"has {_code(dash)} for a minus"
    elif blank:
        what = f"has {_code(blank)} in it"
    elif any(c.isdecimal() and not c.isascii() for c in word):
        what = "has other digits than 0 to 9"
    return f"{quoted(word)} {what}", _rewritten(plain)


def _ascii(character: str) -> str:
    """The ASCII character that stands for a digit, a dash or a blank of another alphabet."""
    if character.isascii():
        return character
    if character in _DASHES:
        return "-"
    if _is_blank(character):
        return " " if character.isspace() else ""
    return "'" if character == "’" else str(unicodedata.decimal(character, character))


def _is_blank(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cf"


def _rewritten(text: str) -> str:
    """The hint that spells the number which a text may mean, "" where none is meant."""
    if "%" in text:
        return "leave the percent sign out"
    if any(sign in text for sign in _CURRENCY):
        return "leave the currency sign out"
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text):
        return f"write {int(text, 16)}"
    if (grouped := _THOUSANDS.fullmatch(text)) and not _reads(text):
        meant = f"write {(grouped[1] + grouped[2]).replace(grouped[3], '')}"
        if grouped[4]:
            return meant + grouped[4].replace(",", ".")
        decimal = grouped[3] == "," and text.count(",") == 1
        return meant + f", or {text.replace(',', '.')} where the comma begins decimals" * decimal
    if re.search(r"\d\s+[+-]?[.\d]", text):
        return "separate numbers by commas"
    for meant in (text, text.replace(",", "."), text.replace("_", ""), text.replace(" ", "")):
        if _reads(meant):
            return f"write {meant}"
    unit = _WITH_UNIT.fullmatch(text)
    return f"write {unit[1]} alone" if unit and unit[2][0].isalpha() else ""


def _reads(text: str) -> bool:
    """Whether a cell may be spelled so."""
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii() and "_" not in text and text == text.strip()


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"
