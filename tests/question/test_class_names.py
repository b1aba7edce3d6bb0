"""An answer that is the place of a class is given its name, and no other answer is."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.question.question import ask
from gradcli.verbs.evaluate import evaluate
from gradcli.verbs.per_row import per_row

PROGRAM = """
param E = [[1, 0], [0, 3], [2, 2], [0, 1], [5, 5]]
data y = word
const pick = [1, 0, 0, 0, 0]
loss = sum(E[y])
"""
"""Its text has two words, and three classes that are none."""


@pytest.fixture
def answered(tmp_path):
    def answer(formula, *, rows=False):
        path = tmp_path / "c.txt"
        path.write_text("cat ant\ncat\n")
        source = f"{PROGRAM}\nanswer = {formula}\nsum(loss + 0*answer)"
        from gradcli.data.corpus import TextOptions

        options = TextOptions(window=1)
        question = ask(source, of="answer", data=[str(path)], words=options)
        return per_row(question) if rows else evaluate(question)

    return answer


# </s>, <s>, <unk>, ant, cat by number


@pytest.mark.parametrize(
    ("formula", "answer"),
    [
        ("argmax(E[:, 0] + 0*sum(E[y]))", "cat"),
        ("argmin(E@[1, 1] + 0*sum(E[y]))", "</s>"),
        ("argmax(E - 3*[pick].T + 0*sum(E[y]), axis=0)", ["cat", "cat"]),
        ("[argmax(E[:, 1]), argmin(E[:, 1])] + 0*sum(E[y])", [4.0, 0.0]),
        ("[argmax(E[:, 1] + 0*sum(E[y])), argmin(E[:, 1])]", ["cat", "</s>"]),
        ("argmax(E[2] + 0*sum(E[y]))", 0.0),
        ("argmax(E + 0*sum(E[y]))", 8.0),
        ("argmax([1, 9, 3, 4, 5])", 1.0),
        ("argmax(E[:, 0] + 0*sum(E[y])) + 0", 4.0),
    ],
)
def test_the_name_is_the_answer(answered, formula, answer):
    report = answered(formula)
    rows = {row["node"]: row["value"] for row in report.rows}
    value = report.summary["value"]
    shown = value.tolist() if hasattr(value, "tolist") else value
    assert shown == answer
    assert report.answer[0][1] is value
    assert rows["answer"] is value


def test_names_a_row(answered):
    report = answered("argmax(E@E[y].T, axis=0)", rows=True)
    assert [row["answer"] for row in report.rows] == ["cat", "cat", "cat"]


def test_a_report_in_json(tmp_path):
    """From a checkpoint alone, which holds the classes."""
    from gradcli.data.checkpoint import Checkpoint, write_checkpoint

    path = str(tmp_path / "fit.json")
    classes = {"word": ["ant", "bee", "cat"]}
    write_checkpoint(path, Checkpoint({"E": np.array([3.0, 9.0, 1.0])}, meta={"classes": classes}))
    program = "param E = zeros(3); best = argmax(E); loss = sum(E[word])"
    report = evaluate(ask(program, of="best", params=path))
    assert json.loads(json.dumps(report.summary)) == {"output": "best", "value": "bee"}
    assert evaluate(ask(program, of="best")).summary["value"] == 0.0
    assert evaluate(ask("param E = zeros(3); argmax(E)", params=path)).summary["value"] == 1.0


CLASSES = {"y": ["no", "so", "yes"], "side": ["left", "right", "up"]}
TRAINING = """
param W = [[0, 1, 3], [2, 0, 9]]
param V = zeros(3, 2)
param b = zeros(3)
const X = [[1, 2], [0, 1]]
h = X@V.T
"""


@pytest.mark.parametrize(
    ("more", "formula", "named"),
    [
        ("s = X@W; loss = sum(cross_entropy(s, y))", "argmax(s, axis=1)", True),
        ("s = X@W; loss = sum(cross_entropy(s, y))", "argmax(softmax(s + b), axis=-1)", True),
        ("s = X@W; loss = sum(cross_entropy(s, y))", "argmax(s.T, axis=0)", True),
        ("s = X@W; loss = sum(cross_entropy(s, y))", "[argmax(s[0]), argmin(s[1])]", True),
        (
            "s = X@W; loss = sum(cross_entropy(s, y))",
            "argmax(where(s > 3, s, 0)[:, :], axis=1)",
            True,
        ),
        ("s = X@W; loss = sum(cross_entropy(s, y))", "argmax(reshape(s, 2, 1, 3), axis=2)", True),
        ("s = X@W; loss = sum(cross_entropy(s, y))", "argmax(mean(s, axis=0))", True),
        ("s = X@W; loss = sum(nll(log_softmax(s), y))", "argmax(s, axis=1)", True),
        ("s = X@W; loss = -sum(log(softmax(s)))*onehot(y, 3)", "argmax(s, axis=1)", False),
        ("s = X@W; loss = sum(log(softmax(s))*onehot(y, 3))", "argmax(s, axis=1)", True),
        ("s = X@W; good = mean(argmax(s, axis=1) == y)", "argmax(s, axis=1)", True),
        ("loss = sum(W.T[y])", "argmax(W, axis=1)", False),
        ("E = W.T; loss = sum(E[y])", "argmax(E, axis=0)", True),
        ("E = W.T; loss = sum(E[y])", "argmax(X@E.T, axis=1)", True),
        ("E = W.T; loss = sum(E['so'])", "argmax(E, axis=0)", True),
        ("param c = zeros(classes(y)); loss = sum(c) + sum(y == y)", "argmax(c + 1)", True),
        ("param c = zeros(classes(y)); loss = sum(c) + sum(y == y)", "argmax(b)", False),
        ("loss = sum(cross_entropy(X@W, y))", "argmax(h, axis=1)", False),
        ("loss = sum(cross_entropy(X@W, y))", "argmax([b[0], b[1], b[2]])", False),
        ("s = X@W; loss = sum(cross_entropy(s, y))", "argmax(s[:, ::-1], axis=1)", False),
        ("s = X@W; loss = sum(cross_entropy(s, y))", "argmax(s@W.T@W, axis=1)", False),
        (
            "s = X@W; loss = sum(cross_entropy(s, y) + cross_entropy(s, side))",
            "argmax(s[0])",
            False,
        ),
    ],
)
def test_an_axis_is_of_classes_where_the_program_shows_it(tmp_path, more, formula, named):
    """Three hidden units are no three classes, though there are as many."""
    path = tmp_path / "rows.csv"
    path.write_text("y,side\nso,up\nyes,left\n")
    fit = tmp_path / "fit.json"
    from gradcli.data.checkpoint import Checkpoint, write_checkpoint

    meta = {"classes": CLASSES, "columns": {"y": ["y"], "side": ["side"]}}
    write_checkpoint(str(fit), Checkpoint({"b": np.zeros(3)}, meta=meta))
    program = f"{TRAINING}\n{more}\nanswer = {formula}"
    report = evaluate(ask(program, of="answer", params=str(fit), data=[str(path)]))
    found = np.array(report.summary["value"]).ravel().tolist()
    assert all(isinstance(entry, str) for entry in found) == named
    if named:
        assert set(found) <= set(CLASSES["y"])


@pytest.mark.parametrize(
    ("formula", "answer"),
    [
        ('argmax(E[:, 0] + 0*sum(E["cat"]) + 0*sum(E[y]))', "cat"),
        ('E["ant"]@[1, 1]', 1.0),
        ('sum(E[["ant", "cat"]])', 11.0),
        ("sum(onehot('cat', 5)*[1, 2, 3, 4, 5])", 5.0),
        ('sum(E[y] == E["cat"])/2', 2.0),
    ],
)
def test_a_class_is_named_in_a_formula(answered, formula, answer):
    assert answered(formula).summary["value"] == answer


def test_a_word_that_is_no_class_is_suggested_one(answered):
    with pytest.raises(GradError) as caught:
        answered('sum(E["cta"])')
    assert "cta" in caught.value.what
    assert caught.value.hint == "did you mean 'cat'?"


@pytest.fixture
def trained_words(tmp_path):
    """A checkpoint of vectors of the words `bird`, `cat` and `dog`."""
    from gradcli.data.checkpoint import Checkpoint, write_checkpoint

    path = str(tmp_path / "fit.json")
    meta = {"classes": {"word": ["bird", "cat", "dog"]}}
    write_checkpoint(path, Checkpoint({"E": np.array([3.0, 9.0, 1.0])}, meta=meta))
    return path


@pytest.mark.parametrize(("of", "value"), [('E["cat"]', 9.0), ('sum(E[["dog", "bird"]])', 4.0)])
def test_a_checkpoint_knows_the_words(trained_words, of, value):
    program = "param E = zeros(3); loss = sum(E[word])"
    assert evaluate(ask(program, of=of, params=trained_words)).summary["value"] == value


@pytest.mark.parametrize(
    ("of", "hint"),
    [('E["cta"]', "did you mean 'cat'?"), ('E["zebra"]', "the classes are bird, cat, dog")],
)
def test_a_word_that_the_checkpoint_does_not_know(trained_words, of, hint):
    with pytest.raises(GradError) as caught:
        ask("param E = zeros(3); loss = sum(E[word])", of=of, params=trained_words)
    assert caught.value.what == f"there is no column and no class '{of[3:-2]}'"
    assert caught.value.hint == hint
