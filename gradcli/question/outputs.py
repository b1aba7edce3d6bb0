"""The outputs of a program: the one that is asked about, and the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain, count
from typing import TYPE_CHECKING

from gradcli.errors import LanguageError, ShapeError, UsageError
from gradcli.graph.formulas.show import labels
from gradcli.graph.names import NUMBERS, mentioned, output_statements, used_by
from gradcli.language import parse
from gradcli.words import listed, nearest

if TYPE_CHECKING:
    from gradcli.graph.built import Built
    from gradcli.graph.graph import Graph
    from gradcli.language import Program
    from gradcli.language.program import Statement

MOST = 8
"""So many outputs are listed."""


_NUMBER = re.compile(r"[\d_]*\.?[\d_]+([eE][+-]?\d+)?")


def chosen(program: Program, of: str, taken: Collection[str]) -> tuple[Program, str, str]:
    """The program with the formula of --of as its last statement, where `of` is one; the name of
    the output that `of` picks, and instead of it a label where only a report may know the name.

    A formula may give itself a name, as in `r = y - f`; else it gets one that is not `taken`.
    Raises GradError, located in `of`, for a text that is no formula.
    """
    known = defined_or_used(program)
    if not of or of in known:
        return program, of, ""
    if _NUMBER.fullmatch(of.strip()):  # a literal, which is called by its text
        return program, "", of.strip()
    formula = parse(of)
    if list(formula.kinds) == ["name"] and not formula.statements[0].name:
        name = formula.arguments[0]
        return (program, name, "") if name in known else (program, "", name)
    statement, *more = formula.statements
    if more or statement.kind != "node":
        what = f"--of {of.strip()}: expected a node or one formula"
        raise UsageError(what, hint='write --of "a*b"')
    if statement.name and statement.name in known:
        what, hint = f"the program has '{statement.name}' already", "write the formula alone"
        raise formula.locate(LanguageError(what, span=statement.name_span, hint=hint))
    # a formula may use the name that a report gives to an output without one
    program = replace(program, statements=[replace(each) for each in program.statements])
    named_outputs(program, taken)
    whole = program.joined(formula)
    name = statement.name or next(_spare(whole, taken))
    whole.statements[-1].name = name
    return whole, name, ""


def refuse_foreign(program: Program, known: Collection[str]) -> None:
    """LanguageError for a name that only the formula of --of has, unless it is `known`: it would be
    one more variable."""
    if not program.added:
        return
    *own, added = program.statements
    mine = set(known)
    for statement in own:
        mine |= {statement.name, *used_by(program, statement)}
    for at in range(added.begin, added.end):
        name = program.arguments[at]
        if program.kinds[at] == "name" and name not in mine and name not in NUMBERS:
            hint = nearest(name, mine) or f"its names are {listed(sorted(filter(None, mine)))}"
            what = f"the program has no node '{name}'"
            raise program.locate(LanguageError(what, hint=hint, span=program.span(at)))


def defined_or_used(program: Program) -> set[str]:
    """The names that the program itself knows."""
    return {s.name for s in program.statements} | mentioned(program)


def named_outputs(program: Program, taken: Collection[str]) -> list[str]:
    """The names of all outputs. One without a name gets one that is not `taken`: e, out, out1, …,
    the last of them first, as a report calls it."""
    outputs = output_statements(program)
    free = _spare(program, taken)
    for statement in reversed(outputs):
        statement.name = statement.name or next(free)
    return [statement.name for statement in outputs]


def _spare(program: Program, taken: Collection[str]) -> Iterator[str]:
    """Names for outputs without one."""
    known = defined_or_used(program) | set(taken)
    spare = chain(["e", "out"], (f"out{number}" for number in count(1)))
    return (name for name in spare if name not in known)


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


def named(graph: Graph, cone: Sequence[int], label: str) -> int | None:
    """The node that a report calls `label`, by a name that the program did not give it."""
    return next((node for node, name in labels(graph, cone).items() if name == label), None)


def pick(model: Built, label: str) -> None:
    """Makes the node that a report of the model calls `label` its output, under that name."""
    cone = model.graph.cone([model.output])
    node = named(model.graph, cone, label)
    if node is None:
        known = set(labels(model.graph, cone).values())
        hint = nearest(label, known) or f"pick one of {listed(sorted(known))}"
        raise UsageError(f"the program has no node '{label}'", hint=hint)
    model.graph.names.setdefault(node, [label])
    model.nodes[label] = model.output = node


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
