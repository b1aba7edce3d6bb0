"""The computational graph of a question as a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from gradcli.errors import UsageError
from gradcli.figures import DrawnEdge, DrawnNode, GraphFigure
from gradcli.graph.formulas.edges import EdgeFormulas
from gradcli.graph.formulas.show import expression, write
from gradcli.graph.formulas.unfold import Formulas
from gradcli.graph.graph import Graph
from gradcli.graph.reverse import Edge, gradient
from gradcli.question.question import Question
from gradcli.run.interpret import Value
from gradcli.verbs.symbolic import named
from gradcli.verbs.trace import Tracing
from gradcli.verbs.walking import walk

if TYPE_CHECKING:
    from gradcli.question.units import Units

MOST_NODES = 20_000
"""Of a graph that can be drawn."""

LARGE = 100
"""Nodes from which on a picture may write formulas out instead of nodes that have no name."""


def forward_figure(question: Question, units: Units | None = None) -> GraphFigure:
    """The graph with its values, the output's in the `units` of a column.

    UsageError for a graph that is too large.
    """
    cone = _drawable(question)
    figure = _figure(question, cone, question.run([question.model.output]))
    figure.walk = partial(walk, question, units=units)
    if units:
        last = figure.nodes[-1]
        last.expression = units.formula(last.expression)
        last.value = None if last.value is None else units.given_back(last.value)
    return figure


def backward_figure(question: Question, wrt: Sequence[int]) -> GraphFigure:
    """The graph with its values, and the steps of a backward pass to the nodes `wrt` with the
    gradients on the way.

    UsageError for a graph that is too large.
    """
    cone = _drawable(question)
    graph, output = question.graph, question.model.output
    edges: list[Edge] = []
    gradient(graph, output, wrt, edges=edges)
    passed = {output, *wrt, *(edge.receiver for edge in edges)}
    gradients = gradient(graph, output, passed)
    way = Tracing(question, EdgeFormulas(graph, output, cone, question.names(cone)), edges, None)
    values = way.run([output, *gradients.values()])
    figure = _figure(question, cone, values)
    figure.backward = True
    figure.walk = partial(walk, question, wrt)
    shown = {node: drawn for node, drawn in zip(cone, figure.nodes) if drawn.value is not None}
    for node, adjoint in gradients.items():
        if node in shown:
            shown[node].grad = values[adjoint]
    arrows = iter(figure.edges)
    by_argument = {(node, at): next(arrows) for node in cone for at in range(len(graph.args[node]))}
    for number, edge in enumerate(edges):
        arrow = by_argument[edge.consumer, edge.position]
        arrow.symbols = way.symbols(number)
        if edge.consumer in shown:
            arrow.upstream = values[edge.upstream]
        if edge.receiver in shown:
            arrow.downstream = values[edge.downstream]
        local = way.local(number, values)
        if isinstance(local, str) or edge.receiver in shown:
            arrow.local = local
    return figure


def _drawable(question: Question) -> list[int]:
    """The nodes of the graph; UsageError where they are too many to draw."""
    cone = question.cone()
    if len(cone) > MOST_NODES:
        raise UsageError(
            f"a graph of {len(cone):,} nodes is too large for a picture",
            hint="draw what a node inside is made of: --of NODE",
        )
    return cone


def _figure(question: Question, cone: Sequence[int], values: Mapping[int, Value]) -> GraphFigure:
    """The nodes with their values, and an edge for every argument, in order."""
    graph = question.graph
    names = question.names(cone)
    long = question.long(cone)
    own = named(question, cone)
    written = Formulas(graph, cone, names, own) if len(cone) > LARGE else None
    nodes = [
        DrawnNode(
            name=names[node],
            kind=graph.kind(node),
            expression=expression(graph, node, names),
            shape=graph.shapes[node],
            value=None if node in long else values[node],
            named=node in own,
            formula=_written_out(graph, node, written) if written and node in own else "",
        )
        for node in cone
    ]
    places = {node: place for place, node in enumerate(cone)}
    edges = [DrawnEdge(places[arg], places[node]) for node in cone for arg in graph.args[node]]
    return GraphFigure(nodes, edges)


def _written_out(graph: Graph, node: int, formulas: Formulas) -> str:
    """An operation in terms of the nodes that have a name."""
    forms = [formulas.written(arg) for arg in graph.args[node]]
    if not forms:
        return ""
    return write(graph.ops[node], [(f.text, f.level) for f in forms], graph.attrs[node])[0]
