"""A claim with one thing in another's place: a name, a transpose, the onehot of a class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from gradcli.check.scope import Scope, formula
from gradcli.errors import GradError
from gradcli.graph.ops.op import Shape
from gradcli.language import Program, parse
from gradcli.question.domain import discrete


@dataclass(frozen=True)
class Swap:
    """The right name in place of the wrong one: `what` says both, `formula` is the claim so.

    Of the claim y * a, where x * a is right: "y stands where x belongs", x * a, and its node.
    """

    what: str
    formula: str
    node: int


def renamed(scope: Scope, claim: Program, named: Mapping[int, str]) -> Iterator[Swap]:
    """The claim with another of the `named` nodes, of the same shape, in place of one."""
    shapes = scope.question.graph.shapes
    for at, name, old in _names(scope, claim):
        for node, other in named.items():
            if node != old and shapes[node] == shapes[old]:
                yield from _swapped(scope, claim, at, claim.stops[at], name, other)


def turned(scope: Scope, claim: Program) -> Iterator[Swap]:
    """The claim with one matrix transposed, or one no longer."""
    for at, name, node in _names(scope, claim):
        if len(scope.question.graph.shapes[node]) != 2:
            continue
        stop = claim.stops[at]
        if claim.text[stop : stop + 2] == ".T":
            yield from _swapped(scope, claim, at, stop + 2, f"{name}.T", name)
        else:
            yield from _swapped(scope, claim, at, stop, name, f"{name}.T")


def coded(scope: Scope, claim: Program, wanted: Shape) -> Iterator[Swap]:
    """The claim with onehot(y, n) in place of a class y, as often as the derivative has entries
    along its last axis."""
    question = scope.question
    classes = discrete(question.graph, question.cone())
    for at, name, node in _names(scope, claim):
        if node in classes and wanted:
            yield from _swapped(
                scope, claim, at, claim.stops[at], name, f"onehot({name}, {wanted[-1]})"
            )


def _names(scope: Scope, claim: Program) -> Iterator[tuple[int, str, int]]:
    """The names in a claim's formula: where, the name, its node."""
    statement = claim.statements[0]
    for at in range(statement.begin, statement.end):
        name = claim.arguments[at]
        node = scope.find(name) if claim.kinds[at] == "name" else None
        if node is not None:
            yield at, name, node


def _swapped(
    scope: Scope, claim: Program, at: int, stop: int, old: str, new: str
) -> Iterator[Swap]:
    """The claim with `new` in place of the name at an instruction up to `stop`, if it can be."""
    text = claim.text
    with suppress(GradError):
        program = parse(text[: claim.starts[at]] + new + text[stop:])
        node = scope.node(program)
        yield Swap(f"{old} stands where {new} belongs", formula(program), node)
