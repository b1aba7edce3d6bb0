"""Schedules against PyTorch's schedulers and optax's formulas at points worked out by hand."""

import itertools
import math

import pytest

from gradcli.errors import UsageError
from gradcli.learn.schedules import PROFILES, Schedule, parse_schedule

PLAIN = ["constant", "step", "exponential", "inverse_time", "linear", "cosine"]


def rates(spec, steps, lr=1.0):
    return Schedule(parse_schedule(spec), lr, steps).rates(0, steps)


@pytest.mark.parametrize("spec", ["step:size=7,factor=0.5", "exponential:rate=0.9",
                                  "linear:end=0.2,steps=30", "cosine:end=0.1"])  # fmt: skip
def test_rates_are_those_of_torch(spec, torch_reference):
    assert rates(spec, 50) == pytest.approx(torch_reference["rates"][spec], rel=1e-12)


@pytest.mark.parametrize("spec", ["plateau", "plateau:patience=2",
                                  "plateau:patience=1,factor=0.5,cooldown=3",
                                  "plateau:patience=0,factor=0.5,min=0.1",
                                  "plateau:patience=1,threshold=0,factor=0.5"])  # fmt: skip
def test_plateau_is_that_of_torch(spec, torch_reference):
    schedule = Schedule(parse_schedule(spec), 1.0, 100)
    found = []
    for loss in torch_reference["losses"]:
        schedule.observe(loss)
        found += schedule.rates(0, 1)
    assert found == pytest.approx(torch_reference["plateaus"][spec], rel=1e-12)
    assert found[-1] < 1


@pytest.mark.parametrize("spec", PLAIN)
@pytest.mark.parametrize("steps", [2, 3, 50, 1000])
def test_without_options_rates_start_at_lr_and_fall_over_the_run(spec, steps):
    found = rates(spec, steps, lr=0.1)
    assert found[0] == 0.1
    assert all(a >= b for a, b in itertools.pairwise(found))
    assert (found[-1] < 0.1) == (spec != "constant")
    assert found[-1] > 0


@pytest.mark.parametrize("spec", [*PLAIN, "warmup_cosine", "plateau"])
def test_runs_of_one_step_and_of_none(spec):
    assert rates(spec, 1) == [1.0]
    assert rates(spec, 0) == []


@pytest.mark.parametrize(
    ("spec", "steps", "step", "factor"),
    [
        # optax: init · rate^(count/transition_steps)
        ("exponential:rate=0.5,steps=10", 100, 5, 0.7071067811865476),
        ("exponential:rate=0.5,steps=10", 100, 30, 0.125),
        ("exponential", 100, 50, 0.1),
        ("exponential:steps=7", 100, 50, 0.1),
        # Keras: initial / (1 + rate · step/steps)
        ("inverse_time:rate=2,steps=4", 100, 6, 0.25),
        ("inverse_time", 90, 10, 0.5),
        ("inverse_time:steps=5", 90, 10, 0.5),
        # optax: a line from 1 to end over transition_steps, flat after
        ("linear", 50, 25, 0.5),
        ("linear:end=0.5,steps=10", 50, 4, 0.8),
        ("linear:end=0.5,steps=10", 50, 49, 0.5),
        # optax: (1 - alpha)·(1 + cos(π·count/decay_steps))/2 + alpha
        ("cosine", 60, 20, 0.75),
        ("cosine", 60, 30, 0.5),
        ("cosine:end=0.2,steps=10", 60, 5, 0.6),
        ("cosine:end=0.2,steps=10", 60, 55, 0.2),
        # thirds of the run
        ("step", 50, 16, 1.0),
        ("step", 50, 17, 0.1),
        ("step", 50, 34, 0.01),
        # optax: a line over warmup_steps, a half cosine over decay_steps - warmup_steps
        ("warmup_cosine", 100, 0, 0.0),
        ("warmup_cosine", 100, 5, 0.5),
        ("warmup_cosine", 100, 10, 1.0),
        ("warmup_cosine", 100, 55, 0.5),
        ("warmup_cosine:warmup=4,start=0.2,end=0.5,steps=8", 100, 2, 0.6),
        ("warmup_cosine:warmup=4,start=0.2,end=0.5,steps=8", 100, 6, 0.75),
        ("warmup_cosine:warmup=4,start=0.2,end=0.5,steps=8", 100, 99, 0.5),
        ("warmup_cosine:warmup=9,steps=5", 100, 8, 8 / 9),
    ],
)
def test_published_formulas_at_points(spec, steps, step, factor):
    schedule = Schedule(parse_schedule(spec), 3.0, steps)
    assert schedule.rates(step, 1) == [pytest.approx(3 * factor, rel=1e-14, abs=1e-300)]


