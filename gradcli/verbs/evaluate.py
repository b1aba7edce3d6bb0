"""eval: the forward pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gradcli.question.breakdown import breakdown
from gradcli.question.class_names import named, places_of
from gradcli.question.question import Question
from gradcli.report import Report
from gradcli.run.interpret import finite
from gradcli.verbs import nodes

if TYPE_CHECKING:
    from gradcli.figures import GraphFigure
    from gradcli.question.units import Units
    from gradcli.run.interpret import Value
    from gradcli.verbs.uncertainty import Uncertainty


def evaluate(
    question: Question, units: Units | None = None, sure: Uncertainty | None = None
) -> Report:
    """Every node that the output needs, with its value; the output's own in the `units` of a
    column, and its expression says how; where it is the place of a class, the value is its name.
    The summary says how `sure` it is.

    Exit code 3, with a warning that names the first node, where the output is not finite.
    """
    output = question.model.output
    values = question.run([output])
    cone = list(values)
    names = question.names(cone)
    long = question.long(cone)
    answer = units.given_back(values[output]) if units else values[output]
    words = None if units or not question.classes else places_of(question, output)
    if words is not None and finite(answer):
        answer = named(answer, words)
    value = None if output in long else answer

    told: dict[str, Value] = {}
    if sure and value is not None:
        told = {"std_error": sure.error, **sure.bands(value)}

    def rows() -> Iterator[dict[str, Any]]:
        for node in cone:
            cells = nodes.row(question, node, names, values, long)
            if node == output:
                cells["value"] = value
            if units and node == output:
                cells["expression"] = units.formula(cells["expression"])
            yield cells | told if node == output else cells

    report = Report(
        command="eval",
        columns=[*nodes.columns(question, cone), *told],
        rows=rows(),
        summary={"output": names[output], "value": value},
        answer=[(None, answer)],
        spare=nodes.spare(long),
    )
    if units:
        report.summary["units"] = units.name
    if told:
        report.summary |= told
        report.answer += list(told.items())
    if sure and sure.shares:
        report.summary["shares"] = sure.shares
    if not finite(values[output]):
        report.exit_code = 3
        report.warnings.append(
            f"{names[output]} is not finite: {breakdown(question.graph, output, values, names)}"
        )

    def graph_figure() -> GraphFigure:
        from gradcli.verbs.pictured import forward_figure

        return forward_figure(question, units)

    report.graph = graph_figure
    report.mathematics = nodes.mathematics(question)
    return report
