"""The data of a program: the columns it names, and the arrays it declares of them, rows first."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any

from gradcli.data.corpus import PLAIN, TextOptions
from gradcli.data.later import Later
from gradcli.data.misspelt import like_a_number, no_number
from gradcli.data.tables import Gaps, Table, open_table
from gradcli.errors import DataError, LanguageError, Span, UsageError
from gradcli.graph.complaints import odd_header
from gradcli.graph.names import mentioned
from gradcli.graph.ops.op import Shape
from gradcli.hosts import hosts
from gradcli.language.definitions import CONSTANTS, plain_of
from gradcli.language.program import Program, Statement, header_of
from gradcli.question.class_names import class_of
from gradcli.question.quoted_names import (
    class_beside_column,
    may_be_class,
    no_such_name,
    refuse_constants,
)
from gradcli.words import joined, listed, nearest, quoted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Rows = slice | npt.NDArray[np.intp]


class Frame:
    """The data that one output of a program needs, by name.

    `classes` maps a column of text to the names that its numbers count; `scales` maps a name that
    is standardized to its mean and deviation, an entry a column.
    """

    def __init__(self, table: Table, parts: Mapping[str, Sequence[str]]) -> None:
        self.table, self.parts = table, dict(parts)
        self.scales: dict[str, tuple[Any, Any]] = {}
        self.gaps: Gaps | None = None
        """How missing cells were seen to, where that was asked for."""
        self._stacked: dict[str, Any] = {}
        for name, columns in self.parts.items():
            if list(columns) != [name]:
                self._stacked[name] = self._stack(name, columns)

    def twin(self) -> Frame:
        """The same data, to be standardized by itself."""
        found = copy(self)
        found.scales, found.parts = dict(self.scales), dict(self.parts)
        return found

    @property
    def classes(self) -> dict[str, list[str]]:
        return self.table.classes

    @property
    def rows(self) -> int:
        return self.table.rows

    @property
    def labels(self) -> Sequence[int]:
        """The number of every row in its file."""
        kept = self.table.kept
        return range(self.rows) if kept is None else kept.tolist()

    def shapes(self, rows: int | None = None) -> dict[str, Shape]:
        """The shape of every array, for all the rows or for so many."""
        count = self.rows if rows is None else rows
        return {name: (count, *self._array(name).shape[1:]) for name in self.parts}

    def take(self, name: str, rows: Rows | None = None) -> npt.NDArray[np.float64]:
        """Some rows as float64, standardized; of an array on disk only those are read."""
        import numpy as np

        array = np.asarray(self._array(name)[slice(None) if rows is None else rows], np.float64)
        if name in self.scales:
            mean, deviation = self.scales[name]
            array = (array - mean) / deviation
        return array

    def value(self, name: str) -> Any:
        """All rows, as the value of an input; where others have a part of them, a function that
        reads all of them."""
        return partial(self.take, name) if hosts().several else self.take(name)

    def apply_scales(self, scales: Mapping[str, Sequence[Any]]) -> None:
        """Standardizes by means and deviations that are known, of the names that are here."""
        import numpy as np

        for name, (mean, deviation) in scales.items():
            if name not in self.parts:
                continue
            columns, known = self._array(name).shape[1:], np.shape(mean)
            if columns != known:
                what = f"the rows of data {name} have shape {columns}"
                raise DataError(f"{what}, those of the parameters {known}")
            self.scales[name] = (np.asarray(mean), np.asarray(deviation))

    def standardize(self, names: Iterable[str], rows: Rows) -> None:
        """From now on the named arrays have mean 0 and deviation 1 over `rows`."""
        import numpy as np

        for name in names:
            if name not in self.parts:
                raise UsageError(
                    f"--standardize {name}: the program uses no data of that name",
                    hint=nearest(name, self.parts) or f"it uses {joined(self.parts, 'and')}",
                )
            if hosts().several:
                mean, deviation = self._moments(name, rows)
            else:
                array = self.take(name, rows)
                mean, deviation = array.mean(axis=0), array.std(axis=0)
            self.scales[name] = (mean, np.where(deviation == 0, 1.0, deviation))

    def _moments(self, name: str, rows: Rows) -> tuple[Any, Any]:
        """The mean and the deviation over `rows`, all or some, of which every process adds up its
        own."""
        import numpy as np

        count = self.rows if isinstance(rows, slice) else len(rows)
        own = hosts().own(count)

        def mean(of: Callable[[Any], Any]) -> Any:
            total = np.zeros(self._array(name).shape[1:])
            for start in range(own.start, own.stop, TOGETHER):
                some = slice(start, min(start + TOGETHER, own.stop))
                total = total + of(self.take(name, some if isinstance(rows, slice) else rows[some]))
            return np.sum(hosts().gathered(f"sum of {name}", total.tolist()), axis=0) / count

        center = mean(lambda block: block.sum(axis=0))
        return center, np.sqrt(mean(lambda block: ((block - center) ** 2).sum(axis=0)))

    def keep(self, names: Container[str]) -> None:
        """From now on there are only the arrays of these names."""
        self.parts = {name: columns for name, columns in self.parts.items() if name in names}

    def on_disk(self, name: str) -> bool:
        """Whether an array stays in its file, to be read where it is used."""
        return _is_on_disk(self._array(name))

    def place(self, name: str, row: int, column: int = 0) -> str:
        """Where a row of an array, or one of its columns, stands in its file."""
        columns = self.parts[name]
        return self.table.place(columns[column] if column < len(columns) else columns[0], row)

    def _array(self, name: str) -> Any:
        return self._stacked[name] if name in self._stacked else self.table.column(name)

    def _stack(self, name: str, columns: Sequence[str]) -> Any:
        """One array of rows × columns; a single column stays a vector."""
        import numpy as np

        arrays = [self.table.column(column) for column in columns]
        if len(arrays) == 1:
            return arrays[0]
        if any(array.ndim != 1 for array in arrays):
            raise DataError(f"data {name}: only columns of single numbers stand side by side")
        if hosts().several and any(map(_is_on_disk, arrays)):
            return Later(
                (self.rows, len(arrays)),
                lambda rows: np.column_stack([array[rows] for array in arrays]),
            )
        return np.column_stack(arrays).astype(np.float64, copy=False)


TOGETHER = 65_536
"""Rows that are read together where it is not all of them."""


def _is_on_disk(array: Any) -> bool:
    import numpy as np

    return isinstance(array, np.memmap | Later)


def files_of(program: Program, folder: str | None) -> list[str]:
    """The files that `data from` names, which stand in the program's folder or below."""
    return [
        _own_file(program, statement, folder)
        for statement in program.statements
        if statement.kind == "data_from"
    ]


