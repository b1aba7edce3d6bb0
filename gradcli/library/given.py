"""What a caller in Python gives: values and data, as the rest of the house takes them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gradcli.errors import GradError, UsageError

if TYPE_CHECKING:
    from gradcli.data.tables import Table
    from gradcli.question.class_values import ClassWords
    from gradcli.run.interpret import Value


def as_values(values: Mapping[str, Any]) -> dict[str, Value]:
    """Floats and float64 arrays by name; UsageError for what is neither.

    >>> as_values({"x": [1, 2], "lr": 1})
    {'x': array([1., 2.]), 'lr': 1.0}
    """
    return {name: as_value(name, value) for name, value in values.items()}


def as_given(values: Mapping[str, Any]) -> tuple[dict[str, Value], dict[str, ClassWords]]:
    """Copies of the values, where some may be names of classes: nan for these, which come apart.

    UsageError for values that have no names.
    """
    from gradcli.question.class_values import ClassWords

    found: dict[str, Value] = {}
    words: dict[str, ClassWords] = {}
    for name, value in values.items():
        try:
            found[name] = fresh(as_value(name, value))
        except GradError as error:
            if not isinstance(name, str):
                raise
            found[name], words[name] = math.nan, ClassWords(value, error)
    return found, words


def as_value(name: str, value: Any) -> Value:
    """A number as a float, and what NumPy makes an array of numbers of as a float64 array.

    >>> as_value("x", 2)
    2.0
    >>> as_value("x", [[1, 2]]).shape
    (1, 2)
    """
    if not isinstance(name, str):
        raise UsageError(f"{name!r} is no name", hint='write {"x": 1}')
    if isinstance(value, bool | int | float):
        return _number(name, value)
    import numpy as np

    if np.ma.is_masked(value):
        raise UsageError(
            f"{name} has masked entries: a value has a number in each",
            hint=f"fill them: {name}={name}.filled(0)",
        )
    try:
        array = np.asarray(value)
        if array.dtype.kind == "O" and all(isinstance(v, int | float) for v in array.ravel()):
            array = array.astype(np.float64)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{name} is no array: its rows are not of one length",
            hint=f"give {name} a number, or lists of one length",
        ) from None
    if array.dtype.kind not in "biuf":
        shown = repr(value) if isinstance(value, str) else f"a {type(value).__name__}"
        raise UsageError(
            f"{name} is {shown}: a value is a number or an array of numbers",
            hint=f"give {name} a number: {name}=1",
        )
    return array.astype(np.float64, copy=False) if array.ndim else float(array)


def _number(name: str, value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise UsageError(f"{name} is too large for a float", hint="write it as a float") from None


def by_name(values: Any, named: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a mapping and those of keyword arguments, together; UsageError for values
    without names, and for a name that has two.

    >>> by_name({"of": 1}, {"x": 2})
    {'of': 1, 'x': 2}
    """
    if values is None:
        return dict(named)
    if not isinstance(values, Mapping):
        raise UsageError(
            "a value has no name: values are given by name",
            hint='write x=1, or a mapping: {"x": 1}',
        )
    twice = next((name for name in values if name in named), None)
    if twice is not None:
        raise UsageError(f"'{twice}' is given twice", hint="leave one of them out")
    return {**values, **named}


def as_names(names: Iterable[str] | str) -> list[str]:
    """Names in a list, whether one or several were given; UsageError for what is no text."""
    found = [names] if isinstance(names, str) else names
    if not isinstance(found, Iterable) or not all(isinstance(name, str) for name in found):
        raise UsageError(f"{names!r}: one name or a list of names is expected", hint='write "x"')
    return [name for name in found if name]


def as_sizes(shapes: Any) -> list[str]:
    """Shapes by name as `--shape` takes them: sizes in a sequence, a text, or one number.

    >>> as_sizes({"A": (3, 3), "B": "3,4", "x": 3, "k": ()})
    ['A=3,3', 'B=3,4', 'x=3', 'k=']
    """
    if not isinstance(shapes, Mapping):
        raise UsageError(f"the shapes {shapes!r} have no names", hint='write shapes={"A": (3, 3)}')
    return [f"{name}={_sizes(shape)}" for name, shape in shapes.items()]


def _sizes(shape: Any) -> str:
    if isinstance(shape, str) or not isinstance(shape, Iterable):
        return str(shape)
    return ",".join(map(str, shape))


def fresh(value: Any) -> Any:
    """The value with arrays of its own, which may be written to, in mappings and lists too."""
    if isinstance(value, Mapping):
        return {name: fresh(each) for name, each in value.items()}
    if isinstance(value, list):
        return [fresh(each) for each in value]
    return value.copy() if hasattr(value, "flags") else value


def as_table(data: Any) -> Table:
    """The columns of a mapping, a structured array or a data frame; DataError for anything else."""
    from gradcli.data.held import MemorySource
    from gradcli.data.tables import Table

    return Table([MemorySource(data)])


def quiet() -> Any:
    """Where numbers break down a report says so; the caller's settings come back afterwards."""
    import numpy as np

    return np.errstate(all="ignore")


def loud() -> Any:
    """What a new thread starts with, for a caller's own work."""
    import numpy as np

    return np.errstate(divide="warn", over="warn", under="ignore", invalid="warn")
