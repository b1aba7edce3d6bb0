"""The ladder of formats."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gradcli.errors import UsageError
from gradcli.report import FORMATS, Report, chosen_format, emit


def test_formats():
    assert set(FORMATS) == {
        "table", "tsv", "csv", "json", "jsonl", "md", "latex",
        "svg", "png", "pdf", "html", "dot", "mmd", "tikz",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("format", "output", "chosen"),
    [
        ("", "", ""),
        ("json", "", "json"),
        ("", "x.tsv", "tsv"),
        ("", "x.csv", "csv"),
        ("", "a.b/x.JSON", "json"),
        ("", "x.jsonl", "jsonl"),
        ("", "x.md", "md"),
        ("", "x.tex", "latex"),
        ("", "x.txt", "table"),
        ("json", "x.csv", "json"),
        ("csv", "/dev/null", "csv"),
    ],
)
def test_a_format_is_chosen_by_its_name_or_the_suffix(format, output, chosen):
    assert chosen_format(format, output) == chosen


@pytest.mark.parametrize(
    ("format", "output", "message"),
    [
        (
            "",
            "x.foo",
            "the name of 'x.foo' does not say its format\n"
            "hint: end it in one of .txt .tsv .csv .json .jsonl .md .tex .svg .png .pdf .html .dot"
            " .mmd, or add --format",
        ),
        (
            "",
            "json",
            "the name of 'json' does not say its format\n"
            "hint: end it in one of .txt .tsv .csv .json .jsonl .md .tex .svg .png .pdf .html .dot"
            " .mmd, or add --format",
        ),
        ("jsn", "", "there is no format 'jsn'\nhint: did you mean 'json'?"),
        (
            "xml",
            "",
            "there is no format 'xml'\n"
            "hint: one of table, tsv, csv, json, jsonl, md, latex, svg, png, pdf, html, dot, …",
        ),
    ],
)
def test_a_format_that_there_is_not(format, output, message):
    with pytest.raises(UsageError) as caught:
        chosen_format(format, output)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("format", "output", "message"),
    [
        ("json", "x.svg", "x.svg ends as svg does, and --format says json"),
        ("png", "x.svg", "x.svg ends as svg does, and --format says png"),
        ("svg", "x.csv", "x.csv ends as csv does, and --format says svg"),
    ],
)
def test_a_picture_has_the_suffix_of_its_format(format, output, message):
    with pytest.raises(UsageError, match=message):
        chosen_format(format, output)
    assert chosen_format("svg", "/dev/stdout") == "svg"
    assert chosen_format("latex", "x.tex") == "latex"


def test_a_terminal_gets_a_table_and_a_pipe_tsv(grad_report, written, shown):
    assert written(grad_report) == written(grad_report, format="tsv")
    assert shown(grad_report) == shown(grad_report, format="table")
    assert written(grad_report) == (
        "node\tkind\texpression\tinputs\tshape\tvalue\tgrad\n"
        "a\tvariable\ta\t[]\t[]\t2.0\t2.0\n"
        "b\tvariable\tb\t[]\t[]\t1.0\t5.0\n"
        'v1\toperation\ta + b\t["a","b"]\t[]\t3.0\t2.0\n'
        "1\tliteral\t1\t[]\t[]\t1.0\t\n"
        'v2\toperation\tb + 1\t["b","1"]\t[]\t2.0\t3.0\n'
        'e\toperation\tv1 * v2\t["v1","v2"]\t[]\t6.0\t1.0\n'
    )


def test_a_report_that_is_a_text_is_written_as_it_is(written, shown):
    report = Report("samples", ["name"], [{"name": "a"}], text="# a sample\nx^2\n")
    assert written(report) == shown(report) == written(report, quiet=True) == report.text
    assert written(report, format="tsv") == "name\na\n"


@pytest.mark.parametrize("format", [f for f, row in FORMATS.items() if not row.draws])
def test_an_error_before_the_first_row_leaves_the_stream_untouched(format, terminal):
    def rows():
        raise UsageError("no")
        yield {}

    stream = terminal()
    with pytest.raises(UsageError):
        emit(Report("x", ["a"], rows()), stream=stream, format=format)
    assert stream.getvalue() == ""


def test_warnings_go_to_standard_error_after_the_rows(capsys):
    report = Report("descend", ["x"], iter(()))

    def rows():
        yield {"x": 1}
        report.warnings.append("did not\x1b reach the tolerance")

    report.rows = rows()
    emit(report, format="tsv")
    out, err = capsys.readouterr()
    assert out == "x\n1\n"
    assert err == "warning: did not\\x1b reach the tolerance\n"


@pytest.mark.parametrize("format", ["json", "jsonl", "tsv", "csv"])
def test_machine_formats_import_neither_rich_nor_numpy(format):
    program = (
        "import sys; from gradcli.report import Report, emit;"
        f"emit(Report('eval', ['x'], [{{'x': [1.0, 0.5]}}], {{'value': 1.0}}), format={format!r});"
        "print({'rich', 'numpy', 'csv', 'difflib'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr == "set()\n"
