"""Tables, records and summaries as a terminal shows them."""

from __future__ import annotations

import re
from io import StringIO
from types import SimpleNamespace

import numpy as np
import pytest

from gradcli.figures import Panel, Series
from gradcli.report import Report, emit
from gradcli.report.terminal import page

TABLE = """\
node  kind       expression  inputs  value  ∂e/∂node
────────────────────────────────────────────────────
a     variable   a                       2         2
b     variable   b                       1         5
v1    operation  a + b       a, b        3         2
1     literal    1                       1
v2    operation  b + 1       b, 1        2         3
e     operation  v1 * v2     v1, v2      6         1

output      e
value       6
gradient a  2
gradient b  5
"""


def test_table(grad_report, shown, written):
    assert shown(grad_report, 80) == TABLE
    assert shown(grad_report, 52) == TABLE
    assert written(grad_report, format="table") == TABLE


def test_headings_take_two_lines_before_a_row_does(grad_report, shown):
    assert shown(grad_report, 49).startswith("""\
                                              ∂e/
node  kind       expression  inputs  value  ∂node
─────────────────────────────────────────────────
a     variable   a                       2      2
""")


def test_a_row_goes_on_under_itself_where_a_number_would_be_cut(grad_report, shown):
    assert shown(grad_report, 40).startswith("""\
node  kind       expression  inputs
      value  ∂e/∂node
───────────────────────────────────
a     variable   a
          2         2
b     variable   b
          1         5
v1    operation  a + b       a, b
          3         2
1     literal    1
          1
""")


def test_records_where_nothing_else_fits(grad_report, shown):
    assert shown(grad_report, 20).startswith("""\
node        a
kind        variable
expression  a
value       2
∂e/∂node    2

node        b
""")
    rows = [{"x": 1 / 3, "name_of_a_thing": 2 / 3, "y": 1 / 7, "z": 1 / 9}]
    report = Report("x", [*rows[0]], rows * 2)
    assert shown(report, 36, digits=17).startswith("""\
x                0.3333333333333333
name_of_a_thing  0.6666666666666666
y                0.14285714285714285
z                0.1111111111111111

x """)


def test_long_text_folds_and_numbers_never_do(shown):
    formula = "sin(x) + " * 9 + "0.1234567890123456"
    rows = [{"node": f"x{n}", "expression": "x", "value": 1.0, "grad": 2.0} for n in range(6)]
    rows.append({"node": "e", "expression": formula, "value": 1 / 3, "grad": -2 / 3})
    report = Report("grad", ["node", "expression", "value", "grad"], rows)
    assert (
        shown(report, 72, digits=17)
        == """\
node  expression                          value                 grad
────────────────────────────────────────────────────────────────────
x0    x                      1                    2
x1    x                      1                    2
x2    x                      1                    2
x3    x                      1                    2
x4    x                      1                    2
x5    x                      1                    2
e     sin(x)+sin(x)+sin(x)+  0.3333333333333333  -0.6666666666666666
      sin(x)+sin(x)+sin(x)+
      sin(x)+sin(x)+sin(x)+
      0.1234567890123456
"""
    )


@pytest.mark.parametrize("columns", [*range(1, 60, 7), 80, 120, 200])
def test_no_digit_is_lost_at_any_width(shown, columns):
    values = [{"x": 1 / n, "array": np.arange(n) / 7, "text": f"f(x)/{n}"} for n in range(1, 6)]
    out = shown(Report("x", ["x", "text", "array"], values, {"x": 2 / 3}), columns, digits=17)
    together = re.sub(r"\s", "", out)
    for row in values:
        assert repr(row["x"]).removesuffix(".0") in together
    if columns >= 30:  # one line takes any of them
        for n in range(1, 6):
            for entry in np.arange(n) / 7:
                assert repr(float(entry)).removesuffix(".0") in out
        assert max(map(len, out.splitlines())) <= columns


@pytest.mark.parametrize("columns", [30, 200])
def test_expressions_are_no_markup(shown, columns):
    texts = ["[x, 2*x]", "f[/y]", "[bold]x[/bold]", ":smile:", "[link=x]"]
    report = Report("eval", ["expression"], [{"expression": text} for text in texts])
    out = shown(report, columns, color="always")
    for text in texts:
        assert text in out


