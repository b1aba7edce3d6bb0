"""Errors of a run, explained by the program's own text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradcli.errors import GradError
from gradcli.graph.built import Built
from gradcli.graph.formulas.show import expression, labels
from gradcli.run.interpret import StepError, Value, interpret


def located(
    model: Built, outputs: Sequence[int], inputs: Mapping[int, Value], seed: int
) -> Mapping[int, Value]:
    """`interpret`, with what it raises explained by the program's own text."""
    try:
        return interpret(model.graph, outputs, inputs, seed)
    except StepError as step:
        raise explained(model, step) from None


def explained(model: Built, step: StepError) -> GradError:
    """An error of the run with the node where it arose, located in the program."""
    error = step.error
    if step.node < len(model.origins):
        names = labels(model.graph, model.graph.cone([step.node]))
        error.what = f"{_equation(model, step.node, names)}: {error.what}"
        error.span = model.span(step.node)
    return model.program.locate(error)


def _equation(model: Built, node: int, names: Mapping[int, str]) -> str:
    text = expression(model.graph, node, names)
    return f"{names[node]} = {text}" if names[node] != text else text
