"""Data that a Python program holds: a mapping of arrays, a structured array, a data frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from gradcli.data.column_sources import classified
from gradcli.errors import DataError
from gradcli.words import quoted

if TYPE_CHECKING:
    from gradcli.data.column_sources import Found


class MemorySource:
    """Columns by name, rows first; of text a class for each word, of truths 1 and 0.

    Takes a mapping of names to what NumPy makes arrays of, a structured array, or whatever has
    `columns` and gives one by its name, as the data frames of pandas and polars do. Raises
    DataError for anything else, and for a column that holds neither numbers nor text.
    """

    path = "the data"
    gaps = False

    def __init__(self, data: Any) -> None:
        self._columns = _columns(data)
        self.names = list(self._columns)
        if not self.names:
            raise DataError("the data has no columns", hint='give some by name: {"x": [1, 2]}')

    def rows(self) -> int:
        """The rows of the first column."""
        return len(self._array(self.names[0]))

    def read(
        self, names: Sequence[str], known: Mapping[str, Sequence[str]], numeric: AbstractSet[str]
    ) -> dict[str, Found]:
        """The named columns: those of `known` by their classes, those of `numeric` as numbers."""
        found: dict[str, Found] = {}
        for name in names:
            array = self._array(name)
            if name in numeric and array.dtype.kind == "U":
                raise DataError(f"{self.label(name)} holds text, where numbers were before")
            found[name] = classified(array, self.label(name), known.get(name))
        return found

    def candidates(self) -> list[str]:
        """The columns of numbers."""
        return [name for name in self.names if self._array(name).dtype.kind != "U"]

    def label(self, name: str) -> str:
        """What an error calls a column."""
        return f"column {quoted(name)}"

    def place(self, name: str, row: int) -> str:
        """Where a cell stands, rows counted from 0."""
        return f"{self.label(name)}, row {row}"

    def _array(self, name: str) -> Any:
        """The column as float64, or as text."""
        import numpy as np

        column = self._columns[name]
        if np.ma.is_masked(column):
            column = self._unmasked(name, column)
        try:
            array = np.asarray(column)
            if array.dtype.kind == "U" and not hasattr(column, "dtype"):
                array = np.asarray(column, dtype=object)  # in ["a", 2.0] the number stays one
        except ValueError:
            raise DataError(f"{self.label(name)} has rows of unlike length") from None
        label = self.label(name)
        if array.ndim == 0:
            raise DataError(f"{label} is a single number, a column has rows")
        if not len(array):
            raise DataError(f"{label} has no rows")
        if array.dtype.kind in "biuf":
            return array.astype(np.float64, copy=False)
        cells = array.ravel().tolist()
        if array.dtype.kind in "OUT":
            if all(isinstance(cell, str) for cell in cells):
                return array.astype(np.str_)
            if all(isinstance(cell, int | float) for cell in cells):
                return array.astype(np.float64)
        kind = str if isinstance(cells[0], str) else (int, float)
        odd = next(at for at, cell in enumerate(cells) if not isinstance(cell, kind))
        raise DataError(
            f"{self.place(name, odd * len(array) // len(cells))}: {cells[odd]!r} is no"
            f" {'text' if kind is str else 'number'}",
            hint="a column is all numbers or all text",
        )

    def _unmasked(self, name: str, column: Any) -> Any:
        """A column with nan for what is masked, where there may be gaps."""
        import numpy as np

        numbers = column.dtype.kind in "biuf"
        if numbers and self.gaps:
            return np.ma.filled(column.astype(np.float64), np.nan)
        row = int(np.argwhere(np.ma.getmaskarray(column))[0, 0])
        hint = "fill it with .filled(…)" + ', or descend with missing="drop"' * numbers
        raise DataError(f"{self.place(name, row)} is masked", hint=hint)


def _columns(data: Any) -> dict[str, Any]:
    """What stands behind every name."""
    if isinstance(data, Mapping):
        columns = dict(data)
    elif getattr(getattr(data, "dtype", None), "names", None):
        columns = {name: data[name] for name in data.dtype.names}
    elif hasattr(data, "columns") and hasattr(data, "__getitem__"):
        columns = {name: data[name] for name in data.columns}
    else:
        raise DataError(
            f"{type(data).__name__} is no data with named columns",
            hint='give a mapping, a structured array or a data frame: data={"x": [1, 2]}',
        )
    wrong = next((name for name in columns if not isinstance(name, str)), None)
    if wrong is not None:
        raise DataError(f"the data has a column named {wrong!r}, which is no text")
    return columns
