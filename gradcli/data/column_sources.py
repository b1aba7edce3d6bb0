"""Where the columns of a table come from: a text with a header, a `.npz`, a mapped `.npy`.

Every source names its columns, counts its rows, and reads the columns that are asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from gradcli.data.arrow_files import ARROW, ArrowSource
from gradcli.data.columns import TextColumn
from gradcli.data.corpus import PLAIN, CorpusSource, TextOptions, is_of_text
from gradcli.data.delimited import DELIMITERS, Delimited, Lines, Rows
from gradcli.data.files import (
    called,
    is_stream,
    repeated,
    rereadable,
    resolve,
    suffix,
    text_stream,
)
from gradcli.data.folders import FolderSource, parts_of
from gradcli.data.numpy_files import Header, Npz, check_kind, check_text, load_npy, npy_header
from gradcli.errors import DataError
from gradcli.words import listed, nearest, quoted

if TYPE_CHECKING:
    import numpy.typing as npt

    Found = tuple[npt.NDArray[Any], list[str] | None]
    """A column as numbers and None, or as class numbers and the names of the classes."""

_SEPARATORS = {
    ",": ("commas", "name it .csv"),
    "|": ("bars", "save it with commas"),
}
_QUOTED = re.compile(r'"[^"]*"')
_ALSO = (";", "\t")
"""What may stand between the cells of a .csv, as its header shows."""


class ColumnSource(Protocol):
    """Some columns of a table, all in one file; with `gaps` an empty cell of a text is nan."""

    gaps: bool

    @property
    def path(self) -> str: ...

    @property
    def names(self) -> list[str]: ...

    def rows(self) -> int:
        """How many rows there are, at least one."""

    def read(
        self, names: Sequence[str], known: Mapping[str, Sequence[str]], numeric: AbstractSet[str]
    ) -> dict[str, Found]:
        """The named columns: those of `known` by their classes, those of `numeric` as numbers."""

    def candidates(self) -> list[str]:
        """The columns that may turn out to be numbers when they are read."""

    def label(self, name: str) -> str:
        """What an error calls a column's file."""

    def place(self, name: str, row: int) -> str:
        """Where a cell stands in the file."""


