"""A LaTeX document: the definitions of a program, and the derivatives of its output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gradcli import __version__
from gradcli.graph.formulas.mathematics import latex_formula
from gradcli.graph.graph import INPUT, LITERAL
from gradcli.latex import latex_symbol
from gradcli.report.booklet import aligned

if TYPE_CHECKING:
    from gradcli.question.question import Question


def write(question: Question, derivatives: Mapping[str, str]) -> str:
    """The document; `derivatives` are those of the output, in LaTeX, by name."""
    whole = latex_symbol(question.names(question.cone())[question.model.output])
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
        *aligned(definitions(question)),
        *aligned(partials),
        r"\end{document}",
    ]
    return "\n".join(lines) + "\n"


def definitions(question: Question) -> list[tuple[str, str]]:
    """Both sides of each equation of the program that the output needs, in LaTeX."""
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    shown = [n for n in cone if n == output or (n in graph.names and graph.ops[n] is not LITERAL)]
    return [
        (latex_symbol(names[n]), latex_formula(graph, n, names, shown))
        for n in shown
        if graph.ops[n] is not INPUT
    ]
