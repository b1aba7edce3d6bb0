"""Benchmark functions against the formulas of their sources, written again for mpmath."""

from __future__ import annotations

import json
import random

import pytest
from mpmath import cos, diff, e, exp, mp, mpf, pi, sin, sqrt

mp.dps = 40


def ackley(x, y):
    radius = sqrt((x * x + y * y) / 2)
    waves = (cos(2 * pi * x) + cos(2 * pi * y)) / 2
    return -20 * exp(-radius / 5) - exp(waves) + 20 + e


def beale(x, y):
    parts = [mpf(c) - x * (1 - y**k) for k, c in enumerate(("1.5", "2.25", "2.625"), 1)]
    return sum(part**2 for part in parts)


def booth(x, y):
    # multiplied out
    return 5 * x**2 + 8 * x * y + 5 * y**2 - 34 * x - 38 * y + 74


def easom(x, y):
    return -cos(x) * cos(y) / exp((x - pi) ** 2) / exp((y - pi) ** 2)


def goldstein_price(x, y):
    one = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    two = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + (x + y + 1) ** 2 * one) * (30 + (2 * x - 3 * y) ** 2 * two)


def griewank(x, y):
    product = mpf(1)
    for i, coordinate in enumerate((x, y), 1):
        product *= cos(coordinate / sqrt(i))
    return (x**2 + y**2) / 4000 - product + 1


def himmelblau(x, y):
    return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2


def levy(x, y):
    w = [1 + (coordinate - 1) / 4 for coordinate in (x, y)]
    total = sin(pi * w[0]) ** 2
    for part in w[:-1]:
        total += (part - 1) ** 2 * (1 + 10 * sin(pi * part + 1) ** 2)
    return total + (w[-1] - 1) ** 2 * (1 + sin(2 * pi * w[-1]) ** 2)


def matyas(x, y):
    # along and across the diagonal
    return (x + y) ** 2 / 100 + (x - y) ** 2 / 4


def mccormick(x, y):
    return sin(x + y) + (x - y) ** 2 + (5 * y - 3 * x) / 2 + 1


def rastrigin(x, y):
    return sum(10 + c * c - 10 * cos(2 * pi * c) for c in (x, y))


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def sphere(x, y):
    return x * x + y * y


def styblinski_tang(x, y):
    return sum(c**4 - 16 * c**2 + 5 * c for c in (x, y)) / 2


def three_hump_camel(x, y):
    return 2 * x**2 - mpf(105) / 100 * x**4 + x**6 / 6 + x * y + y**2


FUNCTIONS = {
    function.__name__: function
    for function in (
        ackley, beale, booth, easom, goldstein_price, griewank, himmelblau, levy, matyas, mccormick,
        rastrigin, rosenbrock, sphere, styblinski_tang, three_hump_camel,
    )
}  # fmt: skip

MINIMA = [
    ("ackley", "0", "0", 0),
    ("beale", "3", "0.5", 0),
    ("booth", "1", "3", 0),
    ("easom", "pi", "pi", -1),
    ("goldstein_price", "0", "-1", 3),
    ("griewank", "0", "0", 0),
    ("himmelblau", "3", "2", 0),
    ("himmelblau", "-2.805118086952745", "3.131312518250573", 0),
    ("himmelblau", "-3.779310253377747", "-3.283185991286170", 0),
    ("himmelblau", "3.584428340330492", "-1.848126526964404", 0),
    ("levy", "1", "1", 0),
    ("matyas", "0", "0", 0),
    ("mccormick", "1/2 - pi/3", "-1/2 - pi/3", -1.9132229549810367),
    ("rastrigin", "0", "0", 0),
    ("rosenbrock", "1", "1", 0),
    ("sphere", "0", "0", 0),
    ("styblinski_tang", "-2.903534027771177", "-2.903534027771177", -78.33233140754285),
    ("three_hump_camel", "0", "0", 0),
]

