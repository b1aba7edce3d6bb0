"""What a file of code says: functions of a graph, the names in them, and the point."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from gradcli.errors import ShapeError, UsageError
from gradcli.export.identifiers import Identifiers
from gradcli.export.routines import Routine, constants, renamed, spoken
from gradcli.graph.formulas.show import labels
from gradcli.graph.graph import INPUT, LITERAL
from gradcli.graph.lowering import Knows
from gradcli.graph.reverse import gradient
from gradcli.words import counted

if TYPE_CHECKING:
    from gradcli.export.training_loop import Training
    from gradcli.learn.settings import Settings
    from gradcli.question.question import Question
    from gradcli.run.interpret import Value

LARGEST = 20_000
"""The most numbers that a file of code holds."""


@dataclass
class FilePlan:
    """A program as functions of its inputs: `value`, and for a scalar output `value_and_grad`.

    `arguments` are the names of the inputs with their shapes, in order; `point` the value of each
    that has one. `variables` are what the gradient is by, inputs or other nodes, with their shapes.
    """

    question: Question
    arguments: dict[str, tuple[int, ...]]
    point: dict[str, Value]
    value: Routine
    gradient: Routine | None
    variables: dict[str, tuple[int, ...]]
    output: str
    training: Training | None = None

    @property
    def complete(self) -> bool:
        """Whether every argument has a value."""
        return self.point.keys() == self.arguments.keys()


def planned(question: Question, knows: Knows, settings: Settings | None = None) -> FilePlan:
    """The plan of a program for a language that knows some ops; with `settings` it trains.

    Raises UsageError for an op that it lacks, and for more data than a file should hold.
    """
    graph, model = question.graph, question.model
    cone = question.cone()
    names = labels(graph, cone)
    inputs = [n for n in cone if graph.ops[n] is INPUT]
    variables = question.variables(cone)
    for n in cone:
        if 0 in graph.shapes[n]:
            what = f"{names[n]} has no entries, its shape is {graph.shapes[n]}"
            raise ShapeError(what, hint="export needs at least one entry")
    point = {names[n]: question.inputs[n] for n in inputs if n in question.inputs}
    _refuse_large(point)
    known = {n: names[n] for n in cone if n in graph.names}
    outputs, found = [model.output], {}
    if not graph.shapes[model.output]:
        depends = graph.depends(cone, variables)
        wrt = [n for n in cone if depends[n] and (n in known or n in variables)]
        found = gradient(graph, model.output, wrt)
        outputs += [found[n] for n in variables]
    became = spoken(model, outputs, knows)
    called = renamed(graph, known, became)
    values = dict(called)
    for n, name in known.items():
        adjoint = became.get(found.get(n, -1), -1)
        if adjoint >= 0 and graph.ops[adjoint] not in (LITERAL, INPUT):
            called.setdefault(adjoint, f"grad_{name}")
    training = None
    if settings is not None:
        from gradcli.export.training_loop import trained

        training = trained(question, settings, knows)
    held = constants(graph, graph.cone(became[n] for n in outputs), question.seed)
    output = became[model.output]
    return FilePlan(
        question,
        {names[n]: graph.shapes[n] for n in inputs},
        point,
        Routine(graph, inputs, [output], values, held),
        Routine(graph, inputs, [became[n] for n in outputs], called, held) if found else None,
        {names[n]: graph.shapes[n] for n in variables},
        names[model.output],
        training,
    )


def _refuse_large(point: Mapping[str, Value]) -> None:
    """UsageError where the values are more than a file of code should hold."""
    for name, value in point.items():
        shape = getattr(value, "shape", ())
        if prod(shape) > LARGEST:
            raise UsageError(
                f"{name} has {counted(len(value), 'row')}: too many for a file of code, which holds"
                f" {LARGEST:,} numbers at most",
                hint=f"export with a few rows, and call value({name}, …) with all of them",
            )


def local_names(routine: Routine, names: Identifiers) -> dict[int, str]:
    """What a function calls its inputs, and the nodes that have a name."""
    nodes = [*routine.inputs, *routine.cone()]
    return {n: names.new(routine.known[n]) for n in nodes if n in routine.known}


def identifiers(
    plan: FilePlan, names: Identifiers, routines: Sequence[Routine], left_out: Container[int] = ()
) -> tuple[dict[str, str], dict[int, str]]:
    """What the file calls the arguments, and the nodes of the routines that have a name."""
    arguments = {name: names.new(name) for name in plan.arguments}
    nodes: dict[int, str] = {}
    for routine in routines:
        for node in routine.inputs:
            if node in routine.known:
                nodes.setdefault(node, arguments.get(routine.known[node], ""))
        for node in routine.cone():
            if node in routine.known and node not in nodes and node not in left_out:
                nodes[node] = names.new(routine.known[node])
    return arguments, nodes
