"""A loss over many rows in blocks that fit into the cache, some of them at the same time.

The blocks, and the order in which their results are added, depend on the loss and the number of
rows alone: so does the sum, to the bit, however many threads there are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING

from gradcli.graph.graph import Graph
from gradcli.run.compiled.compile import Compiled
from gradcli.run.interpret import Value
from gradcli.run.row_kinds import Kind, row_kinds

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

CACHE = 1 << 23
"""Bytes of the forward values of one block: they stay in the cache, and each call of NumPy is long
enough that threads seldom wait for each other between calls."""

FEWEST = 256
"""Rows of a block at the least, so that NumPy has something to do in each call."""


def block_rows(graph: Graph, loss: int, data: Collection[int]) -> tuple[Kind, int]:
    """How a loss is made of those of blocks (`whole` where it is not), and the rows of a block."""
    cone = graph.cone([loss])
    kinds = row_kinds(graph, cone, data)
    per_row = 0
    for node in cone:
        axis, shape = kinds[node], graph.shapes[node]
        if isinstance(axis, int):
            per_row += 8 * prod(shape[:axis] + shape[axis + 1 :])
    rows = max(FEWEST, 1 << (CACHE // max(per_row, 1)).bit_length() - 1)
    kind = kinds[loss]
    return ("sum" if kind == "count" else kind), rows


MOST_THREADS = 16
"""Each has the memory of a block."""


_alone = False


def one_thread() -> None:
    """From now on this process runs one block at a time, as where others have the processors."""
    global _alone
    _alone = True


def threads() -> int:
    """How many blocks to run at a time: as many as there are processors for this process."""
    if _alone:
        return 1
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        count = os.cpu_count() or 1
    return min(count, MOST_THREADS)


class Blocks:
    """Adds up the results of blocks of rows.

    `make` compiles the loss, and what else is to be added up, for a number of rows. Compiled code
    is not shared by threads: there is one for each of those that run at the same time.
    """

    def __init__(self, make: Callable[[int], Compiled], workers: int = 0) -> None:
        self._make = make
        self._workers = workers or threads()
        self._idle: dict[int, list[Compiled]] = {}
        self._pool: ThreadPoolExecutor | None = None

    def run(self, rows: int, values: Sequence[Value]) -> list[Value]:
        """The results for so many rows in one piece."""
        idle = self._idle.setdefault(rows, [])
        compiled = idle.pop() if idle else self._make(rows)
        try:
            return compiled(values)
        finally:
            idle.append(compiled)

    def total(
        self, kind: Kind, sizes: Sequence[int], values: Callable[[slice], Sequence[Value]]
    ) -> list[Value]:
        """The sum or the weighted mean over consecutive blocks of so many rows.

        `values` gives the inputs for some of the rows; it is called by several threads.
        """
        count = sum(sizes)
        total: list[Value] = []
        for size, found in zip(sizes, self._results(sizes, values)):
            if kind == "mean":
                found = [value * (size / count) for value in found]
            total = [a + b for a, b in zip(total, found)] if total else found
        return total

    def _results(
        self, sizes: Sequence[int], values: Callable[[slice], Sequence[Value]]
    ) -> Iterator[list[Value]]:
        """The results of the blocks in their order."""
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        blocks = [(size, slice(start, start + size)) for size, start in zip(sizes, starts)]

        def run(size: int, rows: slice) -> list[Value]:
            return self.run(size, values(rows))

        if self._workers == 1 or len(blocks) == 1 or _alone:
            yield from (run(*block) for block in blocks)
            return
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self._workers, "gradcli", initializer=_quiet)
        waiting: deque[Future[list[Value]]] = deque()
        for block in blocks:
            waiting.append(self._pool.submit(run, *block))
            # Some results ahead keep every thread at work, all of them could fill the memory.
            if len(waiting) > 2 * self._workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _quiet() -> None:
    """NumPy's warnings are off by thread."""
    import numpy as np

    np.seterr(all="ignore")


def sizes_of(rows: int, block: int) -> list[int]:
    """Blocks of so many rows, and a last one with what is left."""
    whole, rest = divmod(rows, block)
    return [block] * whole + ([rest] if rest else [])
