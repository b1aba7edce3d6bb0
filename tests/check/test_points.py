"""check: where the points lie that a derivative is tried at, and what is said of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from gradcli.errors import GradError
from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Op
from gradcli.language import parse
from gradcli.report import Report

Checked = Callable[..., Report]

ONE = "param b = 0; param w = 1.5; const x = 2; L = (x*w+b)^2"
RIGHT_AT_ONE = "w = 2*x*(x*w)"


def point(row: dict[str, Any]) -> dict[str, Any]:
    """The values of a row's point, by name."""
    parts = (part.split("=") for part in row["point"].split())
    return {name: json.loads(value) for name, value in parts}


# Near the given point.


def test_one_point_is_said_to_be_one_where_the_check_passed(checked: Checked) -> None:
    report = checked(ONE, claims=[RIGHT_AT_ONE])
    assert report.summary["points"] == 1
    assert report.notes == [
        "everything has a value, so one point was tried: --points 20 adds random ones near it"
    ]
    assert not checked(ONE, claims=["w = 1"]).notes
    assert not checked("x^2").notes


def test_points_near_the_given_one_tell_what_it_does_not(checked: Checked) -> None:
    report = checked(ONE, claims=[RIGHT_AT_ONE], points=20)
    assert report.exit_code == 1
    assert report.summary["points"] == 21
    assert not report.notes
    (row,) = report.rows
    at = point(row)
    assert set(at) == {"b", "w"}
    assert 0 < abs(at["b"]) <= 0.2
    assert 0 < abs(at["w"] - 1.5) <= 0.3
    again = checked(ONE, *row["point"].split(), claims=[RIGHT_AT_ONE])
    assert [r["claim"] for r in again.rows] == [row["claim"]]
    assert checked(ONE, claims=["w = 2*x*(x*w + b)"], points=20).exit_code == 0


def test_what_is_no_variable_stays_where_it_is(checked: Checked) -> None:
    source = "const c = 3; x*c + E[i] + cross_entropy(z, k)"
    values = ["x=1", "E=[1,2]", "i=1", "z=[1,2]", "k=1"]
    first, *_ = checked(source, *values, points=2).rows
    assert set(point(first)) == {"x", "E", "z"}
    first, *_ = checked(source, *values, points=2, wrt="c").rows
    assert set(point(first)) == {"x", "c", "E", "z"}


def test_points_near_one_that_nothing_can_leave(checked: Checked) -> None:
    report = checked("a = 2; b = a^2", wrt="a", points=20)
    assert report.summary["points"] == 1
    assert report.notes == ["nothing that the output is made of can vary, so one point was tried"]
    assert not checked("a = 2; b = a^2", wrt="a").notes


def test_near_points_come_closer_where_the_far_ones_are_not_finite(checked: Checked) -> None:
    narrow = ",".join(["0.001"] * 30)
    report = checked("sum(log(p))", f"p=[{narrow}]", points=5)
    assert report.summary["points"] == 6
    assert report.exit_code == 0
    report = checked("sum(log(x)) + sqrt(y)", "x=[1,2]", "y=0.1", points=5)
    assert report.summary["points"] == 6
    assert report.summary["skipped"] > 0


def test_a_given_point_that_others_are_not_finite_around(checked: Checked) -> None:
    report = checked("log(1 - (x - 2)^2*1e300) + 0*y", "x=2", "y=1", points=3)
    assert report.summary["points"] == 4
    assert all(at["x"] == 2 for at in map(point, report.rows))
    report = checked("log(1 - (x - 2)^2*1e300)", "x=2", points=3)
    assert report.summary["points"] == 1
    assert report.warnings[0] == "e is finite at 0 of 300 random points near the given one only"
    assert checked("log(x)", "x=-1", points=3).exit_code == 3


def test_a_power_keeps_points_where_only_its_base_moves(checked: Checked) -> None:
    report = checked("x^n", "x=-2", "n=2", points=5, wrt="x")
    assert report.summary["points"] == 6
    assert report.exit_code == 0


