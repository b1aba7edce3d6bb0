"""Work in several processes: the results of one after the other, in their order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time

import pytest

from gradcli.errors import GradError, LanguageError
from gradcli.training.crew import Crew

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forking beside threads


@pytest.fixture(autouse=True)
def without_jax(monkeypatch):
    """Other tests of the process may have loaded JAX, beside which nothing is forked."""
    monkeypatch.delitem(sys.modules, "jax", raising=False)


class Ear:
    """A listener that hears `code` once some results are there."""

    code = 0


def square(place, listener, silent):
    return place * place, os.getpid(), silent


@pytest.mark.parametrize("jobs", [1, 2, 3, 20])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_results_come_in_order(count, jobs):
    found = list(Crew(count, square, Ear(), jobs, shown=False))
    assert [value for value, _, _ in found] == [place**2 for place in range(count)]
    assert all(silent == (pid != os.getpid()) for _, pid, silent in found)
    others = {pid for _, pid, _ in found} - {os.getpid()}
    assert len(others) <= min(jobs, count) - 1
    assert bool(others) == (min(jobs, count) > 1)
    assert not multiprocessing.active_children()


def test_a_small_grid_starts_no_process():
    found = list(Crew(50, square, Ear(), shown=False))
    assert {pid for _, pid, _ in found} == {os.getpid()}


def test_a_long_piece_of_work_lets_others_begin():
    """The first place waits until another process has done the second."""

    def work(place, listener, silent):
        end = time.monotonic() + 60
        while not silent and not place and not crew._done and time.monotonic() < end:
            assert listener.code == 0
        return os.getpid()

    crew = Crew(3, work, Ear(), shown=False)
    crew._others = 1  # also on a machine with one processor
    mine, other, _ = crew
    assert mine == os.getpid() != other


def test_an_error_comes_at_its_place():
    def work(place, listener, silent):
        if place == 3:
            raise LanguageError("no such name", hint="another", span=(1, 2), text="a+b")
        return place

    results = iter(Crew(8, work, Ear(), 2, shown=False))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(LanguageError) as caught:
        next(results)
    assert str(caught.value) == "no such name\n  a+b\n   ^\nhint: another"
    assert not multiprocessing.active_children()


def test_a_signal_ends_what_is_under_way_and_begins_nothing():
    ear = Ear()

    def work(place, listener, silent):
        if place == 1:
            ear.code = 130
        end = time.monotonic() + 60
        while place > 1 and not listener.code and time.monotonic() < end:
            time.sleep(0.01)
        return place, listener.code

    def at_home(place, listener, silent):
        if not silent:
            ear.code = 130
            return place, 130
        end = time.monotonic() + 60
        while not listener.code and time.monotonic() < end:
            time.sleep(0.01)
        return place, listener.code

    assert list(Crew(9, work, ear, 1, shown=False)) == [(0, 0), (1, 130)]
    ear.code = 0
    assert list(Crew(9, at_home, ear, 3, shown=False)) == [(0, 130), (1, 130), (2, 130)]


def test_a_process_that_is_ended_from_outside_is_missed():
    def work(place, listener, silent):
        if silent:
            os.kill(os.getpid(), signal.SIGKILL)
        return place

    with pytest.raises(GradError, match="was ended from outside"):
        list(Crew(4, work, Ear(), 2, shown=False))


@pytest.mark.parametrize("lost", [0, 1])
def test_a_process_that_is_gone_is_said_also_amid_other_work(lost):
    """Whoever works on asks for signals meanwhile; what it has done does not hide the error."""

    def work(place, listener, silent):
        if silent:
            os.kill(os.getpid(), signal.SIGKILL)
        end = time.monotonic() + 60
        while not listener.code:
            assert time.monotonic() < end
            time.sleep(0.01)
        return place

    crew = Crew(6, work, Ear(), 2, shown=False)
    if lost == 0:  # the first place is the other's
        crew._fork()
    with pytest.raises(GradError, match="ended from outside"):
        list(crew)
    assert not multiprocessing.active_children()
