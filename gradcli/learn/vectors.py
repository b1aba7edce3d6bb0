"""Parameters as a dictionary of floats and arrays, and the few measures a descent takes of them.

Nothing here imports NumPy unless a value already is an array, so that descending a function of
scalars never pays for it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from gradcli.run.interpret import finite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Value: TypeAlias = float | Array
    Params: TypeAlias = dict[str, Value]
    Places: TypeAlias = NDArray[np.intp]
    Rows: TypeAlias = slice | Places | None


def largest(values: Mapping[str, Value]) -> float:
    """The largest absolute entry; nan where an entry is nan, 0 where there are no entries."""
    most = 0.0
    for value in values.values():
        if isinstance(value, float):
            size = abs(value)
        else:
            size = float(abs(value).max()) if value.size else 0.0
        # Written so that a nan, which compares as neither, is kept and returned.
        if not size <= most:
            most = size
            if most != most:
                return most
    return most


def all_finite(values: Mapping[str, Value]) -> bool:
    """Whether every entry is finite."""
    return all(map(finite, values.values()))


def dot(a: Mapping[str, Value], b: Mapping[str, Value]) -> float:
    """The sum of the products of all entries."""
    total = 0.0
    for name, value in a.items():
        product = value * b[name]
        total += product if isinstance(product, float) else float(product.sum())
    return total


def norm(values: Mapping[str, Value]) -> float:
    """The Euclidean norm of all entries together, of finite ones without overflow."""
    scale = largest(values)
    if scale == 0 or not math.isfinite(scale):
        return scale
    scaled: Params = {name: value / scale for name, value in values.items()}
    return scale * math.sqrt(dot(scaled, scaled))


def moved(values: Mapping[str, Value], step: float, direction: Mapping[str, Value]) -> Params:
    """values + step * direction."""
    return {name: value + step * direction[name] for name, value in values.items()}


def root(value: Value) -> Callable[[Any], Any]:
    """The square root that fits a value: of floats, or of arrays."""
    if isinstance(value, float):
        return math.sqrt
    import numpy as np

    return np.sqrt


def quiet(values: Mapping[str, Value]) -> contextlib.AbstractContextManager[object]:
    """A block in which arrays overflow without a warning, as floats do."""
    if all(isinstance(value, float) for value in values.values()):
        return contextlib.nullcontext()
    import numpy as np

    return np.errstate(all="ignore")


def like(value: object, model: Value) -> Value:
    """`value` as a float or a float64 array, whichever `model` is; ValueError for other shapes."""
    if isinstance(model, float):
        return float(value)  # type: ignore[arg-type]
    import numpy as np

    array = np.array(value, dtype=np.float64)
    if array.shape != model.shape:
        raise ValueError(f"has shape {array.shape}, not {model.shape}")
    return array
