"""eval with errors: how sure the output is, from a fit's covariance and from measured values.

To first order the variance of f(x) is J·C·Jᵀ, with J the exact derivatives of f and C the
covariance of x (JCGM 100:2008, section 5). Bands use Student's t for the degrees of freedom of the
fit, and the normal distribution where nothing was fitted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gradcli.errors import UsageError
from gradcli.learn.covariance import changes, quantile
from gradcli.learn.loss import Loss
from gradcli.learn.second_order import Residuals
from gradcli.question.question import Question
from gradcli.verbs.jacobian import jacobian
from gradcli.words import listed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradcli.question.units import Units
    from gradcli.run.interpret import Value

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Uncertainty:
    """The standard error of the output, in its shape, and what it is made of.

    `shares` are the parts of the variance by measured value, and those of all fitted parameters
    under `parameters`, of an output that is one number. `factor` times the error is half of the
    confidence band, `noise` the residual standard deviation that a prediction band adds to it.
    """

    error: Value
    shares: dict[str, float] = field(default_factory=dict)
    level: float | None = None
    factor: float = 1.0
    noise: Value | None = None

    def in_units(self, units: Units) -> Uncertainty:
        """The same of an output that is given back in the units of a column."""
        import numpy as np

        scale = units.deviation
        error = np.asarray(self.error * scale)
        noise = None if self.noise is None else self.noise * scale
        return replace(self, error=error if error.shape else float(error), noise=noise)

    def bands(self, value: Value) -> dict[str, Value]:
        """The ends of the bands by name, around a value or an array."""
        if self.level is None:
            return {}
        import numpy as np

        half = self.factor * np.asarray(self.error)
        found = {"lower": value - half, "upper": value + half}
        if self.noise is not None:
            wide = self.factor * np.hypot(np.asarray(self.error), self.noise)
            found |= {"predicted_lower": value - wide, "predicted_upper": value + wide}
        return {name: v if np.shape(v) else float(v) for name, v in found.items()}


def uncertainty(question: Question, level: float | None) -> Uncertainty:
    """That of the output; UsageError where neither a fit nor a value says how sure it is."""
    import numpy as np

    graph, output = question.graph, question.model.output
    inputs = question.model.inputs
    cone = set(question.cone())
    fit = question.trained.fit
    fitted = [n for n in fit.covariance if inputs.get(n, -1) in cone and n not in question.bound]
    measured = [n for n in question.errors if inputs.get(n, -1) in cone]
    if not fitted and not measured:
        hint = "fit with --errors and --save, or give a value as x=2.0±0.1"
        raise UsageError("nothing says how sure the values are", hint=hint)
    factor = 1.0
    if level is not None:
        if not 0 < level < 1:
            raise UsageError(
                f"--interval {level:g} is no probability", hint="write --interval 0.95"
            )
        factor = quantile(level, fit.dof if fitted else math.inf)
    shape = graph.shapes[output]
    slopes = _slopes(question, [*fitted, *measured])
    parts: dict[str, Array] = {}
    with np.errstate(all="ignore"):
        if fitted:
            together = np.concatenate([slopes[name] for name in fitted], axis=1)
            matrix = _matrix(fit.covariance, fitted)
            lost = together[:, np.isnan(np.diagonal(matrix))].any(axis=1)
            if fit.open:
                ways = [np.concatenate([np.ravel(way[n]) for n in fitted]) for way in fit.open]
                lost = changes(together, np.array(ways, np.float64))
                matrix = _matrix(fit.fixed, fitted)
            if lost.any():
                question.note(_lost(fitted, fit.covariance))
            matrix = np.where(np.isnan(matrix) & ~together.any(axis=0), 0.0, matrix)
            made = np.einsum("ij,jk,ik->i", together, matrix, together)
            parts["parameters"] = np.where(lost, np.nan, made)
        for name in measured:
            deviations = np.ravel(question.errors[name])
            parts[name] = (slopes[name] * deviations) ** 2 @ np.ones(len(deviations))
        variance = np.sum([*parts.values()], axis=0)
        error = np.sqrt(variance).reshape(shape)
    total = float(variance.sum())
    shares = {}
    if not shape and total > 0 and (measured or len(parts) > 1):
        shares = {name: float(part[0]) / total for name, part in parts.items()}
    noise = fit.residual_std if fitted and _is_predicted(question) else None
    if level is not None and fitted and noise is None and math.isfinite(fit.dof):
        why = "the residuals had weights"
        if fit.residual_std is not None:
            compared = fit.predicts[0] if fit.predicts else "no such output"
            why = f"the fit compared {compared} with the data"
        question.note(f"no prediction band, only that of the curve: {why}")
    return Uncertainty(error if shape else float(error), shares, level, factor, noise)


def _is_predicted(question: Question) -> bool:
    """Whether the output is what the fit compared with its data, so that its noise is theirs."""
    model, predicts = question.model, question.trained.fit.predicts
    names = [name for name, node in model.nodes.items() if node == model.output]
    span = model.span(model.output)
    text = "".join(model.program.text[slice(*span)].split()) if span else ""
    return text in predicts or any(name in predicts for name in names)


def _slopes(question: Question, names: list[str]) -> dict[str, Array]:
    """The derivative of every entry of the output, a row each, by every entry of each name."""
    import numpy as np

    graph, output, inputs = question.graph, question.model.output, question.model.inputs
    shape = graph.shapes[output]
    sizes = {name: math.prod(graph.shapes[inputs[name]]) for name in names}
    count = math.prod(shape)
    if len(shape) == 1 and count > sum(sizes.values()):
        # a pass an entry of the names is less than one an entry of the output
        called = {node: name for name, node in inputs.items()}
        values = {called[node]: value for node, value in question.inputs.items() if node in called}
        vector = Loss(lambda _: question.model, names, values, seed=question.seed)
        found = Residuals(vector).jacobian({name: values[name] for name in names})
        return {name: np.reshape(found[name], (count, sizes[name])) for name in names}
    blocks = jacobian(question, output, [inputs[name] for name in names])
    return {name: np.reshape(blocks[inputs[name]], (count, sizes[name])) for name in names}


def _matrix(covariance: Mapping[str, Mapping[str, Any]], names: list[str]) -> Array:
    """The covariance of all entries of the names, side by side."""
    import numpy as np

    sizes = {name: int(math.sqrt(np.size(covariance[name][name]))) for name in names}
    rows = [
        np.concatenate(
            [np.reshape(covariance[a][b], (sizes[a], sizes[b])).astype(np.float64) for b in names],
            axis=1,
        )
        for a in names
    ]
    return np.concatenate(rows, axis=0)


def _lost(names: list[str], covariance: Mapping[str, Mapping[str, Any]]) -> str:
    import numpy as np

    bad = [n for n in names if np.isnan(np.asarray(covariance[n][n], np.float64)).any()]
    return f"the fit left {listed(bad)} undetermined: there is no error where they matter"
