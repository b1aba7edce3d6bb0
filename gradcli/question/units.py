"""eval --units: a prediction in the units of a column that was standardized in training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradcli.errors import ShapeError, UsageError
from gradcli.question.question import Question
from gradcli.run.interpret import Value
from gradcli.words import joined, listed, nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Units:
    """The mean and the deviation of a column, by which its units are given back."""

    name: str
    mean: Array
    deviation: Array

    def given_back(self, value: Value) -> Value:
        """The value in the column's own units."""
        found: Any = value * self.deviation + self.mean
        return found if found.shape else float(found)

    def formula(self, text: str) -> str:
        """The same of an expression, so that a row says what its value is."""
        deviation, mean = self.deviation.tolist(), self.mean.tolist()
        return f"({text}) * {deviation} + {mean}"


def units(question: Question, name: str) -> Units:
    """Those of the column, or of the data, called `name`.

    Raises UsageError where it was not standardized in training, and for an output that is no
    prediction of it; ShapeError for one that has other entries.
    """
    graph, output = question.graph, question.model.output
    scales = question.trained.scales
    array, place = _found(question, name)
    if array is None:
        what = f"--units {name}: '{name}' was not standardized in training"
        if not scales:
            hint = "leave it out, or give a --params that descend --standardize saved"
            raise UsageError(what, hint=hint)
        raise UsageError(what, hint=nearest(name, scales) or f"what was: {listed(scales)}")
    label = question.names(question.cone())[output]
    itself = output == question.model.inputs.get(array)
    if not itself and (array in _used(question) or not graph.args[output]):
        why = f"it is made of {array}" if graph.args[output] else "nothing was computed for it"
        what = f"--units {name}: {label} is no prediction of {name}: {why}"
        raise UsageError(what, hint="pick the prediction by --of")
    if question.model.program.added:
        question.note(f"{label} is taken for a prediction of {name}")
    import numpy as np

    mean, deviation = (np.asarray(part, np.float64)[place] for part in scales[array])
    shape = graph.shapes[output]
    if mean.shape and shape[-1:] != mean.shape:
        raise ShapeError(
            f"--units {name}: {label} has shape {shape}, {name} has {mean.size} columns",
            hint="name one of the columns",
        )
    return Units(name, mean, deviation)


def told(question: Question) -> str:
    """A note on the columns that were standardized in training and that the output is not made of,
    since it may predict one; nothing where there are none."""
    scales, used = question.trained.scales, _used(question)
    targets = [name for name in scales if name not in used]
    learned = used & set(question.given) - set(scales)
    if not targets or not learned or not question.graph.args[question.model.output]:
        return ""
    if len(targets) > 1:
        names = f"{joined(targets, 'and')} were"
        which, what = "NAME", "one of them"
    else:
        names, which, what = f"{targets[0]} was", targets[0], "it"
    return (
        f"{names} standardized in training: --units {which} gives a prediction of {what} in its own"
        " units"
    )


def _used(question: Question) -> set[str]:
    """The inputs that the output is made of."""
    cone = set(question.cone())
    return {name for name, node in question.model.inputs.items() if node in cone}


def _found(question: Question, name: str) -> tuple[str | None, int | tuple[()]]:
    """The data that was standardized with the column, and the place of the column in it."""
    trained = question.trained
    if name in trained.scales:
        return name, ()
    for array in trained.scales:
        columns = trained.columns.get(array, [])
        if name in columns:
            return array, columns.index(name) if len(columns) > 1 else ()
    return None, ()
