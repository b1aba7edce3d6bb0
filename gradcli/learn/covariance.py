"""How sure the parameters of a fit are: covariances by singular values, never by normal equations.

Sources: Bates and Watts 1988, Nonlinear Regression Analysis and Its Applications, sections 2.2 and
2.3; for a likelihood the inverse of the observed information, Pawitan 2001, In All Likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradcli.learn.vectors import Array

_EPSILON = 2.220446049250313e-16
_TAKES_PART = 1e-6
"""The least part of a direction, by the scale of each parameter, that counts as in it."""


@dataclass(frozen=True)
class Unscaled:
    """The inverse of JᵀJ, or of a Hessian, on the directions that the data fix.

    `inverse` is a square matrix over the entries of the parameters; rows and columns of an entry
    that the data do not fix are nan. `open` holds the directions in which nothing changes, a row
    each, of length 1 in the scale of the parameters; `rank` is the number of the others. `fixed` is
    the inverse without the nan, a generalized one: it holds for what no open direction changes.
    """

    inverse: Array
    open: Array
    rank: int
    fixed: Array


def embedded(found: Unscaled, free: NDArray[np.bool_]) -> Unscaled:
    """The same over more entries, those that are not `free` held still and so without an error."""
    import numpy as np

    if free.all():
        return found
    inverse = np.full((len(free), len(free)), np.nan)
    inverse[np.ix_(free, free)] = found.inverse
    fixed = np.zeros_like(inverse)
    fixed[np.ix_(free, free)] = found.fixed
    opened = np.zeros((len(found.open), len(free)))
    opened[:, free] = found.open
    return Unscaled(inverse, opened, found.rank, fixed)


def of_jacobian(jacobian: Array) -> Unscaled:
    """(JᵀJ)⁻¹ of a Jacobian with a row a residual and a column a parameter entry.

    Its columns are brought to length 1 first, so that units do not decide what counts as 0.
    """
    import numpy as np

    count = jacobian.shape[1]
    scale = np.sqrt(np.sum(jacobian * jacobian, axis=0))
    scale[scale == 0] = 1.0
    _, values, directions = np.linalg.svd(jacobian / scale, full_matrices=False)
    least = max(jacobian.shape) * _EPSILON * values[0] if values.size else 0.0
    fixed = values > least
    rank = int(fixed.sum())
    spread = directions[fixed] / values[fixed, None]
    return _unscaled(spread.T @ spread, directions, ~fixed, scale, rank, count)


def of_hessian(hessian: Array) -> Unscaled | None:
    """H⁻¹ of a symmetric matrix of second derivatives; None where it is no minimum: where the loss
    falls in a direction, the inverse is no covariance."""
    import numpy as np

    count = len(hessian)
    scale = np.sqrt(np.abs(np.diagonal(hessian)))
    scale[scale == 0] = 1.0
    values, columns = np.linalg.eigh((hessian + hessian.T) / 2 / np.outer(scale, scale))
    least = count * 16 * _EPSILON * abs(values).max(initial=0.0)
    if (values < -least).any():
        return None
    fixed = values > least
    spread = columns[:, fixed] / np.sqrt(values[fixed])
    return _unscaled(spread @ spread.T, columns.T, ~fixed, scale, int(fixed.sum()), count)


def _unscaled(
    inverse: Array, directions: Array, lost: NDArray[np.bool_], scale: Array, rank: int, count: int
) -> Unscaled:
    """Brings a scaled inverse back, and leaves out the entries in the open directions."""
    import numpy as np

    fixed = inverse / np.outer(scale, scale)
    inverse = fixed.copy()
    free = directions[lost] if len(directions) == count else np.empty((0, count))
    free = np.where(abs(free) > _TAKES_PART, free, 0.0)
    undetermined = free.any(axis=0)
    inverse[undetermined, :] = np.nan
    inverse[:, undetermined] = np.nan
    opened = free / scale
    lengths = np.sqrt(np.sum(opened * opened, axis=1, keepdims=True))
    return Unscaled(inverse, opened / lengths, rank, fixed)


def changes(slopes: Array, directions: Array) -> NDArray[np.bool_]:
    """Which of the rows of derivatives an open direction changes."""
    import numpy as np

    moved = np.abs(slopes @ directions.T)
    most = np.abs(slopes) @ np.abs(directions.T)
    found: NDArray[np.bool_] = (moved > _TAKES_PART * most).any(axis=1)
    return found


def correlation(covariance: Array) -> Array:
    """The covariance by the deviations of both entries; nan where one has none."""
    import numpy as np

    deviations = np.sqrt(np.diagonal(covariance))
    with np.errstate(all="ignore"):
        found: Array = covariance / np.outer(deviations, deviations)
    np.fill_diagonal(found, np.where(np.isnan(deviations), np.nan, 1.0))
    return found


def quantile(level: float, dof: float) -> float:
    """How many standard errors on both sides hold a probability: 1.96 hold 0.95 of a normal
    distribution; by Student's t, for few degrees of freedom, it takes more."""
    from scipy.special import stdtrit

    return float(stdtrit(dof, (1 + level) / 2))
