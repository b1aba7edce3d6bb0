"""quiz: the numbers of a trace, asked one by one."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote
from typing import Any

from gradcli.errors import visible
from gradcli.practice.asking import Quiz, place_of
from gradcli.practice.kept import (
    check_replaceable,
    read_command,
    read_quiz,
    read_values,
    write_quiz,
)
from gradcli.practice.lesson import Lesson
from gradcli.practice.numbers import complete
from gradcli.question.question import Question
from gradcli.report import Report
from gradcli.report.booklet import Booklet, Section
from gradcli.report.conversation import conversation
from gradcli.welcome import command
from gradcli.words import counted

_LONGEST = 1_000
"""Characters of a command that is told in full."""

COLUMNS = ["step", "phase", "question", "answer", "right", "verdict", "note"]


def quiz(
    question: Question,
    given: Mapping[str, Any],
    first: int = 1,
    save: str = "",
    resume: str = "",
) -> Report:
    """Asks at the terminal, or takes the lines of standard input as answers; then the score.

    Variables without a value get short random ones. The quiz begins at the step `first` of the
    trace, or where the file `resume` stands; it is kept in the file `save`, else in that one.
    `given` are the `source`, the `values` and the options of the command, with which it is kept.

    Exit code 0 at a terminal, however many are right, also where somebody stopped; 1 for a wrong
    answer from a pipe, where open questions are none; 130 after Ctrl-C. Raises GradError as the
    lesson does, and for a file that cannot be read or written.
    """
    with_whom = conversation()
    lesson = Lesson(question)
    complete(lesson, read_values(resume) if resume else {})
    if resume:
        again = _command(read_command(resume), f"--resume {quote(resume)}")
        asked = read_quiz(resume, lesson, again)
    else:
        asked = Quiz(lesson, place_of(lesson, first))
    save = save or resume
    if save:
        check_replaceable(save)

    def keep() -> None:
        if save:
            write_quiz(save, asked, given)

    asked.run(with_whom, keep)
    summary = asked.summary()
    report = Report(
        command="quiz",
        columns=COLUMNS,
        rows=asked.rows(),
        summary=summary,
        answer=[("right", summary["right"]), ("questions", summary["questions"])],
        code=("question", "answer"),
    )
    score = f"{summary['right']} of {counted(summary['questions'], 'question')} right"
    report.booklet = Booklet(f"Quiz: {summary['output']}", [Section(score, table=report)])
    if asked.task is not None:
        how = f"--resume {quote(save)}" if save else f"--from {asked.task.step}"
        report.notes.append(f"to go on: {_command(given, how)}")
    elif not with_whom.patient and (with_whom.ask("") or "").strip():
        report.warnings.append("there are more answers than questions")
    if with_whom.same_screen:
        report.text = _told(asked)
    if not with_whom.patient and asked.count("wrong"):
        report.exit_code = 1
    if asked.interrupted:
        report.exit_code = 130
    return report


def _command(given: Mapping[str, Any], how: str) -> str:
    """The command that asks a quiz again."""
    words = [given["source"], *given.get("values", ())]
    for name, value in given.items():
        if name.startswith("--"):
            several = [value] if isinstance(value, str) else value
            words += [word for each in several for word in (name, each)]
    return command("quiz", words, how, _LONGEST)


def _told(asked: Quiz) -> str:
    """The score, and what to look at again."""
    summary = asked.summary()
    others = [f"{summary[name]} {name}" for name in ("wrong", "shown", "skipped") if summary[name]]
    done = summary["questions"] - summary["left"]
    at, several = asked.at + 1, len(asked.lesson.tasks)
    stopped = [f"Stopped before question {at} of {several}"] if asked.task is not None else []
    lines = [f"Score: {summary['right']} of {counted(done, 'question')} right"]
    lines[0] += f" ({', '.join(others)})" if others else ""
    for row in asked.rows():
        if row["verdict"] != "right":
            lines.append(f"  step {row['step']}  {row['question']}")
    return "\n" + "\n".join(map(visible, [*stopped, *lines])) + "\n"
