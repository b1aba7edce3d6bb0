"""The line on a terminal shows what a trace of the same descent says, and changes nothing."""

from __future__ import annotations

import re
import sys
from io import StringIO

import numpy as np
import pytest

from gradcli.report import progress

FIT = "param w = 0; param b = 0; r = w*x + b - y; loss = mean(r^2); worst = max(abs(r))"


class Screen(StringIO):
    def isatty(self):
        return True


@pytest.fixture
def screen(monkeypatch):
    """`screen()` makes standard error a wide terminal that gets a line at every look."""
    for name in ("_DELAY", "_INTERVAL"):
        monkeypatch.setattr(progress, name, 0.0)
    monkeypatch.setattr("gradcli.training.running.LOOKING", float("inf"))
    monkeypatch.setattr(progress, "columns", lambda stream: 300)
    monkeypatch.setenv("TERM", "xterm")

    def opened():
        monkeypatch.setattr(sys, "stderr", Screen())
        return sys.stderr

    return opened


def shown(screen):
    """The figures of each line by name, with the unit that it counts."""
    lines = [line for line in re.split(r"\r\x1b\[K", screen.getvalue()) if "loss" in line]
    return [dict(re.findall(r"(\w+) ([-+.\d]\S*)", line)) for line in lines]


@pytest.fixture
def file(tmp_path):
    draw = np.random.default_rng(3)
    x = draw.uniform(-1, 1, 40)
    np.savez(tmp_path / "d.npz", x=x, y=2 * x + 1 + draw.normal(0, 0.3, 40))
    return str(tmp_path / "d.npz")


@pytest.mark.parametrize("batch_size", [None, 8])
def test_the_line_shows_what_the_trace_says(descended, screen, file, batch_size):
    options = {"lr": "0.1", "epochs": 6, "holdout": 0.2, "batch_size": batch_size, "trace": True}
    opened = screen()
    report = descended(FIT, data=[file], **options)
    steps = 4 if batch_size else 1
    figures = shown(opened)
    assert len(figures) == 6 * steps
    assert [*figures[-1]][:5] == ["epoch", "loss", "validation_loss", "worst", "validation_worst"]
    for row, line in zip(report.rows, figures):
        assert line["epoch"] == f"{row['step'] // steps}/6"
        for name in ("loss", "validation_loss", "worst", "validation_worst"):
            assert line[name] == f"{row[name]:.4g}"


def test_without_a_terminal_the_report_is_the_same(descended, screen, file, monkeypatch):
    options = {"lr": "0.1", "epochs": 30, "holdout": 0.2, "batch_size": 8}
    opened = screen()
    seen = descended(FIT, data=[file], **options)
    assert len(shown(opened)) > 5
    monkeypatch.setattr(sys, "stderr", StringIO())
    unseen = descended(FIT, data=[file], **options)
    assert (seen.rows, seen.summary) == (unseen.rows, unseen.summary)


def test_scipys_methods_show_their_loss(descended, screen):
    opened = screen()
    descended("loss = (1 - x)^2 + 100*(y - x^2)^2; far = abs(x)", "x=-1.2", "y=1",
              optimizer="lbfgs")  # fmt: skip
    figures = shown(opened)
    assert float(figures[0]["loss"]) == pytest.approx(24.2)
    assert figures[0]["far"] == "1.2"
    assert float(figures[-1]["loss"]) < 1e-8
