"""The names of a file: the user's where the language can spell them, else names made of these."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection

_MARKS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0307": "dot", "\u0308": "ddot"}
"""Marks above a letter that mathematics reads out."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def ascii_name(name: str) -> str:
    """A name of letters, digits and _ that reads as `name`.

    >>> [ascii_name(name) for name in ("θ", "x₁", "ŷ", "Σ")]
    ['theta', 'x_1', 'y_hat', 'Sigma']
    """
    parts: list[str] = []
    for letter in unicodedata.normalize("NFD", name):
        if letter.isascii():
            parts.append(letter)
        elif letter in _MARKS:
            parts.append(f"_{_MARKS[letter]}")
        elif unicodedata.combining(letter):
            continue
        else:
            parts.append(_spelled(letter))
    found = re.sub(r"[^A-Za-z0-9_]", "_", "".join(parts))
    return found if _PLAIN.fullmatch(found) else f"_{found}"


def _spelled(letter: str) -> str:
    plain = unicodedata.normalize("NFKC", letter)
    if plain.isascii():
        lower = "SUBSCRIPT" in unicodedata.name(letter, "") or plain.isdigit()
        return f"_{plain}" if lower else plain
    words = unicodedata.name(plain[0], f"u{ord(plain[0]):x}").split()
    last = words[-1].lower().replace("-", "_")
    return last.capitalize() if "CAPITAL" in words else last


class Identifiers:
    """Names of one file, no two of them alike and none reserved."""

    def __init__(self, reserved: Collection[str], spells: Callable[[str], bool]) -> None:
        self._taken, self._spells = set(reserved), spells
        self._count = 0

    def new(self, name: str) -> str:
        """An identifier for what the user calls `name`: that, or one like it that is free."""
        base = name if self._spells(name) else ascii_name(name)
        found, count = base, 1
        while found in self._taken:
            count += 1
            found = f"{base}_" if count == 2 else f"{base}_{count}"
        self._taken.add(found)
        return found

    def free(self, name: str) -> bool:
        """Whether nothing has that name."""
        return name not in self._taken

    def within(self) -> Identifiers:
        """The names of a function: those of the file, and its own, counted from 1."""
        return Identifiers(self._taken, self._spells)

    def counted(self) -> str:
        """The next of v1, v2, … that is free."""
        while True:
            self._count += 1
            if (found := f"v{self._count}") not in self._taken:
                self._taken.add(found)
                return found
