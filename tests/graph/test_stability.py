"""Values and gradients at extreme arguments, against mpmath with enough digits for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

mp = mpmath.mp.clone()
mp.dps = 60
INF, NAN = math.inf, math.nan
A = np.array

Formula = Callable[..., Any]


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def lse(row: Any) -> Any:
    return mp.log(mp.fsum(map(mp.exp, row)))


def softmax(row: Any) -> list[Any]:
    return [mp.exp(x - lse(row)) for x in row]


FORMULAS: dict[str, tuple[Formula, Formula]] = {
    "sigmoid(x)": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "log_sigmoid(x)": (lambda x: -mp.log1p(mp.exp(-x)), lambda x: sigmoid(-x)),
    "softplus(x)": (lambda x: mp.log1p(mp.exp(x)), sigmoid),
    "tanh(x)": (mp.tanh, lambda x: mp.sech(x) ** 2),
    "silu(x)": (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * sigmoid(-x))),
    "expm1(x)": (mp.expm1, mp.exp),
    "atan(x)": (mp.atan, lambda x: 1 / (1 + x**2)),
    "asinh(x)": (mp.asinh, lambda x: 1 / mp.sqrt(1 + x**2)),
    "erf(x)": (mp.erf, lambda x: 2 / mp.sqrt(mp.pi) * mp.exp(-(x**2))),
    "softsign(x)": (lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x)) ** 2),
    "hypot(x, 1)": (lambda x: mp.hypot(x, 1), lambda x: x / mp.hypot(x, 1)),
    "norm([x, 3*x])": (lambda x: mp.sqrt(10) * abs(x), lambda x: mp.sqrt(10) * mp.sign(x)),
    "logsumexp([x, 0])": (lambda x: mp.log1p(mp.exp(x)), sigmoid),
    "logaddexp(x, 0)": (lambda x: mp.log1p(mp.exp(x)), sigmoid),
    "softmax([x, 0])[0]": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "log_softmax([x, 0])[1]": (lambda x: -mp.log1p(mp.exp(x)), lambda x: -sigmoid(x)),
    "cross_entropy([x, 0], 0)": (lambda x: mp.log1p(mp.exp(-x)), lambda x: -sigmoid(-x)),
    "cross_entropy([x, 0], [0.25, 0.75])": (
        lambda x: mp.log1p(mp.exp(x)) - x / 4, lambda x: sigmoid(x) - mp.mpf(1) / 4
    ),
    "bce_with_logits(x, 0)": (lambda x: mp.log1p(mp.exp(x)), sigmoid),
    "bce_with_logits(x, 1)": (lambda x: mp.log1p(mp.exp(-x)), lambda x: -sigmoid(-x)),
    "bce_with_logits(x, 0.25)": (
        lambda x: mp.log1p(mp.exp(x)) - x / 4, lambda x: sigmoid(x) - mp.mpf(1) / 4
    ),
    "huber(x, 0)": (
        lambda x: x**2 / 2 if abs(x) <= 1 else abs(x) - mp.mpf(1) / 2,
        lambda x: max(-1, min(1, x)),
    ),
}  # fmt: skip
POINTS = [
    0.0,
    1e-300,
    1e-20,
    1e-9,
    0.3,
    1.0,
    5.0,
    30.0,
    40.0,
    710.0,
    1000.0,
    1e4,
    1e16,
    1e155,
    1e300,
]


@pytest.mark.parametrize("x", [sign * x for x in POINTS for sign in (1, -1)])
@pytest.mark.parametrize("text", FORMULAS)
def test_value_and_derivative(text: str, x: float, bench: Any) -> None:
    """The value to some units of itself, the derivative to some units of the largest there is.

    A logarithm of a sum that is close to 1 is off by what rounds the sum; 1 - σ(x) is off by as
    much, and silu multiplies it by an x of up to 37.
    """
    value, slope = FORMULAS[text]
    case = bench.program(text, x=x)
    got = case.run(case.output, *case.differentiate(case.output, ["x"]))
    summed = "logsumexp" in text or "log_softmax" in text or "cross_entropy" in text
    rounded = 2.3e-16 if summed else 0.0
    assert got[0] == pytest.approx(float(value(mp.mpf(x))), rel=1e-15, abs=rounded)
    if x or text != "norm([x, 3*x])":
        assert got[1] == pytest.approx(float(slope(mp.mpf(x))), rel=1e-15, abs=4e-15)


ONE_SIDED = [
    ("log1p(x)", 1e-300, 1e-300, 1.0),
    ("log1p(x)", 1e300, 300 * math.log(10), 1e-300),
    ("expm1(x)", 1e-300, 1e-300, 1.0),
    ("log(x)", 5e-324, -744.4400719213812, INF),
    ("acosh(x)", 1e300, 300 * math.log(10) + math.log(2), 1e-300),
    ("lgamma(x)", 1e300, 6.897755278982137e302, 300 * math.log(10)),
    ("digamma(x)", 1e300, 300 * math.log(10), 1e-300),
    ("digamma(x)", -1 + 2.0**-30, -1073741823.5772157, 1.152921504606847e18),
    ("lgamma(x)", -1 + 2.0**-30, 20.79441541719211, -1073741823.5772157),
    ("erfc(x)", 20.0, 5.395865611607901e-176, None),
    ("softplus(x)", -1000.0, 0.0, 0.0),
    ("softplus(x)", INF, INF, 1.0),
    ("softplus(x)", -INF, 0.0, 0.0),
    ("sigmoid(x)", INF, 1.0, 0.0),
    ("sigmoid(x)", -INF, 0.0, 0.0),
    ("tanh(x)", INF, 1.0, 0.0),
    ("log_sigmoid(x)", -INF, -INF, 1.0),
    ("exp(x)", -INF, 0.0, 0.0),
    ("atan(x)", INF, math.pi / 2, 0.0),
    ("bce(x, 0)", 0.0, 0.0, 1.0),
    ("bce(x, 1)", 1.0, 0.0, -1.0),
    ("bce(x, 1)", 0.0, INF, -INF),
    ("bce(x, 0)", 1.0, INF, INF),
    ("bce(x, 0.5)", 0.5, math.log(2), 0.0),
    ("bce(x, 0)", 1e-300, 1e-300, 1.0),
    ("bce(0.5, x)", 0.0, math.log(2), 0.0),
    ("huber(x, 0)", INF, INF, 1.0),
    ("hinge(x, -1)", 1e300, 1e300, 1.0),
    ("logsumexp([x, 0])", -INF, 0.0, 0.0),
    ("logaddexp(x, 0)", -INF, 0.0, 0.0),
    ("softmax([x, 0])[1]", -INF, 1.0, 0.0),
    ("cross_entropy([x, 0], 1)", -INF, 0.0, 0.0),
    ("cross_entropy([x, 0], [0, 1])", -INF, 0.0, 0.0),
    ("kl([0, 1], [x, 1 - x])", 0.25, -math.log(0.75), 4 / 3),
    ("kl([0, 1], [x, 1 - x])", 0.0, 0.0, 1.0),
    ("kl(0, [x, 1 - x])", 0.25, 0.0, 0.0),
    ("xlogy(x, x)", 0.0, 0.0, -INF),
    ("xlogy(0, x)", 0.0, 0.0, 0.0),
]


@pytest.mark.parametrize(("text", "x", "value", "slope"), ONE_SIDED)
def test_singular_ends(text: str, x: float, value: float, slope: float | None, bench: Any) -> None:
    case = bench.program(text, x=x)
    got = case.run(case.output, *case.differentiate(case.output, ["x"]))
    assert got[0] == pytest.approx(value, rel=1e-14, abs=0.0)
    if slope is not None:
        assert got[1] == pytest.approx(slope, rel=1e-14, abs=0.0)


LOGITS = [
    A([1e4, -1e4, 0.0]),
    A([-1e4, -1e4, -1e4]),
    A([1e300, 0, -1e300]),
    A([700.0, 710, 720]),
    A([1e-9, 0, -1e-9]),
    A([-745.0, -750, -800]),
    A([0.0, -INF, 1.0]),
    A([-INF, 0.0, -INF]),
]


@pytest.mark.parametrize("z", LOGITS)
@pytest.mark.parametrize("target", [0, 2])
def test_cross_entropies_of_extreme_logits(z: Any, target: int, bench: Any) -> None:
    row = [mp.mpf(x) for x in z]
    top = max(row)
    small = [x - top for x in row]
    total = lse([x for x in small if mp.isfinite(x)])
    p = [mp.exp(x - total) if mp.isfinite(x) else mp.zero for x in small]
    onehot = np.eye(3)[target]
    shares = A([float(q) for q in p])
    want = shares - onehot
    loss = float(total - small[target])
    for text in ("cross_entropy(z, t)", "nll(log_softmax(z), t)"):
        for t in (float(target), onehot):
            case = bench.program(text, z=z, t=t)
            (gradient,) = case.differentiate(case.output, ["z"])
            got = case.run(case.output, gradient)
            assert got[0] == pytest.approx(loss, rel=1e-14, abs=2.3e-16)
            np.testing.assert_allclose(got[1], want, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(bench.value("softmax(z)", z=z), shares, rtol=1e-14, atol=0)
    value = bench.value("logsumexp(z)", z=z)
    assert value == pytest.approx(float(top + total), rel=1e-15)
    slopes = bench.grad("logsumexp(z)", z=z)["z"]
    np.testing.assert_allclose(slopes, shares, rtol=1e-14, atol=0)


def test_logsumexp_of_nothing_but_infinities(bench: Any) -> None:
    assert bench.value("logsumexp(z)", z=A([-INF, -INF])) == -INF
    assert bench.value("logsumexp(z)", z=A([-INF, INF])) == INF
    assert math.isnan(bench.value("logsumexp(z)", z=A([NAN, INF])))
    found = bench.value("logsumexp(z, axis=1)", z=A([[-INF, 0.0], [INF, 0], [1e4, 1e4]]))
    assert found.tolist() == [0.0, INF, 1e4 + math.log(2)]


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e-320, 1.0])
def test_norms_of_any_size(size: float, bench: Any) -> None:
    x = A([3.0, -4.0, 0.0]) * size
    assert bench.value("norm(x)", x=x) == pytest.approx(5 * size, rel=1e-15)
    # the smallest numbers have few digits left
    tolerance = 1e-15 if size > 1e-300 else 1e-3
    np.testing.assert_allclose(bench.grad("norm(x)", x=x)["x"], [0.6, -0.8, 0], rtol=tolerance)
    assert bench.value("sum(norm(x, axis=0))", x=x[:, None] * [[1, 2]]) == pytest.approx(15 * size)
    assert bench.grad("hypot(a, b)", a=x[0], b=x[1]) == pytest.approx(
        {"a": 0.6, "b": -0.8}, rel=tolerance
    )


def test_norm_of_infinities(bench: Any) -> None:
    assert bench.value("norm(x)", x=A([1.0, -INF])) == INF
    assert math.isnan(bench.value("norm(x)", x=A([1.0, NAN])))


def test_variance_of_what_is_nearly_constant(bench: Any) -> None:
    x = 1e9 + A([1.0, 2.0, 3.0, 4.0])
    assert bench.value("var(x)", x=x) == 1.25
    assert bench.value("std(x)", x=x) == math.sqrt(1.25)
    want = A([-1.5, -0.5, 0.5, 1.5]) / (4 * math.sqrt(1.25))
    np.testing.assert_allclose(bench.grad("std(x)", x=x)["x"], want, rtol=1e-14)


def test_second_derivatives_at_extreme_arguments(bench: Any) -> None:
    for x in (-1e4, -750.0, 750.0, 1e4, 1e300, -1e300):
        for text in ("sigmoid(x)", "softplus(x)", "log_sigmoid(x)", "tanh(x)", "erf(x)", "atan(x)",
                     "logsumexp([x, 0])", "cross_entropy([x, 0], 0)", "bce_with_logits(x, 1)",
                     "logaddexp(x, 0)", "softmax([x, 0])[0]"):  # fmt: skip
            assert bench.hessian(text, x=x) == pytest.approx(0.0, abs=1e-8), (text, x)
