"""--save and --resume: a descent that stops and goes on ends in the bits of one that did not."""

from __future__ import annotations

import json
import signal

import numpy as np
import pytest

from gradcli.data.checkpoint import read_checkpoint, write_checkpoint
from gradcli.data.corpus import TextOptions
from gradcli.errors import DataError, GradError
from gradcli.learn.descent import Descent

LINE = "param w = 0; param b = 0; mean((w*x + b - y)^2)"
NETWORK = """
param W = 0.5*randn(1, 5); param c = zeros(5); param v = 0.5*randn(5)
h = tanh([x].T@W + c)
mean((h@v - y)^2)
"""
METHODS = ["sgd", "momentum", "nesterov:beta=0.8", "adagrad", "rmsprop", "adam", "adamw"]


@pytest.fixture
def line(tmp_path):
    rng = np.random.default_rng(3)
    path = tmp_path / "line.csv"
    rows = [(x, 3 * x + 2 + rng.normal()) for x in rng.uniform(-1, 1, 50).tolist()]
    path.write_text("x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in rows))
    return str(path)


def bits(value):
    return np.asarray(value, dtype=float).tobytes()


def same(one, other):
    """Whether two reports say the same, to the bit."""
    drop = ("params",)
    assert {k: v for k, v in one.summary.items() if k not in drop} == {
        k: v for k, v in other.summary.items() if k not in drop
    }
    for a, b in zip(one.rows, other.rows, strict=True):
        assert a["parameter"] == b["parameter"]
        for key in ("start", "final", "grad"):
            assert bits(a[key]) == bits(b[key])
    assert (one.exit_code, one.warnings) == (other.exit_code, other.warnings)


@pytest.mark.parametrize("suffix", ["json", "npz"])
@pytest.mark.parametrize("optimizer", METHODS)
def test_mini_batches(descended, line, tmp_path, optimizer, suffix):
    save = str(tmp_path / f"m.{suffix}")
    options = {"data": [line], "lr": "0.02", "batch_size": 8, "optimizer": optimizer, "seed": 7}
    whole = descended(NETWORK, **options, epochs=9)
    descended(NETWORK, **options, epochs=4, save=save)
    same(descended(NETWORK, **options, epochs=9, resume=save), whole)


@pytest.mark.parametrize("optimizer", METHODS)
def test_a_function(descended, tmp_path, optimizer):
    save = str(tmp_path / "m.json")
    options = {"lr": "0.003", "optimizer": optimizer, "tol": 0.0}
    whole = descended("himmelblau", "x=1", "y=1", **options, steps=200)
    descended("himmelblau", "x=1", "y=1", **options, steps=77, save=save)
    same(descended("himmelblau", "x=1", "y=1", **options, steps=200, resume=save), whole)


@pytest.mark.parametrize(
    "options",
    [
        {"schedule": "plateau:patience=1,factor=0.5"},
        {"schedule": "plateau", "batch_size": 8},
        {"schedule": "step", "batch_size": 8},
        {"schedule": "cosine", "batch_size": 7, "epochs": 12},
        {"schedule": "warmup_cosine", "optimizer": "adam", "epochs": 12},
        {"schedule": "linear", "optimizer": "momentum", "batch_size": 16, "epochs": 12},
        {"clip": 0.5, "optimizer": "adam", "batch_size": 8},
        {"line_search": True, "lr": None},
        {"patience": 2, "holdout": 0.3, "batch_size": 8, "lr": "0.3"},
        {"standardize": ["x"], "batch_size": 8, "holdout": 0.2},
        {"batch_size": 50},
        {"batch_size": 49},
    ],
)
def test_stopped_by_a_signal_anywhere(descended, line, tmp_path, monkeypatch, options):
    save = str(tmp_path / "m.npz")
    options = {"data": [line], "lr": "0.05", "epochs": 12, **options}
    whole = descended(LINE, **options)
    for stop_at in (1, 3, 17):
        stopped = stop_after(monkeypatch, stop_at, lambda: descended(LINE, **options, save=save))
        if stopped.summary["steps"] < whole.summary["steps"]:
            assert stopped.exit_code == 130
            assert stopped.summary["reason"].startswith("interrupted at step")
        resumed = descended(LINE, **options, resume=save)
        same(resumed, whole)


def stop_after(monkeypatch, count, run):
    """Runs with a SIGINT raised when the descent asks for the n-th time whether to stop."""
    before = Descent._advance
    calls = iter(range(count))

    def advance(self, steps):
        if next(calls, None) is None:
            signal.raise_signal(signal.SIGINT)
            return before(self, min(steps, 1))
        return before(self, min(steps, 2))

    with monkeypatch.context() as patch:
        patch.setattr(Descent, "_advance", advance)
        return run()


def test_resumed_twice_and_saved_in_place(descended, line, tmp_path):
    save = str(tmp_path / "m.json")
    options = {"data": [line], "lr": "0.02", "batch_size": 8, "optimizer": "adam"}
    whole = descended(LINE, **options, epochs=9)
    descended(LINE, **options, epochs=2, save=save)
    descended(LINE, **options, epochs=5, save=save, resume=save)
    same(descended(LINE, **options, epochs=9, save=save, resume=save), whole)
    assert read_checkpoint(save).params == whole.summary["params"]


def test_a_resume_that_has_nothing_left_to_do(descended, line, tmp_path):
    save = str(tmp_path / "m.json")
    options = {"data": [line], "lr": "0.02", "epochs": 3, "batch_size": 8}
    first = descended(LINE, **options, save=save)
    same(descended(LINE, **options, resume=save), first)
    fewer = descended(LINE, **{**options, "epochs": 1}, resume=save)
    assert fewer.summary["steps"] == first.summary["steps"]


def test_a_random_start_is_kept(descended, tmp_path):
    save = str(tmp_path / "m.json")
    options = {"lr": "0.01", "tol": 0.0, "seed": 4}
    whole = descended("booth", **options, steps=40)
    descended("booth", **options, steps=11, save=save)
    same(descended("booth", **options, steps=40, resume=save), whole)


def test_a_diverged_descent_keeps_its_last_finite_parameters(descended, tmp_path):
    save = str(tmp_path / "m.json")
    report = descended("exp(x^2)", "x=1", lr="10", save=save)
    assert report.exit_code == 1
    assert read_checkpoint(save).params == report.summary["params"]


def test_a_start_that_is_not_finite_overwrites_nothing(descended, tmp_path):
    save = tmp_path / "m.json"
    save.write_text("mine")
    assert descended("log(x)", "x=-1", save=str(save)).exit_code == 3
    assert save.read_text() == "mine"


def test_patience_saves_the_best_parameters(descended, line, tmp_path):
    other = tmp_path / "o.csv"
    other.write_text("x,y\n-1,-1\n0,0\n1,1\n")
    save = str(tmp_path / "m.json")
    report = descended(LINE, data=[line], validate=[str(other)], lr="0.02", patience=2, save=save)
    found = read_checkpoint(save)
    assert found.params == report.summary["params"]
    assert found.state["descent"]["param.w"] != found.params["w"]


@pytest.mark.parametrize("optimizer", ["lbfgs", "newton", "lm"])
def test_scipys_parameters_are_saved_to_predict_with(descended, line, tmp_path, optimizer):
    save = str(tmp_path / "m.json")
    source = LINE if optimizer != "lm" else "param w = 0; param b = 0; w*x + b - y"
    report = descended(source, data=[line], optimizer=optimizer, save=save)
    assert read_checkpoint(save).params == report.summary["params"]
    with pytest.raises(GradError) as caught:
        descended(source if optimizer != "lm" else LINE, data=[line], lr="0.1", resume=save)
    assert caught.value.what == (
        f"{save} was made by {optimizer}, which cannot go on where it stopped"
    )


def test_what_a_checkpoint_tells_people(descended, line, tmp_path):
    save = tmp_path / "m.json"
    options = {"data": [line], "standardize": ["x"], "batch_size": 8, "epochs": 2}
    descended(LINE, **options, optimizer="adam", lr="0.1", save=str(save))
    content = json.loads(save.read_text())
    meta = content["meta"]
    assert sorted(content["params"]) == ["b", "w"]
    assert meta["program"] == LINE
    assert meta["moving"] == {"w": [], "b": []}
    assert meta["optimizer"] == "adam"
    assert (meta["step"], meta["epoch"], meta["samples_seen"]) == (14, 2, 100)
    assert list(meta["scales"]) == ["x"]
    assert meta["numeric"] == ["x", "y"]


@pytest.mark.parametrize(
    ("options", "rows"),
    [({}, 1), ({"trace": True, "every": 10}, 3), ({"restarts": 2}, 1), ({"lr": "0.1,0.2"}, 2)],
)
def test_a_disk_that_is_full_costs_no_report(descended, tmp_path, monkeypatch, options, rows):
    def refuse(path, checkpoint):
        raise DataError(f"cannot write {path}: no space left on device")

    monkeypatch.setattr("gradcli.data.checkpoint.write_checkpoint", refuse)
    save = str(tmp_path / "m.json")
    report = descended("(x - 1)^2", "x=0", **{"lr": "0.1", "steps": 20, **options}, save=save)
    assert len(report.rows) == rows
    assert report.summary["params"]["x"] == pytest.approx(1, abs=0.02)
    assert report.warnings[-1] == f"cannot write {save}: no space left on device"
    assert report.exit_code == 2


def test_a_disk_that_is_full_for_a_while(descended, tmp_path, monkeypatch, capsys):
    calls = []

    def refuse_some(path, found):
        calls.append(path)
        if len(calls) < 3:
            raise DataError(f"cannot write {path}: no space left on device")
        write_checkpoint(path, found)

    monkeypatch.setattr("gradcli.data.checkpoint.write_checkpoint", refuse_some)
    monkeypatch.setattr("gradcli.training.running.SAVED_EVERY", 0.0)
    monkeypatch.setattr("gradcli.training.running.SAVING", 1e9)
    save = str(tmp_path / "m.json")
    report = descended("(x - 1)^2", "x=0", lr="0.1", save=save)
    assert (report.exit_code, report.warnings) == (0, [])
    assert read_checkpoint(save).params == report.summary["params"]
    assert capsys.readouterr().err == (
        f"note: cannot write {save}: no space left on device; it goes on, and tries again later\n"
    )


# what is refused


@pytest.mark.parametrize(
    ("source", "values", "changed", "told"),
    [
        (LINE.replace("^2", "^4"), [], {}, "m.json was made by another program"),
        (LINE, ["w=1"], {}, "m.json was made from another w than the one given here"),
        (LINE, [], {"wrt": "w"}, "m.json was made moving w, b, not w"),
        (LINE, [], {"data": ["other.csv"]}, "m.json was made with other data"),
        (LINE, [], {"data": ["fewer.csv"]}, "m.json was made with other data"),
        (LINE, [], {"optimizer": "momentum"},
         "m.json was made with --optimizer adam, not momentum"),
        (LINE, [], {"optimizer": "sgd"}, "m.json was made with --optimizer adam, not sgd"),
        (LINE, [], {"batch_size": 9}, "the checkpoint was made with --batch-size 8, not 9"),
        (LINE, [], {"batch_size": None},
         "the checkpoint was made with --batch-size 8, not without"),
        (LINE, [], {"seed": 1}, "the checkpoint was made with --seed 0, not 1"),
        (LINE, [], {"standardize": ["x"]}, "m.json was made with another --standardize"),
        (LINE, [], {"holdout": 0.5}, "m.json was made with another --holdout"),
        (LINE, [], {"optimizer": "lbfgs", "batch_size": None, "lr": None},
         "--resume does not go with --optimizer lbfgs"),
    ],
)  # fmt: skip
def test_a_resume_of_something_else(
    descended, line, tmp_path, monkeypatch, source, values, changed, told
):
    monkeypatch.chdir(tmp_path)
    rows = (tmp_path / "line.csv").read_text().splitlines()
    (tmp_path / "fewer.csv").write_text("\n".join(rows[:-1]) + "\n")
    (tmp_path / "other.csv").write_text("\n".join([*rows[:-1], "0.5,0.5"]) + "\n")
    options = {"data": ["line.csv"], "lr": "0.1", "batch_size": 8, "optimizer": "adam"}
    descended(LINE, **options, epochs=2, save="m.json")
    before = (tmp_path / "m.json").read_bytes()
    with pytest.raises(GradError) as caught:
        descended(source, *values, **{**options, **changed}, epochs=4, resume="m.json",
                  save="m.json")  # fmt: skip
    assert caught.value.what == told
    assert caught.value.exit_code == 2
    assert (tmp_path / "m.json").read_bytes() == before


@pytest.mark.parametrize(
    ("saved", "changed", "told"),
    [
        ({}, {"window": 3}, "--window 1, not 3"),
        ({"window": 2}, {}, "--window 2, not 1"),
        ({}, {"lower": True}, "no --lower"),
        ({"lower": True}, {}, "--lower"),
        ({}, {"min_count": 2}, "--min-count 1, not 2"),
        ({"min_count": 2}, {"min_count": 3}, "--min-count 2, not 3"),
    ],
)
def test_a_resume_with_a_text_that_is_read_otherwise(
    descended, tmp_path, monkeypatch, saved, changed, told
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.txt").write_text("a a b b a b a a b b\n")  # the same words whatever is said
    source = "param E = zeros(5, 5); mean(cross_entropy(E[word], after_1))"
    options = {"data": ["t.txt"], "lr": "0.1", "epochs": 2}
    descended(source, **options, words=TextOptions(**saved), save="m.json")
    again = {**options, "epochs": 4, "resume": "m.json"}
    with pytest.raises(GradError) as caught:
        descended(source, **again, words=TextOptions(**changed))
    assert caught.value.what == f"m.json was made with {told}"
    assert caught.value.hint == "to start from its parameters, use --params m.json"
    assert descended(source, **again, words=TextOptions(**saved)).summary["steps"] == 4


def test_a_resume_with_other_shapes_or_values(descended, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = {"lr": "0.1", "steps": 3}
    source = "const c = 1; sum((w - c)^2)"
    descended(source, "w=[1,2]", **options, save="m.json")
    with pytest.raises(GradError) as caught:
        descended(source, "w=[1,2,3]", **options, resume="m.json")
    assert caught.value.what == "m.json was made moving w (2,), not w (3,)"
    with pytest.raises(GradError) as caught:
        descended(source, "w=[1,2]", "c=5", **options, resume="m.json")
    assert caught.value.what == "m.json was made with c=1.0, not 5.0"


def test_a_resume_with_another_seed_of_what_is_random_in_the_loss(descended, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = "param w = randn(3); sum((w - u)^2); u = randn(3)"
    descended(source, lr="0.1", steps=3, save="m.json")
    with pytest.raises(GradError) as caught:
        descended(source, lr="0.1", resume="m.json", seed=1)
    assert caught.value.what == "m.json was made with another --seed"
    descended("param w = randn(3); sum(w^2)", lr="0.1", steps=3, save="m.json")
    descended("param w = randn(3); sum(w^2)", lr="0.1", resume="m.json", seed=1)


@pytest.mark.parametrize("validate", [[], ["other.csv"]])
def test_a_resume_judged_by_other_rows(descended, line, tmp_path, monkeypatch, validate):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "same.csv").write_text("x,y\n0.5,3\n")
    (tmp_path / "other.csv").write_text("x,y\n0.5,4\n")
    options = {"data": [line], "lr": "0.1", "patience": 3}
    descended(LINE, **options, epochs=2, validate=["same.csv"], save="m.json")
    with pytest.raises(GradError) as caught:
        descended(LINE, **options, epochs=4, validate=validate, resume="m.json")
    assert caught.value.what == "m.json was made with another --validate"
    descended(LINE, **options, epochs=4, validate=["same.csv"], resume="m.json")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"lr": "0.05"}, "--lr 0.1, and goes on with --lr 0.05"),
        ({"lr": None}, "--lr 0.1, and goes on with --lr 0.001"),
        ({"clip": 2.0}, "no --clip, and goes on with --clip 2.0"),
        ({"optimizer": "momentum:beta=0.5"},
         "--optimizer momentum:beta=0.9,weight_decay=0,"
         " and goes on with --optimizer momentum:beta=0.5,weight_decay=0"),
        ({"schedule": "constant"},
         "--schedule cosine:end=0,steps=4, and goes on with --schedule constant"),
        ({"epochs": 8},
         "--schedule cosine:end=0,steps=4, and goes on with --schedule cosine:end=0,steps=8"),
        ({"optimizer": "momentum:beta=0.9", "schedule": "cosine:steps=4"}, ""),
        ({"tol": 0.5, "trace": True}, ""),
    ],
)  # fmt: skip
def test_a_resume_tells_which_options_have_changed(
    descended, line, tmp_path, monkeypatch, capsys, changed, told
):
    monkeypatch.chdir(tmp_path)
    options = {"data": [line], "lr": "0.1", "optimizer": "momentum", "schedule": "cosine"}
    descended(LINE, **options, epochs=4, save="m.json")
    assert capsys.readouterr().err == ""
    descended(LINE, **{**options, "epochs": 4, **changed}, resume="m.json")
    expected = f"note: m.json was made with {told}\n" if told else ""
    assert capsys.readouterr().err == expected


