"""Which branches some points take: on which side of its comparisons a program is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from gradcli.check.extrapolate import Array, Mask
from gradcli.graph.formulas.show import bracketed, write
from gradcli.graph.formulas.unfold import Formulas
from gradcli.graph.graph import Graph
from gradcli.graph.node import TABLE
from gradcli.graph.ops.elementwise import COMPARISON, PRODUCT, SUM

_NAME = re.compile(r"([a-z]\w*)")
_FUNCTIONS = {"abs": np.abs}
"""What a condition of the op table is made of, besides operators and the op's arguments."""


@dataclass(frozen=True)
class Side:
    """A condition of a node, as its op's entry spells it, and the nodes that it compares."""

    node: int
    condition: str
    operands: dict[str, int]


class Sides:
    """The sides of all the comparisons that the outputs make of what varies.

    `nodes` are those whose values tell which sides are taken.
    """

    def __init__(self, graph: Graph, outputs: Sequence[int], varied: Iterable[int]) -> None:
        self._graph, self._outputs = graph, outputs
        cone = graph.cone(outputs)
        depends = graph.depends(cone, varied)
        self.sides = [
            side
            for node in cone
            if depends[node] and graph.ops[node].sides
            for side in _sides(graph, node)
            if any(depends[operand] for operand in side.operands.values())
        ]
        inside = graph.depends(cone, [side.node for side in self.sides])
        self._inside = [node for node in reversed(cone) if inside[node]]
        self._gates = {node for node in self._inside if graph.ops[node] is TABLE["where"]}
        used = {operand for side in self.sides for operand in side.operands.values()}
        self.nodes = sorted(used | {graph.args[node][0] for node in self._gates})

    def __len__(self) -> int:
        return len(self.sides)

    def taken(self, values: Mapping[int, Array], count: int) -> Mask:
        """For each of `count` points, which sides some entry takes; the first axis of the values is
        that of the points. What stands in a branch that is not taken takes no side.
        """
        found = np.zeros((count, len(self.sides)), np.bool_)
        reached = self._reached(values, count)
        for place, side in enumerate(self.sides):
            operands = {n: values[at] for n, at in side.operands.items()}
            rank = max(value.ndim for value in operands.values())
            level = {n: v.reshape(count, *(1,) * (rank - v.ndim), *v.shape[1:])
                     for n, v in operands.items()}  # fmt: skip
            with np.errstate(all="ignore"):
                holds = _test(side.condition, tuple(level))(**level)
            found[:, place] = _anywhere(holds, count) & reached.get(side.node, True)
        return found

    def _reached(self, values: Mapping[int, Array], count: int) -> dict[int, Mask]:
        """The points at which a node that makes a comparison is in a branch that is taken."""
        if not self._gates:
            return {}
        graph = self._graph
        nowhere = np.zeros(count, np.bool_)
        reached = dict.fromkeys(self._outputs, ~nowhere)
        for node in self._inside:
            here = reached.get(node, nowhere)
            for place, arg in enumerate(graph.args[node]):
                open_ = here
                if node in self._gates and place:
                    condition = values[graph.args[node][0]] != 0
                    open_ = here & _anywhere(condition if place == 1 else ~condition, count)
                reached[arg] = reached.get(arg, nowhere) | open_
        return reached

    def exact(self, which: Iterable[int]) -> bool:
        """Whether each asks for two equal numbers, which random ones never are."""
        return all(self.sides[place].condition == "a == b" for place in which)

    def texts(self, which: Iterable[int], names: Mapping[int, str]) -> list[str]:
        """Some sides in the user's names, for those whose branch no point took: `x > 4`."""
        graph = self._graph
        cone = graph.cone(self._outputs)
        formulas = Formulas(graph, cone, names, graph.names)
        found = []
        for place in which:
            side = self.sides[place]
            tight = PRODUCT if re.search(r" [*-] ", side.condition) else SUM
            parts = {}
            for name, node in side.operands.items():
                form = formulas.written(node)
                parts[name] = bracketed((form.text, form.level), tight)
            if "y" in parts:
                args = [formulas.written(arg) for arg in graph.args[side.node]]
                written = [(form.text, form.level) for form in args]
                parts["y"] = write(graph.ops[side.node], written, graph.attrs[side.node])[0]
            words = re.split(_NAME, side.condition)
            found.append("".join(parts.get(word, word) for word in words))
        return list(dict.fromkeys(found))


def _sides(graph: Graph, node: int) -> Iterator[Side]:
    """The sides of one node; a comparison that `where` asks is no second time its own."""
    op, args = graph.ops[node], graph.args[node]
    if op is TABLE["where"] and graph.ops[args[0]].level == COMPARISON:
        return
    names = [parameter.name for parameter in op.parameters]
    for condition in op.sides:
        if names == ["xs"]:
            yield from (Side(node, condition, {"xs": arg, "y": node}) for arg in args)
        else:
            used = set(_NAME.findall(condition))
            yield Side(node, condition, {n: at for n, at in zip(names, args) if n in used})


@cache
def _test(condition: str, names: tuple[str, ...]) -> Callable[..., Any]:
    # Both texts come from the op table: nothing that a user typed is in them.
    made: Callable[..., Any] = eval(f"lambda {', '.join(names)}: {condition}", dict(_FUNCTIONS))
    return made


def _anywhere(holds: Any, count: int) -> Mask:
    """For every point, whether a condition holds for some entry."""
    return np.asarray(np.reshape(holds, (count, -1)).any(axis=1))
