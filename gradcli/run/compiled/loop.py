"""Steps of a descent as one generated loop, with the update inside and scalars as locals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from operator import length_hint
from typing import TYPE_CHECKING, Any

from gradcli.graph.graph import Graph
from gradcli.run.compiled.code import Code
from gradcli.run.compiled.compile import RAISED, squares_finite
from gradcli.run.compiled.lines import LONGEST, indented, listed, local, made, runner, unpacked
from gradcli.run.interpret import Value, draw

if TYPE_CHECKING:
    from gradcli.run.compiled.buffers import Memory

Values = Sequence[Value]


@dataclass(frozen=True)
class Steps:
    """What one step does, in nodes of a graph.

    A step gives the `state` nodes the values of the `following` ones. `watched` are the nodes that
    a tolerance is compared with. `rate` and `number` are inputs, the learning rate of a step and
    its number, counted from 1; `gathered` are arrays of which every step sees some rows, `fixed`
    are all other inputs, and `drawn` are random calls, which every step draws anew. What may raise
    stands first in `state`: numbers before arrays.
    """

    graph: Graph
    state: Sequence[int]
    following: Sequence[int]
    watched: Sequence[int]
    rate: int
    number: int
    fixed: Sequence[int]
    gathered: Sequence[int] = ()
    drawn: Sequence[int] = ()
    seed: int = 0

    @property
    def inputs(self) -> list[int]:
        return [
            *self.state, *self.fixed, *self.gathered, *self.drawn, self.rate, self.number,
        ]  # fmt: skip

    def draw(self, node: int, number: float) -> Value:
        """What a random call comes to in the step of that number."""
        graph = self.graph
        return draw(graph.ops[node], graph.attrs[node] or (), self.seed, int(number))


@dataclass(frozen=True)
class Given:
    """What a loop gets besides the state: the values of what is fixed, the arrays that rows are
    gathered from, the rate of each step and its rows, the number of steps before, a tolerance."""

    fixed: Values
    rates: Sequence[float]
    number: int
    tol: float
    sources: Sequence[Any] = ()
    batches: Sequence[Any] = ()

    def after(self, done: int, count: int | None = None) -> Given:
        """The same for some of the steps."""
        if not done and count is None:
            return self
        part = slice(done, None if count is None else done + count)
        return Given(
            self.fixed, self.rates[part], self.number + done, self.tol, self.sources,
            self.batches[part],
        )  # fmt: skip


Part = Callable[[Values, Given], tuple[int, bool, Values]]
"""(state, given) → (steps done, whether the next one raised, state)."""


class Loop:
    """Takes steps one after the other, as fast as straight-line Python goes."""

    def __init__(self, steps: Steps, longest: int = LONGEST) -> None:
        self._steps, self._longest = steps, longest
        self._parts: dict[tuple[bool, bool], Part] = {}
        self._guarded = False

    def __call__(self, values: Values, given: Given) -> tuple[int, Values]:
        """How many steps were taken, and the state they led to.

        There are as many steps as rates, unless every entry of what is watched is below the
        tolerance in size at the start of one.
        """
        done, now, watching = 0, values, given.tol > 0
        while True:
            more, raised, now = self._part(watching, careful=False)(now, given.after(done))
            done += more
            if not raised:
                break
            # The careful code never raises: it takes the step that the fast code could not.
            more, _, now = self._part(watching, careful=True)(now, given.after(done, 1))
            done += more
            if not more or done == len(given.rates):
                break
        if self._guarded and not squares_finite(now):
            # A number that is not finite stays in the state once it is there.
            done, _, now = self._part(watching, careful=True)(values, given)
        return done, now

    def _part(self, watching: bool, careful: bool) -> Part:
        part = self._parts.get((watching, careful))
        if part is None:
            part = self._parts[watching, careful] = self._made(watching, careful)
        return part

    def _made(self, watching: bool, careful: bool) -> Part:
        steps = self._steps
        watched = steps.watched if watching else ()
        memory = _memory(steps)
        code = _code(steps, watched, careful, memory)
        self._guarded |= code.guarded and not careful
        if len(code.lines) > self._longest:
            return _step_by_step(steps, watched, careful, self._longest)
        if memory is not None and _may_stop_half_done(code):
            memory = replace(memory, over={})
            code = _code(steps, watched, careful, memory)
        return _one_function(steps, watched, code, memory)


def _code(steps: Steps, watched: Sequence[int], careful: bool, memory: Memory | None) -> Code:
    return Code(
        steps.graph, steps.following, steps.inputs, watched=watched, memory=memory,
        seed=steps.seed, careful=careful,
    )  # fmt: skip


def _memory(steps: Steps) -> Memory | None:
    """Places for the rows of a step, and the state's own memory for what follows it."""
    shapes = steps.graph.shapes
    if not any(shapes[node] for node in steps.inputs):
        return None
    import numpy as np

    from gradcli.run.compiled.buffers import Memory

    passed_on = set(steps.state) & set(steps.following)
    over = {
        new: old
        for old, new in zip(steps.state, steps.following)
        if shapes[old] and not passed_on & {old, new}
    }
    return Memory({node: np.empty(shapes[node]) for node in steps.gathered}, over)


