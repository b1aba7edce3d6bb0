"""eval: the forward pass."""

from __future__ import annotations

from gradcli.report import Report
from gradcli.verbs import nodes
from gradcli.verbs.finite import breakdown, finite
from gradcli.verbs.question import Question


def evaluate(question: Question) -> Report:
    """Every node that the output needs, with its value.

    Exit code 3, with a warning that names the first node, where the output is not finite.
    """
    output = question.model.output
    values = question.run([output])
    cone = list(values)
    names = question.names(cone)
    long = question.long(cone)
    value = None if output in long else values[output]
    report = Report(
        command="eval",
        columns=nodes.columns(question, cone),
        rows=(nodes.row(question, node, names, values, long) for node in cone),
        summary={"output": names[output], "value": value},
        answer=[(None, values[output])],
        spare=nodes.spare(long),
    )
    if not finite(values[output]):
        report.exit_code = 3
        report.warnings.append(
            f"{names[output]} is not finite: {breakdown(question.graph, output, values, names)}"
        )
    return report
