"""trace: every step of the forward and the backward pass."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import prod
from typing import TYPE_CHECKING, Any

from gradcli.errors import UsageError
from gradcli.graph.formulas.edges import EdgeFormulas
from gradcli.graph.formulas.show import expression
from gradcli.graph.formulas.unfold import Formulas
from gradcli.graph.graph import LITERAL
from gradcli.graph.paths import Path, Paths, products_by_path
from gradcli.graph.reverse import Edge, gradient
from gradcli.question.question import Question
from gradcli.question.whereabouts import warn_of_breakdown
from gradcli.report import Report
from gradcli.rounded import FEW, Abridged
from gradcli.run.interpret import Value
from gradcli.verbs import nodes
from gradcli.verbs.grad import NO_VARIABLE, differentiated, refuse_array
from gradcli.verbs.symbolic import named
from gradcli.words import listed, nearest

if TYPE_CHECKING:
    from gradcli.figures import GraphFigure

COLUMNS = [
    "step", "phase", "node", "expression", "value", "from", "upstream", "local", "downstream",
    "grad",
]  # fmt: skip

TACIT = {"backward": ("node", "from"), "path": ("node", "from")}
"""What the expression of a step says too."""

SPARE = ("upstream", "downstream", "local")
"""What the expression of a step says too, in symbols: so a narrow terminal shows a step of numbers
in one line."""

_TIMES_NUMBER = re.compile(r"∂[^ ]+ \+?= (∂[^ ]+ [·*] )?\(?-?[\d.e-]+\)?")
"""A step whose local derivative is a number that stands in the expression: `∂e/∂b = ∂e/∂s · 1`."""

MOST_PATHS = 1_000
MOST_STEPS = 200_000
"""Of all the paths together that `--node` lists."""

Row = dict[str, Any]


def trace(question: Question, only: str = "") -> Report:
    """A row for every node in the order of evaluation, then one for every step backwards.

    The backward pass begins with ∂e/∂e = 1; then each node receives, from every node that it goes
    into, upstream · local = downstream; `grad` is the running sum of these. With `only`, the rows
    are those on the way from the output to the node of that name, and then one for each path.
    The summary counts the products of this one pass, one an edge, and those that it would take to
    follow every path to every variable on its own.

    Exit code 3 as in `grad`. Raises ShapeError for an output that is no scalar.
    """
    way, variables, gradients = passes(question, only)
    output, cone, names = question.model.output, question.cone(), way.steps.names
    values = way.run([output, *gradients.values()])
    found = {names[node]: values[gradients[node]] for node in variables}
    report = Report(
        command="trace",
        columns=COLUMNS,
        rows=_numbered(way.rows(cone, values, gradients)),
        summary={
            "output": names[output],
            "value": values[output],
            "gradient": found,
            "products": len(way.edges),
            "products_by_path": _counted(products_by_path(output, variables, way.edges)),
        },
        answer=list(found.items()),
        sections="phase",
        tacit=TACIT,
        implied={"downstream": _is_grad, "local": _is_said},
        shorter={"backward": ("∂", f"∂{names[output]}/∂")},
        spare=SPARE,
    )
    if not found:
        report.warnings.append(NO_VARIABLE)
    elif only and way.more:
        report.warnings.append(f"{way.more:,} more paths are added up in the last row")
    warn_of_breakdown(report, question, values, names, {n: gradients[n] for n in variables})

    def graph_figure() -> GraphFigure:
        from gradcli.verbs.pictured import backward_figure

        return backward_figure(question, [*gradients])

    report.graph = graph_figure
    report.mathematics = nodes.mathematics(question)
    return report


def passes(
    question: Question, only: str = "", how: str = "trace"
) -> tuple[Tracing, list[int], dict[int, int]]:
    """Both passes of a question: their steps, the variables, and the node of each gradient.

    With `only`, the backward pass goes to the node of that name alone. Raises ShapeError for an
    output that is no scalar, whose hint says `how` to ask for one.
    """
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    refuse_array(question, names, f"name a number with --of, or {how}")
    if only:
        variables = wrt = [_called(only, question, names)]
    else:
        variables = question.variables(cone)
        wrt = variables if question.wrt else differentiated(graph, cone, variables)
    edges: list[Edge] = []
    gradients = gradient(graph, output, wrt, edges=edges)
    steps = EdgeFormulas(graph, output, cone, names)
    paths = Paths(graph, output, wrt[0], edges) if only else None
    return Tracing(question, steps, edges, paths), variables, gradients


def _counted(number: float) -> float:
    """A count, which is exact while a float can tell it from the next one."""
    return int(number) if number < 2**53 else number


def _called(name: str, question: Question, names: Mapping[int, str]) -> int:
    """The node of a name, or of a label such as v1; UsageError where the output has none."""
    node = question.model.nodes.get(name, -1)
    if node in names:
        return node
    for node, label in names.items():
        if label == name:
            return node
    output = names[question.model.output]
    hint = nearest(name, names.values()) or f"it is made of {listed(sorted(names.values()))}"
    raise UsageError(f"--node {name}: {output} is not made of '{name}'", hint=hint)


def _is_grad(row: Row) -> bool:
    """Whether a step brings all that its receiver has got so far."""
    came, grad = row.get("downstream"), row.get("grad")
    return came is grad or (isinstance(came, float) and came == grad)


def _is_said(row: Row) -> bool:
    """Whether the local derivative is written in the expression."""
    step = row.get("expression", "")
    return isinstance(row.get("local"), str) or bool(_TIMES_NUMBER.fullmatch(step))


def _with_shape(name: str, shape: Sequence[int]) -> str:
    """A name that a terminal shows with the shape of a small array; the value of a large one
    begins with it."""
    small = shape and prod(shape) <= FEW
    return Abridged(name, f"{name} {tuple(shape)}") if small else name


def _numbered(rows: Iterator[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows, 1):
        yield {"step": number, **row}


class Tracing:
    """The steps of one trace: what they need of a run, and their rows."""

    def __init__(
        self, question: Question, steps: EdgeFormulas, edges: Sequence[Edge], paths: Paths | None
    ) -> None:
        self.question, self.steps, self.paths = question, steps, paths
        self.edges, self.listed, self.more = edges, list[Path](), 0
        if paths is not None:
            self.edges = [edge for edge in edges if edge.receiver in paths.on]
            self.listed = list(islice(paths.walk(MOST_STEPS), MOST_PATHS))
            self.more = paths.count - len(self.listed)
        self.locals = [steps.local(edge) for edge in self.edges]

    def run(self, outputs: Iterable[int]) -> Mapping[int, Value]:
        """The values of the outputs and of every step."""
        wanted = set(outputs)
        for edge, local in zip(self.edges, self.locals):
            wanted |= {edge.upstream, edge.downstream, edge.total}
            wanted |= set() if local is None else {local}
        for path in self.listed:
            wanted |= {path.upstream, path.downstream}
        return self.question.run(sorted(wanted))

    def rows(
        self, cone: Sequence[int], values: Mapping[int, Value], gradients: Mapping[int, int]
    ) -> Iterator[Row]:
        """The forward pass, the backward pass, the paths."""
        paths = self.paths
        for node in cone:
            if paths is None or node in paths.on:
                yield from self._forward(node, values)
        yield from self._backward(values)
        if paths is not None:
            yield from self._along(paths, cone, values, values[gradients[paths.target]])

    def _forward(self, node: int, values: Mapping[int, Value]) -> Iterator[Row]:
        graph, names = self.question.graph, self.steps.names
        if graph.ops[node] is LITERAL and node not in graph.names:
            return  # its text stands where it is used
        yield {
            "phase": "forward",
            "node": _with_shape(names[node], graph.shapes[node]),
            "expression": expression(graph, node, names),
            "value": values[node],
        }

    def _backward(self, values: Mapping[int, Value]) -> Iterator[Row]:
        steps = self.steps
        names = steps.names
        first = steps.symbol(steps.output)
        yield {
            "phase": "backward",
            "node": names[steps.output],
            "expression": f"{first} = 1",
            "grad": 1.0,
        }
        for number, edge in enumerate(self.edges):
            yield {
                "phase": "backward",
                "node": names[edge.receiver],
                "expression": self.symbols(number),
                "from": names[edge.consumer],
                "upstream": values[edge.upstream],
                "local": self.local(number, values),
                "downstream": values[edge.downstream],
                "grad": values[edge.total],
            }

    def symbols(self, number: int) -> str:
        """What a step does, `∂e/∂b += ∂e/∂s · 1`; the first one of a receiver says `=`."""
        edge = self.edges[number]
        more = number > 0 and self.edges[number - 1].receiver == edge.receiver
        symbol = self.steps.symbol(edge.receiver)
        return f"{symbol} {'+=' if more else '='} {self.steps.formula(edge)}"

    def local(self, number: int, values: Mapping[int, Value]) -> Value | str:
        """The local derivative of a step, or what it does with the upstream."""
        local = self.locals[number]
        if local is not None:
            return values[local]
        edge = self.edges[number]
        text = self.steps.map(edge)
        if edge.consumer != self.steps.output:
            return text
        return Abridged(text, self.steps.formula(edge))  # where ∂e/∂e is left out

    def _along(
        self, paths: Paths, cone: Sequence[int], values: Mapping[int, Value], gradient: Value
    ) -> Iterator[Row]:
        """The paths with their products, which add up to the gradient."""
        graph, steps = paths.graph, self.steps
        formulas = Formulas(graph, cone, steps.names, named(self.question, cone))
        numbers = {id(edge): number for number, edge in enumerate(self.edges)}
        start = steps.symbol(paths.target)
        row: Row = {"phase": "path", "node": steps.names[paths.target]}
        total: Value = 0.0
        for place, path in enumerate(self.listed):
            last = path.edges[-1]
            total = total + values[path.downstream]
            yield {
                **row,
                "expression": f"{start} {'+=' if place else '='} {steps.product(path, formulas)}",
                "from": steps.route(path),
                "upstream": values[path.upstream],
                "local": self.local(numbers[id(last)], values),
                "downstream": values[path.downstream],
                "grad": total,
            }
        if self.more:
            rest = f"{start} += … {self.more:,} more paths"
            yield {**row, "expression": rest, "downstream": gradient - total, "grad": gradient}
