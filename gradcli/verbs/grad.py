"""grad: the forward and the backward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradcli.errors import ShapeError
from gradcli.graph.graph import Graph
from gradcli.graph.reverse import gradient
from gradcli.question.question import Question
from gradcli.question.whereabouts import warn_of_breakdown
from gradcli.report import Report
from gradcli.verbs import nodes

if TYPE_CHECKING:
    from gradcli.figures import GraphFigure

NO_VARIABLE = "there is no variable to differentiate by: name a node with --wrt"


USUAL = "add --jacobian, or differentiate"
"""What to do about an array, whose sum is a number."""


def grad(question: Question, instead: str = USUAL) -> Report:
    """Every node with its value and ∂output/∂node, of a scalar output; `instead` of it is the hint
    for an array.

    Exit code 3, with a warning that names where it arose, for a value or a gradient that is not
    finite. Raises ShapeError for an output that is no scalar.
    """
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    refuse_array(question, names, instead)
    variables = question.variables(cone)
    wrt = differentiated(graph, cone, variables)
    gradients = gradient(graph, output, wrt)
    values = question.run([output, *gradients.values()])
    long = question.long(cone)

    def rows() -> Iterator[dict[str, Any]]:
        for node in cone:
            cells = nodes.row(question, node, names, values, long)
            known = node in gradients and node not in long
            cells["grad"] = values[gradients[node]] if known else None
            yield cells

    found = {names[node]: values[gradients[node]] for node in variables}
    report = Report(
        command="grad",
        columns=[*nodes.columns(question, cone), "grad"],
        rows=rows(),
        summary={"output": names[output], "value": values[output], "gradient": found},
        answer=list(found.items()),
        headings={"grad": f"∂{names[output]}/∂node"},
        spare=nodes.spare(long),
    )
    if not found:
        report.warnings.append(NO_VARIABLE)
    warn_of_breakdown(report, question, values, names, {n: gradients[n] for n in variables})

    def graph_figure() -> GraphFigure:
        from gradcli.verbs.pictured import backward_figure

        return backward_figure(question, wrt)

    report.graph = graph_figure
    report.mathematics = nodes.mathematics(question)
    return report


def refuse_array(question: Question, names: Mapping[int, str], how: str) -> None:
    """ShapeError for an output that is no scalar; the hint is `how` … sum(output)."""
    output = question.model.output
    shape = question.graph.shapes[output]
    if shape:
        raise ShapeError(
            f"{names[output]} has shape {shape}, a gradient is that of one number",
            hint=f"{how} sum({names[output]})",
        )


def differentiated(graph: Graph, cone: Sequence[int], variables: Sequence[int]) -> list[int]:
    """The nodes with a gradient: the variables, and every operation that depends on one."""
    roots = set(variables) | {n for n in cone if graph.kind(n) in ("variable", "param")}
    depends = graph.depends(cone, roots)
    return [n for n in cone if depends[n]]
