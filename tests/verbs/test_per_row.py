"""eval --per-row: a row a data row, with the names of classes put back."""

from __future__ import annotations

import math

import pytest

from gradcli.errors import UsageError
from gradcli.question.question import ask
from gradcli.verbs.per_row import per_row


@pytest.fixture
def predicted(tmp_path):
    """`predicted("2*x", "x\\n1\\n2\\n")`: the report of a program on the text of a file."""
    path = tmp_path / "data.csv"

    def run(source, text, *values, **options):
        path.write_text(text)
        report = per_row(ask(source, values, data=[str(path)], **options))
        report.rows = list(report.rows)
        return report

    return run


TREES = "x,kind,other\n1,oak,elm\n2,ash,oak\n3,elm,elm\n"


@pytest.mark.parametrize(
    ("source", "columns", "first"),
    [
        ("2*x", ["e"], [2]),
        ("y = x + 1", ["y"], [2]),
        ("outer(x, [5, 6])", ["e[0]", "e[1]"], [5, 6]),
        ("kind", ["kind"], ["oak"]),
        ("data Q = kind, other; Q", ["Q[0]", "Q[1]"], ["oak", "elm"]),
        ("data Q = x, kind; Q", ["Q[0]", "Q[1]"], [1, "oak"]),
        ("argmax(onehot(kind, 3), axis=1)", ["e"], ["oak"]),
        ("p = 2*onehot(kind, 3)", ["ash", "elm", "oak"], [0, 0, 2]),
        ("onehot(kind, 4)", ["e[0]", "e[1]", "e[2]", "e[3]"], [0, 0, 1, 0]),
        ("row = 2*x", ["output.row"], [2]),
    ],
)
def test_columns_and_cells(predicted, source, columns, first):
    report = predicted(source, TREES)
    assert report.columns == ["row", *columns]
    assert [row["row"] for row in report.rows] == [0, 1, 2]
    assert [report.rows[0][name] for name in columns] == first
    assert report.exit_code == 0


def test_a_matrix_a_row(predicted):
    report = predicted("reshape(outer(x, [1, 2, 3, 4]), 3, 2, 2)", TREES)
    assert report.columns == ["row", "e"]
    assert [row["e"].tolist() for row in report.rows][1] == [[2, 4], [6, 8]]


def test_one_row(predicted):
    assert predicted("2*x", "x\n4\n").rows == [{"row": 0, "e": 8}]


def test_a_prediction_that_is_not_finite_is_shown_and_told(predicted):
    report = predicted("log(x)", "x\n1\n-1\n")
    assert report.exit_code == 3
    assert report.rows[0]["e"] == 0
    assert math.isnan(report.rows[1]["e"])
    (warning,) = report.warnings
    assert warning.startswith("e is not finite: ")
    assert "log" in warning


def test_what_has_no_rows(predicted):
    with pytest.raises(UsageError) as caught:
        predicted("mean(x)", TREES)
    assert caught.value.what == "e has shape (): no entry a data row"
    with pytest.raises(UsageError) as caught:
        per_row(ask("x + 1", ["x=3"]))
    assert caught.value.what == "--per-row needs data"
