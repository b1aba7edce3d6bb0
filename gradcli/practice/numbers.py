"""Short numbers for the inputs of a program: those that a hand can compute with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import floor, inf, isfinite, log10, prod
from random import Random
from typing import Any

from gradcli.errors import UsageError
from gradcli.graph.graph import Graph
from gradcli.practice.lesson import MOST, Lesson
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
    (
        (1, 2, 3, 4, 5),
        (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5),
        (0.5, 1, 1.5, 2, 2.5, 3),
        (-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2),
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    ),
    (
        tuple(half / 2 for half in range(1, 21)),
        tuple(half / 2 for half in range(-10, 11) if half),
        tuple(tenth / 10 for tenth in range(-20, 21) if tenth),
    ),
    (
        tuple(range(1, 100)),
        tuple(tenth / 10 for tenth in range(1, 100)),
        tuple(hundredth / 100 for hundredth in range(-99, 100) if hundredth),
    ),
)
"""What a draw takes the numbers from that have none to be like: of the later ones only where those
before are used up, or do not do."""

_ENTRIES = (
    (1, 2),
    (-2, -1, 1, 2),
    (0.5, 1, 1.5, 2),
    (-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2),
)
"""The same for the entries of arrays: what many terms add up to is to stay small."""

_FAINT = 1e-3
"""What part of the largest gradient one has to be that is worth working out."""

_LONGEST = 4
"""The digits of a number that is not short, however many it has."""

_NEVER = inf
_SMALL, _LARGE = 0.01, 1000
_DEGENERATE = 3
"""What 0, 1 and -1, equal inputs, and numbers beyond small and large count as, in digits."""


def complete(lesson: Lesson, kept: Mapping[str, Value]) -> None:
    """Gives variables without a value the one that is `kept`, else short ones, and notes these."""
    question = lesson.question
    missing = [question.model.inputs[name] for name in question.model.guessed]
    missing = [node for node in question.cone() if node in missing]
    names, shapes = question.names(missing), question.graph.shapes
    for node in missing:
        value = kept.get(names[node])
        if value is not None and getattr(value, "shape", ()) == shapes[node]:
            question.inputs[node] = value
    missing = [node for node in missing if node not in question.inputs]
    if not missing:
        return
    drawn = Numbers(lesson, missing).fresh()
    if drawn is None:
        raise none_found(question, missing)
    question.inputs.update(drawn)
    shown = listed(f"{names[node]} = {rounded(value, 17)}" for node, value in drawn.items())
    question.note(f"what has no value gets one: {shown}; --seed draws others")


def none_found(question: Question, drawn: Sequence[int]) -> UsageError:
    """That nothing short does for these inputs."""
    names = question.names(drawn)
    shown = listed(names[node] for node in drawn)
    return UsageError(
        f"no short numbers were found for {shown} at which the gradient is finite and smooth",
        hint=f"give some of them values at which it is, such as {names[drawn[0]]}=0.25",
    )


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
    """Fresh numbers for the inputs `drawn` of a lesson, none of them twice.

    All that is asked is to be finite and short, no gradient faint beside another, and the output
    not what it was before. Equal seeds draw equal numbers.
    """

    def __init__(self, lesson: Lesson, drawn: Sequence[int]) -> None:
        self._question, self._drawn = lesson.question, drawn
        graph, cone = lesson.graph, lesson.question.cone()
        self._output = lesson.question.model.output
        brought = {edge.downstream for edge in lesson.way.edges}
        self._gradients = sorted({*lesson.gradients.values(), *brought})
        self._cone = cone
        self._watched = sorted({*cone, *self._gradients})
        sizes = {node: prod(graph.shapes[node]) for node in self._watched}
        self._short = [node for node, size in sizes.items() if size <= MOST]
        self._tries = max(2, min(TRIES, _WORK // (sum(sizes.values()) + 1)))
        self._places = discrete(graph, cone)
        self._random = Random(self._question.seed)
        self._used: set[str] = set()
        self._answers: set[float] = set()
        self._faintest = _NEVER  # gradients that are faint in the best draw: some always are

    def fresh(self) -> dict[int, Value] | None:
        """New values by node, away from kinks: of many draws that with the shortest numbers. None
        where none is new and finite."""
        best: dict[int, Value] | None = None
        least = (_NEVER, _NEVER, _NEVER)
        for grids in _GRIDS:
            for _ in range(self._tries):
                inputs = self._draw(grids)
                if _spelled(inputs) not in self._used:
                    cost = self._cost(inputs)
                    if cost < least:
                        best, least = inputs, cost
            if best is not None and not least[0] and least[1] <= self._faintest:
                break
        if best is not None:
            self._used.add(_spelled(best))
            self._answers.add(self._answer(self._question.run([self._output], best)))
        return best

    def _draw(self, grids: Sequence[Sequence[float]]) -> dict[int, Value]:
        level = _GRIDS.index(grids)
        grid, entries = self._random.choice(grids), self._random.choice(_ENTRIES)
        shapes = self._question.graph.shapes
        return {
            node: self._value(node, entries if shapes[node] else grid, level)
            for node in self._drawn
        }

    def _value(self, node: int, grid: Sequence[float], level: int) -> Value:
        shape = self._question.graph.shapes[node]
        like = self._question.inputs.get(node)
        if node in self._places:
            grid = (0, 1)
        if not shape:
            return self._number(0.0 if like is None else like, grid, level)
        import numpy as np

        numbers = np.zeros(prod(shape)) if like is None else like.ravel()
        drawn = [self._number(float(entry), grid, 0, most=4) for entry in numbers]
        return np.array(drawn, dtype=np.float64).reshape(shape)

    def _number(self, like: float, grid: Sequence[float], level: int, most: int = 9) -> float:
        """One of the grid; where the program has a number, one of its sign and size, at later
        levels of two digits."""
        if not like or not isfinite(like):
            return float(self._random.choice(grid))
        unit = 10.0 ** floor(log10(abs(like)))
        if level:
            size = round(self._random.randint(10, 99) * unit / 10, 13)
        elif most < 9 and unit == 1:
            size = self._random.randint(1, most) / 2  # an entry of an array stays small
        else:
            size = round(self._random.randint(1, 9) * unit, 12)
        return size if like > 0 else -size

    def _cost(self, inputs: Mapping[int, Value]) -> tuple[float, float, float]:
        """Whether the answer was there before, how many gradients are faint, and how many digits
        there are to compute with; infinity where something is not finite, or at a kink."""
        graph = self._question.graph
        values = self._question.run(self._watched, inputs)
        if _at_a_kink(graph, self._cone, values):
            return _NEVER, _NEVER, _NEVER
        if not all(finite(values[node]) for node in (self._output, *self._gradients)):
            return _NEVER, _NEVER, _NEVER
        shown = {node: [*entries(values[node])] for node in self._short}
        sizes = [abs(each) for node in self._gradients for each in shown.get(node, ())]
        limit = _FAINT * max([1.0, *sizes])  # that of the output is 1
        faint = sum(size <= limit for size in sizes)
        self._faintest = min(self._faintest, faint)
        cost = sum(_length(entry) for found in shown.values() for entry in found)
        numbers = [entry for value in inputs.values() for entry in entries(value)]
        cost += _DEGENERATE * (len(numbers) - len(set(numbers)))
        return self._answer(values) in self._answers, faint, cost

    def _answer(self, values: Mapping[int, Value]) -> float:
        """The output as paper has it."""
        return _short(float(values[self._output]))


def _at_a_kink(graph: Graph, nodes: Iterable[int], values: Mapping[int, Value]) -> bool:
    """Whether an op with branches stands where they meet: relu at 0, max of two equal numbers."""
    for node in nodes:
        op = graph.ops[node]
        if 0 < len(op.hides) < len(graph.args[node]):
            continue  # where: its condition is a node of its own
        if op.sides and not graph.shapes[node]:
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
