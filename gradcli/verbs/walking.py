"""Both passes of a question step by step, and the code that computes their numbers anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from math import prod
from typing import TYPE_CHECKING

from gradcli.figures import DrawnStep, Walk
from gradcli.graph.formulas.edges import EdgeFormulas
from gradcli.graph.formulas.show import expression, literal_text
from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.graph.node import Node, derived
from gradcli.graph.ops.javascript import needed, number, spelling
from gradcli.graph.ops.spell import variant
from gradcli.graph.paths import Paths
from gradcli.graph.reverse import Edge, gradient
from gradcli.question.question import Question

if TYPE_CHECKING:
    from gradcli.question.units import Units

_MARK = re.compile("\ue000(\\d+)\ue000")
"""An input's place in a formula: between two characters that no name has."""

_MOST_PATHS, _MOST_STEPS = 50, 2_000
"""Of arrays, the paths to a node that are multiplied out, and the steps on all of them."""

_MOST_EDGES, _MOST_ENTRIES = 2_000, 100_000
"""Of a graph of arrays whose paths are multiplied out at all."""


def walk(question: Question, wrt: Sequence[int] = (), units: Units | None = None) -> Walk:
    """The forward pass, and the backward pass to the nodes `wrt`, if there are any.

    Nodes and edges are called by their places in the figure of the question. In the `units` of a
    column, the output is what is shown there.
    """
    graph, output = question.graph, question.model.output
    cone = question.cone()
    edges: list[Edge] = []
    gradients: dict[int, int] = {}
    if wrt:
        gradient(graph, output, wrt, edges=edges)
        gradients = gradient(graph, output, {output, *wrt, *(edge.receiver for edge in edges)})
    steps = EdgeFormulas(graph, output, cone, question.names(cone))
    locals_ = [steps.local(edge) for edge in edges]
    masks = [_mask(graph, edge) for edge in edges]
    wanted = {output, *gradients.values()}
    for edge, local, mask in zip(edges, locals_, masks):
        found = (edge.upstream, local, edge.downstream, edge.total, mask)
        wanted |= {node for node in found if node is not None}
    arrays = any(graph.shapes[node] for node in graph.cone(wanted))
    products = _products(graph, output, gradients, edges) if arrays else {}
    values = question.run(sorted(wanted.union(*products.values())))
    cell = {node: place for place, node in enumerate(values)}
    place = {node: place for place, node in enumerate(cone)}
    arguments = ((node, at) for node in cone for at in range(len(graph.args[node])))
    arrows = {argument: arrow for arrow, argument in enumerate(arguments)}
    made = Walk(
        cells=list(values.values()),
        values=[cell[node] for node in cone],
        grads=[cell[gradients[node]] if node in gradients else -1 for node in cone],
        formulas=[_formula(graph, node, place) for node in cone],
        forward=[place[node] for node in cone if _is_step(graph, node)],
        backward=[
            DrawnStep(
                edge=arrows[edge.consumer, edge.position],
                upstream=cell[edge.upstream],
                local=steps.map(edge) if local is None else cell[local],
                downstream=cell[edge.downstream],
                total=cell[edge.total],
                mask=-1 if mask is None else cell[mask],
            )
            for edge, local, mask in zip(edges, locals_, masks)
        ],
        products={place[node]: [cell[n] for n in found] for node, found in products.items()},
    )
    code = None if arrays else _code(graph, values, cell)
    if units:
        made.cells[cell[output]] = units.given_back(values[output])
        made.formulas[-1] = []
        made.fixed = f"{question.names(cone)[output]} is in the units of {units.name}"
    elif arrays:
        made.fixed = "some are arrays"
    elif code is None:
        made.fixed = "a function of them cannot be computed here"
    else:
        made.code, made.functions = code, needed(code)
        made.leaves = [place[node] for node in cone if graph.ops[node] is INPUT]
    return made


def _products(
    graph: Graph, output: int, gradients: Iterable[int], edges: Sequence[Edge]
) -> dict[int, list[int]]:
    """What the first paths to each node bring, while there are steps left; nothing of large
    arrays, of which a page shows little."""
    found: dict[int, list[int]] = {}
    left = _MOST_STEPS
    entries = sum(prod(graph.shapes[node]) for node in graph.cone([output]))
    if len(edges) > _MOST_EDGES or entries > _MOST_ENTRIES:
        return found
    for node in gradients:
        listed = list(islice(Paths(graph, output, node, edges).walk(left), _MOST_PATHS))
        left -= sum(len(path.edges) for path in listed)
        if left < 0:
            break
        found[node] = [path.downstream for path in listed]
    return found


def _is_step(graph: Graph, node: int) -> bool:
    """Whether evaluation stops at a node: a literal's text stands where it is used."""
    return graph.ops[node] is not LITERAL or node in graph.names


def _mask(graph: Graph, edge: Edge) -> int | None:
    """The node that is 0 where the consumer lets nothing pass; None where it lets everything."""
    if not graph.ops[edge.consumer].mask:
        return None
    mask = derived("mask", Node(graph, edge.consumer), edge.position)
    return None if mask is None else mask.id


def _formula(graph: Graph, node: int, place: Mapping[int, int]) -> list[str | int]:
    """A node's expression, cut at its inputs; literals stay text."""
    if not graph.args[node]:
        return []
    names = {
        arg: f"\ue000{place[arg]}\ue000" if _is_step(graph, arg) else literal_text(graph, arg)
        for arg in graph.args[node]
    }
    parts: list[str | int] = list(_MARK.split(expression(graph, node, names)))
    parts[1::2] = map(int, parts[1::2])
    return parts


def _code(graph: Graph, values: Iterable[int], cell: Mapping[int, int]) -> list[str] | None:
    """An assignment for every node that follows from others; None where one cannot be written."""
    code = []
    for node in values:
        op, args = graph.ops[node], graph.args[node]
        if op is LITERAL or op is INPUT or op.random:
            continue
        text = spelling(variant(op, graph.number(args[-1])) if op.literal else op, len(args))
        if text is None:
            return None
        code.append(f"v[{cell[node]}] = {text.format(*_operands(graph, args, cell))};")
    return code


def _operands(graph: Graph, args: Sequence[int], cell: Mapping[int, int]) -> list[str]:
    """Literals as numbers, and the cells of all others."""
    return [
        number((graph.attrs[a] or (0.0,))[0]) if graph.ops[a] is LITERAL else f"v[{cell[a]}]"
        for a in args
    ]
