"""What a model answers: typed fields, numbers as floats and NumPy arrays, and the report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

from gradcli.errors import UsageError
from gradcli.library.given import quiet

if TYPE_CHECKING:
    from gradcli.report import Report
    from gradcli.run.interpret import Value


@dataclass(frozen=True, repr=False)
class Result:
    """An answer with the report that it was read off; a notebook shows the report as a table,
    and its picture."""

    report: Report
    """The summary, the rows and the warnings that the command line prints."""

    @property
    def notes(self) -> list[str]:
        """What the command line would say beside the report, notes first, then warnings."""
        return [*self.report.notes, *self.report.warnings]

    def to_dict(self) -> dict[str, Any]:
        """`command`, `summary` and `rows`, as plain Python: arrays as nested lists.

        >>> Model("sum(x^2)").grad(x=[1, 2]).to_dict()["summary"]["gradient"]
        {'x': [2.0, 4.0]}
        """
        return {
            "command": self.report.command,
            "summary": _plain(self.report.summary),
            "rows": [{c: _plain(row.get(c)) for c in self.report.columns} for row in self._rows()],
        }

    def _rows(self) -> list[dict[str, Any]]:
        return list(self.report.rows)

    def __repr__(self) -> str:
        shown = ", ".join(f"{k}={_short(v)}" for k, v in self._shown().items())
        return f"{type(self).__name__}({shown})"

    def _shown(self) -> Mapping[str, Any]:
        return self.report.summary

    def save(self, path: str | os.PathLike[str], *, theme: str = "auto", digits: int = 6) -> None:
        """Writes the report, or its picture, in the format that the suffix names: `.csv`, `.svg`.

        The formats, and the themes of pictures, are those of the command line; the file is
        replaced as a whole. Raises GradError for a suffix that is unknown, a picture that the
        result does not have, and a file that cannot be written.
        """
        from gradcli.data.atomic import atomic_text
        from gradcli.report import check_theme, chosen_format, emit

        check_theme(theme)
        name = os.fspath(path)
        format = chosen_format("", name, self.report.command)
        with quiet(), atomic_text(name) as stream:
            emit(
                self.report, format=format, stream=stream, output=name, digits=digits, theme=theme,
                told=False,
            )  # fmt: skip

    def _repr_html_(self) -> str:
        from gradcli.report.html import html_table

        return html_table(self.report, self._repr_svg_() or "")

    def _repr_svg_(self) -> str | None:
        """The picture: the graph, or the chart of a descent; None where there is none, or it would
        be too large to read."""
        if self.report.graph is None and self.report.chart is None:
            return None
        try:
            return self._written("svg")
        except UsageError:
            return None

    def _repr_latex_(self) -> str:
        return self._written("latex")

    def _written(self, format: str) -> str:
        from gradcli.report import emit

        stream, notes = StringIO(), list(self.report.notes)
        with quiet():
            emit(self.report, format=format, stream=stream, told=False)
        self.report.notes[:] = notes
        return stream.getvalue()


@dataclass(frozen=True, repr=False)
class Evaluation(Result):
    """The forward pass: the `value` of the output, and those of all nodes by the report's names."""

    value: Value
    values: dict[str, Value]


@dataclass(frozen=True, repr=False)
class Gradient(Result):
    """The backward pass of a scalar output: `gradient[name]` has the shape of the variable."""

    value: float
    gradient: dict[str, Value]


@dataclass(frozen=True, repr=False)
class ByName(Result, Mapping[str, Any]):
    """A result that is a mapping, such as of variables to derivatives.

    >>> dict(Model("x*y").jacobian(x=3, y=2))
    {'x': 2.0, 'y': 3.0}
    """

    _found: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


@dataclass(frozen=True, repr=False, eq=False)
class Jacobian(ByName):
    """By variable an array of the output's shape and then the variable's."""

    value: Value


@dataclass(frozen=True, repr=False, eq=False)
class Hessian(ByName):
    """By two variables an array of the first one's shape and then the second one's."""

    value: float


@dataclass(frozen=True, repr=False, eq=False)
class Symbolic(ByName):
    """By node the derivative of the output as a formula of the language; of a Hessian, by two."""


@dataclass(frozen=True, repr=False)
class Verdict(Result):
    """Whether the derivatives, or a claim about them, hold: it is true where it `passed`.

    `worst` is the entry of the largest error, `rows` are the entries compared.
    """

    passed: bool
    max_rel_error: float | None
    points: int
    worst: str | None
    rows: list[dict[str, Any]]

    def __bool__(self) -> bool:
        return self.passed

    def _shown(self) -> Mapping[str, Any]:
        return {n: getattr(self, n) for n in ("passed", "max_rel_error", "points", "worst")}


@dataclass(frozen=True, repr=False)
class Explanation(Result):
    """Every step of the forward and the backward pass, as rows of the report."""

    value: float
    gradient: dict[str, Value]
    steps: list[dict[str, Any]]


@dataclass(frozen=True, repr=False)
class Descended(Result):
    """The end of a descent: `params` by name, losses of all the rows to learn from.

    `validation_loss` and `validation_metrics` are of the rows that judge, None and empty where
    there are none. Of a sweep or restarts, it is the best of them, and `rows` are all. A metric
    that is the number of a class has no mean over folds: it is None there.
    """

    params: dict[str, Value]
    converged: bool
    reason: str
    steps: int
    loss: float
    start_loss: float
    grad_norm: float
    metrics: dict[str, float | None]
    validation_loss: float | None
    validation_metrics: dict[str, float | None]
    rows: list[dict[str, Any]]


def _plain(value: Any) -> Any:
    """Arrays as nested lists, NumPy's numbers as Python's, in mappings and lists too."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _short(value: Any) -> str:
    text = repr(_plain(value))
    return text if len(text) <= 80 else f"{text[:77]}…"
