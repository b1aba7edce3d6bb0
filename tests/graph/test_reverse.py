"""Reverse mode: against SymPy and complex steps, of random programs, by every kind of node."""

from __future__ import annotations

import itertools
import math
import sys
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.graph.graph import Graph
from gradcli.graph.node import TABLE
from gradcli.graph.reverse import Edge, gradient, jacobian_seed
from gradcli.run.interpret import interpret

A = np.array

RULES = [
    "({0} + {1})",
    "({0} - {1})",
    "{0}*{1}",
    "{0}/({1}^2 + 1)",
    "({0})^2",
    "({0})^3",
    "exp(-({0})^2)",
    "sin({0})",
    "cos({0})",
    "tanh({0})",
    "atan({0})",
    "-({0})",
    "log({0}^2 + 2)",
    "sqrt({0}^2 + 1)",
    "({0}^2 + 1)^({1})",
    "cosh({0}/({1}^2 + 1))",
    "asinh({0})",
    "2*({0})",
    "({0} - {0})*{1}",
    "exp2({0}/3)",
    "erf({0})",
    "square({0})",
    "reciprocal({0}^2 + 1)",
    "sinh(tanh({0}))",
]
LEAVES = ["x", "y", "z", "1", "2", "0.5", "0", "pi"]


def expressions(depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(LEAVES)
    made: st.SearchStrategy[str] = leaf
    for _ in range(depth):
        made = st.builds(
            lambda rule, a, b: f"({rule})".format(f"({a})", f"({b})"),
            st.sampled_from(RULES), made, st.one_of(made, leaf),
        )  # fmt: skip
    return made


MEANING = {
    "exp2": lambda x: 2**x,
    "square": lambda x: x**2,
    "reciprocal": lambda x: 1 / x,
    "pi": sympy.pi,
}
numbers = st.floats(-1.5, 1.5).map(lambda x: round(x, 3))


@settings(max_examples=60, deadline=None)
@given(text=expressions(3), x=numbers, y=numbers, z=numbers)
def test_random_expressions_against_sympy(
    text: str, x: float, y: float, z: float, bench: Any
) -> None:
    """Value, gradient and Hessian of a random expression; the Hessian is symmetric."""
    text += " + 0*x*y*z"
    point = {"x": x, "y": y, "z": z}
    symbols = sympy.symbols("x y z", real=True)
    formula = sympy.sympify(text.replace("^", "**"), locals=MEANING | dict(zip("xyz", symbols)))
    at = {s: sympy.Rational(str(v)) for s, v in zip(symbols, point.values())}

    def exact(f: Any) -> float:
        return float(sympy.N(f.subs(at), 20))

    case = bench.program(text, **point)
    first = case.differentiate(case.output, "xyz")
    second = [case.differentiate(node, "xyz") for node in first]
    value, *found = case.run(case.output, *first, *itertools.chain.from_iterable(second))
    slopes = [formula.diff(s) for s in symbols]
    want = [exact(f) for f in slopes] + [exact(f.diff(s)) for f in slopes for s in symbols]
    size = max(1.0, *map(abs, want))
    # some dozen roundings, each of at most the largest number around
    assert value == pytest.approx(exact(formula), rel=1e-12, abs=1e-12)
    assert found == pytest.approx(want, rel=1e-11, abs=1e-11 * size)
    hessian = A(found[3:]).reshape(3, 3)
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-11, atol=1e-11 * size)


MATRIX_RULES = [
    "tanh(W@{0})",
    "{0}*{1}",
    "sigmoid({0}) + {1}",
    "softmax({0})*{1}",
    "({0})[::-1]",
    "{0} - mean({1})",
    "sum({0})*{1}",
    "outer({0}, {1})@x",
    "norm({0} + [2, 3, 4])*{1}",
    "cumsum({0})",
    "M.T@(M@({0}))",
    "concat({0}, {1})[1:4]",
    "where({0} > {1}, {0}, {1})",
    "max({0}, {1})",
    "std([1, 2, 3] + {0})*{1}",
    "solve(eye(3) + outer({0}, {0}), {1})",
    "(({0}) * reshape({1}, 3, 1))[1]",
    "prod({0})*{1}",
    "[{0}, {1}].T[:, 0]",
    "({0})[[2, 0, 2]]",
    "sum(outer({0}, {1}), axis=0)",
    "logsumexp({0}) + {1}",
    "abs({0})",
    "relu({0})",
    "clip({0}, -0.5, 0.5)",
    "log_softmax({0})",
    "diag(outer({0}, {1}))",
    "trace(outer({0}, {1}))*x",
    "max({0})*{1}",
    "var({0})*{1}",
    "repeat({0}, 2)[::2]",
    "full([3], sum({0}))",
]


