"""The normal form: like terms and equal factors collected, by laws that keep every value."""

from __future__ import annotations

from fractions import Fraction

import pytest

from gradcli.graph.node import TABLE
from gradcli.graph.simplify.normal import Normal

LAWS = [
    ("2*(x*3)", "6 * x"), ("x*1", "x"), ("x*0", "0"), ("x*x", "x^2"), ("x*x^2", "x^3"),
    ("-(-x)", "x"), ("-(x*y)", "-x * y"), ("-x^2", "-x^2"), ("-2*(y - x)", "2 * (x - y)"),
    ("-(y - x)", "x - y"), ("-(x + y)", "-x - y"), ("-(x + y)*-(x + y)", "(x + y)^2"),
    ("x - y - -z", "x - y + z"), ("x - (y - z)", "x - y + z"), ("x + 0", "x"), ("x + x", "2 * x"),
    ("x - x", "0"), ("-x + y", "y - x"), ("-x - y", "-x - y"), ("1 - x", "1 - x"),
    ("x/3 + y/3", "(x + y) / 3"), ("x/y", "x / y"), ("x/(y*z)", "x / (y * z)"),
    ("x/(y/z)", "x * z / y"), ("1/x^2", "1 / x^2"), ("-x/y", "-x / y"), ("-1/y", "-1 / y"),
    ("2*x/3", "2 * x / 3"), ("0.5/y", "0.5 / y"), ("x^-1", "1 / x"), ("(2*x)^2", "4 * x^2"),
    ("(x/y)^-2", "y^2 / x^2"), ("x^0.5", "sqrt(x)"), ("(x + y)^-z", "1 / (x + y)^z"),
    ("x^(y*z)", "x^(y * z)"), ("(-2)^y", "(-2)^y"), ("x^1.5/x", "sqrt(x)"), ("x^n*x", "x^(n + 1)"),
    ("exp(x)*exp(-x)", "1"), ("exp(x)^2", "exp(2 * x)"), ("exp(2*log(x) + y)", "x^2 * exp(y)"),
    ("2^x*2^y", "2^(x + y)"), ("pi*x*pi", "pi^2 * x"), ("u/(u*v)", "1 / v"), ("x/x", "1"),
    ("x^2/x", "x"), ("x^0", "1"), ("sqrt(x)^2", "x"), ("sqrt(4*x)", "2 * sqrt(x)"),
    ("(2*x + 4)/(x + 2)", "2"), ("(1 - s)*y/(s - 1)", "-y"), ("sqrt(x)*sqrt(y)", "sqrt(x * y)"),
    ("x^100*x", "x^101"), ("(x > 0)*(x > 0)", "x > 0"), ("(x > 0)^3", "x > 0"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), LAWS)
def test_laws(normal_form, text, wanted):
    assert normal_form(text) == wanted


STAY = [
    ("sqrt(x^2)", "sqrt(x^2)"), ("sqrt(x*y)", "sqrt(x * y)"), ("(x^2)^y", "(x^2)^y"),
    ("x/0", "x / 0"), ("0^-1", "0^-1"), ("log(x^2)", "log(x^2)"), ("cbrt(x)^2", "cbrt(x)^2"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), STAY)
def test_what_would_change_a_value_stays(normal_form, text, wanted):
    assert normal_form(text) == wanted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"), (2 / 3, "2 / 3"), (1 / 150, "1 / 150"), (0.0125, "1 / 80"), (0.001, "0.001"),
        (1.702, "1.702"), (-0.5, "-0.5"), (1e-20, "1e-20"), (1e20, "1e+20"), (0.25, "0.25"),
        (0.7978845608028654, "0.7978845608028654"), (3.0, "3"), (0.044715, "0.044715"),
    ],
)  # fmt: skip
def test_numbers_are_short_and_read_back_to_the_same_bits(value, text):
    normal = Normal()
    assert normal.text(normal.number(value)) == text
    above, _, below = text.partition(" / ")
    assert float(above) / float(below or 1) == value


def test_numbers_multiply_as_decimals(normal_form):
    assert normal_form("0.1*3*x") == "0.3 * x"
    assert normal_form("0.7*0.1") == "0.07"


def test_numbers_beyond_all_floats_are_infinite_or_zero():
    normal = Normal()
    x, large = normal.symbol("x"), normal.number(Fraction(10) ** 200)
    small = normal.number(Fraction(1, 10**200))
    assert normal.text(normal.multiply(large, large, x)) == "inf * x"
    assert normal.text(normal.multiply(large, normal.scaled(large, -1))) == "-inf"
    assert normal.text(normal.multiply(small, small, x)) == "0 * x"


def test_equal_formulas_are_one_node():
    normal = Normal()
    x, y = normal.symbol("x"), normal.symbol("y")
    assert normal.add((x, y)) == normal.add((y, x))
    assert normal.multiply(x, y) == normal.multiply(y, x)


def masked(normal, *conditions):
    zero = normal.zero
    return [normal.call(TABLE["gt"], (normal.symbol(name), zero)) for name in conditions]


def test_a_mask_multiplies_what_is_finite_and_guards_what_is_not():
    normal = Normal()
    x, y = normal.symbol("x"), normal.symbol("y")
    (mask,) = masked(normal, "x")
    quotient = normal.divide(y, x)
    assert normal.text(normal.gated(normal.one, mask)) == "x > 0"
    assert normal.text(normal.gated(y, mask)) == "y * (x > 0)"
    assert normal.text(normal.gated(y, mask, implied=True)) == "y"
    guarded = normal.gated(quotient, mask)
    assert normal.text(guarded) == "where(x > 0, y / x, 0)"
    assert normal.text(normal.multiply(guarded, y)) == "where(x > 0, y^2 / x, 0)"
    assert normal.text(normal.add((guarded, guarded))) == "2 * where(x > 0, y / x, 0)"
    assert normal.text(normal.multiply(guarded, x)) == "y * (x > 0)"
    assert normal.text(normal.gated(y, x)) == "where(x, y, 0)"


def test_terms_under_one_mask_are_under_it_together():
    normal = Normal()
    x, y = normal.symbol("x"), normal.symbol("y")
    (mask,) = masked(normal, "x")
    parts = [normal.gated(normal.divide(part, x), mask) for part in (normal.one, y)]
    assert normal.text(normal.add(parts)) == "where(x > 0, 1 / x + y / x, 0)"


@pytest.mark.parametrize("text", ["1 + x^2", "2 + exp(y)", "x^2 + y^4 + 0.5", "pi", "exp(x)*2"])
def test_what_is_plainly_positive(positive, text):
    assert positive(text)


@pytest.mark.parametrize("text", ["x", "x^2", "1 - x^2", "x^3 + 1", "-pi", "x*y + 1", "0"])
def test_what_may_be_zero_or_less(positive, text):
    assert not positive(text)
