"""check finds wrong rules: each op's own, spoiled; and judges generated expressions rightly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.graph.names import mentioned
from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Op, Rule
from gradcli.language import parse
from gradcli.report import Report

Checked = Callable[..., Report]

AT = {
    "x": "x=0.6", "y": "y=0.3", "u": "u=[0.2,0.5,0.7]", "v": "v=[0.4,0.1,0.9]",
    "M": "M=[[0.2,0.7,0.1],[0.5,0.3,0.8]]", "S": "S=[[1.2,0.1,0.3],[0.2,0.9,0.4],[0.1,0.5,1.1]]",
}  # fmt: skip

PROGRAMS = {
    "add": "(x + y)^2", "sub": "(x - y)^2", "mul": "x*y", "div": "x/y", "pow": "x^3.5",
    "neg": "(-x)^2",
    "abs": "abs(x)", "sqrt": "sqrt(x)", "cbrt": "cbrt(x)", "square": "square(x)", "exp": "exp(x)",
    "expm1": "expm1(x)", "exp2": "exp2(x)", "log": "log(x)", "log1p": "log1p(x)", "log2": "log2(x)",
    "log10": "log10(x)", "sin": "sin(x)", "cos": "cos(x)", "tan": "tan(x)", "asin": "asin(x)",
    "acos": "acos(x)", "atan": "atan(x)", "sinh": "sinh(x)", "cosh": "cosh(x)", "tanh": "tanh(x)",
    "asinh": "asinh(x)", "acosh": "acosh(1 + x)", "atanh": "atanh(x)", "erf": "erf(x)",
    "erfc": "erfc(x)", "gamma": "gamma(x)", "lgamma": "lgamma(x)", "digamma": "digamma(x)",
    "atan2": "atan2(x, y)", "hypot": "hypot(x, y)", "where": "where(x > y, x^2, y)",
    "maximum": "max(x, y)^2", "minimum": "min(x, y)^2", "clip": "clip(x, 0, 1)^2",
    "sigmoid": "sigmoid(x)", "log_sigmoid": "log_sigmoid(x)", "relu": "relu(x)^2",
    "leaky_relu": "leaky_relu(-x)", "prelu": "prelu(-x, y)", "elu": "elu(-x)",
    "softplus": "softplus(x)", "silu": "silu(x)", "swish": "swish(x, y)", "gelu": "gelu(x)",
    "bce": "bce(x, y)", "bce_with_logits": "bce_with_logits(x, y)", "huber": "huber(x, y)",
    "squared_error": "squared_error(x, y)", "hinge": "hinge(x, y)",
    "sum": "sum(u*u)", "mean": "mean(u*v)", "prod": "prod(u)", "max": "max(u)^2", "min": "min(M)",
    "var": "var(u)", "std": "std(u)", "norm": "norm(M)", "logsumexp": "sum(logsumexp(M, axis=1))",
    "softmax": "softmax(u)@v", "log_softmax": "log_softmax(u)@v",
    "cross_entropy": "cross_entropy(u, 1)", "nll": "nll(u, 2)", "mse": "mse(u, v)",
    "kl": "kl(u, v)", "matmul": "sum((M@u)^2)", "outer": "sum(outer(u, v)^2)",
    "trace": "trace(S@S)",
    "diag": "sum(diag(S)^2)", "det": "det(S)", "inv": "sum(inv(S))", "solve": "sum(solve(S, u))",
    "logdet": "logdet(S)", "reshape": "sum(reshape(M, 3, 2)^3)", "transpose": "sum((M.T)^3)",
    "concat": "sum(concat(u, v)^3)", "stack": "sum([u, v]^3)", "repeat": "sum(repeat(u, 2)^3)",
    "index": "u[1]^2", "expand": "sum(expand(x, 3)*u)",
}  # fmt: skip


def names_in(program: str) -> list[str]:
    return [AT[name] for name in AT if name in mentioned(parse(program))]


def spoiled(rule: Rule | None) -> Rule | None:
    """A rule that gives a quarter too much."""
    if rule is None:
        return None

    def wrong(*args: Any) -> Any:
        found = rule(*args)
        return None if found is None else found * 1.25

    return wrong


def spoil(monkeypatch: pytest.MonkeyPatch, op: Op) -> None:
    for kind in ("local", "vjp"):
        rules: Any = getattr(op, kind)
        if callable(rules):
            monkeypatch.setattr(op, kind, spoiled(rules))
        else:
            monkeypatch.setattr(op, kind, tuple(map(spoiled, rules)))


@pytest.mark.parametrize("name", PROGRAMS)
def test_spoiled_rule_is_found(
    checked: Checked, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    program = PROGRAMS[name]
    values = names_in(program)
    report = checked(program, *values)
    assert report.exit_code == 0, list(report.rows)
    spoil(monkeypatch, TABLE[name])
    report = checked(program, *values)
    assert report.exit_code == 1
    assert "wrong" in {row["verdict"] for row in report.rows}


def test_spoiled_rule_is_found_at_second_order(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule of cos is asked for only when sin is differentiated twice."""
    spoil(monkeypatch, TABLE["cos"])
    assert checked("sin(x)", "x=0.6").exit_code == 0
    assert checked("sin(x)", "x=0.6", order=2).exit_code == 1


