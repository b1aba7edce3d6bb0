"""Ranges as a shell asks for them: rows in a pipe, a picture in a file."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree

import pytest


def test_rows_in_a_pipe(answered):
    answer = answered("grad", "x^2*a", "x=-1:1:5", "a=3")
    assert answer.err == ""
    assert answer.out.splitlines()[:2] == ["x\te\tgrad.x\tgrad.a", "-1.0\t3.0\t-6.0\t1.0"]
    assert len(answer.out.splitlines()) == 6


def test_rows_and_summary_in_json(answered):
    answer = answered("eval", "sin(x)", "x=-pi:pi:3", "--json")
    assert [row["x"] for row in answer.json["rows"]] == [-math.pi, 0.0, math.pi]
    assert answer.summary["points"] == 3


def test_only_the_values(answered):
    assert answered("eval", "x^2", "x=0:2:3", "-q").out == "0.0\n1.0\n4.0\n"
    assert answered("grad", "x^2", "x=0:2:3", "-q").out == "x\t[0.0,2.0,4.0]\n"


def test_not_finite_anywhere(gradcli):
    answer = gradcli("eval", "log(x)", "x=-2:-1:3")
    assert (answer.code, len(answer.out.splitlines())) == (3, 4)
    assert answer.err.startswith("warning: e is finite at none of 3 points; at x=-2: ")


@pytest.mark.parametrize(
    "question",
    [
        ("eval", "1/x", "x=-3:3"),
        ("grad", "[sigmoid(x), relu(x)]", "x=-4:4"),
        ("grad", "rosenbrock", "x=-2:2", "y=-1:3"),
    ],
)
def test_pictures(answered, tmp_path, question):
    for name in ("a.svg", "b.svg"):
        assert answered(*question, "-o", tmp_path / name).out == ""
    first, again = ((tmp_path / name).read_bytes() for name in ("a.svg", "b.svg"))
    assert first == again
    assert len(first) < 300_000
    assert ElementTree.fromstring(first).tag.endswith("svg")
    answered(*question, "-o", tmp_path / "a.png", "--theme", "dark")
    assert (tmp_path / "a.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_picture_needs_no_home(answered, tmp_path):
    nowhere = {"HOME": "/nonexistent", "MPLCONFIGDIR": "/nonexistent/mpl"}
    answer = answered("grad", "x^2", "x=-1:1", "-o", tmp_path / "c.svg", env=nowhere)
    assert answer.err == ""
    answered("grad", "x^2", "x=-1:1", "-o", tmp_path / "d.svg")
    assert (tmp_path / "c.svg").read_bytes() == (tmp_path / "d.svg").read_bytes()


def test_markup_in_a_name_stays_text(answered, tmp_path):
    file = tmp_path / "d.csv"
    file.write_text('"<script>alert(1)</script>"\n1\n')
    source = 'data y = "<script>alert(1)</script>"; "x" # </title><script>'
    source = source.replace('"x"', "mean(y)*x")
    answered("eval", source, "x=0:1", "--data", file, "-o", tmp_path / "c.svg")
    assert "<script" not in (tmp_path / "c.svg").read_text()


def test_a_list_over_two_ranges_has_no_picture(gradcli, tmp_path):
    answer = gradcli("eval", "[x, y]", "x=0:1", "y=0:1", "-o", tmp_path / "c.svg")
    assert answer.code == 2
    assert "no picture" in answer.err
    assert not (tmp_path / "c.svg").exists()
