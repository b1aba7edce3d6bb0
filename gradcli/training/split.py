"""The rows of the data that a descent learns from, and those that only judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gradcli.errors import DataError, UsageError
from gradcli.hosts import hosts
from gradcli.question.frame import TOGETHER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradcli.question.frame import Frame

    Places = NDArray[np.intp]
    Array = NDArray[np.float64]


class Part:
    """Some rows of the data, as the data of a loss; all of them without `places`."""

    def __init__(self, frame: Frame, places: Places | None = None) -> None:
        self.frame, self.places = frame, places
        self.rows = frame.rows if places is None else len(places)
        self._whole: dict[str, Array] = {}

    def take(self, name: str, rows: slice | Places | None = None) -> Array:
        """Some of these rows of an array; what is on disk is read there each time."""
        if self.frame.on_disk(name):
            if self.places is None:
                return self.frame.take(name, rows)
            return self.frame.take(name, self.places if rows is None else self.places[rows])
        if name not in self._whole:
            self._whole[name] = self.frame.take(name, self.places)
        whole = self._whole[name]
        return whole if rows is None else whole[rows]

    def numbers(self, rows: Places) -> list[int]:
        """What the data calls some of these rows: by their place in its files, counted from 0."""
        rows = rows if self.places is None else self.places[rows]
        kept = self.frame.table.kept
        found: list[int] = (rows if kept is None else kept[rows]).tolist()
        return found


def split(
    frame: Frame, holdout: float | None, validate: Frame | None, seed: int
) -> tuple[Part, Part | None]:
    """The rows to learn from and those to judge by: a seeded part of the frame, or another frame.

    Raises UsageError where they are chosen twice, or where a part would be empty.
    """
    if holdout is None:
        return Part(frame), None if validate is None else Part(validate)
    if validate is not None:
        raise UsageError(
            "--holdout and --validate both choose the rows to judge by",
            hint="leave one of them out",
        )
    if not 0 < holdout < 1:
        what = f"--holdout must be between 0 and 1, not {holdout:g}"
        raise UsageError(what, hint="--holdout 0.2 keeps a fifth of the rows to judge by")
    count = round(holdout * frame.rows)
    if not 0 < count < frame.rows:
        part = "held out" if count == 0 else "left to learn from"
        what = f"--holdout {holdout:g}: of {frame.rows} rows none is {part}"
        raise UsageError(what, hint="keep at least one row on each side")
    import numpy as np

    order = np.random.default_rng([seed, frame.rows]).permutation(frame.rows)
    return Part(frame, np.sort(order[count:])), Part(frame, np.sort(order[:count]))


def fold(frame: Frame, place: int, count: int, seed: int) -> tuple[Part, Part]:
    """The rows to learn from and those to judge by in one of `count` folds: the rows in a seeded
    order, cut into parts that differ by at most a row, of which one judges and the others teach.

    Raises UsageError for fewer than 2 folds, and for more than rows.
    """
    if not 2 <= count <= frame.rows:
        what = f"--folds {count}: of {frame.rows} rows there are 2 to {frame.rows} folds"
        raise UsageError(
            what, hint=f"write --folds {min(5, frame.rows)}" if frame.rows > 1 else "give more rows"
        )
    import numpy as np

    order = np.random.default_rng([seed, frame.rows]).permutation(frame.rows)
    parts = np.array_split(order, count)
    others = np.concatenate(parts[:place] + parts[place + 1 :])
    return Part(frame, np.sort(others)), Part(frame, np.sort(parts[place]))


def refuse_gaps(frame: Frame) -> None:
    """DataError with the place of the first cell that holds no finite number; of several processes
    each looks at its own rows."""
    hosts().shared("gaps", lambda: _refuse_gaps(frame, hosts().own(frame.rows)))


def _refuse_gaps(frame: Frame, rows: slice) -> None:
    import numpy as np

    for name in frame.parts:
        for start in range(rows.start, rows.stop, TOGETHER):
            block = frame.take(name, slice(start, min(start + TOGETHER, rows.stop)))
            good = np.isfinite(block).reshape(len(block), -1)
            if not good.all():
                row, column = np.argwhere(~good)[0].tolist()
                cell = block.reshape(len(block), -1)[row, column]
                place = frame.place(name, start + row, column)
                raise DataError(f"{place}: the cell is {cell}", hint="leave such rows out")


def standardize(names: Sequence[str], learn: Part) -> None:
    """Brings the named arrays to mean 0 and deviation 1 over the rows to learn from.

    Names that a file of parameters has brought there stay as they are. Raises UsageError for a
    name that is no data, and for text.
    """
    frame = learn.frame
    for name in names:
        words = next((c for c in frame.parts.get(name, ()) if c in frame.classes), None)
        if words is not None:
            what = f"--standardize {name}: the column '{words}' is text"
            raise UsageError(what, hint="only numbers have a mean")
    places = slice(None) if learn.places is None else learn.places
    frame.standardize([name for name in dict.fromkeys(names) if name not in frame.scales], places)
