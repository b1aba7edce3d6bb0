"""grad --per-row: of an output with an entry a data row, its derivatives by that row's entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gradcli.errors import ShapeError, UsageError
from gradcli.graph.node import Node, apply
from gradcli.graph.reverse import gradient
from gradcli.question.breakdown import breakdown
from gradcli.question.question import Question
from gradcli.report import Report
from gradcli.run.interpret import finite
from gradcli.run.row_kinds import row_kinds
from gradcli.verbs.keeping import kept
from gradcli.verbs.per_row import rows_of
from gradcli.words import joined

if TYPE_CHECKING:
    from gradcli.run.interpret import Value


def row_gradients(question: Question, keep: Sequence[str] = ()) -> Report:
    """A row a data row: the columns to `keep`, the output, and `grad.x` by the entry of x in it.

    Where no row of the output sees another row, the derivative of an entry by its own row is that
    of the sum of all entries, so that one backward pass gives them all. Raises UsageError where
    rows mix, such as in `x*mean(y)`, and ShapeError for an output without one number a row.
    """
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    if question.frame is None:
        raise UsageError("--per-row needs data", hint="add --data FILE")
    rows = question.frame.rows
    label = names[output]
    if graph.shapes[output] != (rows,):
        raise ShapeError(
            f"{label} has shape {graph.shapes[output]}: no number a data row",
            hint="pick a node with one by --of",
        )
    data = [node for node in cone if graph.kind(node) == "data"]
    kinds = row_kinds(graph, cone, data)
    if kinds[output] != 0:
        place = next(node for node in cone if kinds[node] in ("sum", "mean", "count", "whole"))
        raise UsageError(
            f"{label} mixes rows: {names[place]} is made of all of them",
            hint="leave --per-row out, or give what is made of all rows a value",
        )
    variables = (
        [node for node in question.variables(cone) if node in data] if question.wrt else data
    )
    parts = question.frame.parts
    text = {name for name, columns in parts.items() if question.classes.keys() & set(columns)}
    variables = [node for node in variables if names[node] not in text]
    known = [names[node] for node in data if names[node] not in text]
    other = [names[node] for node in question.variables(cone) if node not in data]
    if question.wrt and other and variables:
        what = f"{joined(other, 'and')} {'has' if len(other) == 1 else 'have'} no entry a data row"
        hint = f"--per-row differentiates by {joined(known, 'and')}"
        raise UsageError(f"--wrt: {what}", hint=hint)
    if not variables:
        hint = f"--per-row differentiates by {joined(known, 'and')}" if known else ""
        what = f"{joined(other, 'and')} {'has' if len(other) == 1 else 'have'} no entry a data row"
        if not other:
            what = "text has no derivative"
        raise UsageError(what, hint=hint or "leave --per-row out")
    total = apply("sum", Node(graph, output), attr=(None, 0)).id
    gradients = gradient(graph, total, variables)
    values = question.run([output, *gradients.values()])
    columns: dict[str, Value] = {label: values[output]}
    for node in variables:
        found = values[gradients[node]]
        if scale := question.trained.scales.get(names[node]):
            found = found / scale[1]  # by a step of the column itself
        wide = found.reshape(rows, -1)
        for place in range(wide.shape[1]):
            index = "" if found.ndim == 1 else f"[{place}]"
            columns[f"grad.{names[node]}{index}"] = wide[:, place]
    along = kept(question, keep, ["row", *columns])
    report = Report(
        command="grad",
        columns=["row", *along, *columns],
        rows=rows_of(question.frame.labels, {**along, **columns}),
        summary={"output": label, "rows": rows},
        answer=[(name, column) for name, column in columns.items() if name != label],
        key=["row"],
    )
    if not all(map(finite, columns.values())):
        report.exit_code = 3
        what = f"a derivative of {label} by a row's entries is not finite"
        if not finite(values[output]):
            what = f"{label} is not finite: {breakdown(graph, output, values, names)}"
        report.warnings.append(what)
    return report
