"""What the tests of simplified formulas share."""

from __future__ import annotations

import pytest

from gradcli.graph.build import build
from gradcli.graph.graph import INPUT, LITERAL
from gradcli.graph.simplify.broadcast import call, spread
from gradcli.graph.simplify.normal import Normal
from gradcli.graph.simplify.shortest import Shortest
from gradcli.language import parse


@pytest.fixture(scope="session")
def simplified():
    """The shortest form of a formula of the language; its names are numbers or have `shapes`."""

    def simplify(text, normal=None, **shapes):
        normal = Shortest() if normal is None else normal
        return normal.text(formula(normal, text, **shapes))

    return simplify


@pytest.fixture
def normal_form(simplified):
    """The same in normal form, without rules."""
    return lambda text, **shapes: simplified(text, Normal(), **shapes)


@pytest.fixture
def positive():
    """Whether a formula is above 0 for all values of its names, so far as that is plain."""

    def judge(text):
        normal = Normal()
        return normal.positive(formula(normal, text))

    return judge


def formula(normal, text, **shapes):
    """A formula of the language as a node of a normal form."""
    model = build(parse(text), guess=True, shapes=shapes)
    graph, known = model.graph, {}
    for node in graph.cone([model.output]):
        op, attr = graph.ops[node], graph.attrs[node]
        if op is INPUT:
            known[node] = normal.symbol(attr[0], graph.shapes[node])
        elif op is LITERAL:
            text = graph.texts.get(node, "1")
            named = text[0].isalpha()  # pi
            known[node] = normal.graph.literal(attr[0], text) if named else normal.number(attr[0])
        else:
            args = graph.args[node]
            wholes = [graph.shapes[a] for a in args]
            known[node] = call(
                normal, op, [known[a] for a in args], attr, graph.shapes[node], wholes
            )
    return spread(normal, known[model.output], graph.shapes[model.output])
