"""Nodes as formulas of those that have a name: their own, and what the backward pass does."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Container, Iterable, Mapping, MutableMapping, Sequence
from itertools import groupby
from typing import NamedTuple

from gradcli.graph.formulas.show import labels
from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.graph.node import Node, derived
from gradcli.graph.node import node as literal
from gradcli.graph.ops.op import Shape
from gradcli.graph.reverse import Edge
from gradcli.graph.simplify.broadcast import anywhere, call, decides, differs, spread, sum_to
from gradcli.graph.simplify.normal import Normal

LIMIT = 500
"""Characters of a formula that is written out whole."""
WHOLE = 20_000
"""The same of one that is made of the variables alone."""

_FAR_TOO_LONG = 10_000
_TOO_LONG = "…"
"""What stands in a mask for another one that is too long: no formula has it."""


class Written(NamedTuple):
    """A formula's text, and how tightly that binds."""

    text: str
    level: int


class Formulas:
    """The nodes of a cone as formulas of the nodes of `shown`, and of those too long to write out.

    `names` says what every node of the cone is called. What the sweep makes is written out. The
    cone may leave out what a node of `shown` is made of. The formulas are nodes of `normal`.
    """

    def __init__(
        self,
        graph: Graph,
        cone: Sequence[int],
        names: Mapping[int, str],
        shown: Container[int],
        normal: Normal | None = None,
        limit: int = LIMIT,
    ) -> None:
        self.graph, self.names, self.limit = graph, names, limit
        self.normal = Normal() if normal is None else normal
        self._known: dict[int, int] = {}
        self._typed: dict[int, int] = {}
        self._seeds: dict[Shape, int] = {}
        self._masks: dict[int, int] = {}
        for node in cone:
            if node in shown or graph.ops[node].random:
                self._known[node] = self._typed[node] = self._symbol(node)
                continue
            self._typed[node] = self._as_typed(node)
            if len(self.normal.text(self._typed[node])) > limit:
                self._known[node] = self._typed[node] = self._symbol(node)

    def _symbol(self, node: int) -> int:
        """The node by its name; it need not be known what it is made of."""
        graph, typed = self.graph, self._typed
        op, args = graph.ops[node], graph.args[node]
        exponent = graph.number(args[1]) if op.name == "pow" else None
        whole = exponent is not None and exponent >= 0 and exponent % 1 == 0
        total = op.truth
        if not op.partial or whole:
            total |= all(self.normal.total(typed[a]) for a in args if a in typed)
        return self.normal.symbol(self.names[node], graph.shapes[node], total)

    def written(self, node: int) -> Written:
        """The node in the user's own spelling, where it is one of the cone."""
        form = self._typed[node] if node in self._typed else self.of(node)
        return Written(*self.normal.written(form))

    def of(self, node: int, bound: MutableMapping[int, int] | None = None) -> int:
        """The node as a formula; `bound` says what stands for some of the nodes it is made of."""
        known = self._known
        found = ChainMap({}, bound or {})
        stack = [node]
        while stack:
            top = stack[-1]
            if top in found or top in known:
                stack.pop()
                continue
            args = self.graph.args[top]
            missing = [a for a in args if a not in found and a not in known]
            if missing:
                stack += missing
                continue
            stack.pop()
            if any(a in found for a in args):
                parts = {a: found[a] if a in found else known[a] for a in args}
                found[top] = self._short(self._made(top, parts))
            else:
                known[top] = self._short(self._made(top, known))
        return found[node] if node in found else known[node]

    def _short(self, form: int) -> int:
        """The formula, or what stands for one that is much too long for any use."""
        normal = self.normal
        if len(normal.text(form)) <= max(_FAR_TOO_LONG, self.limit):
            return form
        return normal.symbol(_TOO_LONG, normal.graph.shapes[form], normal.total(form))

    def _as_typed(self, node: int) -> int:
        """The formula in the user's own spelling."""
        graph = self.graph
        op = graph.ops[node]
        if op is LITERAL or op is INPUT:
            return self._leaf(node)
        args = tuple(self._typed[a] for a in graph.args[node])
        return self.normal.graph.add(op, args, graph.attrs[node])

    def _leaf(self, node: int) -> int:
        graph, normal = self.graph, self.normal
        if graph.ops[node] is INPUT:
            return normal.symbol(self.names[node], graph.shapes[node])
        (value,) = graph.attrs[node] or (0.0,)
        text = graph.texts.get(node) or labels(graph, [node])[node]
        return normal.graph.literal(value, text)

    def _made(self, node: int, forms: Mapping[int, int]) -> int:
        graph, normal = self.graph, self.normal
        op, attr, shapes = graph.ops[node], graph.attrs[node], graph.shapes
        if op is LITERAL:
            (value,) = attr or (0.0,)
            text = graph.texts.get(node) or labels(graph, [node])[node]
            if value - value == 0 and not text[0].isalpha():
                return normal.number(value)
            return self._leaf(node)  # pi, inf
        if op is INPUT:
            return self._leaf(node)
        args = graph.args[node]
        parts = [
            self._typed[self._bare(a)]
            if decides(op, i) and self._bare(a) in self._typed and forms[a] not in normal.numbers
            else forms[a]
            for i, a in enumerate(args)
        ]
        form = call(normal, op, parts, attr, shapes[node], [shapes[a] for a in args])
        array = counted_ties(graph, node)
        if array is not None and array in forms and normal.total(forms[array]):
            normal.above_zero.add(form)
        return form

    def _bare(self, node: int) -> int:
        """The number that a node of the sweep repeats; any other node itself."""
        graph, bare = self.graph, node
        while graph.ops[bare].name in ("expand", "reshape") and bare not in self._typed:
            (bare,) = graph.args[bare]
        return node if graph.shapes[bare] else bare

    def hopeless(self, edge: Edge, upstream: int) -> bool:
        """Whether what the receiver gets is plainly too long to write out."""
        if edge.local is None:
            return False
        text = self.normal.text
        return len(text(upstream)) + len(text(self.of(edge.local))) > self.limit + 100

    def downstream(self, edge: Edge, upstream: int) -> int:
        """What the receiver of the edge gets, as a formula of the upstream's."""
        graph, normal = self.graph, self.normal
        result = Node(graph, edge.consumer)
        own = derived("mask", result, edge.position)
        come, passed = self._mask(edge.come), self._mask(edge.passed)
        if edge.local is None:
            seed = self._seed(graph.shapes[edge.consumer])
            moved = derived("vjp", result, edge.position, Node(graph, seed))
            form = self.of(literal(graph, moved).id, {seed: upstream})
            free = edge.come is None and (own is None or normal.total(upstream))
            if normal.total(form) or free or edge.passed is None:
                return form
            if passed is None:
                differ = differs(normal, upstream)
                passed = anywhere(normal, differ) if own is None else self.of(own.id)
            return normal.gated(form, passed, implied=True)
        local = self.of(edge.local)
        form = normal.multiply(upstream, local)
        if own is not None:
            implied = graph.number(edge.local) is None
            form = normal.gated(form, self.of(own.id), implied)
        if edge.come is not None and not normal.total(local):
            form = normal.gated(form, come or differs(normal, upstream), implied=True)
        return sum_to(normal, form, graph.shapes[edge.consumer], graph.shapes[edge.receiver])

    def _mask(self, node: int | None) -> int | None:
        """A mask of the sweep, None where there is none and where it is too long to write."""
        if node is None:
            return None
        normal = self.normal
        if node not in self._masks:
            form = self.of(node, self._masks)
            text = normal.text(form)
            if len(text) > self.limit // 2 or _TOO_LONG in text:
                form = normal.symbol(_TOO_LONG, normal.graph.shapes[form])
            self._masks[node] = form
        return None if normal.text(self._masks[node]) == _TOO_LONG else self._masks[node]

    def _seed(self, shape: Shape) -> int:
        """A node that stands for an upstream of that shape."""
        if shape not in self._seeds:
            self._seeds[shape] = self.graph.input("upstream", "seed", shape)
        return self._seeds[shape]


