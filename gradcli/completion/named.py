"""The names that a command line may speak of: those of its program, and the columns of its data."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from stat import S_ISREG
from typing import TYPE_CHECKING

from gradcli.errors import GradError

if TYPE_CHECKING:
    from gradcli.data.tables import Table
    from gradcli.language import Program
    from gradcli.language.sources import Source

Found = Iterator[tuple[str, str]]
"""What may stand at the cursor, each with a few words on it."""

_MOST = 1 << 22
"""Bytes of data that are read while somebody waits for a Tab."""

_SAMPLED = 100
"""Rows that show whether a column holds numbers."""


class Named:
    """The program that a source says or names, and the files of data that were given to it.

    Nothing here waits for anybody: standard input and pipes are left alone.
    """

    def __init__(self, source: str, data: Sequence[str] = (), of: str = "") -> None:
        self.source, self.of = source, of
        self.given = [file for file in data if is_file(file) or is_file(file.partition("=")[2])]

    @cached_property
    def text(self) -> Source | None:
        from gradcli.language.sources import read_source

        path = os.path.expanduser(self.source)
        if self.source in ("", "-") or (os.path.exists(path) and not is_file(path)):
            return None
        try:
            return read_source(self.source)
        except (GradError, OSError):
            return None

    @cached_property
    def program(self) -> Program | None:
        from gradcli.language import parse

        try:
            return None if self.text is None else parse(self.text.text, self.text.origin)
        except GradError:
            return None

    @cached_property
    def files(self) -> list[str]:
        """Those of --data, else of the program."""
        if self.given or self.program is None or self.text is None:
            return self.given
        from gradcli.question.frame import files_of

        try:
            return files_of(self.program, self.text.folder)
        except GradError:
            return []

    def defined(self) -> Found:
        """The nodes that the program names."""
        if self.program is not None:
            for statement in self.program.statements:
                if statement.name and statement.kind != "function":
                    yield statement.name, statement.kind

    def free(self) -> Found:
        """The names that may be given a value: params, consts and variables."""
        if self.program is None:
            return
        from gradcli.graph.names import NUMBERS, used_by
        from gradcli.graph.ops.table import find

        known = {statement.name for statement in self.program.statements}
        yield from ((name, kind) for name, kind in self.defined() if kind in ("param", "const"))
        used = (name for s in self.program.statements for name in used_by(self.program, s))
        left = [name for name in dict.fromkeys(used) if name not in {*known, *NUMBERS, "diff"}]
        left = [name for name in left if find(name) is None and name[0] not in "\"'∂"]
        columns = dict(self.columns()) if left and self.files else {}
        yield from ((name, "variable") for name in left if name not in columns)

    def nodes(self) -> Found:
        """The nodes that the program names, and its variables."""
        defined = dict(self.defined())
        yield from defined.items()
        yield from ((name, kind) for name, kind in self.free() if name not in defined)

    def moving(self) -> Found:
        """What a descent moves: the params, or without one the variables."""
        kinds = dict(self.free())
        kind = "param" if "param" in kinds.values() else "variable"
        yield from ((name, each) for name, each in kinds.items() if each == kind)

    def inputs(self) -> Found:
        """What the output may be differentiated by: variables, then what is made of them."""
        if self.program is None:
            return
        from gradcli.graph.names import needed, output_statement

        nodes = {name: kind for name, kind in self.nodes() if kind != "data"}
        of = self.of if self.of in nodes else ""
        try:
            inside = needed(self.program, of)
            output = of or output_statement(self.program).name
        except GradError:
            return
        for kinds in (("param", "variable"), ("node",), ("const",)):
            for name, kind in nodes.items():
                if kind in kinds and name in inside and name != output:
                    yield name, kind

    @cached_property
    def table(self) -> Table | None:
        from gradcli.data.tables import open_table

        try:
            return open_table(self.files) if self.files else None
        except (GradError, OSError):
            return None

    def columns(self) -> Found:
        """The columns of the data."""
        if self.table is not None:
            yield from ((name, "column") for name in self.table.names)

    def numbers(self) -> Found:
        """Those that hold numbers, as their first cells show."""
        text = self._text([name for name, _ in self.columns()])
        yield from ((name, kind) for name, kind in self.columns() if name not in text)

    def data(self) -> Found:
        """The numbers that the program takes from the data: what it declares, columns it names."""
        if self.program is None:
            return
        from gradcli.graph.names import mentioned

        for statement in self.program.statements:
            if statement.kind == "data":
                columns = [name for column in statement.columns for name in column[:2] if name]
                if not self._text(columns or [statement.name]):
                    yield statement.name, "data"
        defined, used = dict(self.defined()), mentioned(self.program)
        yield from ((n, kind) for n, kind in self.numbers() if n in used and n not in defined)

    def classes(self) -> Found:
        """The classes of the text in the data that the program uses."""
        if self.program is None or self.table is None:
            return
        from gradcli.question.frame import named_anywhere

        used = named_anywhere(self.program)
        if sum(map(os.path.getsize, self.files)) <= _MOST:
            for column, words in self._words([n for n in self.table.names if n in used]).items():
                yield from ((word, f"a class of {column}") for word in words)

    def _text(self, names: Sequence[str]) -> set[str]:
        """The columns of text among `names`."""
        if self.table is None:
            return set()
        words = self.table.words & set(names)
        return words | self._words([n for n in names if n not in words], _SAMPLED).keys()

    def _words(self, names: Sequence[str], rows: int = _MOST) -> dict[str, list[str]]:
        """Those columns, each with its words in the first `rows` rows."""
        try:
            return {} if self.table is None else self.table.words_of(names, rows)
        except (GradError, OSError):
            return {}


def is_file(path: str) -> bool:
    """Whether it can be read without waiting: no pipe."""
    try:
        return S_ISREG(os.stat(os.path.expanduser(path)).st_mode)
    except (OSError, ValueError):
        return False


def files(word: str, endings: tuple[str, ...]) -> Iterator[str]:
    """The folders, and the files with one of the endings, that a word may become."""
    folder = os.path.dirname(word)
    try:
        entries = sorted(os.scandir(os.path.expanduser(folder) or "."), key=lambda e: e.name)
    except (OSError, ValueError):
        return
    for entry in entries:
        if entry.name.startswith(".") and not os.path.basename(word).startswith("."):
            continue
        path = os.path.join(folder, entry.name)
        if entry.is_dir():
            yield path + "/"
        elif entry.name.endswith(endings):
            yield path
