"""A curve in characters."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from gradcli.figures import Panel, Series
from gradcli.report.curve import drawn


def curve(*values):
    steps = [float(n) for n in range(len(values))]
    return Panel("step", "loss", log_y=True, series=[Series("loss", steps, list(values))])


def test_a_falling_line():
    assert drawn(curve(2.0, 1.0), 24, 6, "utf-8") == [
        "  loss",
        "2 ⠉⠒⠤⣀",
        "      ⠉⠑⠢⢄⡀",
        "          ⠈⠉⠒⠤⣀⡀",
        "               ⠈⠑⠢⢄⣀",
        "1                   ⠉⠒⠤⣀",
        "  0                    1",
    ]


def test_a_falling_line_in_ascii():
    assert drawn(curve(2.0, 1.0), 24, 6, "ascii") == [
        "  loss",
        "2 ''..",
        "      ''...",
        "           ''..",
        "               '''..",
        "1                   ''..",
        "  0                    1",
    ]


def test_a_wide_range_is_logarithmic():
    lines = drawn(curve(310.6, 1.0, 1e-8), 60, 6, "utf-8")
    assert lines[0].strip() == "loss (log scale)"
    assert lines[1].startswith("310.6 ")
    assert lines[5].startswith("1e-08 ")


def heights(lines):
    """The first and the last line that holds a dot, column by column."""
    body = [line[lines[0].index("l") :].ljust(80) for line in lines[1:-1]]
    return [[row for row, line in enumerate(body) if line[column] != " "] for column in range(50)]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_line_has_no_gaps(encoding):
    noisy = [math.sin(n * n) for n in range(300)]
    filled = heights(drawn(curve(*noisy), 52 + 6, 6, encoding))
    assert all(filled)
    for left, right in pairwise(filled):
        assert min(right) <= max(left) + 1
        assert max(right) >= min(left) - 1


@pytest.mark.parametrize(
    "values",
    [(), (1.0,), (2.0, 2.0, 2.0), (math.nan, math.inf), (math.nan, 1.0, math.inf)],
)
def test_nothing_to_see(values):
    assert drawn(curve(*values), 60, 6, "utf-8") == []


@pytest.mark.parametrize(
    "values",
    [
        (-1e308, 1e308),
        (5e-324, 0.0),
        (1e16, 1e16 + 2),
        (1e-300, 1e300),
        (-1e300, -1e300 * (1 + 2**-52)),
        (1.0, math.inf, 2.0, math.nan, 0.5),
    ],
)
def test_extreme_numbers(values):
    assert len(drawn(curve(*values), 60, 6, "utf-8")) == 7


def test_no_room():
    assert drawn(curve(1.0, 2.0), 15, 6, "utf-8") == []
