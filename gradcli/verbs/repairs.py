"""What would make a wrong claim right: a sign, a factor, a term, a transpose, a sum over rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

import numpy as np

from gradcli.errors import GradError
from gradcli.graph.graph import LITERAL, Graph
from gradcli.graph.ops.elementwise import PRODUCT
from gradcli.graph.ops.op import Shape
from gradcli.graph.show import bracketed
from gradcli.graph.unfold import Formulas
from gradcli.run.extrapolate import Array, Tolerance
from gradcli.run.interpret import Value
from gradcli.verbs.claims import Claim, built, turned
from gradcli.verbs.finite import finite
from gradcli.verbs.points import Points, discrete
from gradcli.verbs.question import Question
from gradcli.verbs.slopes import Derivatives

_LARGE, _MOST = 10_000, 200
"""Nodes of a graph up to which names are swapped in a claim, and how often."""

_SHORT = 30
"""Characters of a formula that is tried as a factor."""

_LEAST = 5
"""Points that a repair must hold at: at one point, any number is a factor away from any other."""

Repair = tuple[str, str]
"""What is wrong, and the formula that would be right."""


@dataclass
class _Evidence:
    """The claim, the derivative, and the values of nodes at some points, the first axis of each."""

    claimed: Array
    right: Array
    values: list[dict[int, Value]]

    def of(self, node: int) -> Array:
        return np.stack([np.asarray(values[node]) for values in self.values])


def repair(derivatives: Derivatives, claim: Claim, tolerance: Tolerance) -> Repair | None:
    """The first simple repair that holds at every point, and at some more around a given one."""
    question = derivatives.question
    swaps = _swaps(question, claim)
    named = _named(question, claim)
    unnamed = _unnamed(question, claim)
    nodes = [*named, *unnamed, *(swap.node for swap in swaps)]
    evidence = _evidence(derivatives, claim, nodes)
    if evidence is None:
        return None
    loose = Tolerance(max(tolerance.rtol, 1e-8), max(tolerance.atol, 1e-11))
    right = evidence.right
    for what, formula, candidate in _candidates(
        question.graph, claim, evidence, named, unnamed, swaps
    ):
        with np.errstate(all="ignore"):
            apart = np.abs(candidate - right)
            if candidate.shape == right.shape and (apart <= loose.between(candidate, right)).all():
                return what, formula
    return None


def _named(question: Question, claim: Claim) -> dict[int, str]:
    """The nodes with a name that the output or the claim is made of."""
    graph = question.graph
    cone = graph.cone([question.model.output, claim.node])
    return {node: graph.names[node][0] for node in cone if node in graph.names}


def _unnamed(question: Question, claim: Claim) -> dict[int, str]:
    """The other nodes that the output is made of, as short factors such as `exp(y)`."""
    graph = question.graph
    cone = question.cone()
    if len(graph) > _LARGE:
        return {}
    formulas = Formulas(graph, cone, question.names(cone), graph.names)
    found: dict[int, str] = {}
    shape = graph.shapes[claim.node]
    for node in cone:
        if graph.ops[node] is LITERAL or node in graph.names or len(found) == _MOST:
            continue
        if _fits(graph.shapes[node], shape):
            form = formulas.of(node)
            if len(form.text) <= _SHORT:
                found[node] = bracketed((form.text, form.level), PRODUCT)
    return found


@dataclass(frozen=True)
class _Swap:
    """The formula with another name, or a transpose, in a name's place, and its node."""

    what: str
    formula: str
    node: int


def _swaps(question: Question, claim: Claim) -> list[_Swap]:
    """The claim with another node of the same shape, or the transpose, in place of one."""
    graph, program = question.graph, claim.program
    if len(graph) > _LARGE:
        return []
    statement = program.statements[0]
    named = _named(question, claim)
    found: list[_Swap] = []
    for at in range(statement.begin, statement.end):
        name = program.arguments[at]
        old = question.model.nodes.get(name) if program.kinds[at] == "name" else None
        for node, other in named.items():
            if old is None or node == old or graph.shapes[node] != graph.shapes[old]:
                continue
            changed = replace(
                program, arguments=[*program.arguments[:at], other, *program.arguments[at + 1 :]]
            )
            start, stop = (place - program.starts[statement.end - 1] for place in program.span(at))
            formula = claim.formula[:start] + other + claim.formula[stop:]
            what = f"{name} stands where {other} belongs"
            found.append(_Swap(what, formula, built(question, changed, statement)))
            if len(found) == _MOST:
                return found
    for now, new, formula, node in turned(question, program):
        if graph.shapes[node] == graph.shapes[claim.node]:
            found.append(_Swap(f"{now} stands where {new} belongs", formula, node))
    return found


def _evidence(derivatives: Derivatives, claim: Claim, nodes: Sequence[int]) -> _Evidence | None:
    """The claim, the derivative and some nodes at points where they are finite."""
    question = derivatives.question
    points = derivatives.points
    if len(points) < _LEAST:
        points = _around(question, points)
    try:
        found = Derivatives(
            question, points, derivatives.outputs, [claim.target], [*nodes, claim.node]
        )
    except GradError:
        return None
    shape = (len(points), *question.graph.shapes[claim.node])
    right = found.analytic[claim.target].reshape(shape)
    claimed = np.stack([np.asarray(v[claim.node]) for v in found.values]).reshape(shape)
    good = [i for i in range(len(points)) if finite(right[i]) and finite(claimed[i])]
    if len(good) < _LEAST or not right[good].any():
        return None
    return _Evidence(claimed[good], right[good], [found.values[i] for i in good])


