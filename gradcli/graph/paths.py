"""Every path of a backward pass from the output to one node, and what comes along it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gradcli.graph.graph import Graph
from gradcli.graph.node import Node, node
from gradcli.graph.reverse import Edge, step


@dataclass(slots=True)
class Path:
    """Edges from the output to a node; `upstream` and `downstream` are the nodes of what this path
    alone brings to the last edge, and past it."""

    edges: tuple[Edge, ...]
    upstream: int
    downstream: int


class Paths:
    """The paths along `edges`, which a sweep from `output` recorded, to `target`.

    `count` says how many there are, which may be astronomical; `on` holds the nodes that they
    pass, the output and the target included. Of the output itself there is none.
    """

    def __init__(self, graph: Graph, output: int, target: int, edges: Sequence[Edge]) -> None:
        self.graph, self.output, self.target = graph, output, target
        ways = {target: 1}
        self._below: dict[int, list[Edge]] = {}
        for edge in reversed(edges):
            if edge.receiver in ways:
                ways[edge.consumer] = ways.get(edge.consumer, 0) + ways[edge.receiver]
                self._below.setdefault(edge.consumer, []).append(edge)
        self.count = ways.get(output, 0) if target != output else 0
        self.on = set(ways) if output in ways else {target}

    def walk(self, steps: int) -> Iterator[Path]:
        """The paths, depth first: the first one, and more while all take no more than `steps`."""
        graph = self.graph
        walked = 0
        one = node(graph, 1.0)
        taken: list[Edge] = []
        flows: list[tuple[Node, Node | None]] = [(one, None)]
        branches = [iter(self._below[self.output][::-1] if self.count else ())]
        while branches:
            edge = next(branches[-1], None)
            if edge is None:
                branches.pop()
                flows.pop()
                del taken[-1:]
                continue
            upstream, mask = flows[-1]
            flow = step(graph, edge.consumer, edge.position, upstream, mask)
            zero = node(graph, 0.0)
            downstream, reached = (
                zero if flow is None else flow[1],
                None if flow is None else flow[2],
            )
            if edge.receiver == self.target:
                if walked and walked + len(taken) >= steps:
                    return
                walked += len(taken) + 1
                yield Path((*taken, edge), upstream.id, downstream.id)
                continue
            taken.append(edge)
            flows.append((downstream, reached))
            branches.append(iter(self._below[edge.receiver][::-1]))


def products_by_path(output: int, targets: Iterable[int], edges: Sequence[Edge]) -> float:
    """The multiplications that it takes to follow every path along `edges`, those of a sweep from
    `output`, to every target on its own: one an edge; inf where they are too many for a float."""
    ways, length = {output: 1.0}, {output: 0.0}
    for edge in edges:
        above = ways.get(edge.consumer, 0.0)
        ways[edge.receiver] = ways.get(edge.receiver, 0.0) + above
        longer = length.get(edge.consumer, 0.0) + above
        length[edge.receiver] = length.get(edge.receiver, 0.0) + longer
    return sum(length.get(target, 0.0) for target in targets)
