"""Which residuals a loss sums the squares of, and which values they compare with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from gradcli.graph.built import Built
from gradcli.graph.node import Node, apply, node


@dataclass(frozen=True)
class Squares:
    """`residuals` is the vector whose squares are added up, their weights included.

    `observed` is the node that a prediction is compared with, `predicted` that prediction, `weight`
    the node that multiplies the difference; None where there is no such node.
    """

    residuals: int
    observed: int | None
    predicted: int | None
    weight: int | None


def squares(model: Built, moving: Collection[str]) -> Squares | None:
    """The residuals of which the output is the sum or the mean of squares, or that it is itself.

    A factor that does not move is allowed, as in `sum(w * (f - y)^2) / 2`: inside the sum its root
    is the weight of a residual. None for any other loss, such as one with a penalty.
    """
    graph = model.graph
    moves = _Moves(model, moving)
    output = Node(graph, model.output)
    if output.shape:
        return Squares(output.id, *_compared(output, moves))
    found, _ = moves.without_factors(output)
    weight = None
    if found.op.name == "mse":
        residuals = found.arg(0) - found.arg(1)
    elif found.op.name in ("matmul", "dot") and found.arg(0).id == found.arg(1).id:
        residuals = found.arg(0)
    else:
        while found.op.name in ("sum", "mean") and found.arg(0).shape:
            found, factor = moves.without_factors(found.arg(0))
            if factor is not None and found.op.name in ("sum", "mean"):
                return None
            weight = factor
        squared = _base(found)
        if squared is None:
            return None
        residuals = squared if weight is None else squared * apply("sqrt", weight)
    if residuals.op.name == "norm" and not residuals.shape:
        residuals = residuals.arg(0)
    compared = _compared(residuals, moves)
    if len(residuals.shape) != 1:
        residuals = apply("flatten", residuals)
    return Squares(residuals.id, *compared)


def adds_to_squares(model: Built, moving: Collection[str]) -> bool:
    """Whether the output is a sum of terms of which one adds up squares that arrays of data go
    into, as in `mean((f - y)^2) + l2*sum(W^2)`."""
    moves = _Moves(model, moving)
    waiting, terms, seen = [Node(model.graph, model.output)], list[Node](), set[int]()
    while waiting:
        found, _ = moves.without_factors(waiting.pop())
        if found.id in seen:
            continue
        seen.add(found.id)
        if found.op.name in ("add", "sub", "neg"):
            waiting += found.args
        elif not found.shape and moves(found):
            terms.append(found)
    given = [at for name, at in model.inputs.items() if name not in moving]
    arrays = {at for at in given if model.graph.shapes[at]}
    made = (squares(replace(model, output=term.id), moving) for term in terms if len(terms) > 1)
    return any(arrays & set(model.graph.cone([found.residuals])) for found in made if found)


def factor_of(model: Built, moving: Collection[str]) -> float:
    """The size of the constant by which the output multiplies a sum or a mean, such as 1/80 of
    `sum(…)/80`; 1 where there is none, or it is not known as a number."""
    found, factor = _Moves(model, moving).without_factors(Node(model.graph, model.output))
    if found.op.name == "neg":
        found, inner = _Moves(model, moving).without_factors(found.arg(0))
        factor = inner if factor is None else factor if inner is None else factor * inner
    while factor is not None and factor.op.name == "neg":
        factor = factor.arg(0)
    number = None if factor is None else factor.number
    return 1.0 if number is None else abs(number)


class _Moves:
    """Which nodes of a graph depend on what moves, those that are made here included."""

    def __init__(self, model: Built, moving: Collection[str]) -> None:
        self._graph = model.graph
        self._moving = [model.inputs[name] for name in moving]

    def __call__(self, node: Node) -> bool:
        cone = self._graph.cone([node.id])
        return bool(self._graph.depends(cone, self._moving)[node.id])

    def without_factors(self, found: Node) -> tuple[Node, Node | None]:
        """A node without the factors and divisors that do not move, and their product."""
        weight: Node | None = None
        while found.op.name in ("mul", "div"):
            still = [not self(arg) for arg in found.args]
            if found.op.name == "div" and still == [False, True]:
                factor = node(found.graph, 1.0) / found.arg(1)
            elif found.op.name == "mul" and still in ([False, True], [True, False]):
                factor = found.arg(still.index(True))
            else:
                break
            found = found.arg(still.index(False))
            weight = factor if weight is None else weight * factor
        return found, weight


def _base(found: Node) -> Node | None:
    """What is squared here."""
    name = found.op.name
    if name == "square" or (name == "pow" and found.arg(1).number == 2):
        return found.arg(0)
    if name == "squared_error":
        return found.arg(0) - found.arg(1)
    if name == "mul" and found.arg(0).id == found.arg(1).id:
        return found.arg(0)
    return None


def _compared(residuals: Node, moves: _Moves) -> tuple[int | None, int | None, int | None]:
    """The side of a difference that does not move, the other, and the weight of the difference."""
    difference, weight = moves.without_factors(residuals)
    if difference.op.name == "sub":
        for side, other in zip(difference.args, reversed(difference.args)):
            if not moves(side):
                return side.id, other.id, None if weight is None else weight.id
    return None, None, None
