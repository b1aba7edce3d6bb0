"""The command as a shell runs it: real processes, real streams."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

COMMAND = [str(Path(sys.executable).parent / "gradcli")]
_SETTINGS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "PYTHONHASHSEED", "PYTHONIOENCODING")


@dataclass
class Run:
    """What one run of the command answered."""

    args: tuple[str, ...]
    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode("utf-8")

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def summary(self) -> dict[str, Any]:
        return self.json["summary"]

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The rows of a JSON report of nodes, by node."""
        return {row["node"]: row for row in self.json["rows"]}

    def table(self, delimiter: str) -> list[dict[str, str]]:
        quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
        return list(csv.DictReader(io.StringIO(self.out), delimiter=delimiter, quoting=quoting))


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without what decides about colours and letters."""
    plain = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    return {**plain, "PYTHONIOENCODING": "utf-8", **settings}


def run(
    *args: object,
    stdin: str | bytes = b"",
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 300,
) -> Run:
    """Runs the command to its end; a traceback is never an answer."""
    words = tuple(map(str, args))
    done = subprocess.run(
        [*COMMAND, *words],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env=environment(**(env or {})),
        cwd=cwd,
        timeout=timeout,
    )
    answer = Run(words, done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))
    assert "Traceback" not in answer.err, answer
    assert answer.code in (0, 1, 2, 3), answer
    return answer


@pytest.fixture(scope="session")
def gradcli():
    return run


@pytest.fixture(scope="session")
def answered():
    """A successful run."""

    def expect(*args: object, code: int = 0, **options: Any) -> Run:
        answer = run(*args, **options)
        assert answer.code == code, answer
        return answer

    return expect


@pytest.fixture(scope="session")
def all_of():
    """Many runs side by side, in the order of their arguments."""

    def runs(calls: list[tuple[str, ...]]) -> list[Run]:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(lambda args: run(*args), calls))

    return runs


def at_a_terminal(
    *args: object,
    columns: int = 80,
    typed: Sequence[str] | None = None,
    stdout: IO[bytes] | None = None,
    **settings: str,
) -> tuple[int, str]:
    """The exit code, and what a terminal of some width shows, all streams in one but for `stdout`.

    The `typed` lines are answers, one at each prompt, and then Ctrl-D; what is no line is a key.
    """
    inside, outside = pty.openpty()
    fcntl.ioctl(outside, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    child = subprocess.Popen(
        [*COMMAND, *map(str, args)], stdin=outside, stdout=stdout or outside, stderr=outside,
        env=environment(**{"TERM": "xterm-256color", **settings}), start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(outside)
    shown, seen, left, answer = b"", 0, list(typed or ()), ""
    while True:
        if answer == "\x03" and not select.select([inside], [], [], 2)[0]:
            os.write(inside, b"\x03")  # readline misses one that comes just before it waits
        try:
            part = os.read(inside, 65536)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not part:
            break
        shown, answer = shown + part, ""
        if typed is not None and shown[seen:].endswith(b"= ? "):
            seen = len(shown)
            answer = left.pop(0) if left else "\x04"
            os.write(inside, answer.encode() + b"\n" * (answer not in ("\x03", "\x04")))
    os.close(inside)
    code = child.wait(300)
    text = shown.decode().replace("\r\n", "\n")
    assert "Traceback" not in text
    return code, text


@pytest.fixture(scope="session")
def on_a_terminal():
    """What a terminal of some width shows."""

    def show(*args: object, columns: int = 80, code: int = 0, **settings: str) -> str:
        found, text = at_a_terminal(*args, columns=columns, **settings)
        assert found == code, text
        return text

    return show


@pytest.fixture(scope="session")
def talk():
    """The exit code, and what a terminal shows when the answers are typed at it."""

    def run(args: Sequence[str], answers: Sequence[str], **options: Any) -> tuple[int, str]:
        code, text = at_a_terminal(*args, typed=answers, **{"NO_COLOR": "1", **options})
        return code, re.sub(r"\x1b\[\?2004[hl]\r?", "", text)  # pasted text is marked as such

    return run