def _around(question: Question, points: Points) -> Points:
    """The points, and some near the first, by other values of all that is no data and no place."""
    graph = question.graph
    generator = np.random.default_rng(question.seed)
    fixed = discrete(graph, question.cone())
    fixed |= {node for node in points.inputs[0] if graph.kind(node) == "data"}
    found = list(points.inputs)
    while len(found) < _LEAST + 1:
        moved = {}
        for node, value in points.inputs[0].items():
            if node in fixed:
                moved[node] = value
                continue
            factor, shift = generator.uniform(-0.2, 0.2, (2, *np.shape(value)))
            new = np.asarray(value) * (1 + factor) + 0.1 * shift
            moved[node] = new if new.shape else float(new)
        found.append(moved)
    return Points(found, points.drawn)


def _candidates(
    graph: Graph,
    claim: Claim,
    evidence: _Evidence,
    named: dict[int, str],
    unnamed: dict[int, str],
    swaps: Sequence[_Swap],
) -> Iterator[tuple[str, str, Array]]:
    """What is wrong, the formula repaired, and its values."""
    claimed, right = evidence.claimed, evidence.right
    text, inner = claim.formula, claim.factor
    yield "the sign is wrong", claim.negative, -claimed
    if claimed.ndim == 3 and claimed.shape[1] == claimed.shape[2]:
        yield "a transpose is missing", f"{inner}.T", np.swapaxes(claimed, 1, 2)
        negative = f"-{inner}.T"
        yield "a transpose and a sign are wrong", negative, -np.swapaxes(claimed, 1, 2)
    factor = _factor(claimed, right)
    if factor is not None:
        number = _number(factor)
        size = _size(graph, factor)
        yield f"a factor {number} is missing{size}", f"{number}*{inner}", factor * claimed
    nodes = {name: evidence.of(node) for node, name in named.items()}
    with np.errstate(all="ignore"):
        for name, value in nodes.items():
            fitted = _fitted(value, claimed)
            if fitted is None:
                continue
            for what, formula, by in (
                (name, name, fitted),
                (f"{name}*(1 - {name})", f"{name}*(1 - {name})", fitted * (1 - fitted)),
                (f"1 - {name}^2", f"(1 - {name}^2)", 1 - fitted * fitted),
                (f"1 - {name}", f"(1 - {name})", 1 - fitted),
            ):
                yield f"a factor {what} is missing", f"{inner}*{formula}", claimed * by
                yield f"a factor {what} is too many", f"{inner}/{formula}", claimed / by
                minus = f"-{what}" if what == name else f"-({what})"
                yield f"a factor {minus} is missing", f"{claim.negative}*{formula}", -claimed * by
        for name, value in nodes.items():
            fitted = _fitted(value, claimed)
            if fitted is not None:
                yield f"the term {name} is missing", f"{text} + {name}", claimed + fitted
                yield f"the term {name} is too many", f"{text} - {name}", claimed - fitted
    shift = float(np.median(right - claimed))
    sign = "-" if shift < 0 else "+"
    size = _number(abs(shift))
    yield (
        f"the term {size} is {'too many' if shift < 0 else 'missing'}",
        (f"{text} {sign} {size}"),
        claimed + shift,
    )
    for swap in swaps:
        yield swap.what, swap.formula, evidence.of(swap.node).reshape(right.shape)
    with np.errstate(all="ignore"):
        for node, name in (named | unnamed).items():
            fitted = _fitted(evidence.of(node), claimed)
            scale = None if fitted is None else _factor(claimed * fitted, right)
            if fitted is not None and scale is not None:
                what = _multiple(scale, name)
                yield f"a factor {what} is missing", f"{what}*{inner}", scale * claimed * fitted


def _fitted(value: Array, claimed: Array) -> Array | None:
    """A node's values so that they multiply the claim's; None where the shapes forbid it."""
    if not _fits(value.shape[1:], claimed.shape[1:]):
        return None
    return value.reshape(len(value), *(1,) * (claimed.ndim - value.ndim), *value.shape[1:])


def _fits(shape: Shape, whole: Shape) -> bool:
    """Whether an array of that shape multiplies one of the `whole` shape, and leaves it one."""
    pairs = zip(shape[::-1], whole[::-1])
    return len(shape) <= len(whole) and all(n in (1, m) for n, m in pairs)


def _factor(claimed: Array, right: Array) -> float | None:
    """The number that the claim has to be multiplied by, by the largest entry."""
    place = np.unravel_index(int(np.argmax(np.abs(claimed))), claimed.shape)
    if not claimed[place]:
        return None
    factor = float(right[place] / claimed[place])
    return factor if finite(factor) and factor else None


def _multiple(factor: float, name: str) -> str:
    """`name`, `2*name`, `-name`."""
    if abs(abs(factor) - 1) < 1e-8:
        return name if factor > 0 else f"-{name}"
    return f"{_number(factor)}*{name}"


def _size(graph: Graph, factor: float) -> str:
    """Says so where a factor is the size n of an axis or of an array, or 1/n."""
    sizes = {size for shape in graph.shapes for size in (*shape, prod(shape)) if size > 2}
    for n in sizes:
        if abs(factor - n) < 1e-8 * n or abs(factor * n - 1) < 1e-8:
            return f": n = {n}" if factor > 1 else f": 1/n for n = {n}"
    return ""


def _number(value: float) -> str:
    """A number as one would write it: 2, 1/32, -1.5, 0.318310."""
    near = Fraction(value).limit_denominator(10_000)
    if abs(float(near) - value) <= 1e-8 * abs(value):
        if near.denominator in (1, 2, 4, 5, 8, 10, 100, 1_000, 10_000):
            return f"{float(near):g}"
        return str(near) if value > 0 else f"({near})"
    return f"{value:.10g}" if value > 0 else f"({value:.10g})"
