"""How nodes are written: labels, and expressions in terms of their inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.graph.ops.call_text import call_arguments, number_text
from gradcli.graph.ops.op import Attr, Op

SIGN, POSTFIX, ATOM = 4, 6, 100
"""The levels of a signed number, of an index, and of what needs no brackets."""


def literal_text(graph: Graph, node: int) -> str:
    """A literal as the user typed it, or as the language reads it back."""
    (value,) = graph.attrs[node] or (0.0,)
    return graph.texts.get(node) or number_text(value)


def labels(graph: Graph, nodes: Iterable[int], taken: Iterable[str] = ()) -> dict[int, str]:
    """What each node is called: by the user's name, a literal's text, or v1, v2, … in order."""
    nodes = list(nodes)
    used = {name for names in graph.names.values() for name in names} | set(taken)
    found: dict[int, str] = {}
    count = 0
    for node in nodes:
        if node in graph.names:
            found[node] = graph.names[node][0]
        elif graph.ops[node] is LITERAL:
            found[node] = literal_text(graph, node)
        else:
            count += 1
            while f"v{count}" in used:
                count += 1
            found[node] = f"v{count}"
    return found


def expression(graph: Graph, node: int, names: Mapping[int, str]) -> str:
    """The node in terms of its inputs: `a + b`. A leaf is its own name or number."""
    op = graph.ops[node]
    if op is LITERAL:
        return literal_text(graph, node)
    if op is INPUT:
        return names[node]
    args = graph.args[node]
    parts = [(names[a], _label_level(graph, a)) for a in args]
    return write(op, parts, graph.attrs[node])[0]


def _label_level(graph: Graph, node: int) -> int:
    value = graph.number(node)
    return SIGN if value is not None and (value < 0 or str(value)[0] == "-") else ATOM


def write(op: Op, parts: Sequence[tuple[str, int]], attr: Attr | None) -> tuple[str, int]:
    """The text of `op` over argument texts with their levels, and the level of the result.

    >>> from gradcli.graph.ops.table import find
    >>> write(find("mul"), [("a + b", 2), ("c", ATOM)], None)
    ('(a + b) * c', 3)
    """
    attr = attr or ()
    if callable(op.text):
        texts = [text for text, _ in parts]
        if op.level < ATOM:
            texts[0] = bracketed(parts[0], op.level)
        elif op.name == "scatter":  # scatter(g, (x + y)[0])
            texts[1] = bracketed(parts[1], POSTFIX)
        return op.text(texts, attr), op.level
    if not op.text:
        arguments = call_arguments(op, [text for text, _ in parts], attr)
        return f"{op.name}({', '.join(arguments)})", ATOM
    if "{*}" in op.text:
        return op.text.replace("{*}", ", ".join(text for text, _ in parts)), ATOM
    if op.level == ATOM:
        return op.text.format(*(text for text, _ in parts)), ATOM
    if len(parts) == 1:
        # -x^2 is -(x^2), so only what binds no more tightly than a sign needs brackets: -(-x)
        return op.text.format(bracketed(parts[0], op.level + 1)), op.level
    left, right = parts
    if op.name == "pow":
        # right associative: (a^b)^c, but a^b^c; a sign on the right needs no brackets
        texts = [bracketed(left, op.level + 1), bracketed(right, SIGN)]
    elif op.level == 1:
        texts = [bracketed(left, 2), bracketed(right, 2)]  # comparisons do not chain
    else:
        texts = [bracketed(left, op.level), bracketed(right, op.level + 1)]
    return op.text.format(*texts), op.level


def bracketed(part: tuple[str, int], level: int) -> str:
    """The text of a part, in brackets where it binds more loosely than `level`."""
    text, own = part
    return text if own >= level else f"({text})"
