"""trace: every step of both passes, in numbers and in the names of the nodes."""

from __future__ import annotations

import io
import json
import math
from typing import Any

import numpy as np
import pytest

from gradcli.errors import ShapeError, UsageError
from gradcli.graph.paths import Paths
from gradcli.graph.reverse import Edge, gradient
from gradcli.language import sample_names
from gradcli.question.question import Question, ask
from gradcli.report import Report, emit
from gradcli.verbs.trace import trace

WORKED = "r = a+b; s = b+1; e = r*s"


def text(report: Report, format: str) -> str:
    stream = io.StringIO()
    emit(report, format=format, stream=stream)
    return stream.getvalue()


def traced(source: str, *values: str, only: str = "", **options: str) -> list[dict[str, Any]]:
    return list(trace(ask(source, values, **options), only).rows)


def backward(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["phase"] == "backward" and row.get("from")]


def formulas(rows: list[dict[str, Any]]) -> list[str]:
    return [row["expression"] for row in rows if row["phase"] != "forward"]


def test_the_working_example_as_tsv() -> None:
    assert text(trace(ask(WORKED, ["a=2", "b=1"])), "tsv") == (
        "step\tphase\tnode\texpression\tvalue\tfrom\tupstream\tlocal\tdownstream\tgrad\n"
        "1\tforward\ta\ta\t2.0\t\t\t\t\t\n"
        "2\tforward\tb\tb\t1.0\t\t\t\t\t\n"
        "3\tforward\tr\ta + b\t3.0\t\t\t\t\t\n"
        "4\tforward\ts\tb + 1\t2.0\t\t\t\t\t\n"
        "5\tforward\te\tr * s\t6.0\t\t\t\t\t\n"
        "6\tbackward\te\t∂e/∂e = 1\t\t\t\t\t\t1.0\n"
        "7\tbackward\ts\t∂e/∂s = r\t\te\t1.0\t3.0\t3.0\t3.0\n"
        "8\tbackward\tr\t∂e/∂r = s\t\te\t1.0\t2.0\t2.0\t2.0\n"
        "9\tbackward\tb\t∂e/∂b = ∂e/∂r · 1\t\tr\t2.0\t1.0\t2.0\t2.0\n"
        "10\tbackward\tb\t∂e/∂b += ∂e/∂s · 1\t\ts\t3.0\t1.0\t3.0\t5.0\n"
        "11\tbackward\ta\t∂e/∂a = ∂e/∂r · 1\t\tr\t2.0\t1.0\t2.0\t2.0\n"
    )


def test_the_working_example_as_a_table() -> None:
    assert (
        text(trace(ask(WORKED, ["a=2", "b=1"])), "table")
        == """\
Forward
step  node  expression  value
─────────────────────────────
   1  a     a               2
   2  b     b               1
   3  r     a + b           3
   4  s     b + 1           2
   5  e     r * s           6

Backward
step  expression          upstream  local  downstream  grad
───────────────────────────────────────────────────────────
   6  ∂e/∂e = 1                                           1
   7  ∂e/∂s = r                  1      3           3     3
   8  ∂e/∂r = s                  1      2           2     2
   9  ∂e/∂b = ∂e/∂r · 1          2      1           2     2
  10  ∂e/∂b += ∂e/∂s · 1         3      1           3     5
  11  ∂e/∂a = ∂e/∂r · 1          2      1           2     2

output            e
value             6
gradient a        2
gradient b        5
products          5
products_by_path  6
"""
    )


def test_every_path_to_one_node_as_a_table() -> None:
    assert (
        text(trace(ask(WORKED, ["a=2", "b=1"]), "b"), "table")
        == """\
Forward
step  node  expression  value
─────────────────────────────
   1  b     b               1
   2  r     a + b           3
   3  s     b + 1           2
   4  e     r * s           6

Backward
step  expression          upstream  local  downstream  grad
───────────────────────────────────────────────────────────
   5  ∂e/∂e = 1                                           1
   6  ∂e/∂s = r                  1      3           3     3
   7  ∂e/∂r = s                  1      2           2     2
   8  ∂e/∂b = ∂e/∂r · 1          2      1           2     2
   9  ∂e/∂b += ∂e/∂s · 1         3      1           3     5

Path
step  expression                  upstream  local  downstream  grad
───────────────────────────────────────────────────────────────────
  10  ∂e/∂b = ∂e/∂s · ∂s/∂b = r          3      1           3     3
  11  ∂e/∂b += ∂e/∂r · ∂r/∂b = s         2      1           2     5

output            e
value             6
gradient b        5
products          4
products_by_path  4
"""
    )