class TextSource:
    """The columns of a `.csv` or `.tsv` file, whose first line names them.

    Semicolons and tabs are known by that line. What can be read only once, such as standard input,
    is kept in memory.
    """

    gaps = False

    def __init__(self, path: str) -> None:
        self.path, self._piped = called(path), is_stream(path)
        self._text = Delimited(self.path, rereadable(path))
        self._text = replace(self._text, separator=self._separator())
        self._count: int | None = None
        head = next(self._text.chunks(), None)
        if head is None:
            raise DataError(f"{self.path} is empty")
        self.header = [cell.strip() for cell in head.cells[0]]
        self._refuse_header()

    def _separator(self) -> str:
        """What stands between the names of the header, outside quotes."""
        usual = self._text.delimiter
        with self._text.open() as binary, suppress(UnicodeDecodeError):
            names = _QUOTED.sub("", text_stream(self.path, binary).readline())
            if usual not in names:
                return next((mark for mark in _ALSO if mark in names), usual)
        return usual

    @cached_property
    def names(self) -> list[str]:
        return [name for name in self.header if name]

    def rows(self) -> int:
        if self._count is None:
            self.read((), {}, frozenset())
        return self._count or 0

    def read(
        self, names: Sequence[str], known: Mapping[str, Sequence[str]], numeric: AbstractSet[str]
    ) -> dict[str, Found]:
        columns = [
            TextColumn(self.path, name, known.get(name), name in numeric, self.gaps)
            for name in names
        ]
        places = [self.header.index(name) for name in names]
        count = 0
        for rows in self._data():
            count += len(rows)
            values = _numbers(rows, columns, places)
            for index, (column, place) in enumerate(zip(columns, places)):
                if values is not None:
                    column.add_numbers(values[:, index])
                else:
                    column.add(list(map(itemgetter(place), rows.cells)), rows.line)
        if not count:
            raise DataError(f"{self.path} has a header and no rows")
        self._count = count
        return {column.name: column.finish() for column in columns}

    def cells(self, names: Sequence[str]) -> dict[str, list[str]]:
        """The named columns as their text stands, but for the blanks around it."""
        found: dict[str, list[str]] = {name: [] for name in names}
        places = [(found[name], self.header.index(name)) for name in names]
        for rows in self._data():
            for column, at in places:
                column += [row[at].strip() for row in rows.cells]
        return found

    def first_cells(self, names: Sequence[str], count: int) -> dict[str, list[str]]:
        """The cells of the named columns in the first rows."""
        rows = self._text.first_rows(count + 1)[1:]
        places = {name: self.header.index(name) for name in names}
        return {name: [row[at].strip() for row in rows] for name, at in places.items()}

    def candidates(self) -> list[str]:
        return self.names

    def label(self, name: str) -> str:
        return self.path

    def place(self, name: str, row: int) -> str:
        for rows in self._data():
            if row < len(rows):
                return f"{self.path}: line {rows.line(row)}, column {quoted(name)}"
            row -= len(rows)
        return f"{self.path}: column {quoted(name)}"

    def _data(self) -> Iterator[Rows | Lines]:
        chunks = self._text.chunks()
        next(chunks, None)
        return chunks

    def hint(self, name: str) -> str:
        """How what a pipe brought could be read, where its header is a sentence."""
        sentence = self._piped and any(" " in cell for cell in self.header)
        return "--window 2 makes it a text" if sentence and is_of_text(name) else ""

    def _refuse_header(self) -> None:
        twice = repeated(self.names)
        if twice is not None:
            raise DataError(f"{self.path} has two columns named {quoted(twice)}")
        if len(self.header) == 1:
            for separator, (plural, hint) in _SEPARATORS.items():
                if separator in self.header[0] and separator != self._text.delimiter:
                    what = f"{self.path} has one column, {quoted(self.header[0])}"
                    raise DataError(f"{what}: its cells are separated by {plural}", hint=hint)


class NpzSource:
    """The arrays of a `.npz` file, rows first."""

    gaps = False

    def __init__(self, path: str) -> None:
        self.path = path
        self._archive = Npz(path)
        if not self._archive.keys:
            raise DataError(f"{path} is empty")

    @property
    def names(self) -> list[str]:
        return self._archive.keys

    def rows(self) -> int:
        return _rows(self._archive.header(self.names[0]), self.label(self.names[0]))

    def read(
        self, names: Sequence[str], known: Mapping[str, Sequence[str]], numeric: AbstractSet[str]
    ) -> dict[str, Found]:
        found: dict[str, Found] = {}
        for name in names:
            label = self.label(name)
            _rows(self._archive.header(name), label)
            array = self._archive.load(name, text=name not in numeric)
            found[name] = classified(array, label, known.get(name))
        return found

    def candidates(self) -> list[str]:
        headers = {name: self._archive.header(name) for name in self.names}
        return [name for name, header in headers.items() if header.numeric and header.shape]

    def label(self, name: str) -> str:
        return self._archive.label(name)

    def place(self, name: str, row: int) -> str:
        return f"{self.label(name)}[{row}]"


class NpySource:
    """One column, an array that stays on disk and is read where it is used, rows first."""

    gaps = False

    def __init__(self, name: str, path: str) -> None:
        self.path, self.names = path, [name]
        self._header = npy_header(path)
        _rows(self._header, path)

    def rows(self) -> int:
        return self._header.shape[0]

    def read(
        self, names: Sequence[str], known: Mapping[str, Sequence[str]], numeric: AbstractSet[str]
    ) -> dict[str, Found]:
        if not names:
            return {}
        name = self.names[0]
        check_kind(self._header, self.path, text=name not in numeric)
        mapped = load_npy(self.path, mapped=True)
        return {name: classified(mapped, self.path, known.get(name))}

    def candidates(self) -> list[str]:
        return self.names if self._header.numeric else []

    def label(self, name: str) -> str:
        return self.path

    def place(self, name: str, row: int) -> str:
        return f"{self.path}[{row}]"


