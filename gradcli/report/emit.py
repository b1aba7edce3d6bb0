"""The one table of formats: a Report goes in, a format is picked, a stream is written."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import NamedTuple, TextIO

from gradcli.errors import UsageError
from gradcli.report import machine
from gradcli.report.messages import note, warn
from gradcli.report.output import ReaderGone, Sink, colored
from gradcli.report.report import Report, Rows
from gradcli.words import joined, listed, nearest

Write = Callable[[Report, Rows, Sink], None]


class Style(NamedTuple):
    """How a report is shown: significant digits, colour on a screen, the ground of a picture,
    a pager."""

    digits: int = 6
    colored: bool = False
    theme: str = "auto"
    paging: str = "never"


class Format(NamedTuple):
    """How a report is written: its suffix, what makes a writer, and what of a report it draws."""

    suffix: str
    writer: Callable[[Style], Write]
    draws: tuple[str, ...] = ()
    """What of a report a picture is made of: graph, chart, booklet."""


def _table(style: Style) -> Write:
    from gradcli.report.terminal import write_table

    return partial(write_table, digits=style.digits, colored=style.colored, paging=style.paging)


def _markdown(style: Style) -> Write:
    from gradcli.report.papers import write_markdown

    return partial(write_markdown, digits=style.digits)


def _latex(style: Style) -> Write:
    from gradcli.report.papers import write_latex

    return partial(write_latex, digits=style.digits)


def _bound(format: str) -> Write:
    def write(report: Report, rows: Rows, sink: Sink) -> None:
        from gradcli.report.booklet import BOUND

        assert report.booklet is not None
        sink.write(BOUND[format](report.booklet))

    return write


def _picture(format: str) -> Callable[[Style], Write]:
    def writer(style: Style) -> Write:
        def write(report: Report, rows: Rows, sink: Sink) -> None:
            from gradcli.pictures import drawn

            if report.chart is not None:
                for _ in rows:  # what is drawn is complete when they are spent
                    pass
            made = drawn(report.graph, report.chart, format, style.theme)
            report.notes.extend(made.notes)
            sink.put(made.content)

        return write

    return writer


FORMATS = {
    "table": Format(".txt", _table),
    "tsv": Format(".tsv", lambda _: machine.write_tsv),
    "csv": Format(".csv", lambda _: machine.write_csv),
    "json": Format(".json", lambda _: machine.write_json),
    "jsonl": Format(".jsonl", lambda _: machine.write_jsonl),
    "md": Format(".md", _markdown),
    "latex": Format(".tex", _latex),
    "svg": Format(".svg", _picture("svg"), ("graph", "chart")),
    "png": Format(".png", _picture("png"), ("graph", "chart")),
    "pdf": Format(".pdf", _picture("pdf"), ("graph", "chart")),
    "html": Format(".html", _picture("html"), ("graph", "chart", "booklet")),
    "dot": Format(".dot", _picture("dot"), ("graph",)),
    "mmd": Format(".mmd", _picture("mmd"), ("graph",)),
    "tikz": Format(".tex", _picture("tikz"), ("graph",)),
}

DRAWN = {
    "graph": ("eval", "grad", "trace"),
    "chart": ("eval", "grad", "descend"),
    "booklet": ("quiz",),
}
"""What there is to draw, and the verbs whose reports have it."""

PAGERS = ("auto", "always", "never")

THEMES = ("auto", "light", "dark")


def check_theme(theme: str) -> None:
    """UsageError for one that is not there."""
    if theme not in THEMES:
        hint = f"it is {joined(THEMES, 'or')}"
        raise UsageError(f"--theme {theme}: there is no such theme", hint=hint)


def check_pager(choice: str) -> None:
    """UsageError for one that is not there."""
    if choice not in PAGERS:
        hint = f"it is {joined(PAGERS, 'or')}"
        raise UsageError(f"--pager {choice}: there is no such choice", hint=hint)


def chosen_format(format: str, output: str = "", command: str = "") -> str:
    """The format that --format names or else the suffix of the file `output`; "" where neither
    says: `emit` then looks at the stream.

    UsageError for one that is not there, and for a picture that no report of `command` has.
    """
    if format:
        if format not in FORMATS:
            hint = nearest(format, FORMATS) or f"one of {listed(FORMATS)}"
            raise UsageError(f"there is no format {format!r}", hint=hint)
        _refuse_mismatch(format, output)
    elif output:
        suffix = os.path.splitext(output)[1].lower()
        format = next((name for name, row in FORMATS.items() if row.suffix == suffix), "")
        if not format:
            known = " ".join(dict.fromkeys(row.suffix for row in FORMATS.values()))
            raise UsageError(
                f"the name of {output!r} does not say its format",
                hint=f"end it in one of {known}, or add --format",
            )
    if format and command:
        _refuse_verb(format, command)
    return format


def _usual() -> str:
    """What GRADCLI_FORMAT says; UsageError for what is no format, or a picture."""
    format = os.environ.get("GRADCLI_FORMAT", "")
    if format and (format not in FORMATS or FORMATS[format].draws):
        tables = [name for name, row in FORMATS.items() if not row.draws]
        what = f"GRADCLI_FORMAT={format} is no format for every report"
        raise UsageError(what, hint=f"set it to {joined(tables, 'or')}")
    return format


def _refuse_mismatch(format: str, output: str) -> None:
    """UsageError for a picture under a name that ends as another format does, or the reverse."""
    suffix = os.path.splitext(output)[1].lower()
    meant = [name for name, row in FORMATS.items() if row.suffix == suffix]
    drawn = [name for name in (*meant, format) if FORMATS[name].draws]
    if meant and drawn and format not in meant:
        raise UsageError(
            f"{output} ends as {meant[-1]} does, and --format says {format}",
            hint="leave --format out, or end the name in " + FORMATS[format].suffix,
        )


def _refuse_verb(format: str, command: str) -> None:
    """UsageError for a picture that no report of a verb has."""
    draws = FORMATS[format].draws
    able = list(dict.fromkeys(verb for what in draws for verb in DRAWN[what]))
    if draws and command not in able:
        raise UsageError(
            f"{command} draws no {format}", hint=f"{joined(able, 'and')} do: write a table here"
        )


def _page(report: Report, sink: Sink, style: Style) -> str:
    """The text of a report, as a terminal shows it or as it is."""
    if not (report.markdown and sink.terminal):
        return report.text
    from gradcli.report.terminal import page

    return page(report.text, sink, style.colored)


_DRAWABLE = "drawn are the graph of a value or a gradient, a range of one number, a descent"


def _fitting(report: Report, format: str, output: str) -> str:
    """The format for a report: of the suffix .tex its graph, where it has one.

    UsageError for a picture of what the report does not have.
    """
    draws = FORMATS[format].draws
    if format == "latex" and report.graph is not None and output.lower().endswith(".tex"):
        return "tikz"
    if draws and not _has(report, FORMATS[format]):
        there = [name for name, row in FORMATS.items() if _has(report, row)]
        hint = f"it can be drawn as {joined(there, 'or')}" if there else _DRAWABLE
        raise UsageError(f"this report has no picture as {format}", hint=hint)
    return format


def _has(report: Report, row: Format) -> bool:
    return any(getattr(report, what) is not None for what in row.draws)


def emit(
    report: Report,
    *,
    format: str = "",
    stream: TextIO | None = None,
    output: str = "",
    digits: int = 6,
    color: str = "auto",
    theme: str = "auto",
    pager: str = "never",
    quiet: bool = False,
    told: bool = True,
) -> None:
    """Writes `report` to `stream` (standard output), and where it is `told` its notes and warnings
    to standard error.

    `output` is what an error calls the stream. Without a format it is a table on a terminal and
    tsv elsewhere; a long table may be read in a `pager`; a picture is drawn for the ground of
    `theme`. Nothing is written before the first row is there, so that an error in making it leaves
    the stream untouched. When a reader leaves early, rows that can be closed are, and nothing is
    said. What cannot be written is a DataError.
    """
    try:
        sink = Sink(stream, output)
        said = format
        plain = bool(report.text) and (quiet or not format)
        format = chosen_format(format) or _usual() or ("table" if sink.terminal else "tsv")
        format = _fitting(report, format, output)
        style = Style(digits, colored(sink.stream, color), theme, pager)
        paper = report.booklet is not None and format in ("md", "latex", "html")
        write = _bound(format) if paper else FORMATS[format].writer(style)
        if quiet and not paper and not FORMATS[format].draws:
            if said in ("csv", "md", "latex"):
                report.notes.append(f"-q prints the answer alone, as text or JSON, not as {said}")
            as_json = format in ("json", "jsonl")
            write = machine.write_json_answer if as_json else machine.write_answer
        rows = iter(report.rows)
        first = next(rows, None)
        whole = rows if first is None else chain((first,), rows)
        if plain:
            sink.write(_page(report, sink, style))
        else:
            write(report, whole, sink)
        sink.flush()
    except ReaderGone:
        close = getattr(report.rows, "close", None)
        if close is not None:
            close()
        return
    if told:
        for text in report.notes:
            note(text, color)
        for text in report.warnings:
            warn(text, color)
