"""What the names in an op's value mean for NumPy arrays.

Every function takes arrays and floats mixed; those of one array follow the same formula as the
scalar namespace, so that the two agree to a few units in the last place.
"""

from __future__ import annotations

import builtins
import functools
import math
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import GradError
from gradcli.graph.ops.hyperbolic import tanh  # noqa: F401  # a name of the namespace

Array = NDArray[np.float64]
Values = Any
"""An array, or a float that broadcasts."""

# Where numbers broke down is said in a report; NumPy's warnings would say it twice. The command
# line has the process for itself; the library leaves the settings of its caller as they are.
if "gradcli.cli" in sys.modules:
    np.seterr(all="ignore")

exp, expm1, exp2, log, log1p, log2, log10 = (
    np.exp, np.expm1, np.exp2, np.log, np.log1p, np.log2, np.log10,
)  # fmt: skip
sqrt, cbrt, sign, floor, ceil, round, trunc, abs = (
    np.sqrt, np.cbrt, np.sign, np.floor, np.ceil, np.rint, np.trunc, np.abs,
)  # fmt: skip
sin, cos, tan, asin, acos, atan = np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan
sinh, cosh, asinh, acosh, atanh = np.sinh, np.cosh, np.arcsinh, np.arccosh, np.arctanh
div, power, mod, hypot, atan2, square, logaddexp, outer = (
    np.divide, np.power, np.mod, np.hypot, np.arctan2, np.square, np.logaddexp, np.outer,
)  # fmt: skip


def _special(name: str) -> Any:
    """A function of SciPy, which is imported at the first call."""

    def special(*args: Values) -> Values:
        import scipy.special

        return getattr(scipy.special, name)(*args)

    return special


erf, gamma, lgamma, _psi, _erfc, _zeta = map(
    _special, ("erf", "gamma", "gammaln", "psi", "erfc", "zeta")
)
xlogy, xlog1py = map(_special, ("xlogy", "xlog1py"))


def erfc(x: Values) -> Values:
    """SciPy's, and for large x, where that is off by up to 160 units, that of `math`."""
    result = np.asarray(_erfc(x))
    large = np.greater(x, 0.5)
    result[large] = [*map(math.erfc, np.asarray(x)[large].tolist())]
    return result


def digamma(x: Values) -> Values:
    """SciPy's, and just above a pole below 0, where that loses digits, ψ(1 - x) - π / tan(πx)."""
    above = x - np.floor(x)
    near = np.less(x, 0) & (above > 0) & (above < 0.25)
    return np.where(near, _psi(1.0 - x) - math.pi / np.tan(math.pi * above), _psi(x))


def polygamma(n: Values, x: Values) -> Values:
    """(-1)^(n+1) n! ζ(n+1, x) for whole n ≥ 0, else nan."""
    whole = np.greater_equal(n, 0) & np.isfinite(n) & np.equal(np.floor(n), n)
    s = np.where(whole, n, 0.0) + 1.0
    sign = 1.0 - 2.0 * np.mod(s, 2.0)
    # SciPy's ζ adds up one by one what stands between x and 0. Far below 0 we take the sum over all
    # whole numbers, which repeats with period 1, less the sum beyond x.
    far = np.less(x, -20) & np.not_equal(x, np.floor(x))
    low, usual = np.where(far, x, -0.5), np.where(far, 1.0, x)
    rest = low - np.floor(low)
    below = _zeta(s, rest) + sign * (_zeta(s, 1.0 - rest) - _zeta(s, 1.0 - low))
    zeta = np.where(far, below, _zeta(s, usual))
    return np.where(whole, np.where(np.equal(n, 0), digamma(x), sign * gamma(s) * zeta), np.nan)


def root(x: Values) -> Values:
    """x^0.5, which unlike the square root is inf at -inf, and no -0 at -0."""
    return np.where(np.equal(x, -np.inf), np.inf, np.sqrt(x + 0.0))


def _comparison(compare: Any) -> Any:
    def compared(a: Values, b: Values) -> Values:
        return compare(a, b).astype(np.float64)

    return compared


