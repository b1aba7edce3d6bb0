"""A large graph as a smaller one, some of whose boxes stand for several nodes."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from typing import TypeVar

from gradcli.figures import DrawnEdge, DrawnNode, GraphFigure
from gradcli.pictures.boxes import shown_nodes
from gradcli.pictures.ranks import ranks
from gradcli.words import listed

MOST_BOXES = 150
"""Boxes that a picture can show."""


def folded(figure: GraphFigure) -> GraphFigure:
    """The figure, or one of no more boxes than a picture can show, with a note that says so.

    First, nodes without a name go into the only named one that is made of them, whose formula is
    written out; if that is not enough, leaves of a kind that go into the same nodes share a box;
    then all that hangs together within some steps does.
    """
    shown = shown_nodes(figure)
    if len(shown) <= MOST_BOXES:
        return figure
    whole = figure
    places = {node: place for place, node in enumerate(shown)}
    inner = [
        replace(edge, source=places[edge.source], target=places[edge.target])
        for edge in figure.edges
        if edge.source in places
    ]
    figure = replace(figure, nodes=[figure.nodes[node] for node in shown], edges=inner)
    groups = _by_name(figure)
    if max(groups) >= MOST_BOXES:
        groups = _alike(figure, groups)
    steps, finer = 1, groups
    while max(groups) >= MOST_BOXES:
        steps += (steps + 1) // 2
        groups = _by_steps(figure, finer, steps)
    small = _merged(figure, groups)
    found = (places.get(node, -1) for node in range(len(whole.nodes)))
    small.boxes = [groups[place] if place >= 0 else -1 for place in found]
    return small


def _by_name(figure: GraphFigure) -> list[int]:
    """The group of each node: of one without a name that of its consumers, if it is the same.

    Groups are numbered in topological order, as everywhere here.
    """
    last = list(range(len(figure.nodes)))
    consumers: list[set[int]] = [set() for _ in last]
    for edge in figure.edges:
        consumers[edge.source].add(edge.target)
    for node in reversed(last[:]):
        found = {last[consumer] for consumer in consumers[node]}
        if len(found) == 1 and not figure.nodes[node].named:
            last[node] = found.pop()
    return _numbered(last)


def _alike(figure: GraphFigure, groups: Sequence[int]) -> list[int]:
    """Larger groups: those of leaves of one kind that go into the same others are one."""
    consumers: dict[int, set[int]] = {}
    for edge in figure.edges:
        consumers.setdefault(edge.source, set()).add(groups[edge.target])
    inner = {edge.target for edge in figure.edges}
    last: dict[tuple[str, frozenset[int]], int] = {}
    joined = list(groups)
    for node in range(len(groups) - 1, -1, -1):
        if node not in inner and node in consumers:
            key = figure.nodes[node].kind, frozenset(consumers[node])
            joined[node] = last.setdefault(key, groups[node])
    return _numbered(joined)


def _by_steps(figure: GraphFigure, groups: Sequence[int], steps: int) -> list[int]:
    """Larger groups: those that hang together within so many steps from left to right."""
    count = max(groups) + 1
    joined = {(groups[edge.source], groups[edge.target]) for edge in figure.edges}
    links = sorted((a, b) for a, b in joined if a != b)
    band = [rank // steps for rank in ranks(count, links)]
    root = list(range(count))

    def found(group: int) -> int:
        while root[group] != group:
            root[group] = root[root[group]]
            group = root[group]
        return group

    for a, b in links:
        if band[a] == band[b]:
            low, high = sorted((found(a), found(b)))
            root[low] = high
    keys: list[tuple[int, int]] = [(band[group], found(group)) for group in range(count)]
    order = _numbered(keys)
    return [order[group] for group in groups]


_Key = TypeVar("_Key", int, tuple[int, int])


def _numbered(keys: Sequence[_Key]) -> list[int]:
    """The keys as numbers from 0, in the same order."""
    numbers = {key: number for number, key in enumerate(sorted(set(keys)))}
    return [numbers[key] for key in keys]


def _merged(figure: GraphFigure, groups: Sequence[int]) -> GraphFigure:
    """A node a group and an edge a pair of groups that are joined, with what flows back there."""
    members: list[list[int]] = [[] for _ in range(max(groups) + 1)]
    for node, group in enumerate(groups):
        members[group].append(node)
    leaving = {e.source for e in figure.edges if groups[e.source] != groups[e.target]}
    leaving.add(len(figure.nodes) - 1)
    between: dict[tuple[int, int], list[DrawnEdge]] = {}
    for edge in figure.edges:
        pair = groups[edge.source], groups[edge.target]
        if pair[0] != pair[1]:
            between.setdefault(pair, []).append(edge)
    boxes = [_one_node(figure, group, leaving) for group in members]
    nodes = [node for node, _ in boxes]
    faces = [face for _, face in boxes]
    edges = [
        _one_edge(pair, found, (faces[pair[0]], faces[pair[1]])) for pair, found in between.items()
    ]
    note = f"{len(figure.nodes):,} nodes are folded into {len(nodes)} boxes"
    return GraphFigure(nodes, edges, figure.backward, [*figure.notes, note])


def _one_node(
    figure: GraphFigure, group: Sequence[int], leaving: Container[int]
) -> tuple[DrawnNode, int]:
    """What stands for a group of nodes, of which those `leaving` go into others, and the node
    whose numbers it shows; -1 for none."""
    last = figure.nodes[group[-1]]
    if len(group) == 1:
        return last, group[-1]
    if not any(figure.nodes[node].named for node in group[:-1]):
        return replace(last, expression=last.formula or last.expression), group[-1]
    exits = [node for node in group if node in leaving]
    held = f"{len(group):,} nodes"
    if len(exits) == 1:
        return replace(figure.nodes[exits[0]], kind="folded", expression=held), exits[0]
    name = listed((figure.nodes[node].name for node in exits), 3)
    return DrawnNode(name, "folded", held, (), None), -1


def _one_edge(
    pair: tuple[int, int], edges: Sequence[DrawnEdge], faces: tuple[int, int]
) -> DrawnEdge:
    """What stands for edges between two groups: the step itself, where it is the only one and
    joins the nodes whose numbers the boxes show; else the sum of what flows back into one node."""
    if len(edges) == 1 and (edges[0].source, edges[0].target) == faces:
        return replace(edges[0], source=pair[0], target=pair[1])
    flows = [edge.downstream for edge in edges if edge.downstream is not None]
    alone = len({edge.source for edge in edges}) == 1 and flows
    return DrawnEdge(*pair, downstream=sum(flows[1:], flows[0]) if alone else None)
