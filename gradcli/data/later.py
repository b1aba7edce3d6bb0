"""A column of which only those rows are read that somebody uses, as of an array file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Places = slice | npt.NDArray[np.intp]


class Later:
    """Rows of float64 that `read` gives, by a slice with a start and a stop, or by their places."""

    def __init__(self, shape: tuple[int, ...], read: Callable[[Places], npt.NDArray[Any]]) -> None:
        self.shape, self._read = shape, read

    @property
    def dtype(self) -> np.dtype[Any]:
        import numpy as np

        return np.dtype(np.float64)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        from math import prod

        return 8 * prod(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Places) -> npt.NDArray[Any]:
        if isinstance(rows, slice):
            start, stop, step = rows.indices(len(self))
            return self._read(slice(start, max(start, stop)))[::step]
        return self._read(rows)

    def mapped(self, function: Callable[[Any], npt.NDArray[Any]]) -> Later:
        """What becomes of the rows by a function of each."""
        return Later(self.shape, lambda rows: function(self._read(rows)))
