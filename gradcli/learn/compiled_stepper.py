"""Steps by generated code: the optimizer's rule is traced with nodes of the graph for numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import prod
from typing import TYPE_CHECKING, Any

from gradcli.graph.graph import MEMORY
from gradcli.graph.node import F, Node
from gradcli.learn.optimizers import OPTIMIZERS, Now
from gradcli.learn.steppers import PlainStepper, Point
from gradcli.run.compiled.compile import compile_graph
from gradcli.run.compiled.loop import Given, Loop, Steps
from gradcli.run.invariant import invariants, of_all_rows, row_invariants

if TYPE_CHECKING:
    from gradcli.graph.graph import Graph
    from gradcli.learn.loss import Loss, Measure
    from gradcli.learn.spec import Choice
    from gradcli.learn.vectors import Params, Rows

_AT_HAND = MEMORY // 8
"""Bytes of data, and of what is computed from it beforehand, that a loop may gather rows from."""


class CompiledStepper:
    """The gradient and the optimizer's rule in one generated loop, to PlainStepper's bits.

    Steps over so many rows that they are walked in blocks are PlainStepper's own.
    """

    def __init__(self, loss: Loss, optimizer: Choice, clip: float | None = None) -> None:
        self._loss, self._optimizer, self._clip = loss, optimizer, clip
        self._plain = PlainStepper(loss, optimizer, clip, loss.bounds)
        self._loops: dict[tuple[int, bool], _Steps | None] = {}

    def advance(
        self, point: Point, rates: Sequence[float], batches: Sequence[Rows] | None, tol: float
    ) -> Point:
        """See Stepper."""
        if batches is None:
            return self._advance(point, rates, [], tol, self._loss.rows)
        done = 0
        for size, group in groupby(batches, key=self._size):
            some = list(group)
            point = self._advance(point, rates[done : done + len(some)], some, 0.0, size)
            done += len(some)
        return point

    def _advance(
        self, point: Point, rates: Sequence[float], batches: Sequence[Any], tol: float, rows: int
    ) -> Point:
        """Steps over so many rows each: those of the batches, or all of them."""
        key = rows, bool(batches) and batches[0] is not None
        if key not in self._loops:
            loss = self._loss
            fits = rows >= 0 and not loss.in_blocks(rows) and self._bytes(rows) <= _AT_HAND
            self._loops[key] = (
                _Steps(loss, self._optimizer, self._clip, *key) if fits else None
            )  # fmt: skip
        steps = self._loops[key]
        if steps is None:
            return self._plain.advance(point, rates, batches or None, tol)
        done, params, slots = steps.take(point, rates, batches, tol)
        if not done and rates:
            # What is known there is not below tol; what the loop finds may be, by its rounding.
            return self._plain.advance(point, rates[:1], batches or None, tol)
        return Point(point.step + done, params, slots, rates[done - 1] if done else point.rate)

    def _size(self, rows: Rows) -> int:
        """The number of rows, −1 where they are no array of places."""
        if rows is None:
            return self._loss.rows
        return -1 if isinstance(rows, slice) else len(rows)

    def _bytes(self, rows: int) -> int:
        """The memory of all the data."""
        measure = self._loss.measure(rows)
        data = [node for node in measure.inputs if measure.graph.kind(node) == "data"]
        return 8 * self._loss.rows * _width(measure.graph, data)


@dataclass(frozen=True)
class _Update:
    """One update in nodes of a graph: the state, and what it becomes, by parameter and slot."""

    names: list[str]
    state: list[int]
    following: list[int]
    rate: int
    number: int


def _traced(loss: Loss, measure: Measure, optimizer: Choice, clip: float | None) -> _Update:
    """The optimizer's rule with nodes for numbers."""
    graph, rule = measure.graph, OPTIMIZERS[optimizer.name]
    rate, number = _input(graph, "rate"), _input(graph, "number")
    now = Now(rate, number, optimizer.options(rule.options), F.sqrt)
    gradients = [Node(graph, node) for node in _projected(loss, measure)]
    if clip is not None:
        gradients = _clipped(gradients, clip)
    parts = list(zip(loss.params, measure.params, gradients))
    # Numbers come first: what is computed of them may raise.
    parts.sort(key=lambda part: bool(graph.shapes[part[1]]))
    update = _Update([name for name, _, _ in parts], [], [], rate.id, number.id)
    for name, param, gradient in parts:
        held = tuple(_input(graph, slot, graph.shapes[param]) for slot in rule.slots)
        moved, then = rule.update(Node(graph, param), gradient, held, now)
        moved = loss.bounds.clip_node(name, moved)
        update.state.extend([param, *(slot.id for slot in held)])
        update.following.extend([moved.id, *(slot.id for slot in then)])
    return update


