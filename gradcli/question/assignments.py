"""What the NAME=VALUE arguments of a command say, and the names that its options list."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gradcli.errors import GradError, LanguageError, UsageError
from gradcli.graph.build import build
from gradcli.graph.names import mentioned, product, used_by
from gradcli.language import Program
from gradcli.language.bindings import Binding, parse_binding, parse_name
from gradcli.language.definitions import CONSTANTS
from gradcli.question.locating import located
from gradcli.run.interpret import Value
from gradcli.words import nearest

if TYPE_CHECKING:
    from gradcli.question.ranges import ValueRange


_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
"""A comma outside of double quotes."""


class ValueText(NamedTuple):
    """The text of NAME=VALUE, where the value starts in it, and what is wrong with that as a
    number, if anything."""

    text: str
    start: int
    refused: GradError | None


class Bindings(NamedTuple):
    """What NAME=VALUE arguments say by name: the values, of a range its lower end; the ranges; the
    errors of values that are measured; and how what may be a class is written."""

    values: dict[str, Value]
    ranges: dict[str, ValueRange]
    errors: dict[str, Value]
    written: dict[str, ValueText]


def values_of(bindings: Sequence[str], seed: int, classes: bool = False) -> Bindings:
    """What the arguments say; GradError for one that makes no sense, and for a name twice.

    Where there may be `classes`, a value that makes no sense may be the name of one: it is nan.
    """
    found = Bindings({}, {}, {}, {})
    for text in bindings:
        _, name, start = parse_name(text)
        if name in found.values:
            raise UsageError(f"'{name}' is given twice", hint="leave one of them out")
        try:
            binding = parse_binding(text)
        except LanguageError as error:
            if not classes:
                raise
            found.values[name] = math.nan
            found.written[name] = ValueText(error.text, start, error)
            continue
        if classes and binding.program is not None:
            found.written[name] = ValueText(binding.program.text, start, None)
        if binding.range:
            from gradcli.question.ranges import range_of

            range_ = found.ranges[name] = range_of(binding, partial(constant, name=name, seed=seed))
            found.values[name] = range_.low
            continue
        found.values[name] = _value(binding, seed)
        if binding.error is not None:
            found.errors[name] = _error_of(binding.error, name, found.values[name], seed)
    return found


def _error_of(program: Program, name: str, value: Value, seed: int) -> Value:
    """The standard error of a measured value, in its shape."""
    error = constant(program, name, seed)
    what = ""
    if not (error >= 0 if isinstance(error, float) else bool((error >= 0).all())):
        what = f"the error of {name} is negative, or no number"
    elif not isinstance(error, float):
        shape = () if isinstance(value, float) else value.shape
        if error.shape != shape:
            what = f"the error of {name} has shape {error.shape}, its value {shape}"
    if what:
        span = program.span(len(program.kinds) - 1)
        raise LanguageError(what, hint=f"write {name}=2.0±0.1", span=span, text=program.text)
    return error if isinstance(value, float) else value * 0.0 + error


def _value(binding: Binding, seed: int) -> Value:
    if binding.path is not None:
        from gradcli.data.values import read_value

        return read_value(binding.path, binding.key)
    assert binding.program is not None
    return constant(binding.program, binding.name, seed)


def constant(program: Program, name: str, seed: int) -> Value:
    """What the expression that `name` is given comes to."""
    model = build(program, value=name)
    return located(model, [model.output], {}, seed)[model.output]


def refuse_unknown(values: Collection[str], program: Program) -> None:
    """UsageError for a value that the program has no name for."""
    used = {name for s in program.statements for name in used_by(program, s)}
    defined = program.named
    for name in values:
        statement = defined.get(name)
        if statement is not None and statement.kind in ("node", "function"):
            raise UsageError(
                f"'{name}' is defined by the program, {name}=… cannot change it",
                hint="leave its definition out to make it a variable",
            )
        if name not in used and statement is None:
            raise UsageError(
                f"the program has no variable '{name}'",
                hint=_factors(values, used - set(defined))
                or _parameter(name, program)
                or nearest(name, mentioned(program) & used)
                or "leave the value out",
            )


def _parameter(name: str, program: Program) -> str:
    """A hint at a call of the function that has a parameter of that name."""
    for s in program.statements:
        if name in s.parameters:
            return (
                f"it is a parameter of {s.name}: call it, as in {s.name}({', '.join(s.parameters)})"
            )
    return ""


def _factors(values: Collection[str], words: Iterable[str]) -> str:
    """A hint at x*y, where x and y have values and the program says xy."""
    for word in sorted(words):
        if word not in values and (found := product(word, {*values, *CONSTANTS})):
            return f"write {found} for a product: '{word}' is one name"
    return ""


def names_in(text: str, option: str) -> list[str]:
    """The names that an option lists, as in `--wrt a,b` or, where one has a comma, `"a, b",c`;
    UsageError for a text without one."""
    names = [name.strip() for name in _COMMA.split(text) if name.strip()]
    if text and not names:
        raise UsageError(f"{option} '{text}' names nothing", hint=f"write {option} a,b")
    return names
