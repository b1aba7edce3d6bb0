"""What is said on standard error."""

from __future__ import annotations

import io
import re
import sys

import pytest

from gradcli.errors import DataError, LanguageError
from gradcli.report import complain, note, progress, warn


def test_labels(capsys):
    note("x is a file")
    warn("slow\x1b[2J")
    complain(DataError("cannot read x", hint="is it there?"))
    assert capsys.readouterr() == (
        "",
        "note: x is a file\nwarning: slow\\x1b[2J\nerror: cannot read x\nhint: is it there?\n",
    )


def test_colour_on_a_terminal(monkeypatch, terminal):
    monkeypatch.setattr(sys, "stderr", terminal())
    complain(DataError("no"))
    warn("hm", color="never")
    assert sys.stderr.getvalue() == "\x1b[1;31merror:\x1b[0m no\nwarning: hm\n"


@pytest.mark.parametrize(
    ("encoding", "lines"),
    [
        ("utf-8", ["  θ + √2x + y", "      ^^^"]),
        ("ascii", ["  \\u03b8 + sqrt2x + y", "           ^^^^^^"]),
        ("cp1252", ["  \\u03b8 + sqrt2x + y", "           ^^^^^^"]),
    ],
)
def test_carets_stay_under_what_they_point_at(monkeypatch, encoding, lines):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(raw, encoding=encoding, newline="\n"))
    error = LanguageError("no operator", text="θ + √2x + y", span=(4, 7), hint="write 2*x")
    complain(error)
    assert raw.getvalue().decode(encoding).splitlines() == [
        "error: no operator",
        *lines,
        "hint: write 2*x",
    ]


def test_a_caret_behind_the_end(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(raw, encoding="ascii", newline="\n"))
    complain(LanguageError("a value is missing", text="√x +", span=(4, 4)))
    assert raw.getvalue().decode() == "error: a value is missing\n  sqrtx +\n         ^\n"


@pytest.mark.parametrize(
    ("columns", "origin", "taken"),
    [
        (200, "", 80),
        (80, "", 80),
        (80, "f.grad", 80),
        (40, "", 40),
        (40, "f.grad", 40),
        (5, "", 24),
    ],
)
def test_a_source_line_fits_the_terminal(monkeypatch, terminal, columns, origin, taken):
    monkeypatch.setattr(sys, "stderr", terminal())
    monkeypatch.setattr(progress, "columns", lambda stream: columns)
    text = "x + " * 30 + "x +* x" + " + x" * 30
    complain(LanguageError("no", text=text, span=(123, 124), origin=origin), "never")
    _, line, carets = sys.stderr.getvalue().splitlines()
    assert line.startswith("  f.grad:1: …" if origin else "  …")
    assert line[carets.index("^")] == "*"
    assert len(line.rstrip("…")) + 1 in (taken - 1, taken)


@pytest.mark.parametrize("color", ["never", "always"])
@pytest.mark.parametrize("columns", [5, 20, 33, 40, 200])
def test_a_terminal_breaks_messages_between_words(monkeypatch, terminal, columns, color):
    monkeypatch.setattr(sys, "stderr", terminal())
    monkeypatch.setattr(progress, "columns", lambda stream: columns)
    source = "sin(x) + qq(2)"
    what, hint = "unknown function 'qq', 関数 in a formula", "define it in a statement of its own"
    complain(LanguageError(what, text=source, span=(9, 11), hint=hint), color)
    shown = re.sub(r"\x1b\[[\d;]*m", "", sys.stderr.getvalue())
    lines = shown.splitlines()
    assert f"  {source}" in lines
    assert "           ^^" in lines
    assert max(map(len, lines)) <= max(columns, 20)
    assert " ".join(shown.split()) == f"error: {what} {source} ^^ hint: {hint}"
    assert ("\n  " in shown.split(source)[0].rstrip()) == (columns < 50)


def test_a_command_to_be_copied_stays_in_one_piece(monkeypatch, terminal):
    monkeypatch.setattr(sys, "stderr", terminal())
    monkeypatch.setattr(progress, "columns", lambda stream: 30)
    note('to go on with it: gradcli quiz "x^2 + 1" x=3 --from 8', "never")
    assert sys.stderr.getvalue() == (
        'note: to go on with it:\n  gradcli quiz "x^2 + 1" x=3 --from 8\n'
    )


def test_messages_are_as_wide_as_tables(monkeypatch, terminal):
    monkeypatch.setattr(sys, "stderr", terminal())
    monkeypatch.setenv("COLUMNS", "30")
    note("word " * 8 + "end", "never")
    assert max(map(len, sys.stderr.getvalue().splitlines())) == 30


def test_a_pipe_has_a_message_on_one_line(capsys):
    note("word " * 100 + "end")
    assert capsys.readouterr().err == "note: " + "word " * 100 + "end\n"


def test_no_standard_error(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    warn("nobody hears it")
