"""What a loop computes beforehand, and that nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.reverse import gradient
from gradcli.language import parse
from gradcli.run.invariant import invariants, of_all_rows, row_invariants

DATA = {"X": (4, 3), "y": (4,)}


def of(text: str, by_row: bool) -> tuple[Built, list[int]]:
    model = build(parse(text), {"W": np.ones((3, 2)), "s": 2.0}, DATA)
    graph = model.graph
    outputs = [model.output, *gradient(graph, model.output, [model.inputs["W"]]).values()]
    data = {model.inputs[name] for name in DATA if name in model.inputs}
    varying = {model.inputs["W"]}
    if by_row:
        return model, row_invariants(graph, outputs, varying, data)
    return model, invariants(graph, outputs, varying)


def ops(text: str, by_row: bool) -> list[str]:
    model, nodes = of(text, by_row)
    return [model.graph.ops[node].name for node in nodes]


@pytest.mark.parametrize(
    ("text", "by_row", "always"),
    [
        ("mean(cross_entropy(X@W, y))", ["onehot"], ["onehot"]),
        ("mean((X@W)[:, 0]*((y - 3)/s))", ["div", "mul"], ["div", "mul"]),  # for the gradient, / 4
        ("sum((X@W)*exp(s))", [], ["exp"]),
        ("sum(X.T@X@W)", [], ["matmul"]),
        ("sum(W^2)*2^3", [], ["pow"]),
        ("sum((X.T.T@W)^2) + sum((reshape(X, 4, 3)[1:, :]@W)^2)", [], []),
    ],
)
def test_the_last_of_what_stays(text: str, by_row: list[str], always: list[str]) -> None:
    assert ops(text, by_row=True) == by_row
    assert set(always) <= set(ops(text, by_row=False))
    assert bool(always) == bool(ops(text, by_row=False))


def test_what_needs_all_rows_is_no_row_by_row_work() -> None:
    assert ops("sum((X - mean(X, axis=0))@W)", by_row=True) == []
    assert "sub" in ops("sum((X - mean(X, axis=0))@W)", by_row=False)


@pytest.mark.parametrize("rows", [4, 5, 8, 11])
def test_values_of_all_rows_by_a_graph_of_four(rows: int) -> None:
    model, (node,) = of("mean(cross_entropy(X@W, y))", by_row=True)
    classes = np.arange(rows) % 2.0
    (found,) = of_all_rows(
        model.graph, [node], [model.inputs["y"]], lambda part: [classes[part]], rows, 0
    )
    assert np.array_equal(found, np.eye(2)[classes.astype(int)])
