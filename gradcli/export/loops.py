"""Code of loops over the entries of arrays, for languages that know numbers alone: C, JavaScript.

Arrays lie in one piece, row by row. An elementwise node that is read once stands where it is read,
as does whatever only rearranges; every other array gets a name, and the loops that fill it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
from gradcli.export.phrases import ATOM, PRODUCT, Text, number_text
from gradcli.export.statements import LONGEST, VIEWS, Statements
from gradcli.graph.graph import LITERAL
from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Op, Shape, elementwise_shape

_EXACT = (2.0, 4.0, 0.5)
"""Factors that round nothing."""


@dataclass
class Body(Statements):
    """The statements of a function, written one node after the other."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._doubled: dict[int, tuple[Text, Text]] = {}
        for node in self.routine.inputs:
            self._name(node, self.nodes[node])
        for node in self.routine.cone():
            self._write(node)

    def _write(self, node: int) -> None:
        routine, graph = self.routine, self.graph
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

    def _product(self, node: int, texts: Sequence[Text]) -> Text:
        """b * (2 * x) as (2 * b) * x, to the same bits: b may be known long before x is."""
        op, graph = TABLE["mul"], self.graph
        first, second = graph.args[node]
        number, rest = self._doubled.get(second, (None, None))
        if number is not None and rest is not None and first in self.routine.inputs:
            texts = [self._said(op, [number, texts[0]]), rest]
        factor = graph.number(first)
        if factor in _EXACT and self._once(node):
            self._doubled[node] = (texts[0], texts[1])
        return self._said(op, texts)

    def _hold(self, node: int) -> None:
        value = self.routine.held[node]
        number = self.syntax.language.number
        if not self.graph.shapes[node]:
            self._numbers[node] = number_text(number(float(value)))
            return
        name = self.nodes.get(node) or self.names.counted()
        entries = ", ".join(map(number, value.ravel().tolist()))
        self.lines.append(self.syntax.data(name, entries, value.size))
        self._name(node, name)

    def _made(self, op: Op, node: int) -> Entries:
        shape, attr = self.graph.shapes[node], self.graph.attrs[node] or ()
        form = op.code["entry"]

        def at(places: Places) -> Text:
            texts = [str(place) for place in places]
            if callable(form):
                found = form(texts, attr, ())
                return Text(found, PRODUCT if found[0] != "(" else ATOM)
            return Text(form.format(*texts), ATOM if "?" not in form else 0)

        return Entries(shape, at)

    def _elementwise(self, node: int) -> None:
        graph = self.graph
        op, shape = graph.ops[node], graph.shapes[node]
        attr = graph.attrs[node] or ()
        args = [spread(self._entries(arg), shape) for arg in graph.args[node]]

        def at(places: Places) -> Text:
            texts = [arg.at(places) for arg in args]
            return self._said(op, texts, attr)

        tried = at([Offset(((v, 1),)) for v in self._variables[: len(shape)]])
        if self._once(node) and len(tried.text) <= LONGEST:
            self._arrays[node] = Entries(shape, at)
        else:
            self._fill(self._declare(node), shape, at)

    def _view(self, node: int) -> None:
        graph = self.graph
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
        graph = self.graph
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

    def _accumulate(self, node: int) -> None:
        graph = self.graph
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

    def _join(self, node: int) -> None:
        graph = self.graph
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
        graph = self.graph
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
        graph = self.graph
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


def _together(shapes: Sequence[Shape]) -> Shape:
    return elementwise_shape(shapes, ()) if shapes else ()
