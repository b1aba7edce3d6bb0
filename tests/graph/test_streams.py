"""Draws differ wherever they stand, and each is the same whatever else the program draws."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from gradcli.check.claims import make
from gradcli.graph.build import build
from gradcli.language import parse
from gradcli.question.question import Question, ask
from gradcli.run.batch import Batch
from gradcli.run.compiled.compile import compile_graph
from gradcli.run.interpret import interpret

EVERYWHERE = "param p = randn(); const c = randn(); f(u) = u*randn(); d = f(1) + f(1); x+y+p+c+d+q"


def draws(question: Question) -> list[float]:
    """Every number that was drawn: the random nodes, VALUEs and starts."""
    graph = question.graph
    nodes = [n for n, op in enumerate(graph.ops) if op.random or n in question.inputs]
    return [float(v) for n, v in question.run(nodes).items() if n in nodes]


def value(source: str, *values: str, of: str = "", seed: int = 0) -> Any:
    question = ask(source, values, of=of, seed=seed)
    return question.run([question.model.output])[question.model.output]


@pytest.mark.parametrize("seed", [0, 7, 2**40])
def test_no_two_draws_are_one(seed: int) -> None:
    question = ask(EVERYWHERE, ["x=randn()", "y=randn()", "q=0*randn() + randn()"], seed=seed)
    make(question, ["x = randn() + f(1)", "x = randn() + f(1)", "p = randn()"])
    found = draws(question)
    # 3 values, 2 starts and the nodes behind them, f twice; the claims draw 2, 2 and 1
    assert len(found) == 3 + 4 + 2 + 5
    assert len(set(found)) == len(found) - 2
    for a, b in combinations(sorted(set(found)), 2):
        assert abs(a - b) > 1e-9


def test_a_draw_of_the_program_is_known_by_its_rank_in_the_text() -> None:
    source = "param a = randn(2); b = uniform(2, low=-1); param c = randn(2); e = sum(a + b*c)"
    wanted = {
        "a": np.random.default_rng([3, 0]).standard_normal(2),
        "b": np.random.default_rng([3, 1]).uniform(-1, 1, 2),
        "c": np.random.default_rng([3, 2]).standard_normal(2),
    }
    for name, numbers in wanted.items():
        for values in (
            [],
            ["a=[1,2]"],
            ["a=randn(2)"],
            ["c=randn(2)"],
            ["a=zeros(2)", "c=ones(2)"],
        ):
            given = [v.partition("=")[0] for v in values]
            if name not in given:
                assert value(source, *values, of=name, seed=3).tolist() == numbers.tolist()


def test_a_value_draws_by_its_name() -> None:
    alone = value("x", "x=randn(3)")
    assert value("x + 0*y", "x=randn(3)", "y=randn(3)").tolist() == alone.tolist()
    assert value("x + 0*y", "y=randn(3)", "x=randn(3)").tolist() == alone.tolist()
    assert value("x + 0*randn(3)", "x=randn(3)").tolist() == alone.tolist()
    assert value("x", "x=randn(3)", seed=1).tolist() != alone.tolist()
    names = ["x", "y", "xy", "yx", "θ", "x1", "x_1"]
    assert len({value(name, f"{name}=uniform()") for name in names}) == len(names)


def test_a_function_draws_for_each_call_and_its_argument_once() -> None:
    assert value("f(u) = u - u; f(randn())") == 0
    assert value("f(u) = u + randn(); f(1) - f(1)") != 0
    assert value("g(u) = u*randn(); f(u) = g(u) - g(u); f(1) + g(1)") != value(
        "g(u) = u*randn(); f(u) = g(u) - g(u); f(1)"
    )


def test_whole_numbers_are_drawn_evenly() -> None:
    found = value("randint(k, 3, 2*1000); const k = 2 + 3", seed=5)
    assert found.shape == (3, 2000)
    wanted = np.random.default_rng([5, 0]).integers(5, size=(3, 2000))
    assert found.tolist() == wanted.tolist()
    counts = np.bincount(found.astype(int).reshape(-1), minlength=5)
    # 6,000 draws of 5 numbers: within five deviations of 1,200
    assert len(counts) == 5
    assert abs(counts - 1200).max() < 5 * np.sqrt(6000 * 0.2 * 0.8)


def test_whole_numbers_are_no_draw_of_another_call() -> None:
    assert value("a = randint(2^40); b = randint(2^40); a - b") != 0
    assert value("randint(1)") == 0
    assert value("f(u) = u - u; f(randint(9))") == 0


def test_every_engine_draws_the_same() -> None:
    program = parse("f(u) = u*randn(2); y = f(x) + f(x) + uniform(2) + randint(9, 2)")
    model = build(program, {"x": 0.5}, value="name")
    graph, output, x = model.graph, model.output, model.inputs["x"]
    wanted = interpret(graph, [output], {x: 0.5}, 4)[output].tolist()
    (compiled,) = compile_graph(graph, [output], [x], seed=4)([0.5])
    (batched,) = Batch(graph, [output], [x], {x: 0.5}, seed=4)({x: np.full(2, 0.5)})
    assert compiled.tolist() == wanted
    assert batched.tolist() == [wanted, wanted]
