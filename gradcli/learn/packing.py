"""Parameters as one vector, and back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.learn.vectors import Array, Params


class Packing:
    """The places of parameters, and of what has their shapes, side by side in one vector."""

    def __init__(self, params: Params) -> None:
        self._shapes = {
            name: () if isinstance(value, float) else value.shape for name, value in params.items()
        }
        self._parts: list[tuple[str, slice, tuple[int, ...]]] = []
        at = 0
        for name, shape in self._shapes.items():
            size = math.prod(shape)
            self._parts.append((name, slice(at, at + size), shape))
            at += size

    def flat(self, values: Params) -> Array:
        """The values as one vector.

        >>> Packing({"w": np.zeros((2, 1)), "b": 0.0}).flat({"b": 3.0, "w": np.array([[1], [2]])})
        array([1., 2., 3.])
        """
        import numpy as np

        return np.concatenate(
            [values[name] for name in self._shapes], axis=None, dtype=np.float64
        )  # fmt: skip

    def params(self, x: Array) -> Params:
        """The values of a vector, those without dimensions as floats."""
        return {n: v if isinstance(v, float) else v.copy() for n, v in self.views(x).items()}

    def views(self, x: Array) -> Params:
        """The same, whose arrays lie in the vector."""
        return {
            name: x[part].reshape(shape) if shape else float(x[part.start])
            for name, part, shape in self._parts
        }

    def columns(self, values: Params, rows: int) -> Array:
        """Values with a row axis before their shapes, as a matrix with so many rows."""
        import numpy as np

        parts = [np.reshape(values[name], (rows, math.prod(s))) for name, s in self._shapes.items()]
        return np.concatenate(parts, axis=1, dtype=np.float64)

    def square(self, values: dict[str, Params]) -> Array:
        """Values by two parameters, in the shape of the first + that of the second, as a matrix."""
        import numpy as np

        rows = [self.columns(values[name], math.prod(s)) for name, s in self._shapes.items()]
        return np.concatenate(rows, axis=0)