def _may_stop_half_done(code: Code) -> bool:
    """Whether a number, which may raise, is computed after a part of the state is overwritten."""
    begun = False
    for line in code.lines:
        if begun and line.target in code.numbers:
            return True
        begun = begun or line.target in code.overwriting
    return False


def _one_function(steps: Steps, watched: Sequence[int], code: Code, memory: Memory | None) -> Part:
    """A loop over the lines. A step ends with assignments, so that none is left half done."""
    names = {**code.namespace, "raised": RAISED, "length_hint": length_hint}
    start = [unpacked(steps.state, "values"), unpacked(steps.fixed, "given.fixed")]
    start += [f"{local(n)} = {local(n)}.copy()" for n in steps.state if steps.graph.shapes[n]]
    counts = steps.drawn or any(steps.number in line.reads for line in code.lines)
    body = [f"{local(steps.number)} += 1.0"] if counts else []
    for at, node in enumerate(steps.gathered):
        assert memory is not None
        names[f"rows{at}"] = memory.lent[node]
        start += [f"source{at} = given.sources[{at}]", f"{local(node)} = rows{at}"]
        # The rows are in range; only where that is checked would NumPy make a copy first.
        body.append(f"source{at}.take(rows, 0, rows{at}, 'clip')")
    for at, node in enumerate(steps.drawn):
        names[f"draw{at}"] = partial(steps.draw, node)
        body.append(f"{local(node)} = draw{at}({local(steps.number)})")
    lines = [str(line) for line in code.lines]
    body += lines[: code.watched_after]
    if watched:
        body.append(f"if {_is_small(steps.graph, watched, code)}: break")
    body += lines[code.watched_after :]
    moves = {old: new for old, new in zip(steps.state, steps.following) if old != new}
    if moves:
        body.append(f"{', '.join(map(local, moves))} = {', '.join(map(local, moves.values()))}")
    state, done = listed(steps.state), "len(rates) - length_hint(left) - 1"
    each = f"{local(steps.rate)}, rows" if steps.gathered else local(steps.rate)
    source = f"""
def part(values, given):
{indented(start, 4)}
    {local(steps.number)}, tol, low = float(given.number), given.tol, -given.tol
    rates = {"list(zip(given.rates, given.batches))" if steps.gathered else "given.rates"}
    left = iter(rates)
    try:
        for {each} in left:
{indented(body or ["pass"], 12)}
        else:
            return len(rates), False, {state}
    except raised:
        return {done}, True, {state}
    return {done}, False, {state}
"""
    part: Part = made(source, "part", names)
    return part


def _is_small(graph: Graph, watched: Sequence[int], code: Code) -> str:
    """The test that every entry is below tol in size; of arrays, one entry is looked at first."""
    tests = []
    for node in watched:
        text = code.text(node)
        if not graph.shapes[node]:
            tests.append(f"low < {text} < tol")
        elif prod(graph.shapes[node]):
            tests.append(f"low < {text}.item(0) < tol and np_abs({text}).max() < tol")
    return " and ".join(tests) or "True"


def _step_by_step(steps: Steps, watched: Sequence[int], careful: bool, longest: int) -> Part:
    """The same for steps of so many lines that they are several functions."""
    outputs = [*watched, *steps.following]
    code = Code(steps.graph, outputs, steps.inputs, seed=steps.seed, careful=careful)
    run = runner(code.lines, steps.inputs, outputs, code.namespace, longest)

    def part(values: Values, given: Given) -> tuple[int, bool, Values]:
        for done, rate in enumerate(given.rates):
            rows = [source.take(given.batches[done], 0) for source in given.sources]
            number = float(given.number + done + 1)
            rows += [steps.draw(node, number) for node in steps.drawn]
            try:
                found = run([*values, *given.fixed, *rows, rate, number])
            except RAISED:
                return done, True, values
            if watched and all(_largest(value) < given.tol for value in found[: len(watched)]):
                return done, False, values
            values = found[len(watched) :]
        return len(given.rates), False, values

    return part


def _largest(value: Value) -> Any:
    size = abs(value)
    return size if isinstance(size, float) else size.max(initial=0.0)
