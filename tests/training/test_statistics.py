"""Statistics of fits against SciPy's curve_fit, textbooks and likelihoods in closed form."""

import math

import numpy as np
import pytest
from scipy.optimize import curve_fit

RANDOM = np.random.default_rng(3)
X = np.linspace(0.1, 4, 25)
NOISE = RANDOM.normal(size=25)
SIGMA = 0.05 + 0.1 * X

MODELS = {
    "a*x + b": (lambda x, a, b: a * x + b, (2.0, -1.0)),
    "a*x^2 + b*x + c": (lambda x, a, b, c: a * x**2 + b * x + c, (0.3, 1.0, 2.0)),
    "a*exp(-b*x)": (lambda x, a, b: a * np.exp(-b * x), (3.0, 0.7)),
    "a*exp(-b*x) + c": (lambda x, a, b, c: a * np.exp(-b * x) + c, (3.0, 0.7, 0.5)),
    "a*x/(b + x)": (lambda x, a, b: a * x / (b + x), (2.5, 0.8)),
    "a*x^b": (lambda x, a, b: a * x**b, (1.5, 0.6)),
    "a*sin(b*x + c)": (lambda x, a, b, c: a * np.sin(b * x + c), (1.2, 2.0, 0.3)),
    "a/(1 + exp(b - c*x))": (lambda x, a, b, c: a / (1 + np.exp(b - c * x)), (4.0, 2.0, 1.5)),
    "a*exp(-(x - b)^2/(2*c^2))": (
        lambda x, a, b, c: a * np.exp(-((x - b) ** 2) / (2 * c**2)),
        (2.0, 1.8, 0.6),
    ),
    "a + b*log(x)": (lambda x, a, b: a + b * np.log(x), (1.0, 2.0)),
}


@pytest.fixture
def table(tmp_path):
    def write(**columns):
        path = tmp_path / "d.csv"
        rows = zip(*columns.values())
        lines = [",".join(columns), *(",".join(repr(float(v)) for v in row) for row in rows)]
        path.write_text("\n".join(lines))
        return [str(path)]

    return write


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("formula", MODELS)
def test_against_curve_fit(formula, weighted, descended, table):
    function, true = MODELS[formula]
    sigma = SIGMA if weighted else np.full(len(X), 0.1)
    y = function(X, *true) + sigma * NOISE
    names = "abc"[: len(true)]
    starts = "; ".join(f"param {n} = {v!r}" for n, v in zip(names, true))
    by = "/s" if weighted else ""
    report = descended(
        f"{starts}; ({formula} - y){by}", data=table(x=X, y=y, s=sigma), optimizer="lm", tol=0.0
    )
    best, expected = curve_fit(function, X, y, true, sigma=sigma, ftol=1e-15, xtol=1e-15)
    summary = report.summary
    got = [[summary["covariance"][m][n] for n in names] for m in names]
    assert [summary["params"][n] for n in names] == pytest.approx(best, rel=1e-6)
    assert np.array(got) == pytest.approx(expected, rel=1e-5, abs=1e-6 * abs(expected).max())
    errors = [row["std_error"] for row in report.rows]
    assert errors == pytest.approx(np.sqrt(np.diagonal(expected)), rel=1e-6)
    deviations = np.sqrt(np.diagonal(expected))
    correlation = [[summary["correlation"][m][n] for n in names] for m in names]
    assert np.array(correlation) == pytest.approx(
        expected / np.outer(deviations, deviations), abs=1e-6
    )


def test_a_line_by_the_formulas_of_textbooks(descended, table):
    y = 2 * X - 1 + 0.1 * NOISE
    summary = descended(
        "param a = 0; param b = 0; a*x + b - y", data=table(x=X, y=y), optimizer="lm", tol=0.0
    ).summary
    slope, offset = np.polyfit(X, y, 1)
    rest = y - slope * X - offset
    total = rest @ rest
    n = len(X)
    assert summary["dof"] == n - 2
    assert summary["residual_std"] == pytest.approx(math.sqrt(total / (n - 2)))
    r2 = np.corrcoef(X, y)[0, 1] ** 2
    assert summary["r2"] == pytest.approx(r2)
    assert summary["adjusted_r2"] == pytest.approx(1 - (1 - r2) * (n - 1) / (n - 2))
    assert summary["aic"] == pytest.approx(n * math.log(total / n) + 4)
    assert summary["bic"] == pytest.approx(n * math.log(total / n) + 2 * math.log(n))


