"""Bounds of parameters: steps end within them, and a descent is judged by the projected gradient.

A gradient entry that pulls a parameter out of its bounds counts as 0 there: at a minimum within
bounds these are all that is left (Bertsekas 1999, Nonlinear Programming, section 2.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gradcli.graph.node import F, Node

if TYPE_CHECKING:
    from gradcli.learn.packing import Packing
    from gradcli.learn.vectors import Array, Params, Value


class Bounds:
    """`low` and `high` by name, of all entries or an array of the parameter's shape, ±inf where an
    end is open; a name that is missing has none."""

    def __init__(self, low: Mapping[str, Value], high: Mapping[str, Value]) -> None:
        self.low, self.high = dict(low), dict(high)

    def __bool__(self) -> bool:
        return bool(self.low)

    @property
    def uniform(self) -> bool:
        """Whether all entries of a parameter have the same bounds, so that nodes can hold them."""
        return all(isinstance(value, float) for value in (*self.low.values(), *self.high.values()))

    def clipped(self, name: str, value: Value) -> Value:
        """The value within the bounds of its name."""
        if name not in self.low:
            return value
        low, high = self.low[name], self.high[name]
        if isinstance(value, float):
            return low if value < low else high if value > high else value
        import numpy as np

        return np.where(value < low, low, np.where(value > high, high, value))

    def projected(self, params: Params, gradient: Params) -> Params:
        """The gradient without the entries that pull out of the bounds."""
        if not self.low or not gradient:
            return gradient
        return {name: self._projected(name, params[name], g) for name, g in gradient.items()}

    def _projected(self, name: str, value: Value, gradient: Value) -> Value:
        if name not in self.low:
            return gradient
        low, high = self.low[name], self.high[name]
        out = ((value <= low) & (gradient > 0)) | ((value >= high) & (gradient < 0))
        if isinstance(value, float):
            return 0.0 if out else gradient
        import numpy as np

        return np.where(out, 0.0, gradient)

    def clip_node(self, name: str, value: Node) -> Node:
        """`clipped` in nodes of a graph."""
        if name not in self.low:
            return value
        low, high = self.low[name], self.high[name]
        return F.where(value < low, low, F.where(value > high, high, value))

    def project_node(self, name: str, value: Node, gradient: Node) -> Node:
        """`projected` in nodes of a graph."""
        if name not in self.low:
            return gradient
        low, high = self.low[name], self.high[name]
        out = (value <= low) * (gradient > 0) + (value >= high) * (gradient < 0)
        return F.where(out, 0.0, gradient)

    def vectors(self, packing: Packing, params: Params) -> tuple[Array, Array]:
        """The bounds of all entries side by side."""
        import numpy as np

        def side(bounds: Params, open_end: float) -> Array:
            return packing.flat({n: v * 0.0 + bounds.get(n, open_end) for n, v in params.items()})

        return side(self.low, -np.inf), side(self.high, np.inf)

    def reached(self, params: Params) -> list[str]:
        """`x is on its upper bound 2`, for each parameter that is."""
        found = []
        for name in self.low:
            for side, what in ((self.low, "lower"), (self.high, "upper")):
                there: Any = params[name] == side[name]
                if isinstance(there, bool):
                    found += [f"{name} is on its {what} bound {side[name]:g}"] * there
                elif there.any():
                    count = int(there.sum())
                    entries = "1 entry" if count == 1 else f"{count:,} entries"
                    verb = "is" if count == 1 else "are"
                    found.append(f"{entries} of {name} {verb} on the {what} bound")
        return found


FREE = Bounds({}, {})
