"""The lines of straight-line Python that compute some nodes of a graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from gradcli.graph.graph import LITERAL, Graph
from gradcli.graph.ops.spell import variant
from gradcli.run.compiled.lines import Line, Reads, local
from gradcli.run.compiled.spelling import CAREFUL, FAST, Template, number, template
from gradcli.run.interpret import draw

if TYPE_CHECKING:
    from gradcli.run.compiled.buffers import Memory

_DEEPEST, _WIDEST = 12, 24
"""The most brackets in one another, and the most names, in one line."""


class Code:
    """Lines that compute `outputs` from `inputs`, and the namespace that they need.

    A scalar that is read once is written where it is read; every other node has a line of its own.
    The values of outputs are handed out, those of `watched` nodes only looked at.
    """

    def __init__(
        self,
        graph: Graph,
        outputs: Sequence[int],
        inputs: Sequence[int],
        *,
        watched: Sequence[int] = (),
        memory: Memory | None = None,
        seed: int = 0,
        careful: bool = False,
    ) -> None:
        self.lines: list[Line] = []
        self.numbers: set[int] = set()
        """The nodes of the lines that are numbers made of numbers, and may raise."""
        self.watched_after = 0
        """The lines after which all that is watched is there."""
        self.namespace: dict[str, Any] = dict(CAREFUL if careful else FAST)
        self._graph, self._careful, self._seed = graph, careful, seed
        self._text: dict[int, str] = {}
        self._reads: dict[int, Reads] = {}
        self._depth: dict[int, int] = {}
        self._outputs = set(outputs)
        self._watched = set(watched)
        known, kept = set(inputs), self._outputs | self._watched
        cone = graph.cone(kept, known)
        arrays = self._with_arrays(cone, known, memory)
        templates = {n: self._template(n) for n in cone if n not in known and n not in arrays}
        mentions = self._mentions(cone, templates)
        for node in cone:
            if node in known:
                self._refer(node)
            elif node in arrays:
                self._write_array(node)
            elif (template := templates[node]) is None:
                self._write_number(node, node in kept)
            else:
                self._write_scalar(node, template, mentions.get(node) == 1 and node not in kept)
            if node in self._watched:
                self.watched_after = len(self.lines)

    def text(self, node: int) -> str:
        """What stands for the value of an output or a watched node, after its lines."""
        return self._text[node]

    def _with_arrays(self, cone: Sequence[int], known: set[int], memory: Memory | None) -> set[int]:
        """The nodes that have to do with arrays; what is needed for them is set up."""
        graph = self._graph
        shapes, args = graph.shapes, graph.args
        found = {n for n in cone if shapes[n] or any(shapes[arg] for arg in args[n])}
        self.guarded = False
        """Whether a result that is not finite may be owed to guards that were left out."""
        self.overwriting: set[int] = set()
        """The outputs that are written over an input."""
        if found - known:
            from gradcli.run.compiled.array_lines import ArrayLines
            from gradcli.run.compiled.buffers import Memory

            self._arrays = ArrayLines(
                graph, cone, known, self._outputs, self._watched, memory or Memory(), self._seed,
                self._careful,
            )  # fmt: skip
            self.namespace |= self._arrays.namespace
            self.guarded = self._arrays.guarded
            self.overwriting = self._arrays.overwriting
        return found

    def _template(self, node: int) -> Template | None:
        """How the op of a node is written; None for a literal and for a random draw."""
        graph = self._graph
        op, args = graph.ops[node], graph.args[node]
        if op is LITERAL or op.random:
            return None
        if op.literal:
            op = variant(op, graph.number(args[-1]))
        return template(op, len(args), graph.attrs[node], self._careful)

    def _mentions(
        self, cone: Sequence[int], templates: dict[int, Template | None]
    ) -> dict[int, int]:
        """How often each number is written in the lines of others, an array's counting for many."""
        found: dict[int, int] = {}
        for node in cone:
            args = self._graph.args[node]
            counts: Iterable[int] = repeat(2)
            if node in templates:
                template = templates[node]
                counts = template.mentions if template else ()
            for arg, count in zip(args, counts):
                found[arg] = found.get(arg, 0) + count
        return found

    def _write_number(self, node: int, kept: bool) -> None:
        """A literal, or a draw, which is the same in every run with this seed."""
        graph = self._graph
        attr = graph.attrs[node] or ()
        value = attr[0] if graph.ops[node] is LITERAL else draw(graph.ops[node], attr, self._seed)
        if kept:
            self._assign(node, number(value), ())
        else:
            self._inline(node, number(value), (), 0)

    def _write_scalar(self, node: int, template: Template, once: bool) -> None:
        texts: list[str] = []
        reads: Reads = ()
        depth = 0
        for arg in self._graph.args[node]:
            texts.append(self._text[arg])
            reads += self._reads[arg]
            depth = max(depth, self._depth[arg])
        text = template.text.format(*texts)
        if once and depth < _DEEPEST and len(reads) <= _WIDEST:
            self._inline(node, f"({text})", reads, depth + 1)
        else:
            self.numbers.add(node)
            self._assign(node, text, reads)

    def _write_array(self, node: int) -> None:
        self.lines += self._arrays.at(node)
        if node in self._outputs:
            self._refer(node)
        elif (value := self._arrays.value(node)) is not None:
            self._inline(node, *value, 0)

    def _assign(self, node: int, text: str, reads: Reads) -> None:
        self.lines.append(Line(node, text, reads))
        self._refer(node)

    def _refer(self, node: int) -> None:
        self._inline(node, local(node), (node,), 0)

    def _inline(self, node: int, text: str, reads: Reads, depth: int) -> None:
        self._text[node], self._reads[node], self._depth[node] = text, reads, depth
