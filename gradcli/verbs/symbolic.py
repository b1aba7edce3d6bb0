"""grad --symbolic: every derivative as a formula of the user's own nodes."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.graph.formulas.compose import spread
from gradcli.graph.formulas.form import ZERO
from gradcli.graph.formulas.show import expression
from gradcli.graph.formulas.unfold import derivatives
from gradcli.graph.reverse import Edge, gradient
from gradcli.question.question import Question
from gradcli.report import Report
from gradcli.verbs.grad import differentiated, grad, refuse_array


def symbolic(question: Question) -> Report:
    """The report of `grad` with a column `derivative`: ∂output/∂node as text.

    It is empty where the gradient is.
    """
    report = grad(question)
    formulas = _formulas(question)
    report.columns = [*report.columns, "derivative"]
    rows = zip(question.cone(), report.rows)
    report.rows = ({**row, "derivative": formulas.get(node)} for node, row in rows)
    report.tacit = {"": ("kind", "inputs", "shape")}
    return report


def symbolic_report(question: Question) -> Report:
    """The derivatives as formulas, and no numbers: only the shapes of the values matter."""
    graph, cone = question.graph, question.cone()
    names = question.names(cone)
    refuse_array(question, names, "differentiate")
    formulas = _formulas(question)
    rows = [
        {
            "node": names[node],
            "kind": graph.kind(node),
            "expression": expression(graph, node, names),
            "shape": list(graph.shapes[node]),
            "derivative": formulas.get(node),
        }
        for node in cone
    ]
    summary = {"output": names[question.model.output]}
    return Report("grad", ["node", "kind", "expression", "shape", "derivative"], rows, summary)


def _formulas(question: Question) -> dict[int, str]:
    """∂output/∂node as text, by node.

    The formulas are in the language and use the nodes that the program names; other nodes are
    written out. One of more than 500 characters refers to the derivatives, ∂e/∂NAME, of the nodes
    that its node goes into; a claim reads that too.
    """
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    wrt = differentiated(graph, cone, question.variables(cone))
    edges: list[Edge] = []
    gradient(graph, output, wrt, edges=edges)
    found = derivatives(graph, output, edges, names, named(question, cone), cone)
    nothing = {node: spread(ZERO, graph.shapes[node]).text for node in wrt}
    return {**nothing, **{node: found[node] for node in wrt if node in found}}


def named(question: Question, cone: Sequence[int]) -> set[int]:
    """The nodes that have a name of the user's own: not v1, a literal, or an output called e."""
    graph, model = question.graph, question.model
    own = {statement.name for statement in model.program.statements} | set(model.inputs)
    return {n for n in cone if n in graph.names and graph.names[n][0] in own}
