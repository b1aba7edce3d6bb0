"""What a checkpoint says of its data is what data is read by later."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gradcli.errors import DataError, GradError
from gradcli.question.question import ask
from gradcli.question.trained import Trained, trained
from gradcli.verbs.evaluate import evaluate
from gradcli.verbs.per_row import per_row

MODEL = "data X = *; param w = zeros(2); p = X@w; loss = mean((p - y)^2)"


@pytest.fixture
def plane(tmp_path):
    """A file of 30 rows with y = 2a - b."""
    a, b = np.random.default_rng(1).random((2, 30)).tolist()
    path = tmp_path / "plane.csv"
    path.write_text("a,b,y\n" + "".join(f"{u!r},{v!r},{2 * u - v!r}\n" for u, v in zip(a, b)))
    return str(path)


def test_a_star_means_the_columns_of_the_training(descended, plane, tmp_path):
    saved = str(tmp_path / "m.json")
    descended(MODEL, of="loss", data=[plane], optimizer="newton", tol=0.0, save=saved)
    new = tmp_path / "new.csv"
    # in another order, with a column more, without the one that only the loss needs
    new.write_text("id,b,a\n7,0.5,0.25\n8,1,4\n")
    rows = per_row(ask(MODEL, of="p", data=[str(new)], params=saved)).rows
    assert [row["p"] for row in rows] == pytest.approx([0, 7], abs=1e-9)


def test_a_star_of_the_rows_that_judge(descended, plane, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("id,b,y,a\n7,1,0,1\n")
    options = {"of": "loss", "data": [plane], "validate": [str(other)], "epochs": 0}
    assert descended(MODEL, **options).summary["validation_loss"] == 0
    assert descended(MODEL, "w=[1, 2]", **options).summary["validation_loss"] == 9


def test_a_column_of_the_training_that_is_missing(descended, plane, tmp_path):
    saved = str(tmp_path / "m.json")
    descended(MODEL, of="loss", data=[plane], epochs=1, save=saved)
    new = tmp_path / "new.csv"
    new.write_text("b,c\n0.5,0.25\n")
    with pytest.raises(GradError) as caught:
        ask(MODEL, of="p", data=[str(new)], params=saved)
    assert caught.value.what == f"{new} has no column 'a'"


def test_a_given_value_is_standardized_as_in_training(descended, plane, tmp_path):
    source = "param w = 0; param c = 0; loss = mean((w*a + c - y)^2)"
    saved = str(tmp_path / "m.json")
    report = descended(source, data=[plane], standardize=["a"], optimizer="newton", save=saved)
    cells = np.loadtxt(plane, delimiter=",", skiprows=1)[:, 0]
    w, c = report.summary["params"].values()
    question = ask("w*a + c", ["a=0.7"], params=saved)
    expected = w * (0.7 - cells.mean()) / cells.std() + c
    assert evaluate(question).summary["value"] == pytest.approx(expected, rel=1e-12)
    assert question.notes == ["a is standardized as in training"]


def test_a_param_that_the_file_does_not_know_is_told(tmp_path):
    path = tmp_path / "p.json"
    path.write_text('{"w": 2, "bias": 1}')
    source = "param w = 0; param b = 0; param other = 1; p = w*x + b"
    assert ask(source, ["x=3"], of="p", params=str(path)).notes == [
        f"{path} says nothing of b: the program's own start is used"
    ]
    assert ask(source, ["x=3", "b=1"], of="p", params=str(path)).notes == []
    assert ask(source, ["x=3"], of="v1", params=str(path)).notes == []


def test_nothing_is_known_of_plain_parameters():
    assert trained("p.json", {}) == Trained()


@pytest.mark.parametrize(
    "meta",
    [
        {"classes": 5},
        {"classes": {"kind": "oak"}},
        {"classes": {"kind": [1, 2]}},
        {"numeric": {}},
        {"numeric": [3]},
        {"columns": ["a"]},
        {"columns": {"X": None}},
        {"scales": {"a": 3}},
        {"scales": {"a": [1]}},
        {"scales": {"a": [1, [1, 2]]}},
        {"scales": {"a": [[1, [2]], [1, 2]]}},
        {"scales": {"a": ["one", "two"]}},
        {"scales": {"a": [{}, {}]}},
    ],
)
def test_a_checkpoint_that_makes_no_sense(descended, plane, tmp_path, meta):
    saved = tmp_path / "m.json"
    descended(MODEL, of="loss", data=[plane], epochs=1, save=str(saved))
    content = json.loads(saved.read_text())
    content["meta"].update(meta)
    saved.write_text(json.dumps(content))
    with pytest.raises(DataError) as caught:
        ask(MODEL, of="p", data=[plane], params=str(saved))
    assert caught.value.what == f"{saved} is a damaged checkpoint"
