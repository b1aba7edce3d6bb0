"""How a language says one op: its own words for it, or those of the op's value."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

from gradcli.graph.graph import Graph
from gradcli.graph.lowering import primitive
from gradcli.graph.ops.op import Attr, Op, Shape
from gradcli.graph.ops.simpler import plain
from gradcli.graph.ops.spell import WORD, in_places

CHOICE, COMPARISON, SUM, PRODUCT, SIGN, POWER, POSTFIX, ATOM = 0, 1, 2, 3, 4, 5, 6, 100
"""How tightly a text binds, loosest first, in every language here as in ours."""


class Text(NamedTuple):
    """An expression of a language: how tightly it binds, and what else is known of it."""

    text: str
    level: int = ATOM
    condition: str = ""
    """The same as a condition, where it is 1 or 0."""
    literal: bool = False

    def at(self, level: int) -> str:
        """The text, in brackets where it binds more loosely than `level`."""
        return self.text if self.level >= level else f"({self.text})"

    @property
    def holds(self) -> Text:
        """The condition that this is not 0."""
        return Text(self.condition or f"{self.at(SUM)} != 0", COMPARISON)


def number_text(text: str) -> Text:
    """The text of a literal."""
    return Text(text, SIGN if text[0] == "-" else ATOM, literal=True)


@dataclass(frozen=True)
class Language:
    """A target's words: for the functions of values, for numbers, and those it keeps to itself.

    `keys` are those that it answers to in the `code` of an op, its own first. `called` maps the
    functions of values to its own; `helpers` are those that a file defines where it needs them.
    """

    name: str
    keys: tuple[str, ...]
    called: Mapping[str, str]
    helpers: Mapping[str, str]
    number: Callable[[float], str]
    reserved: Collection[str]
    module: str = ""
    """What takes the place of `np` in the words of Python's array libraries."""
    boxed: str = ""
    """How a number is written where none of the arguments is an array of that library."""
    strict: bool = False
    """Whether its functions take no plain number."""
    places: str = ""
    """What is written behind an array to make places of its numbers."""

    def code(self, op: Op) -> object:
        """Its own words for an op, "" where there are none."""
        return next((op.code[key] for key in self.keys if key in op.code), "")

    def says(self, graph: Graph, node: int) -> bool:
        """Whether it has words for a node as it stands."""
        op, attr = graph.ops[node], graph.attrs[node] or ()
        if op.axes in ("indexes", "scatters"):
            return plain(attr[0]) and bool(self.code(op))
        if op.axes == "along" and attr[0] is None:
            return False
        if self.code(op):
            return True
        if not op.pointwise or not op.value or not primitive(op):
            return False
        words = WORD.findall(in_places(op, 2, None, str, op.value))
        return all(word in self.called or word in self.helpers for word in words)


def say(
    language: Language,
    op: Op,
    texts: Sequence[Text],
    attr: Attr,
    shapes: Sequence[Shape],
    shape: Shape,
) -> Text:
    """An op over the texts of its arguments, which have these shapes."""
    if op.pointwise and len(texts) > 2 and any(p.variadic for p in op.parameters):
        rest = iter(texts[1:])
        return reduce(lambda a, b: _say(language, op, (a, b), attr, shapes, shape), rest, texts[0])
    return _say(language, op, texts, attr, shapes, shape)


