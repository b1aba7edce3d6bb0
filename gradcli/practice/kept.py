"""A quiz in a file, to go on with later."""

from __future__ import annotations

import json
from typing import Any

from gradcli.data.atomic import atomic_write
from gradcli.data.plain import read_json, to_plain
from gradcli.errors import DataError, UsageError
from gradcli.practice.asking import VERDICTS, Quiz, QuizResult
from gradcli.practice.lesson import Lesson

_FORMAT, _SCHEMA = "gradcli quiz", 1


def write_quiz(path: str, quiz: Quiz) -> None:
    """Replaces the file by where the quiz stands, an answer a line."""
    tasks = quiz.lesson.tasks
    results = [
        {"step": tasks[place].step, "answer": r.answer, "verdict": r.verdict, "note": r.note}
        for place, r in sorted(quiz.results.items())
    ]
    head = {"format": _FORMAT, "schema": _SCHEMA, **_asked(quiz.lesson)}
    head["from"] = tasks[quiz.first].step
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    answers = ",".join(f"\n  {json.dumps(result)}" for result in results)
    text = "{" + ",\n".join([*lines, f'"results": [{answers}]']) + "}\n"
    with atomic_write(path) as handle:
        handle.write(text.encode("ascii"))


def read_quiz(path: str, lesson: Lesson) -> Quiz:
    """The quiz that a file holds, about the same program at the same values.

    DataError for a file that is none, UsageError for one about something else.
    """
    found = read_json(path)
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise DataError(f"{path} is no quiz", hint="quiz --save writes one")
    if found.get("schema") != _SCHEMA:
        raise DataError(f"{path} was written by another gradcli", hint="start the quiz anew")
    for key, value in _asked(lesson).items():
        if found.get(key) != value:
            other = f"other {key}" if key == "values" else f"another {key}"
            what = f"{path} holds a quiz about {other}"
            raise UsageError(what, hint="go on with the command that began it")
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
        raise DataError(f"{path} is a damaged quiz", hint="start the quiz anew") from None


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
