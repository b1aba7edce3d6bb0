"""tsv, csv, json and jsonl: every number reads back, whatever reads it."""

from __future__ import annotations

import csv
import io
import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.report import Report, emit

NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
FLOATS = st.floats(allow_nan=True, allow_infinity=True)
ARRAYS = st.recursive(
    FLOATS, lambda entries: st.lists(entries, min_size=1, max_size=4), max_leaves=9
)


def written(report, **options):
    stream = io.StringIO()
    emit(report, stream=stream, **options)
    return stream.getvalue()


def bits(value):
    """A value whose equality is that of bits, NaN being one value."""
    if isinstance(value, list):
        return [bits(entry) for entry in value]
    if isinstance(value, float):
        return "nan" if math.isnan(value) else struct.pack(">d", value)
    return value


def from_json(text):
    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


def numbers(value):
    """What a JSON reader who knows the three words makes of a value."""
    if isinstance(value, list):
        return [numbers(entry) for entry in value]
    return NON_FINITE.get(value, value) if isinstance(value, str) else value


def cell(text):
    return numbers(from_json(text)) if text.startswith("[") else float(text)


@given(st.lists(st.tuples(ARRAYS, FLOATS), min_size=1, max_size=5))
def test_numbers_come_back_bit_for_bit_from_every_format(pairs):
    rows = [{"x": x, "y": y} for x, y in pairs]
    wanted = [(bits(x), bits(y)) for x, y in pairs]
    report = Report("eval", ["x", "y"], rows, {"first": pairs[0][0]})

    document = from_json(written(report, format="json"))
    assert [(bits(numbers(r["x"])), bits(numbers(r["y"]))) for r in document["rows"]] == wanted
    assert bits(numbers(document["summary"]["first"])) == wanted[0][0]

    lines = [from_json(line) for line in written(report, format="jsonl").splitlines()]
    assert lines == document["rows"]

    table = csv.DictReader(io.StringIO(written(report, format="csv")))
    assert [(bits(cell(r["x"])), bits(cell(r["y"]))) for r in table] == wanted

    header, *body = written(report, format="tsv").splitlines()
    assert header == "x\ty"
    cells = [line.split("\t") for line in body]
    assert [(bits(cell(x)), bits(cell(y))) for x, y in cells] == wanted


def unescaped(text):
    r"""What printf '%b' makes of a cell: \t \n \r \\ \x1b \u2028."""
    pieces, at = [], 0
    while at < len(text):
        if text[at] != "\\":
            pieces.append(text[at])
            at += 1
            continue
        letter = text[at + 1]
        digits = {"x": 2, "u": 4}.get(letter, 0)
        code = text[at + 2 : at + 2 + digits]
        pieces.append(
            chr(int(code, 16)) if digits else {"t": "\t", "n": "\n", "r": "\r"}.get(letter, letter)
        )
        at += 2 + digits
    return "".join(pieces)


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=4))
def test_any_text_comes_back_and_never_breaks_a_line(pairs):
    rows = [{"a": a, "b": b} for a, b in pairs]
    report = Report("eval", ["a", "b"], rows)
    assert from_json(written(report, format="json"))["rows"] == rows
    tsv = written(report, format="tsv")
    assert len(tsv.splitlines()) == len(rows) + 1
    lines = [line.split("\t") for line in tsv.splitlines()[1:]]
    assert [{"a": unescaped(a), "b": unescaped(b)} for a, b in lines] == rows
    table = csv.DictReader(io.StringIO(written(report, format="csv"), newline=""))
    assert [{key: unescaped(text) for key, text in row.items()} for row in table] == rows


@given(st.text(), st.sampled_from(["tsv", "csv", "json", "jsonl"]))
def test_no_control_character_reaches_a_terminal(text, format):
    out = written(Report("x", ["a", text], [{"a": text, text: [1.0]}], {text: text}), format=format)
    assert not [c for c in out if c not in "\t\n" and (ord(c) < 32 or 127 <= ord(c) < 160)]


def test_kinds_of_cells():
    values = [None, True, False, 3, -0.0, 1e-20, "a\tb", ["r", "s"], [], [[1, 2.5]]]
    values += [
        np.float64(0.1),
        np.int64(7),
        np.bool_(True),
        np.float32(0.5),
        np.array([1.0, np.inf]),
    ]
    report = Report("x", ["v"], [{"v": value} for value in values])
    assert written(report, format="tsv").splitlines() == [
        "v", "", "true", "false", "3", "-0.0", "1e-20", "a\\tb", '["r","s"]', "[]", "[[1,2.5]]",
        "0.1", "7", "true", "0.5", '[1.0,"Infinity"]',
    ]  # fmt: skip
    assert [row["v"] for row in from_json(written(report, format="json"))["rows"]] == [
        None, True, False, 3, -0.0, 1e-20, "a\tb", ["r", "s"], [], [[1, 2.5]],
        0.1, 7, True, 0.5, [1.0, "Infinity"],
    ]  # fmt: skip


