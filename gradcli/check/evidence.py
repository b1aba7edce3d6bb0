"""What a claim and the derivative are worth at some points, and whether another formula holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gradcli.check.claims import Claim
from gradcli.check.derivatives import Derivatives
from gradcli.check.draws import generator_of, near, others, towards_zero
from gradcli.check.extrapolate import Array, Tolerance
from gradcli.check.points import Points
from gradcli.check.sides import Sides
from gradcli.errors import GradError
from gradcli.language import parse
from gradcli.question.domain import discrete
from gradcli.question.question import Question
from gradcli.run.interpret import Value, finite

_LEAST = 5
"""Points that a repair must hold at: at one point, any number is a factor away from any other."""


@dataclass
class Evidence:
    """The claim, the derivative and the values of nodes at `points`, the first axis of each.

    Where the derivative is finite, the claim is so too. `source` are the points of the check.
    """

    claim: Claim
    source: Points
    points: list[dict[int, Value]]
    claimed: Array
    right: Array
    values: list[Mapping[int, Value]]
    tolerance: Tolerance

    def of(self, node: int) -> Array:
        return np.stack([np.asarray(values[node]) for values in self.values])

    def fits(self, candidate: Array) -> bool:
        """Whether the values are finite, and those of the derivative."""
        return candidate.shape == self.right.shape and self._near(candidate, self.right)

    def _near(self, candidate: Array, right: Array) -> bool:
        if not finite(candidate):
            return False
        apart = np.abs(candidate - right)
        return bool((apart <= self.tolerance.between(candidate, right)).all())

    def holds(self, formula: str) -> bool:
        """Whether the formula, read as it is printed, is the derivative at every point, and at many
        others, on both sides of every comparison that the program does not make itself."""
        scope = self.claim.scope
        graph = scope.question.graph
        try:
            node = scope.node(parse(f"{self.claim.name} = {formula}"))
            return graph.shapes[node] == graph.shapes[self.claim.node] and self._tried(node)
        except GradError:
            return False

    def _tried(self, node: int) -> bool:
        question, target = self.claim.scope.question, self.claim.target
        graph, output = question.graph, question.model.output
        inputs = self.points + others(question, self.source, [node])
        inputs += towards_zero(question, self.source, [node])
        sides = Sides(graph, [node], inputs[0])
        nodes = [node, *sides.nodes]
        found = Derivatives(question, Points(inputs, []), [output], [target], nodes)
        values = {n: np.stack([np.asarray(v[n]) for v in found.values]) for n in nodes}
        own = Sides(graph, [output], inputs[0]).sides
        taken = np.any(sides.taken(values, len(inputs)), axis=0)
        if not all(taken[i] or side in own for i, side in enumerate(sides.sides)):
            return False
        right = found.analytic[target].reshape(values[node].shape)
        good = np.isfinite(right.reshape(len(inputs), -1)).all(axis=1)
        return self._near(values[node][good], right[good])


def gathered(
    derivatives: Derivatives, claim: Claim, tolerance: Tolerance, nodes: Sequence[int]
) -> Evidence | None:
    """Evidence at all the points where the derivative is finite, and at more around the first,
    where every value that is no data and no class is another: else a number would stand for
    whatever is given. None where these are few, or where the claim is not finite at one of its own.
    """
    question, own = derivatives.question, len(derivatives.points)
    inputs = derivatives.points.inputs + _around(question, derivatives.points)
    points = Points(inputs, derivatives.points.drawn)
    output = question.model.output
    try:
        found = Derivatives(question, points, [output], [claim.target], [*nodes, claim.node])
    except GradError:
        return None
    shape = (len(points), *question.graph.shapes[claim.node])
    right = found.analytic[claim.target].reshape(shape)
    claimed = np.stack([np.asarray(v[claim.node]) for v in found.values]).reshape(shape)
    good = [i for i in range(len(points)) if finite(right[i]) and (i < own or finite(claimed[i]))]
    right, claimed = right[good], claimed[good]
    if len(good) < _LEAST or not right.any() or not finite(claimed):
        return None
    return Evidence(
        claim,
        derivatives.points,
        [inputs[i] for i in good],
        claimed,
        right,
        [found.values[i] for i in good],
        _tight(tolerance, float(np.abs(right).max())),
    )


def _tight(tolerance: Tolerance, scale: float) -> Tolerance:
    """What a formula that is right keeps within, whatever tolerance the check was given."""
    rtol = min(max(tolerance.rtol, 1e-12), 1e-7)
    return Tolerance(rtol, min(max(tolerance.atol, 1e-12 * scale), 1e-9 * scale))


def _around(question: Question, points: Points) -> list[dict[int, Value]]:
    """Points near the first, by other values of all that is no data and no place."""
    graph = question.graph
    generator = generator_of(question)
    fixed = discrete(graph, question.cone())
    fixed |= {node for node in points.inputs[0] if graph.kind(node) == "data"}
    found = []
    for _ in range(_LEAST + 1):
        moved = {}
        for node, value in points.inputs[0].items():
            if node in fixed:
                moved[node] = value
                continue
            new = near(generator, value, 1)[0]
            moved[node] = new if new.shape else float(new)
        found.append(moved)
    return found
