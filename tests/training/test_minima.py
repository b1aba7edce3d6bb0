"""Minima that the comments of a program claim."""

from __future__ import annotations

import math

import pytest
from scipy import optimize

from gradcli.language.sources import sample_names, sample_text
from gradcli.question.question import ask
from gradcli.training.landscape import Landscape
from gradcli.training.minima import known_minima
from gradcli.training.task import prepare

PI = math.pi


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("# minimum  f(3, 0.5) = 0", [((3, 0.5), 0, False)]),
        ("# minimum  f(pi, -pi/2) = -sqrt(4) = -2", [((PI, -PI / 2), -2, False)]),
        ("# minimum  loss(2) = 1, where the slope is 0", [((2,), 1, False)]),
        ("# minimum  g(sqrt(4), 1) = 1; more", [((2, 1), 1, False)]),
        (
            "# minima   0 at (3, 2), (-2.8,\n#          3.1) and (1, 1)",
            [((3, 2), 0, False), ((-2.8, 3.1), 0, False), ((1, 1), 0, False)],
        ),
        (
            "# minimum  f(0, 0) = 0; two more of 0.25 at ±(1, -2)",
            [((0, 0), 0, False), ((1, -2), 0.25, True), ((-1, 2), 0.25, True)],
        ),
        ("#   minimum  f(1) = 0\n# source  somebody, f(2) = 0", [((1,), 0, False)]),
        ("# the minimum f(1) = 0", []),
        ("# minimum  somewhere around (1, 2)", []),
        ("# minimum  f(x, y) = 0", []),
        ("# minimum  f(@values.json) = 0", []),
        ("# minimum  f([1, 2]) = 0", []),
        ("# minimum  f(1, ) = 0", []),
        ("f = x^2", []),
        ("", []),
    ],
)
def test_what_is_claimed(comment, found):
    assert known_minima(f"# a story\n#\n{comment}\n\nparam x = 1\n") == found


@pytest.mark.parametrize("name", [n for n in sample_names() if known_minima(sample_text(n))])
def test_the_claims_of_the_samples_are_minima(name):
    landscape = Landscape(prepare(ask(name, [], descent="sgd"), (-5, 5)))
    claims = known_minima(sample_text(name))
    markers = landscape.minima()
    assert [(m.x, m.y) for m in markers] == [claim.point for claim in claims]
    for claim in claims:

        def loss(point):
            return landscape.losses(point[None])[0]

        found = optimize.minimize(loss, claim.point, method="Nelder-Mead", options={"xatol": 1e-9})
        assert found.fun == pytest.approx(claim.value, abs=1e-4, rel=1e-4)
        assert found.x == pytest.approx(claim.point, abs=1e-3)


def test_every_benchmark_with_two_numbers_has_one():
    known = [n for n in sample_names() if known_minima(sample_text(n))]
    assert len(known) == 15
    assert len(known_minima(sample_text("himmelblau"))) == 4
    assert len(known_minima(sample_text("goldstein_price"))) == 4


@pytest.mark.parametrize("values", [["a=2"], ["b=-1"]])
def test_a_claim_that_a_value_spoils_is_not_believed(values):
    found = Landscape(prepare(ask("rosenbrock", values, descent="sgd"), (-5, 5))).minima()
    # f(1, 1) stays 0 for any b: then only the value can be checked
    assert len(found) == ("b=-1" in values)


def test_a_claim_is_about_the_parameters_in_their_order():
    both = prepare(ask("rosenbrock", [], wrt="y,x", descent="sgd"), (-5, 5))
    assert Landscape(both).minima() == []
    one = prepare(ask("rosenbrock", [], wrt="x", descent="sgd"), (-5, 5))
    assert Landscape(one).minima() == []
