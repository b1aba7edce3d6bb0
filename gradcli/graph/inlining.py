"""How many instructions the functions of a program unfold to, counted without unfolding them.

`build` inlines a function once for every tuple of arguments that it is called with, and once for
every call where it draws random numbers. To count that, each node gets a fingerprint, a number
modulo a prime. That of op(a, b) is c + k·a + l·b, with c, k and l of the op's own, so that of a
function's result is a sum of multiples of those of its arguments, which is worked out once.

Nodes that the graph makes one have one fingerprint: what can be spelled in several ways counts as
one here. So calls that are told apart are inlined apart, and the count is never above what `build`
would do. Where two nodes share a fingerprint by chance or by this rule, it is below, and the count
that `build` keeps itself has the last word.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from operator import mul

from gradcli.graph.names import NUMBERS, used_by
from gradcli.graph.ops import table
from gradcli.language.program import Call, Program, Statement

PRIME = 2**61 - 1

Form = tuple[int, tuple[int, ...]]
"""A fingerprint: a constant, and a factor for that of each parameter of the function around it."""

_PRODUCTS = ("mul", "matmul", "dotted")
"""By the shapes, dot and · are one or the other."""


@dataclass
class _Body:
    """The calls in a statement of the program's own functions, each with its arguments."""

    statement: Statement
    zero: Form
    result: Form = (0, ())
    calls: list[tuple[str, list[Form]]] = field(default_factory=list)
    draws: bool = False


def too_long(program: Program, roots: list[Statement], limit: int) -> Statement | None:
    """The function at which the statements of `roots` unfold to more than `limit` instructions.

    None where the limit is kept, and for definitions that come back to themselves.
    """
    functions = {s.name: s for s in program.statements if s.kind == "function"}
    called = {name: _called(program, s, functions) for name, s in functions.items()}
    most: dict[str, int] = {}
    for name in _callees_first(called):
        most[name] = _length(functions[name]) + sum(most[callee] for callee in called[name])
    if functions.keys() != most.keys() or limit >= sum(
        _length(root) + sum(most[callee] for callee in _called(program, root, functions))
        for root in roots
    ):
        return None
    statements = {**functions, **{root.name: root for root in roots}}
    used = {
        name: [other for other in used_by(program, s) if other in statements]
        for name, s in statements.items()
    }
    bodies: dict[str, _Body] = {}
    for name in _callees_first(used):
        bodies[name] = _read(program, statements[name], bodies)
    return _count(bodies, limit)


def _callees_first(used: dict[str, list[str]]) -> list[str]:
    """The names, each after those that it uses; none where there is a cycle."""
    from graphlib import CycleError, TopologicalSorter

    try:
        return [*TopologicalSorter(used).static_order()]
    except CycleError:
        return []


def _length(statement: Statement) -> int:
    return statement.end - statement.begin


def _called(program: Program, statement: Statement, functions: Container[str]) -> list[str]:
    kinds, arguments = program.kinds, program.arguments
    return [
        arguments[at].name
        for at in range(statement.begin, statement.end)
        if kinds[at] == "call" and arguments[at].name in functions
    ]


def _count(bodies: dict[str, _Body], limit: int) -> Statement | None:
    """The function whose calls, added from the callers on, pass the limit."""
    functions = {name for name, body in bodies.items() if body.statement.kind == "function"}
    entered: dict[str, dict[tuple[int, ...], int]] = {
        name: {} if name in functions else {(): 1} for name in bodies
    }
    total = sum(_length(bodies[name].statement) for name in bodies.keys() - functions)
    for name in reversed(bodies):
        calls = [(entered[callee], bodies[callee], parts) for callee, parts in bodies[name].calls]
        for args, times in entered.pop(name).items():
            for seen, callee, parts in calls:
                given = tuple([(c + sum(map(mul, k, args))) % PRIME for c, k in parts])
                if given in seen and not callee.draws:
                    continue
                more = times if callee.draws else 1
                seen[given] = seen.get(given, 0) + more
                total += more * _length(callee.statement)
                if total > limit:
                    return callee.statement
    return None


