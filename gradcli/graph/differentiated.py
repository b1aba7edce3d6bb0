"""diff(y, x) and f'(u) of a program: derivatives that are nodes of it like any other."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.errors import LanguageError, ShapeError, Span
from gradcli.graph.graph import LITERAL, Graph
from gradcli.graph.names import DIFF, NUMBERS
from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Op
from gradcli.graph.reverse import gradient
from gradcli.language.program import Call, Program, Statement
from gradcli.words import nearest

DIFF_OP = Op(
    name=DIFF, signature="y, x", group="derivative", example=("diff(x^3, x)", "x=2"),
    doc="∂y/∂x of a number y, a node like any other; f'(u) is that of a function of one argument",
)  # fmt: skip
"""How it is told of beside the functions of the table: it is none of them."""

LARGEST = 300_000
"""Nodes of what is differentiated, at the most; the derivative may have twice as many."""


def partial(graph: Graph, y: int, x: int) -> int:
    """∂y/∂x of a number y, in the shape of x.

    Raises ShapeError where y is no number.
    """
    if graph.shapes[y]:
        raise ShapeError(
            f"diff(y, x) is the derivative of a number, and y has shape {graph.shapes[y]}",
            hint="write diff(sum(y), x), or ask for all derivatives with --jacobian",
        )
    if len(graph.cone([y])) > LARGEST:
        raise LanguageError(
            f"this is the derivative of a formula of more than {LARGEST:,} nodes",
            hint="take fewer derivatives of derivatives: each has twice as many nodes, or more",
        )
    made = len(graph)
    found = gradient(graph, y, [x])[x]
    if found >= made:
        graph.differentiated[found] = y, x
    return found


def primed(graph: Graph, y: int, x: int, times: int) -> int:
    """The derivative at x, taken so many times, of a function that has the value y there.

    Of a function that works entry by entry it is the derivative of each entry. Raises ShapeError
    where that is not so, and the result would have another shape than x.
    """
    ops, shapes, shape = graph.ops, graph.shapes, graph.shapes[x]
    cone = graph.cone([y], [x])
    moving = graph.depends(cone, [x])
    between = [n for n in cone if moving[n] and n != x]
    by_entry = all(ops[n].pointwise and shapes[n] == shape for n in between)
    if not (shapes[y] == shape and by_entry) and (shapes[y] or (shape and times > 1)):
        raise ShapeError(
            "a prime is for a function of a number, or one that works entry by entry: of shape"
            f" {shape} this makes {shapes[y]}",
            hint="write diff(sum(y), x), or ask for all derivatives with --jacobian or --hessian",
        )
    for _ in range(times):
        total = graph.add(TABLE["sum"], (y,), (None, 0)) if shapes[y] else y
        y = partial(graph, total, x)
    return y


def substituted(graph: Graph, node: int, old: int, new: int) -> int:
    """The node that is made of `new` as `node` is made of `old`, which has the same shape."""
    cone = with_sources(graph, [node])
    moving = graph.depends(cone, [old])
    found, made = {old: new}, len(graph)
    for n in cone:
        if moving[n] and n not in found:
            args = tuple([found.get(arg, arg) for arg in graph.args[n]])
            found[n] = graph.add(graph.ops[n], args, graph.attrs[n])
    for n in cone:
        if n in graph.differentiated and found.get(n, -1) >= made:
            y, x = graph.differentiated[n]
            graph.differentiated[found[n]] = found.get(y, y), found.get(x, x)
    return found.get(node, node)


def with_sources(graph: Graph, nodes: Sequence[int]) -> list[int]:
    """All that the nodes are made of, in topological order; and of every derivative among that,
    what it is the derivative of."""
    cone = graph.cone(nodes)
    known = graph.differentiated
    while known:
        inside = set(cone)
        more = {n for node in cone if node in known for n in known[node]} - inside
        if not more:
            break
        cone = graph.cone([*cone, *more])
    return cone


def by(program: Program, at: int) -> bool:
    """Whether the name at an instruction is the x of diff(y, x)."""
    if program.kinds[at] != "name" or at + 1 >= len(program.kinds):
        return False
    call = program.arguments[at + 1]
    return isinstance(call, Call) and call[:2] == (DIFF, 2)


def parameters(program: Program, statement: Statement) -> set[str]:
    """The parameters of a function that its formula differentiates by."""
    places = (at for at in range(statement.begin, statement.end) if by(program, at))
    return {program.arguments[at] for at in places} & set(statement.parameters)


def refuse_arguments(program: Program, at: int, graph: Graph, x: int) -> None:
    """LanguageError for other arguments than a node and the name of one."""
    call, span = program.arguments[at], program.span(at)
    count = call.positional + len(call.keywords)
    if count != 2 or call.keywords:
        what = f"{DIFF} takes 2 arguments, got {count}"
        if call.keywords:
            what = f"{DIFF} has no argument '{call.keywords[0]}'"
        raise LanguageError(what, span=span, hint="write diff(y, x) for ∂y/∂x")
    start, stop = program.span(at - 1)
    if program.kinds[at - 1] != "name":
        what = f"{DIFF} is by a node that has a name, and this has none"
        hint = f"give it a name in a statement of its own: u = {program.text[start:stop]}"
        if graph.ops[x] is LITERAL:
            what, hint = f"{DIFF} is by a node, and this is a number", "write diff(y, x)"
        raise LanguageError(what, span=(start, stop), hint=hint)
    if program.arguments[at - 1] in NUMBERS and graph.ops[x] is LITERAL and x not in graph.names:
        what = f"{program.arguments[at - 1]} is a number, by which there is no derivative"
        raise LanguageError(what, span=(start, stop), hint="write diff(y, x)")


def no_node(program: Program, name: str, at: int, known: set[str]) -> LanguageError | None:
    """The error for an x of diff(y, x) that stands nowhere else in the program."""
    if not by(program, at):
        return None
    places = (i for i, argument in enumerate(program.arguments) if argument == name)
    if any(program.kinds[i] == "name" and not by(program, i) for i in places):
        return None
    hint = nearest(name, known) or "differentiate by a name that the formulas use"
    return LanguageError(f"the program has no node '{name}'", span=program.span(at), hint=hint)


def refuse_other_than_one(name: str, parameters: Sequence[str], span: Span) -> None:
    """LanguageError for a prime at a function that has not one parameter."""
    if len(parameters) != 1:
        what = f"a prime is for a function of one argument, not of {len(parameters)}"
        hint = f"write diff({name}({', '.join(parameters)}), {parameters[0]})"
        raise LanguageError(what, span=span, hint=hint)
