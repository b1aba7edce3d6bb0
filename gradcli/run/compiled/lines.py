"""Lines of generated Python, and functions of them: one, or many that share a list of values.

A function of 650,000 assignments took 10 s and 1.7 GB to compile, the same in functions of 1,000
took 6 s and 0.3 GB.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST = 1000
"""The most lines of one function."""

Run = Callable[[Sequence[Any]], list[Any]]
"""The values of the inputs → the values of the outputs."""


Reads = tuple[int, ...]
"""The nodes of the locals that a text reads, possibly more than once."""


@dataclass(frozen=True, slots=True)
class Line:
    """One assignment: the local of node `target` becomes `text`, which reads those of `reads`.

    >>> str(Line(3, "t1 + t2", (1, 2)))
    't3 = t1 + t2'
    """

    target: int
    text: str
    reads: Reads

    def __str__(self) -> str:
        return f"{local(self.target)} = {self.text}"


def local(node: int) -> str:
    """The name of a node's value."""
    return f"t{node}"


def unpacked(nodes: Sequence[int], source: str) -> str:
    """The line that gives the locals of `nodes` the values in `source`.

    >>> unpacked([1, 2], "values")
    't1, t2, = values'
    """
    return f"{''.join(local(n) + ', ' for n in nodes)}= {source}" if nodes else "pass"


def indented(lines: Iterable[object], by: int = 4) -> str:
    """A block of lines."""
    return "".join(f"{' ' * by}{line}\n" for line in lines)


def listed(nodes: Sequence[int]) -> str:
    """The locals of `nodes` as a list."""
    return f"[{', '.join(map(local, nodes))}]"


def made(source: str, name: str, namespace: Mapping[str, Any]) -> Any:
    """The function `name` that `source` defines.

    The source holds nothing that a user typed: names that this package made, and numbers.
    """
    scope = dict(namespace)
    exec(compile(source, "<gradcli>", "exec", dont_inherit=True), scope)
    return scope[name]


def runner(
    lines: Sequence[Line],
    inputs: Sequence[int],
    outputs: Sequence[int],
    namespace: Mapping[str, Any],
    longest: int = LONGEST,
) -> Run:
    """A function that runs the lines; the inputs and the targets are all that they read."""
    if len(lines) > longest:
        return _in_chunks(lines, inputs, outputs, namespace, longest)
    body = indented([unpacked(inputs, "values"), *lines, f"return {listed(outputs)}"])
    run: Run = made(f"def run(values):\n{body}", "run", namespace)
    return run


def _in_chunks(
    lines: Sequence[Line],
    inputs: Sequence[int],
    outputs: Sequence[int],
    namespace: Mapping[str, Any],
    longest: int,
) -> Run:
    """Functions of at most `longest` lines; what crosses between them lies in one list."""
    parts = [lines[at : at + longest] for at in range(0, len(lines), longest)]
    slots = {node: slot for slot, node in enumerate(inputs)}
    needed = set(outputs)
    for part in parts:
        within = {line.target for line in part}
        needed.update(n for line in part for n in line.reads if n not in within)
    for line in lines:
        if line.target in needed:
            slots.setdefault(line.target, len(slots))
    chunks = [_chunk(part, slots, namespace) for part in parts]
    places = [slots[node] for node in outputs]
    empty = [None] * (len(slots) - len(inputs))

    def run(values: Sequence[Any]) -> list[Any]:
        shared = [*values, *empty]
        for chunk in chunks:
            chunk(shared)
        return [shared[place] for place in places]

    return run


def _chunk(
    lines: Sequence[Line], slots: Mapping[int, int], namespace: Mapping[str, Any]
) -> Callable[[list[Any]], None]:
    within = {line.target for line in lines}
    reads = sorted({n for line in lines for n in line.reads} - within)
    loads = [f"{local(node)} = v[{slots[node]}]" for node in reads]
    stores = [f"v[{slots[node]}] = {local(node)}" for node in within if node in slots]
    body = indented([*loads, *lines, *stores])
    chunk: Callable[[list[Any]], None] = made(f"def chunk(v):\n{body}", "chunk", namespace)
    return chunk
