"""Nodes as mathematics, in LaTeX: what `show` writes in the language."""

from __future__ import annotations

from collections.abc import Container, Mapping

from gradcli.graph.formulas.show import literal_text
from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.graph.ops.elementwise import PRODUCT, SIGN
from gradcli.graph.ops.op import Shape
from gradcli.graph.ops.typeset import ATOM, Typeset, typeset
from gradcli.latex import latex_symbol, latex_value


def latex_formula(
    graph: Graph, node: int, names: Mapping[int, str] | None = None, shown: Container[int] = ()
) -> str:
    r"""The node in LaTeX, without dollars, over inputs and the nodes of `shown`, by their `names`.

    An input that has no name there has its own.

    >>> from gradcli.graph.build import build
    >>> from gradcli.language import parse
    >>> model = build(parse("(w_1 - 1)^2/2"), {"w_1": 1.0})
    >>> print(latex_formula(model.graph, model.output))
    \frac{(w_{1} - 1)^{2}}{2}
    """
    names = names or {}
    known: dict[int, Typeset] = {}
    for at in graph.cone([node], {n for n in names if n in shown and n != node}):
        if at in shown and at in names and at != node:
            known[at] = symbol(names[at], graph.shapes[at])
        else:
            known[at] = _typeset(graph, at, names, known)
    return known[node].text


def latex_expression(graph: Graph, node: int, names: Mapping[int, str]) -> str:
    """The node in LaTeX in terms of its inputs, as `expression` says it: h = tanh(z) is \\tanh(z).

    `names` says what the node's arguments are called.
    """
    known = {
        a: _typeset(graph, a, names, {})
        if graph.ops[a] is LITERAL
        else symbol(names[a], graph.shapes[a])
        for a in graph.args[node]
    }
    return _typeset(graph, node, names, known).text


def symbol(name: str, shape: Shape) -> Typeset:
    """A name as a symbol."""
    text = latex_symbol(name)
    return Typeset(text, PRODUCT if text.startswith(r"\frac") else ATOM, shape)


def _typeset(
    graph: Graph, node: int, names: Mapping[int, str], known: Mapping[int, Typeset]
) -> Typeset:
    op, attr, shape = graph.ops[node], graph.attrs[node], graph.shapes[node]
    if op is LITERAL:
        text = literal_text(graph, node)
        if text[0].isalpha():  # pi, inf
            return Typeset({"inf": r"\infty"}.get(text, latex_symbol(text)))
        return Typeset(latex_value(text), SIGN if text[0] == "-" else ATOM)
    if op is INPUT:
        name = names.get(node) or (attr or ("",))[0]
        return symbol(name, shape)
    return typeset(op, [known[a] for a in graph.args[node]], attr, shape)
