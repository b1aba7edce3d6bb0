"""A line on standard error that says how far a long run is, on a terminal only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import TextIO, TypeAlias

Figures: TypeAlias = Mapping[str, float | None]

_DELAY = 0.5
"""Seconds before a run counts as long."""

_INTERVAL = 0.1
"""Seconds between two looks of the line."""

_CLEAR = "\r\x1b[K"

_drawn: TextIO | None = None
"""The stream on which a line stands at the moment."""


def hide() -> None:
    """Takes the line off the terminal, so that something else can be written there."""
    global _drawn
    if _drawn is not None:
        stream, _drawn = _drawn, None
        _put(stream, _CLEAR)


class Progress:
    """A call says how far the run is; now and then that is shown, and on leaving taken away.

    A call costs next to nothing when standard error is no terminal, and the look at a clock
    otherwise. `total` is the number of steps, 0 where it is not known; so many `steps` make a
    `unit`, by which they are counted on the line. What is `ahead` of it all stands first.
    """

    def __init__(
        self,
        total: int = 0,
        unit: str = "step",
        stream: TextIO | None = None,
        shown: bool = True,
        steps: int = 1,
        ahead: str = "",
    ) -> None:
        self._total, self._unit, self._steps, self._ahead = total, unit, steps, ahead
        stream = sys.stderr if stream is None else stream
        able = shown and stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
        self._stream = stream if able else None
        self._next = time.monotonic() + _DELAY
        self._first: tuple[int, float] | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        hide()

    def __call__(self, done: int, figures: Callable[[], Figures] = dict) -> None:
        """Says that `done` steps are done.

        `figures`, such as {"loss": 0.5}, are asked for when they are shown, and only then; those
        that matter most come first.
        """
        if self._stream is None:
            return
        now = time.monotonic()
        if self._first is None:
            self._first = done, now
        if now < self._next:
            return
        self._next = now + _INTERVAL
        global _drawn
        _drawn = self._stream
        line = self._line(done, figures(), now, columns(self._stream) - 1)
        _put(self._stream, _CLEAR + line)

    def _line(self, done: int, figures: Figures, now: float, room: int) -> str:
        """As many of the figures, whole, as there is room for: the first of them and the time that
        is left before the others, the rate last."""
        first, started = self._first or (done, now)
        rate = (done - first) / (now - started) if done > first and now > started else 0.0
        shown = [f"{name} {value:.4g}" for name, value in figures.items() if value is not None]
        left = duration((self._total - done) / rate) + " left" if self._total and rate else ""
        parts = [*shown, f"{per_second(rate)} steps/s" if rate else "", left]
        line = self._counted(done, room)
        kept: list[str] = []
        for part in (*shown[:1], left, *shown[1:], parts[-2]):
            if part and len(line) + sum(2 + len(other) for other in (*kept, part)) <= room:
                kept.append(part)
        return "  ".join([line, *(part for part in parts if part in kept)])

    def _counted(self, done: int, room: int) -> str:
        """`epoch 3/50`, or as much of it as there is room for without cutting a number."""
        count = f"{done // self._steps:,}"
        total = f"/{-(-self._total // self._steps):,}" if self._total else ""
        counted = f"{self._unit} {count}"
        ahead = [f"{self._ahead}  {counted}{total}"] if self._ahead else []
        texts = (*ahead, f"{counted}{total}", counted, count)
        return next((text for text in texts if len(text) <= room), "")


def per_second(rate: float) -> str:
    """A rate to three digits: 0.0421, 3.2, 1,230,000."""
    return f"{float(f'{rate:.3g}'):,.0f}" if rate >= 100 else f"{rate:.3g}"


def duration(seconds: float) -> str:
    """8 s, 3 min, 2 h 5 min: as exact as anyone wants to know."""
    whole = max(0, round(seconds))
    if whole < 100:
        return f"{whole} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60:,} h {minutes % 60} min"


def columns(stream: TextIO) -> int:
    """The width of the terminal behind `stream`: COLUMNS, where it is set; 80 where nothing says
    it."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told) > 0:
        return int(told)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _put(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except OSError:  # a line that nobody can see is not worth a word
        return
