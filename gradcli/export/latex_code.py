"""A LaTeX document: the definitions of a program, and the derivatives of its output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gradcli import __version__
from gradcli.graph.formulas.mathematics import latex_formula
from gradcli.graph.graph import INPUT, LITERAL
from gradcli.latex import latex_symbol

if TYPE_CHECKING:
    from gradcli.question.question import Question


def write(question: Question, derivatives: Mapping[str, str]) -> str:
    """The document; `derivatives` are those of the output, in LaTeX, by name."""
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    shown = [n for n in cone if n == output or (n in graph.names and graph.ops[n] is not LITERAL)]
    definitions = [
        (latex_symbol(names[n]), latex_formula(graph, n, names, shown))
        for n in shown
        if graph.ops[n] is not INPUT
    ]
    whole = latex_symbol(names[output])
    partials = [
        (rf"\frac{{\partial {whole}}}{{\partial {latex_symbol(name)}}}", formula)
        for name, formula in derivatives.items()
    ]
    program = [f"%     {line}".rstrip() for line in question.model.program.text.splitlines()]
    lines = [
        f"% Made by gradcli {__version__}: gradcli export --to latex. The program:",
        "%",
        *program,
        r"\documentclass{article}",
        r"\usepackage{amsmath}",
        r"\usepackage{amssymb}",
        r"\begin{document}",
        *_aligned(definitions),
        *_aligned(partials),
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def _aligned(equations: Sequence[tuple[str, str]]) -> list[str]:
    """Equations under one another; nothing where there are none."""
    if not equations:
        return []
    rows = [rf"  {left} &= {right} \\" for left, right in equations]
    rows[-1] = rows[-1].removesuffix(r" \\")
    return [r"\begin{align*}", *rows, r"\end{align*}"]
