"""The nodes of a graph in ranks; long edges are cut into pieces by dummies and labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Size = tuple[float, float]


@dataclass
class Ranked:
    """Items, which are nodes, dummies and labels, in ranks; links join items of adjacent ranks."""

    heights: list[float]
    widths: list[float]
    nodes: int
    """The first so many items are the nodes."""
    rank: list[int]
    chains: list[list[int]] = field(default_factory=list)
    """The items that each edge passes, its ends included."""
    before: list[list[int]] = field(default_factory=list)
    after: list[list[int]] = field(default_factory=list)
    """The neighbours of an item in the rank before and in the one after; one for every edge."""
    order: list[list[int]] = field(default_factory=list)
    place: list[int] = field(default_factory=list)
    """The items of every rank from top to bottom, and where an item stands among them."""

    def put(self, order: Iterable[Sequence[int]]) -> None:
        self.order = [list(items) for items in order]
        for items in self.order:
            for place, item in enumerate(items):
                self.place[item] = place


def ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The longest path to each node; then a node with no more ways in than out goes as near to its
    consumers as it can, and one with no fewer back to what it is made of, where that stayed."""
    rank = [0] * count
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    for source, target in edges:
        after[source].append(target)
        before[target].append(source)
    for node in range(count):
        rank[node] = max((rank[other] + 1 for other in before[node]), default=0)
    for node in range(count - 1, -1, -1):
        if after[node] and len(after[node]) >= len(before[node]):
            rank[node] = min(rank[other] for other in after[node]) - 1
    for node in range(count):
        if before[node] and len(before[node]) >= len(after[node]):
            rank[node] = max(rank[other] for other in before[node]) + 1
    first = min(rank, default=0)
    return [r - first for r in rank]


def ranked(
    sizes: Sequence[Size], edges: Sequence[tuple[int, int]], labels: Sequence[Size | None]
) -> Ranked:
    """Nodes of these sizes in ranks, with the links of the edges and the labels on them."""
    count = len(sizes)
    step = 2 if any(labels) else 1  # labels have ranks of their own, between those of the nodes
    rank = [step * r for r in ranks(count, edges)]
    graph = Ranked([h for _, h in sizes], [w for w, _ in sizes], count, rank)
    for (source, target), label in zip(edges, labels):
        chain = [source]
        for r in range(rank[source] + 1, rank[target]):
            # A label stands before the target, where an edge has come apart from its siblings.
            width, height = label if label and r == rank[target] - 1 else (0.0, 0.0)
            chain.append(len(graph.rank))
            graph.rank.append(r)
            graph.widths.append(width)
            graph.heights.append(height)
        graph.chains.append([*chain, target])
    graph.before = [[] for _ in graph.rank]
    graph.after = [[] for _ in graph.rank]
    for chain in graph.chains:
        for left, right in pairwise(chain):
            graph.after[left].append(right)
            graph.before[right].append(left)
    graph.place = [0] * len(graph.rank)
    return graph


def label_of(graph: Ranked, chain: Sequence[int]) -> int | None:
    """The item that is the label of an edge, if it has one."""
    return next((item for item in chain[1:-1] if graph.heights[item]), None)
