"""Every op that works entry by entry, against formulas of mpmath with 50 digits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Op
from gradcli.graph.ops.spell import scalar_function
from gradcli.run.interpret import array_function

mp = mpmath.mp.clone()
mp.dps = 50

Formula = Callable[..., Any]


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def softplus(x):
    return mp.log1p(mp.exp(x))


def branch(condition, a, b):
    return a if condition else b


def cross(p, y):
    return -branch(y == 0, 0, y * mp.log(p)) - branch(y == 1, 0, (1 - y) * mp.log1p(-p))


def erfc(x):
    return mp.erfc(x) if abs(x) < 1000 else mp.mpf(1) - mp.sign(x)


def remainder(a, b):
    a, b = (Fraction(*mpmath.libmp.to_rational(x._mpf_)) for x in (a, b))
    rest = a - b * (a // b)
    return mp.mpf(rest.numerator) / rest.denominator


def huber(p, t, delta):
    r = abs(p - t)
    return branch(r <= delta, r**2 / 2, delta * (r - delta / 2))


def real(function: Formula) -> Formula:
    """`function`, with nan where it is not real."""

    def only(*args):
        value = function(*args)
        return value if mp.im(value) == 0 else mp.nan

    return only


FORMULAS: dict[str, Formula] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "pos": lambda a: a,
    "pow": real(lambda a, b: mp.power(a, b)),
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "abs": abs,
    "sign": mp.sign,
    "sqrt": real(mp.sqrt),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "square": lambda x: x**2,
    "reciprocal": lambda x: 1 / x,
    "rsqrt": real(lambda x: 1 / mp.sqrt(x)),
    "exp": mp.exp,
    "expm1": mp.expm1,
    "exp2": lambda x: mp.power(2, x),
    "log": real(mp.log),
    "log1p": real(mp.log1p),
    "log2": real(lambda x: mp.log(x) / mp.log(2)),
    "log10": real(mp.log10),
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": real(mp.asin),
    "acos": real(mp.acos),
    "atan": mp.atan,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "asinh": mp.asinh,
    "acosh": real(mp.acosh),
    "atanh": real(mp.atanh),
    "erf": mp.erf,
    "erfc": erfc,
    "gamma": mp.gamma,
    "lgamma": lambda x: mp.re(mp.loggamma(x)),
    "digamma": mp.digamma,
    "polygamma": lambda n, x: mp.polygamma(int(n), x),
    "floor": mp.floor,
    "ceil": mp.ceil,
    "round": mp.nint,
    "trunc": lambda x: mp.sign(x) * mp.floor(abs(x)),
    "atan2": mp.atan2,
    "hypot": mp.hypot,
    "mod": remainder,
    "clip": lambda x, lo, hi: min(max(x, lo), hi),
    "where": branch,
    "maximum": max,
    "minimum": min,
    "logaddexp": lambda a, b: max(a, b) + mp.log1p(mp.exp(-abs(a - b))),
    "xlogy": real(lambda x, y: branch(x == 0, mp.zero, x * mp.log(y))),
    "stop_gradient": lambda x: x,
    "gate": lambda x, mask: branch(mask, x, mp.zero),
    "sigmoid": sigmoid,
    "log_sigmoid": lambda x: -softplus(-x),
    "relu": lambda x: max(x, 0),
    "leaky_relu": lambda x, slope: branch(x > 0, x, slope * x),
    "prelu": lambda x, a: branch(x > 0, x, a * x),
    "elu": lambda x, alpha: branch(x > 0, x, alpha * mp.expm1(x)),
    "selu": lambda x: mp.mpf("1.0507009873554805") * branch(
        x > 0, x, mp.mpf("1.6732632423543772") * mp.expm1(x)
    ),
    "softplus": softplus,
    "softsign": lambda x: x / (1 + abs(x)),
    "silu": lambda x: x * sigmoid(x),
    "mish": lambda x: x * mp.tanh(softplus(x)),
    "swish": lambda x, beta: x * sigmoid(beta * x),
    "gelu": lambda x: x * erfc(-x / mp.sqrt(2)) / 2,
    "gelu_sigmoid": lambda x: x * sigmoid(mp.mpf(1702) / 1000 * x),
    "glu": lambda a, gate: a * sigmoid(gate),
    "swiglu": lambda a, gate, beta: a * gate * sigmoid(beta * gate),
    "step": lambda x, threshold: x >= threshold,
    "bce": real(cross),
    "bce_with_logits": lambda z, y: y * softplus(-z) + (1 - y) * softplus(z),
    "squared_error": lambda p, t: (p - t) ** 2,
    "hinge": lambda s, t: max(0, 1 - t * s),
    "huber": huber,
}  # fmt: skip

FIXED = {"polygamma": (0,), "where": (0,), "gate": (1,)}
"""Arguments by which nothing is differentiated."""

EXTREMES = [
    sign * x
    for x in (
        0.0, 5e-324, 1e-310, 1e-200, 1e-20, 1e-9, 0.1, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 20.0, 37.0,
        50.0, 700.0, 708.0, 1000.0, 1e5, 1e16, 1e155, 1.7e308,
    )
    for sign in (1, -1)
]  # fmt: skip

LABELS = [0.0, 1e-20, 0.3, 0.5, 1 - 1e-9, 1.0]
ONLY = {
    "polygamma": {0: [0.0, 1.0, 2.0, 5.0], 1: [x for x in EXTREMES if x > -1e4]},
    "bce": {1: LABELS},
    "bce_with_logits": {1: LABELS},  # with a label outside of 0 … 1, two large terms may cancel
    "huber": {2: [1e-9, 0.5, 1.0, 1e5, -1.0]},
    "lgamma": {0: [x for x in EXTREMES if not 0 < abs(x) < 1e-300]},  # else SciPy's is inf
}
"""Arguments that make sense nowhere else, by place."""

POINTWISE = [op for op in TABLE.values() if op.pointwise]
every_op = pytest.mark.parametrize("op", POINTWISE, ids=lambda op: op.name)


def count(op: Op) -> int:
    """How many arguments an op is tested with."""
    parameters = [p for p in op.parameters if p.name not in op.static]
    return 3 if any(p.variadic for p in parameters) else len(parameters)


def points(op: Op, number: int, seed: int = 0) -> list[list[float]]:
    """Random points of the op's domain."""
    numbers = np.random.default_rng(seed)
    found = []
    for _ in range(number):
        domains = (op.domain[min(i, len(op.domain) - 1)] for i in range(count(op)))
        point = [float(numbers.uniform(*d)) for d in domains]
        for place in FIXED.get(op.name, ()):
            point[place] = float(round(point[place]))
        found.append(point)
    return found


