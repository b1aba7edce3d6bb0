"""A drawing as SVG: text that a program can read, colours that follow the reader's."""

from __future__ import annotations

from html import escape

from gradcli.pictures.drawing import FONTS, Arrow, Box, Drawing, Words
from gradcli.pictures.layered import Stroke
from gradcli.pictures.themes import DARK, LIGHT, Theme


def svg_text(drawing: Drawing, theme: str = "auto") -> str:
    """The drawing as a file of SVG.

    A node is the group `n3`, an edge `e5`, by their places in the figure. The theme auto is light,
    and dark where the reader's screen is.
    """
    colours = DARK if theme == "dark" else LIGHT
    w, h = number(drawing.width), number(drawing.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" role="img" width="{w}" height="{h}"'
        f' viewBox="0 0 {w} {h}" aria-labelledby="graph-title graph-desc"'
        f" font-family='{FONTS}'>",
        f'<title id="graph-title">{escape(drawing.title)}</title>',
        f'<desc id="graph-desc">{escape(drawing.description)}</desc>',
    ]
    if theme == "auto":
        parts.append(f"<style>@media (prefers-color-scheme: dark) {{{_rules(DARK)}}}</style>")
    parts.append(f'<rect class="ground" width="{w}" height="{h}" fill="{colours.ground}"/>')
    parts += (_arrow(arrow, colours) for arrow in drawing.arrows)
    parts += (_box(box, colours) for box in (*drawing.boxes, *drawing.legend))
    parts += (_line(line, colours) for line in drawing.words)
    return "\n".join([*parts, "</svg>", ""])


def number(value: float) -> str:
    """A length in as few digits as a pixel's tenth takes."""
    return f"{value:.1f}".removesuffix(".0")


def path_data(stroke: Stroke) -> str:
    """A stroke as the data of a path."""
    letters = {0: "M", 1: "L", 3: "C"}
    return "".join(
        letters[len(piece) if at else 0] + " ".join(f"{number(x)},{number(y)}" for x, y in piece)
        for at, piece in enumerate(stroke)
    )


def _rules(theme: Theme) -> str:
    """The colours as rules of CSS, which overrule the attributes."""
    rules = [
        f".graph .ground{{fill:{theme.ground}}}",
        f".graph .edge path{{stroke:{theme.edge}}}",
        f".graph .edge .head{{fill:{theme.edge};stroke:none}}",
    ]
    rules += (f".graph .{role}{{fill:{colour}}}" for role, colour in theme.text.items())
    for kind, fill in theme.fill.items():
        outline = theme.outline[kind]
        rules.append(f".graph .{kind} path{{stroke:{outline}}}")
        rules.append(f".graph .{kind} .outline{{fill:{fill}}}")
    return "".join(rules)


def _box(box: Box, theme: Theme) -> str:
    stroke = theme.outline[box.kind]
    named = f'id="n{box.node}" data-node="{box.node}" class="node ' if box.node >= 0 else 'class="'
    parts = [f'<g {named}{box.kind}">']
    if box.title:
        parts.append(f"<title>{escape(box.title)}</title>")
    parts.append(
        f'<path class="outline" d="{path_data(box.outline)}Z" fill="{theme.fill[box.kind]}"'
        f' stroke="{stroke}" stroke-width="1.4"/>'
    )
    parts += (f'<path d="{path_data(line)}" fill="none" stroke="{stroke}"/>' for line in box.lines)
    parts += (_line(line, theme) for line in box.words)
    return "".join([*parts, "</g>"])


def _arrow(arrow: Arrow, theme: Theme) -> str:
    head = " ".join(f"{number(x)},{number(y)}" for x, y in arrow.head)
    parts = [
        f'<g id="e{arrow.edge}" data-edge="{arrow.edge}" class="edge">',
        f"<title>{escape(arrow.title)}</title>",
        f'<path d="{path_data(arrow.path)}" fill="none" stroke="{theme.edge}" stroke-width="1.3"/>',
        f'<polygon class="head" points="{head}" fill="{theme.edge}"/>',
        *(_line(line, theme) for line in arrow.words),
    ]
    return "".join([*parts, "</g>"])


def _line(line: Words, theme: Theme) -> str:
    more = ' text-anchor="middle"' if line.centred else ""
    more += ' font-weight="bold"' if line.bold else ""
    return (
        f'<text class="{line.role}" x="{number(line.x)}" y="{number(line.y)}"'
        f' font-size="{number(line.size)}" fill="{theme.text[line.role]}"{more}>'
        f"{escape(line.text)}</text>"
    )
