"""What where, relu, min, max and clip did not take never reaches a gradient, not even as 0·inf."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

A = np.array
NAN, INF = math.nan, math.inf

SCALARS = [
    ("where(x > 0, log(x), 0*x)", {"x": -1.0}, {"x": 0.0}),
    ("where(x > 0, sqrt(x), 0)", {"x": 0.0}, {"x": 0.0}),
    ("where(x > 0, sqrt(x)^2, x)", {"x": 0.0}, {"x": 1.0}),
    ("where(x > 0, 1/x, 3*x)", {"x": 0.0}, {"x": 3.0}),
    ("where(x, x*sin(1/x), 0)", {"x": 0.0}, {"x": 0.0}),
    ("where(x > 0, exp(1000*sqrt(log(1/x))), x)", {"x": 0.0}, {"x": 1.0}),
    ("where(x >= 0, x, log(-sqrt(x)))^2", {"x": 3.0}, {"x": 6.0}),
    ("where(1 - x, inf*x, 2*x)", {"x": 1.0}, {"x": 2.0}),
    ("where(x > 1, nan*x, 2*x)", {"x": 1.0}, {"x": 2.0}),
    ("where(x > 1, x/0, 2*x)", {"x": 1.0}, {"x": 2.0}),
    ("where(x > 1, 1e300*(1e300*x), 2*x)", {"x": 1.0}, {"x": 2.0}),
    ("where(nan, 2*x, log(x))", {"x": 0.0}, {"x": 2.0}),
    ("where(-3, 2*x, log(x))", {"x": 0.0}, {"x": 2.0}),
    ("where(0.001, 2*x, log(x))", {"x": 0.0}, {"x": 2.0}),
    ("where(x < 0, log(x), where(x > 0, log(-x), 5*x))", {"x": 0.0}, {"x": 5.0}),
    ("u = log(x); where(x > 0, u, 0) + where(x > 0, 0, x)", {"x": 0.0}, {"x": 1.0}),
    ("where(x < 1, log(y), sqrt(x))*y", {"x": 4.0, "y": 0.0}, {"x": 0.0, "y": 2.0}),
    ("relu(sqrt(x) - 1)", {"x": 0.0}, {"x": 0.0}),
    ("relu(log(x))", {"x": 0.0}, {"x": 0.0}),
    ("relu(-1/x)*y", {"x": 0.0, "y": 2.0}, {"x": 0.0, "y": 0.0}),
    ("max(x, 1 + log(x))", {"x": 0.0}, {"x": 1.0}),
    ("max(0, log(x), -5)", {"x": 0.0}, {"x": 0.0}),
    ("min(2*x, 1/x)", {"x": 0.0}, {"x": 2.0}),
    ("min(x, 5, 3 - log(x))", {"x": 0.0}, {"x": 1.0}),
    ("clip(log(x), -10, 10)", {"x": 0.0}, {"x": 0.0}),
    ("clip(x, sqrt(y), 5)", {"x": 1.0, "y": 0.0}, {"x": 1.0, "y": 0.0}),
    ("clip(x, -1, 2 + sqrt(y))", {"x": 1.0, "y": 0.0}, {"x": 1.0, "y": 0.0}),
    ("hinge(3 + sqrt(x), 1)", {"x": 0.0}, {"x": 0.0}),
    ("where(x > 0, y, stop_gradient(log(x))*y)", {"x": 1.0, "y": 2.0}, {"x": 0.0, "y": 1.0}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "values", "want"), SCALARS)
def test_scalars(text: str, values: Any, want: dict[str, float], bench: Any) -> None:
    assert bench.grad(text, **values) == pytest.approx(want, nan_ok=True)


@pytest.mark.parametrize(("text", "values", "want"), SCALARS)
def test_arrays_with_taken_neighbours(text: str, values: Any, want: Any, bench: Any) -> None:
    """The same in the middle of an array whose other entries take what is fine for them."""
    *definitions, last = text.split("; ")
    text = "; ".join([*definitions, f"sum({last})"])
    arrays = {name: A([0.75, value, 0.75]) for name, value in values.items()}
    found = bench.grad(text, **arrays)
    for name, value in want.items():
        assert found[name][1] == pytest.approx(value, nan_ok=True)


NOT_MASKED = [
    ("sqrt(x)^2", {"x": 0.0}, NAN),  # where nothing is asked, 0·inf stays nan
    ("sqrt(x)*0", {"x": 0.0}, 0.0),  # by a literal 0 nothing flows: the sweep folds 0·x
    ("y*sqrt(x)", {"x": 0.0, "y": 0.0}, NAN),
    ("u = sqrt(x); where(x > 0, u, 0) + y*u", {"x": 0.0, "y": 0.0}, NAN),
    ("u = log(x); where(x > 0, u, u)", {"x": 0.0}, INF),  # one node in both branches: it is taken
    ("where(x > 0, sqrt(x), 2*sqrt(x))", {"x": 0.0}, INF),
    ("relu(sqrt(x))", {"x": 0.0}, 0.0),
    ("relu(1 + sqrt(x))", {"x": 0.0}, INF),
    ("max(sqrt(x), x)", {"x": 0.0}, INF),  # a tie: both share
]


@pytest.mark.parametrize(("text", "values", "want"), NOT_MASKED)
def test_what_was_taken_counts(text: str, values: Any, want: float, bench: Any) -> None:
    assert bench.grad(text, **values)["x"] == pytest.approx(want, nan_ok=True)
    array = {name: A([value, value]) for name, value in values.items()}
    *definitions, last = text.split("; ")
    text = "; ".join([*definitions, f"sum({last})"])
    assert bench.grad(text, **array)["x"] == pytest.approx([want, want], nan_ok=True)


M = A([[0.0, 4.0], [9.0, -1.0]])
ARRAYS = [
    # entries of one array, some taken
    ("sum(where(x > 0, sqrt(x), 0))", {"x": M}, A([[0, 0.25], [1 / 6, 0]])),
    (
        "sum(where(x > 0, log(x)*log(x)^-0.5, x^2))",
        {"x": A([0.0, math.e, -3.0])},
        A([0, 0.5 / math.e, -6]),
    ),
    ("sum(relu(log(x)))", {"x": A([0.0, 2.0, -1.0])}, A([0, 0.5, 0])),
    ("sum(max(log(x), 0))", {"x": A([0.0, 2.0, 0.5])}, A([0, 0.5, 0])),
    ("sum(min(1/x, 2))", {"x": A([0.0, 2.0, 0.25])}, A([0, -0.25, 0])),
    ("sum(clip(1/x, -2, 2))", {"x": A([0.0, 2.0, 0.25])}, A([0, -0.25, 0])),
    # reductions that choose
    ("max(log(x))", {"x": A([0.0, 2.0, 1.0])}, A([0, 0.5, 0])),
    ("sum(min(sqrt(x) + 1, axis=1))", {"x": A([[0.0, 4.0], [9.0, 1.0]])}, A([[INF, 0], [0, 0.5]])),
    ("sum(max(sqrt(x), axis=0))", {"x": A([[0.0, 4.0], [9.0, 0.0]])}, A([[0, 0.25], [1 / 6, 0]])),
    ("sum(max(1/(x - 1), axis=1, keepdims=1))", {"x": A([[1.0, 2.0]])}, A([[-INF, 0]])),
    # what moves entries carries their masks along
    ("sum(where(x > 0, log(x), 0)[1, :])", {"x": M}, A([[0, 0], [1 / 9, 0]])),
    ("y = sqrt(x)[:, ::-1]; sum(where(y > 0, y, 0))", {"x": abs(M)}, A([[0, 0.25], [1 / 6, 0.5]])),
    ("y = sqrt(x).T; sum(where(y > 0, y, 0))", {"x": abs(M)}, A([[0, 0.25], [1 / 6, 0.5]])),
    (
        "y = reshape(sqrt(x), 4); sum(where(y > 0, y, 0))",
        {"x": abs(M)},
        A([[0, 0.25], [1 / 6, 0.5]]),
    ),
    ("y = flatten(sqrt(x)); sum(where(y > 0, y, 0))", {"x": abs(M)}, A([[0, 0.25], [1 / 6, 0.5]])),
    ("y = concat(sqrt(x), sqrt(x)); sum(where(y > 0, y, 0))", {"x": A([0.0, 4.0])}, A([0, 0.5])),
    ("y = [sqrt(x), x]; sum(where(y > 0, y, 0))", {"x": A([0.0, 4.0])}, A([0, 1.25])),
    ("y = stack(x, sqrt(x), axis=1); sum(where(y > 0, y, 0))", {"x": A([0.0, 4.0])}, A([0, 1.25])),
    ("y = repeat(sqrt(x), 2); sum(where(y > 0, y, 0))", {"x": A([0.0, 4.0])}, A([0, 0.5])),
    ("y = sqrt(x)[[1, 1, 0]]; sum(where(y > 0, y, 0))", {"x": A([0.0, 4.0])}, A([0, 0.5])),
    (
        "y = sum(sqrt(x), axis=1); sum(where(y > 3, y, 0))",
        {"x": A([[0.0, 0.0], [4.0, 9.0]])},
        A([[0, 0], [0.25, 1 / 6]]),
    ),
    (
        "y = mean(sqrt(x), axis=0); sum(where(y > 1, y, 0))",
        {"x": A([[0.0, 4.0], [0.0, 4.0]])},
        A([[0, 0.125], [0, 0.125]]),
    ),
    ("y = cumsum(sqrt(x)); sum(where(y > 0, y, 0))", {"x": A([0.0, 4.0, 1.0])}, A([INF, 0.5, 0.5])),
    (
        "y = max(sqrt(x), axis=1); sum(where(y > 0, y, 0))",
        {"x": A([[0.0, 0.0], [4.0, 1.0]])},
        A([[0, 0], [0.25, 0]]),
    ),
    ("y = diag(sqrt(x)); sum(where(y > 0, y, 0))", {"x": A([0.0, 4.0])}, A([0, 0.25])),
    (
        "y = trace(sqrt(x)); where(y > 9, y, 0)",
        {"x": A([[0.0, 4.0], [0.0, 4.0]])},
        np.zeros((2, 2)),
    ),
    # broadcasting conditions and branches
    (
        "sum(where(c > 0, log(x), 0))",
        {"x": A([[0.0, 1, 2, 0]]), "c": A([[0.0], [0], [0]])},
        A([[0.0, 0, 0, 0]]),
    ),
    (
        "sum(where(c > 0, log(x), 0))",
        {"x": A([[0.0, 1, 2, 4]]), "c": A([[0.0], [1], [1]])},
        A([[INF, 2, 1, 0.5]]),
    ),
    ("sum(where(c > d, log(x), 0))", {"x": 0.0, "c": A([[0.0], [1]]), "d": A([[2.0, 3, 4]])}, 0.0),
    (
        "sum(where(c > 0, sqrt(x), 0))",
        {"x": A([[0.0], [4]]), "c": A([[1.0, 1, -1, 1]])},
        A([[INF], [0.75]]),
    ),
    (
        "sum(where(c > 0, sqrt(x), 0) * [[0], [1]])",
        {"x": A([[0.0, 4.0]]), "c": A([[-1.0, 1.0]])},
        A([[0, 0.25]]),
    ),
    # a scalar condition, in front of anything
    ("where(c > 0, sum(log(x)), sum(x))", {"x": A([0.0, -1.0]), "c": 0.0}, A([1.0, 1.0])),
    ("where(c > 0, sum(W@log(x)), sum(x))", {"x": A([0.0, -1.0]), "c": 0.0, "W": M}, A([1.0, 1.0])),
    ("sum(where(c > 0, W@log(x), x))", {"x": A([0.0, -1.0]), "c": 0.0, "W": M}, A([1.0, 1.0])),
    ("sum(where(c > 0, softmax(log(x)), x))", {"x": A([0.0, -1.0]), "c": 0.0}, A([1.0, 1.0])),
    ("sum(where(c > [0, 0], softmax(log(x)), x))", {"x": A([0.0, -1.0]), "c": 0.0}, A([1.0, 1.0])),
    (
        "sum(where(c > 0, inv(outer(x, x))@log(x), x))",
        {"x": A([0.0, -1.0]), "c": 0.0},
        A([1.0, 1.0]),
    ),
    ("sum(where([0, 0], prod(1/x)*norm(x)/x, x))", {"x": A([0.0, 0.0])}, A([1.0, 1.0])),
    ("sum(where(x[:0] > 0, W[:0]@x, 1))", {"x": A([0.0, -1.0]), "W": M}, A([0.0, 0.0])),
    ("relu(-sum(1/x))", {"x": A([0.0, 1.0])}, A([0.0, 0.0])),
]


@pytest.mark.parametrize(("text", "values", "want"), ARRAYS)
def test_arrays(text: str, values: Any, want: Any, bench: Any) -> None:
    np.testing.assert_allclose(bench.grad(text, **values)["x"], want, rtol=1e-14)


SECOND = [
    ("where(x > 0, log(x), x^2)", 0.0, 2.0),
    ("where(x > 0, sqrt(x)*exp(1/x), x^3)", 0.0, 0.0),
    ("where(x > 0, x^1.5, x^2)", -1.0, 2.0),
    ("relu(log(x))", 0.0, 0.0),
    ("relu(sqrt(x) - 1)^2", 0.0, 0.0),
    ("max(x^2, -1/x)", 0.5, 2.0),
    ("max(1 + x^2, log(x))", 0.0, 2.0),
    ("min(x^2, 1 - log(x))", 0.0, 2.0),
    ("clip(1/x, -1, 1)", 0.0, 0.0),
    ("norm([where(x > 0, log(x), x), 1])", 0.0, 1.0),
    ("exp(where(x > 0, log(x), x))", 0.0, 1.0),
]


@pytest.mark.parametrize(("text", "x", "want"), SECOND)
def test_second_order(text: str, x: float, want: float, bench: Any) -> None:
    assert bench.hessian(text, x=x) == pytest.approx(want)
    array = bench.hessian(f"sum({text})" if "norm" not in text else text, x=x)
    assert array == pytest.approx(want)
    if "norm" not in text:
        found = bench.hessian(f"sum({text})", x=A([x, x]))
        np.testing.assert_allclose(found, np.eye(2) * want, atol=1e-14)


def test_rows_of_a_jacobian(bench: Any) -> None:
    case = bench.program("[log(x), sqrt(y), x*y]", x=0.0, y=0.0)
    case.names["seed"] = seed = case.graph.input("seed", "seed", (3,))
    nodes = case.differentiate(case.output, ["x", "y"], seed)
    rows = [case.run(*nodes, seed=row) for row in np.eye(3)]
    assert rows == [[INF, 0.0], [0.0, INF], [0.0, 0.0]]


def test_rows_of_an_elementwise_jacobian(bench: Any) -> None:
    case = bench.program("sqrt(x)^2 + x", x=A([0.0, 1.0]))
    case.names["seed"] = seed = case.graph.input("seed", "seed", (2,))
    (node,) = case.differentiate(case.output, ["x"], seed)
    rows = [case.run(node, seed=row)[0].tolist() for row in np.eye(2)]
    assert str(rows) == "[[nan, 0.0], [0.0, 2.0]]"


UNSAFE = [
    "log({0})", "sqrt({0})", "({0} - {0})/({0} - {0})", "1/({0})", "({0})^-1.5", "exp(1e3*({0}))",
    "tan({0})*inf", "gamma({0})", "atanh({0})", "cbrt({0})", "({0})*log({1})", "abs({0})^0.3",
    "max({0}, {1})", "relu({0})", "clip({0}, 0, {1})", "where(({0}) > 0, {0}, {1})",
    "hypot({0}, {1})", "({0})^({1})", "sin({0})", "-({0})", "({0}) + ({1})", "x*({0})",
]  # fmt: skip
MIXING = [
    "W@({0})", "softmax({0})", "cumsum({0})", "({0})[::-1]", "sum({0})*({1})", "norm({0})*({1})",
    "prod({0}) - ({1})", "logsumexp({0}) + ({1})", "inv(outer({0}, {1}))@x", "log_softmax({0})",
    "reshape({0}, 3, 1)[:, 0]", "max({0})*({1})", "std({0}) + ({1})", "({0})[[2, 0, 0]]",
    "concat({0}, {1})[1:4]", "outer({0}, {1})[:, 1]", "solve(diag({0}), {1})", "stack({0}, {1})[0]",
    "kl({0}, {1})*x", "repeat({0}, 2)[::2]", "mean({0}) + x", "var({0})*x", "({0})[0]*x",
]  # fmt: skip
SAFE = ["sin({0})", "({0})*({1})", "tanh({0}) + x", "exp(-({0})^2)", "sigmoid({0} - {1})", "{0}"]


def expressions(rules: list[str], depth: int) -> st.SearchStrategy[str]:
    leaf: st.SearchStrategy[str] = st.sampled_from(["x", "y", "x*y", "(x - y)"])
    for _ in range(depth):
        leaf = st.builds(
            lambda rule, a, b: rule.format(a, b),
            st.sampled_from(rules),
            leaf,
            st.one_of(leaf, st.just("x")),
        )
    return leaf


numbers = st.sampled_from([0.0, -1.0, 1.0, 0.5, -0.0, 2.0, 1e300])
vectors = st.lists(numbers, min_size=3, max_size=3).map(A)
W = A([[1.0, -2, 0.5], [0, 1, 3], [2, 2, -1]])


@settings(max_examples=150, deadline=None)
@given(
    unsafe=expressions(UNSAFE, 4), safe=expressions(SAFE, 2), around=st.sampled_from(SAFE),
    x=vectors, y=vectors, taken=st.lists(st.booleans(), min_size=3, max_size=3),
)  # fmt: skip
def test_entries_not_taken(
    unsafe: str, safe: str, around: str, x: Any, y: Any, taken: list[bool], bench: Any
) -> None:
    """Elementwise work of any depth: each entry has the gradient of the branch it took, alone."""
    text = around.format(f"where(c, {safe}, {unsafe})", "x")
    values = {"x": x, "y": y, "c": A(taken, float)}
    found = bench.grad(f"sum({text})", **values)
    for place, took in enumerate(taken):
        point = {"x": float(x[place]), "y": float(y[place])}
        alone = bench.grad(around.format(f"({safe if took else unsafe})", "x"), **point)
        for name in ("x", "y"):
            if name not in found:
                continue
            got, want = found[name][place], alone.get(name, 0.0)
            if math.isinf(want):  # 1/0 or 1/-0: the sign of a zero out of max is NumPy's choice
                got, want = abs(got), abs(want)
            elif abs(want) > 1e15:  # the sine of such a number hangs on its last bit
                assert math.isfinite(got), (name, place, text)
                continue
            assert got == pytest.approx(want, rel=1e-9, nan_ok=True), (name, place, text)


@settings(max_examples=150, deadline=None)
@given(
    unsafe=expressions(UNSAFE + MIXING, 4), safe=expressions(SAFE, 2), x=vectors, y=vectors,
    condition=st.sampled_from(["c", "c*x", "c > [0, 0, 0]", "[[c], [c]]"]),
)  # fmt: skip
def test_a_branch_taken_nowhere(
    unsafe: str, safe: str, x: Any, y: Any, condition: str, bench: Any
) -> None:
    """Not even through what mixes entries; at second order too."""
    values = {"x": x, "y": y, "W": W, "c": 0.0}
    safe = f"{safe} + 0*x + 0*y"
    times = 2 if "[[" in condition else 1
    text = f"sum(where({condition}, {unsafe}, {safe}))"
    found = bench.grad(text, **values)
    want = bench.grad(f"{times}*sum({safe})", x=x, y=y)
    for name in ("x", "y"):
        np.testing.assert_allclose(found[name], want[name], rtol=1e-12, atol=1e-14)
    found = bench.hessian(text, **values)
    want = bench.hessian(f"{times}*sum({safe})", x=x, y=y)
    # The terms may be added in another order.
    np.testing.assert_allclose(found, want, rtol=1e-12, atol=1e-14)