def test_the_steps_of_a_network_are_written_as_the_lecture_does() -> None:
    source = "z = w*x + b; o = sigmoid(z); C = (y - o)^2"
    rows = traced(source, "w=0.5", "x=2", "b=-1", "y=1", wrt="w,b")
    assert formulas(rows) == [
        "∂C/∂C = 1",
        "∂C/∂v2 = 2 * v2",
        "∂C/∂o = ∂C/∂v2 · (-1)",
        "∂C/∂z = ∂C/∂o · o * (1 - o)",
        "∂C/∂b = ∂C/∂z · 1",
        "∂C/∂v1 = ∂C/∂z · 1",
        "∂C/∂w = ∂C/∂v1 · x",
    ]


MAPS = [
    # source, values, receiver, expression, local; the rules as [S] states them, in shapes
    ("s = u@h", ["u=[1,2]", "h=[3,4]"], "h", "∂s/∂h = u", "· * u"),
    ("z = W@x; s = sum(z)", ["W=[[1,2],[3,4]]", "x=[1,1]"], "x", "∂s/∂x = W.T @ ∂s/∂z", "W.T @ ·"),
    ("z = W@x; s = sum(z)", ["W=[[1,2],[3,4]]", "x=[1,1]"], "W",
     "∂s/∂W = outer(∂s/∂z, x)", "outer(·, x)"),
    ("Z = A@B; s = sum(Z)", ["A=[[1,2],[3,4]]", "B=[[1,2],[3,4]]"], "A",
     "∂s/∂A = ∂s/∂Z @ B.T", "· @ B.T"),
    ("Z = A@B; s = sum(Z)", ["A=[[1,2],[3,4]]", "B=[[1,2],[3,4]]"], "B",
     "∂s/∂B = A.T @ ∂s/∂Z", "A.T @ ·"),
    ("s = sum(x)", ["x=[1,2,3]"], "x", "∂s/∂x = ones(3)", "· * ones(3)"),
    ("m = mean(x); s = m^2", ["x=[1,2,3]"], "x", "∂s/∂x = ∂s/∂m * ones(3) / 3",
     "· * ones(3) / 3"),
    ("z = X + b; s = sum(z)", ["X=[[1,2],[3,4]]", "b=[1,2]"], "b",
     "∂s/∂b = sum(∂s/∂z, axis=0)", "sum(·, axis=0)"),
    ("z = k*x; s = sum(z)", ["k=2", "x=[1,2]"], "k", "∂s/∂k = ∂s/∂z @ x", "· @ x"),
    ("z = E[[0,2]]; s = sum(z)", ["E=[1,2,3]"], "E",
     "∂s/∂E = scatter(∂s/∂z, E[v1])", "scatter(·, E[v1])"),
    ("z = x[1]; s = 2*z", ["x=[1,2]"], "x", "∂s/∂x = ∂s/∂z * onehot(1, 2)", "· * onehot(1, 2)"),
    ("p = softmax(z); s = sum(p*p)", ["z=[1,2]"], "z",
     "∂s/∂z = p * (∂s/∂p - ∂s/∂p @ p)",
     "p * (· - · @ p)"),
    ("y = x.T; s = sum(y*y)", ["x=[[1,2],[3,4]]"], "x", "∂s/∂x = ∂s/∂y.T", "·.T"),
    ("m = max(x); s = 2*m", ["x=[1,2]"], "x",
     "∂s/∂x = ∂s/∂m * (x == m) / sum(x == m)",
     "· * (x == m) / sum(x == m)"),
    ("c = concat(x, y); s = sum(c*c)", ["x=[1,2]", "y=[3]"], "x", "∂s/∂x = ∂s/∂c[0:2]", "·[0:2]"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "values", "node", "formula", "local"), MAPS)
def test_a_step_without_a_pointwise_local_names_the_map(
    source: str, values: list[str], node: str, formula: str, local: str
) -> None:
    row = next(r for r in backward(traced(source, *values)) if r["node"] == node)
    assert (row["expression"], row["local"]) == (formula, local)


GATES = [
    ("relu(x)", "x=-1", 0.0), ("relu(x)", "x=2", 1.0), ("max(x, 1)", "x=2", 1.0),
    ("max(x, 2)", "x=2", 0.5), ("min(x, 1)", "x=2", 0.0), ("clip(x, 0, 1)", "x=2", 0.0),
    ("where(x > 0, x, 1)", "x=-2", 0.0), ("where(x > 0, x, 1)", "x=2", 1.0),
    ("mse(x, 3)", "x=1", -4.0), ("sum(x)", "x=7", 1.0), ("norm(x)", "x=-2", -1.0),
]  # fmt: skip


