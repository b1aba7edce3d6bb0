"""A computational graph as svg, png, pdf, dot, mmd or tikz."""

from __future__ import annotations

from gradcli.figures import GraphFigure


def graph_picture(graph: GraphFigure, format: str, theme: str) -> str | bytes:
    """A computational graph as svg, png, pdf, dot, mmd or tikz."""
    if format == "dot":
        from gradcli.pictures.dot import dot_text

        return dot_text(graph, theme)
    if format == "mmd":
        from gradcli.pictures.mermaid import mermaid_text

        return mermaid_text(graph, theme)
    from gradcli.pictures.boxes import drawing_of

    drawing = drawing_of(graph)
    if format == "svg":
        from gradcli.pictures.svg import svg_text

        return svg_text(drawing, theme)
    if format == "tikz":
        from gradcli.pictures.tikz import tikz_text

        return tikz_text(drawing, theme)
    from gradcli.pictures.canvas import canvas_bytes

    return canvas_bytes(drawing, format, theme)
