"""The processes that run one command together, each with a part of the rows: mostly there is one.

All of them do the same in the same order. What one of them alone knows, such as the sum over its
own rows, they exchange; what depends on a clock the first decides for all.

Each reads its own rows of an array file that is mapped, and its own parts of a folder. Each reads
all rows of any other file, of columns with --missing, and for what takes them all: --errors,
--sigma, a param that starts at what the data say, where a number broke down, a plane that is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from gradcli.errors import DataError, GradError


class Hosts:
    """One process alone, with all rows."""

    count, place = 1, 0
    """How many there are, and which of them this is."""

    @property
    def several(self) -> bool:
        """Whether others have a part of the rows."""
        return self.count > 1

    def own(self, rows: int) -> slice:
        """Which of so many rows lie on the devices of this process."""
        return slice(0, rows)

    def exchanged(self, what: str, mine: bytes) -> list[bytes]:
        """What every process gives, in their order. `what` it is must be the same for all of
        them, else GradError."""
        return [mine]

    def speak(self) -> None:
        """From now on this process may write to standard error, where others are silent."""

    def leave(self, code: int) -> None:
        """Ends this process at once where others may wait for it in vain."""

    def gathered(self, what: str, value: Any) -> list[Any]:
        """The values of all processes, each something that JSON can say."""
        if not self.several:
            return [value]
        import json  # most commands start sooner without

        return [*map(json.loads, self.exchanged(what, json.dumps(value).encode()))]

    def shared(self, what: str, work: Callable[[], Any]) -> list[Any]:
        """What the work of every process comes to; where it fails in one, it fails in all of
        them, by the error of the first one."""
        if not self.several:
            return [work()]
        value = error = None
        try:
            value = work()
        except GradError as found:
            error = found
        told = self.gathered(what, [value, error and [error.what, error.hint]])
        for place, (_, broken) in enumerate(told):
            if broken and error is not None and place == self.place:
                raise error
            if broken:
                raise DataError(broken[0], hint=broken[1])
        return [found for found, _ in told]

    def agreed(self, number: float) -> float:
        """The number that the first process has."""
        first: float = self.gathered("agreed", number)[0]
        return first

    def most(self, number: int) -> int:
        """The largest of the numbers of all processes."""
        found: list[int] = self.gathered("most", number)
        return max(found)


ALONE = Hosts()
_now: ContextVar[Hosts] = ContextVar("hosts", default=ALONE)


def hosts() -> Hosts:
    """The processes of the command that is run at the moment."""
    return _now.get()


@contextmanager
def together(found: Hosts) -> Iterator[None]:
    """A block that several processes run together."""
    before = _now.set(found)
    try:
        yield
    finally:
        _now.reset(before)
