"""Mini-batches: each epoch visits every row once, in an order that the seed and its number fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Batches:
    """The rows of each step of a run; nothing in it depends on which steps were asked for before,
    so that a run may stop and resume anywhere."""

    def __init__(self, rows: int, size: int, seed: int) -> None:
        self._rows, self._size, self._seed = rows, size, seed
        self.epoch = -(-rows // size)
        """Steps of one epoch; the last one takes the rows that are left."""
        self._orders: dict[int, NDArray[np.intp]] = {}

    def at(self, step: int) -> NDArray[np.intp]:
        """The rows of a step, which is counted from 0."""
        epoch, place = divmod(step, self.epoch)
        if epoch not in self._orders:
            self._orders = {epoch: self._shuffled(epoch)}
        return self._orders[epoch][place * self._size : (place + 1) * self._size]

    def _shuffled(self, epoch: int) -> NDArray[np.intp]:
        import numpy as np

        bits = np.random.PCG64(np.random.SeedSequence([self._seed, epoch]))
        return np.random.Generator(bits).permutation(self._rows)
