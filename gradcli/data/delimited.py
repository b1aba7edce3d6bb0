"""Rows of text cells from `.csv` and `.tsv` files, in chunks, each row with its line in the file.

Cells are quoted as in RFC 4180: a quoted cell may hold delimiters, newlines and doubled quotes.
All rows have as many cells as the first. Blank lines may only stand at the end.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, TextIO

from gradcli.data.files import bad_bytes, suffix, text_stream
from gradcli.errors import DataError
from gradcli.words import counted, quoted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

DELIMITERS = {".csv": ",", ".tsv": "\t"}

_CHUNK = 2048
_BLOCK = 1 << 16
"""Characters of lines that are read at a time, fewer than a cell may have."""
_READ_ASTRAY = frozenset("( \t\v\f")
_NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Rows:
    """Some consecutive rows of a file, of which the first begins in line `first`."""

    cells: list[list[str]]
    first: int
    one_line_each: bool

    def __len__(self) -> int:
        return len(self.cells)

    def line(self, index: int) -> int:
        """The physical line in which a row begins."""
        if self.one_line_each:
            return self.first + index
        above = self.cells[:index]
        return self.first + sum(1 + len(_NEWLINE.findall("|".join(row))) for row in above)


@dataclass(frozen=True)
class Lines:
    """Rows of `width` cells that are a line each, without a quote or a blank line."""

    text: str
    first: int
    width: int
    delimiter: str

    def __len__(self) -> int:
        return self.text.count("\n")

    @cached_property
    def cells(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.text), delimiter=self.delimiter, strict=True))

    def line(self, index: int) -> int:
        """The physical line in which a row begins."""
        return self.first + index

    def plain(self) -> bool:
        """Whether the text is such lines indeed."""
        import numpy as np

        text = self.text
        if len(text) > csv.field_size_limit() or any(mark in text for mark in '"\r\0'):
            return False
        if self.width == 1 and (text.startswith("\n") or "\n\n" in text):
            return False
        end, between = b"\n"[0], self.delimiter.encode()[0]
        marks = np.frombuffer(text.encode(), np.uint8)
        marks = marks[(marks == end) | (marks == between)]
        if len(marks) % self.width:
            return False
        marks = marks.reshape(-1, self.width)
        return bool((marks[:, -1] == end).all() and (marks[:, :-1] == between).all())

    def numbers(self) -> npt.NDArray[np.float64] | None:
        """Rows × cells, to the bit what `float` reads; None where a cell is not plainly a number.

        This takes half the time of a `float` a cell, or less.
        """
        import warnings

        import numpy as np

        # NumPy would read a nan(1), and a blank cell as -1.
        text = self.text
        if not text.isascii() or any(mark in text for mark in _READ_ASTRAY - {self.delimiter}):
            return None
        # The last number is left out, so that the text does not end in a separator.
        flat = text.replace("\n", self.delimiter) + "0"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", DeprecationWarning)
                found = np.fromstring(flat, sep=self.delimiter)
        except (DeprecationWarning, ValueError):
            return None
        # Empty cells between tabs are passed over as blanks.
        if found.size != len(self) * self.width + 1:
            return None
        return found[:-1].reshape(-1, self.width)


@dataclass(frozen=True)
class Delimited:
    """A delimited text that can be opened, and opened again to find the place of an error.

    `path` is its name as typed, `first` what the first row is called, `separator` stands between
    cells where it is not the one that the name says.
    """

    path: str
    open: Callable[[], AbstractContextManager[io.BufferedReader]]
    first: str = "the header"
    separator: str = ""

    @property
    def delimiter(self) -> str:
        return self.separator or DELIMITERS.get(suffix(self.path), ",")

    def chunks(self) -> Iterator[Rows | Lines]:
        """The rows in order, none blank, all of one width; the first chunk is the first row."""
        with self.open() as binary:
            try:
                yield from self._chunks(text_stream(self.path, binary))
            except (csv.Error, UnicodeDecodeError, _NulError):
                raise self._explained() from None

    def first_rows(self, count: int) -> list[list[str]]:
        """So many rows at the start, as far as there are so many."""
        with self.open() as binary:
            try:
                found = next(self._rows(text_stream(self.path, binary), 1, 0, count), None)
            except (csv.Error, UnicodeDecodeError, _NulError):
                raise self._explained() from None
        return [] if found is None else found.cells

    def _chunks(self, text: TextIO) -> Iterator[Rows | Lines]:
        """Plain lines as long as there are only such, and from then on whatever comes."""
        head = next(self._rows(text, 1, 0, 1), None)
        if head is None:
            return
        yield head
        line, width = head.line(1), len(head.cells[0])
        while block := text.read(_BLOCK):
            block += text.readline()
            tidy = block.replace("\r\n", "\n").removesuffix("\n") + "\n"
            lines = Lines(tidy, line, width, self.delimiter)
            if not lines.plain():
                rest = chain(io.StringIO(block, newline=""), text)
                yield from self._rows(rest, line, width, _CHUNK)
                return
            yield lines
            line += len(lines)

    def _rows(self, lines: Iterable[str], first: int, width: int, size: int) -> Iterator[Rows]:
        """The rows of lines that begin with line `first`, `size` and then more at a time.

        They have `width` cells, or as many as the first of them where that is 0. A fault comes
        after the rows before it, in which there may be another.
        """
        reader = csv.reader(_without_nul(lines), delimiter=self.delimiter, strict=True)
        line, blank = first, 0
        fault: Exception | None = None
        while fault is None:
            cells: list[list[str]] = []
            try:
                cells.extend(islice(reader, size))
            except (csv.Error, UnicodeDecodeError, _NulError) as error:
                fault = error
            if not cells:
                break
            if not width and not _is_blank(cells[0], width):
                width = len(cells[0])
            after = first + reader.line_num
            rows = Rows(cells, line, after - line == len(cells))
            if blank or not width or set(map(len, cells)) != {width}:
                kept, blank, wrong = self._checked(rows, width, blank)
                rows, fault = Rows(cells[:kept], line, rows.one_line_each), wrong or fault
            if rows.cells:
                yield rows
            line, size = after, _CHUNK
        if fault is not None:
            raise fault

    def _checked(self, rows: Rows, width: int, blank: int) -> tuple[int, int, DataError | None]:
        """How many rows stand before the blank end of the file, the first line of that end, and
        what is wrong behind them."""
        kept = 0
        for index, row in enumerate(rows.cells):
            if _is_blank(row, width):
                blank = blank or rows.line(index)
            elif blank:
                hint = "blank lines may only stand at the end"
                return kept, blank, DataError(f"{self.path}: line {blank} is blank", hint=hint)
            elif len(row) != width:
                line = f"line {rows.line(index)} has {counted(len(row), 'cell')}"
                text = quoted(self.delimiter.join(row))
                what = f"{self.path}: {line}, {self.first} has {width}: {text}"
                hint = self._hint(row, rows.line(index), width)
                return kept, blank, DataError(what, hint=hint)
            else:
                kept = index + 1
        return kept, blank, None

    def _hint(self, row: list[str], line: int, width: int) -> str:
        """Why a row may have another number of cells than the first."""
        with self.open() as binary:
            header = text_stream(self.path, binary).readline()
        for which, begin in ((1, header), (line, row[0])):
            if begin.startswith("#"):
                return f'line {which} begins with #: leave comments out, as grep -v "^#" does'
        if self.delimiter == "," and len(row) == 2 * width and all(map(str.isdecimal, row[1::2])):
            return f"where commas begin decimals, write points: {row[0]}.{row[1]}"
        return ""

    def _explained(self) -> DataError:
        """The error of a text that could not be read to its end, found by reading it again."""
        last = 0
        record: list[str] = []
        with self.open() as binary:
            lines = _noted(_without_nul(text_stream(self.path, binary)), record)
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            try:
                for _row in reader:
                    last = reader.line_num
                    record.clear()
            except csv.Error as error:
                return self._bad_record(str(error), "".join(record), last + 1)
            except (UnicodeDecodeError, _NulError):
                with self.open() as again:
                    return bad_bytes(self.path, again)
        return DataError(f"{self.path} changed while it was read")

    def _bad_record(self, error: str, record: str, line: int) -> DataError:
        """The error of a row with a quote or a cell without an end, named by where that begins."""
        cell = rf'"[^"]*(?:""[^"]*)*"|[^"{self.delimiter}\r\n][^{self.delimiter}\r\n]*|'
        before = re.compile(rf"(?:(?:{cell}){self.delimiter})*").match(record)
        start = before.end() if before else 0
        opened = line + len(_NEWLINE.findall(record, 0, start))
        if "end of data" in error:
            return DataError(f"{self.path}: the quote opened in line {opened} is never closed")
        if "field limit" in error:
            what = f"a cell of more than {csv.field_size_limit()} characters"
            what = f"{self.path}: line {opened} begins {what}"
            return DataError(what, hint="is a quote left open?")
        return DataError(
            f"{self.path}: the quote opened in line {opened} is closed in the middle of a cell",
            hint='inside quotes a quote is doubled: "5"" pipe"',
        )


def _is_blank(row: list[str], width: int) -> bool:
    return not row or (width != 1 and len(row) == 1 and not row[0].strip())


class _NulError(Exception):
    """A NUL character was met."""


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    # Before Python 3.11 the csv module refuses NUL, from 3.11 on it passes it.
    for line in lines:
        if "\0" in line:
            raise _NulError
        yield line


def _noted(lines: Iterator[str], record: list[str]) -> Iterator[str]:
    for line in lines:
        record.append(line)
        yield line