def extreme_points(op: Op, special: Sequence[float] = ()) -> list[tuple[float, ...]]:
    """Combinations of extreme arguments, all of them where there is one argument."""
    n = count(op)
    thinned = EXTREMES[:: (1, 1, 3, 7)[n]]
    only = ONLY.get(op.name, {})
    return list(itertools.product(*(only.get(i, [*thinned, *special]) for i in range(n))))


def exact(op: Op, point: Sequence[Any]) -> Any:
    """The value by mpmath; None at a pole."""
    try:
        return +mp.mpf(FORMULAS[op.name](*map(mp.mpf, point)))
    except (ZeroDivisionError, ValueError):
        return None


def close(op: Op, point: Sequence[float], got: float) -> bool:
    """Whether a value is right to 4 units, or to what 8 roundings of an argument would change."""
    want = exact(op, point)
    if want is None:
        return True
    wanted = float(want)
    if got == wanted or math.isnan(wanted) or math.isinf(wanted):
        return got == wanted or (math.isnan(got) and math.isnan(wanted))
    bound = 4 * math.ulp(wanted)
    for place, value in enumerate(point):
        moved = [mp.mpf(x) for x in point]
        moved[place] *= 1 + mp.mpf(2) ** -52
        other = exact(op, moved)
        if other is not None and mp.isfinite(other) and value:
            bound += 8 * abs(other - want)
    return bool(abs(mp.mpf(got) - want) <= bound)


def test_every_op_has_a_formula() -> None:
    assert {op.name for op in POINTWISE} == set(FORMULAS)


@every_op
def test_value(op: Op) -> None:
    function = scalar_function(op)
    for point in [*points(op, 20), *extreme_points(op)]:
        got = function(*point)
        assert type(got) is float
        assert close(op, point, got), (point, got, exact(op, point))


@every_op
def test_scalar_path_against_array_path(op: Op, bench: Any) -> None:
    numbers = np.random.default_rng(1)
    only = ONLY.get(op.name, {})
    columns = []
    for place in range(count(op)):
        if place in only:
            columns.append(numbers.choice(only[place], 1200))
            continue
        ranges = [(-2, 2), (-2, 2), (-12, 12), (-320, 308)]
        sizes = 10.0 ** np.concatenate([numbers.uniform(*r, 300) for r in ranges])
        columns.append(numbers.permutation(sizes * numbers.choice([-1, 1], 1200)))
    special = extreme_points(op, [math.inf, -math.inf, math.nan])
    rows = [*points(op, 500, 2), *special, *(map(float, row) for row in zip(*columns))]
    rows = [tuple(row) for row in rows]
    scalars = [scalar_function(op)(*row) for row in rows]
    values = array_function(op)(*(np.array(column) for column in zip(*rows)))
    apart = bench.units(scalars, values)
    worst = int(np.argmax(apart))
    assert apart[worst] <= 4, (rows[worst], scalars[worst], values[worst])


