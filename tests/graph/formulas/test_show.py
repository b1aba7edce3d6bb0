"""How nodes are written: every bracket that is needed and no other, labels, static arguments."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from gradcli.graph.formulas.show import expression, labels, number_text, write
from gradcli.graph.graph import Graph
from gradcli.graph.node import TABLE

NUMBERS = [
    (2.0, "2"), (-3.0, "-3"), (0.1, "0.1"), (1e16, "1e+16"), (1e15, "1000000000000000"), (0.0, "0"),
    (-0.0, "-0"), (1e-300, "1e-300"), (math.inf, "inf"), (-math.inf, "-inf"), (math.nan, "nan"),
    (1 / 3, "0.3333333333333333"), (2.5, "2.5"), (-1.5e300, "-1.5e+300"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), NUMBERS)
def test_numbers_are_read_back_to_the_bit(value: float, text: str, bench: Any) -> None:
    assert number_text(value) == text
    assert bench.same_bits(bench.value(text), value)


def nested(text: str, bench: Any) -> str:
    """The output with its unnamed inputs written out, as a formula of the names."""
    case = bench.program(text, **dict.fromkeys("abcd", 2.0))
    graph = case.graph
    names = labels(graph, graph.cone([case.output]))
    parts: dict[int, tuple[str, int]] = {}
    for node in graph.cone([case.output]):
        if graph.kind(node) != "operation":
            level = 4 if names[node][0] == "-" else 100
            parts[node] = names[node], level
        else:
            args = [parts[a] for a in graph.args[node]]
            parts[node] = write(graph.ops[node], args, graph.attrs[node])
    return parts[case.output][0]


FORMULAS = [
    "a + b + c",
    "a + (b + c)",
    "a - b - c",
    "a - (b - c)",
    "a - (b + c)",
    "a * b / c",
    "a / (b * c)",
    "a / b / c",
    "a * (b + c)",
    "(a + b) * c",
    "-a",
    "-(-a)",
    "-(a + b)",
    "-a * b",
    "a * -b",
    "a - -b",
    "-a^b",
    "(-a)^b",
    "a^-b",
    "a^b^c",
    "(a^b)^c",
    "a^(b + c)",
    "(a * b)^c",
    "a < b",
    "(a < b) < c",
    "(a < b) + c",
    "a + b < c * d",
    "a == b",
    "(a != b) * (c >= d)",
    "+a",
    "-(a * b)",
    "2 * a^2",
    "(a + b)^2",
    "sin(a + b)",
    "sin(a)^2",
    "-sin(a)",
    "max(a, b, c)",
    "max(a, b) - min(c, d)",
    "[a, b]",
    "[a, b][0]",
    "[a + b, -c][1]",
    "sum([a, b])",
    "[a, b] @ [c, d]",
    "where(a < b, -a, b + c)",
    "a^2^b",
    "(2 * a)^b",
    "(a / b) * c",
    "a * (b / c)",
    "[a, b].T",
    "[[a, b], [c, d]].T[0]",
    "([a, b] + [c, d]).T",
    "(-[a, b])[0]",
    "([a, b] * c)[1]",
    "[a, b]^2",
    "clip(a, b, c)",
    "leaky_relu(a, b)",
    "atan2(a, -b)",
    "stop_gradient(a)",
    "-a + b",
    "-a - b",
    "(a - b)^-c",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_brackets(text: str, bench: Any) -> None:
    """A formula that is written with no bracket too many comes back as it is."""
    want = text.replace("(a / b) * c", "a / b * c")
    assert nested(text, bench) == want


UNARY, BINARY = ["-{0}", "+{0}", "sin({0})"], ["{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / {1}",
                                               "{0}^{1}", "{0} < {1}"]  # fmt: skip


@pytest.mark.parametrize("outer", [*UNARY, *BINARY])
def test_brackets_of_every_pair_of_operators(outer: str, bench: Any) -> None:
    """The shortest text with the same value: the one that is printed, with the brackets needed."""
    point = {"a": 1.3, "b": 0.7, "c": 2.1, "d": 1.9}
    for left, right in itertools.product([*UNARY, *BINARY], repeat=2):
        text = outer.format(f"({left.format('a', 'b')})", f"({right.format('c', 'd')})")
        shown = nested(text, bench)
        values = (bench.value(f"{each} + 0*a*b*c*d", **point) for each in (shown, text))
        assert bench.same_bits(*values), shown
        assert shown.count("(") <= text.count("(")


def test_labels_skip_names_in_use(bench: Any) -> None:
    case = bench.program("v2 = a*b; v1 + sin(v2)*exp(a) - 2.50", a=1.0, b=2.0, v1=3.0)
    cone = case.graph.cone([case.output])
    names = labels(case.graph, cone)
    assert [names[n] for n in cone] == ["a", "b", "v2", "v1", "v3", "v4", "v5", "v6", "2.50", "e"]
    texts = [expression(case.graph, n, names) for n in cone]
    assert texts == [
        "a", "b", "a * b", "v1", "sin(v2)", "exp(a)", "v3 * v4", "v1 + v5", "2.50", "v6 - 2.50"
    ]  # fmt: skip
    assert "v7" in labels(case.graph, cone, taken=["v3"]).values()


STATICS = [
    "sum(x)",
    "sum(x, axis=0)",
    "sum(x, axis=-1, keepdims=1)",
    "sum(x, keepdims=1)",
    "argmax(x, axis=1)",
    "reshape(x, 3, 2)",
    "reshape(x, -1)",
    "repeat(x, 2)",
    "repeat(x, 2, axis=0)",
    "softmax(x)",
    "softmax(x, axis=0)",
    "concat(x, x)",
    "concat(x, x, axis=1)",
    "stack(x, x, axis=2)",
    "[x, x]",
    "x.T",
    "transpose(x, 0, 1)",
    "x[0]",
    "x[-1, 1:]",
    "x[:, ::2]",
    "x[::-1]",
    "x[1:2, 0]",
    "expand(x, 4, 2, 3)",
    "onehot(y, 5)",
    "cumsum(x)",
    "cumsum(x, axis=1)",
    "prod_others(x)",
    "full([2, 2], y)",
    "scatter(y, x[0, 1])",
    "sum_to(x, 3)",
    "zeros(2, 3)",
    "ones(4)",
    "eye(2)",
    "eye(2, 3)",
    "arange(3)",
    "arange(0, 1, 0.25)",
    "arange(2, 5)",
    "linspace(0, 1)",
    "linspace(0, 1, 5)",
    "leaky_relu(y, 0.01)",
    "step(y, 0)",
    "uniform(3)",
    "uniform(2, 2, low=-1)",
    "uniform(2, low=-1, high=3)",
    "randn(2, 3)",
    "uniform(2, high=4)",
    "where(y, y, 0)",
]


@pytest.mark.parametrize("text", STATICS)
def test_static_arguments(text: str, bench: Any) -> None:
    """A call is written with its static arguments, without those that are the default."""
    case = bench.program(text, x=np.ones((2, 3)), y=1.0)
    graph = case.graph
    names = labels(graph, graph.cone([case.output]))
    shown = expression(graph, case.output, names)
    assert shown == text
    assert (
        bench.program(shown, x=np.ones((2, 3)), y=1.0).graph.attrs[-1] == graph.attrs[case.output]
    )


def test_defaults_are_left_out_only_at_the_end(bench: Any) -> None:
    for text, shown in [
        ("sum(x, keepdims=0)", "sum(x)"),
        ("arange(0, 3, 1)", "arange(0, 3)"),
        ("transpose(x)", "x.T"),
        ("max(y, 2, 1)", "max(y, 2, 1)"),
        ("dot(x, x.T)", "x @ v1"),
        ("leaky_relu(y)", "leaky_relu(y, 0.01)"),
        ("reshape(x, [6])", "reshape(x, 6)"),
        ("zeros([2, 3])", "zeros(2, 3)"),
        ("√y", "sqrt(y)"),
        ("y²", "y^2"),
        ("y × 2 ÷ y", "v1 / y"),
        ("σ(y)", "sigmoid(y)"),
        ("ln(y)", "log(y)"),
    ]:
        case = bench.program(text, x=np.ones((2, 3)), y=1.0)
        names = labels(case.graph, case.graph.cone([case.output]))
        assert expression(case.graph, case.output, names) == shown


def test_what_only_the_sweep_writes() -> None:
    graph = Graph()
    x, m = graph.input("x", "variable", (2,)), graph.input("m", "variable", (2,))
    names = {x: "x", m: "m"}
    gate = graph.add(TABLE["gate"], (x, m))
    assert expression(graph, gate, names) == "where(m, x, 0)"
    negative = graph.literal(-0.5)
    power = graph.add(TABLE["pow"], (negative, x))
    names[negative] = labels(graph, [negative])[negative]
    assert expression(graph, power, names) == "(-0.5)^x"
    assert expression(graph, graph.add(TABLE["pow"], (x, negative)), names) == "x^-0.5"
    assert expression(graph, graph.add(TABLE["mul"], (negative, x)), names) == "-0.5 * x"
    zero = graph.literal(-0.0)
    names[zero] = labels(graph, [zero])[zero]
    assert expression(graph, graph.add(TABLE["div"], (x, zero)), names) == "x / -0"
