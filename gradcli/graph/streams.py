"""Random calls: which stream of random numbers each of them draws from, wherever it stands."""

from __future__ import annotations

from collections import Counter

from gradcli.graph.graph import Graph
from gradcli.graph.ops import table
from gradcli.language.program import Program

Stream = tuple[int, tuple[int, ...]]
"""A rank and a key, which together with the seed of a run decide what is drawn."""


class Draws:
    """The streams of the random calls of one program, no two of them equal.

    A call is known by its rank among the random calls of the text, so that it draws the same
    whether or not the others are needed. The key tells apart calls of one rank: by how often there
    was one before, which is for functions and for a graph that a claim is built on; by the call
    of a function, outside all functions, that led there; and by the name of what the program is
    the `value` of.
    """

    def __init__(self, program: Program, graph: Graph, value: str) -> None:
        self.count = 0
        self._program, self._graph, self._value = program, graph, value
        self._ranks: dict[int, int] = {}
        self._before: Counter[tuple[int, tuple[int, ...]]] = Counter()

    def stream(self, at: int, site: int) -> Stream:
        """That of the call at one instruction, which the call at another led to, or at -1 none."""
        if not self.count:
            self._look_around()
        self.count += 1
        rank, place = self._ranks[at], (site + 1, *map(ord, self._value))
        before = self._before[rank, place]
        self._before[rank, place] += 1
        return rank, (before, *place) if before or any(place) else ()

    def _look_around(self) -> None:
        """Ranks the random calls of the program, and finds those that the graph has already."""
        program, graph = self._program, self._graph
        calls = [at for at, kind in enumerate(program.kinds) if kind == "call"]
        named = ((at, table.find(program.arguments[at].name)) for at in calls)
        drawing = [at for at, op in named if op is not None and op.random]
        self._ranks = {at: rank for rank, at in enumerate(drawing)}
        streams = (attr[-1] for op, attr in zip(graph.ops, graph.attrs) if op.random and attr)
        self._before.update((rank, key[1:] or (0,)) for rank, key in streams)
