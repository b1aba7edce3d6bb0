"""Why an entry is wrong or a kink: where, in numbers, and what would make a claim right."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from gradcli.check.claims import Claim
from gradcli.check.derivatives import Derivatives
from gradcli.check.repairs import repair
from gradcli.check.verdicts import Judged, entry_name
from gradcli.graph.formulas.unfold import Formulas
from gradcli.question.breakdown import brief, first_broken, told
from gradcli.report import Report
from gradcli.run.interpret import Value, finite


def explain(
    report: Report, derivatives: Derivatives, judged: Judged, claim: Claim | None = None
) -> None:
    """Adds to the warnings why a claim, or an entry without one, is wrong, with a repair if there
    is one, the slopes of a kink, and where a gradient is no number."""
    places: dict[str, list[int]] = {"wrong": [], "kink": [], "lost": []}
    for place, row in enumerate(judged.rows):
        lost = row["verdict"] == "noise" and not isfinite(row["analytic"])
        places.get("lost" if lost else row["verdict"], []).append(place)
    for why, entries in places.items():
        if not entries:
            continue
        if why == "wrong" and claim is not None:
            _refute(report, derivatives, judged, claim, entries)
            continue
        row = judged.rows[entries[0]]
        name, where = entry_name(row), _at(derivatives, judged.places[entries[0]], claim)
        analytic, numeric = row["analytic"], row["numeric"]
        if why == "kink":
            said = f"{name} has a kink{where}: {row['note']}"
        elif why == "lost":
            said = f"the gradient by {name} is {analytic:g}{where}"
        else:
            said = (
                f"{name} is wrong{where}: the backward pass says {_apart(analytic, numeric)},"
                f" the differences {_apart(numeric, analytic)}"
            )
        more = f"; and {len(entries) - 1:,} more like it" if len(entries) > 1 else ""
        report.warnings.append(said + more)


def _refute(
    report: Report, derivatives: Derivatives, judged: Judged, claim: Claim, entries: list[int]
) -> None:
    """A counterexample in numbers for a claim that is wrong, and a repair, if there is one."""
    rows = judged.rows
    lost = [entry for entry in entries if not isfinite(rows[entry]["claim"])]
    first = (lost or entries)[0]
    row, point = rows[first], judged.places[first]
    claimed, right, numeric = row["claim"], row["analytic"], row["numeric"]
    where = _entry(row) + _at(derivatives, point, claim)
    if lost:
        made = _made(derivatives, claim, point)
        report.warnings.append(
            f"{claim.text} is wrong: the claim is {claimed:g}{where}{made},"
            f" the derivative is {right:.6g}"
        )
        return
    if not isfinite(right):
        report.warnings.append(
            f"{claim.text} cannot be ok{where}: the backward pass says {right:g},"
            f" the claim {claimed:.6g}, the differences {numeric:.6g}"
        )
        return
    close = judged.tolerance.atol + judged.tolerance.rtol * max(abs(claimed), abs(right))
    if abs(claimed - right) <= close:
        report.warnings.append(
            f"{claim.text} agrees with the backward pass, but the differences do not:"
            f" {right!r} and {numeric!r}{where}"
        )
        return
    report.warnings.append(
        f"{claim.text} is wrong:{where} it is {_apart(claimed, right)},"
        f" the derivative is {_apart(right, claimed)}"
    )
    found = repair(derivatives, claim, judged.tolerance)
    if found:
        what, formula = found
        report.warnings.append(f"{what}: {claim.name} = {formula}")
        for entry in entries:
            rows[entry]["note"] = what


def _apart(value: float, other: float) -> str:
    """A number with as many digits as tell it from another."""
    value += 0.0  # not -0
    for digits in (6, 9, 12):
        if f"{value:.{digits}g}" != f"{other:.{digits}g}":
            return f"{value:.{digits}g}"
    return repr(value)


_FEW, _MANY = 6, 8
"""Entries up to which an array is shown in a sentence, and values that are shown at most."""

_LONG = 60
"""Characters up to which a formula is shown in a sentence."""


def _entry(row: Mapping[str, Any]) -> str:
    index = [*row.get("output_index", []), *row["index"]]
    return f" in entry {index}" if index else ""


def _at(derivatives: Derivatives, place: int, claim: Claim | None) -> str:
    """The values of what the output and the claim are made of, at the point of that place."""
    graph = derivatives.question.graph
    inputs = derivatives.points.inputs[place]
    output = derivatives.question.model.output
    used = graph.cone([output] if claim is None else [output, claim.node])
    shown = [
        f"{graph.names[node][0]}={_brief(inputs[node])}"
        for node in used
        if node in inputs and node in graph.names and _small(inputs[node])
    ]
    return f" at {', '.join(shown[:_MANY])}" if shown else ""


def _made(derivatives: Derivatives, claim: Claim, place: int) -> str:
    """Which part of the claim is the first that is not finite, and of what."""
    question = derivatives.question
    graph = question.graph
    cone = graph.cone([claim.node])
    values = question.run(cone, derivatives.points.inputs[place])
    if finite(values[claim.node]):
        return ""  # drawn anew
    node = first_broken(graph, claim.node, values)
    formulas = Formulas(graph, cone, question.names(cone), graph.names)
    parts = [arg for arg in dict.fromkeys(graph.args[node]) if graph.number(arg) is None]
    texts = [formulas.written(part).text for part in (node, *parts)]
    if max(map(len, texts)) > _LONG:
        return ""
    known = [
        (text, values[part])
        for text, part in zip(texts[1:], parts, strict=True)
        if text != brief(values[part])
    ]
    return f" ({texts[0]} is {told(values[node], known, graph.ops[node].pointwise)})"


def _small(value: Value) -> bool:
    return isinstance(value, float) or value.size <= _FEW


def _brief(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if value.ndim == 1:
        return "[" + ", ".join(f"{entry:.6g}" for entry in value) + "]"
    return "[" + ", ".join(map(_brief, value)) + "]"
