"""Files are written in a fresh folder that is also the current one, so that names stay short."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradcli.errors import DataError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(here: Path) -> Callable[[str, str | bytes], str]:
    """Writes a file and gives its name."""

    def written(name: str, content: str | bytes) -> str:
        data = content if isinstance(content, bytes) else content.encode("utf-8")
        (here / name).write_bytes(data)
        return name

    return written


@pytest.fixture
def refused() -> Callable[..., str]:
    """The text of the DataError that a call raises."""

    def text(call: Callable[..., Any], *arguments: Any, **options: Any) -> str:
        with pytest.raises(DataError) as caught:
            call(*arguments, **options)
        assert caught.value.exit_code == 2
        return str(caught.value)

    return text


@pytest.fixture
def attempt() -> Callable[..., Any]:
    """What a call gives, or the text of the DataError that it raises; others escape."""

    def given(call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except DataError as error:
            return str(error)

    return given


KILLER = """
import os, signal, sys

def killed_at(line, work):
    'Whether work() in a process of its own was killed when it reached its line-th line.'
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    lines = 0

    def trace(frame, event, _argument):
        nonlocal lines
        if not os.path.dirname(frame.f_code.co_filename).endswith(("gradcli/data", "<work>")):
            return None
        if event == "line":
            lines += 1
            if lines == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    work()
    os._exit(0)

names = {}
exec(compile(sys.argv[1], "<work>/work.py", "exec"), names)
names["write"](1)
line = 1
while killed_at(line, lambda: names["write"](2)):
    print(names["read"](), flush=True)
    line += 1
print("end", names["read"]())
"""


@pytest.fixture
def states_after_kills() -> Callable[[str], list[str]]:
    """What `read()` finds after `write(1)`, and `write(2)` killed at its first line, its second, …

    Both are functions of the code that is given; the last state is that of the first `write(2)`
    which came to its end.
    """

    def states(code: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", KILLER, code], capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr
        *found, last = done.stdout.splitlines()
        assert last.startswith("end ")
        return [*found, last.removeprefix("end ")]

    return states
