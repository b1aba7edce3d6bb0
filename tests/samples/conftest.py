"""Runs verbs in this process, which is faster than a hundred subprocesses."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from gradcli.cli import main


@pytest.fixture
def command(monkeypatch, capfd) -> Callable[..., str]:
    """`command("eval", "booth")` is what `gradcli eval booth` prints; it must succeed."""

    def run(*args: str) -> str:
        monkeypatch.setattr(sys, "argv", ["gradcli", *args])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capfd.readouterr()
        assert end.value.code == 0, err
        return out

    return run
