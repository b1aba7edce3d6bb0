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

SYMPY = json.loads(Path(__file__).with_name("sympy_derivatives.json").read_text("utf-8"))
"""400 generated formulas, and SymPy's simplified derivatives by x; see sympy_derivatives.py."""

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


@pytest.fixture(scope="module")
def formulas():
    """Our derivatives by x of the formulas that SymPy has simplified."""
    return {text: Model(text).symbolic()["x"] for text in SYMPY}


def size(text):
    """Characters, blanks apart and each power as one: how long it is, not how it is spelled."""
    return len(text.replace(" ", "").replace("**", "^"))


def test_formulas_are_as_short_as_those_of_sympy(formulas):
    assert len(formulas) == 400
    ours, theirs = ([size(text) for text in side] for side in (formulas.values(), SYMPY.values()))
    assert median(ours) <= 1.1 * median(theirs)
    longer = {text: mine for text, mine in formulas.items() if size(mine) > 2 * size(SYMPY[text])}
    assert not longer


def test_formulas_have_the_values_of_those_of_sympy(formulas):
    draw = np.random.default_rng(7)
    compared = 0
    for text, ours in formulas.items():
        theirs = re.sub(r"\bE\b", "exp(1)", SYMPY[text].replace("**", "^"))
        theirs = theirs.replace("re(x)", "x")
        for low, high in [(0.2, 0.9), (1.1, 1.9), (-1.5, -0.2)]:
            point = {name: float(draw.uniform(low, high)) for name in "xy"}
            found, wanted = value(ours, point), value(theirs, point)
            if np.isfinite(wanted) and np.isfinite(value(text, point)):
                assert found == pytest.approx(wanted, rel=1e-6, abs=1e-9), (text, ours, theirs)
                compared += 1
    assert compared > 800


def test_simplification_ends_for_formulas_without_end(simplified):
    text = "x"
    for _ in range(40):
        text = f"sin({text} + 1/({text}))" if len(text) < 300 else f"({text})*(1 + x)"
    assert simplified(text)
