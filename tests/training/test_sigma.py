"""--sigma against SciPy's curve_fit(sigma=…, absolute_sigma=False)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import curve_fit

from gradcli.errors import GradError
from gradcli.library.model import Model

X = np.linspace(0.1, 4, 25)
SIGMA = 0.05 + 0.1 * X
Y = 3 * np.exp(-0.7 * X) + 0.5 + SIGMA * np.random.default_rng(3).normal(size=25)
DATA = {"x": X, "y": Y, "s": SIGMA, "label": ["a", *["b"] * 24]}


def decay(x, a, b, c):
    return a * np.exp(-b * x) + c


@pytest.mark.parametrize(
    "bounds", [{}, {"b": (0.2, 2.0)}, {"a": (0.0, 2.9), "c": (-1.0, np.inf)}], ids=str
)
@pytest.mark.parametrize("sigma", ["s", "deviation", "given"])
def test_against_curve_fit(sigma, bounds):
    low = [bounds.get(name, (-np.inf, np.inf))[0] for name in "abc"]
    high = [bounds.get(name, (-np.inf, np.inf))[1] for name in "abc"]
    tight = {"ftol": 1e-15, "xtol": 1e-15, "gtol": 1e-15}
    best, expected = curve_fit(
        decay, X, Y, (1, 1, 0), sigma=SIGMA, bounds=(low, high), method="trf", **tight
    )
    within = {name: f" in {low}:{high}" for name, (low, high) in bounds.items()}
    within = {name: text.replace(":inf", ":") for name, text in within.items()}
    params = "; ".join(
        f"param {name} = {start}{within.get(name, '')}" for name, start in zip("abc", (1, 1, 0))
    )
    extra = "; deviation = 0.05 + 0.1*x" * (sigma == "deviation")
    report = Model(f"{params}; f = a*exp(-b*x) + c; r = f - y{extra}").descend(
        {"given": SIGMA} if sigma == "given" else {}, data=DATA, optimizer="lm", sigma=sigma, tol=0
    )
    found = report.report.summary
    assert [found["params"][n] for n in "abc"] == pytest.approx(best, rel=1e-6)
    on_bound = [v in bounds.get(n, ()) for n, v in found["params"].items()]
    if not any(on_bound):
        errors = [row["std_error"] for row in report.rows]
        assert errors == pytest.approx(np.sqrt(np.diagonal(expected)), rel=1e-6)


@pytest.mark.parametrize(
    ("program", "values", "sigma", "message"),
    [
        ("y - a*x", {}, "sgma", "--sigma sgma: there is no such column or node"),
        ("y - a*x", {}, "a", "--sigma a: it depends on what moves: a"),
        ("r = y - a*x; t = r^2; u = t + 1", {}, "u", "--sigma u: it depends on what moves: a"),
        ("y - a*x", {"t": 0.1}, "t", "--sigma t has shape (), the residuals have (25,)"),
        ("y - a*x", {"t": np.full(25, -1.0)}, "t", "--sigma t, entry 0: -1 is no standard dev"),
        ("r = y - a*x; t = x - x[3]", {}, "t", "--sigma t, entry 0: -0.4875 is no standard dev"),
        ("y - a*x", {}, "zero", "row 7: 0 is no standard deviation"),
        ("y - a*x", {"t": [1.0, 2.0]}, "t", "shapes that do not fit together"),
        ("y - a*x", {}, "label", "'a' is no number"),
    ],
)
def test_what_is_no_deviation(program, values, sigma, message):
    data = {**DATA, "zero": np.where(np.arange(25) == 7, 0.0, 1.0)}
    with pytest.raises(GradError) as caught:
        Model(f"param a = 1; {program}").descend(values, data=data, optimizer="lm", sigma=sigma)
    assert message in str(caught.value)


def test_no_loss_is_weighed():
    with pytest.raises(GradError, match="--sigma weighs the residuals of lm, and newton minimises"):
        Model("param a = 1; mean((y - a*x)^2)").descend(data=DATA, optimizer="newton", sigma="s")


def test_a_prediction_knows_the_fit_but_no_noise_of_one_size(tmp_path):
    path = str(tmp_path / "fit.json")
    model = Model("param a = 1; param b = 1; f = a*exp(-b*x); f - y")
    found = model.descend(data=DATA, optimizer="lm", sigma="s", save=path).report.summary
    assert found["output"] == "e/s"
    from gradcli.question.question import ask
    from gradcli.verbs.uncertainty import uncertainty

    sure = uncertainty(ask("param a=1; param b=1; f=a*exp(-b*x)", ["x=0"], params=path), 0.95)
    assert sure.error == pytest.approx(found["covariance"]["a"]["a"] ** 0.5)
    assert sure.noise is None