def _own_file(program: Program, statement: Statement, folder: str | None) -> str:
    if folder is None:
        what, hint = "only a program in a file says where its data is", "add --data FILE"
        raise program.locate(LanguageError(what, span=statement.span, hint=hint))
    home = os.path.realpath(folder)
    path = os.path.realpath(os.path.join(home, statement.path))
    if os.path.isabs(statement.path) or os.path.commonpath([home, path]) != home:
        what = f"'{statement.path}' is not in the folder of the program"
        hint = "name such a file by --data"
        raise program.locate(LanguageError(what, span=statement.span, hint=hint))
    return os.path.join(folder, statement.path)


def named_anywhere(program: Program) -> set[str]:
    """Every name that may be a column: in formulas, and in the lists of `data`."""
    listed_there = {c for s in program.statements for column in s.columns for c in column[:2]}
    return {*map(header_of, mentioned(program)), *filter(None, listed_there)}


def open_frame(
    program: Program,
    data: Sequence[str] | Table,
    names: Mapping[str, int],
    given: Collection[str] = (),
    classes: Mapping[str, Sequence[str]] | None = None,
    numeric: Collection[str] = (),
    trained: Mapping[str, Sequence[str]] | None = None,
    missing: str = "error",
    means: Mapping[str, Any] | None = None,
    text: TextOptions = PLAIN,
) -> Frame:
    """Reads, of a table or the files of one, the columns behind `names`, and nothing else.

    `given` are names that have a value already: one that is a column too is an error. `classes`
    are those of a checkpoint, `numeric` its columns of numbers, and `trained` the columns of each
    name, which are what `*` and a range mean then. `missing` says what becomes of cells without a
    number: they are an error, their rows are left out (drop), or they get the mean of their column,
    which `means` may know from other rows. `text` is how the words of a text are read.
    """
    text = text.reaching(named_anywhere(program))
    table = data if isinstance(data, Table) else open_table(data, text)
    refuse_constants(program, table.names)
    if missing != "error":
        table.allow_gaps()
    statements = program.named
    headers = {name: header_of(name) for name in names if name not in statements}
    defined = {*statements, *given}
    both = next((n for n in given if headers.get(n) in table.names), None)
    if both is not None:
        raise UsageError(
            f"'{both}' is a column of the data and has a value: {both}=…",
            hint="rename it in the program, or leave the value out",
        )
    parts: dict[str, list[str]] = {}
    stars: list[Statement] = []
    no_columns: list[str] = []
    for name in names:
        statement = statements.get(name)
        program.class_places.pop(name, None)
        if statement is None and headers[name] in table.names:
            plain = plain_of(name)
            parts[name if plain in defined else plain] = [headers[name]]
        elif statement is None and name in program.headers and name not in given:
            no_columns.append(name)
        elif statement is not None and statement.kind == "data" and name not in given:
            before = (trained or {}).get(name, ())
            if _stands_for(statement, before):
                parts[name] = list(before)
                continue
            if any(column.star for column in statement.columns):
                stars.append(statement)
            parts[name] = _columns(program, statement, table)
        elif statement is None and name not in given and table.wider(name):
            raise _missing(program, program.span(names[name]), name, table)
    wanted = [c for columns in parts.values() for c in columns]
    places = {name: headers[name] for name in headers if name in program.headers}
    places = {n: c for n, c in places.items() if c in table.names and may_be_class(program, n)}
    if no_columns or places:  # they may be classes of a column that the output needs no more of
        anywhere = named_anywhere(program) | (table.words & {"word"})
        wanted += [c for c in table.names if c in anywhere and c not in wanted]
    table.read(wanted, classes, numeric)
    if stars:
        named = set(map(header_of, mentioned(program) - CONSTANTS))
        for statement in program.statements:
            if statement.kind == "data":
                named.update(_named(statement, table))
        rest = table.read_numeric(leave_out=named)
        for statement in stars:
            parts[statement.name] = rest + parts[statement.name]
            if not parts[statement.name]:
                what = "there is no column of numbers that the program does not name"
                hint = _no_numbers(table)
                raise program.locate(LanguageError(what, span=statement.span, hint=hint))
    for name, columns in parts.items():
        if name in statements:
            table.share_classes(columns)
    for name in no_columns:
        known = {**(classes or {}), **table.classes}
        place = class_of(header_of(name), known)
        if place is None:
            raise no_such_name(program, name, names[name], table.names, known)
        program.class_places[name] = place
    for name, header in places.items():
        known = {**(classes or {}), **table.classes}
        place = class_of(header, known)
        if place is not None and class_beside_column(program, name, parts, known):
            program.class_places[name] = place
            if plain_of(name) not in names:
                for key in (name, plain_of(name)):
                    if key not in statements:
                        parts.pop(key, None)
    gaps = None if missing == "error" else table.fill(missing, means or {})
    for name, columns in parts.items():
        if {*columns} <= table.classes.keys():
            program.class_counts[name] = len(table.classes[columns[0]])
    frame = Frame(table, parts)
    frame.gaps = gaps
    return frame


