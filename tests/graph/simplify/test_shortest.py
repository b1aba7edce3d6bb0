"""The shortest form, against SymPy's and in numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from gradcli.graph.build import build
from gradcli.language import parse
from gradcli.library.model import Model
from gradcli.run.interpret import interpret

SYMPY = {
    name: json.loads(Path(__file__).with_name(f"sympy_{name}.json").read_text("utf-8"))
    for name in ("derivatives", "derivatives_2", "formulas")
}
"""400 generated formulas each, and what SymPy makes of them or of their derivatives by x; see
sympy_derivatives.py."""

SHORT = [
    ("x*(y + z) - x*y", "x * z"),
    ("a*b + a*c + d", "a * (b + c) + d"), ("3*(x + 1) - x", "2 * x + 3"),
    ("(x + 1)^2 + 2*(x + 1)*(x - 1)", "3 * x^2 + 2 * x - 1"), ("x/(x + 1) - 1", "-1 / (x + 1)"),
    ("y/p - (1 - y)/(1 - p)", "(y - p) / (p * (1 - p))"), ("1/x + 1/y", "1 / x + 1 / y"),
    ("-y*(1 - sigmoid(z)) + (1 - y)*sigmoid(z)", "sigmoid(z) - y"), ("0.5*x", "x / 2"),
    ("2*x/(x^2 + 1) - 2*x^3/(x^2 + 1)^2", "2 * x / (x^2 + 1)^2"), ("1/4 == 0", "0"),
    ("0.5/x", "0.5 / x"),
    ("1/sqrt((1 - x)*(1 + x))", "1 / sqrt(1 - x^2)"), ("log(1)", "0"), ("log(2)", "log(2)"),
    ("5*sin(x)^2 + 5*cos(x)^2 + y", "5 + y"), ("sin(x)^2/cos(x)^2", "tan(x)^2"),
    ("6*sin(x)*cos(x)", "3 * sin(2 * x)"), ("1/(1 + a/x^2)/x^2", "1 / (x^2 + a)"),
    ("y^2/(sqrt(y^2/x)*x^2)", "sqrt(y^2 / x) / x"), ("sigmoid(-x)*exp(x)", "sigmoid(x)"),
    ("-1/2*(x - y)", "(y - x) / 2"), ("where(1 > 0, x, y)", "x"), ("where(x > 0, y, y)", "y"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), SHORT)
def test_the_shortest_of_some_forms(simplified, text, wanted):
    assert simplified(text) == wanted


ARRAYS = [
    ("K.T.T", "K"), ("eye(3) @ D", "D"), ("D @ eye(3)", "D"), ("(A.T @ B).T", "B.T @ A"),
    ("outer(x, y).T", "outer(y, x)"), ("x.T", "x"), ("D @ ones(3)", "sum(D, axis=1)"),
    ("ones(3) @ D", "sum(D, axis=0)"), ("D @ ones(3, 2)", "outer(sum(D, axis=1), ones(2))"),
    ("sum(x*y)", "x @ y"), ("sum(2*x)", "2 * sum(x)"), ("expand(2, 3)", "2 * ones(3)"),
    ("expand(x, 2, 3)", "outer(ones(2), x)"), ("expand(x, 3, 3)*D", "x * D"), ("ones(3)*x", "x"),
    ("sum_to(A, 1, 3)", "sum(A, axis=0, keepdims=1)"), ("sum_to(A, 3)", "sum(A, axis=0)"),
    ("scatter(2, x[1])", "2 * onehot(1, 3)"), ("scatter(x, D[0])", "outer(onehot(0, 3), x)"),
    ("scatter(2, x[-1])", "2 * onehot(2, 3)"), ("sum(A.T, axis=0)", "sum(A, axis=1)"),
    ("diag(x) @ diag(y)", "diag(x * y)"), ("outer(x, y) @ z", "x * (y @ z)"),
    ("exp(x)/sum(exp(x))", "softmax(x)"), ("sum(D*x, axis=1)", "D @ x"), ("(D + D.T).T", "D + D.T"),
    ("-(3*D @ x)", "-3 * (D @ x)"), ("repeat(2, 3)@x", "2 * sum(x)"), ("trace(D)*1", "trace(D)"),
]  # fmt: skip
SHAPES = {"K": (4, 3), "D": (3, 3), "A": (2, 3), "B": (2, 4), "x": (3,), "y": (3,), "z": (3,)}


@pytest.mark.parametrize(("text", "wanted"), ARRAYS)
def test_arrays_are_written_as_mathematics(simplified, text, wanted):
    assert simplified(text, **SHAPES) == wanted


@pytest.mark.parametrize(("text", "wanted"), ARRAYS)
def test_arrays_keep_their_values(text, wanted):
    draw = np.random.default_rng(5)
    point = {name: draw.uniform(0.5, 2, shape) for name, shape in SHAPES.items()}
    found, again = (value(side, point) for side in (text, wanted))
    assert np.shape(found) == np.shape(again)
    np.testing.assert_allclose(found, again, rtol=1e-12)


def value(text, point):
    program = parse(text)
    names = {a for kind, a in zip(program.kinds, program.arguments) if kind == "name"}
    model = build(program, {n: v for n, v in point.items() if n in names})
    inputs = {node: point[name] for name, node in model.inputs.items()}
    return interpret(model.graph, [model.output], inputs)[model.output]


@pytest.fixture(scope="module", params=SYMPY)
def formulas(request, simplified):
    """Formulas, each with ours and SymPy's short form of it or of its derivative by x."""
    theirs = {text: short.replace("**", "^") for text, short in SYMPY[request.param].items()}
    plain = request.param == "formulas"
    mine = (simplified(text) if plain else Model(text).symbolic()["x"] for text in theirs)
    return list(zip(theirs, mine, theirs.values()))