OTHERS = [  # other points with a level gradient that the samples' comments name
    ("goldstein_price", "-0.6", "-0.4", 30, 1e-11),
    ("goldstein_price", "1.8", "0.2", 84, 1e-9),
    ("goldstein_price", "1.2", "0.8", 840, 1e-9),
    ("himmelblau", "-0.270845", "-0.923039", 181.617, 1e-3),
    ("three_hump_camel", "1.747552", "-0.873776", 0.298638, 1e-5),
    ("three_hump_camel", "-1.747552", "0.873776", 0.298638, 1e-5),
    ("griewank", "3.1400", "4.4384", 0.0073960, 1e-3),
    ("rastrigin", "1.989912", "-0.994959", 4.97, 1e-3),
    ("ackley", "1.9744519", "1.9744519", 6.56, 1e-4),
]


def summary(command, name, *values):
    return json.loads(command("grad", name, *values, "--json"))["summary"]


def points(name):
    """The start of the sample, and three points drawn at random."""
    draw = random.Random(name)
    return [(), *((f"x={draw.uniform(-2, 3)!r}", f"y={draw.uniform(-2, 3)!r}") for _ in range(3))]


@pytest.mark.parametrize(
    ("name", "values"), [(name, values) for name in FUNCTIONS for values in points(name)]
)
def test_value_and_gradient(command, name, values):
    report = json.loads(command("grad", name, *values, "--json"))
    cells = {row["node"]: row["value"] for row in report["rows"]}
    at = mpf(cells["x"]), mpf(cells["y"])
    function = FUNCTIONS[name]
    want = [function(*at), diff(function, at, (1, 0)), diff(function, at, (0, 1))]
    gradient = report["summary"]["gradient"]
    got = [report["summary"]["value"], gradient["x"], gradient["y"]]
    scale = max(1, *map(abs, want))
    assert all(abs(mpf(g) - w) < 1e-12 * scale for g, w in zip(got, want)), (got, want)


@pytest.mark.parametrize(("name", "x", "y", "value"), MINIMA)
def test_published_minimum(command, name, x, y, value):
    found = summary(command, name, f"x={x}", f"y={y}")
    assert abs(found["value"] - value) < 1e-14 * max(1, abs(value))
    assert max(map(abs, found["gradient"].values())) < 2e-12


@pytest.mark.parametrize(("name", "x", "y", "value", "slope"), OTHERS)
def test_other_level_points(command, name, x, y, value, slope):
    found = summary(command, name, f"x={x}", f"y={y}")
    digits = len(str(value).partition(".")[2])
    assert abs(found["value"] - value) <= max(0.5 * 10.0**-digits, 1e-11)
    assert max(map(abs, found["gradient"].values())) < slope


def test_facts_that_the_comments_state(command):
    hessian = json.loads(command("grad", "booth", "--hessian", "--json"))["summary"]["hessian"]
    assert hessian == {"x": {"x": 10, "y": 8}, "y": {"x": 8, "y": 10}}
    start = summary(command, "beale")
    assert start["value"] == 14.203125
    assert start["gradient"] == {"x": 0, "y": 27.75}
    assert summary(command, "levy", "x=1", "y=1")["value"] == pytest.approx(1.5e-32, rel=0.01)
    assert summary(command, "ackley", "x=0", "y=0") == {
        "output": "f", "value": 0, "gradient": {"x": 0, "y": 0},
    }  # fmt: skip
    assert summary(command, "ackley", "x=1e-9", "y=0")["gradient"]["x"] == pytest.approx(
        2.83, rel=1e-3
    )
    assert summary(command, "easom", "x=0", "y=0")["gradient"]["x"] == pytest.approx(
        -1.7e-8, rel=0.02
    )
    shifted = summary(command, "mccormick", "x=1/2 - 4*pi/3", "y=-1/2 - 4*pi/3")["value"]
    assert shifted == pytest.approx(-1.9132229549810367 - float(pi), abs=1e-12)
