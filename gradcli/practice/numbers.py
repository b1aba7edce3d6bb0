"""Short numbers for the inputs of a program: those that a hand can compute with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import copysign, floor, inf, isfinite, log10, prod
from random import Random
from typing import Any

from gradcli.errors import UsageError
from gradcli.practice.kinks import at_a_kink
from gradcli.practice.lesson import MOST, Lesson
from gradcli.question.domain import discrete
from gradcli.question.question import Question
from gradcli.rounded import rounded
from gradcli.run.interpret import Value, finite
from gradcli.training.limits import bounds_of
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

_FAR = (
    tuple(
        sign * digit * 10.0**power
        for power in (-3, -2, 2, 3, 4)
        for digit in (1, 2, 5)
        for sign in (1, -1)
    ),
)
"""The last resort, where none of these do: log(x - 100) needs a large one."""

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

_MOST_OF_ONE = 50
"""Entries of a distribution that hundredths can tell."""

_CHOICE = 5
"""Numbers within bounds that are enough to choose from."""

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
        hint="change the program, or give some of them values at which it is",
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

    They keep the signs of the numbers that the program has, the sizes of single ones, and bounds.
    All that is asked is to be finite and short, no gradient faint beside another, and the output
    not what it was before. Equal seeds draw equal numbers.
    """

    def __init__(self, lesson: Lesson, drawn: Sequence[int]) -> None:
        self._question, self._drawn = lesson.question, drawn
        graph, cone = lesson.graph, lesson.question.cone()
        self._output = lesson.question.model.output
        brought = {edge.downstream for edge in lesson.way.edges}
        self._gradients = sorted({*lesson.gradients.values(), *brought})
        self._watched = sorted({*cone, *self._gradients})
        sizes = {node: prod(graph.shapes[node]) for node in self._watched}
        self._short = [node for node, size in sizes.items() if size <= MOST]
        self._tries = max(2, min(TRIES, _WORK // (sum(sizes.values()) + 1)))
        self._places = lesson.places
        self._moved = [node for node in drawn if node not in self._places]
        self._bounds = _bounds(self._question, drawn)
        self._random = Random(self._question.seed)
        self._used: set[str] = set()
        self._answers: set[float] = set()
        self._faintest = _NEVER  # gradients that are faint in the best draw: some always are

    def fresh(self) -> dict[int, Value] | None:
        """New values by node, away from kinks: of many draws that with the shortest numbers. None
        where none is new and finite."""
        best: dict[int, Value] | None = None
        least = (_NEVER, _NEVER, _NEVER)
        for level, grids in enumerate((*_GRIDS, _FAR)):
            if grids is _FAR and best is not None:
                break
            for _ in range(self._tries):
                inputs = self._draw(grids, level)
                if _spelled(inputs) not in self._used:
                    cost = self._cost(inputs)
                    if cost < least and not self._at_a_kink(inputs):
                        best, least = inputs, cost
            if best is not None and not least[0] and least[1] <= self._faintest:
                break
        if best is not None:
            self._used.add(_spelled(best))
            self._answers.add(self._answer(self._question.run([self._output], best)))
        return best

    def _at_a_kink(self, inputs: Mapping[int, Value]) -> bool:
        return at_a_kink(self._question, self._watched, inputs, self._moved)

    def _draw(self, grids: Sequence[Sequence[float]], level: int) -> dict[int, Value]:
        grid, entries = self._random.choice(grids), self._random.choice(_ENTRIES)
        shapes = self._question.graph.shapes
        return {
            node: self._value(node, entries if shapes[node] else grid, level)
            for node in self._drawn
        }

    def _value(self, node: int, grid: Sequence[float], level: int) -> Value:
        shape = self._question.graph.shapes[node]
        like = self._question.inputs.get(node)
        bounds = self._bounds.get(node, (-inf, inf))
        if node in self._places:
            grid = (0, 1)
        if not shape:
            start = 0.0 if like is None else float(like)
            return self._within(bounds, self._number(start, grid, level), start)
        import numpy as np

        starts = np.zeros(prod(shape)) if like is None else like.ravel()
        lows, highs = (np.broadcast_to(bound, shape).ravel().tolist() for bound in bounds)
        unit = min(_unit(float(abs(starts).max(initial=0))), 1.0)
        fresh = [self._entry(start, grid, unit) for start in starts.tolist()]
        if _is_distribution(starts.reshape(shape)):
            fresh = [p for _ in range(prod(shape[:-1])) for p in self._distribution(shape[-1])]
        drawn = [
            self._within((low, high), number, start)
            for start, number, low, high in zip(starts.tolist(), fresh, lows, highs)
        ]
        return np.array(drawn, dtype=np.float64).reshape(shape)

    def _number(self, like: float, grid: Sequence[float], level: int) -> float:
        """One of the grid; where the program has a number, one of its sign and size, at later
        levels of two digits."""
        unit = _unit(like)
        if not unit:
            return float(self._random.choice(grid))
        if level:
            size = round(self._random.randint(10, 99) * unit / 10, 13)
        else:
            size = round(self._random.randint(1, 9) * unit, 12)
        return copysign(size, like)

    def _entry(self, like: float, grid: Sequence[float], unit: float) -> float:
        """One of the grid; in an array of the program a few units, which are those of its largest
        entry and at most 1: many terms are added up. It has the sign that was there."""
        if not unit:
            return float(self._random.choice(grid))
        size = round(self._random.randint(1, 4) * (unit / 2 if unit == 1 else unit), 12)
        return copysign(size, like or self._random.choice((1, -1)))

    def _distribution(self, size: int) -> list[float]:
        """So many short numbers above 0 that sum to 1."""
        whole = 10 if size < 10 else 100
        cuts = [0, *sorted(self._random.sample(range(1, whole), size - 1)), whole]
        return [(high - low) / whole for low, high in pairwise(cuts)]

    def _within(self, bounds: tuple[float, float], number: float, start: float) -> float:
        """The number, where it lies between the bounds, else a short one that does, not too far
        from the start."""
        low, high = bounds
        if low < number < high:
            return number
        reach = 9 * (_unit(start) or 1)
        inside = _between(max(low, start - reach), min(high, start + reach))
        return self._random.choice(inside) if inside else start

    def _cost(self, inputs: Mapping[int, Value]) -> tuple[float, float, float]:
        """Whether the answer was there before, how many gradients are faint, and how many digits
        there are to compute with; infinity where something is not finite."""
        values = self._question.run(self._watched, inputs)
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


def _bounds(question: Question, drawn: Sequence[int]) -> dict[int, tuple[Any, Any]]:
    """The least and the largest value of each param that has bounds."""
    params = {
        name: node
        for name, node in question.model.inputs.items()
        if node in drawn and question.graph.kind(node) == "param"
    }
    found = bounds_of(question.model, [*params], {n: question.inputs[v] for n, v in params.items()})
    return {params[name]: (low, found.high[name]) for name, low in found.low.items()}


def _is_distribution(value: Value) -> bool:
    """Whether the numbers along the last axis are probabilities: above 0, and 1 in sum."""
    import numpy as np

    size = np.shape(value)[-1]
    return 1 < size < _MOST_OF_ONE and bool(
        np.all(np.greater(value, 0)) and np.allclose(np.sum(value, axis=-1), 1, 0, 1e-9)
    )


def _unit(number: float) -> float:
    """The power of ten that is not above a number; 0 where it is 0 or not finite."""
    return 10.0 ** floor(log10(abs(number))) if number and isfinite(number) else 0.0


def _between(low: float, high: float) -> list[float]:
    """Some of the shortest numbers between two."""
    found: list[float] = []
    unit = _unit(high - low)
    for step in (unit, unit / 2, unit / 10):
        if len(found) < _CHOICE:
            places = range(floor(low / step), floor(high / step) + 2)
            multiples = (round(place * step, 12) for place in places)
            found = [number for number in multiples if low < number < high]
    return found


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