def _projected(loss: Loss, measure: Measure) -> list[int]:
    """The gradients of the parameters, projected where they have bounds."""
    graph = measure.graph
    return [
        loss.bounds.project_node(name, Node(graph, param), Node(graph, found)).id
        for name, param, found in zip(loss.params, measure.params, measure.gradients)
    ]


class _Steps:
    """The loop for one number of rows: of a batch, which is gathered, or all of them."""

    def __init__(
        self, loss: Loss, optimizer: Choice, clip: float | None, rows: int, gathering: bool
    ) -> None:
        self._loss, self._measure, self._gathering = loss, loss.measure(rows), gathering
        graph = self._measure.graph
        self._slots = OPTIMIZERS[optimizer.name].slots
        self._update = update = _traced(loss, self._measure, optimizer, clip)
        inputs = self._measure.inputs[len(self._measure.params) :]
        values = dict(zip(inputs, loss.others(self._measure, None)))
        projected = _projected(loss, self._measure)
        outputs = [*projected, *update.following]
        drawn = self._measure.drawn
        varying = {*update.state, update.rate, update.number, *drawn}
        sources = self._gathered(inputs, outputs, varying) if gathering else {}
        fixed = {node: values[node] for node in inputs if node not in sources}
        still = invariants(graph, outputs, varying | set(sources))
        run = compile_graph(graph, still, list(fixed), seed=loss.seed)
        fixed |= dict(zip(still, run(list(fixed.values()))))
        self._fixed, self._sources = list(fixed.values()), list(sources.values())
        self._loop = Loop(
            Steps(
                graph, update.state, update.following, projected, update.rate,
                update.number, list(fixed), list(sources), drawn, loss.seed,
            )
        )  # fmt: skip

    def _gathered(
        self, inputs: Sequence[int], outputs: Sequence[int], varying: set[int]
    ) -> dict[int, Any]:
        """What each step sees some rows of: the data, and what is computed from it row by row."""
        loss, measure, graph = self._loss, self._measure, self._measure.graph
        data = [node for node in inputs if graph.kind(node) == "data"]
        values = dict(zip(inputs, loss.others(measure, None)))
        sources = {node: values[node] for node in data}
        before = row_invariants(graph, outputs, varying, data)
        if before and 8 * loss.rows * _width(graph, before) <= _AT_HAND:
            found = of_all_rows(
                graph, before, inputs, lambda part: loss.others(measure, part), loss.rows, loss.seed
            )
            sources |= dict(zip(before, found))
        return sources

    def take(
        self, point: Point, rates: Sequence[float], batches: Sequence[Any], tol: float
    ) -> tuple[int, Params, dict[str, Params]]:
        """How many steps were taken, the parameters and the slots."""
        names = self._update.names
        state = [held[name] for name in names for held in (point.params, *point.slots.values())]
        some = batches if self._gathering else ()
        given = Given(self._fixed, rates, point.step, tol, self._sources, some)
        done, following = self._loop(state, given)
        width = 1 + len(self._slots)
        params, *slots = (
            {name: values[name] for name in self._loss.params}
            for values in (dict(zip(names, following[at::width])) for at in range(width))
        )
        return done, params, dict(zip(self._slots, slots))


def _clipped(gradients: Sequence[Node], limit: float) -> list[Node]:
    """What `steppers.clipped` does, where every entry is finite."""
    sizes = [F.abs(g) for g in gradients]
    largest = [F.max(size, attr=(None, 0)) if size.shape else size for size in sizes]
    scale = F.maximum(*largest) if len(largest) > 1 else largest[0]
    unit = F.where(scale > 0, scale, 1)
    squares = [(g / unit) * (g / unit) for g in gradients]
    total = sum(F.sum(square, attr=(None, 0)) if square.shape else square for square in squares)
    length = scale * F.sqrt(total)
    factor = F.where(length > limit, limit / length, 1)
    return [g * factor for g in gradients]


def _width(graph: Graph, nodes: Iterable[int]) -> int:
    """The numbers in a row of some nodes together."""
    return sum(prod(graph.shapes[node][1:]) for node in nodes)


def _input(graph: Graph, name: str, shape: tuple[int, ...] = ()) -> Node:
    return Node(graph, graph.input(name, "seed", shape))
