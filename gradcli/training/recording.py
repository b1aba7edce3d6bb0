"""What a picture needs of a descent: where it was, at some of its steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from gradcli.errors import GradError
from gradcli.figures import Series

if TYPE_CHECKING:
    from gradcli.learn.outcome import Outcome, Record
    from gradcli.learn.vectors import Params

    Held: TypeAlias = Callable[[Params], float | None]

T = TypeVar("T")

MOST = 2000
"""Points of a curve."""

FLOATS = 1 << 22
"""Numbers that the parameters of a recording take together: 32 MB."""


class Thinned(Generic[T]):
    """Of many items in order at most `most` that lie evenly, and the last one."""

    def __init__(self, most: int) -> None:
        self._most, self._stride, self._count = most, 1, 0
        self._kept: list[T] = []
        self._last: list[T] = []

    def add(self, item: T) -> None:
        """Takes the next item."""
        if self._count % self._stride:
            self._last = [item]
        else:
            self._kept.append(item)
            self._last = []
            if len(self._kept) > self._most:
                if (len(self._kept) - 1) % 2:
                    self._last = [item]
                del self._kept[1::2]
                self._stride *= 2
        self._count += 1

    @property
    def items(self) -> list[T]:
        """What is kept, in order."""
        return self._kept + self._last


def size(params: Params) -> int:
    """How many numbers the parameters are."""
    return sum(prod(getattr(value, "shape", ())) for value in params.values())


class Recording:
    """The numbers of a descent at some of its records, and at fewer of them its parameters, where
    these are long; it is one of `share` that are kept together."""

    def __init__(self, share: int = 1) -> None:
        self._share = share
        self._numbers: Thinned[Record] = Thinned(MOST)
        self._places: Thinned[Record] | None = None

    def add(self, record: Record) -> None:
        """Takes the next record."""
        if self._places is None:
            most = FLOATS // max(size(record.params) * self._share, 1)
            self._places = Thinned(min(MOST, most))
        self._numbers.add(replace(record, params={}, batch=None))
        self._places.add(replace(record, batch=None))

    @property
    def numbers(self) -> Sequence[Record]:
        """Records without parameters."""
        return self._numbers.items

    @property
    def places(self) -> Sequence[Record]:
        """Records with them."""
        return self._places.items if self._places else []


def losses(recording: Recording, held: Held, judged: bool, period: int = 1) -> list[Series]:
    """The loss over the steps, or over periods of them, and where rows judge theirs."""
    numbers, places = recording.numbers, recording.places
    x = [record.step / period for record in numbers]
    found = [Series("loss", x, [record.loss for record in numbers], played=True)]
    if judged:
        some = [record.step / period for record in places]
        y = [_or_nan(held, record.params) for record in places]
        found.append(Series("validation loss", some, y, "dashed"))
    return found


def _or_nan(measure: Held, params: Params) -> float:
    try:
        value = measure(params)
    except GradError:
        return math.nan
    return math.nan if value is None else value


@dataclass
class Way:
    """A descent that has ended, and what is known of its way; `name` tells it from others."""

    recording: Recording
    outcome: Outcome
    name: str = ""

    @property
    def diverged(self) -> bool:
        """Whether it came to no end."""
        return self.outcome.ending in ("diverged", "start")
