"""The formula of a claim as a node of the question's own graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from gradcli.errors import GradError, LanguageError, Span
from gradcli.graph.build import build
from gradcli.graph.graph import LITERAL
from gradcli.graph.names import NUMBERS, mentioned
from gradcli.graph.reverse import gradient
from gradcli.language import Program, parse
from gradcli.question.outputs import defined_or_used
from gradcli.question.question import Question
from gradcli.words import listed, nearest


@dataclass(frozen=True)
class Scope:
    """What a claim may name: all that the program does, and the nodes that have no name but the one
    in a report, `labels`, such as v2."""

    question: Question
    labels: dict[str, int]

    @staticmethod
    def of(question: Question, cone: Sequence[int]) -> Scope:
        """The scope before any claim is made, which may name a node that had no name."""
        graph = question.graph
        taken = {*defined_or_used(question.model.program), *question.model.nodes}
        labels = {
            name: node
            for node, name in question.names(cone).items()
            if graph.ops[node] is not LITERAL and name not in taken
        }
        return Scope(question, labels)

    def find(self, name: str) -> int | None:
        """The node of that name, built where the output does not need it."""
        model = self.question.model
        node = model.nodes.get(name, self.labels.get(name))
        if node is None and any(name == s.name for s in model.program.statements):
            with suppress(GradError):
                node = self.node(parse(f"{name} = {name}"))
        return node

    def node(self, claim: Program) -> int:
        """The node of a claim's formula, built on the question's graph with all the names.

        The claim is read as one more statement of the program, so that its functions are known too,
        and so are the nodes that the output does not need.
        """
        question, labels = self.question, self.labels
        model, graph = question.model, question.graph
        adjoints = self._adjoints(claim)
        self._refuse_unknown(claim, adjoints)
        statement = claim.statements[0]
        name = f"∂{question.names(question.cone())[model.output]}/∂{statement.name}"
        name += "′" * (name in adjoints)
        whole = model.program.joined(claim)
        whole.statements[-1].name = name
        data = {n: graph.shapes[at] for n, at in model.inputs.items() if graph.kind(at) == "data"}
        nodes = {**labels, **adjoints, **model.nodes}
        made = build(whole, question.given, data, of=name, graph=graph, nodes=nodes)
        node = made.nodes.pop(name)
        # The claim's own name was for the message of an error.
        graph.names[node].remove(name)
        if not graph.names[node]:
            del graph.names[node]
        passing = {*labels, *adjoints}
        model.nodes.update({n: at for n, at in made.nodes.items() if n not in passing})
        for new, at in made.inputs.items():
            model.inputs[new] = at
            if new in question.given:
                question.inputs[at] = question.given[new]
            else:
                start = made.starts[new]
                question.inputs[at] = question.run([start])[start]
        return node

    def _adjoints(self, claim: Program) -> dict[str, int]:
        """The nodes of ∂e/∂x in a claim, e being the output and x what it is made of."""
        graph, output = self.question.graph, self.question.model.output
        found = {}
        for kind, name in zip(claim.kinds, claim.arguments):
            if kind != "name" or name[0] != "∂" or name in found:
                continue
            above, below = (self.find(part[1:]) for part in name.split("/"))
            if above == output and below is not None and below in self.question.cone():
                found[name] = gradient(graph, output, [below])[below]
        return found

    def _refuse_unknown(self, claim: Program, adjoints: Mapping[str, int]) -> None:
        """LanguageError for a name that neither the program has nor a report."""
        model = self.question.model
        known = {*model.nodes, *mentioned(model.program)}
        known |= {s.name for s in model.program.statements if s.name}
        for at, kind in enumerate(claim.kinds):
            name = claim.arguments[at]
            if kind != "name" or name in {*known, *NUMBERS, *self.labels, *adjoints}:
                continue
            there = f"its names are {listed(sorted(known))}"
            raise LanguageError(
                f"the program has no node '{name}'",
                hint=nearest(name, {*known, *self.labels}) or there,
                span=claim.span(at),
            ).locate(claim.text)


def right_side(claim: Program) -> Span:
    """Where the formula of a claim stands in its text."""
    return claim.span(claim.statements[0].end - 1)


def formula(claim: Program) -> str:
    """The formula of a claim as it was typed."""
    return claim.text[slice(*right_side(claim))]
