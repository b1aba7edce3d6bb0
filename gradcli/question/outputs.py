"""The outputs of a program: the one that is asked about, and the others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import chain, count
from typing import TYPE_CHECKING

from gradcli.errors import ShapeError, UsageError
from gradcli.graph.names import mentioned, output_statements
from gradcli.words import listed

if TYPE_CHECKING:
    from gradcli.graph.build import Built
    from gradcli.language import Program
    from gradcli.language.program import Statement

MOST = 8
"""So many outputs are listed."""


def named_outputs(program: Program, taken: Collection[str]) -> list[str]:
    """The names of all outputs. One without a name gets one that is not `taken`: e, out, out1, …,
    the last of them first, as a report calls it."""
    outputs = output_statements(program)
    known = {s.name for s in program.statements} | mentioned(program) | set(taken)
    spare = chain(["e", "out"], (f"out{number}" for number in count(1)))
    free = (name for name in spare if name not in known)
    for statement in reversed(outputs):
        statement.name = statement.name or next(free)
    return [statement.name for statement in outputs]


def minimised(
    program: Program, outputs: Sequence[str], make: Callable[..., Built], method: str
) -> str:
    """The output that a descent minimises: the statement `loss`, else the only scalar one, for lm
    the only vector.

    `make` builds the model of some outputs. Raises UsageError where there are several.
    """
    if any(s.kind == "node" and s.name == "loss" for s in program.statements):
        return "loss"
    if len(outputs) == 1:
        return outputs[0]
    model = make(of=outputs[-1], more=outputs)
    shapes = {name: model.graph.shapes[model.nodes[name]] for name in outputs}
    rank, what = (1, "vector") if method == "lm" else (0, "scalar")
    fitting = [name for name in outputs if len(shapes[name]) == rank]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        found = ", ".join(f"{name} has shape {shapes[name]}" for name in outputs[:MOST])
        hint = f"minimise the mean of squares, such as loss = mean({outputs[0]}^2)"
        if rank:
            hint = "lm takes a vector of residuals: prediction - y"
        raise ShapeError(f"no output is a {what} to minimise: {found}", hint=hint)
    statements = [s for s in output_statements(program) if s.name in fitting]
    raise UsageError(
        f"which {what} is to be minimised? There are several: {_told(program, statements)}",
        hint=f"pick one, such as --of {fitting[0]}" + ", or name it loss" * (not rank),
    )


def others(program: Program) -> str:
    """A note that names the output and the others, where there are several; else nothing."""
    outputs = output_statements(program)
    if len(outputs) == 1:
        return ""
    last = outputs[-1].name or "the last"
    return (
        f"the output is {last}, of several that no other statement uses:"
        f" {_told(program, outputs)}; --of picks another"
    )


def _told(program: Program, statements: Sequence[Statement]) -> str:
    """Their names, with the text of those that have none in the program."""
    return listed((_spelled(program, statement) for statement in statements), MOST)


def _spelled(program: Program, statement: Statement) -> str:
    begin, end = statement.name_span
    if begin < end:
        return statement.name
    text = " ".join(program.text[slice(*statement.span)].split())
    text = text if len(text) <= 40 else text[:37] + "…"
    return f"{statement.name} = {text}" if statement.name else text
