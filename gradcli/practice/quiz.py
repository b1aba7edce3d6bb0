"""quiz: the numbers of a trace, asked one by one."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from gradcli.data.atomic import check_writable
from gradcli.errors import visible
from gradcli.practice.asking import Quiz, place_of
from gradcli.practice.kept import read_quiz, write_quiz
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
    words: Sequence[str],
    first: int = 1,
    save: str = "",
    resume: str = "",
) -> Report:
    """Asks at the terminal, or takes the lines of standard input as answers; then the score.

    Variables without a value get short random ones. The quiz begins at the step `first` of the
    trace, or where the file `resume` stands; it is kept in the file `save`, else in that one.
    `words` are those of the command that asks it again.

    Exit code 1 for a wrong answer from a pipe, 130 after Ctrl-C. Raises GradError as the lesson
    does, and for a file that cannot be read or written.
    """
    with_whom = conversation()
    complete(question)
    lesson = Lesson(question)
    asked = read_quiz(resume, lesson) if resume else Quiz(lesson, place_of(lesson, first))
    save = save or resume
    if save:
        check_writable(save)

    def keep() -> None:
        if save:
            write_quiz(save, asked)

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
        report.notes.append(f"to go on: {command('quiz', words, how, _LONGEST)}")
    elif not with_whom.patient and (with_whom.ask("") or "").strip():
        report.warnings.append("there are more answers than questions")
    if with_whom.same_screen:
        report.text = _told(asked)
    if not with_whom.patient and asked.count("wrong"):
        report.exit_code = 1
    if asked.interrupted:
        report.exit_code = 130
    return report


def _told(asked: Quiz) -> str:
    """The score, and what to look at again."""
    summary = asked.summary()
    others = [f"{summary[name]} {name}" for name in ("wrong", "shown", "skipped") if summary[name]]
    done = summary["questions"] - summary["left"]
    lines = [f"Score: {summary['right']} of {counted(done, 'question')} right"]
    lines[0] += f" ({', '.join(others)})" if others else ""
    for row in asked.rows():
        if row["verdict"] != "right":
            lines.append(f"  step {row['step']}  {row['question']}")
    return "\n" + "\n".join(map(visible, lines)) + "\n"
