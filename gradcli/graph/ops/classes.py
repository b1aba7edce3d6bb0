"""What ops do with class numbers: take them as places or classes, pass them on, or arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from gradcli.graph.graph import Graph

Use = Literal["class", "compared", "passed on", "arithmetic"]


def is_place(graph: Graph, node: int, position: int) -> bool:
    """Whether an argument of the node is a place or a class."""
    op, args, shapes = graph.ops[node], graph.args[node], graph.shapes
    if op.classes is None or position < op.classes:
        return False
    # The target of a loss per row may be a distribution too.
    return op.axes != "per row" or shapes[args[0]] != shapes[args[1]]


def looks_up(graph: Graph, outputs: Iterable[int]) -> bool:
    """Whether the outputs are made with places or classes, which may be out of range."""
    return any(
        is_place(graph, node, position)
        for node in graph.cone(outputs)
        for position in range(len(graph.args[node]))
    )


def use_of(graph: Graph, node: int, position: int) -> Use:
    """What the node does with the entries of an argument."""
    op = graph.ops[node]
    if op.name in ("eq", "ne"):
        return "compared"
    if op.axes in ("joins", "stacks") or (op.name == "where" and position):
        return "passed on"
    if (op.rearranges or op.name == "stop_gradient") and position == 0:
        return "passed on"
    # The number of entries does not depend on what they are.
    return "class" if op.blocks == "count" or is_place(graph, node, position) else "arithmetic"
