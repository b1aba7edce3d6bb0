"""Descents within bounds, against SciPy's bounded minimisers and by hand."""

import numpy as np
import pytest
from scipy.optimize import minimize

from gradcli.learn.bounds import FREE, Bounds
from gradcli.learn.packing import Packing


def test_values_and_gradients_of_floats_and_arrays():
    bounds = Bounds({"x": 0.0, "v": 0.0}, {"x": 2.0, "v": float("inf")})
    assert [bounds.clipped("x", value) for value in (-1.0, 1.0, 3.0)] == [0.0, 1.0, 2.0]
    assert bounds.clipped("v", np.array([-1.0, 5.0])).tolist() == [0.0, 5.0]
    assert bounds.clipped("y", -1.0) == -1.0
    params = {"x": 2.0, "v": np.array([0.0, 0.0, 1.0]), "y": 1.0}
    pulls = {"x": -1.0, "v": np.array([1.0, -1.0, 1.0]), "y": 5.0}
    found = bounds.projected(params, pulls)
    assert (found["x"], found["v"].tolist(), found["y"]) == (0.0, [0.0, -1.0, 1.0], 5.0)
    assert bounds.reached(params) == [
        "x is on its upper bound 2", "2 entries of v are on the lower bound",
    ]  # fmt: skip
    low, high = bounds.vectors(Packing(params), params)
    assert low.tolist() == [0, 0, 0, 0, -np.inf]
    assert high.tolist() == [2, np.inf, np.inf, np.inf, np.inf]
    assert not FREE


def test_what_is_not_a_number_stays_so():
    bounds = Bounds({"x": 0.0}, {"x": 2.0})
    assert np.isnan(bounds.clipped("x", float("nan")))
    assert np.isnan(bounds.clipped("x", np.array([np.nan]))).all()


ROSENBROCK = "param x = {} in -2:0.5; param y = 1 in -1:; (1 - x)^2 + 100*(y - x^2)^2"
OPTIMIZERS = {
    "sgd": {"lr": "0.002"},
    "momentum": {"lr": "0.0005"},
    "nesterov": {"lr": "0.0005"},
    "adam": {"lr": "0.01"},
    "rmsprop": {"lr": "0.0005"},
    "line_search": {"line_search": True},
    "lbfgs": {},
}


@pytest.mark.parametrize("start", [-1.0, 0.5])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_method_ends_where_scipy_does(name, start, descended):
    options = dict(OPTIMIZERS[name])
    if not options.get("line_search"):
        options["optimizer"] = name
    report = descended(ROSENBROCK.format(start), steps=100_000, tol=1e-3, **options)
    expected = minimize(
        lambda p: (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2, [start, 1.0],
        method="L-BFGS-B", bounds=[(-2, 0.5), (-1, None)], options={"ftol": 0, "gtol": 1e-10},
    )  # fmt: skip
    params = report.summary["params"]
    assert [params["x"], params["y"]] == pytest.approx(expected.x, abs=1e-3)
    assert params["x"] == 0.5
    assert report.summary["converged"]
    assert "x is on its upper bound 0.5" in report.notes


def test_the_compiled_loop_takes_the_steps_of_the_plain_one(descended):
    """An array of bounds cannot be compiled; the same bounds as one number are."""
    text = "param w = [1, 2] in {}:3; sum((w - [5, -4])^2)"
    for optimizer in ("sgd", "momentum", "adam"):
        one, other = (
            descended(text.format(low), optimizer=optimizer, lr="0.1", steps=30, tol=0.0).summary
            for low in ("[-1, -1]", "-1")
        )
        assert one["params"]["w"].tolist() == other["params"]["w"].tolist()
        assert one["loss"] == other["loss"]


def test_lm_within_bounds(descended, tmp_path):
    """y = 3·exp(−x) seen exactly: with a at most 2 the rest is a problem in b alone."""
    x = np.linspace(0, 2, 15)
    y = 3 * np.exp(-x)
    path = tmp_path / "d.csv"
    path.write_text("x,y\n" + "\n".join(f"{a!r},{b!r}" for a, b in zip(x.tolist(), y.tolist())))
    report = descended(
        "param a = 1 in 0:2; param b = 0.5 in 0:; a*exp(-b*x) - y", data=[str(path)], optimizer="lm"
    )
    expected = minimize(lambda b: ((2 * np.exp(-b[0] * x) - y) ** 2).sum(), [0.5], tol=1e-12).x
    params = report.summary["params"]
    assert params["a"] == 2
    assert params["b"] == pytest.approx(expected[0], abs=1e-6)
    assert "a is on its upper bound 2" in report.notes
    assert [row["std_error"] is None for row in report.rows] == [True, False]


def test_mini_batches_and_restarts_stay_within(descended, tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("x\n" + "\n".join(str(n) for n in range(20)))
    program = "param m = 1 in 0:5; mean((x - m)^2)"
    report = descended(program, data=[str(path)], batch_size=5, lr="0.1", epochs=20)
    assert report.summary["params"]["m"] == 5
    report = descended("param m = 1 in 0:5; (m - 9)^2", restarts=4, lr="0.1")
    assert report.summary["params"]["m"] == 5


def test_a_descent_goes_on_within_bounds(descended, tmp_path):
    program = "param x = 1 in 0:2; (x - 3)^2*(x + 1)"
    whole = descended(program, lr="0.01", steps=40, tol=0.0)
    descended(program, lr="0.01", steps=25, tol=0.0, save=str(tmp_path / "s.json"))
    rest = descended(program, lr="0.01", steps=40, tol=0.0, resume=str(tmp_path / "s.json"))
    assert rest.summary["params"] == whole.summary["params"]
