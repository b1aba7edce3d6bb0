"""Every op that is not pointwise, against loops over entries and textbook formulas."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pytest

from gradcli.graph.node import TABLE

Array = Any
REALS, POSITIVE = (-2.5, 2.5), (0.2, 2.0)


@dataclass
class Example:
    """A call, what it should give, and the shapes of its arguments.

    `fixed` arguments are whole numbers, or have no influence on a derivative.
    """

    op: str
    text: str
    formula: Callable[..., Array]
    shapes: dict[str, tuple[int, ...]]
    domain: tuple[float, float] = REALS
    fixed: dict[str, Array] = field(default_factory=dict)
    smooth: bool = True

    def values(self, seed: int = 0) -> dict[str, Array]:
        numbers = np.random.default_rng(seed)
        found = {
            name: numbers.uniform(*self.domain, shape) if shape else numbers.uniform(*self.domain)
            for name, shape in self.shapes.items()
        }
        return {**found, **self.fixed}


def along(function: Callable[[list[float]], float]) -> Callable[..., Array]:
    """A reduction, made of a function of a list."""

    def reduce(x: Array, axis: int | None = None, keep: bool = False) -> Array:
        rows = np.reshape(x, -1) if axis is None else np.moveaxis(x, axis, -1)
        found = np.array([function(row.tolist()) for row in rows.reshape(-1, rows.shape[-1])])
        found = found.reshape(rows.shape[:-1])
        if keep:
            found = found.reshape([1] * np.ndim(x)) if axis is None else np.expand_dims(found, axis)
        return found

    return reduce


def alongside(rule: Callable[[list[float]], list[float]], flat: bool) -> Callable[..., Array]:
    """What gives a list for a list along an axis, or for all entries."""

    def mapped(x: Array, axis: int | None) -> Array:
        rows = np.reshape(x, -1) if axis is None else np.moveaxis(x, axis, -1)
        found = np.array([rule(row) for row in rows.reshape(-1, rows.shape[-1]).tolist()])
        if axis is None:
            return found.reshape(-1) if flat else found.reshape(x.shape)
        return np.moveaxis(found.reshape(rows.shape), -1, axis)

    return mapped


def lse(row: list[float]) -> float:
    return math.log(math.fsum(map(math.exp, row)))


def others(row: list[float]) -> list[float]:
    return [math.prod(row[:i] + row[i + 1 :]) for i in range(len(row))]


def det(a: Array) -> float:
    """Leibniz' sum over permutations."""
    n = len(a)
    total = 0.0
    for order in itertools.permutations(range(n)):
        swaps = sum(order[i] > order[j] for i in range(n) for j in range(i + 1, n))
        total += (-1) ** swaps * math.prod(a[i, order[i]] for i in range(n))
    return total


def cofactors(a: Array) -> Array:
    n = len(a)
    return np.array([
        [(-1) ** (i + j) * det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(n)]
        for i in range(n)
    ])  # fmt: skip


def cofactors_along(a: Array, h: Array) -> Array:
    """For every entry of h the cofactors with that entry's row and column struck out as well."""
    n = len(a)
    found = np.zeros((n, n))
    for i, j, k, m in itertools.product(range(n), repeat=4):
        if i != k and j != m:
            units = np.array(a)
            units[[i, k]] = 0
            units[i, j] = units[k, m] = 1
            found[i, j] += h[k, m] * det(units)
    return found


def inverse(a: Array) -> Array:
    return cofactors(a).T / det(a)


def regular(n: int) -> Array:
    return np.random.default_rng(n).uniform(-1, 1, (n, n)) + 2 * np.eye(n)


def softmax(row: list[float]) -> list[float]:
    return [math.exp(x - lse(row)) for x in row]


def nll(log_p: Array, target: Array) -> Array:
    return np.array([-row[int(t)] for row, t in zip(log_p, target)])


def expected(log_p: Array, target: Array) -> Array:
    return np.array(
        [-math.fsum(map(float.__mul__, t, r)) for r, t in zip(log_p.tolist(), target.tolist())]
    )


