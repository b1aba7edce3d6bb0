"""Text counts as classes, which are no numbers: there is no arithmetic on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcli.data.misspelt import like_a_number, no_number
from gradcli.errors import DataError
from gradcli.graph.built import Built
from gradcli.graph.graph import Graph
from gradcli.graph.ops.classes import use_of
from gradcli.question.frame import Frame
from gradcli.words import quoted

if TYPE_CHECKING:
    Columns = tuple[str, ...]


def refuse_arithmetic(model: Built, frame: Frame) -> None:
    """DataError with a cell of the text that the program adds, multiplies, orders and so on.

    Text may be compared by == and !=, be an index, and be given where a class is taken; not
    compared or joined with text whose classes are counted in another way.
    """
    graph = model.graph
    held: dict[int, Columns] = {}
    """The columns that a node has entries of, where some are text."""
    for name, node in model.inputs.items():
        if graph.kind(node) == "data" and name in frame.parts:
            held[node] = tuple(frame.parts[name])
    held = {node: columns for node, columns in held.items() if _text(columns, frame)}
    if not held:
        return
    for node, args in enumerate(graph.args):
        together: dict[str, None] = {}
        passed: dict[str, None] = {}
        for position, arg in enumerate(args):
            columns = held.get(arg, ())
            use = use_of(graph, node, position)
            if use == "passed on" and position == 0:
                columns = _taken(graph, node, columns)
            if use == "arithmetic" and (text := _text(columns, frame)):
                raise _refusal(model, frame, node, text[0])
            if use in ("passed on", "compared"):
                together.update(dict.fromkeys(columns))
            if use == "passed on":
                passed.update(dict.fromkeys(columns))
        _refuse_two_counts(model, frame, node, _text(tuple(together), frame))
        if _text(tuple(passed), frame):
            held[node] = tuple(passed)


def _text(columns: Columns, frame: Frame) -> Columns:
    return tuple(column for column in columns if column in frame.classes)


def _taken(graph: Graph, node: int, columns: Columns) -> Columns:
    """Of columns side by side those that an index such as X[:, 0] leaves."""
    (leaf, *_), attr = graph.args[node], graph.attrs[node]
    if graph.ops[node].name != "index" or graph.kind(leaf) != "data" or attr is None:
        return columns
    items = attr[0]
    if len(columns) < 2 or len(items) < 2 or items[1] == "array":
        return columns
    chosen = items[1]
    return (columns[chosen],) if isinstance(chosen, int) else columns[slice(*chosen)]


def _refusal(model: Built, frame: Frame, node: int, column: str) -> DataError:
    """The error that shows a cell, one that may be meant as a number where there is such."""
    import numpy as np

    words, codes = frame.classes[column], frame.table.column(column)
    numbers = column not in frame.table.words
    meant = [code for code, word in enumerate(words) if numbers and like_a_number([word])]
    place = int(np.argmax(np.isin(codes, meant)))
    word = words[int(codes.flat[place])]
    what, hint = no_number(word)
    if not hint:
        name = next((n for n, columns in frame.parts.items() if list(columns) == [column]), "")
        example = f" ({name} == {words.index(word)} where it is {quoted(word)})" if name else ""
        hint = f"text counts as classes: compare it{example}, or give it to onehot, cross_entropy"
        hint += " or an index"
    row = place // (codes.size // len(codes))
    what = f"{frame.table.place(column, row)}: {what}, and text has no arithmetic"
    error = DataError(what, hint=hint, span=model.span(node))
    model.program.locate(error)
    return error


def _refuse_two_counts(model: Built, frame: Frame, node: int, columns: Columns) -> None:
    """DataError for texts side by side of which one number means two words."""
    first, *others = columns or ("",)
    for other in others:
        if frame.classes[other] != frame.classes[first]:
            error = DataError(
                f"the classes of '{first}' and of '{other}' are counted apart",
                hint=f"one data statement counts them together: data both = {first}, {other}",
                span=model.span(node),
            )
            model.program.locate(error)
            raise error