def test_sections(shown):
    columns = ["step", "phase", "node", "value", "from", "upstream"]
    rows = [(1, "forward", "a", 2.0, None, None), (2, "backward", "a", None, "e", 1.0)]
    report = Report("trace", columns, [dict(zip(columns, row, strict=True)) for row in rows])
    report.sections = "phase"
    assert (
        shown(report)
        == """\
Forward
step  node  value
─────────────────
   1  a         2

Backward
step  node  from  upstream
──────────────────────────
   2  a     e            1
"""
    )
    assert (
        shown(report, 24)
        == """\
Forward
step  node  value
─────────────────
   1  a         2

Backward
step  node  from
      upstream
────────────────
   2  a     e
             1
"""
    )
    report.tacit = {"backward": ("node", "from")}
    assert (
        shown(report, 24)
        == """Forward
step  node  value
─────────────────
   1  a         2

Backward
step  upstream
──────────────
   2         1
"""
    )


def test_spare_columns_go_one_by_one(grad_report, shown):
    grad_report.spare = ["inputs", "shape", "kind"]

    def headings(columns):
        return shown(grad_report, columns).splitlines()[0].split()

    assert headings(52) == ["node", "kind", "expression", "inputs", "value", "∂e/∂node"]
    assert headings(51) == ["node", "kind", "expression", "value", "∂e/∂node"]
    assert headings(43) == ["node", "expression", "value", "∂e/∂node"]
    assert headings(33) == ["node", "expression", "value", "∂e/∂node"]
    assert headings(32) == ["∂e/"]  # above ∂node


def test_arrays_fold_under_their_brackets(shown):
    matrix, vector = np.array([[1 / 3, 2 / 3], [1 / 7, 2 / 7]]), np.array([1 / 9, 2 / 9])
    rows = [
        {"node": "W", "expression": "W", "value": matrix, "grad": -matrix},
        {"node": "h", "expression": "tanh(W @ x)", "value": vector, "grad": vector},
    ]
    report = Report("grad", ["node", "expression", "value", "grad"], rows)
    report.summary = {"gradient": {"W": matrix}}
    assert (
        shown(report, 48)
        == """\
node  expression   value         grad
──────────────────────────────────────────────
W     W            [[0.333333,   [[-0.333333,
                     0.666667],    -0.666667],
                    [0.142857,    [-0.142857,
                     0.285714]]    -0.285714]]
h     tanh(W @ x)  [0.111111,    [0.111111,
                    0.222222]     0.222222]

gradient W  [[0.333333, 0.666667],
             [0.142857, 0.285714]]
"""
    )
    assert shown(report, 36).startswith("""\
node  expression
─────────────────
W     W
      value  [[0.333333, 0.666667],
              [0.142857, 0.285714]]
      grad   [[-0.333333,
               -0.666667],
              [-0.142857,
               -0.285714]]
""")


def test_a_caption_where_it_takes_fewer_lines(shown):
    rows = [{"node": f"v{n}", "formula": "x + " * 60 + "y", "value": 1.0} for n in range(3)]
    report = Report("grad", ["node", "formula", "value"], rows)
    assert shown(report, 120).startswith("node  formula")
    assert shown(report, 20).startswith("value  1\nnode  formula\n")


def test_matrices_have_a_line_a_row(shown):
    weights = np.array([[1.0, 2.0], [3.0, 4.5]])
    report = Report("grad", ["node", "value"], [{"node": "W", "value": weights}])
    report.summary = {"gradient": {"W": weights}, "empty": None, "passed": True}
    assert (
        shown(report)
        == """\
node  value
────────────────
W     [[1, 2],
       [3, 4.5]]

gradient W  [[1, 2],
             [3, 4.5]]
passed      true
"""
    )


def test_nested_summaries(shown):
    report = Report("grad", ["x"], [{"x": 1.0}], {"hessian": {"x": {"x": 6.0, "y": 4.0}}})
    assert shown(report).endswith("\nhessian x x  6\nhessian x y  4\n")


