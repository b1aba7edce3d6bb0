"""Tables in Parquet and Arrow files, through pyarrow, which is imported for nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gradcli.data.columns import is_absent, renumbered
from gradcli.data.files import reading, repeated, suffix
from gradcli.data.misspelt import no_number
from gradcli.errors import DataError
from gradcli.memory import MEMORY
from gradcli.words import listed, nearest, quoted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float64]

ARROW = {".parquet": "Parquet", ".arrow": "Arrow", ".feather": "Feather"}
"""What the ending of a name says."""


class ArrowSource:
    """The columns of one such file: numbers, booleans as 0 and 1, and text as classes.

    A null is a missing cell. With `gaps` it is nan, as is a text that says that there is nothing.
    """

    gaps = False

    def __init__(self, path: str) -> None:
        self.path = path
        with self._opened() as table:
            self.names = [name for name in table.schema_arrow.names if name]
            self._schema: Any = table.schema_arrow
            self._rows = int(table.count)
        twice = repeated(self.names)
        if twice is not None:
            raise DataError(f"{path} has two columns named {quoted(twice)}")
        if not self._rows:
            raise DataError(f"{path} has no rows")

    def rows(self) -> int:
        return self._rows

    def read(
        self, names: Sequence[str], known: Mapping[str, Sequence[str]], numeric: AbstractSet[str]
    ) -> dict[str, tuple[Array, list[str] | None]]:
        if self._rows * 8 * len(names) > MEMORY:
            size = self._rows * 8 * len(names) / 1e9
            what = f"{self.path} needs {size:,.0f} GB of memory"
            raise DataError(f"{what}, this machine has {MEMORY / 1e9:,.0f} GB")
        with self._opened() as table:
            found = table.read(list(names))
            found.validate(full=True)  # else offsets that damage changed crash the process
            return {
                name: self._text(name, column, known.get(name))
                if self._is_text(name) and name not in numeric
                else self._numbers(name, column, name in known)
                for name, column in zip(names, found.columns)
            }

    def candidates(self) -> list[str]:
        return [name for name in self.names if self._is_number(name)]

    def label(self, name: str) -> str:
        return self.path

    def place(self, name: str, row: int) -> str:
        return f"{self.path}: row {row}, column {quoted(name)}"

    def _is_number(self, name: str) -> bool:
        from pyarrow import types

        kind = self._schema.field(name).type
        tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
        return types.is_null(kind) or any(test(kind) for test in tests)

    def _is_text(self, name: str) -> bool:
        from pyarrow import types

        kind = self._schema.field(name).type
        kind = kind.value_type if types.is_dictionary(kind) else kind
        return bool(types.is_string(kind) or types.is_large_string(kind))

    def _numbers(self, name: str, column: Any, classed: bool) -> tuple[Array, None]:
        import numpy as np
        import pyarrow as pa

        if not self._is_number(name):
            held = "text" if self._is_text(name) else f"{self._schema.field(name).type}"
            what = f"{self.path}: column {quoted(name)} holds {held}, not numbers"
            raise DataError(what, hint="save it as numbers or text")
        if classed:
            what = f"{self.path}: column {quoted(name)} holds numbers, not names of classes"
            raise DataError(what)
        self._refuse_gaps(name, column.is_null().to_numpy())
        values = column.cast(pa.float64(), safe=False).to_numpy()
        return np.array(values, dtype=np.float64), None

    def _text(
        self, name: str, column: Any, known: Sequence[str] | None
    ) -> tuple[Array, list[str] | None]:
        """The class numbers of a column of text; the words that occur are its classes."""
        import numpy as np
        import pyarrow as pa

        encoded = column.cast(pa.large_string()).dictionary_encode().combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):  # of more than one, where there is none
            encoded = pa.concat_arrays(encoded.chunks)
        words = encoded.dictionary.to_pylist()
        codes = np.array(encoded.indices.cast(pa.float64()).to_numpy(zero_copy_only=False))
        absent = [code for code, word in enumerate(words) if self._is_gap(word)]
        codes[np.isin(codes, absent)] = np.nan
        self._refuse_gaps(name, np.isnan(codes))
        names = [word for code, word in enumerate(words) if code not in absent]
        classes = sorted(names) if known is None else list(known)
        for word in names:
            if word not in classes:
                row = int(np.argmax(codes == words.index(word)))
                hint = nearest(word, classes) or f"the classes are {listed(map(quoted, classes))}"
                what = f"{self.place(name, row)}: {quoted(word)} is not one of the classes"
                raise DataError(what, hint=hint)
        return renumbered(codes, words, classes), classes

    def _is_gap(self, word: str) -> bool:
        return is_absent(word) if self.gaps else not word.strip()

    def _refuse_gaps(self, name: str, gaps: Any) -> None:
        if not self.gaps and gaps.any():
            what, hint = no_number("")
            raise DataError(f"{self.place(name, int(gaps.argmax()))}: {what}", hint=hint)

    @contextmanager
    def _opened(self) -> Iterator[_Parquet | _Arrow]:
        try:
            import pyarrow as pa
        except ModuleNotFoundError:
            hint = 'pip install "gradcli[parquet]"'
            raise DataError(f"{self.path}: such a file is read by pyarrow", hint=hint) from None
        kind = suffix(self.path)
        with reading(self.path) as stream:
            try:
                yield _Parquet(stream) if kind == ".parquet" else _Arrow(stream)
            # What a reader says of damage names no place that a user could look at.
            except (pa.ArrowException, OSError, EOFError, ValueError, KeyError, IndexError):
                what = f"{self.path} is no {ARROW[kind]} file, or a damaged one"
                raise DataError(what, hint="write it anew") from None
            except MemoryError:
                raise DataError(f"{self.path} does not fit into memory") from None


class _Parquet:
    """A Parquet file, of which only the columns that are asked for are read."""

    def __init__(self, stream: Any) -> None:
        from pyarrow import parquet

        self._file = parquet.ParquetFile(stream)
        self.schema_arrow, self.count = self._file.schema_arrow, self._file.metadata.num_rows

    def read(self, names: list[str]) -> Any:
        return self._file.read(columns=names).select(names)


class _Arrow:
    """An Arrow file, which a Feather file is too, or an Arrow stream in a file."""

    def __init__(self, stream: Any) -> None:
        import pyarrow as pa

        try:
            self._table = pa.ipc.open_file(stream).read_all()
        except pa.ArrowInvalid:
            stream.seek(0)
            self._table = pa.ipc.open_stream(stream).read_all()
        self.schema_arrow, self.count = self._table.schema, self._table.num_rows

    def read(self, names: list[str]) -> Any:
        return self._table.select(names)