def divergence(p: Array, q: Array) -> Array:
    terms = np.broadcast_arrays(p, q)
    return along(math.fsum)(terms[0] * np.log(terms[0] / terms[1]), -1)


def scattered(g: Array, x: Array, *place: Any) -> Array:
    """g added at x[place], one entry after the other."""
    result = np.zeros(np.shape(x))
    where = np.arange(np.size(x)).reshape(np.shape(x))[place]
    for at, value in zip(np.ravel(where), np.ravel(g)):
        result.flat[at] += value
    return result


def reductions() -> list[Example]:
    found = []
    rules: dict[str, Callable[[list[float]], float]] = {
        "sum": math.fsum,
        "mean": lambda row: math.fsum(row) / len(row),
        "prod": math.prod,
        "max": lambda row: sorted(row)[-1],
        "min": lambda row: sorted(row)[0],
        "var": statistics.pvariance,
        "std": statistics.pstdev,
        "norm": lambda row: math.hypot(*row),
        "logsumexp": lse,
        "count": len,
        "count_nonzero": lambda row: sum(map(bool, row)),
    }
    for name, rule in rules.items():
        for axis, keep in [(None, 0), (None, 1), (0, 0), (1, 1), (-1, 0), (-3, 1)]:
            text = f"{name}(x, keepdims={keep})"
            if axis is not None:
                text = f"{name}(x, axis={axis}, keepdims={keep})"
            formula = partial(along(rule), axis=axis, keep=bool(keep))
            smooth = not name.startswith("count")
            found.append(Example(name, text, formula, {"x": (2, 3, 2)}, smooth=smooth))
    for name, pick in {"argmax": max, "argmin": min}.items():
        place = along(partial(place_of, pick))
        for text, axis in [("(x)", None), ("(x, axis=0)", 0), ("(x, -1)", -1)]:
            formula = partial(place, axis=axis)
            found.append(Example(name, name + text, formula, {"x": (3, 4)}, smooth=False))
    return found


def place_of(pick: Callable[[list[float]], float], row: list[float]) -> int:
    return row.index(pick(row))


def row_by_row() -> list[Example]:
    rules: dict[str, tuple[Callable[[list[float]], list[float]], int | None]] = {
        "softmax": (softmax, -1),
        "log_softmax": (lambda row: [x - lse(row) for x in row], -1),
        "prod_others": (others, None),
        "cumsum": (lambda row: [math.fsum(row[: i + 1]) for i in range(len(row))], None),
    }
    found = []
    for name, (rule, usual) in rules.items():
        mapped = alongside(rule, flat=name == "cumsum")
        for axis in (0, 1, -1):
            formula = partial(mapped, axis=axis)
            found.append(Example(name, f"{name}(x, axis={axis})", formula, {"x": (3, 4)}))
        formula = partial(mapped, axis=usual)
        found.append(Example(name, f"{name}(x)", formula, {"x": (2, 3)}))
    return found


def products() -> list[Example]:
    """Every combination of one to four axes; those before the last two broadcast."""
    left = {1: (3,), 2: (2, 3), 3: (2, 2, 3), 4: (3, 1, 2, 3)}
    right = {1: (3,), 2: (3, 4), 3: (2, 3, 4), 4: (3, 2, 3, 4)}
    found = []
    for m, n in itertools.product(left, right):
        a = "ab"[4 - max(m, 2) :] + "ik"[2 - min(m, 2) :]
        b = "ab"[4 - max(n, 2) :] + "kj"[: min(n, 2)]
        y = "ab"[4 - max(m, n, 2) :] + "i" * (m > 1) + "j" * (n > 1)
        formula = partial(einsum, f"{a},{b}->{y}")
        found.append(Example("matmul", "a @ b", formula, {"a": left[m], "b": right[n]}))
    return found


