"""eval and grad over ranges: a row a point of one range, or of the grid of two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

import numpy as np

from gradcli.errors import ShapeError, UsageError
from gradcli.graph.graph import Graph
from gradcli.graph.node import TABLE
from gradcli.graph.ops.call_text import number_text
from gradcli.graph.reverse import gradient
from gradcli.question.breakdown import breakdown
from gradcli.question.domain import discrete
from gradcli.question.locating import explained
from gradcli.question.question import Question
from gradcli.question.ranges import MOST
from gradcli.question.whereabouts import whereabouts
from gradcli.report import Report
from gradcli.run.batch import Batch
from gradcli.run.interpret import StepError
from gradcli.words import counted, joined, quoted

Array = Any

_MOST_ENTRIES = 500
"""Of an output, each of which has a column."""

_MOST_NUMBERS = 20_000_000
"""In all rows together."""

_AT_ONCE = 4096
"""Rows that are made at a time."""

_SHOWN = 10
"""Steps of a range that a terminal shows."""


class RangePoints:
    """The values of the output at every point, and with `backward` its derivatives.

    `varied` are the nodes that have a range, `places` those of them that are an index or a class,
    `values` the entries of the output and `slopes` by
    variable the derivatives of each entry; the points are in the order of the rows.
    """

    def __init__(self, question: Question, backward: bool) -> None:
        self.question = question
        graph, output = question.graph, question.model.output
        self.cone = question.cone()
        self.names = question.names(self.cone)
        self.name = self.names[output]
        self.shape = graph.shapes[output]
        self.varied = [question.model.inputs.get(name, -1) for name in question.ranges]
        self.axes = [values.values for values in question.ranges.values()]
        self._refuse()
        self.entries = [""]
        if self.shape:
            places = product(*map(range, self.shape))
            self.entries = [f"[{','.join(map(str, place))}]" for place in places]
        self.variables: list[int] = []
        if backward:
            scalars = {n for n in self.cone if not graph.shapes[n]}
            known = question.variables(self.cone)
            self.variables = [n for n in known if not self.shape or n in scalars]
        self._slopes = [gradient(graph, part, self.variables) for part in self._parts(graph)]
        grid = np.meshgrid(*self.axes, indexing="ij")
        self.points = [axis.ravel() for axis in grid]
        self.count = len(self.points[0])
        self._refuse_too_many(graph)
        wanted = [output, *(n for slopes in self._slopes for n in slopes.values())]
        try:
            self._batch = Batch(graph, wanted, self.varied, question.inputs, seed=question.seed)
        except StepError as step:
            raise explained(question.model, step) from None
        self.values, self.slopes = self.at(self.points)

    def at(self, points: Sequence[Array]) -> tuple[list[Array], dict[int, list[Array]]]:
        """The entries of the output at other points, and the derivatives of each by variable."""
        scales = self.question.trained.scales
        varied = {
            node: standardized(axis, scales.get(self.names[node]))
            for node, axis in zip(self.varied, points, strict=True)
        }
        # Whoever writes 1/x from -1 to 1 knows.
        with np.errstate(all="ignore"):
            found, *slopes = self._batch(varied)
        entries = list(found.reshape(len(found), -1).T)
        each = iter(slopes)
        by_entry = [{n: next(each) for n in self.variables} for _ in self._slopes]
        by_variable: dict[int, list[Array]] = {}
        for n in self.variables:
            # of a standardized name by a step of the name itself
            step = scales[self.names[n]][1] if self.names[n] in scales else 1.0
            columns = by_variable[n] = [np.array(slope[n]) / step for slope in by_entry]
            for column, value in zip(columns, entries):
                column[np.isnan(value)] = np.nan  # where there is no value, there is no slope
        return entries, by_variable

    def place(self, row: int) -> dict[str, float]:
        """The names with a range, with their values at a point."""
        return {
            self.names[node]: float(axis[row])
            for node, axis in zip(self.varied, self.points, strict=True)
        }

    def _parts(self, graph: Graph) -> Iterator[int]:
        """The nodes of the entries of which there are derivatives."""
        output = self.question.model.output
        if not self.variables:
            return
        for place in product(*map(range, self.shape)):
            yield graph.add(TABLE["index"], (output,), (place,)) if place else output

    def _refuse(self) -> None:
        """GradError for ranges that make no rows."""
        ranges = self.question.ranges
        if len(ranges) > 2:
            more = list(ranges)[2:]
            raise UsageError(
                f"{joined(ranges, 'and')} have ranges, and rows go over one or two",
                hint=f"give {joined(more, 'and')} one value: "
                + " ".join(f"{name}={number_text(ranges[name].low)}" for name in more),
            )
        places = self.places = discrete(self.question.graph, self.cone) & set(self.varied)
        for (name, values), node in zip(ranges.items(), self.varied, strict=True):
            if node not in self.cone:
                raise UsageError(
                    f"{self.name} is not made of {quoted(name)}, which has a range",
                    hint="leave the range out, or pick another output by --of",
                )
            low, high = values.low, values.high
            if node in places and (values.values % 1).any():
                start, stop = int(np.ceil(low)), int(np.floor(high))
                raise UsageError(
                    f"{quoted(name)} is an index or a class, which takes whole numbers",
                    hint=f"write {name}={start}:{max(stop, start + 1)}:{max(stop - start, 1) + 1}",
                )
            if node in places:
                for end in (low, high):  # what is out of range is said
                    self.question.run([self.question.model.output], {node: end})
        count = prod(values.count for values in ranges.values())
        if count > MOST:
            raise UsageError(
                f"{count:,} points are too many: a grid has {MOST:,} at the most",
                hint="give each range fewer: "
                + " ".join(
                    f"{name}={number_text(v.low)}:{number_text(v.high)}:101"
                    for name, v in ranges.items()
                ),
            )
        if prod(self.shape) > _MOST_ENTRIES:
            raise ShapeError(
                f"{self.name} has shape {self.shape}, too many columns for rows of a range",
                hint=f'pick an entry of it: --of "{self.name}[{", ".join("0" * len(self.shape))}]"',
            )

    def _refuse_too_many(self, graph: Graph) -> None:
        """ShapeError where all the rows have too many numbers."""
        each = prod(self.shape) + sum(
            prod(graph.shapes[n]) for slopes in self._slopes for n in slopes
        )
        if each * self.count > _MOST_NUMBERS:
            raise ShapeError(
                f"{self.count:,} rows of {each:,} numbers are too many",
                hint=f"ask for {max(2, _MOST_NUMBERS // each):,} points at the most"
                + f", or for fewer derivatives: --wrt {','.join(self.question.ranges)}"
                * bool(self._slopes),
            )


def ranged(question: Question, backward: bool = False) -> Report:
    """A row a point: what has a range, the output, and with `backward` its derivatives there.

    An array has a column an entry, `e[0]`; the derivatives of its entries by the scalar variables
    stand in `grad.x[0]`. Where a number is not finite, a warning names the first point; the exit
    code is 3 where none is finite.
    """
    found = RangePoints(question, backward)
    names = found.names
    own = list(question.ranges)
    columns: dict[str, Array] = dict(zip(own, found.points, strict=True))
    output = f"output.{found.name}" if found.name in own else found.name
    for entry, values in zip(found.entries, found.values, strict=True):
        columns[output + entry] = values
    headings = {}
    for node, slopes in found.slopes.items():
        for entry, values in zip(found.entries, slopes, strict=True):
            column = f"grad.{names[node]}{entry}"
            columns[column] = values
            headings[column] = f"∂{found.name}{entry}/∂{names[node]}"
    report = Report(
        command="grad" if backward else "eval",
        columns=list(columns),
        rows=_rows(columns),
        summary={"output": found.name, "points": found.count},
        answer=_answer(found),
        headings=headings,
        every=max(1, (found.count - 1) // _SHOWN),
        key=own,
    )
    if not found.shape:
        _extremes(report.summary, found)
    _judge(report, found)
    _draw(report, found)
    return report


def _rows(columns: dict[str, Array]) -> Iterator[dict[str, Any]]:
    names = list(columns)
    for start in range(0, len(columns[names[0]]), _AT_ONCE):
        some = [values[start : start + _AT_ONCE] for values in columns.values()]
        cells = [part.tolist() if part.ndim == 1 else list(part) for part in some]
        for row in zip(*cells):
            yield dict(zip(names, row))


def _answer(found: RangePoints) -> list[tuple[str | None, Any]]:
    """The value of each point; of a gradient, the derivatives at all points."""
    if found.slopes:
        return [
            (found.names[node] + entry, slope)
            for node, slopes in found.slopes.items()
            for entry, slope in zip(found.entries, slopes, strict=True)
        ]
    values = np.stack(found.values, axis=-1).reshape(found.count, *found.shape)
    return [(None, value) for value in (values if found.shape else values.tolist())]


def _extremes(summary: dict[str, Any], found: RangePoints) -> None:
    """The least and the largest finite value, and where."""
    values = found.values[0]
    fine = np.flatnonzero(np.isfinite(values))
    for name, pick in (("min", np.argmin), ("max", np.argmax)):
        row = int(fine[pick(values[fine])]) if len(fine) else None
        summary[name] = None if row is None else float(values[row])
        summary[f"arg{name}"] = None if row is None else found.place(row)


def _judge(report: Report, found: RangePoints) -> None:
    """Warns where the output, or else a derivative, is not finite."""
    question, output = found.question, found.question.model.output
    broken = ~np.logical_and.reduce([np.isfinite(values) for values in found.values])
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        here = _here(found, row)
        values = here.run([output])
        where = breakdown(question.graph, output, values, found.names)
        _warn(report, found, found.name, broken, where, np.ones(found.count, bool))
        if broken.all():
            return
    for node, slopes in found.slopes.items():
        for entry, slope in zip(found.entries, slopes, strict=True):
            bad = ~np.isfinite(slope.reshape(found.count, -1)).all(axis=1) & ~broken
            if bad.any():
                name = f"∂{found.name}{entry}/∂{found.names[node]}"
                where = ""
                if not found.shape:
                    here = _here(found, int(np.flatnonzero(bad)[0]))
                    adjoints = gradient(question.graph, output, [node])
                    values = here.run([output, *adjoints.values()])
                    where = whereabouts(here, values, found.names, adjoints)
                _warn(report, found, name, bad, where, ~broken)
                return


def _here(found: RangePoints, row: int) -> Question:
    """The question with one value for everything."""
    point = {node: float(axis[row]) for node, axis in zip(found.varied, found.points, strict=True)}
    return replace(found.question, inputs={**found.question.inputs, **point})


def _warn(
    report: Report, found: RangePoints, name: str, bad: Array, where: str, among: Array
) -> None:
    """Says at how many of the points of the mask `among` it is not finite, and where first."""
    row = int(np.flatnonzero(bad)[0])
    place = " ".join(f"{n}={number_text(value)}" for n, value in found.place(row).items())
    points = counted(int(among.sum()), "point")
    if not among.all():
        points = f"the {points} where {found.name} is finite"
    if (bad == among).all():
        report.exit_code = 3
        text = f"{name} is finite at none of {points}; at {place}"
    else:
        text = f"{name} is not finite at {bad.sum():,} of {points}, first at {place}"
    report.warnings.append(f"{text}: {where}" if where else text)


def _draw(report: Report, found: RangePoints) -> None:
    """What there is to draw, made when it is asked for."""

    def curve() -> Any:
        from gradcli.verbs.curves import small

        return small(found)

    def chart() -> Any:
        from gradcli.verbs.curves import chart as whole

        return whole(found)

    if len(found.axes) == 1:
        report.curve = curve
    if len(found.axes) == 1 or not found.shape:
        report.chart = chart


def standardized(values: Array, scale: Sequence[Any] | None) -> Array:
    """The values of a name on the scale that it had in training, as a mean and a deviation."""
    return values if scale is None else (values - scale[0]) / scale[1]
