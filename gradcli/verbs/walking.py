"""Both passes of a question step by step: what the page plays, and how it recomputes its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from gradcli.figures import DrawnStep, Walk
from gradcli.graph.formulas.edges import EdgeFormulas
from gradcli.graph.formulas.show import expression, literal_text
from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.graph.node import Node, derived
from gradcli.graph.ops.javascript import needed, number, spelling
from gradcli.graph.ops.spell import variant
from gradcli.graph.reverse import Edge, gradient
from gradcli.question.question import Question
from gradcli.verbs.grad import differentiated

_MARK = re.compile("\ue000(\\d+)\ue000")
"""An input's place in a formula: between two characters that no name has."""


def walk(question: Question, backward: bool) -> Walk:
    """The forward pass and, where asked for, the backward pass; nodes and edges are called by
    their places in the figure of the question."""
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    edges: list[Edge] = []
    gradients: dict[int, int] = {}
    if backward:
        wrt = differentiated(graph, cone, question.variables(cone))
        gradients = gradient(graph, output, wrt, edges=edges)
    steps = EdgeFormulas(graph, output, cone, names)
    locals_ = [steps.local(edge) for edge in edges]
    masks = [_mask(graph, edge) for edge in edges]
    wanted = {output, *gradients.values()}
    for edge, local, mask in zip(edges, locals_, masks):
        found = (edge.upstream, local, edge.downstream, edge.total, mask)
        wanted |= {node for node in found if node is not None}
    values = question.run(sorted(wanted))
    cell = {node: place for place, node in enumerate(values)}
    place = {node: place for place, node in enumerate(cone)}
    arcs = ((consumer, at) for consumer in cone for at in range(len(graph.args[consumer])))
    arrows = {arc: count for count, arc in enumerate(arcs)}
    long = question.long(cone)
    made = Walk(
        cells=[None if node in long else value for node, value in values.items()],
        values=[cell[node] for node in cone],
        grads=[cell[gradients[node]] if node in gradients else -1 for node in cone],
        formulas=[_formula(graph, node, place) for node in cone],
        forward=[n for n, node in enumerate(cone) if _steps_on(graph, node)],
        backward=[
            DrawnStep(
                edge=arrows[edge.consumer, edge.position],
                symbols=steps.formula(edge),
                upstream=cell[edge.upstream],
                local=steps.map(edge) if local is None else cell[local],
                downstream=cell[edge.downstream],
                total=cell[edge.total],
                mask=-1 if mask is None else cell[mask],
            )
            for edge, local, mask in zip(edges, locals_, masks)
        ],
    )
    if any(graph.shapes[node] for node in values):
        made.fixed = "its values include arrays"
        return made
    code = _code(graph, values, cell)
    if code is None:
        made.fixed = "a function of it cannot be computed on this page"
        return made
    made.code, made.functions = code, needed(code)
    made.leaves = [n for n, node in enumerate(cone) if graph.ops[node] is INPUT]
    return made


def _steps_on(graph: Graph, node: int) -> bool:
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
        arg: f"\ue000{place[arg]}\ue000" if _steps_on(graph, arg) else literal_text(graph, arg)
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
