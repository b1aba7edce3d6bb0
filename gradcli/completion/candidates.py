"""What may follow in a command line: verbs, options, their values, and the names of the program."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from gradcli.completion import choices
from gradcli.completion.named import Found, Named, files
from gradcli.completion.typed import Typed

_NAME_AT_END = re.compile(r"[^\W\d]\w*$")
_CLASS_AT_END = re.compile(r"""\[\s*(["'])[^"']*$""")
_FORMULA = re.compile(r"[-+*/^(@<>=\[ ]")
"""A character that no name has."""

_VALUES = (".csv", ".tsv", ".json", ".npy", ".npz")
"""Files that NAME=@FILE reads."""

_LISTS = ("--wrt", "--fix", "--standardize", "--keep")
"""Options that take several names, with commas between."""

_HELP = (("-h", "print this help"), ("--help", "print this help"))


class Asked:
    """A command line that is being typed, and the group of verbs that there are."""

    def __init__(self, group: Any, line: Typed) -> None:
        self.group, self.verbs = group, group.commands
        self.words, self.word, self.quote = line.words[1:], line.word, line.quote
        self.verb = self.verbs.get(self.words[0]) if self.words else None
        declared = self.verb.params if self.verb is not None else []
        self.options = {name: o for o in declared for name in o.opts if name[:1] == "-"}

    def candidates(self) -> list[tuple[str, str]]:
        """Those that begin as the word does, in their order, each once; none where only a file is
        meant."""
        return list({t: about for t, about in self._all() if t.startswith(self.word)}.items())

    def _all(self) -> Found:
        if not self.words:
            if self.word.startswith("-"):
                yield from _options(self.group.params)
            yield from ((name, _line(verb.help)) for name, verb in self.verbs.items())
        elif (option := self._waiting) is not None:
            yield from self._values(option.opts[-1], "")
        elif self.word.startswith("--") and "=" in self.word:
            name = self.word.partition("=")[0]
            yield from self._values(name, name + "=")
        elif self.word.startswith("-") and not self.quote:
            yield from _options(self.verb.params if self.verb is not None else [])
        else:
            yield from self._arguments()

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

    @cached_property
    def names(self) -> Named:
        """Those of the line's program."""
        of = (self._given("--of") or [""])[-1]
        return Named(self.positional[0] if self.positional else "", self._given("--data"), of)

    def _arguments(self) -> Found:
        if self.verb is None:
            return
        takes = [p.metavar for p in self.verb.params if p.param_type_name == "argument"]
        if "SOURCE" not in takes:
            if not self.positional and self.words[0] in _WORDS:
                yield from _WORDS[self.words[0]](self.verbs)
        elif not self.positional:
            yield from self._sources()
        elif "=@" in self.word:
            name, _, path = self.word.partition("=@")
            yield from ((f"{name}=@{found}", "") for found in files(path, _VALUES))
        elif _FORMULA.search(self.word):
            yield from self._formula(lambda: iter(()))
        else:
            given = {word.partition("=")[0].strip() for word in self.positional[1:]}
            free = ((name, kind) for name, kind in self.names.free() if name not in given)
            yield from ((f"{name}=", kind) for name, kind in free)

    def _sources(self) -> Found:
        """A sample or a file; in quotes a formula, whose functions need them."""
        functions = list(self._formula(lambda: iter(()))) if self.quote else []
        if any(text.startswith(self.word) for text, _ in functions):
            yield from functions
            return
        from gradcli.language.sources import sample_names

        yield from ((name, "a sample") for name in sample_names())
        yield from ((name, "") for name in files(self.word, (".grad",)))

    def _formula(self, names: Callable[[], Found]) -> Found:
        """What the name at the end may become, behind what stands before it: one of the names, or
        a function."""
        end = _NAME_AT_END.search(self.word)
        before = self.word[: end.start()] if end else self.word
        yield from ((before + name, kind) for name, kind in names())
        if end is not None:
            yield from ((f"{before}{name}(", about) for name, about in _functions())

    def _values(self, option: str, before: str) -> Found:
        """The values of an option, behind what stands `before` them in the word."""
        text, names = self.word[len(before) :], self.names
        moves = self.words[0] == "descend"
        values: dict[str, Callable[[], Found]] = {
            "--of": lambda: self._node(text),
            "--node": names.nodes,
            "--wrt": names.moving if moves else names.inputs,
            "--fix": names.moving,
            **dict.fromkeys(("--standardize", "--units", "--sigma"), names.columns),
            "--keep": lambda: iter([*names.columns(), ("all", "every column")]),
            "--claim": lambda: self._claim(text),
            "--shape": lambda: ((f"{name}=", k) for name, k in names.free() if k == "variable"),
            "--sweep": lambda: self._sweep(text),
            "--optimizer": lambda: choices.chosen(text, _optimizers(self.words[0])),
            "--schedule": lambda: choices.chosen(text, choices.schedules()),
        }
        if option in values:
            found = values[option]()
        else:
            found = ((word, "") for word in choices.CHOICES.get(option, lambda: ())())
        start = before
        if option in _LISTS:
            given, comma, _ = text.rpartition(",")
            start = before + given + comma
            taken = given.split(",")
            found = ((name, about) for name, about in found if name not in taken)
        yield from ((start + text, about) for text, about in found)

    def _node(self, text: str) -> Found:
        """The name of a node, or a formula of nodes; in it the classes of an index in quotes."""
        classes = _CLASS_AT_END.search(text)
        if classes is not None:
            begin, quote = text[: classes.start(1)] + classes[1], classes[1]
            yield from ((f"{begin}{word}{quote}]", a) for word, a in self.names.classes())
        elif _FORMULA.search(text):
            start = len(self.word) - len(text)
            yield from ((t[start:], about) for t, about in self._formula(self.names.nodes))
        else:
            yield from self.names.nodes()

    def _claim(self, text: str) -> Found:
        """NAME = FORMULA"""
        if "=" in text:
            start = len(self.word) - len(text)
            yield from ((t[start:], about) for t, about in self._formula(self.names.nodes))
        else:
            yield from ((f"{name} = ", kind) for name, kind in self.names.inputs())

    def _sweep(self, text: str) -> Found:
        """NAME=V1,V2: a setting or a const, and the values of those that are words."""
        name, equals, values = text.partition("=")
        tables = {"optimizer": choices.optimizers, "schedule": choices.schedules}
        if not equals:
            yield from ((f"{setting}=", "") for setting in choices.settings())
            consts = ((n, kind) for n, kind in self.names.defined() if kind == "const")
            yield from ((f"{n}=", kind) for n, kind in consts)
        elif name in tables:
            given, comma, last = values.rpartition(",")
            if ":" in given and "=" in last:  # a setting of the one before
                return
            found = choices.chosen(last, tables[name]())
            yield from ((f"{name}={given}{comma}{each}", about) for each, about in found)


def _options(declared: Iterable[Any]) -> Found:
    for option in declared:
        yield from ((name, _line(option.help)) for name in option.opts if name[:1] == "-")
    yield from _HELP


def _optimizers(verb: str) -> Any:
    """Code that is exported descends by our own."""
    return choices.first_order() if verb == "export" else choices.optimizers()


def _line(help: str | None) -> str:
    return (help or "").strip().split("\n")[0]


def _functions(all_of_them: bool = False) -> Found:
    """The functions that a formula calls by name; of `all_of_them` also what derivatives are
    written with, and operators."""
    from gradcli.graph.ops.table import find, function_names

    for name in function_names():
        op = find(name)
        if op is not None:
            plain = op.group != "sweep" and (op.group != "operator" or name in op.aliases)
            if plain or all_of_them:
                yield name, op.doc


def _topics(verbs: Iterable[str]) -> Found:
    from gradcli.verbs.help import TOPICS

    yield from ((name, "a topic") for name in TOPICS)
    yield from ((name, "a verb") for name in verbs)


def _samples(_: Iterable[str]) -> Found:
    from gradcli.language.sources import sample_names

    return ((name, "a sample") for name in sample_names())


_WORDS: dict[str, Callable[[Iterable[str]], Found]] = {
    "samples": _samples,
    "help": _topics,
    "functions": lambda _: _functions(all_of_them=True),
    "completion": lambda _: ((shell, "") for shell in ("bash", "zsh", "fish")),
}
"""What the verbs without a program take."""
