"""Errors of the output, against textbook formulas, Monte Carlo and the bands of a straight line."""

import math

import numpy as np
import pytest
from scipy.stats import norm, t

from gradcli.library.model import Model
from gradcli.question.question import ask
from gradcli.question.units import units
from gradcli.verbs.evaluate import evaluate
from gradcli.verbs.per_row import per_row
from gradcli.verbs.ranged import ranged
from gradcli.verbs.uncertainty import uncertainty

X = np.linspace(1, 5, 12)
Y = 2 * X - 1 + 0.3 * np.random.default_rng(5).normal(size=12)


@pytest.fixture
def fitted(descended, tmp_path):
    """The file of a fit, and the data as a file."""
    path = tmp_path / "d.csv"
    path.write_text("x,y\n" + "\n".join(f"{a!r},{b!r}" for a, b in zip(X.tolist(), Y.tolist())))

    def fit(program, suffix="json", **options):
        saved = str(tmp_path / f"fit.{suffix}")
        options = {"optimizer": "lm", "tol": 0.0, **options}
        report = descended(program, data=[str(path)], save=saved, **options)
        return saved, str(path), report

    return fit


def found(source, *values, level=None, **options):
    return uncertainty(ask(source, values, measured=True, **options), level)


def test_a_product_of_measured_values():
    got = found("m*g*h", "m=2.0±0.1", "g=9.81", "h=1.5+-0.02")
    relative = math.hypot(0.1 / 2, 0.02 / 1.5)
    assert got.error == pytest.approx(2 * 9.81 * 1.5 * relative, rel=1e-14)
    assert got.shares == pytest.approx(
        {"m": (0.1 / 2) ** 2 / relative**2, "h": (0.02 / 1.5) ** 2 / relative**2}
    )
    assert sum(got.shares.values()) == pytest.approx(1)


def test_a_vector_of_measured_values_and_of_outputs():
    got = found("[a*w[0], w[0] + w[1]]", "a=3±0.5", "w=[1, 2]±[0.1, 0.2]")
    assert got.error.tolist() == pytest.approx([math.hypot(0.5, 0.3), math.hypot(0.1, 0.2)])
    assert got.shares == {}


def test_small_errors_agree_with_random_draws():
    got = found("exp(-a)*sin(b)/c", "a=0.5±0.001", "b=1±0.002", "c=2±0.001")
    draws = np.random.default_rng(1)
    a, b, c = (draws.normal(m, s, 400_000) for m, s in ((0.5, 0.001), (1, 0.002), (2, 0.001)))
    assert got.error == pytest.approx((np.exp(-a) * np.sin(b) / c).std(), rel=5e-3)


def test_a_normal_interval_of_measured_values():
    got = found("2*x", "x=3±0.1", level=0.9)
    assert got.bands(6.0) == pytest.approx(
        {"lower": 6 - norm.ppf(0.95) * 0.2, "upper": 6 + norm.ppf(0.95) * 0.2}
    )


@pytest.mark.parametrize("suffix", ["json", "npz"])
@pytest.mark.parametrize("level", [0.9, 0.99])
def test_the_bands_of_a_straight_line(fitted, level, suffix):
    """ŷ ± t·s·√(1/n + (x−x̄)²/Sxx), and with 1 under the root for a prediction."""
    program = "param a = 0; param b = 0; f = a*x + b;"
    saved, data, _ = fitted(f"{program} f - y", suffix)
    question = ask(f"{program} f", data=[data], params=saved)
    got = uncertainty(question, level)
    values = question.run([question.model.output])[question.model.output]
    n = len(X)
    slope, offset = np.polyfit(X, Y, 1)
    rest = Y - slope * X - offset
    s = math.sqrt(rest @ rest / (n - 2))
    inner = 1 / n + (X - X.mean()) ** 2 / ((X - X.mean()) ** 2).sum()
    factor = t.ppf((1 + level) / 2, n - 2)
    assert got.error == pytest.approx(s * np.sqrt(inner), rel=1e-6)
    bands = got.bands(values)
    assert bands["upper"] == pytest.approx(slope * X + offset + factor * s * np.sqrt(inner))
    assert bands["predicted_lower"] == pytest.approx(
        slope * X + offset - factor * s * np.sqrt(1 + inner)
    )


