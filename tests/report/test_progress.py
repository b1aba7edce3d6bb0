"""The line that says how far a run is."""

from __future__ import annotations

import io
import sys

import pytest

from gradcli.report import Progress, Report, emit, progress, warn
from gradcli.report.progress import duration, per_second


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
        tell(0, lambda: {"loss": 1.0})
        clock.now += 0.4
        tell(10_000, lambda: {"loss": 0.5})
        assert stderr.getvalue() == ""
        clock.now += 0.6
        tell(12_500, lambda: {"loss": 1.25e-5, "grad_norm": 0.001, "lr": None})
        assert stderr.getvalue() == (
            "\r\x1b[Kstep 12,500/100,000  loss 1.25e-05  grad_norm 0.001  12,500 steps/s  7 s left"
        )
        clock.now += 0.05
        tell(13_000, lambda: {"loss": 1.0})
        clock.now += 0.95
        tell(25_000, lambda: {"loss": 0.5})
    assert stderr.getvalue().endswith(
        "\r\x1b[Kstep 25,000/100,000  loss 0.5  12,500 steps/s  6 s left" + "\r\x1b[K"
    )


def test_a_short_run_says_nothing(clock, stderr):
    with Progress(10, stream=stderr) as tell:
        for step in range(11):
            tell(step, lambda: {"loss": 0.5})
    assert stderr.getvalue() == ""


def test_figures_are_asked_for_when_they_are_shown(clock, stderr):
    asked = []

    def figures():
        asked.append(clock.now)
        return {"loss": 0.5, "validation_loss": None, "accuracy": 0.9}

    with Progress(10, stream=stderr) as tell:
        tell(1, figures)
        assert asked == []
        clock.now += 1
        tell(2, figures)
        tell(3, figures)
    assert len(asked) == 1
    assert "step 2/10  loss 0.5  accuracy 0.9" in stderr.getvalue()


def test_without_a_total_and_with_another_unit(clock, stderr):
    tell = Progress(unit="epoch", stream=stderr)
    clock.now += 1
    tell(3, lambda: {"loss": float("inf")})
    assert stderr.getvalue() == "\r\x1b[Kepoch 3  loss inf"
    progress.hide()


def test_a_resumed_run_counts_its_own_steps_for_the_time_left(clock, stderr):
    tell = Progress(1000, stream=stderr)
    tell(900)
    clock.now += 10
    tell(950)
    assert stderr.getvalue() == "\r\x1b[Kstep 950/1,000  5 steps/s  10 s left"
    progress.hide()


FIGURES = {"loss": -1.25e-5, "validation_loss": 0.25, "accuracy": 0.9375, "lr": 0.001}


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (120, "epoch 125/1,000  loss -1.25e-05  validation_loss 0.25  accuracy 0.9375  lr 0.001"
              "  12,500 steps/s  7 s left"),
        (82, "epoch 125/1,000  loss -1.25e-05  validation_loss 0.25  accuracy 0.9375  7 s left"),
        (60, "epoch 125/1,000  loss -1.25e-05  accuracy 0.9375  7 s left"),
        (40, "epoch 125/1,000  loss -1.25e-05"),
        (20, "epoch 125/1,000"),
        (10, "epoch 125"),
        (5, "125"),
        (3, ""),
    ],
)  # fmt: skip
def test_the_line_has_room_for(clock, stderr, monkeypatch, width, line):
    monkeypatch.setattr(progress, "columns", lambda stream: width)
    tell = Progress(100_000, "epoch", stderr, steps=100)
    tell(0)
    clock.now += 1
    tell(12_500, lambda: FIGURES)
    assert stderr.getvalue() == "\r\x1b[K" + line
    progress.hide()


def test_at_any_width_the_parts_are_whole(clock, stderr, monkeypatch):
    monkeypatch.setattr(progress, "columns", lambda stream: 200)
    tell = Progress(100_000, stream=stderr)
    tell(0)
    clock.now += 1
    tell(12_500, lambda: FIGURES)
    whole = stderr.getvalue().removeprefix("\r\x1b[K").split("  ")
    assert len(whole) == 7
    for width in range(len("12,500"), 120):
        monkeypatch.setattr(progress, "columns", lambda stream, width=width: width + 1)
        before = len(stderr.getvalue())
        clock.now += 1e-9
        tell._next = 0.0
        tell(12_500, lambda: FIGURES)
        first, *parts = stderr.getvalue()[before:].removeprefix("\r\x1b[K").split("  ")
        assert first in (whole[0], "step 12,500", "12,500")
        assert set(parts) <= set(whole)
        assert len("  ".join([first, *parts])) <= width
    progress.hide()


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0.0421, "0.0421"), (3.204, "3.2"), (99.96, "100"), (1234.0, "1,230"), (1.234e6, "1,230,000")],
)
def test_rates(rate, text):
    assert per_second(rate) == text


def test_no_terminal(clock, monkeypatch, terminal):
    for stream, term in ((io.StringIO(), "xterm"), (terminal(), "dumb"), (None, "xterm")):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("TERM", term)
        with Progress(10) as tell:
            clock.now += 1
            tell(1, lambda: {"loss": 0.5})
        assert stream is None or stream.getvalue() == ""


def test_the_line_makes_room_for_warnings_and_rows(clock, stderr, terminal, monkeypatch):
    monkeypatch.setattr(sys, "stderr", stderr)
    tell = Progress(10)
    tell(0)
    clock.now += 1
    tell(1)
    warn("hm", color="never")
    assert stderr.getvalue() == "\r\x1b[Kstep 1/10  1 steps/s  9 s left\r\x1b[Kwarning: hm\n"
    clock.now += 1
    tell(2)
    emit(Report("x", ["x"], [{"x": 1}]), stream=terminal(), format="tsv")
    assert stderr.getvalue().endswith("\r\x1b[Kstep 2/10  1 steps/s  8 s left\r\x1b[K")


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
