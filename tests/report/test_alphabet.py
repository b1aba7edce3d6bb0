"""Streams whose alphabet is small."""

from __future__ import annotations

import io
import json

import pytest

from gradcli.figures import Panel, Series
from gradcli.report import FORMATS, Report
from gradcli.report.alphabet import fit


@pytest.mark.parametrize(
    ("text", "encoding", "fitted"),
    [
        ("∂e/∂x", "ascii", "d e/d x"),
        ("∂²e/∂x∂y", "ascii", "d^2 e/d xd y"),
        ("∂²e/∂x²", "cp1252", "d^2 e/d x²"),
        ("√2·x − 3×y", "ascii", "sqrt2*x - 3*y"),
        ("√2·x − 3×y", "cp1252", "sqrt2·x - 3×y"),
        ("θ₁", "ascii", "\\u03b8\\u2081"),
        ("──┼──", "ascii", "--+--"),
        ("──┼──", "cp437", "──┼──"),
        ("∂e/∂θ … ŷ", "utf-8", "∂e/∂θ … ŷ"),
        ("a\udc80b", "utf-8", "a\\udc80b"),
        ("plain", "ascii", "plain"),
    ],
)
def test_fit(text, encoding, fitted):
    assert fit(text, encoding) == fitted


@pytest.fixture
def report():
    rows = [
        {"node": "θ₁", "expression": "√2·x − y²", "value": [1.0, 0.5], "grad": 2.0},
        {"node": "ŷ", "expression": "σ(θ₁) ⊙ 𝑥 山 😀", "value": list(map(float, range(20)))},
    ]
    report = Report("grad", ["node", "expression", "value", "grad"], rows, {"output": "ŷ"})
    report.headings = {"grad": "∂e/∂node"}
    report.answer = [("θ₁", 2.0)]
    series = Series("ℓ", [0, 1], [1.0, 2.0])
    report.curve = lambda: Panel("step", "ℓ", log_y=True, series=[series])
    return report


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("format", [f for f, row in FORMATS.items() if not row.draws])
@pytest.mark.parametrize(
    "encoding", ["ascii", "latin-1", "cp1252", "cp437", "koi8-r", "utf-8", "utf-16"]
)
def test_every_format_goes_out_on_every_stream(format, encoding, quiet, report, encoded):
    text = encoded(report, encoding, format=format, quiet=quiet)
    if format in ("json", "jsonl") and not quiet:
        rows = json.loads(text)["rows"] if format == "json" else map(json.loads, text.splitlines())
        assert [row["expression"] for row in rows] == ["√2·x − y²", "σ(θ₁) ⊙ 𝑥 山 😀"]


def test_an_ascii_table_stays_straight(report, encoded):
    report.curve = None
    report.rows = report.rows[:1]
    assert (
        encoded(report, "ascii", format="table")
        == """\
node          expression     value     d e/d node
-------------------------------------------------
\\u03b8\\u2081  sqrt2*x - y^2  [1, 0.5]           2

output  \\u0177
"""
    )


def test_an_ascii_tsv_spells_what_it_lacks(report, encoded):
    header, first, _ = encoded(report, "ascii", format="tsv").splitlines()
    assert header == "node\texpression\tvalue\tgrad"
    assert first == "\\u03b8\\u2081\t\\u221a2\\xb7x \\u2212 y\\xb2\t[1.0,0.5]\t2.0"


def test_a_byte_that_was_no_text_still_gives_json(encoded):
    report = Report("eval", ["x"], [{"x": "a\udc80"}])
    assert json.loads(encoded(report, "utf-8", format="jsonl")) == {"x": "a\udc80"}


def test_a_stream_without_an_encoding(report, written):
    assert "∂e/∂node" in written(report, format="table")
    assert io.StringIO().encoding is None
