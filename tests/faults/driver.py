"""Runs one command line over and over, each time with one more call to the system going wrong.

    python driver.py FOLDER FAULT [cold] [SETTING=VALUE]... -- WORDS...

FOLDER holds the files that stand before each run in a folder `work` beside it. FAULT is the name of
an error (ENOSPC), which the n-th call that changes a file raises, or `kill`, which ends the process
there. SETTING is a constant of a module that is changed first, gradcli.training.running.SAVING.
A run is a fork of this process, which has run the command line once before, so that it is quick,
unless it is to start `cold`. What a run did is a line of JSON; the last one is that which came to
its end without a fault.
"""

from __future__ import annotations

import builtins
import errno
import importlib
import io
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

STEPS = ("fsync", "replace", "chmod", "chown", "unlink")
"""Functions of `os` that change a file; opening one to write it, and writing, are others."""


class Fault:
    """What happens at the n-th step."""

    def __init__(self, kind: str, nth: int) -> None:
        self.kind, self.nth, self.count, self.met = kind, nth, 0, ""

    def step(self, name: str) -> None:
        self.count += 1
        if self.count != self.nth:
            return
        self.met = name
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        code = getattr(errno, self.kind)
        raise OSError(code, os.strerror(code))

    def install(self) -> None:
        """Puts the steps in the way of everything that writes."""
        for name in STEPS:
            setattr(os, name, self._counted(name, getattr(os, name)))
        really = builtins.open
        fault = self

        class File(io.FileIO):
            def write(self, data: Any) -> int:
                fault.step("write")
                return super().write(data)

        def opened(file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
            if mode not in ("wb", "xb"):
                return really(file, mode, *rest, **options)
            fault.step("open")
            return io.BufferedWriter(File(file, mode[0], opener=options.get("opener")))

        builtins.open = opened

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            self.step(name)
            return call(*args, **options)

        return counted


def code_of(words: list[str]) -> int:
    """The exit code of the command line, run in this process."""
    sys.argv = ["gradcli", *words]
    from gradcli.cli import main

    code: Any = 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 99
    sys.stdout.flush()
    sys.stderr.flush()
    return int(code)


def redirect(streams: list[Path]) -> None:
    """Makes standard output and error of this process new files."""
    for number, path in enumerate(streams, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)


def main() -> None:
    folder, kind, *rest = sys.argv[1:]
    split = rest.index("--")
    settings, words = rest[:split], rest[split + 1 :]
    cold = "cold" in settings
    for setting in settings[cold:]:
        name, _, value = setting.partition("=")
        module, _, constant = name.rpartition(".")
        setattr(importlib.import_module(module), constant, float(value))
    before = Path(folder).resolve()
    work, met = before.with_name("work"), before.with_name("met")
    streams = [before.with_name(name) for name in ("out", "err")]
    told = os.fdopen(os.dup(1), "w")
    os.umask(0o022)
    for nth in range(0, 1000):
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(before, work)
        os.chdir(work)
        met.unlink(missing_ok=True)
        if not nth:
            redirect(streams)
            if not cold:
                code_of(words)
            continue
        child = os.fork()
        if not child:
            redirect(streams)
            fault = Fault(kind, nth)
            fault.install()
            code = code_of(words)
            met.write_text(fault.met)
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        done = {
            "code": code,
            "met": met.read_text() if code >= 0 else "kill",
            "files": {p.name: held(p) for p in sorted(work.iterdir())},
            "out": held(streams[0]),
            "err": held(streams[1]),
        }
        print(json.dumps(done), file=told, flush=True)
        if not done["met"]:
            return


def held(path: Path) -> str:
    """The bytes of a file as characters; those of the files of a folder."""
    if path.is_dir():
        return "".join(map(held, sorted(path.iterdir())))
    return path.read_bytes().decode("latin-1")


if __name__ == "__main__":
    main()
