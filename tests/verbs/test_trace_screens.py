"""trace on terminals of 40 and 80 columns: a line a step of numbers, three of arrays."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from gradcli.question.question import ask
from gradcli.report import emit
from gradcli.verbs.trace import trace


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def backward(
    monkeypatch: pytest.MonkeyPatch, columns: int, source: str, *values: str
) -> tuple[list[dict[str, Any]], list[str]]:
    """The steps of the backward pass, and the lines of a terminal that show them."""
    monkeypatch.setenv("COLUMNS", str(columns))
    report = trace(ask(source, values))
    rows = list(report.rows)
    report.rows = rows
    stream = Terminal()
    emit(report, stream=stream, color="never")
    part = stream.getvalue().split("\nBackward\n")[1].split("\n\n")[0]
    return [row for row in rows if row["phase"] == "backward"], part.splitlines()


SCALARS = [
    "beale", "booth", "chain_of_two", "chain_rule", "finite_difference", "goldstein_price",
    "levy", "logistic_slip", "network_2_2_1", "rosenbrock", "styblinski_tang", "tangent",
    "three_hump_camel", "working_example",
]  # fmt: skip


@pytest.mark.parametrize("sample", SCALARS)
def test_a_step_of_numbers_is_a_line_at_40_columns(monkeypatch, sample):
    rows, lines = backward(monkeypatch, 40, sample)
    *above, headings, rule = lines[: -len(rows)]
    assert headings.split()[:2] == ["step", "expression"]
    assert headings.split()[-1] == "grad"
    assert set(rule) == {"─"}
    output = rows[0]["node"]
    short = [line for line in above if line == f"∂…  stands for ∂{output}/∂…"]
    assert above == short
    for row, line in zip(rows, lines[-len(rows) :], strict=True):
        assert len(line) <= 40
        step, formula, *_, grad = re.split(" {2,}", line.strip())
        written = row["expression"].replace(f"∂{output}/∂", "∂" if short else f"∂{output}/∂")
        assert formula.replace(" ", "") == written.replace(" ", "")
        assert (int(step), float(grad)) == (row["step"], pytest.approx(row["grad"], rel=1e-5))


NETWORKS = [
    (
        "L = sum(tanh(W@x + b)^2)",
        "W=[[1,2,3],[4,5,6]]", "x=[0.1,0.2,0.3]", "b=[0,1]",
    ),
    (
        "h = tanh(W@x + b); z = U@h + c; p = softmax(z); C = -log(p[0])",
        "W=[[0.1,0.2,0.3],[0.4,0.5,0.6]]", "x=[0.1,0.2,0.3]", "b=[0,1]",
        "U=[[0.11,-0.3],[0.2,0.7],[0.5,0.6]]", "c=[0.1,0.2,0.3]",
    ),
    (
        "H = relu(X@W1 + b1); Z = H@W2 + b2; L = mean(cross_entropy(Z, y))",
        "X=[[0.5,-1],[1,2],[0.3,0.4]]", "W1=[[0.1,0.2,0.3],[0.4,0.5,0.6]]", "b1=[0,0.1,0]",
        "W2=[[0.11,-0.3],[0.2,0.7],[0.5,0.6]]", "b2=[0.1,0.2]", "y=[0,1,1]",
    ),
]  # fmt: skip


@pytest.mark.parametrize("network", NETWORKS, ids=["one layer", "softmax", "three rows"])
def test_a_step_of_arrays_is_at_most_three_lines_at_80_columns(monkeypatch, network):
    rows, lines = backward(monkeypatch, 80, *network)
    assert max(map(len, lines)) <= 80
    starts = [place for place, line in enumerate(lines) if re.match(r" +\d+  ∂", line)]
    assert len(starts) == len(rows)
    heights = [stop - start for start, stop in zip(starts, [*starts[1:], len(lines)])]
    assert max(heights) <= 3
    shown = "upstream" in lines[0]
    output = rows[0]["node"]
    for row in rows[1:]:  # what is left out stands in the expression, or is ∂L/∂L = 1
        said = f"∂{output}/∂{row['from']}" in row["expression"].split("=")[1]
        assert shown or said or row["from"] == output
    numbers = re.findall(r"-?\d+(?:\.\d+)?(?:e-\d+)?", " ".join(lines))
    for row in rows:
        entries = row["grad"].ravel().tolist() if hasattr(row["grad"], "ravel") else [row["grad"]]
        assert {f"{entry + 0.0:.6g}" for entry in entries} <= set(numbers)
