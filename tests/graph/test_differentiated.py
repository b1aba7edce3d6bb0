"""diff(y, x) and f'(u): held against SymPy, finite differences and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy

import gradcli
from gradcli.errors import GradError
from gradcli.graph import differentiated
from gradcli.graph.build import build
from gradcli.graph.names import needed
from gradcli.language import parse


def value(text: str, **values: object) -> object:
    """The value of a program, where those that it does not name are left out."""
    program = parse(text)
    used = needed(program)
    return gradcli.Model(text)(**{n: v for n, v in values.items() if n in used})


FORMULAS = [
    "x^4*y", "sin(x^2 - y)", "x*exp(-x)*y", "log(1 + x^2)/y", "x^y", "tanh(x*y)^3", "sqrt(x + y)",
    "1/(1 + exp(-x*y))", "cos(x)*sin(y) - x/y", "atan(x/y)",
]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_as_sympy_says(formula: str, order: int) -> None:
    x, y = sympy.symbols("x y")
    point = {x: 0.7, y: 1.3}
    expected = sympy.diff(sympy.sympify(formula.replace("^", "**")), x, order).evalf(30, subs=point)
    nested = formula
    for _ in range(order):
        nested = f"diff({nested}, x)"
    primed = f"f(x) = {formula}; f{chr(39) * order}(x)"
    for text in (nested, primed):
        assert value(text, x=0.7, y=1.3) == pytest.approx(float(expected), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("formula", FORMULAS)
def test_it_is_differentiated_like_any_other_node(formula: str) -> None:
    x, y = sympy.symbols("x y")
    point = {x: 0.7, y: 1.3}
    mixed = sympy.diff(sympy.sympify(formula.replace("^", "**")), x, y).evalf(30, subs=point)
    model = gradcli.Model(f"e = {formula}; slope = diff(e, x)")
    assert model.grad(x=0.7, y=1.3).gradient["y"] == pytest.approx(float(mixed), rel=1e-12)
    assert model.check(x=0.7, y=1.3).passed


@pytest.mark.parametrize(("text", "expected"), [
    ("slope = diff(y, x); y = z^2; z = 3*x", 36.0),
    ("z = 3*x; y = z^2 + x; diff(y, z)", 12.0),
    ("y = 3*x; diff(y, x)", 3.0),
    ("a = 5; y = 3*x; diff(y, a) + x", 2.0),
    ("a = 3; y = a^2*x; diff(y, a)", 12.0),
    ("const c = 4; diff(c^2*x, c)", 16.0),
    ("param p = 4; diff(p^3*x, p)", 96.0),
    ("diff(x^x, x)", 4 * (1 + math.log(2))),
    ("y = x^3; diff(diff(diff(y, x), x), x)", 6.0),
    ("diff(stop_gradient(x)*x, x)", 2.0),
    ("diff(relu(x - 2), x) + diff(abs(x - 2), x)", 0.0),
    ("diff(where(x > 3, sqrt(x - 3), x^2), x)", 4.0),
])  # fmt: skip
def test_statements_in_any_order(text: str, expected: float) -> None:
    assert value(text, x=2.0) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(("text", "expected"), [
    ("f(u) = u*x; f'(x)", 2.0),
    ("f(u) = u^2 + 2; f'(2)", 4.0),
    ("f(u) = u^3; f'(3)", 27.0),
    ("slope(u) = diff(u^3, u); slope(3)", 27.0),
    ("slope(y, x) = diff(y, x); slope(x^3, x)", 12.0),
    ("y = x^3; step(u) = u - diff(y, u); step(x)", -10.0),
    ("f(u) = u^3; g(v) = f'(v)*v; g'(x)", 36.0),
    ("f(u) = u^3; f'(x + 1) + f'(f'(x))", 27.0 + 3 * 144),
    ("f(u) = 7; f'(x)", 0.0),
    ("f(u) = u; f'(x) + f''(x)", 1.0),
    ("f(u) = u^2; f′(x) + f″(x) + f'′(x)", 8.0),
    ("tanh'(0) + exp''(0) + square'(x)", 6.0),
    ("diff(a, b) = a - b; diff(x, 5)", -3.0),
    ("diff = x - 1; diff*2", 2.0),
])  # fmt: skip
def test_functions(text: str, expected: float) -> None:
    assert value(text, x=2.0) == pytest.approx(expected, rel=1e-14)


def test_sigma_has_a_prime_as_lectures_write_it() -> None:
    assert value("σ'(z)", z=0.3) == pytest.approx(math.exp(-0.3) / (1 + math.exp(-0.3)) ** 2)


V = np.array([-0.4, 0.3, 1.2])


@pytest.mark.parametrize(("text", "expected"), [
    ("f(u) = sin(u)^2; f'(v)", np.sin(2 * V)),
    ("f(u) = sin(u)^2; f''(v)", 2 * np.cos(2 * V)),
    ("tanh'(v)", 1 - np.tanh(V) ** 2),
    ("f(u) = u*v; f'(v)", V),
    ("f(u) = u@u; f'(v)", 2 * V),
    ("diff(sum(sin(v)), v)", np.cos(V)),
    ("diff(sum(v)^2, v)", np.full(3, 2 * V.sum())),
    ("f(u) = 3; f'(v)", np.zeros(3)),
    ("diff(x^2, v)", np.zeros(3)),
])  # fmt: skip
def test_entry_by_entry(text: str, expected: np.ndarray) -> None:
    found = value(text, v=V, x=2.0)
    assert np.allclose(found, expected, rtol=1e-14, atol=1e-15)


def test_against_differences_through_a_network() -> None:
    text = "h = tanh(W@x + b); y = sum(h^2); g = diff(y, x); loss = sum(g^2)"
    model = gradcli.Model(text)
    weights, x, b = np.array([[0.3, -0.4], [0.9, 0.2]]), np.array([0.5, -0.7]), np.array([0.1, 0.2])
    found = model.grad(W=weights, x=x, b=b).gradient["W"]
    for place in np.ndindex(weights.shape):
        step = np.zeros_like(weights)
        step[place] = 1e-5
        numeric = (model(W=weights + step, x=x, b=b) - model(W=weights - step, x=x, b=b)) / 2e-5
        assert found[place] == pytest.approx(numeric, rel=1e-8)


def test_a_derivative_that_is_a_number_is_a_node_of_its_own() -> None:
    model = gradcli.Model("y = 3*x; slope = diff(y, x); e = slope*x + 3*x")
    assert model.grad(x=2.0, wrt="slope").gradient["slope"] == 2.0


def test_no_node_is_there_twice_for_the_argument() -> None:
    built = build(parse("slope(u) = diff(u^3, u); slope(3)"), {})
    cone = built.graph.cone([built.output])
    assert len([n for n in cone if built.graph.number(n) == 3]) == 1


WRONG = [
    ("diff(x^2, x+1)", "diff is by a node that has a name, and this has none",
     "give it a name in a statement of its own: u = x+1", "x+1"),
    ("diff(x^2, 2)", "diff is by a node, and this is a number", "write diff(y, x)", "2"),
    ("diff(x^2, pi)", "pi is a number, by which there is no derivative", "write diff(y, x)", "pi"),
    ("diff(x^2, xx)", "the program has no node 'xx'", "did you mean 'x'?", "xx"),
    ("diff(x^2, t)", "the program has no node 't'",
     "differentiate by a name that the formulas use", "t"),
    ("diff([x, x], x)", "diff(y, x) is the derivative of a number, and y has shape (2,)",
     "write diff(sum(y), x), or ask for all derivatives with --jacobian", "diff([x, x], x)"),
    ("diff(x^2)", "diff takes 2 arguments, got 1", "write diff(y, x) for ∂y/∂x", "diff(x^2)"),
    ("diff(x^2, by=x)", "diff has no argument 'by'", "write diff(y, x) for ∂y/∂x",
     "diff(x^2, by=x)"),
    ("f(u) = u; diff(f, x)", "'f' is a function", "call it: f(u)", "f"),
    ("f(a, b) = a*b; f'(x)", "a prime is for a function of one argument, not of 2",
     "write diff(f(a, b), a)", "f'(x)"),
    ("sin'(x, x)", "a prime is for a function of one argument, not of 2",
     "write diff(sin(x, y), x)", "sin'(x, x)"),
    ("f(u) = [u, u]; f'(x)",
     "a prime is for a function of a number, or one that works entry by entry: of shape ()"
     " this makes (2,)",
     "write diff(sum(y), x), or ask for all derivatives with --jacobian or --hessian", "f'(x)"),
    ("softmax'([x, 2])",
     "a prime is for a function of a number, or one that works entry by entry: of shape (2,)"
     " this makes (2,)",
     "write diff(sum(y), x), or ask for all derivatives with --jacobian or --hessian",
     "softmax'([x, 2])"),
    ("f(u) = u@u; f''([x, x])",
     "a prime is for a function of a number, or one that works entry by entry: of shape (2,)"
     " this makes ()",
     "write diff(sum(y), x), or ask for all derivatives with --jacobian or --hessian",
     "f''([x, x])"),
    ("dif(x, x)", "unknown function 'dif'", "write diff(y, x)", "dif"),
    ("sigmoidd'(x)", "unknown function 'sigmoidd'", "did you mean 'sigmoid'?", "sigmoidd"),
    ("y = diff(y, x)", "'y' is defined by itself",
     "give the new value a name of its own: y_new = …", "y"),
    ("a = diff(b, x); b = diff(a, x)", "'a' is defined by itself: a needs b, b needs a",
     "leave its definition out and give it a value: a=1", "a"),
    ("f(u) = u*f'(u); f(x)", "'f' calls itself",
     "a function stands for its formula, and a formula has an end", "f"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "what", "hint", "under"), WRONG, ids=[case[0] for case in WRONG])
def test_what_is_said_of_a_mistake(text: str, what: str, hint: str, under: str) -> None:
    with pytest.raises(GradError) as caught:
        build(parse(text), {"x": 2.0})
    error = caught.value
    assert (error.what, error.hint) == (what, hint)
    assert error.span is not None
    assert text[slice(*error.span)] == under


def test_a_derivative_that_grows_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differentiated, "LARGEST", 3_000)
    with pytest.raises(GradError, match="of a formula of more than 3,000 nodes"):
        build(parse(f"f(u) = 1/(1 + u^2); f{chr(39) * 60}(x)"), {"x": 1.0})


def test_a_long_chain_is_differentiated() -> None:
    text = "y0 = x\n" + "\n".join(f"y{i} = sin(y{i - 1})" for i in range(1, 10_001))
    expected, y = 1.0, 1.0
    for step in range(10_000):
        y, expected = math.sin(y), expected * (math.cos(y) if step >= 9_990 else 1.0)
    assert value(f"{text}\ndiff(y10000, y9990)", x=1.0) == pytest.approx(expected, rel=1e-12)


NEWTON = "f(x) = x^2 - 2; step(x) = x - f(x)/f'(x); step(step(step(step(step(x)))))"


def test_newtons_steps_find_a_root() -> None:
    assert value(NEWTON, x=1.0) == pytest.approx(math.sqrt(2), rel=1e-15)


def test_a_tangent_touches() -> None:
    text = "f(x) = x^3 - 2*x; f(x) - (f(a) + f'(a)*(x - a))"
    assert value(text, a=1.0, x=1.0) == 0
    assert value(text, a=1.0, x=1.1) == pytest.approx(0.031, rel=1e-12)


def test_a_stationary_point_is_descended_to() -> None:
    model = gradcli.Model("f(x) = x^3 - 2*x; loss = f'(x)^2")
    found = model.descend(x=2.0, optimizer="lbfgs").params["x"]
    assert found == pytest.approx(math.sqrt(2 / 3), abs=1e-6)


ODE = """
param w = 2*randn(8)
param b = randn(8)
param v = 0.1*randn(8)
t = linspace(0, 2, 21)
u = 1 + t*(tanh(reshape(t, 21, 1)*w + b)@v)
loss = mean((diff(sum(u), t) + u)^2)
error = max(abs(u - exp(-t)))
"""


def test_a_differential_equation_is_fitted_by_its_residual() -> None:
    fit = gradcli.Model(ODE).descend(optimizer="lbfgs", tol=0, steps=1000)
    assert fit.metrics["error"] < 1e-3


def test_the_same_with_a_function_of_time() -> None:
    polynomial = "param c = [0, 0, 0, 0]; u(t) = 1 + c[0]*t + c[1]*t^2 + c[2]*t^3 + c[3]*t^4"
    text = f"{polynomial}; t = linspace(0, 1, 21); loss = mean((u'(t) + u(t))^2); end = u(1)"
    fit = gradcli.Model(text).descend(optimizer="lbfgs", tol=0, steps=1000)
    assert fit.metrics["end"] == pytest.approx(math.exp(-1), abs=1e-4)
