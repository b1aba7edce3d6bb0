"""Compiled code gives what the interpreter gives, to the bit."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import GradError
from gradcli.graph.build import build
from gradcli.graph.graph import Graph
from gradcli.graph.node import TABLE
from gradcli.graph.reverse import gradient
from gradcli.language import parse
from gradcli.run.compiled.code import Code
from gradcli.run.compiled.compile import compile_graph
from gradcli.run.interpret import StepError, interpret

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 1e200, -1e200, 1e-200, 710.0, math.inf, -math.inf]
"""Numbers at which `math` raises, overflows or turns around; nan is among the results."""


def bits(value: float) -> bytes:
    """What tells a float from every other; all nans are one."""
    return b"nan" if math.isnan(value) else struct.pack("d", value)


def same(compiled: list[Any], interpreted: list[Any]) -> bool:
    return [(type(v), bits(v)) for v in compiled] == [(type(v), bits(v)) for v in interpreted]


@pytest.mark.parametrize("longest", [1000, 3])
def test_every_scalar_op_and_its_derivatives(scalar_case: Any, longest: int) -> None:
    run = compile_graph(scalar_case.graph, scalar_case.outputs, scalar_case.inputs, longest=longest)
    for seed in range(5):
        values = scalar_case.values(seed)
        assert same(run(values), scalar_case.interpreted(values))


@pytest.mark.parametrize("longest", [1000, 3])
def test_scalar_ops_at_special_numbers(scalar_case: Any, longest: int) -> None:
    run = compile_graph(scalar_case.graph, scalar_case.outputs, scalar_case.inputs, longest=longest)
    for place in range(0, len(SPECIAL) ** 2, 2):
        first, second = divmod(place, len(SPECIAL))
        values = [SPECIAL[first], SPECIAL[second], SPECIAL[(first + second) % len(SPECIAL)]]
        values = values[: len(scalar_case.inputs)]
        assert same(run(values), scalar_case.interpreted(values))


def test_the_cases_hold_every_op(every_case: list[Any]) -> None:
    found = {
        case.graph.ops[node].name
        for case in every_case
        for node in case.graph.cone(case.outputs)
    }  # fmt: skip
    assert set(TABLE) <= found


FUNCTIONS = [
    "exp", "log", "sin", "tanh", "sqrt", "sigmoid", "softplus", "relu", "abs", "erf", "sinh",
    "log1p", "floor", "lgamma",
]  # fmt: skip
numbers = st.sampled_from(SPECIAL) | st.floats(-5, 5)


def branches(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        st.tuples(children, st.sampled_from(["+", "-", "*", "/", "^", "<", "=="]), children).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        )
        | st.tuples(st.sampled_from(FUNCTIONS), children).map(lambda p: f"{p[0]}({p[1]})")
        | st.tuples(st.sampled_from(["max", "min", "where", "clip", "atan2"]), children, children)
        .map(lambda p: f"{p[0]}({p[1]}, {p[2]}" + (", 2)" if p[0] in ("where", "clip") else ")"))
        | children.map(lambda child: f"(-{child})^2")
    )  # fmt: skip


leaves = st.sampled_from(["x", "y", "x", "y", "2", "0", "0.5", "inf"])
expressions = st.recursive(leaves, branches, max_leaves=12)


@settings(max_examples=300, deadline=None)
@given(expressions, numbers, numbers)
def test_random_expressions(text: str, x: float, y: float) -> None:
    model = build(parse(text + " + 0*x*y"), {"x": x, "y": y})
    graph, inputs = model.graph, list(model.inputs.values())
    outputs = [model.output, *gradient(graph, model.output, inputs).values()]
    values = [x, y]
    found = interpret(graph, outputs, dict(zip(inputs, values)))
    for longest in (1000, 2):
        run = compile_graph(graph, outputs, inputs, longest=longest)
        assert same(run(values), [found[node] for node in outputs])


def test_fast_code_that_raises_is_run_with_care() -> None:
    run = compiled("exp(1000*x) + 1/(x - 1)")
    assert run([1.0]) == [math.inf]
    assert run([0.0]) == [0.0]


def test_a_branch_that_is_not_taken_is_not_computed() -> None:
    model = build(parse("where(x > 0, log(x), 2)"), {"x": 1.0})
    inputs = list(model.inputs.values())
    (line,) = Code(model.graph, [model.output], inputs).lines
    assert eval(line.text, {f"t{inputs[0]}": -1.0, "log": None}) == 2.0


def test_outputs_may_be_inputs_literals_and_twice_the_same() -> None:
    model = build(parse("x + 2"), {"x": 1.0})
    x, literal = model.inputs["x"], model.graph.literal(2.0)
    for longest in (1000, 1):
        run = compile_graph(model.graph, [x, literal, x, model.output], [x], longest=longest)
        assert run([5.0]) == [5.0, 2.0, 5.0, 7.0]


def test_no_input_at_all() -> None:
    model = build(parse("2*3 + exp(0)"))
    assert compile_graph(model.graph, [model.output], [])([]) == [7.0]


def test_an_inner_node_may_be_an_input() -> None:
    model = build(parse("y = sin(x); y*y"), {"x": 1.0})
    assert compile_graph(model.graph, [model.output], [model.nodes["y"]])([3.0]) == [9.0]


def test_a_long_chain_in_many_functions() -> None:
    graph = Graph()
    x = node = graph.input("x", "variable", ())
    for count in range(20_000):
        node = graph.add(TABLE["sin" if count % 3 else "mul"], (node,) if count % 3 else (node, x))
    outputs = [node, *gradient(graph, node, [x]).values()]
    found = interpret(graph, outputs, {x: 1.1})
    assert same(compile_graph(graph, outputs, [x])([1.1]), [found[n] for n in outputs])


def test_a_deep_formula_stays_within_pythons_parser() -> None:
    model = build(parse("(" * 3000 + "x" + " + 1)*2" * 3000), {"x": 1.0})
    x = model.inputs["x"]
    expected = interpret(model.graph, [model.output], {x: 0.1})[model.output]
    assert compile_graph(model.graph, [model.output], [x])([0.1]) == [expected]


def test_generated_code_holds_no_name_of_the_user() -> None:
    model = build(parse("__import__ = os^2; exec(u) = u*os; sum([exec(__import__), θ])"),
                  {"os": 1.0, "θ": 2.0})  # fmt: skip
    code = Code(model.graph, [model.output], list(model.inputs.values()))
    words = {word for line in code.lines for word in re.findall(r"[^\W\d]\w*", str(line))}
    ours = {"float", "np_add_reduce", "None", "False"}
    assert all(word in ours or re.fullmatch(r"[tfk]\d+", word) for word in words)


def test_an_index_out_of_range_names_its_node() -> None:
    model = build(parse("x[i]*2"), {"x": np.zeros(2), "i": 1.0})
    run = compile_graph(model.graph, [model.output], [model.inputs["x"], model.inputs["i"]])
    assert run([np.array([1.0, 3.0]), 1.0]) == [6.0]
    with pytest.raises(StepError) as raised:
        run([np.array([1.0, 3.0]), 2.0])
    assert model.graph.ops[raised.value.node].name == "index"
    assert isinstance(raised.value.error, GradError)


def compiled(text: str) -> Callable[[list[Any]], list[Any]]:
    model = build(parse(text), {"x": 1.0})
    return compile_graph(model.graph, [model.output], [model.inputs["x"]])
