"""A workbench for tests of the graph: programs and single ops, their values and derivatives.

Every graph that passes through it is held against the invariants of the house on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.formulas.show import expression, labels
from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.graph.node import TABLE
from gradcli.graph.reverse import Edge, gradient
from gradcli.language import parse
from gradcli.run.interpret import interpret

Value = Any


@dataclass
class Case:
    """A graph with one output, and values for its inputs by name."""

    graph: Graph
    output: int
    names: dict[str, int]
    values: dict[str, Value]
    typed: int = 0
    edges: list[Edge] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.typed = self.typed or len(self.graph)

    @property
    def inputs(self) -> dict[int, Value]:
        return {self.names[name]: value for name, value in self.values.items()}

    def add(self, name: str, *args: int, attr: tuple[Any, ...] | None = None) -> int:
        """A node of the op called `name`, as if it had been typed."""
        node = self.graph.add(TABLE[name], args, attr)
        self.typed = max(self.typed, node + 1)
        return node

    def weigh(self, output: int, name: str) -> int:
        """sum(name * output) with a new input of that name, so that any upstream can come."""
        shape = self.graph.shapes[output]
        self.names[name] = self.graph.input(name, "variable", shape)
        self.typed = len(self.graph)
        weighted = self.add("mul", self.names[name], output)
        return self.add("sum", weighted, attr=(None, 0)) if shape else weighted

    def squared(self, output: int) -> int:
        """sum(output * output)."""
        square = self.add("mul", output, output)
        return self.add("sum", square, attr=(None, 0)) if self.graph.shapes[output] else square

    def differentiate(self, output: int, wrt: Iterable[str], seed: int | None = None) -> list[int]:
        """Nodes of ∂output/∂name, in order."""
        nodes = [self.names[name] for name in wrt]
        found = gradient(self.graph, output, nodes, seed, self.edges)
        return [found[node] for node in nodes]

    def run(self, *nodes: int, **values: Value) -> list[Value]:
        """The values of nodes, with some inputs changed; the graph is checked."""
        inputs = {**self.inputs, **{self.names[name]: value for name, value in values.items()}}
        found = interpret(self.graph, nodes, inputs)
        check(self.graph, self.typed, self.edges)
        for node, value in found.items():
            shape = self.graph.shapes[node]
            assert np.shape(value) == shape, (self.graph.ops[node], np.shape(value), shape)
            assert isinstance(value, np.ndarray if shape else float)
            assert not shape or value.dtype == np.float64
        return [found[node] for node in nodes]


def program(text: str, **values: Value) -> Case:
    """The graph of a program."""
    model = build(parse(text), values)
    return Case(model.graph, model.output, dict(model.inputs), known(model, values))


def known(model: Built, values: dict[str, Value]) -> dict[str, Value]:
    """The values of a model's inputs: those given, and the starts of params and consts."""
    found = {name: values[name] for name in model.inputs if name in values}
    for name, start in model.starts.items():
        inputs = {model.inputs[other]: value for other, value in found.items()}
        found[name] = interpret(model.graph, [start], inputs)[start]
    return found


def single(op: str, attr: tuple[Any, ...] | None = None, /, **values: Value) -> Case:
    """The graph of one op of inputs."""
    graph = Graph()
    names = {name: graph.input(name, "variable", np.shape(v)) for name, v in values.items()}
    return Case(graph, graph.add(TABLE[op], tuple(names.values()), attr), names, values)


def check(graph: Graph, typed: int, edges: Sequence[Edge] = ()) -> None:
    """Holds a graph against the invariants; nodes from `typed` on were made by sweeps."""
    seen: dict[Any, int] = {}
    for node, (op, args, attr) in enumerate(zip(graph.ops, graph.args, graph.attrs)):
        assert all(arg < node for arg in args), "an argument stands after its node"
        if op not in (LITERAL, INPUT):
            assert graph.shapes[node] == op.shape([graph.shapes[a] for a in args], attr or ())
        if op is INPUT or op.random or node in graph.names:
            continue
        key = (op, args, tuple(map(repr, attr or ())))
        assert key not in seen, f"{op} of {args} is there twice"
        seen[key] = node
        if node >= typed:
            refuse_unfolded(graph, node)
    for edge in edges:
        assert graph.shapes[edge.upstream] == graph.shapes[edge.consumer]
        assert graph.shapes[edge.downstream] == graph.shapes[edge.receiver]
        assert graph.shapes[edge.total] == graph.shapes[edge.receiver]


def refuse_unfolded(graph: Graph, node: int) -> None:
    """Refuses what the sweep should have folded: g*1, 0*x, x+0, -(-x), numbers of numbers."""
    name = graph.ops[node].name
    args = graph.args[node]
    numbers = [graph.number(a) for a in args]
    shape = graph.shapes[node]
    alone = [graph.shapes[a] == shape for a in args]
    told = f"{name} of {numbers} should have been folded"
    if name in ("mul", "add", "sub"):
        assert None in numbers, told
    if name == "mul":
        assert 0.0 not in numbers, told
        assert 1.0 not in numbers, told
        assert -1.0 not in numbers, told
    if name in ("add", "sub"):
        assert not (numbers[1] == 0 and alone[0]), told
        assert not (numbers[0] == 0 and alone[1]), told
    if name in ("div", "pow"):
        assert numbers[1] != 1, told
    if name == "neg":
        assert numbers == [None], told
        assert graph.ops[args[0]].name != "neg", told
    if name in ("expand", "sum_to", "reshape"):
        assert not alone[0], f"{name} to the same shape"


