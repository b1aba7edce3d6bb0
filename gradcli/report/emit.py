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
from gradcli.words import listed, nearest

Write = Callable[[Report, Rows, Sink], None]


class Format(NamedTuple):
    """How a report is written: its suffix, and what makes a writer for digits and with colour."""

    suffix: str
    writer: Callable[[int, bool], Write]


def _table(digits: int, color: bool) -> Write:
    from gradcli.report.terminal import write_table

    return partial(write_table, digits=digits, colored=color)


def _markdown(digits: int, color: bool) -> Write:
    from gradcli.report.papers import write_markdown

    return partial(write_markdown, digits=digits)


def _latex(digits: int, color: bool) -> Write:
    from gradcli.report.papers import write_latex

    return partial(write_latex, digits=digits)


FORMATS = {
    "table": Format(".txt", _table),
    "tsv": Format(".tsv", lambda *_: machine.write_tsv),
    "csv": Format(".csv", lambda *_: machine.write_csv),
    "json": Format(".json", lambda *_: machine.write_json),
    "jsonl": Format(".jsonl", lambda *_: machine.write_jsonl),
    "md": Format(".md", _markdown),
    "latex": Format(".tex", _latex),
}


def chosen_format(format: str, output: str = "") -> str:
    """The format that --format names or else the suffix of the file `output`; "" where neither
    says: `emit` then looks at the stream."""
    if format:
        if format not in FORMATS:
            hint = nearest(format, FORMATS) or f"one of {listed(FORMATS)}"
            raise UsageError(f"there is no format {format!r}", hint=hint)
        return format
    if not output:
        return ""
    suffix = os.path.splitext(output)[1].lower()
    for name, row in FORMATS.items():
        if row.suffix == suffix:
            return name
    known = " ".join(row.suffix for row in FORMATS.values())
    raise UsageError(
        f"the name of {output!r} does not say its format",
        hint=f"end it in one of {known}, or add --format",
    )


def emit(
    report: Report,
    *,
    format: str = "",
    stream: TextIO | None = None,
    output: str = "",
    digits: int = 6,
    color: str = "auto",
    quiet: bool = False,
    told: bool = True,
) -> None:
    """Writes `report` to `stream` (standard output), and where it is `told` its notes and warnings
    to standard error.

    `output` is what an error calls the stream. Without a format it is a table on a terminal and
    tsv elsewhere. Nothing is written before the first row is there, so that an error in making it
    leaves the stream untouched. When a reader leaves early, rows that can be closed are, and
    nothing is said. What cannot be written is a DataError.
    """
    try:
        sink = Sink(stream, output)
        plain = bool(report.text) and (quiet or not format)
        format = chosen_format(format) or ("table" if sink.terminal else "tsv")
        write = FORMATS[format].writer(digits, colored(sink.stream, color))
        rows = iter(report.rows)
        first = next(rows, None)
        whole = rows if first is None else chain((first,), rows)
        if plain:
            sink.write(report.text)
        else:
            (machine.write_answer if quiet else write)(report, whole, sink)
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
