"""Minimising: the descents of the lectures, to the digits that they state."""

from __future__ import annotations

import pytest


def descend(gradcli, *args, code=0):
    return gradcli("descend", *args, code=code)


@pytest.mark.parametrize(
    ("steps", "x", "y"),
    [
        ("1", -0.5416, 1.848),
        ("1000", 0.06448875141614169, 0.0031122007583625497),
        ("20000", 0.9998495942328983, 0.9996986091698049),
    ],
)
def test_rosenbrock(gradcli, exactly, steps, x, y):
    options = ("--lr", "0.001", "--steps", steps, "--tol", "0")
    params = descend(gradcli, "rosenbrock", *options).summary["params"]
    assert params["x"] == pytest.approx(x, rel=1e-9)
    assert params["y"] == pytest.approx(y, rel=1e-9)


def test_rosenbrock_reaches_its_minimum(gradcli):
    summary = descend(gradcli, "rosenbrock", "--lr", "0.001").summary
    assert summary["converged"] is True
    assert summary["params"] == pytest.approx({"x": 1, "y": 1}, abs=1e-3)


def test_sinc_from_3(gradcli, exactly):
    options = ("x=3", "--lr", "0.1", "--tol", "0", "--steps", "1000")
    summary = descend(gradcli, "sinc", *options).summary
    exactly(summary["params"]["x"], 3.862625918468852)
    exactly(summary["loss"], 2.743250892948202)


@pytest.mark.parametrize("seed", ["0", "1", "2", "3"])
def test_sinc_from_a_random_start(gradcli, seed):
    summary = descend(gradcli, "sinc", "--lr", "0.1", "--seed", seed).summary
    at = abs(summary["params"]["x"])
    minima = [0.0, 3.862625918468852, 7.05]
    assert min(abs(at - place) for place in minima) < 0.02
    assert summary["loss"] < summary["start_loss"]


def test_sinc_at_0_names_the_node(gradcli):
    answer = descend(gradcli, "sinc", "x=0", "--lr", "0.1", code=3)
    assert "v3" in answer.errors
    assert "nan" in answer.errors


@pytest.mark.parametrize(("start", "sign"), [("x=0.5", 1), ("x=3.25", -1)])
def test_one_data_point_moves_against_the_slope(gradcli, start, sign):
    options = (start, "--lr", "0.1", "--steps", "1", "--tol", "0")
    moved = descend(gradcli, "one_data_point", *options).summary["params"]["x"]
    assert (moved - float(start[2:])) * sign > 0
    there = descend(gradcli, "one_data_point", start, "--lr", "0.1").summary
    assert there["params"]["x"] == pytest.approx(2, abs=1e-6)
    assert abs(there["grad_norm"]) <= 1e-6


def test_learning_rates_too_low_right_and_too_high(gradcli):
    answer = descend(gradcli, "learning_rates", "--lr", "0.001,0.1,1.5", "--steps", "100")
    low, right, high = answer.rows
    assert low["loss"] == pytest.approx(4 * 0.998**200, rel=1e-9)
    assert right["loss"] < 1e-12
    assert float(high["loss"]) > 4
    assert "crawl" in low["verdict"]
    assert "converged" in right["verdict"]
    assert "diverged" in high["verdict"]


def test_decreasing_rates(gradcli):
    constant = ("--lr", "0.5", "--steps", "1000", "--tol", "0")
    stuck = descend(gradcli, "decreasing_rates", *constant).summary
    assert abs(stuck["params"]["x"]) == pytest.approx(0.2, abs=1e-9)
    options = (*constant, "--schedule", "inverse_time:rate=1")
    assert abs(descend(gradcli, "decreasing_rates", *options).summary["params"]["x"]) < 1e-3


@pytest.mark.parametrize(
    ("name", "options", "end", "loss"),
    [
        ("himmelblau", ("x=-1", "y=1", "--lr", "0.01"), (-2.805118, 3.131313), 0),
        ("matyas", ("--lr", "0.5"), (0, 0), 0),
        ("ackley", ("x=2.2", "y=1.7", "--lr", "0.01"), (1.974452, 1.974452), 6.559646),
        ("rastrigin", ("--lr", "0.001"), (1.989912, -0.994959), 4.974790),
        ("griewank", ("--lr", "0.5"), (3.140023, 4.438446), 0.007396),
        ("styblinski_tang", ("--lr", "0.01"), (-2.903534, -2.903534), -78.332331),
        ("three_hump_camel", ("--lr", "0.01"), (-1.747552, 0.873777), 0.298638),
        ("three_hump_camel", ("x=1", "y=1", "--lr", "0.01"), (0, 0), 0),
        ("mccormick", ("--lr", "0.1"), (-0.547197, -1.547197), -1.913223),
        ("goldstein_price", ("--line-search",), (0, -1), 3),
        ("easom", ("--lr", "0.1"), (3.141592, 3.141592), -1),
    ],
)
def test_benchmarks_end_where_their_stories_say(gradcli, name, options, end, loss):
    summary = descend(gradcli, name, *options).summary
    assert (summary["params"]["x"], summary["params"]["y"]) == pytest.approx(end, abs=1e-4)
    assert summary["loss"] == pytest.approx(loss, abs=1e-5)


def test_sphere_with_three_rates(gradcli):
    answer = descend(gradcli, "sphere", "--lr", "0.1,0.5,1.1", "--steps", "100")
    assert [row["lr"] for row in answer.rows] == [0.1, 0.5, 1.1]
    assert answer.rows[1]["loss"] == 0
    assert answer.rows[1]["steps"] == 1
    assert "diverged" in answer.rows[2]["verdict"]
