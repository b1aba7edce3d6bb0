"""The verdicts on derivatives: an entry is ok, a kink, lost in noise, or wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import isfinite, isinf, isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcli.check.bands import measured
from gradcli.check.derivatives import Derivatives
from gradcli.check.differences import Slopes
from gradcli.check.extrapolate import Array, Tolerance

if TYPE_CHECKING:
    from gradcli.check.claims import Claim

VERDICTS = ("noise", "ok", "kink", "wrong")
"""From good to bad; noise says nothing, so that any other verdict at another point counts."""

_NOISE, _OK, _KINK, _WRONG = range(4)

_TINY = 1e-290
"""A scale below which numbers lose digits."""

_FEW = 100
"""Entries at the most where it is looked at what rounding does to a derivative below atol."""


@dataclass
class Judged:
    """The rows of a claim, or of a target, the place of the point of each, and the tolerance that
    they were judged by."""

    rows: list[dict[str, Any]]
    places: list[int]
    tolerance: Tolerance


class Verdicts:
    """The verdicts on all the entries, each at its worst point."""

    def __init__(
        self,
        derivatives: Derivatives,
        tolerance: Tolerance,
        numeric: dict[int, Slopes],
        names: Mapping[int, str],
        order: int = 1,
    ) -> None:
        self.derivatives, self.tolerance, self.numeric = derivatives, tolerance, numeric
        self.names, self._order = names, order
        self.any_ok = self.breakdown = False

    def judged(self, target: int, claim: Claim | None = None) -> Judged:
        """A row for each entry of the outputs and of the target, the output's place first."""
        a, numeric = self.derivatives.analytic[target], self.numeric[target]
        n = numeric.value
        claimed = None
        if claim is not None:
            values = [values[claim.node] for values in self.derivatives.values]
            claimed = np.stack([np.reshape(value, a.shape[1:]) for value in values])
        tolerance = self.tolerance
        rank = _ranks(a, numeric, tolerance, claimed)
        wrong = rank == _WRONG
        if wrong.any():
            rounding = self.derivatives.rounding(target, wrong, claim.node if claim else None)
            numeric = replace(numeric, error=numeric.error + rounding)
            rank = _ranks(a, numeric, tolerance, claimed, rounding)
        if claim is not None and claimed is not None:
            tolerance = self._on_its_own_scale(target, claim, claimed, rank)
        with np.errstate(all="ignore"):
            error = np.abs(a - n)
            scale = np.maximum(1.0, np.maximum(np.abs(a), np.abs(n)))
            if claimed is not None:
                error = np.maximum(error, np.maximum(np.abs(claimed - a), np.abs(claimed - n)))
                scale = np.maximum(scale, np.abs(claimed))
            relative = error / scale
        badness = rank + np.nan_to_num(np.minimum(relative, 1.0), nan=1.0) / 2
        worst = np.argmax(badness, axis=0)
        self.any_ok |= bool((rank == _OK).any())
        self.breakdown |= not bool(np.isfinite(a).all())
        found = Judged([], worst.reshape(-1).tolist(), tolerance)
        entries = self._places(target, self.names[target] if claim is None else claim.name)
        for place, (m, entry) in zip(entries, np.ndindex(worst.shape), strict=True):
            point = int(worst[m, entry])
            at = (point, m, entry)
            verdict = VERDICTS[int(rank[at])]
            numbers = [float(a[at]), float(n[at])]
            if claimed is not None:
                numbers.append(float(claimed[at]))
            row = {
                **place,
                "analytic": numbers[0],
                "numeric": numbers[1],
                "abs_error": float(error[at]),
                "rel_error": float(relative[at]),
                "verdict": verdict,
                "point": self.point(point),
                "claim": None if claimed is None else numbers[2],
                "cs231n_error": measured(numbers, tolerance.atol),
            }
            if claim is not None:
                row["formula"] = claim.text
            note = _note(verdict, row, numeric, at)
            if note:
                row["note"] = note
            found.rows.append(row)
        return found

    def _on_its_own_scale(
        self, target: int, claim: Claim, claimed: Array, rank: Array
    ) -> Tolerance:
        """Marks as wrong, of what atol alone let pass, the claims that are so by the scale of a
        derivative all below atol; returns the tolerance that found them.

        What rounding makes of a derivative that is 0 has no scale of its own, and where the scale
        is too small to tell what underflow did from what is wrong, it is noise.
        """
        a = self.derivatives.analytic[target]
        sizes = np.maximum(np.abs(a), np.abs(claimed))
        scale = float(np.max(sizes, initial=0.0, where=np.isfinite(sizes)))
        if not 0 < scale < self.tolerance.atol:
            return self.tolerance
        own = replace(self.tolerance, atol=self.tolerance.rtol * scale)
        with np.errstate(all="ignore"):
            apart = np.abs(claimed - a)
            beyond = (rank <= _OK) & (apart > own.between(claimed, a))
            if not beyond.any():
                return self.tolerance
            few = np.argsort(np.where(beyond, apart, -1.0), axis=None)[-_FEW:]
            looked = np.zeros(beyond.size, np.bool_)
            looked[few] = True
            beyond &= looked.reshape(beyond.shape)
            rounding = self.derivatives.rounding(target, beyond, claim.node)
            beyond &= apart > own.between(claimed, a) + rounding
        rank[beyond] = _WRONG if scale > _TINY else _NOISE
        return own if beyond.any() else self.tolerance

    def point(self, place: int) -> str | None:
        """The values that were drawn, as they are typed on the command line."""
        points = self.derivatives.points
        return points.text(self.derivatives.question.graph, place) if points.drawn else None

    def _places(self, target: int, name: str) -> Iterator[dict[str, Any]]:
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
                    second = {last[0]: name, last[1]: list(index)}
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
            finite = np.isfinite(claimed)
            right = np.abs(claimed - a) <= tolerance.between(claimed, a)
            near = np.abs(claimed - n)
            ok = ok & finite & right & (near <= tolerance.between(claimed, n))
            close = np.abs(claimed - a) <= tolerance.between(claimed, a) + rounding
            # A gradient that is no number says nothing of a claim, nor against the same.
            same = (claimed == a) | (np.isnan(claimed) & np.isnan(a))
            known = finite & close & ~(near > error)
            noise = noise & np.where(np.isfinite(a), known, finite | same)
    return np.where(numeric.kink, _KINK, np.where(ok, _OK, np.where(noise, _NOISE, _WRONG)))