def test_a_resume_without_patience_forgets_the_best(descended, line, tmp_path):
    save = str(tmp_path / "m.json")
    options = {"data": [line], "lr": "1.2", "save": save}
    descended(LINE, **options, epochs=2, patience=9)
    assert "best.step" in read_checkpoint(save).meta["counts"]
    descended(LINE, **options, epochs=4, resume=save)
    assert "best.step" not in read_checkpoint(save).meta["counts"]


def test_files_that_are_no_checkpoint(descended, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    descended("booth", lr="0.01", steps=9, optimizer="adam", save="m.json")
    descended("booth", lr="0.01", steps=9, optimizer="adam", save="m.npz")
    (tmp_path / "plain.json").write_text('{"x": 1, "y": 2}')
    (tmp_path / "list.json").write_text("[1, 2]")
    np.savez(tmp_path / "plain.npz", x=1.0)
    for name in ("m.json", "m.npz"):
        content = (tmp_path / name).read_bytes().rstrip(b"\n")
        for part in (0, 1, len(content) // 3, len(content) // 2, len(content) - 1):
            (tmp_path / f"cut.{name[2:]}").write_bytes(content[:part])
            with pytest.raises(GradError) as caught:
                descended("booth", lr="0.01", optimizer="adam", resume=f"cut.{name[2:]}",
                          save=f"cut.{name[2:]}")  # fmt: skip
            assert caught.value.exit_code == 2
            assert f"cut.{name[2:]}" in caught.value.what
            assert (tmp_path / f"cut.{name[2:]}").read_bytes() == content[:part]
    for name in ("plain.json", "list.json", "plain.npz"):
        with pytest.raises(GradError) as caught:
            descended("booth", lr="0.01", resume=name)
        assert caught.value.what == f"{name} is not a checkpoint"
    with pytest.raises(GradError) as caught:
        descended("booth", lr="0.01", resume="nowhere.json")
    assert caught.value.what == "nowhere.json: no such file"


@pytest.mark.parametrize("edit", ["state", "counts", "negative", "shape", "word", "squares"])
def test_a_checkpoint_that_was_tampered_with(descended, tmp_path, monkeypatch, edit):
    monkeypatch.chdir(tmp_path)
    run = {"lr": "0.1", "steps": 3, "optimizer": "adam"}
    descended("sum((w - 1)^2)", "w=[1,2]", **run, save="m.json")
    content = json.loads((tmp_path / "m.json").read_text())
    state = content["state"]["descent"]
    if edit == "state":
        del state["param.w"]
    elif edit == "counts":
        content["meta"]["counts"] = {"step": "three"}
    elif edit == "negative":
        content["meta"]["counts"] = {"step": -2}
    elif edit == "squares":
        state["slot.squares.w"] = [1, -1]
    elif edit == "shape":
        state["param.w"] = [1, 2, 3]
    else:
        state["param.w"] = ["a", "b"]
    (tmp_path / "m.json").write_text(json.dumps(content))
    with pytest.raises(GradError) as caught:
        descended("sum((w - 1)^2)", "w=[1,2]", **run, resume="m.json")
    assert caught.value.exit_code == 2
