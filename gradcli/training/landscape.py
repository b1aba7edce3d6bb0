"""The loss around a descent of one or two numbers: its curve or surface, and its known minima."""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.figures import Marker, Surface
from gradcli.graph.node import F, Node
from gradcli.graph.reverse import gradient
from gradcli.run.batch import Batch
from gradcli.training.minima import known_minima

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gradcli.graph.graph import Graph
    from gradcli.learn.vectors import Params
    from gradcli.training.task import Task

    Array = NDArray[np.float64]

POINTS, FEWEST = 400, 24
"""Points of a curve, and the fewest along an axis of a surface."""

ALONG = 161
"""Points along an axis of a surface."""

WORK = 3e8
"""Numbers that a surface may take to work out before it becomes coarser; ten times as many are too
many for any."""

MARGIN = 0.25
"""How far a picture goes beyond what must be in it."""

DECADES = 1.3
"""Decades between the low and the high values from which levels grow by factors."""

CLAIM = 1e-4
"""How close the loss at a minimum that is claimed must be to the value that is claimed."""


class Landscape:
    """The loss as a function of the few numbers that move."""

    def __init__(self, task: Task, squares: bool = False) -> None:
        self._task, self._model = task, task.model(task.rows)
        model, graph, inputs = self._model, self._model.graph, self._model.inputs
        self._output = model.output
        if squares:
            residuals = Node(graph, model.output)
            self._output = F.sum(residuals * residuals, attr=(None, 0)).id
        self._params = [inputs[name] for name in task.moving]
        needed = set(graph.cone([self._output]))
        others = [n for n, node in inputs.items() if n not in task.moving and node in needed]
        self._values: dict[int, Any] = {
            inputs[name]: task.fixed[name] if task.learn is None or name in task.fixed
            else task.learn.take(name)
            for name in others
        }  # fmt: skip
        self._cost = sum(prod(graph.shapes[node]) for node in needed)

        self.names = list(entries(task.start))
        """The numbers that move."""
        self.output = "loss" if squares else task.output

    def losses(self, points: Array) -> Array:
        """The loss at each row of `points`, which has an entry a number that moves."""
        return self._run(points, self._output)

    def slopes(self, points: Array) -> Array:
        """The derivative of the loss of one number at each row of `points`."""
        (param,) = self._params
        slope = gradient(self._model.graph, self._output, [param])[param]
        return self._run(points, slope).reshape(len(points))

    def minima(self) -> list[Marker]:
        """The minima that the program's comments know, where the loss says so too.

        The claim is about the program as it stands: with another value of a constant it may fail.
        """
        task, names = self._task, self.names
        in_order = [n for n in task.question.model.inputs if n in task.moving]
        claims = [
            claim for claim in known_minima(task.question.model.program.text)
            if len(claim.point) == len(names)
        ]  # fmt: skip
        if not claims or in_order != task.moving:
            return []
        points = np.array([claim.point for claim in claims])
        found = []
        for claim, loss in zip(claims, self.losses(points).tolist()):
            if abs(loss - claim.value) <= CLAIM * max(1.0, abs(claim.value)):
                x, y = (*claim.point, loss)[:2]
                found.append(Marker("local minimum" if claim.local else "minimum", x, y, "minimum"))
        return found

    def curve(self, low: float, high: float) -> tuple[Array, Array]:
        """Places between two ends, and the loss there."""
        x = np.linspace(low, high, POINTS)
        return x, self.losses(x[:, None])

    def surface(self, x: tuple[float, float], y: tuple[float, float]) -> Surface | None:
        """The loss over a rectangle; None where it takes too long to work out."""
        along = min(ALONG, int(math.sqrt(WORK / self._cost)))
        if along < FEWEST:
            along = FEWEST
            if FEWEST**2 * self._cost > 10 * WORK:
                return None
        xs, ys = np.linspace(*x, along), np.linspace(*y, along)
        grid = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        z = self.losses(grid).reshape(along, along)
        return Surface(xs.tolist(), ys.tolist(), z, logarithmic=_spans_decades(z))

    def _run(self, points: Array, output: int) -> Array:
        graph, seed = self._model.graph, self._task.question.seed
        batch = Batch(graph, [output], self._params, self._values, seed=seed)
        with np.errstate(all="ignore"):
            return batch(spread(graph, self._params, points))[0]


def spread(graph: Graph, nodes: Sequence[int], points: Array) -> dict[int, Array]:
    """The columns of `points` as the entries of the nodes, in their order and shapes."""
    ends = np.cumsum([prod(graph.shapes[node]) for node in nodes])
    parts = np.split(points, ends[:-1], axis=1)
    return {
        node: part.reshape(len(points), *graph.shapes[node]) for node, part in zip(nodes, parts)
    }


def entries(params: Params) -> dict[str, float]:
    """Every number of the parameters, by its name: `x`, or `w[0]` of a vector."""
    found: dict[str, float] = {}
    for name, value in params.items():
        if isinstance(value, float):
            found[name] = value
            continue
        for place, number in np.ndenumerate(value):
            found[f"{name}[{', '.join(map(str, place))}]" if place else name] = float(number)
    return found


def numbers(params: Params) -> list[float]:
    """Every number of the parameters, in the order of their names."""
    return list(entries(params).values())


def bounds(values: Sequence[float], margin: float = MARGIN) -> tuple[float, float]:
    """Ends between which all of the values lie, none of them at the edge."""
    low, high = min(values), max(values)
    span = high - low
    if span <= 1e-9 * max(abs(low), abs(high)):
        span = max(1.0, abs(low))
    return low - margin * span, high + margin * span


def _spans_decades(z: Array) -> bool:
    values = z[np.isfinite(z)]
    if not values.size or values.min() < 0:
        return False
    low, high = np.quantile(values, [0.05, 0.95])
    return bool(high > low * 10**DECADES)
