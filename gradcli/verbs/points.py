"""Where a derivative is checked: at the values that were given, and at random ones for the rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcli.errors import UsageError
from gradcli.graph.graph import Graph
from gradcli.run.interpret import StepError, Value
from gradcli.verbs.finite import finite
from gradcli.verbs.question import Question

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TRIES = 100
"""So many random points are drawn at most for each that is wanted."""

DISCRETE = {"index": 1, "scatter": 2, "onehot": 0, "cross_entropy": 1, "nll": 1}
"""Ops with places or classes among their arguments, from that position on."""


@dataclass
class Points:
    """The inputs at each point: floats or arrays by node.

    `drawn` are the variables that take random values, `skipped` counts the points that were drawn
    and left out, since a value was not finite there.
    """

    inputs: list[dict[int, Value]]
    drawn: list[int]
    skipped: int = 0

    def __len__(self) -> int:
        return len(self.inputs)


def discrete(graph: Graph, cone: Sequence[int]) -> set[int]:
    """The nodes that are used as an index or a class, and as nothing else."""
    used: set[int] = set()
    smooth: set[int] = {max(cone)}
    for node in sorted(cone, reverse=True):
        op, args = graph.ops[node], graph.args[node]
        first = DISCRETE.get(op.name)
        if first is not None and op.name in ("cross_entropy", "nll"):
            logits, target = (graph.shapes[arg] for arg in args)
            first = None if logits == target else first
        for position, arg in enumerate(args):
            place = first is not None and position >= first
            if place or (node in used and node not in smooth):
                used.add(arg)
            else:
                smooth.add(arg)
    return used - smooth


def parse_range(text: str) -> tuple[float, float]:
    """`LOW:HIGH` as two numbers; UsageError for anything else."""
    low, sign, high = text.partition(":")
    try:
        bounds = float(low), float(high)
    except ValueError:
        sign = ""
    if not sign:
        raise UsageError(f"--range {text}: expected two numbers", hint="write --range -5:5")
    if not (finite(bounds[0]) and finite(bounds[1])):
        raise UsageError(
            f"--range {text}: both ends must be finite numbers", hint="write --range -5:5"
        )
    if not bounds[0] < bounds[1]:
        raise UsageError(
            f"--range {text}: the first number is not below the second",
            hint=f"write --range {high}:{low}" if bounds[0] > bounds[1] else "",
        )
    return bounds


def choose(
    question: Question, count: int, bounds: tuple[float, float], more: Collection[int] = ()
) -> Points:
    """The given point, or `count` random ones at which the output is finite.

    There are fewer, or none, where too many draws were not finite. `more` are nodes that take
    values at these points too.
    """
    graph, output = question.graph, question.model.output
    cone = set(graph.cone([output, *more]))
    names = {question.model.inputs[name]: name for name in question.model.guessed}
    drawn = [node for node in names if node in cone]
    places = discrete(graph, question.cone())
    for node in drawn:
        if node in places:
            name = names[node]
            raise UsageError(
                f"'{name}' is an index or a class, which takes no random values",
                hint=f"give {name} a value: {name}=0",
            )
    if not drawn:
        good = finite(question.run([output])[output])
        return Points([dict(question.inputs)] if good else [], [])
    import numpy as np

    generator = np.random.default_rng(question.seed)
    points = Points([], drawn)
    left = count * TRIES
    while left > 0 and len(points) < count:
        draws = generator.uniform(*bounds, (min(left, count), len(drawn)))
        left -= len(draws)
        for draw, good in zip(draws.tolist(), _finite(question, drawn, draws)):
            if len(points) == count:
                break
            if good:
                points.inputs.append({**question.inputs, **dict(zip(drawn, draw))})
            else:
                points.skipped += 1
    return points


def _finite(question: Question, drawn: Sequence[int], draws: NDArray[np.float64]) -> list[bool]:
    """For every draw, whether the output is finite there."""
    import numpy as np

    from gradcli.run.batch import Batch

    output = question.model.output
    try:
        batch = Batch(question.graph, [output], drawn, question.inputs, seed=question.seed)
    except StepError:
        question.run([output], dict(zip(drawn, draws[0].tolist())))  # says where
        raise
    (value,) = batch({node: draws[:, place] for place, node in enumerate(drawn)})
    rows = np.isfinite(value.reshape(len(draws), -1))
    return [bool(row.all()) for row in rows]
