"""How the columns of a table share the width of a screen: side by side, or a row on two lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from rich.cells import cell_len as width

from gradcli.report.columns import Column

GAP = 2
"""Blanks between two columns."""

_MOST_BANDS = 3
"""Lines that a row may take, long cells aside: a line a field reads better than more of them."""

_SHORT = 16
"""The most that a column says which goes into the caption."""


@dataclass
class Layout:
    """Columns in bands, one under the other; all but the first are set in by `indent`."""

    bands: list[list[Column]]
    indent: int = 0
    caption: list[tuple[str, str]] = field(default_factory=list)
    """Heading and text of the columns that say the same in every row."""

    def height(self) -> int:
        """The lines of the caption, the headings and the rows."""
        lines = int(bool(self.caption))
        lines += sum(max(len(column.heading) for column in band) for band in self.bands)
        for band in self.bands:
            for cells in zip(*(column.cells for column in band), strict=True):
                lines += max(len(cell) * any(cell) for cell in cells)
        return lines


def laid_out(columns: Sequence[Column], room: int) -> Layout | None:
    """The columns in `room`, in their order; None where only a line a field is left.

    Where they are too wide, there go in turn, until they fit: cells that another column implies;
    spare columns; long headings, over several lines; columns that say the same in every row, into a
    caption. After that, long cells are folded or a row goes on under itself, whichever takes fewer
    lines.
    """
    if total(columns) <= room:
        return Layout([_aligned(columns, room)])
    kept = [made for c in columns if (made := c.unimplied()) is c or made.body]
    for spare in sorted((c for c in kept if c.spare), key=lambda c: c.spare):
        if total(kept) > room:
            kept.remove(spare)
    if total(kept) <= room:
        return Layout([_aligned(kept, room)])
    said = [column for column in kept[1:] if column.constant and column.body <= _SHORT]
    caption = [(column.name, column.constant) for column in said]
    rest = [column for column in kept if column not in said]
    found: list[Layout] = []
    for some, above in ((kept, []), (rest, caption)):
        narrow = _wrapped(some)
        if total(narrow) <= room:
            return Layout([_aligned(narrow, room)], caption=above)
        squeezed = _squeezed(narrow, room)
        tried = [[squeezed] if squeezed else None, _banded(some, room), _banded(narrow, room)]
        for bands in filter(None, tried):
            indent = bands[0][0].width + GAP
            aligned = [_aligned(band, room - indent * bool(n)) for n, band in enumerate(bands)]
            found.append(Layout(aligned, indent, above))
    return min(found, key=Layout.height, default=None)


def total(columns: Sequence[Column]) -> int:
    """The width of columns side by side."""
    return sum(column.width for column in columns) + GAP * (len(columns) - 1)


def _aligned(columns: Sequence[Column], room: int) -> list[Column]:
    """The columns, numbers at their points from the first on for which there is room."""
    left = room - total(columns)
    made = []
    for column in columns:
        aligned = column.aligned() if column.numbers else column
        if aligned.width - column.width <= left:
            left -= aligned.width - column.width
            column = aligned
        made.append(column)
    return made


def _wrapped(columns: Sequence[Column]) -> list[Column]:
    """The columns with narrower headings; what neighbours begin with alike stands above them, if
    it is what makes them wide."""
    made: list[Column] = []
    for start, group in groupby(columns, key=_beginning):
        run = list(group)
        grouped = [column.wrapped(start) for column in run]
        if start and len(run) > 1 and max(c.body for c in run) < width(start) <= total(grouped):
            made += grouped
        else:
            made += [column.wrapped() for column in run]
    return made


def _beginning(column: Column) -> str:
    """`validation_` of `validation_loss`."""
    start, mark, rest = column.name.partition("_")
    return start + mark if start and rest else ""


def _squeezed(columns: list[Column], room: int) -> list[Column] | None:
    """The columns as they fit, the widest ones folded first; None where they cannot."""
    for most in range(min(room, 500), -1, -1):
        widths = [min(column.width, max(most, column.least)) for column in columns]
        if sum(widths) + GAP * (len(columns) - 1) <= room:
            return [column.folded(most) for column, most in zip(columns, widths, strict=True)]
    return None


def _banded(columns: list[Column], room: int) -> list[list[Column]] | None:
    """The columns in few lines a row, each as wide as it is if it can be; else None."""
    indent = columns[0].width + GAP
    bands: list[list[Column]] = [[]]
    for column in columns:
        most = room - indent * (len(bands) > 1)
        if bands[-1] and total([*bands[-1], column]) > most:
            bands.append([])
            most = room - indent
        if column.least > most:
            return None
        bands[-1].append(column.folded(most))
    few = 1 < len(bands) <= min(_MOST_BANDS, len(columns) / 2)
    return bands if few and len(bands[0]) > 1 else None
