"""The points that JAX's loop gives ahead are those that the plain stepper comes to one by one."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.graph.build import build
from gradcli.language import parse
from gradcli.learn.accelerated import AcceleratedLoss, AcceleratedStepper
from gradcli.learn.bounds import FREE, Bounds
from gradcli.learn.descent import Descent
from gradcli.learn.loss import Loss
from gradcli.learn.optimizers import parse_optimizer
from gradcli.learn.schedules import parse_schedule, steady
from gradcli.learn.settings import Settings
from gradcli.learn.steppers import PlainStepper

TEXT = "sum((w@a - [1, 2])^2) + (b - 1)^4 + 3*b*sum(w)/10 + sum(w^2)/2"
START = {"w": np.array([[0.5, -1.0, 2.0], [0.0, 1.0, -0.5]]), "b": 3.0}
FIXED = {"a": np.array([1.0, -0.5, 0.25])}
LOW = {"w": np.array([[-1.0, -9.0, 1.5], [-9.0, 0.5, -9.0]]), "b": 1.5}
HIGH = {"w": np.array([[9.0, -0.5, 9.0], [0.25, 9.0, 9.0]]), "b": 9.0}
STOPS = [1, 2, 3, 7, 40, 41]


def both(choice, clip=None, bounds=FREE, smooth=True):
    """The same steps by JAX and by the plain stepper, and a start."""
    given = (lambda rows: build(parse(TEXT), {**START, **FIXED}), list(START), FIXED)
    optimizer = parse_optimizer(choice)
    loss = AcceleratedLoss(*given, bounds=bounds)
    plain = PlainStepper(Loss(*given, bounds=bounds), optimizer, clip, bounds)
    return AcceleratedStepper(loss, optimizer, clip, steady=smooth), plain, plain.start(START)


def alike(found, expected):
    assert found.step == expected.step
    assert found.rate == expected.rate
    assert found.slots.keys() == expected.slots.keys()
    pairs = [(found.params, expected.params)]
    pairs += [(found.slots[slot], expected.slots[slot]) for slot in found.slots]
    for one, other in pairs:
        for name, value in other.items():
            assert type(one[name]) is type(value)
            assert np.allclose(one[name], value, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("smooth", [True, False], ids=["one rate", "a rate a step"])
@pytest.mark.parametrize("bounds", [FREE, Bounds(LOW, HIGH)], ids=["free", "bounds"])
@pytest.mark.parametrize(("choice", "clip"), [
    ("sgd", None), ("momentum", 0.5), ("adam:weight_decay=0.1", None),
    ("adagrad:lr_decay=0.1", 2.0),
])  # fmt: skip
def test_points_ahead(choice, clip, bounds, smooth):
    stepper, plain, start = both(choice, clip, bounds, smooth)
    rates = [0.01] * STOPS[-1] if smooth else [0.01 / (1 + k) for k in range(STOPS[-1])]
    found = stepper.points(start, rates[:1] if smooth else rates, STOPS, 0.0)
    assert len(found) == len(STOPS)
    for stop, point in zip(STOPS, found):
        alike(point, plain.advance(start, rates[:stop], None, 0.0))
        loss, gradient = plain._problem.value_and_gradient(point.params)
        assert point.loss == pytest.approx(loss, rel=1e-12)
        for name, value in gradient.items():
            assert np.allclose(point.gradient[name], value, rtol=1e-9, atol=1e-12)


def test_points_end_where_the_gradient_is_small():
    stepper, plain, start = both("sgd")
    expected = plain.advance(start, [0.02] * 4000, None, 0.05)
    assert 10 < expected.step < 4000
    stops = [5, expected.step - 1, 3000, 4000]
    found = stepper.points(start, [0.02], stops, 0.05)
    assert [point.step for point in found] == [5, expected.step - 1, expected.step]
    alike(found[-1], expected)


@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau:patience=2"])
@pytest.mark.parametrize("every", [None, 1, 7])
def test_a_descent_stopped_between_points_goes_on_where_it_was(schedule, every):
    """Points that were found ahead and not yet reached are no part of the state."""
    choice = parse_schedule(schedule)
    stepper, _, _ = both("momentum", smooth=steady(choice))
    settings = Settings(
        lr=0.002, steps=300, tolerance=0.0, every=every, schedule=choice,
        optimizer=parse_optimizer("momentum"),
    )  # fmt: skip

    def descent(looks, saved=None):
        left = iter([False] * looks)
        return Descent(
            stepper, START, settings, stepper=stepper, stop=lambda: next(left, True), saved=saved
        )

    whole = descent(10**6)
    records = [*whole]
    first = descent(9)
    seen = [*first]
    assert first.outcome.ending == "interrupted"
    assert 0 < first.point.step < 300
    second = descent(10**6, first.state())
    seen += [*second]
    alike(second.point, whole.point)
    losses = {record.step: record.loss for record in seen}
    assert {record.step for record in records} <= losses.keys()
    for record in records:
        assert losses[record.step] == pytest.approx(record.loss, rel=1e-9)


def test_points_of_many_numbers_are_given_one_by_one():
    start = {"w": np.linspace(-1, 1, 100_000)}
    loss = AcceleratedLoss(lambda rows: build(parse("sum(w^2)"), start), ["w"])
    stepper = AcceleratedStepper(loss, parse_optimizer("sgd"))
    assert stepper.most == 1
    descent = Descent(stepper, start, Settings(lr=0.1, steps=50, every=3), stepper=stepper)
    assert [record.step for record in descent] == [*range(0, 50, 3), 50]
    assert np.allclose(descent.point.params["w"], start["w"] * 0.8**50, rtol=1e-12, atol=0)
