"""lbfgs, newton and lm; lm on NIST's problems of nonlinear regression.

nist.json holds the 27 problems of NIST's Statistical Reference Datasets (data, both starts,
certified parameters, standard deviations and residual sum of squares,
https://www.itl.nist.gov/div898/strd/nls).
"""

import itertools
import json
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.learn import covariance
from gradcli.learn.optimizers import parse_optimizer
from gradcli.learn.scipy_methods import ScipyDescent
from gradcli.learn.settings import Settings

NIST = json.loads(Path(__file__).with_name("nist.json").read_text())
exp, log = np.exp, np.log


def exponentials(b, x):
    rates = [exp(-b[k] * x) for k in (1, 3, 5)]
    value = sum(b[2 * k] * rates[k] for k in range(3))
    slopes = [s for k in range(3) for s in (rates[k], -b[2 * k] * x * rates[k])]
    return value, slopes


def saturating(b, x):
    rest = exp(-b[1] * x)
    return b[0] * (1 - rest), [1 - rest, b[0] * x * rest]


def misra1b(b, x):
    u = 1 + b[1] * x / 2
    return b[0] * (1 - u**-2), [1 - u**-2, b[0] * x * u**-3]


def misra1c(b, x):
    u = 1 + 2 * b[1] * x
    return b[0] * (1 - u**-0.5), [1 - u**-0.5, b[0] * x * u**-1.5]


def misra1d(b, x):
    u = 1 + b[1] * x
    return b[0] * b[1] * x / u, [b[1] * x / u, b[0] * x / u**2]


def danwood(b, x):
    return b[0] * x ** b[1], [x ** b[1], b[0] * x ** b[1] * log(x)]


def chwirut(b, x):
    top, under = exp(-b[0] * x), b[1] + b[2] * x
    return top / under, [-x * top / under, -top / under**2, -x * top / under**2]


def mgh09(b, x):
    top, under = x * x + b[1] * x, x * x + b[2] * x + b[3]
    slopes = [top / under, b[0] * x / under, -b[0] * top * x / under**2, -b[0] * top / under**2]
    return b[0] * top / under, slopes


def mgh10(b, x):
    u = x + b[2]
    e = exp(b[1] / u)
    return b[0] * e, [e, b[0] * e / u, -b[0] * b[1] * e / u**2]


def mgh17(b, x):
    e, f = exp(-b[3] * x), exp(-b[4] * x)
    return b[0] + b[1] * e + b[2] * f, [1 + 0 * x, e, f, -b[1] * x * e, -b[2] * x * f]


def rat42(b, x):
    e = exp(b[1] - b[2] * x)
    return b[0] / (1 + e), [1 / (1 + e), -b[0] * e / (1 + e) ** 2, b[0] * x * e / (1 + e) ** 2]


def rat43(b, x):
    e = exp(b[1] - b[2] * x)
    u = (1 + e) ** (-1 / b[3])
    inner = b[0] * u * e / (1 + e) / b[3]
    return b[0] * u, [u, -inner, x * inner, b[0] * u * log(1 + e) / b[3] ** 2]


def rational(top_degree, under_degree):
    def model(b, x):
        powers = [x**k for k in range(4)]
        lead = b[: top_degree + 1]
        top = sum(c * power for c, power in zip(lead, powers, strict=False))
        under = 1 + sum(b[top_degree + k] * powers[k] for k in range(1, under_degree + 1))
        slopes = [power / under for power in powers[: top_degree + 1]]
        slopes += [-top * powers[k] / under**2 for k in range(1, under_degree + 1)]
        return top / under, slopes

    return model


def gaussians(b, x):
    decay = exp(-b[1] * x)
    value, slopes = b[0] * decay, [decay, -b[0] * x * decay]
    for k in (2, 5):
        z = (x - b[k + 1]) / b[k + 2]
        bell = exp(-z * z)
        value = value + b[k] * bell
        slopes += [bell, 2 * b[k] * bell * z / b[k + 2], 2 * b[k] * bell * z * z / b[k + 2]]
    return value, slopes


