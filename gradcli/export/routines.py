"""Nodes to compute from others: what one function of a file does, in words of its language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gradcli.errors import UsageError
from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.graph.lowering import Knows, UnspokenError, lowered

if TYPE_CHECKING:
    from gradcli.graph.built import Built
    from gradcli.run.interpret import Value


@dataclass
class Routine:
    """Nodes to compute from others: what one function of a file does."""

    graph: Graph
    inputs: list[int]
    outputs: list[int]
    known: dict[int, str]
    """What the user calls nodes; of the derivative by a node x, grad_x."""
    held: Mapping[int, Value] = field(default_factory=dict)
    """Arrays that stand in the file as they are: of literals, and random draws."""

    def cone(self) -> list[int]:
        """The nodes to compute, in order, inputs left out."""
        inside = set(self.inputs)
        cone = self.graph.cone(self.outputs, inside | self.held.keys())
        return [n for n in cone if n not in inside]

    def uses(self, cone: Sequence[int]) -> dict[int, int]:
        """How often each node is an argument of others, or a result."""
        found: dict[int, int] = {}
        for node in cone:
            if node not in self.held:
                for arg in self.graph.args[node]:
                    found[arg] = found.get(arg, 0) + 1
        for node in self.outputs:
            found[node] = found.get(node, 0) + 2
        return found


def spoken(model: Built, outputs: Sequence[int], knows: Knows) -> dict[int, int]:
    """`lowered`, with what a language lacks located in the program."""
    try:
        return lowered(model.graph, outputs, knows)
    except UnspokenError as missing:
        error = UsageError(
            f"the target has no words for {missing.name}",
            hint="export to another target, or write it with other functions",
        )
        error.span = model.span(missing.node) if missing.node < len(model.origins) else None
        raise error.locate(model.program.text, model.program.origin) from None


def renamed(graph: Graph, known: Mapping[int, str], became: Mapping[int, int]) -> dict[int, str]:
    """The names of what nodes became; an input keeps its own."""
    found = {n: name for n, name in known.items() if graph.ops[n] is INPUT}
    for n, name in known.items():
        if n in became and graph.ops[became[n]] is not LITERAL:
            found.setdefault(became[n], name)
    return found


def constants(graph: Graph, cone: Sequence[int], seed: int) -> dict[int, Value]:
    """The arrays that depend on no input and stand in a file as numbers: of literals, and random
    draws, which are the same in every run with one seed."""
    from gradcli.run.interpret import draw, interpret

    found: dict[int, Value] = {}
    for n in cone:
        op, args = graph.ops[n], graph.args[n]
        if op.random:
            found[n] = draw(op, graph.attrs[n] or (), seed)
        elif (
            op.axes in ("stacks", "joins", "reshapes")
            and graph.shapes[n]
            and all(graph.ops[arg] is LITERAL or arg in found for arg in args)
        ):
            found[n] = interpret(graph, [n], found, seed)[n]
    return found