@pytest.mark.parametrize(("source", "value", "local"), GATES)
def test_between_scalars_local_is_a_number(source: str, value: str, local: float) -> None:
    row = backward(traced(f"y = {source}; e = 3*y", value))[-1]
    assert (row["node"], row["upstream"], row["local"]) == ("x", 3.0, local)
    assert row["downstream"] == row["grad"] == 3 * local


def _scalar_samples() -> list[str]:
    questions = {name: ask(name) for name in sample_names()}
    return [name for name, q in questions.items() if not q.graph.shapes[q.model.output]]


@pytest.mark.parametrize("name", _scalar_samples())
def test_upstream_times_local_is_downstream_in_every_sample(name: str) -> None:
    question = ask(name)
    rows = list(trace(question).rows)
    assert [row["step"] for row in rows] == list(range(1, len(rows) + 1))
    total: dict[str, Any] = {}
    for row in backward(rows):
        if not isinstance(row["local"], str):
            product = row["upstream"] * np.asarray(row["local"])
            np.testing.assert_allclose(product, row["downstream"], rtol=1e-12, err_msg=str(row))
        total[row["node"]] = total.get(row["node"], 0.0) + row["downstream"]
        np.testing.assert_allclose(total[row["node"]], row["grad"], rtol=1e-12)


def test_literals_have_no_row_but_named_ones_have() -> None:
    rows = traced("k = 3; y = k*x + 2", "x=1")
    assert [row["node"] for row in rows if row["phase"] == "forward"] == ["k", "x", "v1", "y"]


def test_wrt_leaves_out_the_steps_that_lead_elsewhere() -> None:
    rows = traced(WORKED, "a=2", "b=1", wrt="s")
    assert [row["node"] for row in backward(rows)] == ["s"]
    report = trace(ask(WORKED, ["a=2", "b=1"], wrt="s"))
    assert report.summary["gradient"] == {"s": 3.0}


def test_of_picks_the_output() -> None:
    assert formulas(traced(WORKED, "b=1", of="s")) == ["∂s/∂s = 1", "∂s/∂b = 1"]


def test_the_same_node_twice_is_two_steps_and_two_paths() -> None:
    rows = traced("x*x", "x=3", only="x")
    assert formulas(rows) == [
        "∂e/∂e = 1", "∂e/∂x = x", "∂e/∂x += x", "∂e/∂x = x", "∂e/∂x += x",
    ]  # fmt: skip
    assert rows[-1]["grad"] == 6


def test_the_products_of_the_paths_are_derivatives_by_hand() -> None:
    """[H]: ∂z/∂u = ∂z/∂x·∂x/∂u + ∂z/∂y·∂y/∂u."""
    rows = traced("z = x^2*y; x = u*v; y = u + sin(v)", "u=1.5", "v=0.5", only="v")
    paths = {row["from"]: row for row in rows if row["phase"] == "path"}
    u, v = 1.5, 0.5
    x, y = u * v, u + math.sin(v)
    assert paths["z → v1 → x"]["downstream"] == pytest.approx(y * 2 * x * u, rel=1e-14)
    assert paths["z → y → v2"]["downstream"] == pytest.approx(x**2 * math.cos(v), rel=1e-14)
    assert rows[-1]["grad"] == pytest.approx(2 * x * y * u + x**2 * math.cos(v), rel=1e-14)
    assert paths["z → v1 → x"]["expression"].endswith("∂z/∂v1 · ∂v1/∂x · ∂x/∂v = 2 * y * x * u")


def test_the_paths_of_arrays_add_up_to_the_gradient() -> None:
    source = "h = tanh(W@x); s = u@h + sum(h*h)"
    question = ask(source, ["W=[[0.1,0.2],[0.3,-0.4]]", "x=[1,2]", "u=[0.5,-1]"])
    report = trace(question, "W")
    rows = [row for row in report.rows if row["phase"] == "path"]
    assert len(rows) == 3
    found = sum(row["downstream"] for row in rows)
    np.testing.assert_allclose(found, report.summary["gradient"]["W"], rtol=1e-14)
    assert rows[0]["expression"].split(" = ")[-1] == "outer(h * (1 - h^2), x)"


def test_an_unnamed_node_is_called_by_its_label() -> None:
    rows = traced("(a+b)*(b+1)", "a=2", "b=1", only="v2")
    assert formulas(rows)[-2:] == ["∂e/∂v2 = v1", "∂e/∂v2 = a + b"]


def test_the_output_itself_has_no_path() -> None:
    rows = traced(WORKED, "a=2", "b=1", only="e")
    assert [row["phase"] for row in rows] == ["forward", "backward"]


def test_a_node_that_no_path_reaches() -> None:
    report = trace(ask("y = stop_gradient(x)*k", ["x=2", "k=3"]), "x")
    assert [row["node"] for row in report.rows] == ["x", "y"]
    assert report.summary["gradient"] == {"x": 0.0}


