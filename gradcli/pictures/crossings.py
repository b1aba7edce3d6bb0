"""The order of the items in every rank: few crossings, by medians and transpositions."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

from gradcli.pictures.ranks import Ranked

_ROUNDS, _PATIENCE = 24, 4
"""Sweeps over the ranks at the most, and those without success after which there is no more."""


def arrange(graph: Ranked) -> None:
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


def _first_order(graph: Ranked) -> list[list[int]]:
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


def _sweep(graph: Ranked, forward: bool) -> None:
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


def _transpose(graph: Ranked) -> None:
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


def _crossings(graph: Ranked) -> int:
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
