"""check --claim: every closed form of the lectures, wrong claims and their repairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gradcli.errors import GradError
from gradcli.report import Report

Checked = Callable[..., Report]

WORKED = "r = a+b; s = b+1; e = r*s"
LOGISTIC = "z = w@x + b; L = -(y*log_sigmoid(z) + (1-y)*log_sigmoid(-z))"
LAYER = "x = L@onehot(2, 4); z = W@x + b; h = tanh(z); δ = u*(1 - h^2); s = u@h"
VALUES = {
    "u": "u=[1,-2]", "W": "W=[[1,2,3],[0.4,0.5,0.6]]", "x": "x=[0.1,-0.2,0.3]", "b": "b=[0.1,0.2]",
    "h": "h=[0.3,-0.4]",
}  # fmt: skip

CLOSED_FORMS: dict[str, tuple[str, list[str], dict[str, str], list[str]]] = {
    "the working example": (WORKED, [], {}, ["a = b+1", "b = a+2*b+1", "r = s", "s = r", "e = 1"]),
    "partial derivatives": (
        "x1^2*x2 + cos(x3)", [], {}, ["x1 = 2*x2*x1", "x2 = x1^2", "x3 = -sin(x3)"],
    ),
    "the chain rule": (
        "f(u) = exp(u); g(v) = sin(v); h(x) = x^2; y = f(g(h(x)))", [], {},
        ["x = f(g(h(x)))*cos(x^2)*2*x"],
    ),
    "the two-variable chain rule": (
        "f(p, q) = p*sin(q); g(u, v) = u*v; h(u, v) = u + v^2\n"
        "x = g(u, v); y = h(u, v); z = f(x, y)",
        [], {}, ["x = sin(y)", "y = x*cos(y)", "u = sin(y)*v + x*cos(y)",
                 "v = sin(y)*u + x*cos(y)*2*v"],
    ),
    "Rosenbrock": (
        "rosenbrock", [], {}, ["x = -400*x*y + 400*x^3 + 2*x - 2", "y = 200*y - 200*x^2"],
    ),
    "logistic regression": (
        LOGISTIC, ["w=[0.5,-1]", "x=[1,2]", "b=0.1", "y=1"], {},
        ["w = (sigmoid(z) - y)*x", "b = sigmoid(z) - y", "z = σ(z) - y"],
    ),
    "logistic regression over its data": (
        "logistic_regression", [], {}, ["w = (p - y) @ X / count(y)", "b = mean(p - y)"],
    ),
    "a nested mess": ("nested_mess", [], {}, ["w = (y*sigmoid(z)) @ X / count(y)"]),
    "word2vec": (
        "word2vec", [], {},
        ["c_pos = (sigmoid(w@c_pos) - 1)*w", "C_neg = outer(sigmoid(C_neg@w), w)",
         "w = (sigmoid(w@c_pos) - 1)*c_pos + sigmoid(C_neg@w)@C_neg"],
    ),
    "the two-layer network": (
        "two_layer_backward", [], {},
        ["w2 = (ŷ - y)*h", "W1 = outer((ŷ - y)*w2*(z > 0), x)", "z = (ŷ - y)*w2*(z > 0)"],
    ),
    "the window classifier": (
        "ner_window", [], {"of": "s"},
        ["b = u*(1 - h^2)", "b = delta", "W = outer(delta, x)", "u = h", "x = W.T@delta",
         "z = delta"],
    ),
    "its σ(s)": ("ner_window", [], {}, ["s = J*(1 - J)", "u = J*(1 - J)*h"]),
    "an embedding looked up by a product": (
        LAYER, [VALUES["u"], VALUES["W"], "L=[[1,2,3,4],[5,6,7,8],[0.1,0.2,0.3,0.4]]", VALUES["b"]],
        {"of": "s"}, ["L = outer(W.T@δ, onehot(2, 4))", "x = W.T@δ", "b = δ"],
    ),
    "the Jacobian of an elementwise function": (
        "h = sigmoid(z)", ["z=[-1,0,2]"], {}, ["z = diag(h*(1 - h))", "z = diag(σ(z)*σ(-z))"],
    ),
    "the Jacobian of Wx + b": (
        "z = W@x + b", [VALUES["W"], VALUES["x"], VALUES["b"]], {}, ["x = W", "b = eye(2)"],
    ),
    "z_i by W_ij": (
        "z = W@x + b; z1 = z[1]", [VALUES["W"], VALUES["x"], VALUES["b"]], {"of": "z1"},
        ["W = [zeros(3), x]"],
    ),
    "uᵀh by u": ("s = u@h", [VALUES["u"], VALUES["h"]], {}, ["u = h", "h = u"]),
    "cross entropy": (
        "J = cross_entropy(z, y)", ["z=[0.6,1.1,-1.5]", "y=1"], {},
        ["z = softmax(z) - onehot(y, 3)"],
    ),
    "tanh and sigmoid": ("t = tanh(z); o = 2*sigmoid(2*z) - 1 + t", [], {}, ["z = 2*(1 - t^2)"]),
    "mean squared error of one point": ("(x - a)^2", [], {}, ["x = 2*(x - a)", "a = 2*(a - x)"]),
    "iris with one b": ("iris_single_b", [], {}, ["b = 0"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_closed_forms_pass(checked: Checked, name: str) -> None:
    source, values, options, claims = CLOSED_FORMS[name]
    report = checked(source, *values, claims=claims, **options)
    assert {row["verdict"] for row in report.rows} == {"ok"}
    assert report.exit_code == 0
    assert not report.warnings
    assert report.summary["max_rel_error"] < 1e-8


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_closed_forms_a_little_off_fail(checked: Checked, name: str) -> None:
    source, values, options, claims = CLOSED_FORMS[name]
    for claim in claims:
        name, formula = claim.split(" = ")
        report = checked(source, *values, claims=[f"{name} = 1.001*({formula}) + 1e-4"], **options)
        assert "wrong" in {row["verdict"] for row in report.rows}
        assert report.exit_code == 1


def test_slide_whose_loss_refutes_its_own_closed_form(checked: Checked) -> None:
    report = checked("logistic_slip", claims=["w = (sigmoid(w*x + b) - y)*x"])
    (row,) = report.rows
    assert row["verdict"] == "wrong"
    assert row["claim"] == pytest.approx(0.9630, abs=5e-5)
    assert row["analytic"] == pytest.approx(0.7308, abs=5e-5)
    assert report.warnings[0] == (
        "w = (sigmoid(w*x + b) - y)*x is wrong: at x=1.3, y=0, w=0.5, b=0.4"
        " it is 0.963007, the derivative is 0.730829"
    )


def test_rows_hold_the_claim_and_its_text(checked: Checked) -> None:
    report = checked(WORKED, "a=2", "b=1", claims=["a = b+1", "b = a+b+1"])
    assert report.columns[-4:] == ["claim", "cs231n_error", "formula", "note"]
    first, second = report.rows
    assert (first["variable"], first["claim"], first["formula"]) == ("a", 2, "a = b+1")
    assert (second["variable"], second["claim"], second["formula"]) == ("b", 4, "b = a+b+1")
    assert second["abs_error"] == pytest.approx(1)
    assert second["rel_error"] == pytest.approx(0.2)
    assert report.summary["worst"] == "b"


def test_right_at_one_point_only(checked: Checked) -> None:
    assert checked("x^2", claims=["x = 2"]).exit_code == 1
    assert checked("x^2", "x=1", claims=["x = 2"]).exit_code == 0


def test_claim_at_a_kink(checked: Checked) -> None:
    report = checked("abs(x)", "x=0", claims=["x = 0"])
    assert [row["verdict"] for row in report.rows] == ["kink"]


def test_claims_on_several_nodes_that_depend_on_each_other(checked: Checked) -> None:
    report = checked("s = x^2; y = s*x", "x=3", claims=["s = x", "x = 3*x^2", "y = 1"])
    assert [row["numeric"] for row in report.rows] == pytest.approx([3, 27, 1])


def test_formula_may_use_what_the_output_does_not(checked: Checked) -> None:
    source = "y = x^2; const k = 2; helper = k*x; f(t) = t + helper; param p = 3; q = p*r"
    claims = ["x = helper", "x = f(0)", "x = k*x", "x = q - p*r + helper"]
    assert checked(source, "x=3", "r=5", of="y", claims=claims).exit_code == 0


def test_aliases_and_the_nodes_own_name(checked: Checked) -> None:
    assert (
        checked("h = sigmoid(z); g = sigmoid(z); y = h^2", claims=["g = 2*g", "h = 2*g"]).exit_code
        == 0
    )


def test_const_by_wrt(checked: Checked) -> None:
    assert checked("const c = 2; c*x", "x=1", wrt="c", claims=["c = x"]).exit_code == 0


# Repairs.


@pytest.mark.parametrize(
    ("source", "values", "claim", "what", "formula"),
    [
        (WORKED, ["a=2", "b=1"], "a = -s", "the sign is wrong", "a = s"),
        (WORKED, [], "b = -a - 2*b - 1", "the sign is wrong", "b = -(-a - 2*b - 1)"),
        ("x^2*y", [], "x = x*y", "a factor 2 is missing", "x = 2*(x*y)"),
        ("x^2*y", ["x=3", "y=2"], "x = x*y", "a factor 2 is missing", "x = 2*(x*y)"),
        ("x^2/2*y", [], "x = 2*x*y", "a factor 0.5 is missing", "x = 0.5*(2*x*y)"),
        ("x^3/3", [], "x = -3*x^2", "a factor (-1/3) is missing", "x = (-1/3)*(-3*x^2)"),
        (
            "mean((u - t)^2)", ["u=[1,2,3]", "t=[0,0,1]"], "u = 2*(u - t)",
            "a factor 1/3 is missing: 1/n for n = 3", "u = 1/3*(2*(u - t))",
        ),
        ("x^3*y", [], "x = 3*x*y", "a factor x is missing", "x = (3*x*y)*x"),
        ("h = tanh(x); h^2", [], "x = 2*h", "a factor 1 - h^2 is missing", "x = (2*h)*(1 - h^2)"),
        ("h = σ(x); y = 3*h", [], "x = 3", "a factor h*(1 - h) is missing", "x = 3*h*(1 - h)"),
        ("x*y", [], "x = y*x", "a factor x is too many", "x = (y*x)/x"),
        (WORKED, ["a=2", "b=1"], "b = a+b+1", "the term b is missing", "b = a+b+1 + b"),
        ("x^2", [], "x = 2*x + 3", "the term 3 is too many", "x = 2*x + 3 - 3"),
        (
            "sum(W@u)", ["W=[[1,2],[3,4]]", "u=[1,2]"], "W = outer(u, ones(2))",
            "a transpose is missing", "W = outer(u, ones(2)).T",
        ),
        (
            LOGISTIC, ["w=[0.5,-1]", "x=[1,2]", "b=0.1", "y=1"], "w = (sigmoid(z) - y)*w",
            "w stands where x belongs", "w = (sigmoid(z) - y)*x",
        ),
        (
            "ner_window", [], "W = outer(delta, x)", "a factor J*(1 - J) is missing",
            "W = outer(delta, x)*J*(1 - J)",
        ),
        (
            "network_2_2_1", [], "w3 = -2*(y - o)*o*(1 - o)*w5*h1*(1 - h1)*x1",
            "x1 stands where x2 belongs", "w3 = -2*(y - o)*o*(1 - o)*w5*h1*(1 - h1)*x2",
        ),
        ("x^2*exp(y)", [], "x = 2*x", "a factor exp(y) is missing", "x = exp(y)*(2*x)"),
        ("exp(x^2)", [], "x = exp(x^2)", "a factor 2*x is missing", "x = 2*x*exp(x^2)"),
        (
            "h = tanh(x); -3*h*z", ["x=0.5", "z=2"], "x = 1 - h^2", "a factor -3*z is missing",
            "x = -3*z*(1 - h^2)",
        ),
        ("x*y + y*z", [], "y = -x - z", "the sign is wrong", "y = -(-x - z)"),
        (
            "h = tanh(A@x); δ = h*(1 - h^2); sum(h^2)/2 + 0*sum(δ)",
            ["A=[[1,2],[3,-4]]", "x=[0.1,0.2]"], "x = A@δ",
            "A stands where A.T belongs", "x = A.T@δ",
        ),
        (
            "trace(A@B.T@A)", ["A=[[1,2],[3,-4]]", "B=[[0.5,1],[2,1]]"], "B = A.T@A",
            "A.T stands where A belongs", "B = A@A",
        ),
        ("mean(A^2)", ["A=[[1,2],[3,-4]]"], "A = 2*A", "a factor 0.25 is missing: 1/n for n = 4",
         "A = 0.25*(2*A)"),
        ("sin(x)*exp(y)", [], "x = y", "", ""),
        ("x^2", [], "x = 0", "", ""),
    ],
)  # fmt: skip
def test_simple_repairs_are_named(
    checked: Checked, source: str, values: list[str], claim: str, what: str, formula: str
) -> None:
    report = checked(source, *values, claims=[claim])
    assert report.exit_code == 1
    wrong = [row for row in report.rows if row["verdict"] == "wrong"]
    assert wrong
    if what:
        assert report.warnings[1] == f"{what}: {formula}"
        assert all(row["note"] == what for row in wrong)
        assert checked(source, *values, claims=[formula]).exit_code == 0
    else:
        assert "note" not in wrong[0] or not wrong[0]["note"].endswith(("missing", "belongs"))


def test_counterexample_is_told_apart(checked: Checked) -> None:
    report = checked(WORKED, "a=2", "b=1", claims=["b = a+2*b+1.00001"])
    assert report.warnings[0] == (
        "b = a+2*b+1.00001 is wrong: at a=2, b=1 it is 5.00001, the derivative is 5"
    )
    report = checked("x^2", "x=3", claims=["x = 2*x + 1e-8"], rtol=1e-10)
    assert report.warnings[0] == (
        "x = 2*x + 1e-8 is wrong: at x=3 it is 6.00000001, the derivative is 6"
    )


def test_counterexample_in_an_array_names_the_entry(checked: Checked) -> None:
    report = checked("sum(u^2)", "u=[1,2]", claims=["u = 2*u*[1, 1.5]"])
    assert report.warnings[0] == (
        "u = 2*u*[1, 1.5] is wrong: in entry [1] at u=[1, 2] it is 6, the derivative is 4"
    )


def test_counterexample_in_a_jacobian_names_the_entry_of_the_claim(checked: Checked) -> None:
    report = checked("p = [u[0]*u[1], 3*u[0]]", "u=[1,2]", claims=["u = [[u[1], u[0]], [2, 0]]"])
    assert report.warnings[0] == (
        "u = [[u[1], u[0]], [2, 0]] is wrong: in entry [1, 0] at u=[1, 2]"
        " it is 2, the derivative is 3"
    )


# Claims that make no sense.

MATRIX = ["W=[[1,2,3],[4,5,6]]", "x=[1,2,3]"]
ROWS = ["X=[[1,2],[3,4],[5,6]]", "w=[1,2]", "b=1", "y=[0,1,2]"]
SQUARES = "L = mean((X@w + b - y)^2)"


@pytest.mark.parametrize(
    ("source", "values", "claim", "message"),
    [
        (
            WORKED, ["a=2", "b=1"], "q = 1",
            "e is not made of 'q'\n  q = 1\n  ^\nhint: it is made of a, b, r, s, e",
        ),
        (
            WORKED, ["a=2", "b=1"], "a = q+1",
            "the program has no node 'q'\n  a = q+1\n      ^\n"
            "hint: its names are a, b, e, r, s",
        ),
        (
            "hidden = x^2; y = hidden*x", ["x=1"], "x = hiden",
            "the program has no node 'hiden'\n  x = hiden\n      ^^^^^\n"
            "hint: did you mean 'hidden'?",
        ),
        (
            WORKED, ["a=2", "b=1"], "a = sigmod(b)",
            "unknown function 'sigmod'\n  a = sigmod(b)\n      ^^^^^^\n"
            "hint: did you mean 'sigmoid'?",
        ),
        (
            WORKED, ["a=2", "b=1"], "a",
            "--claim a: expected NAME = FORMULA\n"
            'hint: write what it is the derivative by: --claim "a = …"',
        ),
        (
            WORKED, ["a=2", "b=1"], "a = s; b = r",
            "--claim a = s; b = r: expected NAME = FORMULA\n"
            'hint: give each derivative an option of its own: --claim "x = …" --claim "y = …"',
        ),
        (
            "const c = 2; c*x", ["x=1"], "c = x",
            "'c' is a const, which has no gradient\n  c = x\n  ^\n"
            "hint: add --wrt c, or declare it: param c = …",
        ),
        (
            "E[i]", ["E=[1,2]", "i=1"], "i = 0",
            "'i' is an index or a class, which has no derivative\n  i = 0\n  ^\n"
            "hint: claim what the derivative by another node is",
        ),
        (
            "sum(W@x)", MATRIX, "W = ones(3, 2)",
            "the claim for W has shape (3,2), the gradient has (2,3): transpose?\n"
            "  W = ones(3, 2)\n      ^^^^^^^^^^\nhint: ones(3, 2).T has that shape",
        ),
        (
            "sum(W@x)", MATRIX, "x = 1",
            "the claim for x has shape (), the gradient has (3,)\n  x = 1\n      ^\n"
            "hint: ones(3) has that shape",
        ),
        (
            "sum(W@x)", MATRIX, "W = 2*2",
            "the claim for W has shape (), the gradient has (2,3)\n  W = 2*2\n      ^^^\n"
            "hint: a claim says every entry: nothing is repeated to fit",
        ),
        (
            SQUARES, ROWS, "b = 2*(X@w + b - y)",
            "the claim for b has shape (3,), the gradient has (): mean?\n"
            "  b = 2*(X@w + b - y)\n      ^^^^^^^^^^^^^^^\nhint: write mean(2*(X@w + b - y))",
        ),
        (
            "L = sum((X@w + b - y)^2)", ROWS, "b = 2*(X@w + b - y)",
            "the claim for b has shape (3,), the gradient has (): sum?\n"
            "  b = 2*(X@w + b - y)\n      ^^^^^^^^^^^^^^^\nhint: write sum(2*(X@w + b - y))",
        ),
        (
            SQUARES, ROWS, "w = 2*reshape(X@w + b - y, 3, 1)*X",
            "the claim for w has shape (3,2), the gradient has (2,): mean over rows?\n"
            "  w = 2*reshape(X@w + b - y, 3, 1)*X\n      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
            "hint: write mean(2*reshape(X@w + b - y, 3, 1)*X, axis=0)",
        ),
        (
            "f = [x*y, x + y]", ["x=1", "y=2"], "x = y",
            "the claim for x has shape (), the Jacobian has (2,)\n  x = y\n      ^\n"
            "hint: a claim says every entry: nothing is repeated to fit",
        ),
        (
            LAYER, [VALUES["u"], VALUES["W"], "L=ones(3,4)", VALUES["b"]], "W = δ @ x.T",
            "∂s/∂W = δ @ x.T: shapes that do not fit together: δ has shape (2,),"
            " x.T has shape (3,)\n"
            "  W = δ @ x.T\n      ^^^^^^^\nhint: of two vectors, write outer(δ, x)",
        ),
        (
            LAYER, [VALUES["u"], VALUES["W"], "L=ones(3,4)", VALUES["b"]], "W = x.T @ δ",
            "∂s/∂W = x.T @ δ: shapes that do not fit together: x.T has shape (3,),"
            " δ has shape (2,)\n"
            "  W = x.T @ δ\n      ^^^^^^^\nhint: of two vectors, write outer(δ, x)",
        ),
        (
            LAYER, [VALUES["u"], VALUES["W"], "L=ones(3,4)", VALUES["b"]], "x = W@δ",
            "∂s/∂x = W@δ: shapes that do not fit together: W has shape (2, 3), δ has shape (2,)\n"
            "  x = W@δ\n      ^^^\nhint: write W.T@δ",
        ),
        (
            "s = u@tanh(W@x); δ = u*(1 - tanh(W@x)^2)",
            [VALUES["u"], "W=[[1,2],[3,4]]", "x=[0.1,0.2]"], "W = (δ @ x.T)",
            "the claim for W has shape (), the gradient has (2,2)\n  W = (δ @ x.T)\n"
            "      ^^^^^^^^^\nhint: of two vectors, write outer(δ, x)",
        ),
    ],
)  # fmt: skip
def test_claims_that_make_no_sense(
    checked: Checked, source: str, values: list[str], claim: str, message: str
) -> None:
    of = {"of": "s"} if "δ" in source else {}
    with pytest.raises(GradError) as caught:
        checked(source, *values, claims=[claim], **of)
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def test_claim_that_is_no_language(checked: Checked) -> None:
    with pytest.raises(GradError) as caught:
        checked("x^2", claims=["x = 2 *"])
    assert "  x = 2 *" in str(caught.value)


def test_claims_and_second_order_exclude_each_other(checked: Checked) -> None:
    with pytest.raises(GradError) as caught:
        checked("x^2", claims=["x = [2]"], order=2)
    assert str(caught.value) == (
        "a claim is about the gradient, and --order 2 checks the Hessian\nhint: leave --order 2 out"
    )


def test_program_keeps_its_names_after_a_claim(checked: Checked) -> None:
    report: Any = checked(WORKED, "a=2", "b=1", claims=["a = s", "b = s + r"])
    assert [row["variable"] for row in report.rows] == ["a", "b"]
    assert report.exit_code == 0
