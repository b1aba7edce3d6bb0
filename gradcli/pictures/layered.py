"""Where the nodes of a graph stand and how its edges run: in ranks, from left to right.

The steps are those of Sugiyama: ranks by the longest path, pulled towards the consumers; long
edges cut into pieces by dummies, one of which has the size of the edge's label; an order in every
rank with few crossings, by medians and transpositions; coordinates by Brandes and Köpf, which keep
long edges straight. Curves run between the ranks and are level within one, so that none can meet
a box or a label that is not its own.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Point = tuple[float, float]
Size = tuple[float, float]
Stroke = list[tuple[Point, ...]]
"""A start, then lines (one point) and cubic curves (three points)."""

APART = 14.0
"""Least room between two boxes of a rank, and between a box and an edge."""

HEAD = 10.0
"""The last piece of an edge, which is level, for an arrow head."""

_NARROW, _WIDE = 30.0, 80.0
"""Least and most room between two ranks; steep edges need more."""

_STEEP = 0.12
"""Room between ranks for a unit that an edge climbs there."""

_PORTS = 13.0
"""Room between two arrow heads at a box."""

_LEVEL = 0.01
"""What an edge may climb and be level."""

_ROUNDS, _PATIENCE = 24, 4
"""Sweeps over the ranks at the most, and those without success after which there is no more."""


@dataclass
class Placement:
    """Centres of the nodes, a curve for every edge, and the centre of its label, if it has one."""

    centres: list[Point]
    routes: list[Stroke]
    labels: list[Point | None]
    size: Size


@dataclass
class _Ranked:
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


def layered(
    sizes: Sequence[Size], edges: Sequence[tuple[int, int]], labels: Sequence[Size | None]
) -> Placement:
    """The layout of nodes of these sizes; an edge leads to a node of a higher number.

    `labels` are the sizes of the labels of the edges. An edge is level where it passes its label.
    """
    graph = _ranked(sizes, edges, labels)
    _arrange(graph)
    ports = _ports(graph, len(sizes))
    ys = _levels(graph, ports)
    top = min((y - h / 2 for y, h in zip(ys, graph.heights)), default=0.0)
    ys = [y - top for y in ys]
    columns = _columns(graph, ys)
    middles = [(left + right) / 2 for left, right in columns]
    routes, spots = [], list[Point | None]()
    for number, (chain, label) in enumerate(zip(graph.chains, labels)):
        routes.append(_route(graph, chain, ys, columns, middles, ports[number]))
        spot = _label_of(graph, chain) if label else None
        spots.append(None if spot is None else (middles[graph.rank[spot]], ys[spot]))
    centres = [(middles[graph.rank[node]], ys[node]) for node in range(len(sizes))]
    height = max((y + h / 2 for y, h in zip(ys, graph.heights)), default=0.0)
    return Placement(centres, routes, spots, (columns[-1][1] if columns else 0.0, height))


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


def _ranked(
    sizes: Sequence[Size], edges: Sequence[tuple[int, int]], labels: Sequence[Size | None]
) -> _Ranked:
    count = len(sizes)
    step = 2 if any(labels) else 1  # labels have ranks of their own, between those of the nodes
    rank = [step * r for r in ranks(count, edges)]
    graph = _Ranked([h for _, h in sizes], [w for w, _ in sizes], count, rank)
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


def _label_of(graph: _Ranked, chain: Sequence[int]) -> int | None:
    return next((item for item in chain[1:-1] if graph.heights[item]), None)


# The order within the ranks.


def _arrange(graph: _Ranked) -> None:
    """Puts the items of each rank into an order with few crossings."""
    graph.put(_first_order(graph))
    best = [list(items) for items in graph.order]
    fewest = _crossings(graph)
    idle = 0
    for round in range(_ROUNDS):
        if not fewest or idle == _PATIENCE:
            break
        forward = round % 2 == 0
        _sweep(graph, forward)
        _transpose(graph)
        crossings = _crossings(graph)
        idle += 1
        if crossings < fewest:
            best = [list(items) for items in graph.order]
            fewest, idle = crossings, 0
    graph.put(best)


def _first_order(graph: _Ranked) -> list[list[int]]:
    """As a walk from the output finds the items: a tree has no crossing then."""
    order: list[list[int]] = [[] for _ in range(max(graph.rank, default=-1) + 1)]
    seen = [False] * len(graph.rank)
    ends = [item for item in range(graph.nodes - 1, -1, -1) if not graph.after[item]]
    for end in ends:
        stack = [end]
        while stack:
            item = stack.pop()
            if not seen[item]:
                seen[item] = True
                order[graph.rank[item]].append(item)
                stack += reversed(graph.before[item])
    return order


def _sweep(graph: _Ranked, forward: bool) -> None:
    """Sorts every rank by the medians of the neighbours in the one before it."""
    near = graph.before if forward else graph.after
    ranks = range(1, len(graph.order)) if forward else range(len(graph.order) - 2, -1, -1)
    for r in ranks:
        items = graph.order[r]
        keys = {item: _median([graph.place[n] for n in near[item]]) for item in items}
        moved = sorted((item for item in items if keys[item] >= 0), key=lambda item: keys[item])
        again = iter(moved)  # an item without a neighbour keeps its place
        graph.order[r] = [item if keys[item] < 0 else next(again) for item in items]
        for place, item in enumerate(graph.order[r]):
            graph.place[item] = place


def _median(places: list[int]) -> float:
    """The weighted median of Gansner and others; -1 of nothing."""
    if not places:
        return -1.0
    places = sorted(places)
    middle = len(places) // 2
    if len(places) % 2:
        return places[middle]
    if len(places) == 2:
        return (places[0] + places[1]) / 2
    left, right = places[middle - 1] - places[0], places[-1] - places[middle]
    if left + right == 0:
        return places[middle]
    return (places[middle - 1] * right + places[middle] * left) / (left + right)


def _transpose(graph: _Ranked) -> None:
    """Swaps neighbours in a rank while that saves crossings."""
    place = graph.place
    better = True
    while better:
        better = False
        for items in graph.order:
            for at in range(len(items) - 1):
                upper, lower = items[at], items[at + 1]
                saved = 0
                for near in (graph.before, graph.after):
                    saved += _crossed(near[upper], near[lower], place)
                    saved -= _crossed(near[lower], near[upper], place)
                if saved > 0:
                    items[at], items[at + 1] = lower, upper
                    place[upper], place[lower] = at + 1, at
                    better = True


def _crossed(upper: Sequence[int], lower: Sequence[int], place: Sequence[int]) -> int:
    """Crossings of the links of two items, of which one stands above the other."""
    return sum(place[a] > place[b] for a in upper for b in lower)


def _crossings(graph: _Ranked) -> int:
    """Of all links."""
    total = 0
    for items in graph.order:
        passed: list[int] = []
        for item in items:
            ends = [graph.place[n] for n in graph.after[item]]
            total += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return total


# Coordinates.


def _ports(graph: _Ranked, nodes: int) -> list[float]:
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


Links = dict[int, list[tuple[int, float]]]
"""To an item its neighbours in one direction, each with how far below it the item would stand if
their link were level; from top to bottom."""


def _levels(graph: _Ranked, ports: Sequence[float]) -> list[float]:
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


def _crossed_by_long_edges(graph: _Ranked) -> set[tuple[int, int]]:
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
    graph: _Ranked,
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


def _columns(graph: _Ranked, ys: Sequence[float]) -> list[tuple[float, float]]:
    """Where each rank begins and ends."""
    columns: list[tuple[float, float]] = []
    left = 0.0
    for items in graph.order:
        width = max((graph.widths[item] for item in items), default=0.0)
        columns.append((left, left + width))
        climbs = [abs(ys[item] - ys[n]) for item in items for n in graph.after[item]]
        left += width + min(_NARROW + _STEEP * max(climbs, default=0.0), _WIDE)
    return columns


def _route(
    graph: _Ranked,
    chain: Sequence[int],
    ys: Sequence[float],
    columns: Sequence[tuple[float, float]],
    middles: Sequence[float],
    port: float,
) -> Stroke:
    """From the right side of the source to the left side of the target: level within a rank, a
    curve from one to the next."""
    source, target = chain[0], chain[-1]
    x, y = middles[graph.rank[source]] + graph.widths[source] / 2, ys[source]
    stroke: Stroke = [((x, y),)]
    for item in chain[1:]:
        right, left = columns[graph.rank[item] - 1][1], columns[graph.rank[item]][0]
        left -= HEAD if item == target else 0.0
        level = ys[item] + (port if item == target else 0.0)
        if abs(level - y) > _LEVEL:
            if right > x:
                stroke.append(((right, y),))
            half = (left + right) / 2
            stroke.append(((half, y), (half, level), (left, level)))
            y = level
        x = left
        if item != target and columns[graph.rank[item]][1] > x:
            x = columns[graph.rank[item]][1]
            stroke.append(((x, y),))
    stroke.append(((middles[graph.rank[target]] - graph.widths[target] / 2, y),))
    return stroke
