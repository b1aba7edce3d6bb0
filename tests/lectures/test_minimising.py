"""The functions that the lectures minimise: values and gradients along the way."""

from __future__ import annotations

import pytest
from mpmath import cos, mp, mpf, sin

mp.dps = 40


@pytest.mark.parametrize(
    ("x", "y"), [("-1.8", "1.5"), ("-0.5416", "1.848"), ("1", "1"), ("0", "2")]
)
def test_rosenbrock_gradient(gradcli, exactly, x, y):
    summary = gradcli("grad", "rosenbrock", f"x={x}", f"y={y}").summary
    a, b = mpf(x), mpf(y)
    exactly(summary["value"], (1 - a) ** 2 + 100 * (b - a**2) ** 2)
    exactly(summary["gradient"]["x"], -400 * a * b + 400 * a**3 + 2 * a - 2)
    exactly(summary["gradient"]["y"], 200 * b - 200 * a**2)


def test_rosenbrock_starts_where_the_lecture_does(gradcli, exactly, slide):
    answer = gradcli("grad", "rosenbrock")
    assert (answer.value("x"), answer.value("y")) == (-1.8, 1.5)
    slide(answer.summary["value"], "310.6")
    first = [answer.value(name) - 0.001 * answer.grad(name) for name in "xy"]
    slide(first[0], "-0.5416")
    slide(first[1], "1.848")
    exactly(first, [mpf("-0.5416"), mpf("1.848")])


def test_sinc_at_its_minimum(gradcli, exactly):
    summary = gradcli("grad", "sinc", "x=3.862625918468852").summary
    at = mpf("3.862625918468852")
    exactly(summary["value"], 2.743250892948202)
    exactly(summary["value"], 3 - sin(2 * at) / at)
    exactly(summary["gradient"]["x"], sin(2 * at) / at**2 - 2 * cos(2 * at) / at)


def test_sinc_tends_to_1_at_0(gradcli):
    assert abs(gradcli("eval", "sinc", "x=1e-6").summary["value"] - 1) < 1e-11


def test_sinc_at_0_says_which_node(gradcli):
    answer = gradcli("eval", "sinc", "x=0", code=3)
    assert answer.summary["value"] == "NaN"
    assert "v3 = v2 / x is nan at v2 = 0, x = 0" in answer.errors


def test_sinc_starts_at_random(gradcli):
    starts = [gradcli("eval", "sinc", "--seed", seed).value("x") for seed in ("0", "1", "2")]
    assert len(set(starts)) == 3
    assert all(-5 <= x <= 5 for x in starts)


@pytest.mark.parametrize(("x", "sign"), [("0.5", -1), ("2", 0), ("3.25", 1)])
def test_one_data_point(gradcli, exactly, x, sign):
    summary = gradcli("grad", "one_data_point", f"x={x}").summary
    exactly(summary["value"], (mpf(x) - 2) ** 2)
    slope = summary["gradient"]["x"]
    exactly(slope, 2 * (mpf(x) - 2))
    assert (slope > 0) - (slope < 0) == sign


def test_learning_rates_curvature(gradcli):
    # a step with rate η multiplies the distance by 1 - 2η: below 1 in size for η < 1 alone
    hessian = gradcli("grad", "learning_rates", "--hessian").summary["hessian"]
    assert hessian == {"w": {"w": 2}}
