"""The loss of a program as a problem of descent, by compiled code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol

from gradcli.errors import GradError
from gradcli.graph.built import Built
from gradcli.graph.reverse import gradient
from gradcli.learn.bounds import FREE, Bounds
from gradcli.run.blocks import Blocks, block_rows, sizes_of
from gradcli.run.compiled.compile import Compiled, compile_graph
from gradcli.run.interpret import draw
from gradcli.run.row_kinds import Kind

if TYPE_CHECKING:
    from gradcli.learn.vectors import Array, Params, Rows, Value


class Data(Protocol):
    """Arrays by name, whose first axis is the rows of the data."""

    rows: int

    def take(self, name: str, rows: Rows = None) -> Array:
        """Some rows of an array, or all of them."""


class Measure:
    """The loss and its gradients in the graph for one number of rows; `others` are the inputs that
    it needs besides the parameters, `drawn` the random calls where these are given values too."""

    def __init__(
        self, model: Built, params: Sequence[str], seed: int, resample: bool = False
    ) -> None:
        self.model, self.graph, self.seed = model, model.graph, seed
        cone = self.graph.cone([model.output])
        self.drawn = [n for n in cone if resample and self.graph.ops[n].random]
        self.others = [n for n, at in model.inputs.items() if n not in params and at in cone]
        self.params = [model.inputs[name] for name in params]
        self.inputs = [*self.params, *(model.inputs[name] for name in self.others)]

    @cached_property
    def gradients(self) -> list[int]:
        """The gradient of each parameter; its nodes are made when they are first asked for."""
        found = gradient(self.graph, self.model.output, self.params)
        return [found[node] for node in self.params]

    def compiled(self, with_gradient: bool) -> Compiled:
        """The loss, and the gradient of each parameter, as a function of the inputs."""
        outputs = [self.model.output, *(self.gradients if with_gradient else ())]
        return compile_graph(self.graph, outputs, [*self.inputs, *self.drawn], seed=self.seed)

    def draws(self, number: int) -> list[Value]:
        """What the random calls come to, drawn for the so many-th time."""
        graph = self.graph
        return [draw(graph.ops[n], graph.attrs[n] or (), self.seed, number) for n in self.drawn]


class Loss:
    """A Problem: the output of a program as a function of some of its names.

    `build` gives the program's graph for a number of rows, 0 where there is no data; `fixed` are
    the values of the names that neither move nor are data, `bounds` those of the parameters. Where
    the loss allows it, many rows are walked in blocks, by `workers` threads (0 stands for as many
    as there are processors), or by forked processes with `forks`, which is for who has the process
    for himself. With `resample` its random calls have other values in each draw.

    Raises StepError for an index or a class out of range.
    """

    def __init__(
        self,
        build: Callable[[int], Built],
        params: Sequence[str],
        fixed: Mapping[str, Value] | None = None,
        data: Data | None = None,
        *,
        seed: int = 0,
        workers: int = 0,
        forks: bool = False,
        bounds: Bounds = FREE,
        resample: bool = False,
    ) -> None:
        self.params, self.fixed, self.data = list(params), dict(fixed or {}), data
        self.bounds, self.resample = bounds, resample
        self.rows = data.rows if data else 0
        if data:
            # its first import silences NumPy's warnings, of the thread that does it
            from gradcli.graph.ops import arrays  # noqa: F401
        self.seed = seed
        self._build = build
        self._measures: dict[int, Measure] = {}
        self._split: tuple[Kind, int] | None = None
        self._values, self._both = (
            Blocks(partial(self._compiled, slopes), self._given, workers, forks)
            for slopes in (False, True)
        )

    def value(self, params: Params) -> float:
        """The loss of all rows."""
        return float(self._total(self._values, params, None, 0)[0])

    def value_and_gradient(
        self, params: Params, rows: Rows = None, draw: int = 0
    ) -> tuple[float, Params]:
        """The loss of the rows, and the gradient of each parameter, projected on its bounds."""
        value, *gradients = self._total(self._both, params, rows, draw)
        return float(value), self.bounds.projected(params, dict(zip(self.params, gradients)))

    def close(self) -> None:
        """Ends the processes that have worked for it; it can be used on."""
        for blocks in (self._values, self._both):
            blocks.close()

    def measure(self, rows: int) -> Measure:
        """The loss of so many rows in nodes of a graph."""
        found = self._measures.get(rows)
        if found is None:
            found = Measure(self._build(rows), self.params, self.seed, self.resample)
            self._measures[rows] = found
        return found

    def in_blocks(self, rows: int) -> bool:
        """Whether so many rows are walked in blocks."""
        return len(self._sizes(rows)[1]) > 1

    def others(self, measure: Measure, rows: Rows) -> list[Any]:
        """The values of the inputs that are no parameters, for some of the rows."""
        return [
            self.fixed[name] if name in self.fixed or self.data is None
            else self.data.take(name, rows)
            for name in measure.others
        ]  # fmt: skip

    def function(
        self, outputs: Sequence[int], more: Sequence[int] = ()
    ) -> Callable[[Sequence[Value]], list[Any]]:
        """Some nodes of the graph of all rows, as a function of the parameters, in their order, and
        of `more` inputs behind them."""
        measure = self.measure(self.rows)
        inputs = [*measure.inputs, *more]
        run = compile_graph(measure.graph, outputs, inputs, seed=self.seed)
        others, count = self._all_others, len(self.params)
        return lambda values: list(run([*values[:count], *others, *values[count:]]))

    @cached_property
    def _all_others(self) -> list[Any]:
        return self.others(self.measure(self.rows), None)

    def _total(self, blocks: Blocks, params: Params, rows: Rows, number: int) -> list[Value]:
        kind, sizes = self._sizes(_count(rows, self.rows))
        measure = self.measure(sizes[0])
        if blocks is self._both:  # threads only read graphs
            _ = measure.gradients, self.measure(sizes[-1]).gradients
        moving = [params[name] for name in self.params]
        if len(sizes) == 1:
            draws = measure.draws(number)
            return blocks.run(sizes[0], [*moving, *self.others(measure, rows), *draws])
        # what a loss that is made of those of blocks draws does not depend on the rows
        draws = self.measure(sizes[-1]).draws(number)
        return blocks.total(kind, sizes, (moving, rows, draws))

    def _compiled(self, with_gradient: bool, rows: int) -> Compiled:
        return self.measure(rows).compiled(with_gradient)

    def _given(self, given: tuple[list[Any], Rows, list[Any]], part: slice) -> list[Any]:
        """The inputs of a block: some of the rows that are asked for."""
        moving, rows, draws = given
        some = part if rows is None else _part(rows, part, self.rows)
        measure = self.measure(part.stop - part.start)
        return [*moving, *self.others(measure, some), *draws]

    def _sizes(self, rows: int) -> tuple[Kind, list[int]]:
        """How the loss of so many rows is made of those of blocks, and the rows of each."""
        if self._split is None:
            self._split = self._found_split()
        kind, block = self._split
        if kind == "whole" or rows < FEW_BLOCKS * block:
            return "sum", [rows]
        return kind, sizes_of(rows, block)

    def _found_split(self) -> tuple[Kind, int]:
        """The split of two graphs that tell rows from other things that are as many."""
        found: list[tuple[Kind, int]] = []
        rows = FEW_ROWS
        while len(found) < 2 and rows <= self.rows:
            try:
                model = self._build(rows)
            except GradError:
                break  # the program itself counts the rows
            data = [node for node in model.inputs.values() if model.graph.kind(node) == "data"]
            found.append(block_rows(model.graph, model.output, data))
            rows += 1
        if len(found) < 2 or found[0] != found[1] or found[0][0] not in ("sum", "mean"):
            return "whole", 0
        return found[0]


FEW_ROWS = 500
"""Fewer rows are never walked in blocks."""

FEW_BLOCKS = 2
"""Fewer blocks cost as much as one piece, which a generated loop can hold."""


def _count(rows: Rows, of: int) -> int:
    if isinstance(rows, slice):
        return len(range(*rows.indices(of)))
    return of if rows is None else len(rows)


def _part(rows: Any, part: slice, of: int) -> Any:
    """Some of the rows that are asked for."""
    if isinstance(rows, slice):
        chosen = range(*rows.indices(of))[part]
        return slice(chosen.start, chosen.stop, chosen.step)
    return rows[part]
