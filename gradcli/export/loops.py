"""Code of loops over the entries of arrays, for languages that know numbers alone: C, JavaScript.

Arrays lie in one piece, row by row. An elementwise node that is read once stands where it is read,
as does whatever only rearranges; every other array gets a name, and the loops that fill it.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from gradcli.export.entries import (
    Entries,
    Offset,
    Places,
    everywhere,
    items_of,
    narrowed,
    spread,
    stored,
    turned,
)
from gradcli.export.identifiers import Identifiers
from gradcli.export.phrases import ATOM, PRODUCT, Language, Text, number_text, say
from gradcli.export.routines import Routine
from gradcli.graph.graph import LITERAL
from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Attr, Op, Shape
from gradcli.graph.ops.simpler import plain

_LONGEST = 70
"""The most characters of an expression that stands where it is read."""

_EXACT = (2.0, 4.0, 0.5)
"""Factors that round nothing."""

VIEWS = ("reshapes", "expands", "transposes", "indexes")


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

    def says(self, graph: object, node: int) -> bool:
        """Whether loops say a node as it stands."""
        from gradcli.graph.graph import Graph

        assert isinstance(graph, Graph)
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


@dataclass
class Body:
    """The statements of a function, as they are written, one node after the other."""

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
        self._doubled: dict[int, tuple[Text, Text]] = {}
        self._variables = [letter for letter in "ijklmnpqrtuvwxyz" if self.names.free(letter)] + [
            f"i{count}" for count in range(1, 40)
        ]
        self._sum = next(c for c in ("s", "total", *string.ascii_lowercase) if self.names.free(c))
        graph, routine = self.routine.graph, self.routine
        self._cone = routine.cone()
        self._reads = self._counted()
        for node in routine.inputs:
            self._name(node, self.nodes[node])
        for node in self._cone:
            self._write(node)
        self.graph = graph

    def number(self, node: int) -> Text:
        """The text of a scalar node."""
        return self._numbers[node]

    def array(self, node: int) -> Entries:
        """An array node."""
        return self._arrays[node]

    def copy(self, node: int, name: str) -> None:
        """Writes the loops that put an array under another name."""
        if self._arrays[node].stored != name:
            self._fill(name, self.routine.graph.shapes[node], self._arrays[node].at)

    def _counted(self) -> dict[int, int]:
        """How often the entries of each node are read, 2 for more than once.

        What rearranges is read as often as its result is; what loops over more entries than the
        node has reads each more than once.
        """
        graph, routine = self.routine.graph, self.routine
        found: dict[int, int] = {n: 2 for n in routine.outputs if graph.shapes[n]}
        for node in reversed(self._cone):
            if node in routine.held:
                continue
            op, size = graph.ops[node], prod(graph.shapes[node])
            for arg in graph.args[node]:
                count = 1
                if op.axes in VIEWS and arg == graph.args[node][0]:
                    count = found.get(node, 1)
                    count += size > prod(graph.shapes[arg])
                elif graph.shapes[node] or graph.shapes[arg]:
                    inside = op.fold is not None or (
                        op.pointwise and size == prod(graph.shapes[arg])
                    )
                    count = 1 if inside or op.axes == "joins" else 2
                found[arg] = found.get(arg, 0) + count
        return found

    def _write(self, node: int) -> None:
        routine, graph = self.routine, self.routine.graph
        op, args, shape = graph.ops[node], graph.args[node], graph.shapes[node]
        attr = graph.attrs[node] or ()
        if node in routine.held:
            self._hold(node)
        elif op is LITERAL:
            self._numbers[node] = number_text(self.syntax.language.number(attr[0]))
        elif "entry" in op.code:
            self._arrays[node] = self._made(op, node)
        elif op.fold:
            self._reduce(node, *op.fold)
        elif op.axes in VIEWS:
            self._view(node)
        elif op.axes == "scatters":
            self._scatter(node)
        elif op.axes == "joins":
            self._join(node)
        elif op.axes == "along":
            self._accumulate(node)
        elif not op.pointwise:
            self._call(node)
        elif shape:
            self._elementwise(node)
        else:
            texts = [self._numbers[arg] for arg in args]
            product = op is TABLE["mul"]
            found = self._product(node, texts) if product else self._said(op, texts, attr)
            self._set(node, found)

    def _said(self, op: Op, texts: Sequence[Text], attr: Attr = ()) -> Text:
        return say(self.syntax.language, op, texts, attr, (), ())

    def _product(self, node: int, texts: Sequence[Text]) -> Text:
        """b * (2 * x) as (2 * b) * x, to the same bits: b may be known long before x is."""
        op, graph = TABLE["mul"], self.routine.graph
        first, second = graph.args[node]
        number, rest = self._doubled.get(second, (None, None))
        if number is not None and rest is not None and first in self.routine.inputs:
            texts = [self._said(op, [number, texts[0]]), rest]
        factor = graph.number(first)
        if factor in _EXACT and self._reads.get(node, 0) < 2 and node not in self.nodes:
            self._doubled[node] = (texts[0], texts[1])
        return self._said(op, texts)

    def _set(self, node: int, text: Text) -> None:
        """A number under its name, or to stand where it is read."""
        once = self._reads.get(node, 0) < 2 and node not in self.nodes
        if once and len(text.text) <= _LONGEST:
            self._numbers[node] = text
        else:
            name = self.nodes.get(node) or self.names.counted()
            self.lines.append(self.syntax.constant(name, text.text))
            self._numbers[node] = Text(name)

    def _name(self, node: int, name: str) -> None:
        shape = self.routine.graph.shapes[node]
        if shape:
            self._arrays[node] = stored(name, shape)
        else:
            self._numbers[node] = Text(name)

    def _declare(self, node: int, zero: bool = False) -> str:
        """The name of a new array, for a node."""
        name = self.places.get(node)
        size = prod(self.routine.graph.shapes[node])
        if name is None:
            name = self.nodes.get(node) or self.names.counted()
            self.size += size
            self.lines.append(self.syntax.array(name, size, zero))
        elif zero:
            (variable,) = self._variables[:1]
            self.lines.append(f"{self.syntax.loop(variable, size)} {name}[{variable}] = 0.0;")
        self._name(node, name)
        return name

    def _hold(self, node: int) -> None:
        value = self.routine.held[node]
        number = self.syntax.language.number
        if not self.routine.graph.shapes[node]:
            self._numbers[node] = number_text(number(float(value)))
            return
        name = self.nodes.get(node) or self.names.counted()
        entries = ", ".join(map(number, value.ravel().tolist()))
        self.lines.append(self.syntax.data(name, entries, value.size))
        self._name(node, name)

    def _entries(self, node: int) -> Entries:
        """An array, or a number as one."""
        found = self._arrays.get(node)
        return everywhere(self._numbers[node]) if found is None else found

    def stored(self, node: int) -> str:
        """The name under which an array lies; it is filled where there is none."""
        entries = self._arrays[node]
        if not entries.stored:
            self._fill(self._declare(node), entries.shape, entries.at)
        return self._arrays[node].stored

    def _made(self, op: Op, node: int) -> Entries:
        shape, attr = self.routine.graph.shapes[node], self.routine.graph.attrs[node] or ()
        form = op.code["entry"]

        def at(places: Places) -> Text:
            texts = [str(place) for place in places]
            if callable(form):
                found = form(texts, attr, ())
                return Text(found, PRODUCT if found[0] != "(" else ATOM)
            return Text(form.format(*texts), ATOM if "?" not in form else 0)

        return Entries(shape, at)

    def _elementwise(self, node: int) -> None:
        graph = self.routine.graph
        op, shape = graph.ops[node], graph.shapes[node]
        attr = graph.attrs[node] or ()
        args = [spread(self._entries(arg), shape) for arg in graph.args[node]]

        def at(places: Places) -> Text:
            texts = [arg.at(places) for arg in args]
            return self._said(op, texts, attr)

        once = self._reads.get(node, 0) < 2 and node not in self.nodes
        tried = at([Offset(((v, 1),)) for v in self._variables[: len(shape)]])
        if once and len(tried.text) <= _LONGEST:
            self._arrays[node] = Entries(shape, at)
        else:
            self._fill(self._declare(node), shape, at)

    def _view(self, node: int) -> None:
        graph = self.routine.graph
        op, shape = graph.ops[node], graph.shapes[node]
        source, *others = graph.args[node]
        inner = self._entries(source)
        attr = graph.attrs[node] or ()
        if op.axes == "expands":
            found = spread(inner, shape)
        elif op.axes == "transposes":
            found = turned(inner, shape, attr[0])
        elif op.axes == "reshapes":
            known = narrowed(inner, shape) if inner.shape else spread(inner, shape)
            found = known or stored(self.stored(source), shape)
        else:
            arrays = [self._entries(other) for other in others]
            count = _together([graph.shapes[other] for other in others])

            def at(places: Places) -> Text:
                return inner.at(items_of(attr[0], inner.shape, arrays, places, count))

            found = Entries(shape, at)
        if not shape:
            self._set(node, found.at([]))
        elif node in self.nodes and not (found.stored and node not in self.places):
            self._fill(self._declare(node), shape, found.at)
        else:
            self._arrays[node] = found

    def _reduce(self, node: int, start: float, by: str) -> None:
        graph = self.routine.graph
        (source,), shape = graph.args[node], graph.shapes[node]
        inner = self._entries(source)
        axis = (graph.attrs[node] or (None,))[0]
        rank = len(inner.shape)
        axes = range(rank) if axis is None else [axis % rank]
        kept = [a for a in range(rank) if a not in axes]
        variables = self._variables[:rank]
        places = [Offset(((v, 1),)) for v in variables]
        begin = self.syntax.language.number(start)
        if not kept:
            name = self.nodes.get(node, "") if not shape else ""
            name = name or self.names.counted()
            self.lines.append(self.syntax.variable(name, begin))
            self._loops([(variables[a], inner.shape[a]) for a in axes], [
                self._added(name, by, inner.at(places))
            ])  # fmt: skip
            if shape:
                self._arrays[node] = spread(everywhere(Text(name)), shape)
            else:
                self._numbers[node] = Text(name)
            return
        name = self._declare(node)
        result = narrowed(stored(name, shape), tuple(inner.shape[a] for a in kept))
        assert result is not None
        within = list(self._looped([(variables[a], inner.shape[a]) for a in axes], [
            self._added(self._sum, by, inner.at(places))
        ]))  # fmt: skip
        target = result.at([places[a] for a in kept]).text
        self._loops(
            [(variables[a], inner.shape[a]) for a in kept],
            [self.syntax.variable(self._sum, begin), *within, f"{target} = {self._sum};"],
        )

    def _added(self, name: str, by: str, entry: Text) -> str:
        """The statement that takes one more entry into a result."""
        op = TABLE[by]
        if op.level < ATOM:
            sign = op.text.format("", "").strip() if isinstance(op.text, str) else ""
            return f"{name} {sign}= {entry.text};"
        return f"{name} = {self._said(op, [Text(name), entry]).text};"

    def _accumulate(self, node: int) -> None:
        graph = self.routine.graph
        (source,), shape = graph.args[node], graph.shapes[node]
        inner = self._entries(source)
        self._declare(node)
        axis = (graph.attrs[node] or (0,))[0] % len(shape)
        variables = self._variables[: len(shape)]
        places = [Offset(((v, 1),)) for v in variables]
        target = self._arrays[node].at(places).text
        within = self._looped([(variables[axis], shape[axis])], [
            self._added(self._sum, "add", inner.at(places)), f"{target} = {self._sum};"
        ])  # fmt: skip
        rest = [(v, n) for a, (v, n) in enumerate(zip(variables, shape)) if a != axis]
        begin = self.syntax.variable(self._sum, self.syntax.language.number(0.0))
        if rest:
            self._loops(rest, [begin, *within])
        else:
            self.lines += self._block([begin, *within])

    def _block(self, lines: Sequence[str]) -> list[str]:
        return ["{", *(f"    {line}" for line in lines), "}"]

    def _join(self, node: int) -> None:
        graph = self.routine.graph
        shape = graph.shapes[node]
        axis = (graph.attrs[node] or (0,))[0] % len(shape)
        name, start = self._declare(node), 0
        whole = stored(name, shape)
        for arg in graph.args[node]:
            part, begin = graph.shapes[arg], start

            def moved(places: Places, begin: int = begin) -> str:
                at = [p.plus(Offset(base=begin)) if a == axis else p for a, p in enumerate(places)]
                return whole.at(at).text

            self._each(part, moved, self._entries(arg).at)
            start += part[axis]

    def _scatter(self, node: int) -> None:
        graph = self.routine.graph
        given, indexed, *others = graph.args[node]
        shape, part = graph.shapes[node], graph.shapes[given]
        arrays = [self._entries(other) for other in others]
        count = _together([graph.shapes[other] for other in others])
        items = (graph.attrs[node] or ((),))[0]
        name = self._declare(node, zero=True)
        whole = stored(name, shape)
        assert indexed >= 0

        def target(places: Places) -> str:
            return whole.at(items_of(items, shape, arrays, places, count)).text

        self._each(part, target, self._entries(given).at, "+=" if others else "=")

    def _call(self, node: int) -> None:
        """A function of whole matrices."""
        graph = self.routine.graph
        op, shape = graph.ops[node], graph.shapes[node]
        sizes = [str(graph.shapes[graph.args[node][0]][0])]
        if len(graph.args[node]) > 1:
            sizes.append(str(prod(graph.shapes[graph.args[node][1]][1:])))
        given = [*sizes, *(self.stored(arg) for arg in graph.args[node])]
        called = self.syntax.language.code(op)
        if shape:
            self.lines.append(f"{called}({', '.join([*given, self._declare(node)])});")
        else:
            self._set(node, Text(f"{called}({', '.join(given)})"))

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


def _together(shapes: Sequence[Shape]) -> Shape:
    from gradcli.graph.ops.op import elementwise_shape

    return elementwise_shape(shapes, ()) if shapes else ()
