"""Measures of parameters that are floats and arrays."""

import math
import subprocess
import sys

import numpy as np
import pytest

from gradcli.learn.vectors import all_finite, dot, largest, like, moved, norm, quiet, root


def test_largest_is_over_all_entries_and_keeps_nan():
    assert largest({"a": -3.0, "b": np.array([[1.0, 2.0]])}) == 3
    assert largest({"a": -3.0, "b": np.array([[1.0, -4.0]])}) == 4
    assert largest({"a": 1.0, "b": np.zeros((0, 2))}) == 1
    assert largest({}) == 0
    assert largest({"a": -math.inf}) == math.inf
    for values in ({"a": math.nan, "b": 9.0}, {"a": 9.0, "b": np.array([1.0, math.nan])}):
        assert math.isnan(largest(values))
        assert not all_finite(values)


def test_dot_and_norm():
    a = {"x": 3.0, "W": np.array([[1.0, 2.0]])}
    assert dot(a, {"x": 2.0, "W": np.array([[5.0, -1.0]])}) == 9
    assert norm(a) == pytest.approx(math.sqrt(14), rel=1e-15)
    assert norm({"x": 3e200, "y": 4e200}) == pytest.approx(5e200, rel=1e-15)
    assert norm({"x": 3e-200, "W": np.array([4e-200])}) == pytest.approx(5e-200, rel=1e-15)
    assert norm({"x": 0.0}) == 0
    assert norm({"x": math.inf, "y": 1.0}) == math.inf


def test_moved():
    found = moved(
        {"x": 1.0, "W": np.array([1.0, 2.0])}, -0.5, {"x": 4.0, "W": np.array([2.0, 0.0])}
    )
    assert found["x"] == -1
    assert found["W"].tolist() == [0, 2]


def test_like_keeps_floats_floats_and_checks_shapes():
    assert like(3, 1.0) == 3
    assert isinstance(like(3, 1.0), float)
    assert like([[1, 2]], np.zeros((1, 2))).dtype == np.float64
    with pytest.raises(ValueError, match=r"has shape \(2,\), not \(1, 2\)"):
        like([1, 2], np.zeros((1, 2)))


def test_root_and_quiet_fit_the_values():
    assert root(1.0) is math.sqrt
    assert root(np.ones(2)) is np.sqrt
    with np.errstate(all="raise"), quiet({"a": 1.0, "W": np.ones(2)}):
        assert np.array([1e300]) * 1e300 == math.inf


def test_scalars_import_no_numpy():
    program = """
import sys
from gradcli.learn.descent import Descent
from gradcli.learn.settings import Settings
from gradcli.learn.optimizers import parse_optimizer
from gradcli.learn.trials import random_start
class Square:
    def value(self, p): return p["x"] * p["x"]
    def value_and_gradient(self, p, rows=None, draw=0): return p["x"] * p["x"], {"x": 2 * p["x"]}
adam = {"optimizer": parse_optimizer("adam"), "lr": 1.0}
for given in ({"line_search": True}, {"clip": 1.0}, adam):
    start = random_start({"x": ()}, -5, 5, 0)
    descent = Descent(Square(), start, Settings(steps=500, **given))
    list(descent)
    descent.state()
print(sorted(m for m in ("numpy", "scipy", "rich", "typer", "lark") if m in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
