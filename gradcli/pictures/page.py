"""The page that steps through a computational graph, one file that needs no network."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

from gradcli.pictures.boxes import drawing_of
from gradcli.pictures.document import document, filled, own
from gradcli.pictures.svg import svg_text
from gradcli.rounded import brief
from gradcli.words import counted

if TYPE_CHECKING:
    from gradcli.figures import GraphFigure, Walk

_DIGITS, _ENTRIES = 6, 12


def page(graph: GraphFigure, picture: GraphFigure, theme: str) -> str:
    """The page that steps through a computational graph, one file that needs no network.

    Its picture is that of the graph itself, or of the graph folded into fewer boxes.
    """
    assert graph.walk is not None
    walk = graph.walk()
    output = graph.nodes[-1].name
    passes = "forward, then backward" if walk.backward else "forward"
    body = filled(
        own("page.html"),
        {
            "heading": f"{escape(output)}, step by step",
            "about": f"{counted(len(graph.nodes), 'node')}; the steps run {passes}.",
            "notes": "".join(f'<p class="remark">{escape(note)}</p>\n' for note in picture.notes),
            "picture": svg_text(drawing_of(picture), theme),
        },
    )
    return document(
        f"{output}, step by step", body, theme, own("page.css"),
        [_recompute(walk), own("page.js")], _data(graph, walk) | _places(graph, picture),
    )  # fmt: skip


def _recompute(walk: Walk) -> str:
    """The function that computes the cells anew; it holds no text of the user's."""
    body = "\n".join(walk.code)
    made = f'"use strict";\n{walk.functions}\nreturn (v) => {{\n{body}\n}};'
    return f"const recompute = (() => {{\n{made}\n}})();"


def _data(graph: GraphFigure, walk: Walk) -> dict[str, Any]:
    """What page.js reads."""
    return {
        "nodes": [
            {
                "name": node.name,
                "kind": node.kind,
                "expression": node.expression,
                "value": walk.values[place],
                "grad": walk.grads[place],
                "formula": walk.formulas[place],
            }
            for place, node in enumerate(graph.nodes)
        ],
        "edges": [[edge.source, edge.target] for edge in graph.edges],
        "cells": [_cell(value) for value in walk.cells],
        "forward": walk.forward,
        "backward": [
            {
                "edge": step.edge,
                "symbols": graph.edges[step.edge].symbols,
                "upstream": step.upstream,
                "local": step.local,
                "downstream": step.downstream,
                "total": step.total,
                "mask": step.mask,
            }
            for step in walk.backward
        ],
        "products": {str(node): found for node, found in walk.products.items()},
        "leaves": walk.leaves,
        "fixed": walk.fixed,
    }


def _places(graph: GraphFigure, picture: GraphFigure) -> dict[str, list[int]]:
    """The box of each node, the node whose numbers each box shows, or -1, and the arrow of each
    edge, or -1."""
    if not picture.boxes:
        nodes = list(range(len(graph.nodes)))
        return {"boxes": nodes, "faces": nodes, "arrows": list(range(len(graph.edges)))}
    faces = [-1] * len(picture.nodes)
    for node, box in enumerate(picture.boxes):
        if box >= 0 and graph.nodes[node].name == picture.nodes[box].name:
            faces[box] = node
    arrows = {(edge.source, edge.target): arrow for arrow, edge in enumerate(picture.edges)}
    ends = ((picture.boxes[edge.source], picture.boxes[edge.target]) for edge in graph.edges)
    return {
        "boxes": picture.boxes,
        "faces": faces,
        "arrows": [arrows.get(pair, -1) for pair in ends],
    }


def _cell(value: Any) -> Any:
    """A number as JSON has it, or as a text that JavaScript makes a number of; an array in brief,
    in a list of its own."""
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return [brief(value, _DIGITS, _ENTRIES)]
