"""What would make a wrong claim right: a sign, a factor, a term, a transpose, a sum over rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, combinations_with_replacement, islice
from math import prod

import numpy as np

from gradcli.check.claims import Claim
from gradcli.check.constants import spelled
from gradcli.check.derivatives import Derivatives
from gradcli.check.evidence import Evidence, gathered
from gradcli.check.extrapolate import Array, Tolerance
from gradcli.check.swaps import Swap, coded, renamed, turned
from gradcli.errors import GradError
from gradcli.graph.formulas.show import bracketed
from gradcli.graph.formulas.unfold import Formulas
from gradcli.graph.graph import LITERAL, Graph
from gradcli.graph.ops.elementwise import PRODUCT
from gradcli.graph.ops.op import Shape
from gradcli.language import parse
from gradcli.question.domain import discrete
from gradcli.question.question import Question
from gradcli.run.interpret import finite

_LARGE, _MOST = 10_000, 200
"""Nodes of a graph up to which names are swapped in a claim, and how often."""

_SHORT = 30
"""Characters of a formula that is tried as a factor."""

Repair = tuple[str, str]
"""What is wrong, and the formula that would be right."""


def repair(derivatives: Derivatives, claim: Claim, tolerance: Tolerance) -> Repair | None:
    """The first simple repair that holds, read as it is printed, at every point, and at some more
    around a given one."""
    question = derivatives.question
    swaps = _swaps(question, claim)
    named = _named(question, claim)
    unnamed = _unnamed(question, claim) | _onehots(claim)
    nodes = [*named, *unnamed, *(swap.node for swap in swaps)]
    evidence = gathered(derivatives, claim, tolerance, nodes)
    if evidence is None or evidence.fits(evidence.claimed):
        return None
    for what, formula, candidate in _candidates(
        question.graph, claim, evidence, named, unnamed, swaps
    ):
        with np.errstate(all="ignore"):
            if evidence.fits(candidate) and evidence.holds(formula):
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
            form = formulas.written(node)
            if len(form.text) <= _SHORT:
                found[node] = bracketed((form.text, form.level), PRODUCT)
    return found


def _onehots(claim: Claim) -> dict[int, str]:
    """onehot(y, n) of every class y, as often as the derivative has entries along its last axis."""
    question = claim.scope.question
    graph, shape = question.graph, question.graph.shapes[claim.node]
    found = {}
    for node in discrete(graph, question.cone()) if shape else ():
        if graph.ops[node] is LITERAL or node in graph.names:
            formula = f"onehot({question.names([node])[node]}, {shape[-1]})"
            with suppress(GradError):
                found[claim.scope.node(parse(f"{claim.name} = {formula}"))] = formula
    return {node: formula for node, formula in found.items() if _fits(graph.shapes[node], shape)}


def _swaps(question: Question, claim: Claim) -> list[Swap]:
    """The claim with a onehot, a transpose or another node in place of a name, of its shape."""
    graph, scope, program = question.graph, claim.scope, claim.program
    if len(graph) > _LARGE:
        return []
    shape = graph.shapes[claim.node]
    others = chain(
        coded(scope, program, shape),
        turned(scope, program),
        renamed(scope, program, _named(question, claim)),
    )
    return [swap for swap in islice(others, _MOST) if graph.shapes[swap.node] == shape]


def _candidates(
    graph: Graph,
    claim: Claim,
    evidence: Evidence,
    named: dict[int, str],
    unnamed: dict[int, str],
    swaps: Sequence[Swap],
) -> Iterator[tuple[str, str, Array]]:
    """What is wrong, the formula repaired, and its values."""
    claimed, right = evidence.claimed, evidence.right
    text, inner = claim.formula, claim.factor
    yield "the sign is wrong", claim.negative, -claimed
    if claimed.ndim == 3 and claimed.shape[1] == claimed.shape[2]:
        yield "a transpose is missing", f"{inner}.T", np.swapaxes(claimed, 1, 2)
        negative = f"-{inner}.T"
        yield "a transpose and a sign are wrong", negative, -np.swapaxes(claimed, 1, 2)
    number = _factor(claimed, right)
    if number is not None:
        size = _size(graph, number)
        times = spelled(number)
        yield f"a factor {times} is missing{size}", f"{times}*{inner}", number * claimed
    nodes = {name: evidence.of(node) for node, name in named.items()}
    with np.errstate(all="ignore"):
        for name, value in nodes.items():
            fitted = _fitted(value, claimed)
            if fitted is None:
                continue
            for what, by in (
                (name, fitted),
                (f"{name}*(1 - {name})", fitted * (1 - fitted)),
                (f"1 - {name}^2", 1 - fitted * fitted),
                (f"1 - {name}", 1 - fitted),
            ):
                whole = what if what == name else f"({what})"
                factor = what if "*" in what else whole
                yield f"a factor {what} is missing", f"{inner}*{factor}", claimed * by
                yield f"a factor {what} is too many", f"{inner}/{whole}", claimed / by
                yield f"a factor -{whole} is missing", f"{claim.negative}*{factor}", -claimed * by
        for name, value in nodes.items():
            fitted = _fitted(value, claimed)
            if fitted is not None:
                yield f"the term {name} is missing", f"{text} + {name}", claimed + fitted
                yield f"the term {name} is too many", f"{text} - {name}", claimed - fitted
    shift = float(np.median(right - claimed))
    sign = "-" if shift < 0 else "+"
    size = spelled(abs(shift))
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
            if fitted is not None and node in unnamed:
                whole = f"({name})" if " " in name else name
                yield f"a factor {name} is too many", f"{inner}/{whole}", claimed / fitted
        if claimed.any():
            yield from _terms(text, evidence, named, unnamed)


def _terms(
    text: str, evidence: Evidence, named: Mapping[int, str], unnamed: Mapping[int, str]
) -> Iterator[tuple[str, str, Array]]:
    """A multiple of a node, or of two with names, such as 2*lam*w, in addition to the claim."""
    claimed, missing = evidence.claimed, evidence.right - evidence.claimed
    values = {
        name: fitted
        for node, name in chain(named.items(), unnamed.items())
        if (fitted := _fitted(evidence.of(node), claimed)) is not None
    }
    by_size = sorted(
        (n for n in named.values() if n in values), key=lambda n: np.size(values[n][0])
    )
    pairs = combinations_with_replacement(by_size, 2)
    for names in chain(((name,) for name in values), islice(pairs, _MOST)):
        term = prod(values[name] for name in names) * np.ones_like(claimed)
        scale = _factor(term, missing)
        if scale is not None:
            what = _multiple(abs(scale), "*".join(names))
            sign, said = ("-", f"-{what}") if scale < 0 else ("+", what)
            yield f"the term {said} is missing", f"{text} {sign} {what}", claimed + scale * term


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
    """The number that the claim has to be multiplied by, by the largest entry.

    None where all but one point give it 0: there, any number is a factor away from any other.
    """
    place = np.unravel_index(int(np.argmax(np.abs(claimed))), claimed.shape)
    if np.count_nonzero(claimed.reshape(len(claimed), -1).any(axis=1)) < 2:
        return None
    factor = float(right[place] / claimed[place])
    return factor if finite(factor) and factor else None


def _multiple(factor: float, name: str) -> str:
    """`name`, `2*name`, `-name`."""
    if abs(abs(factor) - 1) < 1e-8:
        return name if factor > 0 else f"-{name}"
    return f"{spelled(factor)}*{name}"


def _size(graph: Graph, factor: float) -> str:
    """Says so where a factor is the size n of an axis or of an array, or 1/n."""
    sizes = {size for shape in graph.shapes for size in (*shape, prod(shape)) if size > 2}
    for n in sizes:
        if abs(factor - n) < 1e-8 * n or abs(factor * n - 1) < 1e-8:
            return f": n = {n}" if factor > 1 else f": 1/n for n = {n}"
    return ""
