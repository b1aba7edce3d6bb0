"""NumPy work of more than one call, into memory that is there."""

from __future__ import annotations

from typing import Any

import numpy as np


def select(condition: Any, a: Any, b: Any, out: Any) -> Any:
    """`np.where` into `out`, which may be b."""
    if out is not b:
        np.copyto(out, b)
    np.copyto(out, a, where=condition)
    return out


FEW_COLUMNS, MANY_ROWS = 16, 128


def by_columns(ufunc: np.ufunc, x: Any, out: Any) -> Any:
    """The largest or smallest entry of each row, a column at a time: twice as fast for a few."""
    total = out.reshape(-1)
    ufunc(x[:, 0], x[:, 1], out=total)
    for column in range(2, x.shape[1]):
        ufunc(total, x[:, column], out=total)
    return out


SMALL_PRODUCT = 1_000_000
"""Multiplications up to which OpenBLAS multiplies without copying into a layout of its own first;
more of them in one call take up to twice as long, where the matrices are narrow."""

FEWEST_ROWS = 64
"""Pieces of fewer rows gain nothing."""


def piece(rows: int, others: int) -> int | None:
    """The rows of the pieces of a long product; None where it is taken in one.

    `rows` is its long size, `others` the product of the two other sizes.
    """
    most = SMALL_PRODUCT // max(others, 1)
    size: int = 1 << (most.bit_length() - 1) if most else 0
    return size if size >= FEWEST_ROWS and rows >= 2 * size else None


def dot_by_rows(a: Any, b: Any, size: int, out: Any = None) -> Any:
    """a @ b, so many rows of `a` at a time."""
    (rows, inner), columns = a.shape, b.shape[1]
    if out is None:
        out = np.empty((rows, columns))
    whole = rows - rows % size
    pieces = out[:whole].reshape(-1, size, columns)
    np.matmul(a[:whole].reshape(-1, size, inner), np.ascontiguousarray(b), out=pieces)
    if whole < rows:
        np.matmul(a[whole:], b, out=out[whole:])
    return out


def dot_over_rows(a: Any, b: Any, size: int, out: Any = None) -> Any:
    """a @ b, summed over so many rows of `b` at a time."""
    (left, rows), right = a.shape, b.shape[1]
    whole = rows - rows % size
    lefts = a[:, :whole].T.reshape(-1, size, left).transpose(0, 2, 1)
    pieces = np.matmul(lefts, b[:whole].reshape(-1, size, right))
    out = np.add.reduce(pieces, axis=0, out=out)
    if whole < rows:
        out += np.matmul(a[:, whole:], b[whole:])
    return out