def enso(b, x):
    """A mean, a year of 12 months, and two cycles whose periods are parameters."""
    value, slopes = b[0] + 0 * x, [1 + 0 * x]
    for cosine, sine, period in ((1, 2, None), (4, 5, 3), (7, 8, 6)):
        turn = 2 * np.pi * x / (12 if period is None else b[period])
        c, s = np.cos(turn), np.sin(turn)
        value = value + b[cosine] * c + b[sine] * s
        if period is not None:
            slopes.append(turn / b[period] * (b[cosine] * s - b[sine] * c))
        slopes += [c, s]
    return value, slopes


def eckerle4(b, x):
    z = (x - b[2]) / b[1]
    y = b[0] / b[1] * exp(-z * z / 2)
    return y, [y / b[0], y * (z * z - 1) / b[1], y * z / b[1]]


def roszman1(b, x):
    u = x - b[3]
    under = np.pi * (u * u + b[2] ** 2)
    return b[0] - b[1] * x - np.arctan(b[2] / u) / np.pi, [1 + 0 * x, -x, -u / under, -b[2] / under]


def bennett5(b, x):
    u = b[1] + x
    y = b[0] * u ** (-1 / b[2])
    return y, [y / b[0], -y / (b[2] * u), y * log(u) / b[2] ** 2]


def nelson(b, x):
    e = exp(-b[2] * x[1])
    return b[0] - b[1] * x[0] * e, [1 + 0 * e, -x[0] * e, b[1] * x[0] * x[1] * e]


MODELS = {
    "Misra1a": saturating, "Misra1b": misra1b, "Misra1c": misra1c, "Misra1d": misra1d,
    "Chwirut1": chwirut, "Chwirut2": chwirut, "DanWood": danwood, "Nelson": nelson,
    "Lanczos1": exponentials, "Lanczos2": exponentials, "Lanczos3": exponentials,
    "Gauss1": gaussians, "Gauss2": gaussians, "Gauss3": gaussians, "ENSO": enso,
    "MGH09": mgh09, "MGH10": mgh10, "MGH17": mgh17, "Roszman1": roszman1,
    "Kirby2": rational(2, 2), "Hahn1": rational(3, 3), "Thurber": rational(3, 3),
    "Rat42": rat42, "Rat43": rat43, "Eckerle4": eckerle4, "BoxBOD": saturating,
    "Bennett5": bennett5,
}  # fmt: skip


class Regression:
    """Residuals of one of NIST's problems; the first parameter is a scalar, the rest a vector."""

    def __init__(self, name):
        self.x = np.array(NIST[name]["x"], dtype=float)
        self.y = np.array(NIST[name]["y"])
        if name == "Nelson":
            self.y = log(self.y)
        self.model = MODELS[name]

    def params(self, b):
        return {"a": float(b[0]), "b": np.array(b[1:])}

    def vector(self, params):
        return np.array([params["a"], *params["b"]])

    def residuals(self, params):
        return self.model(self.vector(params), self.x)[0] - self.y

    def jacobian(self, params):
        slopes = self.model(self.vector(params), self.x)[1]
        return {"a": slopes[0], "b": np.stack(slopes[1:], axis=1)}


def minimise(problem, start, name, stop=lambda: False, **options):
    run = ScipyDescent(
        problem, start, Settings(optimizer=parse_optimizer(name), **options), stop=stop
    )
    return list(run), run.outcome


def test_all_of_nists_problems_are_here():
    levels = [problem["level"] for problem in NIST.values()]
    assert set(MODELS) == set(NIST)
    assert [levels.count(level) for level in ("lower", "average", "higher")] == [8, 11, 8]


@pytest.mark.parametrize("name", [n for n in MODELS if n != "Lanczos1"])
def test_the_data_are_nists(name):
    """Lanczos1 is left out: its certified sum, 1e-25, is below what 11 digits of b can show."""
    problem = Regression(name)
    rest = problem.residuals(problem.params(NIST[name]["certified"]))
    assert float(rest @ rest) == pytest.approx(NIST[name]["rss"], rel=2e-10)