def without_blanks(text):
    return len(text.replace(" ", ""))


def test_formulas_are_as_short_as_those_of_sympy(formulas):
    assert len(formulas) == 400
    mine, theirs = (median(map(without_blanks, side)) for side in list(zip(*formulas))[1:])
    assert mine <= 1.1 * theirs


@pytest.mark.parametrize("size", [len, without_blanks])
def test_no_formula_is_twice_as_long_as_that_of_sympy(formulas, size):
    """Also as both print them: SymPy leaves out the blanks around * and /."""
    assert not [(mine, theirs) for _, mine, theirs in formulas if size(mine) > 2 * size(theirs)]


def test_formulas_have_the_values_of_those_of_sympy(formulas):
    draw = np.random.default_rng(7)
    compared = 0
    for text, mine, short in formulas:
        theirs = re.sub(r"\bE\b", "exp(1)", short).replace("re(x)", "x")
        for low, high in [(0.2, 0.9), (1.1, 1.9), (-1.5, -0.2)]:
            point = {name: float(draw.uniform(low, high)) for name in "xy"}
            found, wanted = value(mine, point), value(theirs, point)
            if np.isfinite(wanted) and np.isfinite(value(text, point)):
                assert found == pytest.approx(wanted, rel=1e-6, abs=1e-9), (text, mine, theirs)
                compared += 1
    assert compared > 800


