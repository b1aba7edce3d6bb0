"""Memory of a run's arrays: made once, shared by results that are not needed at the same time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from gradcli.run.compiled.numpy_call import OWNERS, Step
from gradcli.run.interpret import refuse_bytes


@dataclass(frozen=True)
class Memory:
    """Memory that a caller has for nodes.

    `lent` holds arrays in which the values of inputs will lie. An output may be written over the
    input that `over` names for it, once that is not needed any more.
    """

    lent: Mapping[int, np.ndarray[Any, Any]] = field(default_factory=dict)
    over: Mapping[int, int] = field(default_factory=dict)


class Buffers:
    """Gives each step that writes an array a place to write to.

    Steps are asked for in their order. The results of `fresh` steps are handed out, and therefore
    have memory of their own. `arrays` holds the place of each of the other steps. `overwritten`
    are steps whose memory is not for the pool, but may be written to when they are dead.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        needed: Sequence[int],
        constants: Mapping[int, Any],
        fresh: Collection[int],
        overwritten: Collection[int] = (),
    ) -> None:
        self._steps = steps
        self._last: dict[int, int] = {}
        self.owners: dict[int, frozenset[int]] = {}
        """For each step the steps in whose buffers its entries may lie."""
        self._storage: dict[int, np.ndarray[Any, Any]] = {}
        self._free: list[np.ndarray[Any, Any]] = []
        self.arrays: dict[int, np.ndarray[Any, Any]] = {}
        self.bytes = 0
        for at in needed:
            step = steps[at]
            args = [] if at in constants else [a for a in step.args if isinstance(a, int)]
            if step.kind in OWNERS:
                own = step.shape != () and at not in fresh and at not in constants
                self.owners[at] = frozenset([at] if own else [])
            elif at in overwritten:
                self.owners[at] = frozenset([at])
            else:
                self.owners[at] = frozenset[int]().union(*(self.owners[a] for a in args))
            for owner in (o for arg in args for o in self.owners[arg]):
                self._last[owner] = at

    def place(self, at: int) -> np.ndarray[Any, Any] | None:
        """Where step `at` writes to: None for memory of its own."""
        step = self._steps[at]
        place = None
        if at in self.owners[at]:
            over = self._in_place(at)
            if over is not None:
                self._storage[at], place = self._storage.pop(over), self.arrays[over]
            else:
                self._storage[at] = storage = self._allocated(step)
                dtype = np.bool_ if step.truth else np.float64
                place = storage.view(dtype)[: prod(step.shape)].reshape(step.shape)
            self.arrays[at] = place
        for owner in {o for arg in step.args if isinstance(arg, int) for o in self.owners[arg]}:
            if self._last[owner] == at and owner in self._storage:
                self._free.append(self._storage.pop(owner))
        if at in self.owners[at] and at not in self._last:
            self._free.append(self._storage.pop(at))
        return place

    def _in_place(self, at: int) -> int | None:
        """An argument that is not needed any more, and lies entry by entry where the result may."""
        step = self._steps[at]
        for arg in step.args:
            if isinstance(arg, int) and arg in self._storage and self.may_write(at, arg):
                return arg
        return None

    def may_write(self, at: int, over: int) -> bool:
        """Whether step `at` may write its result to where step `over` wrote its own."""
        step, other = self._steps[at], self._steps[over]
        if (other.shape, other.truth) != (step.shape, step.truth):
            return False
        if self._last.get(over, at) > at:
            return False
        readers = [a for a in step.args if isinstance(a, int) and over in self.owners[a]]
        if step.kind == "ufunc" and step.function is not np.matmul:
            return all(a == over for a in readers)
        # A select writes its last argument first.
        last = step.kind == "select" and readers == [over] and over not in step.args[:2]
        return last or not readers

    def _allocated(self, step: Step) -> np.ndarray[Any, Any]:
        """The smallest free storage that is large enough, but not by far; else a new one."""
        size = prod(step.shape) * (1 if step.truth else 8)
        fitting = [s for s in self._free if size <= s.nbytes <= 2 * size + 64]
        if not fitting:
            self.bytes += size
            refuse_bytes(self.bytes)
            return np.empty(-(-size // 8), np.float64)
        best = min(fitting, key=lambda s: s.nbytes)
        self._free = [s for s in self._free if s is not best]
        return best
