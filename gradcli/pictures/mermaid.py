"""A graph in Mermaid's language, which Markdown on many sites draws."""

from __future__ import annotations

from gradcli.figures import GraphFigure
from gradcli.pictures.boxes import box_kind, edge_lines, node_lines, shown_nodes
from gradcli.pictures.dot import stacked
from gradcli.pictures.drawing import cut
from gradcli.pictures.themes import DARK, LIGHT

_SHAPES = {
    "variable": '(["{}"])',
    "param": '("{}")',
    "const": '{{{{"{}"}}}}',
    "data": '[/"{}"/]',
    "literal": '["{}"]',
    "operation": '["{}"]',
    "output": '[["{}"]]',
    "folded": '[("{}")]',
}

_SPECIAL = '#&"<>`'
"""Characters that would end a text or be read as markup."""


def mermaid_text(figure: GraphFigure, theme: str = "auto") -> str:
    """The graph as a flowchart: shapes and colours by kind, labels as in the other pictures."""
    colours = DARK if theme == "dark" else LIGHT
    shown = shown_nodes(figure)
    lines = ["flowchart LR"]
    kinds = []
    for number in shown:
        kind = box_kind(figure, number)
        kinds.append(kind)
        text = escaped_mermaid(stacked(node_lines(figure, figure.nodes[number])))
        lines.append(f"  n{number}{_SHAPES[kind].format(text)}:::{kind}")
    for edge in figure.edges:
        if edge.source in shown:
            text = escaped_mermaid(stacked(edge_lines(figure, edge)))
            label = f'|"{text}"|' if text else ""
            lines.append(f"  n{edge.source} -->{label} n{edge.target}")
    for number, note in enumerate(figure.notes):
        lines.append(f'  note{number}["{escaped_mermaid(cut(note, 120))}"]')
    for kind in dict.fromkeys(kinds):
        fill, stroke = colours.fill[kind], colours.outline[kind]
        lines.append(f"  classDef {kind} fill:{fill},stroke:{stroke},color:{colours.text['name']}")
    return "\n".join([*lines, ""])


def escaped_mermaid(text: str) -> str:
    """A text for between double quotes: what is special as the entity of its code point."""
    pieces = (f"#{ord(c)};" if c in _SPECIAL else c for c in text)
    return "".join(pieces).replace("\n", "<br/>")
