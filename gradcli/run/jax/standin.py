"""Arrays of JAX to which NumPy's functions apply, by NumPy's own protocols (NEP 13 and 18).

So the functions of `graph.ops.arrays` are JAX's too, where they do nothing that JAX cannot trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jax.numpy as jnp
import jax.scipy.special
import numpy as np

_SPECIAL = {"psi": "digamma"}
"""What JAX calls a function of SciPy, where it has another name."""


class StandIn(np.lib.mixins.NDArrayOperatorsMixin):
    """An array of JAX, or what `jax.jit` traces in its place."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] = self.value.shape
        return shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=int))

    @property
    def T(self) -> StandIn:  # noqa: N802
        return StandIn(self.value.T)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> StandIn:
        return StandIn(self.value[bare(key)])

    def astype(self, dtype: Any) -> StandIn:
        """The same numbers as another type."""
        return StandIn(self.value.astype(dtype))

    def picked(self, classes: Any) -> StandIn:
        """Of every row the entry of its class."""
        from gradcli.run.jax.namespace import picked

        return StandIn(picked(self.value, bare(classes)))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            return NotImplemented
        return stood_in(_named(ufunc.__name__)(*map(bare, inputs)))

    def __array_function__(
        self, function: Any, types: Iterable[type], args: Any, options: Mapping[str, Any]
    ) -> Any:
        if function is np.dot and any(_all_ones(arg) for arg in args):
            return stood_in(_sum_of_one(*map(bare, args)))
        linear = "linalg" in (function.__module__ or "")
        found = getattr(jnp.linalg if linear else jnp, function.__name__)
        return stood_in(found(*bare(args), **{key: bare(value) for key, value in options.items()}))


def _named(name: str) -> Callable[..., Any]:
    if hasattr(jnp, name):
        found: Callable[..., Any] = getattr(jnp, name)
        return found
    name = name.lstrip("_")  # of some of SciPy's
    special: Callable[..., Any] = getattr(jax.scipy.special, _SPECIAL.get(name, name))
    return special


def _all_ones(value: Any) -> bool:
    return type(value) is np.ndarray and value.ndim == 1 and bool((value == 1).all())


def _sum_of_one(a: Any, b: Any) -> Any:
    """The sum that NumPy does fastest as a product with ones, and XLA as a sum."""
    return jnp.sum(a, axis=1) if np.ndim(b) == 1 else jnp.sum(b, axis=0)


def bare(value: Any) -> Any:
    """What stand-ins stand for, also within lists and tuples."""
    if isinstance(value, StandIn):
        return value.value
    if isinstance(value, tuple):
        return tuple(bare(part) for part in value)
    if isinstance(value, list):
        return np.asarray(value) if all(type(p) is int for p in value) else [*map(bare, value)]
    return value


def stood_in(value: Any) -> Any:
    """A stand-in for an array of JAX, also within tuples."""
    if isinstance(value, jax.Array):
        return StandIn(value)
    return tuple(map(stood_in, value)) if isinstance(value, tuple) else value