def vectors(depth: int) -> st.SearchStrategy[str]:
    made: st.SearchStrategy[str] = st.sampled_from(["x", "y", "M[0]", "W[:, 1]"])
    for _ in range(depth):
        made = st.builds(
            lambda rule, a, b: rule.format(f"({a})", f"({b})"),
            st.sampled_from(MATRIX_RULES), made, st.one_of(made, st.just("x")),
        )  # fmt: skip
    return made


@settings(max_examples=80, deadline=None)
@given(text=vectors(3), seed=st.integers(0, 1000))
def test_random_programs_of_arrays(text: str, seed: int, bench: Any) -> None:
    """The gradient along a direction, by a difference; the second derivative is symmetric."""
    draws = np.random.default_rng(seed)
    values = {
        "x": draws.normal(size=3), "y": draws.normal(size=3), "W": draws.normal(size=(3, 3)),
        "M": draws.normal(size=(2, 3)),
    }  # fmt: skip
    text = f"[0.3, -0.7, 0.5]@({text}) + 0*(sum(x) + sum(y) + sum(W) + sum(M))"
    case = bench.program(text, **values)
    first = case.differentiate(case.output, values)
    u, v = ({n: draws.normal(size=np.shape(a)) for n, a in values.items()} for _ in "uv")

    def along(gradients: list[Any], direction: dict[str, Any]) -> float:
        return float(sum(np.sum(g * d) for g, d in zip(gradients, direction.values())))

    def moved(step: float) -> float:
        found: float = case.run(case.output, **{n: a + step * u[n] for n, a in values.items()})[0]
        return found

    value, *gradients = case.run(case.output, *first)
    steps = [2.0**-k for k in (9, 11, 13)]
    slopes = [(moved(h) - moved(-h)) / (2 * h) for h in steps]
    want, error = slopes[1], abs(slopes[0] - slopes[1]) + abs(slopes[1] - slopes[2])
    sides = [abs(moved(h) - 2 * value + moved(-h)) / h for h in steps]
    if sides[2] < 0.5 * sides[0] + 1e-6:  # else there is a kink within a step
        assert along(gradients, u) == pytest.approx(want, rel=1e-6, abs=1e-6 + 3 * error)
    halves = []
    for direction, other in ((u, v), (v, u)):
        total = case.graph.literal(0.0)
        for node, name in zip(first, values):
            weight = case.graph.input("w", "variable", case.graph.shapes[node])
            case.names[f"w{weight}"], case.values[f"w{weight}"] = weight, direction[name]
            product = case.add("mul", weight, node)
            total = case.add("add", total, case.add("sum", product, attr=(None, 0)))
        halves.append(along(case.run(*case.differentiate(total, values)), other))
    size = 1 + max(np.max(np.abs(g)) for g in gradients) + abs(halves[0])
    assert halves[0] == pytest.approx(halves[1], rel=1e-7, abs=1e-7 * size)


def complex_step(function: Any, x: float) -> float:
    return float(function(complex(x, 1e-200)).imag / 1e-200)


def test_a_long_formula_by_complex_steps(bench: Any) -> None:
    import cmath

    text = "y = x; " + "; ".join(f"y{i + 1} = sin(y{i})*exp(-y{i}/3) + x*y{i}" for i in range(40))
    text = text.replace("y = x", "y0 = x")

    def chain(x: complex) -> complex:
        y = x
        for _ in range(40):
            y = cmath.sin(y) * cmath.exp(-y / 3) + x * y
        return y

    for x in (0.3, -0.8, 0.95):
        assert bench.grad(text, x=x)["x"] == pytest.approx(complex_step(chain, x), rel=1e-12)


# what may be asked for


