"""Numbers at the edges of float64: IEEE 754 on scalars and on arrays, and nothing ever raises."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

INF, NAN = math.inf, math.nan

VALUES = [
    ("a / b", (1, 0), INF), ("a / b", (-1, 0), -INF), ("a / b", (1, -0.0), -INF),
    ("a / b", (0, 0), NAN), ("a / b", (NAN, 0), NAN), ("a / b", (1e300, 1e-300), INF),
    ("a / b", (INF, INF), NAN), ("a - b", (INF, INF), NAN), ("a * b", (INF, 0), NAN),
    ("a * b", (1e300, 1e300), INF), ("a + b", (-INF, 1), -INF), ("-a", (0,), -0.0),
    ("reciprocal(a)", (-0.0,), -INF), ("rsqrt(a)", (0,), INF), ("rsqrt(a)", (-1,), NAN),
    ("a^b", (0, 0), 1), ("a^b", (NAN, 0), 1), ("a^b", (1, NAN), 1), ("a^b", (-8, 1 / 3), NAN),
    ("a^b", (0, -1), INF), ("a^b", (-0.0, -1), -INF), ("a^b", (-0.0, -2), INF),
    ("a^b", (0, -0.5), INF), ("a^b", (0, INF), 0), ("a^b", (0, -INF), INF), ("a^b", (-2, 3), -8),
    ("a^b", (-1, INF), 1), ("a^b", (0.5, -INF), INF), ("a^b", (-INF, 3), -INF),
    ("a^b", (-INF, 2), INF), ("a^b", (-INF, -3), -0.0), ("a^b", (10, 400), INF),
    ("a^b", (-10, 401), -INF), ("a^b", (-1e200, 2), INF), ("a^2", (-INF,), INF),
    ("a^2", (1e200,), INF), ("a^3", (-INF,), -INF), ("a^0.5", (-INF,), INF),
    ("a^b", (-0.0, 2.0**-53 - 1), INF), ("9^9^9^a", (9,), INF), ("(-a)^(1/3)", (8,), NAN),
    ("max(a, b)", (0, NAN), NAN), ("max(a, b)", (NAN, 0), NAN), ("min(a, b)", (0, NAN), NAN),
    ("min(a, b)", (NAN, 0), NAN), ("max(a, b, c)", (3, NAN, 5), NAN),
    ("min(a, b, c)", (NAN, 1, 2), NAN), ("max(a, b)", (INF, 1), INF), ("max(a)", (NAN,), NAN),
    ("mod(a, b)", (-1, 3), 2), ("mod(a, b)", (1, -3), -2), ("mod(a, b)", (5, INF), 5),
    ("mod(a, b)", (-5, INF), INF), ("mod(a, b)", (5, 0), NAN), ("mod(a, b)", (INF, 3), NAN),
    ("mod(a, b)", (-0.5, 0.25), 0), ("mod(a, b)", (5.5, -2), -0.5),
    ("round(a)", (0.5,), 0), ("round(a)", (1.5,), 2), ("round(a)", (2.5,), 2),
    ("round(a)", (-2.5,), -2), ("round(a)", (-0.4,), -0.0), ("round(a)", (1e300,), 1e300),
    ("floor(a)", (-0.5,), -1), ("floor(a)", (-INF,), -INF), ("ceil(a)", (-0.5,), -0.0),
    ("ceil(a)", (NAN,), NAN), ("trunc(a)", (-1.9,), -1), ("trunc(a)", (INF,), INF),
    ("sign(a)", (-0.0,), 0), ("sign(a)", (NAN,), NAN), ("sign(a)", (-INF,), -1),
    ("abs(a)", (-0.0,), 0), ("abs(a)", (-INF,), INF), ("sqrt(a)", (-1,), NAN),
    ("sqrt(a)", (-0.0,), -0.0), ("√a", (INF,), INF), ("cbrt(a)", (-27,), -3),
    ("cbrt(a)", (-INF,), -INF), ("cbrt(a)", (-0.0,), -0.0), ("cbrt(a)", (1e-300,), 1e-100),
    ("exp(a)", (1000,), INF), ("exp(a)", (-1000,), 0), ("exp(a)", (-INF,), 0),
    ("expm1(a)", (-INF,), -1), ("expm1(a)", (1000,), INF), ("exp2(a)", (2000,), INF),
    ("exp2(a)", (10,), 1024), ("log(a)", (0,), -INF), ("log(a)", (-0.0,), -INF),
    ("log(a)", (-1,), NAN), ("log(a)", (INF,), INF), ("log1p(a)", (-1,), -INF),
    ("log1p(a)", (-2,), NAN), ("log2(a)", (8,), 3), ("log2(a)", (0,), -INF),
    ("log10(a)", (1000,), 3), ("log10(a)", (-1,), NAN), ("sin(a)", (INF,), NAN),
    ("cos(a)", (-INF,), NAN), ("tan(a)", (INF,), NAN), ("asin(a)", (2,), NAN),
    ("acos(a)", (-2,), NAN), ("atan(a)", (-INF,), -math.pi / 2), ("sinh(a)", (-1000,), -INF),
    ("cosh(a)", (-1000,), INF), ("tanh(a)", (-INF,), -1), ("asinh(a)", (-INF,), -INF),
    ("acosh(a)", (0.5,), NAN), ("atanh(a)", (1,), INF), ("atanh(a)", (-1,), -INF),
    ("atanh(a)", (2,), NAN), ("erf(a)", (-INF,), -1), ("erfc(a)", (-INF,), 2),
    ("erfc(a)", (INF,), 0), ("gamma(a)", (0,), INF), ("gamma(a)", (-0.0,), -INF),
    ("gamma(a)", (-1,), NAN), ("gamma(a)", (200,), INF), ("lgamma(a)", (0,), INF),
    ("lgamma(a)", (-3,), INF), ("lgamma(a)", (INF,), INF), ("digamma(a)", (-2,), NAN),
    ("polygamma(a, b)", (1, 0), INF), ("polygamma(a, b)", (1.5, 1), NAN),
    ("polygamma(a, b)", (-1, 1), NAN), ("polygamma(a, b)", (INF, 1), NAN),
    ("polygamma(a, b)", (NAN, 1), NAN), ("polygamma(a, b)", (1, -(2.0**51) - 0.5), math.pi**2),
    ("atan2(a, b)", (0, -1), math.pi), ("atan2(a, b)", (-0.0, -1), -math.pi),
    ("atan2(a, b)", (0, 0), 0), ("atan2(a, b)", (INF, INF), math.pi / 4),
    ("hypot(a, b)", (INF, NAN), INF), ("hypot(a, b)", (3e200, 4e200), 5e200),
    ("hypot(a, b)", (3e-200, 4e-200), 5e-200), ("hypot(a, b)", (NAN, 1), NAN),
    ("clip(a, 0, 1)", (NAN,), NAN), ("clip(5, 0, a)", (NAN,), NAN), ("clip(a, 0, 1)", (INF,), 1),
    ("where(a, 1, 2)", (NAN,), 1), ("where(a, 1, 2)", (-0.0,), 2),
    ("where(a > 0, a, b)", (-1, NAN), NAN), ("where(a > 0, b, a)", (-1, NAN), -1),
    ("a == b", (NAN, NAN), 0), ("a != b", (NAN, NAN), 1), ("a < b", (NAN, 1), 0),
    ("a >= b", (NAN, 1), 0), ("a == b", (0, -0.0), 1), ("a <= b", (-INF, INF), 1),
    ("relu(a)", (NAN,), NAN), ("relu(a)", (-INF,), 0), ("sigmoid(a)", (-INF,), 0),
    ("sigmoid(a)", (INF,), 1), ("sigmoid(a)", (NAN,), NAN), ("softplus(a)", (INF,), INF),
    ("softplus(a)", (-INF,), 0), ("log_sigmoid(a)", (-INF,), -INF), ("log_sigmoid(a)", (INF,), 0),
    ("elu(a)", (-INF,), -1), ("elu(a)", (INF,), INF), ("elu(a)", (-0.0,), -0.0),
    ("step(a)", (0,), 1), ("step(a)", (-0.0,), 1), ("step(a, 0.5)", (0.5,), 1),
    ("step(a)", (NAN,), 0), ("logaddexp(a, b)", (-INF, -INF), -INF),
    ("logaddexp(a, b)", (INF, INF), INF), ("logaddexp(a, b)", (INF, -INF), INF),
    ("logaddexp(a, b)", (1e308, 1e308), 1e308), ("logaddexp(a, b)", (NAN, INF), NAN),
    ("xlogy(a, b)", (0, 0), 0), ("xlogy(a, b)", (0, -1), 0), ("xlogy(a, b)", (0, NAN), NAN),
    ("xlogy(a, b)", (1, 0), -INF), ("sum(a)", (INF,), INF), ("var(a)", (INF,), NAN),
    ("norm(a)", (-3,), 3), ("logsumexp(a)", (-INF,), -INF), ("prod(a)", (NAN,), NAN),
    ("pi", (), math.pi), ("-inf", (), -INF), ("0*nan", (), NAN), ("tau/2 - pi", (), 0),
]  # fmt: skip


def same(got: float, want: float) -> bool:
    """Whether two floats are one, up to a rounding; 0 is not -0."""
    if want == 0 or not math.isfinite(want):
        return repr(float(got)) == repr(float(want))
    return math.isclose(got, want, rel_tol=1e-15)


@pytest.mark.parametrize(("text", "args", "want"), VALUES)
def test_scalars(text: str, args: tuple[float, ...], want: float, bench: Any) -> None:
    got = bench.value(text, **dict(zip("abc", map(float, args))))
    assert same(got, want), got


@pytest.mark.parametrize(("text", "args", "want"), [v for v in VALUES if v[1]])
def test_arrays(text: str, args: tuple[float, ...], want: float, bench: Any) -> None:
    values = {name: np.full(9, value, np.float64) for name, value in zip("abc", args)}
    got = np.ravel(bench.value(text, **values))
    if text == "norm(a)":
        want *= 3  # of nine equal entries
    assert all(same(x, want) for x in got), got
