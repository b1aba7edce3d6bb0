"""check: verdicts, points, and what cannot be checked."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.language import sample_names, sample_text
from gradcli.report import Report

Checked = Callable[..., Report]


def rows(report: Report) -> list[dict[str, Any]]:
    return list(report.rows)


def verdicts(report: Report) -> list[str]:
    return [row["verdict"] for row in report.rows]


def test_right_gradient_passes(checked: Checked) -> None:
    report = checked("x1^2*x2 + cos(x3)", "x1=2", "x2=3", "x3=0.5")
    assert report.exit_code == 0
    assert not report.warnings
    assert [row["variable"] for row in report.rows] == ["x1", "x2", "x3"]
    assert verdicts(report) == ["ok"] * 3
    exact = [12, 4, -math.sin(0.5)]
    assert [row["analytic"] for row in report.rows] == pytest.approx(exact, rel=1e-15)
    assert [row["numeric"] for row in report.rows] == pytest.approx(exact, rel=1e-12)
    assert report.summary.keys() == {"passed", "max_rel_error", "points", "worst", "cs231n"}
    assert report.summary["passed"] is True
    assert report.summary["points"] == 1
    assert report.summary["max_rel_error"] < 1e-12
    assert report.summary["cs231n"].endswith(" of max(|a|, |n|), ≤ 1e-7: happy")


def test_columns_are_those_of_the_page(checked: Checked) -> None:
    assert checked("x^2", "x=3").columns == [
        "variable", "index", "analytic", "numeric", "abs_error", "rel_error", "verdict", "point",
        "claim", "cs231n_error",
    ]  # fmt: skip


def test_errors_are_the_largest_and_relative_to_one(checked: Checked) -> None:
    (row,) = rows(checked("exp(3*x)", "x=1", step=0.1, rtol=1e-9))
    assert row["verdict"] == "wrong"
    central = (math.exp(3.3) - math.exp(2.7)) / 0.2
    assert row["numeric"] == pytest.approx(central, rel=1e-14)
    assert row["abs_error"] == pytest.approx(central - 3 * math.exp(3), rel=1e-10)
    assert row["rel_error"] == pytest.approx(row["abs_error"] / central, rel=1e-10)
    (row,) = rows(checked("0.1*exp(x)", "x=0", step=1e-2, rtol=0, atol=1e-12))
    assert row["rel_error"] == row["abs_error"]


def test_kink_shows_both_slopes_and_fails(checked: Checked) -> None:
    report = checked("abs(x)", "x=0")
    (row,) = rows(report)
    assert row["verdict"] == "kink"
    assert row["note"] == "slopes -1 from the left, 1 from the right"
    assert report.exit_code == 1
    assert report.summary["passed"] is False


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("max(x, y)", ["x=1", "y=1"]),
        ("relu(x)", ["x=0"]),
        ("where(x > 0, x^2, -x)", ["x=0"]),
        ("min(x, 2)", ["x=2"]),
        ("clip(x, -1, 1)", ["x=1"]),
        ("hinge(s, t)", ["s=1", "t=1"]),
        ("sum(abs(u))", ["u=[1, 0]"]),
        ("leaky_relu(x)", ["x=0"]),
        ("norm(u)", ["u=[0, 0]"]),
        ("max([x, y, 3])", ["x=3", "y=1"]),
        ("floor(x)", ["x=2"]),
        ("mod(x, 1)", ["x=10000"]),
        ("floor(1000*x)/1000", ["x=0.5"]),
        ("where(x > 0.5, x^2, x)", ["x=0.5"]),
        ("x*step(x, 3)", ["x=3"]),
    ],
)
@pytest.mark.parametrize("step", [None, 1e-4])
def test_kinks(checked: Checked, source: str, values: list[str], step: float | None) -> None:
    report = checked(source, *values, step=step)
    assert "kink" in verdicts(report)
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("abs(x)", "x=1e-9"),
        ("relu(x)", "x=-1e-7"),
        ("max(x, 1)", "x=1.0000001"),
        ("x*abs(x)", "x=0"),
    ],
)
def test_near_a_kink_is_no_kink(checked: Checked, source: str, value: str) -> None:
    assert verdicts(checked(source, value)) == ["ok"]


@pytest.mark.parametrize(
    ("source", "value"),
    [("x + 1e12", "x=1.1"), ("(x + 1e13) - 1e13", "x=1.1"),
     ("cos(x)*1e-4 + 1e11", "x=1")],
)  # fmt: skip
def test_noise_says_what_could_be_reached_and_passes_nothing(
    checked: Checked, source: str, value: str
) -> None:
    report = checked(source, value)
    (row,) = rows(report)
    assert row["verdict"] == "noise"
    assert re.fullmatch(r"accurate to ±[\d.e+-]+ at best", row["note"])
    assert row["abs_error"] <= float(row["note"].split("±")[1].split()[0]) * 1.5
    assert report.exit_code == 1
    assert report.warnings == [
        "nothing could be checked: the numeric derivative is nowhere accurate enough"
    ]


@pytest.mark.parametrize(
    ("source", "value", "note"),
    [
        ("floor(x)", "x=2", "a jump on the left"),
        ("ceil(x) + x^2", "x=2", "a jump on the right"),
        ("sign(x)", "x=0", "a jump on both sides"),
        ("1e-4*floor(x) + 100*sin(x)", "x=3", "a jump on the left"),
    ],
)
def test_a_jump_is_a_kink(checked: Checked, source: str, value: str, note: str) -> None:
    (row,) = rows(checked(source, value))
    assert (row["verdict"], row["note"]) == ("kink", note)


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("sin(100*x)", ["x=1e8"]),
        ("sin(1e6*x)", ["x=1e6"]),
        ("sin(1e8*x)/1e8", ["x=1e4"]),
        ("abs(sin(50*x))", ["x=1e8"]),
        ("mod(x, 0.001)", ["x=1e6"]),
        ("x^2*sin(1/x)", ["x=1e-9"]),
        ("sin(1e4*sum(u))", ["u=[1e8, 1]"]),
    ],
)
def test_a_wave_that_is_too_short_for_every_step_is_noise(
    checked: Checked, source: str, values: list[str]
) -> None:
    report = checked(source, *values)
    assert "wrong" not in verdicts(report)
    assert "kink" not in verdicts(report)
    for row in report.rows:
        if row["verdict"] == "noise" and row["note"] != "the differences do not settle":
            assert row["abs_error"] <= float(re.findall(r"±(\S+)", row["note"])[0])


CANCELS = "(1 - cos(x))/x^2"


@pytest.mark.parametrize(
    ("source", "value", "claims", "verdict"),
    [
        (CANCELS, "x=1e-3", [], "noise"),
        ("expm1(x)/x", "x=1e-100", [], "noise"),
        (CANCELS, "x=1e-3", ["x = sin(x)/x^2 - 2*(1 - cos(x))/x^3"], "noise"),
        (CANCELS, "x=1e-3", ["x = (-1/12)*x"], "noise"),
        (CANCELS, "x=1e-3", ["x = (-1/12)*x + 1e-5"], "wrong"),
        (CANCELS, "x=1", ["x = (sin(x)/x^2 - 2*(1 - cos(x))/x^3)*(1 + 2e-6)"], "wrong"),
        (f"f = [{CANCELS}]", "x=1e-3", [], "noise"),
        (f"sum([x, 2*x, {CANCELS}])", "x=1e-3", [], "ok"),
    ],
)
def test_a_backward_pass_that_lost_its_digits_is_noise(
    checked: Checked, source: str, value: str, claims: list[str], verdict: str
) -> None:
    (row,) = rows(checked(source, value, claims=claims))
    assert row["verdict"] == verdict


def test_noise_beside_what_is_ok_passes(checked: Checked) -> None:
    report = checked("[x^2, y + 1e13]", "x=3", "y=1.1")
    assert sorted(set(verdicts(report))) == ["noise", "ok"]
    assert report.exit_code == 0


def test_infinite_gradient_is_no_pass(checked: Checked) -> None:
    report = checked("sqrt(x)", "x=0")
    assert report.exit_code == 3
    assert report.summary["passed"] is False
    (row,) = rows(report)
    assert row["note"] == "the gradient is inf"


# Points.


def test_variables_without_a_value_are_tried_at_random_points(checked: Checked) -> None:
    report = checked("sin(x)*exp(y)")
    assert report.summary["points"] == 20
    assert report.summary["skipped"] == 0
    assert report.summary["range"] == "-5:5"
    assert report.summary["seed"] == 0
    for row in report.rows:
        assert re.fullmatch(r"x=-?[\d.]+ y=-?[\d.]+", row["point"])
        x, y = (float(part.split("=")[1]) for part in row["point"].split())
        exact = math.exp(y) * (math.cos(x) if row["variable"] == "x" else math.sin(x))
        assert row["analytic"] == pytest.approx(exact, rel=1e-14)
        assert -5 <= x <= 5
        assert -5 <= y <= 5


def test_points_are_as_many_and_lie_where_they_are_asked_for(checked: Checked) -> None:
    report = checked("x^2", points=3, range="100:101")
    assert report.summary["points"] == 3
    assert 100 <= float(rows(report)[0]["point"][2:]) <= 101


def test_seed_chooses_the_points(checked: Checked) -> None:
    first, again, other = (rows(checked("x^3", seed=seed))[0] for seed in (0, 0, 1))
    assert first == again
    assert first["point"] != other["point"]


def test_points_that_are_not_finite_are_drawn_again_and_counted(checked: Checked) -> None:
    report = checked("log(x) + sqrt(y)")
    assert report.exit_code == 0
    assert report.summary["points"] == 20
    assert report.summary["skipped"] > 20
    assert all("=-" not in row["point"] for row in report.rows)


def test_few_points_are_said_to_be_few(checked: Checked) -> None:
    report = checked("sqrt(x - 4.99)", points=20)
    assert report.exit_code == 0
    assert 0 < report.summary["points"] < 20
    found = report.summary["points"]
    assert report.warnings == [f"e is finite at {found} of 2,000 random points in -5:5 only"]


def test_finite_nowhere_is_exit_code_3(checked: Checked) -> None:
    report = checked("log(-abs(x) - 1)")
    assert report.exit_code == 3
    assert report.summary["passed"] is False
    assert report.summary["points"] == 0
    assert report.warnings == [
        "e is finite at none of 2,000 random points in -5:5: try another --range"
    ]


def test_not_finite_at_the_given_point_is_exit_code_3(checked: Checked) -> None:
    report = checked("log(x)", "x=-1")
    assert report.exit_code == 3
    assert not rows(report)
    assert report.warnings[0].startswith("e is not finite: e = log(x) is nan at x = -1")


def test_given_values_and_starts_stay(checked: Checked) -> None:
    report = checked("param w = 3; w^2*x*c", "c=2")
    assert {row["variable"] for row in report.rows} == {"w", "x", "c"}
    assert all(row["point"].startswith("x=") and " " not in row["point"] for row in report.rows)


def test_right_at_most_points_is_wrong(checked: Checked) -> None:
    report = checked("x^2", claims=["x = where(x < -4.8, 0, 2*x)"], seed=0)
    assert verdicts(report) == ["wrong"]
    assert rows(report)[0]["point"].startswith("x=-4.8")


# What a derivative is taken of, and by.


def test_index_and_class_are_constants(checked: Checked) -> None:
    report = checked("E[i]*x + cross_entropy(z, k+1)", "E=[1,2]", "i=1", "z=[1,2,3]", "k=1")
    assert {row["variable"] for row in report.rows} == {"E", "x", "z"}
    report = checked("E[i]*i", "E=[1,2]", "i=1", wrt="E")
    assert {row["variable"] for row in report.rows} == {"E"}
    report = checked("cross_entropy(z, p)", "z=[1,2,3]", "p=[0.2,0.3,0.5]")
    assert {row["variable"] for row in report.rows} == {"z", "p"}


def test_index_that_is_a_variable_too(checked: Checked) -> None:
    """Points whose index is out of range are drawn again; no step leaves the range."""
    report = checked("E[floor(x)]*x + E[0]", "E=[1,2,3,4]")
    assert report.exit_code == 0
    assert report.summary["skipped"] > 0
    with pytest.raises(GradError, match="there is no index 7 among 2"):
        checked("E[i]*x", "E=[1,2]", "i=7")
    with pytest.raises(GradError, match="there is no index 7 among 2"):
        checked("E[i]*3", "E=[1,2]", "i=7")


def test_stop_gradient_is_held(checked: Checked) -> None:
    report = checked("y = x*stop_gradient(x^2)", "x=3")
    assert verdicts(report) == ["ok"]
    assert rows(report)[0]["numeric"] == pytest.approx(9)
    assert checked("y = x*stop_gradient(x^2)").exit_code == 0
    assert checked("y = x*x*stop_gradient(x^2)", order=2).exit_code == 0


def test_draws_are_held(checked: Checked) -> None:
    report = checked("sum(randn(3)*u) + x*uniform()", "u=[1,2,3]")
    assert set(verdicts(report)) == {"ok"}


@pytest.mark.parametrize("delta", [1.5, 0, -1])
def test_huber_beyond_a_delta_of_any_sign(checked: Checked, delta: float) -> None:
    report = checked("huber(x, y, d)", "x=0.5", "y=2.25", f"d={delta}")
    assert verdicts(report) == ["ok"] * 3


def test_vector_output_checks_its_jacobian(checked: Checked) -> None:
    report = checked("f = [x*y, x + y]", "x=2", "y=3")
    assert report.columns[:4] == ["output", "output_index", "variable", "index"]
    found = {(tuple(r["output_index"]), r["variable"]): r["analytic"] for r in report.rows}
    assert found == {((0,), "x"): 3, ((1,), "x"): 1, ((0,), "y"): 2, ((1,), "y"): 1}
    assert report.summary["worst"] in {"f[0] by x", "f[1] by x", "f[0] by y", "f[1] by y"}


def test_matrix_by_matrix(checked: Checked) -> None:
    report = checked("W@X", "W=[[1,2],[3,4]]", "X=[[1,0.5,2],[0.1,1,3]]")
    assert len(rows(report)) == 6 * 4 + 6 * 6
    assert set(verdicts(report)) == {"ok"}


def test_intermediate_nodes_by_wrt(checked: Checked) -> None:
    report = checked("r = a+b; s = b+1; e = r*s", "a=2", "b=1", wrt="b,r,s")
    found = {row["variable"]: row["numeric"] for row in report.rows}
    assert found == pytest.approx({"b": 5, "r": 2, "s": 3})


def test_second_order(checked: Checked) -> None:
    report = checked("rosenbrock", "x=-1.2", "y=1", order=2)
    assert report.columns[:4] == ["variable", "index", "variable2", "index2"]
    found = {(r["variable"], r["variable2"]): r["numeric"] for r in report.rows}
    assert found == pytest.approx(
        {("x", "x"): 1330, ("y", "x"): 480, ("x", "y"): 480, ("y", "y"): 200}
    )
    assert report.summary["passed"] is True


def test_second_order_of_a_vector(checked: Checked) -> None:
    report = checked("[x^2*y, sin(y)]", "x=2", "y=3", order=2)
    found = {
        (r["output_index"][0], r["variable"], r["variable2"]): r["analytic"] for r in report.rows
    }
    assert found[0, "x", "x"] == 6
    assert found[0, "x", "y"] == found[0, "y", "x"] == 4
    assert found[1, "y", "y"] == pytest.approx(-math.sin(3))
    assert report.exit_code == 0


def test_second_order_kink(checked: Checked) -> None:
    assert "kink" in verdicts(checked("relu(x)^2", "x=0", order=2))
    assert verdicts(checked("relu(x)^2", "x=0")) == ["ok"]


def test_every_entry_of_a_small_network(checked: Checked) -> None:
    numbers = np.random.default_rng(0)
    w = [[round(float(v), 2) for v in row] for row in numbers.normal(size=(30, 20))]
    report = checked(
        "mean(softplus(W@x + b)^2)",
        f"W={w}",
        f"x={[0.1 * i for i in range(20)]}",
        f"b={[0.1] * 30}",
    )
    assert len(rows(report)) == 650
    assert set(verdicts(report)) == {"ok"}
    assert report.summary["max_rel_error"] < 1e-9


WITHOUT_DATA = [name for name in sample_names() if "\ndata " not in sample_text(name)]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", WITHOUT_DATA)
def test_samples_pass(checked: Checked, name: str, order: int) -> None:
    report = checked(name, order=order)
    assert report.exit_code == 0, [row for row in report.rows if row["verdict"] != "ok"][:3]


@pytest.mark.parametrize("name", ["logistic_regression", "ner", "language_model", "glove"])
def test_samples_with_data_pass(checked: Checked, name: str) -> None:
    assert checked(name).exit_code == 0


# Bad input.


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step": 0.0}, "--step 0: it is a number above 0\nhint: try 1e-4"),
        ({"step": -1.0}, "--step -1: it is a number above 0\nhint: try 1e-4"),
        ({"step": math.nan}, "--step nan: it is a number above 0\nhint: try 1e-4"),
        ({"step": math.inf}, "--step inf: it is a number above 0\nhint: try 1e-4"),
        ({"points": 0}, "--points 0: it takes at least one point\nhint: write --points 20"),
        (
            {"order": 3},
            "--order 3: it is 1, the gradient, or 2, the Hessian\n"
            "hint: write --order 1 or --order 2",
        ),
        ({"rtol": -1.0}, "--rtol -1: it is a number from 0 on\nhint: write --rtol 1e-6"),
        ({"atol": math.nan}, "--atol nan: it is a number from 0 on\nhint: write --atol 1e-9"),
        (
            {"range": "5:-5"},
            "--range 5:-5: the first number is not below the second\nhint: write --range -5:5",
        ),
        ({"range": "1:1"}, "--range 1:1: the first number is not below the second"),
        ({"range": "5"}, "--range 5: expected two numbers\nhint: write --range -5:5"),
        ({"range": "a:b"}, "--range a:b: expected two numbers\nhint: write --range -5:5"),
        ({"range": "1:2:3"}, "--range 1:2:3: expected two numbers\nhint: write --range -5:5"),
        (
            {"range": "0:inf"},
            "--range 0:inf: both ends must be finite numbers\nhint: write --range -5:5",
        ),
        (
            {"range": "nan:1"},
            "--range nan:1: both ends must be finite numbers\nhint: write --range -5:5",
        ),
    ],
)
def test_options_out_of_range(checked: Checked, options: dict[str, Any], message: str) -> None:
    with pytest.raises(GradError) as caught:
        checked("x^2", **options)
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("source", "values", "message"),
    [
        ("1 + 1", [], "there is no variable to check\nhint: write a formula with a variable"),
        ("a = 2; b = a^2", [], "there is no variable to check\nhint: name a node: --wrt a"),
        (
            "const c = 2; c*3", [],
            "there is no variable to check\n"
            "hint: name a node: --wrt c, or declare it as a param: param c = …",
        ),
        ("E = [1, 2]; E[i]", ["i=1"], "there is no variable to check\nhint: name a node: --wrt E"),
        (
            "E[i]", ["E=[1,2]"],
            "'i' is an index or a class, which takes no random values\nhint: give i a value: i=0",
        ),
        (
            "param w = 2*a; w^2", [],
            "'w' starts at what needs 'a', which has no value\nhint: give a a value: a=1",
        ),
    ],
)  # fmt: skip
def test_nothing_to_check(checked: Checked, source: str, values: list[str], message: str) -> None:
    with pytest.raises(GradError) as caught:
        checked(source, *values)
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def test_wrt_of_an_index(checked: Checked) -> None:
    with pytest.raises(GradError) as caught:
        checked("E[i]", "E=[1,2]", "i=1", wrt="i")
    assert (
        str(caught.value)
        == "--wrt i: an index or a class has no derivative\nhint: leave i out of --wrt"
    )


def test_const_by_wrt(checked: Checked) -> None:
    assert checked("const c = 2; c^2*x", "x=1", wrt="c").exit_code == 0