@pytest.mark.parametrize(
    "loss",
    [
        "mean((a*x + b - y)^2)", "sum((a*x + b - y)^2)/2", "mse(a*x + b, y)",
        "mean(squared_error(a*x + b, y))", "0.5*sum(square(y - a*x - b))",
        "sum((a*x + b - y)*(a*x + b - y))", "r = a*x + b - y; loss = r@r",
        "r = a*x + b - y; dot(r, r)",
        "norm(a*x + b - y)^2", "r = a*x + b - y; mean(r*r)/3", "mean((y - (a*x + b))^2)/7",
    ],
)  # fmt: skip
def test_a_loss_of_squares_has_the_errors_of_its_residuals(loss, descended, table):
    data = table(x=X, y=2 * X - 1 + 0.1 * NOISE)
    starts = "param a = 0; param b = 0;"
    lm = descended(f"{starts} a*x + b - y", data=data, optimizer="lm", tol=0.0)
    other = descended(f"{starts} {loss}", data=data, optimizer="newton", tol=0.0, errors=True)
    for mine, exact in zip(other.rows, lm.rows):
        assert mine["std_error"] == pytest.approx(exact["std_error"], rel=1e-6)
    assert other.summary["residual_std"] == pytest.approx(lm.summary["residual_std"], rel=1e-6)
    assert "scaled by residual_std" in other.summary["errors"]


def test_weights_inside_the_sum_are_those_of_the_residuals(descended, table):
    data = table(x=X, y=2 * X - 1 + SIGMA * NOISE, s=SIGMA)
    starts = "param a = 0; param b = 0;"
    lm = descended(f"{starts} (a*x + b - y)/s", data=data, optimizer="lm", tol=0.0)
    loss = "sum((a*x + b - y)^2/s^2)"
    other = descended(f"{starts} {loss}", data=data, optimizer="newton", tol=0.0, errors=True)
    assert other.rows[0]["std_error"] == pytest.approx(lm.rows[0]["std_error"], rel=1e-6)
    assert other.summary["r2"] == pytest.approx(lm.summary["r2"], rel=1e-9)


@pytest.mark.parametrize("of", ["sum", "mean"])
def test_a_likelihood_has_the_inverse_of_its_hessian(of, descended, table):
    """Exponential waiting times: −log L = Σ(r·x − log r), whose information is n/r²."""
    report = descended(
        f"param r = 1; {of}(r*x - log(r))",
        data=table(x=X),
        optimizer="newton",
        tol=0.0,
        errors=True,
    )
    rate = 1 / X.mean()
    (row,) = report.rows
    assert row["final"] == pytest.approx(rate)
    assert row["std_error"] == pytest.approx(rate / math.sqrt(len(X)))
    assert report.summary["aic"] == pytest.approx(2 * (len(X) - len(X) * math.log(rate)) + 2)
    assert "negative log-likelihood" in report.summary["errors"]


@pytest.mark.parametrize(
    ("loss", "times"),
    [
        ("sum(r*x - log(r))/25", None),
        ("-sum(log(r) - r*x)/25", None),
        ("0.5*mean(r*x - log(r))", math.sqrt(2)),
        ("sum(r*x - log(r))/100", 10),
        ("-2*sum(log(r) - r*x)", math.sqrt(0.5)),
    ],
)
def test_a_factor_of_a_likelihood_is_said(loss, times, descended, table):
    """A division by the number of rows is a mean; any other factor scales the errors."""
    report = descended(
        f"param r = 1; {loss}", data=table(x=X), optimizer="newton", tol=0.0, errors=True
    )
    expected = (times or 1) / X.mean() / math.sqrt(len(X))
    assert report.rows[0]["std_error"] == pytest.approx(expected)
    told = [text for text in report.warnings if "the loss has the factor" in text]
    assert len(told) == (times is not None)
    assert all(f"multiplies the errors by {times:.4g}:" in text for text in told)


def test_a_vector_of_parameters_has_a_vector_of_errors(descended, table):
    data = table(x=X, y=2 * X - 1 + 0.1 * NOISE)
    apart = descended("param a = 0; param b = 0; a*x + b - y", data=data, optimizer="lm", tol=0.0)
    together = descended(
        "param p = zeros(2); p[0]*x + p[1] - y", data=data, optimizer="lm", tol=0.0
    )
    expected = [row["std_error"] for row in apart.rows]
    assert together.rows[0]["std_error"] == pytest.approx(expected, rel=1e-9)
    assert together.summary["covariance"]["p"]["p"].shape == (2, 2)


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("a*b*x", "a and b: only their product is determined"),
        ("(a + b)*x", "a and b: only their sum is determined"),
        ("(a - b)*x", "a and b: only their difference is determined"),
        ("a/b*x", "a and b: only their ratio is determined"),
        ("(a*b + 0*c)*x", "c has no influence here: it is not determined"),
        ("(a + b + c)*x", "a, b and c: 2 directions among them are not determined"),
    ],
)
def test_a_direction_that_the_data_do_not_fix(formula, told, descended, table):
    names = [n for n in "abc" if n in formula]
    starts = "; ".join(f"param {n} = {2 + k}" for k, n in enumerate(names))
    report = descended(
        f"{starts}; param d = 1; {formula} + d - y",
        data=table(x=X, y=2 * X - 1 + 0.1 * NOISE),
        optimizer="lm",
    )
    assert told in report.warnings
    errors = {row["parameter"]: row["std_error"] for row in report.rows}
    assert [errors[name] for name in names] == [None] * len(names)
    alone = descended(
        "param a = 1; param d = 1; a*x + d - y",
        data=table(x=X, y=2 * X - 1 + 0.1 * NOISE),
        optimizer="lm",
    )
    assert errors["d"] == pytest.approx(alone.rows[1]["std_error"], rel=1e-5)
    assert report.summary["dof"] == len(X) - 2


