"""What ops do with class numbers: take them as places or classes, pass them on, or arithmetic."""

from __future__ import annotations

from typing import Literal

from gradcli.graph.graph import Graph

Use = Literal["class", "compared", "passed on", "arithmetic"]

_PLACES = {"index": 1, "scatter": 2, "onehot": 0, "cross_entropy": 1, "nll": 1}
"""Ops with places or classes among their arguments, from that position on."""

_PER_ROW = ("cross_entropy", "nll")
"""Whose target may be a distribution too: an array of the shape of the first argument."""

_COMPARED = ("eq", "ne")

_PASSED_ON = {
    "index": (0,), "where": (1, 2),
    **dict.fromkeys(("reshape", "flatten", "transpose", "repeat", "expand", "full"), (0,)),
    "stop_gradient": (0,),
}  # fmt: skip
"""Ops that only move the entries of these arguments."""

_JOINED = ("concat", "stack")


def is_place(graph: Graph, node: int, position: int) -> bool:
    """Whether an argument of the node is a place or a class."""
    op, shapes = graph.ops[node].name, graph.shapes
    first = _PLACES.get(op)
    if first is None or position < first:
        return False
    args = graph.args[node]
    return op not in _PER_ROW or shapes[args[0]] != shapes[args[1]]


def use_of(graph: Graph, node: int, position: int) -> Use:
    """What the node does with the entries of an argument."""
    op = graph.ops[node].name
    if op in _COMPARED:
        return "compared"
    if op in _JOINED or position in _PASSED_ON.get(op, ()):
        return "passed on"
    # The number of entries does not depend on what they are.
    return "class" if op == "count" or is_place(graph, node, position) else "arithmetic"
