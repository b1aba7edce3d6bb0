"""The names a program uses, and the statements that are its outputs."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gradcli.errors import LanguageError
from gradcli.language.program import Program, Statement

DIFF = "diff"
"""What a call that differentiates is called; a function of the program may have the name."""
NUMBERS = {"pi": math.pi, "tau": math.tau, "inf": math.inf, "nan": math.nan}


def output_statement(program: Program) -> Statement:
    """The last of the outputs."""
    return output_statements(program)[-1]


def output_statements(program: Program) -> list[Statement]:
    """The nodes that no other statement uses; of a program without nodes, the last declaration."""
    nodes = [s for s in program.statements if s.kind == "node"] or [
        s for s in program.statements if s.kind in ("param", "const", "data")
    ]
    if not nodes:
        error = LanguageError(
            "the program defines no node", hint="write an expression, such as x^2"
        )
        raise program.locate(error)
    if len(nodes) == 1:
        return nodes
    used: set[str] = set()
    for statement in program.statements:
        used |= set(used_by(program, statement)) - {statement.name}
    # Where every node is used there is a cycle, which building the last one will find.
    unused = [s for s in nodes if s.name not in used] or nodes[-1:]
    return unused if nodes[0].kind == "node" else unused[-1:]


def used_by(program: Program, statement: Statement) -> dict[str, int]:
    """The names and functions in a statement but its own parameters, each with its first place."""
    found: dict[str, int] = {}
    for at in range(statement.begin, statement.end):
        kind = program.kinds[at]
        if kind == "name":
            found.setdefault(program.arguments[at], at)
        elif kind == "call":
            found.setdefault(program.arguments[at].name, at)
    for parameter in statement.parameters:
        found.pop(parameter, None)
    return found


def needed(program: Program, output: str = "", more: Iterable[str] = ()) -> dict[str, int]:
    """Every name that the output is made of, with the place where it first stands; after those
    of the output the names that `more` nodes are made of."""
    statements = program.named
    found: dict[str, int] = {output: -1} if output else {}
    roots = [statements[name] for name in (output, *more) if name in statements]
    if not output:
        roots.insert(0, output_statement(program))
    seen: set[int] = set()
    for root in roots:
        if root.name:
            found.setdefault(root.name, -1)
        waiting = [root]
        while waiting:
            statement = waiting.pop()
            if id(statement) in seen:
                continue
            seen.add(id(statement))
            for name, at in used_by(program, statement).items():
                found.setdefault(name, at)
                if name in statements:
                    waiting.append(statements[name])
    return found


def mentioned(program: Program) -> set[str]:
    """Every name that stands in an expression of the program."""
    return {a for kind, a in zip(program.kinds, program.arguments) if kind == "name"}


_LONGEST = 40
"""Characters of a name that may be a product."""


def product(name: str, known: Iterable[str]) -> str:
    """`x*y` of the name `xy`, where it is several known names in a row; empty where it is not, or
    is too long to be one."""
    found = {0: ""}
    known = [other for other in known if other and len(name) <= _LONGEST]
    for start in range(len(name)):
        for other in known if start in found else ():
            if name.startswith(other, start):
                found.setdefault(start + len(other), f"{found[start]}*{other}")
    whole = found.get(len(name), "")[1:]
    return whole if "*" in whole else ""
