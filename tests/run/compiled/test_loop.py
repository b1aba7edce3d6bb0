"""Loops take the steps that the interpreter would take one by one, and leave no step half done."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.graph import Graph
from gradcli.graph.node import F, Node, node
from gradcli.language import parse
from gradcli.run.compiled.loop import Given, Loop, Steps
from gradcli.run.interpret import interpret


class Work:
    """State nodes, what follows them, and inputs for the rate and the number of a step."""

    def __init__(self, **shapes: tuple[int, ...]) -> None:
        self.graph = Graph()
        self.state = [Node(self.graph, self.graph.input(n, "param", s)) for n, s in shapes.items()]
        self.rate = Node(self.graph, self.graph.input("rate", "seed", ()))
        self.number = Node(self.graph, self.graph.input("number", "seed", ()))

    def loop(self, following: list[Node], watched: list[Node], longest: int = 1000) -> Loop:
        self.following = following
        self.watched = watched
        ids = [[n.id for n in nodes] for nodes in (self.state, following, watched)]
        return Loop(Steps(self.graph, *ids, self.rate.id, self.number.id, []), longest)

    def expected(self, values: list[Any], rates: list[float], number: int, tol: float) -> Any:
        done = 0
        for rate in rates:
            given = dict(zip((n.id for n in self.state), values))
            given |= {self.rate.id: rate, self.number.id: float(number + done + 1)}
            outputs = [n.id for n in (*self.watched, *self.following)]
            found = interpret(self.graph, outputs, given)
            if tol and all(np.all(np.abs(found[n.id]) < tol) for n in self.watched):
                break
            values, done = [found[n.id] for n in self.following], done + 1
        return done, values


def same(a: Any, b: Any) -> bool:
    return a[0] == b[0] and all(
        np.array_equal(x, y, equal_nan=True) and type(x) is type(y) for x, y in zip(a[1], b[1])
    )


RATES = [0.1 * k for k in range(1, 9)]


@pytest.mark.parametrize("longest", [1000, 2])
@pytest.mark.parametrize("tol", [0.0, 0.3])
def test_numbers_and_arrays(longest: int, tol: float) -> None:
    work = Work(a=(3,), x=(), b=(2, 3))
    a, x, b = work.state
    watched = [F.sum(a, attr=(None, 0)), b]
    following = [a * 0.5 + work.rate * x, x / work.number, b * 0.5 - F.sin(b)]
    loop = work.loop(following, watched, longest)
    values = [np.array([1.0, 2.0, -2.9]), 0.3, np.full((2, 3), 1.5)]
    kept = [np.copy(value) for value in values]
    for number in (0, 5):
        found = loop(values, Given([], RATES, number, tol))
        assert same(found, work.expected(values, RATES, number, tol))
        assert all(np.array_equal(value, copy) for value, copy in zip(values, kept))


def test_no_step_is_left_half_done() -> None:
    """The division raises after the array: at x = 1, where the careful code goes on with inf."""
    work = Work(a=(3,), x=())
    a, x = work.state
    loop = work.loop([a + work.rate, 1 / (x - 1)], [])
    values = [np.zeros(3), 2.0]
    assert same(loop(values, Given([], RATES, 0, 0.0)), work.expected(values, RATES, 0, 0.0))


def test_a_state_may_move_to_another_place() -> None:
    work = Work(a=(2,), b=(2,), x=(), y=())
    a, b, x, y = work.state
    loop = work.loop([b, a + b, y, x + y], [])
    values = [np.array([0.0, 1.0]), np.array([1.0, 1.0]), 0.0, 1.0]
    assert same(loop(values, Given([], RATES, 0, 0.0)), work.expected(values, RATES, 0, 0.0))


def test_a_state_may_become_a_constant_or_stay() -> None:
    work = Work(a=(2,), x=(), b=(2,))
    a, x, b = work.state
    zeros = F.expand(node(work.graph, 0.0), attr=((2,),))
    loop = work.loop([zeros, x, b * a], [])
    values = [np.ones(2), 0.5, np.ones(2)]
    assert same(loop(values, Given([], RATES, 0, 0.0)), work.expected(values, RATES, 0, 0.0))
    loop = work.loop([a, x, b], [])
    assert loop(values, Given([], RATES, 0, 0.0))[0] == len(RATES)


def test_what_is_handed_out_is_not_overwritten() -> None:
    work = Work(a=(3,))
    (a,) = work.state
    loop = work.loop([a * 2], [])
    first = loop([np.ones(3)], Given([], [0.1] * 3, 0, 0.0))[1]
    second = loop(first, Given([], [0.1] * 3, 3, 0.0))[1]
    assert first[0].tolist() == [8.0] * 3
    assert second[0].tolist() == [64.0] * 3


def gathering(model: Built, size: int) -> tuple[Loop, Any]:
    graph = model.graph
    w, x = model.inputs["w"], model.inputs["x"]
    rate, number = (graph.input(name, "seed", ()) for name in ("rate", "number"))
    step = Node(graph, w) - Node(graph, rate) * Node(graph, model.output)
    steps = Steps(graph, [w], [step.id], [], rate, number, [], [x])
    return Loop(steps, size), step


@pytest.mark.parametrize("longest", [1000, 1])
def test_rows_are_gathered(longest: int) -> None:
    column = np.arange(10.0)
    model = build(parse("mean(x)*w + sum(x.T@x)/100"), {"w": 1.0}, {"x": (3,)})
    loop, _ = gathering(model, longest)
    batches = [np.array([0, 1, 2]), np.array([9, 9, 0]), np.array([4, 5, 6])]
    done, (w,) = loop([1.0], Given([], [0.1, 0.2, 0.3], 0, 0.0, [column], batches))
    expected = 1.0
    for rate, rows in zip([0.1, 0.2, 0.3], batches):
        x = column[rows]
        expected -= rate * (x.mean() * expected + x @ x / 100)
    assert done == 3
    assert w == pytest.approx(expected, rel=1e-14)


def test_a_loop_without_steps() -> None:
    work = Work(x=())
    (x,) = work.state
    assert work.loop([x * 2], [x])([3.0], Given([], [], 0, 1.0)) == (0, [3.0])