def test_as_many_residuals_as_parameters_leave_no_errors(descended, table):
    report = descended(
        "param a = 1; param b = 1; a*x + b - y", data=table(x=[1, 2], y=[3, 5]), optimizer="lm"
    )
    assert [row["std_error"] for row in report.rows] == [None, None]
    assert report.summary["residual_std"] is None
    assert "leave nothing to estimate the errors by" in report.warnings[-1]


def test_a_saddle_has_no_errors(descended):
    report = descended("param x = 0; param y = 0; x^2 - y^2", optimizer="lbfgs", errors=True)
    assert [row["std_error"] for row in report.rows] == [None, None]
    assert "no minimum" in report.warnings[-1]


def test_two_outputs_are_all_residuals(descended, table):
    y = 2 * X - 1 + 0.1 * NOISE
    report = descended(
        "param a = 0; param b = 0; data Y = y, y; mean(sum(([a*x + b, a*x + b].T - Y)^2, axis=1))",
        data=table(x=X, y=y), optimizer="newton", tol=0.0, errors=True,
    )  # fmt: skip
    alone = descended("param a = 0; param b = 0; a*x + b - y", data=table(x=X, y=y), optimizer="lm")
    assert report.summary["dof"] == 2 * len(X) - 2
    ratio = math.sqrt((len(X) - 2) / (2 * len(X) - 2))  # the same sums twice
    assert report.rows[0]["std_error"] == pytest.approx(alone.rows[0]["std_error"] * ratio)


@pytest.mark.parametrize("loss", ["sqrt(mean(r^2))", "log(sum(r^2)) + 0.5*a^2"])
def test_a_loss_that_is_no_likelihood_as_it_stands_is_said(loss, descended, table):
    report = descended(
        f"param a = 1; param b = 0; r = a*x + b - y; {loss}",
        data=table(x=X, y=2 * X - 1 + 0.1 * NOISE), optimizer="newton", errors=True,
    )  # fmt: skip
    assert any("neither a sum nor a mean" in text for text in report.warnings)


def test_errors_before_the_minimum_are_said(descended, table):
    report = descended(
        "param a = 0; mean((a*x - y)^2)", data=table(x=X, y=2 * X), lr="0.001", epochs=3,
        errors=True,
    )  # fmt: skip
    assert report.warnings[-1].startswith("the errors hold at a minimum")


def test_what_is_held_or_not_determined_counts_for_nothing(descended, table):
    data = table(x=X, y=2 * X - 1 + 0.1 * NOISE)
    free = descended("param a = 1 in 0:1.5; param b = 0; a*x + b - y", data=data, optimizer="lm")
    fixed = descended("const a = 1.5; param b = 0; a*x + b - y", data=data, optimizer="lm")
    assert free.summary["aic"] == pytest.approx(fixed.summary["aic"])
    both = descended("param a = 1; param c = 1; param b = 0; (a + c)*x + b - y", data=data,
                     optimizer="lm")  # fmt: skip
    one = descended("param a = 1; param b = 0; a*x + b - y", data=data, optimizer="lm")
    assert both.summary["bic"] == pytest.approx(one.summary["bic"])


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        ("mean((a*x + b - y)^2) + 1e-9*a^2", True),
        ("0.1*sum(W^2) + mse(W@[1, 0]*x + b, y)", True),
        ("3*a^2 - 2*(-sum((y - a*x - b)^2))", True),
        ("mean((a*x + b - y)^2)", False),
        ("mean(bce_with_logits(a*x + b, y > 1)) + 0.1*a^2", False),
        ("mean(softplus(a*x + b) - y*a*x) + 0.1*(a - 1)^2", False),
    ],
)
def test_squares_with_a_penalty_are_said_to_keep_their_variance(loss, told, descended, table):
    program = "param a = 1; param b = 0; param W = [1, 0]; " + loss
    report = descended(program, data=table(x=X, y=2 * X + NOISE), optimizer="lbfgs", errors=True)
    assert any("more terms than its squares" in each for each in report.warnings) is told


def test_a_parameter_on_its_bound_is_said_to_be_held(descended, table):
    program = "param a = 1 in 0:3; param b = 1; a*x + b - y"
    report = descended(program, data=table(x=X, y=5 * X + NOISE), optimizer="lm")
    (told,) = [each for each in report.warnings if "on a bound" in each]
    assert ": a; the other errors" in told
    held = descended(
        "const a = 3; param b = 1; a*x + b - y", data=table(x=X, y=5 * X + NOISE), optimizer="lm"
    )
    errors = [row["std_error"] for row in report.rows]
    assert errors[1] == pytest.approx(held.rows[0]["std_error"], rel=1e-9)
