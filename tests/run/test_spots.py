"""One entry at a time: spots give what the interpreter gives for the whole array."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcli.graph.build import build
from gradcli.graph.graph import Graph
from gradcli.language import parse
from gradcli.run.interpret import interpret
from gradcli.run.spots import Spots


def hold_together(graph: Graph, node: int, inputs: dict[int, Any], outputs: list[int]) -> None:
    """Some entries of the node, each moved alone, give every output its value."""
    centre = interpret(graph, outputs, inputs)
    size = int(np.prod(graph.shapes[node]))
    place = np.unique(np.linspace(0, size - 1, 4).astype(int))
    at = np.ravel(inputs[node])[place] + np.array([0.125, -0.03125, -0.125, 0.5])[: len(place)]
    found = Spots(graph, outputs, node, {**centre, **inputs})(place, at)
    for i, (entry, value) in enumerate(zip(place, at)):
        moved = np.array(inputs[node])
        moved.flat[entry] = value
        alone = interpret(graph, outputs, {**inputs, node: moved})
        for output, values in zip(outputs, found):
            assert values.shape == (len(place), *graph.shapes[output])
            largest = np.max(np.abs(alone[output]), initial=1.0)
            np.testing.assert_allclose(
                values[i],
                alone[output],
                rtol=0,
                atol=1e-11 * largest,
                err_msg=str(graph.ops[output]),
            )


def test_every_op_of_arrays(array_case: Any) -> None:
    graph = array_case.graph
    inputs = dict(zip(array_case.inputs, array_case.values()))
    for node in array_case.inputs:
        if graph.shapes[node]:
            hold_together(graph, node, inputs, graph.cone(array_case.outputs))


VALUES = {
    "x": [0.5, -1.25, 2.0], "y": [1.5, 0.25, -0.75], "W": [[0.2, 0.7, 0.1], [0.5, 0.3, 0.8]],
    "S": [[1.2, 0.1, 0.3], [0.2, 0.9, 0.4], [0.1, 0.5, 1.1]], "V": [[1.0, 2.0], [0.5, -1], [3, 1]],
}  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        "sum(sin(x)*x + y*x)", "mean(x^2) + max(x)", "W@x", "x@V", "W@S", "S@V", "x@y", "x@x",
        "x@sin(x)", "x@S@x", "W@x + x@V", "sum(S*S.T)", "sum(S*S)", "S@S", "sum(W, axis=0)*y",
        "exp(mean(W, axis=1))", "sum(sum(S, axis=1, keepdims=1)^2)", "sum(x + S)", "S + x", "x*S*x",
        "reshape(W, 3, 2)@[1, 2]", "(W.T)@[1, 2]", "x[0]*x[2]", "x[1:]*x[:2]", "x[::-1]@y",
        "W[1, :2]", "W[:, 1]", "S[[0, 2, 0]]", "S[[0, 1], [2, 2]]", "norm(x)", "norm(100*x + y)^2",
        "logsumexp(x)", "logsumexp(50*x)", "norm(W, axis=1)", "norm(x, keepdims=1)",
        "logsumexp(W, axis=0)", "softmax(x)@y", "where(x > 0, x, x^2)", "x*stop_gradient(2)",
        "sum(W, keepdims=1)*x", "outer(x, x)", "diag(x)@y", "x + x[0]", "concat(x, x)", "[x, y]@x",
        "mean(cross_entropy(S@V, [0, 1, 0]))", "sum(relu(S@x))", "1/(x - 0.5) + 1/sum(x)",
        "sum(log(x)) + y", "prod(x)", "cumsum(x)",
    ],
)  # fmt: skip
def test_programs(source: str) -> None:
    given = {name: np.array(value) for name, value in VALUES.items()}
    model = build(parse(source), given)
    inputs = {node: given[name] for name, node in model.inputs.items()}
    outputs = model.graph.cone([model.output])
    for node in inputs:
        hold_together(model.graph, node, inputs, outputs)


def test_what_is_held_keeps_its_value() -> None:
    model = build(parse("y = sum(x*stop_gradient(x))"), {"x": np.ones(3)})
    graph, x = model.graph, model.inputs["x"]
    held = [n for n in graph.cone([model.output]) if graph.ops[n].name == "stop_gradient"]
    spots = Spots(graph, [model.output], x, {x: np.full(3, 2.0)}, held=held)
    (found,) = spots(np.array([0, 2]), np.array([3.0, 5.0]))
    assert found.tolist() == [14.0, 18.0]


def test_a_node_in_the_middle_and_an_output_that_stays() -> None:
    model = build(parse("s = x^2; y = s*x + sum(x)"), {"x": np.ones(3)})
    graph, x, s = model.graph, model.inputs["x"], model.nodes["s"]
    spots = Spots(graph, [model.output, x], s, {x: np.array([1.0, 2.0, 3.0])})
    found, still = spots(np.array([1]), np.array([10.0]))
    assert found.tolist() == [[7.0, 26.0, 33.0]]
    assert still.tolist() == [[1.0, 2.0, 3.0]]


def test_whole_arrays_are_made_for_a_few_variations_at_a_time() -> None:
    size = 3_000
    model = build(parse("sum(softmax(x)^2)"), {"x": np.ones(size)})
    x = model.inputs["x"]
    values = np.linspace(-1, 1, size)
    spots = Spots(model.graph, [model.output], x, {x: values})
    place = np.arange(size)
    (found,) = spots(place, values + 0.5)
    assert spots.most < 1_000
    for entry in (0, 1_234, size - 1):
        moved = values.copy()
        moved[entry] += 0.5
        shares = np.exp(moved) / np.exp(moved).sum()
        assert found[entry] == pytest.approx((shares**2).sum(), rel=1e-12)


def test_sums_of_many_entries_make_no_array_of_them_all() -> None:
    size = 100_000
    model = build(parse("mean(sin(x)*x)"), {"x": np.ones(size)})
    x = model.inputs["x"]
    spots = Spots(model.graph, [model.output], x, {x: np.linspace(0, 9, size)})
    (found,) = spots(np.arange(size), np.zeros(size))
    assert spots.most > 1_000
    values = np.linspace(0, 9, size)
    terms = np.sin(values) * values
    np.testing.assert_allclose(found, (terms.sum() - terms) / size, rtol=1e-12)
