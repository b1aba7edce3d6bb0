"""What helps a descent that diverged: a rate, and columns to standardize, that were tried.

A trial is the beginning of the same descent with another rate. Counts of steps, nodes and entries
bound what trials may cost, never a clock: the same question has the same answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

from gradcli.errors import GradError
from gradcli.learn.compiled_stepper import CompiledStepper
from gradcli.learn.descent import Descent
from gradcli.learn.settings import LEARNING_RATE
from gradcli.run.interpret import StepError
from gradcli.training.signals import Signals
from gradcli.words import counted

if TYPE_CHECKING:
    from gradcli.learn.loss import Loss
    from gradcli.learn.outcome import Outcome
    from gradcli.learn.settings import Settings
    from gradcli.training.task import Task

NODE, ENTRY = 3e-6, 6e-9
"""Seconds, about, that a node and an entry of it take in a step, forward and backward."""

TRIAL, ALL = 0.2, 3.0
"""Seconds, about, that a trial may take if it can, and all of them."""

FEWEST = 10
"""A trial has so many steps at least, where the descent has."""

RATES = 15
"""So many rates are tried, each a tenth of the one before."""

USUAL = 0.1
"""A rate that data of one scale often allows."""

UNLIKE = 10.0
"""Columns are of unlike scale where one is so many times as large as another, or as 1."""


@dataclass(frozen=True)
class _Trial:
    rate: float
    steps: int
    start: float
    loss: float

    def __str__(self) -> str:
        steps = counted(self.steps, "step")
        return f"in {steps} it took the loss from {self.start:.3g} to {self.loss:.3g}"


def remedy(task: Task, settings: Settings, ended: Outcome) -> str:
    """A hint at what was tried and lowered the loss; nothing where nothing did."""
    if settings.by_scipy or settings.line_search:
        return ""
    lr = LEARNING_RATE if settings.lr is None else settings.lr
    signals = Signals(task.heard)  # who has waited long enough gets the report without a hint
    try:
        loss = task.loss(task.learn)
        if ended.broken and loss.value(ended.broken) == -math.inf:
            return ""  # it fell as deep as can be
        names = _unlike(task, loss)
        with signals:
            if names:
                other, usual = _standardized(task, names), min(max(lr, USUAL), 1.0)
                found = _first(other, settings, ended, usual, signals)
                if found is not None:
                    option = f"--standardize {','.join(names)} --lr {found.rate:g}"
                    return f"the data is of unlike scale: try {option}: {found}"
            found = _first(task, settings, ended, lr / 10, signals)
    except (GradError, StepError):
        return ""
    return "" if found is None else f"try --lr {found.rate:g}: {found}"


def _first(
    task: Task, settings: Settings, ended: Outcome, lr: float, signals: Signals
) -> _Trial | None:
    """The largest rate, of `lr` and its tenths, that lowers the loss; none after a signal."""
    loss = task.loss(task.learn)
    batch = settings.batch_size if settings.mini_batches and settings.batch_size else loss.rows
    step = _cost(loss, batch)
    whole = 3 * _cost(loss, loss.rows) if settings.mini_batches else 0.0
    steps = min(settings.total, max(FEWEST, int(TRIAL / step)))
    tries = min(RATES, int(ALL / (steps * step + whole)))
    if not steps:
        return None
    for rate in (float(f"{lr / 10**power:.6g}") for power in range(max(tries, 2))):
        trial = _tried(loss, settings, ended, rate, steps, signals)
        if signals.code:
            return None
        if trial is not None:
            return trial
    return None


def _tried(
    loss: Loss, settings: Settings, ended: Outcome, rate: float, steps: int, signals: Signals
) -> _Trial | None:
    """The beginning of a descent at a rate, if it lowers the loss and is still about to."""
    half = max(1, steps // 2)
    asked = replace(settings, lr=rate, every=half)
    stepper = CompiledStepper(loss, settings.optimizer, settings.clip)
    start = ended.start_params
    descent = Descent(loss, start, asked, stepper=stepper, stop=lambda: signals.code != 0)
    losses: list[float] = []
    record = None
    for record in descent:
        losses.append(record.loss)
        if record.step >= steps:
            break
    else:
        if descent.outcome.ending == "diverged":
            return None
    if record is None or len(losses) < 2:
        return None
    # what rises from the middle on would rise beyond the start; batches make it go up and down
    falls = settings.mini_batches or losses[-1] <= losses[-2] + 1e-9 * abs(losses[0])
    trial = _Trial(rate, record.step, losses[0], losses[-1])
    # a fall that its own words do not show, such as of steps that go to and fro, is no help
    shown = f"{trial.start:.3g}" != f"{trial.loss:.3g}"
    good = falls and shown and losses[-1] < losses[0] and math.isfinite(losses[-1])
    return trial if good else None


def _cost(loss: Loss, rows: int) -> float:
    """The seconds, about, that a step of so many rows takes."""
    graph = loss.measure(rows).graph
    cone = graph.cone([loss.measure(rows).model.output])
    return NODE * len(cone) + ENTRY * sum(prod(graph.shapes[node]) for node in cone)


def _unlike(task: Task, loss: Loss) -> list[str]:
    """The columns on which the loss's curvature depends, where they are of unlike scale: those of
    a target, such as y of (w*x - y)^2, have no part in it."""
    part, frame = task.learn, task.question.frame
    if part is None or frame is None:
        return []
    import numpy as np

    names = [
        name
        for name in _in_curvature(loss)
        if name in frame.parts
        and name not in frame.scales
        and not any(column in frame.classes for column in frame.parts[name])
    ]
    sizes: list[float] = [1.0]
    for name in names:
        values = part.take(name)
        sizes += np.sqrt(np.mean(values * values, axis=0)).ravel().tolist()
    sizes = [size for size in sizes if size > 0]
    return names if max(sizes) > UNLIKE * min(sizes) else []


def _in_curvature(loss: Loss) -> Iterator[str]:
    """The inputs of second derivatives by the parameters that are no index."""
    from gradcli.graph.node import F, Node
    from gradcli.graph.reverse import gradient
    from gradcli.question.domain import discrete

    measure = loss.measure(loss.rows)
    graph = measure.graph
    slopes = [Node(graph, node) for node in measure.gradients]
    sums = [F.sum(slope, attr=(None, 0)) if slope.shape else slope for slope in slopes]
    found = gradient(graph, sum(sums[1:], sums[0]).id, measure.params)
    cone = set(graph.cone(list(found.values())))
    places = discrete(graph, graph.cone([measure.model.output]))
    for name, node in measure.model.inputs.items():
        if node in cone and node not in places and graph.kind(node) == "data":
            yield name


def _standardized(task: Task, names: Sequence[str]) -> Task:
    """The same task with some columns standardized."""
    from gradcli.training.split import Part, standardize

    assert task.learn is not None
    assert task.question.frame is not None
    frame = copy(task.question.frame)
    frame.scales = dict(frame.scales)
    learn = Part(frame, task.learn.places)
    standardize(names, learn)
    return replace(task, question=replace(task.question, frame=frame), learn=learn, judge=None)
