"""Linear algebra of matrices, the last two axes of an array.

Only the result of a stack of them has other axes.
"""

from __future__ import annotations

import numpy as np

from gradcli.graph.ops.arrays.pointwise import Values
from gradcli.graph.ops.arrays.sums import prod_others


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
