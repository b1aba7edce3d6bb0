"""Arrays that are reshaped, joined, repeated, made and drawn."""

from __future__ import annotations

import numpy as np

from gradcli.graph.ops.arrays.pointwise import Values
from gradcli.graph.ops.arrays.sums import sum


def reshape(x: Values, shape: tuple[int, ...]) -> Values:
    return np.reshape(x, shape)


def transpose(x: Values, axes: tuple[int, ...]) -> Values:
    return np.transpose(x, axes)


def concat(axis: int, *xs: Values) -> Values:
    return np.concatenate(xs, axis=axis)


def stack(axis: int, *xs: Values) -> Values:
    return np.stack(xs, axis=axis) if axis or np.ndim(xs[0]) else np.array(xs, dtype=np.float64)


def repeat(x: Values, n: int, axis: int | None) -> Values:
    return np.repeat(x, n, axis=axis)


def expand(x: Values, shape: tuple[int, ...]) -> Values:
    return np.broadcast_to(x, shape)


def sum_to(x: Values, shape: tuple[int, ...]) -> Values:
    extra = x.ndim - len(shape)
    if x.ndim == 2 and extra == 1 and shape == x.shape[1:]:
        return sum(x, 0, 0)
    axes = tuple(range(extra)) + tuple(
        i + extra for i, n in enumerate(shape) if n == 1 and x.shape[i + extra] != 1
    )
    return np.reshape(np.sum(x, axis=axes), shape)


def zeros(shape: tuple[int, ...]) -> Values:
    return np.zeros(shape)


def ones(shape: tuple[int, ...]) -> Values:
    return np.ones(shape)


def eye(n: int, m: int | None) -> Values:
    return np.eye(n, m)


def arange(start: float, stop: float | None, step: float) -> Values:
    first, last = (0.0, start) if stop is None else (start, stop)
    n = np.maximum(0, np.ceil((last - first) / step))
    return first + step * np.arange(int(n), dtype=np.float64)


def linspace(start: float, stop: float, n: int) -> Values:
    return np.linspace(start, stop, n)


def randn(generator: np.random.Generator, shape: tuple[int, ...]) -> Values:
    return generator.standard_normal(shape)


def uniform(
    generator: np.random.Generator, shape: tuple[int, ...], low: float, high: float
) -> Values:
    return generator.uniform(low, high, shape)


def randint(generator: np.random.Generator, shape: tuple[int, ...], n: int) -> Values:
    return np.asarray(generator.integers(n, size=shape), np.float64)
