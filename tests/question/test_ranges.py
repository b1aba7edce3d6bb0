"""NAME=LO:HI:N as values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradcli.question.question import ask
from gradcli.question.ranges import ValueRange


@pytest.mark.parametrize(
    ("argument", "low", "high", "count"),
    [
        ("x=-3:3", -3.0, 3.0, 101),
        ("x=-pi:pi", -math.pi, math.pi, 101),
        ("x = -2*pi : 2*pi : 201", -2 * math.pi, 2 * math.pi, 201),
        ("x=[1,2,3][0]:[1,2,3][1:3][1]:2", 1.0, 3.0, 2),
        ("x=0:1e-3:1_000", 0.0, 1e-3, 1000),
        ("x=-1e308:1e308:3", -1e308, 1e308, 3),
        ("x=0:1:2^10 # a note: no range", 0.0, 1.0, 1024),
    ],
)
def test_a_range_is_made_of_constant_expressions(argument, low, high, count):
    question = ask("x^2", [argument])
    assert question.ranges == {"x": ValueRange(low, high, count)}
    assert question.given == {"x": low}


@pytest.mark.parametrize(
    ("low", "high", "count"),
    [(-3, 3, 101), (0, 1, 11), (-1e308, 1e308, 5), (0.1, 0.7, 7), (-math.pi, math.pi, 101)],
)
def test_ends_are_exact_and_distances_equal(low, high, count):
    values = ValueRange(float(low), float(high), count).values
    assert (values[0], values[-1], len(values)) == (low, high, count)
    distance = high / (count - 1) - low / (count - 1)
    assert np.diff(values) == pytest.approx(np.full(count - 1, distance))


def test_values_are_those_that_one_would_type():
    assert ValueRange(0.0, 1.0, 11).values.tolist() == [
        0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1,
    ]  # fmt: skip
    assert 0.0 in ValueRange(-math.pi, math.pi, 101).values


def test_a_value_alone_is_no_range():
    assert ask("x^2", ["x=3"]).ranges == {}
