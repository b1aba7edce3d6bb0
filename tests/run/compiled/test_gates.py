"""Which gates compiled code spares, and that random programs full of them stay right."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import GradError
from gradcli.graph.build import build
from gradcli.graph.node import TABLE
from gradcli.graph.reverse import gradient
from gradcli.language import parse
from gradcli.run.compiled.compile import compile_graph
from gradcli.run.compiled.masks import spared_gates, swallows_nan
from gradcli.run.interpret import interpret

VALUES = {
    "x": np.array([0.5, -1.0, 0.0, 2.0]), "y": np.array([0.0, 1.0, -0.5, 0.0]),
    "W": np.linspace(-1, 1, 16).reshape(4, 4), "c": np.array([-1.0, 0.0, 2.0, 0.0]), "s": 0.7,
}  # fmt: skip


def outcome(text: str) -> Counter[str]:
    """What becomes of the gates of a gradient."""
    model = build(parse(text), VALUES)
    graph = model.graph
    outputs = [model.output, *gradient(graph, model.output, list(model.inputs.values())).values()]
    cone = graph.cone(outputs)
    found = spared_gates(graph, cone)
    gates = [n for n in cone if graph.ops[n].name == "gate" and graph.shapes[n]]
    return Counter(found.get(node, "kept") for node in gates)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum(relu(x)*s)", {"product": 1}),
        ("sum(relu(W@x))", {"product": 1, "spared": 2}),
        ("sum(relu(W@tanh(W@x)))", {"product": 1, "spared": 5}),
        ("sum(relu(W@relu(W@x)))", {"product": 2, "spared": 4}),
        ("sum(where(x > 0, sqrt(x), y))", {"product": 2, "spared": 1}),
        ("sum(where(c, x, y))", {"product": 2}),
        ("sum(x*y)", {}),
    ],
)
def test_gates_of_a_gradient(text: str, expected: dict[str, int]) -> None:
    assert outcome(text) == expected


def test_a_nan_is_followed_to_where_it_could_be_lost() -> None:
    model = build(parse("y = exp(x); z = y > 1; sum(where(z, y^2, x))"), {"x": np.zeros(2)})
    graph, nodes = model.graph, model.nodes
    cone = graph.cone([model.output])
    assert swallows_nan(graph, cone, {nodes["y"]})
    power = next(node for node in cone if graph.ops[node] is TABLE["pow"])
    assert not swallows_nan(graph, cone, {power})
    assert not swallows_nan(graph, cone, {model.output})
    assert swallows_nan(graph, cone, {nodes["x"]} if "x" in nodes else {model.inputs["x"]})


ONE = [
    "relu({})", "sqrt({})", "log({})", "tanh({})", "1/({})", "exp({})", "W@({})", "({})@W", "-({})",
    "softmax({})", "logsumexp({})", "sum({})", "mean({})*x", "max({})", "({})^2", "abs({})",
    "({})[1:]", "log_softmax({})", "clip({}, 0, 1)", "norm({})", "cross_entropy({}, 0)*x",
]  # fmt: skip
TWO = ["({}) + ({})", "({})*({})", "({})/({})", "({}) - ({})", "max({}, {})",
       "min({}, {})", "where({} > 0, {}, s)", "where({}, {}, 0)", "outer({}, {})@y",
       "stack({}, {})@c"]  # fmt: skip


def random_program(choose: random.Random) -> str:
    pool = ["x", "y", "c", "s", "x"]
    while len(pool) < 13:
        form = choose.choice(ONE + TWO)
        text = form.format(*[pool[-1 - int(choose.random() ** 2 * len(pool))] for _ in range(2)])
        try:
            build(parse(f"sum({text})"), VALUES)
        except GradError:
            continue
        pool.append(text)
    return f"sum({pool[-1]})"


@settings(max_examples=250, deadline=None)
@given(st.randoms(use_true_random=False))
def test_random_programs_at_points_full_of_zeros(choose: random.Random) -> None:
    text = random_program(choose)
    model = build(parse(text), VALUES)
    graph, inputs = model.graph, list(model.inputs.values())
    if not inputs:
        return
    outputs = [model.output, *gradient(graph, model.output, inputs).values()]
    total: Any = graph.literal(0.0)
    for part in outputs[1:]:
        part = graph.add(TABLE["sum"], (part,), (None, 0)) if graph.shapes[part] else part
        total = graph.add(TABLE["add"], (total, part))
    outputs += gradient(graph, total, inputs).values()
    values = [VALUES[name] for name in model.inputs]
    found = interpret(graph, outputs, dict(zip(inputs, values)))
    # To the bit, unless a product reads a matrix that lies in memory the other way round.
    sizes = [np.abs(value[np.isfinite(value)]) for value in map(np.asarray, found.values())]
    scale = max(float(size.max(initial=1.0)) for size in sizes)
    for compiled, node in zip(compile_graph(graph, outputs, inputs)(values), outputs, strict=True):
        expected = found[node]
        close = np.allclose(compiled, expected, rtol=1e-12, atol=1e-14 * scale, equal_nan=True)
        assert close, text
