"""Ctrl-C and termination as a flag, so that a step is never cut in half."""

from __future__ import annotations

import signal
from types import FrameType


class Signals:
    """While it is entered, SIGINT and SIGTERM set `code` to 130 or 143; a second ends at once.

    SIGINT is heard in a background job too, which inherits it ignored.
    """

    def __init__(self) -> None:
        self.code = 0
        self._before: dict[int, object] = {}

    def __enter__(self) -> Signals:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() returned
        self._before = {}

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.code = 128 + number
        signal.signal(number, signal.SIG_DFL)
