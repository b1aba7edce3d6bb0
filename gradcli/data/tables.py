"""Data by the names of its columns: rows first, numbers as they are, text as class numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from gradcli.data.column_sources import ColumnSource, TextSource, open_source
from gradcli.data.columns import carried, is_absent, number, renumbered
from gradcli.data.corpus import PLAIN, CorpusSource, TextOptions
from gradcli.data.files import repeated
from gradcli.data.later import Later
from gradcli.errors import DataError
from gradcli.hosts import hosts
from gradcli.words import listed, nearest, quoted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SAMPLED = 1 << 26
"""An array of more bytes than this is fingerprinted by some of its rows."""


def open_table(arguments: Iterable[str], text: TextOptions = PLAIN) -> Table:
    """The table whose columns stand in all the given files, side by side.

    Each argument is a `.csv`, `.tsv`, `.txt` or `.npz` file, or NAME=file.npy. Only the names are
    read. `text` says how words are.
    """
    return Table([open_source(argument, text) for argument in arguments])


class Gaps(NamedTuple):
    """How missing cells were seen to: in how many of the rows, in how many cells a column, and the
    means that they got."""

    by: str
    rows: int
    of: int
    columns: dict[str, int]
    means: dict[str, Any]

    def __str__(self) -> str:
        if not self.rows:
            return ""
        what = "left out" if self.by == "drop" else "given the mean of their column"
        where = ", ".join(f"{name} {count:,}" for name, count in self.columns.items())
        rows = f"{self.of:,} rows {'has' if self.rows == 1 else 'have'}"
        are = "is" if self.rows == 1 else "are"
        end = f"and {are} {what}" if self.by == "drop" else f", which are {what}"
        return f"{self.rows:,} of {rows} missing cells{' ' * (self.by == 'drop')}{end} ({where})"


class Table:
    """Columns of equally many rows, each read when `read` asks for it.

    `names` are all columns in the order of the files, those without a name left out. `columns`
    holds those that were read: float64 arrays, but a column from an array file keeps its own type
    of number, and one given as NAME=file.npy stays on disk. `classes` maps a column of text to the
    names that its class numbers count, sorted; `left_out` one that was no column of numbers.
    """

    def __init__(self, sources: Sequence[ColumnSource]) -> None:
        self._sources = list(sources)
        self._source = {name: source for source in sources for name in source.names}
        self.names = [name for source in sources for name in source.names]
        self.columns: dict[str, Any] = {}
        self.classes: dict[str, list[str]] = {}
        self.left_out: dict[str, list[str]] = {}
        self.kept: npt.NDArray[np.intp] | None = None
        """The rows of the files that are left, where some are not."""
        self._fingerprints: dict[tuple[str, ...], str] = {}
        twice = repeated(self.names)
        if twice is not None:
            raise DataError(f"two data files have a column named {quoted(twice)}")

    @property
    def corpora(self) -> list[CorpusSource]:
        """The texts among the files, whose rows are words."""
        return [source for source in self._sources if isinstance(source, CorpusSource)]

    @property
    def text(self) -> dict[str, int]:
        """How the words of a text were read, by the options that say so; empty without one."""
        for source in self.corpora:
            least = source.options.min_count or 1
            return {"window": source.window, "lower": source.options.lower, "min_count": least}
        return {}

    @property
    def words(self) -> set[str]:
        """The columns of these texts, in which nothing is meant as a number."""
        return {name for source in self.corpora for name in source.names}

    @property
    def unseen(self) -> list[str]:
        """What to say of words of these texts that a training did not have."""
        return [source.unseen for source in self.corpora if source.unseen]

    def wider(self, name: str) -> str:
        """How a column that is not there could be: of more neighbours, or of what may be a text."""
        texts = [s for s in self._sources if isinstance(s, (CorpusSource, TextSource))]
        return next(filter(None, (source.hint(name) for source in texts)), "")

    @property
    def rows(self) -> int:
        """How many rows there are; a text file is read through to count them."""
        for array in self.columns.values():
            return len(array)
        return self._sources[0].rows()

    def read(
        self,
        names: Iterable[str],
        classes: Mapping[str, Sequence[str]] | None = None,
        numeric: Collection[str] = (),
    ) -> None:
        """Reads the named columns into `columns` and `classes`, in one pass over each file.

        `classes` are those of a checkpoint: a column that is named there must hold no others, and
        is numbered as there. A column in `numeric` was one of numbers, and must be again.
        """
        wanted = [name for name in dict.fromkeys(names) if name not in self.columns]
        for name in wanted:
            if name not in self._source:
                raise self._missing(name)
        for source in self._sources:
            here = [name for name in wanted if self._source[name] is source]
            found = source.read(here, classes or {}, set(numeric)) if here else {}
            for name, (array, names_of) in found.items():
                if self.kept is not None:
                    array = array[self.kept]
                self._same_rows(name, len(array))
                self.columns[name] = array
                if names_of is not None:
                    self.classes[name] = names_of

    def read_numeric(self, leave_out: Collection[str] = ()) -> list[str]:
        """The names of all columns of numbers but those in `leave_out`, in order; reads them."""
        before = set(self.columns)
        candidates = [name for source in self._sources for name in source.candidates()]
        wanted = [name for name in candidates if name not in leave_out]
        self.read(wanted)
        numeric = [name for name in wanted if name not in self.classes]
        for name in wanted:
            if name in self.classes and name not in before:
                self.left_out[name] = self.classes.pop(name)
                del self.columns[name]
        return numeric

    def words_of(self, names: Iterable[str], rows: int) -> dict[str, list[str]]:
        """The columns of text among `names`, each with the words of its first `rows` rows, sorted.

        Only files of text are looked into, and no array is made. Raises DataError as reading does.
        """
        found: dict[str, list[str]] = {}
        for source in self._sources:
            here = [name for name in names if self._source.get(name) is source]
            if isinstance(source, TextSource) and here:
                cells = source.first_cells(here, rows)
                found.update({n: c for n, c in cells.items() if not all(map(_may_be_number, c))})
            elif isinstance(source, CorpusSource):
                found.update(source.cells(here))
        return {name: sorted({*cells} - {""}) for name, cells in found.items()}

    def share_classes(self, names: Iterable[str]) -> None:
        """Numbers the columns of text among `names` by one list of classes, all their names sorted.

        Columns that share a list already stay together.
        """
        lists = [self.classes[name] for name in names if name in self.classes]
        if not lists:
            return
        # Classes that a checkpoint numbered keep their order, whatever it is.
        same = all(one == lists[0] for one in lists)
        merged = lists[0] if same else sorted({word for one in lists for word in one})
        for name, old in list(self.classes.items()):
            if any(old is one for one in lists):
                column, to = self.columns[name], partial(renumbered, old=old, new=merged)
                self.columns[name] = column.mapped(to) if isinstance(column, Later) else to(column)
                self.classes[name] = merged

    def carried(self, names: Sequence[str]) -> dict[str, list[Any]]:
        """The named columns to be written again, a cell a row that is left: numbers, and text as it
        stands."""
        found: dict[str, list[Any]] = {}
        for source in self._sources:
            here = [name for name in names if self._source[name] is source]
            if not here:
                continue
            if isinstance(source, CorpusSource):
                found.update(source.cells(here))
                continue
            if isinstance(source, TextSource):
                found.update({n: carried(cells) for n, cells in source.cells(here).items()})
                continue
            for name, (array, words) in source.read(here, {}, frozenset()).items():
                column = array.tolist()
                found[name] = column if words is None else [words[int(code)] for code in column]
        if self.kept is not None:
            found = {name: [cells[row] for row in self.kept] for name, cells in found.items()}
        return {name: found[name] for name in names}

    def allow_gaps(self) -> None:
        """From now on a cell that is missing is read as nan, until `fill` sees to it."""
        for source in self._sources:
            source.gaps = True

    def fill(self, by: str, means: Mapping[str, Any] = MappingProxyType({})) -> Gaps:
        """Sees to the missing cells of the columns that were read: `drop` leaves their rows out,
        `mean` gives them the mean of their column, or that which is known by its name.

        Every process reads all rows. Raises DataError where no row is left, and for the mean of
        text.
        """
        import numpy as np

        empty = {name: _is_gap(array) for name, array in self.columns.items()}
        counts = {name: int(gaps.sum()) for name, gaps in empty.items() if gaps.any()}
        touched = np.zeros(self.rows, dtype=bool)
        for name in counts:
            touched |= empty[name]
        found = Gaps(by, int(touched.sum()), len(touched), counts, {})
        if by == "drop" and found.rows:
            self.kept = np.flatnonzero(~touched)
            if not len(self.kept):
                raise DataError("every row has a missing cell", hint="use --missing mean")
            self.columns = {name: array[self.kept] for name, array in self.columns.items()}
        elif by == "mean":
            for name, array in self.columns.items():
                if name in counts or (name not in self.classes and array.dtype.kind == "f"):
                    mean = means.get(name)
                    found.means[name] = self._mean(name) if mean is None else mean
            for name in counts:
                array = self.columns[name]
                self.columns[name] = np.where(np.isnan(array), found.means[name], array)
        return found

    def _mean(self, name: str) -> Any:
        """The mean of the numbers of a column."""
        import numpy as np

        array = self.columns[name]
        label = self._source[name].label(name)
        if name in self.classes:
            what = f"{label}: column {quoted(name)} is text, which has no mean"
            raise DataError(what, hint="--missing drop leaves the rows out")
        gaps = np.isnan(array)
        if gaps.all(axis=0).any():
            raise DataError(f"{label}: column {quoted(name)} has no numbers to take the mean of")
        return np.nanmean(array, axis=0)

    def column(self, name: str) -> npt.NDArray[Any]:
        """One column that was read."""
        if name not in self.columns:
            self.read([name])
        found: npt.NDArray[Any] = self.columns[name]
        return found

    def count(self, name: str, codes: Sequence[int]) -> int:
        """In how many rows a column of text, which was read, has one of some classes."""
        import numpy as np

        return int(np.isin(self.take(name, slice(None)), codes).sum())

    def take(self, name: str, rows: slice | npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """Some rows of a column as float64; of a column on disk, only those are read."""
        import numpy as np

        return np.asarray(self.column(name)[rows], dtype=np.float64)

    def place(self, name: str, row: int) -> str:
        """Where a cell stands: `iris.csv: line 3, column 'x'`, or `x.npy[1]`, rows from 0."""
        return self._source[name].place(name, row if self.kept is None else int(self.kept[row]))

    def fingerprint(self, names: Iterable[str]) -> str:
        """A short text that tells the named columns from others, whatever their files are called.

        It depends on their names, shapes, classes and numbers; of a column of more than 64 MB, on
        the numbers of 64 rows spread over it. Of several processes each reads its own rows; the
        text is the same, and each has to ask for it.
        """
        key = tuple(sorted(set(names)))
        if key not in self._fingerprints:
            self._fingerprints[key] = self._fingerprint(key)
        return self._fingerprints[key]

    def _fingerprint(self, names: Sequence[str]) -> str:
        import hashlib
        import json

        import numpy as np

        digest = hashlib.blake2b(digest_size=16)
        for name in names:
            column = self.column(name)
            digest.update(json.dumps([name, column.shape, self.classes.get(name)]).encode())
            own = hosts().own(len(column))
            rows: Any = own
            if column.nbytes > _SAMPLED:
                rows = np.unique(np.linspace(0, len(column) - 1, 64).astype(np.intp))
                rows = rows[(own.start <= rows) & (rows < own.stop)]
            mine = np.ascontiguousarray(self.take(name, rows)).tobytes()
            for part in hosts().exchanged(f"column {name}", mine):
                digest.update(part)
        return digest.hexdigest()

    def _same_rows(self, name: str, rows: int) -> None:
        other, array = next(iter(self.columns.items()), (name, None))
        if array is not None and len(array) != rows:
            here, there = self._source[name].label(name), self._source[other].label(other)
            raise DataError(f"{there} has {len(array)} rows, {here} has {rows}")

    def _missing(self, name: str) -> DataError:
        files = [source.path for source in self._sources]
        where = files[0] if len(files) == 1 else "the data"
        if not name:
            return DataError(f"{where}: a column is known by its name, not by a blank one")
        there = f"the columns are {listed(map(quoted, self.names))}" if self.names else ""
        hint = nearest(name, self.names) or there
        if all(number(known) is not None for known in self.names):
            hint = "its first line must name the columns"
        return DataError(f"{where} has no column {quoted(name)}", hint=hint)


def _may_be_number(cell: str) -> bool:
    return number(cell) is not None or is_absent(cell)


def _is_gap(array: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """The rows of a column in which a number is nan."""
    import numpy as np

    if array.dtype.kind != "f":
        return np.zeros(len(array), dtype=bool)
    gaps: npt.NDArray[np.bool_] = np.isnan(array).reshape(len(array), -1).any(axis=1)
    return gaps
