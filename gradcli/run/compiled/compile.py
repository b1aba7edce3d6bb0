"""Graph → straight-line Python.

    run = compile_graph(graph, outputs, inputs)
    values = run([value of each input])        # a value for each output, in their order

What it gives is what the interpreter gives. There are two codes: the fast one runs first. Where it
raises (`math.exp(1000)`, `1.0 / 0.0`), and where it left guards out and a result is not finite, the
careful one runs instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gradcli.errors import GradError
from gradcli.graph.graph import Graph
from gradcli.run.compiled.code import Code
from gradcli.run.compiled.lines import LONGEST, Run, runner
from gradcli.run.interpret import Value, interpret

RAISED = (ArithmeticError, ValueError)
"""What the fast code raises where IEEE has an answer."""


class Compiled:
    """Some nodes of a graph as a function of others: floats for scalars, else float64 arrays.

    The arrays that it returns are nobody else's. It may not be called by two threads at a time.
    """

    def __init__(
        self, graph: Graph, outputs: Sequence[int], inputs: Sequence[int], seed: int, longest: int
    ) -> None:
        self._graph, self._outputs, self._inputs = graph, list(outputs), list(inputs)
        self._seed, self._longest = seed, longest
        self._fast, self._guarded = self._compiled(careful=False)
        self._careful: Run | None = None
        self._shared = [
            place
            for place, node in enumerate(outputs)
            if graph.shapes[node] and node in {*inputs, *outputs[:place]}
        ]

    def __call__(self, values: Sequence[Value]) -> list[Value]:
        """The values of the outputs, given those of the inputs.

        Raises StepError for an index or a class out of range.
        """
        found = self._found(values)
        for place in self._shared:
            found[place] = found[place].copy()
        return found

    def _found(self, values: Sequence[Value]) -> list[Value]:
        try:
            try:
                found = self._fast(values)
                if not self._guarded or squares_finite(found):
                    return found
            except RAISED:
                pass
            if self._careful is None:
                self._careful, _ = self._compiled(careful=True)
            return self._careful(values)
        except GradError:
            # The interpreter says at which node.
            given = dict(zip(self._inputs, values))
            by_node = interpret(self._graph, self._outputs, given, self._seed)
            return [by_node[node] for node in self._outputs]

    def _compiled(self, careful: bool) -> tuple[Run, bool]:
        code = Code(self._graph, self._outputs, self._inputs, seed=self._seed, careful=careful)
        run = runner(code.lines, self._inputs, self._outputs, code.namespace, self._longest)
        return run, code.guarded


def compile_graph(
    graph: Graph,
    outputs: Sequence[int],
    inputs: Sequence[int],
    *,
    seed: int = 0,
    longest: int = LONGEST,
) -> Compiled:
    """The outputs as a function of the inputs, which may be any nodes.

    Every input of the graph that the outputs need stands in `inputs`. `seed` is that of the random
    calls; `longest` is the most lines of one generated function.
    """
    return Compiled(graph, outputs, inputs, seed, longest)


def squares_finite(values: Iterable[Value]) -> bool:
    """Whether the sum of the squares of every value is finite, and therefore all of its entries.

    A product of vectors takes half the time of a sum. Squares of numbers beyond 1e154 are not
    finite, which costs such a run its repetition, and nothing else.
    """
    for value in values:
        if isinstance(value, float):
            total = value
        else:
            flat = value.reshape(-1)
            total = flat.dot(flat)
        if total - total != 0:
            return False
    return True
