"""--keep: columns of the data that go along, as they stood."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.question.question import ask
from gradcli.verbs.per_row import per_row
from gradcli.verbs.row_gradients import row_gradients

TEXT = 'id,name,x,note,big,y\n007,Ann,1,,9007199254740993,2\n012,"B, ob",2.50,5,-3,4\n'


@pytest.fixture
def data(tmp_path):
    (tmp_path / "d.csv").write_text(TEXT)
    return [str(tmp_path / "d.csv")]


@pytest.mark.parametrize("report", [per_row, row_gradients])
@pytest.mark.parametrize(
    ("keep", "first", "second"),
    [
        (["id", "name"], {"id": "007", "name": "Ann"}, {"id": "012", "name": "B, ob"}),
        (["note"], {"note": None}, {"note": 5}),
        (["x"], {"x": 1}, {"x": 2.5}),
        (["big"], {"big": 9007199254740993}, {"big": -3}),
        (
            ["all"],
            {"id": "007", "name": "Ann", "x": 1, "note": None, "big": 9007199254740993, "y": 2},
            {"id": "012", "name": "B, ob", "x": 2.5, "note": 5, "big": -3, "y": 4},
        ),
        ([], {}, {}),
    ],
)
def test_columns_go_along(report, keep, first, second, data):
    found = report(ask("2*x + 1", data=data), keep=keep)
    rows = list(found.rows)
    names = list(first)
    assert found.columns[: len(names) + 2] == ["row", *names, "e"]
    assert [{name: row[name] for name in names} for row in rows] == [first, second]
    assert [row["e"] for row in rows] == [3.0, 6.0]


def test_rows_that_are_left_out_take_their_columns_with_them(data):
    question = ask("x + note", data=data, missing="drop")
    assert list(per_row(question, keep=["name"]).rows) == [{"row": 1, "name": "B, ob", "e": 7.5}]


def test_arrays_and_text_of_a_numpy_file(tmp_path):
    path = tmp_path / "d.npz"
    np.savez(path, x=np.array([1.0, 2.0]), word=np.array(["b", "a"]), m=np.eye(2))
    rows = list(per_row(ask("x^2", data=[str(path)]), keep=["word", "m"]).rows)
    assert rows == [
        {"row": 0, "word": "b", "m": [1.0, 0.0], "e": 1.0},
        {"row": 1, "word": "a", "m": [0.0, 1.0], "e": 4.0},
    ]


@pytest.mark.parametrize(
    ("program", "of", "keep", "message"),
    [
        ("x^2", "", ["nme"], "--keep nme: the data has no such column\nhint: did you mean 'name'?"),
        ("y", "y", ["x", "y"], "--keep x,y: the report has its own column y\nhint: write --keep x"),
        ("x; y", "y", ["all"], "the report has its own column y\nhint: write --keep id,name,x,n"),
    ],
)
def test_what_cannot_be_kept(program, of, keep, message, data):
    with pytest.raises(GradError) as caught:
        per_row(ask(program, data=data, of=of), keep=keep)
    assert message in str(caught.value)
