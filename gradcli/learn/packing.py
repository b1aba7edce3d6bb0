"""Parameters as one vector, and back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcli.learn.vectors import Array, Params, Value

    Shape = tuple[int, ...]


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
        self.size = at
        """How many entries there are."""

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

    def blocks(self, matrix: Array) -> dict[str, Params]:
        """A square matrix over all entries by two parameters, as `square` takes it."""
        found: dict[str, Params] = {}
        at = 0
        for name, shape in self._shapes.items():
            size = math.prod(shape)
            # a row an entry of the first; the second's axes stand behind those of the first
            rows = [self.params(row) for row in matrix[at : at + size]]
            found[name] = {
                other: self._stacked([row[other] for row in rows], shape, inner)
                for other, inner in self._shapes.items()
            }
            at += size
        return found

    def _stacked(self, parts: list[Any], outer: Shape, inner: Shape) -> Value:
        import numpy as np

        if not outer and not inner:
            return float(parts[0])
        return np.reshape(parts, (*outer, *inner))

    def labels(self) -> list[str]:
        """What each entry is called: `a`, `W[0, 1]`."""
        from itertools import product

        found = []
        for name, shape in self._shapes.items():
            for place in product(*map(range, shape)):
                found.append(f"{name}[{', '.join(map(str, place))}]" if place else name)
        return found
