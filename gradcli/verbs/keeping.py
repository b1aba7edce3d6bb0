"""--keep: columns of the data that a report of rows carries along."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradcli.errors import UsageError
from gradcli.language.program import header_of
from gradcli.words import joined, listed, nearest

if TYPE_CHECKING:
    from gradcli.data.tables import Table
    from gradcli.question.question import Question


def kept(question: Question, wanted: Sequence[str], columns: Sequence[str]) -> dict[str, list[Any]]:
    """The columns of --keep, or with `all` every one, a cell a data row: numbers, and text as it
    stands. `columns` are those that the report has already.

    UsageError for a column that is not there, or that would bear the name of another one.
    """
    if not wanted:
        return {}
    table = _table(question)
    names = list(dict.fromkeys(map(header_of, wanted)))
    if names == ["all"]:
        names = table.names
    for name in names:
        if name not in table.names:
            hint = nearest(name, table.names) or f"it has {listed(table.names)}"
            raise UsageError(f"--keep {name}: the data has no such column", hint=hint)
    if twice := [name for name in names if name in columns]:
        others = [name for name in names if name not in columns]
        hint = f"write --keep {','.join(others)}" if others else "leave --keep out"
        what = f"--keep {','.join(wanted)}: the report has its own column {joined(twice, 'and')}"
        raise UsageError(what, hint=hint)
    return table.carried(names)


def _table(question: Question) -> Table:
    frame = question.frame
    shape = question.graph.shapes[question.model.output]
    if frame is None or shape[:1] != (frame.rows,):
        label = question.names(question.cone())[question.model.output]
        what = f"--keep carries columns of the data along, and {label} has no entry a data row"
        raise UsageError(what, hint="leave --keep out, or pick another output by --of")
    return frame.table
