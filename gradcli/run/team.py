"""Forked processes that do the parts of one piece of work.

Threads of Python wait for each other around every call of NumPy, which for calls of some
microseconds costs more than they gain: two threads took as long as one. Processes do not.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")
Request = TypeVar("Request")


class LostError(Exception):
    """Another process was ended from outside."""


def able() -> bool:
    """Whether this process may be forked: threads of JAX, or of a system's own, would be lost."""
    return sys.platform == "linux" and "jax" not in sys.modules


class Team(Generic[Request, T]):
    """Does `work(request, part)` for every part below a count, this process among the others.

    Each takes the next part when it is done with one. They share nothing but what there was when
    they were forked. They end with the team or with this process.
    """

    def __init__(self, others: int, work: Callable[[Request, int], T]) -> None:
        from multiprocessing import get_context

        context = get_context("fork")
        self._work, self._whole = work, True
        self._others: list[Connection] = []
        self._pipe: list[int] = []
        self._pipe += os.pipe()
        self._parts, self._hand_out = self._pipe
        os.set_blocking(self._parts, False)
        for _ in range(others):
            mine, its = context.Pipe()
            inherited = [*self._others, mine]
            context.Process(target=self._be_other, args=(its, inherited), daemon=True).start()
            its.close()
            self._others.append(mine)

    def __call__(self, request: Request, count: int) -> list[T]:
        """The results in the order of the parts; the error of the first that raised one.

        Raises LostError where another process is gone, or did not finish what was asked before;
        the team is of no use then.
        """
        if not self._whole:
            raise LostError
        self._whole = False
        try:
            os.write(self._hand_out, bytes(range(count)))
            for other in self._others:
                other.send(request)
            found = dict(self._share(request))
            for other in self._others:
                found.update(other.recv())
        except (EOFError, OSError) as error:
            raise LostError from error
        self._whole = True
        return [_result(found[part]) for part in range(count)]

    def _share(self, request: Request) -> Iterator[tuple[int, T | Exception]]:
        """What this process gets to do."""
        while True:
            try:
                part = os.read(self._parts, 1)[0]
            except BlockingIOError:
                return
            try:
                yield part, self._work(request, part)
            except Exception as error:  # raised in its turn, by the process that asked
                yield part, error

    def _be_other(self, connection: Connection, inherited: Sequence[Connection]) -> None:
        """What another process does, until the one that asks is gone."""
        for each in inherited:  # so that it hears when that one is gone
            each.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            while True:
                connection.send(list(self._share(connection.recv())))
        except (EOFError, OSError):
            return

    def close(self) -> None:
        """Ends the others; they end with this process anyway."""
        for other in self._others:
            other.close()
        self._others.clear()
        while self._pipe:
            os.close(self._pipe.pop())

    def __del__(self) -> None:
        self.close()


def _result(found: T | Exception) -> T:
    if isinstance(found, Exception):
        raise found
    return found
