"""One column of a table on a screen: its heading and cells in lines, numbers at their points."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from rich.cells import cell_len as width

from gradcli.report.folded import folded, narrowest
from gradcli.rounded import is_number, is_text

_LONG_WORD = 24
"""Columns from which a word of a text may be broken. Numbers never are."""

_PARTS = re.compile(r"[_/\s]*[^_/\s]+[_/]*")
"""Of a heading, between which it may be broken: `validation_`, `loss`."""

_POINT = re.compile(r"\.|(?<=\d)e")
"""Where the whole part of a number ends, if it has more than that."""


@dataclass(frozen=True)
class TableColumn:
    """A column, spelled out; it never changes, but makes narrower ones of itself."""

    name: str
    """The heading on one line."""
    heading: list[str]
    cells: list[list[str]]
    """The lines of each cell."""
    numbers: bool
    least_cell: int
    """In this width no number of a cell is broken, and no word but a long one."""
    implied: list[bool]
    """Which cells another column says too, so that they may go where the table is too wide."""
    spare: int = 0
    """Its place among those that go where the table is too wide; 0 where it stays."""
    key: bool = False
    """Whether it says what a row is of."""
    note: tuple[str, str] | None = None
    """What its cells write for what, if they do: it goes into the caption."""
    tight: bool = False
    """Whether no blanks stand around its operators."""
    terser: Sequence[Callable[[], TableColumn]] = ()
    """The column in spellings that take ever less room."""
    group: str = ""
    """What its heading and those beside it begin with, written once above them."""

    @cached_property
    def body(self) -> int:
        """The width of the cells alone."""
        return max((width(line) for lines in self.cells for line in lines), default=0)

    @cached_property
    def head(self) -> int:
        """The width of the heading alone."""
        return max(map(width, self.heading))

    @property
    def width(self) -> int:
        return max(self.head, self.body)

    @property
    def least(self) -> int:
        return max(self.head, self.least_cell)

    @property
    def constant(self) -> str:
        """What all cells say, of which there are several; or nothing."""
        first = self.cells[0] if len(self.cells) > 1 else [""]
        return first[0] if len(first) == 1 and all(cell == first for cell in self.cells) else ""

    def spelled(self, level: int) -> TableColumn:
        """The column as it stands at level 0, in a terser spelling at each that follows."""
        return self.terser[level - 1]() if 0 < level <= len(self.terser) else self

    def unimplied(self) -> TableColumn:
        """The column without the cells that another one says too."""
        if not any(self.implied):
            return self
        cells = [[""] if i else cell for cell, i in zip(self.cells, self.implied, strict=True)]
        return replace(self, cells=cells)

    def folded(self, room: int) -> TableColumn:
        """The column in that many columns of the screen, its cells over more lines."""
        if room >= self.body:
            return self
        return replace(
            self, cells=[folded("\n".join(lines), room, self.tight) for lines in self.cells]
        )

    def wrapped(self, group: str = "") -> TableColumn:
        """The column with its heading over as many lines as make it no wider than its cells, as
        far as its words allow, and without the `group` that it begins with."""
        parts = _PARTS.findall(self.name.removeprefix(group)) or [self.name]
        room = max(self.body, *map(width, parts))
        lines = [""]
        for part in parts:
            if lines[-1] and width(lines[-1] + part) > room:
                lines.append("")
                part = part.lstrip()
            lines[-1] += part
        return replace(self, heading=lines, group=group)

    def aligned(self) -> TableColumn:
        """A column of numbers with their points under each other."""
        tails = [_tail(lines[0]) for lines in self.cells]
        most = max(tails, default=0)
        padded = [
            [lines[0] + " " * (most - tail) * (lines[0] != "")]
            for lines, tail in zip(self.cells, tails, strict=True)
        ]
        return replace(self, cells=padded)


def column(
    name: str,
    values: Sequence[Any],
    spelled: Callable[[Any], str],
    spare: int = 0,
    implied: Sequence[bool] = (),
    key: bool = False,
    tight: bool = False,
    note: tuple[str, str] | None = None,
) -> TableColumn:
    """The column of that heading and those values."""
    texts = [spelled(value) for value in values]
    numbers = all(is_number(value) for value, text in zip(values, texts, strict=True) if text)
    least = 0
    for value, text in zip(values, texts, strict=True):
        word = narrowest(text, tight)
        least = max(least, min(word, _LONG_WORD) if is_text(value) else word)
    cells = [text.split("\n") for text in texts]
    return TableColumn(name, [name], cells, numbers, least, list(implied), spare, key, note, tight)


def _tail(number: str) -> int:
    """How far a number reaches from its point on: 3 of `2.50`, 0 of `12` and of `nan`."""
    point = _POINT.search(number)
    return len(number) - point.start() if point else 0