def einsum(text: str, a: Array, b: Array) -> Array:
    """Einstein's sum, where axes of one entry broadcast."""
    inputs = text.split("->")[0]
    left, right = inputs.split(",")
    sizes: dict[str, int] = {}
    for letters, array in ((left, a), (right, b)):
        for letter, size in zip(letters, array.shape):
            sizes[letter] = max(size, sizes.get(letter, 1))
    a = np.broadcast_to(a, [sizes[letter] for letter in left])
    b = np.broadcast_to(b, [sizes[letter] for letter in right])
    return np.einsum(text, a, b)


A = np.array
EXAMPLES = [
    *reductions(),
    *row_by_row(),
    *products(),
    Example(
        "matmul", "a @ b", lambda a, b: np.einsum("ik,kj->ij", a, b), {"a": (2, 3), "b": (3, 4)}
    ),
    Example(
        "matmul",
        "a @ b @ c",
        lambda a, b, c: np.einsum("i,ij,j", a, b, c),
        {"a": (2,), "b": (2, 3), "c": (3,)},
    ),
    Example("matmul", "a · b", lambda a, b: np.einsum("ij,j->i", a, b), {"a": (2, 3), "b": (3,)}),
    Example(
        "outer", "outer(a, b)", lambda a, b: np.einsum("i,j->ij", a, b), {"a": (2,), "b": (3,)}
    ),
    Example("trace", "trace(a)", lambda a: math.fsum(a[i, i] for i in range(3)), {"a": (3, 3)}),
    Example("diag", "diag(a)", lambda a: A([a[i, i] for i in range(3)]), {"a": (3, 3)}),
    Example("diag", "diag(a)", lambda a: A([[a[0], 0], [0, a[1]]]), {"a": (2,)}),
    *(Example("det", "det(a)", det, {"a": (n, n)}) for n in (1, 2, 3, 4)),
    *(Example("cofactor", "cofactor(a)", cofactors, {"a": (n, n)}) for n in (1, 2, 3, 4)),
    *(
        Example(
            "cofactor_slope", "cofactor_slope(a, h)", cofactors_along, dict.fromkeys("ah", (n, n))
        )
        for n in (1, 2, 3)
    ),
    *(
        Example(
            "inv",
            "inv(a + r)",
            lambda a, r: inverse(a + r),
            {"a": (n, n)},
            (-0.3, 0.3),
            {"r": regular(n)},
        )
        for n in (1, 2, 3)
    ),
    *(
        Example(
            "solve",
            "solve(a + r, b)",
            lambda a, b, r: inverse(a + r) @ b,
            {"a": (3, 3), "b": shape},
            (-0.3, 0.3),
            {"r": regular(3)},
        )
        for shape in ((3,), (3, 2))
    ),
    Example(
        "logdet",
        "logdet(a + r)",
        lambda a, r: math.log(det(a + r)),
        {"a": (3, 3)},
        (-0.3, 0.3),
        {"r": regular(3)},
    ),
    Example(
        "reshape", "reshape(x, 3, 4)", lambda x: A(x.ravel().tolist()).reshape(3, 4), {"x": (2, 6)}
    ),
    Example("reshape", "reshape(x, [2, -1])", lambda x: x.reshape(2, 3), {"x": (6,)}),
    Example("reshape", "reshape(x)", lambda x: x[0, 0], {"x": (1, 1)}),
    Example("flatten", "flatten(x)", lambda x: A([v for row in x for v in row]), {"x": (2, 3)}),
    Example("concat", "concat(a, b)", lambda a, b: A([*a, *b]), {"a": (2,), "b": (3,)}),
    Example(
        "concat",
        "concat(a, b, a, axis=-1)",
        lambda a, b: A([[*r, *s, *r] for r, s in zip(a, b)]),
        {"a": (2, 2), "b": (2, 1)},
    ),
    Example("stack", "[a, b, a]", lambda a, b: A([a, b, a]), {"a": (2,), "b": (2,)}),
    Example("stack", "stack(a, b, axis=-1)", lambda a, b: A([*zip(a, b)]), {"a": (3,), "b": (3,)}),
    Example("stack", "[[a, b], [b, 1]]", lambda a, b: A([[a, b], [b, 1]]), {"a": (), "b": ()}),
    Example(
        "repeat", "repeat(x, 2)", lambda x: A([v for v in x.ravel() for _ in "ab"]), {"x": (2, 2)}
    ),
    Example(
        "repeat", "repeat(x, 3, axis=0)", lambda x: A([r for r in x for _ in "abc"]), {"x": (2, 2)}
    ),
    Example("repeat", "repeat(x, 2, axis=-1)", lambda x: x[:, [0, 0, 1, 1]], {"x": (2, 2)}),
    Example("transpose", "x.T", lambda x: A([*zip(*x)]), {"x": (2, 3)}),
    Example("transpose", "x.T", lambda x: x, {"x": (3,)}),
    Example("transpose", "transpose(x)", lambda x: np.einsum("ijk->kji", x), {"x": (2, 3, 4)}),
    Example(
        "transpose", "transpose(x, 1, -1, 0)", lambda x: np.einsum("ijk->jki", x), {"x": (2, 3, 4)}
    ),
    Example("index", "x[1, -1]", lambda x: x[1][2], {"x": (2, 3)}),
    Example("index", "x[:, ::-2]", lambda x: A([[r[2], r[0]] for r in x]), {"x": (2, 3)}),
    Example(
        "index", "x[[0, 1, 0], 1:]", lambda x: A([x[0][1:], x[1][1:], x[0][1:]]), {"x": (2, 3)}
    ),
    Example("scatter", "scatter(g, x[1:])", lambda g, x: A([0, *g]), {"g": (2,), "x": (3,)}),
    Example(
        "scatter",
        "scatter(g, x[:, 2])",
        lambda g, x: A([[0, 0, v] for v in g]),
        {"g": (2,), "x": (2, 3)},
    ),
    Example(
        "scatter",
        "scatter(g, x[[0, 2, 0]])",
        lambda g, x: scattered(g, x, [0, 2, 0]),
        {"g": (3, 2), "x": (3, 2)},
    ),
    Example(
        "expand",
        "expand(x, 2, 3)",
        lambda x: A([x[0].tolist() * 3, x[1].tolist() * 3]),
        {"x": (2, 1)},
    ),
    Example("expand", "expand(x, [2, 2])", lambda x: A([[x, x], [x, x]]), {"x": ()}),
    Example("sum_to", "sum_to(x, 2, 1)", lambda x: A([[math.fsum(r)] for r in x]), {"x": (2, 3)}),
    Example(
        "sum_to",
        "sum_to(x, 3)",
        lambda x: A([math.fsum(r) for r in x.reshape(-1, 3).T]),
        {"x": (2, 2, 3)},
    ),
    Example("sum_to", "sum_to(x)", lambda x: math.fsum(x.ravel()), {"x": (2, 3)}),
    Example("full", "full([2, 3], x)", lambda x: A([[x] * 3] * 2), {"x": ()}),
    Example("zeros", "zeros(2, 3) + x", lambda x: A([[x] * 3] * 2), {"x": ()}),
    Example("ones", "ones([2]) * x", lambda x: A([x, x]), {"x": ()}),
    Example("eye", "x * eye(2)", lambda x: A([[x, 0], [0, x]]), {"x": ()}),
    Example("eye", "x * eye(2, 3)", lambda x: A([[x, 0, 0], [0, x, 0]]), {"x": ()}),
    Example("arange", "x * arange(3)", lambda x: A([0, x, 2 * x]), {"x": ()}),
    Example("arange", "x * arange(1, 2, 0.25)", lambda x: x * A([1, 1.25, 1.5, 1.75]), {"x": ()}),
    Example("arange", "x * arange(5, 1, -2)", lambda x: x * A([5, 3]), {"x": ()}),
    Example(
        "linspace", "x * linspace(1, 2, 5)", lambda x: x * A([1, 1.25, 1.5, 1.75, 2]), {"x": ()}
    ),
    Example("linspace", "linspace(0, 1)[49] * x", lambda x: x, {"x": ()}),
    Example(
        "onehot",
        "x * onehot(k, 3)",
        lambda x, k: x * A([[0, 0, 1], [1, 0, 0]]),
        {"x": ()},
        fixed={"k": A([2.0, 0.0])},
    ),
    Example("onehot", "x * onehot(1, 3)", lambda x: x * A([0, 1, 0]), {"x": ()}),
    Example(
        "cross_entropy",
        "cross_entropy(z, t)",
        lambda z, t: nll(z - along(lse)(z, 1, True), t),
        {"z": (3, 4)},
        fixed={"t": A([2.0, 0, 3])},
    ),
    Example("cross_entropy", "cross_entropy(z, 1)", lambda z: lse(z.tolist()) - z[1], {"z": (4,)}),
    Example(
        "cross_entropy",
        "cross_entropy(z, t)",
        lambda z, t: expected(z - along(lse)(z, 1, True), t),
        {"z": (3, 4), "t": (3, 4)},
        POSITIVE,
    ),
    Example("nll", "nll(s, t)", nll, {"s": (3, 4)}, fixed={"t": A([2.0, 0, 3])}),
    Example("nll", "nll(s, t)", expected, {"s": (3, 4), "t": (3, 4)}),
    Example(
        "mse",
        "mse(p, t)",
        lambda p, t: math.fsum(((p - t) ** 2).ravel()) / 6,
        {"p": (2, 3), "t": (2, 3)},
    ),
    Example(
        "mse",
        "mse(p, t)",
        lambda p, t: math.fsum(((p - t) ** 2).ravel()) / 6,
        {"p": (2, 1), "t": (3,)},
    ),
    Example("mse", "mse(p, t)", lambda p, t: (p - t) ** 2, {"p": (), "t": ()}),
    Example(
        "mae",
        "mae(p, t)",
        lambda p, t: math.fsum(abs(p - t).ravel()) / 6,
        {"p": (2, 3), "t": (2, 3)},
    ),
    Example(
        "mae", "mae(p, t)", lambda p, t: math.fsum(abs(p - t).ravel()) / 6, {"p": (3,), "t": (2, 1)}
    ),
    Example("mae", "mae(p, t)", lambda p, t: abs(p - t), {"p": (), "t": ()}),
    Example("kl", "kl(p, q)", divergence, {"p": (4,), "q": (4,)}, POSITIVE),
    Example("kl", "kl(p, q)", divergence, {"p": (3,), "q": (2, 3)}, POSITIVE),
    Example("kl", "kl(p, q)", divergence, {"p": (2, 3), "q": (2, 1)}, POSITIVE),
    Example("kl", "kl(p, q)", lambda p, q: p * math.log(p / q), {"p": (), "q": ()}, POSITIVE),
]

