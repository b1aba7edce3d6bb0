"""What may follow in a command line: verbs, options, their values, and the names of the program."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property

from gradcli.completion.declared import declared
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


class Asked:
    """A command line that is being typed."""

    def __init__(self, line: Typed) -> None:
        self.verbs = declared()
        self.words, self.word, self.quote = line.words[1:], line.word, line.quote
        known = self.verbs.get(self.words[0] if self.words else "", {})
        self.argument = known.get("")
        self.options = {name: option for name, option in known.items() if name}

    def candidates(self) -> list[tuple[str, str]]:
        """Those that begin as the word does, in their order, each once; none where only a file is
        meant."""
        return list({t: about for t, about in self._all() if t.startswith(self.word)}.items())

    @property
    def means_file(self) -> bool:
        """Whether a file may stand where the word is."""
        if not self.words or not self.argument:
            return False
        name, equals, _ = self.word.partition("=")
        option = self._waiting or (name if equals and name in self.options else "")
        if option:
            return self.options[option].takes == "FILE"
        first = self.argument.takes == "SOURCE" and not self.positional
        return first or (equals != "" and "=@" in self.word)

    def _all(self) -> Found:
        if not self.words:
            yield from self._options() if self.word.startswith("-") else self._verbs()
        elif option := self._waiting:
            yield from self._values(option, "")
        elif self.word.startswith("--") and "=" in self.word:
            name = self.word.partition("=")[0]
            yield from self._values(name, name + "=")
        elif self.word.startswith("-") and not self.quote:
            yield from self._options()
        else:
            yield from self._arguments()

    def _verbs(self) -> Found:
        return ((name, options[""].about) for name, options in self.verbs.items() if name)

    def _options(self) -> Found:
        return ((name, option.about) for name, option in self.options.items())

    def _takes(self, word: str) -> bool:
        """Whether a word is an option that waits for its value."""
        return word in self.options and self.options[word].takes != ""

    @property
    def _waiting(self) -> str:
        """The last word, where it is an option that waits for its value."""
        return self.words[-1] if self._takes(self.words[-1]) else ""

    @cached_property
    def positional(self) -> list[str]:
        """The words behind the verb that are neither options nor their values."""
        found = []
        before = ""
        for word in self.words[1:]:
            if not self._takes(before) and word not in self.options:
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
        takes = self.argument.takes if self.argument is not None else ""
        if not takes or (self.positional and takes != "SOURCE"):
            return
        if takes != "SOURCE":
            yield from self._topics()
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

    def _topics(self) -> Found:
        """What a verb without a program takes."""
        verb = self.words[0]
        yield from ((value, "") for value in self.verbs[verb][""].values)
        if verb == "help":
            yield from self._verbs()
        elif verb == "samples":
            yield from _samples()
        elif verb == "functions":
            yield from _functions(all_of_them=True)

    def _sources(self) -> Found:
        """A sample or a file; in quotes a formula, whose functions need them."""
        functions = list(self._formula(lambda: iter(()))) if self.quote else []
        if any(text.startswith(self.word) for text, _ in functions):
            yield from functions
            return
        yield from _samples()
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
        if option not in self.options:
            return
        known = self.options[option].values
        text, names = self.word[len(before) :], self.names
        moves = self.words[0] == "descend"
        values: dict[str, Callable[[], Found]] = {
            "--of": lambda: self._node(text),
            "--node": names.nodes,
            "--wrt": names.moving if moves else names.inputs,
            "--fix": names.moving,
            **dict.fromkeys(("--standardize", "--units"), names.data),
            "--sigma": names.numbers,
            "--keep": lambda: iter([*names.columns(), ("all", "every column")]),
            "--claim": lambda: self._claim(text),
            "--shape": lambda: ((f"{name}=", k) for name, k in names.free() if k == "variable"),
            "--sweep": lambda: self._sweep(text),
        }
        found = values.get(option, lambda: _chosen(text, known))()
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
        if not equals:
            yield from ((f"{setting}=", "") for setting in self.options["--sweep"].values)
            consts = ((n, kind) for n, kind in self.names.defined() if kind == "const")
            yield from ((f"{n}=", kind) for n, kind in consts)
        elif (option := f"--{name}") in self.options:
            given, comma, last = values.rpartition(",")
            if ":" in given and "=" in last:  # a setting of the one before
                return
            found = _chosen(last, self.options[option].values)
            yield from ((f"{name}={given}{comma}{each}", about) for each, about in found)


def _chosen(text: str, values: Mapping[str, list[str]]) -> Found:
    """One of the values; behind its colon the settings that it has: `adam:beta1=0.8,eps=`."""
    name, colon, settings = text.partition(":")
    if not colon:
        yield from ((value, ", ".join(options)) for value, options in values.items())
        return
    given, comma, _ = settings.rpartition(",")
    taken = {each.partition("=")[0] for each in given.split(",")}
    left = (option for option in values.get(name, ()) if option not in taken)
    yield from ((f"{name}:{given}{comma}{option}=", "") for option in left)


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


def _samples() -> Found:
    from gradcli.language.sources import sample_names

    return ((name, "a sample") for name in sample_names())
