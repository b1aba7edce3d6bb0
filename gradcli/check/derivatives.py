"""The derivatives of some nodes by others at some points: by the backward pass, and by numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.check.differences import FIELDS, Slopes, plain, settled
from gradcli.check.extrapolate import EPSILON, Array, Mask, Tolerance
from gradcli.check.points import Points
from gradcli.graph.graph import INPUT, Graph
from gradcli.graph.node import TABLE
from gradcli.graph.reverse import gradient, jacobian_seed
from gradcli.question.question import Question
from gradcli.run.batch import Batch
from gradcli.run.interpret import Value
from gradcli.run.spots import Spots

_FLOATS = 1 << 21
"""Numbers in one array of results."""

_FEW = 200
"""Entries up to which it is looked at what rounding does to the backward pass."""

_TOGETHER = 256
"""Entries of small variables that vary in one batch."""

MANY: float = 65
"""Entries from which a variable varies alone, as spots."""


class Derivatives:
    """∂outputs/∂targets at every point, by the backward pass.

    `analytic[target]` has the shape points × M × entries, where M counts the entries of all the
    outputs. `values` holds by point the value of every node on the way, and of the nodes of `more`.
    """

    def __init__(
        self,
        question: Question,
        points: Points,
        outputs: Sequence[int],
        targets: Sequence[int],
        more: Sequence[int] = (),
    ) -> None:
        graph = question.graph
        self.question, self.points = question, points
        self.outputs, self.targets = list(outputs), list(targets)
        self.size = sum(_entries(graph, node) for node in outputs)
        self._backward = [_Backward(graph, output, targets) for output in outputs]
        nodes = sorted({*outputs, *targets, *more}.union(*(b.wanted for b in self._backward)))
        self.values: list[Mapping[int, Value]] = []
        analytic: dict[int, list[Array]] = {target: [] for target in targets}
        noise: list[Array] = []
        for inputs in points.inputs:
            values = question.run(nodes, inputs)
            self.values.append(values)
            parts = [b.rows(values, question.seed) for b in self._backward]
            for target in targets:
                analytic[target].append(np.concatenate([rows[target] for rows, _ in parts]))
            noise.append(np.concatenate([size for _, size in parts]))
        self.analytic = {target: np.stack(rows) for target, rows in analytic.items()}
        self._noise = np.stack(noise)

    def numeric(self, tolerance: Tolerance, step: float | None = None) -> dict[int, Slopes]:
        """The same by differences, in arrays points × M × entries."""
        found: dict[int, Slopes] = {}
        for group in self._groups():
            found.update(_Varied(self, group).slopes(self._noise, tolerance, step))
        return found

    def rounding(self, target: int, where: Mask, claim: int | None = None) -> Array:
        """How far rounding moves the backward pass and a `claim`, in the shape of `analytic`.

        Looked at only for the points × M × entries of `where`, and only if these are few.
        """
        graph = self.question.graph
        found = np.zeros(where.shape)
        if where.sum() > _FEW:
            return found
        for m in np.flatnonzero(where.any(axis=(0, 2))):
            node = gradient(graph, self._entry(int(m)), [target])[target]
            for point in np.flatnonzero(where[:, m].any(axis=1)):
                found[point, m] = self._moved(node, int(point))
        if claim is not None:
            for point in np.flatnonzero(where.any(axis=(1, 2))):
                found[point] += self._moved(claim, int(point)).reshape(found[point].shape)
        return np.where(where, found, 0.0)

    def _entry(self, m: int) -> int:
        """The node of one of the M entries of all the outputs."""
        graph = self.question.graph
        for output in self.outputs:
            shape, size = graph.shapes[output], _entries(graph, output)
            if m < size:
                place = tuple(int(i) for i in np.unravel_index(m, shape))
                return graph.add(TABLE["index"], (output,), (place,)) if shape else output
            m -= size
        raise IndexError(m)

    def _moved(self, node: int, point: int) -> Array:
        """How far rounding moves each entry of a node, to first order."""
        graph, question = self.question.graph, self.question
        inputs = [n for n in graph.cone([node]) if graph.ops[n] is INPUT]
        backward = _Backward(graph, node, inputs)
        values = question.run(sorted(backward.wanted), self.points.inputs[point])
        return backward.rows(values, question.seed)[1]

    def _groups(self) -> Iterator[list[int]]:
        """The targets: small inputs together, since no other input depends on them; each other
        target alone."""
        graph = self.question.graph
        group: list[int] = []
        total = 0
        for target in self.targets:
            size = _entries(graph, target)
            if graph.args[target] or size >= MANY:
                yield [target]
                continue
            if group and total + size > _TOGETHER:
                yield group
                group, total = [], 0
            group.append(target)
            total += size
        if group:
            yield group


class _Backward:
    """The backward pass of one output, for every entry of it."""

    def __init__(self, graph: Graph, output: int, targets: Sequence[int]) -> None:
        self._graph, self._output, self._targets = graph, output, targets
        cone = graph.cone([output])
        depends = graph.depends(cone, targets)
        on_the_way = [node for node in cone if depends[node]]
        self._seed = jacobian_seed(graph, output) if graph.shapes[output] else None
        wrt = dict.fromkeys([*on_the_way, *targets])
        self._adjoints = gradient(graph, output, wrt, self._seed)
        self._on_the_way = on_the_way
        self.wanted = set(cone) if self._seed is not None else {*cone, *self._adjoints.values()}

    def rows(self, values: Mapping[int, Value], seed: int) -> tuple[dict[int, Array], Array]:
        """By target, entries of the output × entries; and how far rounding moves each output.

        To first order, an output moves by ε·Σ |v·∂output/∂v| over all the nodes v on the way.
        """
        graph, adjoints = self._graph, self._adjoints
        if self._seed is None:
            rows = {t: np.reshape(values[adjoints[t]], (1, -1)) for t in self._targets}
            noise = sum(_moved(values[n], values[adjoints[n]], 1) for n in self._on_the_way)
            return rows, np.asarray(EPSILON * noise).reshape(1)
        shape = graph.shapes[self._output]
        size = prod(shape)
        nodes = list(adjoints)
        batch = Batch(graph, list(adjoints.values()), [self._seed], values, seed=seed)
        most = max(1, _FLOATS // max(1, sum(_entries(graph, node) for node in nodes)))
        parts: dict[int, list[Array]] = {target: [] for target in self._targets}
        noises: list[Array] = []
        for start in range(0, size, most):
            count = min(most, size - start)
            chosen = np.eye(count, size, start).reshape(count, *shape)
            found = dict(zip(nodes, batch({self._seed: chosen})))
            for target in self._targets:
                parts[target].append(found[target].reshape(count, -1))
            moved = [_moved(values[n], found[n], count) for n in self._on_the_way]
            noises.append(EPSILON * sum(moved, np.zeros(count)))
        return {t: np.concatenate(rows) for t, rows in parts.items()}, np.concatenate(noises)


def _moved(value: Value, adjoint: Any, count: int) -> Array:
    """Σ |v·∂output/∂v| over the entries of a node, for each of `count` outputs."""
    with np.errstate(all="ignore"):
        sizes = np.abs(np.multiply(value, adjoint)).reshape(count, -1)
    total: Array = np.where(np.isfinite(sizes), sizes, 0.0).sum(axis=1)
    return total


class _Varied:
    """Some targets as they vary, entry by entry and point by point."""

    def __init__(self, derivatives: Derivatives, targets: Sequence[int]) -> None:
        self.derivatives, self.targets = derivatives, list(targets)
        question, values = derivatives.question, derivatives.values
        graph, points = question.graph, derivatives.points
        self.sizes = [_entries(graph, target) for target in targets]
        self.offsets = np.cumsum([0, *self.sizes])
        cone = graph.cone(derivatives.outputs)
        held = [n for n in cone if graph.ops[n].name == "stop_gradient" and n not in targets]
        moving = list(targets)
        if len(points) > 1:  # what differs from point to point
            drawn = [n for n in points.drawn if n in values[0]]
            moving += [n for n in (*drawn, *held) if n not in targets]
        self.stacks = {
            node: np.stack([np.asarray(v[node]) for v in values]).reshape(
                len(values), *graph.shapes[node]
            )
            for node in moving
        }
        self.held = held
        self.alone = len(self.targets) == 1 and self.sizes[0] >= MANY
        self.spots: dict[int, Spots] = {}
        if not self.alone:
            forward = {node: values[0][node] for node in cone if node in values[0]}
            self.batch = Batch(
                graph, derivatives.outputs, moving, forward, seed=question.seed, held=held
            )

    def slopes(self, noise: Array, tolerance: Tolerance, step: float | None) -> dict[int, Slopes]:
        """By target, arrays points × M × entries."""
        derivatives = self.derivatives
        count, total = len(derivatives.points), int(self.offsets[-1])
        flat = [self.stacks[t].reshape(count, -1) for t in self.targets]
        x = np.concatenate(flat, axis=1).reshape(-1)
        expected = np.concatenate([derivatives.analytic[t] for t in self.targets], axis=2)
        expected = np.moveaxis(expected, 2, 1).reshape(count * total, -1)
        centre = np.stack([_flat(derivatives.outputs, v) for v in derivatives.values])
        centre, noise = np.repeat(centre, total, axis=0), np.repeat(noise, total, axis=0)
        held = derivatives.size if self.alone else max(derivatives.size, *self.sizes)
        most = max(1, _FLOATS // (16 * held))
        parts = []
        for start in range(0, len(x), most):
            part = slice(start, start + most)

            def evaluate(entries: NDArray[np.intp], at: Array, start: int = start) -> Array:
                return self._evaluate(entries + start, at)

            parts.append(
                settled(evaluate, x[part], centre[part], expected[part], noise[part], tolerance)
                if step is None
                else plain(evaluate, x[part], centre[part], noise[part], step, tolerance)
            )
        return self._by_target(parts, count, total)

    def _by_target(self, parts: list[Slopes], count: int, total: int) -> dict[int, Slopes]:
        fields = []
        for name in FIELDS:
            whole = np.concatenate([getattr(part, name) for part in parts])
            fields.append(np.moveaxis(whole.reshape(count, total, -1), 1, 2))
        return {
            target: Slopes(*(field[..., self.offsets[i] : self.offsets[i + 1]] for field in fields))
            for i, target in enumerate(self.targets)
        }

    def _evaluate(self, entries: NDArray[np.intp], at: Array) -> Array:
        """The outputs where one entry at a time has other values."""
        if self.alone:
            return self._evaluate_alone(entries, at)
        total = int(self.offsets[-1])
        steps = at.shape[1]
        point, place = np.repeat(entries // total, steps), np.repeat(entries % total, steps)
        varied = {node: stack[point] for node, stack in self.stacks.items()}
        for target, offset, size in zip(self.targets, self.offsets, self.sizes):
            here = np.flatnonzero((place >= offset) & (place < offset + size))
            flat = varied[target].reshape(len(point), -1)
            flat[here, place[here] - offset] = at.reshape(-1)[here]
            varied[target] = flat.reshape(varied[target].shape)
        outputs = self.batch(varied)
        whole = np.concatenate([value.reshape(len(point), -1) for value in outputs], axis=1)
        return whole.reshape(len(entries), steps, -1)

    def _evaluate_alone(self, entries: NDArray[np.intp], at: Array) -> Array:
        """The same for one large variable, point after point."""
        total, steps = int(self.offsets[-1]), at.shape[1]
        found = np.empty((*at.shape, self.derivatives.size))
        points = entries // total
        for point in np.unique(points):
            here = np.flatnonzero(points == point)
            place = np.repeat(entries[here] % total, steps)
            outputs = self._spots(int(point))(place, at[here].reshape(-1))
            flat = [value.reshape(len(here), steps, -1) for value in outputs]
            found[here] = np.concatenate(flat, axis=2)
        return found

    def _spots(self, point: int) -> Spots:
        """The outputs around a point."""
        if point not in self.spots:
            derivatives = self.derivatives
            question = derivatives.question
            values = {**derivatives.points.inputs[point], **derivatives.values[point]}
            self.spots[point] = Spots(
                question.graph, derivatives.outputs, self.targets[0], values,
                seed=question.seed, held=self.held,
            )  # fmt: skip
        return self.spots[point]


def _entries(graph: Graph, node: int) -> int:
    return prod(graph.shapes[node])


def _flat(nodes: Sequence[int], values: Mapping[int, Value]) -> Array:
    return np.concatenate([np.ravel(values[node]) for node in nodes])
