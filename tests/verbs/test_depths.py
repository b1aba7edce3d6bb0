"""grad --by-depth: the size of the gradient along a chain."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradcli.errors import ShapeError, UsageError
from gradcli.question.question import ask
from gradcli.verbs.depths import by_depth


def asked(source, *values, **options):
    report = by_depth(ask(source, values, **options))
    report.rows = list(report.rows)
    return report


def test_a_chain_of_products():
    chain = "; ".join(f"h{n} = w*h{n - 1}" for n in range(2, 7))
    report = asked(f"h1 = w*x; {chain}; h6", "w=0.5", "x=1")
    assert [row["node"] for row in report.rows] == [f"h{n}" for n in range(6, 0, -1)]
    assert [row["depth"] for row in report.rows] == [0, 1, 2, 3, 4, 5]
    assert [row["size"] for row in report.rows] == [0.5**n for n in range(6)]
    (panel,) = report.chart().panels
    assert panel.log_y
    assert panel.series[0].y == [0.5**n for n in range(6)]
    assert [(m.name, m.x) for m in panel.markers][-1] == ("h1", 5)


def test_a_recurrent_network_in_numpy():
    w = np.array([[0.6, -0.4], [0.3, 0.5]])
    steps = "; ".join(f"h{t} = tanh(W@h{t - 1} + x)" for t in range(1, 6))
    report = asked(
        f"param W = [[0.6, -0.4], [0.3, 0.5]]; h0 = zeros(2); x = [1, -1]; {steps}; L = sum(h5)"
    )
    h = [np.zeros(2)]
    for _ in range(5):
        h.append(np.tanh(w @ h[-1] + [1, -1]))
    g, sizes = np.ones(2), {}
    for t in range(5, 0, -1):
        sizes[f"h{t}"] = np.linalg.norm(g)
        g = w.T @ (g * (1 - h[t] ** 2))
    found = {row["node"]: row["size"] for row in report.rows}
    assert found == pytest.approx({"L": 1, **sizes})
    assert [row["depth"] for row in report.rows] == [0, 1, 4, 7, 10, 13]
    assert report.answer == list(found.items())


def test_without_names_every_operation_has_a_row():
    report = asked("sin(cos(x))*2", "x=1")
    assert [(row["node"], row["depth"]) for row in report.rows] == [("e", 0), ("v2", 1), ("v1", 2)]
    assert report.rows[2]["size"] == pytest.approx(abs(2 * math.cos(math.cos(1))))


def test_a_gradient_of_zero_has_no_point():
    report = asked("a = relu(x); b = a*y; c = b + y", "x=-1", "y=2")
    found = asked("u = x^2; v = 0*u; w = v + x", "x=3")
    assert [row["size"] for row in found.rows] == [1, 1, 0]
    chart = found.chart()
    assert chart.notes == ["where the size is 0 or not finite, there is no point"]
    assert [m.name for m in chart.panels[0].markers] == ["w", "v"]
    assert report.chart().notes == []


def test_what_is_not_finite_is_said():
    report = asked("a = x - 1; b = log(a); c = b*2", "x=1")
    assert report.exit_code == 3
    assert report.warnings
    assert report.chart().notes


def test_an_array_has_no_gradient():
    with pytest.raises(ShapeError) as caught:
        asked("[x, 2*x]", "x=1")
    assert caught.value.hint == "differentiate sum(e)"


@pytest.mark.parametrize("source", ["x", "const c = 2; c*3"])
def test_without_any_step_there_is_nothing_to_show(source):
    with pytest.raises(UsageError, match="made by no operation that has a gradient") as caught:
        asked(source, *(["x=1"] if source == "x" else []))
    assert caught.value.hint
