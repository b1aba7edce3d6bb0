"""Which gates a run of finite numbers can spare, and which of them may become a product.

The sweep gates what it multiplies past relu, where and max: an entry that was not taken stays 0,
even times inf. Where every number is finite, a product with a mask of 0 and 1 does the same, and a
gate does nothing to what is 0 outside of its mask already. What then is not finite would not have
been so with gates, or would have been anyway: such a run is repeated with care.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gradcli.graph.graph import Graph

SPARED, PRODUCT = "spared", "product"


def spared_gates(graph: Graph, cone: Sequence[int]) -> dict[int, str]:
    """What becomes of the gates of the cone, in a run of finite numbers."""
    gates = {n for n in cone if graph.ops[n].name == "gate" and graph.shapes[n]}
    if not gates:
        return {}
    binary = _zero_or_one(graph, cone)
    within: dict[int, frozenset[int]] = {}
    """For each node the masks of its shape whose zeros it has: m for x * m, not for x * m + y."""
    under: dict[int, frozenset[int]] = {}
    """For each node the masks that leave nothing of it where they are 0 in every entry: m for
    sum(x * m), whatever its shape."""
    nothing: frozenset[int] = frozenset()
    found: dict[int, str] = {}
    for node in cone:
        op, args, shape = graph.ops[node], graph.args[node], graph.shapes[node]
        inner = [within.get(a, nothing) if graph.shapes[a] == shape else nothing for a in args]
        outer = [under.get(a, nothing) for a in args]
        own = frozenset([node]) if node in binary else nothing
        if op.name == "gate":
            x, mask = args
            if node in gates:
                if _covered(graph, mask, within.get(x, nothing), under.get(x, nothing)):
                    found[node] = SPARED
                elif mask in binary:
                    found[node] = PRODUCT
            within[node] = inner[0] | {mask}
            under[node] = outer[0] | {mask}
        elif op.additive:
            within[node] = own | inner[0].intersection(*inner) if op.pointwise else own
            under[node] = own | outer[0].intersection(*outer)
        else:
            within[node] = own.union(*(inner[i] for i in op.linear)) if op.pointwise else own
            under[node] = own.union(*(outer[i] for i in op.linear))
    return found


def _covered(graph: Graph, mask: int, within: frozenset[int], under: frozenset[int]) -> bool:
    """Whether what is 0 `within` and `under` masks is 0 wherever `mask` is."""
    if mask in within:
        return True
    op, args = graph.ops[mask].name, graph.args[mask]
    if op == "mul":
        return all(a in within for a in args)
    # The largest entry of a mask is 0 where all of it is.
    return op == "max" and not graph.shapes[mask] and args[0] in under


def _zero_or_one(graph: Graph, cone: Sequence[int]) -> set[int]:
    """The nodes whose entries are 0 or 1 for sure."""
    found: set[int] = set()
    for node in cone:
        op, args = graph.ops[node], graph.args[node]
        if op.truth:
            found.add(node)
        elif op.rearranges or op.name in ("max", "min"):
            if args[0] in found:
                found.add(node)
        elif op.name in ("mul", "maximum", "minimum") and all(a in found for a in args):
            found.add(node)
    return found


def swallows_nan(graph: Graph, cone: Sequence[int], risky: Collection[int]) -> bool:
    """Whether a nan that arises at a risky node may lead to an output that is no nan."""
    reached = set(risky)
    for node in cone:
        args = graph.args[node]
        hit = [place for place, arg in enumerate(args) if arg in reached]
        if not hit:
            continue
        if any(place in graph.ops[node].hides for place in hit) and not _plain_power(graph, node):
            return True
        reached.add(node)
    return False


def _plain_power(graph: Graph, node: int) -> bool:
    exponent = graph.number(graph.args[node][-1])
    return graph.ops[node].name == "pow" and exponent is not None and exponent != 0
