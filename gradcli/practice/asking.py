"""A quiz: the questions of a lesson in turn, the answers to them, and the score."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradcli.errors import GradError, UsageError
from gradcli.practice.answers import Answer, holds, is_right, read_answer, slip
from gradcli.practice.lesson import Lesson, QuizStep, told
from gradcli.report.conversation import Conversation
from gradcli.words import joined

COMMANDS = {
    "hint": "the step in numbers or symbols",
    "show": "the answer",
    "skip": "on to the next",
    "back": "to the one before",
    "quit": "stop here (Ctrl-D)",
}
"""What may be typed in place of an answer; a node of that name is meant in brackets: (show)."""

VERDICTS = ("right", "wrong", "shown", "skipped")


@dataclass
class QuizResult:
    """What became of a question: the answer as it was typed, a verdict, and what was said."""

    answer: str
    verdict: str
    note: str = ""


class Quiz:
    """Where a quiz stands: `results` by place of the question, `at` the place of the next one.

    It began at the question `first`, as a place, too. `keep` is called after each answer.
    """

    def __init__(
        self, lesson: Lesson, first: int = 0, results: Mapping[int, QuizResult] | None = None
    ) -> None:
        self.lesson, self.first = lesson, first
        self.results = dict(results or {})
        self.at = max(self.results, default=first - 1) + 1
        self.values = lesson.run()
        self.interrupted = False
        self._missed = False

    @property
    def task(self) -> QuizStep | None:
        """The next question, None at the end."""
        return self.lesson.tasks[self.at] if self.at < len(self.lesson.tasks) else None

    def count(self, verdict: str) -> int:
        return sum(result.verdict == verdict for result in self.results.values())

    def run(self, with_whom: Conversation, keep: Callable[[], None]) -> None:
        """Asks until the end, or until there is no more answer."""
        if with_whom.patient and self.task is not None:
            self._welcome(with_whom)
        try:
            while self.task is not None:
                result = self._settled(self.task, with_whom)
                if result is not None:
                    self.results[self.at] = result
                    self.at += 1
                elif self.at > self.first:
                    self.at -= 1
                    self.results.pop(self.at, None)
                keep()
        except KeyboardInterrupt:
            with_whom.say("")
            self.interrupted = True
        except EOFError:
            return

    def _welcome(self, with_whom: Conversation) -> None:
        lesson = self.lesson
        output = lesson.names[lesson.question.model.output]
        with_whom.say(f"{output}: {lesson.told()}. Answer with a number to 3 digits or a formula.")
        with_whom.say(f"Also {joined(COMMANDS, 'or')}; ? explains them.", "aside")
        given = ", ".join(
            f"{name} = {told(value)}" for name, value in lesson.given_values(self.values)
        )
        if given:
            with_whom.say(f"Given {given}")

    def _settled(self, task: QuizStep, with_whom: Conversation) -> QuizResult | None:
        """What becomes of one question; None to go back. EOFError where nobody answers any more."""
        lesson, values = self.lesson, self.values
        number = f"{self.at + 1} of {len(lesson.tasks)}"
        with_whom.say("")
        with_whom.say(f"{number}  {lesson.known(task, values)}".rstrip())
        self._missed = False
        while True:
            text = with_whom.ask(f"{lesson.asked(task)} = ? ")
            if text is None or (word := text.strip()) in ("quit", "exit"):
                raise EOFError
            if word == "back":
                return None
            if word == "show":
                self._explain(task, with_whom)
                return QuizResult("", "shown")
            if word == "skip" or not (word or with_whom.patient):
                return QuizResult("", "skipped")
            if word in ("?", "help"):
                for command, about in COMMANDS.items():
                    with_whom.say(f"{command}  {about}")
            elif word == "hint":
                with_whom.say(lesson.hint(task, values), "aside")
            elif word and (result := self._judged(task, word, with_whom)) is not None:
                return result

    def _judged(self, task: QuizStep, text: str, with_whom: Conversation) -> QuizResult | None:
        """The verdict on an answer; None where another one may be typed, since this one could not
        be read, answers something else, or is the first that is wrong."""
        lesson, values = self.lesson, self.values
        wanted = values[task.wanted]
        try:
            answer = read_answer(lesson, task, text)
        except GradError as error:
            if with_whom.patient:
                with_whom.say(str(error))
                return None
            return QuizResult(text, "wrong", error.what)
        explained = lesson.explained(task, values)
        if is_right(answer.value, wanted):
            note = self._praise(task, answer)
            with_whom.say(f"Right{': ' + note if note else ''}", "right")
            self._sum(task, with_whom)
            return QuizResult(text, "right", note)
        found = slip(lesson, task, answer, values)
        if not with_whom.patient:
            return QuizResult(text, "wrong", f"{found}; {explained}" if found else explained)
        comes_to = f"{told(answer.value)} is wrong" if answer.named else "Wrong"
        if found.endswith("?"):
            with_whom.say(found[:1].upper() + found[1:])
            return None
        if not self._missed:
            self._missed = True
            with_whom.say(f"{comes_to}: {found or 'try once more, or hint'}", "wrong")
            return None
        with_whom.say(f"{comes_to}: {explained}", "wrong")
        self._sum(task, with_whom)
        return QuizResult(text, "wrong", explained)

    def _praise(self, task: QuizStep, answer: Answer) -> str:
        """What there is to say of a right answer: more digits, or that it is right by chance."""
        lesson, wanted = self.lesson, self.values[task.wanted]
        if answer.named and not holds(lesson, task, answer):
            return f"{told(wanted)}, though at these numbers alone: {lesson.in_symbols(task)}"
        exact = told(wanted)
        return "" if exact.replace(" ", "") == answer.text.replace(" ", "") else exact

    def _explain(self, task: QuizStep, with_whom: Conversation) -> None:
        with_whom.say(self.lesson.explained(task, self.values))
        self._sum(task, with_whom)

    def _sum(self, task: QuizStep, with_whom: Conversation) -> None:
        if self.lesson.complete(task):
            with_whom.say(self.lesson.summed(task, self.values))

    def rows(self) -> list[dict[str, Any]]:
        """A row a question that was asked."""
        lesson = self.lesson
        return [
            {
                "step": task.step,
                "phase": task.phase,
                "question": lesson.asked(task),
                "answer": result.answer,
                "right": self.values[task.wanted],
                "verdict": result.verdict,
                "note": result.note,
            }
            for place, result in sorted(self.results.items())
            for task in [lesson.tasks[place]]
        ]

    def summary(self) -> dict[str, Any]:
        lesson = self.lesson
        questions = len(lesson.tasks) - self.first
        return {
            "output": lesson.names[lesson.question.model.output],
            "questions": questions,
            **{verdict: self.count(verdict) for verdict in VERDICTS},
            "left": questions - len(self.results),
        }


def place_of(lesson: Lesson, step: int) -> int:
    """The place of the first question at or after a step of the trace."""
    for place, task in enumerate(lesson.tasks):
        if task.step >= step:
            return place
    last = lesson.tasks[-1].step
    what = f"--from {step}: the last question is step {last}"
    raise UsageError(what, hint=f"write --from {last}")
