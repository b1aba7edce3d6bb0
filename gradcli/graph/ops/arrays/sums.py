"""Products of arrays, sums and what else is made of all entries along an axis."""

from __future__ import annotations

import numpy as np

from gradcli.graph.ops.arrays.places import picked
from gradcli.graph.ops.arrays.pointwise import Values

outer = np.outer


def matmul(a: Values, b: Values) -> Values:
    # `dot` is the same product, with half the overhead of `matmul` on small matrices.
    return np.dot(a, b) if a.ndim <= 2 and b.ndim <= 2 else np.matmul(a, b)


_SHORT = 128
"""Entries that NumPy too adds one after the other, before it adds up in pairs."""


def sum(x: Values, axis: int | None, keepdims: int) -> Values:
    if x.ndim == 2 and axis is not None and (axis in (0, -2) or x.shape[1] <= _SHORT):
        return _sum_by_product(x, axis % 2, bool(keepdims))
    return np.sum(x, axis=axis, keepdims=bool(keepdims))


def _sum_by_product(x: Values, axis: int, keepdims: bool) -> Values:
    """The sum along an axis of a matrix, times a vector of ones: 4 to 10 times as fast."""
    ones = np.ones(x.shape[axis])
    total = np.dot(x, ones) if axis else np.dot(ones, x)
    return np.reshape(total, (-1, 1) if axis else (1, -1)) if keepdims else total


def mean(x: Values, axis: int | None, keepdims: int) -> Values:
    count = x.size if axis is None else x.shape[axis]
    return sum(x, axis, keepdims) / count


def prod(x: Values, axis: int | None, keepdims: int) -> Values:
    return np.prod(x, axis=axis, keepdims=bool(keepdims))


def max(x: Values, axis: int | None, keepdims: int) -> Values:
    return np.max(x, axis=axis, keepdims=bool(keepdims))


def min(x: Values, axis: int | None, keepdims: int) -> Values:
    return np.min(x, axis=axis, keepdims=bool(keepdims))


def var(x: Values, axis: int | None, keepdims: int) -> Values:
    """The mean square of what is left without the mean; exactly 0 of equal entries."""
    first = np.reshape(x, -1)[0] if axis is None else np.take(x, [0], axis=axis)
    return np.var(x - first, axis=axis, keepdims=bool(keepdims))


def std(x: Values, axis: int | None, keepdims: int) -> Values:
    return np.sqrt(var(x, axis, keepdims))


def norm(x: Values, axis: int | None, keepdims: int) -> Values:
    """The Euclidean length, scaled so that the squares neither overflow nor vanish."""
    scale = np.max(np.abs(x), axis=axis, keepdims=True, initial=0.0)
    usual = (scale > 1e-140) & (scale < 1e140) | ~np.isfinite(scale) | (scale == 0)
    scale = np.where(usual, 1.0, scale)
    length = scale * np.sqrt(np.sum(np.square(x / scale), axis=axis, keepdims=True))
    return length if keepdims else np.squeeze(length, axis=axis)


def _largest(x: Values, axis: int | None) -> Values:
    """The largest entry, or 0 where that is infinite: what to take off before exp."""
    top = np.max(x, axis=axis, keepdims=True)
    return np.where(np.isfinite(top), top, 0.0)


def logsumexp(x: Values, axis: int | None, keepdims: int) -> Values:
    shift = _largest(x, axis)
    total = np.log(sum(np.exp(x - shift), axis, 1)) + shift
    return total if keepdims else np.squeeze(total, axis=axis)


def count(x: Values, axis: int | None, keepdims: int) -> Values:
    return np.sum(np.ones_like(x), axis=axis, keepdims=bool(keepdims))


def count_nonzero(x: Values, axis: int | None, keepdims: int) -> Values:
    return np.sum(np.not_equal(x, 0).astype(np.float64), axis=axis, keepdims=bool(keepdims))


def argmax(x: Values, axis: int | None) -> Values:
    return np.asarray(np.argmax(x, axis=axis), dtype=np.float64)


def argmin(x: Values, axis: int | None) -> Values:
    return np.asarray(np.argmin(x, axis=axis), dtype=np.float64)


def cumsum(x: Values, axis: int | None) -> Values:
    return np.cumsum(x, axis=axis)


def prod_others(x: Values, axis: int | None) -> Values:
    """The products of what stands before and after each entry: exact also where factors are 0.

    >>> prod_others(np.array([2.0, 0.0, 4.0]), 0)
    array([0., 8., 0.])
    """
    rows = np.moveaxis(np.reshape(x, (-1,)) if axis is None else x, axis or 0, -1)
    before, after = np.ones_like(rows), np.ones_like(rows)
    np.cumprod(rows[..., :-1], axis=-1, out=before[..., 1:])
    after[..., :-1] = np.cumprod(rows[..., :0:-1], axis=-1)[..., ::-1]
    return np.reshape(np.moveaxis(before * after, -1, axis or 0), np.shape(x))


def softmax(x: Values, axis: int) -> Values:
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / sum(e, axis, 1)


def log_softmax(x: Values, axis: int) -> Values:
    rest = x - _largest(x, axis)
    return rest - np.log(sum(np.exp(rest), axis, 1))


def cross_entropy(logits: Values, target: Values) -> Values:
    if np.shape(target) == np.shape(logits):
        return nll(log_softmax(logits, -1), target)
    rest = logits - _largest(logits, -1)
    return np.log(sum(np.exp(rest), -1, 0)) - picked(rest, target)


def nll(log_p: Values, target: Values) -> Values:
    if np.shape(target) == np.shape(log_p):
        return -np.sum(np.where(np.equal(target, 0), 0.0, target * log_p), axis=-1)
    return -picked(log_p, target)


def kl(p: Values, q: Values) -> Values:
    terms = np.where(np.equal(p, 0) & ~np.isnan(q), 0.0, p * (np.log(p) - np.log(q)))
    return np.sum(terms, axis=-1)


def averaged(x: Values) -> Values:
    """The mean of all entries."""
    return np.mean(x)