def ordered(values: Value) -> Any:
    """Floats as whole numbers that count units in the last place."""
    whole = np.asarray(values, np.float64).view(np.int64)
    return np.where(whole < 0, np.int64(-(2**63)) - whole, whole).astype(object)


def units(a: Value, b: Value) -> np.ndarray:
    """How many units in the last place lie between a and b; nan is equal to nan."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    apart = np.abs(ordered(a) - ordered(b)).astype(np.float64)
    apart = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, apart)
    return np.where(np.isnan(a) != np.isnan(b), np.inf, apart)


def written(graph: Graph, outputs: Sequence[int]) -> str:
    """The nodes behind the outputs as a program, a statement a node."""
    cone = graph.cone(outputs)
    names = labels(graph, cone)
    lines = [
        f"{names[node]} = {expression(graph, node, names)}"
        for node in cone
        if graph.kind(node) == "operation"
    ]
    if len(outputs) > 1:
        lines.append(f"end = [{', '.join(f'sum({names[node]})' for node in outputs)}]")
    return "\n".join(lines)


def read_back(case: Case, outputs: Sequence[int]) -> None:
    """Holds that the printed nodes are read back as what they are.

    Each alone, its arguments called by names, is read as the same op, printed as the same text, and
    has the same bits. All together as a program they have the same bits too, and what that program
    prints is read as itself.
    """
    graph = case.graph
    cone = graph.cone(outputs)
    values = dict(zip(cone, case.run(*cone)))
    names = {node: f"n{node}" for node in cone}
    seen = set()
    for node in cone:
        op, args, attr = graph.ops[node], graph.args[node], graph.attrs[node]
        shapes = tuple(graph.shapes[a] for a in args)
        if graph.kind(node) != "operation" or op.random or (op, attr, shapes) in seen:
            continue
        seen.add((op, attr, shapes))
        text = expression(graph, node, names)
        again = program(text, **{names[a]: values[a] for a in args})
        made = again.graph
        known_as = {"gate": "where", "full": "full"}.get(op.name, op.name)
        assert made.ops[again.output].name == known_as, text
        assert known_as == "where" or made.attrs[again.output] == attr, text
        labelled = labels(made, made.cone([again.output]))
        assert expression(made, again.output, labelled) == text
        assert same_bits(again.run(again.output)[0], values[node]), text
    text = written(graph, [*outputs, outputs[-1]])
    again = program(text, **case.values)
    printed = written(again.graph, [again.output])
    ends = [np.sum(v) if np.ndim(v) else v for v in (values[n] for n in [*outputs, outputs[-1]])]
    assert same_bits(again.run(again.output)[0], np.array(ends))
    third = program(printed, **case.values)
    assert written(third.graph, [third.output]) == printed


def same_bits(a: Value, b: Value) -> bool:
    """Whether two values are one; all nans are."""
    return np.shape(a) == np.shape(b) and repr(np.asarray(a).tolist()) == repr(
        np.asarray(b).tolist()
    )


@dataclass(frozen=True)
class Bench:
    """The functions of this file, for tests."""

    program = staticmethod(program)
    single = staticmethod(single)
    check = staticmethod(check)
    units = staticmethod(units)
    written = staticmethod(written)
    read_back = staticmethod(read_back)
    same_bits = staticmethod(same_bits)

    @staticmethod
    def value(text: str, **values: Value) -> Value:
        """The value of a program."""
        case = program(text, **values)
        return case.run(case.output)[0]

    @staticmethod
    def grad(text: str, **values: Value) -> dict[str, Value]:
        """The gradient of a program by every input, checked on the way."""
        case = program(text, **values)
        wrt = [name for name in values if name in case.names]
        return dict(zip(wrt, case.run(*case.differentiate(case.output, wrt))))

    @staticmethod
    def hessian(text: str, name: str = "x", **values: Value) -> Any:
        """Second derivatives of a scalar program by one input, as a matrix of flat entries."""
        case = program(text, **values)
        (first,) = case.differentiate(case.output, [name])
        shape = case.graph.shapes[first]
        if not shape:
            return case.run(*case.differentiate(first, [name]))[0]
        case.names["seed"] = seed = case.graph.input("seed", "seed", shape)
        (second,) = case.differentiate(first, [name], seed)
        rows = []
        for place in np.ndindex(shape):
            one = np.zeros(shape)
            one[place] = 1.0
            rows.append(np.ravel(case.run(second, seed=one)[0]))
        return np.array(rows)


@pytest.fixture(scope="session")
def bench() -> Bench:
    return Bench()
