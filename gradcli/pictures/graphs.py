"""A computational graph as svg, png, pdf, dot, mmd or tikz."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.figures import GraphFigure


def graph_picture(graph: GraphFigure, format: str, theme: str) -> str | bytes:
    """A computational graph as svg, png, pdf, dot, mmd or tikz."""
    from gradcli.pictures.boxes import drawing_of
    from gradcli.pictures.svg import svg_text

    return svg_text(drawing_of(graph), theme)
