"""Ctrl-C, termination and a closed terminal as a flag, so that a step is never cut in half."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Protocol


class Listener(Protocol):
    """Whoever knows of a signal."""

    @property
    def code(self) -> int:
        """The exit code that it asks for, 0 before."""


class Signals:
    """While it is entered, SIGHUP, SIGINT and SIGTERM set `code` to 129, 130 or 143; a second ends
    at once.

    SIGINT is heard in a background job too, which inherits it ignored; SIGHUP not where it is
    ignored, as by `nohup`.
    """

    def __init__(self, heard: bool = True) -> None:
        self.code = 0
        self._heard = heard
        self._before: dict[int, object] = {}

    def __enter__(self) -> Signals:
        if not self._heard:  # whose process it is decides about its signals
            return self
        numbers = [signal.SIGINT, signal.SIGTERM]
        # Windows has no SIGHUP.
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            numbers.insert(0, signal.SIGHUP)
        for number in numbers:
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() returned
        self._before = {}

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.code = 128 + number
        signal.signal(number, signal.SIG_DFL)
