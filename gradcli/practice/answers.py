"""An answer: a number or a formula of the program's nodes, and whether it is right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from gradcli.check.scope import Scope
from gradcli.errors import UsageError
from gradcli.graph.ops.op import Shape
from gradcli.language import parse
from gradcli.practice.lesson import Lesson, QuizStep, told
from gradcli.question.domain import discrete
from gradcli.run.interpret import Value

_COMMA = re.compile(r"\s*[-+−]?\d*,\d+\s*")
"""A decimal comma, as in 0,5."""

_TINY, _SLACK, _LARGE = 1e-12, 1e-9, 1000
"""How far a number may be off whatever it is, and in parts of the right one, for rounding; and
below what a whole number is to be hit. The quiz of the page has the same."""

_CLOSE = 0.01
"""How far off, in parts of the right one, is close, though wrong."""

_POINTS = 2
"""Other points at which a formula is tried."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What was answered comes to `value`; `node` is that of the formula, and `named` says whether
    it names any other."""

    text: str
    value: Value
    node: int
    named: bool


def read_answer(lesson: Lesson, task: QuizStep, text: str) -> Answer:
    """What was typed, also as `r = 3` and with a decimal comma.

    Raises GradError for what is no formula of the program's nodes, for the question itself, and
    for an array of another shape.
    """
    symbol, question = lesson.symbol(task), lesson.question
    plain = text.replace(",", ".") if _COMMA.fullmatch(text) else text
    left, sign, right = plain.partition("=")
    if sign and not right.startswith("=") and left.rstrip("+ ").strip() == symbol:
        plain = right
    program = parse(f"answer = {plain.strip()}")
    if len(program.statements) != 1 or program.statements[0].kind != "node":
        raise UsageError("an answer is one number or one formula", hint="write one, such as 0.25")
    node = Scope.of(question, lesson.cone).node(program)
    names = {name for kind, name in zip(program.kinds, program.arguments) if kind == "name"}
    if symbol in names or (task.edge is None and node == task.node):
        what = f"that is the question itself: what does {symbol} come to?"
        raise UsageError(what, hint="write a number")
    shape, wanted = lesson.graph.shapes[node], lesson.shape(task)
    if shape != wanted:
        raise UsageError(
            f"{symbol} {_shaped(wanted)}, the answer {_shaped(shape)}",
            hint=f"write one such as {_example(wanted)}",
        )
    return Answer(text, question.run([node])[node], node, bool(names))


def _shaped(shape: Shape) -> str:
    return f"has shape {shape}" if shape else "is a number"


def _example(shape: Shape) -> str:
    text = "1"
    for size in reversed(shape):
        text = f"[{', '.join([text] * size)}]"
    return text


def is_right(answer: Value, wanted: Value) -> bool:
    """Whether every entry is the right one rounded to 3 digits or more, or equal to 6 digits; a
    whole number below 1,000 is to be hit."""
    return all(map(_is_near, _entries(answer), _entries(wanted)))


def _is_near(answer: float, wanted: float) -> bool:
    if told(answer) == told(wanted):
        return True
    if not isfinite(wanted):
        return False
    slack = max(_SLACK * abs(wanted), _TINY)
    whole = abs(wanted - round(wanted)) <= slack and abs(wanted) < _LARGE
    return abs(answer - wanted) <= (0 if whole else _half_a_unit(wanted)) + slack


def _half_a_unit(number: float) -> float:
    """Half of one in the third digit of a number."""
    return 0.5 * 10.0 ** (int(f"{number:.16e}".partition("e")[2]) - 2)


def _entries(value: Value) -> Iterator[float]:
    yield from [value] if isinstance(value, float) else map(float, value.ravel())


def holds(lesson: Lesson, task: QuizStep, answer: Answer) -> bool:
    """Whether a formula is right at other numbers too, not at these alone."""
    import numpy as np

    from gradcli.check.draws import near

    question, graph = lesson.question, lesson.graph
    places = discrete(graph, lesson.cone)
    moving = [n for n in question.inputs if graph.kind(n) in ("variable", "param")]
    generator = np.random.default_rng(question.seed)
    for _ in range(_POINTS):
        inputs: dict[int, Value] = {}
        for node in moving:
            if node not in places:
                drawn = near(generator, question.inputs[node], 1)[0]
                inputs[node] = drawn if drawn.shape else float(drawn)
        found = question.run([answer.node, task.wanted], inputs)
        if not np.allclose(found[answer.node], found[task.wanted], 1e-6, 1e-9, equal_nan=True):
            return False
    return True


def slip(lesson: Lesson, task: QuizStep, answer: Answer, values: Mapping[int, Value]) -> str:
    """What a wrong number is, where it is known: the local derivative alone, the other sign."""
    wanted = values[task.wanted]
    if task.edge is not None:
        edge, symbol = lesson.way.edges[task.edge], lesson.symbol(task)
        consumer, local = lesson.names[edge.consumer], lesson.way.locals[task.edge]
        upstream = f"upstream, {lesson.way.steps.symbol(edge.consumer)} = "
        if lesson.earlier(task) is not None and _same(answer.value, values[edge.total]):
            return f"that is {symbol} so far: what does {consumer} alone bring?"
        if local is not None and _same(answer.value, values[local]):
            return f"that is the local derivative: multiply it by the {upstream}" + told(
                values[edge.upstream]
            )
        if _same(answer.value, values[edge.upstream]):
            return f"that is the {upstream}{told(values[edge.upstream])}: multiply it by the local"
    if _same(answer.value, -wanted):
        return "the sign is wrong"
    pairs = zip(_entries(answer.value), _entries(wanted))
    if all(abs(found - right) <= _CLOSE * abs(right) for found, right in pairs):
        return "that is close, but not right to 3 digits"
    return ""


def _same(answer: Value, other: Value) -> bool:
    """Whether an answer is that other value, which need not have its shape."""
    if isinstance(answer, float) != isinstance(other, float):
        return False
    if not isinstance(answer, float) and answer.shape != other.shape:
        return False
    return is_right(answer, other)
