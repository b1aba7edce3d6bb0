"""Every repair is right as it is printed, and numbers are printed as one would write them."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.check.constants import spelled
from gradcli.errors import GradError
from gradcli.report import Report

Checked = Callable[..., Report]

CLASSES = ["Z=[[0.1,0.5,-1],[1,2,3]]", "y=[2,0]"]


def repaired(checked: Checked, source: str, *values: str, claim: str, **options: object) -> str:
    """The claim that the check of `claim` suggests, "" for none."""
    report = checked(source, *values, claims=[claim], **options)
    assert report.exit_code == 1
    assert " is wrong: " in report.warnings[0]
    if len(report.warnings) == 1:
        return ""
    formula = report.warnings[1].rpartition(": ")[2]
    assert checked(source, *values, claims=[formula], **options).exit_code == 0, formula
    return formula


@pytest.mark.parametrize(
    ("source", "values", "claim", "formula"),
    [
        # Brackets.
        (
            "s = sigmoid(x); L = s*y", [], "x = s^2*(1-s)^2*y",
            "x = (s^2*(1-s)^2*y)/(s*(1 - s))",
        ),
        ("h = tanh(x); L = 3*h", [], "x = 3*(1-h^2)^2", "x = (3*(1-h^2)^2)/(1 - h^2)"),
        ("x^2/y", [], "x = 2*x*y/y", "x = (2*x*y/y)/y"),
        ("x^3", [], "x = x + x", "x = 1.5*x*(x + x)"),
        ("x^2", [], "x = x+x+x", "x = 2/3*(x+x+x)"),
        # Irrational numbers.
        ("x^2/sqrt(2)", [], "x = 2*x", "x = 1/sqrt(2)*(2*x)"),
        ("x^2/sqrt(2)", ["x=3"], "x = 2*x", "x = 1/sqrt(2)*(2*x)"),
        ("sqrt(2/pi)*x^2", [], "x = 2*x", "x = sqrt(2/pi)*(2*x)"),
        ("pi*x^2/4", [], "x = x", "x = pi/2*x"),
        ("erf(x)", [], "x = exp(-x^2)", "x = 2/sqrt(pi)*exp(-x^2)"),
        ("log2(x)", [], "x = 1/x", "x = 1/log(2)*(1/x)"),
        ("x^2/sqrt(2*pi)", [], "x = -2*x", "x = (-1/sqrt(2*pi))*(-2*x)"),
        ("x^2 + pi*x", [], "x = 2*x", "x = 2*x + pi"),
        # Classes.
        (
            "cross_entropy(z, y)", ["z=[0.1,0.2,0.3]", "y=1"], "z = softmax(z) - y",
            "z = softmax(z) - onehot(y, 3)",
        ),
        (
            "cross_entropy(z, y)", ["z=[0.1,0.2,0.3]", "y=0"], "z = softmax(z) - y",
            "z = softmax(z) - onehot(y, 3)",
        ),
        (
            "cross_entropy(z, y)", ["z=[0.1,0.2]", "y=1"], "z = softmax(z) - y",
            "z = softmax(z) - onehot(y, 2)",
        ),
        # What is given is no number of the formula.
        ("c*x^2", ["c=3"], "x = 2*x", "x = (2*x)*c"),
        ("const c = 3; c*x^2", [], "x = 2*x", "x = (2*x)*c"),
        ("sum(c*x^2)", ["c=3", "x=[1,2]"], "x = 2*x", "x = (2*x)*c"),
        ("norm(u)*c", ["u=[3,4]"], "u = u*c", "u = (u*c)/norm(u)"),
        ("norm(u)*c", ["u=[3,4]"], "u = u/norm(u*u)*c", ""),
        # A factor that is 1 at the point.
        ("bce(p, t)", ["p=0.3", "t=1"], "p = p - t", "p = (p - t)/(p*(1 - p))"),
        ("x^2*t", ["x=2", "t=1"], "x = x", "x = 2*t*x"),
        ("(1 - t)*x^2", ["x=2", "t=0.5"], "x = 2*x", "x = (2*x)*(1 - t)"),
        # A term, and how often.
        ("x^2 + 3*x*y", [], "x = 2*x", "x = 2*x + 3*y"),
        ("x^2 + 3*x*y", [], "x = 2*x + 4*y", "x = 2*x + 4*y - y"),
        ("sum(w^4) + lam*sum(w^2)", ["w=[1,2]", "lam=3"], "w = 4*w^3", "w = 4*w^3 + 2*lam*w"),
        ("sum(w^4) - lam*sum(w^2)", ["w=[1,2]", "lam=3"], "w = 4*w^3 - lam*w",
         "w = 4*w^3 - lam*w - lam*w"),
        ("x^2 - x*exp(y)/2", [], "x = 2*x", "x = 2*x - 0.5*exp(y)"),
        (
            "cross_entropy(z, 2)", ["z=[0.1,0.2,0.3]"], "z = softmax(z)",
            "z = softmax(z) - onehot(2, 3)",
        ),
        (
            "cross_entropy(z, y)", ["z=[0.1,0.2]", "y=1"], "z = softmax(z)",
            "z = softmax(z) - onehot(y, 2)",
        ),
        (
            "mean(cross_entropy(Z, y))", CLASSES, "Z = softmax(Z)/2",
            "Z = softmax(Z)/2 - 0.5*onehot(y, 3)",
        ),
    ],
)  # fmt: skip
def test_repairs_are_right(
    checked: Checked, source: str, values: list[str], claim: str, formula: str
) -> None:
    assert repaired(checked, source, *values, claim=claim) == formula


def test_class_of_every_row_needs_a_onehot(checked: Checked) -> None:
    with pytest.raises(GradError) as caught:
        checked("mean(cross_entropy(Z, y))", *CLASSES, claims=["Z = (softmax(Z) - y)/2"])
    formula = caught.value.hint.removeprefix("write ")
    assert formula == "(softmax(Z) - onehot(y, 3))/2"
    claim = f"Z = {formula}"
    assert checked("mean(cross_entropy(Z, y))", *CLASSES, claims=[claim]).exit_code == 0


def test_what_is_nan_has_no_factor_of_one(checked: Checked) -> None:
    report = checked("x^2", "x=0", claims=["x = 2*x*x/x"])
    assert len(report.warnings) == 1


def test_a_term_that_is_missing_is_not_called_too_many(checked: Checked) -> None:
    report = checked("cross_entropy(z, y)", "z=[0.1,0.2]", "y=1", claims=["z = softmax(z)"])
    assert report.warnings[1].startswith("the term -onehot(y, 2) is missing: ")


def test_one_point_makes_no_factor(checked: Checked) -> None:
    """Where the claim is not 0 at a single point, some number is right there, and nowhere else."""
    source = "where(j > 0.85, sin(k)*x, 0*x)"
    for seed in range(20):
        claims = ["x = exp(j)*(j > 0.85)"]
        report = checked(source, claims=claims, range="-1:1", points=4, seed=seed)
        assert len(report.warnings) == 1, report.warnings


@pytest.mark.parametrize(
    ("source", "value", "claim"),
    [
        ("sigmoid(x)", "x=-30", "x = 0"),
        ("f = sigmoid(x); f", "x=-40", "x = 0"),
        ("sum(sigmoid(x))", "x=[-30,-35]", "x = [0, 0]"),
    ],
)
def test_what_is_alike_far_out_alone_is_no_repair(
    checked: Checked, source: str, value: str, claim: str
) -> None:
    assert repaired(checked, source, value, claim=claim) == ""


def test_a_repair_on_one_side_of_a_comparison(checked: Checked) -> None:
    source = "where(x > 2, x^3, sin(x))"
    assert repaired(checked, source, "x=3", claim="x = x^2") == "x = 3*(x^2)"
    assert repaired(checked, "relu(x)^2", "x=3", claim="x = x") == "x = 2*x"


def test_repair_holds_at_the_given_point_too(checked: Checked) -> None:
    """(y*x)/x is y everywhere but where it was asked for."""
    assert repaired(checked, "x*y + x^2", "x=0", "y=3", claim="x = y + 1") in ("", "x = y + 1 - 1")


@pytest.mark.parametrize(
    ("source", "values", "claim"),
    [
        # It compares what the program does not, and the points tried take one side of it.
        ("x + y", ["x=5", "y=1"], "x = where(x < 4, 1, 2)"),
        ("x*y", ["x=5", "y=1"], "x = where(x > 4, 2, 3)*y"),
        ("x^2/3 + y/100", [], "x = where(x < 4.99, 2*x/3, 7)"),
        # Nearly all that the points say, one of them says.
        ("exp(-100*x^2)", [], "x = -200*x*(1 - x)*(2 - x)*exp(-100*x^2)"),
        ("exp(-100*x^2)", [], "x = -200*x*(1 - x)^3*exp(-100*x^2)"),
    ],
)
def test_what_holds_at_the_points_by_chance_is_no_repair(
    checked: Checked, source: str, values: list[str], claim: str
) -> None:
    for seed in range(12):
        report = checked(source, *values, claims=[claim], seed=seed)
        for warning in report.warnings[1:]:
            again = [warning.rpartition(": ")[2]]
            assert checked(source, claims=again, seed=99, points=500).exit_code == 0, warning


PARTS = ["x", "y", "s", "(1 - s)", "s*(1 - s)", "2", "exp(y)", "x^2", "-1", "pi", "sqrt(3)"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=3), st.sampled_from("*/+-"))
def test_whatever_is_suggested_passes(checked: Checked, parts: list[str], sign: str) -> None:
    claim = f"x = s*(1 - s)*y {sign} {'*'.join(parts)}"
    report = checked("s = sigmoid(x); L = s*y", points=8, claims=[claim])
    for warning in report.warnings[1:]:
        formula = warning.rpartition(": ")[2]
        again = checked("s = sigmoid(x); L = s*y", points=8, claims=[formula])
        assert again.exit_code == 0, (claim, warning)


@pytest.mark.parametrize(
    "text",
    [
        "2", "0.5", "1/3", "(-1/3)", "-1.5", "1/32", "12345", "1234567890", "1/12345", "0.001",
        "sqrt(2)", "1/sqrt(2)", "(-sqrt(2))", "2*sqrt(3)", "sqrt(3)/2", "sqrt(2/3)", "3/sqrt(7)",
        "pi", "pi/2", "2*pi", "-2*pi", "1/pi", "3/(4*pi)", "sqrt(pi)", "2/sqrt(pi)", "sqrt(pi/2)",
        "sqrt(2/pi)", "1/sqrt(2*pi)", "1/log(2)", "log(10)", "exp(1)", "1/exp(1)", "0.8414709848",
    ],
)  # fmt: skip
def test_numbers_are_spelled_as_one_would(text: str) -> None:
    value = eval(text, {**vars(math)})
    assert spelled(value) == text


@given(st.floats(1e-6, 1e6), st.booleans())
def test_spelled_numbers_are_the_numbers(value: float, negative: bool) -> None:
    value = -value if negative else value
    found = eval(spelled(value), {**vars(math)})
    assert found == pytest.approx(value, rel=2e-9)