@pytest.mark.parametrize("name", MODELS)
def test_the_models_derivatives_by_complex_steps(name):
    problem, b = Regression(name), np.array(NIST[name]["certified"])
    slopes = problem.model(b, problem.x)[1]
    for k in range(len(b)):
        shifted = b.astype(complex)
        shifted[k] += 1e-150j * abs(b[k])
        expected = problem.model(shifted, problem.x)[0].imag / (1e-150 * abs(b[k]))
        assert slopes[k] == pytest.approx(expected, rel=1e-9, abs=1e-12 * abs(expected).max())


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", MODELS)
def test_lm_reaches_the_certified_values(name, start):
    problem = Regression(name)
    _, outcome = minimise(problem, problem.params(NIST[name]["starts"][start]), "lm")
    assert outcome.converged
    assert problem.vector(outcome.params) == pytest.approx(NIST[name]["certified"], rel=1e-6)
    if name != "Lanczos1":
        assert outcome.loss == pytest.approx(NIST[name]["rss"], rel=1e-9)


def at_the_certified_values(name):
    problem = Regression(name)
    slopes = problem.model(np.array(NIST[name]["certified"]), problem.x)[1]
    return np.stack([slope + 0 * problem.y for slope in slopes], axis=1)


@pytest.mark.parametrize("name", MODELS)
def test_the_certified_deviations(name):
    jacobian = at_the_certified_values(name)
    count, params = jacobian.shape
    found = covariance.of_jacobian(jacobian)
    variance = NIST[name]["rss"] / (count - params)
    assert found.rank == params
    assert np.sqrt(variance * np.diagonal(found.inverse)) == pytest.approx(
        NIST[name]["deviations"], rel=1e-7
    )


@pytest.mark.parametrize("name", MODELS)
def test_the_inverse_against_fifty_digits(name):
    jacobian = at_the_certified_values(name)
    with mpmath.workdps(60):
        exact = mpmath.matrix(jacobian.tolist())
        inverse = (exact.T * exact) ** -1
        expected = [math.sqrt(float(inverse[k, k])) for k in range(jacobian.shape[1])]
    found = covariance.of_jacobian(jacobian)
    assert np.sqrt(np.diagonal(found.inverse)) == pytest.approx(expected, rel=1e-6)


def test_lm_records_its_steps_and_its_loss_is_the_sum_of_squares():
    problem = Regression("Misra1a")
    records, outcome = minimise(problem, problem.params([500, 0.0001]), "lm", every=1)
    assert [r.step for r in records] == list(range(outcome.steps + 1))
    for record in records:
        rest = problem.residuals(record.params)
        assert record.loss == pytest.approx(float(rest @ rest), rel=1e-14)
    assert outcome.gradient["a"] == pytest.approx(0, abs=1e-6)
    assert outcome.start_loss == records[0].loss
    assert outcome.reason == "converged: the parameters no longer move"


def test_lm_with_a_tolerance_stops_at_it():
    problem = Regression("Misra1a")
    start = problem.params([500, 0.0001])
    records, outcome = minimise(problem, start, "lm", tolerance=1e4, every=1)
    assert outcome.converged
    assert outcome.reason.endswith("below 10000")
    assert [r.step for r in records if r.grad_norm < 1e4] == [outcome.steps]
    _, outcome = minimise(problem, start, "lm", tolerance=1e-300)
    assert not outcome.converged
    assert outcome.reason.startswith(f"stopped after {outcome.steps} steps, at machine precision: ")
    _, outcome = minimise(problem, start, "lm", tolerance=0.0)
    assert outcome.reason == "converged to machine precision: the parameters no longer move"


def test_lm_with_too_few_residuals():
    class Short:
        def residuals(self, params):
            return params["b"][:1]

        def jacobian(self, params):
            return {"b": np.eye(1, 3)}

    with pytest.raises(UsageError) as caught:
        minimise(Short(), {"b": np.ones(3)}, "lm")
    assert str(caught.value) == (
        "lm has 1 residual for 3 parameters\n"
        "hint: it needs at least as many: use optimizer lbfgs on a sum of squares"
    )


