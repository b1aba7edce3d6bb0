"""Where the bytes go: a stream that may be closed, full, narrow in its alphabet, or a terminal."""

from __future__ import annotations

import os
import sys
import time
from io import TextIOWrapper
from typing import TextIO

from gradcli.errors import DataError, UsageError
from gradcli.report import progress

_PATIENCE = 0.1
"""Seconds that a row may wait in the buffer while others follow it."""


_chosen = "auto"


def choose_color(choice: str) -> None:
    """What `auto` means from now on, for all that this process says: the choice of its user."""
    global _chosen
    _chosen = choice


def colored(stream: TextIO, choice: str = "auto") -> bool:
    """Whether to write colour and bold to `stream`.

    --color always or never decides, here or for the whole process; then NO_COLOR (set and not
    empty), FORCE_COLOR (not empty, 0 or false; it speaks of standard output and error, not of a
    file), TERM=dumb; then whether the stream is a terminal.
    """
    if choice == "auto":
        choice = _chosen
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    standard = stream in (sys.stdout, sys.stderr)
    if standard and os.environ.get("FORCE_COLOR", "").lower() not in ("", "0", "false"):
        return True
    return os.environ.get("TERM") != "dumb" and stream.isatty()


class ReaderGone(Exception):  # noqa: N818 (no error: `head` has what it wanted)
    """Whoever read the stream has closed it."""


class Sink:
    """A stream that takes any text, and on which a failure to write surfaces as a GradError.

    A character outside the stream's encoding is written as its escape `\\u03b8`. A closed pipe
    raises ReaderGone, anything else that prevents writing DataError; after either, nothing more
    is written, so that the interpreter has nothing left to complain about when it exits.
    """

    def __init__(self, stream: TextIO | None = None, name: str = "") -> None:
        self._name = name or "standard output"
        chosen = sys.stdout if stream is None else stream
        if chosen is None:
            raise DataError(f"cannot write to {self._name}: it is closed")
        self.stream: TextIO = chosen
        self.encoding: str = getattr(chosen, "encoding", None) or "utf-8"
        self.terminal: bool = chosen.isatty()
        self._flushed = 0.0
        if isinstance(chosen, TextIOWrapper):
            try:
                chosen.reconfigure(errors="backslashreplace")
            except OSError as error:
                self._abandon(error)

    @property
    def width(self) -> int:
        """Columns of the terminal, 0 where there is none."""
        return progress.columns(self.stream) if self.terminal else 0

    def write(self, text: str) -> None:
        if self.terminal:
            progress.hide()
        try:
            self.stream.write(text)
        except OSError as error:
            self._abandon(error)

    def put(self, content: str | bytes) -> None:
        """Writes a whole picture; UsageError for one that is no text on a terminal."""
        if isinstance(content, str):
            self.write(content)
            return
        if self.terminal:
            raise UsageError("this picture is no text for a terminal", hint="add -o FILE")
        try:
            self.stream.flush()
            self.stream.buffer.write(content)
        except OSError as error:
            self._abandon(error)

    def line(self, text: str) -> None:
        """Writes `text`, in time for a reader who waits for it.

        Rows that come slowly are handed on one by one, rows that come fast a buffer at a time.
        """
        self.write(text)
        now = time.monotonic()
        if now - self._flushed > _PATIENCE:
            self.flush()
            self._flushed = now

    def flush(self) -> None:
        try:
            self.stream.flush()
        except OSError as error:
            self._abandon(error)

    def _abandon(self, error: OSError) -> None:
        _point_nowhere(self.stream)
        if isinstance(error, BrokenPipeError):
            raise ReaderGone from None
        raise DataError(f"cannot write to {self._name}: {error.strerror or error}") from None


def _point_nowhere(stream: TextIO) -> None:
    """What `stream` still holds, and gets later, vanishes: closing it cannot fail once more."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):  # what io.UnsupportedOperation is: no file beneath
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
