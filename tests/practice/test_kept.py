"""A quiz in a file: what comes back is what was written, and nothing damaged comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradcli.errors import DataError
from gradcli.practice.asking import Quiz, QuizResult
from gradcli.practice.kept import read_quiz, write_quiz
from gradcli.practice.lesson import Lesson
from gradcli.question.question import ask


@pytest.fixture
def lesson() -> Lesson:
    return Lesson(ask("e = r*s; r = a+b; s = b+sum(θ)", ["a=2", "b=nan", "θ=[1,-1e-300]"]))


@pytest.fixture
def file(lesson: Lesson, tmp_path: Path) -> Path:
    results = {1: QuizResult("3∂\n\u2028", "right", "≈"), 2: QuizResult("", "skipped")}
    write_quiz(str(tmp_path / "q.json"), Quiz(lesson, 1, results))
    return tmp_path / "q.json"


def test_it_comes_back(file: Path, lesson: Lesson) -> None:
    quiz = read_quiz(str(file), lesson)
    assert quiz.results == {1: QuizResult("3∂\n\u2028", "right", "≈"), 2: QuizResult("", "skipped")}
    assert (quiz.first, quiz.at) == (1, 3)
    before = file.read_bytes()
    write_quiz(str(file), quiz)
    assert file.read_bytes() == before


@pytest.mark.parametrize("text", ["{}", "[]", "3", "", "{", '{"format": "gradcli quiz"}'])
def test_what_is_no_quiz(file: Path, lesson: Lesson, text: str) -> None:
    file.write_text(text)
    with pytest.raises(DataError):
        read_quiz(str(file), lesson)


@pytest.mark.parametrize("key", ["from", "results", "verdict", "step"])
@pytest.mark.parametrize("value", [None, 99, "x", {}, [1], [[]]])
def test_a_damaged_quiz(file: Path, lesson: Lesson, key: str, value: Any) -> None:
    held = json.loads(file.read_text("utf-8"))
    (held if key in held else held["results"][1])[key] = value
    file.write_text(json.dumps(held))
    with pytest.raises(DataError, match="is a damaged quiz"):
        read_quiz(str(file), lesson)


def test_a_cut_file_is_no_quiz(file: Path, lesson: Lesson) -> None:
    whole = file.read_bytes()
    for length in range(0, len(whole) - 2, 7):
        file.write_bytes(whole[:length])
        with pytest.raises(DataError):
            read_quiz(str(file), lesson)
