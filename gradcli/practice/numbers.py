"""Short numbers for the inputs of a program: those that a hand can compute with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import floor, isfinite, log10, prod
from random import Random
from typing import Any

from gradcli.errors import UsageError
from gradcli.graph.graph import Graph
from gradcli.practice.lesson import MOST
from gradcli.question.domain import discrete
from gradcli.question.question import Question
from gradcli.rounded import rounded
from gradcli.run.interpret import Value, finite
from gradcli.words import listed

TRIES = 60
"""Draws of which the one with the shortest numbers is taken."""

_WORK = 200_000
"""Entries that all these draws may compute, where two draws do not have more."""

_GRIDS = (
    (1, 2, 3, 4, 5),
    (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5),
    (0.5, 1, 1.5, 2, 2.5, 3),
    (-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2),
    (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
)
"""What a draw takes the numbers from that have none to be like."""

_LONGEST = 4
"""The digits of a number that is not short, however many it has."""

_SMALL, _LARGE = 0.01, 1000
_DEGENERATE = 3
"""What 0, 1 and -1, equal inputs, and numbers beyond small and large count as, in digits."""


def complete(question: Question) -> None:
    """Gives variables without a value short ones, and notes them."""
    missing = [question.model.inputs[name] for name in question.model.guessed]
    missing = [node for node in question.cone() if node in missing]
    if not missing:
        return
    drawn = Numbers(question, missing).fresh()
    question.inputs.update(drawn)
    names = question.names(missing)
    shown = listed(f"{names[node]} = {rounded(value, 17)}" for node, value in drawn.items())
    question.note(f"what has no value gets one: {shown}; --seed draws others")


def varied(question: Question) -> list[int]:
    """The inputs that fresh numbers may replace: variables and params that were not given one, but
    for those that are an index or a class and have a value."""
    graph, cone = question.graph, question.cone()
    places = discrete(graph, cone)
    return [
        node
        for node in cone
        if graph.kind(node) in ("variable", "param")
        and graph.names[node][0] not in question.bound
        and not (node in places and node in question.inputs)
    ]


class Numbers:
    """Fresh numbers for the inputs `drawn` of a question, none of them twice.

    The values of the nodes that the output is made of, and of `more`, are to be short; the output
    and these are to be finite. Equal seeds draw equal numbers.
    """

    def __init__(self, question: Question, drawn: Sequence[int], more: Iterable[int] = ()) -> None:
        self._question, self._drawn = question, drawn
        self._finite = {question.model.output, *more}
        self._watched = sorted({*question.cone(), *more})
        sizes = {node: prod(question.graph.shapes[node]) for node in self._watched}
        self._short = [node for node, size in sizes.items() if size <= MOST]
        self._tries = max(2, min(TRIES, _WORK // (sum(sizes.values()) + 1)))
        self._places = discrete(question.graph, question.cone())
        self._random = Random(question.seed)
        self._used: set[str] = set()

    def fresh(self) -> dict[int, Value]:
        """New values by node, away from kinks; of many draws that with the shortest numbers.
        UsageError where none is new and finite."""
        best: dict[int, Value] = {}
        least = float("inf")
        for _ in range(self._tries):
            inputs = self._draw()
            key = _spelled(inputs)
            if key in self._used:
                continue
            cost = self._cost(inputs)
            if cost < least:
                best, least = inputs, cost
        if not best:
            raise self._none()
        self._used.add(_spelled(best))
        return best

    def _none(self) -> UsageError:
        names = self._question.names(self._drawn)
        shown = listed(names[node] for node in self._drawn)
        more = " other" if self._used else ""
        return UsageError(
            f"no{more} numbers were found for {shown} at which the gradient is finite",
            hint="give some of them values, as NAME=VALUE",
        )

    def _draw(self) -> dict[int, Value]:
        grid = self._random.choice(_GRIDS)
        return {node: self._value(node, grid) for node in self._drawn}

    def _value(self, node: int, grid: Sequence[float]) -> Value:
        shape = self._question.graph.shapes[node]
        like = self._question.inputs.get(node)
        if node in self._places:
            grid = (0, 1)
        if not shape:
            return self._number(0.0 if like is None else like, grid)
        import numpy as np

        entries = np.zeros(prod(shape)) if like is None else like.ravel()
        drawn = [self._number(float(entry), grid) for entry in entries]
        return np.array(drawn, dtype=np.float64).reshape(shape)

    def _number(self, like: float, grid: Sequence[float]) -> float:
        """One of the grid; where the program has a number, one of its sign and size."""
        if not like or not isfinite(like):
            return float(self._random.choice(grid))
        unit = 10.0 ** floor(log10(abs(like)))
        size = round(self._random.randint(1, 9) * unit, 12)
        return size if like > 0 else -size

    def _cost(self, inputs: Mapping[int, Value]) -> float:
        """How many digits there are to compute with; infinity where something is not finite, or
        stands at a kink."""
        graph = self._question.graph
        values = self._question.run(self._watched, inputs)
        if _at_a_kink(graph, self._watched, values):
            return float("inf")
        if not all(finite(values[node]) for node in self._finite):
            return float("inf")
        cost = sum(_length(entry) for node in self._short for entry in entries(values[node]))
        numbers = [entry for value in inputs.values() for entry in entries(value)]
        return cost + _DEGENERATE * (len(numbers) - len(set(numbers)))


def _at_a_kink(graph: Graph, nodes: Iterable[int], values: Mapping[int, Value]) -> bool:
    """Whether an op with branches stands where they meet: relu at 0, max of two equal numbers."""
    for node in nodes:
        if graph.ops[node].sides and not graph.shapes[node]:
            found = [values[a] for a in graph.args[node] if not graph.shapes[a]]
            if len(set(found)) < len(found) or (len(found) == 1 and not found[0]):
                return True
    return False


def _length(number: float) -> float:
    """The digits of a number, which are few or many."""
    if number in (0, 1, -1):
        return _DEGENERATE
    if not isfinite(number):
        return _LARGE
    beyond = not _SMALL <= abs(number) <= _LARGE
    return min(_digits(number), _LONGEST) + _DEGENERATE * beyond


def _digits(number: float) -> int:
    """The significant digits that a number has, but for the error of floats."""
    return len(f"{abs(number):.11e}".partition("e")[0].replace(".", "").rstrip("0"))


def entries(value: Value) -> Iterator[float]:
    """The numbers in a value."""
    yield from [value] if isinstance(value, float) else value.ravel().tolist()


def _spelled(inputs: Mapping[int, Value]) -> str:
    return repr([[*entries(value)] for value in inputs.values()])


def short(value: Value) -> Any:
    """A value as paper has it: numbers of few digits as they are, others to 3, and as many as stand
    before the point."""
    if isinstance(value, float):
        return _short(value)
    return [short(entry if entry.shape else float(entry)) for entry in value]


def _short(number: float) -> float:
    if not isfinite(number) or not number:
        return number + 0.0
    exact = float(f"{number:.12g}")
    if _digits(exact) <= _LONGEST:
        return exact
    return float(round(exact)) if abs(exact) >= 1000 else float(f"{exact:.3g}")
