"""Sentences, and when records are due."""

import math

import numpy as np
import pytest

from gradcli.learn.outcome import converged, due, rose, stopped, what_broke


@pytest.mark.parametrize(
    ("norm", "shown"),
    [(9.9e-7, "9.9e-07"), (9.99e-7, "9.99e-07"), (9.9999e-7, "9.9999e-07"), (0.0, "0"),
     (1.23456e-9, "1.2e-09"), (math.nextafter(1e-6, 0), "9.999999999999997e-07")],
)  # fmt: skip
def test_a_number_is_shown_to_as_many_digits_as_tell(norm, shown):
    assert converged(norm, 1e-6) == f"converged: the largest gradient entry is {shown}, below 1e-06"


def test_sentences():
    assert stopped("5 steps", 2.0, 0.0) == "stopped after 5 steps"
    assert (
        stopped("5 steps", 1.001e-6, 1e-6)
        == "stopped after 5 steps: the largest gradient entry is 1.001e-06, above 1e-06"
    )


def test_records_get_rarer():
    steps, done = [], 0
    while done < 300:
        done = due(done, None)
        steps.append(done)
    assert steps[:32] == list(range(1, 33))
    assert steps[32:49:4] == [34, 42, 50, 58, 68]
    assert steps[-3:] == [272, 288, 304]
    assert [due(n, 7) for n in (0, 6, 7, 13)] == [7, 7, 14, 14]


def test_rising_by_rounding_is_not_rising():
    assert not rose(1.0, 1.0 + 1e-13)
    assert rose(1.0, 1.0 + 1e-11)
    assert not rose(1e6, 1e6 * (1 + 1e-13))
    assert not rose(0.0, 1e-30)
    assert not rose(1.0, -math.inf)
    assert rose(1.0, math.inf)
    assert rose(1.0, math.nan)


def test_what_broke():
    fine = {"x": 1.0, "W": np.ones((2, 2))}
    bad = {"x": 1.0, "W": np.array([[1.0, -np.inf], [np.nan, 1]])}
    assert what_broke(bad, math.inf, bad) == "W has an entry -inf"
    assert what_broke({"x": math.nan}, 0.0, {}) == "x is nan"
    assert what_broke(fine, -math.inf, bad) == "the loss is -inf"
    assert what_broke(fine, 1.0, bad) == "the gradient of W has an entry -inf"
    assert what_broke(fine, 1.0, {"x": math.inf}) == "the gradient of x is inf"
    assert what_broke(fine, 1.0, fine) == "every value is finite"
