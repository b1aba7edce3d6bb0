"""A resumed descent ends in the same bits as one that was never stopped."""

import itertools
import json
import random

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.learn.descent import Descent
from gradcli.learn.optimizers import OPTIMIZERS, parse_optimizer
from gradcli.learn.schedules import PROFILES, parse_schedule
from gradcli.learn.settings import Settings


def through_a_file(state):
    """The state as JSON keeps it: numbers and nested lists."""
    plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in state.items()}
    return json.loads(json.dumps(plain, allow_nan=False))


def bits(outcome):
    values = [*outcome.params.values(), *outcome.gradient.values(), *outcome.start_params.values()]
    numbers = (outcome.loss, outcome.start_loss, outcome.grad_norm, outcome.validation_loss)
    return (
        [np.asarray(v).tobytes() for v in values], numbers,
        outcome.ending, outcome.reason, outcome.steps, outcome.epochs, outcome.samples_seen,
    )  # fmt: skip


def stopping_after(calls):
    answers = itertools.chain([False] * calls, itertools.repeat(True))
    return lambda: next(answers)


def check(problem, start, settings, source, **given):
    """Runs in one piece, then in pieces that end at random moments."""
    whole = Descent(problem, start, settings, **given)
    list(whole)
    for _ in range(3):
        saved, pieces = None, 0
        while True:
            run = Descent(
                problem, start, settings, saved=saved,
                stop=stopping_after(source.randrange(1, 12)), **given,
            )  # fmt: skip
            list(run)
            pieces += 1
            if run.outcome.ending != "interrupted":
                break
            saved = through_a_file(run.state())
        assert bits(run.outcome) == bits(whole.outcome)
        assert through_a_file(run.state()) == through_a_file(whole.state())
    assert pieces > 1
    return whole.outcome


@pytest.mark.parametrize("schedule", [*PROFILES, "plateau:patience=1,factor=0.7"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_with_every_schedule(optimizer, schedule, line):
    source = random.Random(f"{optimizer} {schedule}")
    given = {"optimizer": parse_optimizer(optimizer), "schedule": parse_schedule(schedule)}
    check(
        line,
        line.start,
        Settings(lr=0.05, rows=37, batch_size=5, epochs=9, seed=4, **given),
        source,
    )
    check(line, line.start, Settings(lr=0.05, rows=37, epochs=60, every=2, **given), source)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_functions_of_scalars(optimizer, rosenbrock):
    settings = Settings(optimizer=parse_optimizer(optimizer), lr=1e-4, steps=3000, every=50)
    check(rosenbrock, rosenbrock.start, settings, random.Random(optimizer))


def test_line_search_and_clip(rosenbrock, line):
    source = random.Random(0)
    outcome = check(rosenbrock, rosenbrock.start, Settings(line_search=True, every=1), source)
    assert outcome.converged
    check(line, line.start, Settings(rows=37, batch_size=5, epochs=8, clip=0.1, lr=0.1), source)


def test_patience(line):
    for held_out in (lambda p: abs(p["b"] - 1.0), None):
        settings = Settings(rows=37, batch_size=5, epochs=300, lr=0.1, patience=3)
        outcome = check(line, line.start, settings, random.Random(2), validate=held_out)
        assert outcome.ending == "patience"


def test_more_epochs_later_equal_more_epochs_at_once(line):
    """The contract's half way: 10 epochs saved, then --epochs 20."""
    common = {
        "optimizer": parse_optimizer("adam"),
        "lr": 0.01,
        "rows": 37,
        "batch_size": 8,
        "seed": 3,
    }
    whole = Descent(line, line.start, Settings(epochs=20, **common))
    half = Descent(line, line.start, Settings(epochs=10, **common))
    list(whole), list(half)
    assert half.outcome.epochs == 10
    rest = Descent(
        line, line.start, Settings(epochs=20, **common), saved=through_a_file(half.state())
    )
    records = list(rest)
    assert records[0].step == half.outcome.steps
    assert bits(rest.outcome) == bits(whole.outcome)


def test_a_state_while_it_runs_is_that_of_the_last_record(rosenbrock):
    settings = Settings(lr=0.001, steps=30, tolerance=0.0, every=1)
    run = Descent(rosenbrock, rosenbrock.start, settings)
    for record in run:
        state = run.state()
        assert (state["step"], state["param.x"]) == (record.step, record.params["x"])


def test_what_a_state_holds(line):
    settings = Settings(
        optimizer=parse_optimizer("adam"), schedule=parse_schedule("plateau"), lr=0.01,
        rows=37, batch_size=8, epochs=2, patience=5, seed=3,
    )  # fmt: skip
    run = Descent(line, line.start, settings)
    list(run)
    assert sorted(run.state()) == [
        "batch_size", "best.bad", "best.loss", "best.param.W", "best.param.b", "best.step",
        "param.W", "param.b", "rate", "rows", "schedule.bad", "schedule.best", "schedule.cooldown",
        "schedule.factor", "seed", "slot.mean.W", "slot.mean.b", "slot.squares.W",
        "slot.squares.b", "start.W", "start.b", "start_loss", "step",
    ]  # fmt: skip
    assert run.state()["step"] == 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimizer": parse_optimizer("sgd")}, "the checkpoint was made with another optimizer"),
        ({"batch_size": 9}, "the checkpoint was made with batch_size 8, not 9"),
        ({"rows": 36}, "the checkpoint was made with data of 37 rows, not 36"),
        ({"seed": 4}, "the checkpoint was made with seed 3, not 4"),
    ],
)
def test_settings_that_do_not_fit(change, message, line):
    given = {"optimizer": parse_optimizer("adam"), "rows": 37, "batch_size": 8, "seed": 3}
    run = Descent(line, line.start, Settings(epochs=1, **given))
    list(run)
    with pytest.raises(UsageError) as caught:
        Descent(line, line.start, Settings(**{**given, **change}), saved=run.state())
    assert str(caught.value) == message


def test_a_state_of_all_rows_does_not_fit_mini_batches(line):
    run = Descent(line, line.start, Settings(rows=37, epochs=1))
    list(run)
    with pytest.raises(UsageError) as caught:
        Descent(line, line.start, Settings(rows=37, batch_size=8), saved=run.state())
    assert str(caught.value) == "the checkpoint was made without batch_size, not with 8"
    other = Descent(line, line.start, Settings(rows=37, batch_size=8, epochs=1))
    list(other)
    with pytest.raises(UsageError) as caught:
        Descent(line, line.start, Settings(rows=37), saved=other.state())
    assert str(caught.value) == "the checkpoint was made with batch_size 8, not without"


def test_parameters_that_do_not_fit(line):
    run = Descent(line, line.start, Settings(rows=37, epochs=1))
    list(run)
    for start, message in (
        ({"W": np.zeros(1), "c": 0.0}, "the checkpoint has no c"),
        ({"W": np.zeros((1, 1)), "b": 0.0},
         "the W of the checkpoint does not fit: it has shape (1,), not (1, 1)"),
    ):  # fmt: skip
        with pytest.raises(UsageError) as caught:
            Descent(line, start, Settings(rows=37), saved=run.state())
        assert str(caught.value) == message
