"""What a caller in Python gives: values and data, as the rest of the house takes them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
    """The values where some may be names of classes: nan for these, which come apart."""
    from gradcli.question.class_values import ClassWords

    found: dict[str, Value] = {}
    words: dict[str, ClassWords] = {}
    for name, value in values.items():
        try:
            found[name] = as_value(name, value)
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


def as_names(names: Sequence[str] | str) -> list[str]:
    """Names in a list, whether one or several were given."""
    return [names] if isinstance(names, str) and names else list(names)


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
