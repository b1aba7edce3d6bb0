"""A report for people: Rich tables, or records where they would not fit, the summary below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING, Any, Union

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len as width
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gradcli.errors import visible
from gradcli.report.alphabet import fit
from gradcli.report.curve import drawn
from gradcli.report.folded import folded, narrowest
from gradcli.report.output import Sink
from gradcli.report.report import Report, Rows
from gradcli.rounded import brief, is_number, is_text

if TYPE_CHECKING:
    from rich.markdown import Markdown

_MOST_ROWS = 200
_MOST_ROWS_IN_A_FILE = 10_000
_MOST_LINES = 60
"""Of a summary."""

_LONG_WORD = 24
"""Columns from which a word of a text may be broken. Numbers never are."""

_GAP = 2
"""Blanks between two columns."""

_LEAST_ROOM = 20
"""A terminal narrower than that is left to break the lines itself."""

_UNBOUNDED = 1 << 30
"""The width of a page that is no terminal."""

_WIDEST = 80
"""Of a column there: one long cell would make every row as long."""

_STYLES: dict[Any, str] = {
    **dict.fromkeys(("ok", "converged"), "green"),
    **dict.fromkeys(("wrong", "diverged"), "bold red"),
    **dict.fromkeys(("kink", "noise", "crawls"), "magenta"),
    **dict.fromkeys(("nan", "inf", "-inf"), "red"),
    ("passed", "true"): "green",
    ("passed", "false"): "bold red",
    ("converged", "true"): "green",
    ("converged", "false"): "bold red",
}
"""Of a cell, or of an entry of the summary: readable on light and on dark ground, and no more than
the words say without them."""

Block = Union[Table, Text, "Markdown"]


@dataclass
class _Column:
    """One column of a table, spelled, as wide as it is and as narrow as it can be."""

    heading: str
    cells: list[str]
    numbers: bool
    widest: int
    least: int
    """At this width no number is broken, and no word but a long one."""
    spare: int
    """Its place among those that go where the table is too wide; 0 where it stays."""

    def folded(self, room: int) -> _Column:
        """The column in that many columns of the screen."""
        cells = ["\n".join(folded(cell, room)) for cell in self.cells]
        return replace(self, cells=cells, widest=room)


@dataclass
class _Page:
    """What a stream can show."""

    room: int
    encoding: str
    digits: int

    def spelled(self, value: Any) -> str:
        return self.fit(brief(value, self.digits))

    def fit(self, text: str) -> str:
        return fit(visible(text), self.encoding)


def write_table(report: Report, rows: Rows, sink: Sink, digits: int, colored: bool) -> None:
    """A table in the width of the terminal that cuts no digit: where it would, a record a row.

    A terminal shows at most 200 rows, or one in so many, and counts the others without keeping
    them. Elsewhere it has all columns, long cells folded, and 10,000 rows at most.
    """
    every, most = (report.every, _MOST_ROWS) if sink.terminal else (1, _MOST_ROWS_IN_A_FILE)
    page = _Page(
        max(sink.width, _LEAST_ROOM) if sink.terminal else _UNBOUNDED, sink.encoding, digits
    )
    kept: list[dict[str, Any]] = []
    more = 0
    for place, row in enumerate(rows):
        if place % every == 0 and len(kept) < most:
            kept.append(row)
        else:
            more += 1
    parts = [
        (part.capitalize(), group, _columns(report, part, group, page))
        for part, group in _parts(report, kept)
    ]
    blocks: list[list[Block]] = []
    for title, group, columns in parts:
        styles = ["dim" if row.get("kind") == "literal" else "" for row in group]
        rows_shown = _rows(columns, styles, page.room)
        blocks.append([Text(page.fit(title), "bold"), rows_shown] if title else [rows_shown])
    if more:
        blocks.append([Text(page.fit(f"… {more:,} more rows: add --format tsv"), "dim")])
    told = {name: v for name, v in report.summary.items() if name not in report.machine}
    blocks.append(_summary(told, page))
    if report.curve is not None:
        lines = drawn(report.curve(), page.room, digits, sink.encoding)
        blocks.append([Text(line) for line in lines])
    sink.write(_rendered(blocks, page, colored))


def _parts(
    report: Report, rows: list[dict[str, Any]]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if not report.sections:
        yield "", rows
        return
    for value, group in groupby(rows, lambda row: row.get(report.sections)):
        yield str(value or ""), list(group)


def _columns(report: Report, part: str, rows: list[dict[str, Any]], page: _Page) -> list[_Column]:
    """The columns that hold anything; all of them when there are no rows."""
    columns = []
    for name in report.columns:
        values = [row.get(name) for row in rows]
        cells = [page.spelled(value) for value in values]
        said = name == report.sections or name in report.tacit.get(part, ())
        if said or (rows and not any(cells)):
            continue
        heading = page.fit(report.headings.get(name, name))
        spare = report.spare.index(name) + 1 if name in report.spare else 0
        columns.append(_column(heading, values, cells, spare))
    return columns


def _column(heading: str, values: list[Any], cells: list[str], spare: int) -> _Column:
    numbers = all(is_number(value) for value, cell in zip(values, cells, strict=True) if cell)
    lines = [line for cell in cells for line in cell.split("\n")]
    widest = max(map(width, (heading, *lines)))
    least = width(heading)
    for value, cell in zip(values, cells, strict=True):
        word = narrowest(cell)
        least = max(least, min(word, _LONG_WORD) if is_text(value) else word)
    return _Column(heading, cells, numbers, widest, least, spare)


def _rows(columns: list[_Column], styles: list[str], room: int) -> Table:
    """The table, without spare columns where it would be too wide, then with long cells folded;
    or a record a row, where that takes fewer lines or no table fits."""
    kept = list(columns)
    for column in sorted((c for c in columns if c.spare), key=lambda c: c.spare):
        if _total(kept) > room:
            kept.remove(column)
    if room >= _UNBOUNDED:
        kept = [
            column.folded(most) if column.widest > (most := max(_WIDEST, column.least)) else column
            for column in kept
        ]
    if _total(kept) <= room:
        return _table(kept, styles)
    squeezed = _squeezed(kept, room)
    values_start = max(width(column.heading) for column in columns) + _GAP
    records = [column.folded(max(room - values_start, _LEAST_ROOM)) for column in columns]
    if squeezed and _height(squeezed) <= _height_of_records(records):
        return _table(squeezed, styles)
    return _records(records, styles)


def _total(columns: list[_Column]) -> int:
    return sum(column.widest for column in columns) + _GAP * (len(columns) - 1)


def _squeezed(columns: list[_Column], room: int) -> list[_Column] | None:
    """The columns as they fit, the widest ones folded first; None where they cannot."""
    for most in range(min(room, 500), -1, -1):
        widths = [min(column.widest, max(most, column.least)) for column in columns]
        if sum(widths) + _GAP * (len(columns) - 1) <= room:
            return [column.folded(most) for column, most in zip(columns, widths, strict=True)]
    return None


def _height(columns: list[_Column]) -> int:
    rows = zip(*(column.cells for column in columns), strict=True)
    return sum(1 + max(cell.count("\n") for cell in row) for row in rows)


def _height_of_records(columns: list[_Column]) -> int:
    rows = zip(*(column.cells for column in columns), strict=True)
    return sum(1 + sum(cell.count("\n") + 1 for cell in row if cell) for row in rows)


def _table(columns: list[_Column], styles: list[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        table.add_column(
            Text(column.heading, "bold"),
            justify="right" if column.numbers else "left",
            width=column.widest,
            overflow="fold",
        )
    for place, style in enumerate(styles):
        table.add_row(*(_styled(column.cells[place]) for column in columns), style=style)
    return table


def _records(columns: list[_Column], styles: list[str]) -> Table:
    """A line a field, a blank line between rows, empty fields left out."""
    grid = _grid()
    for place, style in enumerate(styles):
        if place:
            grid.add_row()
        for column in columns:
            if column.cells[place]:
                heading = Text(column.heading, "bold")
                grid.add_row(heading, _styled(column.cells[place]), style=style)
    return grid


def _summary(summary: Mapping[str, Any], page: _Page) -> list[Block]:
    """A line an entry; a mapping in it takes a line for each of its own."""
    lines = []
    stack = [*summary.items()][::-1]
    while stack:
        key, value = stack.pop()
        if isinstance(value, Mapping):
            stack += [(f"{key} {inner}", entry) for inner, entry in value.items()][::-1]
        elif text := page.spelled(value):
            lines.append((page.fit(key), text))
    grid = _grid()
    keys = max((width(key) for key, _ in lines[:_MOST_LINES]), default=0)
    for key, text in lines[:_MOST_LINES]:
        kept = "\n".join(folded(text, max(page.room - keys - _GAP, _LEAST_ROOM)))
        grid.add_row(Text(key), Text(kept, _STYLES.get((key, text), "")))
    blocks: list[Block] = [grid] if lines else []
    if len(lines) > _MOST_LINES:
        more = f"… {len(lines) - _MOST_LINES:,} more: add --format json"
        blocks.append(Text(page.fit(more), "dim"))
    return blocks


def _grid() -> Table:
    grid = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    return grid


def _styled(cell: str) -> Text:
    return Text(cell, _STYLES.get(cell, ""))


def page(markdown: str, sink: Sink, colored: bool) -> str:
    """A text in Markdown, in the width of the terminal."""
    from rich.markdown import Markdown

    shown = Markdown(markdown, code_theme="ansi_light" if colored else "default")
    return _rendered([[shown]], _Page(sink.width, sink.encoding, 0), colored)


def _rendered(blocks: list[list[Block]], page: _Page, colored: bool) -> str:
    """The blocks with an empty line between them."""
    file = StringIO()
    console = Console(
        file=file,
        force_terminal=colored,
        color_system="standard" if colored else None,
        no_color=not colored,
        legacy_windows=False,
        width=page.room,
        height=25,  # or else Rich takes 80 columns for granted where TERM=dumb
    )
    for place, block in enumerate(filter(None, blocks)):
        console.print(*([""] if place else []), *block, sep="\n")
    return "\n".join(line.rstrip() for line in fit(file.getvalue(), page.encoding).split("\n"))
