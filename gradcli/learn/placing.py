"""The data of a loss on the devices of JAX, each process reading its own rows, once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from gradcli.errors import GradError, ShapeError
from gradcli.graph.ops.classes import is_place
from gradcli.hosts import hosts
from gradcli.run.interpret import StepError, interpret
from gradcli.run.row_kinds import row_kinds

if TYPE_CHECKING:
    from gradcli.learn.loss import Data, Loss, Measure
    from gradcli.learn.vectors import Params

_placed: WeakKeyDictionary[Data, dict[str, Any]] = WeakKeyDictionary()
"""The arrays that lie there, which the loss and its metrics share."""

TOGETHER = 65_536
"""Rows whose places and classes are looked at together."""


def on_devices(loss: Loss) -> list[Any]:
    """The values of the inputs that are no parameters, rows of data on all devices."""
    from gradcli.run.jax.devices import by_rows
    from gradcli.run.jax.steps import Sharded

    whole = loss.measure(loss.rows)
    others: list[Any] = []
    for name in whole.others:
        if name in loss.fixed or loss.data is None:
            others.append(loss.fixed[name])
            continue
        held = _placed.setdefault(loss.data, {})
        if name not in held:
            shape = whole.graph.shapes[whole.model.inputs[name]][1:]
            held[name] = by_rows(loss.rows, shape, partial(loss.data.take, name))
        others.append(Sharded(held[name], loss.rows))
    return others


def refuse_places(loss: Loss, params: Params) -> bool:
    """Raises StepError for an index or a class out of range, of which every process looks at its
    own rows; returns False where only all rows together tell them."""
    own = hosts().own(loss.rows)
    blocks = [
        slice(start, min(start + TOGETHER, own.stop))
        for start in range(own.start, own.stop, TOGETHER)
    ]
    try:
        other = loss.measure(loss.rows + 1)
    except GradError:  # the program itself counts the rows
        return False
    if loss.data is None or not _are_by_row(other):
        return False
    broken: StepError | None = None
    for rows in blocks:
        measure = loss.measure(rows.stop - rows.start)
        values = [*(params[name] for name in loss.params), *loss.others(measure, rows)]
        try:
            inputs = dict(zip(measure.inputs, values))
            interpret(measure.graph, _with_places(measure), inputs, loss.seed)
        except StepError as step:
            broken = step
            break
    mine = broken and [broken.error.what, broken.error.hint, broken.node]
    for found in hosts().gathered("places", mine):
        if found:
            what, hint, node = found
            raise StepError(ShapeError(what, hint=hint), node)
    return True


def _with_places(measure: Measure) -> list[int]:
    """The nodes that take places or classes."""
    graph = measure.graph
    return [
        node
        for node in graph.cone([measure.model.output])
        if any(is_place(graph, node, at) for at in range(len(graph.args[node])))
    ]


def _are_by_row(measure: Measure) -> bool:
    """Whether each row has its own places and classes, whatever else is in the program."""
    graph = measure.graph
    cone = graph.cone([measure.model.output])
    data = [node for node in measure.model.inputs.values() if graph.kind(node) == "data"]
    kinds = row_kinds(graph, cone, data)
    return all(
        isinstance(kinds[arg], int) or kinds[arg] == "fixed"
        for node in _with_places(measure)
        for at, arg in enumerate(graph.args[node])
        if is_place(graph, node, at)
    )
