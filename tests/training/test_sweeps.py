"""A sweep and restarts are judged by their best end, and say what went wrong with it."""

from __future__ import annotations

import pytest

from gradcli.data.checkpoint import read_checkpoint


def test_a_sweep_without_a_finite_start_says_where(descended):
    report = descended("log(x)", "x=-1", lr="0.1,0.2")
    assert report.exit_code == 3
    assert report.warnings == [
        "the start is not finite: the loss is nan: e = log(x) is nan at x = -1\n"
        "hint: log needs a number above 0"
    ]
    assert [row["verdict"] for row in report.rows] == ["diverged", "diverged"]


def test_a_sweep_whose_best_rate_diverges_suggests_a_smaller_one(descended):
    report = descended("x^4", "x=3", lr="1,2")
    assert report.exit_code == 1
    assert report.summary["reason"].startswith("diverged at step 5: the loss is inf: e = x^4 is")
    (warning,) = report.warnings
    # 0.1 leads from 3 to -7.8, and on from there
    assert "\nhint: try --lr 0.01: in " in warning


def test_a_sweep_that_misses_the_default_tolerance_warns(descended):
    report = descended("x^4", "x=3", lr="0.0001,0.0002", steps=4)
    assert report.exit_code == 0
    assert report.warnings == [report.summary["reason"]]


def test_the_best_rate_is_that_of_the_rows_that_judge(descended, tmp_path):
    learn, other = tmp_path / "learn.csv", tmp_path / "other.csv"
    learn.write_text("y\n10\n10\n")
    other.write_text("y\n2\n")
    options = {"data": [str(learn)], "validate": [str(other)], "epochs": 1}
    report = descended("param w = 0; mean((w - y)^2)", lr="0.1,0.4", **options)
    # one step leads to w = 2 and to w = 8; the rows to learn from would rather have the second
    assert [row["loss"] for row in report.rows] == pytest.approx([64, 4])
    assert [row["validation_loss"] for row in report.rows] == pytest.approx([0, 36])
    assert report.summary["lr"] == 0.1
    assert report.columns == ["lr", "loss", "validation_loss", "steps", "verdict"]


@pytest.mark.parametrize("rates", ["0.3,0.001,2", "2,0.001,0.3"])
def test_a_sweep_saves_its_best_rate(descended, tmp_path, rates):
    saved = str(tmp_path / "m.json")
    report = descended("(x - 1)^2", "x=3", lr=rates, steps=50, save=saved)
    found = read_checkpoint(saved)
    assert found.params == report.summary["params"] == pytest.approx({"x": 1}, abs=1e-6)
    assert found.meta["options"]["lr"] == 0.3


def test_restarts_save_the_lowest_end(descended, tmp_path):
    saved = str(tmp_path / "m.json")
    options = {"restarts": 8, "lr": "0.05", "range": "-3:3"}
    report = descended("(x^2 - 4)^2/16 + x/4", "x=2", save=saved, **options)
    assert read_checkpoint(saved).params == report.summary["params"]
    assert report.summary["params"]["x"] < 0


def test_nothing_is_saved_where_nothing_was_reached(descended, tmp_path):
    saved = tmp_path / "m.json"
    descended("log(x)", "x=-1", lr="0.1,0.2", save=str(saved))
    descended("x^4", "x=3", lr="1,2", save=str(saved))
    assert not saved.exists()
