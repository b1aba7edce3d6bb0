"""The lines for the arrays of a graph: NumPy calls that write into buffers made once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from gradcli.graph.graph import Graph
from gradcli.run.compiled.buffers import Buffers, Memory
from gradcli.run.compiled.kernels import (
    FEW_COLUMNS,
    MANY_ROWS,
    by_columns,
    dot_by_rows,
    dot_over_rows,
    piece,
    select,
)  # fmt: skip
from gradcli.run.compiled.lines import Line, Reads, local
from gradcli.run.compiled.numpy_call import OWNERS, TO_BOOL, VIEWS, Step, thawed, viewed
from gradcli.run.compiled.plan import Plan
from gradcli.run.compiled.spelling import constant, number


class ArrayLines:
    """Lines for those nodes of a cone that have to do with arrays.

    `at(node)` are the lines to run in the turn of a node; `value(node)` is what stands for it.
    `overwriting` are the outputs that are written over an input.
    """

    def __init__(
        self,
        graph: Graph,
        cone: Sequence[int],
        known: Collection[int],
        outputs: Collection[int],
        watched: Collection[int],
        memory: Memory,
        seed: int,
        careful: bool,
    ) -> None:
        self.namespace: dict[str, Any] = {
            "select": select, "by_columns": by_columns, "dot_by_rows": dot_by_rows,
            "dot_over_rows": dot_over_rows, "np_abs": np.abs,
        }  # fmt: skip
        self._graph = graph
        self._plan = plan = Plan(graph, cone, known, seed, careful)
        self.guarded = plan.guarded
        self.overwriting: set[int] = set()
        self._memory = memory
        asked = {*outputs, *watched}
        needed = plan.needed([n for n in plan.values if n in asked or not graph.shapes[n]])
        self._names = self._named(outputs)
        over = {plan.values[node].at for node in memory.over.values() if node in plan.values}
        self._buffers = Buffers(plan.steps, needed, plan.constants, self._names, over)
        for node, array in memory.lent.items():
            if node in plan.values:
                self._buffers.arrays[plan.values[node].at] = array
        self._text: dict[int, str] = {}
        self._reads: dict[int, Reads] = {}
        self._lines: dict[int, list[Line]] = {}
        position = 0
        for node, end in plan.ends.items():
            lines: list[Line] = []
            while position < len(needed) and needed[position] < end:
                lines += self._written(needed[position])
                position += 1
            self._lines[node] = lines
        for node in outputs:
            if node in plan.values and node not in known:
                self._lines[node] += self._handed_out(node)

    def at(self, node: int) -> list[Line]:
        """The lines to run in the turn of a node."""
        return self._lines.get(node, [])

    def value(self, node: int) -> tuple[str, Reads] | None:
        """How the value of a node is written and the locals in that; None where nobody reads it."""
        at = self._plan.values[node].at
        return (self._text[at], self._reads[at]) if at in self._text else None

    def _named(self, outputs: Collection[int]) -> dict[int, int]:
        """The steps whose results are handed out, and the node whose local they become."""
        plan = self._plan
        found: dict[int, int] = {}
        for node in sorted(outputs):
            value = plan.values.get(node)
            if value is not None and value.step.kind in OWNERS and value.at not in plan.constants:
                found.setdefault(value.at, node)
        return found

    def _written(self, at: int) -> list[Line]:
        """The line of a step, where it needs one."""
        plan = self._plan
        step = plan.steps[at]
        if at in plan.constants:
            self._refer(at, self._constant(at, plan.constants[at]))
            return []
        if step.kind == "local":
            self._refer(at, local(step.options[0]), step.options[0])
            return []
        place = self._buffers.place(at)
        if step.kind in VIEWS and step.shape:
            base = self._view(step)
            if base is not None:
                self._buffers.arrays[at] = base
                self._refer(at, self._global(f"b{at}", base))
                return []
        args = [self._argument(step, a) for a in step.args]
        reads = tuple(n for a in step.args if isinstance(a, int) for n in self._reads[a])
        target = self._names.get(at, len(self._graph) + at)
        text = self._call(at, step, args, place)
        self._refer(at, local(target), target)
        return [Line(target, text, reads)]

    def _argument(self, step: Step, arg: int | float) -> str:
        """An argument of a call. Ufuncs take a number faster as an array without axes."""
        known = self._plan.constants.get(arg) if isinstance(arg, int) else arg
        if step.kind != "ufunc" or not step.shape or known is None or np.ndim(known):
            return self._text[arg] if isinstance(arg, int) else number(arg)
        value: Any = np.asarray(known, np.bool_ if isinstance(known, np.bool_) else np.float64)
        return self._global(f"n_{value.tobytes().hex()}", value)

    def _view(self, step: Step) -> Any:
        """The view of a buffer, made beforehand; None where the argument is no buffer."""
        (arg,) = step.args
        array = self._buffers.arrays.get(arg) if isinstance(arg, int) else None
        if array is None:
            return None
        view = viewed(step, array)
        return view if np.may_share_memory(view, array) else None

    def _call(self, at: int, step: Step, args: list[str], place: Any) -> str:
        """The text of a step that is taken in the run."""
        out = self._overwritten(at) if place is None else [self._global(f"b{at}", place)]
        if step.kind == "ufunc":
            name = self._global(f"np_{step.function.__name__}", step.function)
            if not out and not step.truth and step.shape and step.function in TO_BOOL:
                out = [self._fresh(step.shape)]
            if out and step.function in (np.maximum, np.minimum):
                out = [f"out={out[0]}"]  # which NumPy asks for
            text = f"{name}({', '.join(args + out)})"
        elif step.kind == "reduce":
            axis, keepdims = step.options
            name = self._global(f"np_{step.function.__name__}_reduce", step.function.reduce)
            text = f"{name}({args[0]}, {constant(axis)}, None, {(out or ['None'])[0]}, {keepdims})"
            if out and self._has_few_columns(step):
                ufunc = self._global(f"np_{step.function.__name__}", step.function)
                text = f"by_columns({ufunc}, {args[0]}, {out[0]})"
        elif step.kind == "dot":
            text = self._product(step, args, out)
        elif step.kind == "select":
            text = f"select({', '.join(args)}, {(out or [self._fresh(step.shape)])[0]})"
        elif step.kind == "call":
            text = f"{self._global(f'f{at}', step.function)}({', '.join(args)})"
        elif step.kind == "index":
            text = f"{args[0]}[{self._global(f'k{at}', thawed(step.options[0]))}]"
        elif step.kind == "broadcast":
            name = self._global("np_broadcast_to", np.broadcast_to)
            text = f"{name}({args[0]}, {constant(step.options[0])})"
        else:
            text = f"{args[0]}.{step.kind}({constant(step.options[0])})"
        return text if step.shape or step.truth else f"float({text})"

    def _product(self, step: Step, args: list[str], out: list[str]) -> str:
        """A product of vectors and matrices; a long one of matrices in pieces."""
        a, b = (self._plan.steps[int(arg)].shape for arg in step.args)
        if len(a) == len(b) == 2:
            (rows, inner), columns = a, b[1]
            if size := piece(rows, inner * columns):
                return f"dot_by_rows({', '.join([*args, str(size), *out])})"
            if size := piece(inner, rows * columns):
                return f"dot_over_rows({', '.join([*args, str(size), *out])})"
        return f"{args[0]}.dot({', '.join(args[1:] + out)})"

    def _overwritten(self, at: int) -> list[str]:
        """The local of the input that an output may be written over."""
        node = self._names.get(at, -1)
        old = self._memory.over.get(node)
        value = self._plan.values.get(-1 if old is None else old)
        if old is None or value is None or not self._buffers.may_write(at, value.at):
            return []
        self.overwriting.add(node)
        return [local(old)]

    def _has_few_columns(self, step: Step) -> bool:
        """Whether a reduction is of the rows of a matrix, and as exact column by column."""
        (arg,) = step.args
        shape = self._plan.steps[int(arg)].shape
        return (
            step.function in (np.maximum, np.minimum)
            and len(shape) == 2
            and step.options[0] in (1, -1)
            and shape[0] >= MANY_ROWS
            and 2 <= shape[1] <= FEW_COLUMNS
        )

    def _fresh(self, shape: tuple[int, ...]) -> str:
        return f"{self._global('np_empty', np.empty)}({constant(shape)})"

    def _handed_out(self, node: int) -> list[Line]:
        """The line that gives an output its local, where no step does: what may lie in a buffer, in
        an input or in a constant is copied."""
        at = self._plan.values[node].at
        if self._names.get(at) == node:
            return []
        text = self._text[at]
        if self._graph.shapes[node]:
            text += ".copy()"
        return [Line(node, text, self._reads[at])]

    def _constant(self, at: int, value: Any) -> str:
        if not self._plan.steps[at].shape and not self._plan.steps[at].truth:
            return number(float(value))
        value = np.asarray(value)
        value.flags.writeable = False
        return self._global(f"k{at}", value)

    def _global(self, name: str, value: Any) -> str:
        self.namespace[name] = value
        return name

    def _refer(self, at: int, text: str, *reads: int) -> None:
        self._text[at], self._reads[at] = text, reads
