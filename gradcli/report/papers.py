"""Formats for papers: a Markdown table and a LaTeX tabular, numbers rounded to --digits."""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import Any

from gradcli.errors import visible
from gradcli.latex import latex_numbers, latex_text
from gradcli.report.output import Sink
from gradcli.report.report import Report, Rows
from gradcli.rounded import is_number, is_text, rounded

_PEEK = 200
"""Rows that decide which columns hold numbers; no more are held in memory."""

_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#|~$&]")


def write_markdown(report: Report, rows: Rows, sink: Sink, digits: int) -> None:
    """A pipe table as GitHub draws it, formulas in code spans."""
    right, rows = _right_aligned(report, rows)
    headings = [report.headings.get(name, name) for name in report.columns]
    sink.write(_pipes([markdown_text(heading) for heading in headings]))
    sink.write(_pipes(["---:" if numbers else "---" for numbers in right]))
    for row in rows:
        sink.line(_pipes([_markdown_cell(report, name, row, digits) for name in report.columns]))


def _pipes(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _markdown_cell(report: Report, name: str, row: dict[str, Any], digits: int) -> str:
    value = row.get(name)
    text = visible(rounded(value, digits)).replace("\n", " ")
    if not is_text(value) or not text:
        return text
    if name in report.code and "`" not in text:
        return "`" + text.replace("|", "\\|") + "`"
    return markdown_text(text)


def markdown_text(text: str) -> str:
    """A text with nothing special left in it."""
    return _MARKDOWN.sub(r"\\\g<0>", text)


def write_latex(
    report: Report, rows: Rows, sink: Sink, digits: int, environment: str = "tabular"
) -> None:
    """A tabular, formulas as mathematics; it needs no package."""
    right, rows = _right_aligned(report, rows)
    layout = "".join("r" if numbers else "l" for numbers in right)
    headings = [latex_text(report.headings.get(name, name)) for name in report.columns]
    sink.write(f"\\begin{{{environment}}}{{{layout}}}\n\\hline\n{_ampersands(headings)}\\hline\n")
    if environment == "longtable":
        sink.write("\\endhead\n")
    for row in rows:
        sink.line(_ampersands([_latex_cell(report, name, row, digits) for name in report.columns]))
    sink.write(f"\\hline\n\\end{{{environment}}}\n")


def write_long_latex(report: Report, rows: Rows, sink: Sink, digits: int) -> None:
    """The same over as many pages as it takes, by the package longtable."""
    write_latex(report, rows, sink, digits, "longtable")


_TALL = r"$\displaystyle "
"""What a formula with fractions or brackets of several lines begins with."""


_STRUT = r" \rule[-2.2ex]{0pt}{5.8ex}"
"""Makes the row of one as high as that needs."""


def _ampersands(cells: list[str]) -> str:
    line = " & ".join(cells)
    tall = any(cell.startswith(_TALL) for cell in cells)
    # A bracket or star would be taken for an argument of the \\ that ended the line before.
    line = ("{}" if line.startswith(("[", "*")) else "") + line + _STRUT * tall
    return line + " \\\\\n"


def _latex_cell(report: Report, name: str, row: dict[str, Any], digits: int) -> str:
    value = row.get(name)
    text = rounded(value, digits)
    if isinstance(value, bool) or is_text(value):
        parts = value if isinstance(value, list) else [text]
        if name in report.code:
            return ", ".join(_latex_formula(report, str(part)) for part in parts if part != "")
        return latex_text(text)
    return latex_numbers(text)


def _latex_formula(report: Report, text: str) -> str:
    """A formula in mathematics; what is none as it is, in typewriter type."""
    found = None if report.mathematics is None else report.mathematics(text)
    if found is None:
        return rf"\texttt{{{latex_text(text)}}}"
    tall = r"\frac" in found or r"\begin" in found
    return f"{_TALL}{found}$" if tall else f"${found}$"


def _right_aligned(report: Report, rows: Rows) -> tuple[list[bool], Rows]:
    """Which columns hold numbers and nothing else, as far as the first rows tell; and all rows."""
    ahead = iter(rows)
    first = list(islice(ahead, _PEEK))
    columns = ([row.get(name) for row in first] for name in report.columns)
    right = [
        any(value is not None for value in values)
        and all(value is None or is_number(value) for value in values)
        for values in columns
    ]
    return right, chain(first, ahead)
