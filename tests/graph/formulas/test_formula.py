"""Formulas: simplified as they are made, only by laws that hold for all reals."""

from __future__ import annotations

from fractions import Fraction

import pytest

from gradcli.graph.formulas.compose import spread, sum_to
from gradcli.graph.formulas.form import (
    ONE,
    ZERO,
    Form,
    add,
    divide,
    gated,
    multiply,
    number,
    power,
    scaled,
)

x, y, z = Form("x"), Form("y"), Form("z")
v, w = Form("v", shape=(3,)), Form("w", shape=(2, 3))
two, half, third = number(2.0), number(0.5), number(Fraction(1, 3))


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (multiply(two, multiply(x, number(3.0))), "6 * x"),
        (multiply(x, ONE), "x"),
        (multiply(x, ZERO), "0"),
        (multiply(x, x), "x^2"),
        (multiply(x, power(x, two)), "x^3"),
        (scaled(scaled(x, -1), -1), "x"),
        (scaled(multiply(x, y), -1), "-x * y"),
        (scaled(power(x, two), -1), "-x^2"),
        (multiply(number(-2.0), add((y, scaled(x, -1)))), "-2 * (y - x)"),
        (scaled(add((y, scaled(x, -1))), -1), "x - y"),
        (scaled(add((x, y)), -1), "-(x + y)"),
        (multiply(scaled(add((x, y)), -1), scaled(add((x, y)), -1)), "(x + y)^2"),
        (add((x, scaled(y, -1), scaled(scaled(z, -1), -1))), "x - y + z"),
        (add((x, scaled(add((y, scaled(z, -1))), -1))), "x - y + z"),
        (add((x, ZERO)), "x"),
        (add((x, x)), "2 * x"),
        (add((x, scaled(x, -1))), "0"),
        (add((scaled(x, -1), y)), "y - x"),
        (add((scaled(x, -1), scaled(y, -1))), "-x - y"),
        (add((ONE, scaled(x, -1))), "1 - x"),
        (add((multiply(third, x), multiply(third, y))), "(x + y) / 3"),
        (divide(x, y), "x / y"),
        (divide(x, multiply(y, z)), "x / (y * z)"),
        (divide(x, divide(y, z)), "x * z / y"),
        (divide(ONE, power(x, two)), "1 / x^2"),
        (divide(scaled(x, -1), y), "-x / y"),
        (divide(number(-1.0), y), "-1 / y"),
        (multiply(two, divide(x, number(3.0))), "2 * x / 3"),
        (divide(half, y), "0.5 / y"),
        (power(x, number(-1.0)), "1 / x"),
        (power(multiply(two, x), two), "4 * x^2"),
        (power(divide(x, y), number(-2.0)), "y^2 / x^2"),
        (power(x, half), "x^0.5"),
        (power(add((x, y)), scaled(z, -1)), "(x + y)^-z"),
        (power(x, multiply(y, z)), "x^(y * z)"),
        (power(number(-2.0), y), "(-2)^y"),
        (gated(ONE, Form("x > 0", 1)), "x > 0"),
        (gated(y, Form("x > 0", 1)), "y * (x > 0)"),
        (gated(divide(y, x), Form("x > 0", 1)), "where(x > 0, y / x, 0)"),
        (gated(y, x), "where(x, y, 0)"),
        (gated(multiply(gated(y, Form("x > 0", 1)), z), Form("x > 0", 1)), "y * z * (x > 0)"),
        (multiply(gated(y, Form("x > 0", 1)), divide(ONE, x)), "where(x > 0, y / x, 0)"),
        (spread(x, (3,)), "expand(x, 3)"),
        (spread(two, (3,)), "2 * ones(3)"),
        (spread(ZERO, (2, 3)), "zeros(2, 3)"),
        (sum_to(multiply(two, x, v), (3,), ()), "2 * x * sum(v)"),
        (sum_to(w, (2, 3), (3,)), "sum(w, axis=0)"),
        (sum_to(w, (2, 3), (2, 1)), "sum_to(w, 2, 1)"),
        (sum_to(two, (2, 3), (3,)), "4"),
        (sum_to(v, (2, 3), ()), "sum(expand(v, 2, 3))"),
    ],
)
def test_laws(form: Form, text: str) -> None:
    assert form.text == text


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (divide(x, x), "x / x"),
        (divide(power(x, two), x), "x^2 / x"),
        (power(x, ZERO), "x^0"),
        (power(power(x, half), two), "(x^0.5)^2"),
        (divide(x, ZERO), "x / 0"),
        (power(ZERO, number(-1.0)), "0^-1"),
    ],
)
def test_what_fails_for_some_number_stays(form: Form, text: str) -> None:
    assert form.text == text


def test_a_quotient_loses_no_pole() -> None:
    assert divide(x, power(x, two)).text == "1 / x"
    assert divide(power(x, two), power(x, number(5.0))).text == "1 / x^3"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"), (2 / 3, "2 / 3"), (1 / 150, "1 / 150"), (0.0125, "1 / 80"), (0.001, "0.001"),
        (1.702, "1.702"), (-0.5, "-0.5"), (1e-20, "1e-20"), (1e20, "1e+20"), (0.25, "0.25"),
        (0.7978845608028654, "0.7978845608028654"), (3.0, "3"), (0.044715, "0.044715"),
    ],
)  # fmt: skip
def test_numbers_are_short_and_read_back_to_the_same_bits(value: float, text: str) -> None:
    assert number(value).text == text
    above, _, below = text.partition(" / ")
    assert float(above) / float(below or 1) == value


def test_numbers_multiply_as_decimals() -> None:
    assert multiply(number(0.1), number(3.0), x).text == "0.3 * x"
    assert multiply(number(0.7), number(0.1)).text == "0.07"


def test_numbers_beyond_all_floats_are_infinite_or_zero() -> None:
    large, small = number(1e200), number(1e-200)
    assert multiply(large, large, x).text == "inf * x"
    assert multiply(large, scaled(large, -1)).text == "-inf"
    assert multiply(small, small, x).text == "0 * x"
