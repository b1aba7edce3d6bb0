"""Report → a table for a notebook: plain HTML, everything in it escaped, no style of its own."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from html import escape
from typing import Any

from gradcli.errors import visible
from gradcli.report.report import Report
from gradcli.rounded import rounded

MOST_ROWS = 200
"""Rows that a notebook shows; the result has them all."""


def html_table(report: Report, picture: str = "", digits: int = 6) -> str:
    """The rows of a report that is complete, numbers to so many digits, its summary, and its
    `picture`, an SVG text.

    A notebook shows no other form beside HTML. As an image the picture keeps its styles and names
    to itself.
    """
    rows = list(report.rows)
    columns = [c for c in report.columns if any(map(_says, (row.get(c) for row in rows)))]
    parts = ["<table>", _row("th", (report.headings.get(c, c) for c in columns))]
    parts += [_row("td", (_cell(row.get(c), digits) for c in columns)) for row in rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        parts.append(_row("td", [f"… {len(rows) - MOST_ROWS:,} more rows"]))
    parts.append("</table>")
    summary = [
        (name, value) for name, value in report.summary.items() if not isinstance(value, dict)
    ]
    if summary:
        parts.append("<table>")
        parts += [_row("td", (name, _cell(value, digits))) for name, value in summary]
        parts.append("</table>")
    if picture:
        image = b64encode(picture.encode()).decode()
        parts.append(f'<img alt="the picture" src="data:image/svg+xml;base64,{image}">')
    parts += [f"<p>{escape(visible(text))}</p>" for text in (*report.notes, *report.warnings)]
    return "\n".join(parts)


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(visible(cell))}</{tag}>" for cell in cells) + "</tr>"


def _says(value: Any) -> bool:
    """Whether a cell is not empty."""
    return value is not None and not (isinstance(value, str | list) and not value)


def _cell(value: Any, digits: int) -> str:
    return "" if value is None else rounded(value, digits)
