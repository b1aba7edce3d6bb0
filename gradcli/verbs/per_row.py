"""eval --per-row: predictions, a row a data row, with class names put back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gradcli.errors import UsageError
from gradcli.question.breakdown import breakdown
from gradcli.question.class_names import classes_of, places_of
from gradcli.question.question import Question
from gradcli.report import Report
from gradcli.run.interpret import Value, finite
from gradcli.verbs.keeping import kept

if TYPE_CHECKING:
    from gradcli.figures import Chart
    from gradcli.question.units import Units
    from gradcli.verbs.uncertainty import Uncertainty

_AT_A_TIME = 4096
"""Rows whose entries are Python's numbers at once."""


def per_row(
    question: Question,
    units: Units | None = None,
    sure: Uncertainty | None = None,
    keep: Sequence[str] = (),
) -> Report:
    """The entries of the output, which has the data's rows as its first axis, in the `units` of a
    column; or a row a class, by its name, or a row a row of a matrix that needs no data. Beside a
    number a row stands how `sure` it is.

    An output with an entry a class has a column a class, an argmax over classes shows their names.
    """
    graph, output = question.graph, question.model.output
    names = question.names(question.cone())
    shape = graph.shapes[output]
    labels = _row_labels(question, names[output])
    values = question.run([output])
    answer = units.given_back(values[output]) if units else values[output]
    flat = len(shape) != 2
    width = 1 if flat else shape[1]
    words: list[list[str] | None] = [None] * width
    if units is None:  # a class has none
        words = _words(question, output, width)
    classes = None if flat else classes_of(question, output, 1)
    columns = [names[output]] if flat else [f"{names[output]}[{i}]" for i in range(width)]
    # the number of the row keeps its name
    columns = [f"output.{name}" if name == "row" else name for name in classes or columns]
    more: dict[str, Value] = {}
    if sure is not None:
        if not flat or words[0] is not None:
            hint = "pick a node with one number a row by --of"
            raise UsageError(f"{names[output]} is no number a row, and has no errors", hint=hint)
        more = {"std_error": sure.error, **sure.bands(answer)}
        more = {f"output.{n}" if n == columns[0] else n: value for n, value in more.items()}
    along = kept(question, keep, ["row", *columns, *more])
    entries = dict(zip(columns, [answer] if flat else answer.T))
    named = {name: text for name, text in zip(columns, words) if text is not None}
    report = Report(
        command="eval",
        columns=["row", *along, *columns, *more],
        rows=rows_of(labels, {**along, **entries, **more}, named),
        summary={"output": names[output], "rows": shape[0]},
        answer=[(None, answer)],
        key=["row"],
    )
    if units:
        report.summary["units"] = units.name
    if len(shape) <= 2 and not any(words):

        def chart() -> Chart:
            from gradcli.verbs.scatter import scatter

            return scatter(question, answer, labels, classes)

        report.chart = chart
    if not finite(values[output]):
        report.exit_code = 3
        where = breakdown(graph, output, values, names)
        report.warnings.append(f"{names[output]} is not finite: {where}")
    return report


def _row_labels(question: Question, name: str) -> Sequence[int | str]:
    """What the rows are called: by number those of the data, by name those of classes."""
    shape, frame = question.graph.shapes[question.model.output], question.frame
    if frame is not None and shape[:1] == (frame.rows,):
        return frame.labels
    words = classes_of(question, question.model.output, 0) if shape else None
    if words is not None:
        return words
    if frame is None and len(shape) == 2:
        return range(shape[0])
    if frame is None:
        raise UsageError("--per-row needs data", hint="add --data FILE")
    raise UsageError(
        f"{name} has shape {shape}: no entry a data row", hint="pick a node with one by --of"
    )


def rows_of(
    labels: Sequence[int | str],
    columns: Mapping[str, Value | list[Any]],
    words: Mapping[str, list[str]] = MappingProxyType({}),
) -> Iterator[dict[str, Any]]:
    """The entries of columns by the label of their row, as names where a column has `words`."""
    names = ["row", *columns]
    for start in range(0, len(labels), _AT_A_TIME):
        block = slice(start, start + _AT_A_TIME)
        cells = [_cells(column[block], words.get(name)) for name, column in columns.items()]
        for row in zip(labels[block], *cells):
            yield dict(zip(names, row))


def _cells(column: Value | list[Any], words: list[str] | None) -> Iterable[Any]:
    """The entries of a column as Python's own numbers, which are written in a third of the time
    of NumPy's; arrays where they are such, and what is a list as it is."""
    if isinstance(column, list):
        return column
    if column.ndim > 1:
        return list(column)
    entries: list[Any] = column.tolist()
    return entries if words is None else [words[int(entry)] for entry in entries]


def _words(question: Question, output: int, width: int) -> list[list[str] | None]:
    """For each entry of a row, the names of the classes where it is the number of one."""
    graph, frame = question.graph, question.frame
    if frame is not None and graph.kind(output) == "data":
        columns = frame.parts[graph.names[output][0]]
        words = [question.classes.get(column) for column in columns]
        return words if len(words) == width else words * width
    return [places_of(question, output)] * width
