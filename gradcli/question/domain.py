"""Where what has no value may lie: in a range, or only at places that have no neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.errors import UsageError
from gradcli.graph.graph import Graph
from gradcli.graph.ops.classes import is_place
from gradcli.run.interpret import finite


def discrete(graph: Graph, cone: Sequence[int]) -> set[int]:
    """The nodes that are used as an index or a class, and as nothing else."""
    used: set[int] = set()
    smooth: set[int] = {max(cone)}
    for node in sorted(cone, reverse=True):
        for position, arg in enumerate(graph.args[node]):
            if is_place(graph, node, position) or (node in used and node not in smooth):
                used.add(arg)
            else:
                smooth.add(arg)
    return used - smooth


def parse_range(text: str) -> tuple[float, float]:
    """`LOW:HIGH` as two numbers; UsageError for anything else."""
    low, sign, high = text.partition(":")
    try:
        bounds = float(low), float(high)
    except ValueError:
        sign = ""
    if not sign:
        raise UsageError(f"--range {text}: expected two numbers", hint="write --range -5:5")
    if not (finite(bounds[0]) and finite(bounds[1])):
        raise UsageError(
            f"--range {text}: both ends must be finite numbers", hint="write --range -5:5"
        )
    if not bounds[0] < bounds[1]:
        raise UsageError(
            f"--range {text}: the first number is not below the second",
            hint=f"write --range {high}:{low}" if bounds[0] > bounds[1] else "",
        )
    return bounds
