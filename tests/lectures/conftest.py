"""Runs the commands a lecturer would type, and compares what they print with the slides."""

from __future__ import annotations

import functools
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(sys.executable).parent / "gradcli"


@dataclass
class Answer:
    """What one run of the command printed."""

    code: int
    report: dict[str, Any]
    errors: str

    @property
    def summary(self) -> dict[str, Any]:
        return self.report["summary"]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.report["rows"]

    def value(self, node: str) -> Any:
        """The value of a node in an eval or grad report."""
        return self._cell(node, "value")

    def grad(self, node: str) -> Any:
        """∂output/∂node in a grad report."""
        return self._cell(node, "grad")

    def _cell(self, node: str, column: str) -> Any:
        (found,) = (row[column] for row in self.rows if row["node"] == node)
        return found


@functools.cache
def _run(*args: str) -> Answer:
    done = subprocess.run(
        [str(COMMAND), *args, "--format", "json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=300,
    )
    report = json.loads(done.stdout) if done.stdout else {}
    return Answer(done.returncode, report, done.stderr)


@pytest.fixture
def gradcli() -> Callable[..., Answer]:
    """`gradcli("grad", "cheetah")` runs the installed command, each command line once a session."""

    def run(*args: str, code: int = 0) -> Answer:
        answer = _run(*args)
        assert answer.code == code, answer
        return answer

    return run


@pytest.fixture
def exactly() -> Callable[[Any, Any], None]:
    """Holds that two numbers, or lists of them, agree to 1e-12."""

    def compare(got: Any, want: Any) -> None:
        if hasattr(want, "tolist"):
            want = want.tolist()
        if isinstance(want, list):
            assert isinstance(got, list)
            assert len(got) == len(want)
            for one, other in zip(got, want):
                compare(one, other)
        else:
            assert math.isclose(float(got), float(want), rel_tol=1e-12, abs_tol=1e-12), (got, want)

    return compare


@pytest.fixture
def slide() -> Callable[[float, str], None]:
    """Holds that a number, rounded to as many decimals as the slide prints, is the slide's."""

    def compare(got: float, printed: str) -> None:
        decimals = len(printed.partition(".")[2])
        assert abs(got - float(printed)) <= 0.5000001 * 10.0**-decimals, (got, printed)

    return compare
