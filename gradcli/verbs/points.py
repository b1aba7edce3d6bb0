"""Where a derivative is checked: at the values that were given, and at random ones for the rest.

Where everything has a value, that is one point, and random ones near it where they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from gradcli.errors import UsageError
from gradcli.graph.graph import Graph
from gradcli.graph.ops.classes import is_place
from gradcli.report.report import Abridged
from gradcli.run.interpret import StepError, Value, refuse_bytes
from gradcli.verbs.finite import finite
from gradcli.verbs.question import Question

if TYPE_CHECKING:
    import numpy as np

    from gradcli.run.extrapolate import Array, Mask

USUAL = 20
"""Random points that are tried where nobody says how many."""

TRIES = 100
"""So many random points are drawn at most for each that is wanted."""

MORE = 5_000
"""Draws for the sides of comparisons that no point takes yet. Every variable has one in each of as
many parts of its range, so that a side of a 2,500th of it is found for certain."""

TOGETHER = 1_000
"""Of these, so many are looked at in one walk."""

_NUMBERS = 1 << 24
"""Numbers that these draws may make."""

_NAMED = 3
"""Sides that a sentence names."""

_FEW, _MOST = 6, 1_000
"""Entries of an array that a terminal shows, and of all the arrays of a point that a file does."""

Draw = Callable[[int, bool], dict[int, "Array"]]
"""So many random values for each of some nodes, by node: the first axis is that of the draws. They
are spread evenly if that is asked for."""


@dataclass
class Points:
    """The inputs at each point: floats or arrays by node.

    `drawn` are the variables that differ from point to point, `skipped` counts the points that were
    drawn and left out, since a value was not finite there, and `missing` those that were wanted and
    not found. `near` says that the points lie around given values, `alone` that there is the given
    one, and could be more. `untaken` are the sides of comparisons that no point takes.
    """

    inputs: list[dict[int, Value]]
    drawn: list[int]
    skipped: int = 0
    missing: int = 0
    near: bool = False
    alone: bool = False
    untaken: list[str] = field(default_factory=list)
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
            found.append(f"no point takes {_some(self.untaken)}: {hint}")
        return found

    def note(self) -> str:
        """What to say of a check that passed at the given point alone, or nothing."""
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


def discrete(graph: Graph, cone: Sequence[int]) -> set[int]:
    """The nodes that are used as an index or a class, and as nothing else."""
    used: set[int] = set()
    smooth: set[int] = {max(cone)}
    for node in sorted(cone, reverse=True):
        for position, arg in enumerate(graph.args[node]):
            if is_place(graph, node, position) or (node in used and node not in smooth):
                used.add(arg)
            else:
                smooth.add(arg)
    return used - smooth


def parse_range(text: str) -> tuple[float, float]:
    """`LOW:HIGH` as two numbers; UsageError for anything else."""
    low, sign, high = text.partition(":")
    try:
        bounds = float(low), float(high)
    except ValueError:
        sign = ""
    if not sign:
        raise UsageError(f"--range {text}: expected two numbers", hint="write --range -5:5")
    if not (finite(bounds[0]) and finite(bounds[1])):
        raise UsageError(
            f"--range {text}: both ends must be finite numbers", hint="write --range -5:5"
        )
    if not bounds[0] < bounds[1]:
        raise UsageError(
            f"--range {text}: the first number is not below the second",
            hint=f"write --range {high}:{low}" if bounds[0] > bounds[1] else "",
        )
    return bounds


def choose(
    question: Question,
    count: int | None,
    bounds: tuple[float, float],
    more: Collection[int] = (),
) -> Points:
    """`count` (20) random points at which the output is finite; where everything has a value, the
    given point, and `count` near it if that is a number.

    There are fewer, or none, where too many draws were not finite. Points are chosen so that every
    side of every comparison is taken by one of them, as far as draws find it. `more` are nodes that
    take values at these points too. Raises UsageError for a class or an index without a value.
    """
    graph, output = question.graph, question.model.output
    cone = set(graph.cone([output, *more]))
    names = {question.model.inputs[name]: name for name in question.model.guessed}
    drawn = [node for node in names if node in cone]
    places = discrete(graph, question.cone())
    for node in drawn:
        if node in places:
            name, shape = names[node], graph.shapes[node]
            value = f"zeros({', '.join(map(str, shape))})" if shape else "0"
            raise UsageError(
                f"'{name}' is an index or a class, which takes no random values",
                hint=f"give {name} a value: {name}={value}",
            )
    if drawn:
        import numpy as np

        generator = np.random.default_rng(question.seed)
        draw = _uniform(graph, drawn, bounds, generator)
        return _Search(question, drawn, draw, more).points(Points([], drawn), count or USUAL)
    found = Points([dict(question.inputs)], [])
    if not finite(question.run([output])[output]):
        return Points([], [])
    places |= {node for each in more for node in discrete(graph, graph.cone([each]))}
    moving = [node for node in movable(question, more) if node not in places]
    if not moving:
        return found
    search = _Search(question, moving, _nearby(question, moving), more)
    if count is None:
        found.alone = True
        return search.judged(found)
    found.near, found.drawn = True, moving
    return search.points(found, count)


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


def _uniform(
    graph: Graph, drawn: Sequence[int], bounds: tuple[float, float], generator: np.random.Generator
) -> Draw:
    """Draws of all entries between the bounds."""
    import numpy as np

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
    import numpy as np

    x = np.asarray(value)
    scale = reach * np.maximum(1.0, np.abs(x))
    found: Array = x + scale * generator.uniform(-1.0, 1.0, (count, *x.shape))
    return found


def _nearby(question: Question, moving: Sequence[int]) -> Draw:
    """Draws around the given point, ever closer to it, since what is too far may not be finite.

    The first ones move everything; of later ones each moves some, since x^n has no value for an x
    below 0 as soon as n moves.
    """
    import numpy as np

    generator = np.random.default_rng(question.seed)
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


class _Search:
    """Draws points, and knows which are finite and which sides of comparisons they take."""

    def __init__(
        self, question: Question, drawn: Sequence[int], draw: Draw, more: Collection[int]
    ) -> None:
        from gradcli.verbs.sides import Sides

        self._question, self._drawn, self._draw = question, list(drawn), draw
        graph, output = question.graph, question.model.output
        self._outputs = [output, *more]
        self._sides = Sides(graph, self._outputs, drawn)
        self._nodes = [output, *self._sides.nodes]
        self._numbers = sum(prod(graph.shapes[node]) for node in graph.cone(self._nodes))

    def judged(self, points: Points) -> Points:
        """The given point, with the sides that it does not take."""
        if len(self._sides):
            values = self._question.run(self._sides.nodes)
            import numpy as np

            taken = self._sides.taken({n: np.asarray(v)[None] for n, v in values.items()}, 1)
            self._name_untaken(points, ~taken[0])
        return points

    def points(self, found: Points, count: int) -> Points:
        """Adds `count` finite points to the `found` ones, and more draws in place of the last ones
        where these take sides that no other does."""
        import numpy as np

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
        if len(self._sides) and len(found):
            self._take_sides(found, taken, first)
        return found

    def _take_sides(self, found: Points, taken: list[Mask], first: int) -> None:
        """Looks for points on the sides that none takes; these replace points that none needs."""
        import numpy as np

        missing = ~np.any(taken, axis=0)
        if not missing.any():
            return
        count = min(MORE, _NUMBERS // self._numbers)
        most = 2 * len(found)
        every = self._draw(count, True)
        for start in range(0, count, TOGETHER):
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
            points.untaken = self._sides.texts(missing.nonzero()[0].tolist(), names)

    def _point(self, draws: Mapping[int, Array], place: int) -> dict[int, Value]:
        values = {node: stack[place] for node, stack in draws.items()}
        return {
            **self._question.inputs,
            **{node: value if value.shape else float(value) for node, value in values.items()},
        }

    def _looked(self, draws: dict[int, Array]) -> tuple[Mask, Mask]:
        """For every draw, whether the output is finite there, and which sides it takes."""
        import numpy as np

        from gradcli.run.batch import Batch

        question, nodes = self._question, self._nodes
        count = len(next(iter(draws.values())))
        try:
            batch = Batch(question.graph, nodes, self._drawn, question.inputs, seed=question.seed)
        except StepError:
            question.run(nodes, self._point(draws, 0))  # says where
            raise
        values = dict(zip(nodes, batch(draws)))
        good = np.asarray(np.isfinite(values[nodes[0]].reshape(count, -1)).all(axis=1))
        return good, self._sides.taken(values, count)


def _spare(taken: Mask, first: int) -> int | None:
    """The last point, but the `first` ones, whose every side another takes too."""
    counts = taken.sum(axis=0)
    for place in range(len(taken) - 1, first - 1, -1):
        if (counts[taken[place]] > 1).all():
            return place
    return None
