"""Generated loops end in the bits of the plain stepper, for every rule, wherever they stop."""

import math
from dataclasses import replace

import numpy as np
import pytest

from gradcli.graph.build import build
from gradcli.language import parse
from gradcli.learn.compiled_stepper import CompiledStepper
from gradcli.learn.loss import Loss
from gradcli.learn.optimizers import OPTIMIZERS, parse_optimizer
from gradcli.learn.steppers import PlainStepper

ROSENBROCK = "(1 - x)^2 + 100*(y - x^2)^2"
CHOICES = [
    *OPTIMIZERS, "sgd:weight_decay=0.1", "nesterov:beta=0.5", "adagrad:lr_decay=0.01",
    "adam:weight_decay=0.1", "adamw:weight_decay=0",
]  # fmt: skip


def loss_of(text, params, fixed=None):
    values = {**params, **(fixed or {})}
    return Loss(lambda rows: build(parse(text), values), list(params), fixed)


def bits(point):
    def flat(values):
        return {name: np.asarray(value).tobytes() for name, value in values.items()}

    slots = {slot: flat(values) for slot, values in point.slots.items()}
    return point.step, flat(point.params), slots, point.rate


def both(loss, start, choice, rates, tol, step=0, clip=None):
    """The points that the compiled and the plain stepper reach."""
    optimizer = parse_optimizer(choice)
    plain = PlainStepper(loss, optimizer, clip)
    point = plain.advance(plain.start(start), [0.001] * step, None, 0.0)
    compiled = CompiledStepper(loss, optimizer, clip)
    return [stepper.advance(point, rates, None, tol) for stepper in (compiled, plain)]


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("tol", [0.0, 1e-6])
def test_every_rule_on_scalars(choice, tol):
    start = {"x": -1.2, "y": 2.0}
    rates = [0.001 / (1 + k / 100) for k in range(500)]
    for step in (0, 7):
        ours, plain = both(loss_of(ROSENBROCK, start), start, choice, rates, tol, step)
        assert bits(ours) == bits(plain)
        assert ours.step == step + 500


@pytest.mark.parametrize("choice", CHOICES)
def test_every_rule_on_arrays_and_scalars_together(choice):
    start = {"W": np.array([[0.5, -1.0], [2.0, 0.25]]), "b": 0.3}
    loss = loss_of("sum((W@[1, 2] + b - t)^2)", start, {"t": np.array([0.1, 0.7])})
    ours, plain = both(loss, start, choice, [0.01, 0.02, 0.03] * 5, 1e-9)
    assert bits(ours) == bits(plain)


@pytest.mark.parametrize("clip", [1e-3, 0.7, 100.0])
@pytest.mark.parametrize("choice", ["sgd", "adam"])
def test_a_gradient_is_clipped(choice, clip):
    one, two = {"x": 3.0}, {"x": -1.2, "y": 2.0}
    three = {"W": np.array([[0.5, -1.0], [2.0, 0.25]]), "b": 0.3, "c": np.zeros(2)}
    for text, start in (
        ("x^2", one),
        (ROSENBROCK, two),
        ("sum((W@[1, 2] + b - c)^2)", three),
        ("0*x", one),
        ("0*sum(W) + 0*b + 0*sum(c)", three),
    ):
        loss = loss_of(text, start)
        ours, plain = both(loss, start, choice, [0.01] * 50, 0.0, clip=clip)
        assert bits(ours) == bits(plain)


def test_an_infinite_gradient_that_is_clipped_shows_in_the_point():
    start = {"x": 0.0, "y": 1.0}
    ours, plain = both(loss_of("sqrt(x) + y", start), start, "sgd", [0.1], 0.0, clip=1.0)
    assert not ours.finite
    assert not plain.finite


@pytest.mark.parametrize("choice", list(OPTIMIZERS))
def test_steps_end_where_the_tolerance_is_met(choice):
    start = {"x": 3.0, "y": 1.0}
    ours, plain = both(loss_of("x^2 + 3*y^2", start), start, choice, [0.1] * 2000, 1e-3)
    assert bits(ours) == bits(plain)
    assert ours.step < 2000 or choice in ("adagrad", "rmsprop")


def test_the_tolerance_of_arrays_is_that_of_their_largest_entry():
    start = {"W": np.array([1e-9, 1.0, -1e-9]), "z": np.zeros((0, 2))}
    ours, plain = both(loss_of("sum(W^2) + sum(z)", start), start, "sgd", [0.1] * 200, 1e-3)
    assert bits(ours) == bits(plain)
    assert 20 < ours.step < 50


def test_steps_that_math_cannot_take_are_taken_with_care():
    """exp(800) raises OverflowError in Python; x comes back from there."""
    start = {"x": 800.0}
    loss = loss_of("where(x > 709, x, x^2/1000) + 0*stop_gradient(1/(1 + exp(x)))", start)
    ours, plain = both(loss, start, "sgd", [10.0] * 20, 0.0)
    assert bits(ours) == bits(plain)
    assert ours.params["x"] < 709


def test_every_step_may_need_care():
    start = {"x": 2.0}
    ours, plain = both(loss_of("x^2 + 0*stop_gradient(exp(-1/(x - x)))", start), start, "adam",
                       [0.1] * 10, 1e-9)  # fmt: skip
    assert bits(ours) == bits(plain)
    assert ours.step == 10


def test_divergence_shows_in_the_point():
    start = {"x": 1.0}
    ours, _ = both(loss_of("x^4", start), start, "sgd", [1.0] * 50, 1e-6)
    assert not ours.finite


def test_a_point_that_is_known_not_to_be_below_the_tolerance_is_left():
    start = {"x": 0.1}
    loss = loss_of("x^2", start)
    point = PlainStepper(loss, parse_optimizer("sgd")).start(start)
    point = replace(point, loss=0.01, gradient={"x": 0.5})
    after = CompiledStepper(loss, parse_optimizer("sgd")).advance(point, [0.1] * 3, None, 0.4)
    assert (after.step, after.params) == (1, {"x": 0.1 - 0.1 * 0.5})


def test_a_long_program_takes_steps_in_several_functions():
    terms = " + ".join(f"sin({k}*x + y)*cos(y - {k})" for k in range(400))
    start = {"x": 0.1, "y": 0.2}
    for tol in (0.0, 1e-6):
        ours, plain = both(loss_of(terms, start), start, "adam", [1e-4] * 20, tol)
        assert bits(ours) == bits(plain)


def test_a_descent_by_a_compiled_loop_is_the_same(descend):
    start = {"x": -1.8, "y": 1.5}
    loss = loss_of(ROSENBROCK, start)
    stepper = CompiledStepper(loss, parse_optimizer("sgd"))
    records, run = descend(loss, start, given={"stepper": stepper})
    expected, plain = descend(loss, start)
    assert records == expected
    assert run.outcome == plain.outcome
    assert run.outcome.converged


def test_a_diverging_descent_by_a_compiled_loop_is_the_same(descend):
    start = {"x": 1.0}
    loss = loss_of("x^4 - x", start)
    stepper = CompiledStepper(loss, parse_optimizer("momentum"))
    _, run = descend(loss, start, optimizer="momentum", lr=2.0, given={"stepper": stepper})
    _, plain = descend(loss, start, optimizer="momentum", lr=2.0)
    assert run.outcome == plain.outcome
    assert run.outcome.ending == "diverged"
    assert all(math.isfinite(value) for value in run.outcome.params.values())