EXAMPLES += [
    Example("classes", "classes(x)", lambda x: np.max(x) + 1, {"x": shape}, smooth=False)
    for shape in [(), (4,), (2, 3)]
]

RANDOM = {op.name for op in TABLE.values() if op.random}
every_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.text)


def test_every_op_has_an_example() -> None:
    others = {op.name for op in TABLE.values() if not op.pointwise}
    assert {e.op for e in EXAMPLES} | RANDOM == others


def slope(function: Callable[[Array], float], x: Array) -> Array:
    """The gradient by differences of fourth order: off by about h^4 and 1e-16/h."""
    h = 2.0**-10
    found = np.zeros(np.shape(x))
    for place in np.ndindex(np.shape(x)):
        at = []
        for steps in (-2, -1, 1, 2):
            moved = np.array(x, np.float64)
            moved[place] += steps * h
            at.append(function(moved if np.shape(x) else float(moved)))
        found[place] = (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h)
    return found


def near(got: Array, want: Array, tolerance: float) -> None:
    size = max(1.0, float(np.max(np.abs(want), initial=0.0)))
    np.testing.assert_allclose(got, want, rtol=0, atol=tolerance * size)


@every_example
def test_value(example: Example, bench: Any) -> None:
    for seed in range(3):
        values = example.values(seed)
        want = example.formula(*values.values())
        got = bench.value(example.text, **values)
        assert np.shape(got) == np.shape(want)
        near(got, want, 1e-14)


