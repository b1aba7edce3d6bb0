"""How the columns of a table share the width of a screen: side by side, or a row on two lines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby

from rich.cells import cell_len as width

from gradcli.report.table_columns import TableColumn

GAP = 2
"""Blanks between two columns."""

_MOST_BANDS = 4
"""Lines that a row may take, long cells aside: a line a field reads better than more of them."""

_SHORT = 16
"""The most that a column says which goes into the caption."""

_WORTH = 1.03
"""How many times as many lines a table may take that has one spare column more, or a wider
spelling."""


@dataclass
class TableLayout:
    """Columns in bands, one under the other; all but the first are set in by `indent`."""

    bands: list[list[TableColumn]]
    indent: int = 0
    below: list[TableColumn] = field(default_factory=list)
    """What follows in each row, a line a column, with its heading in front."""
    caption: list[tuple[str, str]] = field(default_factory=list)
    """Heading and text of the columns that say the same in every row."""
    whole: bool = False
    """Whether nothing is folded, nor goes on under itself."""
    records: bool = False
    """Whether a row is a line a field, one below the other."""

    @property
    def said(self) -> list[tuple[str, str]]:
        """The caption, and what its columns write for what."""
        columns = chain(*self.bands, self.below)
        return [*self.caption, *(column.note for column in columns if column.note)]

    def heights(self) -> Iterator[int]:
        """The lines of each row."""
        for row in range(len(self.bands[0][0].cells)):
            cells = ([column.cells[row] for column in band] for band in self.bands)
            height = sum(max(len(cell) * any(cell) for cell in band) for band in cells)
            yield height + sum(len(c.cells[row]) * any(c.cells[row]) for c in self.below)

    def cost(self) -> int:
        """The lines of the caption, the headings and the rows; of a row, those beyond the third
        count threefold, since what is far apart is not seen together."""
        lines = int(bool(self.said))
        lines += sum(max(len(column.heading) for column in band) for band in self.bands)
        return lines + sum(height + 2 * max(0, height - 3) for height in self.heights())


def laid_out(columns: Sequence[TableColumn], room: int) -> list[TableLayout]:
    """The columns in `room`, in their order: nearly always in one table.

    Where they are too wide, there go in turn, until they fit: cells that another one says too;
    spare columns; the wider spellings of formulas; long headings, over several lines; columns that
    say the same in every row, into a caption. After that, if there is a key, the other columns go
    on in tables below. Else long cells are folded or a row goes on under itself, whichever takes
    the fewest lines; a spare column or a wider spelling only goes if that saves some of them.
    Where nothing fits, a row is a line a field.
    """
    if total(columns) <= room:
        return [TableLayout([_aligned(columns, room)])]
    levels = range(1 + max(len(column.terser) for column in columns))
    spelled = [_stages([column.spelled(level) for column in columns]) for level in levels]
    for kept in chain(*spelled):
        if total(kept) <= room:
            return [TableLayout([_aligned(kept, room)])]
    best, least = TableLayout(spelled[0][-1:], records=True), math.inf
    for level, stages in enumerate(spelled):
        for dropped, kept in enumerate(stages):
            for layout in _narrow(kept, room):
                cost = layout.cost() * _WORTH ** (dropped + level)
                if cost < least:
                    best, least = layout, cost
    return (not best.whole and _split(spelled[0][0], room)) or [best]


def _stages(columns: Sequence[TableColumn]) -> list[list[TableColumn]]:
    """The columns without cells that another one says too, then without one spare column after
    the other."""
    stages = [[made for c in columns if (made := c.unimplied()) is c or made.body]]
    for spare in sorted((c for c in stages[0] if c.spare), key=lambda c: c.spare):
        stages.append([column for column in stages[-1] if column is not spare])
    return stages


def _split(columns: Sequence[TableColumn], room: int) -> list[TableLayout]:
    """Tables one below the other that begin with the same columns, the key; none where there is no
    key, or one of the columns does not fit beside it."""
    keys = [column for column in columns if column.key]
    rest = [column for column in columns if not column.key]
    said = [column for column in rest if column.constant and column.body <= _SHORT]
    tables = _beside(keys, rest, room)
    fewer = _beside(keys, [column for column in rest if column not in said], room)
    if len(fewer) == len(tables):
        said = []
    made = [TableLayout([_aligned(each, room)]) for each in (fewer if said else tables)]
    if not keys or not made or any(total(each.bands[0]) > room for each in made):
        return []
    made[0].caption = [(column.name, column.constant) for column in said]
    return made


def _beside(
    keys: list[TableColumn], columns: list[TableColumn], room: int
) -> list[list[TableColumn]]:
    """As many columns as there is room for beside the key, again and again."""
    tables: list[list[TableColumn]] = []
    for column in columns:
        if total([*keys, column]) > room:
            column = column.wrapped()
            left = room - total(keys) - GAP
            column = column.folded(left) if column.least <= left else column
        if not tables or total([*tables[-1], column]) > room:
            tables.append([*keys])
        tables[-1].append(column)
    return tables


def _narrow(kept: list[TableColumn], room: int) -> Iterator[TableLayout]:
    """The ways to show columns that are too wide; nothing but the one in which each row takes a
    line, if there is one."""
    said = [column for column in kept if column.constant and column.body <= _SHORT]
    rest = [column for column in kept if column not in said]
    ways: list[tuple[list[TableColumn], list[tuple[str, str]]]] = [(kept, [])]
    if said and rest:
        ways.append((rest, [(column.name, column.constant) for column in said]))
    for columns, caption in ways:
        narrow = _wrapped(columns)
        if total(narrow) <= room:
            yield TableLayout([_aligned(narrow, room)], caption=caption, whole=True)
            return
        for squeezed in _squeezed(narrow, room):
            yield TableLayout([_aligned(squeezed, room)], caption=caption)
        for wrap in (False, True):
            if banded := _banded(columns, room, wrap):
                banded.caption = caption
                yield banded


def total(columns: Sequence[TableColumn]) -> int:
    """The width of columns side by side."""
    return sum(column.width for column in columns) + GAP * (len(columns) - 1)


def _aligned(columns: Sequence[TableColumn], room: int) -> list[TableColumn]:
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


def _wrapped(columns: Sequence[TableColumn]) -> list[TableColumn]:
    """The columns with narrower headings; what neighbours begin with alike stands above them, if
    it is what makes them wide."""
    made: list[TableColumn] = []
    for start, group in groupby(columns, key=_beginning):
        run = list(group)
        grouped = [column.wrapped(start) for column in run]
        if start and len(run) > 1 and max(c.body for c in run) < width(start) <= total(grouped):
            made += grouped
        else:
            made += [column.wrapped() for column in run]
    return made


def _beginning(column: TableColumn) -> str:
    """`validation_` of `validation_loss`."""
    start, mark, rest = column.name.partition("_")
    return start + mark if start and rest else ""


def _squeezed(columns: list[TableColumn], room: int) -> Iterator[list[TableColumn]]:
    """The columns as they fit: one of them folded, or all that are widest."""
    for place, column in enumerate(columns):
        left = room - total(columns) + column.width
        if left >= column.least:
            yield [*columns[:place], column.folded(left), *columns[place + 1 :]]
    for most in range(min(room, 500), -1, -1):
        widths = [min(column.width, max(most, column.least)) for column in columns]
        if sum(widths) + GAP * (len(columns) - 1) <= room:
            yield [column.folded(most) for column, most in zip(columns, widths, strict=True)]
            return


def _banded(columns: Sequence[TableColumn], room: int, wrap: bool) -> TableLayout | None:
    """The columns in a few lines a row, each as wide as it is if it can be; None where these would
    be too many. From a column on that has a line for itself, as has another one, each has a line
    with its heading: these would not tell which is which by their places."""
    indent = columns[0].width + GAP
    bands: list[list[TableColumn]] = [[]]
    for column in columns:
        if column is not columns[0]:
            column = (column.wrapped() if wrap else column).folded(room - indent)
            if column.least > room - indent:
                return None
        if bands[-1] and total([*bands[-1], column]) > room - indent * (len(bands) > 1):
            bands.append([])
        bands[-1].append(column)
    if len(bands) > _MOST_BANDS or len(bands) == len(columns) or len(bands[0]) == 1:
        return None
    alone = [place for place, band in enumerate(bands) if place and len(band) == 1]
    if len(alone) > 1:
        del bands[alone[0] :]
    below = list(columns[sum(map(len, bands)) :])
    names = max((width(column.name) for column in below), default=0)
    left = room - indent - names - GAP
    if any(column.least_cell > left for column in below):
        return None
    below = [column.folded(left) for column in below]
    bands = [_wrapped(band) for band in bands] if wrap else bands
    made = [_aligned(band, room - indent * bool(place)) for place, band in enumerate(bands)]
    return TableLayout(made, indent, below)
