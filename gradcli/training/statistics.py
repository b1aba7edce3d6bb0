"""What a fit says of its parameters: standard errors, covariances, and how well it fits.

Residuals: with m residuals, rank p of their Jacobian J and S the sum of their squares, the residual
standard deviation is s = √(S/(m−p)) and the covariance s²·(JᵀJ)⁻¹. Any other loss is taken as a
negative log-likelihood; its covariance is the inverse of its Hessian. A parameter on its bound is
held there, and has no error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from gradcli.errors import ShapeError
from gradcli.graph.built import Built
from gradcli.graph.graph import MEMORY
from gradcli.learn import covariance
from gradcli.learn.loss import Loss
from gradcli.learn.objective import SmoothObjective, SumOfSquares
from gradcli.learn.packing import Packing
from gradcli.learn.second_order import Residuals
from gradcli.question.locating import located
from gradcli.run.blocks import block_rows
from gradcli.training.least_squares import Squares, adds_to_squares, factor_of, squares
from gradcli.words import counted, joined, listed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradcli.learn.covariance import Unscaled
    from gradcli.learn.vectors import Array, Params
    from gradcli.training.task import Task


@dataclass
class Statistics:
    """`std_errors` by parameter, in its shape, nan for an entry that the data do not fix; the other
    entries of the `summary`; and what there is to warn of."""

    std_errors: Params
    summary: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    carried: dict[str, Any] = field(default_factory=dict)
    """What goes with the parameters, so that a prediction knows how sure it is."""


def statistics(task: Task, params: Params) -> Statistics:
    """The statistics of a fit that ended at `params`, of the rows to learn from, all of them read.

    ShapeError where the matrix of derivatives does not fit into the memory.
    """
    import numpy as np

    with np.errstate(all="ignore"):
        model = task.model(task.rows)
        found = squares(model, task.moving)
        if found is None:
            return _of_likelihood(task, model, params)
        return _of_residuals(task, model, found, params)


def _of_residuals(task: Task, model: Built, found: Squares, params: Params) -> Statistics:
    packing = Packing(params)
    x = packing.flat(params)
    count = math.prod(model.graph.shapes[found.residuals])
    _refuse_size(count, len(x))
    inner = replace(model, output=found.residuals)
    seed = task.question.seed
    vector = Loss(lambda _: inner, task.moving, task.fixed, task.learn, seed=seed)
    objective = SumOfSquares(Residuals(vector), packing)
    residuals, jacobian = objective.linear(x)
    free = _free(task, packing, params, x)
    unscaled = covariance.embedded(covariance.of_jacobian(jacobian[:, free]), free)
    total, rank = float(residuals @ residuals), unscaled.rank
    dof = count - rank
    variance = total / dof if dof > 0 else math.nan
    summary: dict[str, Any] = {
        "residual_std": math.sqrt(variance),
        "dof": dof,
        **_explained(task, model, found, params, total, dof),
        **_information(count * math.log(total / count) if total else -math.inf, count, rank),
        "errors": "scaled by residual_std, as the residuals show the noise",
    }
    made = _made(packing, unscaled, free, variance, summary)
    made.carried |= {"dof": dof, "predicts": _texts(model, found.predicted)}
    if found.weight is None:
        made.carried["residual_std"] = math.sqrt(variance)
    if dof <= 0:
        made.warnings.append(
            f"{counted(count, 'residual')} for {counted(len(x), 'parameter')} leave nothing to"
            " estimate the errors by"
        )
    if not free.all():
        held = listed(name for name, moves in zip(packing.labels(), free) if not moves)
        made.warnings.append(
            f"on a bound, and so held there and without an error: {held}; the other errors are"
            " those of a fit that holds the same"
        )
    made.warnings += _undetermined(packing, x, unscaled, free, jacobian, objective)
    made.summary = {n: None if _is_nan(v) else v for n, v in made.summary.items()}
    return made


def _of_likelihood(task: Task, model: Built, params: Params) -> Statistics:
    packing = Packing(params)
    x = packing.flat(params)
    _refuse_size(len(x), len(x))
    graph = model.graph
    data = [node for node in model.inputs.values() if graph.kind(node) == "data"]
    kind = block_rows(graph, model.output, data)[0] if data else "fixed"
    factor = factor_of(model, task.moving)
    if kind == "sum" and task.rows > 1 and math.isclose(factor * task.rows, 1, rel_tol=1e-12):
        kind, factor = "mean", 1.0  # it divides by the number of rows itself
    times = task.rows if kind == "mean" else 1
    problem = task.exact()
    objective = SmoothObjective(problem, packing)
    loss, free = objective.at(x).loss, _free(task, packing, params, x)
    unscaled = covariance.of_hessian(objective.hessian(x)[free][:, free])
    rank = len(x) if unscaled is None else unscaled.rank
    summary: dict[str, Any] = {
        **_information(2 * loss * times, max(task.rows, 1), rank),
        "errors": "not scaled, as the loss is taken for a negative log-likelihood"
        + f", its mean over {counted(times, 'row')}" * (kind == "mean"),
    }
    if unscaled is None:
        none = {name: value * math.nan for name, value in params.items()}
        warning = "there are no standard errors: the loss still falls in some direction"
        return Statistics(none, summary, [f"{warning}, so this is no minimum"])
    unscaled = covariance.embedded(unscaled, free)
    made = _made(packing, unscaled, free, 1 / times, summary)
    if kind != "whole" and factor not in (0, 1):
        made.warnings.append(
            f"the loss has the factor {factor:.6g}, which multiplies the errors by"
            f" {1 / math.sqrt(factor):.4g}: they hold if it belongs to the negative log-likelihood"
        )
    if adds_to_squares(model, task.moving):
        made.warnings.append(
            "the loss has more terms than its squares: the errors take it as it stands for a"
            " negative log-likelihood, in which residuals have a variance of 1/2, and not the one"
            " that they show; a fit of the squares alone is scaled by that"
        )
    elif kind == "whole":
        made.warnings.append(
            "the loss is neither a sum nor a mean over the rows: its errors hold if it is a"
            " negative log-likelihood as it stands"
        )
    made.warnings += _undetermined(packing, x, unscaled, free, None, None)
    return made


def _free(task: Task, packing: Packing, params: Params, x: Array) -> NDArray[np.bool_]:
    """Which entries are on no bound: those that are do not move with the data."""
    low, high = task.bounds.vectors(packing, params)
    free: NDArray[np.bool_] = (x > low) & (x < high)
    return free


def _made(
    packing: Packing,
    unscaled: Unscaled,
    free: NDArray[np.bool_],
    scale: float,
    summary: dict[str, Any],
) -> Statistics:
    import numpy as np

    matrix = unscaled.inverse * scale
    summary["covariance"] = packing.blocks(matrix)
    summary["correlation"] = packing.blocks(covariance.correlation(matrix))
    held = np.where(np.outer(free, free), matrix, 0.0)  # on a bound it stays where it is
    carried: dict[str, Any] = {"covariance": packing.blocks(held)}
    if len(unscaled.open):
        carried["open"] = [packing.params(row) for row in unscaled.open]
        carried["fixed"] = packing.blocks(unscaled.fixed * scale)
    return Statistics(packing.params(np.sqrt(np.diagonal(matrix))), summary, carried=carried)


def _texts(model: Built, node: int | None) -> list[str]:
    """What a program calls a node, and how it writes it."""
    if node is None:
        return []
    found = [name for name, at in model.nodes.items() if at == node]
    if span := model.span(node):
        found.append("".join(model.program.text[slice(*span)].split()))
    return found


def _information(deviance: float, count: int, params: int) -> dict[str, float]:
    """Akaike's and Schwarz's criteria; of residuals up to a constant, as lmfit has them."""
    return {"aic": deviance + 2 * params, "bic": deviance + math.log(count) * params}


def _explained(
    task: Task, model: Built, found: Squares, params: Params, total: float, dof: int
) -> dict[str, float]:
    """R² and adjusted R², where the residuals are differences from observed values."""
    import numpy as np

    if found.observed is None:
        return {}
    wanted = [found.observed] + ([] if found.weight is None else [found.weight])
    fixed = task.fixed
    inputs: dict[int, Any] = {}
    for name, node in model.inputs.items():
        if name in params:
            inputs[node] = params[name]
        elif name in fixed or task.learn is None:
            inputs[node] = fixed[name]
        else:
            inputs[node] = task.learn.take(name)
    values = located(model, wanted, inputs, task.question.seed)
    shape = model.graph.shapes[found.residuals]
    observed = np.ravel(values[found.observed])
    weight = 1.0 if found.weight is None else values[found.weight]
    squared = np.broadcast_to(np.ravel(weight) ** 2, shape)
    observed = np.broadcast_to(observed, shape)
    mean = float(squared @ observed / squared.sum())
    around = float(squared @ (observed - mean) ** 2)
    if not around > 0:
        return {}
    r2 = 1 - total / around
    count = len(observed)
    adjusted = 1 - (1 - r2) * (count - 1) / dof if dof > 0 else math.nan
    return {"r2": r2, "adjusted_r2": adjusted}


def _undetermined(
    packing: Packing,
    x: Array,
    unscaled: Unscaled,
    free: NDArray[np.bool_],
    jacobian: Array | None,
    objective: SumOfSquares | None,
) -> list[str]:
    """A warning for each direction that the data do not fix, by the names of its parameters."""
    import numpy as np

    if not len(unscaled.open):
        return []
    names = packing.labels()
    lost = np.flatnonzero(np.isnan(np.diagonal(unscaled.inverse)) & free)
    told: list[str] = []
    rest = set(lost.tolist())
    open_count = len(unscaled.open)
    if jacobian is not None and objective is not None:
        for place in lost:
            if not jacobian[:, place].any():
                told.append(f"{names[place]} has no influence here: it is not determined")
                rest.discard(int(place))
        partners: dict[int, list[int]] = {place: [] for place in rest}
        for one, other in combinations(sorted(rest), 2):
            if covariance.of_jacobian(jacobian[:, [one, other]]).rank < 2:
                partners[one].append(other)
                partners[other].append(one)
        for one, (other, *more) in [item for item in partners.items() if item[1]]:
            if one < other and not more and partners[other] == [one]:
                what = _relation(objective, x, one, other)
                told.append(f"{names[one]} and {names[other]}: only their {what} is determined")
                rest -= {one, other}
    left = open_count - len(told)
    if left > 0 and rest:
        some = [names[place] for place in sorted(rest)]
        listed = joined(some, "and") if len(some) <= _MOST else f"{', '.join(some[:_MOST])}, …"
        told.append(
            f"{listed}: {counted(left, 'direction')} among them"
            f" {'is' if left == 1 else 'are'} not determined"
        )
    return told


_MOST = 12
"""Names in a warning."""


def _relation(objective: SumOfSquares, x: Array, one: int, other: int) -> str:
    """What of two parameters the residuals depend on, tried by moving both."""
    import numpy as np

    here = objective.residuals(x)
    size = float(abs(here).max(initial=0.0))
    ways = {
        "product": (x[one] * 1.5, x[other] / 1.5),
        "ratio": (x[one] * 1.5, x[other] * 1.5),
        "sum": (x[one] + 0.5, x[other] - 0.5),
        "difference": (x[one] + 0.5, x[other] + 0.5),
    }
    for what, (first, second) in ways.items():
        moved = x.copy()
        moved[one], moved[other] = first, second
        there = objective.residuals(moved)
        if np.allclose(here, there, rtol=1e-9, atol=1e-9 * size) and (moved != x).any():
            return what
    return "combination"


def _refuse_size(rows: int, columns: int) -> None:
    size = 3 * 8 * rows * columns
    if size > MEMORY:
        raise ShapeError(
            f"standard errors need a matrix of {rows:,} × {columns:,} numbers: {size / 1e9:,.0f} GB"
            f" of memory, this machine has {MEMORY / 1e9:,.0f} GB",
            hint="leave out --errors",
        )


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)