PARTS = (*DELIMITERS, *ARROW)
"""The kinds of files that a folder may hold."""


def open_source(argument: str, text: TextOptions = PLAIN) -> ColumnSource:
    """The source that one `--data` names: a file, NAME=file.npy, or a folder of parts; `text` is
    how words are read, those of a pipe too where that is said."""
    kind = suffix(argument)
    if argument and os.path.isdir(os.path.expanduser(argument)):
        return FolderSource(argument, parts_of(argument, PARTS), open_source)
    name, equals, path = argument.partition("=")
    named = equals and name.strip() and not set(name) & set("/\\.")
    if named and kind == ".npy":
        _refuse_streams(path)
        return NpySource(name.strip(), path)
    if named and not os.path.exists(resolve(argument)) and os.path.exists(resolve(path)):
        hint = f"--data {path} brings its own names"
        raise DataError(f"{argument}: only a .npy array is given a name", hint=hint)
    if kind == ".txt" or (text.said and kind not in DELIMITERS and is_stream(argument)):
        return CorpusSource(argument, text)
    if kind in DELIMITERS or (kind not in (".npz", ".npy") and is_stream(argument)):
        return TextSource(argument)
    _refuse_streams(argument)
    if kind in ARROW:
        return ArrowSource(argument)
    if kind == ".npz":
        return NpzSource(argument)
    if kind == ".npy":
        base = os.path.splitext(os.path.basename(argument))[0]
        hint = f"--data {base}={argument}"
        raise DataError(f"{argument} is one array, which needs a name", hint=hint)
    kinds = f"{', '.join(PARTS)}, .txt, .npz or NAME=file.npy"
    raise DataError(f"{argument}: data is read from {kinds}")


def classified(array: npt.NDArray[Any], label: str, known: Sequence[str] | None) -> Found:
    """Numbers as they are, names as class numbers; by `known` classes where there are some."""
    import numpy as np

    if array.dtype.kind != "U":
        if known is not None:
            raise DataError(f"{label} holds numbers, not names of classes")
        return array, None
    check_text(array, label)
    names, codes = np.unique(array, return_inverse=True)
    classes = [str(name) for name in names]
    numbers = codes.reshape(array.shape).astype(np.float64)
    if known is None:
        return numbers, classes
    position = {name: index for index, name in enumerate(known)}
    for code, name in enumerate(classes):
        if name not in position:
            row = int(np.argwhere(codes.reshape(array.shape) == code)[0][0])
            hint = nearest(name, known) or f"the classes are {listed(map(quoted, known))}"
            raise DataError(f"{label}[{row}]: {quoted(name)} is not one of the classes", hint=hint)
    mapping = np.array([position[name] for name in classes], dtype=np.float64)
    return mapping[numbers.astype(np.intp)], list(known)


def _numbers(
    rows: Rows | Lines, columns: Sequence[TextColumn], places: Sequence[int]
) -> npt.NDArray[Any] | None:
    """The cells of columns that are known to hold numbers, where it is quicker to read all."""
    if not isinstance(rows, Lines) or 2 * len(columns) <= rows.width:
        return None
    if not all(column.settled for column in columns):
        return None
    found = rows.numbers()
    return None if found is None else found[:, places]


def _rows(header: Header, label: str) -> int:
    if not header.shape:
        raise DataError(f"{label} is a single number, a column has rows")
    if not header.shape[0]:
        raise DataError(f"{label} has no rows")
    return header.shape[0]


def _refuse_streams(path: str) -> None:
    if is_stream(path):
        hint = "save the data to a file first"
        raise DataError(f"{called(path)} is no regular file", hint=hint)
