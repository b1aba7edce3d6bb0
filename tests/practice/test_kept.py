"""A quiz in a file: what comes back is what was written, and nothing damaged comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradcli.errors import DataError, UsageError
from gradcli.practice.asking import Quiz, QuizResult
from gradcli.practice.kept import (
    check_replaceable,
    read_command,
    read_quiz,
    read_values,
    resumed,
    write_quiz,
)
from gradcli.practice.lesson import Lesson
from gradcli.question.question import ask

COMMAND = {"source": "e = r*s; r = a+b; s = b+sum(θ)", "values": ["a=2"], "--seed": "3"}


@pytest.fixture
def lesson() -> Lesson:
    return Lesson(ask("e = r*s; r = a+b; s = b+sum(θ)", ["a=2", "b=nan", "θ=[1,-1e-300]"]))


@pytest.fixture
def file(lesson: Lesson, tmp_path: Path) -> Path:
    results = {1: QuizResult("3∂\n\u2028", "right", "≈"), 2: QuizResult("", "skipped")}
    write_quiz(str(tmp_path / "q.json"), Quiz(lesson, 1, results), COMMAND)
    return tmp_path / "q.json"


def test_it_comes_back(file: Path, lesson: Lesson) -> None:
    quiz = read_quiz(str(file), lesson, "")
    assert quiz.results == {1: QuizResult("3∂\n\u2028", "right", "≈"), 2: QuizResult("", "skipped")}
    assert (quiz.first, quiz.at) == (1, 3)
    before = file.read_bytes()
    write_quiz(str(file), quiz, COMMAND)
    assert file.read_bytes() == before


@pytest.mark.parametrize("text", ["{}", "[]", "3", "", "{", '{"format": "gradcli quiz"}'])
def test_what_is_no_quiz(file: Path, lesson: Lesson, text: str) -> None:
    file.write_text(text)
    with pytest.raises(DataError):
        read_quiz(str(file), lesson, "")


@pytest.mark.parametrize("key", ["from", "results", "verdict", "step"])
@pytest.mark.parametrize("value", [None, 99, "x", {}, [1], [[]]])
def test_a_damaged_quiz(file: Path, lesson: Lesson, key: str, value: Any) -> None:
    held = json.loads(file.read_text("utf-8"))
    (held if key in held else held["results"][1])[key] = value
    file.write_text(json.dumps(held))
    with pytest.raises(DataError, match="is a damaged quiz"):
        read_quiz(str(file), lesson, "")


def test_a_cut_file_is_no_quiz(file: Path, lesson: Lesson) -> None:
    whole = file.read_bytes()
    for length in range(0, len(whole) - 2, 7):
        file.write_bytes(whole[:length])
        with pytest.raises(DataError):
            read_quiz(str(file), lesson, "")


def test_the_command_and_the_values_come_back(file: Path) -> None:
    path = str(file)
    assert read_command(path) == resumed(path, {}) == COMMAND
    assert resumed(path, {"--of": "r"}) == {**COMMAND, "--of": "r"}
    assert resumed(path, {"source": COMMAND["source"], "values": ["a=3"]})["values"] == ["a=3"]
    assert resumed(path, {"source": "x^2"}) == {"source": "x^2"}
    values = read_values(path)
    assert values["a"] == 2
    assert repr(values["b"]) == "nan"
    assert values["θ"].tolist() == [1, -1e-300]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "command",
    [None, [], "x", {}, {"source": 1}, {"source": ["x"]}, {"source": "x", "values": "x=1"},
     {"source": "x", "values": [1]}, {"source": "x", "--seed": "-1"},
     {"source": "x", "--seed": "9" * 5000}, {"source": "x", "--lr": "1"}],
)  # fmt: skip
def test_a_damaged_command(file: Path, command: Any) -> None:
    held = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**held, "command": command}))
    with pytest.raises(DataError, match="is a damaged quiz"):
        resumed(str(file), {})


@pytest.mark.parametrize(
    "content", [b"y = x^2\n", b"notes", b"{}", b"[1]", b" \n", b"\x00\xff", b'{"format": "other"}']
)
def test_a_file_of_the_users_own_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="exists, and is no quiz"):
        check_replaceable(str(file))
    assert file.read_bytes() == content


def test_a_quiz_an_empty_file_and_none_may_be_replaced(file: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    for path in (file, tmp_path / "empty", tmp_path / "new", "/dev/null"):
        check_replaceable(str(path))
