"""A batch gives what the interpreter gives, one variation after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcli.graph.build import build
from gradcli.graph.graph import INPUT, LITERAL
from gradcli.graph.node import TABLE
from gradcli.graph.reverse import gradient
from gradcli.language import parse
from gradcli.run.batch import FLOATS, Batch
from gradcli.run.interpret import StepError, interpret


def varied(case: Any, nodes: list[int], count: int = 3) -> dict[int, Any]:
    numbers = np.random.default_rng(1)
    return {n: numbers.uniform(0.1, 0.9, (count, *case.graph.shapes[n])) for n in nodes}


def one(value: Any, place: int) -> Any:
    entry = value[place]
    return entry if np.ndim(entry) else float(entry)


def hold_together(case: Any, nodes: list[int]) -> None:
    """Every node, made of the values that the batch gave its arguments, has its value there."""
    graph = case.graph
    values = dict(zip(case.inputs, case.values()))
    cone = graph.cone(case.outputs)
    batch = Batch(graph, cone, nodes, values)
    moved = varied(case, nodes)
    found = dict(zip(cone, batch(moved)))
    for node in cone:
        if graph.ops[node] in (INPUT, LITERAL):
            continue
        for place in range(3):
            args = {arg: one(found[arg], place) for arg in graph.args[node]}
            alone = interpret(graph, [node], args)[node]
            size = max([np.max(np.abs(alone))] + [np.max(np.abs(a)) for a in args.values()])
            np.testing.assert_allclose(
                one(found[node], place), alone, rtol=1e-15, atol=4 * 2.3e-16 * max(size, 1e-3),
                err_msg=str(graph.ops[node]),
            )  # fmt: skip
            assert found[node].shape == (3, *graph.shapes[node])


def test_of_numbers_all_vary(scalar_case: Any) -> None:
    hold_together(scalar_case, scalar_case.inputs)


def test_of_numbers_one_varies(scalar_case: Any) -> None:
    for node in scalar_case.inputs:
        hold_together(scalar_case, [node])


def test_of_arrays_all_vary(array_case: Any) -> None:
    hold_together(array_case, array_case.inputs)


def test_of_arrays_one_varies(array_case: Any) -> None:
    for node in array_case.inputs:
        hold_together(array_case, [node])


def test_the_cases_hold_every_op_of_the_table(every_case: list[Any]) -> None:
    met = {case.graph.ops[n].name for case in every_case for n in case.graph.cone(case.outputs)}
    assert set(TABLE) <= met


def test_a_walk_is_cut_where_it_needs_more_memory() -> None:
    model = build(parse("sum(tanh(W@x))"), {"W": np.ones((50, 40)), "x": np.ones(40)})
    w, x = model.inputs["W"], model.inputs["x"]
    values = {w: np.full((50, 40), 0.01), x: np.arange(40.0)}
    batch = Batch(model.graph, [model.output], [w], values)
    count = batch.most + 100
    assert batch.most < FLOATS // 50
    steps = np.linspace(0.0, 1e-3, count)
    (found,) = batch({w: values[w] + steps[:, None, None]})
    expected = [50 * np.tanh((0.01 + step) * 780.0) for step in steps]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_node_in_the_middle_varies_whatever_it_is_made_of() -> None:
    model = build(parse("s = x^2; y = s*x"), {"x": 2.0})
    batch = Batch(model.graph, [model.output], [model.nodes["s"]], {model.inputs["x"]: 2.0})
    (found,) = batch({model.nodes["s"]: np.array([1.0, 5.0])})
    assert found.tolist() == [2.0, 10.0]


def test_what_is_held_keeps_its_value() -> None:
    model = build(parse("y = x*stop_gradient(x)"), {"x": 2.0})
    x, graph = model.inputs["x"], model.graph
    held = [n for n in graph.cone([model.output]) if graph.ops[n].name == "stop_gradient"]
    (found,) = Batch(graph, [model.output], [x], {x: 2.0}, held=held)({x: np.array([3.0, 5.0])})
    assert found.tolist() == [6.0, 10.0]


def test_a_literal_that_varies_is_no_literal_exponent() -> None:
    model = build(parse("a = 2; y = x^a"), {"x": 3.0})
    batch = Batch(model.graph, [model.output], [model.nodes["a"]], {model.inputs["x"]: 3.0})
    (found,) = batch({model.nodes["a"]: np.array([2.0, 3.0])})
    assert found.tolist() == [9.0, 27.0]


def test_an_output_that_does_not_vary_is_repeated() -> None:
    model = build(parse("y = x + u"), {"x": 1.0, "u": np.ones(2)})
    batch = Batch(model.graph, [model.inputs["u"]], [model.inputs["x"]],
                  {model.inputs["x"]: 1.0, model.inputs["u"]: np.ones(2)})  # fmt: skip
    (found,) = batch({model.inputs["x"]: np.zeros(3)})
    assert found.tolist() == [[1.0, 1.0]] * 3


def test_draws_are_the_same_in_every_variation() -> None:
    model = build(parse("y = x + randn()"), {"x": 0.0})
    x = model.inputs["x"]
    (found,) = Batch(model.graph, [model.output], [x], {x: 0.0}, seed=4)({x: np.zeros(3)})
    alone = interpret(model.graph, [model.output], {x: 0.0}, 4)[model.output]
    assert found.tolist() == [alone] * 3


def test_singular_matrices_among_others() -> None:
    text = "sum(inv(A)) + sum(solve(A, u)) + sum(solve(A, A)) + det(A) + logdet(A)"
    model = build(parse(text), {"A": np.eye(2), "u": np.ones(2)})
    a, u = model.inputs["A"], model.inputs["u"]
    stack = np.array([np.eye(2), np.zeros((2, 2)), -np.eye(2), np.diag([1.0, -1.0])])
    (found,) = Batch(model.graph, [model.output], [a], {u: np.ones(2)})({a: stack})
    alone = [interpret(model.graph, [model.output], {a: s, u: np.ones(2)}) for s in stack]
    np.testing.assert_array_equal(found, [values[model.output] for values in alone])
    assert found[0] == 7.0
    assert np.isnan(found[1])


def test_indices_that_vary_and_bad_ones() -> None:
    model = build(parse("sum(x[i]^2) + cross_entropy(x, j)"), {"x": np.ones(3), "i": 0.0, "j": 0.0})
    x, i, j = (model.inputs[name] for name in "xij")
    values = {x: np.arange(3.0), i: 0.0, j: 1.0}
    (found,) = Batch(model.graph, [model.output], [i], values)({i: np.array([0.0, 1.0, -1.0])})
    assert (found - found[0]).tolist() == pytest.approx([0.0, 1.0, 4.0], abs=1e-14)
    for node in (i, j):
        (found,) = Batch(model.graph, [model.output], [node], values)({node: np.array([7.0, 1.0])})
        assert np.isnan(found[0])
        assert np.isfinite(found[1])
    with pytest.raises(StepError, match=r"there is no index 7 among 3"):
        Batch(model.graph, [model.output], [j], {**values, i: 7.0})


def test_a_thousand_parameters_take_no_more_calls_than_one() -> None:
    """The work is NumPy's: its calls are those of one evaluation, whatever the entries."""
    text = "h = tanh(X@W + b); z = h@V + c; loss = mean(cross_entropy(z, y))"
    numbers = np.random.default_rng(0)
    shapes = {"X": (8, 20), "W": (20, 40), "b": (40,), "V": (40, 5), "c": (5,)}
    given: dict[str, Any] = {name: 0.3 * numbers.normal(size=s) for name, s in shapes.items()}
    given["y"] = numbers.integers(0, 5, 8).astype(float)
    model = build(parse(text), given)
    values = {node: given[name] for name, node in model.inputs.items()}
    w, graph = model.inputs["W"], model.graph
    gradient(graph, model.output, [w])  # as in a check, the graph holds more than the loss
    steps = np.zeros((800, 800))
    np.fill_diagonal(steps, 1e-4)
    stack = given["W"] + steps.reshape(800, 20, 40)

    def together() -> Any:
        return Batch(graph, [model.output], [w], values)({w: stack})[0]

    def alone(at: Any) -> Any:
        return interpret(graph, [model.output], {**values, w: at})[model.output]

    np.testing.assert_allclose(together(), [alone(at) for at in stack], rtol=1e-14)
    assert calls(together) < 20 * calls(lambda: alone(stack[0]))


def calls(work: Callable[[], Any]) -> int:
    """How many functions the work calls, of Python and of C."""
    count = 0

    def counted(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count
