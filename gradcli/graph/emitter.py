"""Nodes as the instructions of a program make them, each known by where it stands in the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gradcli.errors import GradError, ShapeError, Span
from gradcli.graph import complaints
from gradcli.graph.built import Built
from gradcli.graph.ops.op import Attr, Op
from gradcli.language.program import Statement


@dataclass(slots=True)
class Stretch:
    """Instructions under way: those of a definition, or of the body of a function.

    Of a body, `call` is the call that led there, `site` the one from outside all functions. Nodes
    of `twins` stand for arguments by which the body is differentiated, `primes` times by f'(u).
    """

    at: int
    end: int
    statement: Statement
    locals: dict[str, int] | None = None
    memo: tuple[str, tuple[int, ...]] | None = None
    draws: int = 0
    site: int = -1
    call: int = -1
    primes: int = 0
    twins: dict[int, int] = field(default_factory=dict)


class Emitter:
    """Adds nodes to a graph, and notes of each the instruction that made it."""

    def __init__(self, model: Built) -> None:
        self.model, self.program, self.graph = model, model.program, model.graph
        self.frames: list[Stretch] = []
        """What is under way, the innermost last."""
        model.origins.extend([-1] * len(model.graph))

    def mark(self, at: int) -> None:
        """Notes the instruction that made the newest nodes."""
        origins = self.model.origins
        missing = len(self.graph) - len(origins)
        if missing == 1:
            origins.append(at)
        elif missing:
            origins.extend([at] * missing)

    def twin(self, node: int) -> int:
        """The node once more, as one of its own."""
        twin = self.graph.twin(node)
        self.mark(self.model.origins[node])
        return twin

    def add(self, op: Op, args: tuple[int, ...], attr: Attr | None, at: int) -> int:
        """The node of an op; ShapeError in the words of the text where its arguments do not fit."""
        try:
            node = self.graph.add(op, args, attr)
        except ShapeError as error:
            known = [(self.called(a), self.graph.shapes[a]) for a in dict.fromkeys(args)]
            span = self.program.span(at)
            raise complaints.misfit(error, op, self.equation(at), known, span) from None
        self.mark(at)
        return node

    def swept(self, at: int, sweep: Callable[[], int]) -> int:
        """What `sweep` appends, as made by the instruction at `at`."""
        try:
            node = sweep()
        except GradError as error:
            error.span = self.program.span(at)
            raise
        self.mark(at)
        return node

    def equation(self, at: int) -> str:
        """A node as its statement spells it, with the name that it gives."""
        expression = " ".join(self.text(at).split())
        shown = expression if len(expression) <= 60 else expression[:57] + "…"
        names = [f.statement.name for f in self.frames if f.end == at + 1 and f.statement.name]
        return f"{names[-1]} = {shown}" if names else shown

    def called(self, node: int) -> str:
        """What a node is called by its name, or its text."""
        if node in self.graph.names:
            return self.graph.names[node][0]
        at = self.model.origins[node] if node < len(self.model.origins) else -1
        if at < 0:  # of the graph that a formula stands on
            return next((n for n, its in self.model.nodes.items() if its == node), f"node {node}")
        text = " ".join(self.text(at).split())
        return text if len(text) <= 40 else text[:37] + "…"

    def text(self, at: int) -> str:
        """The source of an instruction, without the brackets around it."""
        program = self.program
        text = program.text[program.starts[at] : program.stops[at]]
        if program.kinds[at] == "number":
            if text[0] in "([":
                return text.strip("()[] \t\n")
            return {"²": "2", "³": "3"}.get(text, text)
        return text

    def span(self, at: int | None) -> Span | None:
        return None if at is None else self.program.span(at)
