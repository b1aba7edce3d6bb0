"""What the inputs of a program start at."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING

from gradcli.errors import LanguageError
from gradcli.graph.built import Built
from gradcli.question.locating import located
from gradcli.run.interpret import Value

if TYPE_CHECKING:
    from gradcli.question.frame import Frame


def start_values(
    model: Built, values: Mapping[str, Value], frame: Frame | None, seed: int
) -> dict[int, Value]:
    """The value of every input: a given one, the data, or what the program starts with."""
    inputs: dict[int, Value] = {}
    alone = independent_starts(model, values, seed)
    for name, node in model.inputs.items():
        if name in values:
            inputs[node] = values[name]
        elif frame is not None and model.graph.kind(node) == "data":
            inputs[node] = frame.value(name)
        elif name in model.starts:
            start = model.starts[name]
            refuse_guessed(model, name, start)
            if start in alone:
                inputs[node] = alone[start]
            else:
                inputs[node] = located(model, [start], inputs, seed)[start]
    return inputs


def independent_starts(model: Built, given: Container[str], seed: int) -> Mapping[int, Value]:
    """What those nodes start at that need no other input, all of them in one run."""
    starts = [model.starts[n] for n in model.inputs if n in model.starts and n not in given]
    depends = model.graph.depends(range(max(starts, default=-1) + 1), model.inputs.values())
    return located(model, [start for start in starts if not depends[start]], {}, seed)


def refuse_guessed(model: Built, name: str, start: int) -> None:
    """LanguageError for a start that is made of a variable without a value."""
    for other in model.guessed:
        node = model.inputs[other]
        if node in model.graph.cone([start]):
            raise LanguageError(
                f"'{name}' starts at what needs '{other}', which has no value",
                hint=f"give {other} a value: {other}=1",
            )
