"""The metrics of a descent: scalar outputs of its program that it shows beside the loss."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gradcli.errors import GradError
from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.hosts import hosts
from gradcli.learn.loss import Loss
from gradcli.question.locating import explained
from gradcli.question.question import Question
from gradcli.question.starts import start_values
from gradcli.run.interpret import StepError

if TYPE_CHECKING:
    from gradcli.run.interpret import Value
    from gradcli.training.split import Part

    Params = dict[str, Value]


def scalar_outputs(question: Question) -> list[str]:
    """The outputs that are one number, but for the one that is minimised; a note says which of the
    others cannot be worked out."""
    program = question.model.program
    minimised = question.of or ("" if question.label else next(reversed(question.outputs), ""))
    names = [name for name in question.outputs if name and name != minimised]
    shapes = question.frame.shapes() if question.frame else {}
    values = known(question)

    def built(more: Sequence[str]) -> Built:
        model = build(program, values, shapes, of=question.of, more=more)
        if question.frame is not None and question.frame.classes:
            from gradcli.question.text_classes import refuse_arithmetic

            refuse_arithmetic(model, question.frame)
        return model

    if not names:
        return []
    try:
        model = built(names)
    except GradError:
        for name in [*names]:
            try:
                built([name])
            except GradError as error:
                names.remove(name)
                question.note(f"{name} is not shown: {error.what}")
        model = built(names)
    return [name for name in names if not model.graph.shapes[model.nodes[name]]]


def known(question: Question) -> Params:
    """The values by name of everything that the minimised output is made of, but for the data."""
    columns = question.frame.parts if question.frame else ()
    inputs = question.model.inputs.items()
    mine = {name: question.inputs[node] for name, node in inputs if name not in columns}
    return {**question.given, **mine}


class Metrics:
    """The metrics of a question as functions of what is `moving` in it, of the rows to `learn` from
    and of those that `judge`.

    They are worked out where somebody looks at them, and never stop a descent: one that needs an
    index out of range is nan.
    """

    def __init__(
        self,
        question: Question,
        moving: Sequence[str],
        learn: Part | None,
        judge: Part | None,
        names: Sequence[str],
    ) -> None:
        self._question, self._moving = question, list(moving)
        self._values = known(question)
        self._models: dict[int, Built] = {}
        self.names, self.judging = list(names), list[str]()
        """The metrics, and those that the rows that judge have the data for."""
        self.inputs: list[str] = []
        """The names that the metrics and the minimised output are made of."""
        self.judged = judge is not None
        """Whether rows judge."""
        self._fixed: Params = {}
        self._learn: list[Loss] = []
        self._judge: list[Loss] = []
        if names:
            self._prepare(learn, judge)

    def _prepare(self, learn: Part | None, judge: Part | None) -> None:
        question = self._question
        rows = learn.rows if learn else 0
        try:
            model = self._model(rows)
        except GradError as error:  # the program counts the rows
            question.note(f"{', '.join(self.names)} cannot be shown for {rows} rows: {error.what}")
            self.names = []
            return
        self.inputs = list(model.inputs)
        data = question.frame.parts if question.frame else {}
        starts = [n for n in model.inputs if n in model.starts and n not in self._values]
        # without a start to work out, no data is read here
        frame = question.frame if starts else None
        inputs = start_values(model, self._values, frame, question.seed)
        self._fixed = {
            name: inputs[node]
            for name, node in model.inputs.items()
            if name not in self._moving and (name not in data or name in question.given)
        }
        self._learn = [self._of(name, learn) for name in self.names]
        if judge is None:
            return
        try:
            self._model(judge.rows)
        except GradError as error:
            question.note(f"there are no metrics for the rows that judge: {error.what}")
            return
        for name in self.names:
            cone = set(model.graph.cone([model.nodes[name]]))
            needs = [n for n, node in model.inputs.items() if node in cone and n in data]
            missing = [n for n in needs if n not in judge.frame.parts]
            if missing:
                question.note(f"the rows that judge have no {missing[0]}, of which {name} is made")
            else:
                self.judging.append(name)
        self._judge = [self._of(name, judge) for name in self.judging]

    @cached_property
    def places(self) -> set[str]:
        """The metrics that are the place of a largest or smallest entry."""
        if not self.names:
            return set()
        model = next(iter(self._models.values()))
        ops = {name: model.graph.ops[model.nodes[name]] for name in self.names}
        return {name for name, op in ops.items() if op.name in ("argmax", "argmin")}

    def of_learn(self, params: Params) -> dict[str, float]:
        """The metrics of the rows to learn from, or of a program without data."""
        return {name: _value(loss, params) for name, loss in zip(self.names, self._learn)}

    def of_judge(self, params: Params) -> dict[str, float]:
        """Those of the rows that judge."""
        return {name: _value(loss, params) for name, loss in zip(self.judging, self._judge)}

    def look(self, params: Params) -> None:
        """Works them all out."""
        self.of_learn(params)
        self.of_judge(params)

    def refuse(self, params: Params) -> None:
        """GradError for a metric that cannot be worked out at the start."""
        for loss in (*self._learn, *self._judge):
            try:
                loss.value(params)
            except StepError as step:
                raise explained(loss.measure(loss.rows).model, step) from None

    def _of(self, name: str, part: Part | None) -> Loss:
        def build(rows: int) -> Built:
            model = self._model(rows)
            return replace(model, output=model.nodes[name])

        seed = self._question.seed
        if hosts().several:
            from gradcli.learn.accelerated import AcceleratedValue

            return AcceleratedValue(build, self._moving, self._fixed, part, seed=seed)
        return Loss(build, self._moving, self._fixed, part, seed=seed)

    def _model(self, rows: int) -> Built:
        """The minimised output and the metrics in one graph, for so many rows of data."""
        if rows not in self._models:
            question = self._question
            shapes = question.frame.shapes(rows) if question.frame else {}
            self._models[rows] = build(
                question.model.program, self._values, shapes, of=question.of, more=self.names
            )
        return self._models[rows]


def _value(loss: Loss, params: Params) -> float:
    try:
        return loss.value(params)
    except StepError:
        return math.nan


class Columns:
    """The metrics in the rows of a report, and with rows that judge their loss and metrics too.

    One that bears the name of another column, such as those that are `taken`, is metric.NAME.
    """

    def __init__(self, metrics: Metrics, taken: Iterable[str]) -> None:
        self._metrics = metrics
        self._held = ["validation_loss"] if metrics.judged else []
        known = {*taken, *self._held}

        def free(name: str) -> str:
            found = f"metric.{name}" if name in known else name
            known.add(found)
            return found

        self._learn = [free(name) for name in metrics.names]
        self._judge = [free(f"validation_{name}") for name in metrics.judging]
        self.names = [*self._learn, *self._held, *self._judge]
        told = zip([*metrics.names, *metrics.judging], [*self._learn, *self._judge])
        self.places = {column for name, column in told if name in metrics.places}
        """The columns of metrics that are the number of a class or a row, which has no mean."""
        self.taken = known
        """The names of all columns so far."""

    def row(self, params: Params, validation_loss: float | None) -> dict[str, Any]:
        """The cells at some parameters."""
        metrics = self._metrics
        values = [*metrics.of_learn(params).values(), *[validation_loss][: len(self._held)]]
        values += metrics.of_judge(params).values()
        return dict(zip(self.names, values))
