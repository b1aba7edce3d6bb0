"""NAME=VALUE: an argument that gives a variable its value, parsed and not yet evaluated."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from typing import NamedTuple

from gradcli.errors import LanguageError, Span, UsageError
from gradcli.language.characters import check_name, shortened
from gradcli.language.definitions import CONSTANTS
from gradcli.language.parser import normalized, parse
from gradcli.language.program import Program


class Binding(NamedTuple):
    """A name with a constant expression, or with a file and, in an .npz file, the key there, or
    with a range: the expressions of its ends and, where it has one, of the number of points.

    `error` is the expression of the standard error of a measured value, such as 2.0±0.1.
    """

    name: str
    program: Program | None = None
    path: str | None = None
    key: str = ""
    range: tuple[Program, ...] = ()
    error: Program | None = None


def parse_name(argument: str) -> tuple[str, str, int]:
    """The text of NAME=VALUE, the name as a program has it, and where the value starts."""
    if argument.startswith("-"):
        what = f"there is no option '{shortened(argument)}'"
        raise UsageError(what, hint="options are listed by --help; a value is given as x=3")
    text = normalized(argument)
    quoted = _QUOTED.match(text)
    equals = text.find("=", quoted.end() if quoted else 0)
    if equals < 0:
        what = f"'{shortened(argument)}' is no NAME=VALUE"
        raise UsageError(what, hint="give a variable its value: x=3")
    return text, _name(text, text[:equals]), equals + 1


def parse_binding(argument: str) -> Binding:
    """What NAME=VALUE says; an error points into the argument.

    The program's text is the whole argument, so that later errors point into it too.
    """
    text, name, start = parse_name(argument)
    right, value = text[start:], text[start:].strip()
    if right.startswith("="):
        span = start - 1, start + 1
        raise _error(text, span, "'==' compares", f"write {shortened(name)}={shortened(right[1:])}")
    if not value:
        raise _error(text, (start, start), f"{shortened(name)} has no value", f"write {name}=1")
    if value.startswith("@"):
        return _file(text, name, value[1:])
    colons = _colons(text, start)
    if colons:
        return Binding(name, range=_range(text, name, [start - 1, *colons, len(text)]))
    sign_at = _measured(text, start)
    if sign_at is None:
        return Binding(name, _expression(text, name, start))
    begin, end = sign_at
    for part, what in ((text[start:begin], "value"), (text[end:], "error")):
        if not part.strip():
            raise _error(text, sign_at, f"{shortened(name)} has no {what}", f"write {name}=2.0±0.1")
    return Binding(name, _expression(text, name, start, begin), error=_expression(text, name, end))


_QUOTED = re.compile(r"""\s*("[^"]*"|'[^']*')""")
"""A header in quotes, in which any character may stand."""


def _name(text: str, left: str) -> str:
    """The name before the '=', as a program has it; refuses what is none that can have a value."""
    name, stop = left.strip(), len(left)
    if not name:
        raise _error(text, (0, 1), "expected a name before '='", "write x=3")
    if name == "π" or name in CONSTANTS:
        raise _error(
            text, (0, stop), f"{name} is a constant and takes no value", "choose another name"
        )
    try:
        if name[0] not in "\"'":
            check_name(name, text.index(name))
        program = parse(name)
    except LanguageError as error:
        if not error.text:
            error.text = text
            raise
        program = Program("")
    if program.kinds != ["name"] or (program.arguments != [name] and not program.headers):
        what = f"'{shortened(name)}' is no name"
        raise _error(text, (0, stop), what, "give a variable its value: x=3")
    found: str = program.arguments[0]
    return found


def _file(text: str, name: str, path: str) -> Binding:
    path, colon, key = path.partition(".npz:")
    if colon:
        path += ".npz"
    if not path:
        span = text.index("@"), len(text)
        raise _error(text, span, "expected a file after '@'", f"write {shortened(name)}=@file.csv")
    return Binding(name, path=os.path.expanduser(path), key=key)