def test_an_unknown_node() -> None:
    with pytest.raises(UsageError) as caught:
        traced("tanh(alpha)", "alpha=1", only="alhpa")
    assert str(caught.value) == (
        "--node alhpa: e is not made of 'alhpa'\nhint: did you mean 'alpha'?"
    )


def test_more_paths_than_anyone_reads_are_added_up() -> None:
    nest = "f(u) = u*u + u; y = " + "f(" * 30 + "x" + ")" * 30
    report = trace(ask(nest, ["x=0"]), "x")
    rows = [row for row in report.rows if row["phase"] == "path"]
    assert len(rows) == 1_001
    assert rows[-1]["expression"] == f"∂y/∂x += … {3**30 - 1_000:,} more paths"
    assert rows[-1]["grad"] == report.summary["gradient"]["x"] == 1.0
    assert report.warnings == [f"{3**30 - 1_000:,} more paths are added up in the last row"]


def test_an_array_has_no_gradient() -> None:
    with pytest.raises(ShapeError) as caught:
        trace(ask("y = 2*x", ["x=[1,2]"]))
    assert str(caught.value) == (
        "y has shape (2,), a gradient is that of one number\n"
        "hint: name a number with --of, or trace sum(y)"
    )


def test_without_a_variable_there_is_a_warning() -> None:
    report = trace(ask("2 + 3"))
    assert [row["phase"] for row in report.rows] == ["forward", "backward"]
    assert report.warnings == ["there is no variable to differentiate by: name a node with --wrt"]


def test_numbers_that_break_down_are_shown_and_named() -> None:
    report = trace(ask("y = sqrt(x)", ["x=0"]))
    assert (report.exit_code, list(report.rows)[-1]["grad"]) == (3, math.inf)
    assert report.warnings == [
        "∂y/∂x is not finite: ∂y/∂x = 0.5 / y is inf at y = 0, where y = sqrt(x)\n"
        "hint: sqrt is infinitely steep at 0: sqrt(x + 1e-12) is not"
    ]


def test_rows_are_made_as_they_are_read() -> None:
    question = ask("sin(" * 20_000 + "x" + ")" * 20_000, ["x=0.5"])
    report = trace(question)
    assert not isinstance(report.rows, list)
    rows = iter(report.rows)
    assert next(rows)["node"] == "x"
    *_, last = rows
    assert (last["step"], last["expression"]) == (40_002, "∂e/∂x = ∂e/∂v1 · cos(x)")


def test_jsonl_holds_arrays_whole() -> None:
    question = ask("s = sum(W@x)", ["W=[[1,2],[3,4]]", "x=[1,1]"])
    lines = [json.loads(line) for line in text(trace(question), "jsonl").splitlines()]
    last = next(row for row in lines if row["phase"] == "backward" and row["node"] == "W")
    assert last["grad"] == [[1, 1], [1, 1]]
    assert last["local"] == "outer(·, x)"


def test_quiet_is_the_gradient() -> None:
    assert trace(ask(WORKED, ["a=2", "b=1"])).answer == [("a", 2.0), ("b", 5.0)]


def by_hand(question: Question) -> int:
    """The edges of all paths to all variables, each path walked."""
    graph, output = question.graph, question.model.output
    variables = question.variables(question.cone())
    edges: list[Edge] = []
    gradient(graph, output, variables, edges=edges)
    paths = (Paths(graph, output, variable, edges).walk(100_000) for variable in variables)
    return sum(len(path.edges) for found in paths for path in found)


@pytest.mark.parametrize(
    "source",
    [
        "x*x*y + sin(x)",
        "network_2_2_1",
        "beale",
        "a = x*y; b = a*x + a; c = b*a; c*b",
        "goldstein_price",
    ],
)
def test_the_summary_counts_the_products_path_by_path(source: str) -> None:
    question = ask(source, [] if source.isidentifier() else ["x=2", "y=3"])
    report = trace(question)
    assert report.summary["products_by_path"] == by_hand(question)
    assert report.summary["products"] == len(backward(list(report.rows)))


@pytest.mark.parametrize(("doublings", "count"), [(30, 30 * 2**30), (60, 60 * 2.0**60)])
def test_paths_that_nobody_could_walk_are_counted(doublings: int, count: float) -> None:
    source = "; ".join(f"x{n + 1} = x{n}*x{n}" for n in range(doublings))
    summary = trace(ask(source, ["x0=1"])).summary
    assert summary["products"] == 2 * doublings
    assert summary["products_by_path"] == count
    assert isinstance(summary["products_by_path"], type(count))
