"""Formats for programs: tsv, csv, json and jsonl, streamed, every number whole."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any

from gradcli.report.exact import exact, json_encoder, one_line, readable_back
from gradcli.report.output import Sink
from gradcli.report.report import Report, Rows

_SELF_SPELLED = frozenset((float, int))
"""Types whose repr is their cell, unless it is nan or inf."""


def write_tsv(report: Report, rows: Rows, sink: Sink) -> None:
    """A header line and a line a row; cells hold no tab, text escapes it (see `one_line`)."""
    columns = report.columns
    sink.write("\t".join(map(one_line, columns)) + "\n")
    for row in rows:
        cells = [*map(row.get, columns)]
        sink.line((_line_of_numbers(cells, "\t") or "\t".join(map(exact, cells))) + "\n")


def write_csv(report: Report, rows: Rows, sink: Sink) -> None:
    """The cells of TSV, quoted as RFC 4180 has it; lines end in a line feed."""
    columns = report.columns
    sink.write(",".join(map(_csv_cell, columns)) + "\n")
    for row in rows:
        cells = [*map(row.get, columns)]
        line = _line_of_numbers(cells, ",") or ",".join(map(_csv_cell, cells))
        sink.line((line or '""') + "\n")  # readers would skip a line that holds nothing


def _line_of_numbers(cells: list[Any], separator: str) -> str:
    """The line of a row that is all finite numbers, in a third of the time; "" for another."""
    if not _SELF_SPELLED.issuperset(map(type, cells)):
        return ""
    line = separator.join(map(repr, cells))
    return "" if "n" in line else line  # nan, inf


def _csv_cell(value: Any) -> str:
    text = exact(value)
    if "," in text or '"' in text:
        return '"' + text.replace('"', '""') + '"'
    return text


def write_jsonl(report: Report, rows: Rows, sink: Sink) -> None:
    """One JSON object a row, a row a line."""
    to_json = _row_encoder(report, sink)
    for row in rows:
        sink.line(to_json(row) + "\n")


def write_json(report: Report, rows: Rows, sink: Sink) -> None:
    """One JSON object: schema, command, rows, summary; no more than a row is held in memory."""
    to_json = _row_encoder(report, sink)
    header = _encoder(sink)({"schema": 1, "command": report.command})
    sink.write(header[:-1] + ', "rows": [')
    between = "\n"
    for row in rows:
        sink.line(between + to_json(row))
        between = ",\n"
    sink.write('\n], "summary": ' + _encoder(sink)(report.summary) + "}\n")


def _encoder(sink: Sink) -> Callable[[Any], str]:
    ascii_only = not codecs.lookup(sink.encoding).name.startswith("utf")
    return json_encoder(ascii_only=ascii_only)


def _row_encoder(report: Report, sink: Sink) -> Callable[[dict[str, Any]], str]:
    columns, to_json = report.columns, _encoder(sink)
    return lambda row: to_json(dict(zip(columns, map(row.get, columns), strict=True)))


def write_answer(report: Report, rows: Rows, sink: Sink) -> None:
    """Only the answer: a value, or a name, a tab and a value, a line."""
    for _ in rows:
        pass
    for name, value in report.answer:
        sink.write(("" if name is None else one_line(name) + "\t") + readable_back(value) + "\n")


def write_json_answer(report: Report, rows: Rows, sink: Sink) -> None:
    """Only the answer: a value, several as a list, or an object where there are names."""
    for _ in rows:
        pass
    if not report.answer:
        return
    named = {"value" if name is None else name: value for name, value in report.answer}
    values = [value for _, value in report.answer]
    if any(name is not None for name, _ in report.answer):
        answer: Any = named
    else:
        answer = values[0] if len(values) == 1 else values
    sink.write(_encoder(sink)(answer) + "\n")
