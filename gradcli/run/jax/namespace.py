"""What the names in an op's value mean under JAX.

Most are the functions for NumPy's arrays, applied to stand-ins. Here are those that write in
place, look at numbers on the way, or raise: JAX can do none of that while it traces. An index or a
class out of range makes nan, so that it never passes for a number.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.special
import numpy as np

from gradcli.graph.ops import arrays
from gradcli.graph.ops.arrays.places import laid_out
from gradcli.run.jax.standin import StandIn, bare, stood_in

Values = Any


def picked(rows: Values, classes: Values) -> Values:
    hits, none = _hits(classes, rows.shape[-1])
    return jnp.where(none, jnp.nan, jnp.sum(jnp.where(hits, rows, 0.0), axis=-1))


def onehot(ids: Values, n: int) -> Values:
    hits, none = _hits(ids, n)
    return jnp.where(none[..., None], jnp.nan, hits)


def _hits(ids: Values, n: int) -> tuple[Values, Values]:
    """Which class of so many each of the ids is, and which of them are none."""
    hits = jnp.asarray(ids)[..., None] == jnp.arange(float(n))
    return hits, ~hits.any(axis=-1)


def _whole(values: Values, size: int, low: int) -> tuple[Values, Values]:
    """Places on an axis of so many entries, and which of the values are none."""
    values = jnp.asarray(values)
    wrong = ~((values >= low) & (values < size) & (jnp.floor(values) == values))
    return jnp.where(wrong, 0, values).astype(int), wrong


def _places(
    items: tuple[Any, ...], x: Values, indices: tuple[Values, ...]
) -> tuple[tuple[Any, ...], Values]:
    """The index that `items` and the index arrays mean, and where it is out of range."""
    outside: Values = False
    found: list[Any] = [slice(*item) if isinstance(item, tuple) else item for item in items]
    given = iter(indices)
    for at, size in enumerate(np.shape(x)[: len(items)]):
        if items[at] == "array":
            found[at], wrong = _whole(next(given), size, -size)
            outside = outside | jnp.any(wrong)
    # How NumPy's arrays of places are laid out depends on their shapes alone.
    still = [np.zeros(p.shape, int) if i == "array" else p for p, i in zip(found, items)]
    laid = list(laid_out(items, tuple(still), x))
    for at, item in enumerate(items):
        if item == "array":
            laid[at] = jnp.reshape(found[at], laid[at].shape)
    return tuple(laid), outside


def index(items: tuple[Any, ...], x: Values, *indices: Values) -> Values:
    x = jnp.asarray(x)
    places, outside = _places(items, x, indices)
    found = x[places]
    return found if outside is False else jnp.where(outside, jnp.nan, found)


def scatter(items: tuple[Any, ...], g: Values, x: Values, *indices: Values) -> Values:
    places, outside = _places(items, x, indices)
    found = jnp.zeros(np.shape(x)).at[places].add(g)
    return found if outside is False else jnp.where(outside, jnp.nan, found)


def erfc(x: Values) -> Values:
    return jax.scipy.special.erfc(x)


def tanh(x: Values) -> Values:
    return jnp.tanh(x)


def sum(x: Values, axis: int | None, keepdims: int) -> Values:
    return jnp.sum(x, axis=axis, keepdims=bool(keepdims))


def softmax(x: Values, axis: int) -> Values:
    """With the exponentials of `log_softmax` and of losses, so that XLA finds them once."""
    top = jnp.max(x, axis=axis, keepdims=True)
    there = jnp.isfinite(top)
    e = jnp.exp(x - jnp.where(there, top, 0.0))
    return jnp.where(there, e / jnp.sum(e, axis=axis, keepdims=True), jnp.nan)


def argmax(x: Values, axis: int | None) -> Values:
    return jnp.argmax(x, axis=axis).astype(float)


def argmin(x: Values, axis: int | None) -> Values:
    return jnp.argmin(x, axis=axis).astype(float)


def prod_others(x: Values, axis: int | None) -> Values:
    rows = jnp.reshape(x, -1) if axis is None else jnp.moveaxis(x, axis, -1)
    one = jnp.ones((*rows.shape[:-1], 1))
    before = jnp.concatenate([one, jnp.cumprod(rows[..., :-1], axis=-1)], axis=-1)
    after = jnp.concatenate([one, jnp.cumprod(rows[..., :0:-1], axis=-1)], axis=-1)[..., ::-1]
    return jnp.reshape(jnp.moveaxis(before * after, -1, axis or 0), np.shape(x))


def stack(axis: int, *xs: Values) -> Values:
    return jnp.stack(xs, axis=axis)


def diag(a: Values) -> Values:
    return jnp.diag(a)


def _or_nan(found: Values) -> Values:
    """nan throughout where a singular matrix left anything that is not finite."""
    return jnp.where(jnp.isfinite(found).all(), found, jnp.nan)


def inv(a: Values) -> Values:
    return _or_nan(jnp.linalg.inv(a))


def solve(a: Values, b: Values) -> Values:
    return _or_nan(jnp.linalg.solve(a, b))


def cofactor(a: Values) -> Values:
    u, s, vt = jnp.linalg.svd(a)
    return _or_nan(_sign(u, vt) * (u * prod_others(s, 0)) @ vt)


def cofactor_slope(a: Values, h: Values) -> Values:
    u, s, vt = jnp.linalg.svd(a)
    k = u.T @ h @ vt.T
    diagonal = jnp.eye(len(s))
    rest = prod_others(jnp.where(diagonal, 1.0, s), 1) * (1.0 - diagonal)
    return _or_nan(_sign(u, vt) * u @ (jnp.diag(rest @ jnp.diag(k)) - k.T * rest) @ vt)


def _sign(u: Values, vt: Values) -> Values:
    """The determinant of a product of orthogonal matrices: 1 or -1."""
    return jnp.rint(jnp.linalg.det(u) * jnp.linalg.det(vt))


def _for_stand_ins(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*args: Any, **options: Any) -> Any:
        return stood_in(function(*map(bare, args), **options))

    return called


NAMESPACE: dict[str, object] = {
    **arrays.NAMESPACE,
    **{f.__name__: _for_stand_ins(f) for f in (
        index, scatter, onehot, erfc, tanh, sum, softmax, argmax, argmin, prod_others, stack, diag,
        inv, solve, cofactor, cofactor_slope, picked,
    )},
}  # fmt: skip
"""The functions by name, for the code that is made from op values."""

__all__ = ["NAMESPACE", "StandIn", "picked"]
