"""Some nodes of a graph for many values of a few others, all in one walk over the list.

What varies has a leading axis, a place for each variation. What does not depend on it is computed
once, so that to vary a bias costs nothing before the layer that it stands in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from gradcli.errors import GradError
from gradcli.graph.graph import Graph
from gradcli.graph.ops.arrays.pointwise import Array
from gradcli.graph.ops.op import Op
from gradcli.graph.ops.spell import variant
from gradcli.run.batched_ops import RULES, Batched, looped, pointwise
from gradcli.run.interpret import Value, interpret

FLOATS = 1 << 18
"""Numbers that one walk may hold at once: 2 MB, since what stays in the cache is read fast."""


class Batch:
    """The outputs as a function of the varied nodes, for many values of these at once.

    `values` holds the inputs of the graph, and any other values that are known at the point around
    which the nodes vary. A node of `held` keeps its value there, whatever it is made of. A varied
    node may be any node: what it is made of does not matter then.

    Raises StepError for an index or a class out of range that does not vary.
    """

    def __init__(
        self,
        graph: Graph,
        outputs: Sequence[int],
        varied: Collection[int],
        values: Mapping[int, Value],
        *,
        seed: int = 0,
        held: Collection[int] = (),
    ) -> None:
        self._graph, self._outputs = graph, list(outputs)
        still = set(held) - set(varied)
        moving, order = moved(graph, outputs, varied, still)
        needed = {arg for node in order for arg in graph.args[node]} | set(outputs)
        found = interpret(graph, sorted(needed - moving), values, seed)
        self._fixed = {node: found[node] for node in needed - moving}
        self._steps = [step_of(graph, node, moving) for node in order]
        self._forget = last_uses(graph, order, outputs)
        self.most = max(1, FLOATS // max(1, _together(graph, order, self._forget)))
        """Variations in one walk."""

    def __call__(self, varied: Mapping[int, Array]) -> list[Array]:
        """The outputs, each with the leading axis that the values of `varied` have.

        What is made of an index or a class out of range is nan.
        """
        count = len(next(iter(varied.values())))
        most = self.most
        chunks = [
            self._run({node: value[at : at + most] for node, value in varied.items()})
            for at in range(0, count, most)
        ]
        return together(chunks)

    def _run(self, varied: Mapping[int, Array]) -> list[Array]:
        values: dict[int, Any] = {**self._fixed, **varied}
        graph = self._graph
        count = len(next(iter(varied.values())))
        for step, forget in zip(self._steps, self._forget):
            step.count = count
            args = [values[arg] for arg in graph.args[step.node]]
            try:
                values[step.node] = step.rule(step, args)
            except GradError:  # of one variation, it may be
                values[step.node] = looped(step, args)
            for node in forget:
                del values[node]
        return [
            np.broadcast_to(values[node], (count, *graph.shapes[node]))
            if node in self._fixed
            else values[node]
            for node in self._outputs
        ]


def moved(
    graph: Graph, outputs: Sequence[int], varied: Collection[int], still: Collection[int]
) -> tuple[set[int], list[int]]:
    """What changes with the `varied` nodes on the ways to the outputs that do not lead through
    `still`; and the same without the varied ones themselves, in topological order."""
    order: list[int] = []
    moving, known = set(varied), {*varied, *still}
    for node in graph.cone(outputs, known):
        if node not in known and any(arg in moving for arg in graph.args[node]):
            order.append(node)
            moving.add(node)
    return moving, order


def together(chunks: Sequence[Sequence[Array]]) -> list[Array]:
    """The outputs of several walks, one after the other along the first axis."""
    return [np.concatenate(parts) if len(parts) > 1 else parts[0] for parts in zip(*chunks)]


def step_of(graph: Graph, node: int, moving: Collection[int]) -> Batched:
    """How to compute a node for many values of those that are `moving`."""
    op, args = graph.ops[node], graph.args[node]
    if op.literal and args[-1] not in moving:
        op = variant(op, graph.number(args[-1]))
    return Batched(
        node=node,
        op=op,
        rule=_rule(op, [arg in moving for arg in args]),
        attr=graph.attrs[node] or (),
        shape=graph.shapes[node],
        shapes=[graph.shapes[arg] for arg in args],
        moving=[arg in moving for arg in args],
    )


def _rule(op: Op, moving: Sequence[bool]) -> Any:
    if op.pointwise:
        return pointwise
    places = {"indexes": moving[1:], "scatters": moving[2:]}.get(op.axes, ())
    if any(places):
        return looped  # every variation has places of its own
    return RULES.get(op.axes, looped)


def _together(graph: Graph, order: Sequence[int], forget: Sequence[Sequence[int]]) -> int:
    """The most numbers that the nodes of the order have together at any time."""
    most = now = 0
    for node, forgotten in zip(order, forget):
        now += prod(graph.shapes[node])
        most = max(most, now)
        now -= sum(prod(graph.shapes[other]) for other in forgotten)
    return most


def last_uses(graph: Graph, order: Sequence[int], outputs: Collection[int]) -> list[list[int]]:
    """For every node of the order, the nodes before it that none after it reads."""
    kept, made = set(outputs), set(order)
    seen: set[int] = set()
    found: list[list[int]] = []
    for node in reversed(order):
        last = {a for a in graph.args[node] if a in made and a not in seen and a not in kept}
        seen |= last
        found.append(sorted(last))
    return found[::-1]
