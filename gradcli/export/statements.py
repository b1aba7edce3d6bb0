"""Declarations, assignments and loops, as a function of a language of loops has them."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from gradcli.export.entries import Entries, Offset, Places, everywhere, stored
from gradcli.export.identifiers import Identifiers
from gradcli.export.phrases import ATOM, Text, say
from gradcli.export.routines import Routine
from gradcli.export.syntax import Syntax
from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Attr, Op, Shape

LONGEST = 70
"""The most characters of an expression that stands where it is read."""

VIEWS = ("reshapes", "expands", "transposes", "indexes")


@dataclass
class Statements:
    """The statements of a function so far, and what its nodes are called in them."""

    syntax: Syntax
    routine: Routine
    names: Identifiers
    nodes: Mapping[int, str]
    places: Mapping[int, str] = field(default_factory=dict)
    """The names of arrays that are there already, to be filled."""
    lines: list[str] = field(default_factory=list)
    size: int = 0
    """The numbers in the arrays of the function."""

    def __post_init__(self) -> None:
        self._numbers: dict[int, Text] = {}
        self._arrays: dict[int, Entries] = {}
        self._variables = [letter for letter in "ijklmnpqrtuvwxyz" if self.names.free(letter)] + [
            f"i{count}" for count in range(1, 40)
        ]
        self._sum = next(c for c in ("s", "total", *string.ascii_lowercase) if self.names.free(c))
        self.graph = self.routine.graph
        self._reads = entry_reads(self.routine)

    # What nodes are called

    def number(self, node: int) -> Text:
        """The text of a scalar node."""
        return self._numbers[node]

    def array(self, node: int) -> Entries:
        """An array node."""
        return self._arrays[node]

    def stored(self, node: int) -> str:
        """The name under which an array lies; it is filled where there is none."""
        entries = self._arrays[node]
        if not entries.stored:
            self._fill(self._declare(node), entries.shape, entries.at)
        return self._arrays[node].stored

    def _entries(self, node: int) -> Entries:
        """An array, or a number as one."""
        found = self._arrays.get(node)
        return everywhere(self._numbers[node]) if found is None else found

    def _once(self, node: int) -> bool:
        """Whether a node is read once, and needs no name for that."""
        return self._reads.get(node, 0) < 2 and node not in self.nodes

    def _name(self, node: int, name: str) -> None:
        shape = self.graph.shapes[node]
        if shape:
            self._arrays[node] = stored(name, shape)
        else:
            self._numbers[node] = Text(name)

    def _declare(self, node: int, zero: bool = False) -> str:
        """The name of a new array, for a node."""
        name = self.places.get(node)
        size = prod(self.graph.shapes[node])
        if name is None:
            name = self.nodes.get(node) or self.names.counted()
            self.size += size
            self.lines.append(self.syntax.array(name, size, zero))
        elif zero:
            (variable,) = self._variables[:1]
            self.lines.append(f"{self.syntax.loop(variable, size)} {name}[{variable}] = 0.0;")
        self._name(node, name)
        return name

    # Assignments

    def _set(self, node: int, text: Text) -> None:
        """A number under its name, or to stand where it is read."""
        if self._once(node) and len(text.text) <= LONGEST:
            self._numbers[node] = text
        else:
            name = self.nodes.get(node) or self.names.counted()
            self.lines.append(self.syntax.constant(name, text.text))
            self._numbers[node] = Text(name)

    def _said(self, op: Op, texts: Sequence[Text], attr: Attr = ()) -> Text:
        return say(self.syntax.language, op, texts, attr, (), ())

    def _added(self, name: str, by: str, entry: Text) -> str:
        """The statement that takes one more entry into a result."""
        op = TABLE[by]
        if op.level < ATOM:
            sign = op.text.format("", "").strip() if isinstance(op.text, str) else ""
            return f"{name} {sign}= {entry.text};"
        return f"{name} = {self._said(op, [Text(name), entry]).text};"

    def copy(self, node: int, name: str) -> None:
        """Writes the loops that put an array under another name."""
        if self._arrays[node].stored != name:
            self._fill(name, self.graph.shapes[node], self._arrays[node].at)

    def _fill(self, name: str, shape: Shape, at: Callable[[Places], Text]) -> None:
        whole = stored(name, shape)
        self._each(shape, lambda places: whole.at(places).text, at)

    def _each(
        self,
        shape: Shape,
        target: Callable[[Places], str],
        at: Callable[[Places], Text],
        sign: str = "=",
    ) -> None:
        """For each place of a shape an assignment."""
        loops = [(v, n) for v, n in zip(self._variables, shape) if n > 1]
        names = iter(v for v, _ in loops)
        places = [Offset(((next(names), 1),)) if n > 1 else Offset() for n in shape]
        self._loops(loops, [f"{target(places)} {sign} {at(places).text};"])

    # Loops

    def _loops(self, loops: Sequence[tuple[str, int]], body: Sequence[str]) -> None:
        self.lines += self._looped(loops, body)

    def _looped(self, loops: Sequence[tuple[str, int]], body: Sequence[str]) -> Iterator[str]:
        """Loops in one another around some statements."""
        heads = [self.syntax.loop(variable, count) for variable, count in loops]
        single = len(body) == 1
        if single and len(" ".join([*heads[-1:], *body])) <= 84:
            body = [" ".join([*heads[-1:], *body])]
            heads = heads[:-1]
        for depth, head in enumerate(heads):
            yield f"{'    ' * depth}{head}{'' if single else ' {'}"
        yield from (f"{'    ' * len(heads)}{line}" for line in body)
        if not single:
            yield from (f"{'    ' * depth}}}" for depth in reversed(range(len(heads))))

    def _block(self, lines: Sequence[str]) -> list[str]:
        return ["{", *(f"    {line}" for line in lines), "}"]


def entry_reads(routine: Routine) -> dict[int, int]:
    """How often the entries of each node are read, 2 for more than once.

    What rearranges is read as often as its result is; what loops over more entries than the
    node has reads each more than once.
    """
    graph = routine.graph
    found: dict[int, int] = {n: 2 for n in routine.outputs if graph.shapes[n]}
    for node in reversed(routine.cone()):
        if node in routine.held:
            continue
        op, size = graph.ops[node], prod(graph.shapes[node])
        for arg in graph.args[node]:
            count = 1
            if op.axes in VIEWS and arg == graph.args[node][0]:
                count = found.get(node, 1)
                count += size > prod(graph.shapes[arg])
            elif graph.shapes[node] or graph.shapes[arg]:
                inside = op.fold is not None or (op.pointwise and size == prod(graph.shapes[arg]))
                count = 1 if inside or op.axes == "joins" else 2
            found[arg] = found.get(arg, 0) + count
    return found
