"""What is said of a claim that is wrong: where, in numbers, and what would make it right."""

from __future__ import annotations

from typing import Any

from gradcli.report import Report
from gradcli.run.extrapolate import Tolerance
from gradcli.run.interpret import Value
from gradcli.verbs.claims import Claim
from gradcli.verbs.repairs import repair
from gradcli.verbs.slopes import Derivatives


def explain(
    report: Report,
    derivatives: Derivatives,
    claim: Claim,
    rows: list[dict[str, Any]],
    tolerance: Tolerance,
) -> None:
    """Adds a counterexample in numbers for a claim that is wrong, and a repair, if there is one."""
    wrong = [row for row in rows if row["verdict"] == "wrong"]
    if not wrong:
        return
    first = wrong[0]
    claimed, right = first["claim"], first["analytic"]
    if abs(claimed - right) <= tolerance.atol + tolerance.rtol * max(abs(claimed), abs(right)):
        report.warnings.append(
            f"{claim.text} agrees with the backward pass, but the differences do not:"
            f" {right!r} and {first['numeric']!r}"
        )
        return
    report.warnings.append(
        f"{claim.text} is wrong: {_where(derivatives, claim, first)}"
        f" it is {_apart(claimed, right)}, the derivative is {_apart(right, claimed)}"
    )
    found = repair(derivatives, claim, tolerance)
    if found:
        what, formula = found
        report.warnings.append(f"{what}: {claim.name} = {formula}")
        for row in wrong:
            row["note"] = what


def _apart(value: float, other: float) -> str:
    """A number with as many digits as tell it from another."""
    for digits in (6, 9, 12):
        if f"{value:.{digits}g}" != f"{other:.{digits}g}":
            return f"{value:.{digits}g}"
    return repr(value)


_FEW = 6
"""Entries up to which an array is shown in a sentence."""


def _where(derivatives: Derivatives, claim: Claim, row: dict[str, Any]) -> str:
    """The entry, and the values of what the claim and the output are made of."""
    question, points = derivatives.question, derivatives.points
    graph = question.graph
    place = 0
    if points.drawn:
        texts = [" ".join(f"{graph.names[n][0]}={p[n]!r}" for n in points.drawn)
                 for p in points.inputs]  # fmt: skip
        place = texts.index(row["point"])
    inputs = points.inputs[place]
    used = graph.cone([question.model.output, claim.node])
    shown = [
        f"{graph.names[node][0]}={_brief(inputs[node])}"
        for node in used
        if node in inputs and node in graph.names and _small(inputs[node])
    ]
    index = [*row.get("output_index", []), *row["index"]]
    entry = f"in entry {index} " if index else ""
    return f"{entry}at {', '.join(shown[:8])}" if shown else entry.rstrip()


def _small(value: Value) -> bool:
    return isinstance(value, float) or value.size <= _FEW


def _brief(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if value.ndim == 1:
        return "[" + ", ".join(f"{entry:.6g}" for entry in value) + "]"
    return "[" + ", ".join(map(_brief, value)) + "]"
