"""A parsed program is flat: postfix instructions in parallel lists, and no tree anywhere."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from gradcli.errors import GradError, Span

_QUOTES = ('"', "'")


class Call(NamedTuple):
    """The argument of a "call": its operands are the positional values, then the named ones.

    `primes` is 2 for f''(x), the second derivative of f at x.
    """

    name: str
    positional: int
    keywords: tuple[str, ...] = ()
    primes: int = 0


def header_of(name: str) -> str:
    """The header of the column that a name means: the name, or what its quotes hold."""
    return name[1:-1] if name[0] in _QUOTES else name


class Column(NamedTuple):
    """A column of the data, or a range of them from `first` to `last`."""

    first: str
    last: str | None
    quoted: bool
    span: Span

    @property
    def star(self) -> bool:
        """Whether this stands for every numeric column that the program does not name."""
        return self.first == "*" and not self.quoted


@dataclass(slots=True)
class Statement:
    """One statement, its right-hand side the instructions from `begin` up to `end`.

    `kind` is "node" (`name` is empty for an unnamed one), "function", "param", "const", "data" or
    "data_from". The last two have no instructions.
    """

    kind: str
    name: str
    name_span: Span
    begin: int
    end: int
    span: Span
    parameters: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    path: str = ""
    bounds: tuple[Span | None, Span | None] | None = None
    """Where the bounds of a param stand in the text, None for an open end."""


@dataclass(slots=True)
class Program:
    """The statements of a text in the order of the text, and their instructions.

    An instruction takes its operands from the results before it, in the order that they were
    written. `kinds[i]` says which it is and what `arguments[i]` holds:

    =========  ===========================================================================
    number     a float
    name       the name, a str
    operator   add sub mul div matmul dotted pow lt le gt ge eq ne, of two operands;
               neg pos transpose sqrt, of one
    call       a Call
    list       the number of entries
    index      one str for each item between the brackets: "i" is an index, and a slice is spelled
               with a letter for each part that is given, such as ":", "a:", ":b", "a:b", "::c".
               The operands are the indexed value, then the index and slice parts in order.
    =========  ===========================================================================

    `starts[i]` and `stops[i]` bound the whole subexpression in `text`, with the brackets around it.
    """

    text: str
    origin: str = ""
    kinds: list[str] = field(default_factory=list)
    arguments: list[Any] = field(default_factory=list)
    starts: array[int] = field(default_factory=lambda: array("i"))
    stops: array[int] = field(default_factory=lambda: array("i"))
    statements: list[Statement] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    """Where in `text` each formula starts that is not of the program itself, such as a claim."""
    headers: dict[str, Span] = field(default_factory=dict)
    """The names of expressions that stand for a column, since they were in quotes."""
    class_counts: dict[str, int] = field(default_factory=dict)
    """How many classes the text has that a name of the data stands for, once that is known."""
    class_places: dict[str, int] = field(default_factory=dict)
    """Which class a name in quotes is that is no column, as in W["king"], once that is known."""

    @property
    def named(self) -> dict[str, Statement]:
        """The statements that define a name, by that name."""
        return {s.name: s for s in self.statements if s.name}

    def span(self, instruction: int) -> Span:
        """Where the subexpression that ends with this instruction stands in the text."""
        return self.starts[instruction], self.stops[instruction]

    def joined(self, formula: Program) -> Program:
        """This program with the statements of a formula after its own; neither is changed."""
        first, offset = len(self.kinds), len(self.text) + 1
        more = [
            replace(
                s, begin=s.begin + first, end=s.end + first,
                name_span=_moved(s.name_span, offset), span=_moved(s.span, offset),
            )
            for s in formula.statements
        ]  # fmt: skip
        return Program(
            text=f"{self.text}\n{formula.text}",
            origin=self.origin,
            kinds=self.kinds + formula.kinds,
            arguments=self.arguments + formula.arguments,
            starts=self.starts + array("i", [at + offset for at in formula.starts]),
            stops=self.stops + array("i", [at + offset for at in formula.stops]),
            statements=[*self.statements, *more],
            added=[*self.added, offset],
            class_counts=self.class_counts,
            class_places=self.class_places,
            headers={
                **self.headers,
                **{n: _moved(span, offset) for n, span in formula.headers.items()},
            },
        )

    def locate(self, error: GradError) -> GradError:
        """Adds the source that the span of an error points into: the program, or a formula that was
        added to it."""
        if error.text:
            return error
        part = bisect_right(self.added, error.span[0]) if error.span else 0
        begin = self.added[part - 1] if part else 0
        end = self.added[part] - 1 if part < len(self.added) else len(self.text)
        if error.span:
            error.span = _moved(error.span, -begin)
        return error.locate(self.text[begin:end], "" if part else self.origin)


def _moved(span: Span, by: int) -> Span:
    return span[0] + by, span[1] + by
