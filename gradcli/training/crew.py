"""Descents side by side, in processes of their own.

The process that asks takes part: it forks others only once its work has taken a while, so that a
small grid starts none. They share nothing but what there was before, so that every descent ends in
the bits that it would end in alone, and the results come back in the order of the descents.
"""

from __future__ import annotations

import mmap
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from gradcli.errors import GradError
from gradcli.report import Progress
from gradcli.run.blocks import one_thread, threads
from gradcli.run.team import able

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

    from gradcli.training.signals import Listener

T = TypeVar("T")

ALONE = 0.3
"""Seconds of work before others are worth their start, which takes some 20 ms each."""

LOST = 143
"""What those under way hear once a process is gone, so that they end soon: as of a SIGTERM."""

LOOK = 0.1
"""Seconds between two looks for a signal."""


class Crew(Generic[T]):
    """Does `work(place, listener, silent)` for each place below `count`, and gives the results in
    order; it is to be `silent` in other processes.

    There are `jobs` processes, 0 for as many as processors. It listens to `signals` for all of
    them: after one, no further place is begun, and those under way end soon.
    """

    def __init__(
        self,
        count: int,
        work: Callable[[int, Listener, bool], T],
        signals: Listener,
        jobs: int = 0,
        shown: bool = True,
    ) -> None:
        self._count, self._work, self._signals, self._shown = count, work, signals, shown
        self._others = min(jobs or threads(), count) - 1 if able() else 0
        self._start = time.monotonic() + (0.0 if jobs else ALONE)
        self._next = 0
        self._done: dict[int, T | BaseException] = {}
        self._busy: dict[Connection, int] = {}
        self._processes: list[ForkProcess] = []
        self._code = mmap.mmap(-1, 1)
        self._lost = False

    @property
    def code(self) -> int:
        """That of a signal; asked by a descent now and then, whereupon the others are seen to."""
        if not self._processes and self._others > 0 and time.monotonic() >= self._start:
            self._fork()
        if self._busy:
            self._serve(0.0)
        return self._signals.code or (LOST if self._lost else 0)

    def __iter__(self) -> Iterator[T]:
        """The results, up to the first place that was not begun."""
        given = 0
        try:
            while not (self.code and self._next) and self._next < self._count:
                place = self._take()
                try:
                    self._done[place] = self._work(place, self, False)
                except Exception as error:  # raised in its turn, after the results before it
                    self._done[place] = error
                while given in self._done:
                    yield self._result(given)
                    given += 1
            with Progress(self._count, "descent", shown=self._shown) as tell:
                while self._busy:
                    self._serve(LOOK)
                    tell(len(self._done))
            for place in range(given, self._next):
                yield self._result(place)
        finally:
            self._end()

    def _take(self) -> int:
        self._next += 1
        return self._next - 1

    def _result(self, place: int) -> T:
        found = self._done[place]
        if isinstance(found, BaseException):
            raise found
        return found

    def _fork(self) -> None:
        from multiprocessing import get_context

        one_thread()  # each descent has one processor from now on
        context = get_context("fork")
        others, self._others = self._others, 0
        for _ in range(min(others, self._count - self._next)):
            mine, its = context.Pipe()
            inherited = [*self._busy, mine]
            process = context.Process(target=self._be_other, args=(its, inherited), daemon=True)
            process.start()
            its.close()
            self._processes.append(process)
            self._hand_out(mine)

    def _be_other(self, connection: Connection, inherited: Sequence[Connection]) -> None:
        """What another process does, until it is told that there is no more."""
        for each in inherited:  # so that it hears when this process is gone
            each.close()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # the one that asks tells it
        one_thread()
        listener = _Relayed(self._code, os.getppid())
        try:
            while (place := connection.recv()) is not None:
                try:
                    connection.send(self._work(place, listener, True))
                except Exception as error:  # raised by the process that asked
                    connection.send(error)
        except (EOFError, OSError):
            return

    def _hand_out(self, connection: Connection) -> None:
        """Gives another process the next place, or the end."""
        if self._next < self._count and not (self._signals.code or self._lost):
            self._busy[connection] = self._take()
            connection.send(self._busy[connection])
        else:
            connection.send(None)
            connection.close()

    def _serve(self, timeout: float) -> None:
        """Takes the results that are there."""
        from multiprocessing.connection import wait

        self._code[0] = self._signals.code or (LOST if self._lost else 0)
        ready = wait(list(self._busy), timeout)
        for connection in [each for each in self._busy if each in ready]:
            place = self._busy.pop(connection)
            try:
                self._done[place] = connection.recv()
            except (EOFError, OSError):  # raised in its turn: this may be asked amid another place
                self._lost = True
                self._done[place] = GradError(
                    "a process that ran descents was ended from outside",
                    hint="--jobs 1 runs them one after the other",
                )
            else:
                self._hand_out(connection)

    def _end(self) -> None:
        """Ends the others, also where somebody left early."""
        if self._processes:
            one_thread(False)
        for connection in self._busy:
            connection.close()
        for process in self._processes:
            if self._busy:
                process.kill()
            process.join()


class _Relayed:
    """The signals of the process that asks, as another one hears them."""

    def __init__(self, code: mmap.mmap, parent: int) -> None:
        self._code, self._parent = code, parent

    @property
    def code(self) -> int:
        """That of a signal; 129, as of a closed terminal, where nobody waits any more."""
        return self._code[0] or (129 if os.getppid() != self._parent else 0)