def counted_ties(graph: Graph, node: int) -> int | None:
    """x, of a node that is `sum(x == max(x))`, or the same of min; None of any other."""
    if graph.ops[node].name != "sum" or graph.ops[equal := graph.args[node][0]].name != "eq":
        return None
    array, extreme = graph.args[equal]
    while graph.ops[extreme].name in ("expand", "reshape"):
        (extreme,) = graph.args[extreme]
    found = graph.ops[extreme].name in ("max", "min") and graph.args[extreme] == (array,)
    return array if found else None


def adjoint(
    normal: Normal,
    graph: Graph,
    names: Mapping[int, str],
    output: int,
    node: int,
    total: bool = True,
) -> int:
    """∂output/∂node, as a name."""
    name = f"∂{names[output]}/∂{names[node]}"
    return normal.symbol(name, graph.shapes[node], total)


def derivatives(
    graph: Graph,
    output: int,
    edges: Iterable[Edge],
    names: Mapping[int, str],
    shown: Container[int],
    cone: Sequence[int],
    normal: Normal,
    start: int,
    limit: int = LIMIT,
) -> dict[int, int]:
    """∂output/∂node as a formula of the nodes of `shown`, a node of `normal`, for the receivers of
    `edges` and for the output, whose own is `start`: 1, or what chooses an entry of an array.

    One that would be longer than `limit` characters is written with ∂output/∂NAME of the nodes that
    the receiver goes into, and if it is still too long also with the names of all others.
    """
    deep = Formulas(graph, cone, names, shown, normal, limit)
    flat = Formulas(graph, cone, names, set(cone), normal, limit)
    found: dict[int, int] = {output: start}

    def upstream(edge: Edge, whole: bool) -> int:
        form = found[edge.consumer]
        name = f"∂{names[output]}/∂{names[edge.consumer]}"
        if len(normal.text(form)) <= (limit if whole else len(name)):
            return form
        return adjoint(normal, graph, names, output, edge.consumer, normal.total(form))

    for receiver, group in groupby(edges, key=lambda edge: edge.receiver):
        received = list(group)
        shape = graph.shapes[receiver]
        for formulas, whole in ((deep, True), (deep, False), (flat, False)):
            come = [upstream(edge, whole) for edge in received]
            form = None
            if formulas is deep and any(map(deep.hopeless, received, come)):
                continue
            form = _total(normal, map(formulas.downstream, received, come), 2 * limit)
            if form is not None and len(normal.text(spread(normal, form, shape))) <= limit:
                break
        if form is None:
            form = normal.add([flat.downstream(e, upstream(e, False)) for e in received])
        found[receiver] = form
    return {node: spread(normal, form, graph.shapes[node]) for node, form in found.items()}


def _total(normal: Normal, forms: Iterable[int], limit: int) -> int | None:
    """The sum, None where it is far too long to look at."""
    terms: list[int] = []
    size = 0
    for form in forms:
        if form not in terms[-1:]:
            size += len(normal.text(form))
            if size > max(_FAR_TOO_LONG, limit):
                return None
        terms.append(form)
    return normal.add(terms)
