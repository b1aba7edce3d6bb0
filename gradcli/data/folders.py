"""A folder of parts: files of one kind and one header, whose rows follow in the order of names.

Where several processes run a command together, each reads some of the parts and tells the others
how many rows and which classes they have; of other parts it reads what it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from gradcli.data.columns import renumbered
from gradcli.data.files import reason, resolve, suffix
from gradcli.data.later import Later
from gradcli.errors import DataError
from gradcli.hosts import hosts
from gradcli.words import listed, quoted

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gradcli.data.column_sources import ColumnSource, Found


def parts_of(folder: str, kinds: Sequence[str]) -> list[str]:
    """The files of the folder in the order of their names, all of one of the kinds.

    What begins with a dot or an underscore is left out, as other readers do.
    """
    try:
        names = sorted(os.listdir(resolve(folder)))
    except OSError as error:
        raise DataError(f"cannot read {folder}: {reason(error)}") from None
    files = [name for name in names if name[0] not in "._" and suffix(name) in kinds]
    found = {suffix(name) for name in files}
    if not files:
        raise DataError(f"{folder} holds no data", hint=f"its parts end in {', '.join(kinds)}")
    if len(found) > 1:
        what = f"{folder} holds {listed(sorted(found))} files"
        raise DataError(f"{what}, and a table has parts of one kind", hint="name one file")
    return [os.path.join(folder, name) for name in files]


class FolderSource:
    """The rows of all parts, one after the other."""

    def __init__(
        self, path: str, files: Sequence[str], opened: Callable[[str], ColumnSource]
    ) -> None:
        self.path = path
        self._parts = [opened(file) for file in files]
        self.names = self._parts[0].names
        for part in self._parts:
            if part.names != self.names:
                what = f"{part.path} has the columns {listed(map(quoted, part.names))}"
                first = f"{self._parts[0].path} has {listed(map(quoted, self.names))}"
                raise DataError(f"{what}, and {first}")
        self._counts: list[int] = []
        """The rows of each part, once they are known."""

    @property
    def gaps(self) -> bool:
        return self._parts[0].gaps

    @gaps.setter
    def gaps(self, gaps: bool) -> None:
        for part in self._parts:
            part.gaps = gaps

    def rows(self) -> int:
        return sum(self._counts or [part.rows() for part in self._parts])

    def read(
        self, names: Sequence[str], known: Mapping[str, Sequence[str]], numeric: AbstractSet[str]
    ) -> dict[str, Found]:
        """See ColumnSource. Columns with gaps are read whole by every process."""
        if hosts().several and not self.gaps:
            return self._read_together(names, known, numeric)
        found = [part.read(names, known, numeric) for part in self._parts]
        return {name: self._joined(name, [part[name] for part in found]) for name in names}

    def _read_together(
        self, names: Sequence[str], known: Mapping[str, Sequence[str]], numeric: AbstractSet[str]
    ) -> dict[str, Any]:
        """The columns as Later, of which this process holds the rows of its own parts."""
        import numpy as np

        count, place = hosts().count, hosts().place
        mine = [at for at in range(len(self._parts)) if at * count // len(self._parts) == place]
        read: dict[int, dict[str, Found]] = {}

        def told() -> list[Any]:
            for at in mine:
                read[at] = self._parts[at].read(names, known, numeric)
            columns = [read[at] for at in mine]
            return [
                [len(part[names[0]][0]), {name: part[name][1] for name in names}]
                for part in columns
            ]

        parts = [part for each in hosts().shared(f"columns {names}", told) for part in each]
        self._counts = [rows for rows, _ in parts]
        starts = [sum(self._counts[:at]) for at in range(len(parts) + 1)]

        def found(name: str) -> tuple[Any, list[str] | None]:
            lists = [classes[name] for _, classes in parts]
            merged = self._merged(name, lists)

            def counted(at: int, column: Found) -> npt.NDArray[Any]:
                array, classes = column
                same = merged is None or classes is None
                return array if same else renumbered(array, classes or (), merged or ())

            held = {at: counted(at, read[at][name]) for at in mine}

            def part(at: int) -> npt.NDArray[Any]:
                if at not in held:  # a border between processes may lie within it
                    column = self._parts[at].read([name], known, numeric)[name]
                    for other in [other for other in held if other not in mine]:
                        del held[other]
                    held[at] = counted(at, column)
                return held[at]

            def rows(wanted: slice | npt.NDArray[np.intp]) -> npt.NDArray[Any]:
                if isinstance(wanted, slice):
                    first, last = wanted.start, wanted.stop
                    cut = [
                        part(at)[max(first - start, 0) : last - start]
                        for at, start in enumerate(starts[:-1])
                        if first < starts[at + 1] and last > start
                    ]
                    return np.concatenate(cut) if cut else np.empty(0)
                found = np.empty(len(wanted))
                of = np.searchsorted(starts, wanted, side="right") - 1
                for at in np.unique(of).tolist():
                    here = of == at
                    found[here] = part(at)[wanted[here] - starts[at]]
                return found

            return Later((starts[-1],), rows), merged

        return {name: found(name) for name in names}

    def candidates(self) -> list[str]:
        return self._parts[0].candidates()

    def label(self, name: str) -> str:
        return self.path

    def place(self, name: str, row: int) -> str:
        for at, part in enumerate(self._parts):
            rows = self._counts[at] if self._counts else part.rows()
            if row < rows:
                return part.place(name, row)
            row -= rows
        return f"{self.path}: column {quoted(name)}"

    def _joined(self, name: str, columns: Sequence[Found]) -> Found:
        """The columns of the parts as one; classes are those of all parts, sorted."""
        import numpy as np

        merged = self._merged(name, [classes for _, classes in columns])
        arrays = [
            array if merged is None else renumbered(array, classes or (), merged)
            for array, classes in columns
        ]
        return np.concatenate(arrays), merged

    def _merged(self, name: str, lists: Sequence[list[str] | None]) -> list[str] | None:
        """The classes of all parts; None where they hold numbers."""
        texts = [classes for classes in lists if classes is not None]
        if not texts:
            return None
        if len(texts) < len(lists):
            kinds = [classes is not None for classes in lists]
            text, number = (self._parts[kinds.index(kind)].path for kind in (True, False))
            what = f"column {quoted(name)} is text in {text}, and numbers in {number}"
            raise DataError(what, hint="a column is all numbers or all text")
        same = all(classes == texts[0] for classes in texts)
        return texts[0] if same else sorted({word for classes in texts for word in classes})
