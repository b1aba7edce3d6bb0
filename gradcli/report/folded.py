"""Long cells over several lines: broken between words, arrays hung under their brackets."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len as width


def folded(text: str, room: int) -> list[str]:
    """The lines of `text` in `room` columns; a line within an array starts under the bracket that
    it belongs to. Only a word that is longer than a line is broken itself."""
    lines: list[str] = []
    for starts, indent, word in _words(text):
        if not starts and width(lines[-1]) + 1 + width(word) <= room:
            lines[-1] += " " + word
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


def narrowest(text: str) -> int:
    """The columns in which `folded` breaks no word."""
    return max(indent * (not starts) + width(word) for starts, indent, word in _words(text))


def _words(text: str) -> Iterator[tuple[bool, int, str]]:
    """Each word, whether it starts a line, and the number of brackets around it.

    The blanks that a line starts with belong to its first word.
    """
    depth = 0
    for line in text.split("\n"):
        blanks = line[: len(line) - len(line.lstrip(" "))]
        for place, word in enumerate(line.lstrip(" ").split(" ")):
            yield not place, depth, word if place else blanks + word
            depth = max(0, depth + word.count("[") - word.count("]"))
