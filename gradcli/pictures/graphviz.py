"""Where nodes stand and how edges run, by Graphviz, where pygraphviz is installed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from gradcli.pictures.alignment import APART
from gradcli.pictures.layered import Placement, Point, Stroke, layered
from gradcli.pictures.ranks import Size, ranks

_INCH = 72.0
"""Graphviz's points to an inch; a pixel is taken for a point."""

_MOST_PASSED = 500
"""Ranks that all edges together may pass: for some more, Graphviz takes minutes."""


def placed(
    sizes: Sequence[Size], edges: Sequence[tuple[int, int]], labels: Sequence[Size | None]
) -> Placement:
    """The layout by Graphviz, where it can be had in time, else our own."""
    rank = ranks(len(sizes), edges)
    passed = sum(rank[target] - rank[source] for source, target in edges)
    if passed > _MOST_PASSED or find_spec("pygraphviz") is None:
        return layered(sizes, edges, labels)
    return by_graphviz(sizes, edges, labels)


def by_graphviz(
    sizes: Sequence[Size], edges: Sequence[tuple[int, int]], labels: Sequence[Size | None]
) -> Placement:
    """What `layered` answers; a label is a node of Graphviz, which its edge passes through."""
    import pygraphviz

    graph = pygraphviz.AGraph(
        directed=True, strict=False, rankdir="LR", ranksep=0.35, nodesep=APART / _INCH
    )
    graph.node_attr.update(shape="box", fixedsize="true", label="", fontname="")
    graph.edge_attr.update(arrowhead="none")

    def add(name: str, size: Size) -> None:
        graph.add_node(name, width=size[0] / _INCH, height=size[1] / _INCH)

    for node, size in enumerate(sizes):
        add(f"n{node}", size)
    for number, ((source, target), label) in enumerate(zip(edges, labels)):
        if label:
            add(f"e{number}", label)
            graph.add_edge(f"n{source}", f"e{number}", key=f"{number}a", headport="w")
            graph.add_edge(f"e{number}", f"n{target}", key=f"{number}b", tailport="e")
        else:
            graph.add_edge(f"n{source}", f"n{target}", key=f"{number}")
    graph.layout(prog="dot")
    left, bottom, right, top = map(float, graph.graph_attr["bb"].split(","))

    def point(text: str) -> Point:
        x, y = map(float, text.split(",")[-2:])
        return x - left, top - y

    def centre(name: str) -> Point:
        return point(graph.get_node(name).attr["pos"])

    def curve(tail: str, head: str, key: str) -> Stroke:
        spline = graph.get_edge(tail, head, key).attr["pos"]
        points = [point(text) for text in spline.replace("\\\n", "").split()]
        return [
            (points[0],),
            *((points[i], points[i + 1], points[i + 2]) for i in range(1, len(points), 3)),
        ]

    routes: list[Stroke] = []
    spots: list[Point | None] = []
    for number, ((source, target), label) in enumerate(zip(edges, labels)):
        if label:
            spots.append(centre(f"e{number}"))
            first = curve(f"n{source}", f"e{number}", f"{number}a")
            second = curve(f"e{number}", f"n{target}", f"{number}b")
            routes.append([*first, *second])
        else:
            spots.append(None)
            routes.append(curve(f"n{source}", f"n{target}", f"{number}"))
    centres = [centre(f"n{node}") for node in range(len(sizes))]
    return Placement(centres, routes, spots, (right - left, top - bottom))
