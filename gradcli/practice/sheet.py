"""quiz --sheet: exercises on paper, each with numbers of its own, and their solutions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import dropwhile
from math import prod
from typing import Any

from gradcli.errors import UsageError
from gradcli.export.latex_code import definitions
from gradcli.graph.formulas.show import expression
from gradcli.graph.graph import LITERAL
from gradcli.practice.kinks import at_a_kink
from gradcli.practice.lesson import MOST, Lesson, QuizStep, told
from gradcli.practice.numbers import Numbers, none_found, short, varied
from gradcli.question.question import Question
from gradcli.report import Report
from gradcli.report.booklet import Booklet, Section, markdown
from gradcli.run.interpret import Value, finite
from gradcli.verbs import nodes
from gradcli.verbs.grad import NO_VARIABLE
from gradcli.verbs.trace import COLUMNS
from gradcli.words import counted, listed

BLANK = "............"
"""Where a number is to be written."""

_UNROUNDED = (
    "The steps were worked out with unrounded numbers, and each is shown rounded: to multiply what"
    " is shown may give another last digit."
)

_NOT_ASKED = "not asked"

_PRINTED = 60
"""Entries of an array that is given, which an exercise cannot do without."""

FORWARD = ["node", "expression", "value"]
BACKWARD = ["expression", "upstream", "local", "downstream", "grad"]


def sheet(question: Question, count: int, answers: bool) -> Report:
    """So many exercises, each with fresh short numbers for the variables and params that were not
    given one, as a document and as rows; their solutions follow if `answers` are wanted. Fewer, and
    a note, where there are not so many different numbers.

    Raises GradError as the lesson does, and where there are none.
    """
    moving = varied(question)
    lesson = Lesson(question)
    if not moving and count > 1:
        question.note(
            "nothing may take other numbers: there is one exercise; leave values out, or declare"
            " what may vary, as in param a = 2"
        )
    large = [node for node in lesson.given if prod(lesson.graph.shapes[node]) > _PRINTED]
    asked = _asked(lesson, large)
    if large:
        names = listed(lesson.names[node] for node in large)
        question.note(
            f"not printed, for more than {_PRINTED} entries: {names}; give it fewer rows for"
            " exercises that paper can do"
        )
    drawn = _drawn(lesson, moving, count)
    _note_kinks(lesson, moving, drawn)
    papers = [_Paper(lesson, asked, inputs) for inputs in drawn]
    if moving and len(papers) < count:
        names = listed(lesson.names[node] for node in moving)
        made = counted(len(papers), "exercise")
        question.note(f"{made}, not {count}: there are no more short numbers for {names}")
    output = lesson.names[question.model.output]
    booklet = Booklet(f"Exercises: the gradient of {output}", [_task(lesson, output, asked)])
    for number, paper in enumerate(papers, 1):
        booklet.sections += paper.exercise(number)
    if answers:
        booklet.sections.append(Section("Solutions", _UNROUNDED, fresh=True))
        for number, paper in enumerate(papers, 1):
            booklet.sections += paper.solution(number)
    rows = [
        {"exercise": number, **row}
        for number, paper in enumerate(papers, 1)
        for row in paper.rows(answers)
    ]
    report = Report(
        command="quiz",
        columns=["exercise", *COLUMNS],
        rows=rows,
        summary={"output": output, "exercises": len(papers), "seed": question.seed},
        booklet=booklet,
        text=markdown(booklet),
        markdown=True,
    )
    if not lesson.variables:
        report.warnings.append(NO_VARIABLE)
    return report


def _asked(lesson: Lesson, large: list[int]) -> list[QuizStep]:
    """The questions that can be worked out from what is printed: from no array that is too large
    for it. UsageError where there are none."""
    graph = lesson.graph
    wanted = [task.wanted for task in lesson.tasks]
    hidden = graph.depends(graph.cone(wanted), large)
    asked = [task for task in lesson.tasks if not hidden[task.wanted]]
    if not asked:
        output = lesson.names[lesson.question.model.output]
        names = listed(lesson.names[node] for node in large)
        raise UsageError(
            f"there is nothing to ask about {output} on paper: it takes {names}, and more than"
            f" {_PRINTED} entries are not printed",
            hint="give it data of fewer rows, or a smaller program",
        )
    return asked


def _note_kinks(lesson: Lesson, moving: list[int], drawn: list[dict[int, Value]]) -> None:
    """Notes which values that do not vary lie on a kink or a jump, where a side is taken."""
    question = lesson.question
    watched = sorted({*lesson.cone, *lesson.gradients.values()})
    names = [
        lesson.names[node]
        for node in lesson.variables
        if node in question.inputs and node not in moving and node not in lesson.places
        if any(at_a_kink(question, watched, inputs, [node]) for inputs in drawn)
    ]
    if names:
        lies = "lies" if len(names) == 1 else "lie"
        question.note(f"{listed(names)} {lies} on a kink or a jump: the gradient is that of a side")


def _drawn(lesson: Lesson, moving: list[int], count: int) -> list[dict[int, Value]]:
    """The numbers of every exercise."""
    if not moving:
        _check_finite(lesson)
        return [{}]
    numbers = Numbers(lesson, moving)
    found: list[dict[int, Value]] = []
    while len(found) < count and (fresh := numbers.fresh()) is not None:
        found.append(fresh)
    if not found:
        raise none_found(lesson.question, moving)
    return found


def _check_finite(lesson: Lesson) -> None:
    """UsageError where the output or a gradient is not finite at the values that are given."""
    values = lesson.run()
    output = lesson.question.model.output
    found = {lesson.names[output]: output}
    for edge in lesson.way.edges:
        found[lesson.way.steps.symbol(edge.receiver)] = edge.total
    for name, node in found.items():
        if not finite(values[node]):
            raise UsageError(
                f"{name} is {told(values[node])} at the values given: that makes no exercise",
                hint="give other values, or leave them out for ones that do",
            )


def _task(lesson: Lesson, output: str, asked: list[QuizStep]) -> Section:
    text = (
        f"Work out the value of each node, then its gradient, ∂{output}/∂node: what comes from each"
        " node that it goes into is upstream · local, and these add up. A number that does not come"
        " out short is wanted to 3 digits."
    )
    given = {*lesson.given, *(task.node for task in asked if task.edge is None)}
    left = [lesson.names[node] for node in _listed(lesson) if node not in given]
    if left:
        text += f" Not asked, as too large or made of what is not printed: {listed(left)}."
    lines = lesson.question.model.program.text.strip().split("\n")
    # what stands above the program may tell what comes out of its own numbers
    program = dropwhile(lambda line: line.strip()[:1] in ("#", ""), lines)
    return Section("The program", text, "\n".join(program), definitions(lesson.question))


def _listed(lesson: Lesson) -> list[int]:
    """The nodes of the tables."""
    graph = lesson.graph
    return [n for n in lesson.cone if graph.ops[n] is not LITERAL or n in graph.names]


class _Paper:
    """One exercise: a lesson at some values of its inputs."""

    def __init__(self, lesson: Lesson, asked: list[QuizStep], inputs: Mapping[int, Value]) -> None:
        self._lesson = lesson
        self._asked = {task.node for task in asked if task.edge is None}
        edges = {task.edge for task in asked}
        received = {edge.receiver: True for edge in lesson.way.edges}
        for place, edge in enumerate(lesson.way.edges):
            received[edge.receiver] &= place in edges
        self._received = {node for node, whole in received.items() if whole}
        self._values = lesson.run(inputs)

    def exercise(self, number: int) -> list[Section]:
        """The nodes, with what is given, and blanks for the rest."""
        lesson = self._lesson
        rows = []
        for node in _listed(lesson):
            value = self._shown(node) if node in lesson.given else _NOT_ASKED
            value = BLANK if node in self._asked else value
            grad = (
                BLANK if node in self._received else "1" if node == lesson.way.steps.output else ""
            )
            rows.append({**self._node(node), "value": value, "grad": grad})
        table = self._table([*FORWARD, "grad"], rows)
        return [Section(f"Exercise {number}", table=table)]

    def solution(self, number: int) -> list[Section]:
        """Both passes step by step."""
        known = {*self._lesson.given, *self._asked}
        listed = [node for node in _listed(self._lesson) if node in known]
        forward = [{**self._node(n), "value": self._shown(n)} for n in listed]
        backward = [*self._backward()]
        title, level = f"Solution {number}", 3
        parts = [Section(f"{title}, forward", table=self._table(FORWARD, forward), level=level)]
        if backward:
            table = self._table(BACKWARD, backward)
            parts.append(Section(f"{title}, backward", table=table, level=level))
        return parts

    def rows(self, answers: bool) -> Iterator[dict[str, Any]]:
        """Those of a trace, at full precision; without answers only what is given."""
        lesson = self._lesson
        given = {lesson.names[node] for node in lesson.given}
        traced = lesson.way.rows(lesson.cone, self._values, lesson.gradients)
        for step, row in enumerate(traced, 1):
            known = answers or (row["phase"] == "forward" and row["node"] in given)
            asked = ("phase", "node", "from", *["expression"] * (row["phase"] == "forward"))
            yield {"step": step, **{key: row[key] for key in row if known or key in asked}}

    def _node(self, node: int) -> dict[str, Any]:
        lesson = self._lesson
        text = expression(lesson.graph, node, lesson.names)
        name = lesson.names[node]
        return {"node": name, "expression": "" if text == name else text}

    def _shown(self, node: int) -> Any:
        """A given number as it is, any other to 3 digits; of a large array the shape."""
        lesson = self._lesson
        value = self._values[node]
        shape, given = lesson.graph.shapes[node], node in lesson.given
        if prod(shape) > (_PRINTED if given else MOST):
            return f"an array of shape {shape}"
        return value if given else short(value)

    def _backward(self) -> Iterator[dict[str, Any]]:
        lesson, values = self._lesson, self._values
        for place, edge in enumerate(lesson.way.edges):
            if edge.receiver not in self._received:
                continue
            row = {"upstream": edge.upstream, "downstream": edge.downstream, "grad": edge.total}
            local = lesson.way.locals[place]
            mapped = lesson.way.local(place, values) if local is None else self._shown(local)
            shown = {key: self._shown(node) for key, node in row.items()}
            yield {"expression": lesson.way.symbols(place), **shown, "local": mapped}

    def _table(self, columns: list[str], rows: list[dict[str, Any]]) -> Report:
        lesson = self._lesson
        output = lesson.names[lesson.question.model.output]
        headings = {"grad": f"∂{output}/∂node"} if "node" in columns else {}
        return Report(
            "quiz", columns, rows, headings=headings, code=("node", "expression", "local"),
            mathematics=nodes.mathematics(lesson.question),
        )  # fmt: skip
