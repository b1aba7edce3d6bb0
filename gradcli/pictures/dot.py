"""A graph in Graphviz's language."""

from __future__ import annotations

from gradcli.figures import GraphFigure
from gradcli.pictures.boxes import box_kind, edge_lines, node_lines, shown_nodes
from gradcli.pictures.drawing import cut
from gradcli.pictures.themes import DARK, LIGHT

_SHAPES = {
    "variable": 'shape=box, style="filled,rounded"',
    "param": 'shape=box, style="filled,rounded", peripheries=2',
    "const": "shape=octagon",
    "data": "shape=parallelogram",
    "literal": "shape=box",
    "operation": "shape=box",
    "output": "shape=box, peripheries=2",
    "folded": "shape=box3d",
}


def dot_text(figure: GraphFigure, theme: str = "auto") -> str:
    """The graph as a file of DOT: shapes and colours by kind, labels as in the other pictures."""
    colours = DARK if theme == "dark" else LIGHT
    shown = shown_nodes(figure)
    lines = [
        f"digraph {quoted_dot(cut(figure.nodes[-1].name, 60))} {{",
        f'  graph [rankdir=LR, bgcolor="{colours.ground}", fontname="DejaVu Sans Mono",'
        f' fontcolor="{colours.text["note"]}", labelloc=b]',
        '  node [style=filled, fontname="DejaVu Sans Mono", fontsize=12,'
        f' fontcolor="{colours.text["name"]}"]',
        f'  edge [color="{colours.edge}", fontname="DejaVu Sans Mono", fontsize=10,'
        f' fontcolor="{colours.text["flow"]}"]',
    ]
    if figure.notes:
        lines.append(
            f"  label={quoted_dot(stacked([('note', cut(note, 120)) for note in figure.notes]))}"
        )
    for number in shown:
        kind = box_kind(figure, number)
        label = quoted_dot(stacked(node_lines(figure, figure.nodes[number])))
        lines.append(
            f'  n{number} [label={label}, {_SHAPES[kind]}, fillcolor="{colours.fill[kind]}",'
            f' color="{colours.outline[kind]}"]'
        )
    for edge in figure.edges:
        if edge.source in shown:
            text = stacked(edge_lines(figure, edge))
            label = f" [label={quoted_dot(text)}]" if text else ""
            lines.append(f"  n{edge.source} -> n{edge.target}{label}")
    return "\n".join([*lines, "}", ""])


def stacked(lines: list[tuple[str, str]]) -> str:
    """Texts with their roles one below the other, a formula beside its name."""
    return "\n".join(text for _, text in lines).replace("\n= ", " = ")


def quoted_dot(text: str) -> str:
    """A text as a string of DOT, which reads entities of HTML and escapes with backslashes."""
    text = text.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\n", "\\n") + '"'
