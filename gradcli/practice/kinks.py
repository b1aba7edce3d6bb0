"""Whether a program has a kink or a jump at some numbers, as seen from beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from random import Random

from gradcli.question.question import Question
from gradcli.run.interpret import Value, finite

_STEPS = (1e-6, 1e-8)
"""How far off, in parts of a number of 1 or more: the shorter one changes less what is smooth."""

_KEPT = 0.5
"""The part of a change by the longer step that is left by the shorter one where it is a jump."""

_NOISE = 1e-9
"""A change of less than this, in parts of a value of 1 or more, is none."""


def at_a_kink(
    question: Question, watched: Sequence[int], inputs: Mapping[int, Value], moved: Iterable[int]
) -> bool:
    """Whether one of the nodes `watched`, values and gradients, jumps at `inputs`, or is no longer
    finite beside them.

    All `moved` inputs go a short way at once, each entry at a pace of its own, there and back: so
    it sees floor at a whole number, relu at 0, max of two that are equal and a comparison of them.
    """
    here = question.run(watched, inputs)
    certain = [node for node in watched if finite(here[node])]
    generator = Random(0)
    start = {node: inputs[node] if node in inputs else question.inputs[node] for node in moved}
    pace = {node: _pace(value, generator) for node, value in start.items()}
    for sign in (1, -1) if start else ():
        far, near = (
            question.run(
                certain,
                {**inputs, **{n: value + sign * step * pace[n] for n, value in start.items()}},
            )
            for step in _STEPS
        )
        if any(_jumps(here[node], far[node], near[node]) for node in certain):
            return True
    return False


def _pace(value: Value, generator: Random) -> Value:
    """A way for each entry to go, of about its size."""
    if isinstance(value, float):
        return generator.choice((-1, 1)) * generator.uniform(0.5, 1) * max(1.0, abs(value))
    import numpy as np

    numbers = [_pace(entry, generator) for entry in value.ravel().tolist()]
    return np.array(numbers, dtype=np.float64).reshape(value.shape)


def _jumps(here: Value, far: Value, near: Value) -> bool:
    """Whether an entry changes by as much over the short way as over the long one."""
    if isinstance(here, float):
        change = abs(near - here)
        least = max(_NOISE * max(1.0, abs(here)), _KEPT * abs(far - here))
        return not isfinite(near) or bool(change > least)
    import numpy as np

    with np.errstate(invalid="ignore"):
        least = np.maximum(_NOISE * np.maximum(1.0, abs(here)), _KEPT * abs(far - here))
        return not finite(near) or bool((abs(near - here) > least).any())
