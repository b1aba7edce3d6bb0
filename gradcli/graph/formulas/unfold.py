"""Nodes as formulas of those that have a name: their own, and what the backward pass does."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Container, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from itertools import groupby

from gradcli.graph.formulas.compose import anywhere, call, differs, spread, sum_to
from gradcli.graph.formulas.form import ONE, Form, add, gated, multiply, number
from gradcli.graph.formulas.show import ATOM, labels, write
from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.graph.node import TABLE, Node, derived
from gradcli.graph.node import node as literal
from gradcli.graph.ops.op import Shape
from gradcli.graph.reverse import Edge

LIMIT = 500
"""Characters of a formula that is written out whole."""

_FAR_TOO_LONG = 100 * LIMIT
_LONGEST_MASK = LIMIT // 2
_TOO_LONG = "…"
"""What stands in a mask for another one that is too long: no formula has it."""


class Formulas:
    """The nodes of a cone as formulas of the nodes of `shown`, and of those too long to write out.

    `names` says what every node of the cone is called. What the sweep makes is written out. The
    cone may leave out what a node of `shown` is made of.
    """

    def __init__(
        self, graph: Graph, cone: Sequence[int], names: Mapping[int, str], shown: Container[int]
    ) -> None:
        self.graph, self.names = graph, names
        self._known: dict[int, Form] = {}
        self._seeds: dict[Shape, int] = {}
        self._masks: dict[int, Form] = {}
        for node in cone:
            if node in shown or graph.ops[node].random:
                form = self._symbol(node)
            else:
                form = self._typed(node, self._made(node, self._known))
                if len(form.text) > LIMIT:
                    form = self._symbol(node)
            self._known[node] = form

    def _symbol(self, node: int) -> Form:
        """The node by its name; it need not be known what it is made of."""
        graph, known = self.graph, self._known
        op, args = graph.ops[node], graph.args[node]
        exponent = graph.number(args[1]) if op.name == "pow" else None
        whole = exponent is not None and exponent >= 0 and exponent % 1 == 0
        total = op.truth
        if not op.partial or whole:
            total |= all(known[a].total for a in args if a in known)
        return Form(self.names[node], ATOM, graph.shapes[node], total)

    def of(self, node: int, bound: MutableMapping[int, Form] | None = None) -> Form:
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
                found[top] = self._made(top, {a: found.get(a) or known[a] for a in args})
            else:
                known[top] = self._made(top, known)
        return found.get(node) or known[node]

    def _typed(self, node: int, form: Form) -> Form:
        """`form` with the text that the user's own spelling gives: simplification would move the
        last bit, and a comparison such as x/y == z may hang on that."""
        graph = self.graph
        op = graph.ops[node]
        if op is LITERAL or op is INPUT:
            return form
        parts = [(self._known[a].text, self._known[a].level) for a in graph.args[node]]
        text, level = write(op, parts, graph.attrs[node])
        opposite = form.opposite
        if op.name in ("eq", "ne"):
            opposite = write(TABLE["ne" if op.name == "eq" else "eq"], parts, None)[0]
        shape = graph.shapes[node]
        if form.shape != shape:  # repeat(2, 3) is an array, not the number that it repeats
            return Form(text, level, shape, form.total, opposite=opposite)
        return replace(form, text=text, level=level, opposite=opposite)

    def _made(self, node: int, forms: Mapping[int, Form]) -> Form:
        graph = self.graph
        op, attr, shapes = graph.ops[node], graph.attrs[node], graph.shapes
        if op is LITERAL:
            value = (attr or (0.0,))[0]
            text = graph.texts.get(node) or labels(graph, [node])[node]
            if value - value == 0 and not text[0].isalpha():
                return number(value)
            return Form(text)  # pi, inf
        if op is INPUT:
            return Form(self.names[node], ATOM, shapes[node])
        args = graph.args[node]
        form = call(op, [forms[a] for a in args], attr, shapes[node], [shapes[a] for a in args])
        array = counted_ties(graph, node)
        known = array is not None and array in forms and forms[array].total
        return replace(form, positive=True) if known else form

    def downstream(self, edge: Edge, upstream: Form) -> Form:
        """What the receiver of the edge gets, as a formula of the upstream's."""
        graph = self.graph
        result = Node(graph, edge.consumer)
        own = derived("mask", result, edge.position)
        come, passed = self._mask(edge.come), self._mask(edge.passed)
        if edge.local is None:
            seed = self._seed(graph.shapes[edge.consumer])
            moved = derived("vjp", result, edge.position, Node(graph, seed))
            form = self.of(literal(graph, moved).id, {seed: upstream})
            safe = form.total or (edge.come is None and (own is None or upstream.total))
            if safe or edge.passed is None:
                return form
            if passed is None:
                passed = anywhere(differs(upstream)) if own is None else self.of(own.id)
            return gated(form, passed, implied=True)
        local = self.of(edge.local)
        form = multiply(upstream, local)
        if own is not None:
            implied = graph.number(edge.local) is None
            form = gated(form, self.of(own.id), implied)
        if edge.come is not None and not local.total:
            form = gated(form, come or differs(upstream), implied=True)
        return sum_to(form, graph.shapes[edge.consumer], graph.shapes[edge.receiver])

    def _mask(self, node: int | None) -> Form | None:
        """A mask of the sweep, None where there is none and where it is too long to write."""
        if node is None:
            return None
        if node not in self._masks:
            form = self.of(node, self._masks)
            long = len(form.text) > _LONGEST_MASK or _TOO_LONG in form.text
            self._masks[node] = Form(_TOO_LONG, shape=form.shape) if long else form
        form = self._masks[node]
        return None if form.text == _TOO_LONG else form

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


