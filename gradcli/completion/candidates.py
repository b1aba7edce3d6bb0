"""What may follow in a command line: verbs, options, their values, and the names of the program."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from stat import S_ISREG
from typing import Any

from gradcli.completion.typed import Typed
from gradcli.errors import GradError
from gradcli.language import Program, parse
from gradcli.language.sources import read_source, sample_names

Found = Iterator[tuple[str, str]]
"""Whole words in the place of the one at the cursor, each with a few words on it."""

_NAME_AT_END = re.compile(r"[^\W\d]\w*$")


class Asked:
    """A command line that is being typed, and the verbs that there are."""

    def __init__(self, verbs: Mapping[str, Any], line: Typed) -> None:
        self.verbs, self.words, self.word, self.quote = verbs, line.words[1:], line.word, line.quote
        self.verb = verbs.get(self.words[0]) if self.words else None
        self.options = {name: o for o in self._declared() for name in o.opts if name[:1] == "-"}

    def candidates(self) -> list[tuple[str, str]]:
        """Those that begin as the word does, in their order; none where only a file is meant."""
        return [(text, about) for text, about in self._all() if text.startswith(self.word)]

    def _all(self) -> Found:
        if not self.words:
            yield from ((name, _line(verb.help)) for name, verb in self.verbs.items())
        elif (option := self._waiting) is not None:
            yield from self._values(option.opts[-1], "")
        elif self.word.startswith("--") and "=" in self.word:
            name = self.word.partition("=")[0]
            yield from self._values(name, name + "=")
        elif self.word.startswith("-") and not self.quote:
            yield from ((name, _line(option.help)) for name, option in self.options.items())
        else:
            yield from self._arguments()

    def _declared(self) -> list[Any]:
        return list(self.verb.params) if self.verb is not None else []

    @property
    def _waiting(self) -> Any:
        """The option that waits for its value, where the last word is one."""
        option = self.options.get(self.words[-1])
        return None if option is None or option.is_flag else option

    @cached_property
    def positional(self) -> list[str]:
        """The words behind the verb that are neither options nor their values."""
        found = []
        before = ""
        for word in self.words[1:]:
            waiting = self.options.get(before)
            if not (waiting is not None and not waiting.is_flag) and word not in self.options:
                found.append(word)
            before = word
        return found

    def _given(self, *names: str) -> list[str]:
        """The values that were given to an option."""
        pairs = zip(self.words, self.words[1:])
        return [value for option, value in pairs if option in names]

    def _arguments(self) -> Found:
        verb = self.words[0]
        if verb in ("samples", "functions", "help", "completion"):
            if not self.positional:
                yield from _WORDS[verb](self.verbs)
        elif not self.positional:
            yield from ((name, "a sample") for name in sample_names())
            yield from ((name, "") for name in _programs(self.word))
            yield from self._functions()
        elif "=" in self.word or "^" in self.word or "(" in self.word:
            yield from self._functions()
        else:
            given = {word.partition("=")[0].strip() for word in self.positional[1:]}
            for name, kind in self._free():
                if name not in given:
                    yield f"{name}=", kind

    def _functions(self) -> Found:
        """The functions that the name at the end may become, behind what stands before it."""
        from gradcli.graph.ops.table import find, function_names

        end = _NAME_AT_END.search(self.word)
        if end is None:
            return
        for name in function_names():
            op = find(name)
            if op is not None:
                yield f"{self.word[: end.start()]}{name}(", op.doc

    @cached_property
    def program(self) -> Program | None:
        """The program of the line, where it can be read without waiting for anybody."""
        if not self.positional or self.positional[0] == "-":
            return None
        try:
            source = read_source(self.positional[0])
            return parse(source.text, source.origin)
        except (GradError, OSError):
            return None

    def _defined(self) -> Found:
        if self.program is not None:
            for statement in self.program.statements:
                if statement.name and statement.kind != "function":
                    yield statement.name, statement.kind

    def _free(self) -> Found:
        """The names that may be given a value."""
        from gradcli.graph.names import used_by

        if self.program is None:
            return
        defined = dict(self._defined())
        functions = {s.name for s in self.program.statements if s.kind == "function"}
        for name, kind in defined.items():
            if kind in ("param", "const"):
                yield name, kind
        used = (name for s in self.program.statements for name in used_by(self.program, s))
        from gradcli.graph.ops.table import find

        for name in dict.fromkeys(used):
            if name not in defined and name not in functions and find(name) is None:
                yield name, "variable"

    def _nodes(self) -> Found:
        yield from self._defined()
        defined = dict(self._defined())
        yield from ((name, kind) for name, kind in self._free() if name not in defined)

    def _columns(self) -> Found:
        """The columns of the files of --data."""
        from gradcli.data.tables import open_table

        files = [file for file in self._given("--data") if _is_file(file)]
        try:
            names = open_table(files).names if files else []
        except (GradError, OSError):
            return
        yield from ((name, "column") for name in names)

    def _values(self, option: str, before: str) -> Found:
        """The values of an option, behind what stands `before` them in the word."""
        values: dict[str, Callable[[], Found]] = {
            **dict.fromkeys(("--of", "--node"), self._nodes),
            **dict.fromkeys(("--wrt", "--fix"), lambda: self._list(before, self._nodes)),
            **dict.fromkeys(("--standardize", "--keep"), lambda: self._list(before, self._columns)),
            **dict.fromkeys(("--units", "--sigma"), self._columns),
            "--claim": lambda: ((f"{name} = ", kind) for name, kind in self._nodes()),
            "--optimizer": lambda: _chosen(self.word, before, _optimizers()),
            "--schedule": lambda: _chosen(self.word, before, _schedules()),
        }
        if option in values:
            found = values[option]()
        else:
            found = ((word, "") for word in _CHOICES.get(option, lambda: ())())
        listed = option in ("--wrt", "--fix", "--standardize", "--keep")
        yield from found if listed else ((before + text, about) for text, about in found)

    def _list(self, before: str, names: Callable[[], Found]) -> Found:
        """What a list of names, as in a,b, may go on with."""
        given = self.word[len(before) :].rpartition(",")[0]
        start = before + (given + "," if given else "")
        taken = given.split(",")
        yield from ((start + name, about) for name, about in names() if name not in taken)


def _line(help: str | None) -> str:
    return (help or "").strip().split("\n")[0]


def _programs(word: str) -> Iterator[str]:
    """The .grad files and folders that a word may become."""
    folder = os.path.dirname(word)
    try:
        entries = sorted(os.scandir(os.path.expanduser(folder) or "."), key=lambda e: e.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") and not os.path.basename(word).startswith("."):
            continue
        path = os.path.join(folder, entry.name)
        if entry.is_dir():
            yield path + "/"
        elif entry.name.endswith(".grad"):
            yield path


def _is_file(path: str) -> bool:
    """Whether it can be read without waiting: no pipe."""
    try:
        return S_ISREG(os.stat(os.path.expanduser(path)).st_mode)
    except (OSError, ValueError):
        return False


def _optimizers() -> dict[str, Iterable[str]]:
    from gradcli.learn.optimizers import OPTIMIZERS, SCIPY_METHODS

    first = {name: list(row.options) for name, row in OPTIMIZERS.items()}
    return {**first, **dict.fromkeys(SCIPY_METHODS, ())}


def _schedules() -> dict[str, Iterable[str]]:
    from gradcli.learn.schedules import PLATEAU, PROFILES

    return {**{name: list(row.options) for name, row in PROFILES.items()}, "plateau": list(PLATEAU)}


def _chosen(word: str, before: str, table: Mapping[str, Iterable[str]]) -> Found:
    """A name of the table; behind its colon the settings that it has."""
    name, colon, settings = word[len(before) :].partition(":")
    if not colon:
        yield from ((known, ", ".join(options)) for known, options in table.items())
        return
    given, comma, _ = settings.rpartition(",")
    taken = {each.partition("=")[0] for each in given.split(",")}
    for option in table.get(name, ()):
        if option not in taken:
            yield f"{name}:{given}{comma}{option}=", ""


def _settings() -> Iterable[str]:
    from gradcli.training.grid import CHOICES, COUNTS, NUMBERS

    return (f"{name}=" for name in (*NUMBERS, *COUNTS, *CHOICES))


def _formats() -> Iterable[str]:
    from gradcli.report import FORMATS

    return FORMATS


def _themes() -> Iterable[str]:
    from gradcli.report.emit import THEMES

    return THEMES


def _missing() -> Iterable[str]:
    from gradcli.question.question import MISSING

    return MISSING


def _targets() -> Iterable[str]:
    from gradcli.export.targets import TARGETS

    return TARGETS


_CHOICES: dict[str, Callable[[], Iterable[str]]] = {
    "--format": _formats,
    "--color": lambda: ("auto", "always", "never"),
    "--pager": lambda: ("auto", "always", "never"),
    "--theme": _themes,
    "--missing": _missing,
    "--sweep": _settings,
    "--to": _targets,
}
"""The values of options that have few."""


def _topics(verbs: Mapping[str, Any]) -> Found:
    from gradcli.verbs.help import TOPICS

    yield from ((name, "a verb") for name in verbs)
    yield from ((name, "a topic") for name in TOPICS)


def _function_names(_: Mapping[str, Any]) -> Found:
    from gradcli.graph.ops.table import find, function_names

    for name in function_names():
        op = find(name)
        yield name, op.doc if op is not None else ""


_WORDS: dict[str, Callable[[Mapping[str, Any]], Found]] = {
    "samples": lambda _: ((name, "a sample") for name in sample_names()),
    "help": _topics,
    "functions": _function_names,
    "completion": lambda _: ((shell, "") for shell in ("bash", "zsh", "fish")),
}
"""What the verbs without a program take."""
