"""check of variables that have no value, but a shape."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.question.question import ask
from gradcli.question.shapes import parse_shape
from gradcli.report import Report

Checked = Callable[..., Report]


def test_given_shapes_are_drawn(checked: Checked) -> None:
    report = checked("x@A@x", shape=["x=3", "A=3,3"], claims=["x = (A + A.T)@x"])
    assert report.exit_code == 0
    assert report.summary["points"] == 20
    assert len(list(report.rows)) == 3
    report = checked("x@A@x", shape=["x=3", "A=3,3"], claims=["x = 2*(A@x)"])
    assert report.exit_code == 1


def test_a_shape_is_inferred_where_the_program_fixes_it() -> None:
    question = ask("x@A@x", ["A=eye(3)"], guess=True)
    assert question.graph.shapes[question.model.inputs["x"]] == (3,)
    assert question.notes == [
        "what has no value takes the least shape that fits: x (3,); --shape gives others"
    ]
    assert not ask("x@A@x", ["A=eye(3)"], guess=True, shape=["x=3"]).notes
    assert not ask("x*y", guess=True).notes


def test_what_is_taken_for_a_number_beside_inferred_shapes_is_said() -> None:
    """Else a derivative by y, a column of targets, would be one number in silence."""
    text = "k = 2; f(u) = u^k + pi; mean(f(X@w - y)) + sum(b)"
    question = ask(text, ["b=[1,2]"], guess=True, shape=["X=5,3"])
    assert question.notes == [
        "what has no value takes the least shape that fits: w (3,), y a number; "
        "--shape gives others"
    ]


def test_points_of_arrays_can_be_typed_back(checked: Checked) -> None:
    report = checked("sum(tanh(W@x))", "x=[1,2,3]", shape=["W=2,3"], claims=["W = ones(2, 3)"])
    assert report.exit_code == 1
    for row in list(report.rows)[:2]:
        name, value = row["point"].split("=")
        assert name == "W"
        drawn = np.array(json.loads(value))
        assert drawn.shape == (2, 3)
        assert np.abs(drawn).max() <= 5
        again = checked("sum(tanh(W@x))", "x=[1,2,3]", row["point"])
        (same,) = [r for r in again.rows if r["index"] == row["index"]]
        assert same["analytic"] == row["analytic"]


def test_a_long_point_is_brief_on_a_terminal(checked: Checked) -> None:
    (row, *_) = checked("sum(x^2)", shape=["x=9"], claims=["x = x"]).rows
    assert row["point"].count(",") == 8
    assert row["point"].brief.count(",") == 2
    assert row["point"].brief.endswith(",…]")


@pytest.mark.parametrize(
    ("text", "shape"),
    [("x=3", (3,)), ("x=3,4", (3, 4)), ("x=(3,)", (3,)), ("x=[3, 4]", (3, 4)), ("x=", ()),
     ("x=1e3", (1000,)), ("x = 1_000 , 2", (1000, 2))],
)  # fmt: skip
def test_spellings(text: str, shape: tuple[int, ...]) -> None:
    assert parse_shape(text) == ("x", shape)


SIZE = "a size is a whole number from 1 on\nhint: write --shape x=3 for a vector, or --shape x=3,4"


@pytest.mark.parametrize(
    ("source", "values", "shape", "message"),
    [
        ("x@x", [], "x", "--shape x: expected NAME=SIZES\nhint: write --shape W=3,4"),
        ("x@x", [], "=3", "--shape =3: expected NAME=SIZES\nhint: write --shape W=3,4"),
        *[("x@x", [], f"x={size}", f"--shape x={size}: {SIZE}")
          for size in ("-1", "a", "0", "1.5", "3,,4", "nan", "inf", "3x4")],
        ("xs@xs", [], "sx=3",
         "--shape sx=3: the output has no variable 'sx'\nhint: leave --shape sx=3 out"),
        ("wide@wide", [], "wyde=3",
         "--shape wyde=3: the output has no variable 'wyde'\nhint: did you mean 'wide'?"),
        ("sin(x)", [], "sin=3",
         "--shape sin=3: the output has no variable 'sin'\nhint: leave --shape sin=3 out"),
        ("x@c", ["c=[1,2]"], "c=2",
         "--shape c=2: 'c' has a value, and with it a shape\nhint: leave --shape c=2 out"),
        ("param w = 1; w*x", [], "w=2",
         "--shape w=2: 'w' starts at a value, which has a shape\nhint: leave --shape w=2 out"),
        ("h = 2*x; h^2", [], "h=2",
         "--shape h=2: 'h' is defined by the program\nhint: leave --shape h=2 out"),
        ("iris", [], "X=3",
         "--shape X=3: 'X' is a column of the data, and has its shape\n"
         "hint: leave --shape X=3 out"),
    ],
)  # fmt: skip
def test_shapes_that_make_no_sense(
    source: str, values: list[str], shape: str, message: str
) -> None:
    with pytest.raises(GradError) as caught:
        ask(source, values, guess=True, shape=[shape])
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def test_one_shape_a_name_and_none_too_large() -> None:
    with pytest.raises(GradError, match="--shape gives 'x' two shapes"):
        ask("x*y", guess=True, shape=["x=3", "x=2"])
    with pytest.raises(GradError, match=r"needs 8,000,000,000 GB of memory") as caught:
        ask("sum(x)", guess=True, shape=["x=1e9,1e9"])
    assert caught.value.hint == "make it smaller"


def test_a_class_of_any_shape_takes_no_random_values(checked: Checked) -> None:
    with pytest.raises(GradError) as caught:
        checked("mean(cross_entropy(Z, k))", shape=["Z=4,3", "k=4"])
    assert caught.value.hint == "give k a value: k=zeros(4)"


def test_a_claim_of_a_matrix_for_what_is_taken_as_a_number(checked: Checked) -> None:
    source, shapes = "mean((X@W - Y)^2)", ["X=4,3", "W=3,2"]
    claims = ["Y = -2*(X@W - Y)/8"]
    with pytest.raises(GradError) as caught:
        checked(source, shape=shapes, claims=claims)
    hint = caught.value.hint
    assert hint.endswith("; where Y is no number, add --shape Y=4,2")
    added = hint.rpartition("--shape ")[2]
    assert checked(source, shape=[*shapes, added], claims=claims).exit_code == 0


def test_a_number_that_was_given_is_one(checked: Checked) -> None:
    with pytest.raises(GradError) as caught:
        checked("mean((w*x - 1)^2)", "x=[1,2]", "w=3", claims=["w = 2*x*(w*x - 1)"])
    assert caught.value.hint == "write mean(2*x*(w*x - 1))"
