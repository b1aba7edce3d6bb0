"""Where the numbers broke down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradcli.graph.formulas.show import expression
from gradcli.graph.graph import Graph
from gradcli.graph.reverse import Edge
from gradcli.run.interpret import Value, finite


def breakdown(
    graph: Graph,
    node: int,
    values: Mapping[int, Value],
    names: Mapping[int, str],
    output: int | None = None,
) -> str:
    """A sentence on the first node, on the way to `node`, where a value stopped being finite.

    A second line hints at a form that holds, where the `output` (`node` itself) has one.
    """
    from gradcli.question.stable import hint  # formulas cost time at start that only this needs

    origin = first_broken(graph, node, values)
    text = expression(graph, origin, names)
    what = f"{names[origin]} = {text}" if names[origin] != text else text
    inputs = [a for a in dict.fromkeys(graph.args[origin]) if graph.number(a) is None]
    known = [(names[a], values[a]) for a in inputs]
    said = f"{what} is {told(values[origin], known, graph.ops[origin].pointwise)}"
    target = node if output is None else output
    return _with_hint(said, hint(graph, origin, target, values, lost=True))


def first_broken(graph: Graph, node: int, values: Mapping[int, Value]) -> int:
    """The first node that is not finite among those that `node` took its value from."""
    reached = {node}
    stack = [node]
    while stack:
        node = stack.pop()
        for place, arg in enumerate(graph.args[node]):
            if arg not in reached and not finite(_taken(graph, node, place, values)):
                reached.add(arg)
                stack.append(arg)
    return min(reached)


def _taken(graph: Graph, node: int, place: int, values: Mapping[int, Value]) -> Value:
    """An argument's value, with 0 in the branch that `where` did not take."""
    args = graph.args[node]
    value = values[args[place]]
    if graph.ops[node].name != "where" or place == 0 or finite(value):
        return value
    import numpy as np

    condition = np.not_equal(values[args[0]], 0)
    return np.where(condition if place == 1 else ~condition, value, 0.0)


def gradient_breakdown(
    graph: Graph,
    output: int,
    node: int,
    edges: Sequence[Edge],
    values: Mapping[int, Value],
    names: Mapping[int, str],
) -> str:
    """A sentence on the first step of the backward pass, on the way from the output to `node`,
    where a gradient stopped being finite, and a hint as in `breakdown`.

    `values` holds those of all edges and of all nodes of the output's cone.
    """
    from gradcli.graph.formulas.edges import EdgeFormulas
    from gradcli.question.stable import hint

    origin: Edge | None = None
    reached = {node}
    for edge in reversed(edges):
        if edge.receiver in reached and not finite(values[edge.downstream]):
            if finite(values[edge.upstream]):
                origin = edge
            else:
                reached.add(edge.consumer)
    if origin is None:
        return f"the sum of what {names[node]} receives is {brief(values[edges[-1].total])}"
    lost = [a for a in (origin.consumer, *graph.args[origin.consumer]) if not finite(values[a])]
    if lost:
        return breakdown(graph, lost[0], values, names, output)
    cone = graph.cone([output])
    steps = EdgeFormulas(graph, output, cone, names)
    inputs = _named_inputs(graph, origin, names)
    known = [(names[a], values[a]) for a in inputs]
    if origin.consumer != output:
        known.insert(0, (steps.symbol(origin.consumer), values[origin.upstream]))
    made = expression(graph, origin.consumer, names)
    where = told(values[origin.downstream], known, origin.local is not None)
    said = (
        f"{steps.symbol(origin.receiver)} = {steps.formula(origin)} is {where},"
        f" where {names[origin.consumer]} = {made}"
    )
    return _with_hint(said, hint(graph, origin.consumer, output, values, lost=False))


def _named_inputs(graph: Graph, edge: Edge, names: Mapping[int, str]) -> list[int]:
    """The nodes of the forward pass that the step's formula is made of, numbers left out."""
    stack = [edge.local] if edge.local is not None else [*graph.args[edge.consumer]]
    found: dict[int, None] = {}
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if node in seen or graph.number(node) is not None:
            continue
        seen.add(node)
        if node in names:
            found[node] = None
        else:
            stack += graph.args[node]
    return sorted(found)


def _with_hint(said: str, more: str) -> str:
    return f"{said}\nhint: {more}" if more else said


def told(value: Value, inputs: Sequence[tuple[str, Value]], pointwise: bool) -> str:
    """`inf in entry [2] at x[2] = 0`: a value that is not finite, and what it was made of."""
    known = []
    shape = getattr(value, "shape", ())
    for name, other in inputs:
        if pointwise and shape and getattr(other, "shape", ()) == shape:
            place = _first_wrong(value)
            known.append(f"{name}{place} = {float(other[tuple(place)]):.6g}")
        else:
            known.append(f"{name} = {brief(other)}")
    return f"{brief(value)} at {', '.join(known)}" if known else brief(value)


def brief(value: Value) -> str:
    """A number, a small array, or the first entry that is not finite of another."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if finite(value):
        from gradcli.rounded import rounded

        return rounded(value, 6) if value.size <= 6 else f"an array of shape {value.shape}"
    place = _first_wrong(value)
    return f"{float(value[tuple(place)]):.6g} in entry {place}"


def _first_wrong(value: Value) -> list[int]:
    import numpy as np

    return [int(i) for i in np.argwhere(~np.isfinite(value))[0]]
