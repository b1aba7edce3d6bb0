"""Where the numbers broke down: the first step, and a form that holds."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from gradcli.question.question import ask
from gradcli.run.interpret import finite
from gradcli.verbs.evaluate import evaluate
from gradcli.verbs.grad import grad

FORWARD = [
    # program, values, the first node that broke down, the hint
    ("log(sigmoid(z))", ["z=-800"], "e = log(v1) is -inf at v1 = 0", "write log_sigmoid(z)"),
    ("p = sigmoid(w*x + b); -log(p)", ["w=-1000", "x=1", "b=0"],
     "v3 = log(p) is -inf at p = 0", "write log_sigmoid(w * x + b)"),
    ("log(1 - sigmoid(z))", ["z=800"], "e = log(v2) is -inf at v2 = 0", "write log_sigmoid(-z)"),
    ("log(1 - sigmoid(-z))", ["z=-800"], "e = log(v3) is -inf at v3 = 0", "write log_sigmoid(z)"),
    ("log(1/(1 + exp(z)))", ["z=800"], "e = log(v3) is -inf at v3 = 0", "write log_sigmoid(-z)"),
    ("log(1 + exp(z))", ["z=800"], "v1 = exp(z) is inf at z = 800", "write softplus(z)"),
    ("log1p(exp(z))", ["z=800"], "v1 = exp(z) is inf at z = 800", "write softplus(z)"),
    ("log(sum(exp(z)))", ["z=[1000,1]"], "v1 = exp(z) is inf in entry [0] at z[0] = 1000",
     "write logsumexp(z)"),
    ("log(exp(a) + exp(b))", ["a=1000", "b=1"], "v1 = exp(a) is inf at a = 1000",
     "write logsumexp([a, b])"),
    ("sum(log(sum(exp(Z), axis=1)))", ["Z=[[1,2],[3,999]]"],
     "v1 = exp(Z) is inf in entry [1, 1] at Z[1, 1] = 999", "write logsumexp(Z, axis=1)"),
    ("log(softmax(z)[1])", ["z=[1000,1]"], "e = log(v2) is -inf at v2 = 0",
     "write log_softmax(z)[1]"),
    ("sum(log(softmax(z)))", ["z=[1000,1]"], "v2 = log(v1) is -inf in entry [1] at v1[1] = 0",
     "write log_softmax(z)"),
    ("(exp(z)/sum(exp(z)))[0]", ["z=[1000,1]"], "v1 = exp(z) is inf in entry [0] at z[0] = 1000",
     "write softmax(z)"),
    ("sum(exp(Z)/sum(exp(Z), axis=0, keepdims=1))", ["Z=[[999,1],[1,1]]"],
     "v1 = exp(Z) is inf in entry [0, 0] at Z[0, 0] = 999", "write softmax(Z, axis=0)"),
    ("exp(z)/(1 + exp(z))", ["z=800"], "v1 = exp(z) is inf at z = 800", "write sigmoid(z)"),
    ("(exp(z) - exp(-z))/(exp(z) + exp(-z))", ["z=800"], "v1 = exp(z) is inf at z = 800",
     "write tanh(z)"),
    ("sqrt(x^2 + y^2)", ["x=1e200", "y=1"], "v1 = x^2 is inf at x = 1e+200", "write hypot(x, y)"),
    ("sqrt(sum(x*x))", ["x=[1e200,1]"], "v1 = x * x is inf in entry [0] at x[0] = 1e+200",
     "write norm(x)"),
    ("x*log(x)", ["x=0"], "v1 = log(x) is -inf at x = 0",
     "write where(x == 0, 0, x * log(x))"),
    ("-sum(p*log(q))", ["p=[0,1]", "q=[0,1]"], "v1 = log(q) is -inf in entry [0] at q[0] = 0",
     "write xlogy(p, q)"),
    ("p @ log(q)", ["p=[0,1]", "q=[0,1]"], "v1 = log(q) is -inf in entry [0] at q[0] = 0",
     "write sum(xlogy(p, q))"),
    ("-sum(p*log(q))", ["p=[0.5,1]", "q=[0,1]"], "v1 = log(q) is -inf in entry [0] at q[0] = 0",
     "log needs a number above 0"),
    ("x^(1/3)", ["x=-8"], "e = x^v1 is nan at x = -8, v1 = 0.333333", "write cbrt(x)"),
    ("x/abs(x)", ["x=0"], "e = x / v1 is nan at x = 0, v1 = 0", "write sign(x)"),
    ("x/log(1 + x)", ["x=1e-20"], "e = x / v2 is inf at x = 1e-20, v2 = 0",
     "write log1p(x) for log(1 + x)"),
    ("3 - sin(2*x)/x", ["x=0"], "v3 = v2 / x is nan at v2 = 0, x = 0",
     "0/0 has no value: where(x == 0, LIMIT, …) gives it one"),
    ("x/(y - 1)", ["x=1", "y=1"], "e = x / v1 is inf at x = 1, v1 = 0", "the divisor y - 1 is 0"),
    ("u = x - 2; v = log(u); w = v*0; w + 1", ["x=1"], "v = log(u) is nan at u = -1",
     "log needs a number above 0"),
    ("sqrt(x)", ["x=-1"], "e = sqrt(x) is nan at x = -1", "sqrt needs a number from 0 on"),
    ("exp(x)", ["x=1000"], "e = exp(x) is inf at x = 1000",
     "exp(x) is too large for a float where x is above 709.78"),
    ("x^0.5", ["x=-2"], "e = x^0.5 is nan at x = -2",
     "a negative number has a real power only where the exponent is whole"),
    ("sum(inv(W))", ["W=[[1,2],[2,4]]"],
     "v1 = inv(W) is nan in entry [0, 0] at W = [[1, 2], [2, 4]]",
     "a singular matrix has no inverse"),
    ("x + 1", ["x=nan"], "x is nan", ""),
    ("x*x", ["x=1e200"], "e = x * x is inf at x = 1e+200", ""),
]  # fmt: skip


@pytest.mark.parametrize(("source", "values", "where", "hint"), FORWARD)
def test_the_first_node_that_is_not_finite(
    source: str, values: list[str], where: str, hint: str
) -> None:
    report = evaluate(ask(source, values))
    said = f"e is not finite: {where}" + (f"\nhint: {hint}" if hint else "")
    assert (report.exit_code, report.warnings) == (3, [said])


CURES = [
    (source, values, hint.removeprefix("write "))
    for source, values, _, hint in FORWARD
    if hint.startswith("write ") and " for " not in hint
]


@pytest.mark.parametrize(("source", "values", "cure"), CURES)
def test_the_form_that_a_hint_writes_holds(source: str, values: list[str], cure: str) -> None:
    """It is a number at the point that broke the other spelling, and means the same elsewhere."""
    definitions = [part for part in source.split(";") if "=" in part]
    assert finite(value(f"sum({cure})", definitions, values))
    if source.startswith(("log", "exp", "(exp(z) -", "sqrt", "x")):
        mild = [re.sub("=(.*)", r"=tanh(\1) + 1.1", text) for text in values]
        assert value(f"sum({cure})", [], mild) == pytest.approx(
            value(f"sum({source})", [], mild), rel=1e-12
        )


def value(output: str, definitions: list[str], values: list[str]) -> float:
    found: float = evaluate(ask("; ".join([*definitions, output]), values)).summary["value"]
    return found


BACKWARD = [
    ("sqrt(x)", ["x=0"], "x", "∂e/∂x = 0.5 / e is inf at e = 0, where e = sqrt(x)",
     "sqrt is infinitely steep at 0: sqrt(x + 1e-12) is not"),
    ("y = 3*sqrt(x); y + x", ["x=0"], "x",
     "∂e/∂x = ∂e/∂v1 · 0.5 / v1 is inf at ∂e/∂v1 = 3, v1 = 0, where v1 = sqrt(x)",
     "sqrt is infinitely steep at 0: sqrt(x + 1e-12) is not"),
    ("sqrt(x^2 + y^2)", ["x=0", "y=0"], "x", "∂e/∂v3 = 0.5 / e is inf at e = 0, where e = sqrt(v3)",
     "write hypot(x, y)"),
    ("h = sqrt(x); sum(h)", ["x=[1,0,2]"], "x",
     "∂e/∂x = ∂e/∂h * 0.5 / h is inf in entry [1] at ∂e/∂h[1] = 1, h[1] = 0, where h = sqrt(x)",
     "sqrt is infinitely steep at 0: sqrt(x + 1e-12) is not"),
    ("x^0.5", ["x=0"], "x", "∂e/∂x = 0.5 / sqrt(x) is inf at x = 0, where e = x^0.5",
     "a power below 1 is infinitely steep at 0: (x + 1e-12)^0.5 is not"),
    ("x^y", ["x=-2", "y=2"], "y",
     "∂e/∂y = where((x == 0) * (y >= 0), 0, e * log(x)) is nan at x = -2, y = 2, e = 4,"
     " where e = x^y",
     "the derivative by the exponent is x^y * log(x): it needs x above 0"),
    ("sum(x^k)", ["x=[-2,1]", "k=2"], "k",
     "∂e/∂k = ∂e/∂v1 @ where((x == 0) * (k >= 0), 0, v1 * log(x)) is nan at"
     " ∂e/∂v1 = [1, 1], x = [-2, 1], k = 2, v1 = [4, 1], where v1 = x^k",
     "the derivative by the exponent is x^k * log(x): it needs x above 0"),
    ("cbrt(x)", ["x=0"], "x", "∂e/∂x = 1 / (3 * e^2) is inf at e = 0, where e = cbrt(x)",
     "cbrt is infinitely steep at 0"),
    ("1/(1 + exp(-z))", ["z=-800"], "z", "v2 = exp(v1) is inf at v1 = 800", "write sigmoid(z)"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "values", "node", "where", "hint"), BACKWARD)
def test_the_first_step_backwards_that_is_not_finite(
    source: str, values: list[str], node: str, where: str, hint: str
) -> None:
    report = grad(ask(source, values))
    said = f"∂e/∂{node} is not finite: {where}\nhint: {hint}"
    assert (report.exit_code, report.warnings) == (3, [said])


def test_a_branch_that_was_not_taken_is_not_to_blame() -> None:
    report = evaluate(ask("where(x > 0, log(x), y) + sqrt(y)", ["x=-1", "y=-1"]))
    assert report.warnings == [
        "e is not finite: v4 = sqrt(y) is nan at y = -1\nhint: sqrt needs a number from 0 on"
    ]
    report = evaluate(ask("sum(where(x > 0, log(x), 1/y))", ["x=[-1,1]", "y=[0,1]"]))
    assert report.warnings == [
        "e is not finite: v3 = 1 / y is inf in entry [0] at y[0] = 0\nhint: the divisor y is 0"
    ]


def test_finite_numbers_are_not_spoken_of() -> None:
    report = grad(ask("where(x > 0, log(x), 0) + max(x, 0)", ["x=-1"]))
    assert (report.exit_code, report.warnings) == (0, [])
    assert finite(1.5)
    assert not finite(math.inf)
    assert not finite(np.array([1.0, math.nan]))
