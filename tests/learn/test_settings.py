"""What was asked for is checked as a whole, in the words of whoever asks."""

import math

import pytest

from gradcli.errors import UsageError
from gradcli.learn.optimizers import parse_optimizer
from gradcli.learn.schedules import parse_schedule
from gradcli.learn.settings import Settings
from gradcli.verbs.descend import option


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lr": 0.0}, "--lr must be a positive number, not 0\nhint: write --lr 0.01"),
        ({"lr": -0.1}, "--lr must be a positive number, not -0.1\nhint: write --lr 0.01"),
        ({"lr": math.nan}, "--lr must be a positive number, not nan\nhint: write --lr 0.01"),
        ({"lr": math.inf}, "--lr must be a positive number, not inf\nhint: write --lr 0.01"),
        ({"clip": 0.0}, "--clip must be a positive number, not 0\nhint: write --clip 1"),
        (
            {"tolerance": -1e-9},
            "--tol must be a number of at least 0, not -1e-09\nhint: write --tol 1e-6",
        ),
        (
            {"tolerance": math.nan},
            "--tol must be a number of at least 0, not nan\nhint: write --tol 1e-6",
        ),
        ({"steps": -1}, "--steps must be at least 0, not -1\nhint: write --steps 1 or more"),
        ({"every": 0}, "--every must be at least 1, not 0\nhint: write --every 1 or more"),
        ({"seed": -1}, "--seed must be at least 0, not -1\nhint: write --seed 1 or more"),
        (
            {"rows": 9, "epochs": -1},
            "--epochs must be at least 0, not -1\nhint: write --epochs 1 or more",
        ),
        (
            {"rows": 9, "batch_size": 0},
            "--batch-size must be at least 1, not 0\nhint: write --batch-size 1 or more",
        ),
        (
            {"rows": 9, "patience": 0},
            "--patience must be at least 1, not 0\nhint: write --patience 1 or more",
        ),
        (
            {"rows": 9, "batch_size": 10},
            "--batch-size 10 is more than the 9 rows of the data\n"
            "hint: leave it out to take them all at once",
        ),
        ({"epochs": 3}, "--epochs needs data\nhint: add --data FILE"),
        ({"batch_size": 3}, "--batch-size needs data\nhint: add --data FILE"),
        ({"patience": 3}, "--patience needs data\nhint: add --data FILE"),
        (
            {"optimizer": "lm", "schedule": "cosine"},
            "--schedule does not go with --optimizer lm\n"
            "hint: SciPy chooses the steps and when to stop: leave out --schedule",
        ),
        (
            {"optimizer": "newton", "line_search": True},
            "--line-search does not go with --optimizer newton\n"
            "hint: SciPy chooses the steps and when to stop: leave out --line-search",
        ),
        (
            {"optimizer": "lbfgs", "rows": 9, "batch_size": 3},
            "--batch-size does not go with --optimizer lbfgs\n"
            "hint: SciPy chooses the steps and when to stop: leave out --batch-size",
        ),
        (
            {"optimizer": "adam", "line_search": True},
            "--optimizer does not go with --line-search\n"
            "hint: it goes along the whole gradient, as far as pays: leave out --optimizer",
        ),
        (
            {"line_search": True, "clip": 1.0},
            "--clip does not go with --line-search\n"
            "hint: it goes along the whole gradient, as far as pays: leave out --clip",
        ),
    ],
)
def test_messages(given, message):
    given = dict(given)
    if "optimizer" in given:
        given["optimizer"] = parse_optimizer(given["optimizer"])
    if "schedule" in given:
        given["schedule"] = parse_schedule(given["schedule"])
    with pytest.raises(UsageError) as caught:
        Settings(**given, named=option)
    assert str(caught.value) == message


def test_a_setting_goes_by_its_own_name():
    with pytest.raises(UsageError) as caught:
        Settings(rows=9, batch_size=10)
    assert caught.value.what == "batch_size 10 is more than the 9 rows of the data"


@pytest.mark.parametrize(
    ("given", "total"),
    [
        ({}, 100_000),
        ({"steps": 0}, 0),
        ({"steps": 7}, 7),
        ({"rows": 50}, 100),
        ({"rows": 50, "epochs": 3}, 3),
        ({"rows": 50, "batch_size": 8}, 700),
        ({"rows": 50, "batch_size": 8, "epochs": 2}, 14),
        ({"rows": 50, "batch_size": 8, "epochs": 2, "steps": 5}, 5),
        ({"rows": 50, "batch_size": 8, "epochs": 2, "steps": 50}, 14),
        ({"rows": 50, "steps": 5000}, 5000),
        ({"rows": 50, "optimizer": parse_optimizer("lm")}, 100_000),
        ({"rows": 50, "optimizer": parse_optimizer("lm"), "epochs": 4}, 4),
    ],
)
def test_steps_and_epochs_limit_together(given, total):
    assert Settings(**given).total == total


def test_the_tolerance_of_mini_batches_is_0_unless_given():
    assert Settings().tol == 1e-6
    assert Settings(tolerance=0.0).tol == 0
    assert Settings(rows=50).tol == 1e-6
    assert Settings(rows=50, batch_size=50).tol == 1e-6
    assert Settings(rows=50, batch_size=49).tol == 0
    assert Settings(rows=50, batch_size=49, tolerance=1e-3).tol == 1e-3
