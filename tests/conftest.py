"""Checks and descents in-process, for the tests of every room."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gradcli.learn.optimizers import parse_optimizer
from gradcli.question.opening import held_out
from gradcli.question.question import ask
from gradcli.report import Report, note
from gradcli.verbs.check import CheckOptions, check
from gradcli.verbs.descend import Options, descend

ASKED = ("of", "wrt", "data", "params", "missing", "words")
"""What of a descent is asked of its question."""

LEFT_OUT = ("arrow", "browser", "shells", "gcc", "node", "torch", "man")
"""Marks of tests that need what is not installed with the others."""

WHOLE_FILES = {
    "test_arrow_files.py": "arrow",
    "test_page_in_browser.py": "browser",
    "test_player_in_browser.py": "browser",
}
"""Files that cannot even be read without what their marks stand for."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out files whose marks are left out."""
    mark = WHOLE_FILES.get(collection_path.name)
    return True if mark and f"not {mark}" in config.option.markexpr else None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Says in the last lines of a run which tests it has left out."""
    chosen = config.option.markexpr
    missing = [mark for mark in LEFT_OUT if f"not {mark}" in chosen]
    if missing:
        how = ", ".join(f"pytest -m {mark}" for mark in missing)
        terminalreporter.write_line(f"left out are the tests that need more: {how}")


@pytest.fixture
def default_signals() -> Iterator[None]:
    """Processes started meanwhile end at a signal, also where this run was told to ignore it.

    As it is under nohup, and in the background of a script; what is ignored is inherited.
    """
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    ignored = [number for number in numbers if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


Checked = Callable[..., Report]
Descended = Callable[..., Report]


@pytest.fixture(scope="session")
def checked() -> Checked:
    """`checked("x^2", "x=3", claims=["x = 2*x"], order=1)`: the report of a check, in-process."""

    def run(source: str, *values: str, claims: Sequence[str] = (), **options: Any) -> Report:
        asked = {key: options.pop(key) for key in ("of", "wrt", "seed", "shape") if key in options}
        settings = CheckOptions(**options)
        settings.validate()
        return check(ask(source, values, guess=True, **asked), settings, claims)

    return run


@pytest.fixture(scope="session")
def descended() -> Descended:
    """`descended("x^2", "x=1", lr="0.1")`: the report of a descent, in-process, its rows spent."""

    def run(source: str, *values: str, validate: Sequence[str] = (), **options: Any) -> Report:
        asked = {k: options.pop(k) for k in ASKED if k in options}
        made = Options(**options)
        method = parse_optimizer(made.optimizer).name
        question = ask(source, values, seed=made.seed, descent=method, **asked)
        question.tell, question.owns_process = note, True
        frame = held_out(question, validate) if validate else None
        report = descend(question, made, frame)
        report.rows = list(report.rows)
        return report

    return run
