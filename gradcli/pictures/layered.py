"""Where the nodes of a graph stand and how its edges run: in ranks, from left to right.

The steps are those of Sugiyama: ranks by the longest path, pulled towards the consumers; long
edges cut into pieces by dummies, one of which has the size of the edge's label; an order in every
rank with few crossings, by medians and transpositions; coordinates by Brandes and Köpf, which keep
long edges straight. Curves run between the ranks and are level within one, so that none can meet
a box or a label that is not its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradcli.pictures.alignment import levels, ports_of
from gradcli.pictures.crossings import arrange
from gradcli.pictures.ranks import Ranked, Size, label_of, ranked

Point = tuple[float, float]
Stroke = list[tuple[Point, ...]]
"""A start, then lines (one point) and cubic curves (three points)."""

HEAD = 10.0
"""The last piece of an edge, which is level, for an arrow head."""

_NARROW, _WIDE = 30.0, 80.0
"""Least and most room between two ranks; steep edges need more."""

_STEEP = 0.12
"""Room between ranks for a unit that an edge climbs there."""

_LEVEL = 0.01
"""What an edge may climb and be level."""


@dataclass
class Placement:
    """Centres of the nodes, a curve for every edge, and the centre of its label, if it has one."""

    centres: list[Point]
    routes: list[Stroke]
    labels: list[Point | None]
    size: Size


def layered(
    sizes: Sequence[Size], edges: Sequence[tuple[int, int]], labels: Sequence[Size | None]
) -> Placement:
    """The layout of nodes of these sizes; an edge leads to a node of a higher number.

    `labels` are the sizes of the labels of the edges. An edge is level where it passes its label.
    """
    graph = ranked(sizes, edges, labels)
    arrange(graph)
    ports = ports_of(graph, len(sizes))
    ys = levels(graph, ports)
    top = min((y - h / 2 for y, h in zip(ys, graph.heights)), default=0.0)
    ys = [y - top for y in ys]
    columns = _columns(graph, ys)
    middles = [(left + right) / 2 for left, right in columns]
    routes, spots = [], list[Point | None]()
    for number, (chain, label) in enumerate(zip(graph.chains, labels)):
        routes.append(_route(graph, chain, ys, columns, middles, ports[number]))
        spot = label_of(graph, chain) if label else None
        spots.append(None if spot is None else (middles[graph.rank[spot]], ys[spot]))
    centres = [(middles[graph.rank[node]], ys[node]) for node in range(len(sizes))]
    height = max((y + h / 2 for y, h in zip(ys, graph.heights)), default=0.0)
    return Placement(centres, routes, spots, (columns[-1][1] if columns else 0.0, height))


def _columns(graph: Ranked, ys: Sequence[float]) -> list[tuple[float, float]]:
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
    graph: Ranked,
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
