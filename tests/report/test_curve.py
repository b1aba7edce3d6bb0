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


def shape(*values, **options):
    """A frame whose shape matters."""
    return Panel("x", "e", series=[Series("e", [*map(float, range(len(values)))], list(values))])


def columns_with_dots(lines):
    """Whether anything is drawn in each column of the frame."""
    left = lines[0].index("e")
    body = [line[left:].ljust(80) for line in lines[1:-1]]
    return [any(line[column] != " " for line in body) for column in range(80)]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_gap_stays_empty(encoding):
    lines = drawn(shape(1.0, 1.5, math.nan, math.nan, 1.0, 2.0), 60, 6, encoding)
    filled = columns_with_dots(lines)
    last = len(filled) - filled[::-1].index(True)
    gap = [column for column in range(last) if not filled[column]]
    assert gap == [*range(gap[0], gap[-1] + 1)]
    assert len(gap) == pytest.approx(last * 3 / 5, abs=3)


def test_a_gap_that_is_narrower_than_a_dot_is_not_crossed():
    panel = shape(0.0)
    panel.series[0].x, panel.series[0].y = [0, 1, 1.001, 1.002, 2], [0.0, 0.0, math.nan, 1.0, 1.0]
    lines = drawn(panel, 60, 6, "utf-8")
    assert all(line.strip() in ("", "0") for line in lines[2:-2])
    joined = shape(0.0)
    joined.series[0].x, joined.series[0].y = [0, 1, 1.002, 2], [0.0, 0.0, 1.0, 1.0]
    assert all(line.strip() not in ("", "0") for line in drawn(joined, 60, 6, "utf-8")[2:-2])


def test_what_lies_beyond_the_frame_is_left_out():
    panel = shape(0.0, 1.0, 1e9, 1.0, 0.0)
    panel.y_range = (0.0, 1.0)
    lines = drawn(panel, 60, 6, "utf-8")
    assert lines[1].startswith("1 ")
    assert lines[-2].startswith("0 ")
    filled = columns_with_dots(lines)
    assert filled[:10] == [True] * 10
    assert not any(filled[25:33])


def test_values_below_nought_show_where_nought_is():
    lines = drawn(shape(-1.0, 3.0), 60, 6, "utf-8")
    labels = [line.partition(" ")[0] if line[0] != " " else line[:2].strip() for line in lines]
    assert [label for label in labels if label] == ["3", "0", "-1"]
    assert labels.index("0") == pytest.approx(1 + 9 * 3 / 4, abs=1)


def test_values_below_nought_are_never_logarithmic():
    panel = shape(-1.0, 1e6)
    panel.log_y = True
    assert "log" not in drawn(panel, 60, 6, "utf-8")[0]


def test_several_curves_are_told_apart():
    panel = Panel("step", "loss", log_y=True)
    panel.series = [Series(n, [0, 1], [float(at), at + 1.0]) for at, n in enumerate("abcdef")]
    lines = drawn(panel, 70, 6, "utf-8")
    legend = lines[0].strip().replace("⠂⠐ ⠂ b   ⠒⠒⠒  c   ⠂  ⠂ d", "told apart")
    assert legend == "⠒⠒⠒⠒ a   told apart   and 2 more"
    assert (
        drawn(panel, 70, 6, "ascii")[0].strip() == ".... a   .  . b   .... c   .    d   and 2 more"
    )


def test_long_names_take_lines_of_their_own():
    panel = Panel("x", "e", series=[Series(n * 30, [0, 1], [0.0, 1.0]) for n in "ab"])
    lines = drawn(panel, 60, 6, "utf-8")
    assert [line.split()[-1] for line in lines[:2]] == ["a" * 30, "b" * 30]
    assert len(lines) == 2 + 10 + 1


def test_names_of_curves_drive_no_terminal():
    panel = shape(1.0, 2.0)
    panel.series[0].name = "e\x1b[2J"
    assert "\x1b" not in "".join(drawn(panel, 60, 6, "utf-8"))


@pytest.mark.parametrize("room", [30, 40, 52, 72])
@pytest.mark.parametrize("names", [["loss"], ["loss", "validation loss"], ["e", "∂e/∂x" * 12, "z"]])
def test_the_legend_of_a_logarithmic_curve_fits(room, names):
    series = [Series(name, [0.0, 1.0], [1.0, 1000.0]) for name in names]
    lines = drawn(Panel("step", "loss", log_y=True, series=series), room, 6, "utf-8")
    assert max(map(len, lines)) <= room
    legend = "".join("".join(lines[:-6]).split())
    assert all(name.replace(" ", "") in legend for name in names)
    assert legend.endswith("(logscale)")
