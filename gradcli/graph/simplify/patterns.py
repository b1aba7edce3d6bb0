"""The rules as patterns: both sides as nodes of a normal form without rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from gradcli.graph.build import build
from gradcli.graph.graph import INPUT, LITERAL
from gradcli.graph.ops.op import Shape
from gradcli.graph.simplify.forms import Factors
from gradcli.graph.simplify.normal import Normal
from gradcli.graph.simplify.rules import RULES, Rewriting
from gradcli.language import parse

SHAPES: Mapping[str, Shape] = {"": (), "vector": (3,), "array": (2,)}


def shape_of(name: str, condition: str) -> Shape:
    """The shape that a name of a pattern is built with."""
    return (3, 3) if name.isupper() else SHAPES[condition]


@dataclass
class Pattern:
    """A rule, its two sides as nodes of a normal form without rules, and the ops that its left side
    has in its terms or factors."""

    rule: Rewriting
    left: int
    right: int
    ops: frozenset[str] = frozenset()


@dataclass
class Patterns:
    """All rules, by what they look for."""

    normal: Normal = field(default_factory=Normal)
    calls: dict[str, list[Pattern]] = field(default_factory=dict)
    products: list[Pattern] = field(default_factory=list)
    sums: list[Pattern] = field(default_factory=list)


@cache
def patterns() -> Patterns:
    """The table, read."""
    found = Patterns()
    normal = found.normal
    for rule in RULES:
        symbols: dict[str, int] = {}
        left, right = (_built(normal, text, rule.condition, symbols) for text in rule[:2])
        ops = frozenset(_sought(normal, left))
        pattern = Pattern(rule, left, right, ops)
        if left in normal.sums:
            found.sums.append(pattern)
        elif left in normal.products:
            found.products.append(pattern)
        else:
            found.calls.setdefault(normal.graph.ops[left].name, []).append(pattern)
    return found


def _built(normal: Normal, text: str, condition: str, symbols: dict[str, int]) -> int:
    """A side of a rule as a node; `symbols` are those of its names."""
    program = parse(text)
    names = [a for kind, a in zip(program.kinds, program.arguments) if kind == "name"]
    shapes = {name: shape_of(name, condition) for name in names}
    model = build(program, guess=True, shapes=shapes)
    graph = model.graph
    known: dict[int, int] = {}
    for node in graph.cone([model.output]):
        op, attr = graph.ops[node], graph.attrs[node]
        if op is INPUT:
            name = (attr or ("",))[0]
            if name not in symbols:
                symbols[name] = normal.symbol(name, graph.shapes[node])
            known[node] = symbols[name]
        elif op is LITERAL:
            known[node] = normal.number((attr or (0.0,))[0])
        else:
            known[node] = normal.call(op, [known[a] for a in graph.args[node]], attr)
    return known[model.output]


def kinds(normal: Normal, factors: Factors) -> Iterator[str]:
    """What the factors of a product are, and whether they stand below the line: `sin`, `sum-`."""
    ops = normal.graph.ops
    for base, exponent in factors.items():
        if base == normal.e:
            yield "exp"
        else:
            value = normal.numbers.get(exponent)
            name = "sum" if base in normal.sums else ops[base].name
            name = "product" if base in normal.products else name
            yield name + "-" * (value is not None and value < 0)


def _sought(normal: Normal, node: int) -> Iterator[str]:
    """The kinds of the factors that a pattern, or its terms, have; a name may be anything."""
    for unit in normal.sums.get(node) or (node,):
        factors = normal.products[unit][1] if unit in normal.products else {unit: normal.one}
        symbols = {b for b in factors if normal.graph.ops[b] is INPUT and b != normal.e}
        numbers = {b for b in factors if b in normal.numbers}
        yield from kinds(normal, {b: n for b, n in factors.items() if b not in symbols | numbers})
