"""The questions of a lesson are the steps of the trace, and each explanation adds up."""

from __future__ import annotations

from typing import Any

import pytest

from gradcli.errors import ShapeError, UsageError
from gradcli.language.sources import sample_names
from gradcli.practice.answers import is_right, read_answer
from gradcli.practice.lesson import MOST, Lesson, told
from gradcli.question.question import ask
from gradcli.rounded import rounded
from gradcli.verbs.trace import trace

SCALAR = [
    name
    for name in sample_names()
    if name
    in ("chain_rule", "computation_graph", "network_2_2_1", "node_intuitions", "rosenbrock",
        "two_layer_backward", "logistic_example", "cross_entropy", "embedding_lookup", "xor")
]  # fmt: skip


@pytest.mark.parametrize("sample", SCALAR)
def test_the_questions_are_the_steps_of_the_trace(sample: str) -> None:
    lesson = Lesson(ask(sample))
    values = lesson.run()
    rows = {row["step"]: row for row in trace(ask(sample)).rows}
    assert lesson.last == max(rows)
    for task in lesson.tasks:
        row = rows[task.step]
        assert row["phase"] == task.phase
        wanted = row["value"] if task.edge is None else row["downstream"]
        assert rounded(values[task.wanted], 17) == rounded(wanted, 17)
        if task.edge is not None:
            assert row["expression"] == lesson.in_symbols(task)
            assert row["from"] == lesson.names[lesson.way.edges[task.edge].consumer]
    asked = {task.step for task in lesson.tasks}
    for step, row in rows.items():
        assert (step in asked) == _has_a_question(row), row


def _has_a_question(row: dict[str, Any]) -> bool:
    """Whether a step of a trace is more than an input, a number, or ∂e/∂e = 1."""
    if row["phase"] == "backward":
        return "from" in row and getattr(row["downstream"], "size", 1) <= MOST
    leaf = row["expression"] == row["node"] or row["expression"].replace(".", "").isdecimal()
    return not leaf and getattr(row["value"], "size", 1) <= MOST


@pytest.mark.parametrize("sample", SCALAR)
def test_every_right_number_to_three_digits_is_accepted(sample: str) -> None:
    lesson = Lesson(ask(sample))
    values = lesson.run()
    for task in lesson.tasks:
        text = rounded(values[task.wanted], 3)
        answer = read_answer(lesson, task, text)
        assert is_right(answer.value, values[task.wanted]), (lesson.asked(task), text)


def test_explanations_multiply_and_add_up() -> None:
    """The numbers are those of the working example in the lecture."""
    lesson = Lesson(ask("e = r*s; r = a+b; s = b+1", ["a=2", "b=1"]))
    values = lesson.run()
    assert [lesson.explained(task, values) for task in lesson.tasks] == [
        "r = a + b = 2 + 1 = 3",
        "s = b + 1 = 1 + 1 = 2",
        "e = r * s = 3 * 2 = 6",
        "∂e/∂s = r = 1 × 3 = 3",
        "∂e/∂r = s = 1 × 2 = 2",
        "∂e/∂b = ∂e/∂r · 1 = 2 × 1 = 2",
        "∂e/∂b += ∂e/∂s · 1 = 3 × 1 = 3",
        "∂e/∂a = ∂e/∂r · 1 = 2 × 1 = 2",
    ]
    sums = [lesson.summed(task, values) for task in lesson.tasks if lesson.complete(task)]
    assert sums == ["∂e/∂b = 2 + 3 = 5"]


def test_numbers_below_zero_stand_in_brackets() -> None:
    lesson = Lesson(ask("(a - b)^2", ["a=-1", "b=-3"]))
    texts = [lesson.explained(task, lesson.run()) for task in lesson.tasks]
    assert texts[0] == "v1 = a - b = (-1) - (-3) = 2"
    assert texts[-1] == "∂e/∂a = ∂e/∂v1 · 1 = 4 × 1 = 4"


def test_an_argument_that_comes_twice_is_told_apart() -> None:
    lesson = Lesson(ask("x*x", ["x=3"]))
    first, second = lesson.tasks[1:]
    values = lesson.run()
    assert lesson.known(first, values).endswith("by x number 1 in it alone")
    assert lesson.known(second, values).endswith("by x number 2 in it alone")
    assert lesson.asked(second) == "∂e/∂x += ∂e/∂x"


@pytest.mark.parametrize("sample", [*SCALAR, "x = 2*3; y = x*a^2"])
def test_a_hint_says_more_than_the_question(sample: str) -> None:
    lesson = Lesson(ask(sample, guess=True) if sample in SCALAR else ask(sample, ["a=3"]))
    values = lesson.run()
    for task in lesson.tasks:
        hint = lesson.hint(task, values)
        assert hint != lesson.asked(task)
        assert not hint.endswith(f"= {told(values[task.wanted])}")


def test_a_hint_is_not_the_answer() -> None:
    lesson = Lesson(ask("L = -v; v = 3*x", ["x=2"]))
    edge = next(task for task in lesson.tasks if task.edge is not None)
    assert lesson.hint(edge, lesson.run()) == "how does L = -v change with v alone?"


def test_a_hint_shows_arrays() -> None:
    lesson = Lesson(ask("L = sum(h^2); h = W@x", ["W=[[1,2],[3,4]]", "x=[1,-1]"]))
    assert lesson.hint(lesson.tasks[0], lesson.run()) == "h = [[1, 2], [3, 4]] @ [1, -1]"


def test_what_is_large_or_random_is_not_asked() -> None:
    lesson = Lesson(ask("sum(x^2)*r; r = randn()", ["x=zeros(13)+2"], of="sum(x^2)*r"))
    asked = [lesson.asked(task) for task in lesson.tasks if task.edge is None]
    assert all("randn" not in text for text in asked)
    assert lesson.larger == 3
    assert lesson.told().endswith("; 3 larger arrays not asked")


def test_there_has_to_be_something_to_ask() -> None:
    with pytest.raises(UsageError, match="it has no steps"):
        Lesson(ask("x", ["x=1"]))
    with pytest.raises(ShapeError, match="a gradient is that of one number"):
        Lesson(ask("x*2", ["x=[1,2]"]))
