"""Whatever a field of a checkpoint is replaced by: it is accepted, or a GradError says no."""

from __future__ import annotations

import copy
import json
import warnings

import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.question.opening import held_out
from gradcli.question.question import ask
from gradcli.training.running import Run
from gradcli.training.signals import Signals
from gradcli.training.task import prepare
from gradcli.verbs.descend import Options
from gradcli.verbs.per_row import per_row

PROGRAM = """
data X = x, z
param W = [0.1, 0.2]; param b = 0; param k = [0, 0]
const c = 2; const v = [1, 2]
p = X@W + c*b + k[kind] + sum(v)
loss = mean((p - y)^2)
"""
OPTIONS = {
    "lr": "0.01", "batch_size": 4, "optimizer": "adam", "schedule": "plateau", "patience": 3,
    "epochs": 3,
}  # fmt: skip
WRONG = [None, True, -1, 10**400, float("nan"), "text", [], [1.0], {"a": 5}, {"shape": [0, 3]}]


def fields(value, path=()):
    """Every place in a checkpoint; of a list, its first entry stands for all."""
    yield path
    entries = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        entries = list(enumerate(value))[:1]
    for key, entry in entries:
        yield from fields(entry, (*path, key))


def changed(whole, path, value):
    """The checkpoint with another value at a place; without it where the value is Ellipsis."""
    if not path:
        return value
    whole = copy.deepcopy(whole)
    inner = whole
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return whole


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A task, and a function that continues it from a file for two epochs."""
    monkeypatch.chdir(tmp_path)
    for name, rows in (("learn.csv", 12), ("judge.csv", 5)):
        lines = (f"{'ab'[i % 2]},{i / 4},{i % 5},{2 * i + i % 2}\n" for i in range(rows))
        (tmp_path / name).write_text("kind,x,z,y\n" + "".join(lines))
    question = ask(PROGRAM, of="loss", data=["learn.csv"], descent=True)
    frame = held_out(question, ["judge.csv"])
    task = prepare(question, (-5, 5), validate=frame, standardize=["X"])

    def go(resume="", save="", epochs=5):
        settings = Options(**{**OPTIONS, "epochs": epochs}).settings(task.rows, 0.01)
        run = Run(task, settings, Signals(), save, resume)
        for _ in run:
            pass
        return run.outcome

    return go


def predict(path):
    list(per_row(ask(PROGRAM, of="p", data=["judge.csv"], params=path)).rows)


def attempted(call, *arguments):
    """Whether it went through; a GradError that can be shown is an answer too."""
    said = code = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call(*arguments)
    except GradError as error:
        said, code = str(error), error.exit_code
    assert code in (None, 2)
    return not said


def test_every_field_of_a_json_checkpoint(model):
    model(save="whole.json", epochs=3)
    with open("whole.json") as file:
        whole = json.load(file)
    places = list(fields(whole))
    assert {("state", "descent", "schedule.factor"), ("meta", "scales", "X", 0, 0)} <= set(places)
    accepted = 0
    for path in places:
        for value in [*WRONG, *[...] * bool(path)]:
            with open("bad.json", "w") as file:
                json.dump(changed(whole, path, value), file)
            accepted += attempted(model, "bad.json")
            attempted(predict, "bad.json")
    assert attempted(model, "whole.json")
    # Most values are refused; those of options that may change are not among them.
    assert accepted < len(places) * len(WRONG) / 2


def test_every_member_of_an_npz_checkpoint(model):
    model(save="whole.npz", epochs=3)
    with np.load("whole.npz") as archive:
        whole = dict(archive)
    wrong = [
        np.array(np.nan), np.zeros(0), np.zeros((0, 3)), np.zeros((1, 2, 3)), np.array(["a"]),
        np.array([1 + 2j]), np.zeros(2, np.uint8),
    ]  # fmt: skip
    for name in whole:
        for value in wrong:
            np.savez("bad.npz", **{**whole, name: value})
            attempted(model, "bad.npz")
            attempted(predict, "bad.npz")
        np.savez("bad.npz", **{key: value for key, value in whole.items() if key != name})
        attempted(model, "bad.npz")
        attempted(predict, "bad.npz")
    assert attempted(model, "whole.npz")
    np.savez("bad.npz", **whole, **{f"state/{'9' * 5000}/x": np.zeros(2)})
    assert not attempted(model, "bad.npz")


def test_what_may_be_nothing_else_is_refused(model):
    model(save="whole.json", epochs=3)
    with open("whole.json") as file:
        whole = json.load(file)
    for path, value, resumes, predicts in [
        (("meta", "moving"), 5, False, True),
        (("meta", "moving", "W"), 5, False, True),
        (("meta", "counts", "step"), 10**400, False, True),
        (("meta", "counts", "best.bad"), ..., False, True),
        (("state", "descent", "start_loss"), [1.0], False, True),
        (("state", "descent", "schedule.factor"), [], False, True),
        (("state", "descent", "schedule.bad"), ..., False, True),
        (("meta", "scales", "X", 0, 0), 10**400, False, False),
        (("meta", "scales", "X", 1, 0), 0, False, False),
        (("meta", "scales", "X"), [[1], [1]], False, False),
        (("meta", "classes", "kind"), ["a", "a"], False, False),
        (("params", "W"), "text", False, False),
    ]:
        with open("bad.json", "w") as file:
            json.dump(changed(whole, path, value), file)
        assert attempted(model, "bad.json") is resumes, path
        assert attempted(predict, "bad.json") is predicts, path


def test_a_row_of_another_width_than_was_standardized(model):
    model(save="m.json", epochs=1)
    program = "param W = [0, 0]; X@W"
    assert attempted(
        ask,
        program,
        ["X=[1, 2]"],
    )
    with pytest.raises(GradError) as caught:
        ask(program, ["X=[1, 2, 3]"], params="m.json")
    assert caught.value.what == "X has shape (3,), and was standardized with shape (2,)"
