"""Class numbers get their names back, where an answer is the place of a class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gradcli.errors import GradError
from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.ops.op import Shape
from gradcli.language.program import header_of
from gradcli.question.class_axes import ClassAxes

if TYPE_CHECKING:
    from gradcli.question.question import Question
    from gradcli.run.interpret import Value


def classes_of(question: Question, node: int, axis: int) -> list[str] | None:
    """The classes that an axis of a node runs over, where the program shows that it does."""
    if not question.classes or question.graph.kind(node) == "data":
        return None
    known, at = _known(question, node)
    column = known.axes[at][axis] if known and axis < len(known.axes[at]) else None
    return None if column is None else question.classes[column]


def places_of(question: Question, output: int) -> list[str] | None:
    """The classes of which an output is the place, or several side by side.

    That is an argmax or argmin over an axis with an entry for each of the classes of a column of
    text.
    """
    graph = question.graph
    waiting = [output]
    for node in waiting:
        if graph.ops[node].axes in ("joins", "stacks"):
            waiting += [arg for arg in graph.args[node] if arg not in waiting]
        elif graph.ops[node].name not in ("argmax", "argmin"):
            return None
    if not question.classes:
        return None
    known, at = _known(question, output)
    column = known.holds.get(at) if known else None
    return None if column is None else question.classes[column]


def _known(question: Question, node: int) -> tuple[ClassAxes | None, int]:
    """What the whole program shows of the axes of its nodes, and which of them the node is there.

    The output alone does not show it: with the loss it may be that scores are of classes. A param
    is built as the program starts it, or where that does not fit, in the shape of its value.
    """
    params = [s.name for s in question.model.program.statements if s.kind == "param"]
    started = {n: value for n, value in question.given.items() if n not in params}
    for values in (started, question.given):
        try:
            models = list(_whole(question, values))
        except GradError:
            continue
        first = models[0]
        names = question.graph.names.get(node, ())
        at = next((first.nodes[name] for name in names if name in first.nodes), -1)
        if at < 0 and node == question.model.output:
            at = first.output
        if at >= 0:
            return _axes(question, models), at
    return None, -1


def _whole(question: Question, values: Mapping[str, Any]) -> Iterator[Built]:
    """The model of the output, then those of the program's other nodes, as far as they can be
    built, on the same graph."""
    counts = {n: len(question.classes[c]) for n, c in _texts(question).items()}
    program = question.model.program
    columns = question.frame.table.names if question.frame else ()
    words = {n: header_of(n) for n in program.headers if header_of(n) not in columns}
    places = {n: class_of(word, question.classes) for n, word in words.items()}
    program = replace(
        program,
        class_counts={**counts, **program.class_counts},
        class_places={n: place for n, place in places.items() if place is not None}
        | program.class_places,
    )
    shapes = _shapes(question)
    first = build(program, values, shapes, of=question.of, guess=True)
    if question.label:
        from gradcli.question.outputs import pick

        pick(first, question.label)
    yield first
    nodes = dict(first.nodes)
    others = [s.name for s in program.statements if s.kind == "node"]
    for name in others:
        if name in nodes:
            continue
        try:
            model = build(
                program, values, shapes, of=name, guess=True, graph=first.graph, nodes=nodes
            )  # fmt: skip
        except GradError:
            continue
        nodes |= model.nodes
        yield model


def _axes(question: Question, models: Sequence[Built]) -> ClassAxes:
    """What these models, which share a graph, show of its axes."""
    texts, alike = _texts(question), _alike(question)
    numbers: dict[int, str] = {}
    made: dict[tuple[int, int], str] = {}
    starts: dict[int, int] = {}
    for model in models:
        meant = dict(texts)
        for node, word in model.class_words.items():
            columns = {alike[c] for c, w in question.classes.items() if header_of(word) in w}
            if len(columns) == 1:
                meant[word] = numbers[node] = columns.pop()
        inputs = model.inputs
        numbers |= {inputs[name]: column for name, column in texts.items() if name in inputs}
        made |= {at: meant[name] for at, name in model.class_axes.items() if name in meant}
        starts |= {inputs[name]: start for name, start in model.starts.items() if name in inputs}
    counts = {column: len(words) for column, words in question.classes.items()}
    return ClassAxes(models[0].graph, counts, numbers, made, starts)


def _columns(question: Question) -> dict[str, list[str]]:
    """The columns of every name of the data, as far as they are known."""
    found = {column: [column] for column in question.classes}
    for statement in question.model.program.statements:
        if statement.kind == "data" and not any(c.star or c.last for c in statement.columns):
            found[statement.name] = [column.first for column in statement.columns]
    parts = question.frame.parts if question.frame else {}
    return {**found, **question.trained.columns, **{n: list(c) for n, c in parts.items()}}


def _texts(question: Question) -> dict[str, str]:
    """The names of the data whose entries are classes, counted as those of a column."""
    alike, found = _alike(question), {}
    for name, columns in _columns(question).items():
        first, *others = {alike.get(column) for column in columns} or {None}
        if first is not None and not others:
            found[name] = first
    return found


def _alike(question: Question) -> dict[str, str]:
    """For each column of text the first that has the same classes."""
    first: dict[tuple[str, ...], str] = {}
    return {c: first.setdefault(tuple(words), c) for c, words in question.classes.items()}


def _shapes(question: Question) -> dict[str, Shape]:
    """The shape of everything of the data; what was not read has as many rows as what was."""
    frame = question.frame
    rows = 2 if frame is None else frame.rows
    found: dict[str, Shape] = {
        name: (rows,) if list(columns) == columns[:1] else (rows, len(columns))
        for name, columns in _columns(question).items()
    }
    return found if frame is None else found | frame.shapes()


def class_of(word: str, classes: Mapping[str, Sequence[str]]) -> int | None:
    """The number of the class that is called so, where all columns that have it agree."""
    places = {names.index(word) for names in classes.values() if word in names}
    return places.pop() if len(places) == 1 else None


def named(value: Value, names: list[str]) -> Any:
    """The names of class numbers, in lists of the shape of an array."""
    if isinstance(value, float):
        return names[int(value)]
    import numpy as np

    return np.array(names, dtype=object)[value.astype(np.intp)].tolist()
