"""What may be walked in blocks, and that the blocks add up to the whole."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import GradError
from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.reverse import gradient
from gradcli.language import parse
from gradcli.run.blocks import Blocks, block_rows, sizes_of
from gradcli.run.compiled.compile import Compiled, compile_graph
from gradcli.run.interpret import interpret
from gradcli.run.row_kinds import row_kinds

ROWS = 11
PARAMS = {
    "w": 0.7, "v": np.array([0.3, -0.2, 0.5]), "W": np.linspace(-1, 1, 12).reshape(3, 4),
    "b": np.array([0.1, 0.2, -0.3, 0.4]), "E": np.linspace(0, 1, 10).reshape(5, 2),
}  # fmt: skip
DATA = {
    "x": np.linspace(-1, 2, ROWS), "y": np.cos(np.arange(ROWS) * 2.0),
    "X": np.sin(np.arange(ROWS * 3.0)).reshape(ROWS, 3), "k": np.arange(ROWS) % 4.0,
    "i": np.arange(ROWS) * 2.0 % 5,
}  # fmt: skip

MEANS = [
    "mean((w*x - y)^2)",
    "mean(cross_entropy(tanh(X@W + b), k))",
    "mean(cross_entropy(X@W, softmax(X@W*2))) + 0.01*sum(W^2)",
    "-mean(log_softmax(X@W)[:, 1]*y)*w",
    "sum((w*x - y)^2)/count(y)",
    "sum(X*v)/count(X)/2 + mean(y)*3 - w",
    "mse(X@v, y)",
    "mean(sum(X*X, axis=1)*y) + mean(norm(X, axis=1)) + mean(max(X, axis=1)*w)",
    "mean(mean(X, axis=0)*v)",
    "mean(E[i]*E[i]*w)",
    "mean([x, y].T@[w, 2])",
    "mean(concat(X, X*w, axis=1)) + mean(stack(x, y, axis=1)@[1, w])",
    "mean(reshape(X@W, -1, 2, 2)[:, 0, 1]*w)",
    "mean(onehot(k, 4)@b) + mean(outer(x, v)@v) + mean(nll(log_softmax(X@W), k))",
    "mean(where(x > 0, w*x, 0) + max(x, y)*w)",
    "mean((X.T*w)[0, :]) + mean(W.T@X.T)",
    "h = X@W; mean((h - mean(h, axis=1, keepdims=1))^2/var(h, axis=1, keepdims=1))",
    "mean(kl(softmax(X@W), softmax(X@W + 1)))",
    "mean(argmax(X@W, axis=1)*x*w) + stop_gradient(mean(x)) + mean(cumsum(X, axis=1)*w)",
    "mean(repeat(X, 2, axis=1)*w)",
    "mean((flatten(w*x) - ravel(y))^2)",
    "mean(X@W, axis=0)@b - 2*mean(x)",
    "diff(mean((w*x - y)^2), w)",
    "diff(mean(tanh(X@W)), W)[0, 1] + diff(mean(x), w)",
    "f(u) = tanh(w*u); mean((f'(x) + f(x) - f''(x))^2)",
    "u = tanh(w*x)*y; mean((diff(sum(u), x) - u)^2)",
    "diff(diff(mean(tanh(w*x)*y), w), w) + diff(mean(x*w + w), w)",
    "f(u) = mean((u*x - y)^2); f'(w)",
]
SUMS = [
    "sum((w*x - y)^2)",
    "2*sum(X@v) - sum(x)/4 + count(x)",
    "sum(X.T@X@W)*w",
    "x@y*w",
    "sum((w*x - y)^2)/150",
    "cumsum(sum(X, axis=0))@v + outer(sum(X*X, axis=0), v)[0, 1]",
    "sum(sum(X, axis=0)*v)",
    "sum(x > w) + count_nonzero(x)*w",
    "diff(sum((w*x - y)^2), w)",
    "diff(sum(x + w), w)*w",
    "sum(diff(sum(w*x^2), x)*y)",
    "f(u) = sum((u*x - y)^2); f''(w)*w",
]
WHOLES = [
    "mean((x - mean(x))*w*y)",
    "mean(x*w)/std(x)",
    "sum(softmax(x*w)*y)",
    "logsumexp(x*w)",
    "max(x*w)",
    "sqrt(mean((w*x - y)^2))",
    "sum((w*x - y)^2) + w^2",
    "mean(x*w)*mean(y)",
    "mean(x*w) + sum(y)",
    "norm(w*x - y)",
    "x[0]*w + mean(x)",
    "mean(x[1:]*w*y[:-1])",
    "sum(X[:, 0]*w) / sum(y)",
    "mean(X@X.T)*w",
    "mean(softmax(X, axis=0)*w)",
    "mean(log_softmax(X@W, axis=0))",
    "mean(flatten(X)*w)",
    "mean(concat(x, y)*w)",
    "mean([x, y]@arange(11)*w)",
    "mean(x*w*linspace(0, 1, 11))",
    "prod(x*w)",
    "mean(x*w*randn(11))",
    "sum(cumsum(x)*w)",
    "mean(X[i, 0]*w)",
    "det(X.T@X)*w",
    "relu(mean(x*w))",
    "mean(W[0, :]@(X@W).T)*sum(x)",
    "mean(x*w)^2",
    "w/mean(x)",
    "max(mean(x)*w, 0)",
    "mean(repeat(x, 2)*w)",
    "mean(x)*count(x)*w",
    "sum(diag(X@X.T)*w)",
    "diff(mean((w*x - y)^2), w)^2",
    "mean(diff(mean(w*x^2), x))",
    "sum(diff(mean(w*x^2), x)*y)",
    "diff(mean(x*w)*mean(y), w)",
    "diff(diff(mean(w*x)^2, w), w)",
    "sum(diff(std(x*w), w)*x)",
    "f(u) = mean(u^2)*w; sum(f'(x))",
]


def model_of(text: str, rows: int) -> Built:
    return build(parse(text), PARAMS, {n: (rows, *a.shape[1:]) for n, a in DATA.items()})


def kind_of(text: str, rows: int = ROWS) -> Any:
    model = model_of(text, rows)
    data = {node for name, node in model.inputs.items() if name in DATA}
    return block_rows(model.graph, model.output, data)[0]


@pytest.mark.parametrize("text", MEANS)
def test_means_over_rows(text: str) -> None:
    assert kind_of(text) == "mean"
    agree(text)


@pytest.mark.parametrize("text", SUMS)
def test_sums_over_rows(text: str) -> None:
    assert kind_of(text) == "sum"
    agree(text)


@pytest.mark.parametrize("text", WHOLES)
def test_what_needs_all_rows(text: str) -> None:
    assert kind_of(text) == "whole"


def test_a_program_without_data_is_no_sum() -> None:
    assert kind_of("w^2") == "fixed"


def run_of(text: str, rows: int) -> tuple[Compiled, list[str]]:
    model = model_of(text, rows)
    moving = [node for name, node in model.inputs.items() if name in PARAMS]
    found = gradient(model.graph, model.output, moving)
    outputs = [model.output, *(found[node] for node in moving)]
    return compile_graph(model.graph, outputs, list(model.inputs.values())), list(model.inputs)


def total(text: str, block: int, workers: int) -> list[Any]:
    def inputs(names: list[str], part: slice) -> list[Any]:
        return [DATA[n][part] if n in DATA else PARAMS[n] for n in names]

    blocks = Blocks(lambda rows: run_of(text, rows)[0], inputs, workers)
    return blocks.total(kind_of(text), sizes_of(ROWS, block), run_of(text, ROWS)[1])


def agree(text: str) -> None:
    """Blocks of every size and any number of threads give the whole, threads to the bit."""
    run, names = run_of(text, ROWS)
    whole = run([DATA[name] if name in DATA else PARAMS[name] for name in names])
    for block in (1, 2, 3, 5, 10, 11):
        one, four = total(text, block, 1), total(text, block, 4)
        for a, b, c in zip(whole, one, four, strict=True):
            assert np.allclose(a, b, rtol=1e-12, atol=1e-13)
            assert np.array_equal(b, c)
            assert type(a) is type(b)


ONE = [
    "{}.T", "mean({}, axis=0)", "sum({}, axis=1)", "sum({})", "mean({})", "tanh({})", "-{}",
    "softmax({})", "softmax({}, axis=0)", "max({}, axis=0)", "{}[0]", "{}[:, 0]", "{}[1:]",
    "reshape({}, -1)", "norm({}, axis=1)", "var({}, axis=1, keepdims=1)", "cumsum({}, axis=0)",
    "{}/count(x)", "{}/3", "stack({0}, {0}, axis=1)", "concat({0}, {0}, axis=0)",
    "logsumexp({}, axis=1)", "repeat({}, 2, axis=0)", "sum_to({}, 3)", "expand({}, 11, 3)",
    "reshape({}, 1, -1)", "sum({}, axis=0, keepdims=1)", "stop_gradient({})", "{}[:, 1:]",
    "diff(sum({}), w)", "diff(mean({}), w)", "diff(sum({}), x)", "diff(mean({}), X)",
]  # fmt: skip
TWO = ["({}*{})", "({} + {})", "({} - {})", "({}/{})", "({}@{})", "max({}, {})", "outer({}, {})",
       "stack({}, {})", "concat({}, {}, axis=0)", "where({0} > 0, {0}, {1})"]  # fmt: skip


def random_program(choose: random.Random) -> str:
    """A formula of a dozen steps that can be built, whose value is a number."""
    pool = ["x", "y", "X", "X@W", "v", "w", "W"]
    while len(pool) < 14:
        form = choose.choice(ONE + TWO * 2)
        # What is new is used more often, so that formulas get deep.
        parts = [pool[-1 - int(choose.random() ** 2 * len(pool))] for _ in range(2)]
        text = form.format(*parts)
        try:
            model_of(f"mean({text})", ROWS)
        except GradError:
            continue
        pool.append(text)
    last = pool[-1]
    return choose.choice([f"sum({last})", f"mean({last})", f"mean({last}) + w", f"sum({last})/11"])


def is_finite_throughout(text: str) -> bool:
    """Whether no node is infinite or nan.

    What reaches a product of matrices is masked as one: an infinity in a row that no branch takes
    makes the whole gradient nan, and that of the other rows' blocks not.
    """
    model = model_of(text, ROWS)
    cone = model.graph.cone([model.output])
    given = {node: {**DATA, **PARAMS}[name] for name, node in model.inputs.items()}
    return all(np.isfinite(value).all() for value in interpret(model.graph, cone, given).values())


@settings(max_examples=400, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_program_that_is_taken_for_a_sum_of_blocks_is_one(choose: random.Random) -> None:
    text = random_program(choose)
    kind = kind_of(text)
    if kind not in ("sum", "mean"):
        return
    try:
        # The program may count its rows by itself; then it cannot be built for a block.
        if kind_of(text, 5) != kind or kind_of(text, 1) != kind:
            return
    except GradError:
        return
    if not is_finite_throughout(text):
        return
    run, names = run_of(text, ROWS)
    values = [DATA[name] if name in DATA else PARAMS[name] for name in names]
    whole, blocks = run(values), total(text, 5, 1)
    scale = max(float(np.max(np.abs(value), initial=1.0)) for value in whole)
    for a, b in zip(whole, blocks, strict=True):
        assert np.allclose(a, b, rtol=1e-9, atol=1e-11 * scale, equal_nan=True), text


def test_every_row_kind_is_one_of_the_kinds() -> None:
    model = model_of("mean(cross_entropy(X@W + b, k)) + sum(W^2)", ROWS)
    data = {model.inputs["X"], model.inputs["k"]}
    kinds = row_kinds(model.graph, model.graph.cone([model.output]), data)
    assert kinds[model.inputs["X"]] == 0
    assert kinds[model.inputs["W"]] == "fixed"
    assert set(kinds.values()) == {0, "fixed", "mean"}


def test_no_warning_comes_from_a_thread(recwarn: pytest.WarningsRecorder) -> None:
    text = "mean(exp(1000*x*w) - exp(1000*y*w))"
    values = total(text, 2, 3)
    assert np.isnan(values[0]) or np.isinf(values[0])
    assert not recwarn.list


def test_blocks_are_of_thousands_of_rows_where_each_is_small() -> None:
    model = model_of("mean((w*x - y)^2)", ROWS)
    data = {model.inputs["x"], model.inputs["y"]}
    assert 10_000 < block_rows(model.graph, model.output, data)[1] < 200_000
