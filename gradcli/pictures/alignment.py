"""The heights of the items, by Brandes and Köpf: long edges are straight."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gradcli.pictures.ranks import Ranked

APART = 14.0
"""Least room between two boxes of a rank, and between a box and an edge."""

_PORTS = 13.0
"""Room between two arrow heads at a box."""

Links = dict[int, list[tuple[int, float]]]
"""To an item its neighbours in one direction, each with how far below it the item would stand if
their link were level; from top to bottom."""


def ports_of(graph: Ranked, nodes: int) -> list[float]:
    """How far below the centre of its target each edge ends, so that no two end at one point."""
    ports = [0.0] * len(graph.chains)
    ending: list[list[int]] = [[] for _ in range(nodes)]
    for number, chain in enumerate(graph.chains):
        ending[chain[-1]].append(number)
    for node, numbers in enumerate(ending):
        numbers.sort(key=lambda number: graph.place[graph.chains[number][-2]])
        apart = min(_PORTS, (graph.heights[node] - _PORTS) / max(len(numbers) - 1, 1))
        for at, number in enumerate(numbers):
            ports[number] = (at - (len(numbers) - 1) / 2) * apart
    return ports


def levels(graph: Ranked, ports: Sequence[float]) -> list[float]:
    """The height of each item: the mean of the middle two of four layouts, each of which aligns
    items with one of their neighbours to the left or right, from the top or the bottom."""
    before: Links = {item: [] for item in range(len(graph.rank))}
    after: Links = {item: [] for item in range(len(graph.rank))}
    for chain, port in zip(graph.chains, ports):
        for left, right in pairwise(chain):
            down = port if right == chain[-1] else 0.0
            before[right].append((left, -down))
            after[left].append((right, down))
    for links in (before, after):
        for near in links.values():
            near.sort(key=lambda link: (graph.place[link[0]], -link[1]))
    crossed = _crossed_by_long_edges(graph)
    found = []
    for links, order in ((before, graph.order), (after, graph.order[::-1])):
        for sign in (1, -1):
            ranks = [items[::sign] for items in order]
            turned = {i: [(n, sign * d) for n, d in near[::sign]] for i, near in links.items()}
            ys = _compacted(graph, ranks, *_aligned(ranks, turned, crossed))
            found.append([sign * y for y in ys])
    spans = [(min(ys, default=0.0), max(ys, default=0.0)) for ys in found]
    low, high = min(spans, key=lambda span: span[1] - span[0])
    for number, (ys, (least, most)) in enumerate(zip(found, spans)):
        shift = low - least if number % 2 == 0 else high - most
        found[number] = [y + shift for y in ys]
    return [sum(sorted(four)[1:3]) / 2 for four in zip(*found)]


def _crossed_by_long_edges(graph: Ranked) -> set[tuple[int, int]]:
    """The links that cross one between two dummies, which is to be straight."""
    place, nodes = graph.place, graph.nodes
    found: set[tuple[int, int]] = set()
    for items in graph.order:
        links = [(a, b) for a in items for b in graph.before[a]]
        inner = [(place[a], place[b]) for a, b in links if a >= nodes and b >= nodes]
        for a, b in links:
            if (a < nodes or b < nodes) and any(
                (place[a] - p) * (place[b] - q) < 0 for p, q in inner
            ):
                found |= {(a, b), (b, a)}
    return found


def _aligned(
    ranks: Sequence[Sequence[int]], links: Links, crossed: set[tuple[int, int]]
) -> tuple[dict[int, int], dict[int, float]]:
    """Blocks of items that are joined by level links: each item's first one, and how far below
    that it stands."""
    root = {item: item for items in ranks for item in items}
    shift = dict.fromkeys(root, 0.0)
    places = [{item: place for place, item in enumerate(items)} for items in ranks]
    for above, items in zip(places, ranks[1:]):
        last = -1
        for item in items:
            near = links[item]
            for middle in sorted({(len(near) - 1) // 2, len(near) // 2}) if near else ():
                other, down = near[middle]
                if above[other] > last and (item, other) not in crossed:
                    root[item], shift[item] = root[other], shift[other] + down
                    last = above[other]
                    break
    return root, shift


def _compacted(
    graph: Ranked,
    ranks: Sequence[Sequence[int]],
    root: dict[int, int],
    shift: dict[int, float],
) -> list[float]:
    """The items as high up as their order allows, then each block as near to those below it."""
    heights = graph.heights
    below: dict[int, list[tuple[int, float]]] = {block: [] for block in root.values()}
    waiting = dict.fromkeys(below, 0)
    for items in ranks:
        for upper, lower in pairwise(items):
            apart = (heights[upper] + heights[lower]) / 2 + APART
            apart += shift[upper] - shift[lower]
            below[root[upper]].append((root[lower], apart))
            waiting[root[lower]] += 1
    y = dict.fromkeys(below, 0.0)
    ready = [block for block, count in waiting.items() if not count]
    for block in ready:  # it grows as it is walked
        for other, apart in below[block]:
            y[other] = max(y[other], y[block] + apart)
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    for block in reversed(ready):
        if below[block]:
            y[block] = max(y[block], min(y[other] - apart for other, apart in below[block]))
    return [y[root[item]] + shift[item] for item in range(len(heights))]
