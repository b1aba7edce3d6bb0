"""What a narrow terminal does before it folds: tight formulas, tables that go on below."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.report import Report
from gradcli.report.folded import folded, narrowest
from gradcli.report.terse import tight

STEPS = [
    ("∂C/∂C = 1", 1.0),
    ("∂C/∂z = ∂C/∂h · h * (1 - h)", -0.0177484),
    ("∂C/∂w += ∂C/∂z · (-1)", 0.0177484),
]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("∂C/∂z = ∂C/∂h · h * (1 - h)", "∂C/∂z = ∂C/∂h·h*(1-h)"),
        ("∂C/∂w += ∂C/∂z · (-1)", "∂C/∂w += ∂C/∂z·(-1)"),
        ("a - -b", "a - -b"),
        ("where(x >= 0, x / y, -x)", "where(x>=0, x/y, -x)"),
        ('onehot(c == "a - b", 3)', 'onehot(c=="a - b", 3)'),
    ],
)
def test_tight(formula, expected):
    assert tight(formula) == expected


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("∂v·hh*(1-h)", 6, ["∂v·hh*", "(1-h)"]),
        ("∂C/∂h·h/v", 6, ["∂C/∂h·", "h/v"]),
        ("where(x!=0, y/v, 0)", 11, ["where(x!=0,", "y/v, 0)"]),
        ("x*1e-05", 5, ["x*", "1e-05"]),
        ("a*(-1)", 4, ["a*", "(-1)"]),
    ],
)
def test_a_tight_formula_is_broken_behind_operators(text, room, lines):
    assert folded(text, room, tight=True) == lines
    assert narrowest(text, tight=True) <= room


def steps(**more):
    rows = [
        {"step": n, "phase": "backward", "expression": text, "local": 0.25, "grad": grad}
        for n, (text, grad) in enumerate(STEPS, 24)
    ]
    columns = ["step", "phase", "expression", "local", "grad"]
    return Report("trace", columns, rows, sections="phase", spare=["local"], **more)


def test_a_formula_is_spelled_tightly_before_it_is_folded(shown):
    report = steps(shorter={"backward": ("∂", "∂C/∂")})
    assert "  25  ∂C/∂z = ∂C/∂h · h * (1 - h)   0.25 " in shown(report, 60)
    assert "  25  ∂C/∂z = ∂C/∂h · h * (1 - h)  -0.0177484\n" in shown(report, 48)
    assert "  25  ∂C/∂z = ∂C/∂h·h*(1-h)  -0.0177484\n" in shown(report, 42)
    assert (
        shown(report, 36)
        == """\
Backward
∂…  stands for ∂C/∂…
step  expression             grad
─────────────────────────────────
  24  ∂C = 1            1
  25  ∂z = ∂h·h*(1-h)  -0.0177484
  26  ∂w += ∂z·(-1)     0.0177484
"""
    )
    assert "stands for" not in shown(report, 42)


def test_nothing_is_abbreviated_that_no_report_asks_for(shown):
    assert "  25  ∂C/∂z = ∂C/∂h   -0.0177484\n      · h * (1 - h)\n" in shown(steps(), 32)


def test_tables_of_numbers_go_on_below(shown):
    rows = [
        {"step": n, "loss": 1 / (n + 1), "validation_loss": 2 / (n + 3), "a": n / 7, "tag": "same"}
        for n in range(3)
    ]
    report = Report("descend", [*rows[0]], rows, key=["step"])
    assert (
        shown(report, 36)
        == """\
step      loss  validation_loss
───────────────────────────────
   0  1                0.666667
   1  0.5              0.5
   2  0.333333         0.4

step         a  tag
────────────────────
   0  0         same
   1  0.142857  same
   2  0.285714  same
"""
    )


def test_what_a_column_says_in_every_row_stands_above_where_that_saves_a_table(shown):
    rows = [
        {"step": n, "loss": 1 / (n + 1), "tag": "same", "a": n / 7, "validation_loss": 2 / (n + 3)}
        for n in range(3)
    ]
    assert (
        shown(Report("descend", [*rows[0]], rows, key=["step"]), 28)
        == """\
tag  same
step      loss         a
────────────────────────
   0  1         0
   1  0.5       0.142857
   2  0.333333  0.285714

step  validation_loss
─────────────────────
   0         0.666667
   1         0.5
   2         0.4
"""
    )


@pytest.mark.parametrize("columns", range(22, 90, 4))
def test_tables_below_lose_no_column_and_keep_their_order(shown, columns):
    names = ["lr", "loss", "deviation", "validation", "a", "verdict"]
    rows = [dict(zip(names, [n / 8, 1 / n, 2 / n, 3 / n, 4 / n, f"ok{n}"])) for n in (7, 9, 11)]
    out = shown(Report("descend", names, rows, key=["lr"]), columns)
    assert max(map(len, out.splitlines())) <= columns
    words = out.split()
    assert [word for word in words if word in names[1:]] == names[1:]
    for row in rows:
        spelled = [value if isinstance(value, str) else f"{value:.6g}" for value in row.values()]
        assert set(spelled) <= set(words)


def test_arrays_are_whole_where_a_formula_can_be_folded_instead(shown):
    matrix = np.arange(9).reshape(3, 3) / 7000
    rows = [{"expression": "reshape(v, 3, 1) * (softmax(Z) - onehot(y, 2))", "grad": matrix}]
    out = shown(Report("trace", ["expression", "grad"], rows), 70)
    assert "[0.000428571, 0.000571429, 0.000714286]," in out
    assert len(out.splitlines()) == 5


def test_a_long_name_leaves_the_others_their_column(shown):
    summary = {
        "loss": 0.25,
        "start_validation_metrics worst": 8.8,
        "reason": "stopped after 3 steps: the gradient is large",
    }
    report = Report("descend", ["x"], [{"x": 1.0}], summary)
    assert shown(report, 36).endswith("""
loss    0.25
start_validation_metrics worst  8.8
reason  stopped after 3 steps: the
        gradient is large
""")
    assert "\nstart_validation_metrics worst\n  8.8\n" in shown(report, 32)


def test_an_array_stands_under_its_name_where_that_takes_fewer_lines(shown):
    summary = {"gradient weights": np.arange(6).reshape(2, 3) / 7}
    out = shown(Report("grad", ["x"], [{"x": 1.0}], summary), 36)
    assert out.endswith("""
gradient weights
  [[0, 0.142857, 0.285714],
   [0.428571, 0.571429, 0.714286]]
""")