def test_lm_takes_back_a_step_where_residuals_are_not_finite():
    class Root:
        """√(b - 2) - 1 and b/1000: with a long first step b falls below 2."""

        def residuals(self, params):
            return np.array([np.sqrt(params["b"] - 2) - 1, params["b"] / 1000])

        def jacobian(self, params):
            return {"b": np.array([0.5 / np.sqrt(params["b"] - 2), 0.001])}

    _, outcome = minimise(Root(), {"b": 100.0}, "lm")
    assert outcome.converged
    assert outcome.params["b"] == pytest.approx(3, abs=1e-4)


@pytest.mark.parametrize("name", ["lbfgs", "newton"])
def test_rosenbrock(name, rosenbrock):
    records, outcome = minimise(rosenbrock, rosenbrock.start, name, every=1)
    assert outcome.converged
    assert outcome.params["x"] == pytest.approx(1, abs=1e-4)
    assert outcome.steps < 60
    assert records[0].params == rosenbrock.start
    assert records[-1].params == outcome.params
    assert [r.step for r in records] == list(range(outcome.steps + 1))
    losses = [r.loss for r in records]
    assert all(b < a for a, b in itertools.pairwise(losses))


def test_reasons(rosenbrock):
    expected = {
        "lbfgs": "converged: the largest gradient entry is 7.5e-08, at most 1e-05",
        "newton": "converged: the norm of the gradient is 5.1e-05, below 0.0001",
    }
    for name, reason in expected.items():
        _, outcome = minimise(rosenbrock, rosenbrock.start, name)
        assert outcome.reason[:30] == reason[:30]
        assert outcome.reason.split(", ")[-1] == reason.split(", ")[-1]
        _, outcome = minimise(rosenbrock, rosenbrock.start, name, tolerance=0.0)
        assert outcome.reason == "converged to machine precision: no step lowers the loss"
        assert outcome.params == pytest.approx({"x": 1, "y": 1}, abs=1e-14)
        _, outcome = minimise(rosenbrock, rosenbrock.start, name, tolerance=1e-9)
        assert outcome.converged
        assert outcome.reason.startswith("converged: the largest gradient entry is ")
        assert outcome.reason.endswith(", below 1e-09")
        _, outcome = minimise(rosenbrock, rosenbrock.start, name, steps=5)
        assert outcome.reason == "stopped after 5 steps"
        assert not outcome.converged
        _, outcome = minimise(rosenbrock, rosenbrock.start, name, steps=0)
        assert (outcome.reason, outcome.params) == ("stopped after 0 steps", rosenbrock.start)


@pytest.mark.parametrize("name", ["lbfgs", "newton"])
@pytest.mark.parametrize("level", [0.0, 1.0, 1e6])
def test_machine_precision_above_a_floor(name, level):
    """(W - c)ᵀA(W - c) + level, whose Hessian is 2A."""
    a, c = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[3.0, -1.0]])

    class Bowl:
        def value_and_gradient(self, params, rows=None):
            rest = (params["W"] - c)[0]
            return float(rest @ a @ rest + level), {"W": 2 * (a @ rest)[None, :]}

        def hessian(self, params):
            return {"W": {"W": 2 * a.reshape(1, 2, 1, 2)}}

    _, outcome = minimise(Bowl(), {"W": np.zeros((1, 2))}, name, tolerance=0.0)
    assert outcome.converged
    assert outcome.steps < 200
    assert outcome.params["W"] == pytest.approx(c, abs=1e-7 * math.sqrt(max(level, 1)))
    assert outcome.gradient["W"].shape == (1, 2)


