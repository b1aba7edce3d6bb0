"""JAX as it is used here: float64, and arrays whose rows lie on all devices of all processes."""

from __future__ import annotations

import contextlib
import functools
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import jax.experimental
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from gradcli.errors import GradError, UsageError
from gradcli.graph.graph import Graph
from gradcli.graph.ops.classes import looks_up
from gradcli.run.interpret import finite, interpret
from gradcli.run.jax import processes
from gradcli.run.jax.traced import traceable

Array = Any
Take = Callable[[slice], np.ndarray[Any, Any]]
"""Some rows of an array of data."""


_STATUS = re.compile(r"[A-Z_]{5,}: ")
"""How JAX begins what its runtime says, whatever kind of error it makes of it."""


def float64() -> contextlib.AbstractContextManager[Any]:
    """A block in which JAX keeps float64; the settings of whoever uses JAX too are left alone."""
    where = jax if hasattr(jax, "enable_x64") else jax.experimental  # before JAX 0.8
    made: contextlib.AbstractContextManager[Any] = where.enable_x64(True)
    return made


@functools.cache
def mesh() -> Mesh:
    """All devices of all processes, in a row; UsageError where JAX finds none."""
    try:
        found = jax.devices()
    except Exception as error:  # JAX has no kind of its own for it
        asked = os.environ.get("JAX_PLATFORMS")
        reason = (str(error).strip().splitlines() or [""])[0]
        what = f"JAX has no device for JAX_PLATFORMS={asked}" if asked else "JAX has no device"
        hint = "unset JAX_PLATFORMS, or install JAX for that device" if asked else ""
        raise UsageError(f"{what}: {reason}" if reason else what, hint=hint) from None
    return Mesh(np.array(found), ("rows",))


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """A block in which what breaks in JAX is told in our words.

    Raises MemoryError where there is too little, else GradError.
    """
    try:
        yield
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        text = (str(error).strip().splitlines() or [""])[0]
        if isinstance(error, ValueError) and not _STATUS.match(text):
            raise
        if "RESOURCE_EXHAUSTED" in text:
            raise MemoryError(text) from None
        if processes() > 1:
            raise GradError(
                f"the processes of this run have lost each other: {text}",
                hint="one of them has ended: what it says tells why; --save keeps the last step",
            ) from None
        raise GradError(f"JAX could not go on: {text}") from None


def by_rows(rows: int, shape: tuple[int, ...], take: Take) -> Array:
    """An array of data with its rows in equal parts on all devices, each process reading its own.

    There are zeros behind the last row where the parts would not be equal: `some_rows` leaves them
    out again.
    """
    sharding = NamedSharding(mesh(), PartitionSpec("rows"))
    count = mesh().size
    padded = math.ceil(rows / count) * count

    def part(index: tuple[slice, ...]) -> np.ndarray[Any, Any]:
        first, last, _ = index[0].indices(padded)
        found = np.asarray(take(slice(min(first, rows), min(last, rows))), np.float64)
        return np.concatenate([found, np.zeros((last - first - len(found), *shape))])

    with float64():
        return jax.make_array_from_callback((padded, *shape), sharding, part)


def everywhere(value: Any) -> Array:
    """A number or an array on every device."""
    if len(mesh().devices) == 1:
        return np.asarray(value, np.float64)  # which a compiled function takes sooner
    sharding = NamedSharding(mesh(), PartitionSpec())
    whole = np.asarray(value, np.float64)
    with float64():
        return jax.make_array_from_callback(whole.shape, sharding, lambda index: whole[index])


def replicating(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    """The function compiled by XLA, with results that are on every device."""
    if len(mesh().devices) > 1:
        options["out_shardings"] = NamedSharding(mesh(), PartitionSpec())
    compiled: Callable[..., Any] = jax.jit(function, **options)
    return compiled


def spread(batch: Array) -> Array:
    """The gathered rows of a batch, in equal parts on all devices where they can be."""
    if mesh().size == 1 or batch.shape[0] % mesh().size:
        return batch
    sharding = NamedSharding(mesh(), PartitionSpec("rows"))
    return jax.lax.with_sharding_constraint(batch, sharding)


def here(value: Any) -> Any:
    """An array of JAX as a float, or as one of NumPy."""
    if isinstance(value, jax.Array) and not value.is_fully_addressable:
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
