"""Long cells over several lines: broken between words, arrays hung under their brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len as width

_AFTER_OPERATOR = re.compile(r"(?<=[\w)\]][-+*@·])(?<![\d.]e[-+])|(?<=[\w)\]]/)(?!∂)")
"""Behind an operator between two operands; the sign in `1e-05` is none, nor what is in ∂e/∂x."""


def folded(text: str, room: int, tight: bool = False) -> list[str]:
    """The lines of `text` in `room` columns; a line within an array starts under the bracket that
    it belongs to. Only a word that is longer than a line is broken itself; in a formula that is
    spelled `tight` a word ends at an operator, too."""
    lines: list[str] = []
    for starts, indent, word, blank in _words(text, tight):
        if not starts and width(lines[-1] + blank + word) <= room:
            lines[-1] += blank + word
            continue
        if starts or indent + width(word) > room:
            indent = 0
        line, used = " " * indent, indent
        for character in word:
            if used + width(character) > room and used:
                lines.append(line)
                line, used = "", 0
            line, used = line + character, used + width(character)
        lines.append(line)
    return lines


def narrowest(text: str, tight: bool = False) -> int:
    """The columns in which `folded` breaks no word."""
    words = _words(text, tight)
    return max(indent * (not starts) + width(word) for starts, indent, word, _ in words)


def _words(text: str, tight: bool) -> Iterator[tuple[bool, int, str, str]]:
    """Each word, whether it starts a line, the number of brackets around it, and what stands
    between it and the word before.

    The blanks that a line starts with belong to its first word.
    """
    depth = 0
    for line in text.split("\n"):
        blanks = line[: len(line) - len(line.lstrip(" "))]
        for place, word in enumerate(line.lstrip(" ").split(" ")):
            first, *others = _AFTER_OPERATOR.split(word) if tight else [word]
            yield not place, depth, first if place else blanks + first, " "
            for other in filter(None, others):
                yield False, depth, other, ""
            depth = max(0, depth + word.count("[") - word.count("]"))