@every_example
def test_first_derivative(example: Example, bench: Any) -> None:
    values = example.values()
    case = bench.program(example.text, **values)
    shape = case.graph.shapes[case.output]
    weight = np.random.default_rng(5).normal(size=shape) if shape else 1.7
    total = case.weigh(case.output, "weight")
    case.values["weight"] = weight
    gradients = case.run(*case.differentiate(total, example.shapes))
    for name, got in zip(example.shapes, gradients):

        def loss(x: Array, name: str = name) -> float:
            return float(np.sum(weight * example.formula(*{**values, name: x}.values())))

        want = slope(loss, values[name]) if example.smooth else np.zeros(np.shape(values[name]))
        assert np.shape(got) == np.shape(values[name])
        near(got, want, 1e-9)


@every_example
def test_second_derivative(example: Example, bench: Any) -> None:
    """The gradient of a weighted sum of all first derivatives, by all inputs and the upstream."""
    values = example.values(1)
    numbers = np.random.default_rng(6)
    case = bench.program(example.text, **values)
    total = case.weigh(case.output, "weight")
    parts = []
    for name, node in zip(example.shapes, case.differentiate(total, example.shapes)):
        parts.append(case.weigh(node, f"weight_{name}"))
    scalar = parts[0]
    for part in parts[1:]:
        scalar = case.add("add", scalar, part)
    for name in case.names:
        shape = case.graph.shapes[case.names[name]]
        case.values.setdefault(name, numbers.normal(size=shape) if shape else 0.7)
    wrt = [*example.shapes, "weight"]
    for name, got in zip(wrt, case.run(*case.differentiate(scalar, wrt))):
        want = slope(lambda x, n=name: case.run(scalar, **{n: x})[0], case.values[name])
        assert np.shape(got) == np.shape(want)
        near(got, want, 1e-8)