# Both sides of every comparison.


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("where(x > 4, x^3, x^2)", "x = 2*x"),
        ("where(4.99 <= x, x^3, x^2)", "x = 2*x"),
        ("relu(x - 4.99)*y + x", "x = 1"),
        ("where(x > 4.5, where(y < -4.5, x*y, x), x)", "x = 1"),
    ],
)
def test_a_claim_that_is_wrong_on_one_side_is_caught(
    checked: Checked, source: str, claim: str, seed: int
) -> None:
    report = checked(source, claims=[claim], seed=seed)
    assert report.exit_code == 1
    assert report.summary["points"] == 20
    assert not any(text.startswith("no point") for text in report.warnings)


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("abs(x - 4.99)", "x = -1"), ("leaky_relu(x - 4.99, 0.5)", "x = 0.5"),
        ("prelu(x - 4.99, 0.5)", "x = 0.5"), ("elu(x - 4.99)", "x = exp(x - 4.99)"),
        ("max(x, 4.99)", "x = 0"), ("min(x, -4.99)", "x = 0"), ("max(x, 4.9, 4.99)", "x = 0"),
        ("clip(x, -4.99, 99)", "x = 1"), ("clip(x, -99, 4.99)", "x = 1"),
        ("clip(x, 4.9, 4.91)", "x = 0"), ("hinge(x - 3.99, 1)", "x = -1"),
        ("huber(x, 5, 9.99)", "x = x - 5"), ("x*step(x, 4.99)", "x = 0"),
        ("x*(x >= 4.99)", "x = 0"), ("where(x > 4.99, 1, 0)*x", "x = 0"),
        ("x*sign(x - 4.99)", "x = -1"), ("where((x > 4.99)*(x < 5), x, 0)", "x = 0"),
    ],
)  # fmt: skip
def test_ops_with_branches_of_their_own(checked: Checked, source: str, wrong: str) -> None:
    assert checked(source, claims=[wrong], points=5).exit_code == 1


def test_a_branch_that_no_point_takes_is_named(checked: Checked) -> None:
    report = checked("where(x > 4.9999, x^3, x^2)")
    assert report.exit_code == 0
    assert report.warnings == ["no point takes x > 4.9999: try another --range"]
    report = checked("where(x > 4.9999, x^3, x^2)", range="4:6")
    assert not report.warnings


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("relu(x^2 + 1)", "x^2 + 1 <= 0"),
        ("max(x, 100)", "x == max(x, 100)"),
        ("a = x*y; huber(a, y - 200)", "abs(a - (y - 200)) <= 1"),
        ("where(x*(x > 7), x, 2*x)", "x > 7, x * (x > 7) != 0"),
        ("where(x > 9, where(y > 0, x, y), x)", "x > 9, y > 0, y <= 0"),
        ("max(x,9) + max(x,10) + max(x,11) + max(x,12)",
         "x == max(x, 9), x == max(x, 10), x == max(x, 11) and 1 more"),
        ("where(x > 4, log(-x), x)", "x > 4"),
    ],
)  # fmt: skip
def test_untaken_branches_in_the_users_names(checked: Checked, source: str, said: str) -> None:
    assert f"no point takes {said}: try another --range" in checked(source).warnings


def test_equal_numbers_are_in_no_range(checked: Checked) -> None:
    for source in ("where(x == 3, 1, x)", "where(x != 3, x, 1)"):
        assert "no point takes x == 3: give values that do" in checked(source).warnings
        assert checked(source, "x=3", claims=["x = 0"]).exit_code == 1  # a jump


def test_branches_of_a_claim_are_taken_too(checked: Checked) -> None:
    for seed in range(10):
        claims = ["x = where(x > 4.99, 0, 2*x)"]
        assert checked("x^2", claims=claims, seed=seed).exit_code == 1


def test_what_does_not_vary_has_no_sides(checked: Checked) -> None:
    assert not checked("const k = 2; where(k > 3, x^3, x^2)").warnings
    assert not checked("sum(relu(u))*x", "u=[1,2]").warnings


def test_given_values_that_take_one_side_are_said_to(checked: Checked) -> None:
    assert checked("where(x > 3, x^3, x^2)", "x=2").notes == [
        "everything has a value, so one point was tried, which does not take x > 3:"
        " --points 20 adds random ones near it"
    ]
    report = checked("where(x > 3, x^3, x^2)", "x=2", points=20)
    assert report.warnings == ["no point takes x > 3: give other values"]
    report = checked("where(x > 2.1, x^3, x^2)", "x=2", points=20, claims=["x = 2*x"])
    assert report.exit_code == 1


def test_sides_of_an_array_are_taken_by_any_entry(checked: Checked) -> None:
    report = checked("sum(where(u > x, u, x^2))", "u=[-4.999,4.999]")
    assert not report.warnings


def test_there_are_as_many_points_as_asked_for_where_they_take_every_side(
    checked: Checked,
) -> None:
    for count in (2, 3, 20):
        assert checked("where(x > 4, x^3, x^2)", points=count).summary["points"] == count
    assert checked("where(x > 4, x^3, x^2)", points=1).summary["points"] == 2


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.sides], ids=lambda op: op.name)
def test_sides_are_conditions_on_the_arguments(op: Op) -> None:
    names = {parameter.name for parameter in op.parameters} | {"abs"}
    names |= {"y"} if names >= {"xs"} else set()
    for side in op.sides:
        parse(side)
        assert set(re.findall(r"[a-z]\w*", side)) <= names


def test_a_class_that_there_is_not_is_no_matter_of_the_range(checked: Checked) -> None:
    with pytest.raises(GradError) as caught:
        checked("cross_entropy(z, c)", "c=2", shape=["z=2"])
    assert caught.value.what == "e = cross_entropy(z, c): there is no class 2 among 2"
