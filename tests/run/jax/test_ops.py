"""Every op under JAX against the default engine: values, first and second derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcli.graph.build import build
from gradcli.graph.graph import Graph
from gradcli.graph.node import TABLE, F, Node
from gradcli.graph.ops.op import Op
from gradcli.graph.reverse import gradient
from gradcli.language import parse
from gradcli.run.interpret import StepError, interpret
from gradcli.run.jax.devices import compiled

POINTWISE = [op for op in TABLE.values() if op.pointwise]
WHOLE = {"polygamma": (0,)}
"""Arguments that are whole numbers."""

CALLS: list[tuple[str, dict[str, tuple[int, ...]]]] = [
    ("[sum(x), sum(x, axis=0)@v, sum(x, axis=1, keepdims=1)[0, 0]]", {"x": (3, 4), "v": (4,)}),
    ("[mean(x), mean(x, axis=1)@v]", {"x": (3, 4), "v": (3,)}),
    ("[prod(x), prod(x, axis=0)@v, prod(v*(v - v[0]))]", {"x": (3, 4), "v": (4,)}),
    ("[max(x), min(x, axis=1)@v, min(x, axis=0, keepdims=1)[0, 1]]", {"x": (3, 4), "v": (3,)}),
    ("[var(x), std(x, axis=0)@v, norm(x), norm(x, axis=1)[1]]", {"x": (3, 4), "v": (4,)}),
    ("[logsumexp(x), logsumexp(x, axis=0)@v]", {"x": (3, 4), "v": (4,)}),
    ("cumsum(x)[:3] + cumsum(x, axis=1)[:, 2] + cumsum(x, axis=0)[1, :3]", {"x": (3, 4)}),
    ("x[argmax(x, axis=0), argmin(x, axis=0)] + argmax(x) + argmin(x, axis=1)[0]", {"x": (3, 4)}),
    ("[count(x) + classes(x), count_nonzero(x > 0)]*x[0, :2]", {"x": (3, 4)}),
    ("prod_others(x, axis=1)*prod_others(x)", {"x": (2, 3)}),
    ("a@b@v + v@v + (v@a@b)@v", {"a": (3, 3), "b": (3, 3), "v": (3,)}),
    ("outer(a, b)@a.T@outer(a, b) + trace(outer(a, a))", {"a": (3,), "b": (3,)}),
    ("diag(a) + trace(a)*diag(diag(a))", {"a": (3, 3)}),
    ("[det(a), trace(inv(a)), sum(solve(a, b)), logdet(a@a.T)]", {"a": (3, 3), "b": (3,)}),
    ("cofactor(a)@solve(a, b) + cofactor_slope(a, b)", {"a": (3, 3), "b": (3, 3)}),
    ("reshape(x, 4, 3)@flatten(x)[:3] + concat(x[0], x[1])[2:6]", {"x": (3, 4)}),
    ("concat(x, x*x, axis=1).T@stack(x, x, axis=0)[1]", {"x": (3, 4)}),
    ("stack(a, b, axis=1)@[s, s*s] + repeat(a, 2)[1:4]", {"a": (3,), "b": (3,), "s": ()}),
    ("repeat(x, 2, axis=1)@transpose(repeat(x, 2, axis=1))", {"x": (2, 3)}),
    ("transpose(x, 2, 0, 1)*s", {"x": (2, 3, 4), "s": ()}),
    ("x[::-1, 1:3]*x[[0, 2, 2], 1][0] + x[[2, 0, 0], :][:, -2:]", {"x": (3, 4)}),
    ("x[1, :, [0, 1]]@x[[1, 0], [2, 1], :][:, :3]", {"x": (2, 3, 4)}),
    ("scatter(g*g, x[[0, 2, 2]]) + scatter(g, x[1:])[1]", {"g": (3,), "x": (4,)}),
    ("expand(v, [2, 3])*expand(s, [2, 3])", {"v": (3,), "s": ()}),
    ("sum_to(x, 1, 4)*sum_to(x*x, 4) + sum_to(x)", {"x": (3, 4)}),
    ("full([2, 2], s) + zeros(2, 2) + ones(2, 2)*eye(2) + arange(2) + linspace(0, s2, 2)*0 + s",
     {"s": ()}),
    ("onehot([2, 0], 3)@v + randn(2)*v[:2] + uniform(2)*v[1:] + randint(5, 2)*v[1]", {"v": (3,)}),
    ("softmax(x) + log_softmax(x, axis=0) + softmax(x, axis=0)", {"x": (3, 4)}),
    ("cross_entropy(x, [1, 0, 3]) + cross_entropy(x, softmax(x*x)) + nll(x, [0, 0, 2])",
     {"x": (3, 4)}),
    ("nll(log_softmax(x), softmax(x)) + cross_entropy(x[0], 2)", {"x": (3, 4)}),
    ("[mse(x, v), mae(x, v)]", {"x": (3, 4), "v": (4,)}),
    ("kl(softmax(x), softmax(x*x))", {"x": (3, 4)}),
]  # fmt: skip


def agree(graph: Graph, output: int, values: dict[int, Any]) -> None:
    """The output, its gradient and that of a sum of squares of the gradient."""
    wanted = [Node(graph, output)]
    for _ in range(2):
        last = wanted[-len(values) :] if len(wanted) > 1 else wanted
        total = sum(F.sum(n * n, attr=(None, 0)) if n.shape else n * n for n in last)
        if total.number is not None:
            break
        wanted += [Node(graph, g) for g in gradient(graph, total.id, values).values()]
    nodes = [node.id for node in wanted]
    expected = interpret(graph, nodes, values)
    found = compiled(graph, nodes, list(values))(list(values.values()))
    scale = 1.0
    for node, value in zip(nodes, found):
        there = np.asarray(expected[node])
        scale = max(scale, float(np.max(np.abs(there), initial=0.0)))
        assert np.shape(value) == there.shape
        assert type(value) is float or value.dtype == np.float64
        assert np.allclose(value, there, rtol=1e-11, atol=1e-13 * scale, equal_nan=True)


def points(op: Op) -> list[np.ndarray]:
    parameters = [p for p in op.parameters if p.name not in op.static]
    count = 3 if any(p.variadic for p in parameters) else len(parameters)
    numbers = np.random.default_rng(3)
    found = [numbers.uniform(*op.domain[min(i, len(op.domain) - 1)], 7) for i in range(count)]
    return [a.round() if i in WHOLE.get(op.name, ()) else a for i, a in enumerate(found)]


@pytest.mark.parametrize("op", POINTWISE, ids=lambda op: op.name)
def test_pointwise_ops(op: Op) -> None:
    graph, found = Graph(), points(op)
    inputs = [graph.input(f"x{i}", "variable", a.shape) for i, a in enumerate(found)]
    output = graph.add(op, tuple(inputs), tuple(1.0 for _ in op.static) or None)
    agree(graph, output, dict(zip(inputs, found)))
    numbers = Graph()
    inputs = [numbers.input(f"x{i}", "variable", ()) for i, a in enumerate(found)]
    output = numbers.add(op, tuple(inputs), tuple(1.0 for _ in op.static) or None)
    agree(numbers, output, {n: float(a[0]) for n, a in zip(inputs, found)})


def built(text: str, shapes: dict[str, tuple[int, ...]]) -> tuple[Graph, int, dict[int, Any]]:
    numbers = np.random.default_rng(5)
    values = {n: numbers.uniform(0.3, 2, s) if s else 0.7 for n, s in shapes.items()}
    model = build(parse(text.replace("s2", "2")), values)
    return model.graph, model.output, {model.inputs[name]: v for name, v in values.items()}


@pytest.mark.parametrize(("text", "shapes"), CALLS, ids=[text for text, _ in CALLS])
def test_ops_of_arrays(text: str, shapes: dict[str, tuple[int, ...]]) -> None:
    agree(*built(text, shapes))


def test_no_op_is_left_out() -> None:
    used: set[str] = {op.name for op in POINTWISE}
    for text, shapes in CALLS:
        used |= {op.name for op in built(text, shapes)[0].ops}
    assert used >= set(TABLE)


EXTREMES = [0.0, -0.0, 1.0, -1.0, 700.0, -700.0, 1e300, np.inf, -np.inf, np.nan]


EXTREME = "sigmoid softplus log_sigmoid relu abs sqrt exp log log1p expm1 tanh sign square"


@pytest.mark.parametrize("name", EXTREME.split())
def test_at_extremes(name: str) -> None:
    graph = Graph()
    x = graph.input("x", "variable", (len(EXTREMES),))
    output = graph.add(TABLE[name], (x,), None)
    expected = interpret(graph, [output], {x: np.array(EXTREMES)})[output]
    (found,) = compiled(graph, [output], [x])([np.array(EXTREMES)])
    assert np.allclose(found, expected, rtol=1e-14, atol=0, equal_nan=True)


@pytest.mark.parametrize("text", ["x[i]", "cross_entropy(x, i)", "onehot(i, 3)@x", "nll(x, i)"])
@pytest.mark.parametrize("place", [3.0, -4.0, 0.5])
def test_a_place_out_of_range_is_refused(text: str, place: float) -> None:
    values = {"x": np.array([1.0, 2.0, 3.0]), "i": 2.0}
    model = build(parse(text), values)
    run = compiled(model.graph, [model.output], [model.inputs[name] for name in values])
    assert np.isfinite(run([*values.values()])[0]).all()
    with pytest.raises(StepError, match=r"there is no|is no whole number"):
        run([values["x"], place])