@pytest.mark.parametrize("name", ["lbfgs", "newton"])
def test_a_step_out_of_the_domain_is_taken_back(name):
    """Σ 1000·x - ln x: SciPy's line search gives up at a nan, and calls it converged at an inf."""

    class Barrier:
        def value_and_gradient(self, params, rows=None):
            x = params["x"]
            return float(np.sum(1000 * x - log(x))), {"x": 1000 - 1 / x}

        def hessian(self, params):
            return {"x": {"x": np.diag(1 / params["x"] ** 2)}}

    _, outcome = minimise(Barrier(), {"x": np.array([1.0, 2.0])}, name, tolerance=1e-6)
    assert outcome.converged, outcome.reason
    assert outcome.params["x"] == pytest.approx([0.001, 0.001])


@pytest.mark.parametrize("name", ["lbfgs", "newton", "lm"])
def test_an_interrupt_keeps_the_last_step(name, rosenbrock):
    rosenbrock.residuals = lambda p: np.array([1 - p["x"], 10 * (p["y"] - p["x"] ** 2)])
    rosenbrock.jacobian = lambda p: {"x": np.array([-1, -20 * p["x"]]), "y": np.array([0, 10.0])}
    calls = iter([False] * 9)
    records, outcome = minimise(
        rosenbrock, rosenbrock.start, name, stop=lambda: next(calls, True), every=1
    )
    assert outcome.ending == "interrupted"
    assert outcome.reason == f"interrupted at step {outcome.steps}"
    assert 0 < outcome.steps < 20
    assert records[-1].params == outcome.params
    assert outcome.loss == pytest.approx(rosenbrock.value(outcome.params), rel=1e-14)


class Scalar:
    """A function of x with its first two derivatives."""

    def __init__(self, value, slope, curvature):
        self.value, self.slope, self.curvature = value, slope, curvature

    def value_and_gradient(self, params, rows=None):
        x = np.float64(params["x"])
        return float(self.value(x)), {"x": float(self.slope(x))}

    def hessian(self, params):
        return {"x": {"x": float(self.curvature(np.float64(params["x"])))}}


RUNS_AWAY = "the loss falls on and on as the parameters run away"


@pytest.mark.parametrize("tolerance", [None, 0.0, 1e-8])
@pytest.mark.parametrize(
    ("problem", "reasons"),
    [
        (Scalar(lambda x: x, lambda x: 1, lambda x: 0), (RUNS_AWAY, RUNS_AWAY)),
        (Scalar(lambda x: -(x**2), lambda x: -2 * x, lambda x: -2), (RUNS_AWAY, RUNS_AWAY)),
        (Scalar(lambda x: x**3, lambda x: 3 * x**2, lambda x: 6 * x), (RUNS_AWAY, RUNS_AWAY)),
        (Scalar(log, lambda x: 1 / x, lambda x: -(x**-2)), ("the loss falls to -inf",) * 2),
        (Scalar(lambda x: -exp(x), lambda x: -exp(x), lambda x: -exp(x)),
         ("the loss falls to -inf", "the second derivatives are too large")),
    ],
)  # fmt: skip
def test_a_loss_without_a_minimum_is_no_success(problem, reasons, tolerance):
    start = {"x": -1.0 if reasons[0] == RUNS_AWAY else 1.0}
    for name, reason in zip(("lbfgs", "newton"), reasons, strict=True):
        _, outcome = minimise(problem, start, name, tolerance=tolerance)
        assert outcome.ending == "diverged"
        assert outcome.reason == f"diverged after step {outcome.steps:,}: {reason}"


@pytest.mark.parametrize("name", ["lbfgs", "newton"])
def test_a_minimum_far_away(name):
    problem = Scalar(lambda x: (x - 1e12) ** 2, lambda x: 2 * (x - 1e12), lambda x: 2)
    _, outcome = minimise(problem, {"x": 1.0}, name)
    assert outcome.converged
    assert outcome.params["x"] == pytest.approx(1e12)


