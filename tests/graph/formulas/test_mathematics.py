"""Formulas in LaTeX, as a mathematician writes them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.graph.build import build
from gradcli.graph.formulas.mathematics import latex_expression, latex_formula
from gradcli.graph.formulas.show import labels
from gradcli.graph.formulas.typesetting import Typesetting
from gradcli.graph.node import TABLE
from gradcli.graph.ops.typeset import function_name
from gradcli.language import parse
from gradcli.latex import latex_symbol
from gradcli.question.question import ask
from gradcli.verbs.reference import example

SHAPES = {
    "x": (3,),
    "y": (3,),
    "W": (2, 3),
    "h": (2,),
    "A": (3, 3),
    "E": (9, 2),
    "ids": (4,),
    "T": (2, 3, 4),
}


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("x", "x"), ("w_1", "w_{1}"), ("w1", "w_{1}"), ("theta", r"\theta"), ("θ", r"\theta"),
        ("theta_0", r"\theta_{0}"), ("x₁", "x_{1}"), ("x₁₂", "x_{12}"), ("ŷ", r"\hat{y}"),
        ("loss", r"\mathit{loss}"), ("W_hidden", r"W_{\mathit{hidden}}"), ("x̂1", r"\hat{x}_{1}"),
        ("a_b_c", r"a_{\mathit{b\_c}}"), ("x_", r"\mathit{x\_}"), ("名", r"\mathrm{U540D}"),
        ("αβ", r"\alpha\beta"),
        ("∂e/∂w_1", r"\frac{\partial e}{\partial w_{1}}"), ("lr", r"\mathit{lr}"), ("σ", r"\sigma"),
    ],
)  # fmt: skip
def test_names_are_symbols(name, latex):
    assert latex_symbol(name) == latex


FORMULAS = [
    ("(a + b)/2", r"\frac{a + b}{2}"), ("a/b/c", r"\frac{\frac{a}{b}}{c}"), ("-a*b", r"-a\,b"),
    ("a*-b", r"a\,(-b)"), ("a - (b - c)", "a - (b - c)"), ("a - (b + c)", "a - (b + c)"),
    ("a + (b + c)", "a + b + c"), ("(a + b)*c", r"(a + b)\,c"), ("2*3", r"2 \cdot 3"),
    ("2*a", r"2\,a"), ("1e-3", "10^{-3}"), ("2.5e7*a", r"2.5 \times 10^{7}\,a"), ("pi", r"\pi"),
    ("a^b^c", "a^{b^{c}}"), ("(a^b)^c", r"\left(a^{b}\right)^{c}"), ("-a^2", "-a^{2}"),
    ("(-a)^2", "(-a)^{2}"), ("(a/b)^2", r"\left(\frac{a}{b}\right)^{2}"), ("a_1^2", "{a_{1}}^{2}"),
    ("sqrt(a + 1)", r"\sqrt{a + 1}"), ("cbrt(a)", r"\sqrt[3]{a}"), ("exp(-a)", r"\mathrm{e}^{-a}"),
    ("abs(a)", r"\left|a\right|"), ("log(a)", r"\log(a)"), ("tanh(a)^2", r"\tanh(a)^{2}"),
    ("sigmoid(a)", r"\sigma(a)"), ("max(a, b)", r"\max(a, b)"), ("a > 0", "a > 0"),
    ("b*(a > 0)", r"b\,[a > 0]"), ("a != b", r"a \ne b"), ("lgamma(a)", r"\log\Gamma(a)"),
    ("atan2(a, b)", r"\mathrm{atan2}(a, b)"), ("leaky_relu(a)", r"\mathrm{leaky\_relu}(a, 0.01)"),
    ("where(a > 0, b, 0)", r"\left\{\begin{array}{ll}b & \mathrm{if}\;a > 0 \\"
     r" 0 & \mathrm{otherwise}\end{array}\right."),
    ("x*y", r"x \odot y"), ("2*x", r"2\,x"), ("W@x", r"W\,x"), ("x@y", r"x^{\top}\,y"),
    ("W.T@h", r"W^{\top}\,h"), ("x.T@y", r"\left(x^{\top}\right)^{\top}\,y"),
    ("W@(x*y)", r"W\,(x \odot y)"), ("outer(h, x)", r"h\,x^{\top}"), ("inv(A)", "A^{-1}"),
    ("norm(x)", r"\left\|x\right\|"), ("sum(x)", r"\sum(x)"), ("x[0]", "x_{0}"),
    ("W[0, 1:]", "W_{0, 1:}"), ("E[ids]", r"E_{\mathit{ids}}"), ("eye(3)", r"I_{3 \times 3}"),
    ("[a, b]", r"\left(\begin{array}{c}a \\ b\end{array}\right)"),
    ("[[a, b], [c, d]]", r"\left(\begin{array}{cc}a & b \\ c & d\end{array}\right)"),
    ("sum(W, axis=0)", r"\sum(W, \mathrm{axis}\,0)"), ("det(A)", r"\det(A)"),
    ("x*y*y", r"x \odot y \odot y"), ("onehot(1, 3)", r"\mathbf{e}_{1}"),
    ("ones(3)*a", r"\mathbf{1}_{3}\,a"),
    ("reshape(x, 3, 1)", r"\mathrm{reshape}(x, 3, 1)"), ("flatten(W)", r"\mathrm{flatten}(W)"),
    ("expand(x, 2, 3)", r"\mathrm{expand}(x, 2, 3)"),
    ("expand(a, 2, 3)", r"a\,\mathbf{1}_{2 \times 3}"),
    ("full([2, 3], a + b)", r"(a + b)\,\mathbf{1}_{2 \times 3}"),
    ("sum_to(W, 3)", r"\mathrm{sum\_to}(W, 3)"), ("repeat(x, 2)", r"\mathrm{repeat}(x, 2)"),
    ("repeat(W, 2, axis=1)", r"\mathrm{repeat}(W, 2, \mathrm{axis}\,1)"),
    ("transpose(T, 0, 2, 1)", r"\mathrm{transpose}(T, 0, 2, 1)"), ("T.T", r"T^{\top}"),
    ("[A, A]", r"\mathrm{stack}(A, A)"),
    ("stack(x, y, axis=1)", r"\left(\begin{array}{cc}x & y\end{array}\right)"),
    ("concat(W, W, axis=1)", r"\mathrm{concat}(W, W, \mathrm{axis}\,1)"),
    ("sum(W, axis=0, keepdims=1)", r"\sum(W, \mathrm{axis}\,0, \mathrm{keepdims}\,1)"),
    ("norm(W, axis=1)", r"\mathrm{norm}(W, \mathrm{axis}\,1)"),
    ("norm(W)", r"\left\|W\right\|_{F}"), ("abs(x)", r"\left|x\right|"),
    ("abs(A)", r"\mathrm{abs}(A)"), ("exp(x)", r"\mathrm{e}^{x}"), ("exp(A)", r"\exp(A)"),
    ("x^2", "x^{2}"), ("A^2", r"A^{\circ 2}"), ("A^-1", r"A^{\circ (-1)}"),
    ("scatter(h, W[:, 1])", r"\mathrm{scatter}(h, W_{:, 1})"),
    ("arange(2, 8, 2)", r"\mathrm{arange}(2, 8, 2)"),
    ("linspace(0, 1e-5, 3)", r"\mathrm{linspace}\left(0, 10^{-5}, 3\right)"),
    ("randn(3)", r"\mathrm{randn}(3)"),
    ("sum(x)^2", r"\left(\sum(x)\right)^{2}"), ("sum(x)*y", r"\left(\sum(x)\right)\,y"),
    ("2*sum(x)*y", r"\left(2\,\sum(x)\right)\,y"), ("2*sum(x)", r"2\,\sum(x)"),
    ("-prod(x)*a", r"\left(-\prod(x)\right)\,a"), ("sum(x) - a", r"\sum(x) - a"),
    ("logdet(A)^2", r"(\log\det(A))^{2}"), ("lgamma(a)^2", r"(\log\Gamma(a))^{2}"),
    ("reciprocal(a)^2", r"\left(\frac{1}{a}\right)^{2}"),
    ("outer(x*y, x)", r"(x \odot y)\,x^{\top}"),
    ("(x + y/2)[0]", r"\left(x + \frac{y}{2}\right)_{0}"), ("W.T[0]", r"\left(W^{\top}\right)_{0}"),
    ("x[0]^2", "{x_{0}}^{2}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "latex"), FORMULAS)
def test_formulas(text, latex):
    assert Typesetting(SHAPES)(text) == latex


REPORTED = [
    ("∂e/∂x = ∂e/∂h · w", r"\frac{\partial e}{\partial x} = \frac{\partial e}{\partial h}\,w"),
    ("∂e/∂a += 2", r"\frac{\partial e}{\partial a} \mathrel{+}= 2"),
    ("outer(·, x)", r"\cdot\,x^{\top}"), ("· * ones(3)", r"\cdot\,\mathbf{1}_{3}"),
    ("y = f(g(x))", "y = f(g(x))"),
    ("mean(scores, axis=1)", r"\mathrm{mean}(\mathit{scores}, \mathrm{axis}\,1)"),
    ("softmax(scores)", r"\mathrm{softmax}(\mathit{scores})"), ("Q@K.T@V", r"Q\,K^{\top}\,V"),
    ("E[context[:, 0]]", r"E_{{\mathit{context}}_{:, 0}}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "latex"), REPORTED)
def test_what_reports_say(text, latex):
    assert Typesetting(SHAPES)(text) == latex


@pytest.mark.parametrize(
    "text", ["", "a b", "a → b", "∂e/∂h · … · ∂x/∂y", "x = ", "2x", "(", "param a = 1"]
)
def test_what_is_no_formula_is_none(text):
    assert Typesetting()(text) is None


def test_a_node_over_those_that_are_shown():
    model = build(parse("h = tanh(w_1*x); (h - y)^2"), {"w_1": 1.0, "x": 1.0, "y": 0.0})
    graph = model.graph
    names = labels(graph, graph.cone([model.output]))
    assert latex_formula(graph, model.output) == r"(\tanh(w_{1}\,x) - y)^{2}"
    h = model.nodes["h"]
    assert latex_formula(graph, model.output, names, {h}) == "(h - y)^{2}"
    assert latex_expression(graph, h, names) == r"\tanh(v_{1})"


def test_every_op_of_the_table_has_a_name():
    for name in TABLE:
        assert re.fullmatch(r"(\\[A-Za-z]+|\\mathrm\{([\w]|\\_)+\}|_\{\d+\})+", function_name(name))


@pytest.mark.parametrize("name", sorted(TABLE.keys() - {"gate"}))  # the sweep alone makes a gate
def test_the_formula_of_an_op_is_not_that_of_its_argument(name):
    source, *values = ("x[1]", "x=[1,2]") if name == "index" else example(TABLE[name])
    question = ask(source, values)
    graph, output = question.graph, question.model.output
    assert graph.ops[output] is TABLE[name]
    names = labels(graph, graph.cone([output]))
    shown = latex_expression(graph, output, names)
    arguments = [latex_formula(graph, n, names) for n in graph.args[output]]
    if name == "pos":  # +x is x
        assert [shown] == arguments
    else:
        assert shown not in arguments
        for argument in arguments:
            assert argument in shown


DIFFERENT = [
    ["sum(W)", "sum(W, axis=0)", "sum(W, axis=1)", "sum(W, axis=0, keepdims=1)", "sum(W^2)",
     "sum(W)^2"],
    ["norm(A)", "norm(A, axis=0)", "norm(A, axis=1)", "norm(A[0])", "abs(A)", "det(A)"],
    ["A^2", "A@A", "A^-1", "inv(A)", "A.T"],
    ["T", "T.T", "transpose(T, 0, 2, 1)", "transpose(T, 1, 0, 2)", "reshape(T, 3, 2, 4)",
     "flatten(T)", "reshape(T, 6, 4)"],
    ["x", "repeat(x, 2)", "repeat(x, 3)", "expand(x, 2, 3)", "expand(x, 3, 3)", "cumsum(x)",
     "reshape(x, 3, 1)", "reshape(x, 1, 3)", "sum_to(x, 1)", "stop_gradient(x)", "[x, x]",
     "stack(x, x, axis=1)", "concat(x, x)", "x[::2]", "x[:2]", "-x"],
    ["[A, A]", "stack(A, A, axis=1)", "stack(A, A, axis=2)", "[A.T, A.T]", "concat(A, A)",
     "concat(A, A, axis=1)"],
    ["cumsum(W)", "cumsum(W, axis=0)", "cumsum(W, axis=1)"],
    ["softmax(W)", "softmax(W, axis=0)"], ["argmax(W)", "argmax(W, axis=0)"],
    ["scatter(h, W[:, 1])", "scatter(h, W[:, 0])"], ["sum(x)*y", "sum(x*y)"],
    ["prod(x)*a", "prod(x*a)"], ["logdet(A)^2", "logdet(A^2)", "log(det(A)^2)"],
    ["full([2], a)", "full([3], a)", "a"], ["arange(2, 8, 2)", "arange(2, 8)", "arange(8)"],
    ["randn(2)", "randn(3)", "uniform(2)", "uniform(2, low=-1)", "uniform(2, high=2)"],
    ["linspace(0, 1, 5)", "linspace(0, 1, 6)"], ["randint(6, 3)", "randint(3, 6)"],
    ["outer(x*y, x)", "x*outer(y, x)"], ["eye(2)", "eye(2, 3)"],
]  # fmt: skip


@pytest.mark.parametrize("formulas", DIFFERENT, ids=lambda formulas: formulas[0])
def test_what_is_different_looks_different(formulas):
    shown = [Typesetting(SHAPES)(text) for text in formulas]
    bare = {str(text).replace(r"\left", "").replace(r"\right", "") for text in shown}
    assert len(bare) == len(formulas), shown


@given(st.text(min_size=1, max_size=8))
def test_no_name_breaks_out_of_mathematics(name):
    shown = latex_symbol(name)
    depth = 0
    plain = shown.replace("\\{", "").replace("\\}", "")
    for character in plain:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    assert shown.isascii()
    assert not re.search(r"(?<!\\)[$&#%~]", shown)