def test_by_every_kind_of_node(bench: Any) -> None:
    text = "param w = 3; const c = 4; a = 2; r = a*x + w; s = r*c; e = s*r"
    case = bench.program(text, x=5.0)
    graph = case.graph
    names = {name: node for node, found in graph.names.items() for name in found}
    asked = ["x", "w", "c", "a", "r", "s", "e"]
    found = gradient(graph, case.output, [names[name] for name in asked])
    values = case.run(*found.values())
    r = 2 * 5 + 3
    assert values == [2 * 4 * 2 * r, 2 * 4 * r, r * r, 2 * 4 * r * 5, 4 * r + 4 * r, r, 1.0]


def test_a_named_literal_varies_at_second_order(bench: Any) -> None:
    case = bench.program("a = 2; y = a*sin(x*a) + x^a + 0*x", x=3.0)
    case.names["a"] = next(n for n, names in case.graph.names.items() if "a" in names)
    first = case.differentiate(case.output, "xa")
    second = [case.differentiate(node, "xa") for node in first]
    (xx, xa), (ax, aa) = (case.run(*row) for row in second)
    x, a = 3.0, 2.0
    assert xa == pytest.approx(ax, rel=1e-14)
    assert xx == pytest.approx(-(a**3) * math.sin(a * x) + a * (a - 1) * x ** (a - 2))
    assert aa == pytest.approx(
        2 * x * math.cos(a * x) - a * x * x * math.sin(a * x) + x**a * math.log(x) ** 2
    )


def test_what_the_output_does_not_use_has_gradient_0(bench: Any) -> None:
    case = bench.program("y = [x, 2]; z = 3*w; e = z*z + sum(y)*0", w=1.0, x=2.0)
    extra = case.graph.input("u", "variable", (2, 3))
    found = gradient(case.graph, case.output, [extra, case.names["x"]])
    unused, x = case.run(*found.values())
    assert unused.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert x == 0.0


def test_an_output_that_is_an_input(bench: Any) -> None:
    assert bench.grad("x", x=3.0) == {"x": 1.0}
    assert bench.hessian("x", x=3.0) == 0.0
    assert bench.hessian("sum(x)", x=A([1.0, 2.0])).tolist() == [[0, 0], [0, 0]]


def test_one_name_several_times(bench: Any) -> None:
    assert bench.grad("x*x*x + x", x=2.0) == {"x": 13.0}
    assert bench.grad("f(u) = u*x; f(f(f(x)))", x=2.0) == {"x": 32.0}
    assert bench.grad("a = x; b = x; c = a*b; c + a", x=3.0) == {"x": 7.0}


@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_jacobians_by_one_hot_seeds(shape: tuple[int, ...], bench: Any) -> None:
    numbers = np.random.default_rng(0)
    x = numbers.normal(size=shape) if shape else 0.7
    w = numbers.normal(size=(2, 3, *shape))
    axes = len(shape)
    text = {0: "x*w", 1: "w@x", 2: "sum(sum(x*w, axis=-1), axis=-1)"}[axes]
    case = bench.program(text, x=x, w=w)
    assert case.graph.shapes[case.output] == (2, 3)
    case.names["seed"] = seed = jacobian_seed(case.graph, case.output)
    nodes = case.differentiate(case.output, ["x"], seed)
    for place in np.ndindex(2, 3):
        one = np.zeros((2, 3))
        one[place] = 1
        np.testing.assert_allclose(case.run(*nodes, seed=one)[0], w[place], rtol=1e-15)


# what the sweep leaves behind


def test_edges_add_up(bench: Any) -> None:
    """Downstream is upstream times local, the totals run, and the last one is the gradient."""
    case = bench.program("a = x+y; b = max(y, z); f = a*b", x=1.0, y=2.0, z=0.0)
    edges: list[Edge] = []
    found = gradient(case.graph, case.output, list(case.names.values()), edges=edges)
    nodes = {
        n for e in edges for n in (e.upstream, e.local, e.downstream, e.total) if n is not None
    }
    values = interpret(case.graph, [*nodes, *found.values()], case.inputs)
    running: dict[int, float] = {}
    for edge in edges:
        assert edge.local is not None
        assert values[edge.downstream] == values[edge.upstream] * values[edge.local]
        running[edge.receiver] = running.get(edge.receiver, 0.0) + values[edge.downstream]
        assert values[edge.total] == running[edge.receiver]
    for node, adjoint in found.items():
        assert running[node] == values[adjoint]
    assert [running[case.names[n]] for n in "xyz"] == [2.0, 5.0, 0.0]
    receivers = [edge.receiver for edge in edges]
    assert receivers == sorted(receivers, reverse=True)  # receiver by receiver, backwards


