"""The steps of a backward pass in words: what each edge multiplies, in the names of the nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradcli.graph.formulas.show import bracketed
from gradcli.graph.formulas.unfold import LIMIT, Formulas, adjoint
from gradcli.graph.graph import Graph
from gradcli.graph.node import F, Node, derived, node
from gradcli.graph.ops.elementwise import PRODUCT
from gradcli.graph.paths import Path
from gradcli.graph.reverse import Edge
from gradcli.graph.simplify.broadcast import spread

DOT = "·"


class EdgeFormulas:
    """How each edge is written; `names` says what every node of the cone is called."""

    def __init__(
        self, graph: Graph, output: int, cone: Sequence[int], names: Mapping[int, str]
    ) -> None:
        self.graph, self.output, self.names = graph, output, names
        self.formulas = Formulas(graph, cone, names, set(cone))
        self.normal = self.formulas.normal

    def local(self, edge: Edge) -> int | None:
        """The node of the factor between upstream and downstream.

        Of an op that lets only some entries through, it is 0 for the others. It is None where the
        step is no multiplication entry by entry: `map` then says what it is.
        """
        graph = self.graph
        whole = graph.shapes[edge.consumer]
        if whole != graph.shapes[edge.receiver]:
            return None
        result = Node(graph, edge.consumer)
        if edge.local is not None:
            mask = derived("mask", result, edge.position)
            if mask is None or graph.number(edge.local) is None:
                return edge.local
            return F.gate(Node(graph, edge.local), mask).id
        if whole:
            return None
        moved = derived("vjp", result, edge.position, node(graph, 1.0))
        return None if moved is None else node(graph, moved).id

    def map(self, edge: Edge) -> str:
        """What becomes of the upstream, which is written as a dot: `outer(·, x)`."""
        dot = self.normal.symbol(DOT, self.graph.shapes[edge.consumer])
        return self._written(edge, dot)

    def formula(self, edge: Edge) -> str:
        """Downstream in symbols: `∂e/∂h · h * (1 - h)`; ∂e/∂e is left out."""
        last = edge.consumer == self.output
        upstream = self.normal.one if last else self._adjoint(edge.consumer)
        local = self.local(edge)
        if local is None or edge.local is None:
            return self._written(edge, upstream)
        factor = self.normal.written(self.formulas.of(local))
        if last:
            return factor[0]
        text = bracketed(factor, PRODUCT)
        times = "*" if self.graph.shapes[edge.consumer] else DOT
        return f"{self.normal.text(upstream)} {times} " + (f"({text})" if text[0] == "-" else text)

    def product(self, path: Path, formulas: Formulas) -> str:
        """The path's chain of derivatives, and their product by `formulas` if that is short."""
        names = self.names
        links = [f"∂{names[edge.consumer]}/∂{names[edge.receiver]}" for edge in path.edges]
        chain = _shortened(links, f" {DOT} ")
        normal = formulas.normal
        form = normal.one
        for edge in path.edges:
            form = formulas.downstream(edge, form)
            if len(normal.text(form)) > LIMIT:
                return chain
        return f"{chain} = {normal.text(form)}" if len(links) > 1 else normal.text(form)

    def route(self, path: Path) -> str:
        """The nodes that the path comes by: `e → r`."""
        return _shortened([self.names[edge.consumer] for edge in path.edges], " → ")

    def symbol(self, node: int) -> str:
        """∂e/∂node."""
        return self.normal.text(self._adjoint(node))

    def _adjoint(self, node: int) -> int:
        return adjoint(self.normal, self.graph, self.names, self.output, node)

    def _written(self, edge: Edge, upstream: int) -> str:
        form = self.formulas.downstream(edge, upstream)
        return self.normal.text(spread(self.normal, form, self.graph.shapes[edge.receiver]))


def _shortened(parts: Sequence[str], between: str) -> str:
    """The parts joined, those in the middle left out where there are very many."""
    if sum(map(len, parts)) > LIMIT and len(parts) > 6:
        parts = [*parts[:3], "…", *parts[-3:]]
    return between.join(parts)
