"""A quiz in a file, to go on with later."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from gradcli.data.atomic import atomic_write, check_writable, is_regular
from gradcli.data.plain import from_plain, read_json, to_plain
from gradcli.errors import DataError, GradError, UsageError
from gradcli.practice.asking import VERDICTS, Quiz, QuizResult
from gradcli.practice.lesson import Lesson
from gradcli.run.interpret import Value

_SEVERAL = ("values", "--shape", "--data")
_COMMAND = ("source", "--of", "--wrt", "--params", "--seed", "--missing", *_SEVERAL)
"""What makes a question, and of these what may come more than once."""

_SEED = re.compile("[0-9]{1,20}")

_FORMAT, _SCHEMA = "gradcli quiz", 1


def write_quiz(path: str, quiz: Quiz, command: Mapping[str, Any]) -> None:
    """Replaces the file by where the quiz stands, an answer a line; `command` began it."""
    tasks = quiz.lesson.tasks
    results = [
        {"step": tasks[place].step, "answer": r.answer, "verdict": r.verdict, "note": r.note}
        for place, r in sorted(quiz.results.items())
    ]
    head = {"format": _FORMAT, "schema": _SCHEMA, "command": command, **_asked(quiz.lesson)}
    head["from"] = tasks[quiz.first].step
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    answers = ",".join(f"\n  {json.dumps(result)}" for result in results)
    text = "{" + ",\n".join([*lines, f'"results": [{answers}]']) + "}\n"
    with atomic_write(path) as handle:
        handle.write(text.encode("ascii"))


def check_replaceable(path: str) -> None:
    """Returns where a quiz may be kept in a file: it can be written, and what it holds is none of
    the user's own. Raises DataError and UsageError."""
    check_writable(path)
    if not is_regular(path) or not os.path.exists(path) or not os.path.getsize(path):
        return
    try:
        _read(path)
    except GradError:
        what = f"{path} exists, and is no quiz"
        raise UsageError(what, hint="write --save with another name") from None


def read_command(path: str) -> dict[str, Any]:
    """What began the quiz of a file: the `source`, its `values`, and the options by name; of an
    older file the program alone. DataError for a file that is no quiz."""
    found = _read(path)
    command = found.get("command", {"source": found.get("program")})
    if not isinstance(command, dict) or "source" not in command:
        raise _damaged(path)
    for name, value in command.items():
        several = name in _SEVERAL
        if name not in _COMMAND or isinstance(value, list) != several:
            raise _damaged(path)
        if not all(isinstance(each, str) for each in (value if several else [value])):
            raise _damaged(path)
    if not _SEED.fullmatch(command.get("--seed", "0")):
        raise _damaged(path)
    return command


def resumed(path: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A command with what it leaves out from the one that began the quiz of a file, unless it names
    another source. DataError for a file that is no quiz."""
    begun = read_command(path)
    same = given.get("source", begun["source"]) == begun["source"]
    return {**begun, **given} if same else dict(given)


def read_values(path: str) -> dict[str, Value]:
    """The values that a quiz in a file began with, by name. DataError for what holds none."""
    values = _read(path).get("values")
    if not isinstance(values, dict):
        raise _damaged(path)
    return {name: from_plain(value, f"{path}: {name}") for name, value in values.items()}


def read_quiz(path: str, lesson: Lesson, again: str) -> Quiz:
    """The quiz that a file holds, about the same program at the same values; `again` is the command
    that goes on with it.

    DataError for a file that is none, UsageError for one about something else.
    """
    found = _read(path)
    for key, value in _asked(lesson).items():
        if found.get(key) != value:
            other = f"other {key}" if key == "values" else f"another {key}"
            what = f"{path} holds a quiz about {other}"
            raise UsageError(what, hint=f"go on with {again}")
    places = {task.step: place for place, task in enumerate(lesson.tasks)}
    try:
        results = dict(_result(places, row) for row in found["results"])
        if not isinstance(found["results"], list):
            raise TypeError
        first = places[found["from"]]
        if [*results] != [*range(first, first + len(results))]:
            raise ValueError
        return Quiz(lesson, first, results)
    except (KeyError, TypeError, ValueError):
        raise _damaged(path) from None


def _read(path: str) -> dict[str, Any]:
    found = read_json(path)
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise DataError(f"{path} is no quiz", hint="quiz --save writes one")
    if found.get("schema") != _SCHEMA:
        raise DataError(f"{path} was written by another gradcli", hint="start the quiz anew")
    return found


def _damaged(path: str) -> DataError:
    return DataError(f"{path} is a damaged quiz", hint="start the quiz anew")


def _asked(lesson: Lesson) -> dict[str, Any]:
    """What a quiz is about."""
    question = lesson.question
    values = {lesson.names[n]: question.inputs[n] for n in lesson.given if n in question.inputs}
    return {
        "program": question.model.program.text,
        "output": lesson.names[question.model.output],
        "values": {name: to_plain(value) for name, value in values.items()},
        "seed": question.seed,
    }


def _result(places: dict[int, int], row: dict[str, Any]) -> tuple[int, QuizResult]:
    """KeyError, TypeError or ValueError for what is no result."""
    answer, verdict, note = (str(row[key]) for key in ("answer", "verdict", "note"))
    if verdict not in VERDICTS:
        raise ValueError
    return places[row["step"]], QuizResult(answer, verdict, note)