lt, le, gt, ge, eq, ne = map(
    _comparison, (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
)


def maximum(*xs: Values) -> Values:
    return functools.reduce(np.maximum, xs)


def minimum(*xs: Values) -> Values:
    return functools.reduce(np.minimum, xs)


def clip(x: Values, lo: Values, hi: Values) -> Values:
    return np.minimum(np.maximum(x, lo), hi)


def where(condition: Values, a: Values, b: Values) -> Values:
    return np.where(np.not_equal(condition, 0), a, b)


def gate(x: Values, mask: Values) -> Values:
    return np.where(np.not_equal(mask, 0), x, 0.0)


def relu(x: Values) -> Values:
    return np.maximum(x, 0.0)


def sigmoid(x: Values) -> Values:
    e = np.exp(-np.abs(x))
    return np.maximum(e, ge(x, 0.0)) / (1.0 + e)  # e is at most 1


def log_sigmoid(x: Values) -> Values:
    return np.minimum(x, 0.0) - np.log1p(np.exp(-np.abs(x)))


def softplus(x: Values) -> Values:
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def huber(r: Values, delta: Values) -> Values:
    size = np.abs(r)
    return np.where(size <= delta, 0.5 * r * r, delta * (size - 0.5 * delta))


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


def picked(rows: Values, classes: Values) -> Values:
    """Of every row the entry of its class; a stand-in for an array has a way of its own."""
    if hasattr(rows, "picked"):
        return rows.picked(classes)
    places = whole_numbers(classes, rows.shape[-1], "class")
    if rows.ndim == 2 and places.shape == rows.shape[:1]:
        return rows[np.arange(len(rows)), places]  # in a third of the time
    return np.take_along_axis(rows, places[..., None], axis=-1)[..., 0]


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


def whole_numbers(values: Values, size: int, what: str) -> NDArray[np.intp]:
    """`values` as places on an axis of `size` entries; negative ones count from the end.

    Raises GradError for one that is no whole number or out of range.
    """
    values = np.asarray(values)
    low = 0 if what == "class" else -size
    wrong = ~((values >= low) & (values < size) & (np.floor(values) == values))
    if wrong.any():
        bad = float(values[wrong][0])
        if not float(bad).is_integer():
            raise GradError(f"the {what} {bad:g} is no whole number", hint="write 0, 1, 2, …")
        raise GradError(f"there is no {what} {bad:g} among {size}", hint=f"the first {what} is 0")
    places: NDArray[np.intp] = values.astype(np.intp)
    return places


def _places(items: tuple[Any, ...], x: Values, indices: tuple[Values, ...]) -> tuple[Any, ...]:
    """The index of NumPy that `items` and the index arrays mean."""
    arrays = iter(indices)
    return tuple(
        whole_numbers(next(arrays), size, "index") if item == "array"
        else slice(*item) if isinstance(item, tuple) else item
        for item, size in zip(items, np.shape(x))
    )  # fmt: skip


def index(items: tuple[Any, ...], x: Values, *indices: Values) -> Values:
    places = _places(items, x, indices)
    return x[_outer(items, places, x)]


def scatter(items: tuple[Any, ...], g: Values, x: Values, *indices: Values) -> Values:
    result = np.zeros(np.shape(x))
    places = _outer(items, _places(items, x, indices), x)
    if indices:
        np.add.at(result, places, g)
    else:
        result[places] = g
    return result


def _outer(items: tuple[Any, ...], places: tuple[Any, ...], x: Values) -> tuple[Any, ...]:
    """Indices such that the axes of index arrays stay where the first of them stands.

    NumPy moves them to the front when a slice parts them, or a number stands beside them.
    """
    if "array" not in items or all(item == "array" for item in items):
        return places
    first = items.index("array")
    arrays = [p for p, item in zip(places, items) if item == "array"]
    if len(arrays) == 1 and not any(isinstance(item, int) for item in items):
        return places
    rank = np.broadcast(*arrays).ndim
    sizes = np.shape(x)
    slots = [i for i, item in enumerate(items) if isinstance(item, tuple)]
    tail = len(sizes) - len(items)
    before = builtins.sum(1 for i in slots if i < first)
    axes = len(slots) + rank + tail
    result: list[Any] = []
    position = 0
    for i, item in enumerate(items):
        if item == "array":
            result.append(np.reshape(places[i], places[i].shape + (1,) * (axes - before - rank)))
        elif isinstance(item, int):
            result.append(item)
        else:
            axis = position if position < before else position + rank
            along = np.arange(sizes[i])[places[i]]
            result.append(np.reshape(along, (-1,) + (1,) * (axes - axis - 1)))
            position += 1
    for i in range(len(items), len(sizes)):
        axis = position + rank
        result.append(np.reshape(np.arange(sizes[i]), (-1,) + (1,) * (axes - axis - 1)))
        position += 1
    return tuple(result)


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


def onehot(ids: Values, n: int) -> Values:
    places = np.asarray(whole_numbers(ids, n, "class"))
    found = np.zeros((*places.shape, n))
    found.reshape(-1)[np.arange(places.size) * n + places.reshape(-1)] = 1.0
    return found


def randn(generator: np.random.Generator, shape: tuple[int, ...]) -> Values:
    return generator.standard_normal(shape)


def uniform(
    generator: np.random.Generator, shape: tuple[int, ...], low: float, high: float
) -> Values:
    return generator.uniform(low, high, shape)


def randint(generator: np.random.Generator, shape: tuple[int, ...], n: int) -> Values:
    return np.asarray(generator.integers(n, size=shape), np.float64)


# Of matrices, the last two axes of an array; only the result of a stack of them has other axes.


def trace(a: Values) -> Values:
    return np.trace(a, axis1=-2, axis2=-1)


def diag(a: Values) -> Values:
    return np.diag(a)


def det(a: Values) -> Values:
    return np.linalg.det(a)


def logdet(a: Values) -> Values:
    sign, size = np.linalg.slogdet(a)
    return np.where(sign > 0, size, np.where(sign == 0, -np.inf, np.nan))


def inv(a: Values) -> Values:
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return np.stack([inv(each) for each in a]) if a.ndim > 2 else np.full(a.shape, np.nan)


def solve(a: Values, b: Values) -> Values:
    """b is a vector, or one for each of a stack of matrices, or it is a matrix, or a stack."""
    try:
        if b.ndim < a.ndim:
            return np.linalg.solve(a, b[..., None])[..., 0]
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        return np.stack([*map(solve, a, b)]) if a.ndim > 2 else np.full(b.shape, np.nan)


def cofactor(a: Values) -> Values:
    """det(a)·inv(a).T by the singular values, so that a singular matrix has one too."""
    if not np.isfinite(a).all():
        return np.full(np.shape(a), np.nan)
    u, s, vt = np.linalg.svd(a)
    return _sign(u, vt) * (u * prod_others(s, 0)) @ vt


def cofactor_slope(a: Values, h: Values) -> Values:
    """The cofactors of diag(s) + t·k, where a is u·diag(s)·vt, differentiated by t at 0."""
    if not (np.isfinite(a).all() and np.isfinite(h).all()):
        return np.full(np.shape(a), np.nan)
    u, s, vt = np.linalg.svd(a)
    k = u.T @ h @ vt.T
    diagonal = np.eye(len(s))
    rest = prod_others(np.where(diagonal, 1.0, s), 1) * (1.0 - diagonal)
    return _sign(u, vt) * u @ (np.diag(rest @ np.diag(k)) - k.T * rest) @ vt


def _sign(u: Values, vt: Values) -> float:
    """The determinant of a product of orthogonal matrices: 1 or -1."""
    return float(np.rint(np.linalg.det(u) * np.linalg.det(vt)))


NAMESPACE: dict[str, object] = {
    name: value for name, value in globals().items() if callable(value) and not name.startswith("_")
}
"""The functions by name, for the code that is made from op values."""
