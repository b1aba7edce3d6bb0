"""grad --by-depth: how large the gradient is, deeper and deeper below the output."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from gradcli.errors import UsageError
from gradcli.figures import Chart, Marker, Panel, Series
from gradcli.graph.graph import Graph
from gradcli.graph.reverse import gradient
from gradcli.question.question import Question
from gradcli.question.whereabouts import warn_of_breakdown
from gradcli.report import Report
from gradcli.run.interpret import Value
from gradcli.verbs import nodes
from gradcli.verbs.grad import differentiated, refuse_array

NAMED = 40
"""Nodes up to which each has its name on the picture."""


def by_depth(question: Question) -> Report:
    """A row an operation that has a gradient, the deepest last: its depth, which is the most steps
    from it to the output, and the Euclidean norm of ∂output/∂node.

    Where the program names some operations, these alone have a row. Exit code and errors are those
    of `grad`, and UsageError where there would be no row.
    """
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    refuse_array(question, names, "differentiate")
    variables = question.variables(cone)
    operations = [n for n in differentiated(graph, cone, variables) if graph.args[n]]
    named = [n for n in operations if n in graph.names and n != output]
    chosen = [*named, output] if named else operations
    if not chosen:
        raise UsageError(
            f"--by-depth: {names[output]} is made by no operation that has a gradient",
            hint="give a formula of some steps, such as 'sin(x)^2', with a variable in it",
        )
    gradients = gradient(graph, output, [*chosen, *variables])
    values = question.run([output, *gradients.values()])
    depth = depths(graph, cone, output)
    chosen.sort(key=lambda n: (depth[n], n))
    sizes = [norm(values[gradients[node]]) for node in chosen]

    def rows() -> Iterator[dict[str, Any]]:
        for node, size in zip(chosen, sizes):
            yield {
                "node": names[node],
                "depth": depth[node],
                "shape": list(graph.shapes[node]),
                "size": size,
            }

    def chart() -> Chart:
        return _chart(
            names[output], [names[n] for n in chosen], [depth[n] for n in chosen], sizes
        )  # fmt: skip

    report = Report(
        command="grad",
        columns=["node", "depth", "shape", "size"],
        rows=rows(),
        summary={"output": names[output], "value": values[output]},
        answer=[(names[node], size) for node, size in zip(chosen, sizes)],
        headings={"size": f"‖∂{names[output]}/∂node‖"},
        curve=lambda: chart().panels[0],
        chart=chart,
    )
    warn_of_breakdown(report, question, values, names, {n: gradients[n] for n in variables})
    report.mathematics = nodes.mathematics(question)
    return report


def depths(graph: Graph, cone: Sequence[int], output: int) -> dict[int, int]:
    """The most steps from each node of a cone, which is in topological order, to its output."""
    found = {output: 0}
    for node in reversed(cone):
        for arg in graph.args[node]:
            found[arg] = max(found.get(arg, 0), found[node] + 1)
    return found


def norm(value: Value) -> float:
    """The Euclidean norm of all entries."""
    if isinstance(value, float):
        return abs(value)
    import numpy as np

    return float(np.linalg.norm(value))


def _chart(
    output: str, names: Sequence[str], places: Sequence[int], sizes: Sequence[float]
) -> Chart:
    """The sizes over the depths; on a logarithmic axis where there is one above 0."""
    size = f"‖∂{output}/∂node‖"
    panel = Panel("depth below the output", size, log_y=any(0 < s < math.inf for s in sizes))
    panel.series.append(Series(size, [float(at) for at in places], list(sizes), "steps"))
    shown = [
        (name, float(at), size) for name, at, size in zip(names, places, sizes)
        if math.isfinite(size) and (size > 0 or not panel.log_y)
    ]  # fmt: skip
    if len(names) <= NAMED:
        panel.markers = [Marker(*point) for point in shown]
    chart = Chart(f"the gradient of {output} by depth", [panel])
    if len(shown) < len(names):
        chart.notes.append("where the size is 0 or not finite, there is no point")
    return chart
