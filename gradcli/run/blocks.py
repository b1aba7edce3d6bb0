"""A loss over many rows in blocks that fit into the cache, some of them at the same time.

The blocks, and the order in which their results are added, depend on the loss and the number of
rows alone: so does the sum, to the bit, however many threads or processes there are.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import repeat
from math import prod
from threading import Lock
from typing import TYPE_CHECKING, Any

from gradcli.graph.graph import Graph
from gradcli.run.compiled.compile import Compiled
from gradcli.run.interpret import Value
from gradcli.run.row_kinds import Kind, row_kinds
from gradcli.run.team import LostError, Team, able

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

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

PARTS = 32
"""Consecutive blocks are added up in at most so many parts, whose sums are in memory together."""

ALONE = 0.2
"""Seconds of work before other processes are worth their start, which takes some 20 ms each."""


_alone = False


def one_thread(alone: bool = True) -> None:
    """From now on this process runs one block at a time, where others have the processors; or no
    longer."""
    global _alone
    _alone = alone


def threads() -> int:
    """How many blocks to run at a time: as many as there are processors for this process."""
    if _alone:
        return 1
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        count = os.cpu_count() or 1
    return min(count, MOST_THREADS)


Request = tuple[Kind, Sequence[int], Any]
"""How the blocks are added up, the rows of each, and what their inputs are made of."""


class Blocks:
    """Adds up the results of blocks of rows.

    `make` compiles the loss, and what else is to be added up, for a number of rows; `inputs` gives
    its inputs for some of the rows, of what `total` is given. Compiled code is not shared by
    threads: there is one for each of those that run at the same time.

    There are `workers` threads, 0 for as many as processors; or, with `forks`, processes, once the
    work has taken a while.
    """

    def __init__(
        self,
        make: Callable[[int], Compiled],
        inputs: Callable[[Any, slice], Sequence[Value]],
        workers: int = 0,
        forks: bool = False,
    ) -> None:
        self._make, self._inputs = make, inputs
        self._workers = workers or threads()
        self._forks = forks and able()
        self._idle: dict[int, list[Compiled]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._team: Team[Request, list[Value]] | None = None
        self._making = Lock()
        self._spent = 0.0

    def run(self, rows: int, values: Sequence[Value]) -> list[Value]:
        """The results for so many rows in one piece."""
        idle = self._idle.setdefault(rows, [])
        try:
            compiled = idle.pop()
        except IndexError:
            with self._making:  # what compiles and parses need not know of threads
                compiled = self._make(rows)
        try:
            return compiled(values)
        finally:
            idle.append(compiled)

    def total(self, kind: Kind, sizes: Sequence[int], given: Any) -> list[Value]:
        """The sum or the weighted mean over consecutive blocks of so many rows."""
        total: list[Value] = []
        for found in self._parts((kind, sizes, given), min(len(sizes), PARTS)):
            total = [a + b for a, b in zip(total, found)] if total else found
        return total

    def close(self) -> None:
        """Ends the other processes, until there is more work."""
        if self._team:
            self._team.close()
        self._team, self._spent = None, 0.0

    def _part(self, request: Request, part: int) -> list[Value]:
        """What some consecutive blocks come to."""
        kind, sizes, given = request
        first, last = (len(sizes) * at // min(len(sizes), PARTS) for at in (part, part + 1))
        start, count = sum(sizes[:first]), sum(sizes)
        total: list[Value] = []
        for size in sizes[first:last]:
            found = self.run(size, self._inputs(given, slice(start, start + size)))
            if kind == "mean":
                found = [value * (size / count) for value in found]
            total = [a + b for a, b in zip(total, found)] if total else found
            start += size
        return total

    def _parts(self, request: Request, count: int) -> Iterable[list[Value]]:
        """The results of the parts in their order."""
        if self._workers == 1 or count == 1 or _alone:
            return (self._part(request, part) for part in range(count))
        if not self._forks:
            if self._pool is None:
                from concurrent.futures import ThreadPoolExecutor

                self._pool = ThreadPoolExecutor(self._workers, "gradcli", initializer=_quiet)
            return self._pool.map(self._part, repeat(request), range(count))
        return self._by_team(request, count)

    def _by_team(self, request: Request, count: int) -> Iterable[list[Value]]:
        if self._team is None and self._spent > ALONE:
            try:
                self._team = Team(self._workers - 1, self._part)
            except OSError:  # no process is left
                self._workers = 1
        if self._team:
            try:
                return self._team(request, count)
            except LostError:
                self._team, self._workers = None, 1
        start = time.monotonic()
        found = [self._part(request, part) for part in range(count)]
        self._spent += time.monotonic() - start
        return found


def _quiet() -> None:
    """NumPy's warnings are off by thread."""
    import numpy as np

    np.seterr(all="ignore")


def sizes_of(rows: int, block: int) -> list[int]:
    """Blocks of so many rows, and a last one with what is left."""
    whole, rest = divmod(rows, block)
    return [block] * whole + ([rest] if rest else [])