def test_rule_that_is_wrong_on_one_side_only(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    (right,) = TABLE["tanh"].local
    wrong = (lambda y, a: right(y, a) * (1 + 0.01 * (a > 4)),)
    monkeypatch.setattr(TABLE["tanh"], "local", wrong)
    assert checked("tanh(x)*1e4", "x=1").exit_code == 0
    assert checked("tanh(x)*1e4").exit_code == 1


def test_gradient_that_is_lost(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TABLE["sin"], "local", (None,))
    (row,) = checked("sin(x)", "x=0.6").rows
    assert (row["analytic"], row["verdict"]) == (0.0, "wrong")


def test_gradient_that_is_not_finite(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TABLE["sin"], "local", (lambda y, a: (a - a) / (a - a),))
    report = checked("sin(x)", "x=0.6")
    (row,) = report.rows
    assert row["verdict"] == "wrong"
    assert row["note"] == "the gradient is nan"
    assert report.exit_code == 1


Pair = tuple[str, str]
"""An expression of x, and its derivative by hand."""

LEAVES: list[Pair] = [("x", "1"), ("2", "0"), ("0.5", "0"), ("y", "0")]
CHAINS = {
    "sin": "cos({0})", "cos": "-sin({0})", "tanh": "(1 - tanh({0})^2)", "atan": "1/(1 + ({0})^2)",
    "sigmoid": "σ({0})*σ(-({0}))", "softplus": "σ({0})", "erf": "2/sqrt(pi)*exp(-(({0})^2))",
    "asinh": "1/sqrt(1 + ({0})^2)",
}  # fmt: skip


def made(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    def chain(name: str, part: Pair) -> Pair:
        return f"{name}({part[0]})", f"{CHAINS[name].format(part[0])}*({part[1]})"

    def product(a: Pair, b: Pair) -> Pair:
        return f"({a[0]})*({b[0]})", f"(({a[1]})*({b[0]}) + ({a[0]})*({b[1]}))"

    def total(a: Pair, b: Pair) -> Pair:
        return f"({a[0]}) + ({b[0]})", f"(({a[1]}) + ({b[1]}))"

    def quotient(a: Pair, b: Pair) -> Pair:
        below = f"(2 + sin({b[0]}))"
        return (
            f"({a[0]})/{below}",
            f"(({a[1]})/{below} - ({a[0]})*cos({b[0]})*({b[1]})/{below}^2)",
        )

    return st.one_of(
        st.builds(chain, st.sampled_from(sorted(CHAINS)), inner),
        *(st.builds(rule, inner, inner) for rule in (product, total, quotient)),
    )


EXPRESSIONS = st.recursive(st.sampled_from(LEAVES), made, max_leaves=6)


@settings(max_examples=80, deadline=None)
@given(pair=EXPRESSIONS, point=st.one_of(st.none(), st.floats(-3, 3)))
def test_right_derivatives_pass_and_others_fail(
    checked: Checked, pair: Pair, point: float | None
) -> None:
    text, slope = pair
    program = f"f = {text} + 0*x + 0*y"
    values = [] if point is None else [f"x={point!r}", "y=0.7"]
    assert checked(program, *values).exit_code == 0
    assert checked(program, *values, order=2, points=3).exit_code == 0
    assert checked(program, *values, claims=[f"x = {slope} + 0*x"]).exit_code == 0
    # s² + s + 1 has no root, so that this is off by at least 0.0075.
    off = f"x = {slope} + 0.01*(({slope})^2 + {slope} + 1) + 0*x"
    assert checked(program, *values, claims=[off]).exit_code == 1


@pytest.mark.parametrize(("lo", "hi"), [("-1", "1"), ("1", "-1")])
@pytest.mark.parametrize("x", ["-5", "0.5", "5"])
def test_clip_is_right_on_every_side_also_of_crossed_bounds(
    checked: Checked, x: str, lo: str, hi: str
) -> None:
    report = checked("clip(x, lo, hi)", f"x={x}", f"lo={lo}", f"hi={hi}")
    assert report.summary["passed"] is True