IDENTITIES = [
    ("log(1/(1 + exp(-z))/(1 - 1/(1 + exp(-z))))", "z"), ("(q^2 - 1)/(q - 1)", "q + 1"),
    ("(q^3 + 8)/(q + 2)", "q^2 - 2 * q + 4"), ("(a^2 - b^2)/(a + b)", "a - b"),
    ("(q^2 + 3*q + 2)/(q + 1)/(q + 2)", "1"), ("(q^2 + 1)/(q - 1)", "(q^2 + 1) / (q - 1)"),
    ("log(a) + log(b) - log(a*b)", "0"), ("exp(a)/(1 + exp(a))", "sigmoid(a)"),
    ("tanh(a/2)/2 + 0.5", "sigmoid(a)"), ("2*sigmoid(2*a) - 1", "tanh(a)"),
    ("(exp(a) - exp(-a))/(exp(a) + exp(-a))", "tanh(a)"), ("cosh(a) - sinh(a)", "exp(-a)"),
    ("(exp(2*a) - 1)/(exp(2*a) + 1)", "tanh(a)"), ("sin(2*a)/(2*sin(a))", "cos(a)"),
    ("1/cos(a)^2 - tan(a)^2", "1"), ("log(1 + exp(-a))", "softplus(-a)"),
    ("-log(1/(1 + exp(-a)))", "-log_sigmoid(a)"), ("softplus(a) - softplus(-a)", "a"),
    ("exp(-softplus(-a))", "sigmoid(a)"), ("sigmoid(log(a/(1 - a)))", "a"),
    ("relu(a) - relu(-a)", "a"), ("relu(a) + relu(-a)", "abs(a)"), ("max(a, 0)", "relu(a)"),
    ("(a + b)^2 - (a - b)^2", "4 * a * b"), ("a/(a*b + a*c)", "1 / (b + c)"),
    ("1/(tan(a)^2*cos(a)^2)", "1 / sin(a)^2"), ("b*(1 - tanh(a)^2)", "b * (1 - tanh(a)^2)"),
    ("1/(3*a^(2/3))", "a^(-2/3) / 3"), ("log(softmax(x))", "log_softmax(x)"),
    ("x - logsumexp(x)", "log_softmax(x)"), ("exp(x - logsumexp(x))", "softmax(x)"),
    ("log(sum(exp(x)))", "logsumexp(x)"), ("x/sqrt(x@x)", "x / norm(x)"),
    ("sqrt(sum(x^2))", "norm(x)"), ("inv(D)@D", "eye(3)"), ("D@inv(D)", "eye(3)"),
    ("inv(inv(D))", "D"), ("inv(D.T)", "inv(D).T"), ("trace(D.T)", "trace(D)"),
    ("trace(outer(x, y))", "x @ y"), ("sum(outer(x, y))", "sum(x) * sum(y)"),
    ("det(D.T)", "det(D)"), ("det(D)*det(inv(D))", "1"), ("logdet(inv(D))", "-logdet(D)"),
    ("inv(D)@(D@x)", "x"), ("D@(inv(D)@x)", "x"), ("solve(D, D@x)", "x"), ("D@solve(D, x)", "x"),
    ("trace(D@inv(D)) - 3", "trace(eye(3)) - 3"), ("D@x + x@D", "(D + D.T) @ x"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), IDENTITIES)
def test_identities_of_textbooks(simplified, text, wanted):
    assert simplified(text, **{name: SHAPES[name] for name in ("D", "x", "y")}) == wanted


GRADIENTS = [
    ("x@D@x", "x", "(D + D.T) @ x"), ("sum((A@x - w)^2)", "x", "2 * (A.T @ (A @ x - w))"),
    ("norm(A@x - w)^2", "x", "2 * (A.T @ (A @ x - w))"), ("logdet(D)", "D", "inv(D).T"),
    ("log(det(D))", "D", "inv(D).T"), ("-log_softmax(x)[1]", "x", "softmax(x) - onehot(1, 3)"),
    ("-sum(w*log(σ(A@x)) + (1 - w)*log(1 - σ(A@x)))", "x", "A.T @ (sigmoid(A @ x) - w)"),
    ("mean(cross_entropy(A, t))", "A", "(softmax(A) - onehot(t, 3)) / 2"),
    ("sum(-log(s) - (x - m)^2/(2*s^2))", "x", "(m - x) / s^2"),
    ("sum(-log(s) - (x - m)^2/(2*s^2))", "s", "sum((x - m)^2) / s^3 - 3 / s"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "wanted"), GRADIENTS)
def test_gradients_of_textbooks(text, name, wanted):
    shapes = {**SHAPES, "w": (2,), "t": (2,)}
    used = {n: shape for n, shape in shapes.items() if re.search(rf"\b{n}\b", text)}
    assert Model(text).symbolic(shapes=used)[name] == wanted


def test_simplification_ends_for_formulas_without_end(simplified):
    text = "x"
    for _ in range(40):
        text = f"sin({text} + 1/({text}))" if len(text) < 300 else f"({text})*(1 + x)"
    assert simplified(text)
