"""The parts of one piece of work, by this process and forked ones."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable

import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.graph.build import build
from gradcli.language import parse
from gradcli.learn.loss import Loss
from gradcli.run import blocks
from gradcli.run.interpret import StepError
from gradcli.run.team import LostError, Team


def slowly(request: int, part: int) -> tuple[int, int]:
    time.sleep(0.01)
    return request * part, os.getpid()


def test_everyone_takes_part_and_the_results_come_in_order() -> None:
    team = Team(2, slowly)
    for request in (1, 2, 3):
        found = team(request, 24)
        assert [value for value, _ in found] == [request * part for part in range(24)]
        assert len({process for _, process in found}) == 3
        assert os.getpid() in {process for _, process in found}


def failing(request: int, part: int) -> int:
    if part >= request:
        raise StepError(GradError("out of range"), part)
    return part


@pytest.mark.parametrize("others", [0, 1, 3])
def test_the_error_of_the_first_part_is_raised(others: int) -> None:
    team = Team(others, failing)
    for request in (0, 5, 30):
        with pytest.raises(StepError) as raised:
            team(request, 32)
        assert (raised.value.node, raised.value.error.what) == (request, "out of range")
    assert team(32, 32) == [*range(32)]


def killed(request: int, part: int) -> int:
    if os.getpid() != request:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return part


def test_a_process_that_was_ended_is_said() -> None:
    team = Team(1, killed)
    for _ in range(2):
        with pytest.raises(LostError):
            team(os.getpid(), 8)


def interrupted(request: int, part: int) -> int:
    if os.getpid() == request:
        raise KeyboardInterrupt
    return part


def test_a_team_that_was_interrupted_is_not_asked_again() -> None:
    team = Team(1, interrupted)
    with pytest.raises(KeyboardInterrupt):
        team(os.getpid(), 32)
    with pytest.raises(LostError):
        team(0, 3)


ROWS = 200_000
RANDOM = np.random.default_rng(3)
DATA = {"X": RANDOM.normal(size=(ROWS, 12)), "y": RANDOM.normal(size=ROWS)}
TEXT = "h = tanh(X@W + b); L = mean((h@v - y)^2)"
START = {"W": RANDOM.normal(size=(12, 32)), "b": np.zeros(32), "v": RANDOM.normal(size=32)}


class Arrays:
    rows = ROWS

    def take(self, name, rows=None):
        return DATA[name] if rows is None else DATA[name][rows]


def loss(forks: bool, workers: int) -> Loss:
    shapes = {"X": 12, "y": None}

    def model(rows: int):
        return build(
            parse(TEXT), START, {n: (rows, c) if c else (rows,) for n, c in shapes.items()}
        )

    return Loss(model, list(START), data=Arrays(), forks=forks, workers=workers)


def same(a, b) -> bool:
    return a[0] == b[0] and all(np.array_equal(a[1][name], b[1][name]) for name in START)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "ALONE", 0.0)
    monkeypatch.setattr(blocks, "able", lambda: True)  # another test may have loaded JAX


@pytest.mark.usefixtures("at_once")
def test_processes_threads_and_one_alone_agree_to_the_bit() -> None:
    alone = loss(False, 1).value_and_gradient(START)
    x, w, b, v = DATA["X"], *START.values()
    h = np.tanh(x @ w + b)
    away = h @ v - DATA["y"]
    assert np.isclose(alone[0], np.mean(away**2), rtol=1e-12)
    assert np.allclose(alone[1]["v"], 2 * away @ h / ROWS, rtol=1e-10)
    forked = loss(True, 3)
    rows = RANDOM.permutation(ROWS)[:150_000]
    for _ in range(3):
        assert same(forked.value_and_gradient(START), alone)
        assert forked.value(START) == alone[0]
    assert forked._both._team is not None
    assert same(
        forked.value_and_gradient(START, rows), loss(False, 4).value_and_gradient(START, rows)
    )


@pytest.mark.usefixtures("at_once")
def test_a_loss_goes_on_alone_where_a_process_was_ended() -> None:
    forked = loss(True, 2)
    expected = [forked.value_and_gradient(START) for _ in range(2)][1]
    team = forked._both._team
    assert team is not None
    others = [int(line) for line in children() if line]
    for process in others:
        os.kill(process, signal.SIGKILL)
    assert same(forked.value_and_gradient(START), expected)
    assert forked._both._team is None


def children() -> list[str]:
    path = f"/proc/self/task/{os.getpid()}/children"
    with open(path, encoding="ascii") as file:
        return file.read().split()


def test_the_processes_end_with_the_team() -> None:
    gc.collect()
    before = set(children())
    team = Team(2, slowly)
    new = set(children()) - before
    assert len(new) == 2
    team.close()
    await_end_of(new)


@pytest.mark.usefixtures("at_once")
def test_a_loss_that_is_closed_has_no_process_and_can_be_used_on() -> None:
    before = set(children())
    forked = loss(True, 3)
    expected = [forked.value_and_gradient(START) for _ in range(2)][1]
    new = set(children()) - before
    assert len(new) == 2
    forked.close()
    await_end_of(new)
    assert same(forked.value_and_gradient(START), expected)
    forked.close()


def await_end_of(processes: Iterable[str]) -> None:
    deadline = time.monotonic() + 20
    while any(map(alive, processes)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(process: str) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_processes_end_with_the_one_that_asked() -> None:
    text = """
        import os, time
        from gradcli.run.team import Team
        def work(request, part):
            time.sleep(0.02)
            return os.getpid()
        team = Team(2, work)
        print(*{*team(0, 12)} - {os.getpid()}, flush=True)
        os.kill(os.getpid(), 9)
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)], capture_output=True, text=True, timeout=60
    )
    others = run.stdout.split()
    assert len(others) == 2
    await_end_of(others)
