"""Decision regions: what a classifier of two columns says all over their plane."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.errors import GradError
from gradcli.figures import Panel, Series, Surface
from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.ops.op import Shape
from gradcli.run.batch import Batch
from gradcli.run.interpret import StepError
from gradcli.training.landscape import WORK, bounds, spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gradcli.learn.vectors import Params
    from gradcli.training.task import Task

    Array = NDArray[np.float64]

ALONG, FEWEST = 401, 41
"""Points along an axis of the plane, and the fewest where the classifier is large."""

CLASSES = 10
"""Most classes."""

ROWS = 1000
"""Rows of the data that are drawn."""


@dataclass(frozen=True)
class _Sample:
    """What a program learns from, a row an observation: `x` are the two numbers by which it
    tells the classes, and `codes` the classes as the program sees them."""

    features: list[str]
    target: str
    x: Array
    y: Array
    axes: list[str]
    codes: list[float]
    classes: list[str]


def regions(task: Task, params: Params) -> Panel | None:
    """The plane of two columns by class, with the rows; None where the loss is no classifier's.

    The class of a point is the one that costs least there, whatever the loss is. So there must be
    two numbers and one class a row, and the loss of one row must be a program's as well.
    """
    sample = _sample(task)
    if sample is None:
        return None
    ends = bounds(sample.x[:, 0].tolist()), bounds(sample.x[:, 1].tolist())
    row = _one_row(task, sample, params)
    if row is None:
        return None
    cost = len(sample.codes) * sum(map(prod, row[0].graph.shapes))
    along = min(ALONG, max(FEWEST, int(math.sqrt(WORK / cost))))
    xs, ys = (np.linspace(*pair, along) for pair in ends)
    points = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    try:
        costs = _costs(sample, *row, points, task.question.seed)
    except StepError:
        return None
    costs = np.where(np.isnan(costs), np.inf, costs)
    z = np.argmin(costs, axis=0).astype(np.float64)
    z[~np.isfinite(costs).any(axis=0)] = np.nan
    x_label, y_label = sample.axes
    panel = Panel(x_label, y_label)
    panel.surface = Surface(
        xs.tolist(), ys.tolist(), z.reshape(along, along), classes=sample.classes
    )
    places = np.linspace(0, len(sample.x) - 1, min(len(sample.x), ROWS)).astype(int)
    for code, name in zip(sample.codes, sample.classes):
        rows = places[sample.y[places] == code]
        x, y = sample.x[rows].T.tolist()
        panel.series.append(Series(name, x, y, "points"))
    return panel


def _costs(
    sample: _Sample, model: Built, values: dict[int, Any], points: Array, seed: int
) -> Array:
    """The loss of a row at each point, a line a class."""
    varied = [model.inputs[name] for name in (*sample.features, sample.target)]
    batch = Batch(model.graph, [model.output], varied, values, seed=seed)
    costs = []
    for code in sample.codes:
        columns = np.column_stack([points, np.full(len(points), code)])
        with np.errstate(all="ignore"):
            costs.append(batch(spread(model.graph, varied, columns))[0])
    return np.stack(costs)


def _one_row(task: Task, sample: _Sample, params: Params) -> tuple[Built, dict[int, Any]] | None:
    """The program for one row, and the values of everything but that row; None where a row alone
    does not fit it."""
    known = {**task.fixed, **params}
    try:
        # what has an entry a row would be spread over one row, and does not fit two
        _of_rows(task, sample, known, 2)
        model = _of_rows(task, sample, known, 1)
    except GradError:
        return None
    if not all(name in model.inputs for name in (*sample.features, sample.target)):
        return None
    return model, {node: known[name] for name, node in model.inputs.items() if name in known}


def _of_rows(task: Task, sample: _Sample, known: Params, rows: int) -> Built:
    """The program for so many rows."""
    if task.learn is not None:
        return task.model(rows)
    question = task.question
    table = {}
    for name in (*sample.features, sample.target):
        shape = question.graph.shapes[question.model.inputs[name]]
        table[name] = np.zeros((rows, *shape[1:]))
    return build(question.model.program, {**known, **table}, of=question.of)


def _sample(task: Task) -> _Sample | None:
    """The two features and the target of a loss, where it has such."""
    question, graph = task.question, task.question.graph
    if graph.shapes[question.model.output]:
        return None
    cone = question.cone()
    inside = set(cone)
    kind = "const" if task.learn is None else "data"
    columns = {
        name: node for name, node in question.model.inputs.items()
        if node in inside and graph.kind(node) == kind and graph.shapes[node]
    }  # fmt: skip
    rows = _rows([graph.shapes[node] for node in columns.values()])
    if rows == 0:
        return None
    columns = {n: node for n, node in columns.items() if graph.shapes[node][:1] == (rows,)}
    target = _target(task, cone, columns)
    if target is None:
        return None
    features = [name for name in columns if name != target]
    if any(len(graph.shapes[columns[name]]) > 2 for name in features):
        return None
    arrays = [_table(_values(task, name)) for name in features]
    x, y = np.column_stack(arrays), _values(task, target)
    named = _classes(task, target, y)
    if x.shape[1] != 2 or named is None or not np.isfinite(x).all():
        return None
    return _Sample(features, target, x, y, _axes(task, features), *named)


def _rows(shapes: Sequence[Shape]) -> int:
    """The rows of a table in pieces: the length that a vector has in it, with the most numbers."""
    lengths = [shape[0] for shape in shapes if len(shape) == 1 and shape[0] > 2]
    return max(lengths, key=lambda rows: sum(s[:1] == (rows,) for s in shapes), default=0)


def _target(task: Task, cone: Sequence[int], columns: dict[str, int]) -> str | None:
    """The column with one entry a row that parameters only meet when the other columns have met
    them; None where none or several are such."""
    question, graph = task.question, task.question.graph
    moving = graph.depends(cone, [question.model.inputs[name] for name in task.moving])
    marks = {name: graph.depends(cone, [node]) for name, node in columns.items()}
    found = []
    for name, node in columns.items():
        others = [mark for other, mark in marks.items() if other != name]
        if len(graph.shapes[node]) == 1 and others and all(
            all(mark[n] for mark in others) for n in cone if marks[name][n] and moving[n]
        ):  # fmt: skip
            found.append(name)
    return found[0] if len(found) == 1 else None


def _values(task: Task, name: str) -> Array:
    """All rows of a column."""
    if task.learn is not None and name not in task.fixed:
        return task.learn.take(name)
    return np.asarray(task.fixed[name], np.float64)


def _table(array: Array) -> Array:
    """A column as a matrix, a row a row."""
    return array if array.ndim == 2 else array[:, None]


def _classes(task: Task, target: str, y: Array) -> tuple[list[float], list[str]] | None:
    """The codes of the classes and their names, where the numbers are classes."""
    question = task.question
    columns = question.frame.parts.get(target, []) if question.frame else []
    words = question.classes.get(columns[0], []) if columns else []
    if words:
        codes = [float(code) for code in range(len(words))]
        return (codes, list(words)) if len(words) <= CLASSES else None
    codes = np.unique(y).tolist()
    counted = codes == [float(code) for code in range(len(codes))]
    if not 2 <= len(codes) <= CLASSES or not (counted or codes == [-1.0, 1.0]):
        return None
    return codes, [f"{columns[0] if columns else target} = {code:g}" for code in codes]


def _axes(task: Task, features: Iterable[str]) -> list[str]:
    """What the two numbers are called."""
    question = task.question
    found: list[str] = []
    for name in features:
        columns = question.frame.parts.get(name, []) if question.frame else []
        scaled = question.frame is not None and name in question.frame.scales
        width = prod(question.graph.shapes[question.model.inputs[name]][1:])
        labels = columns if len(columns) == width else [f"{name}[{i}]" for i in range(width)]
        if width == 1 and not columns:
            labels = [name]
        found += [label + " (standardized)" * scaled for label in labels]
    return found
