"""How languages of loops over numbers, C and JavaScript, write their statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradcli.export.phrases import Language
from gradcli.graph.graph import Graph
from gradcli.graph.ops.simpler import plain


@dataclass(frozen=True)
class Syntax:
    """How a language of loops writes its statements."""

    language: Language
    constant: Callable[[str, str], str]
    """A name and the text of a number: a constant."""
    variable: Callable[[str, str], str]
    array: Callable[[str, int, bool], str]
    """A name, a size, and whether it is 0 at first: an array."""
    data: Callable[[str, str, int], str]
    """A name, numbers and their count: an array of constants."""
    loop: Callable[[str, int], str]
    """The head of a loop of a variable from 0 to a number."""

    def says(self, graph: Graph, node: int) -> bool:
        """Whether loops say a node as it stands."""
        op, attr = graph.ops[node], graph.attrs[node] or ()
        if op.axes in ("indexes", "scatters"):
            return plain(attr[0])
        if op.literal and graph.number(graph.args[node][-1]) in op.literal:
            return op.lower is None
        if op.axes in ("reshapes", "expands", "transposes", "joins"):
            return op.lower is None
        if op.fold or "entry" in op.code:
            return True
        if op.axes == "along":
            return op.name == "cumsum" and attr[0] is not None
        return self.language.says(graph, node)
