"""A value may be the name of a class, where parameters know the classes of a column of text.

So `city=Linz` is the number that Linz had in training; `city="New York"` and `words=[the, "5"]`
are read in the same way. What is a number stays the number of a class, unless a class is called so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcli.errors import GradError, LanguageError, UsageError
from gradcli.language import Program, parse
from gradcli.language.program import header_of
from gradcli.question.assignments import ValueText, constant
from gradcli.question.class_names import class_of
from gradcli.question.trained import Trained
from gradcli.run.interpret import Value
from gradcli.words import joined, listed, nearest, quoted

Classes = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class ClassWords:
    """The names of classes that a caller in Python gives, alone or in an array, and what is wrong
    with them where there are no classes."""

    names: Any
    refused: GradError


def with_classes(
    given: Mapping[str, Value], written: Mapping[str, ValueText | ClassWords], known: Trained
) -> dict[str, Value]:
    """The given values, with the numbers of those classes that are `written` by name.

    GradError for what is no value where there are no classes, and for a class that there is not.
    """
    found = dict(given)
    for name, text in written.items():
        columns = known.columns.get(name, [name])
        classes = {column: known.classes[column] for column in columns if column in known.classes}
        if not classes:
            if text.refused is not None:
                raise text.refused
        elif isinstance(text, ClassWords):
            found[name] = _numbers(name, text.names, classes)
        else:
            found[name] = _number(name, text, found[name], classes)
    return found


def _numbers(name: str, words: Any, classes: Classes) -> Value:
    import numpy as np

    array = np.asarray(words, dtype=object)
    places = []
    for word in array.ravel().tolist():
        place = class_of(word, classes) if isinstance(word, str) else word
        if place is None:
            raise UsageError(_no_class(name, word, classes), hint=_hint(word, classes))
        places.append(place)
    return np.reshape(np.array(places, np.float64), array.shape) if array.ndim else float(places[0])


def _number(name: str, written: ValueText, value: Value, classes: Classes) -> Value:
    """The number of the class that a text names, or those of a list of them."""
    text, start = written.text, written.start
    word = text[start:].strip()
    place = class_of(word, classes)
    if written.refused is None:
        if place is None or place == value:
            return value
        raise LanguageError(
            f"{name} may be class {quoted(word)}, or the class with the number {word}",
            span=(start, len(text)),
            text=text,
            hint=f'write {name}="{word}", or {name}={place} which is the number of {quoted(word)}',
        )
    if place is not None:
        return float(place)
    if not word:
        raise written.refused
    try:
        program = parse(" " * start + text[start:])
    except LanguageError:
        program = Program("")
    if {"name", *program.kinds} - {"name", "number", "list"} or len(program.statements) != 1:
        raise _unknown(name, word, (start, len(text)), text, classes)
    for at, kind in enumerate(program.kinds):
        if kind == "name":
            word = header_of(program.arguments[at])
            place = class_of(word, classes)
            if place is None:
                raise _unknown(name, word, program.span(at), text, classes)
            program.kinds[at], program.arguments[at] = "number", float(place)
    program.text = text
    return constant(program, name, 0)


def _unknown(
    name: str, word: str, span: tuple[int, int], text: str, classes: Classes
) -> LanguageError:
    what = _no_class(name, word, classes)
    return LanguageError(what, span=span, text=text, hint=_hint(word, classes))


def _no_class(name: str, word: str, classes: Classes) -> str:
    columns = joined([quoted(column) for column in classes], "and")
    return f"{name}: there is no class {quoted(word)} in {columns}"


def _hint(word: str, classes: Classes) -> str:
    words: Collection[str] = {each for names in classes.values() for each in names}
    return nearest(word, words) or f"the classes are {listed(sorted(words))}"
