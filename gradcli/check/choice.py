"""Which points a check is made at: random ones, the given one, or others near it."""

from __future__ import annotations

from collections.abc import Collection

from gradcli.check.draws import Search, nearby, uniform
from gradcli.check.points import USUAL, Points, movable
from gradcli.errors import UsageError
from gradcli.question.domain import discrete
from gradcli.question.question import Question
from gradcli.run.interpret import finite


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
        draw = uniform(question, drawn, bounds)
        found = Points([], drawn, bounds=bounds)
        return Search(question, drawn, draw, more).points(found, count or USUAL)
    found = Points([dict(question.inputs)], [])
    if not finite(question.run([output])[output]):
        return Points([], [])
    places |= {node for each in more for node in discrete(graph, graph.cone([each]))}
    moving = [node for node in movable(question, more) if node not in places]
    if not moving:
        found.fixed = count is not None
        return found
    search = Search(question, moving, nearby(question, moving), more)
    if count is None:
        found.alone = True
        return search.judged(found)
    found.near, found.drawn = True, moving
    return search.points(found, count)