def _stands_for(statement: Statement, columns: Sequence[str]) -> bool:
    """Whether the file of a training may have had these columns for a `*` or a range."""
    ends = {c.first for c in statement.columns if not c.star}
    ends |= {c.last for c in statement.columns if c.last is not None}
    vague = any(c.star or c.last is not None for c in statement.columns)
    return vague and bool(columns) and ends <= set(columns)


def _named(statement: Statement, table: Table) -> set[str]:
    """The columns that a `data` statement keeps from a `*`; some may not be there."""
    found = set()
    for column in statement.columns:
        ends = [name for name in (column.first, column.last) if name in table.names]
        found.update(ends)
        if len(ends) == 2:
            start, stop = map(table.names.index, ends)
            found.update(table.names[start : stop + 1])
    return found


def _columns(program: Program, statement: Statement, table: Table) -> list[str]:
    """The columns that a `data` statement names; `*` is left to the caller."""
    found: list[str] = []
    for column in statement.columns:
        if column.star:
            continue
        for name in (column.first, column.last):
            if name is not None and name not in table.names:
                raise _missing(program, column.span, name, table)
        if column.last is None:
            found.append(column.first)
            continue
        start, stop = table.names.index(column.first), table.names.index(column.last)
        if stop < start:
            what = f"column '{column.last}' stands before '{column.first}'"
            raise program.locate(LanguageError(what, span=column.span))
        found += table.names[start : stop + 1]
    return found


def _no_numbers(table: Table) -> str:
    """A hint at a column of text that may be meant as numbers, or else at what there is."""
    for column, words in table.left_out.items():
        if word := like_a_number(words):
            what, how = no_number(word)
            return f"column {quoted(column)}: {what}" + f", {how}" * bool(how)
    return f"it has {listed(table.names)}"


def _missing(program: Program, span: Span, name: str, table: Table) -> LanguageError:
    hint = table.wider(name) or odd_header(name, table.names) or nearest(name, table.names)
    hint = hint or f"it has {listed(table.names)}"
    error = LanguageError(f"the data has no column '{name}'", span=span, hint=hint)
    program.locate(error)
    return error
