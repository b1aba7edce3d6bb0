"""What to suggest for a claim whose shape is not the gradient's."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from gradcli.check.derivatives import Derivatives
from gradcli.check.points import Points
from gradcli.check.scope import Scope
from gradcli.check.swaps import coded, turned
from gradcli.errors import GradError
from gradcli.graph.ops.op import Shape
from gradcli.language import Program, parse
from gradcli.language.program import Call
from gradcli.question.question import Question


def suggestion(scope: Scope, target: int, node: int, formula: str, factor: str) -> tuple[str, str]:
    """A question that the shape of a claim suggests, and a hint.

    The claim says what the derivative by `target` is, the `formula` made `node`; as `factor` it can
    stand in a product.
    """
    question = scope.question
    graph = question.graph
    shape = graph.shapes[node]
    wanted = graph.shapes[question.model.output] + graph.shapes[target]
    size = ", ".join(map(str, wanted))
    if len(shape) == 2 and shape[::-1] == wanted:
        return ": transpose?", _hint(scope, target, f"{factor}.T")
    if shape and (shape[1:] == wanted or not wanted):
        how = "mean" if _is_mean(question, target, node, wanted) else "sum"
        if not wanted:
            return f": {how}?", _hint(scope, target, f"{how}({formula})")
        return f": {how} over rows?", _hint(scope, target, f"{how}({formula}, axis=0)")
    number = graph.number(node)
    if number is not None and number in (0, 1):
        return "", _hint(scope, target, f"{'ones' if number else 'zeros'}({size})")
    return "", "" if shape else "a claim says every entry: nothing is repeated to fit"


def _hint(scope: Scope, target: int, formula: str) -> str:
    """To write the formula where it is right; else only that it fits."""
    with suppress(GradError):
        if _is_right(scope.question, target, scope.node(parse(f"claim = {formula}"))):
            return f"write {formula}"
    return f"{formula} has that shape"


def shape_hint(scope: Scope, target: int, name: str, shape: Shape) -> str:
    """A hint at --shape, where a variable that nobody gave a value or a shape is taken as a number,
    and a claim is of what else it could be. Of an output of many entries, the shape of a Jacobian
    would change too."""
    question = scope.question
    graph, output = question.graph, question.model.output
    if name not in question.model.guessed or graph.shapes[target] or graph.shapes[output]:
        return ""
    return f"where {name} is no number, add --shape {name}={','.join(map(str, shape))}"


def outer_hint(scope: Scope, claim: Program, wanted: Shape) -> str:
    """A hint at outer(a, b), where a product of two vectors stands for a matrix."""
    if len(wanted) != 2:
        return ""
    statement = claim.statements[0]
    for at in range(statement.begin, statement.end):
        if claim.kinds[at] != "operator" or claim.arguments[at] not in ("matmul", "dotted", "mul"):
            continue
        changed = replace(
            claim,
            kinds=[*claim.kinds[:at], "call", *claim.kinds[at + 1 :]],
            arguments=[*claim.arguments[:at], Call("outer", 2), *claim.arguments[at + 1 :]],
        )
        try:
            node = scope.node(changed)
        except GradError:
            continue
        shape = scope.question.graph.shapes[node]
        if wanted in (shape, shape[::-1]):
            left, right = _operands(claim, at)
            first, second = (left, right) if shape == wanted else (right, left)
            return f"of two vectors, write outer({first}, {second})"
    return ""


def _operands(claim: Program, at: int) -> tuple[str, str]:
    """The texts of the two operands of a product of vectors; their transposes do nothing."""
    start, stop = claim.span(at)
    middle = claim.starts[at - 1]
    left = claim.text[start:middle].rstrip(" \t\n@*·×⊙").lstrip()
    right = claim.text[middle:stop].strip()
    while left.count("(") > left.count(")"):
        left, right = left.removeprefix("("), right.removesuffix(")")
    return left.removesuffix(".T"), right.removesuffix(".T")


def replaced_hint(scope: Scope, claim: Program, target: int, wanted: Shape, only: str = "") -> str:
    """A hint at the claim with a transpose or a onehot more: of those that have the shape of the
    derivative, one that is right at the given point, else the first."""
    question = scope.question
    swaps = [*coded(scope, claim, wanted), *([] if only else turned(scope, claim))]
    fitting = [swap for swap in swaps if question.graph.shapes[swap.node] == wanted]
    for swap in fitting:
        if _is_right(question, target, swap.node):
            return f"write {swap.formula}"
    return f"{fitting[0].formula} has that shape" if fitting and not only else ""


def _is_right(question: Question, target: int, node: int) -> bool:
    """Whether the node is the derivative at the given point."""
    if question.model.guessed:
        return False
    values, right = _at_the_point(question, target, node)
    return bool(np.allclose(values, right.reshape(values.shape), rtol=1e-6, atol=1e-9))


def _is_mean(question: Question, target: int, node: int, wanted: Shape) -> bool:
    """Whether the mean of the claim's rows is the gradient at the given point."""
    if question.model.guessed:
        return False
    value, right = _at_the_point(question, target, node)
    value = value.mean(axis=0) if wanted else value.mean()
    return bool(np.allclose(value, right.reshape(wanted), rtol=1e-6, atol=1e-9))


def _at_the_point(question: Question, target: int, node: int) -> tuple[Any, Any]:
    """The values of the node, and the derivative by the target, where all inputs are given."""
    points = Points([dict(question.inputs)], [])
    found = Derivatives(question, points, [question.model.output], [target], [node])
    return np.asarray(found.values[0][node]), found.analytic[target]
