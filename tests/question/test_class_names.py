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
    report = evaluate(ask("param E = zeros(3); argmax(E)", params=path))
    assert json.loads(json.dumps(report.summary)) == {"output": "e", "value": "bee"}
    assert evaluate(ask("param E = zeros(3); argmax(E)")).summary["value"] == 0.0


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