def test_a_fit_and_a_measured_value_together(fitted):
    program = "param a = 0; param b = 0; f = a*x + b;"
    saved, _, report = fitted(f"{program} f - y")
    covariance = report.summary["covariance"]
    alone = found(f"{program} f", "x=3", params=saved)
    expected = 9 * covariance["a"]["a"] + covariance["b"]["b"] + 6 * covariance["a"]["b"]
    assert alone.error == pytest.approx(math.sqrt(expected))
    both = found(f"{program} f", "x=3±0.5", params=saved)
    slope = report.summary["params"]["a"]
    assert both.error == pytest.approx(math.sqrt(expected + (0.5 * slope) ** 2))
    assert both.shares["parameters"] == pytest.approx(expected / both.error**2)


def test_a_parameter_with_a_value_of_its_own_is_exact(fitted):
    program = "param a = 0; param b = 0; f = a*x + b;"
    saved, _, report = fitted(f"{program} f - y")
    got = found(f"{program} f", "x=3", "a=2", params=saved)
    assert got.error == pytest.approx(math.sqrt(report.summary["covariance"]["b"]["b"]))


def test_parameters_in_a_vector(fitted):
    apart = "param a = 0; param b = 0; f = a*x + b;"
    saved, data, _ = fitted(f"{apart} f - y")
    one = uncertainty(ask(f"{apart} f", data=[data], params=saved), None).error
    together = "param p = zeros(2); f = p[0]*x + p[1];"
    saved, data, _ = fitted(f"{together} f - y")
    other = uncertainty(ask(f"{together} f", data=[data], params=saved), None).error
    assert other == pytest.approx(one, rel=1e-7)


def test_a_likelihood_carries_its_covariance_too(fitted):
    saved, _, report = fitted(
        "param m = 1; mean((y - m)^2/2 + 0*x + log(1 + m^2)*0)", optimizer="newton", errors=True
    )
    got = found("param m = 1; 3*m", params=saved)
    assert got.error == pytest.approx(3 * report.rows[0]["std_error"])


@pytest.mark.parametrize("suffix", ["json", "npz"])
@pytest.mark.parametrize(
    ("start", "slope"),
    [
        ("param a = 1; param b = 2", "a*b"),
        ("param a = 1; param b = 1", "(a + b)"),
        ("param a = [1, 1]; param b = 1", "(a[0] + 2*a[1] - b)"),
    ],
)
def test_what_a_fit_left_open_has_an_error_where_it_does_not_matter(fitted, start, slope, suffix):
    one = "param k = 1; param c = 0; f = k*x + c;"
    saved, _, _ = fitted(f"{one} f - y", suffix)
    known = [found(f"{one} {f}", *at, params=saved).error for f, at in AT]
    many = f"{start}; param c = 0; k = {slope}; f = k*x + c;"
    saved, _, _ = fitted(f"{many} f - y", suffix)
    errors = [found(f"{many} {f}", *at, params=saved).error for f, at in AT]
    assert np.concatenate(list(map(np.ravel, errors))) == pytest.approx(
        np.concatenate(list(map(np.ravel, known))), rel=1e-6
    )


AT = [("f", ["x=2"]), ("f", ["x=[0, 5]"]), ("k", []), ("c", []), ("exp(k) + 0*c", [])]


def test_what_a_fit_left_open_has_no_error_where_it_matters(fitted):
    program = "param a = 1; param b = 2; param c = 0; f = a*b*x + c;"
    saved, _, _ = fitted(f"{program} f - y")
    question = ask(f"{program} a*[1, x, 0] + c", ["x=2"], params=saved)
    errors = uncertainty(question, None).error
    assert np.isnan(errors).tolist() == [True, True, False]
    assert question.notes[-1] == "the fit left a undetermined: there is no error where they matter"


def test_a_likelihood_leaves_directions_open_too(fitted):
    program = "param m = 1; param n = 1; mean((y - m - n)^2/2 + 0*x + 0*log(1 + m^2))"
    saved, _, report = fitted(program, optimizer="newton", errors=True)
    assert all(row["std_error"] is None for row in report.rows)
    assert found("param m = 1; param n = 1; 3*(m + n)", params=saved).error == pytest.approx(
        3 / math.sqrt(len(Y))
    )
    assert math.isnan(found("param m = 1; m", params=saved).error)


