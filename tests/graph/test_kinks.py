"""The documented values at kinks and singular points, on numbers and in arrays, to second order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

A = np.array
INF, NAN = math.inf, math.nan

SCALARS: list[tuple[str, dict[str, float], dict[str, float]]] = [
    ("relu(x)", {"x": 0.0}, {"x": 0.0}),
    ("relu(x)", {"x": -0.0}, {"x": 0.0}),
    ("abs(x)", {"x": 0.0}, {"x": 0.0}),
    ("sign(x)", {"x": 0.0}, {"x": 0.0}),
    ("floor(x) + ceil(x) + round(x) + trunc(x)", {"x": 1.0}, {"x": 0.0}),
    ("step(x)*x", {"x": 0.0}, {"x": 1.0}),
    ("sqrt(x)", {"x": 0.0}, {"x": INF}),
    ("cbrt(x)", {"x": 0.0}, {"x": INF}),
    ("sqrt(x^2)", {"x": 0.0}, {"x": NAN}),
    ("leaky_relu(x)", {"x": 0.0}, {"x": 0.01}),
    ("prelu(x, a)", {"x": 0.0, "a": 0.25}, {"x": 0.25, "a": 0.0}),
    ("elu(x, a)", {"x": 0.0, "a": 0.5}, {"x": 0.5, "a": 0.0}),
    ("softsign(x)", {"x": 0.0}, {"x": 1.0}),
    ("gelu(x) + silu(x) + mish(x)", {"x": 0.0}, {"x": 0.5 + 0.5 + 0.6}),
    ("norm(x)", {"x": 0.0}, {"x": 0.0}),
    ("std(x) + var(x)", {"x": 3.0}, {"x": 0.0}),
    ("hypot(x, y)", {"x": 0.0, "y": 0.0}, {"x": 0.0, "y": 0.0}),
    ("hypot(x, 0)", {"x": -2.0}, {"x": -1.0}),
    # ties share evenly
    ("max(x, y)", {"x": 1.0, "y": 1.0}, {"x": 0.5, "y": 0.5}),
    ("min(x, y)", {"x": 1.0, "y": 1.0}, {"x": 0.5, "y": 0.5}),
    ("max(x, y)", {"x": 0.0, "y": -0.0}, {"x": 0.5, "y": 0.5}),
    ("max(x, y)", {"x": INF, "y": INF}, {"x": 0.5, "y": 0.5}),
    ("max(x, x)", {"x": 1.0}, {"x": 1.0}),
    ("max(x, 0)", {"x": 0.0}, {"x": 0.5}),
    ("max(x, y, z)", {"x": 1.0, "y": 1.0, "z": 1.0}, dict.fromkeys("xyz", 1 / 3)),
    ("max(x, y, z)", {"x": 1.0, "y": 0.0, "z": 1.0}, {"x": 0.5, "y": 0.0, "z": 0.5}),
    ("min(x, y, z)", {"x": 1.0, "y": 0.0, "z": 0.0}, {"x": 0.0, "y": 0.5, "z": 0.5}),
    ("max([x, y, z])", {"x": 1.0, "y": 0.0, "z": 1.0}, {"x": 0.5, "y": 0.0, "z": 0.5}),
    # the ends of clip belong to its inside
    ("clip(x, 0, 1)", {"x": 0.0}, {"x": 1.0}),
    ("clip(x, 0, 1)", {"x": 1.0}, {"x": 1.0}),
    ("clip(x, lo, hi)", {"x": 2.0, "lo": 0.0, "hi": 1.0}, {"x": 0.0, "lo": 0.0, "hi": 1.0}),
    ("clip(x, lo, hi)", {"x": -2.0, "lo": 0.0, "hi": 1.0}, {"x": 0.0, "lo": 1.0, "hi": 0.0}),
    ("clip(x, lo, hi)", {"x": 2.0, "lo": 5.0, "hi": 1.0}, {"x": 0.0, "lo": 0.0, "hi": 1.0}),
    ("clip(x, lo, hi)", {"x": 9.0, "lo": 5.0, "hi": 1.0}, {"x": 0.0, "lo": 0.0, "hi": 1.0}),
    ("clip(x, lo, hi)", {"x": 0.0, "lo": 5.0, "hi": 1.0}, {"x": 0.0, "lo": 0.0, "hi": 1.0}),
    # powers at 0
    ("x^2", {"x": 0.0}, {"x": 0.0}),
    ("x^3", {"x": 0.0}, {"x": 0.0}),
    ("x^1", {"x": 0.0}, {"x": 1.0}),
    ("x^0", {"x": 0.0}, {"x": 0.0}),
    ("x^1.5", {"x": 0.0}, {"x": 0.0}),
    ("x^0.5", {"x": 0.0}, {"x": INF}),
    ("x^-1", {"x": 0.0}, {"x": -INF}),
    ("square(x)", {"x": 0.0}, {"x": 0.0}),
    ("x^y", {"x": 0.0, "y": 2.0}, {"x": 0.0, "y": 0.0}),
    ("x^y", {"x": 0.0, "y": 1.0}, {"x": 1.0, "y": 0.0}),
    ("x^y", {"x": 0.0, "y": 0.0}, {"x": 0.0, "y": 0.0}),
    ("x^y", {"x": 0.0, "y": -1.0}, {"x": -INF, "y": -INF}),
    ("x^y", {"x": -2.0, "y": 3.0}, {"x": 12.0, "y": NAN}),
    ("0^y", {"y": 2.0}, {"y": 0.0}),
    ("0^y", {"y": 0.0}, {"y": 0.0}),
    ("1^y", {"y": 5.0}, {"y": 0.0}),
    ("(-2)^y", {"y": 3.0}, {"y": NAN}),
    ("x*x", {"x": 0.0}, {"x": 0.0}),
    ("mod(x, y)", {"x": 1.0, "y": 0.1}, {"x": 1.0, "y": -9.0}),
    ("mod(x, y)", {"x": -7.0, "y": 3.0}, {"x": 1.0, "y": 3.0}),
    ("xlogy(x, y)", {"x": 0.0, "y": 0.0}, {"x": -INF, "y": 0.0}),
    ("hinge(x, 1)", {"x": 1.0}, {"x": 0.0}),
    ("huber(x, 0)", {"x": 1.0}, {"x": 1.0}),
    ("huber(x, 0, d)", {"x": 1.0, "d": 1.0}, {"x": 1.0, "d": 0.0}),
    ("mae(x, y)", {"x": 1.0, "y": 1.0}, {"x": 0.0, "y": 0.0}),
    ("bce(x, 0)", {"x": 0.0}, {"x": 1.0}),
    ("bce(x, 1)", {"x": 1.0}, {"x": -1.0}),
    ("bce(x, 1)", {"x": 0.0}, {"x": -INF}),
    ("bce(x, 0)", {"x": 1.0}, {"x": INF}),
    ("kl(p, q)", {"p": 0.0, "q": 0.0}, {"p": NAN, "q": 0.0}),
    ("kl(p, q)", {"p": 0.0, "q": 0.5}, {"p": -INF, "q": 0.0}),
]


@pytest.mark.parametrize(("text", "values", "want"), SCALARS)
def test_numbers(text: str, values: Any, want: dict[str, float], bench: Any) -> None:
    assert bench.grad(text, **values) == pytest.approx(want, rel=1e-15, nan_ok=True)


POINTWISE = [case for case in SCALARS if not {"norm", "std", "mae", "kl", "max(["} & {
    case[0].split("(")[0], case[0][:5]
}]  # fmt: skip


@pytest.mark.parametrize(("text", "values", "want"), POINTWISE)
def test_arrays(text: str, values: Any, want: dict[str, float], bench: Any) -> None:
    arrays = {name: np.full((2, 3), value) for name, value in values.items()}
    for name, found in bench.grad(f"sum({text})", **arrays).items():
        np.testing.assert_allclose(found, np.full((2, 3), want[name]), rtol=1e-15)


ARRAYS = [
    ("max(x)", A([1.0, 3, 3, 2]), A([0, 0.5, 0.5, 0])),
    ("min(x)", A([1.0, 1, 1, 2]), A([1, 1, 1, 0]) / 3),
    ("sum(max(x, axis=0))", A([[1.0, 2], [1, 0]]), A([[0.5, 1], [0.5, 0]])),
    ("sum(min(x, axis=1, keepdims=1))", A([[1.0, 2], [0, 0]]), A([[1, 0], [0.5, 0.5]])),
    ("norm(x)", np.zeros(3), np.zeros(3)),
    ("sum(norm(x, axis=1))", A([[0.0, 0], [3, 4]]), A([[0, 0], [0.6, 0.8]])),
    ("std(x)", np.full(3, 0.1), np.zeros(3)),
    ("sum(std(x, axis=0))", A([[1.0, 1], [1, 3]]), A([[0, -0.5], [0, 0.5]])),
    ("prod(x)", A([2.0, 3, 5]), A([15, 10, 6])),
    ("prod(x)", A([0.0, 3, 5]), A([15, 0, 0])),
    ("prod(x)", A([0.0, 3, 0]), A([0, 0, 0])),
    ("sum(prod(x, axis=1))", A([[0.0, 3], [2, 7]]), A([[3, 0], [7, 2]])),
    ("det(x)", A([[1.0, 2], [2, 4]]), A([[4, -2], [-2, 1]])),
    ("det(x)", np.zeros((2, 2)), np.zeros((2, 2))),
    ("det(x)", np.zeros((1, 1)), np.ones((1, 1))),
    ("det(x)", A([[1.0, 0, 0], [0, 2, 0], [0, 0, 0]]), np.diag([0.0, 0, 2])),
    ("det(x)", np.diag([1.0, 0, 0]), np.zeros((3, 3))),
    ("sum(x^2)", np.zeros(3), np.zeros(3)),
    ("sum(x^0)", np.zeros(3), np.zeros(3)),
    ("sum(abs(x))", A([0.0, -2]), A([0, -1])),
    ("logdet(x)", A([[1.0, 2], [2, 4]]), np.full((2, 2), NAN)),
    ("sum(inv(x))", A([[1.0, 2], [2, 4]]), np.full((2, 2), NAN)),
    ("sum(solve(x, [1, 1]))", A([[1.0, 2], [2, 4]]), np.full((2, 2), NAN)),
    ("kl(x, [0.5, 0.5])", A([0.5, 0.5]), A([1.0, 1])),
    ("kl([0, 1], x)", A([0.0, 0.5]), A([0, -2])),
]


@pytest.mark.parametrize(("text", "x", "want"), ARRAYS)
def test_singular_points_of_arrays(text: str, x: Any, want: Any, bench: Any) -> None:
    np.testing.assert_allclose(bench.grad(text, x=x)["x"], want, rtol=1e-14, atol=1e-14)


SECOND = [
    ("x^2", 0.0, 2.0),
    ("x^3", 0.0, 0.0),
    ("x^1", 0.0, 0.0),
    ("x^0", 0.0, 0.0),
    ("square(x)", 0.0, 2.0),
    ("abs(x)", 0.0, 0.0),
    ("relu(x)", 0.0, 0.0),
    ("relu(x)^2", 0.0, 0.0),
    ("norm(x)", 0.0, 0.0),
    ("hypot(x, 0)", 0.0, 0.0),
    ("hypot(x, 3)", 0.0, 1 / 3),
    ("x*x", 0.0, 2.0),
    ("x*abs(x)", 0.0, 0.0),
    ("max(x, 0)^2", 0.0, 0.5),
    ("clip(x, 0, 1)^2", 0.0, 2.0),
    ("elu(x)", 0.0, 1.0),
    ("huber(x, 0)", 1.0, 1.0),
    ("softplus(x)", 0.0, 0.25),
    ("std(x)", 1.0, 0.0),
]


@pytest.mark.parametrize(("text", "x", "want"), SECOND)
def test_second_order_of_numbers(text: str, x: float, want: float, bench: Any) -> None:
    assert bench.hessian(text, x=x) == pytest.approx(want)


def products_of_all_but_two(x: Any) -> Any:
    n = len(x)
    return A([
        [0.0 if i == j else math.prod(x[k] for k in range(n) if k not in (i, j)) for j in range(n)]
        for i in range(n)
    ])  # fmt: skip


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_second_order_of_prod(zeros: int, bench: Any) -> None:
    x = A([2.0, -3.0, 5.0, 7.0])
    x[:zeros] = 0
    np.testing.assert_allclose(bench.hessian("prod(x)", x=x), products_of_all_but_two(x))
    found = bench.hessian("sum(prod(x, axis=0))", x=np.stack([x, x + 1], axis=1))
    for column, shift in enumerate((0, 1)):
        block = found.reshape(4, 2, 4, 2)[:, column, :, column]
        np.testing.assert_allclose(block, products_of_all_but_two(x + shift))
    assert not found.reshape(4, 2, 4, 2)[:, 0, :, 1].any()


def test_third_order_of_prod(bench: Any) -> None:
    case = bench.program("prod(x)", x=A([0.0, 0.0, 3.0, 0.0]))
    node = case.output
    for place in (0, 1, 2):
        (slope,) = case.differentiate(node, ["x"])
        node = case.add("index", slope, attr=((place,),))
    (slope,) = case.differentiate(node, ["x"])
    assert case.run(slope)[0].tolist() == [0, 0, 0, 1]


def second_derivatives_of_det(a: Any) -> Any:
    """∂²det/∂a_ij∂a_kl: the minor without rows i, k and columns j, l, signed."""
    n = len(a)
    found = np.zeros((n, n, n, n))
    for i in range(n):
        for k in set(range(n)) - {i}:
            for j in range(n):
                for m in set(range(n)) - {j}:
                    unit = np.array(a)
                    unit[[i, k]] = 0
                    unit[i, j] = unit[k, m] = 1
                    found[i, j, k, m] = np.linalg.det(unit)
    return found.reshape(n * n, n * n)


@pytest.mark.parametrize(
    "a",
    [
        np.zeros((2, 2)), A([[1.0, 2], [2, 4]]), A([[1.0, 2], [3, 4]]), np.zeros((3, 3)),
        np.diag([1.0, 0, 0]), np.diag([1.0, 2, 0]), np.arange(9.0).reshape(3, 3), np.ones((1, 1)),
        np.arange(16.0).reshape(4, 4),
    ],
)  # fmt: skip
def test_second_order_of_det_of_singular_matrices(a: Any, bench: Any) -> None:
    found = bench.hessian("det(x)", x=a)
    want = second_derivatives_of_det(a)
    np.testing.assert_allclose(found, want, atol=1e-12 * max(1.0, abs(want).max()))


def test_second_order_of_ties(bench: Any) -> None:
    np.testing.assert_allclose(bench.hessian("max(x)^2", x=A([1.0, 1.0])), np.full((2, 2), 0.5))
    np.testing.assert_allclose(bench.hessian("norm(x)", x=np.zeros(3)), np.zeros((3, 3)))
    np.testing.assert_allclose(bench.hessian("std(x)", x=np.ones(3)), np.zeros((3, 3)))


MIXED = [
    ("x^y", {"x": 4.0, "y": 0.0}, 0.25),
    ("x^y", {"x": 1.0, "y": 1.0}, 1.0),
    ("x^y", {"x": 0.0, "y": 2.0}, 0.0),
    ("xlogy(x, y)", {"x": 0.0, "y": 4.0}, 0.25),
    ("kl(x, y)", {"x": 0.0, "y": 4.0}, -0.25),
    ("bce(x, y)", {"x": 0.25, "y": 0.0}, -4 / 3 - 4),
    ("bce(x, y)", {"x": 0.25, "y": 1.0}, -4 / 3 - 4),
    ("bce_with_logits(x, y)", {"x": 0.25, "y": 1.0}, -1.0),
    ("hinge(x, y)", {"x": 0.5, "y": 1.0}, -1.0),
    ("prelu(x, y)", {"x": -2.0, "y": 0.0}, 1.0),
    ("elu(x, y)", {"x": -2.0, "y": 0.0}, math.exp(-2)),
    ("swish(x, y)", {"x": 0.0, "y": 3.0}, 0.0),
    ("x*y", {"x": 0.0, "y": 0.0}, 1.0),
    ("x/y", {"x": 0.0, "y": 2.0}, -0.25),
    ("prod([x, y])", {"x": 0.0, "y": 0.0}, 1.0),
    ("det([[x, 2], [3, y]])", {"x": 0.0, "y": 6.0}, 1.0),
    ("max(x, 0)*y", {"x": 2.0, "y": 0.0}, 1.0),
    ("cross_entropy([x, 0], [y, 1 - y])", {"x": 0.5, "y": 0.0}, -1.0),
]


@pytest.mark.parametrize(("text", "values", "want"), MIXED)
def test_mixed_second_derivatives(
    text: str, values: dict[str, float], want: float, bench: Any
) -> None:
    """What is fixed at a point for the first derivative must not hide that it changes around it."""
    case = bench.program(text, **values)
    by_x, by_y = case.differentiate(case.output, "xy")
    (xy,), (yx,) = case.differentiate(by_x, "y"), case.differentiate(by_y, "x")
    assert case.run(xy, yx) == pytest.approx([want, want], rel=1e-14, abs=1e-15)