def adjoint(graph: Graph, names: Mapping[int, str], output: int, node: int) -> Form:
    """∂output/∂node, as a name."""
    return Form(f"∂{names[output]}/∂{names[node]}", ATOM, graph.shapes[node])


def derivatives(
    graph: Graph,
    output: int,
    edges: Iterable[Edge],
    names: Mapping[int, str],
    shown: Container[int],
    cone: Sequence[int],
) -> dict[int, str]:
    """∂output/∂node as the text of a formula of the nodes of `shown`, for the receivers of `edges`
    and for the output, which is a scalar.

    One that would be longer than LIMIT characters is written with ∂output/∂NAME of the nodes that
    the receiver goes into, and if it is still too long also with the names of all others.
    """
    deep = Formulas(graph, cone, names, shown)
    flat = Formulas(graph, cone, names, set(cone))
    found: dict[int, Form] = {output: ONE}

    def upstream(edge: Edge, whole: bool) -> Form:
        form = found[edge.consumer]
        name = replace(adjoint(graph, names, output, edge.consumer), total=form.total)
        return form if len(form.text) <= (LIMIT if whole else len(name.text)) else name

    for receiver, group in groupby(edges, key=lambda edge: edge.receiver):
        received = list(group)
        for formulas, whole in ((deep, True), (deep, False), (flat, False)):
            form = _total(formulas.downstream(e, upstream(e, whole)) for e in received)
            if form is not None and len(spread(form, graph.shapes[receiver]).text) <= LIMIT:
                break
        if form is None:
            form = add([flat.downstream(e, upstream(e, False)) for e in received])
        found[receiver] = form
    return {node: spread(form, graph.shapes[node]).text for node, form in found.items()}


def _total(forms: Iterable[Form]) -> Form | None:
    """The sum, None where it is far too long to look at."""
    terms: list[Form] = []
    distinct: set[str] = set()
    size = 0
    for form in forms:
        terms.append(form)
        if form.text not in distinct:
            distinct.add(form.text)
            size += len(form.text)
            if size > _FAR_TOO_LONG:
                return None
    return add(terms)
