"""The words of messages: the nearest known name, counted things, names in lists and in quotes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from unicodedata import name as character_name
from unicodedata import normalize

_LOOKS_LATIN = str.maketrans(
    "асеорхуіјѕԁһАВСЕНІЈКМОРЅТХУ" + "οΑΒΕΖΗΙΚΜΝΟΡΤΥΧν",
    "aceopxyijsdhABCEHIJKMOPSTXY" + "oABEZHIKMNOPTYXv",
)
"""Cyrillic and Greek letters to the Latin ones that they look like."""

_LIKE = 0.65
"""The least likeness of two names, of which one is meant."""

_LONGEST = 60
"""Characters of a text that are quoted."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that is most like `name`, or nothing.

    Names that only look alike, such as ﬁ and fi, are told apart by their characters.
    """
    known = sorted(known)
    for other in known:
        if other != name and _look(other) == _look(name):
            apart = (a for a, b in zip(other, name) if a != b)  # such as é in one character
            odd = next((c for c in other + name if _look(c) != c), None) or next(apart, name[-1:])
            return f"did you mean {quoted(other)}? {character(odd)}"
    found = near(name, known)
    return f"did you mean {quoted(found)}?" if found else ""


def near(name: str, known: Iterable[str], like: float = _LIKE) -> str:
    """The known name that is most like `name`, or nothing; capitals and underscores count for
    nothing: ReLU is like relu."""
    known = sorted(known)
    folded = {_folded(other): other for other in reversed(known) if other != name}
    if _folded(name) in folded:
        return folded[_folded(name)]
    return _likest(name, known, like) or folded.get(_likest(_folded(name), folded, like), "")


def _likest(name: str, known: Iterable[str], like: float) -> str:
    """The first of the most alike, or nothing where none is alike enough."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(b=name)
    found = ""
    for other in known:
        matcher.set_seq1(other)
        # The quick ratios, which spare most of the work, are never below the ratio.
        if matcher.real_quick_ratio() >= like and matcher.quick_ratio() >= like:
            ratio = matcher.ratio()
            if ratio > like or (ratio == like and not found):
                found, like = other, ratio
    return found


def _folded(name: str) -> str:
    return name.casefold().replace("_", "")


def _look(name: str) -> str:
    return normalize("NFKC", name).translate(_LOOKS_LATIN)


def character(odd: str) -> str:
    """`'𝜎' is U+1D70E MATHEMATICAL ITALIC SMALL SIGMA`."""
    return f"'{odd}' is U+{ord(odd):04X} {character_name(odd, '')}"


def counted(number: int, what: str) -> str:
    """`1 step`, `2,000 steps`."""
    return f"{number:,} {what}" + "s" * (number != 1)


def listed(names: Iterable[str], most: int = 12) -> str:
    """`a, b, c`, the first few of many."""
    first = list(islice(names, most + 1))
    return ", ".join(first[:most]) + ", …" * (len(first) > most)


def joined(names: Iterable[str], by: str) -> str:
    """`a, b or c`."""
    *most, last = names
    return f"{', '.join(most)} {by} {last}" if most else last


def quoted(text: str) -> str:
    """A name or a cell in quotes on one line, cut where it is long."""
    text = text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")
    return f"'{text[:_LONGEST]}…'" if len(text) > _LONGEST else f"'{text}'"
