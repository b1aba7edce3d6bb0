"""Where the numbers of a question broke down, forward or backward."""

from __future__ import annotations

from collections.abc import Mapping

from gradcli.graph.reverse import Edge, gradient
from gradcli.question.breakdown import breakdown, gradient_breakdown
from gradcli.question.question import Question
from gradcli.report import Report
from gradcli.run.interpret import Value, finite


def warn_of_breakdown(
    report: Report,
    question: Question,
    values: Mapping[int, Value],
    names: Mapping[int, str],
    gradients: Mapping[int, int],
) -> None:
    """Sets exit code 3 and says where, if the output or else a gradient is not finite."""
    output = question.model.output
    if not finite(values[output]):
        subject = names[output]
    else:
        node = next((n for n, adjoint in gradients.items() if not finite(values[adjoint])), None)
        if node is None:
            return
        subject = f"∂{names[output]}/∂{names[node]}"
    report.exit_code = 3
    where = whereabouts(question, values, names, gradients)
    report.warnings.append(f"{subject} is not finite: {where}")


def whereabouts(
    question: Question,
    values: Mapping[int, Value],
    names: Mapping[int, str],
    gradients: Mapping[int, int],
) -> str:
    """Where the output, or else a gradient, stopped being finite; empty where none did."""
    graph, output = question.graph, question.model.output
    if not finite(values[output]):
        return breakdown(graph, output, values, names)
    node = next((n for n, adjoint in gradients.items() if not finite(values[adjoint])), None)
    if node is None:
        return ""
    edges: list[Edge] = []
    gradient(graph, output, [node], edges=edges)
    steps = [n for edge in edges for n in (edge.upstream, edge.downstream, edge.total)]
    values = question.run([output, *steps])
    return gradient_breakdown(graph, output, node, edges, values, names)
