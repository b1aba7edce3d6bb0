"""A compiled model is a plain function: NumPy's numbers, SciPy's minimum, the cost of a descent."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from gradcli import GradError, Model

RNG = np.random.default_rng(1)


def test_values_and_gradients():
    w, x = RNG.normal(size=(3, 4)), RNG.normal(size=4)
    f = Model("sum(tanh(W@x)^2)").compile()
    for scale in (1.0, 2.0):
        value, gradients = f(W=scale * w, x=x)
        h = np.tanh(scale * w @ x)
        assert value == pytest.approx(float((h * h).sum()), rel=1e-14)
        np.testing.assert_allclose(gradients["W"], np.outer(2 * h * (1 - h * h), x), rtol=1e-12)
    assert list(Model("a*b").compile(wrt="b")(a=2, b=3)[1]) == ["b"]


def test_other_shapes_and_sizes_get_code_of_their_own():
    f = Model("sum(x)/n + sum(zeros(n) + 1)").compile(wrt="x")
    assert f(x=[1.0, 2.0], n=2)[0] == 3.5
    assert f(x=[1.0, 2.0, 3.0], n=2)[0] == 5.0
    assert f(x=[1.0, 2.0], n=3)[0] == 4.0
    assert f(x=[1.0, 2.0], n=2)[0] == 3.5


def test_what_the_program_gives_may_be_left_out():
    f = Model("param w = 2; const c = 3; (w - c*x)^2").compile()
    value, gradients = f(x=1.0)
    assert value == 1.0
    assert gradients == {"w": -2.0, "x": 6.0}
    assert f(x=1.0, w=3.0)[0] == 0.0


def test_numbers_that_break_down_come_back_as_they_are():
    value, gradients = Model("log(x)").compile()(x=0.0)
    assert value == -np.inf
    assert gradients["x"] == np.inf


def test_scipy_minimises_it():
    f = Model("(1 - x)^2 + b*(y - x^2)^2").compile(wrt=["x", "y"])
    v = f.vector({"x": -1.8, "y": 1.5}, b=100)
    found = minimize(v, v.x0, jac=True, method="BFGS")
    assert v.unpack(found.x) == pytest.approx({"x": 1, "y": 1}, abs=1e-5)
    np.testing.assert_array_equal(v.pack({"x": -1.8, "y": 1.5}), v.x0)
    a, b = RNG.normal(size=(6, 3)), RNG.normal(size=6)
    v = Model("mean((A@w - b)^2)").compile(wrt="w").vector({"w": np.zeros(3)}, A=a, b=b)
    found = minimize(v, v.x0, jac=True)
    np.testing.assert_allclose(v.unpack(found.x)["w"], np.linalg.lstsq(a, b)[0], atol=1e-5)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Model("x*[1, 2]").compile()(x=1.0), "has shape (2,)"),
        (lambda: Model("x^2").compile("fortran"), "no engine 'fortran'"),
        (lambda: Model("x^2").compile()(), "'x' has no value"),
        (lambda: Model("x^2").compile()(x="a"), "a value is a number"),
        (lambda: Model("x^2").compile(wrt="z")(x=1.0), "not made of 'z'"),
    ],
)
def test_errors(make, said):
    with pytest.raises(GradError) as caught:
        make()
    assert said in str(caught.value)
