"""Functions of NumPy that work entry by entry; arrays and floats mixed broadcast."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.graph.ops.hyperbolic import tanh  # noqa: F401  # a name of the namespace

Array = NDArray[np.float64]
Values = Any
"""An array, or a float that broadcasts."""

exp, expm1, exp2, log, log1p, log2, log10 = (
    np.exp, np.expm1, np.exp2, np.log, np.log1p, np.log2, np.log10,
)  # fmt: skip
sqrt, cbrt, sign, floor, ceil, round, trunc, abs = (
    np.sqrt, np.cbrt, np.sign, np.floor, np.ceil, np.rint, np.trunc, np.abs,
)  # fmt: skip
sin, cos, tan, asin, acos, atan = np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan
sinh, cosh, asinh, acosh, atanh = np.sinh, np.cosh, np.arcsinh, np.arccosh, np.arctanh
div, power, mod, hypot, atan2, square, logaddexp = (
    np.divide, np.power, np.mod, np.hypot, np.arctan2, np.square, np.logaddexp,
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
