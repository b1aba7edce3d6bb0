"""A drawing as TikZ: a LaTeX document of its own, the size of the picture."""

from __future__ import annotations

from gradcli.latex import latex_text
from gradcli.pictures.drawing import Drawing, Words
from gradcli.pictures.layered import Stroke
from gradcli.pictures.themes import DARK, LIGHT

_POINT = 0.75
"""Points to a pixel."""

_MOST = 14_000.0
"""Points that TeX can count along a side."""

_HEAD = r"""\documentclass[tikz]{standalone}
% A text, made narrower where it would be wider than its place.
\newsavebox{\words}
\newcommand{\fitted}[2]{%
  \sbox{\words}{\ttfamily #2}%
  \ifdim\wd\words>#1\resizebox{#1}{\height}{\usebox{\words}}\else\usebox{\words}\fi}
"""


def tikz_text(drawing: Drawing, theme: str = "auto") -> str:
    """The drawing as a file that pdflatex takes as it is; its picture may be copied elsewhere."""
    colours = DARK if theme == "dark" else LIGHT
    unit = min(_POINT, _MOST / max(drawing.width, drawing.height))
    named = {"ground": colours.ground, "edge": colours.edge}
    named |= {f"text-{role}": colour for role, colour in colours.text.items()}
    for kind in dict.fromkeys(box.kind for box in drawing.boxes):
        named |= {f"fill-{kind}": colours.fill[kind], f"line-{kind}": colours.outline[kind]}
    lines = [
        f"% {latex_text(drawing.title)}",
        _HEAD.rstrip(),
        *(rf"\definecolor{{{name}}}{{HTML}}{{{c[1:].upper()}}}" for name, c in named.items()),
        r"\begin{document}",
        rf"\begin{{tikzpicture}}[x={unit:.4g}pt, y=-{unit:.4g}pt, inner sep=0pt, outer sep=0pt]",
        rf"\fill[ground] (0,0) rectangle ({drawing.width:.1f},{drawing.height:.1f});",
    ]
    for arrow in drawing.arrows:
        lines.append(rf"\draw[edge] {_path(arrow.path)};")
        corners = " -- ".join(f"({x:.1f},{y:.1f})" for x, y in arrow.head)
        lines.append(rf"\fill[edge] {corners} -- cycle;")
    for box in (*drawing.boxes, *drawing.legend):
        kind = box.kind
        path = _path(box.outline)
        lines.append(rf"\filldraw[fill=fill-{kind}, draw=line-{kind}] {path} -- cycle;")
        lines += (rf"\draw[line-{kind}] {_path(line)};" for line in box.lines)
    lines += (_words(words, unit) for words in drawing.all_words())
    return "\n".join([*lines, r"\end{tikzpicture}", r"\end{document}", ""])


def _path(stroke: Stroke) -> str:
    points = [[f"({x:.1f},{y:.1f})" for x, y in piece] for piece in stroke]
    text = points[0][0]
    for piece in points[1:]:
        if len(piece) == 1:
            text += f" -- {piece[0]}"
        else:
            text += f" .. controls {piece[0]} and {piece[1]} .. {piece[2]}"
    return text


def _words(words: Words, unit: float) -> str:
    left, right = words.span
    size = words.size * unit
    anchor = "base" if words.centred else "base west"
    text = latex_text(words.text)
    return (
        rf"\node[anchor={anchor}, text=text-{words.role}] at ({words.x:.1f},{words.y:.1f})"
        rf" {{\fontsize{{{size:.4g}pt}}{{{size:.4g}pt}}\selectfont"
        rf" \fitted{{{(right - left) * unit:.2f}pt}}{{{text}}}}};"
    )