FOLDED = [
    ("x + y", 0), ("3*x + 2", 0), ("-x", 0), ("sum(x)*1", 0), ("x - y", 0), ("+x", 0), ("x*y", 0),
    ("2*(3*x)", 0), ("x^2", 1), ("x*x", 1), ("x^1", 0), ("x^3", 2), ("exp(x)", 0), ("0*x + y", 0),
    ("-(-x)*y", 0), ("x/2", 0), ("y/x", 3), ("stop_gradient(x)*y", 0), ("log(x)", 1), ("x + x", 0),
    ("where(x > 0, x, y)", 3),
]  # fmt: skip


@pytest.mark.parametrize(("text", "made"), FOLDED)
def test_how_many_operations_a_gradient_takes(text: str, made: int, bench: Any) -> None:
    """g·1, 0·x and x + 0 are no nodes."""
    case = bench.program(text, x=1.0, y=2.0)
    found = case.differentiate(case.output, case.names)
    new = [n for n in case.graph.cone(found) if n >= case.typed]
    operations = [case.graph.ops[n].name for n in new if case.graph.kind(n) == "operation"]
    assert len(operations) == made, operations


def test_what_was_typed_is_left_as_it_is(bench: Any) -> None:
    case = bench.program("x*1 + 0 + 0*x - -(-x)", x=2.0)
    names = [case.graph.ops[n].name for n in range(len(case.graph))]
    case.differentiate(case.output, ["x"])
    assert [case.graph.ops[n].name for n in range(len(names))] == names
    assert names.count("mul") == 2
    assert names.count("neg") == 2


def test_a_factor_is_spread_only_where_it_must_be(bench: Any) -> None:
    """sum(x^2) multiplies by 2, not by an array of ones."""
    case = bench.program("sum(x^2)", x=np.arange(3.0))
    (node,) = case.differentiate(case.output, ["x"])
    assert [case.graph.ops[n].name for n in case.graph.cone([node]) if n >= case.typed] == ["mul"]


def test_a_chain_of_a_hundred_thousand_nodes() -> None:
    graph = Graph()
    x = node = graph.input("x", "variable", ())
    for _ in range(100_000):
        node = graph.add(TABLE["sin"], (node,))
    found = gradient(graph, node, [x])
    y, slope = 0.5, 1.0
    for _ in range(100_000):
        y, slope = math.sin(y), slope * math.cos(y)
    assert interpret(graph, [found[x]], {x: 0.5})[found[x]] == pytest.approx(slope, rel=1e-9)


def test_sixty_doublings(bench: Any) -> None:
    text = "; ".join(["x0 = x", *(f"x{i + 1} = x{i} + x{i}" for i in range(60))])
    assert bench.grad(text, x=1.0) == {"x": 2.0**60}
    text = "; ".join(["x0 = x", *(f"x{i + 1} = x{i}*x{i}" for i in range(9))])
    assert bench.grad(text, x=1.0) == {"x": 512.0}


@pytest.mark.parametrize(
    "text", ["sum([{}])", "max({})", "min({})", "sum(concat([{}], [{}]))", "sum(stack({}, axis=0))"]
)
def test_the_work_grows_with_the_number_of_arguments(text: str, bench: Any) -> None:
    """Not with its square: counted in calls, which no other work on the machine changes."""

    def calls(count: int) -> int:
        entries = ",".join(f"x*{i}" for i in range(count))
        case = bench.program(text.replace("{}", entries), x=1.0)
        wrt = case.graph.cone([case.output])
        profile, total = sys.getprofile(), 0

        def counted(*_: Any) -> None:
            nonlocal total
            total += 1

        sys.setprofile(counted)
        try:
            gradient(case.graph, case.output, wrt)
        finally:
            sys.setprofile(profile)
        return total

    assert calls(400) < 2.2 * calls(200)
