"""What a checkpoint says of the data that its parameters were trained on."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

from gradcli.errors import DataError, ShapeError
from gradcli.words import listed

if TYPE_CHECKING:
    from gradcli.graph.built import Built
    from gradcli.run.interpret import Value


@dataclass(frozen=True)
class Fit:
    """What a fit knows of its parameters: their covariance by two names, in the shapes of both, the
    degrees of freedom, and where residuals had no weights their standard deviation, with the name
    or the text of what they compare with the data. Where the fit left some undetermined, `open` has
    the directions in which they may move, by name, and `fixed` a covariance for what none of these
    changes."""

    covariance: dict[str, dict[str, Any]] = field(default_factory=dict)
    dof: float = float("inf")
    residual_std: float | None = None
    predicts: list[str] = field(default_factory=list)
    open: list[dict[str, Any]] = field(default_factory=list)
    fixed: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Trained:
    """Nothing is known of parameters that come from no checkpoint.

    `classes` are the names that the numbers of a column of text count, `numeric` the columns of
    numbers, `columns` those of each array of data, `scales` the mean and the deviation by which a
    name was standardized, `fit` how sure the parameters are, `text` how the words of a text were
    read.
    """

    classes: dict[str, list[str]] = field(default_factory=dict)
    numeric: list[str] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    scales: dict[str, list[Any]] = field(default_factory=dict)
    fit: Fit = field(default_factory=Fit)
    text: dict[str, Any] = field(default_factory=dict)

    def standardized(self, given: Mapping[str, Value], notes: list[str]) -> dict[str, Value]:
        """The given values of names that were standardized, on that scale; notes say which."""
        found: dict[str, Value] = {}
        for name, (mean, deviation) in self.scales.items():
            if name in given:
                import numpy as np

                value, size = np.asarray(given[name]), np.shape(mean)
                if value.shape[value.ndim - len(size) :] != size:
                    raise ShapeError(
                        f"{name} has shape {value.shape}, and was standardized with shape {size}",
                        hint=f"give {name} as it is in a row of the data",
                    )
                value = (value - np.asarray(mean)) / np.asarray(deviation)
                found[name] = value if value.shape else float(value)
                notes.append(f"{name} is standardized as in training")
        return found


def trained(path: str, meta: Mapping[str, Any]) -> Trained:
    """What the `meta` of a file of parameters says; DataError where it makes no sense."""

    def part(name: str, holds: Callable[[Any], bool]) -> dict[str, Any]:
        found = meta.get(name, {})
        if not isinstance(found, dict) or not all(map(holds, found.values())):
            raise DataError(f"{path} is a damaged checkpoint", hint="train anew with --save")
        return found

    numeric = meta.get("numeric", [])
    if not _is_names(numeric):
        raise DataError(f"{path} is a damaged checkpoint", hint="train anew with --save")
    return Trained(
        part("classes", _is_names), numeric, part("columns", _is_names), part("scales", _is_scale),
        _fit(path, meta.get("fit", {})), part("text", lambda value: isinstance(value, int)),
    )  # fmt: skip


def _fit(path: str, found: Any) -> Fit:
    """How sure the parameters are, as `statistics` told; DataError where it makes no sense."""
    if not found:
        return Fit()
    import numpy as np

    damaged = DataError(f"{path} is a damaged checkpoint", hint="fit anew with --errors --save")
    try:
        covariance, dof = found["covariance"], found.get("dof")
        noise, predicts = found.get("residual_std"), found.get("predicts", [])
        ways, fixed = found.get("open", []), found.get("fixed", {})
        names = list(covariance)
        sizes = {name: np.size(np.asarray(covariance[name][name], np.float64)) for name in names}
        for one in names:
            for way in ways:
                if np.size(np.asarray(way[one], np.float64)) ** 2 != sizes[one]:
                    raise damaged
            for other, matrix in product(names, (covariance, fixed) if ways else (covariance,)):
                block = np.asarray(matrix[one][other], np.float64)
                if block.size**2 != sizes[one] * sizes[other]:
                    raise damaged
        dof = float("inf") if dof is None else float(dof)
        noise = None if noise is None else float(noise)
        return Fit(covariance, dof, noise, list(map(str, predicts)), ways, fixed)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise damaged from None


def untold(path: str, model: Built, values: Container[str]) -> str:
    """A note on the params of the output that neither the file nor the command gives a value."""
    graph, cone = model.graph, set(model.graph.cone([model.output]))
    params = {n for n, at in model.inputs.items() if at in cone and graph.kind(at) == "param"}
    left = [name for name in params if name not in values]
    return f"{path} says nothing of {listed(left)}: the program's own start is used" if left else ""


def _is_names(value: Any) -> bool:
    """Whether these are texts, each another one."""
    return (
        isinstance(value, list)
        and all(isinstance(name, str) for name in value)
        and len(set(value)) == len(value)
    )


def _is_scale(value: Any) -> bool:
    """Whether it is a mean and a deviation of one shape."""
    if not isinstance(value, list) or len(value) != 2:
        return False
    import numpy as np

    try:
        mean, deviation = map(np.asarray, value)
    except ValueError:  # lists of unequal lengths
        return False
    if mean.shape != deviation.shape or {mean.dtype.kind, deviation.dtype.kind} - set("fi"):
        return False
    return bool(np.isfinite(mean).all() and np.isfinite(deviation).all() and (deviation > 0).all())
