"""grad --jacobian --symbolic, --hessian --symbolic: numbers, vectors and matrices as formulas."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import ShapeError, UsageError
from gradcli.graph.build import build
from gradcli.language import parse
from gradcli.question.question import ask
from gradcli.verbs.jacobian import hessian_report, jacobian_report
from gradcli.verbs.symbolic import hessian_formulas, jacobian_formulas, symbolic

VALUES = {
    "k": "k=0.7", "x": "x=[0.3,-0.7,1.2]", "b": "b=[0.1,0.2]", "y": "y=[1,0,2]",
    "W": "W=[[1,2,3],[4,5,6.5]]", "A": "A=[[2,0.3,-1],[0.4,1.5,0.2],[-0.6,0.1,3]]", "q": "q=1.3",
}  # fmt: skip


def question(source, **options):
    names = {a for kind, a in zip(parse(source).kinds, parse(source).arguments) if kind == "name"}
    return ask(source, [text for name, text in VALUES.items() if name in names], **options)


def value(asked, formula):
    """A formula as one more statement of its program."""
    model = build(parse(formula), graph=asked.graph, nodes=asked.model.nodes)
    return asked.run([model.output])[model.output]


JACOBIANS = [
    ("tanh(x)", "x", "diag(1 - tanh(x)^2)"), ("h = tanh(W@x + b)", "x", "diag(1 - h^2) @ W"),
    ("h = tanh(W@x + b)", "b", "diag(1 - h^2)"), ("W@x", "x", "W"), ("x + k", "k", "ones(3)"),
    ("softmax(x)", "x", "diag(softmax(x)) - outer(softmax(x), softmax(x))"), ("k*x", "k", "x"),
    ("x/k", "x", "eye(3) / k"), ("x@A", "x", "A.T"), ("x[0]*y", "x", "outer(y, onehot(0, 3))"),
    ("where(k > 0, x, y)", "x", "(k > 0) * eye(3)"), ("relu(x)", "x", "diag(x > 0)"),
    ("x*y/norm(y)", "x", "diag(y) / norm(y)"), ("log_softmax(x)", "x", None),
    ("[k, q, k*q]", "k", None), ("x - mean(x)", "x", None), ("x*sum(x*y)", "x", None),
    ("sum(x^2)", "x", "2 * x"), ("sin(k)", "k", "cos(k)"), ("concat(x, y)[:3]*k", "k", None),
    ("z = A@x; relu(z)*y", "x", None), ("A@tanh(A@sin(x))", "x", None),
    ("x[1:]", "x", "eye(3)[1:]"),
    ("x[[0, 2, 0]]*y", "x", None), ("sum(x[[0, 2, 0]]*y)", "x", None),
]  # fmt: skip


@pytest.mark.parametrize(("source", "name", "wanted"), JACOBIANS)
def test_jacobians(source, name, wanted):
    asked = question(source, wrt=name)
    report = jacobian_formulas(asked)
    (row,) = report.rows
    numbers = jacobian_report(asked).summary["jacobian"][name]
    assert wanted in (None, row["derivative"])
    assert row["shape"] == list(np.shape(numbers))
    np.testing.assert_array_equal(row["value"], numbers)
    found = value(asked, row["derivative"])
    assert np.shape(found) == np.shape(numbers)
    np.testing.assert_allclose(found, numbers, rtol=1e-12, atol=1e-15)
    assert report.answer == [(name, row["derivative"])]
    assert report.summary["jacobian"] == {name: row["derivative"]}


HESSIANS = [
    ("k^3", {"k,k": "6 * k"}), ("k^2*q", {"k,k": "2 * q", "k,q": "2 * k", "q,q": "0"}),
    ("x@A@x", {"x,x": "A + A.T"}), ("sum(x^3)", {"x,x": "6 * diag(x)"}),
    ("logsumexp(x)", {"x,x": "diag(softmax(x)) - outer(softmax(x), softmax(x))"}),
    ("sum((W@x - b)^2)", {"x,x": "2 * (W.T @ W)", "b,x": "-2 * W", "x,b": "-2 * W.T"}),
    ("norm(x)", {}), ("h = k*q; h^2 + sin(h)", {}), ("sum(exp(k*x)*y)", {}), ("relu(k)^2*q", {}),
    ("sum(x[[0, 2]])^2", {}), ("sum(x[[0, 0, 1]]*y)*x[2]", {}), ("norm(x)^3", {}),
    ("norm(x)^2", {"x,x": "2 * eye(3)"}), ("softmax(x)[1]", {}), ("sum(sqrt(abs(x))*y)", {}),
    ("-log(softmax(x)[1])", {"x,x": "diag(softmax(x)) - outer(softmax(x), softmax(x))"}),
    ("-log(exp(x[1])/sum(exp(x)))", {"x,x": "diag(softmax(x)) - outer(softmax(x), softmax(x))"}),
    ("norm(x[[2, 0, 1]])^2", {}), ("norm(x*x[[2, 0, 1]])^2", {}),
    ("max([x[0], (outer(y, x)@x)[2]])", {}), ("-y@log(softmax(x))", {}),
    ("sum(sigmoid(A@x))", {}), ("k/(1 + q^2)", {}),
    ("sum(x)*k + x[0]*x[2]", {}),
]  # fmt: skip


@pytest.mark.parametrize(("source", "wanted"), HESSIANS)
def test_hessians(source, wanted):
    names = [n for n in ("k", "q", "x", "b") if n in VALUES and n in source.replace("exp", "")]
    names = [n for n in names if n in parse(source).arguments]
    asked = question(source, wrt=",".join(names))
    found = hessian_formulas(asked)
    numbers = hessian_report(asked).summary["hessian"]
    formulas = dict(found.answer)
    assert wanted.items() <= formulas.items()
    for row in found.rows:
        one, two = row["variable"], row["variable2"]
        right = numbers[one][two]
        again = value(asked, row["derivative"])
        assert np.shape(again) == np.shape(right) == tuple(row["shape"]), row
        np.testing.assert_allclose(again, right, rtol=1e-10, atol=1e-12, err_msg=str(row))
        np.testing.assert_allclose(row["value"], right)


def test_no_values_are_needed_for_matrices():
    report = jacobian_formulas(ask("tanh(W@x)", guess=True, shape=["W=2,3"], wrt="x"))
    assert report.columns == ["output", "variable", "shape", "derivative"]
    assert report.answer == [("x", "diag(1 - tanh(W @ x)^2) @ W")]


def test_more_than_two_axes_are_no_matrix():
    with pytest.raises(ShapeError) as caught:
        jacobian_formulas(question("W@x", wrt="W"))
    assert str(caught.value) == (
        "the derivative of e by W has more than two axes: (2,) and (2, 3)\n"
        "hint: leave --symbolic out for its numbers, or name others with --wrt"
    )
    with pytest.raises(ShapeError, match="the derivative by W by W has more than two axes"):
        hessian_formulas(question("sum(W^2)"))


def test_what_is_no_formula_of_matrices_is_said():
    with pytest.raises(UsageError) as caught:
        jacobian_formulas(question("cumsum(x)"))
    assert str(caught.value) == (
        "the derivative by x is no short formula of matrices\n"
        "hint: leave --symbolic out for its numbers, or take one entry of the output"
    )


def test_formulas_of_the_variables_alone():
    asked = question("h = tanh(k*q); h^2")
    expanded = dict(symbolic(asked, expand=True).answer)
    assert expanded == {
        "k": "2 * tanh(k * q) * (1 - tanh(k * q)^2) * q",
        "q": "2 * tanh(k * q) * (1 - tanh(k * q)^2) * k",
    }
    assert dict(symbolic(asked).answer)["k"] == "2 * h * (1 - h^2) * q"


@pytest.mark.parametrize("name", ["goldstein_price", "language_model", "analogies", "iris"])
def test_an_expansion_is_of_variables_alone_and_can_be_pasted(name):
    asked = ask(name)
    report = symbolic(asked, expand=True)
    inputs = set(asked.model.inputs)
    assert report.answer
    rows = {row["node"]: row for row in report.rows}
    for variable, formula in report.answer:
        program = parse(formula)
        found = {a for kind, a in zip(program.kinds, program.arguments) if kind == "name"}
        assert found <= {*inputs, "inf"}
        right = rows[variable]["grad"]
        np.testing.assert_allclose(value(asked, formula), right, rtol=1e-8, atol=1e-10)


def test_an_expansion_that_is_far_too_long_is_refused():
    source = "; ".join(f"a{i + 1} = a{i}*sin(a{i})" for i in range(30))
    with pytest.raises(UsageError) as caught:
        symbolic(ask(source, ["a0=0.9"]), expand=True)
    assert str(caught.value) == (
        "the derivative by a0, of the variables alone, would have more than 20,000 characters\n"
        "hint: leave --expand out: a formula then uses the names of the program"
    )


def test_blocks_that_have_no_formula_are_noted_and_the_others_are_there():
    report = hessian_formulas(question("sum(A^2) + sum(x^2)"))
    assert report.answer == [("x,x", "2 * eye(3)")]
    assert report.summary["hessian"] == {"A": {}, "x": {"x": "2 * eye(3)"}}
    assert report.notes == [
        "the derivative by A by A has more than two axes: (3, 3) and (3, 3)",
        "the derivative by A by x has more than two axes: (3, 3) and (3,)",
        "the derivative by x by A has more than two axes: (3,) and (3, 3)",
    ]
    report = hessian_formulas(question("k*sum(A^2)"))
    assert report.summary["hessian"] == {"k": {"k": "0", "A": "2 * A"}, "A": {"k": "2 * A"}}
    report = jacobian_formulas(question("A@x"))
    assert report.answer == [("x", "A")]
    assert report.notes == ["the derivative of e by A has more than two axes: (3,) and (3, 3)"]
