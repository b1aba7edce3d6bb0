"""The rows that `eval` and `grad` share: one a node."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping, Sequence
from typing import Any

from gradcli.graph.formulas.show import expression
from gradcli.question.question import Question
from gradcli.run.interpret import Value

COLUMNS = ["node", "kind", "expression", "inputs", "shape", "value"]


def columns(question: Question, cone: Sequence[int]) -> list[str]:
    """The columns of a node's row; `also` holds other names, where a node has them."""
    names = question.graph.names
    also = any(len(names.get(node, ())) > 1 for node in cone)
    return COLUMNS[:1] + ["also"] * also + COLUMNS[1:]


def spare(long: Collection[int]) -> list[str]:
    """The columns that say what others show: all but the shape of a `long` node."""
    return ["inputs", "kind"] if long else ["inputs", "shape", "kind"]


def mathematics(question: Question | None = None) -> Callable[[str], str | None]:
    """What turns the formulas of a report into LaTeX, by the shapes of the question's nodes."""
    known: list[Callable[[str], str | None]] = []

    def typeset(text: str) -> str | None:
        if not known:
            from gradcli.graph.formulas.typesetting import Typesetting

            shapes = {}
            if question is not None:
                names = question.names(question.cone())
                shapes = {name: question.graph.shapes[node] for node, name in names.items()}
            known.append(Typesetting(shapes))
        return known[0](text)

    return typeset


def row(
    question: Question,
    node: int,
    names: Mapping[int, str],
    values: Mapping[int, Value],
    long: Container[int] = (),
) -> dict[str, Any]:
    """What a node is, what it is made of, and its value; of a `long` one only the shape."""
    graph = question.graph
    cells: dict[str, Any] = {"node": names[node]}
    others = graph.names.get(node, ())[1:]
    if others:
        cells["also"] = list(others)
    cells["kind"] = graph.kind(node)
    cells["expression"] = expression(graph, node, names)
    cells["inputs"] = [names[a] for a in graph.args[node]]
    cells["shape"] = list(graph.shapes[node])
    cells["value"] = None if node in long else values[node]
    return cells
