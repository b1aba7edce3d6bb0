"""Pipes that close, disks that are full, colour, and readers who wait."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
import time

import pytest

from gradcli.errors import DataError
from gradcli.report import Report, emit
from gradcli.report.output import colored

ROWS = """
import sys
from gradcli.errors import GradError
from gradcli.report import Report, complain, emit

def rows(count):
    try:
        for step in range(count):
            yield {"step": step, "loss": 1 / (step + 1)}
    finally:
        print("closed at", step, file=sys.stderr)

def run(**options):
    report = Report("trace", ["step", "loss"], rows(10**8), {}, warnings=["never said"])
    try:
        emit(report, **options)
    except GradError as error:
        complain(error)
        sys.exit(error.exit_code)
    sys.exit(report.exit_code)
"""


def shell(command, program):
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        env={**os.environ, "PYTHON": sys.executable, "PROGRAM": ROWS + program},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("format", ["tsv", "csv", "jsonl", "json", "md", "latex"])
def test_a_closed_pipe_ends_the_program_quietly(format):
    code, out, err = shell('"$PYTHON" -c "$PROGRAM" | head -3', f"run(format={format!r})")
    assert code == 0
    assert len(out.splitlines()) == 3
    # The rows were told to stop, long before their end, and nobody was warned of anything.
    words = err.split()
    assert words[:2] == ["closed", "at"]
    assert len(words) == 3
    assert int(words[2]) < 10**6


def to_nobody(program):
    """The exit code and the errors of a program whose output nobody reads from the start."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", ROWS + program], stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    return done.returncode, done.stderr


def test_a_pipe_closed_before_the_first_byte():
    text = "emit(Report('samples', ['x'], [], text='a text'))"
    assert to_nobody("run()") == (0, "closed at 0\n")
    assert to_nobody(text) == (0, "")


def test_what_is_left_in_the_buffer_at_the_end_is_no_trouble():
    assert to_nobody("emit(Report('eval', ['x'], [{'x': 1}]), format='json')") == (0, "")


@pytest.mark.parametrize("count", [1, 10**5])
@pytest.mark.parametrize("format", ["tsv", "json", "md"])
def test_a_full_disk_is_an_error_even_when_it_shows_at_the_flush(format, count):
    program = f"""
try:
    emit(Report("trace", ["step"], [{{"step": 1}}] * {count}), format={format!r})
except GradError as error:
    complain(error)
    sys.exit(error.exit_code)
"""
    code, _, err = shell('"$PYTHON" -c "$PROGRAM" > /dev/full', program)
    assert err == "error: cannot write to standard output: No space left on device\n"
    assert code == 2


def test_a_closed_standard_output_is_an_error():
    code, _, err = shell('"$PYTHON" -c "$PROGRAM" >&-', "run()")
    assert err == "error: cannot write to standard output: it is closed\n"
    assert code == 2


def test_an_error_names_the_file():
    with (
        open("/dev/full", "w", encoding="utf-8") as stream,
        pytest.raises(DataError, match=r"^cannot write to out\.json: No space left on device$"),
    ):
        emit(Report("x", ["x"], [{"x": 1}]), format="json", stream=stream, output="out.json")


def test_an_error_of_the_rows_is_not_taken_for_one_of_the_stream():
    def rows():
        yield {"x": 1}
        raise FileNotFoundError("data.csv")

    with pytest.raises(FileNotFoundError):
        emit(Report("x", ["x"], rows()), format="tsv", stream=io.StringIO())


class Watched(io.StringIO):
    """Remembers how much had been handed on at each flush."""

    def __init__(self):
        super().__init__()
        self.flushes = []

    def flush(self):
        self.flushes.append(len(self.getvalue().splitlines()))


@pytest.mark.parametrize("format", ["tsv", "jsonl", "json", "csv"])
def test_slow_rows_are_handed_on_one_by_one(format, monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    stream = Watched()
    emit(Report("x", ["x"], ({"x": n} for n in range(20))), format=format, stream=stream)
    assert len(stream.flushes) >= 20


def test_fast_rows_are_handed_on_together():
    stream = Watched()
    started = time.monotonic()
    emit(Report("x", ["x"], ({"x": n} for n in range(20_000))), format="tsv", stream=stream)
    passed = time.monotonic() - started
    assert len(stream.flushes) <= 3 + passed / 0.1


def test_a_reader_gets_a_slow_row_at_once():
    """The next row is made when the reader has had the one before, and says so."""
    program = """
import sys, time
from gradcli.report import Report, emit

seconds = iter(range(100))
time.monotonic = lambda: float(next(seconds))

def slow():
    for x in range(1, 4):
        yield {"x": x}
        sys.stdin.readline()

emit(Report("x", ["x"], slow()), format="jsonl")
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        stop = threading.Timer(300, process.kill)  # a row that never comes is an empty line
        stop.start()
        for x in range(1, 4):
            assert json.loads(process.stdout.readline()) == {"x": x}
            process.stdin.write("go on\n")
            process.stdin.flush()
        assert process.wait() == 0
        stop.cancel()


YES, NO = {"FORCE_COLOR": "1"}, {"NO_COLOR": "1"}


@pytest.mark.parametrize(
    ("choice", "environment", "on_terminal", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("always", {}, False, True),
        ("never", {}, True, False),
        ("always", NO, False, True),
        ("never", YES, True, False),
        ("auto", NO, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", YES, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"FORCE_COLOR": ""}, False, False),
        ("auto", {"FORCE_COLOR": "false"}, False, False),
        ("auto", {"FORCE_COLOR": "0"}, True, True),
        ("auto", {**YES, **NO}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"TERM": "dumb", **YES}, True, True),
        ("always", {"TERM": "dumb"}, True, True),
    ],
)
def test_who_decides_on_colour(
    choice, environment, on_terminal, wanted, terminal, grad_report, monkeypatch
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = terminal() if on_terminal else io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    assert colored(stream, choice) is wanted
    emit(grad_report, format="table", color=choice)
    assert ("\x1b" in stream.getvalue()) is wanted


def test_force_color_does_not_reach_into_files(monkeypatch, written, grad_report):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in written(grad_report, format="table")
    assert "\x1b" in written(grad_report, format="table", color="always")


@pytest.mark.parametrize("format", ["tsv", "csv", "json", "jsonl", "md", "latex"])
def test_only_tables_have_colour(format, written, grad_report):
    assert "\x1b" not in written(grad_report, format=format, color="always")


def test_a_dumb_terminal_is_as_wide_as_it_says(monkeypatch, shown, grad_report):
    wide = shown(grad_report, 200)
    monkeypatch.setenv("TERM", "dumb")
    assert shown(grad_report, 200) == wide
