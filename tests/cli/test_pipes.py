"""What goes in and out by pipes: data, values, parameters, reports."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

DATA = "x,y\n1,2\n2,4\n6,12\n"


def test_data_from_standard_input(gradcli):
    for name in ("-", "/dev/stdin"):
        run = gradcli("eval", "mean(x*y)", "--data", name, "-q", stdin=DATA)
        assert (run.code, run.out) == (0, f"{(2 + 8 + 72) / 3!r}\n")
    run = gradcli(
        "descend", "param w = 0; mean((w*x - y)^2)", "--data", "-", "--optimizer", "lbfgs", "-q",
        stdin=DATA,
    )  # fmt: skip
    assert float(run.out.split()[1]) == pytest.approx(2)


@pytest.mark.parametrize(
    ("text", "value"),
    [("[1, 2, 3.5]", 6.5), ("3", 3.0), ("1\n2\n4\n", 7.0), ("1,2\n3,4\n", 10.0), ("1\t2\n", 3.0)],
)
def test_a_value_from_standard_input(gradcli, text, value):
    run = gradcli("eval", "sum(w)", "w=@-", "-q", stdin=text)
    assert (run.code, run.out) == (0, f"{value!r}\n")


def test_packed_data_in_a_pipe(tmp_path):
    (tmp_path / "d.csv.gz").write_bytes(gzip.compress(DATA.encode()))
    command = Path(sys.executable).parent / "gradcli"
    done = subprocess.run(
        f"cat d.csv.gz | {command} eval 'mean(x)' --data - -q",
        shell=True, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "3.0\n"


def test_parameters_and_a_fit_at_the_end_of_a_pipe(gradcli):
    fit = gradcli("descend", "param w = 1; (w - 3)^2", "--lr", "0.1", "--json")
    run = gradcli("eval", "10*w", "--params", "-", "-q", stdin=fit.out)
    assert float(run.out) == pytest.approx(30)


def test_a_report_to_standard_output_by_name(gradcli):
    run = gradcli("eval", "x + 1", "x=2", "--json", "-o", "-")
    assert json.loads(run.out)["summary"]["value"] == 3
    assert gradcli("eval", "x + 1", "x=2", "-o", "-").out == gradcli("eval", "x + 1", "x=2").out


@pytest.mark.parametrize(
    "words",
    [("-", "--data", "-"), ("-", "x=@-"), ("x", "x=@-", "--params", "-"), ("-", "--params", "-")],
)
def test_standard_input_is_read_once(gradcli, words):
    run = gradcli("eval", *words, stdin="x")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("error: standard input is read once, not as ")
    assert run.err.endswith("hint: give one of them as a file\n")


def test_an_empty_standard_input(gradcli):
    for words in (("mean(x)", "--data", "-"), ("x", "x=@-"), ("x", "--params", "-")):
        run = gradcli("eval", *words, stdin="")
        assert run.code == 2
        assert "is empty" in run.err


def test_missing_cells(gradcli):
    text = "x,y\n0,1\n1,3\n,9\n2,5\n"
    program = ("param w = 0; param b = 0; mean((w*x + b - y)^2)", "--data", "-")
    options = ("--optimizer", "lbfgs", "-q")
    run = gradcli("descend", *program, *options, stdin=text)
    assert run.code == 2
    assert run.err == (
        "error: standard input: line 4, column 'x': the cell is empty\n"
        "hint: --missing drop leaves such rows out\n"
    )
    run = gradcli("descend", *program, *options, "--missing", "drop", stdin=text)
    w, b = (float(line.split()[1]) for line in run.out.splitlines())
    assert (w, b) == (pytest.approx(2, abs=1e-5), pytest.approx(1, abs=1e-5))
    assert run.err == "note: 1 of 4 rows has missing cells and is left out (x 1)\n"


def test_rows_keep_their_numbers_where_some_are_left_out(gradcli):
    run = gradcli(
        "eval", "2*x", "--data", "-", "--missing", "drop", "--per-row", stdin="x\n1\nNA\n3\n"
    )
    assert run.out == "row\te\n0\t2.0\n2\t6.0\n"


def test_the_rows_that_judge_lose_theirs_too(gradcli, tmp_path):
    (tmp_path / "v.csv").write_text("x,y\n1,2\n,3\n")
    run = gradcli(
        "descend", "param w = 0; mean((w*x - y)^2)", "--data", "-", "--validate",
        tmp_path / "v.csv", "--missing", "drop", "--lr", "0.01", "--json", stdin=DATA,
    )  # fmt: skip
    assert run.code == 0
    assert "note: of the rows that judge, 1 of 2 rows has missing cells" in run.err
    assert json.loads(run.out)["summary"]["validation_loss"] == pytest.approx(0, abs=1e-8)


def test_a_prediction_file_carries_the_columns_of_a_pipe_along(gradcli, tmp_path):
    out = tmp_path / "p.csv"
    text = 'id,name,x,"a, b"\n007,Ann,1,\n012,"B, ob",2.5,5\n'
    args = ("eval", "2*x", "--data", "-", "--per-row", "--keep", "all", "-o", out)
    assert gradcli(*args, stdin=text).code == 0
    given = list(csv.reader(text.splitlines()))
    written = list(csv.reader(out.read_text().splitlines()))
    assert written[0] == ["row", *given[0], "e"]
    assert [row[1:-1] for row in written[1:]] == given[1:]
    assert [row[-1] for row in written[1:]] == ["2.0", "5.0"]
