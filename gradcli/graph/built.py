"""What building a program gives: a graph, with names and places in the text."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from gradcli.errors import Span
from gradcli.graph.graph import Graph
from gradcli.language.program import Program


@dataclass
class Built:
    """A program as a graph, its names, and where its nodes stand in the text.

    `inputs` are the leaves that a run must give values to; `starts` the nodes of the default values
    of params and consts; `guessed` the variables that nobody gave a value, and `sizes` the names
    whose values, not their shapes alone, decide about the graph. `class_axes` are the axes, by node
    and place, that the program makes or indexes by the classes of a name: that of data or of a
    class in quotes, which `class_words` are the literals of.
    """

    program: Program
    graph: Graph
    output: int = -1
    nodes: dict[str, int] = field(default_factory=dict)
    inputs: dict[str, int] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    sizes: set[str] = field(default_factory=set)
    class_axes: dict[tuple[int, int], str] = field(default_factory=dict)
    class_words: dict[int, str] = field(default_factory=dict)
    origins: array[int] = field(default_factory=lambda: array("i"))

    def span(self, node: int) -> Span | None:
        """Where the node first stands in the program, None for what the sweep made."""
        if node >= len(self.origins) or self.origins[node] < 0:
            return None
        at = self.origins[node]
        return self.program.starts[at], self.program.stops[at]
