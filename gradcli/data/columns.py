"""A column of text cells becomes numbers, or class numbers with the names of the classes.

A column is all numbers or all text. A number is what Python's `float` reads, in ASCII and without
underscores. The words nan and inf are numbers among numbers and names among names. An empty cell is
neither. Blanks around a cell do not count.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gradcli.data.misspelt import ABSENCES, no_number
from gradcli.errors import DataError
from gradcli.words import listed, nearest, quoted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

# Not all that Python strips: a number after a no-break space is none.
_BLANKS = " \t\r\n\v\f"

_GAP = "nan"

Place = tuple[int, str]
"""The line of a cell, and its text."""


def is_absent(cell: str) -> bool:
    """Whether a cell says that there is nothing: it is empty, or NA, nan, null or the like."""
    word = cell.strip(_BLANKS).lower()
    return not word or word == _GAP or word in ABSENCES


def number(cell: str) -> float | None:
    """The number that a cell spells, None where it spells none."""
    if "_" in cell or not cell.isascii():
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def numbers(cells: Sequence[str]) -> Array | None:
    """The numbers of many cells, None where one of them spells none."""
    import numpy as np

    text = "".join(cells)
    if "_" in text or not text.isascii():
        return None
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None


_ZEROS = re.compile(r"[+-]?0\d")


def carried(cells: Sequence[str]) -> list[Any]:
    """Cells to be written again: numbers where all are, None where one is empty; else the text.

    What begins with a spare zero, as in 007, is no number but a code.
    """
    found: list[Any] = []
    for cell in cells:
        value = number(cell) if cell else None
        if cell and (value is None or _ZEROS.match(cell)):
            return list(cells)
        found.append(int(cell) if cell.lstrip("+-").isdecimal() else value)
    return found


class TextColumn:
    """One column of a file, cell by cell, until `finish` gives its array and its classes.

    `known` are the classes of the column where a checkpoint has numbered them; a column that is
    `numeric` there must hold numbers here. With `gaps`, a cell that is empty or says NA is nan,
    among class numbers too.
    """

    def __init__(
        self,
        path: str,
        name: str,
        known: Sequence[str] | None = None,
        numeric: bool = False,
        gaps: bool = False,
    ) -> None:
        self.path, self.name, self.numeric, self.gaps = path, name, numeric, gaps
        self.known = None if known is None else list(known)
        # Names are kept in the order of their first cells; a word such as nan waits among them for
        # the first finite number, which decides that the column is one of numbers.
        self._codes: dict[str, int] = {word: code for code, word in enumerate(known or ())}
        self._parts: list[Array] = []
        self._number: Place | None = None
        self._other: Place | None = None

    def add(self, cells: list[str], line: Callable[[int], int]) -> None:
        """Takes the next cells, `line` giving the line of each by its index."""
        import numpy as np

        if self.gaps:
            cells = [_GAP if is_absent(cell) else cell for cell in cells]
        if self.known is None:
            values = numbers(cells)
            if values is None:
                self._judge(cells, line)
            elif self._number is None:
                finite = np.flatnonzero(np.isfinite(values))
                if len(finite):
                    self._take_number((line(int(finite[0])), cells[finite[0]].strip(_BLANKS)))
            if self._number is not None and values is not None:
                self._parts.append(values)
                return
        words = [cell.strip(_BLANKS) for cell in cells]
        if self.known is not None:
            self._refuse_unknown(words, line)
        codes = (self._codes.setdefault(word, len(self._codes)) for word in words)
        self._parts.append(np.fromiter(codes, np.float64, len(words)))

    @property
    def settled(self) -> bool:
        """Whether this is a column of numbers for sure."""
        return self._number is not None

    def add_numbers(self, values: Array) -> None:
        """Takes the numbers of the next cells, of a column that is settled."""
        self._parts.append(values)

    def finish(self) -> tuple[Array, list[str] | None]:
        """The numbers and None, or the class numbers and the names by which they count."""
        import numpy as np

        if self.known is None and self._other is None:
            self._settle_as_numbers()
        array = np.concatenate(self._parts) if self._parts else np.empty(0)
        self._parts.clear()
        if self.known is not None:
            array[array == len(self.known)] = math.nan  # a gap has the next number
            return array, self.known
        if self._other is None:
            return array, None
        names = sorted(name for name in self._codes if not (self.gaps and name == _GAP))
        return renumbered(array, list(self._codes), names), names

    def _judge(self, cells: list[str], line: Callable[[int], int]) -> None:
        """Notes the first name and the first number among cells that are not all numbers."""
        seen = self._codes if self._number is None else {}
        for index, cell in enumerate(cells):
            word = cell.strip(_BLANKS)
            if word in seen:
                continue
            if not word:
                raise self._error(line(index), *no_number(word))
            value = number(word)
            if value is None:
                self._take_other((line(index), word))
            elif math.isfinite(value):
                self._take_number((line(index), word))

    def _take_number(self, place: Place) -> None:
        if self._number is None:
            self._number = place
            self._refuse_mixture()
            self._settle_as_numbers()

    def _take_other(self, place: Place) -> None:
        if self.numeric:
            raise self._error(place[0], *no_number(place[1]))
        if self._other is None:
            self._other = place
            self._refuse_mixture()

    def _refuse_mixture(self) -> None:
        if self._number is not None and self._other is not None:
            there = f"line {self._number[0]} has the number {quoted(self._number[1])}"
            what, hint = no_number(self._other[1])
            hint = hint or f"a column is all numbers or all text, and {there}"
            raise self._error(self._other[0], what, hint)

    def _settle_as_numbers(self) -> None:
        """Turns the words met so far, each a nan or an infinity, into numbers."""
        import numpy as np

        if self._codes:
            values = np.array([float(word) for word in self._codes])
            self._parts = [values[part.astype(np.intp)] for part in self._parts]
            self._codes = {}

    def _refuse_unknown(self, words: list[str], line: Callable[[int], int]) -> None:
        for index, word in enumerate(words):
            if word not in self._codes and not (self.gaps and word == _GAP):
                if not word:
                    raise self._error(line(index), *no_number(word))
                hint = nearest(word, self._codes)
                hint = hint or f"the classes are {listed(map(quoted, self._codes))}"
                raise self._error(line(index), f"{quoted(word)} is not one of the classes", hint)

    def _error(self, line: int, what: str, hint: str = "") -> DataError:
        return DataError(f"{self.path}: line {line}, column {quoted(self.name)}: {what}", hint=hint)


def renumbered(codes: Array, old: Sequence[str], new: Sequence[str]) -> Array:
    """Class numbers that counted by `old`, counted by `new`, which has all the same names."""
    import numpy as np

    position = {name: index for index, name in enumerate(new)}
    mapping = np.array([position.get(name, math.nan) for name in old], dtype=np.float64)
    there = np.isfinite(codes)
    if there.all():
        return mapping[codes.astype(np.intp)]
    found = np.full(codes.shape, math.nan)
    found[there] = mapping[codes[there].astype(np.intp)]
    return found
