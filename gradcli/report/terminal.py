"""A report for people: Rich tables, or records where they would not fit, the summary below."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, Union

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from gradcli.errors import visible
from gradcli.report.alphabet import fit
from gradcli.report.colours import PALETTE, SIXTEEN
from gradcli.report.curve import drawn
from gradcli.report.output import Sink
from gradcli.report.pager import pager, read
from gradcli.report.report import Report, Rows
from gradcli.report.table_columns import TableColumn, column
from gradcli.report.table_layout import laid_out
from gradcli.report.table_lines import fields, lines
from gradcli.report.terse import tight
from gradcli.rounded import brief

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderResult
    from rich.markdown import Markdown

_MOST_ROWS = 200
_MOST_ROWS_ELSEWHERE = 10_000
_MOST_LINES = 60
"""Of a summary."""

_LEAST_ROOM = 20
"""A terminal narrower than that is left to break the lines itself."""

_UNBOUNDED = 1 << 30
"""The width of a page that is no terminal."""

_WIDEST = 80
"""Of a column there: one long cell would make every row as long."""

Block = Union[Text, "Markdown"]


@dataclass
class _Page:
    """What a stream can show."""

    room: int
    encoding: str
    digits: int

    def spelled(self, value: Any) -> str:
        return self.fit(brief(value, self.digits))

    def tight(self, value: Any, short: str = "", long: str = "") -> str:
        """A formula in less room, `short` written for `long`."""
        text = brief(value, self.digits)
        return self.fit(tight(text.replace(long, short) if long else text))

    def fit(self, text: str) -> str:
        return fit(visible(text), self.encoding)


def write_table(
    report: Report, rows: Rows, sink: Sink, digits: int, colored: bool, paging: str = "never"
) -> None:
    """A table in the width of the terminal that cuts no digit: where it would, a record a row.

    A terminal shows at most 200 rows, or one in so many, and counts the others without keeping
    them; more are for a pager, if `paging` is auto, and with always any table is. Elsewhere it has
    all columns, long cells folded. There, and in a pager, it has 10,000 rows at most.
    """
    command = pager(sink, paging)
    every = report.every if sink.terminal else 1
    most = _MOST_ROWS if sink.terminal and not command else _MOST_ROWS_ELSEWHERE
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
        (part[:1].upper() + part[1:], group, _columns(report, part, group, page))
        for part, group in _parts(report, kept)
    ]
    blocks: list[list[Block]] = []
    for title, group, columns in parts:
        styles = ["dim" if row.get("kind") == "literal" else "" for row in group]
        shown = _rows(columns, styles, page.room)
        blocks.append([Text(page.fit(title), "bold"), shown] if title else [shown])
    if more:
        blocks.append([Text(page.fit(f"… {more:,} more rows: add --format tsv"), "dim")])
    told = {name: v for name, v in report.summary.items() if name not in report.machine}
    blocks.append(_summary(told, page))
    if report.curve is not None:
        curve = drawn(report.curve(), page.room, digits, sink.encoding)
        blocks.append([Text(line) for line in curve])
    text = _rendered(blocks, page, colored)
    if command and (paging == "always" or len(kept) > _MOST_ROWS):
        read(text, command, sink)
    else:
        sink.write(text)


def _parts(
    report: Report, rows: list[dict[str, Any]]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if not report.sections:
        yield "", rows
        return
    for value, group in groupby(rows, lambda row: row.get(report.sections)):
        yield str(value or ""), list(group)


def _columns(
    report: Report, part: str, rows: list[dict[str, Any]], page: _Page
) -> list[TableColumn]:
    """The columns that hold anything; all of them when there are no rows."""
    columns = []
    for name in report.columns:
        if name == report.sections or name in report.tacit.get(part, ()):
            continue
        values = [row.get(name) for row in rows]
        said = report.implied.get(name)
        build = partial(
            column,
            page.fit(report.headings.get(name, name)),
            values,
            spare=report.spare.index(name) + 1 if name in report.spare else 0,
            implied=[said is not None and said(row) for row in rows],
            key=name in report.key,
        )
        made = build(page.spelled)
        if name in report.code:
            made = replace(made, terser=[partial(build, page.tight, tight=True)])
            short, long = report.shorter.get(part, ("", ""))
            if long and any(long in str(value) for value in values):
                shortest = partial(page.tight, short=short, long=long)
                note = page.fit(f"{short}…"), page.fit(f"stands for {long}…")
                made = replace(
                    made, terser=[*made.terser, partial(build, shortest, note=note, tight=True)]
                )
        if made.body or not rows:
            columns.append(made)
    return columns


def _rows(columns: list[TableColumn], styles: list[str], room: int) -> Block:
    """A table in that room, or a line a field where there is no room for one."""
    if room >= _UNBOUNDED:
        columns = [column.folded(max(_WIDEST, column.least)) for column in columns]
    tables = laid_out(columns, room)
    if tables[0].records:
        return _records(tables[0].bands[0], styles, room)
    return Text("\n\n").join(lines(table, styles, room) for table in tables)


def _records(columns: list[TableColumn], styles: list[str], room: int) -> Text:
    """A line a field, a blank line between rows, empty fields left out."""
    names = [column.name for column in columns]
    records = []
    for place, style in enumerate(styles):
        told = ((column.name, "\n".join(column.cells[place])) for column in columns)
        records.append(Text("\n").join(fields([*told], room, names, "bold", style)))
    return Text("\n\n").join(records)


def _summary(summary: Mapping[str, Any], page: _Page) -> list[Block]:
    """A line an entry; a mapping in it takes a line for each of its own."""
    entries = []
    stack = [*summary.items()][::-1]
    while stack:
        key, value = stack.pop()
        if isinstance(value, Mapping):
            stack += [(f"{key} {inner}", entry) for inner, entry in value.items()][::-1]
        elif text := page.spelled(value):
            entries.append((page.fit(key), text))
    shown = entries[:_MOST_LINES]
    blocks: list[Block] = [*fields(shown, page.room, [key for key, _ in shown])]
    if len(entries) > _MOST_LINES:
        more = f"… {len(entries) - _MOST_LINES:,} more: add --format json"
        blocks.append(Text(page.fit(more), "dim"))
    return blocks


def page(markdown: str, sink: Sink, colored: bool) -> str:
    """A text in Markdown, in the width of the terminal."""
    from rich.markdown import Markdown, TableElement
    from rich.table import Table

    class Folded(TableElement):
        """A table that cuts no word."""

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            for table in super().__rich_console__(console, options):
                if isinstance(table, Table):
                    for column in table.columns:
                        column.overflow = "fold"
                yield table

    class Page(Markdown):
        elements: ClassVar = {**Markdown.elements, "table_open": Folded}

    shown = Page(markdown, code_theme="ansi_light" if colored else "default")
    return _rendered([[shown]], _Page(sink.width, sink.encoding, 0), colored)


def _rendered(blocks: list[list[Block]], page: _Page, colored: bool) -> str:
    """The blocks with an empty line between them."""
    file = StringIO()
    many = "256" in os.environ.get("TERM", "") or bool(os.environ.get("COLORTERM"))
    console = Console(
        file=file,
        force_terminal=colored,
        color_system=("256" if many else "standard") if colored else None,
        no_color=not colored,
        legacy_windows=False,
        width=page.room,
        height=25,  # or else Rich takes 80 columns for granted where TERM=dumb
        theme=Theme(PALETTE if many else SIXTEEN),
    )
    for place, block in enumerate(filter(None, blocks)):
        if place:
            console.print()
        for part in block:
            if isinstance(part, Text):  # in lines that fit, or that the terminal itself breaks
                console.print(part, no_wrap=True, crop=False, overflow="ignore")
            else:
                console.print(part)
    return "\n".join(line.rstrip() for line in fit(file.getvalue(), page.encoding).split("\n"))
