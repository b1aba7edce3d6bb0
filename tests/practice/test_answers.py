"""What counts as right: the rule of the page, and formulas that are tried elsewhere too."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from py_mini_racer import MiniRacer

from gradcli.errors import GradError
from gradcli.practice.answers import holds, is_right, read_answer, slip
from gradcli.practice.lesson import Lesson, QuizStep
from gradcli.question.question import ask

WORKED = ("e = r*s; r = a+b; s = b+1", "a=2", "b=1")
TWO_LAYERS = ("L = sum(h^2); h = W@x", "W=[[1,2],[3,4]]", "x=[1,-1]")


def lesson_of(source: str, *values: str) -> Lesson:
    return Lesson(ask(source, values))


def task_of(lesson: Lesson, question: str) -> QuizStep:
    (task,) = [task for task in lesson.tasks if lesson.asked(task) == question]
    return task


@pytest.fixture(scope="module")
def on_the_page() -> Any:
    """`isRight` of the page, as it stands there."""
    text = files("gradcli.pictures").joinpath("page.js").read_text("utf-8")
    found = [
        re.search(rf"  function {name}\(.*?\n  }}\n", text, re.DOTALL)[0]  # type: ignore[index]
        for name in ("shown", "isRight")
    ]
    racer = MiniRacer()
    racer.eval("const isNumber = (value) => typeof value === 'number';" + "".join(found))
    return lambda a, b: racer.eval(f"isRight({a!r}, {b!r})")


NUMBERS = [
    0.0, 0.125, -0.6154, 3.0, -2.0, 2 + 4e-16, 120.0, 1001.0, 98765.4, 1e-7, -4.25e10, 123456.0,
    1 / 3, 9.996, 0.1235, 99.95, 1e23, 1e-300,
]  # fmt: skip


@pytest.mark.parametrize("wanted", NUMBERS)
def test_right_is_what_is_right_on_the_page(wanted: float, on_the_page: Any) -> None:
    off = [0, 1e-6, 0.0004, 0.0006, 0.001, 0.004, 0.006, 0.0099, 0.05, -0.0004, -0.004, -0.01, -2]
    answers = [wanted * (1 + each) for each in off] + [wanted + 1, wanted + 1e-13, 0.0]
    verdicts = [is_right(answer, wanted) for answer in answers]
    assert verdicts == [on_the_page(answer, wanted) for answer in answers]
    assert set(verdicts) == {True, False}


@pytest.mark.parametrize("wanted", NUMBERS)
def test_three_digits_are_enough(wanted: float) -> None:
    assert is_right(float(f"{wanted:.3g}"), wanted)


@pytest.mark.parametrize(
    ("answer", "wanted", "right"),
    [
        (1010.0, 1001.0, False), (1000.0, 1001.0, True), (1005.0, 1001.0, True),
        (2.01, 2.0, False), (0.33, 1 / 3, False), (0.333, 1 / 3, True), (0.334, 1 / 3, False),
        (0.124, 0.1235, True), (0.123, 0.1235, True), (0.1229, 0.1235, False),
        (10.0, 9.996, True), (9.99, 9.996, False), (998.0, 999.0, False), (0.0, 1e-17, True),
    ],
)  # fmt: skip
def test_right_is_right_to_three_digits(
    answer: float, wanted: float, right: bool, on_the_page: Any
) -> None:
    for sign in (1, -1):
        assert is_right(sign * answer, sign * wanted) == right
        assert on_the_page(sign * answer, sign * wanted) == right


def test_arrays_are_right_entry_by_entry() -> None:
    wanted = np.array([[1.0, 0.3333], [0.0, -2.0]])
    assert is_right(np.array([[1.0, 0.333], [0.0, -2.0]]), wanted)
    assert not is_right(np.array([[1.0, 0.333], [0.01, -2.0]]), wanted)
    assert is_right(float("nan"), float("nan"))
    assert is_right(float("inf"), float("inf"))
    assert not is_right(float("inf"), 1.0)


RIGHT = [
    (WORKED, "r = a + b", "3"),
    (WORKED, "r = a + b", "r = 3"),
    (WORKED, "r = a + b", "2+1"),
    (WORKED, "r = a + b", "3,0"),
    (WORKED, "e = r * s", "a*b + a + b^2 + b"),
    (WORKED, "∂e/∂s", "r"),
    (WORKED, "∂e/∂s", "∂e/∂s = a + b"),
    (WORKED, "∂e/∂b += ∂e/∂s · ∂s/∂b", "∂e/∂s"),
    (WORKED, "∂e/∂b += ∂e/∂s · ∂s/∂b", "∂e/∂b += r"),
    (TWO_LAYERS, "h = W @ x", "[-1, -1]"),
    (TWO_LAYERS, "∂L/∂W = ∂L/∂h · ∂h/∂W", "[[-2, 2], [-2, 2]]"),
    (TWO_LAYERS, "∂L/∂W = ∂L/∂h · ∂h/∂W", "outer(2*h, x)"),
    (TWO_LAYERS, "∂L/∂x = ∂L/∂h · ∂h/∂x", "W.T @ ∂L/∂h"),
]


@pytest.mark.parametrize(("program", "question", "answer"), RIGHT)
def test_numbers_and_formulas(program: tuple[str, ...], question: str, answer: str) -> None:
    lesson = lesson_of(*program)
    task = task_of(lesson, question)
    found = read_answer(lesson, task, answer)
    assert is_right(found.value, lesson.run()[task.wanted])
    assert holds(lesson, task, found) or not found.named


def test_a_formula_that_is_right_by_chance_is_known() -> None:
    lesson = lesson_of(*WORKED)
    task = task_of(lesson, "∂e/∂r")  # s = b + 1 = 2 = a
    found = read_answer(lesson, task, "a")
    assert is_right(found.value, lesson.run()[task.wanted])
    assert not holds(lesson, task, found)


UNREAD = [
    ("r = a + b", "2x", "expected an operator"),
    ("r = a + b", "q", "no node 'q'"),
    ("r = a + b", "1; 2", "one number or one formula"),
    ("r = a + b", "a + b", "the question itself"),
    ("r = a + b", "r", "the question itself"),
    ("∂e/∂s", "∂e/∂s", "the question itself"),
    ("∂e/∂s", "[1, 2]", "is a number, the answer has shape"),
]


@pytest.mark.parametrize(("question", "answer", "what"), UNREAD)
def test_what_is_no_answer_says_why(question: str, answer: str, what: str) -> None:
    lesson = lesson_of(*WORKED)
    with pytest.raises(GradError, match=re.escape(what)):
        read_answer(lesson, task_of(lesson, question), answer)


SLIPS = [
    ("∂e/∂b += ∂e/∂s · ∂s/∂b", "5", "that is ∂e/∂b so far"),
    ("∂e/∂b += ∂e/∂s · ∂s/∂b", "1", "local derivative: multiply it by the upstream, ∂e/∂s = 3"),
    ("∂e/∂s", "1", "that is the upstream, ∂e/∂e = 1"),
    ("∂e/∂s", "-3", "the sign is wrong"),
    ("∂e/∂s", "3.01", "close, but not right to 3 digits"),
    ("∂e/∂s", "17", ""),
]


@pytest.mark.parametrize(("question", "answer", "what"), SLIPS)
def test_a_known_slip_is_named(question: str, answer: str, what: str) -> None:
    lesson = lesson_of(*WORKED)
    task = task_of(lesson, question)
    found = slip(lesson, task, read_answer(lesson, task, answer), lesson.run())
    assert what in found
    assert bool(found) == bool(what)
