"""What the names in an op's value mean for Python floats: IEEE 754, nothing raises.

`math` raises where IEEE has an answer: `math.exp(1000)`, `1.0 / 0.0`, `math.log(0.0)`; `**` turns
complex and `max(1, nan)` is 1. These functions give what NumPy gives, without importing it.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from functools import wraps
from math import copysign, fabs, hypot, inf, isfinite, isinf, isnan, nan

Function = Callable[..., float]


def div(a: float, b: float) -> float:
    if b:
        return a / b
    if isnan(b) or isnan(a) or a == 0:
        return nan
    return copysign(inf, a) * copysign(1.0, b)


def power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -inf if a < 0 and _odd(b) else inf
    except ValueError:
        if a:
            return nan  # a negative base, and an exponent that is not whole
        # 0 to a negative power; in Python 3.10 to -inf too
        return copysign(inf, a) if _odd(b) else inf


def _odd(x: float) -> bool:
    """Whether x is an odd whole number; unlike %, `fmod` does not round."""
    return isfinite(x) and fabs(math.fmod(x, 2.0)) == 1


def _total(function: Function, overflow: float = inf) -> Function:
    """`function`, with nan outside of its domain and `overflow` where the result is too large."""

    @wraps(function)
    def total(*args: float) -> float:
        try:
            return function(*args)
        except ValueError:
            return nan
        except OverflowError:
            return overflow

    return total


def _logarithm(function: Function) -> Function:
    @wraps(function)
    def logarithm(x: float) -> float:
        return function(x) if x > 0 else -inf if x == 0 else nan

    return logarithm


exp = _total(math.exp)
expm1 = _total(math.expm1)
exp2 = _total(lambda x: math.pow(2.0, x))  # math.exp2 came with Python 3.11
log, log2, log10 = _logarithm(math.log), _logarithm(math.log2), _logarithm(math.log10)
sqrt, asin, acos, acosh = map(_total, (math.sqrt, math.asin, math.acos, math.acosh))
sin, cos, tan = map(_total, (math.sin, math.cos, math.tan))
cosh = _total(math.cosh)
atan, asinh, tanh, atan2, erf, erfc = (
    math.atan, math.asinh, math.tanh, math.atan2, math.erf, math.erfc,
)  # fmt: skip


def sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return copysign(inf, x)


def atanh(x: float) -> float:
    if fabs(x) == 1:
        return copysign(inf, x)
    return math.atanh(x) if fabs(x) < 1 else nan


def log1p(x: float) -> float:
    return math.log1p(x) if x > -1 else -inf if x == -1 else nan


def cbrt(x: float) -> float:
    if not x or not isfinite(x):
        return x
    root = copysign(fabs(x) ** (1 / 3), x)  # math.cbrt came with Python 3.11
    return root - (root - x / root / root) / 3  # one Newton step, to the last place


def _special(name: str) -> Function:
    """A function of SciPy, which is imported at the first call."""

    def special(*args: float) -> float:
        import numpy
        import scipy.special

        with numpy.errstate(all="ignore"):
            return float(getattr(scipy.special, name)(*args))

    return special


gamma, lgamma = map(_special, ("gamma", "gammaln"))


def digamma(x: float) -> float:
    from gradcli.graph.ops.arrays import pointwise

    return float(pointwise.digamma(x))


def polygamma(n: float, x: float) -> float:
    from gradcli.graph.ops.arrays import pointwise

    return float(pointwise.polygamma(n, x))


def sign(x: float) -> float:
    return 1.0 if x > 0 else -1.0 if x < 0 else x * 0.0 + 0.0


def floor(x: float) -> float:
    return copysign(float(math.floor(x)), x) if isfinite(x) else x


def ceil(x: float) -> float:
    return copysign(float(math.ceil(x)), x) if isfinite(x) else x


def round(x: float) -> float:
    return copysign(float(builtins.round(x)), x) if isfinite(x) else x


def trunc(x: float) -> float:
    return copysign(float(math.trunc(x)), x) if isfinite(x) else x


abs = fabs


def mod(a: float, b: float) -> float:
    """The remainder with the sign of b, as Python's % and NumPy's."""
    return a % b if b and not isinf(a) else nan


def square(x: float) -> float:
    return x * x


def maximum(*xs: float) -> float:
    best = xs[0]
    for x in xs:
        if x > best or isnan(x):
            best = x
    return nan if isnan(best) or any(map(isnan, xs)) else best


def minimum(*xs: float) -> float:
    best = xs[0]
    for x in xs:
        if x < best:
            best = x
    return nan if any(map(isnan, xs)) else best


def clip(x: float, lo: float, hi: float) -> float:
    return minimum(maximum(x, lo), hi)


def where(condition: float, a: float, b: float) -> float:
    return a if condition else b


def gate(x: float, mask: float) -> float:
    return x if mask else 0.0


def lt(a: float, b: float) -> float:
    return 1.0 if a < b else 0.0


def le(a: float, b: float) -> float:
    return 1.0 if a <= b else 0.0


def gt(a: float, b: float) -> float:
    return 1.0 if a > b else 0.0


def ge(a: float, b: float) -> float:
    return 1.0 if a >= b else 0.0


def eq(a: float, b: float) -> float:
    return 1.0 if a == b else 0.0


def ne(a: float, b: float) -> float:
    return 1.0 if a != b else 0.0


def relu(x: float) -> float:
    return x if x > 0 or isnan(x) else 0.0


def huber(r: float, delta: float) -> float:
    size = fabs(r)
    return 0.5 * r * r if size <= delta else delta * (size - 0.5 * delta)


def formulas(exp: Function, log: Function, log1p: Function, power: Function) -> dict[str, Function]:
    """The functions that are formulas over these: IEEE ones, or those of `math`, which raise."""

    def root(x: float) -> float:
        return power(x, 0.5)

    def sigmoid(x: float) -> float:
        if x >= 0:
            return 1.0 / (1.0 + exp(-x))
        e = exp(x)
        return e / (1.0 + e)

    def log_sigmoid(x: float) -> float:
        return minimum(x, 0.0) - log1p(exp(-fabs(x)))

    def softplus(x: float) -> float:
        return maximum(x, 0.0) + log1p(exp(-fabs(x)))

    def logaddexp(a: float, b: float) -> float:
        top = maximum(a, b)
        return top + log1p(exp(-fabs(a - b))) if isfinite(top) else top

    def xlogy(x: float, y: float) -> float:
        return 0.0 if x == 0 and not isnan(y) else x * log(y)

    def xlog1py(x: float, y: float) -> float:
        return 0.0 if x == 0 and not isnan(y) else x * log1p(y)

    def kl(p: float, q: float) -> float:
        return 0.0 if p == 0 and not isnan(q) else p * (log(p) - log(q))

    return {
        f.__name__: f for f in (root, sigmoid, log_sigmoid, softplus, logaddexp, xlogy, xlog1py, kl)
    }


def sum(x: float, axis: None, keepdims: int) -> float:
    return x


mean = prod = max = min = logsumexp = sum


def averaged(x: float) -> float:
    return x


def var(x: float, axis: None, keepdims: int) -> float:
    return x - x


std = var


def norm(x: float, axis: None, keepdims: int) -> float:
    return fabs(x)


def count(x: float, axis: None, keepdims: int) -> float:
    return 1.0


def count_nonzero(x: float, axis: None, keepdims: int) -> float:
    return ne(x, 0.0)


def argmax(x: float, axis: None) -> float:
    return 0.0


argmin = argmax


def prod_others(x: float, axis: None) -> float:
    return 1.0


def expand(x: float, shape: tuple[()]) -> float:
    return x


sum_to = expand
reshape = expand
transpose = expand


def zeros(shape: tuple[()]) -> float:
    return 0.0


def ones(shape: tuple[()]) -> float:
    return 1.0


NAMESPACE: dict[str, object] = {
    name: value for name, value in globals().items() if callable(value) and not name.startswith("_")
} | formulas(exp, log, log1p, power)
"""The functions by name, for the code that is made from op values."""
__all__ = ["NAMESPACE", "hypot"]
