"""--sigma: the residuals of a fit, each divided by the deviation of what it was measured by."""

from __future__ import annotations

from array import array
from collections.abc import Collection
from typing import TYPE_CHECKING

from gradcli.errors import DataError, ShapeError, UsageError
from gradcli.language.program import Program, Statement
from gradcli.words import listed, nearest

if TYPE_CHECKING:
    from gradcli.question.question import Question


def weighted(
    program: Program, residuals: str, sigma: str, known: Collection[str]
) -> tuple[Program, str]:
    """The program with `residuals / sigma` as its last statement, and the name of that.

    `sigma` is one of the names that are `known`; a column may be called by any text.
    """
    if sigma not in known:
        hint = nearest(sigma, known) or f"name one of {listed(sorted(known))}"
        raise UsageError(f"--sigma {sigma}: there is no such column or node", hint=hint)
    name = f"{residuals}/{sigma}"
    stop, start = len(residuals), len(residuals) + 1
    whole = 0, len(name)
    formula = Program(
        text=name,
        kinds=["name", "name", "operator"],
        arguments=[residuals, sigma, "div"],
        starts=array("i", [0, start, 0]),
        stops=array("i", [stop, len(name), len(name)]),
        statements=[Statement("node", name, whole, 0, 3, whole)],
    )
    return program.joined(formula), name


def refuse_loss(method: str, sigma: str) -> None:
    """UsageError for a method that minimises a loss, in which weights may stand anywhere."""
    if method != "lm":
        raise UsageError(
            f"--sigma weighs the residuals of lm, and {method} minimises a loss",
            hint=f"use --optimizer lm, or write it in the loss: mean(((f - y)/{sigma})^2)",
        )


def refuse_sigma(question: Question, moving: Collection[str]) -> None:
    """GradError for a --sigma that has not one positive number a residual, or that moves."""
    sigma, graph, inputs = question.sigma, question.graph, question.model.inputs
    node = question.model.nodes[sigma]
    cone = set(graph.cone([node]))
    if moved := [name for name in moving if inputs[name] in cone]:
        what = f"--sigma {sigma}: it depends on what moves: {listed(moved)}"
        raise UsageError(what, hint="give it as a column, or hold them with --fix")
    shape, wanted = graph.shapes[node], graph.shapes[question.model.output]
    if shape != wanted:
        what = f"--sigma {sigma} has shape {shape}, the residuals have {wanted}"
        raise ShapeError(what, hint="give the deviation of each residual")
    import numpy as np

    values = np.asarray(question.run([node])[node])
    bad = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
    if bad.size:
        row, frame = int(bad[0]), question.frame
        column = frame is not None and graph.kind(node) == "data" and sigma not in question.given
        where = frame.place(sigma, row) if frame and column else f"--sigma {sigma}, entry {row}"
        what = f"{where}: {values[row]:g} is no standard deviation"
        raise DataError(what, hint="a deviation is a positive number")
