"""JAX as it is used here: float64, and arrays whose rows lie on all devices of all processes."""

from __future__ import annotations

import contextlib
import functools
import math
import os
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.experimental
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from gradcli.graph.graph import Graph
from gradcli.graph.ops.classes import looks_up
from gradcli.run.interpret import finite, interpret
from gradcli.run.jax import COORDINATOR, process, processes
from gradcli.run.jax.traced import traceable

Array = Any
Take = Callable[[slice], np.ndarray[Any, Any]]
"""Some rows of an array of data."""


def float64() -> contextlib.AbstractContextManager[Any]:
    """A block in which JAX keeps float64; the settings of whoever uses JAX too are left alone."""
    where = jax if hasattr(jax, "enable_x64") else jax.experimental  # before JAX 0.8
    made: contextlib.AbstractContextManager[Any] = where.enable_x64(True)
    return made


@functools.cache
def _mesh() -> Mesh:
    """All devices of all processes, in a row."""
    if processes() > 1:
        jax.distributed.initialize(os.environ[COORDINATOR], processes(), process())
    return Mesh(np.array(jax.devices()), ("rows",))


def by_rows(rows: int, shape: tuple[int, ...], take: Take) -> Array:
    """An array of data with its rows in equal parts on all devices, each process reading its own.

    There are zeros behind the last row where the parts would not be equal: `some_rows` leaves them
    out again.
    """
    sharding = NamedSharding(_mesh(), PartitionSpec("rows"))
    count = len(jax.devices())
    padded = math.ceil(rows / count) * count

    def part(index: tuple[slice, ...]) -> np.ndarray[Any, Any]:
        first, last, _ = index[0].indices(padded)
        found = np.asarray(take(slice(min(first, rows), min(last, rows))), np.float64)
        return np.concatenate([found, np.zeros((last - first - len(found), *shape))])

    with float64():
        return jax.make_array_from_callback((padded, *shape), sharding, part)


def everywhere(value: Any) -> Array:
    """A number or an array on every device."""
    if len(_mesh().devices) == 1:
        return np.asarray(value, np.float64)  # which a compiled function takes sooner
    sharding = NamedSharding(_mesh(), PartitionSpec())
    whole = np.asarray(value, np.float64)
    with float64():
        return jax.make_array_from_callback(whole.shape, sharding, lambda index: whole[index])


def spread(batch: Array) -> Array:
    """The gathered rows of a batch, in equal parts on all devices where they can be."""
    if len(jax.devices()) == 1 or batch.shape[0] % len(jax.devices()):
        return batch
    sharding = NamedSharding(_mesh(), PartitionSpec("rows"))
    return jax.lax.with_sharding_constraint(batch, sharding)


def here(value: Any) -> Any:
    """An array of JAX as a float, or as one of NumPy."""
    if isinstance(value, jax.Array) and value.is_fully_replicated:
        value = value.addressable_data(0)
    found = np.asarray(value)
    return float(found) if not found.shape else np.array(found)


def compiled(
    graph: Graph, outputs: Sequence[int], inputs: Sequence[int], seed: int = 0
) -> Callable[[Sequence[Any]], list[Any]]:
    """Some nodes of a graph as a function of others: floats for scalars, else float64 arrays.

    Raises StepError, as the default engine, for an index or a class out of range.
    """
    run = jax.jit(traceable(graph, outputs, inputs, seed))
    places = looks_up(graph, outputs)

    def called(values: Sequence[Any]) -> list[Any]:
        with float64():
            found = [*map(here, run(*(jnp.asarray(value, float) for value in values)))]
        if places and not all(map(finite, found)):
            interpret(graph, outputs, dict(zip(inputs, values)), seed)
        return found

    return called
