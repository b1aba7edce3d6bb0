"""grad --jacobian and --hessian: a row an entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

from gradcli.errors import ShapeError
from gradcli.graph.ops.op import Shape
from gradcli.graph.reverse import gradient, jacobian_seed
from gradcli.question.breakdown import breakdown
from gradcli.question.question import Question
from gradcli.report import Report
from gradcli.run.interpret import Value, finite
from gradcli.verbs import nodes

Blocks = dict[int, Value]
"""By variable: a float, or an array of the output's shape and the variable's."""


def jacobian(question: Question, output: int, variables: Sequence[int]) -> Blocks:
    """∂output/∂variable for every entry of the output: a backward pass an entry, many at once."""
    graph = question.graph
    shape = graph.shapes[output]
    if not shape:
        adjoints = gradient(graph, output, variables)
        values = question.run(list(adjoints.values()))
        return {n: values[adjoints[n]] for n in variables}
    import numpy as np

    from gradcli.run.batch import Batch

    seed = jacobian_seed(graph, output)
    adjoints = gradient(graph, output, variables, seed)
    known = {**question.inputs, **question.run([output])}
    batch = Batch(graph, list(adjoints.values()), [seed], known, seed=question.seed)
    size = prod(shape)
    blocks = {n: np.empty((size, *graph.shapes[n])) for n in variables}
    for start in range(0, size, batch.most):
        some = np.arange(start, min(start + batch.most, size))
        upstream = np.zeros((len(some), size))
        upstream[some - start, some] = 1.0
        found = batch({seed: upstream.reshape(-1, *shape)})
        for block, part in zip(blocks.values(), found):
            block[some] = part
    return {n: block.reshape(shape + graph.shapes[n]) for n, block in blocks.items()}


def jacobian_report(question: Question) -> Report:
    """The summary maps each variable to an array of the output's shape and the variable's."""
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    variables = question.variables(cone)
    blocks = jacobian(question, output, variables)
    values = question.run([output])
    rows = [
        {
            "output": names[output],
            "output_index": index,
            "variable": names[n],
            "index": at,
            "value": v,
        }
        for n in variables
        for index, at, v in entries(blocks[n], graph.shapes[output], graph.shapes[n])
    ]
    found = {names[n]: blocks[n] for n in variables}
    report = Report(
        command="grad",
        columns=["output", "output_index", "variable", "index", "value"],
        rows=rows,
        summary={"output": names[output], "value": values[output], "jacobian": found},
        answer=list(found.items()),
    )
    _judge(report, question, blocks)
    report.mathematics = nodes.mathematics(question)
    return report


def hessian(question: Question, variables: Sequence[int]) -> dict[int, Blocks]:
    """The second derivatives of a scalar output: of every entry of its gradient, the gradient."""
    graph, output = question.graph, question.model.output
    if graph.shapes[output]:
        name = question.names(question.cone())[output]
        raise ShapeError(
            f"a Hessian is that of one number, not of shape {graph.shapes[output]}",
            hint=f"ask for the Hessian of sum({name})",
        )
    adjoints = gradient(graph, output, variables)
    return {n: jacobian(question, adjoints[n], variables) for n in variables}


def hessian_report(question: Question) -> Report:
    """The summary maps variable → variable → values of both shapes, one after the other."""
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    variables = question.variables(cone)
    blocks = hessian(question, variables)
    values = question.run([output])
    rows = [
        {"variable": names[n], "index": index, "variable2": names[m], "index2": at, "value": v}
        for n in variables
        for m in variables
        for index, at, v in entries(blocks[n][m], graph.shapes[n], graph.shapes[m])
    ]
    found = {names[n]: {names[m]: blocks[n][m] for m in variables} for n in variables}
    report = Report(
        command="grad",
        columns=["variable", "index", "variable2", "index2", "value"],
        rows=rows,
        summary={"output": names[output], "value": values[output], "hessian": found},
        answer=[(f"{a},{b}", value) for a, row in found.items() for b, value in row.items()],
    )
    for row in blocks.values():
        _judge(report, question, row)
    report.mathematics = nodes.mathematics(question)
    return report


def entries(
    block: Value, outer: Shape, inner: Shape
) -> Iterator[tuple[list[int], list[int], float]]:
    """Every entry of a block with its place in the output and in the variable."""
    places = product(product(*map(range, outer)), product(*map(range, inner)))
    flat: list[Any] = [block] if isinstance(block, float) else block.ravel().tolist()
    for (index, at), value in zip(places, flat):
        yield list(index), list(at), value


def _judge(report: Report, question: Question, blocks: Blocks) -> None:
    output = question.model.output
    values = question.run([output])
    names = question.names(list(values))
    if not finite(values[output]) and not report.exit_code:
        report.exit_code = 3
        where = breakdown(question.graph, output, values, names)
        report.warnings.append(f"{names[output]} is not finite: {where}")
    for node, block in blocks.items():
        if not finite(block) and not report.exit_code:
            report.exit_code = 3
            report.warnings.append(f"a derivative by {names[node]} is not finite")
