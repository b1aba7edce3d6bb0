"""export: the program as a file of code in another language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcli.errors import ShapeError, UsageError
from gradcli.learn.optimizers import parse_optimizer
from gradcli.learn.settings import Settings
from gradcli.report import Report
from gradcli.verbs.descend import option

if TYPE_CHECKING:
    from gradcli.export.targets import ExportTarget
    from gradcli.question.question import Question


@dataclass(frozen=True)
class LoopOptions:
    """What a training loop is asked to do; empty or None stands for what was not given."""

    optimizer: str = ""
    lr: float | None = None
    steps: int | None = None
    epochs: int | None = None
    batch_size: int | None = None

    def settings(self, question: Question) -> Settings:
        return Settings(
            optimizer=parse_optimizer(self.optimizer or "sgd"), lr=self.lr, steps=self.steps,
            epochs=self.epochs, rows=question.frame.rows if question.frame else 0,
            batch_size=self.batch_size, seed=question.seed, named=option,
        )  # fmt: skip


PLAIN = LoopOptions()
"""Nothing is asked of a training loop."""


def export(question: Question, target: ExportTarget, loop: LoopOptions = PLAIN) -> Report:
    """The text of the file.

    A program with params has a training loop in it, any other where a part of `loop` is given.
    Raises UsageError for an op that the target lacks, and for more data than a file should hold.
    """
    asked = loop != PLAIN
    if asked and not target.trains:
        raise UsageError(
            "a document has no training loop", hint="leave out the optimizer and its settings"
        )
    settings = loop.settings(question)
    why = _untrained(question, asked)
    if why is not None and asked:
        raise why
    if why is not None and why.what and target.trains:
        question.note(f"there is no training loop: {why.what}")
    text = target.write(
        question, None if why is not None else settings, lambda: _formulas(question)
    )
    return Report(command="export", columns=[], rows=[], text=text)


def _formulas(question: Question) -> dict[str, str]:
    """The derivatives of a scalar output by its variables, in LaTeX."""
    from gradcli.verbs.nodes import mathematics
    from gradcli.verbs.symbolic import symbolic_report

    if question.graph.shapes[question.model.output]:
        return {}
    typeset = mathematics(question)
    report = symbolic_report(question)
    return {name: typeset(text) or text for name, text in report.answer if name is not None}


def _untrained(question: Question, asked: bool) -> UsageError | ShapeError | None:
    """Why a file has no training loop; an error without words where nobody expects one."""
    model, graph, cone = question.model, question.graph, question.cone()
    kinds = {graph.kind(n) for n in cone}
    name = question.names(cone)[model.output]
    free = [n for n in model.guessed if model.inputs[n] in cone]
    if not asked and "param" not in kinds:
        return UsageError("")
    if graph.shapes[model.output]:
        hint = "name a loss with --of"
        return ShapeError(
            f"{name} has shape {graph.shapes[model.output]}, a loss is a number", hint=hint
        )
    if not question.of and name != "loss" and "loss" in model.program.named:
        return UsageError(f"the output is {name}, not loss", hint="add --of loss")
    if not kinds & {"param", "variable"}:
        return UsageError("nothing can move", hint="declare a param")
    if free:
        return UsageError(f"'{free[0]}' has no value", hint=f"give it one to start at: {free[0]}=1")
    return None
