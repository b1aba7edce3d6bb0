"""What a loop need not compute at every step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from gradcli.graph.graph import Graph
from gradcli.run.compiled.compile import compile_graph
from gradcli.run.row_kinds import row_kinds


def invariants(graph: Graph, outputs: Sequence[int], varying: Collection[int]) -> list[int]:
    """The last nodes on the ways to the outputs that do not depend on what varies.

    X.T @ X of `(X.T @ X) @ w`, where w varies. Nodes that cost nothing are left to the loop.
    """
    return _last(graph, outputs, varying, lambda still: still)


def row_invariants(
    graph: Graph, outputs: Sequence[int], varying: Collection[int], data: Collection[int]
) -> list[int]:
    """Those of them that depend row by row on the data, whose rows are their first axis too: of
    `log(X) @ w` log(X), of which a batch takes its rows."""

    def by_row(still: list[int]) -> Collection[int]:
        depends = graph.depends(still, data)
        kinds = row_kinds(graph, still, data)
        return {n for n in still if depends[n] and kinds[n] == 0 and graph.shapes[n]}

    return _last(graph, outputs, varying, by_row)


def _last(
    graph: Graph,
    outputs: Sequence[int],
    varying: Collection[int],
    among: Callable[[list[int]], Collection[int]],
) -> list[int]:
    cone = graph.cone(outputs, varying)
    moving = graph.depends(cone, varying)
    still = [node for node in cone if not moving[node]]
    fitting = set(among(still))
    wanted = {node for node in outputs if not moving[node]}
    wanted.update(arg for node in cone if moving[node] for arg in graph.args[node])
    found = []
    for node in reversed(still):
        if node in wanted and node in fitting and _costs(graph, node):
            found.append(node)
        elif node in wanted:
            wanted.update(graph.args[node])
    return found[::-1]


def _costs(graph: Graph, node: int) -> bool:
    args = graph.args[node]
    return bool(args) and (len(args) > 1 or not graph.ops[node].free)


def of_all_rows(
    graph: Graph,
    nodes: Sequence[int],
    inputs: Sequence[int],
    values: Callable[[slice], Sequence[Any]],
    rows: int,
    seed: int,
) -> list[Any]:
    """The values of row-by-row nodes for all rows, in a graph that is made for a part of them.

    `values` gives those of the inputs for some rows.
    """
    import numpy as np

    size = graph.shapes[nodes[0]][0]
    run = compile_graph(graph, nodes, inputs, seed=seed)
    found = [np.empty((rows, *graph.shapes[node][1:])) for node in nodes]
    for start in range(0, rows, size):
        # The last part reaches back, so that it is no smaller than the others.
        part = slice(min(start, rows - size), min(start, rows - size) + size)
        for whole, value in zip(found, run(values(part))):
            whole[part] = value
    return found