def _note(verdict: str, row: Mapping[str, Any], numeric: Slopes, at: tuple[int, int, int]) -> str:
    """What a verdict rests on, where the numbers of the row do not say it."""
    claim, analytic = row["claim"], row["analytic"]
    lost = "" if claim is None or isfinite(claim) else f"the claim is {claim:g}"
    if verdict == "kink":
        return _sides(numeric.left[at], numeric.right[at]) + (f"; {lost}" if lost else "")
    if lost:
        return lost
    if not isfinite(analytic):
        return f"the gradient is {analytic:g}"
    if verdict == "noise" and isnan(numeric.value[at]):
        return "no difference could be formed"
    if verdict == "noise" and not isfinite(numeric.error[at]):
        return "the differences do not settle"
    if verdict == "noise":
        return f"accurate to ±{numeric.error[at]:.1g} at best"
    return ""


def _sides(left: float, right: float) -> str:
    """What the one-sided slopes at a kink are; they are infinite at a jump."""
    if isinf(left) and isinf(right):
        return "a jump on both sides"
    if isinf(left) or isinf(right):
        return f"a jump on the {'left' if isinf(left) else 'right'}"
    return f"slopes {left:.6g} from the left, {right:.6g} from the right"


def entry_name(row: dict[str, Any]) -> str:
    """`W[0, 1]`, or `f[2] by W[0, 1]`."""

    def named(name: str, index: str) -> str:
        return f"{row[name]}{row[index] or ''}"

    text = named("variable", "index")
    if "variable2" in row:
        return f"{text}, {named('variable2', 'index2')}"
    return f"{named('output', 'output_index')} by {text}" if "output" in row else text
