"""What a grammar cannot say: which left-hand sides define something, and each name only once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from gradcli.errors import LanguageError, Span
from gradcli.language.automaton import Token
from gradcli.language.characters import is_name, shortened
from gradcli.language.program import Program, header_of

_LONGEST = 76

CONSTANTS = frozenset({"pi", "tau", "inf", "nan"})


Bounds = tuple[Span | None, Span | None]


class Target(NamedTuple):
    """The left-hand side of a definition: a "node", or a "function" of its parameters."""

    kind: str
    name: str
    span: Span
    parameters: tuple[str, ...] = ()


def target(program: Program, begin: int, last: int) -> Target:
    """What the expression of the instructions from `begin` to `last` defines, left of an '='."""
    start, stop = program.span(last)
    text, kind, argument = program.text, program.kinds[last], program.arguments[last]
    if kind == "name" and text[start] not in "(∂\"'":
        return Target("node", argument, (start, stop))
    if kind == "call" and text[start] != "(" and not argument.primes:
        name_span = start, start + len(argument.name)
        return Target("function", argument.name, name_span, _parameters(program, begin, last))
    what, hint = "only a name or a function can be defined", "write x = 3 or f(x) = x^2"
    if kind == "name":
        hint = f"write {shortened(argument)} without brackets"
        if text[start] in "\"'":
            what, hint = (
                "a header names a column, and cannot be defined",
                'give it a name: data y = "…"',
            )
        elif text[start] == "∂":
            hint = "write the formula alone: grad differentiates it"
    elif kind == "call" and argument.primes:
        what = f"a derivative cannot be defined: it is that of {shortened(argument.name)}"
        hint = f"define {shortened(argument.name)}, or give the formula a name of its own"
    elif kind == "index":
        what, hint = "an entry cannot be defined by itself", "define the whole: x = [1, 2]"
    elif kind == "list":
        hint = "define each name in a statement of its own"
    elif kind == "operator" and argument in ("eq", "ne", "lt", "le", "gt", "ge"):
        what, hint = "a statement has one '='", "write == to compare"
    elif kind == "number":
        what, hint = "a number cannot be defined", "write x = 2 to give a name, x == 2 to compare"
    raise LanguageError(what, hint=hint, span=(start, stop))


def _parameters(program: Program, begin: int, last: int) -> tuple[str, ...]:
    call = program.arguments[last]
    name = shortened(call.name)
    if call.keywords:
        what = f"a parameter of {name} cannot have a default"
        hint = f"write {name}(x) = with plain names"
        raise LanguageError(what, hint=hint, span=program.span(last))
    if not call.positional:
        what = f"{name} has no parameters"
        raise LanguageError(what, hint=f"write {name} = for a value", span=program.span(last))
    parameters: dict[str, None] = {}
    for i in range(begin, last):
        parameter = program.arguments[i]
        start, stop = program.span(i)
        if program.kinds[i] != "name" or program.text[start] in "(∂\"'":
            # Of the instructions that hold this one, the widest is the argument.
            whole = max(
                (program.span(j) for j in range(i, last) if program.starts[j] <= start),
                key=lambda span: span[1] - span[0],
            )
            found = shortened(program.text[slice(*whole)])
            what = f"a parameter of {name} is a plain name, not '{found}'"
            raise LanguageError(what, hint=f"write {name}(x) = with plain names", span=whole)
        if parameter in CONSTANTS:
            what = f"{parameter} is a constant, and cannot be a parameter"
            raise LanguageError(what, hint="give the parameter another name", span=(start, stop))
        if parameter in parameters:
            what = f"{shortened(parameter)} is a parameter of {name} twice"
            raise LanguageError(what, hint="give one of them another name", span=(start, stop))
        parameters[parameter] = None
    return tuple(parameters)


def plain_of(name: str) -> str:
    """What a name in quotes is called where no quotes are needed, as `"word"` is; else the name."""
    text = header_of(name)
    return text if is_name(text) and text not in {*CONSTANTS, "π"} else name


def define(text: str, defined: dict[str, Span], name: str, span: Span) -> None:
    """Adds a name to those that are defined, each of them once."""
    shown = shortened(name)
    if name in CONSTANTS:
        hint = "choose another name"
        raise LanguageError(f"{shown} is a constant and cannot be defined", hint=hint, span=span)
    if name in defined:
        first = defined[name][0]
        where = f"in column {first + 1}"
        if "\n" in text.strip():
            where = f"on line {text.count(chr(10), 0, first) + 1}"
        what = f"{shown} is defined twice: first {where}, and here"
        raise LanguageError(what, hint="give one of them another name", span=span)
    defined[name] = span


def keywords(program: Program, values: Sequence[int | tuple[str, Span]]) -> tuple[str, ...]:
    """The names of the named arguments, which stand last and differ."""
    names: dict[str, None] = {}
    for value in values:
        if isinstance(value, int):
            if names:
                what = "an argument without a name cannot follow a named one"
                hint = f"put it before {shortened(next(iter(names)))}="
                raise LanguageError(what, hint=hint, span=program.span(value))
            continue
        name, span = value
        if name in names:
            what = f"{shortened(name)}= is given twice"
            raise LanguageError(what, hint="remove one of them", span=span)
        names[name] = None
    return tuple(names)


def chained(program: Program, left: int, operator: str, right: int) -> LanguageError:
    """The error for a < b < c, where `left` is the comparison of a and b."""
    text, (start, stop) = program.text, program.span(right)
    # In postfix order the operand b ends right before its comparison.
    middle = program.span(left - 1)
    b, c = text[slice(*middle)], text[start:stop]
    a_and_sign = text[program.starts[left] : middle[0]].rstrip()
    a = a_and_sign.rstrip("<=>!≤≥≠")
    sign = a_and_sign[len(a) :]
    hint = f"write ({a.rstrip()} {sign} {b}) * ({b} {operator} {c})"
    if len(hint) > _LONGEST or "\n" in hint:
        hint = "write (a < b) * (b < c)"
    whole = program.starts[left], stop
    return LanguageError("comparisons cannot be chained", hint=hint, span=whole)


def read_sigma(program: Program) -> None:
    """Reads σ(z) as sigmoid(z)."""
    for i, kind in enumerate(program.kinds):
        if kind == "call" and program.arguments[i].name == "σ":
            program.arguments[i] = program.arguments[i]._replace(name="sigmoid")


def bounds(program: Program, keyword: Token, children: Sequence[Any]) -> tuple[Bounds, int]:
    """Where the bounds of `in LOW:HIGH` stand, None for an open end, and where they end.

    `children` are the tokens, and the last instructions of the bounds.
    """
    inside, *parts = children
    if keyword.value != "param":
        what = "only a param has bounds: a const does not move"
        raise LanguageError(what, hint="leave them out", span=(inside.start_pos, inside.end_pos))
    colon = next(place for place, part in enumerate(parts) if not isinstance(part, int))
    low, high = (
        _constant(program, side[0]) if side else None
        for side in (parts[:colon], parts[colon + 1 :])
    )
    end: int = parts[colon].end_pos
    if low is None and high is None:
        what = "in : leaves both ends open"
        raise LanguageError(what, hint="write in 0: or in 0:10", span=(inside.start_pos, end))
    return (low, high), high[1] if high else end


def _constant(program: Program, last: int) -> Span:
    """Where a bound stands, which is made of numbers and constants."""
    start, stop = program.span(last)
    for place in range(last, -1, -1):
        if program.starts[place] < start:
            break
        used = program.arguments[place]
        if program.kinds[place] == "name" and used not in CONSTANTS:
            what = f"a bound is a constant expression, and {shortened(used)} has no value in it"
            raise LanguageError(
                what, hint=f"write a number in place of {shortened(used)}", span=program.span(place)
            )
    return start, stop
