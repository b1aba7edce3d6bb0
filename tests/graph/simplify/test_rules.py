"""Every rule of the table holds for numbers, and is found."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.graph.build import build
from gradcli.graph.graph import INPUT, LITERAL
from gradcli.graph.simplify.patterns import shape_of
from gradcli.graph.simplify.rules import RULES
from gradcli.graph.simplify.shortest import Shortest
from gradcli.language import parse
from gradcli.run.interpret import interpret

LABELS = [f"{rule.pattern} -> {rule.replacement}" for rule in RULES]


def value(text, point):
    """A side of a rule, by the interpreter; names that it lacks are left out."""
    program = parse(text)
    names = {a for kind, a in zip(program.kinds, program.arguments) if kind == "name"}
    model = build(program, {n: v for n, v in point.items() if n in names})
    inputs = {node: point[name] for name, node in model.inputs.items()}
    return interpret(model.graph, [model.output], inputs)[model.output]


@pytest.mark.parametrize("rule", RULES, ids=LABELS)
def test_a_rule_keeps_every_value_that_there_is(rule):
    draw = np.random.default_rng(12)
    compared = 0
    for low, high in [(0.05, 0.95), (1.05, 3.0), (-0.95, -0.05), (-3.0, -1.05)] * 10:
        point = {n: draw.uniform(low, high, shape_of(n, rule.condition)) for n in "xyAB"}
        if not rule.condition:
            point = {name: float(number) for name, number in point.items() if not np.ndim(number)}
        before = np.asarray(value(rule.pattern, point))
        after = np.asarray(value(rule.replacement, point))
        finite = np.isfinite(before)
        before, after = np.broadcast_arrays(before, after)
        assert np.allclose(before[finite], after[finite], 1e-9, 1e-12), point
        compared += finite.all()
    assert compared >= 10


def simplified(text, condition):
    model = build(parse(text), guess=True, shapes={n: shape_of(n, condition) for n in "xyAB"})
    graph, normal = model.graph, Shortest()
    known = {}
    for node in graph.cone([model.output]):
        op, attr = graph.ops[node], graph.attrs[node]
        if op is INPUT:
            known[node] = normal.symbol(attr[0], graph.shapes[node])
        elif op is LITERAL:
            known[node] = normal.number(attr[0])
        else:
            known[node] = normal.call(op, [known[a] for a in graph.args[node]], attr)
    return normal.text(known[model.output])


@pytest.mark.parametrize("rule", RULES, ids=LABELS)
def test_a_rule_is_applied(rule):
    assert simplified(rule.pattern, rule.condition) == simplified(rule.replacement, rule.condition)


def test_no_rule_stands_twice():
    patterns = [rule.pattern for rule in RULES]
    assert len(patterns) == len(set(patterns))
