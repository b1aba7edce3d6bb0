"""Where curves are broken, against functions whose breaks are known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradcli.verbs.breaks import traced

X = np.linspace(-3, 3, 101)


def pieces(function, x=X):
    """The runs of finite points of a traced curve, each with its first and its last x."""
    with np.errstate(all="ignore"):
        xs, ys, _ = traced(function, x, function(x))
    assert (np.diff(xs) > 0).all()
    fine = np.isfinite(ys)
    assert ys[fine] == pytest.approx(function(xs[fine]))
    starts = np.flatnonzero(fine & ~np.append(False, fine[:-1]))
    stops = np.flatnonzero(fine & ~np.append(fine[1:], False))
    return list(zip(xs[starts], xs[stops], strict=True))


@pytest.mark.parametrize(
    "function",
    [
        np.sin,
        np.cbrt,
        np.abs,
        lambda x: np.maximum(x, 0),
        lambda x: np.sin(40 * x),
        lambda x: np.tanh(1000 * (x - 0.01)),
        lambda x: np.exp(-1000 * (x - 0.01) ** 2),
        lambda x: np.exp(x**2),
        lambda x: 0 * x + 1,
        lambda x: 1 + 1e-16 * np.sin(1e9 * x),
    ],
)
def test_what_is_continuous_is_in_one_piece(function):
    assert pieces(function) == [(-3, 3)]


@pytest.mark.parametrize(
    ("function", "breaks"),
    [
        (lambda x: 1 / x, [0]),
        (lambda x: 1 / (x - 0.0131), [0.0131]),
        (lambda x: 1 / x**2, [0]),
        (lambda x: 1 / (x - 0.0131) ** 2, [0.0131]),
        (np.tan, [-math.pi / 2, math.pi / 2]),
        (lambda x: np.floor(x / 2), [-2, 0, 2]),
        (lambda x: np.where(x > 0.7071, 1.0, 0.0), [0.7071]),
        (lambda x: np.where(x > 0.7071, x, -x), [0.7071]),
        (lambda x: np.exp(1 / x), [0]),
        (lambda x: np.where(abs(x) < 1, np.nan, x), [-1, 1]),
    ],
)
def test_jumps_and_poles_are_found_where_they_are(function, breaks):
    found = pieces(function)
    inner = [piece for piece in found if piece[0] != piece[1]]
    sides = [stop for _, stop in inner[:-1]] + [start for start, _ in inner[1:]]
    if breaks == [-1, 1]:
        breaks = [-1]  # one gap, as wide as it is
        assert inner == [(-3, pytest.approx(-1)), (pytest.approx(1), 3)]
        return
    assert len(inner) == len(breaks) + 1
    assert sorted(sides) == pytest.approx(sorted(2 * breaks), abs=2e-3)


def test_a_curve_goes_on_to_the_end_of_its_domain():
    ((start, stop),) = pieces(lambda x: np.sqrt(x - 0.0131))
    assert (start, stop) == (pytest.approx(0.0131, abs=1e-8), 3)


@pytest.mark.parametrize(
    ("function", "seen", "unseen"),
    [
        (lambda x: 1 / x, [-1, 1], [-20, 20]),
        (lambda x: 1 / x**2, [1, 2], [50]),
        (lambda x: np.tan(x * math.pi / 3), [-2, 2], [-100, 100]),  # with a point on each pole
        (np.log, [-2, 1], [-20]),
    ],
)
def test_a_pole_leaves_the_frame(function, seen, unseen):
    with np.errstate(all="ignore"):
        low, high = traced(function, X, function(X))[2]
    assert all(low < value < high for value in seen)
    assert not any(low < value < high for value in unseen)


@pytest.mark.parametrize("function", [np.exp, np.floor, np.sqrt, lambda x: np.exp(x**2)])
def test_all_of_a_curve_without_a_pole_is_shown(function):
    with np.errstate(all="ignore"):
        assert traced(function, X, function(X))[2] is None


@pytest.mark.parametrize("count", [1, 2, 3, 5000])
def test_any_number_of_points(count):
    x = np.linspace(-1, 1, count)
    xs, ys, _ = traced(np.floor, x, np.floor(x))
    assert len(xs) == len(ys) >= count


def test_nothing_is_finite():
    xs, ys, shown = traced(lambda x: x * np.nan, X, X * np.nan)
    assert np.isnan(ys).all()
    assert len(xs) == 201
    assert shown is None


def test_many_jumps_stay_a_picture():
    x = np.linspace(0, 1, 2000)
    xs, _, _ = traced(lambda x: np.floor(1000 * x), x, np.floor(1000 * x))
    assert len(xs) < 4000
