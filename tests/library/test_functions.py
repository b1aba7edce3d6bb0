"""A compiled model is a plain function: NumPy's numbers, SciPy's minimum, the cost of a descent."""

from __future__ import annotations

from threading import Thread

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


@pytest.mark.parametrize(
    "x",
    [
        [1, 2], (1.0, 2.0), np.array([1, 2]), np.array([1, 2], np.float32), np.array([1.0, 2.0]),
        np.arange(4.0)[1:3], np.array([2.0, 1.0])[::-1], np.array([1.0, 9.0, 2.0, 9.0])[::2],
        np.array([1.0, 2.0], ">f8"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("c", [3, 3.0, np.float64(3), np.array(3.0), np.array(3), np.float32(3)])
def test_after_a_call_with_floats_any_kind_of_number_will_do(x, c):
    f = Model("c*sum(x^2)").compile()
    for given in ({"x": np.array([5.0, 6.0]), "c": 2.0}, {"c": c, "x": x}, {"x": x, "c": c}):
        value, gradients = f(given)
        there = np.asarray(given["x"], dtype=float)
        assert value == float(given["c"]) * (there @ there)
        np.testing.assert_array_equal(gradients["x"], 2 * float(given["c"]) * there)
        assert gradients["c"] == there @ there
    for wrong in ({"x": x}, {"x": x, "c": c, "z": 1.0}, {"x": x, "d": c}, {"x": x, "c": "a"}):
        with pytest.raises(GradError):
            f(wrong)
    assert f(x=np.ones((2, 2)), c=1.0)[0] == 4.0


def test_sizes_may_be_given_or_left_out():
    f = Model("param x = 2; const n = 2; x*sum(zeros(n) + 1)").compile()
    for given, value in (({}, 4), ({"n": 3.0}, 6), ({"n": 5.0}, 10), ({}, 4), ({"n": 3.0}, 6)):
        assert f(given)[0] == value


def test_what_comes_back_is_the_caller_s_own():
    x, w = RNG.normal(size=(2, 3)), RNG.normal(size=(2, 3))
    for text in ("sum(x*w)", "sum(x) + sum(w)", "sum((x + w)*x)", "sum(x[0]*w[0])", "sum(x.T*w.T)"):
        f = Model(text).compile()
        _, first = f(x=x, w=w)
        kept = {name: value.copy() for name, value in first.items()}
        _, second = f(x=x + 1, w=w - 1)
        np.testing.assert_equal(first, kept)
        for value in second.values():
            value += 1.0
        np.testing.assert_equal(f(x=x, w=w)[1], kept)
        found = [x, w, *first.values(), *second.values()]
        assert not any(np.shares_memory(a, b) for i, a in enumerate(found) for b in found[:i])


def test_threads_call_at_a_time():
    f = Model("sum(tanh(x)^2)").compile()
    wrong = []

    def work(seed):
        x = np.random.default_rng(seed).normal(size=20 + seed % 2)
        h = np.tanh(x)
        for _ in range(200):
            value, gradients = f(x=x)
            if not np.allclose(gradients["x"], 2 * h * (1 - h * h)) or not np.isclose(value, h @ h):
                wrong.append(seed)

    threads = [Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_what_is_fixed_stays_as_it_was():
    a, b, w = RNG.normal(size=(6, 3)), RNG.normal(size=6), RNG.normal(size=3)
    v = Model("sum((log(A^2)@w - b)^2)").compile().vector({"w": w, "b": b}, A=a)
    rest = np.log(a**2) @ w - b
    expected = np.concatenate([2 * np.log(a**2).T @ rest, -2 * rest])
    a[:] = 1.0
    value, slope = v(v.x0)
    assert value == pytest.approx(rest @ rest, rel=1e-12)
    np.testing.assert_allclose(slope, expected, rtol=1e-10)
    assert not np.shares_memory(v.unpack(v.x0)["w"], v.x0)
    v = Model("const n = 2; x*sum(zeros(n) + 1)").compile(wrt="x").vector({"x": 1, "n": 3})
    np.testing.assert_array_equal(v(np.array([2.0, 4.0]))[1], [4.0, 0.0])


def test_scipy_minimises_it():
    f = Model("(1 - x)^2 + b*(y - x^2)^2").compile(wrt=["x", "y"])
    v = f.vector({"x": -1.8, "y": 1.5}, b=100)
    found = minimize(v, v.x0, jac=True, method="BFGS")
    assert v.unpack(found.x) == pytest.approx({"x": 1, "y": 1}, abs=1e-5)
    np.testing.assert_array_equal(v.pack({"x": -1.8, "y": 1.5}), v.x0)
    a, b = RNG.normal(size=(6, 3)), RNG.normal(size=6)
    v = Model("mean((A@w - b)^2)").compile(wrt="w").vector({"w": np.zeros(3)}, A=a, b=b)
    found = minimize(v, v.x0, jac=True, options={"gtol": 1e-8})
    np.testing.assert_allclose(v.unpack(found.x)["w"], np.linalg.lstsq(a, b)[0], atol=1e-5)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Model("x*[1, 2]").compile()(x=1.0), "has shape (2,)"),
        (lambda: Model("x^2").compile("fortran"), "no engine 'fortran'"),
        (lambda: Model("x^2").compile()(), "'x' has no value"),
        (lambda: Model("x^2").compile()(x="a"), "a value is a number"),
        (lambda: Model("x^2").compile(wrt="z")(x=1.0), "not made of 'z'"),
        (lambda: Model("sum(x^2)").compile().vector({"x": [1, 2]})([1.0]), "shape (1,), not (2,)"),
        (lambda: Model("x*y").compile().vector({"x": 1}, x=1, y=2)([1.0]), "'x' is given twice"),
        (lambda: Model("sum(nll(z, y))").compile()(z=np.ones((1, 2)), y=[5]), "no class 5 among 2"),
    ],
)
def test_errors(make, said):
    with pytest.raises(GradError) as caught:
        make()
    assert said in str(caught.value)
