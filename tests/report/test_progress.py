"""The line that says how far a run is."""

from __future__ import annotations

import io
import sys

import pytest

from gradcli.report import Progress, Report, emit, progress, warn
from gradcli.report.progress import duration


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


@pytest.fixture
def stderr(terminal):
    return terminal()


def test_a_long_run(clock, stderr):
    with Progress(100_000, stream=stderr) as tell:
        tell(0, loss=1.0)
        clock.now += 0.4
        tell(10_000, loss=0.5)
        assert stderr.getvalue() == ""
        clock.now += 0.6
        tell(12_500, loss=1.25e-5, grad_norm=0.001, lr=None)
        assert stderr.getvalue() == (
            "\r\x1b[Kstep 12,500/100,000  loss 1.25e-05  grad_norm 0.001  7 s left"
        )
        clock.now += 0.05
        tell(13_000, loss=1.0)
        clock.now += 0.95
        tell(25_000, loss=0.5)
    assert stderr.getvalue().endswith(
        "\r\x1b[Kstep 25,000/100,000  loss 0.5  6 s left" + "\r\x1b[K"
    )


def test_a_short_run_says_nothing(clock, stderr):
    with Progress(10, stream=stderr) as tell:
        for step in range(11):
            tell(step, loss=0.5)
    assert stderr.getvalue() == ""


def test_more_figures_are_asked_for_when_they_are_shown(clock, stderr):
    asked = []

    def more():
        asked.append(clock.now)
        return {"accuracy": 0.9, "loss_held": None}

    with Progress(10, stream=stderr) as tell:
        tell(1, more, loss=0.5)
        assert asked == []
        clock.now += 1
        tell(2, more, loss=0.5)
        tell(3, more, loss=0.4)
    assert len(asked) == 1
    assert "step 2/10  loss 0.5  accuracy 0.9" in stderr.getvalue()


def test_without_a_total_and_with_another_unit(clock, stderr):
    tell = Progress(unit="epoch", stream=stderr)
    clock.now += 1
    tell(3, loss=float("inf"))
    assert stderr.getvalue() == "\r\x1b[Kepoch 3  loss inf"
    progress.hide()


def test_a_resumed_run_counts_its_own_steps_for_the_time_left(clock, stderr):
    tell = Progress(1000, stream=stderr)
    tell(900)
    clock.now += 10
    tell(950)
    assert stderr.getvalue() == "\r\x1b[Kstep 950/1,000  10 s left"
    progress.hide()


def test_a_narrow_terminal_gets_fewer_figures_and_whole_ones(clock, stderr, monkeypatch):
    monkeypatch.setattr(progress, "columns", lambda stream: 40)
    tell = Progress(100_000, stream=stderr)
    tell(0)
    clock.now += 1
    tell(12_500, loss=1.25e-5, grad_norm=0.001)
    assert stderr.getvalue() == "\r\x1b[Kstep 12,500/100,000  loss 1.25e-05"
    progress.hide()


def test_no_terminal(clock, monkeypatch, terminal):
    for stream, term in ((io.StringIO(), "xterm"), (terminal(), "dumb"), (None, "xterm")):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", term)
        with Progress(10) as tell:
            clock.now += 1
            tell(1, loss=0.5)
        assert stream is None or stream.getvalue() == ""


def test_the_line_makes_room_for_warnings_and_rows(clock, stderr, terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stderr)
    tell = Progress(10)
    tell(0)
    clock.now += 1
    tell(1)
    warn("hm", color="never")
    assert stderr.getvalue() == "\r\x1b[Kstep 1/10  9 s left\r\x1b[Kwarning: hm\n"
    clock.now += 1
    tell(2)
    emit(Report("x", ["x"], [{"x": 1}]), stream=terminal(), format="tsv")
    assert stderr.getvalue().endswith("\r\x1b[Kstep 2/10  8 s left\r\x1b[K")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0 s"),
        (99, "99 s"),
        (100, "2 min"),
        (5400, "90 min"),
        (7500, "2 h 5 min"),
        (3.6e6, "1,000 h 0 min"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text
