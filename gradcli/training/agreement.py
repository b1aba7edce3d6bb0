"""Whether the processes that are to descend together were asked the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcli.errors import UsageError
from gradcli.hosts import hosts
from gradcli.question.question import Question
from gradcli.training.resuming import brief
from gradcli.words import joined

ALONE = ("--save", "--resume", "--params")
"""Options whose files lie where they lie."""


def refuse_unlike(question: Question, options: Mapping[str, Any]) -> None:
    """UsageError that names what is not the same for all processes: an option, the program, the
    shape or the value of an input."""
    graph, inputs = question.graph, question.model.inputs
    asked: dict[str, Any] = {
        "the program": question.model.program.text,
        **{name: repr(value) for name, value in options.items() if name not in ALONE},
        "--of": question.of or question.label,
        "--wrt": question.wrt,
        "--sigma": question.sigma,
        **{f"the shape of {name}": list(graph.shapes[node]) for name, node in inputs.items()},
        **{
            f"the value of {name}": brief(question.inputs[node])
            for name, node in inputs.items()
            if graph.kind(node) != "data" and node in question.inputs
        },
        "the classes": question.classes,
    }
    first, *others = hosts().gathered("question", asked)
    for place, other in enumerate(others, 1):
        names = [*first, *(name for name in other if name not in first)]
        unlike = [name for name in names if first.get(name) != other.get(name)]
        if unlike:
            unlike = unlike[:1] if unlike[0] == "the program" else unlike
            are = "is" if len(unlike) == 1 else "are"
            raise UsageError(
                f"process {place} was not asked the same as process 0:"
                f" {joined(unlike, 'and')} {are} not alike",
                hint="run the same command on the same data on each host",
            )
