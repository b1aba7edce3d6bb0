"""Formulas of scalars that SymPy makes shorter still; it is the extra `symbolic`."""

from __future__ import annotations

import operator
import random
import re
from math import isclose, isfinite
from typing import Any

from gradcli.errors import GradError
from gradcli.graph.build import build
from gradcli.graph.graph import INPUT, LITERAL
from gradcli.graph.ops.computer_algebra import OPERATOR, SYMPY
from gradcli.graph.ops.spell import scalar_function
from gradcli.graph.simplify.normal import Normal
from gradcli.language import parse

_LONGEST = 160
"""Characters of a formula that SymPy is given: it takes minutes over longer ones."""
_POINTS, _LEAST = 60, 12
"""Random points that are tried, and at how many both must have a value."""


def shorter(normal: Normal, node: int) -> str | None:
    """What SymPy's `simplify` makes of the formula, in the language; None where that is not
    shorter, is not the same at many random points, or SymPy does not know what it is made of.

    Raises GradError where SymPy is not installed.
    """
    try:
        import sympy
    except ImportError:
        hint = 'install it: pip install "gradcli[symbolic]"'
        raise GradError("--sympy needs SymPy, which is not installed", hint=hint) from None
    text = normal.text(node)
    names: dict[str, str] = {}
    found = _translated(normal, node, names) if len(text) <= _LONGEST else None
    if found is None:
        return None
    short = _spelled(str(sympy.simplify(found)), names)
    if short is None or len(short) >= len(text):
        return None
    return short if _same(text, short, sorted(names.values())) else None


def _translated(normal: Normal, node: int, names: dict[str, str]) -> Any:
    """The formula as SymPy's; `names` are filled with its symbols and what they stand for."""
    import sympy

    graph = normal.graph
    known: dict[int, Any] = {}
    for at in graph.cone([node]):
        op, args, attr = graph.ops[at], graph.args[at], graph.attrs[at] or ("",)
        if graph.shapes[at]:
            return None
        if op is INPUT:
            symbol = f"x{len(names)}"
            names[symbol] = attr[0]
            known[at] = sympy.Symbol(symbol, real=True)
        elif op is LITERAL:
            text = graph.texts.get(at, "")
            named = {"pi": sympy.pi, "tau": 2 * sympy.pi}.get(text)
            known[at] = sympy.nsimplify(repr(attr[0]), rational=True) if named is None else named
        elif op.name in OPERATOR:
            known[at] = getattr(operator, OPERATOR[op.name])(*(known[a] for a in args))
        elif op.name in SYMPY:
            known[at] = getattr(sympy, SYMPY[op.name])(*(known[a] for a in args))
        else:
            return None
    return known[node]


def _spelled(text: str, names: dict[str, str]) -> str | None:
    """SymPy's text in the language; None for one that has what the language lacks."""
    back = {theirs: ours for ours, theirs in SYMPY.items()} | names | {"pi": "pi", "E": "exp(1)"}
    words = set(re.findall(r"[A-Za-z_]\w*", text))
    if not words <= back.keys():
        return None
    text = re.sub(r"[A-Za-z_]\w*", lambda match: back[match[0]], text)
    text = text.replace("**", "^")
    return re.sub(r"(?<=[^\s(^])([*/])", r" \1 ", text)


def _same(one: str, two: str, names: list[str]) -> bool:
    """Whether two formulas have the same values wherever both have one, and often enough."""
    draw = random.Random(0)
    both = 0
    for place in range(_POINTS):
        size = 10 ** (place % 3 - 1)
        point = {name: draw.uniform(-size, size) for name in names}
        try:
            a, b = (_value(text, point) for text in (one, two))
        except GradError:
            return False
        if isfinite(a):
            if not isclose(a, b, rel_tol=1e-9, abs_tol=1e-12):
                return False
            both += 1
    return both >= _LEAST


def _value(text: str, point: dict[str, float]) -> float:
    """The formula at a point."""
    model = build(parse(text), point)
    graph, known = model.graph, {}
    for node in graph.cone([model.output]):
        op, attr = graph.ops[node], graph.attrs[node]
        if op is INPUT:
            known[node] = point[(attr or ("",))[0]]
        elif op is LITERAL:
            known[node] = (attr or (0.0,))[0]
        else:
            known[node] = scalar_function(op)(*(known[a] for a in graph.args[node]))
    return float(known[model.output])
