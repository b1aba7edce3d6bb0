"""What a claim may name: every node that a report lists, and ∂f/∂x for x."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.question.question import ask
from gradcli.report import Report
from gradcli.verbs.grad import grad

Checked = Callable[..., Report]

TANH = "tanh(x*y)+y"


def error_of(checked: Checked, source: str, *values: str, claim: str, **options: str) -> str:
    with pytest.raises(GradError) as caught:
        checked(source, *values, claims=[claim], **options)
    assert caught.value.exit_code == 2
    return str(caught.value)


# The nodes without a name of the program's.


@pytest.mark.parametrize(
    "claim",
    ["v2 = 1", "v1 = 1 - v2^2", "x = y*(1 - v2^2)", "y = x*(1 - tanh(v1)^2) + v2/v2", "e = 1"],
)
@pytest.mark.parametrize("values", [[], ["x=1", "y=2"]])
def test_unnamed_nodes_can_be_claimed_and_used(
    checked: Checked, values: list[str], claim: str
) -> None:
    report = checked(TANH, *values, claims=[claim])
    assert report.exit_code == 0
    assert [row["variable"] for row in report.rows] == [claim[: claim.index(" ")]]


@pytest.mark.parametrize(
    ("source", "values"),
    [
        (TANH, ["x=1", "y=2"]),
        ("v1 = x^2; exp(v1*x) + log(v1)", ["x=1.5"]),
        ("sum(softmax(W@x)*exp(x))", ["W=[[1,2],[3,4]]", "x=[0.1,0.2]"]),
        ("rosenbrock", []),
    ],
)
def test_every_operation_of_a_report_can_be_claimed_by_the_numbers_there(
    checked: Checked, source: str, values: list[str]
) -> None:
    for row in grad(ask(source, values)).rows:
        if row["kind"] == "operation":
            claim = f"{row['node']} = {np.asarray(row['grad']).tolist()}"
            report = checked(source, *values, claims=[claim])
            assert report.exit_code == 0, claim
            assert {found["variable"] for found in report.rows} == {row["node"]}


def test_wrong_claim_about_an_unnamed_node_is_repaired_by_its_name(checked: Checked) -> None:
    report = checked("tanh(x*y)^2", claims=["v1 = 2*v2"])
    what, _, repaired = report.warnings[1].partition(": ")
    assert what.endswith("is missing")
    assert repaired.startswith("v1 = ")
    assert checked("tanh(x*y)^2", claims=[repaired]).exit_code == 0


def test_claims_keep_their_names_when_one_names_a_node(checked: Checked) -> None:
    """The unused statement gives v1 a name, and then v2 would be called v1."""
    source = "helper = x*y; out = tanh(x*y) + y"
    report = checked(source, of="out", claims=["x = y*(1 - tanh(helper)^2)", "v2 = 1"])
    assert report.exit_code == 0
    assert [row["variable"] for row in report.rows] == ["x", "v2"]


def test_the_programs_own_name_comes_first(checked: Checked) -> None:
    source = "v2 = 3*y; out = tanh(x*y) + y"
    assert checked(source, of="out", claims=["x = y*(1 - tanh(x*y)^2) + v2 - 3*y"]).exit_code == 0


def test_name_that_nothing_has(checked: Checked) -> None:
    assert error_of(checked, TANH, claim="x = v7*y").startswith(
        "the program has no node 'v7'\n  x = v7*y\n      ^^\nhint: "
    )
    assert "did you mean 'hidden'?" in error_of(
        checked, "hidden = x^2; hidden*y", claim="x = hiden"
    )
    assert error_of(checked, TANH, claim="v7 = 1").startswith(
        "e is not made of 'v7'\n  v7 = 1\n  ^^\nhint: it is made of x, y, e, v1, v2"
    )


# ∂f/∂x.


@pytest.mark.parametrize(
    "left",
    [
        "∂f/∂x", "df/dx", "d f / d x", "∂ f / ∂ x", " ∂e/∂x ", "∂f(x)/∂x", "∂f(x, y) / ∂x", "d/dx",
        "∂/∂x", "de/dx", "∂y/dx", "𝜕f/𝜕x", "df/d x",
    ],
)  # fmt: skip
def test_left_side_as_mathematics_writes_it(checked: Checked, left: str) -> None:
    report = checked("x^2", claims=[f"{left} = 2*x"])
    assert report.exit_code == 0
    (row,) = report.rows
    assert row["variable"] == "x"
    assert row["formula"] == f"{left} = 2*x".strip()


def test_left_side_by_a_node_of_any_name(checked: Checked) -> None:
    source, values = "h = W@x; L = h@h", ["W=[[1,2],[3,4]]", "x=[1,-1]"]
    claims = ["∂L/∂W = 2*outer(h, x)", "dL/dh = 2*h", "∂L/∂x = 2*W.T@h"]
    assert checked(source, *values, claims=claims).exit_code == 0
    assert checked("a₁^2*ŷ", claims=["∂f/∂a₁ = 2*a₁*ŷ", "∂f/∂ŷ = a₁^2"]).exit_code == 0
    assert checked("dx^2", claims=["df/ddx = 2*dx"]).exit_code == 0
    assert checked("d^3", claims=["df/dd = 3*d^2", "d = 3*d^2"]).exit_code == 0


def test_wrong_claim_is_quoted_as_it_was_typed(checked: Checked) -> None:
    report = checked("x^2", "x=3", claims=["df/dx = x"])
    assert report.warnings == [
        "df/dx = x is wrong: at x=3 it is 3, the derivative is 6",
        "a factor 2 is missing: x = 2*x",
    ]


@pytest.mark.parametrize(
    ("source", "claim", "message"),
    [
        (
            "h = x^2; L = h*x", "∂h/∂x = 2*x",
            "this is the derivative of h, and L is what is checked\n  ∂h/∂x = 2*x\n   ^\n"
            "hint: add --of h",
        ),
        (
            "h = x^2; L = h*x", "dx/dh = 1",
            "this is the derivative of x, and L is what is checked\n  dx/dh = 1\n   ^\n"
            "hint: add --of x",
        ),
        (
            "g(u) = u^2; L = 3*g(x)", "d g / d x = 2*x",
            "this is the derivative of g, and L is what is checked\n  d g / d x = 2*x\n    ^\n"
            'hint: add --of "g(…)"',
        ),
        (
            "x^2", "∂f/∂q = 2*x",
            "e is not made of 'q'\n  ∂f/∂q = 2*x\n      ^\nhint: it is made of x, e",
        ),
        (
            "x^2", "df/dx = 2*q",
            "the program has no node 'q'\n  df/dx = 2*q\n            ^\nhint: its names are e, x",
        ),
        (
            "x^2", "∂²f/∂x² = 2",
            "--claim ∂²f/∂x² = 2: a claim is about a first derivative\n"
            "hint: --order 2 checks the second ones against numbers",
        ),
        (
            "x^2", "d^2f/dx^2 = 2",
            "--claim d^2f/dx^2 = 2: a claim is about a first derivative\n"
            "hint: --order 2 checks the second ones against numbers",
        ),
        (
            "x^2", "df/dx = 2 = 3",
            "expected an operator or the end of the statement, not '='\n  df/dx = 2 = 3\n"
            "            ^\nhint: write == to compare",
        ),
        (
            "delta = x^2; delta*x", "delta/dx = 1",
            "only a name or a function can be defined\n  delta/dx = 1\n  ^^^^^^^^\n"
            "hint: write x = 3 or f(x) = x^2",
        ),
        (
            "x^2", "df/dx == 2*x",
            "--claim df/dx == 2*x: expected NAME = FORMULA\n"
            'hint: write what it is the derivative by: --claim "x = 2*x"',
        ),
    ],
)  # fmt: skip
def test_left_side_that_makes_no_sense(
    checked: Checked, source: str, claim: str, message: str
) -> None:
    assert error_of(checked, source, claim=claim) == message


def test_caret_of_a_shape_error_stands_under_the_formula(checked: Checked) -> None:
    said = error_of(checked, "sum(W@x)", "W=[[1,2,3],[4,5,6]]", "x=[1,2,3]", claim="∂L/∂x = 1")
    assert "\n  ∂L/∂x = 1\n          ^\n" in said


@pytest.mark.parametrize("left", ["∂x", "∂f∂x", "∇f"])
def test_other_signs_of_derivatives_are_hinted_at(checked: Checked, left: str) -> None:
    said = error_of(checked, "x^2", claim=f"{left} = 2*x")
    assert said.endswith("hint: write x = …, or ∂f/∂x = …")


def test_shape_error_names_what_a_report_names(checked: Checked) -> None:
    values = ["X=[[1,2],[3,4],[5,6]]", "w=[1,2]", "y=[1,2,2.5]"]
    said = error_of(checked, "mean((X@w - y)^2)", *values, claim="w = 2*X@(X@w - y)/3")
    assert "2*X has shape (3, 2), v2 has shape (3,)" in said
    assert said.endswith("hint: write 2*X.T@(X@w - y)/3")
    said = error_of(checked, "mean((X@w - y)^2)", *values, claim="w = 2*X@(X@w - y)")
    assert said.endswith("hint: 2*X.T@(X@w - y) has that shape")


# Derivatives by other nodes, which are written as a long formula of grad --symbolic refers to them.


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("s = sigmoid(z); L = s*y", "z = ∂L/∂s*s*(1 - s)"),
        (TANH, "∂e/∂x = ∂e/∂v2*(1 - v2^2)*y"),
        (TANH, "x = ∂e/∂x"),
        (TANH, "v1 = ∂e/∂v1*∂e/∂e"),
        ("f(u) = u*u + u; y = " + "f(" * 20 + "x" + ")" * 20, "x = ∂y/∂v2*(2*x + 1)"),
        ("f(x) = x^2", "∂f/∂x = 2*x"),
    ],
)
def test_a_claim_may_name_derivatives(checked: Checked, source: str, claim: str) -> None:
    assert checked(source, claims=[claim], range="-0.1:0.1").exit_code == 0


def test_derivatives_of_a_claim_are_judged(checked: Checked) -> None:
    values = ["W=[[1,2],[3,4]]", "x=[1,2]"]
    report = checked("sum((W@x)^2)", *values, claims=["x = W@∂e/∂v1", "W = outer(∂e/∂v1, x)"])
    assert [row["verdict"] for row in report.rows] == ["wrong"] * 2 + ["ok"] * 4
    assert report.warnings[-1] == "W stands where W.T belongs: x = W.T@∂e/∂v1"


@pytest.mark.parametrize("claim", ["x = ∂q/∂x", "x = ∂e/∂q", "x = ∂v1/∂x", "x = ∂e/∂z"])
def test_a_derivative_that_is_not_there(checked: Checked, claim: str) -> None:
    name = claim.removeprefix("x = ")
    assert error_of(checked, f"z = 2; {TANH}", claim=claim) == (
        f"the program has no node '{name}'\n  {claim}\n      ^^^^^\nhint: its names are e, x, y, z"
    ).replace("^^^^^", "^" * len(name))


def test_every_long_formula_can_be_claimed_as_it_is_printed(checked: Checked) -> None:
    from gradcli.verbs.symbolic import symbolic

    source = "; ".join(f"a{i + 1} = a{i}*sin(a{i})" for i in range(30))
    formulas = {row["node"]: row["derivative"] for row in symbolic(ask(source, ["a0=0.9"])).rows}
    long = [f"{node} = {text}" for node, text in formulas.items() if text and "∂" in text]
    assert len(long) > 10
    assert checked(source, "a0=0.9", claims=long).exit_code == 0


# f'(x), and what is no single claim.


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("f(x) = x^3", "f'(x) = 3*x^2"),
        ("f(x) = x^3", " f ′ ( x ) = 3*x^2"),
        ("x^3", "f'(x) = 3*x^2"),
        ("y = x^3", "y'(x)=3*x^2"),
        ("f(x) = x^3", "diff(f(x), x) = 3*x^2"),
        ("y = x^3", "diff(y, x) = 3*x^2"),
        ("g(u) = 3*u^2/2; f(x) = x^3", "f'(x) = 3*g'(x)*x/3"),
    ],
)
def test_a_primed_function_is_read_as_its_argument(
    checked: Checked, source: str, claim: str
) -> None:
    report = checked(source, claims=[claim])
    assert report.exit_code == 0
    assert report.rows[0]["formula"] == claim.strip()
    assert checked(source, claims=[claim.replace("3*", "2*")]).exit_code == 1


@pytest.mark.parametrize("claim", ["f''(x) = 6*x", "f″(x) = 6*x"])
def test_a_claim_is_about_a_first_derivative(checked: Checked, claim: str) -> None:
    assert "a claim is about a first derivative" in error_of(checked, "f(x) = x^3", claim=claim)


def test_a_prime_on_something_else_than_what_is_checked(checked: Checked) -> None:
    message = error_of(checked, "f(x) = x^3; g(x) = x^2", claim="f'(x) = 3*x^2")
    assert message.startswith("this is the derivative of f, and e is what is checked\n")


@pytest.mark.parametrize("claim", ["x = 3*x^2, y = 1", "x = 3*x^2; y = 1"])
def test_each_claim_is_an_option(checked: Checked, claim: str) -> None:
    hint = 'hint: give each derivative an option of its own: --claim "x = …" --claim "y = …"'
    assert error_of(checked, "x^3 + y", claim=claim).endswith(hint)


@pytest.mark.parametrize("claim", ["3*t^2", "t == 3*t^2", "f(t) = 3*t^2"])
def test_a_formula_alone_is_told_whose_it_may_be(checked: Checked, claim: str) -> None:
    message = error_of(checked, "t^3", claim=claim)
    assert message.endswith('hint: write what it is the derivative by: --claim "t = 3*t^2"')
