"""Random points for a check: from a range, or near given values, on every side that they find."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import prod

import numpy as np

from gradcli.check.extrapolate import Array, Mask
from gradcli.check.points import USUAL, Points, movable
from gradcli.check.sides import Sides
from gradcli.question.domain import discrete
from gradcli.question.question import Question
from gradcli.run.batch import Batch
from gradcli.run.interpret import StepError, Value, refuse_bytes

TRIES = 100
"""So many random points are drawn at most for each that is wanted."""

OTHERS = 100
"""Points that a repair is tried at besides those of the check: of what is 0 nearly everywhere, few
of these tell anything."""

MORE = 5_000
"""Draws for the sides of comparisons that no point takes yet. Every variable has one in each of as
many parts of its range, so that a side of a 2,500th of it is found for certain."""

TOGETHER = 1_000
"""Of these, so many are looked at in one walk."""

_NUMBERS = 1 << 24
"""Numbers that these draws may make."""

Draw = Callable[[int, bool], dict[int, Array]]
"""So many random values for each of some nodes, by node: the first axis is that of the draws. They
are spread evenly if that is asked for."""


def generator_of(question: Question, stream: int = 0) -> np.random.Generator:
    """Random numbers for points, none of which the program itself draws, nor another stream."""
    draws = any(op.random for op in question.graph.ops)
    key = (int(draws), stream) if draws or stream else ()
    return np.random.default_rng(np.random.SeedSequence(question.seed, spawn_key=key))


def uniform(
    question: Question, drawn: Sequence[int], bounds: tuple[float, float], stream: int = 0
) -> Draw:
    """Draws of all entries between the bounds."""
    graph, generator = question.graph, generator_of(question, stream)
    sizes = [prod(graph.shapes[node]) for node in drawn]
    cuts = np.cumsum(sizes)[:-1]
    refuse_bytes(8 * USUAL * sum(sizes))

    def draw(count: int, evenly: bool) -> dict[int, Array]:
        if evenly:
            part = generator.permuted(np.tile(np.arange(count)[:, None], sum(sizes)), axis=0)
            place = (part + generator.random((count, sum(sizes)))) / count
            whole = bounds[0] + place * (bounds[1] - bounds[0])
        else:
            whole = generator.uniform(*bounds, (count, sum(sizes)))
        parts = np.split(whole, cuts, axis=1)
        return {node: part.reshape(count, *graph.shapes[node]) for node, part in zip(drawn, parts)}

    return draw


NEAR = 0.2
"""How far from a given value x the points near it lie at most, in parts of max(1, |x|)."""


def near(generator: np.random.Generator, value: Value, count: int, reach: float = NEAR) -> Array:
    """`count` random values around one, the first axis that of the draws."""
    x = np.asarray(value)
    scale = reach * np.maximum(1.0, np.abs(x))
    found: Array = x + scale * generator.uniform(-1.0, 1.0, (count, *x.shape))
    return found


def nearby(question: Question, moving: Sequence[int], stream: int = 0) -> Draw:
    """Draws around the given point, ever closer to it, since what is too far may not be finite.

    The first ones move everything; of later ones each moves some, since x^n has no value for an x
    below 0 as soon as n moves.
    """
    generator = generator_of(question, stream)
    calls = 0

    def draw(count: int, evenly: bool) -> dict[int, Array]:
        nonlocal calls
        reach = NEAR * 0.25 ** (calls // 10)
        still = generator.random((len(moving), count)) < 0.5 * (calls > 0)
        still[:, still.all(axis=0)] = False
        found = {}
        for node, stays in zip(moving, still):
            value = question.inputs[node]
            found[node] = near(generator, value, count, reach)
            found[node][stays] = value
        calls += 1
        return found

    return draw


def others(question: Question, points: Points, more: Collection[int]) -> list[dict[int, Value]]:
    """Many other points where those are, on the sides that `more` nodes have too."""
    graph = question.graph
    places = discrete(graph, graph.cone([question.model.output, *more]))
    moving = points.drawn or [node for node in movable(question) if node not in places]
    if not moving:
        return []
    if points.bounds is None:
        draw = nearby(question, moving, stream=1)
    else:
        draw = uniform(question, moving, points.bounds, stream=1)
    return Search(question, moving, draw, more).points(Points([], moving), OTHERS).inputs


def towards_zero(
    question: Question, points: Points, more: Collection[int]
) -> list[dict[int, Value]]:
    """The first of the points with its values shrunk, on the sides that it takes itself: far out,
    unlike functions look alike, as sigmoid(x) and exp(x) below -30."""
    graph, output = question.graph, question.model.output
    places = discrete(graph, graph.cone([output, *more]))
    moving = [node for node in movable(question, more) if node not in places]
    moving = points.drawn or moving
    if not moving:
        return []
    generator, first = generator_of(question, stream=2), points.inputs[0]

    def draw(count: int, evenly: bool) -> dict[int, Array]:
        found = {}
        for node in moving:
            value = np.asarray(first[node])
            found[node] = value * generator.random((count, *value.shape))
        return found

    return Search(question, moving, draw, more).alike(first, USUAL)


class Search:
    """Draws points, and knows which are finite and which sides of comparisons they take."""

    def __init__(
        self, question: Question, drawn: Sequence[int], draw: Draw, more: Collection[int]
    ) -> None:
        self._question, self._drawn, self._draw = question, list(drawn), draw
        graph, output = question.graph, question.model.output
        self._outputs = [output, *more]
        self._sides = Sides(graph, self._outputs, drawn)
        self._nodes = [output, *self._sides.nodes]
        self._numbers = sum(prod(graph.shapes[node]) for node in graph.cone(self._nodes))
        self._batch: Batch | None = None

    def judged(self, points: Points) -> Points:
        """The given point, with the sides that it does not take."""
        if len(self._sides):
            values = self._question.run(self._sides.nodes)
            taken = self._sides.taken({n: np.asarray(v)[None] for n, v in values.items()}, 1)
            self._name_untaken(points, ~taken[0])
        return points

    def points(self, found: Points, count: int) -> Points:
        """Adds `count` finite points to the `found` ones, and more draws in place of the last ones
        where these take sides that no other does."""
        taken: list[Mask] = []
        if len(found):
            given = {node: np.asarray(found.inputs[0][node])[None] for node in self._drawn}
            taken.append(self._looked(given)[1][0])
        first = len(found)
        left = count * TRIES
        while left > 0 and len(found) < first + count:
            draws = self._draw(min(left, count), False)
            good, sides = self._looked(draws)
            left -= len(good)
            for place in range(len(good)):
                if len(found) == first + count:
                    break
                if good[place]:
                    found.inputs.append(self._point(draws, place))
                    taken.append(sides[place])
                else:
                    found.skipped += 1
        found.missing = first + count - len(found)
        if not len(found):  # a place or a class that there is not, at any point
            self._question.run(self._nodes[:1], self._point(draws, 0))
        if len(self._sides) and len(found):
            self._take_sides(found, taken, first)
        return found

    def alike(self, point: Mapping[int, Value], count: int) -> list[dict[int, Value]]:
        """Those of `count` draws that are finite, and on the sides of the point."""
        given = {node: np.asarray(point[node])[None] for node in self._drawn}
        own = self._looked(given)[1][0]
        draws = self._draw(count, False)
        good, sides = self._looked(draws)
        good &= (sides == own).all(axis=1)
        return [self._point(draws, place) for place in np.flatnonzero(good).tolist()]

    def _take_sides(self, found: Points, taken: list[Mask], first: int) -> None:
        """Looks for points on the sides that none takes; these replace points that none needs."""
        missing = ~np.any(taken, axis=0)
        if not missing.any():
            return
        count = max(1, min(MORE, _NUMBERS // self._numbers))
        most = 2 * len(found)
        every = self._draw(count, True)
        for start in range(0, count, TOGETHER):
            if not missing.any():
                break
            draws = {node: stack[start : start + TOGETHER] for node, stack in every.items()}
            good, sides = self._looked(draws)
            new = sides & good[:, None] & missing
            while new.any() and len(found) < most:
                place = int(np.argmax(new.sum(axis=1)))
                spare = _spare(np.array(taken), first)
                if spare is not None:
                    del found.inputs[spare], taken[spare]
                found.inputs.append(self._point(draws, place))
                taken.append(sides[place])
                missing &= ~sides[place]
                new &= missing
        self._name_untaken(found, missing)

    def _name_untaken(self, points: Points, missing: Mask) -> None:
        if missing.any():
            question = self._question
            names = question.names(question.graph.cone(self._outputs))
            which = missing.nonzero()[0].tolist()
            points.untaken = self._sides.texts(which, names)
            points.exact = self._sides.exact(which)

    def _point(self, draws: Mapping[int, Array], place: int) -> dict[int, Value]:
        values = {node: stack[place] for node, stack in draws.items()}
        return {
            **self._question.inputs,
            **{node: value if value.shape else float(value) for node, value in values.items()},
        }

    def _looked(self, draws: dict[int, Array]) -> tuple[Mask, Mask]:
        """For every draw, whether the output is finite there, and which sides it takes."""
        count = len(next(iter(draws.values())))
        most = max(1, _NUMBERS // self._numbers)
        good: list[Mask] = []
        taken: list[Mask] = []
        for start in range(0, count, most):
            part = {node: stack[start : start + most] for node, stack in draws.items()}
            size = min(most, count - start)
            values = dict(zip(self._nodes, self._evaluated(part)))
            finite_here = np.isfinite(values[self._nodes[0]].reshape(size, -1))
            good.append(np.asarray(finite_here.all(axis=1)))
            taken.append(self._sides.taken(values, size))
        return np.concatenate(good), np.concatenate(taken)

    def _evaluated(self, draws: Mapping[int, Array]) -> list[Array]:
        """The output and what the sides are made of, at every draw."""
        question = self._question
        if self._batch is None:
            try:
                self._batch = Batch(
                    question.graph, self._nodes, self._drawn, question.inputs, seed=question.seed
                )
            except StepError:
                question.run(self._nodes, self._point(draws, 0))  # says where
                raise
        return self._batch(draws)


def _spare(taken: Mask, first: int) -> int | None:
    """The last point, but the `first` ones, whose every side another takes too."""
    counts = taken.sum(axis=0)
    for place in range(len(taken) - 1, first - 1, -1):
        if (counts[taken[place]] > 1).all():
            return place
    return None