def test_a_parameter_on_its_bound_is_exact(fitted):
    program = "param a = 1 in 0:1.5; param b = 0; f = a*x + b;"
    saved, _, _ = fitted(f"{program} f - y")
    got = found(f"{program} f", "x=3", params=saved)
    _, _, report = fitted("const a = 1.5; param b = 0; f = a*x + b; f - y")
    assert got.error == pytest.approx(report.rows[0]["std_error"])


def test_a_band_of_predictions_is_for_what_was_compared_alone(fitted):
    program = "param a = 0; param b = 0; f = a*x + b;"
    saved, _, _ = fitted(f"{program} f - y")
    for of, both in (("f", True), ("3*a", False), ("f - b", False)):
        got = found(
            f"{program} g = {of}" if of != "f" else f"{program} f", "x=3", params=saved, level=0.9
        )
        assert ("predicted_lower" in got.bands(1.0)) == both
    saved, _, _ = fitted(f"{program} (f - y)/(1 + x)")
    assert "predicted_lower" not in found(f"{program} f", "x=3", params=saved, level=0.9).bands(1.0)


def test_a_parameter_that_was_held_keeps_its_value(fitted):
    program = "param a = 1; param b = 0; f = a*x + b;"
    saved, _, report = fitted(f"{program} f - y", fix=["a"])
    question = ask(f"{program} f", ["x=3"], params=saved)
    value = question.run([question.model.output])[question.model.output]
    assert value == pytest.approx(3 + report.summary["params"]["b"])


def test_standardized_data_make_no_difference(fitted):
    program = "param a = 0; param b = 0; f = a*x + b;"
    saved, _, _ = fitted(f"{program} f - y")
    plain = found(f"{program} f", "x=3±0.5", params=saved)
    saved, _, _ = fitted(f"{program} f - y", standardize=["x"])
    scaled = found(f"{program} f", "x=3±0.5", params=saved)
    assert scaled.error == pytest.approx(plain.error, rel=1e-6)
    assert scaled.shares == pytest.approx(plain.shares, rel=1e-6)
    points = ask(f"{program} f", ["x=1:4:4"], params=saved)
    rows = list(ranged(points, backward=True).rows)
    slope = np.polyfit(X, Y, 1)
    assert [row["f"] for row in rows] == pytest.approx(np.polyval(slope, [1, 2, 3, 4]))
    assert [row["grad.x"] for row in rows] == pytest.approx([slope[0]] * 4)


def test_errors_in_the_units_of_a_standardized_column(tmp_path):
    """The same fit without a scale gives the same predictions, errors and bands."""
    draws = np.random.default_rng(7)
    x = np.linspace(3, 9, 30)
    data = {"x": x, "y": 40 * x - 100 + draws.normal(0, 7, 30)}
    pairs = zip(x.tolist(), data["y"].tolist())
    (tmp_path / "d.csv").write_text("x,y\n" + "".join(f"{a!r},{b!r}\n" for a, b in pairs))
    model = "param a = 0; param b = 0; p = a*x + b; p - y"
    rows, one = [], []
    for name, scaled in (("plain", ""), ("scaled", "x,y")):
        path = str(tmp_path / f"{name}.json")
        options = {"standardize": scaled.split(",")} if scaled else {}
        Model(model).descend(data=data, optimizer="lm", tol=0.0, save=path, **options)
        question = ask(model, of="p", data=[str(tmp_path / "d.csv")], params=path)
        back = units(question, "y") if scaled else None
        sure = uncertainty(question, 0.95)
        rows.append(list(per_row(question, back, sure.in_units(back) if back else sure).rows))
        single = ask(model, ["x=10"], of="p", params=path)
        back = units(single, "y") if scaled else None
        sure = uncertainty(single, 0.95)
        report = evaluate(single, back, sure.in_units(back) if back else sure)
        one.append({n: v for n, v in report.summary.items() if isinstance(v, float)})
    bands = {"lower", "upper", "predicted_lower", "predicted_upper"}
    assert set(one[0]) == {"value", "std_error", *bands}
    assert one[1] == pytest.approx(one[0], rel=1e-9)
    for plain, scaled in zip(*rows):
        assert scaled == pytest.approx(plain, rel=1e-9)
