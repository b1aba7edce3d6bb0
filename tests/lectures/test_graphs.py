"""Graphs, one number at a time: every number that the slides show, and the exact one."""

from __future__ import annotations

import pytest
from mpmath import cos, diff, exp, mp, mpf, sin, tan

mp.dps = 40


def test_working_example(gradcli, exactly):
    answer = gradcli("grad", "working_example")
    assert answer.summary == {"output": "e", "value": 6, "gradient": {"a": 2, "b": 5}}
    assert (answer.value("r"), answer.value("s")) == (3, 2)
    assert (answer.grad("r"), answer.grad("s"), answer.grad("e")) == (2, 3, 1)


@pytest.mark.parametrize(("a", "b"), [("-1.5", "4"), ("1e3", "-0.25"), ("0", "-1")])
def test_working_example_holds_for_any_reals(gradcli, exactly, a, b):
    answer = gradcli("grad", "working_example", f"a={a}", f"b={b}")
    x, y = mpf(a), mpf(b)
    exactly(answer.grad("r"), y + 1)
    exactly(answer.grad("s"), x + y)
    exactly(answer.summary["gradient"]["a"], y + 1)
    exactly(answer.summary["gradient"]["b"], x + 2 * y + 1)


def test_working_example_as_the_lecture_writes_it(gradcli):
    answer = gradcli("grad", "r = a+b; s = b+1; e = r*s", "a=2", "b=1")
    assert answer.summary["gradient"] == {"a": 2, "b": 5}


def test_partial_derivatives(gradcli, exactly):
    answer = gradcli("grad", "partial_derivatives")
    exactly(answer.summary["value"], 12 + cos(mpf("0.5")))
    gradient = answer.summary["gradient"]
    assert (gradient["x1"], gradient["x2"]) == (12, 4)
    exactly(gradient["x3"], -sin(mpf("0.5")))


def test_chain_rule(gradcli, exactly):
    answer = gradcli("grad", "chain_rule")
    x = mpf("0.7")
    exactly(answer.summary["value"], exp(sin(x**2)))
    # the product of the factors from y down to each node
    square, sine = (row for row in answer.rows if row["node"].startswith("v"))
    exactly(sine["grad"], exp(sin(x**2)))
    exactly(square["grad"], exp(sin(x**2)) * cos(x**2))
    exactly(answer.grad("x"), exp(sin(x**2)) * cos(x**2) * 2 * x)


def test_two_variable_chain_rule(gradcli, exactly):
    answer = gradcli("grad", "two_variable_chain_rule")
    u, v = mpf("1.5"), mpf("0.5")
    x, y = u * v, u + sin(v)
    exactly(answer.grad("x"), 2 * x * y)
    exactly(answer.grad("y"), x**2)
    exactly(answer.grad("u"), 2 * x * y * v + x**2)
    exactly(answer.grad("v"), 2 * x * y * u + x**2 * cos(v))

    def z(u, v):
        return (u * v) ** 2 * (u + sin(v))

    exactly(answer.grad("u"), diff(z, (u, v), (1, 0)))
    exactly(answer.grad("v"), diff(z, (u, v), (0, 1)))


@pytest.mark.parametrize("x", ["3", "-100"])
def test_slope_of_a_line(gradcli, exactly, x):
    answer = gradcli("grad", "slope_of_a_line", f"x={x}")
    exactly(answer.summary["gradient"]["x"], tan(mp.pi / 6))
    exactly(answer.summary["value"], tan(mp.pi / 6) * mpf(x) + 1)


def test_secants_tend_to_the_tangent(gradcli, exactly):
    exactly(gradcli("grad", "tangent").summary["gradient"]["c"], 3)
    for h in ("0.1", "0.001"):
        answer = gradcli("eval", "tangent", "--of", "secant", f"h={h}")
        # cancellation loses as many digits as 1/h has
        assert abs(answer.summary["value"] - (3 + float(h))) < 1e-15 / float(h) * 10


def test_computation_graph(gradcli):
    answer = gradcli("grad", "computation_graph")
    assert [answer.value(node) for node in "deL"] == [2, 5, -10]
    assert [answer.grad(node) for node in "abcde"] == [-2, -4, 5, -2, -2]


def test_node_intuitions(gradcli):
    answer = gradcli("grad", "node_intuitions")
    assert answer.summary["value"] == 6
    assert answer.summary["gradient"] == {"x": 2, "y": 5, "z": 0}
    assert (answer.grad("a"), answer.grad("b")) == (2, 3)


@pytest.mark.parametrize(
    ("at", "slope", "near", "printed"), [("1", 3, "1.01", "1.03"), ("4", 48, "4.01", "64.48")]
)
def test_one_input(gradcli, exactly, slide, at, slope, near, printed):
    exactly(gradcli("grad", "one_input", f"x={at}").summary["gradient"]["x"], slope)
    value = gradcli("eval", "one_input", f"x={near}").summary["value"]
    slide(value, printed)
    exactly(value, mpf(near) ** 3)


@pytest.mark.parametrize("x", ["2", "-0.5"])
def test_chain_of_two(gradcli, exactly, x):
    answer = gradcli("grad", "chain_of_two", f"x={x}")
    exactly(answer.summary["gradient"]["x"], 6 * mpf(x))
    assert answer.grad("y") == 3


def test_cheetah(gradcli):
    answer = gradcli("grad", "cheetah")
    assert answer.summary["gradient"] == {"human": 6}
    assert (answer.grad("lion"), answer.grad("bear")) == (2, 4)


def test_central_difference(gradcli, exactly):
    at, h = mpf("0.7"), mpf("1e-4")

    def f(x):
        return sin(x) * exp(x)

    exactly(gradcli("grad", "finite_difference").summary["gradient"]["x"], diff(f, at))
    slope = gradcli("eval", "finite_difference", "--of", "slope").summary["value"]
    assert abs(slope - (f(at + h) - f(at - h)) / (2 * h)) < 1e-11
    assert abs(slope - diff(f, at)) < 1e-8
