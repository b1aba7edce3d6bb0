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

    def flat(self, values: Params) -> Array:
        """The values as one vector."""
        import numpy as np

        return np.concatenate([np.ravel(values[name]) for name in self._shapes], dtype=np.float64)

    def params(self, x: Array) -> Params:
        """The values of a vector, those without dimensions as floats."""
        values: Params = {}
        at = 0
        for name, shape in self._shapes.items():
            part = x[at : at + math.prod(shape)]
            values[name] = part.reshape(shape).copy() if shape else float(part[0])
            at += len(part)
        return values

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