def test_a_trust_region_in_a_flat_direction_stays_finite():
    class Flat:
        """x^1000, whatever y is."""

        def value_and_gradient(self, params, rows=None):
            x = np.float64(params["x"])
            return float(x**1000), {"x": float(1000 * x**999), "y": 0.0}

        def hessian(self, params):
            curvature = float(999_000 * np.float64(params["x"]) ** 998)
            return {"x": {"x": curvature, "y": 0.0}, "y": {"x": 0.0, "y": 0.0}}

    _, outcome = minimise(Flat(), {"x": 1.3, "y": 0.7}, "newton", tolerance=0.0)
    assert outcome.converged
    assert outcome.loss < 1e-100


def test_second_derivatives_that_are_not_finite():
    problem = Scalar(lambda x: abs(x) ** 1.5, lambda x: 1.5 * np.sqrt(abs(x)) * np.sign(x),
                     lambda x: 0.75 / np.sqrt(abs(x)))  # fmt: skip
    for start in (1.0, 0.0):
        _, outcome = minimise(problem, {"x": start}, "newton")
        assert outcome.converged
        assert outcome.params["x"] == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("name", ["lbfgs", "newton", "lm"])
def test_parameters_without_entries(name):
    class Nothing:
        residuals = staticmethod(lambda params: np.ones(2))
        jacobian = staticmethod(lambda params: {"x": np.zeros((2, 0))})

        def value_and_gradient(self, params, rows=None):
            return 3.0, {"x": np.zeros(0)}

    _, outcome = minimise(Nothing(), {"x": np.zeros(0)}, name)
    assert outcome.reason == "converged: the parameters have no entries"
    assert outcome.grad_norm == 0


def test_a_start_that_is_not_finite(rosenbrock):
    records, outcome = minimise(rosenbrock, {"x": 1e200, "y": 0.0}, "lbfgs")
    assert (outcome.ending, len(records)) == ("start", 1)
    assert outcome.reason == "the start is not finite: the loss is inf"
    _, outcome = minimise(rosenbrock, {"x": math.nan, "y": 0.0}, "newton")
    assert outcome.reason == "the start is not finite: x is nan"


def test_data_and_held_out_rows(line):
    run = ScipyDescent(
        line, line.start, Settings(optimizer=parse_optimizer("lbfgs"), rows=37, tolerance=1e-9),
        validate=lambda params: 7.5,
    )  # fmt: skip
    list(run)
    w, b = line.solution()
    assert run.outcome.params["W"][0] == pytest.approx(w, rel=1e-8)
    assert run.outcome.params["b"] == pytest.approx(b, rel=1e-8)
    assert run.outcome.validation_loss == 7.5
    assert run.outcome.epochs == run.outcome.steps
    assert run.outcome.samples_seen == 37 * run.outcome.steps


class Kinked:
    """|x - 2| + |y - x|, which no step along its gradient lowers where y = x."""

    def value_and_gradient(self, params, rows=None):
        x, y = params["x"], params["y"]
        above, apart = np.sign(x - 2), np.sign(y - x)
        return abs(x - 2) + abs(y - x), {"x": above - apart, "y": apart}


def test_a_stop_at_a_kink_is_no_minimum():
    _, outcome = minimise(Kinked(), {"x": 10.0, "y": -5.0}, "lbfgs", tolerance=None)
    assert outcome.loss > 1e-6
    assert (outcome.ending, outcome.steep) == ("stalled", True)
    assert outcome.reason.endswith("but the gradient is still large (1), as at a kink")


@pytest.mark.parametrize("stretch", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("floor", [0.0, 1.0, 1e6])
def test_a_small_fall_at_a_smooth_minimum_is_convergence(stretch, floor):
    class Bowl:
        """A smooth bowl above a floor, in a direction of which it is steep."""

        def value_and_gradient(self, params, rows=None):
            x, y = params["x"] * stretch, params["y"]
            loss = floor + 50 * (x - 1) ** 2 + (y + 3) ** 2
            return loss, {"x": 100 * (x - 1) * stretch, "y": 2 * (y + 3)}

    first = {"x": 7.0, "y": 9.0}
    _, outcome = minimise(Bowl(), first, "lbfgs")
    assert (outcome.converged, outcome.steep) == (True, False)
    _, again = minimise(Bowl(), outcome.params, "lbfgs")
    assert again.converged
