"""The numeric derivative of nasty functions, against mpmath to 40 digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from gradcli.check.differences import Slopes, plain, settled
from gradcli.check.extrapolate import Tolerance

TOLERANCE = Tolerance(1e-6, 1e-9)

Case = tuple[Callable[[Any], Any], Callable[[Any], Any], float]
"""A function for NumPy, the same for mpmath, and a point."""

NASTY: dict[str, Case] = {
    "x^10 at 100": (lambda x: x**10, lambda x: x**10, 100.0),
    "exp(20x) at 1": (lambda x: np.exp(20 * x), lambda x: mpmath.exp(20 * x), 1.0),
    "exp(20x) at 5": (lambda x: np.exp(20 * x), lambda x: mpmath.exp(20 * x), 5.0),
    "1/x at 1e-6": (lambda x: 1 / x, lambda x: 1 / x, 1e-6),
    "1/x at -1e-100": (lambda x: 1 / x, lambda x: 1 / x, -1e-100),
    "sin(1e3 x)": (lambda x: np.sin(1e3 * x), lambda x: mpmath.sin(1000 * x), 0.3),
    "sin(1e3 x) at 2.7": (lambda x: np.sin(1e3 * x), lambda x: mpmath.sin(1000 * x), 2.7),
    "1e-8 x": (lambda x: 1e-8 * x, lambda x: x / 10**8, 3.3),
    "log near 0": (np.log, mpmath.log, 1e-3),
    "log at 0.05, where steps leave the domain": (np.log, mpmath.log, 0.05),
    "log at 1e-10": (np.log, mpmath.log, 1e-10),
    "sqrt at 1e-8": (np.sqrt, mpmath.sqrt, 1e-8),
    "cos over whole periods": (
        lambda x: np.cos(2 * np.pi * x), lambda x: mpmath.cos(2 * mpmath.pi * x), 0.3,
    ),
    "tan near its pole": (np.tan, mpmath.tan, 1.57),
    "a narrow peak": (
        lambda x: np.exp(-1e8 * x * x), lambda x: mpmath.exp(-(10**8) * x * x), 1e-4,
    ),
    "a steep atan": (lambda x: np.arctan(1e6 * x), lambda x: mpmath.atan(10**6 * x), 0.0),
    "a far tail": (lambda x: np.exp(-x * x), lambda x: mpmath.exp(-x * x), 5.0),
    "cbrt at 1e-5": (np.cbrt, mpmath.cbrt, 1e-5),
    "huge": (lambda x: 1e200 * x * x, lambda x: mpmath.mpf(10) ** 200 * x * x, 1.5),
}  # fmt: skip


def slopes(
    function: Callable[[Any], Any], x: float, expected: float = 0.0, noise: float = 0.0
) -> Slopes:
    at = np.array([x])
    with np.errstate(all="ignore"):
        return settled(
            lambda entries, points: function(points)[..., None],
            at, function(at)[:, None], np.full((1, 1), expected), np.full((1, 1), noise), TOLERANCE,
        )  # fmt: skip


def derivative(function: Callable[[Any], Any], x: float) -> float:
    with mpmath.workdps(40):
        return float(mpmath.diff(function, mpmath.mpf(x), h=mpmath.mpf(10) ** -15 * (abs(x) or 1)))


@pytest.mark.parametrize("name", NASTY)
def test_value_is_right_and_so_is_its_error(name: str) -> None:
    function, exact, x = NASTY[name]
    right = derivative(exact, x)
    found = slopes(function, x, right)
    assert abs(found.value[0, 0] - right) <= 1e-9 * abs(right) + 1e-12
    assert abs(found.value[0, 0] - right) <= 10 * found.error[0, 0]
    assert found.error[0, 0] <= 1e-8 * abs(right) + 1e-9
    assert not found.kink.any()


@pytest.mark.parametrize("name", NASTY)
def test_value_does_not_depend_on_what_is_expected(name: str) -> None:
    function, exact, x = NASTY[name]
    right = derivative(exact, x)
    found = slopes(function, x, 2 * right + 1)
    assert abs(found.value[0, 0] - right) <= 1e-8 * abs(right) + 1e-9
    assert not found.kink.any()


@pytest.mark.parametrize(
    ("function", "x", "left", "right"),
    [
        (np.abs, 0.0, -1, 1),
        (lambda x: np.maximum(x, 0), 0.0, 0, 1),
        (lambda x: np.maximum(x, 3.0), 3.0, 0, 1),
        (lambda x: np.abs(np.sin(1e4 * x)), 0.0, -1e4, 1e4),
        (lambda x: np.where(x > 0, x * x, -x), 0.0, -1, 0),
        (lambda x: x * x + 1e-3 * np.abs(x - 0.25), 0.25, 0.499, 0.501),
    ],
)
def test_kink_has_two_slopes(
    function: Callable[[Any], Any], x: float, left: float, right: float
) -> None:
    found = slopes(function, x)
    assert found.kink.all()
    assert found.left[0, 0] == pytest.approx(left, rel=1e-6, abs=1e-9)
    assert found.right[0, 0] == pytest.approx(right, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("function", "x", "value"),
    [
        (np.abs, 1e-9, 1),
        (np.abs, -1e-3, -1),
        (lambda x: np.maximum(x, 0), -1e-9, 0),
        (lambda x: x * np.abs(x), 0.0, 0),
        (lambda x: np.abs(x) ** 1.5, 0.0, 0),
        (np.floor, 2.1, 0),
        (lambda x: np.full_like(x, 3.0), 1.0, 0),
    ],
)
def test_kink_nearby_is_no_kink_here(
    function: Callable[[Any], Any], x: float, value: float
) -> None:
    found = slopes(function, x, value)
    assert not found.kink.any()
    assert found.value[0, 0] == pytest.approx(value, abs=1e-9)


def test_teeth_of_a_saw_are_no_slope() -> None:
    """Over 2, 1 and 1/2 times the widest step, (x mod y) has gone round so that the differences
    agree to the last bit."""
    for x, y in ((4.391070534240088, 0.8201580064704581), (2.9, 0.07), (-1.3, 0.31)):
        found = slopes(lambda t, y=y: np.mod(t, y), x, 1.0)
        assert found.value[0, 0] == pytest.approx(1.0, rel=1e-9)
        stairs = slopes(lambda t, y=y: np.floor(t / y), x, 0.0)
        assert stairs.value[0, 0] == pytest.approx(0.0, abs=1e-9)


def test_teeth_that_agree_by_chance_are_found_out_by_narrower_steps() -> None:
    for tooth, shift in ((1.62e-4, 0.979), (1.186e-4, 0.105), (1.241e-4, 0.067), (1.551e-4, 0.26)):
        found = slopes(
            lambda x, tooth=tooth, shift=shift: np.mod(shift - 0.4 * x, tooth),
            0.863, -0.4, noise=2.7e-11,
        )  # fmt: skip
        assert not found.kink.any()
        assert abs(found.value[0, 0] + 0.4) <= found.error[0, 0] + 1e-6


def test_edge_of_a_domain_has_one_side() -> None:
    found = slopes(lambda x: x * np.sqrt(x) + 2 * x, 0.0, 2.0)
    assert not found.kink.any()
    assert found.value[0, 0] == pytest.approx(2.0, abs=1e-5)


def test_error_owns_up_to_rounding() -> None:
    for function in (lambda x: x + 1e12, lambda x: np.sin(x) + 1e10):
        found = slopes(function, 1.1, 1.0)
        right = 1.0 if function(0.0) == 1e12 else np.cos(1.1)
        off = abs(found.value[0, 0] - right)
        assert off <= found.error[0, 0] < 1.0
        assert off > 1e-12


def test_noise_that_cancels_is_known_by_its_bound() -> None:
    """At tiny steps (x + 1e12) - 1e12 is a stair, flat between its steps."""
    found = slopes(lambda x: (x + 1e12) - 1e12, 1.1, 1.0, noise=2.2e-16 * 1e12)
    assert abs(found.value[0, 0] - 1.0) <= found.error[0, 0] < 0.5


def test_jump_never_settles() -> None:
    found = slopes(np.floor, 2.0)
    assert abs(found.value[0, 0]) <= found.error[0, 0]


def test_where_nothing_is_finite_nothing_is_known() -> None:
    found = slopes(lambda x: np.where(x == 1.0, 0.0, np.nan), 1.0)
    assert np.isinf(found.error[0, 0])
    assert not found.kink.any()


def test_many_entries_and_values_at_once() -> None:
    x = np.array([0.3, -2.0, 40.0])

    def function(entries: Any, points: Any) -> Any:
        scale = np.array([1.0, 2.0, 3.0])[entries][:, None]
        return np.stack([scale * points**2, np.sin(points)], axis=-1)

    def at(points: Any) -> Any:
        return np.stack([[1.0, 2.0, 3.0] * points**2, np.sin(points)], axis=-1)

    right = np.stack([[2.0, 4.0, 6.0] * x, np.cos(x)], axis=-1)
    found = settled(function, x, at(x), right, np.zeros((3, 2)), TOLERANCE)
    np.testing.assert_allclose(found.value, right, rtol=1e-10)


def step(function: Callable[[Any], Any], x: float, h: float) -> Slopes:
    at = np.array([x])
    return plain(
        lambda entries, points: function(points)[..., None],
        at, function(at)[:, None], np.zeros((1, 1)), h, TOLERANCE,
    )  # fmt: skip


def test_plain_difference_is_the_textbook_formula() -> None:
    found = step(lambda x: np.exp(3 * x), 1.0, 0.1)
    assert found.value[0, 0] == pytest.approx((np.exp(3.3) - np.exp(2.7)) / 0.2, rel=1e-14)
    assert found.error[0, 0] < 1e-13 * found.value[0, 0]
    assert not found.kink.any()


def test_plain_difference_sees_a_kink_but_no_curve() -> None:
    assert step(np.abs, 0.0, 1e-4).kink.all()
    assert not step(lambda x: 1e6 * x * x, 0.0, 1e-4).kink.any()
    assert not step(lambda x: x + 1e9, 0.1, 1e-4).kink.any()


def waves(function: Callable[[Any, Any], Any], noise: float) -> tuple[Slopes, Any, Any]:
    """The slopes of a wave of each of many lengths, as in a sum that rounding moves by `noise`."""
    numbers = np.random.default_rng(0)
    k, x = numbers.uniform(1, 3_000, 50_000), numbers.uniform(-5, 5, 50_000)
    found = settled(
        lambda entries, at: function(k[entries][:, None], at)[..., None],
        x, function(k, x)[:, None], np.zeros((len(x), 1)), np.full((len(x), 1), noise), TOLERANCE,
    )  # fmt: skip
    return found, k, x


def test_a_wave_whose_sides_agree_on_something_by_chance_has_no_kink() -> None:
    for noise in (1e-13, 1e-11, 1e-10):
        found, k, x = waves(lambda k, x: np.sin(k * x), noise)
        assert not found.kink.any()
        exact = (k * np.cos(k * x))[:, None]
        assert (np.abs(found.value - exact) <= 1e-6 * np.abs(exact) + found.error).all()


def test_a_kink_in_a_wave_is_still_seen() -> None:
    centres = np.random.default_rng(0).uniform(-5, 5, 500)
    slopes_, bends = np.random.default_rng(1).uniform(0.1, 9, (2, 500))
    for function in (
        lambda i, x: slopes_[i] * np.abs(x - centres[i]) + np.sin(bends[i] * x),
        lambda i, x: slopes_[i] * np.maximum(x - centres[i], 0) * np.exp(0.1 * x) + x**3,
        lambda i, x: np.where(
            x > centres[i], (x - centres[i]) * bends[i], np.expm1(x - centres[i])
        ),
    ):
        every = np.arange(500)
        found = settled(
            lambda entries, at, f=function: f(entries[:, None], at)[..., None],
            centres, function(every, centres)[:, None], np.zeros((500, 1)),
            np.full((500, 1), 1e-13), TOLERANCE,
        )  # fmt: skip
        apart = np.abs(found.right - found.left)
        assert found.kink[apart > 1e-3].all()
        assert (apart > 1e-3).sum() > 490
