"""The figure of a question holds the numbers of its reports."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.figures import GraphFigure
from gradcli.language import sample_names
from gradcli.question.question import ask
from gradcli.report import Report
from gradcli.verbs.evaluate import evaluate
from gradcli.verbs.grad import grad
from gradcli.verbs.jacobian import jacobian_report
from gradcli.verbs.trace import trace

SCALAR = ["network_2_2_1", "beale", "iris", "xor", "computation_graph", "language_model", "glove"]


def figure(report: Report) -> GraphFigure:
    assert report.graph is not None
    return report.graph()


def same(one: Any, other: Any) -> bool:
    if one is None or isinstance(one, str):
        return bool(one == other)
    return bool(np.array_equal(one, other, equal_nan=True))


@pytest.mark.parametrize("name", sample_names())
def test_the_nodes_of_eval(name: str) -> None:
    report = evaluate(ask(name))
    drawn = figure(report)
    rows = list(report.rows)
    assert not drawn.backward
    for node, row in zip(drawn.nodes, rows, strict=True):
        assert (node.name, node.kind, node.expression) == (
            row["node"],
            row["kind"],
            row["expression"],
        )
        assert list(node.shape) == row["shape"]
        assert same(node.value, row["value"])
        assert node.grad is None
    names = [node.name for node in drawn.nodes]
    inputs = [(place, name) for place, row in enumerate(rows) for name in row["inputs"]]
    assert [(edge.target, names[edge.source]) for edge in drawn.edges] == inputs


@pytest.mark.parametrize("name", SCALAR)
def test_the_gradients_of_grad(name: str) -> None:
    report = grad(ask(name))
    drawn = figure(report)
    assert drawn.backward
    for node, row in zip(drawn.nodes, report.rows, strict=True):
        assert same(node.grad, row["grad"])


@pytest.mark.parametrize("name", SCALAR)
def test_the_steps_of_trace(name: str) -> None:
    report = trace(ask(name))
    drawn = figure(report)
    steps = [row for row in report.rows if row["phase"] == "backward" and "from" in row]
    arrows = {edge.symbols: edge for edge in drawn.edges if edge.symbols}
    assert len([edge for edge in drawn.edges if edge.symbols]) == len(steps)
    for row in steps:
        edge = arrows[row["expression"]]
        ends = drawn.nodes[edge.target], drawn.nodes[edge.source]
        assert (ends[0].name, ends[1].name) == (row["from"], row["node"])
        for key, end in (("upstream", ends[0]), ("local", ends[1]), ("downstream", ends[1])):
            if end.value is not None or isinstance(row[key], str):
                assert same(getattr(edge, key), row[key])


def test_trace_of_one_node_has_only_the_steps_on_the_way() -> None:
    drawn = figure(trace(ask("r = a+b; s = b+1; e = r*s", ["a=2", "b=1"]), "b"))
    assert sum(bool(edge.symbols) for edge in drawn.edges) == 4
    assert [node.grad for node in drawn.nodes if node.name == "a"] == [None]


def test_units_are_those_of_the_report() -> None:
    report = evaluate(ask("y = x^2", ["x=3"]))
    assert figure(report).nodes[-1].value == report.summary["value"]


def test_a_node_that_is_long_by_rows_has_no_value() -> None:
    nodes = {node.name: node for node in figure(grad(ask("iris"))).nodes}
    assert nodes["X"].value is None
    assert tuple(nodes["X"].shape) == (150, 4)


def test_a_graph_that_is_far_too_large_is_refused() -> None:
    source = "; ".join(f"x{n + 1} = x{n}*a" for n in range(20_001))
    report = evaluate(ask(source, ["x0=1", "a=1"]))
    with pytest.raises(UsageError, match="20,003 nodes") as caught:
        figure(report)
    assert "--of" in caught.value.hint


def test_a_jacobian_has_no_picture() -> None:
    assert jacobian_report(ask("[x, y]", ["x=1", "y=2"])).graph is None
