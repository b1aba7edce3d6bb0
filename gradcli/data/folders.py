"""A folder of parts: files of one kind and one header, whose rows follow in the order of names."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from gradcli.data.columns import renumbered
from gradcli.data.files import reason, resolve, suffix
from gradcli.errors import DataError
from gradcli.words import listed, quoted

if TYPE_CHECKING:
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

    @property
    def gaps(self) -> bool:
        return self._parts[0].gaps

    @gaps.setter
    def gaps(self, gaps: bool) -> None:
        for part in self._parts:
            part.gaps = gaps

    def rows(self) -> int:
        return sum(part.rows() for part in self._parts)

    def read(
        self, names: Sequence[str], known: Mapping[str, Sequence[str]], numeric: AbstractSet[str]
    ) -> dict[str, Found]:
        found = [part.read(names, known, numeric) for part in self._parts]
        return {name: self._joined(name, [part[name] for part in found]) for name in names}

    def candidates(self) -> list[str]:
        return self._parts[0].candidates()

    def label(self, name: str) -> str:
        return self.path

    def place(self, name: str, row: int) -> str:
        for part in self._parts:
            if row < part.rows():
                return part.place(name, row)
            row -= part.rows()
        return f"{self.path}: column {quoted(name)}"

    def _joined(self, name: str, columns: Sequence[Found]) -> Found:
        """The columns of the parts as one; classes are those of all parts, sorted."""
        import numpy as np

        lists = [classes for _, classes in columns if classes is not None]
        if not lists:
            return np.concatenate([array for array, _ in columns]), None
        if len(lists) < len(columns):
            texts = [classes is not None for _, classes in columns]
            text, number = (self._parts[texts.index(kind)].path for kind in (True, False))
            what = f"column {quoted(name)} is text in {text}, and numbers in {number}"
            raise DataError(what, hint="a column is all numbers or all text")
        same = all(classes == lists[0] for classes in lists)
        merged = lists[0] if same else sorted({word for classes in lists for word in classes})
        arrays = [renumbered(array, classes, merged) for (array, _), classes in zip(columns, lists)]
        return np.concatenate(arrays), merged
