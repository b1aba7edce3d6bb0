"""A long table on a terminal, read in a pager; what no pager shows is printed after all."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import sys

from gradcli.report import progress
from gradcli.report.output import Sink

_AS_GIT_HAS_IT = {"LESS": "FRX", "LV": "-c"}
"""less ends at once where all fits the screen (F), passes colours (R), and leaves the text there
(X); for a user who has set neither."""


def pager(sink: Sink, choice: str) -> list[str]:
    """The words of the command that reads for a terminal: GRADCLI_PAGER, else PAGER, else less
    where it is; none for another stream, for `never`, and where the command is empty or `cat`."""
    standard = sink.terminal and sink.stream is sys.stdout and os.environ.get("TERM") != "dumb"
    if choice == "never" or not standard:
        return []
    usual = "less" if shutil.which("less") else ""
    command = os.environ.get("GRADCLI_PAGER", os.environ.get("PAGER", usual))
    try:
        words = shlex.split(command)
    except ValueError:  # a quote without its fellow
        return []
    return [] if words == ["cat"] else words


def read(text: str, command: list[str], sink: Sink) -> None:
    """Shows `text` in the pager. Where that cannot start, or fails, the text is written."""
    import subprocess

    sink.flush()
    progress.hide()
    environment = {**_AS_GIT_HAS_IT, **os.environ}
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
    except OSError:
        sink.write(text)
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the pager
    try:
        process.communicate(text.encode(sink.encoding, "backslashreplace"))
    finally:
        signal.signal(signal.SIGINT, before)
    if process.returncode:
        sink.write(text)
