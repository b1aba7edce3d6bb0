"""The arrays of a graph as steps: traced, shared, and known beforehand where they can be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from gradcli.errors import GradError
from gradcli.graph.graph import LITERAL, Graph
from gradcli.graph.node import TABLE
from gradcli.graph.ops.spell import variant
from gradcli.run.compiled.follow import follow
from gradcli.run.compiled.masks import PRODUCT, SPARED, spared_gates, swallows_nan
from gradcli.run.compiled.numpy_call import Step, taken
from gradcli.run.compiled.tape import Tape, Traced
from gradcli.run.interpret import draw


def has_arrays(graph: Graph, node: int) -> bool:
    """Whether a node is an array, or a number made of arrays."""
    shapes = graph.shapes
    return bool(shapes[node]) or any(shapes[arg] for arg in graph.args[node])


class Plan:
    """The steps of the nodes of a cone that have to do with arrays.

    `values` holds the step that gives a node its value, `first` the nodes in whose turn steps are
    to be taken: those from `first[node]` on, in their order. With `guarded`, a result that is not
    finite may owe that to the plan, and the run has to be repeated with care.
    """

    def __init__(
        self, graph: Graph, cone: Sequence[int], known: Collection[int], seed: int, careful: bool
    ) -> None:
        self.graph, self.known, self.seed = graph, known, seed
        self.guarded = False
        if careful or not self._trace(cone, finite=True):
            self._trace(cone, finite=False)
        self.constants = self._constants()

    @property
    def steps(self) -> list[Step]:
        return self._tape.steps

    def _trace(self, cone: Sequence[int], finite: bool) -> bool:
        """Follows every node; False where leaving guards out could go unnoticed."""
        graph = self.graph
        gates = spared_gates(graph, cone) if finite else {}
        risky = set(gates)
        self._tape = tape = Tape(finite)
        self.values: dict[int, Traced] = {}
        self.ends: dict[int, int] = {}
        for node in cone:
            guards = tape.guards
            self.values[node] = self._value(node, gates.get(node))
            self.ends[node] = len(tape.steps)
            if tape.guards > guards:
                risky.add(node)
        self.guarded = bool(risky)
        return not risky or not swallows_nan(graph, cone, risky)

    def _value(self, node: int, gate: str | None) -> Traced:
        graph, tape = self.graph, self._tape
        op, shape = graph.ops[node], graph.shapes[node]
        if op.random and node not in self.known:
            return tape.leaf("constant", node, shape)
        if node in self.known or op is LITERAL or not has_arrays(graph, node):
            return tape.leaf("local", node, shape)
        args = [self.values[arg] for arg in graph.args[node]]
        if gate == SPARED and args[0].shape == shape:
            return args[0]
        if gate == PRODUCT:
            op = TABLE["mul"]
        if op.literal:
            op = variant(op, graph.number(graph.args[node][-1]))
        return follow(tape, op, args, graph.attrs[node] or (), shape)

    def _constants(self) -> dict[int, Any]:
        """The values of the steps that depend on nothing that comes from outside."""
        found: dict[int, Any] = {}
        for at, step in enumerate(self.steps):
            if step.kind == "constant":
                node = step.options[0]
                found[at] = draw(self.graph.ops[node], self.graph.attrs[node] or (), self.seed)
            elif step.kind == "ones":
                found[at] = np.ones(step.shape)
            elif step.kind == "local":
                node = step.options[0]
                if self.graph.ops[node] is LITERAL and node not in self.known:
                    found[at] = (self.graph.attrs[node] or (0.0,))[0]
            elif step.kind != "broadcast" and all(
                isinstance(arg, float) or arg in found for arg in step.args
            ):
                args = [arg if isinstance(arg, float) else found[arg] for arg in step.args]
                try:
                    found[at] = taken(step, args)
                except GradError:
                    continue  # left to the run, which says at which node
        return found

    def needed(self, outputs: Collection[int]) -> list[int]:
        """The steps that the outputs, and the numbers of the graph, are made of."""
        marked = bytearray(len(self.steps))
        for node in outputs:
            marked[self.values[node].at] = 1
        for at in range(len(self.steps) - 1, -1, -1):
            if marked[at] and at not in self.constants:
                for arg in self.steps[at].args:
                    if isinstance(arg, int):
                        marked[arg] = 1
        return [at for at, mark in enumerate(marked) if mark]
