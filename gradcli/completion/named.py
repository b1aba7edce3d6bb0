"""The names that a command line may speak of: those of its program, and the columns of its data."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from stat import S_ISREG
from typing import TYPE_CHECKING

from gradcli.errors import GradError

if TYPE_CHECKING:
    from gradcli.language import Program
    from gradcli.language.sources import Source

Found = Iterator[tuple[str, str]]
"""What may stand at the cursor, each with a few words on it."""

_MOST = 1 << 22
"""Bytes of data that are read while somebody waits for a Tab."""


class Named:
    """The program that a source says or names, and the files of data that were given to it.

    Nothing here waits for anybody: standard input and pipes are left alone.
    """

    def __init__(self, source: str, data: Sequence[str] = (), of: str = "") -> None:
        self.source, self.of = source, of
        self.given = [file for file in data if is_file(file)]

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

    def columns(self) -> Found:
        """The columns of the data."""
        from gradcli.data.tables import open_table

        try:
            names = open_table(self.files).names if self.files else []
        except (GradError, OSError):
            return
        yield from ((name, "column") for name in names)

    def classes(self) -> Found:
        """The classes of the text in the data."""
        from gradcli.question.question import ask

        if self.program is None or sum(map(os.path.getsize, self.files)) > _MOST:
            return
        try:
            found = ask(self.source, data=self.given, guess=True).classes
        except (GradError, OSError):
            return
        for column, words in found.items():
            yield from ((word, f"a class of {column}") for word in words)


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
