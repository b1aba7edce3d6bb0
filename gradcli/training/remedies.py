"""What helps a descent that diverged, or whose units are saturated: a rate, and columns to
standardize, that were tried.

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
from gradcli.training.least_squares import squares
from gradcli.training.signals import Signals
from gradcli.words import counted, joined

if TYPE_CHECKING:
    from gradcli.graph.graph import Graph
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


STILL = 1e-12
"""What moves by less, and has a gradient below, does not move."""

BETTER = 0.05
"""A trial is better than an end whose loss it is below by such a part of that."""


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


def saturated(task: Task, settings: Settings, ended: Outcome) -> str:
    """What is to be said of an end where half of a parameter or more is where it was, since what it
    feeds is saturated by data of unlike scale; nothing where standardizing it did not help."""
    if settings.by_scipy or settings.line_search or task.learn is None or not ended.steps:
        return ""
    still = [name for name in task.moving if _is_still(ended, name)]
    if not still:
        return ""
    lr = LEARNING_RATE if settings.lr is None else settings.lr
    signals = Signals(task.heard)
    try:
        names = _unlike(task, task.loss(task.learn))
        if not names:
            return ""
        with signals:
            found = _first(_standardized(task, names), settings, ended, lr, signals)
    except (GradError, StepError):
        return ""
    if found is None or found.loss > ended.loss - BETTER * abs(ended.loss):
        return ""
    rate = "" if found.rate == lr else f" --lr {found.rate:g}"
    what = f"{joined(still, 'and')} hardly {'move' if len(still) > 1 else 'moves'} from the start"
    return (
        f"{what}: the data, which is of unlike scale, saturates what is made of it\n"
        f"hint: try --standardize {','.join(names)}{rate}: {found}, not {ended.loss:.3g}"
    )


def _is_still(ended: Outcome, name: str) -> bool:
    """Whether half of the entries of a parameter, or more, have no gradient and did not move."""
    import numpy as np

    start, end = np.asarray(ended.start_params[name]), np.asarray(ended.params[name])
    moved = np.abs(end - start) > STILL * np.maximum(1.0, np.abs(start))
    still = ~moved & (np.abs(np.asarray(ended.gradient[name])) <= STILL)
    return bool(2 * still.sum() >= still.size > 0)


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
    """The columns on which the loss's curvature depends, where they are of unlike scale: without
    those of a target, such as y of (w*x - y)^2, and those of 0 and 1 alone."""
    part, frame = task.learn, task.question.frame
    if part is None or frame is None:
        return []
    import numpy as np

    targets = _targets(task)
    names = [
        name
        for name in _in_curvature(loss)
        if name in frame.parts
        and name not in targets
        and name not in frame.scales
        and not any(column in frame.classes for column in frame.parts[name])
    ]
    sizes: list[float] = [1.0]
    for name in list(names):
        values = part.take(name)
        if ((values == 0) | (values == 1)).all():
            names.remove(name)
            continue
        sizes += np.sqrt(np.mean(values * values, axis=0)).ravel().tolist()
    sizes = [size for size in sizes if size > 0]
    return names if max(sizes) > UNLIKE * min(sizes) else []


def _targets(task: Task) -> set[str]:
    """The inputs that a prediction is compared with, by a loss of the language or in a square."""
    model = task.model(task.rows)
    graph = model.graph
    cone = graph.cone([model.output])
    moves = graph.depends(cone, [model.inputs[name] for name in task.moving])
    sides = [graph.args[node][1] for node in cone if _compares(graph, node)]
    found = squares(model, task.moving)
    sides += [found.observed] if found and found.observed is not None else []
    compared = set(graph.cone([side for side in sides if not moves[side]]))
    return {name for name, node in model.inputs.items() if node in compared}


def _compares(graph: Graph, node: int) -> bool:
    return graph.ops[node].group == "loss" and len(graph.args[node]) > 1


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
