"""The verdicts on derivatives: an entry is ok, a kink, lost in noise, or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from math import inf, isfinite, isinf, isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.run.extrapolate import Tolerance
from gradcli.run.numeric import Slopes
from gradcli.verbs.slopes import Derivatives

if TYPE_CHECKING:
    from gradcli.verbs.claims import Claim

VERDICTS = ("noise", "ok", "kink", "wrong")
"""From good to bad; noise says nothing, so that any other verdict at another point counts."""


class Verdicts:
    """The verdicts on all the entries, each at its worst point."""

    def __init__(
        self,
        derivatives: Derivatives,
        tolerance: Tolerance,
        numeric: dict[int, Slopes],
        order: int = 1,
    ) -> None:
        self.derivatives, self.tolerance, self.numeric = derivatives, tolerance, numeric
        self._order = order
        question = derivatives.question
        self.names = question.names(question.cone())
        self.any_ok = self.breakdown = False

    def rows(self, target: int, claim: Claim | None = None) -> Iterator[dict[str, Any]]:
        """A row for each entry of the outputs and of the target, the output's place first."""
        a, numeric = self.derivatives.analytic[target], self.numeric[target]
        n = numeric.value
        claimed = None
        if claim is not None:
            values = [values[claim.node] for values in self.derivatives.values]
            claimed = np.stack([np.reshape(value, a.shape[1:]) for value in values])
        rank = _ranks(a, numeric, self.tolerance, claimed)
        wrong = rank == VERDICTS.index("wrong")
        if wrong.any():
            rounding = self.derivatives.rounding(target, wrong, claim.node if claim else None)
            numeric = replace(numeric, error=numeric.error + rounding)
            rank = _ranks(a, numeric, self.tolerance, claimed, rounding)
        with np.errstate(all="ignore"):
            error = np.abs(a - n)
            scale = np.maximum(1.0, np.maximum(np.abs(a), np.abs(n)))
            if claimed is not None:
                error = np.maximum(error, np.maximum(np.abs(claimed - a), np.abs(claimed - n)))
                scale = np.maximum(scale, np.abs(claimed))
            relative = error / scale
        badness = rank + np.nan_to_num(np.minimum(relative, 1.0), nan=1.0) / 2
        worst = np.argmax(badness, axis=0)
        self.any_ok |= bool((rank == 1).any())
        self.breakdown |= not bool(np.isfinite(a).all())
        places = list(self._places(target))
        flat = np.arange(worst.size).reshape(worst.shape)
        for m, entry in np.ndindex(worst.shape):
            point = int(worst[m, entry])
            at = (point, m, entry)
            verdict = VERDICTS[int(rank[at])]
            row = {
                **places[flat[m, entry]],
                "analytic": float(a[at]),
                "numeric": float(n[at]),
                "abs_error": float(error[at]),
                "rel_error": float(relative[at]),
                "verdict": verdict,
                "point": self.point(point),
                "claim": None if claimed is None else float(claimed[at]),
            }
            if claim is not None:
                row["formula"] = claim.text
            note = _note(verdict, float(a[at]), numeric, at)
            if note:
                row["note"] = note
            yield row

    def point(self, place: int) -> str | None:
        """The values that were drawn, as they are typed on the command line."""
        points = self.derivatives.points
        if not points.drawn:
            return None
        inputs = points.inputs[place]
        names = self.derivatives.question.graph.names
        return " ".join(f"{names[node][0]}={inputs[node]!r}" for node in points.drawn)

    def _places(self, target: int) -> Iterator[dict[str, Any]]:
        """Which derivative each entry is, in the order of the rows."""
        question = self.derivatives.question
        shapes, output = question.graph.shapes, question.model.output
        last = ("variable2", "index2") if self._order == 2 else ("variable", "index")
        for place in product(*map(range, shapes[output])):
            start: dict[str, Any] = {}
            if shapes[output]:
                start = {"output": self.names[output], "output_index": list(place)}
            for first in self._first_variables():
                for index in product(*map(range, shapes[target])):
                    second = {last[0]: self.names[target], last[1]: list(index)}
                    yield {**start, **first, **second}

    def _first_variables(self) -> Iterator[dict[str, Any]]:
        """For order 2, every entry of the gradient; else one thing without a name."""
        if self._order == 1:
            yield {}
            return
        shapes = self.derivatives.question.graph.shapes
        for variable in self.derivatives.targets:
            for place in product(*map(range, shapes[variable])):
                yield {"variable": self.names[variable], "index": list(place)}


def _ranks(a: Any, numeric: Slopes, tolerance: Tolerance, claimed: Any, rounding: Any = 0.0) -> Any:
    """The verdict of every entry at every point, as a place in VERDICTS.

    `rounding` is by how much a claim may differ from the backward pass for all that is known.
    """
    n, error = numeric.value, numeric.error
    with np.errstate(all="ignore"):
        apart = np.abs(a - n)
        ok = np.isfinite(apart) & (apart <= tolerance.between(a, n))
        # Where the gradient is no number, a difference that settles refutes it, no other.
        vague = error > 0.01 * np.abs(n) + 100 * tolerance.atol
        noise = np.where(np.isfinite(a), ~(apart > error), vague | ~np.isfinite(n))
        if claimed is not None:
            right = np.abs(claimed - a) <= tolerance.between(claimed, a)
            near = np.abs(claimed - n)
            ok = ok & right & (near <= tolerance.between(claimed, n))
            close = np.abs(claimed - a) <= tolerance.between(claimed, a) + rounding
            noise = noise & close & ~(near > error)
    return np.where(numeric.kink, 2, np.where(ok, 1, np.where(noise, 0, 3)))


def _note(verdict: str, analytic: float, numeric: Slopes, at: tuple[int, int, int]) -> str:
    if verdict == "kink":
        left, right = numeric.left[at], numeric.right[at]
        if isinf(left) and isinf(right):
            return "a jump on both sides"
        if isinf(left) or isinf(right):
            return f"a jump on the {'left' if isinf(left) else 'right'}"
        return f"slopes {left:.6g} from the left, {right:.6g} from the right"
    if not isfinite(analytic):
        return f"the gradient is {analytic:g}"
    if verdict == "noise" and isnan(numeric.value[at]):
        return "no difference could be formed"
    if verdict == "noise" and not isfinite(numeric.error[at]):
        return "the differences do not settle"
    if verdict == "noise":
        return f"accurate to ±{numeric.error[at]:.1g} at best"
    return ""


def band(analytic: float, numeric: float, atol: float) -> float:
    """CS231n's relative error: over the larger of the two, 0 where both are 0."""
    apart = abs(analytic - numeric)
    if not isfinite(apart):
        return inf
    return 0.0 if apart <= atol else apart / max(abs(analytic), abs(numeric))


def band_name(error: float) -> str:
    """What CS231n says of a relative error."""
    if not error <= 1e-2:
        return "above 1e-2: probably wrong"
    if error > 1e-4:
        return "above 1e-4: uncomfortable"
    return "≤ 1e-7: happy" if error <= 1e-7 else "≤ 1e-4: fine with kinks"


def entry_name(row: dict[str, Any]) -> str:
    """`W[0, 1]`, or `f[2] by W[0, 1]`."""

    def named(name: str, index: str) -> str:
        return f"{row[name]}{row[index] or ''}"

    text = named("variable", "index")
    if "variable2" in row:
        return f"{text}, {named('variable2', 'index2')}"
    return f"{named('output', 'output_index')} by {text}" if "output" in row else text
