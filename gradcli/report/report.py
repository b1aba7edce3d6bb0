"""What a verb found out: the one thing that everything printed or drawn is made from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcli.figures import Chart, GraphFigure, Panel
    from gradcli.report.booklet import Booklet


Rows = Iterable[dict[str, Any]]

CODE = ("node", "expression", "inputs", "from", "local", "derivative", "formula", "variable")
"""Columns that hold the language's own text, unless a report names others."""


@dataclass(eq=False)
class Report:
    """A summary and rows; what is listed under `rows` is complete when they are spent.

    A cell or a value of the summary is None, a str, a bool, an int, a float, a list of such
    (nested), or a NumPy array or scalar; in the summary also a mapping of such. A key that a row
    lacks is an empty cell.
    """

    command: str
    columns: list[str]
    """Known before the first row, in the order of the output."""
    rows: Rows
    """A list, or an iterator. One with `close()` is closed when a reader leaves early."""
    summary: dict[str, Any] = field(default_factory=dict)
    answer: list[tuple[str | None, Any]] = field(default_factory=list)
    """What --quiet prints: values, with a name where there are several."""
    headings: dict[str, str] = field(default_factory=dict)
    """Column to heading, for people's eyes (table, md, latex): {"grad": "∂e/∂node"}."""
    sections: str = ""
    """A column by whose values a table is split into titled parts."""
    tacit: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Columns that a table on a terminal leaves out of a part, since another one says as much:
    {"backward": ("from",)}; of a table without parts under ""."""
    implied: Mapping[str, Callable[[dict[str, Any]], bool]] = field(default_factory=dict)
    """Columns whose cells a table on a narrow terminal leaves empty in the rows of which this
    holds, since the other cells say as much."""
    spare: Sequence[str] = ()
    """Columns that a table leaves out, one by one, where a terminal is too narrow for all."""
    key: Sequence[str] = ()
    """The columns, in front, that say what a row is of: where a terminal is too narrow for all,
    the others go on in tables below that begin with these too."""
    shorter: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Of a part, what a narrow terminal writes for what in the columns of `code`, and says so:
    {"backward": ("∂", "∂e/∂")}."""
    code: Collection[str] = CODE
    """Columns whose text is set as code in md, and in latex as mathematics."""
    mathematics: Callable[[str], str | None] | None = None
    """Turns a text of these columns into LaTeX without dollars; None for one that is no formula,
    which is set as code."""
    every: int = 1
    """A table on a terminal shows one row in so many: a curve says the rest."""
    curve: Callable[[], Panel] | None = None
    """Drawn small under a table on a terminal: the series of a frame, made once the rows are
    spent."""
    graph: Callable[[], GraphFigure] | None = None
    """What a picture shows; None where there is nothing to draw."""
    chart: Callable[[], Chart] | None = None
    """The same, made once the rows are spent."""
    booklet: Booklet | None = None
    """A document that says it on paper: it is what md, latex and html write."""
    text: str = ""
    """Lines that say it all: they are written as they are where no format was asked for."""
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """Go to standard error after the rows."""
    exit_code: int = 0
    machine: Collection[str] = ()
    """Entries of the summary that are for programs: a table leaves them out."""
    markdown: bool = False
    """Whether the text is Markdown, which a terminal shows in its width."""