def _colons(text: str, start: int) -> list[int]:
    """The places of the colons outside brackets and comments."""
    found, depth = [], 0
    for match in re.compile(r"[()\[\]:]|#.*").finditer(text, start):
        depth += (match[0] in "([") - (match[0] in ")]")
        if match[0] == ":" and depth == 0:
            found.append(match.start())
    return found


def _range(text: str, name: str, bounds: list[int]) -> tuple[Program, ...]:
    """The expressions of LO:HI or LO:HI:N between the '=', the colons and the end."""
    hint = f"write {shortened(name)}=-3:3, or {shortened(name)}=-3:3:101 for 101 points"
    if len(bounds) > 4:
        span = bounds[3], bounds[3] + 1
        raise _error(text, span, "a range has two ends and a number of points", hint)
    for left, right in pairwise(bounds):
        if not text[left + 1 : right].strip():
            at = right if right < len(text) else left
            raise _error(text, (at, at + 1), "a range has two ends", hint)
    return tuple(_expression(text, name, at + 1, stop) for at, stop in pairwise(bounds))


def _measured(text: str, start: int) -> Span | None:
    """Where ±, +- or +/- stands between a value and its error, outside all brackets."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "([") - (text[place] in ")]")
        if not depth and text[place] == "±":
            return place, place + 1
        if depth or text[place - 1] in "eE":
            continue
        for sign in ("+-", "+/-"):
            if text.startswith(sign, place):
                return place, place + len(sign)
    return None


def _expression(text: str, name: str, start: int, stop: int | None = None) -> Program:
    """The value as a program of one expression without variables."""
    value = text[start:stop].strip()
    hint = ""
    if re.fullmatch(r"\S+\.(csv|tsv|json|npy|npz)(:\w+)?", value):
        hint = f"write {shortened(name)}=@{shortened(value)} to read a file"
    several = _several(text)
    if len(several) > 1:
        hint = f"give each name its own argument: {shortened(' '.join(several))}"
    try:
        # Blanks in place of the name keep every offset that of the whole argument.
        program = parse(" " * start + text[start:stop])
        program.text = text
        _check_constant(program)
    except LanguageError as error:
        error.text, error.hint = text, hint or error.hint
        raise
    return program


_NEXT = re.compile(r"(?<!param)(?<!const)(?<!data)[,;\s]\s*(?=[^\W\d]\w*\s*=(?!=))")
"""Between two assignments that are one argument."""


def _several(text: str) -> list[str]:
    """The arguments that `x=3,y=2` should have been; one, where no second name follows."""
    parts, start = [], 0
    for match in _NEXT.finditer(text):
        part = text[start : match.start()]
        if part.count("(") == part.count(")") and part.count("[") == part.count("]"):
            parts.append(part)
            start = match.end()
    parts.append(text[start:])
    parts = [part.strip(" ,;") for part in parts]
    return [part if re.fullmatch(r"[\w.=+-]+", part) else f'"{part}"' for part in parts]


def _check_constant(program: Program) -> None:
    """Refuses all but one expression of numbers and constants."""
    for statement in program.statements[:1]:
        if statement.kind != "node" or statement.name:
            what, hint = "a value is an expression alone", "give each name its own: x=1 y=2"
            raise LanguageError(what, hint=hint, span=statement.span)
    for statement in program.statements[1:]:
        what, hint = "a value is one expression", "give each name its own argument: x=1 y=2"
        raise LanguageError(what, hint=hint, span=statement.span)
    for i, kind in enumerate(program.kinds):
        if kind == "name" and program.arguments[i] not in CONSTANTS:
            used = shortened(program.arguments[i])
            hint = "write exp(1)" if used == "e" else f"write a number in place of {used}"
            what = f"a value is a constant expression, and {used} has no value in it"
            raise LanguageError(what, hint=hint, span=program.span(i))


def _error(text: str, span: Span, what: str, hint: str) -> LanguageError:
    return LanguageError(what, hint=hint, span=span, text=text)
