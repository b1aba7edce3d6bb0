"""Compiled arrays give what the interpreter gives, and what is handed out stays as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcli.errors import ShapeError
from gradcli.graph.build import build
from gradcli.graph.reverse import gradient
from gradcli.language import parse
from gradcli.run.compiled.code import Code
from gradcli.run.compiled.compile import Compiled, compile_graph
from gradcli.run.compiled.kernels import piece
from gradcli.run.interpret import interpret


def equal(compiled: list[Any], interpreted: list[Any]) -> bool:
    """Entry by entry; 0 and -0 are equal, as are all nans."""
    return all(
        type(a) is type(b) and np.array_equal(a, b, equal_nan=True)
        for a, b in zip(compiled, interpreted, strict=True)
    )


@pytest.mark.parametrize("longest", [1000, 3])
def test_every_op_and_its_derivatives(array_case: Any, longest: int) -> None:
    run = compile_graph(array_case.graph, array_case.outputs, array_case.inputs, longest=longest)
    for seed in range(3):
        values = array_case.values(seed)
        assert equal(run(values), array_case.interpreted(values))


def test_results_of_a_call_outlive_the_next(array_case: Any) -> None:
    run = compile_graph(array_case.graph, array_case.outputs, array_case.inputs)
    first, second = array_case.values(1), array_case.values(2)
    before = [np.copy(value) for value in first]
    found = run(first)
    kept = [np.copy(value) for value in found]
    other = run(second)
    assert equal([np.copy(value) for value in found], kept)
    assert equal([np.copy(value) for value in first], before)
    assert equal(other, array_case.interpreted(second))
    assert equal(run(first), array_case.interpreted(first))


@pytest.mark.parametrize("special", [0.0, -0.0, 1e200, -1e200, np.inf, -np.inf, np.nan])
def test_every_op_with_an_entry_that_is_special(array_case: Any, special: float) -> None:
    run = compile_graph(array_case.graph, array_case.outputs, array_case.inputs)
    for place in range(3):
        values = array_case.values(place)
        for value in values:
            if isinstance(value, np.ndarray):
                value.flat[place] = special
        assert equal(run(values), array_case.interpreted(values))


def compiled(text: str, **values: Any) -> tuple[Compiled, list[int], Any]:
    """The output and its gradient by every input, compiled."""
    model = build(parse(text), values)
    inputs = list(model.inputs.values())
    outputs = [model.output, *gradient(model.graph, model.output, inputs).values()]
    return compile_graph(model.graph, outputs, inputs), outputs, model


def check(text: str, **values: Any) -> Compiled:
    run, outputs, model = compiled(text, **values)
    given = [values[name] for name in model.inputs]
    found = interpret(model.graph, outputs, dict(zip(model.inputs.values(), given)))
    assert equal(run(given), [found[node] for node in outputs])
    return run


VECTOR = np.array([-1.0, 0.5, 2.0, 0.0])


def test_a_gate_that_becomes_a_product_is_undone_by_what_is_not_finite() -> None:
    """0·inf: the derivative of sqrt at 0, in a branch that is not taken."""
    check("sum(where(x > 0, sqrt(x), 0)*x)", x=VECTOR)
    check("sum(relu(W@sqrt(relu(x))))", x=VECTOR, W=np.ones((3, 4)))
    check("sum(max(x, 0)^0.5)", x=VECTOR)


@pytest.mark.parametrize("condition", [VECTOR, -VECTOR, VECTOR * 0, VECTOR * np.nan])
def test_conditions_that_are_neither_0_nor_1(condition: Any) -> None:
    check("sum(where(c, x*W@x, log(x)))", x=VECTOR + 3, c=condition, W=np.eye(4))


def test_a_guard_that_is_left_out_is_noticed() -> None:
    rows = np.array([[np.inf, 1.0, 2.0], [-np.inf, -np.inf, -np.inf], [1.0, 2.0, 3.0]])
    check("sum(exp(-logsumexp(z, axis=1)))", z=rows)
    check("sum(logsumexp(z, axis=1) > 0)", z=rows)
    check("sum(0*logsumexp(z, axis=1)^0)", z=rows)


def test_a_loss_and_its_gradient_share_one_exponential() -> None:
    model = build(parse("mean(cross_entropy(z, t))"), {"z": np.zeros((5, 3)), "t": np.zeros(5)})
    z, t = model.inputs["z"], model.inputs["t"]
    outputs = [model.output, *gradient(model.graph, model.output, [z]).values()]
    lines = [line.text for line in Code(model.graph, outputs, [z, t]).lines]
    assert sum("exp(" in line for line in lines) == 1
    assert sum("maximum" in line for line in lines) == 1


def test_dead_buffers_are_used_again() -> None:
    model = build(parse(f"f(u) = sin(u) + cos(u)/2; sum({'f(' * 40}x{')' * 40})"),
                  {"x": np.zeros(1000)})  # fmt: skip
    code = Code(model.graph, [model.output], [model.inputs["x"]])
    arrays = [v for v in code.namespace.values() if isinstance(v, np.ndarray)]
    memory = {array.__array_interface__["data"][0] for array in arrays}
    assert len(code.lines) == 161
    assert len(memory) <= 3


def test_a_mask_costs_no_memory_of_numbers_where_it_only_chooses() -> None:
    model = build(parse("sum(where(x > 0, x, x*x))"), {"x": np.zeros(1000)})
    code = Code(model.graph, [model.output], [model.inputs["x"]], careful=True)
    arrays = [v for v in code.namespace.values() if isinstance(v, np.ndarray)]
    assert {array.dtype for array in arrays} == {np.dtype(bool), np.dtype(float)}


def test_views_cost_nothing_and_are_safe() -> None:
    x = np.arange(12.0).reshape(3, 4)
    check("y = sin(x); z = y.T; sum(z[1:, :]*z[:3, :]) + sum((y + 1).T@y*2)", x=x)
    model = build(parse("y = exp(x); y.T"), {"x": x})
    run = compile_graph(model.graph, [model.output, model.nodes["y"]], [model.inputs["x"]])
    first = run([x])
    kept = np.copy(first[0])
    run([x + 1])
    assert np.array_equal(first[0], kept)
    assert np.array_equal(first[0], np.exp(x).T)


def test_a_transposed_result_is_not_written_over_while_it_is_read() -> None:
    check("y = S*2; sum((y + y.T)@(y - y.T))", S=np.arange(9.0).reshape(3, 3))
    check("y = S*2; z = y.T; w = y + 1; sum(w*z)", S=np.arange(9.0).reshape(3, 3))


def test_random_draws_are_those_of_the_seed() -> None:
    model = build(parse("sum(x*randn(4)*randn()) + uniform()"), {"x": VECTOR})
    x = model.inputs["x"]
    for seed in (0, 3):
        run = compile_graph(model.graph, [model.output], [x], seed=seed)
        expected = interpret(model.graph, [model.output], {x: VECTOR}, seed)[model.output]
        assert run([VECTOR]) == run([VECTOR]) == [expected]


def test_an_output_may_be_an_array_input_or_constant() -> None:
    model = build(parse("x + [1, 2, 3, 4]"), {"x": VECTOR})
    graph, x = model.graph, model.inputs["x"]
    constant = graph.args[model.output][1]
    run = compile_graph(graph, [x, constant, model.output], [x])
    assert equal(run([VECTOR]), [VECTOR, np.array([1.0, 2, 3, 4]), VECTOR + np.arange(1.0, 5)])


def test_a_literal_that_a_derivative_is_taken_by() -> None:
    model = build(parse("a = 2; sum(a*x)"), {"x": VECTOR})
    graph, x, a = model.graph, model.inputs["x"], model.nodes["a"]
    slope = gradient(graph, model.output, [a])[a]
    assert compile_graph(graph, [model.output, slope], [x])([VECTOR]) == [
        2 * VECTOR.sum(),
        VECTOR.sum(),
    ]
    assert compile_graph(graph, [model.output], [x, a])([VECTOR, 3.0]) == [3 * VECTOR.sum()]


def test_numbers_and_arrays_mix() -> None:
    check("a*sum(x)/b + (a - b)^2*max(x) + exp(a)*norm(x)", a=0.5, b=2.0, x=VECTOR)
    check("sum([a, b, a*b]) + sum(full([2, 2], a)*b)", a=0.5, b=2.0)
    check("a/sum(x*0) + b", a=0.5, b=2.0, x=VECTOR)
    check("exp(1000*sum(x)) + a/(a - a)", a=0.5, x=VECTOR)
    check("kl(x^2, 0.5) + kl(0.5, x^2) + kl(0, x) + kl(x, 1)", x=VECTOR)


def test_arrays_that_do_not_fit_into_memory_are_refused(monkeypatch: Any) -> None:
    model = build(parse("sum(exp(x) * sin(x) + cos(x))"), {"x": np.zeros(1000)})
    monkeypatch.setattr("gradcli.run.interpret.MEMORY", 10_000)
    with pytest.raises(ShapeError) as raised:
        compile_graph(model.graph, [model.output], [model.inputs["x"]])
    assert raised.value.what == (
        "the arrays of the program need 0 GB of memory, this machine has 0 GB"
    )


@pytest.mark.parametrize("rows", [4096, 4097, 5000])
@pytest.mark.parametrize(("inner", "columns"), [(20, 64), (64, 10), (30, 7), (1, 1)])
def test_long_products_in_pieces(rows: int, inner: int, columns: int) -> None:
    """Of whole numbers, whose sums are exact in any order."""
    random = np.random.default_rng(rows + inner)
    a, b = (random.integers(-9, 9, shape) * 1.0 for shape in ((rows, inner), (inner, columns)))
    run, _, model = compiled("sum((A@B)^2)", A=a, B=b)
    product = np.einsum("ri,ic->rc", a, b)
    expected = {
        "A": np.einsum("rc,ic->ri", 2 * product, b), "B": np.einsum("ri,rc->ic", a, 2 * product)
    }  # fmt: skip
    for _ in range(2):
        value, *gradients = run([a, b])
        assert value == np.einsum("rc,rc->", product, product)
        for name, found in zip(model.inputs, gradients):
            assert np.array_equal(found, expected[name])


def test_products_are_cut_where_that_is_faster() -> None:
    assert piece(100_000, 20 * 64) == 512
    assert piece(1000, 20 * 64) is None
    assert piece(100_000, 128 * 128) is None