def test_rates_do_not_depend_on_how_they_are_asked_for():
    for spec in [*PROFILES, "plateau"]:
        schedule = Schedule(parse_schedule(spec), 0.3, 40)
        pieces = [rate for k in range(0, 40, 5) for rate in schedule.rates(k, 5)]
        assert schedule.rates(0, 40) == pieces


def test_a_plateau_continues_from_its_state():
    spec = parse_schedule("plateau:patience=1,factor=0.5,cooldown=2")
    whole, first = Schedule(spec, 1.0, 99), Schedule(spec, 1.0, 99)
    losses = [5, 4, 4, 4, 4, 3.9999999, math.inf, math.nan, 2, 2, 2, 2, 2, 2]
    expected = []
    for loss in losses:
        whole.observe(loss)
        expected += whole.rates(0, 1)
    for cut in range(len(losses)):
        first, second = Schedule(spec, 1.0, 99), Schedule(spec, 1.0, 99)
        for loss in losses[:cut]:
            first.observe(loss)
        state = first.state()
        assert all(math.isfinite(value) for value in state.values())
        second.restore(state)
        found = []
        for loss in losses[cut:]:
            second.observe(loss)
            found += second.rates(0, 1)
        assert found == expected[cut:]


def test_a_plateau_below_zero_improves_downwards():
    schedule = Schedule(parse_schedule("plateau:patience=0,factor=0.5"), 1.0, 9)
    for loss in (-1.0, -2.0, -3.0):
        schedule.observe(loss)
    assert schedule.rates(0, 1) == [1.0]
    schedule.observe(-3.0001)
    assert schedule.rates(0, 1) == [0.5]


ALL = "constant, step, exponential, inverse_time, linear, cosine, warmup_cosine, plateau"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cosin", "there is no schedule 'cosin'\nhint: did you mean 'cosine'?"),
        ("", f"the schedule has no name\nhint: the schedules are {ALL}"),
        ("constant:rate=1", "schedule constant has no option 'rate'"),
        ("step:sise=3", "schedule step has no option 'sise'\nhint: did you mean 'size'?"),
        ("plateau:min=x", "schedule plateau: min must be a number, not 'x'"),
    ],
)
def test_messages(text, message):
    with pytest.raises(UsageError) as caught:
        parse_schedule(text)
    assert str(caught.value) == message


WHOLE = "a whole number, at least "


@pytest.mark.parametrize(
    ("name", "option", "value", "range"),
    [
        ("step", "size", "0", WHOLE + "1"),
        ("step", "size", "2.5", WHOLE + "1"),
        ("step", "factor", "0", "more than 0 and at most 1"),
        ("exponential", "rate", "1.1", "more than 0 and at most 1"),
        ("inverse_time", "rate", "-1", "at least 0"),
        ("linear", "end", "2", "between 0 and 1"),
        ("warmup_cosine", "warmup", "-1", WHOLE + "0"),
        ("plateau", "patience", "1.5", WHOLE + "0"),
    ],
)
def test_options_out_of_range(name, option, value, range):
    with pytest.raises(UsageError) as caught:
        parse_schedule(f"{name}:{option}={value}")
    assert str(caught.value) == f"schedule {name}: {option} must be {range}, not {value}"
