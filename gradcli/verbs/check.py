"""check: the derivative against numbers, and a derivative of yours against both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from gradcli.check.bands import band_name
from gradcli.check.choice import choose
from gradcli.check.claims import make
from gradcli.check.counterexample import explain
from gradcli.check.derivatives import Derivatives
from gradcli.check.extrapolate import Tolerance
from gradcli.check.points import Points
from gradcli.check.verdicts import VERDICTS, Verdicts, entry_name
from gradcli.errors import UsageError
from gradcli.graph.graph import Graph
from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import FILL
from gradcli.graph.reverse import gradient
from gradcli.question.breakdown import breakdown
from gradcli.question.domain import discrete, parse_range
from gradcli.question.question import Question
from gradcli.report import Report
from gradcli.verbs import nodes

COLUMNS = [
    "variable", "index", "analytic", "numeric", "abs_error", "rel_error", "verdict", "point",
    "claim", "cs231n_error",
]  # fmt: skip


@dataclass(frozen=True)
class CheckOptions:
    """What the options of check say; `step` is None unless a plain difference is asked for, and
    `points` unless a number of them is."""

    rtol: float = 1e-6
    atol: float = 1e-9
    order: int = 1
    step: float | None = None
    points: int | None = None
    range: str = "-5:5"

    def validate(self) -> None:
        """UsageError for an option out of range."""
        for name, value, usual in (("rtol", self.rtol, "1e-6"), ("atol", self.atol, "1e-9")):
            if not 0 <= value < float("inf"):
                what = f"--{name} {value:g}: it is a number from 0 on"
                raise UsageError(what, hint=f"write --{name} {usual}")
        if self.order not in (1, 2):
            raise UsageError(
                f"--order {self.order}: it is 1, the gradient, or 2, the Hessian",
                hint="write --order 1 or --order 2",
            )
        if self.step is not None and not 0 < self.step < float("inf"):
            raise UsageError(f"--step {self.step:g}: it is a number above 0", hint="try 1e-4")
        if self.points is not None and self.points < 1:
            raise UsageError(
                f"--points {self.points}: it takes at least one point", hint="write --points 20"
            )
        parse_range(self.range)


def check(question: Question, settings: CheckOptions, claims: Sequence[str] = ()) -> Report:
    """A row for every entry of every variable, or of every node that a claim is about.

    The check passes when at least one entry is ok and none is wrong or a kink; else the exit code
    is 1, or 3 where no point was found at which the function is finite. Raises UsageError where
    there is nothing to check, and GradError for a claim that makes no sense.
    """
    cone = question.cone()
    names = question.names(cone)
    if claims and settings.order == 2:
        raise UsageError(
            "a claim is about the gradient, and --order 2 checks the Hessian",
            hint="leave --order 2 out",
        )
    made = make(question, claims)
    if made:
        targets = list(dict.fromkeys(claim.target for claim in made))
    else:
        targets = _targets(question, cone)
    output = question.model.output
    _refuse_empty(question, [output, *targets], names)
    more = [claim.node for claim in made]
    points = choose(question, settings.points, parse_range(settings.range), more)
    report = Report("check", list(COLUMNS), [], _summary(question, settings, points))
    if not len(points):
        return _nowhere(report, question, points, settings)
    report.warnings += points.doubts(names[output], settings.range)

    outputs = _outputs(question, targets, settings)
    derivatives = Derivatives(question, points, outputs, targets, more)
    tolerance = Tolerance(settings.rtol, settings.atol)
    numeric = derivatives.numeric(tolerance, settings.step)
    table = Verdicts(derivatives, tolerance, numeric, names, settings.order)
    rows: list[dict[str, Any]] = []
    if made:
        report.columns.append("formula")
        for claim in made:
            judged = table.judged(claim.target, claim)
            rows += judged.rows
            explain(report, derivatives, judged, claim)
    else:
        for target in targets:
            judged = table.judged(target)
            rows += judged.rows
            explain(report, derivatives, judged)
        if settings.order == 2:
            order = {names[target]: place for place, target in enumerate(targets)}
            rows.sort(key=lambda r: (r.get("output_index", []), order[r["variable"]], r["index"]))
    _finish(report, rows, table)
    if report.summary["passed"] and points.note():
        report.notes.append(points.note())
    report.mathematics = nodes.mathematics(question)
    return report


def _targets(question: Question, cone: Sequence[int]) -> list[int]:
    """The variables to check, without those that only choose a place or a class."""
    graph = question.graph
    names = question.names(cone)
    variables = question.variables(cone)
    places = discrete(graph, cone)
    for node in variables:
        if question.wrt and node in places:
            raise UsageError(
                f"--wrt {names[node]}: an index or a class has no derivative",
                hint=f"leave {names[node]} out of --wrt",
            )
    targets = [node for node in variables if node not in places]
    if not targets:
        consts = [names[n] for n in cone if graph.kind(n) == "const"]
        others = consts or [names[n] for n in cone if n in graph.names and n != cone[-1]]
        hint = f"name a node: --wrt {others[0]}" if others else "write a formula with a variable"
        if consts:
            hint += f", or declare it as a param: param {consts[0]} = …"
        raise UsageError("there is no variable to check", hint=hint)
    return targets


def _refuse_empty(question: Question, nodes: Sequence[int], names: dict[int, str]) -> None:
    """UsageError where the output, the first of the nodes, or a target has no entries."""
    output, *targets = nodes
    empty = [node for node in nodes if 0 in question.graph.shapes[node]]
    if not empty:
        return
    hint = FILL
    others = [names[node] for node in targets if node not in empty]
    if empty[0] != output and others:
        hint = f"leave it out: --wrt {','.join(others)}"
    raise UsageError(f"{names[empty[0]]} has no entries, so there is nothing to check", hint=hint)


def _outputs(question: Question, targets: Sequence[int], settings: CheckOptions) -> list[int]:
    """What is differentiated: the output, or for order 2 the gradient of every entry of it."""
    graph, output = question.graph, question.model.output
    if settings.order == 1:
        return [output]
    places = product(*map(range, graph.shapes[output]))
    parts = [_part(graph, output, place) for place in places]
    return [node for part in parts for node in gradient(graph, part, targets).values()]


def _part(graph: Graph, output: int, place: tuple[int, ...]) -> int:
    """The node of one entry of the output."""
    return graph.add(TABLE["index"], (output,), (place,)) if place else output


def _summary(question: Question, settings: CheckOptions, points: Points) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "passed": False, "max_rel_error": None, "points": len(points), "worst": None,
        "cs231n": None,
    }  # fmt: skip
    if points.near:
        summary.update(skipped=points.skipped, seed=question.seed)
    elif points.drawn:
        summary.update(skipped=points.skipped, range=settings.range, seed=question.seed)
    return summary


def _nowhere(report: Report, question: Question, points: Points, settings: CheckOptions) -> Report:
    """Where the function is finite at no point: never a pass."""
    output = question.model.output
    names = question.names(question.cone())
    report.exit_code = 3
    if points.drawn:
        report.warnings.append(
            f"{names[output]} is finite at none of {points.skipped:,} random points"
            f" in {settings.range}: try another --range"
        )
    else:
        where = breakdown(question.graph, output, question.run([output]), names)
        report.warnings.append(f"{names[output]} is not finite: {where}")
    report.mathematics = nodes.mathematics(question)
    return report


def _finish(report: Report, rows: list[dict[str, Any]], table: Verdicts) -> None:
    """The summary, the columns that a terminal leaves out, and the exit code."""
    verdicts = {row["verdict"] for row in rows}
    passed = table.any_ok and not verdicts & {"wrong", "kink"}
    report.rows = rows
    summary = report.summary
    summary["passed"] = passed
    if rows:
        last = max(rows, key=lambda row: (VERDICTS.index(row["verdict"]), _size(row["rel_error"])))
        summary["max_rel_error"] = max(_size(row["rel_error"]) for row in rows)
        summary["worst"] = entry_name(last)
        errors = [row["cs231n_error"] for row in rows if row["verdict"] != "noise"]
        if errors:
            summary["cs231n"] = band_name(max(errors), passed)
    for column in ("index2", "variable2"):
        if rows and column in rows[0]:
            report.columns.insert(2, column)
    for column in ("output_index", "output"):
        if rows and column in rows[0]:
            report.columns.insert(0, column)
    if any("note" in row for row in rows):
        report.columns.append("note")
    report.tacit = {"": _tacit(report.columns, rows)}
    report.spare = ["abs_error"]
    if not passed:
        report.exit_code = 3 if table.breakdown and not verdicts & {"wrong", "kink"} else 1
    if not passed and verdicts <= {"noise"} and not table.breakdown:
        report.warnings.append(
            "nothing could be checked: the numeric derivative is nowhere accurate enough"
        )


def _size(error: float) -> float:
    return error if error == error else float("inf")


def _tacit(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> list[str]:
    """What a terminal has no need for: empty columns, and for its width what others tell."""
    left_out = {name for name in columns if all(row.get(name) in (None, []) for row in rows)}
    left_out.add("cs231n_error")  # the summary tells the largest
    if any(row["point"] or row["claim"] is not None for row in rows):
        left_out.add("abs_error")
    if all(row["verdict"] == "ok" for row in rows):
        left_out.add("point")
    claims = {row["variable"]: row.get("formula") for row in rows}
    if all(claims[row["variable"]] == row.get("formula") for row in rows):
        left_out.add("formula")
    return [name for name in columns if name in left_out]
