"""Nodes of a graph as a function of the parameters, with the rows of data on all devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
from jax.sharding import NamedSharding, PartitionSpec

from gradcli.run.jax.devices import everywhere, float64, here, mesh, translated
from gradcli.run.jax.steps import Sharded
from gradcli.run.jax.traced import Traceable


class XlaValues:
    """What `run` makes of some parameters and the `others`: numbers, arrays, or `Sharded` rows.

    Every process gets the whole of it.
    """

    def __init__(self, run: Traceable, others: Sequence[Any]) -> None:
        rows = [value.rows if isinstance(value, Sharded) else None for value in others]
        with float64():
            self._others = [
                value.array if isinstance(value, Sharded) else everywhere(value) for value in others
            ]

        def found(params: Sequence[Any], others: Sequence[Any]) -> list[Any]:
            given = (
                value if count is None else Sharded(value, count).some(None)
                for value, count in zip(others, rows)
            )  # fmt: skip
            return run(*params, *given)

        self._run = jax.jit(found, out_shardings=NamedSharding(mesh(), PartitionSpec()))

    def __call__(self, params: Sequence[Any]) -> list[Any]:
        """The values there: floats, or arrays of NumPy."""
        with float64(), translated():
            return [*map(here, self._run([*map(everywhere, params)], self._others))]
