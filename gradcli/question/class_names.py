"""Class numbers get their names back, where an answer is the place of a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcli.question.question import Question
    from gradcli.run.interpret import Value


def classes_of(question: Question, node: int, count: int) -> list[str] | None:
    """The one list of so many classes, for which the entries of a node may stand."""
    if question.graph.kind(node) == "data":
        return None
    fitting = {tuple(names) for names in question.classes.values() if len(names) == count}
    return list(fitting.pop()) if len(fitting) == 1 else None


def places_of(question: Question, output: int) -> list[str] | None:
    """The classes of which an output is the place, or several side by side.

    That is an argmax or argmin over an axis with an entry for each of the classes of a column of
    text, of something that is made of data or parameters.
    """
    graph = question.graph
    found: set[tuple[str, ...]] = set()
    waiting, seen = [output], set[int]()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if graph.ops[node].axes in ("joins", "stacks"):
            waiting += graph.args[node]
            continue
        if graph.ops[node].name not in ("argmax", "argmin"):
            return None
        (arg,), (axis, *_) = graph.args[node], graph.attrs[node] or (None,)
        shape = graph.shapes[arg]
        if axis is None and len(shape) != 1:
            return None
        learned = any(graph.kind(n) in ("param", "data", "variable") for n in graph.cone([arg]))
        names = classes_of(question, node, shape[axis or 0]) if learned else None
        if names is None:
            return None
        found.add(tuple(names))
    return list(found.pop()) if len(found) == 1 else None


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
