"""The steps of a trace as questions: what is asked, what is known, and how the answer comes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from gradcli.errors import UsageError
from gradcli.graph.formulas.edges import DOT
from gradcli.graph.formulas.show import expression
from gradcli.graph.graph import INPUT, LITERAL
from gradcli.graph.ops.op import Shape
from gradcli.question.domain import discrete
from gradcli.question.question import Question
from gradcli.rounded import brief
from gradcli.run.interpret import Value
from gradcli.verbs.trace import passes
from gradcli.words import counted

MOST = 12
"""Entries of an array that is asked for."""

DIGITS = 6
"""Of numbers that are told."""


@dataclass(frozen=True)
class QuizStep:
    """One question: the value of a node, or what an edge brings to its gradient.

    `step` is its number in the trace, `node` the one whose value or gradient it is, `edge` the
    place of the edge in the backward pass, None forward, and `wanted` the node of the answer.
    """

    step: int
    node: int
    wanted: int
    edge: int | None = None

    @property
    def phase(self) -> str:
        return "forward" if self.edge is None else "backward"


class Lesson:
    """All the questions about a program, in the order of its trace.

    Asked are the operations forward, and every edge backward, of at most 12 entries; inputs, what
    is random, and what literals alone make, such as [1, 2], are `given`; the gradient by an index
    or a class, one of the `places`, is not asked. `larger` counts what has too many entries, and
    `last` is the number of the last step. Raises ShapeError for an output that is no scalar, and
    UsageError where there is nothing to ask.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self.way, self.variables, self.gradients = passes(question, how="ask for")
        graph = question.graph
        self.graph, self.names = graph, self.way.steps.names
        self.cone = question.cone()
        self.places = discrete(graph, self.cone)
        self.tasks: list[QuizStep] = []
        self.given: list[int] = []
        self.larger = step = 0
        fixed = self._fixed()
        for node in self.cone:
            if graph.ops[node] is LITERAL and node not in graph.names:
                continue  # its text stands where it is used
            step += 1
            if graph.ops[node] in (INPUT, LITERAL) or graph.ops[node].random or node in fixed:
                self.given.append(node)
            elif graph.args[node]:
                self._ask(QuizStep(step, node, node))
        step += 1  # ∂e/∂e = 1
        for place, edge in enumerate(self.way.edges, 1):
            if edge.receiver not in self.places:
                self._ask(QuizStep(step + place, edge.receiver, edge.downstream, place - 1))
        self.last = step + len(self.way.edges)
        if not self.tasks:
            name = self.names[question.model.output]
            what = f"its arrays have more than {MOST} entries" if self.larger else "it has no steps"
            smaller = 'ask about a smaller one: gradcli quiz "(a+b)*(b+1)" a=2 b=1'
            raise UsageError(f"there is nothing to ask about {name}: {what}", hint=smaller)

    def _fixed(self) -> set[int]:
        """The nodes that literals alone make; none where the output is one."""
        graph, fixed = self.graph, set[int]()
        for node in self.cone:
            made = graph.args[node] and not graph.ops[node].random
            if graph.ops[node] is LITERAL or (made and fixed.issuperset(graph.args[node])):
                fixed.add(node)
        return set() if self.question.model.output in fixed else fixed

    def _ask(self, task: QuizStep) -> None:
        if prod(self.graph.shapes[task.node]) <= MOST:
            self.tasks.append(task)
        else:
            self.larger += 1

    def run(self, inputs: Mapping[int, Value] | None = None) -> Mapping[int, Value]:
        """The values of every step, at other `inputs` than the question's own where they differ."""
        outputs = {*self.cone, *self.gradients.values()}
        for edge, local in zip(self.way.edges, self.way.locals):
            outputs |= {edge.upstream, edge.downstream, edge.total}
            outputs |= set() if local is None else {local}
        return self.question.run(sorted(outputs), inputs)

    def shape(self, task: QuizStep) -> Shape:
        return self.graph.shapes[task.node]

    def symbol(self, task: QuizStep) -> str:
        """What is asked for: `r`, `∂e/∂s`."""
        return self.names[task.node] if task.edge is None else self.way.steps.symbol(task.node)

    def asked(self, task: QuizStep) -> str:
        """The question: `r = a + b`, `∂e/∂b += ∂e/∂s · ∂s/∂b`."""
        if task.edge is None:
            return self._equation(task.node)
        edge = self.way.edges[task.edge]
        sign = "=" if self.earlier(task) is None else "+="
        chain = f"∂{self.names[edge.consumer]}/∂{self.names[edge.receiver]}"
        if edge.consumer != self.question.model.output:
            chain = f"{self.way.steps.symbol(edge.consumer)} {DOT} {chain}"
        elif sign == "=":
            return chain
        return f"{self.symbol(task)} {sign} {chain}"

    def earlier(self, task: QuizStep) -> int | None:
        """The node of what earlier edges brought to the same gradient, if there are any."""
        if not task.edge:
            return None
        before = self.way.edges[task.edge - 1]
        return before.total if before.receiver == task.node else None

    def complete(self, task: QuizStep) -> bool:
        """Whether the last edge of a gradient of several has come."""
        edges = self.way.edges
        if self.earlier(task) is None or task.edge is None:
            return False
        return task.edge + 1 == len(edges) or edges[task.edge + 1].receiver != task.node

    def known(self, task: QuizStep, values: Mapping[int, Value]) -> str:
        """What the answer is made of: `a = 2, b = 1`; `e = r * s, r = 3, s = 2, ∂e/∂e = 1`."""
        parts = self._inputs(task.node, values)
        if task.edge is not None:
            edge = self.way.edges[task.edge]
            parts = [self._equation(edge.consumer), *self._inputs(edge.consumer, values)]
            if edge.consumer != self.question.model.output:
                upstream = self.way.steps.symbol(edge.consumer)
                parts.append(f"{upstream} = {told(values[edge.upstream])}")
            arguments = self.graph.args[edge.consumer]
            if arguments.count(edge.receiver) > 1:
                which = arguments[: edge.position + 1].count(edge.receiver)
                parts.append(f"by {self.names[edge.receiver]} number {which} in it alone")
        shape = self.shape(task)
        return ", ".join([*parts, f"of shape {shape}"] if shape else parts)

    def _inputs(self, node: int, values: Mapping[int, Value]) -> list[str]:
        arguments = dict.fromkeys(self.graph.args[node])
        shown = [a for a in arguments if self.graph.ops[a] is not LITERAL or a in self.graph.names]
        return [f"{self.names[a]} = {told(values[a])}" for a in shown]

    def _equation(self, node: int) -> str:
        return f"{self.names[node]} = {expression(self.graph, node, self.names)}"

    def hint(self, task: QuizStep, values: Mapping[int, Value]) -> str:
        """The step in numbers or in symbols, without its result; of what is no more than the
        question the sign."""
        wanted = values[task.wanted]
        answered = f"= {told(wanted)}"
        if task.edge is None:
            name, arguments = self.names[task.node], self.graph.args[task.node]
            numbers = {node: _factor(values[node]) for node in arguments}
            told_so_far = f"{name} = {expression(self.graph, task.node, numbers)}"
        else:
            told_so_far, edge = self.in_symbols(task), self.way.edges[task.edge]
            if told_so_far.endswith(answered):
                by = self.names[edge.receiver]
                return f"how does {self._equation(edge.consumer)} change with {by} alone?"
            if told_so_far == self.asked(task):
                local = self.way.local(task.edge, values)
                through = local if isinstance(local, str) else f"the local derivative {told(local)}"
                return f"upstream {told(values[edge.upstream])} goes through {through}"
        if told_so_far != self.asked(task) and not told_so_far.endswith(answered):
            return told_so_far
        if not isinstance(wanted, float):
            return f"{self.symbol(task)} has shape {wanted.shape}: go entry by entry"
        sign = "above 0" if wanted > 0 else "below 0" if wanted < 0 else "neither above nor below 0"
        return f"{self.symbol(task)} is {sign}"

    def in_symbols(self, task: QuizStep) -> str:
        """The step as a trace writes it: `r = a + b`, `∂e/∂b += ∂e/∂s · 1`."""
        return self._equation(task.node) if task.edge is None else self.way.symbols(task.edge)

    def explained(self, task: QuizStep, values: Mapping[int, Value]) -> str:
        """The step to its end: `r = a + b = 2 + 1 = 3`, `∂e/∂b += ∂e/∂s · 1 = 3 × 1 = 3`."""
        result = told(values[task.wanted])
        if task.edge is None:
            parts = [self._equation(task.node), self._in_numbers(task.node, values), result]
            return " = ".join(part for part in parts if part)
        edge = self.way.edges[task.edge]
        upstream, local = told(values[edge.upstream]), self.way.local(task.edge, values)
        if isinstance(local, str):
            return f"{self.way.symbols(task.edge)}: upstream {upstream} through {local} is {result}"
        return f"{self.way.symbols(task.edge)} = {_factor(upstream)} × {_factor(local)} = {result}"

    def summed(self, task: QuizStep, values: Mapping[int, Value]) -> str:
        """What all edges together bring: `∂e/∂b = 2 + 3 = 5`."""
        brought = [e.downstream for e in self.way.edges if e.receiver == task.node]
        edge = self.way.edges[task.edge or 0]
        terms = " + ".join(_factor(values[each]) for each in brought)
        return f"{self.symbol(task)} = {terms} = {told(values[edge.total])}"

    def _in_numbers(self, node: int, values: Mapping[int, Value]) -> str:
        """A node's expression with the numbers of its inputs; nothing where one is an array."""
        arguments = self.graph.args[node]
        if any(self.graph.shapes[a] for a in arguments):
            return ""
        return expression(self.graph, node, {a: _factor(values[a]) for a in arguments})

    def given_values(self, values: Mapping[int, Value]) -> list[tuple[str, Value]]:
        """What the program is given, by name."""
        return [(self.names[node], values[node]) for node in self.given]

    def told(self) -> str:
        """`9 questions`, and what is not asked."""
        left = f"; {counted(self.larger, 'larger array')} not asked" if self.larger else ""
        return counted(len(self.tasks), "question") + left


def told(value: Value) -> str:
    """A number or an array in one line."""
    return brief(value, DIGITS, MOST).replace("\n", "")


def _factor(value: Value | str) -> str:
    """A number as a part of a product: one below 0 in brackets."""
    text = value if isinstance(value, str) else told(value)
    return f"({text})" if text.startswith("-") else text