def _read(program: Program, statement: Statement, bodies: dict[str, _Body]) -> _Body:
    """One walk over the instructions of a statement, with fingerprints in place of nodes."""
    parameters = statement.parameters
    forms = {name: (0, tuple(int(name == p) for p in parameters)) for name in parameters}
    body = _Body(statement, (0, (0,) * len(parameters)))
    stack: list[Form] = []
    for at in range(statement.begin, statement.end):
        kind, argument = program.kinds[at], program.arguments[at]
        key, count = argument, 0
        if kind == "number":
            key = f"number {float(argument).hex()}"
        elif kind == "name":
            number = NUMBERS.get(argument)
            key = f"name {argument}" if number is None else f"number {number.hex()}"
        elif kind == "operator":
            count = 1 if argument in ("neg", "pos", "transpose", "sqrt") else 2
        elif kind == "list":
            count = argument
        elif kind == "index":
            count = 1 + sum(len(item) - item.count(":") for item in argument)
        else:
            count = argument.positional + len(argument.keywords)
        parts = stack[len(stack) - count :]
        del stack[len(stack) - count :]
        if kind == "name" and argument in forms:
            stack.append(forms[argument])
        elif kind == "name" and argument in bodies and bodies[argument].statement.kind == "node":
            stack.append((bodies[argument].result[0], body.zero[1]))
        elif kind == "call":
            stack.append(_call(argument, parts, body, bodies))
        elif kind in ("list", "index") or key == "transpose":
            stack.append(_first(parts, body))
        else:
            stack.append(_mixed("product" if key in _PRODUCTS else key, parts, body))
    body.result = stack[-1] if stack else body.zero
    return body


def _call(call: Call, args: list[Form], body: _Body, bodies: dict[str, _Body]) -> Form:
    """The fingerprint of a call; one of the program's own functions is noted in the body."""
    named = dict(zip(call.keywords, args[call.positional :]))
    callee = bodies.get(call.name)
    if callee is not None:
        names = callee.statement.parameters
        given = {**dict(zip(names, args[: call.positional])), **named}
        parts = [given.get(name, body.zero) for name in names]
        body.draws |= callee.draws
        body.calls.append((call.name, parts))
        if call.primes:
            return _first(parts, body)
        return _sum(callee.result[0], zip(callee.result[1], parts), body)
    op = table.find(call.name)
    if op is None:
        return body.zero
    body.draws |= op.random
    if call.name in ("max", "min") and len(args) > 1 and not named:
        return _mixed(call.name + "imum", args, body)
    if op.parameters and op.parameters[0].variadic and not op.static:
        return _mixed(op.name, args, body)
    given = {**dict(zip((p.name for p in op.parameters), args[: call.positional])), **named}
    parts = [
        given[p.name]
        for p in op.parameters
        if p.default is None and p.name in given and p.name not in op.static
    ]
    if op.static:
        return _first(parts, body)
    return _mixed("product" if op.name in _PRODUCTS else op.name, parts, body)


def _first(parts: list[Form], body: _Body) -> Form:
    """A list, an index and an op with static arguments count as the first node they are made of."""
    return parts[0] if parts else body.zero


def _mixed(key: str, parts: list[Form], body: _Body) -> Form:
    """The fingerprint of an op of nodes, its constant and factors drawn by its name."""
    factors = (hash((key, place)) for place in range(1, len(parts) + 1))
    return _sum(hash((key, 0)), zip(factors, parts), body)


def _sum(constant: int, terms: Iterable[tuple[int, Form]], body: _Body) -> Form:
    _, factors = body.zero
    for times, (c, k) in terms:
        constant += times * c
        factors = tuple([f + times * g for f, g in zip(factors, k)])
    return constant % PRIME, tuple([f % PRIME for f in factors])
