"""What JavaScript makes of every op on numbers, run by V8, against gradcli's own values."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Iterator, Sequence

import pytest
from py_mini_racer import MiniRacer

from gradcli.graph.ops.javascript import functions, needed, number, spelling
from gradcli.graph.ops.op import Op
from gradcli.graph.ops.spell import WORD, in_places, variant
from gradcli.graph.ops.table import TABLE
from gradcli.run.interpret import scalar_function

SPECIAL = [0.0, -0.0, math.inf, -math.inf, math.nan]
SIZES = (
    1e-300,
    1e-20,
    1e-9,
    0.1,
    0.5,
    1,
    1.5,
    2,
    2.5,
    3,
    7,
    20,
    37.5,
    170.5,
    708,
    1e5,
    1e16,
    1e155,
)
GRID = [*SPECIAL, *(sign * x for x in SIZES for sign in (1.0, -1.0))]
ONLY = {"polygamma": {0: [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 20.0, math.nan]}}
"""Arguments that make sense nowhere else, by place."""

ALONE = [
    "sum",
    "var",
    "norm",
    "argmax",
    "count",
    "count_nonzero",
    "classes",
    "mse",
    "mae",
    "kl",
    "prod_others",
]
"""Of the ops on arrays, those that do something to one number."""

POINTWISE = [op for op in TABLE.values() if op.pointwise]


def arity(op: Op) -> int:
    nodes = [p for p in op.parameters if p.name not in op.static]
    return 3 if any(p.variadic for p in nodes) else len(nodes)


def points(op: Op) -> Iterator[tuple[float, ...]]:
    """A grid of special and extreme numbers, and random points of the op's domain."""
    n = arity(op)
    thinned = [*SPECIAL, *GRID[len(SPECIAL) :: (1, 1, 1, 5)[n]]]
    yield from itertools.product(*(ONLY.get(op.name, {}).get(i, thinned) for i in range(n)))
    numbers = random.Random(0)
    domains = [op.domain[min(i, len(op.domain) - 1)] for i in range(n)]
    for _ in range(50):
        yield tuple(numbers.uniform(*domain) for domain in domains)


def evaluated(text: str, points: Iterable[Sequence[float]]) -> list[float]:
    """What V8 makes of a spelling at each of the points."""
    values = ", ".join(text.format(*map(number, point)) for point in points)
    racer = MiniRacer()
    racer.eval(needed([text]))
    found = racer.eval(f"[{values}].map(String).join(' ')")
    return [float(value.replace("Infinity", "inf")) for value in found.split()]


def assert_same(points: Sequence[Sequence[float]], got: list[float], op: Op) -> None:
    function, statics = scalar_function(op), dict.fromkeys(op.static)
    assert len(got) == len(points)
    for point, value in zip(points, got):
        wanted = function(*point, **statics)
        # Below the normal numbers there are not twelve digits.
        near = math.isclose(value, wanted, rel_tol=1e-12, abs_tol=1e-319)
        assert near or (math.isnan(value) and math.isnan(wanted)), (point, value, wanted)


@pytest.mark.parametrize("op", POINTWISE, ids=lambda op: op.name)
def test_every_pointwise_op(op: Op) -> None:
    text = spelling(op, arity(op))
    assert text is not None
    tried = list(points(op))
    assert_same(tried, evaluated(text, tried), op)


@pytest.mark.parametrize("name", ALONE)
def test_ops_on_arrays_of_one_number(name: str) -> None:
    op = TABLE[name]
    text = spelling(op, arity(op))
    assert text is not None
    tried = list(points(op))
    assert_same(tried, evaluated(text, tried), op)


@pytest.mark.parametrize("last", TABLE["pow"].literal)
def test_powers_that_are_cheaper(last: float) -> None:
    op = variant(TABLE["pow"], last)
    text = spelling(op, 2)
    tried = [(x, last) for x in GRID]
    assert text is not None
    assert_same(tried, evaluated(text, tried), op)


def test_an_op_on_matrices_is_not_spelled() -> None:
    assert spelling(TABLE["matmul"], 2) is None


def test_every_function_is_called_by_an_op_or_by_another_function() -> None:
    spelled = [spelling(op, arity(op)) or "" for op in TABLE.values()]
    spelled += [in_places(TABLE["pow"], 2, None, str, v) for v in TABLE["pow"].literal.values()]
    others = [text.partition(")")[2] for text in functions().values()]
    called = {name for text in [*spelled, *others] for name in WORD.findall(text)}
    assert set(functions()) <= called


@pytest.mark.parametrize("value", [0.1, -0.0, 5e-324, 1e16, 1.7976931348623157e308, *SPECIAL])
def test_a_number_is_read_back_to_the_last_bit(value: float) -> None:
    made = f"Object.is({number(value)}, Number('{value!r}'.replace('inf', 'Infinity')))"
    assert MiniRacer().eval(made)
