"""No verdict misleads: what is not finite or tiny, what a band is called, and why it failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gradcli.check.bands import measured
from gradcli.report import Report

Checked = Callable[..., Report]


def row(report: Report) -> dict[str, Any]:
    (found,) = report.rows
    return found


# What is not finite.


@pytest.mark.parametrize(
    ("source", "values", "claim", "said"),
    [
        ("x^2", ["x=3"], "x = 1/0", "the claim is inf at x=3 (1 / 0 is inf), the derivative is 6"),
        ("x^2", ["x=3"], "x = -1/0", "the claim is -inf at x=3 (-1 / 0 is -inf)"),
        ("x^2", ["x=3"], "x = 0/0", "the claim is nan at x=3 (0 / 0 is nan)"),
        ("x^2", ["x=0"], "x = 2*x*x/x", "the claim is nan at x=0 (2 * x * x / x is nan at"),
        ("x^2", ["x=3"], "x = inf", "the claim is inf at x=3 (inf is inf)"),
        ("(w*x + b)^2", ["w=1", "x=2", "b=0"], "b = 2*(w*x + b)/b*b", "(2 * (w * x + b) / b is"),
        ("x^2", ["x=-1"], "x = 2*exp(log(x))", "(log(x) is nan at x = -1)"),
        (
            "sum(u^2)", ["u=[1,0,2]"], "u = 2*u*u/u",
            "the claim is nan in entry [1] at u=[1, 0, 2] (2 * u * u / u is nan in entry [1] at",
        ),
    ],
)  # fmt: skip
def test_claim_that_is_not_finite_is_wrong_in_its_own_words(
    checked: Checked, source: str, values: list[str], claim: str, said: str
) -> None:
    report = checked(source, *values, claims=[claim])
    assert report.exit_code == 1
    assert report.summary["passed"] is False
    (warning,) = report.warnings
    assert warning.startswith(f"{claim} is wrong: ")
    assert said in warning
    wrong = [row for row in report.rows if row["verdict"] != "ok"]
    assert wrong
    assert all(row["note"].startswith("the claim is ") for row in wrong)


def test_claim_that_is_nan_at_some_of_many_points_is_wrong_there(checked: Checked) -> None:
    report = checked("x^2", claims=["x = 2*sqrt(x)^2"])
    assert row(report)["verdict"] == "wrong"
    assert "the claim is nan at x=-" in report.warnings[0]
    assert checked("x^2", range="1:2", claims=["x = 2*sqrt(x)^2"]).exit_code == 0


@pytest.mark.parametrize("claim", ["x = 1/(2*sqrt(x))", "x = inf"])
def test_infinite_slope_is_not_ok_and_refutes_no_equal_claim(checked: Checked, claim: str) -> None:
    report = checked("sqrt(x)", "x=0", claims=[claim])
    assert row(report)["verdict"] == "noise"
    assert report.exit_code == 3
    assert report.summary["passed"] is False
    assert report.warnings == ["the gradient by x is inf at x=0"]


def test_claim_against_a_gradient_that_is_nan(checked: Checked) -> None:
    report = checked("sqrt(x)^2", "x=0", claims=["x = 1"])
    assert row(report)["verdict"] != "ok"
    assert report.exit_code in (1, 3)
    assert "the backward pass says nan" in report.warnings[0]
    assert not any("missing" in text for text in report.warnings)


# Derivatives below atol.


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("1e-12*x^2", "x = 5e-12*x"),
        ("1e-12*x^2", "x = 0"),
        ("1e-12*x^2", "x = -2e-12*x"),
        ("1e-12*x^2", "x = 2.00001e-12*x"),
        ("1e-200*x^2", "x = 3e-200*x"),
        ("1e-12*x^2 + y", "x = 2e-12"),
        ("0*x", "x = 1e-12"),
        ("sigmoid(x) + sigmoid(-x)", "x = 1e-12"),
    ],
)
def test_wrong_claim_about_a_tiny_derivative_fails(
    checked: Checked, source: str, claim: str
) -> None:
    report = checked(source, claims=[claim])
    assert row(report)["verdict"] == "wrong"
    assert report.warnings[0].startswith(f"{claim} is wrong: at x=")


@pytest.mark.parametrize(
    ("source", "values", "claim"),
    [
        ("1e-12*x^2", [], "x = 2e-12*x"),
        ("1e-12*x^2", [], "x = 2.0000001e-12*x"),
        ("1e-200*x^2", [], "x = 2e-200*x"),
        ("1 + 1e-12*x^2", [], "x = 2e-12*x"),
        ("0*x", [], "x = 0"),
        ("sigmoid(x) + sigmoid(-x)", [], "x = 0"),
        ("sin(x)^2 + cos(x)^2", [], "x = 0"),
        ("sum(softmax(u))", ["u=[0.1,0.7,-2]"], "u = zeros(3)"),
        ("sum(softmax(u))", ["u=linspace(-2,2,300)"], "u = zeros(300)"),
    ],
)
def test_right_claim_about_a_tiny_derivative_passes(
    checked: Checked, source: str, values: list[str], claim: str
) -> None:
    report = checked(source, *values, claims=[claim])
    assert report.exit_code == 0, list(report.rows)
    assert not report.warnings


@pytest.mark.parametrize(
    ("source", "value", "right", "wrong"),
    [
        ("exp(x)", "x=-700", "x = exp(x)", "x = 2*exp(x)"),
        ("1e-300*x^2", "x=2", "x = 2e-300*x", "x = 3e-300*x"),
        ("1e-320*x^2", "x=2", "x = 2e-320*x", "x = 0"),
    ],
)
def test_where_numbers_lose_digits_a_wrong_claim_is_not_ok(
    checked: Checked, source: str, value: str, right: str, wrong: str
) -> None:
    assert checked(source, value, claims=[right]).exit_code == 0
    report = checked(source, value, claims=[wrong])
    assert report.exit_code == 1
    assert row(report)["verdict"] == "noise"


def test_atol_still_decides_among_entries_of_differing_scale(checked: Checked) -> None:
    source = "u[0]^2 + 1e-12*u[1]^2"
    assert checked(source, "u=[1,1]", claims=["u = [2*u[0], 0]"]).exit_code == 0


def test_repair_of_a_tiny_derivative(checked: Checked) -> None:
    report = checked("1e-12*x^2", claims=["x = 1e-12*x"])
    assert report.warnings[1] == "a factor 2 is missing: x = 2*(1e-12*x)"


# The band of CS231n.


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (0.1, "0.0909 of max(|a|, |n|), above 1e-2: probably wrong, yet within the tolerance"),
        (1e-3, "0.000999 of max(|a|, |n|), above 1e-4: uncomfortable"),
        (1e-5, "1e-05 of max(|a|, |n|), ≤ 1e-4: fine with kinks"),
        (1e-8, "1e-08 of max(|a|, |n|), ≤ 1e-7: happy"),
    ],
)
def test_bands_of_cs231n(checked: Checked, error: float, name: str) -> None:
    report = checked("x^2", "x=3", claims=[f"x = 2*x*(1 + {error!r})"], rtol=1)
    assert report.summary["cs231n"] == name
    assert row(report)["cs231n_error"] == pytest.approx(error / (1 + error), rel=1e-6)


def test_its_measure_is_not_relative_to_one(checked: Checked) -> None:
    report = checked("0.001*x^2", "x=3", claims=["x = 0.01*x"])
    found = row(report)
    assert found["rel_error"] == pytest.approx(0.024)
    assert found["cs231n_error"] == pytest.approx(0.8)
    assert report.summary["cs231n"] == "0.8 of max(|a|, |n|), above 1e-2: probably wrong"


@pytest.mark.parametrize(
    ("source", "value", "options", "claims"),
    [("abs(x)", "x=0", {}, []), ("x^2", "x=3", {"rtol": 1e-9}, ["x = 2*x*(1 + 1e-8)"])],
)
def test_failed_check_is_not_happy(
    checked: Checked, source: str, value: str, options: dict[str, float], claims: list[str]
) -> None:
    report = checked(source, value, claims=claims, **options)
    assert report.summary["passed"] is False
    assert report.summary["cs231n"].endswith("≤ 1e-7, yet the check failed")


def test_both_zero_passes() -> None:
    assert measured([0.0, 0.0], 0.0) == 0.0
    assert measured([0.0, 1e-12], 1e-9) == 0.0
    assert measured([3.0, 3.0 + 3e-10], 1e-9) == pytest.approx(1e-10, rel=1e-5)
    assert measured([-1.0, 2.0, 2.0], 1e-9) == 1.5
    assert measured([float("nan"), 2.0], 1e-9) == float("inf")


def test_where_all_is_noise_there_is_no_band(checked: Checked) -> None:
    report = checked("1e12 + x", "x=1", step=1e-8)
    assert row(report)["verdict"] == "noise"
    assert report.summary["cs231n"] is None


# Why it failed.


def test_kink_says_its_slopes(checked: Checked) -> None:
    (warning,) = checked("abs(x) + y", "x=0", "y=2").warnings
    assert warning == ("x has a kink at x=0, y=2: slopes -1 from the left, 1 from the right")


def test_kinks_of_an_array_are_counted(checked: Checked) -> None:
    (warning,) = checked("sum(abs(u))", "u=[0,1,0]").warnings
    assert warning == (
        "u[0] has a kink at u=[0, 1, 0]: slopes -1 from the left, 1 from the right;"
        " and 1 more like it"
    )


def test_claim_at_a_kink_says_so_too(checked: Checked) -> None:
    (warning,) = checked("abs(x)", "x=0", claims=["x = 0"]).warnings
    assert warning.startswith("x has a kink at x=0: ")


def test_wrong_gradient_says_both_numbers(checked: Checked) -> None:
    (warning,) = checked("exp(3*x)", "x=1", step=0.1, rtol=1e-9).warnings
    assert warning == ("x is wrong at x=1: the backward pass says 60.2566, the differences 61.1645")


def test_zero_has_no_sign_in_a_sentence(checked: Checked) -> None:
    (warning, *_) = checked("-0*x", "x=1", claims=["x = 1"]).warnings
    assert warning == "x = 1 is wrong: at x=1 it is 1, the derivative is 0"


def test_a_point_is_no_draw_of_the_program(checked: Checked) -> None:
    """A draw in the range of the points was the first of them, which made ∂(x·u)/∂x look like x."""
    report = checked("x*uniform(low=-5, high=5)", claims=["x = x"], points=1)
    assert report.summary["passed"] is False