def test_a_long_table_is_capped_and_says_so(shown, written):
    alive = []

    def rows():
        for step in range(100_000):
            alive.append(step) if step < 300 else None
            yield {"step": step}

    lines = shown(Report("descend", ["step"], rows(), {"steps": 100_000})).splitlines()
    assert len(lines) == 2 + 200 + 4
    assert lines[-4:] == ["", "… 99,800 more rows: add --format tsv", "", "steps  100000"]
    table = written(Report("x", ["step"], [{"step": n} for n in range(300)]), format="table")
    assert len(table.splitlines()) == 302


def test_a_long_summary_is_capped_and_says_so(shown):
    summary = {"gradient": {f"x{n}": 1.0 for n in range(1000)}}
    lines = shown(Report("grad", ["x"], [{"x": 1.0}], summary)).splitlines()
    assert lines[-2:] == ["gradient x59  1", "… 940 more: add --format json"]


def test_no_rows(shown):
    assert shown(Report("x", ["a", "b"], [])) == "a  b\n────\n"


def test_wide_letters_keep_the_columns_straight(shown):
    rows = [{"class": "山", "p": 0.5}, {"class": "x̂", "p": 0.25}]
    assert (
        shown(Report("eval", ["class", "p"], rows))
        == """\
class     p
───────────
山     0.5
x̂      0.25
"""
    )


def test_control_characters_are_spelled(shown):
    out = shown(Report("eval", ["a\x1b"], [{"a\x1b": "x\x9b\u202e"}], {"s\a": "\x00"}))
    assert out == "a\\x1b\n───────────\nx\\x9b\\u202e\n\ns\\x07  \\x00\n"


def test_the_curve_stands_under_the_summary(shown):
    series = Series("loss")
    report = Report("descend", ["x"], [{"x": 1.0}], {"steps": 3})
    report.curve = lambda: Panel("step", "loss", log_y=True, series=[series])
    assert shown(report) == "x\n─\n1\n\nsteps  3\n"
    series.x += [0, 1, 2]
    series.y += [4.0, 1.0, 0.0]
    lines = shown(report).splitlines()
    assert lines[:6] == ["x", "─", "1", "", "steps  3", ""]
    assert lines[6] == "  loss"
    assert len(lines) == 6 + 7


def test_headings_are_bold_and_verdicts_coloured(shown):
    rows = [{"variable": "x", "verdict": "ok"}, {"variable": "y", "verdict": "wrong"}]
    out = shown(Report("check", ["variable", "verdict"], rows, {"passed": False}), color="always")
    assert "\x1b[1mvariable" in out
    assert "\x1b[38;5;31mok" in out
    assert "\x1b[1;38;5;161mwrong" in out
    assert "\x1b[1;38;5;161mfalse" in out
    assert "\x1b" not in shown(Report("check", ["verdict"], rows), color="never")


def test_a_curve_stands_in_for_most_rows(terminal):
    rows = [{"x": float(n), "e": float(n * n)} for n in range(101)]
    series = Series("e", [row["x"] for row in rows], [row["e"] for row in rows])
    report = Report("eval", ["x", "e"], rows, every=10)
    report.curve = lambda: Panel("x", "e", series=[series])
    stream = terminal()
    emit(report, stream=stream, color="never")
    lines = stream.getvalue().splitlines()
    assert [line.split() for line in lines[2:13]] == [
        [str(x), str(x * x)] for x in range(0, 101, 10)
    ]
    assert lines[14] == "… 90 more rows: add --format tsv"
    assert lines[-1].split() == ["0", "100"]
    whole = StringIO()
    emit(report, stream=whole, format="table")
    assert len(whole.getvalue().splitlines()) >= 103


def test_a_page_of_markdown_cuts_no_word():
    terminal = SimpleNamespace(width=31, encoding="utf-8")
    text = "| function | value |\n|---|---|\n| `squared_error(prediction, target)` | (p - t)^2 |\n"
    lines = page(text, terminal, colored=False).splitlines()
    assert "…" not in "".join(lines)
    words = "".join("".join(lines).split())
    for part in ("squared_error", "iction,target)"):  # broken where the column ends
        assert part in words
    assert max(map(len, lines)) <= 30