def differentiable(op: Op) -> list[int]:
    """The places of the arguments that a derivative is taken by."""
    return [i for i in range(count(op)) if i not in FIXED.get(op.name, ())]


def order(n: int, *places: int) -> tuple[int, ...]:
    """How often mpmath differentiates by each of n arguments."""
    return tuple(places.count(i) for i in range(n))


def derivative(op: Op, point: Sequence[float], *places: int) -> float:
    """A partial derivative by mpmath."""
    if op.name == "stop_gradient":
        return 0.0
    formula = FORMULAS[op.name]
    found = mp.diff(
        (lambda x: mp.mpf(formula(x))) if len(point) == 1 else (lambda *xs: mp.mpf(formula(*xs))),
        mp.mpf(point[0]) if len(point) == 1 else tuple(map(mp.mpf, point)),
        len(places) if len(point) == 1 else order(len(point), *places),
    )
    return float(found)


@every_op
def test_first_and_second_derivative(op: Op, bench: Any) -> None:
    letters = "abc"[: count(op)]
    case = bench.single(op.name, **dict.fromkeys(letters, 0.5))
    places = differentiable(op)
    first = case.differentiate(case.output, [letters[i] for i in places])
    second = [case.differentiate(node, [letters[i] for i in places]) for node in first]
    nodes = [*first, *itertools.chain.from_iterable(second)]
    for point in points(op, 4):
        # On its domain every op is well conditioned: a derivative is right to some roundings.
        want = [derivative(op, point, i) for i in places]
        want += [derivative(op, point, i, j) for i in places for j in places]
        got = case.run(*nodes, **dict(zip(letters, point)))
        assert got == pytest.approx(want, rel=1e-12, abs=1e-12), point


def summed(array: Any, shape: tuple[int, ...]) -> Any:
    """An array summed over what broadcasting from a shape had repeated."""
    array = array.sum(axis=tuple(range(array.ndim - len(shape))))
    return array.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


SHAPES: list[tuple[int, ...]] = [(), (3,), (2, 1), (2, 3)]


@every_op
def test_broadcasting(op: Op, bench: Any) -> None:
    n = count(op)
    letters = "abc"[:n]
    places = differentiable(op)
    wrt = [letters[i] for i in places]
    scalar = bench.single(op.name, **dict.fromkeys(letters, 0.5))
    partials = scalar.differentiate(scalar.output, wrt)
    for shapes in itertools.product(SHAPES[: 5 - n] if n > 1 else SHAPES, repeat=n):
        whole = np.broadcast_shapes(*shapes)
        draws = points(op, math.prod(whole), len(whole))
        values = {
            letter: np.array([p[i] for p in draws[: math.prod(shape)]]).reshape(shape)
            if shape else draws[0][i]
            for i, (letter, shape) in enumerate(zip(letters, shapes))
        }  # fmt: skip
        case = bench.single(op.name, **values)
        assert case.graph.shapes[case.output] == whole
        total = case.weigh(case.output, "weight")
        weight = np.arange(1.0, 1 + math.prod(whole)).reshape(whole) if whole else 1.0
        case.values["weight"] = weight
        value, *gradients = case.run(case.output, *case.differentiate(total, wrt))
        spread = np.broadcast_arrays(*values.values(), weight)[:-1]
        slopes = np.empty((len(places), *whole))
        for index in np.ndindex(whole):
            point = {letter: float(a[index]) for letter, a in zip(letters, spread)}
            y, *slopes[(slice(None), *index)] = scalar.run(scalar.output, *partials, **point)
            assert np.asarray(value)[index] == pytest.approx(y, rel=1e-14, abs=1e-15)
        for got, slope, place in zip(gradients, slopes, places):
            want = summed(slope * weight, shapes[place])
            assert np.shape(got) == shapes[place]
            np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-13)


@every_op
def test_print_parse_print(op: Op, bench: Any) -> None:
    letters = "abc"[: count(op)]
    wrt = [letters[i] for i in differentiable(op)]
    for shapes in [((), (), ()), ((3,), (), (3,)), ((3,), (2, 1), ())]:
        values = {
            letter: np.linspace(point[0], point[1], math.prod(shape)).reshape(shape)
            if shape else point[0]
            for letter, shape, point in zip(letters, shapes, zip(*points(op, 2)))
        }  # fmt: skip
        case = bench.single(op.name, **values)
        total = case.squared(case.output)
        first = case.differentiate(total, wrt)
        second = [n for node in first for n in case.differentiate(case.squared(node), wrt)]
        bench.read_back(case, [case.output, *first, *second])
