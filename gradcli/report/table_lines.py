"""A layout as the lines of a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.cells import cell_len as width
from rich.text import Text

from gradcli.report.colours import meaning
from gradcli.report.folded import folded, narrowest
from gradcli.report.table_columns import TableColumn
from gradcli.report.table_layout import GAP, TableLayout, total

_LEAST_BESIDE = 20
"""Columns of a screen that are enough for what stands beside its name."""


def lines(layout: TableLayout, styles: Sequence[str], room: int) -> Text:
    """The caption, the headings and a rule, then each row in its style."""
    bands = [(layout.indent * bool(place), band) for place, band in enumerate(layout.bands)]
    made = _caption(layout.said, room)
    for indent, band in bands:
        made += [Text(" " * indent + line.rstrip(), "bold") for line in _headings(band)]
    made.append(Text("─" * max(indent + total(band) for indent, band in bands)))
    names = [column.name for column in layout.below]
    for row, style in enumerate(styles):
        for indent, band in bands:
            made += _row(band, row, indent, style)
        told = [(column.name, "\n".join(column.cells[row])) for column in layout.below]
        for line in fields(told, room - layout.indent, names, "dim", style):
            made.append(Text(" " * layout.indent).append_text(line))
    return Text("\n").join(made)


def _caption(said: Sequence[tuple[str, str]], room: int) -> list[Text]:
    """Lines that name what all rows have in common."""
    made: list[Text] = []
    for name, text in said:
        entry = Text.assemble((name, "bold"), "  ", (text, meaning(name, text)))
        if made and made[-1].cell_len + 2 * GAP + entry.cell_len <= room:
            made[-1].append(" " * 2 * GAP).append_text(entry)
        else:
            made.append(entry)
    return made


def _headings(band: Sequence[TableColumn]) -> Iterator[str]:
    """Lines of headings: what neighbours begin with, ruled across them, and what each is called."""
    if any(column.group for column in band):
        above = []
        for group, columns in groupby(band, key=lambda column: column.group):
            across = total(list(columns))
            rule = " " + "─" * (across - width(group) - 1) if across > width(group) + 1 else ""
            above.append(_filled(group + rule if group else "", across))
        yield (" " * GAP).join(above)
    most = max(len(column.heading) for column in band)
    for line in range(-most, 0):
        cells = (c.heading[line] if -line <= len(c.heading) else "" for c in band)
        yield (" " * GAP).join(_padded(*pair) for pair in zip(band, cells, strict=True))


def _row(band: Sequence[TableColumn], row: int, indent: int, style: str) -> Iterator[Text]:
    """The lines of a row in its columns; none where all of these are empty."""
    cells = [column.cells[row] for column in band]
    for line in range(max(len(cell) * any(cell) for cell in cells)):
        made = Text(" " * indent, style)
        for place, (column, cell) in enumerate(zip(band, cells, strict=True)):
            text = cell[line] if line < len(cell) else ""
            said = Text(_padded(column, text))
            said.stylize(meaning(column.name, text), said.plain.find(text), len(text.rstrip()))
            made.append(" " * GAP * bool(place)).append_text(said)
        made.rstrip()
        yield made


def _padded(column: TableColumn, text: str) -> str:
    """`text` in the width of its column, numbers and their heading on the right."""
    if column.numbers:
        return " " * (column.width - width(text)) + text
    return _filled(text, column.width)


def fields(
    told: Sequence[tuple[str, str]],
    room: int,
    names: Sequence[str],
    named: str = "",
    style: str = "",
) -> list[Text]:
    """A line a name and what is told of it, in a column of its own beside the `names`.

    A name that would leave too little of the room is followed by what is told of it, or has that
    under it, set in, as has one where that takes fewer lines. What has no text is left out.
    """
    widest = {text: max(map(width, text.split("\n"))) for _, text in told}
    needed = min(max(widest.values(), default=0), _LEAST_BESIDE)
    across = (width(name) + GAP for name in names)
    indent = max((each for each in across if each + needed <= room), default=0)
    made = []
    for name, text in told:
        if not text:
            continue
        start = _filled(name, max(indent, width(name) + GAP))
        left = room - width(start)
        least = _LEAST_BESIDE if width(start) == indent else widest[text]
        beside = folded(text, max(left, _LEAST_BESIDE))
        under = folded(text, max(room - GAP, _LEAST_BESIDE))
        crowded = left < min(widest[text], max(least, narrowest(text)))
        if crowded or len(beside) > len(under) + 1:
            made.append(Text(name, f"{named} {style}"))
            start, beside = " " * GAP, under
        for line in beside:
            made.append(Text.assemble((start, named), (line, meaning(name, text)), style=style))
            start = " " * width(start)
    return made


def _filled(text: str, across: int) -> str:
    return text + " " * (across - width(text))
