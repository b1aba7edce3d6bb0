"""tanh of many numbers, against fifty digits, over the whole range."""

from __future__ import annotations

import math
import sys
import types

import mpmath
import numpy as np
import pytest

from gradcli.graph.ops import hyperbolic
from gradcli.graph.ops.hyperbolic import CHUNK, FEW, STEP, tanh

PAYS = hyperbolic.pays
DRAW = np.random.default_rng(7)
EDGES = (np.arange(-3 * STEP, 3 * STEP) + 0.5) / STEP

RANGES = {
    "around 1": DRAW.normal(size=FEW),
    "up to where it is 1": DRAW.uniform(-20, 20, FEW),
    "next to 0": DRAW.uniform(-2, 2, FEW) / STEP,
    "tiny": 10.0 ** DRAW.uniform(-323, -3, FEW) * DRAW.choice([-1, 1], FEW),
    "huge": 10.0 ** DRAW.uniform(1, 308, FEW) * DRAW.choice([-1, 1], FEW),
    "between two points": np.concatenate([np.nextafter(EDGES, way) for way in (-9, 0, 9)]),
    "points": np.arange(-20 * STEP, 20 * STEP + 1) / STEP,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _everywhere(monkeypatch):
    """Also where NumPy's own is as fast."""
    monkeypatch.setattr(hyperbolic, "pays", lambda: True)


def units(found, x):
    """How many units in the last place a result is off."""
    with mpmath.workdps(50):
        exact = mpmath.tanh(mpmath.mpf(x))
        return float(abs(mpmath.mpf(found) - exact) / np.spacing(abs(float(exact))))


@pytest.mark.parametrize("name", RANGES)
def test_two_units_in_the_last_place(name):
    x = RANGES[name]
    assert x.size >= FEW
    assert max(map(units, tanh(x).tolist(), x.tolist())) <= 2


@pytest.mark.parametrize("name", RANGES)
def test_arrays_and_scalars_agree(name):
    """To 4 units, of which the C library may take 2."""
    x = RANGES[name]
    expected = np.array([*map(math.tanh, x.tolist())])
    assert (abs(tanh(x) - expected) <= 4 * np.spacing(abs(expected))).all()


@pytest.mark.parametrize("large", [0.5, 1e6, 1e300])
def test_what_is_no_usual_number(large):
    """Also beside such numbers, whatever else is there."""
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1e308, -1e308, -7e13, 2.0**46]
    x = np.full(FEW + 7, large)
    x[: len(special)] = special
    found = tanh(x)[: len(special)]
    expected = [0.0, -0.0, 1.0, -1.0, np.nan, 5e-324, -5e-324, 1.0, -1.0, -1.0, 1.0]
    assert found.tolist() == pytest.approx(expected, rel=0, abs=0, nan_ok=True)
    assert np.signbit(found[:4]).tolist() == [False, True, False, True]


def test_an_entry_owes_nothing_to_its_neighbours():
    x = DRAW.normal(size=2 * CHUNK + 5)
    found = tanh(x)
    wild = x.copy()
    wild[::3] = np.resize([np.nan, 1e200, -np.inf], len(wild[::3]))
    kept = np.arange(len(x)) % 3 > 0
    assert np.array_equal(tanh(wild)[kept], found[kept])
    assert np.array_equal(tanh(x[1:]), found[1:])
    assert np.array_equal(tanh(x[::-1]), found[::-1])
    assert np.array_equal(-tanh(-x), found)


def test_where_it_is_written():
    x = DRAW.normal(size=(CHUNK // 16, 64))
    expected = tanh(x)
    assert expected.shape == x.shape
    out = np.empty_like(x)
    assert tanh(x, out) is out
    assert np.array_equal(out, expected)
    assert np.array_equal(tanh(np.asfortranarray(x)), expected)
    strided = np.empty((*x.shape, 2))[..., 0]
    assert tanh(x, strided) is strided
    assert strided == pytest.approx(expected, rel=1e-15)
    tanh(x, x)
    assert np.array_equal(x, expected)


@pytest.mark.parametrize(
    ("current", "answer"),
    [("X86_V3", True), ("FMA3__AVX2", True), ("X86_V4", False), ("AVX512_SKX", False),
     ("NEON_VFPV4", False), ("baseline(SSE SSE2)", False)],
)  # fmt: skip
def test_where_it_pays(monkeypatch, current, answer):
    told = {"tanh": {"dd": {"current": current, "available": "AVX512_SKX FMA3__AVX2"}}}
    introspect = types.ModuleType("numpy.lib.introspect")  # which NumPy 1 has not
    introspect.opt_func_info = lambda **_: told
    monkeypatch.setitem(sys.modules, "numpy.lib.introspect", introspect)
    assert PAYS.__wrapped__() is answer


def test_what_is_left_to_numpy(monkeypatch):
    monkeypatch.setattr(hyperbolic, "_table", None)
    few = DRAW.normal(size=FEW - 1)
    assert np.array_equal(tanh(few), np.tanh(few))
    assert tanh(0.5) == np.tanh(0.5)
    whole = np.arange(FEW)
    assert np.array_equal(tanh(whole), np.tanh(whole))
    monkeypatch.setattr(hyperbolic, "pays", lambda: False)
    many = DRAW.normal(size=FEW)
    assert np.array_equal(tanh(many), np.tanh(many))