@every_example
def test_print_parse_print(example: Example, bench: Any) -> None:
    values = example.values()
    case = bench.program(example.text, **values)
    total = case.weigh(case.output, "weight")
    shape = case.graph.shapes[case.output]
    case.values["weight"] = np.linspace(1, 2, math.prod(shape)).reshape(shape) if shape else 1.5
    first = case.differentiate(total, example.shapes)
    second = [n for node in first for n in case.differentiate(case.squared(node), example.shapes)]
    bench.read_back(case, [case.output, *first, *second])


@pytest.mark.parametrize("op", sorted(RANDOM - {"randint"}))
def test_random_numbers(op: str, bench: Any) -> None:
    text = f"[{op}(20000), {op}(20000)]"
    first, second = bench.value(text)
    assert not np.array_equal(first, second)
    assert np.array_equal(bench.value(text), [first, second])
    mean, deviation = {"randn": (0.0, 1.0), "uniform": (0.5, 12**-0.5)}[op]
    for draw in (first, second):
        # Five standard errors of a mean of 20,000 numbers, and about as many of their deviation.
        assert abs(draw.mean() - mean) < 5 * deviation / 20000**0.5
        assert abs(draw.std() - deviation) < 5 * deviation / 20000**0.5
        assert abs(np.corrcoef(first, second)[0, 1]) < 5 / 20000**0.5
    assert type(bench.value(f"{op}()")) is float
    assert bench.value(f"{op}(2, 3)").shape == bench.value(f"{op}([2, 3])").shape == (2, 3)


def test_uniform_between_bounds(bench: Any) -> None:
    found = bench.value("uniform(1000, low=-3, high=-2)")
    assert -3 <= found.min() < -2.9
    assert -2.1 < found.max() < -2
    assert bench.grad("sum(x * uniform(3) - x * uniform(3))", x=np.ones(3))["x"].any()
