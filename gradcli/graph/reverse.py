"""Reverse mode, graph to graph: the adjoints are nodes of the same graph.

So a second derivative is the same function called again, a derivative can be printed as a formula,
and a run shares work between a value and its gradient.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from math import isfinite

from gradcli.graph.graph import LITERAL, Graph
from gradcli.graph.node import F, Node, derived, node, product
from gradcli.graph.ops.op import Op, Shape, one


@dataclass(slots=True)
class Edge:
    """One step of the backward pass: what `receiver` gets from `consumer`, by the chain rule.

    All but `position`, the receiver's place among the consumer's arguments, are nodes. `local` is
    None for an op without a pointwise local derivative. `total` is the running sum after this step.
    `come` and `passed` are the masks of the upstream and the downstream, if they have one.
    """

    receiver: int
    consumer: int
    position: int
    upstream: int
    local: int | None
    downstream: int
    total: int
    come: int | None = None
    passed: int | None = None


def gradient(
    graph: Graph,
    output: int,
    wrt: Iterable[int],
    seed: int | None = None,
    edges: list[Edge] | None = None,
) -> dict[int, int]:
    """∂output/∂n for every n of `wrt`, as nodes of the shape of n, appended to the graph.

    `seed` is the upstream of the output, in its shape: 1 for a scalar output, where it may be left
    out. Every edge of the sweep is appended to `edges`.

    The sweep goes receiver by receiver, in reverse topological order, so that the contributions
    to one node stand together. Rules give locals; the sweep multiplies, sums over the branches and
    undoes broadcasting. Past an op that lets only some entries through (`where`, `relu`, `max`) it
    carries a mask of these, and what it multiplies is gated by that: an entry that was not taken
    stays 0, whatever it is multiplied with.
    """
    wrt = list(wrt)
    graph.varying.update(n for n in wrt if graph.ops[n] is LITERAL)
    marked = graph.marked([output])
    cone = array("i", compress(range(len(marked)), marked))
    depends = graph.depends(cone, wrt)
    consumers = Consumers(graph, cone, depends)

    masks: dict[int, Node] = {}
    # A list: the numbers of nodes that it holds are those that the graph itself holds.
    adjoints = [-1] * len(graph)
    adjoints[output] = node(graph, 1.0).id if seed is None else seed
    if seed is not None and graph.shapes[output]:
        masks[output] = Node(graph, seed).differs(0)
    for receiver in reversed(cone):
        if receiver == output or not depends[receiver]:
            continue
        total: Node | float | None = None
        mask: Node | None = None
        for consumer, position in consumers.of(receiver):
            upstream = adjoints[consumer]
            if upstream < 0:
                continue
            come = masks.get(consumer)
            taken = step(graph, consumer, position, Node(graph, upstream), come)
            if taken is None:
                continue
            local, downstream, reached = taken
            # A sum of numbers stays one until it is needed: x+x+… has a million of them.
            number = downstream.number
            found = downstream if number is None else number
            if total is None:
                total, mask = found, reached
            else:
                total = total + found
                mask = _either(mask, reached)
            if edges is not None:
                total = node(graph, total)
                edges.append(
                    Edge(receiver, consumer, position, upstream, _id(local), downstream.id,
                         total.id, _id(come), _id(reached))
                )  # fmt: skip
        if total is not None:
            adjoints[receiver] = node(graph, total).id
            if mask is not None:
                masks[receiver] = mask
    zero = node(graph, 0.0).id
    found_by_node = ((n, adjoints[n] if adjoints[n] >= 0 else zero) for n in wrt)
    return {n: _spread(Node(graph, found), graph.shapes[n]).id for n, found in found_by_node}


class Consumers:
    """Which nodes take a node as an argument, and at which position, in their order.

    In flat arrays: as lists of tuples they took a third of the memory of a long program.
    """

    def __init__(self, graph: Graph, cone: Sequence[int], depends: bytearray) -> None:
        self._first = array("i", [-1]) * len(graph)
        self._consumer, self._position, self._next = array("i"), array("i"), array("i")
        args = graph.args
        for consumer in reversed(cone):
            if depends[consumer]:
                for position in range(len(args[consumer]) - 1, -1, -1):
                    if depends[arg := args[consumer][position]]:
                        self._next.append(self._first[arg])
                        self._first[arg] = len(self._consumer)
                        self._consumer.append(consumer)
                        self._position.append(position)

    def of(self, node: int) -> Iterator[tuple[int, int]]:
        """The consumers of a node, each with the node's position among its arguments."""
        at = self._first[node]
        while at >= 0:
            yield self._consumer[at], self._position[at]
            at = self._next[at]


