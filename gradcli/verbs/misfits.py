"""What to suggest for a claim whose shape is not the gradient's."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcli.graph.ops.op import Shape
from gradcli.verbs.points import Points
from gradcli.verbs.question import Question
from gradcli.verbs.slopes import Derivatives


def suggestion(
    question: Question, target: int, node: int, formula: str, factor: str
) -> tuple[str, str]:
    """A question that the shape of a claim suggests, and a hint.

    The claim says what the derivative by `target` is, the `formula` made `node`; as `factor` it can
    stand in a product.
    """
    graph = question.graph
    shape = graph.shapes[node]
    wanted = graph.shapes[question.model.output] + graph.shapes[target]
    size = ", ".join(map(str, wanted))
    if len(shape) == 2 and shape[::-1] == wanted:
        return ": transpose?", f"write {factor}.T"
    if shape and (shape[1:] == wanted or not wanted):
        how = "mean" if _is_mean(question, target, node, wanted) else "sum"
        if not wanted:
            return f": {how}?", f"write {how}({formula})"
        return f": {how} over rows?", f"write {how}({formula}, axis=0)"
    number = graph.number(node)
    if number is not None and number in (0, 1):
        return "", f"write {'ones' if number else 'zeros'}({size})"
    return "", "" if shape else "a claim says every entry: nothing is repeated to fit"


def _is_mean(question: Question, target: int, node: int, wanted: Shape) -> bool:
    """Whether the mean of the claim's rows is the gradient at the given point."""
    if question.model.guessed:
        return False
    points = Points([dict(question.inputs)], [])
    found = Derivatives(question, points, [question.model.output], [target], [node])
    value: Any = np.asarray(found.values[0][node])
    value = value.mean(axis=0) if wanted else value.mean()
    right = found.analytic[target].reshape(wanted)
    return bool(np.allclose(value, right, rtol=1e-6, atol=1e-9))