def test_a_word_in_a_text_is_no_number():
    report = Report("x", ["NaN"], [{"NaN": 'say "NaN" or -Infinity'}, {"NaN": math.nan}])
    assert from_json(written(report, format="json"))["rows"] == [
        {"NaN": 'say "NaN" or -Infinity'},
        {"NaN": "NaN"},
    ]


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("tsv", 'x\ty,z\n1\tNaN\n0.5\t[1,"NaN"]\n-0.0\t\n'),
        ("csv", 'x,"y,z"\n1,NaN\n0.5,"[1,""NaN""]"\n-0.0,\n'),
        (
            "jsonl",
            '{"x": 1, "y,z": "NaN"}\n{"x": 0.5, "y,z": [1, "NaN"]}\n{"x": -0.0, "y,z": null}\n',
        ),
        (
            "json",
            '{"schema": 1, "command": "eval", "rows": [\n{"x": 1, "y,z": "NaN"},\n'
            '{"x": 0.5, "y,z": [1, "NaN"]},\n{"x": -0.0, "y,z": null}\n], "summary": {"a": 1.0}}\n',
        ),
    ],
)
def test_exact_text(format, text):
    rows = [{"x": 1, "y,z": math.nan}, {"x": 0.5, "y,z": [1, math.nan]}, {"x": -0.0}]
    assert written(Report("eval", ["x", "y,z"], rows, {"a": 1.0}), format=format) == text


def test_no_rows():
    report = Report("eval", ["x"], [])
    assert written(report, format="tsv") == "x\n"
    assert written(report, format="csv") == "x\n"
    assert written(report, format="jsonl") == ""
    assert from_json(written(report, format="json"))["rows"] == []


def test_a_csv_row_of_one_empty_cell_is_a_row():
    text = written(Report("eval", ["x"], [{"x": None}, {"x": 1.0}]), format="csv")
    assert list(csv.DictReader(io.StringIO(text))) == [{"x": ""}, {"x": "1.0"}]


@pytest.mark.parametrize("format", ["tsv", "csv", "json", "jsonl", "md", "latex"])
def test_rows_are_not_held(format):
    alive = set()

    class Row(dict):
        def __init__(self, step):
            super().__init__(step=step)
            alive.add(step)
            self.step = step

        def __del__(self):
            alive.discard(self.step)

    most = 0

    def rows():
        nonlocal most
        for step in range(2000):
            most = max(most, len(alive))
            yield Row(step)

    written(Report("trace", ["step"], rows()), format=format)
    assert most <= (202 if format in ("md", "latex") else 3)


def test_the_summary_is_read_after_the_rows():
    summary = {"steps": 0}

    def rows():
        for step in range(3):
            summary["steps"] += 1
            yield {"step": step}

    assert from_json(written(Report("x", ["step"], rows(), summary), format="json"))["summary"] == {
        "steps": 3
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9.0, "9.0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
        ([1.0, math.nan, -math.inf], "[1.0,nan,-inf]"),
        (np.array([[1.0], [math.inf]]), "[[1.0],[inf]]"),
        ("setosa", "setosa"),
    ],
)
def test_the_answer_alone(value, text):
    report = Report("eval", ["x"], [{"x": 1}], {}, [(None, value)])
    assert written(report, quiet=True) == text + "\n"
    report.answer = [("a", value), ("θ", 1.0)]
    assert written(report, quiet=True, format="tsv") == f"a\t{text}\nθ\t1.0\n"


def test_the_answer_comes_after_the_rows_and_may_be_nothing():
    answer = []

    def rows():
        yield {"x": 1}
        answer.append(("x", 2.0))

    assert written(Report("descend", ["x"], rows(), {}, answer), quiet=True) == "x\t2.0\n"
    assert written(Report("check", ["x"], [{"x": 1}]), quiet=True) == ""


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ([(None, 9.0)], "9.0"),
        ([("x", 12.0), ("y", np.array([1.0, math.inf]))], '{"x": 12.0, "y": [1.0, "Infinity"]}'),
        ([(None, 2.0), ("std_error", 0.5)], '{"value": 2.0, "std_error": 0.5}'),
        ([(None, "iris"), (None, "moons")], '["iris", "moons"]'),
    ],
)
def test_a_quiet_answer_may_be_json(answer, text):
    for format in ("json", "jsonl"):
        report = Report("eval", ["node"], [{"node": "x"}], answer=answer)
        assert written(report, format=format, quiet=True) == text + "\n"


def test_nothing_quiet_is_nothing_in_json():
    assert written(Report("check", ["node"], []), format="json", quiet=True) == ""


@pytest.mark.parametrize("format", ["csv", "md", "latex"])
def test_a_quiet_answer_is_said_to_have_no_other_format(format):
    report = Report("grad", ["node"], [{"node": "x"}], answer=[("x", 12.0)])
    assert written(report, format=format, quiet=True) == "x\t12.0\n"
    assert report.notes == [f"-q prints the answer alone, as text or JSON, not as {format}"]