def step(
    graph: Graph, consumer: int, position: int, upstream: Node, mask: Node | None
) -> tuple[Node | None, Node, Node | None] | None:
    """One edge of the sweep: local, downstream and its mask; None where nothing flows."""
    op, shape = graph.ops[consumer], graph.shapes[graph.args[consumer][position]]
    if mask is None and graph.shapes[consumer] == shape and passes_on(op, position):
        return node(graph, 1.0), upstream, None
    result = Node(graph, consumer)
    if op.local and (found := derived("local", result, position)) is not None:
        local = node(graph, found)
        factor = local.number
        if factor == 0:
            return None
        own = derived("mask", result, position) if op.mask else None
        passed = _both(mask, own)
        if passed is not None and passed.shape:
            passed = _spread(passed, result.shape)
        if own is not None and own.id == local.id:
            downstream = upstream
        else:
            downstream = product(upstream, local)
        if passed is not None and (own is not None or factor is None or not isfinite(factor)):
            downstream = _gate(downstream, passed)
        if downstream.shape != shape and result.shape != shape:
            downstream = F.sum_to(_spread(downstream, result.shape), attr=(shape,))
            passed = _passed_on(passed, shape)
        return local, downstream, passed
    if (found := derived("vjp", result, position, upstream)) is not None:
        moved = node(graph, found)
        if moved.number == 0 and shape:
            return None
        downstream = _spread(moved, shape)
        own = derived("mask", result, position)
        if mask is None or not mask.shape:
            passed = _both(mask, own)
        elif op.moves:
            travelled = _spread(node(graph, derived("vjp", result, position, mask)), shape)
            passed = _both(travelled.differs(0), own)
            if own is None:
                return None, downstream, passed
        else:
            passed = _anywhere(mask)
        return None, downstream if passed is None else _gate(downstream, passed), passed
    return None


def passes_on(op: Op, position: int) -> bool:
    """Whether the local derivative is 1, whatever the numbers are."""
    local = op.local
    return isinstance(local, tuple) and position < len(local) and local[position] is one


def _id(node: Node | None) -> int | None:
    return None if node is None else node.id


def _gate(g: Node, mask: Node) -> Node:
    """`g` where the mask is not 0, else 0."""
    if g.op.name == "gate" and g.args[1].id == mask.id:
        return g
    if mask.number is not None:
        return g if mask.number else node(g.graph, 0.0)
    return F.gate(g, mask)


def _both(a: Node | None, b: Node | None) -> Node | None:
    if a is None or b is None or a.id == b.id:
        return a or b
    return a * b


def _either(a: Node | None, b: Node | None) -> Node | None:
    if a is None or b is None or a.id == b.id:
        return None if a is None or b is None else a
    return F.maximum(a, b)


def _anywhere(mask: Node) -> Node | None:
    """Whether a mask lets anything pass, as a mask of a number; None for one without entries."""
    return None if 0 in mask.shape else F.max(mask, attr=(None, 0))


def _passed_on(mask: Node | None, shape: Shape) -> Node | None:
    """The mask of a receiver of `shape` that was broadcast: what any of its copies reached."""
    if mask is None or not mask.shape:
        return mask
    return F.sum_to(mask, attr=(shape,)).differs(0)


def _spread(g: Node, shape: Shape) -> Node:
    return g if g.shape == shape else F.expand(g, attr=(shape,))


def jacobian_seed(graph: Graph, output: int) -> int:
    """An input node that chooses the entry of the output to differentiate, by a one-hot value."""
    return graph.input("seed", "seed", graph.shapes[output])