def _say(
    language: Language,
    op: Op,
    texts: Sequence[Text],
    attr: Attr,
    shapes: Sequence[Shape],
    shape: Shape,
) -> Text:
    if op.classes is not None:
        texts = [t if i < op.classes else _place(language, t) for i, t in enumerate(texts)]
    if language.boxed and texts and all(text.literal for text in texts):
        texts = [Text(language.boxed.format(texts[0].text)), *texts[1:]]
    code = language.code(op)
    if callable(code):
        found = Text(code([text.at(POSTFIX) for text in texts], attr, shapes))
        return Text(_renamed(found.text, language), PRODUCT if "(" in found.text[:1] else ATOM)
    form = code if isinstance(code, str) and code else _value(language, op, len(texts))
    statics = {name: _constant(value) for name, value in zip(op.static, attr)}
    statics["shape"] = repr(tuple(shape))
    whole = op.axes == "reduces" and attr[:1] == (None,) and attr[1:2] == (1,)
    if whole:  # PyTorch keeps no axes of a reduction of all entries
        statics["keepdims"] = "0"
    found = _filled(form, op, texts, statics, language)
    if whole:
        return Text(_renamed(f"np.reshape({found.text}, {statics['shape']})", language))
    if condition := op.code.get("condition"):
        assert isinstance(condition, str)
        holds = _filled(condition, op, texts, statics, language).text
        return Text(found.text, found.level, holds)
    return found


def _place(language: Language, text: Text) -> Text:
    """An argument that holds places or classes."""
    if text.literal:
        return Text(str(int(float(text.text))))
    return Text(f"{text.at(POSTFIX)}{language.places}")


def _value(language: Language, op: Op, count: int) -> str:
    """The op's value in the language's words."""
    text = in_places(op, count, None, str, op.value)
    return WORD.sub(lambda match: language.called.get(match[0], match[0]), text)


_HOLE = re.compile(r"\{(\*|\w+)(\??)\}")


def _filled(
    form: str, op: Op, texts: Sequence[Text], statics: Mapping[str, str], language: Language
) -> Text:
    """A format with the texts of the arguments in its holes."""
    bare = False

    def fill(hole: re.Match[str]) -> str:
        nonlocal bare
        name, condition = hole.groups()
        if name in statics:
            return statics[name]
        closed = form[hole.start() - 1 : hole.start()] in ("(", "[", " ") and (
            form[hole.end() : hole.end() + 1] in (")", "]", ",")
        )
        closed = closed and form[: hole.start()].endswith(("(", "[", ", "))
        if name == "*":
            return ", ".join(_argument(text, language) for text in texts)
        place = int(name)
        text = texts[place].holds if condition else texts[place]
        if closed:
            return _argument(text, language)
        bare = True
        if " ? " in form:
            return text.at(COMPARISON if condition or op.level == COMPARISON else SUM)
        return text.at(_needed(op, place, len(texts)))

    filled = _HOLE.sub(fill, form)
    filled = filled.replace(", axis=None", "").replace(", keepdims=0", "")
    filled = _renamed(filled.replace("keepdims=1", "keepdims=True"), language)
    if not bare:
        return Text(filled)
    if " ? " in form:
        return Text(filled, CHOICE)
    if form.endswith(") * 1.0"):
        return Text(filled, PRODUCT)
    return Text(filled, op.level if op.level < ATOM else CHOICE)


def _argument(text: Text, language: Language) -> str:
    """An argument of a call."""
    return language.boxed.format(text.text) if language.strict and text.literal else text.text


def _needed(op: Op, place: int, count: int) -> int:
    """How tightly an argument of an operator must bind to need no brackets."""
    if op.level == ATOM:
        return ATOM
    if op.level == COMPARISON:
        return SUM
    if op.level == POWER:
        return SIGN if place else POSTFIX
    return op.level + (1 if place or count == 1 else 0)


def _renamed(text: str, language: Language) -> str:
    return re.sub(r"\bnp\.", language.module + ".", text) if language.module else text


def _constant(value: object) -> str:
    """A static argument as Python writes it."""
    return repr(tuple(value)) if isinstance(value, tuple | list) else repr(value)


_CALL = re.compile(r"\b([A-Za-z_]\w*)(?=\()")


def needed_helpers(language: Language, code: str) -> list[str]:
    """The sources of the helpers that some code calls, and of those that these call, in order."""
    found: set[str] = set()
    waiting = _CALL.findall(code)
    while waiting:
        name = waiting.pop()
        if name in language.helpers and name not in found:
            found.add(name)
            waiting += _CALL.findall(language.helpers[name])
    return [source for name, source in language.helpers.items() if name in found]
