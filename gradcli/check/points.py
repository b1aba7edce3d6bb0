"""Where a derivative is checked: at the values that were given, and at random ones for the rest.

Where everything has a value, that is one point, and random ones near it where they are asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import prod

from gradcli.graph.graph import Graph
from gradcli.question.question import Question
from gradcli.rounded import Abridged
from gradcli.run.interpret import Value

USUAL = 20
"""Random points that are tried where nobody says how many."""

_NAMED = 3
"""Sides that a sentence names."""

_FEW, _MOST = 6, 1_000
"""Entries of an array that a terminal shows, and of all the arrays of a point that a file does."""


@dataclass
class Points:
    """The inputs at each point: floats or arrays by node.

    `drawn` are the variables that differ from point to point, `bounds` what they were drawn from,
    unless they lie near given values, `skipped` counts the points that were
    drawn and left out, since a value was not finite there, and `missing` those that were wanted and
    not found. `near` says that the points lie around given values, `alone` that there is the given
    one, and could be more, `fixed` that more were asked for, and nothing can vary. `untaken` are
    the sides of comparisons that no point takes, all `exact` where only equal numbers would.
    """

    inputs: list[dict[int, Value]]
    drawn: list[int]
    skipped: int = 0
    missing: int = 0
    near: bool = False
    alone: bool = False
    fixed: bool = False
    untaken: list[str] = field(default_factory=list)
    bounds: tuple[float, float] | None = None
    exact: bool = False
    _texts: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.inputs)

    def text(self, graph: Graph, place: int) -> str:
        """What was drawn for a point, as the command line takes it; in brief on a terminal, and
        everywhere where it is very long."""
        if place not in self._texts:
            values = [(graph.names[node][0], self.inputs[place][node]) for node in self.drawn]
            short = " ".join(f"{name}={_typed(value, _FEW)}" for name, value in values)
            long = sum(prod(graph.shapes[node]) for node in self.drawn) > _MOST
            whole = short if long else " ".join(f"{name}={_typed(value)}" for name, value in values)
            self._texts[place] = whole if whole == short else Abridged(whole, short)
        return self._texts[place]

    def doubts(self, name: str, bounds: str) -> list[str]:
        """What keeps the points from speaking for all the others; `name` is the output's."""
        where = "near the given one" if self.near else f"in {bounds}"
        found = []
        if self.missing and len(self):
            tried = len(self) + self.skipped - self.near
            found.append(
                f"{name} is finite at {len(self) - self.near} of {tried:,} random points {where}"
                " only"
            )
        if self.untaken and self.drawn:
            hint = "give other values" if self.near else "try another --range"
            hint = "give values that do" if self.exact else hint
            found.append(f"no point takes {_some(self.untaken)}: {hint}")
        return found

    def note(self) -> str:
        """What to say of a check that passed at the given point alone, or nothing."""
        if self.fixed:
            return "nothing that the output is made of can vary, so one point was tried"
        if not self.alone:
            return ""
        less = f", which does not take {_some(self.untaken)}" if self.untaken else ""
        return (
            f"everything has a value, so one point was tried{less}:"
            f" --points {USUAL} adds random ones near it"
        )


def _typed(value: Value, most: int | None = None) -> str:
    """A value as the command line takes it, without a blank; of more than `most` entries two."""
    if isinstance(value, float):
        return repr(value)
    if most is not None and value.size > most:
        first = ",".join(f"{entry:.6g}" for entry in value.ravel()[:2])
        return f"{'[' * value.ndim}{first},…{']' * value.ndim}"
    return str(value.tolist()).replace(" ", "")


def _some(texts: Sequence[str]) -> str:
    """`x > 4, y <= 0 and 3 more`: the first of some conditions."""
    shown = ", ".join(texts[:_NAMED])
    return f"{shown} and {len(texts) - _NAMED} more" if len(texts) > _NAMED else shown


def movable(question: Question, more: Collection[int] = ()) -> list[int]:
    """The inputs that a derivative is to hold for other values of: no data, and a const only where
    --wrt names it."""
    graph = question.graph
    chosen = {question.model.nodes.get(name) for name in question.wrt}
    return [
        node
        for node in graph.cone([question.model.output, *more])
        if node in question.inputs
        and graph.shapes[node].count(0) == 0
        and (
            graph.kind(node) in ("variable", "param")
            or (graph.kind(node) == "const" and node in chosen)
        )
    ]
