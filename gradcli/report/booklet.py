"""A report on paper: headings, formulas and tables, in Markdown, LaTeX or HTML."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

from gradcli.errors import visible
from gradcli.latex import latex_text
from gradcli.report.html import html_table
from gradcli.report.output import Sink
from gradcli.report.papers import markdown_text, write_latex, write_long_latex, write_markdown
from gradcli.report.report import Report, Rows

_ALL_DIGITS = 17
"""What stands on paper has been rounded before."""

_WHOLE = 25
"""Rows of a table in LaTeX that is kept on one page."""

_DENSE = (r"\small", r"\renewcommand{\arraystretch}{1}")
"""Begins what is read alone, without the room that a hand needs to write."""

_FITTED = (
    r"\newsavebox{\tablebox}",
    r"\newcommand{\fitted}[1]{\sbox{\tablebox}{#1}%",
    r"  \ifdim\wd\tablebox>\linewidth\resizebox{\linewidth}{!}{\usebox{\tablebox}}%",
    r"  \else\usebox{\tablebox}\fi}",
)
"""Makes a table smaller that is wider than the page."""


@dataclass
class Section:
    """A heading, and under it a text, a program and a table.

    The program is `code` in HTML, and `equations`, pairs of sides in LaTeX, in what shows
    mathematics. A `fresh` section begins a page, and in LaTeX what follows is set small and, where
    no table is long, in two columns.
    """

    heading: str
    text: str = ""
    code: str = ""
    equations: Sequence[tuple[str, str]] = ()
    table: Report | None = None
    level: int = 2
    fresh: bool = False


@dataclass
class Booklet:
    """What a document says, section by section."""

    title: str
    sections: list[Section] = field(default_factory=list)


def markdown(booklet: Booklet) -> str:
    """As GitHub shows it, equations in a block of mathematics."""
    parts = [f"# {markdown_text(visible(booklet.title))}\n"]
    for section in booklet.sections:
        parts.append(f"{'#' * section.level} {markdown_text(visible(section.heading))}\n")
        if section.text:
            parts.append(markdown_text(visible(section.text)) + "\n")
        if section.equations:
            lines = aligned(section.equations, "aligned")
            parts.append("\n".join(["```math", *lines, "```"]) + "\n")
        if section.table is not None:
            parts.append(_written(section.table, write_markdown))
    return "\n".join(parts)


def latex(booklet: Booklet) -> str:
    """A document that pdflatex compiles."""
    lines = [
        r"\documentclass{article}",
        r"\usepackage{amsmath}",
        r"\usepackage{amssymb}",
        r"\usepackage{graphicx}",
        r"\usepackage{longtable}",
        r"\usepackage[margin=2cm]{geometry}",
        r"\setlength{\parindent}{0pt}",
        r"\setlength{\LTleft}{0pt}",
        r"\renewcommand{\arraystretch}{1.3}",
        *_FITTED,
        r"\begin{document}",
        rf"\section*{{{latex_text(booklet.title)}}}",
    ]
    for place, section in enumerate(booklet.sections):
        if section.fresh:
            lines += [r"\twocolumn" if _are_whole(booklet.sections[place:]) else r"\clearpage"]
            lines += _DENSE
        command = "sub" * (section.level - 1)
        lines.append(rf"\{command}section*{{{latex_text(section.heading)}}}")
        if section.text:
            lines.append(latex_text(section.text))
        if section.equations:
            lines += aligned(section.equations, "align*")
        if section.table is not None:
            whole = _are_whole([section])
            text = _written(section.table, write_latex if whole else write_long_latex).rstrip("\n")
            lines += [r"\par", rf"\fitted{{{text}}}" if whole else text]
    return "\n".join([*lines, r"\end{document}"]) + "\n"


def _are_whole(sections: Sequence[Section]) -> bool:
    """Whether no table of theirs is longer than a page, which LaTeX breaks in one column alone."""
    tables = [section.table for section in sections if section.table is not None]
    for table in tables:
        table.rows = list(table.rows)
    return all(len(list(table.rows)) <= _WHOLE for table in tables)


def aligned(equations: Sequence[tuple[str, str]], environment: str = "align*") -> list[str]:
    """Equations in LaTeX under one another; nothing where there are none."""
    if not equations:
        return []
    rows = [rf"  {left} &= {right} \\" for left, right in equations]
    rows[-1] = rows[-1].removesuffix(r" \\")
    return [rf"\begin{{{environment}}}", *rows, rf"\end{{{environment}}}"]


def page(booklet: Booklet) -> str:
    """One file that needs no network, to be read or printed."""
    from gradcli.pictures.document import document, own

    parts = [f"<h1>{escape(visible(booklet.title))}</h1>"]
    for section in booklet.sections:
        tag, kind = f"h{section.level}", ' class="fresh"' if section.fresh else ""
        parts.append(f"<{tag}{kind}>{escape(visible(section.heading))}</{tag}>")
        if section.text:
            parts.append(f"<p>{escape(visible(section.text))}</p>")
        if section.code:
            parts.append(f"<pre>{escape(visible(section.code).rstrip())}</pre>")
        if section.table is not None:
            parts.append(html_table(section.table, digits=_ALL_DIGITS))
    return document(booklet.title, "\n".join(parts), "auto", own("booklet.css"), [], {})


BOUND: dict[str, Callable[[Booklet], str]] = {"md": markdown, "latex": latex, "html": page}
"""The formats that a booklet is written in."""


def _written(table: Report, write: Callable[[Report, Rows, Sink, int], None]) -> str:
    stream = io.StringIO()
    write(table, table.rows, Sink(stream), _ALL_DIGITS)
    return stream.getvalue()
