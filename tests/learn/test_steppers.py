"""The line search, and the plain steps where a test of the whole descent does not see them."""

import itertools
import math

import numpy as np
import pytest

from gradcli.learn.steppers import LineSearch, PlainStepper, clipped


def test_line_search_converges_without_a_rate(rosenbrock, descend):
    records, run = descend(rosenbrock, rosenbrock.start, line_search=True, every=1)
    assert run.outcome.converged
    assert run.outcome.params["x"] == pytest.approx(1, abs=1e-6)
    assert run.outcome.steps < 100
    losses = [r.loss for r in records]
    assert all(b < a for a, b in itertools.pairwise(losses))


def test_each_step_meets_armijos_condition(rosenbrock, descend):
    records, _ = descend(rosenbrock, rosenbrock.start, line_search=True, every=1)
    for before, after in itertools.pairwise(records):
        _, gradient = rosenbrock.value_and_gradient(before.params)
        slope = sum(g * g for g in gradient.values())
        assert after.loss <= before.loss - 1e-4 * after.lr * slope
        assert after.params["x"] == before.params["x"] - after.lr * gradient["x"]


def test_a_rate_is_the_first_trial(power, descend):
    records, _ = descend(power(), {"x": 1.0}, line_search=True, lr=0.25, steps=1, every=1)
    assert (records[1].lr, records[1].params["x"]) == (0.25, 0.5)


def test_steps_into_values_that_are_not_finite_are_taken_back(descend):
    class Log:
        """x - ln x, nan below 0; from 0.001 the gradient is -999."""

        def value(self, params):
            return params["x"] - math.log(params["x"]) if params["x"] > 0 else math.nan

        def value_and_gradient(self, params, rows=None, draw=0):
            return self.value(params), {"x": 1 - 1 / params["x"]}

    for start in (0.001, 1e-9, 50.0):
        _, run = descend(Log(), {"x": start}, line_search=True)
        assert run.outcome.converged
        assert run.outcome.params["x"] == pytest.approx(1, abs=2e-6)


@pytest.mark.parametrize("level", [0.0, 1.0, -1e3, 1e6])
def test_the_rounding_of_a_large_loss_does_not_end_it(level, descend):
    """Near the minimum of a loss of size 1e6 no fall is left that a float can show."""

    class Bowl:
        def value(self, params):
            return float(level + np.sum(params["W"] ** 2 * np.array([1.0, 30.0])))

        def value_and_gradient(self, params, rows=None, draw=0):
            return self.value(params), {"W": 2 * params["W"] * np.array([1.0, 30.0])}

    _, run = descend(Bowl(), {"W": np.array([3.0, -2.0])}, line_search=True)
    assert run.outcome.converged, run.outcome.reason


def test_a_line_search_that_finds_nothing_lower_says_so(descend):
    class Liar:
        """Its gradient points uphill."""

        def value(self, params):
            return params["x"] * params["x"]

        def value_and_gradient(self, params, rows=None, draw=0):
            return self.value(params), {"x": -2 * params["x"]}

    records, run = descend(Liar(), {"x": 1.0}, line_search=True)
    assert run.outcome.ending == "stalled"
    assert run.outcome.reason == "stopped at step 0: no step along the gradient lowers the loss"
    assert len(records) == 1


def test_a_loss_without_a_minimum_diverges(power, descend):
    _, run = descend(power(1), {"x": 1.0}, line_search=True)
    assert run.outcome.ending == "diverged"
    assert math.isfinite(run.outcome.params["x"])


def test_clipped():
    gradient = {"x": 3.0, "W": np.array([[4.0]])}
    assert clipped(gradient, 5.0) is gradient
    short = clipped(gradient, 1.0)
    assert (short["x"], short["W"].tolist()) == (pytest.approx(0.6), [[pytest.approx(0.8)]])
    assert clipped({"x": 1e300, "y": -1e300}, math.sqrt(2))["y"] == pytest.approx(-1)


@pytest.mark.parametrize("make", [PlainStepper, LineSearch])
def test_a_point_is_a_value(make, mixed):
    from gradcli.learn.optimizers import parse_optimizer

    mixed.value = lambda params: mixed.value_and_gradient(params)[0]
    stepper = make(mixed, parse_optimizer("adam")) if make is PlainStepper else make(mixed)
    point = stepper.start(mixed.start)
    before = point.params["W"].tobytes()
    if make is LineSearch:
        loss, gradient = mixed.value_and_gradient(point.params)
        point = type(point)(0, point.params, point.slots, None, loss, gradient)
    after = stepper.advance(point, [0.1] * 5, None, 0.0)
    assert after.step == 5
    assert (point.step, point.params["W"].tobytes()) == (0, before)


def test_advance_stops_at_the_tolerance(power):
    from gradcli.learn.optimizers import parse_optimizer

    stepper = PlainStepper(power(), parse_optimizer("sgd"))
    point = stepper.advance(stepper.start({"x": 1.0}), [0.25] * 99, None, 1e-3)
    assert (point.step, point.gradient) == (11, {"x": 2.0**-10})
    assert stepper.advance(point, [0.25], None, 1e-9).step == 12
