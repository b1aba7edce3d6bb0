"""Every format holds the same rows, and every number of a machine format reads back bit for bit."""

from __future__ import annotations

import json
import math
import re
import struct

import pytest

SOURCE = ("y = W@x; z = tanh(y) / 3; sum(z)", "W=[[1,2],[3,4]]", "x=[0.1, 1/3]")
SUFFIXES = {
    "tsv": "tsv",
    "csv": "csv",
    "json": "json",
    "jsonl": "jsonl",
    "md": "md",
    "tex": "tikz",
}


@pytest.fixture(scope="module")
def report(answered):
    return answered("grad", *SOURCE, "--json").json


@pytest.mark.parametrize(("format", "delimiter"), [("tsv", "\t"), ("csv", ",")])
def test_cells_are_those_of_json(answered, report, format, delimiter):
    rows = answered("grad", *SOURCE, "--format", format).table(delimiter)
    assert len(rows) == len(report["rows"])
    for row, want in zip(rows, report["rows"]):
        assert list(row) == list(want)
        for column, cell in row.items():
            value = want[column]
            if isinstance(value, str):
                assert cell == value
            else:
                assert (json.loads(cell) if cell else None) == value


def test_jsonl_is_a_row_a_line(answered, report):
    lines = answered("grad", *SOURCE, "--format", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == report["rows"]


def test_json_is_an_object(report):
    assert set(report) == {"schema", "command", "summary", "rows"}
    assert (report["schema"], report["command"]) == (1, "grad")
    assert set(report["summary"]) == {"output", "value", "gradient"}
    nodes = [row["node"] for row in report["rows"]]
    for row in report["rows"]:
        before = nodes[: nodes.index(row["node"])]
        assert set(row["inputs"]) <= set(before)
        assert row["kind"] in ("variable", "literal", "operation")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_by_its_suffix(answered, tmp_path, suffix):
    path = tmp_path / f"answer.{suffix}"
    run = answered("grad", *SOURCE, "-o", path)
    assert (run.raw, run.err) == (b"", "")
    printed = answered("grad", *SOURCE, "--format", SUFFIXES[suffix])
    assert path.read_bytes() == printed.raw


def test_a_format_for_a_file_without_a_suffix(answered, tmp_path):
    answered("eval", "1", "--json", "-o", tmp_path / "answer")
    assert json.loads((tmp_path / "answer").read_text())["summary"]["value"] == 1


def test_a_wrong_question_leaves_the_old_file(answered, tmp_path):
    path = tmp_path / "answer.json"
    path.write_text("old")
    run = answered("eval", "x", "-o", path, code=2)
    assert run.raw == b""
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["answer.json"]
    run = answered("eval", "1", "-o", tmp_path / "no" / "answer.json", code=2)
    assert "there is no folder" in run.err


def test_numbers_of_all_sizes_read_back(answered):
    numbers = [
        0.1 + 0.2,
        1 / 3,
        5e-324,
        1.7976931348623157e308,
        -0.0,
        2**53 + 2.0,
        1e16,
        123456.789,
    ]
    bits = [struct.pack("d", x) for x in numbers]
    source = f"[{', '.join(map(repr, numbers))}]"
    back = answered("eval", source, "--json").summary["value"]
    assert [struct.pack("d", x) for x in back] == bits
    cell = answered("eval", source).table("\t")[-1]["value"]
    assert [struct.pack("d", float(x)) for x in json.loads(cell)] == bits


def test_what_is_not_finite_is_a_string_in_json(answered):
    run = answered("eval", "[1/0, -1/0, 0/0, 1]", "--json", code=3)
    assert run.summary["value"] == ["Infinity", "-Infinity", "NaN", 1.0]
    assert not re.search(r"[ \[,](NaN|-?Infinity)", run.out)


def test_nothing_is_cut_in_a_pipe(answered):
    long = " + ".join(f"sin(x*{i}.123456789)" for i in range(40))
    run = answered("grad", long, "x=0.5")
    assert "…" not in run.out
    (x,) = [row for row in run.table("\t") if row["node"] == "x"]
    want = sum(math.cos(0.5 * (i + 0.123456789)) * (i + 0.123456789) for i in range(40))
    assert math.isclose(float(x["grad"]), want, rel_tol=1e-12)


def test_digits_are_those_of_tables(answered):
    for digits, shown in (("2", "0.33"), ("6", "0.333333"), ("17", "0.3333333333333333")):
        for format in ("table", "md", "latex"):
            out = answered("eval", "1/3", "--format", format, "--digits", digits).out
            assert re.search(rf"(?<!\d){re.escape(shown)}(?!\d)", out)
    assert "0.3333333333333333" in answered("eval", "1/3", "--digits", "2").out


def test_brackets_are_not_markup(answered):
    out = answered("eval", "y = [x, 2*x]; [y[0], y[1]]", "x=1", "--format", "table").out
    assert "[x, v1]" in out
    assert "y[0]" in out


def test_latex_and_markdown_escape_what_they_must(answered):
    latex = answered("eval", "a_1^2", "a_1=3", "--format", "latex").out
    assert "& ${a_{1}}^{2}$ &" in latex
    assert latex.startswith("\\begin{tabular}")
    markdown = answered("eval", "a < b", "a=1", "b=2", "--format", "md").out
    assert all(line.startswith("|") for line in markdown.splitlines() if line)


def test_the_sample_list_and_one_sample(answered):
    rows = answered("samples", "--json").json["rows"]
    assert {"rosenbrock", "himmelblau", "levy", "easom", "iris"} <= {row["name"] for row in rows}
    assert all(row["about"] and row["formula"] for row in rows)
    text = answered("samples", "booth").out
    assert text.startswith("# Booth")
    assert answered("eval", "-", "-q", stdin=text).out == answered("eval", "booth", "-q").out
    (row,) = answered("samples", "booth", "--json").json["rows"]
    assert row["name"] == "booth"
