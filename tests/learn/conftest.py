"""Small problems whose values and gradients are written out by hand."""

import json
import math
from pathlib import Path

import numpy as np
import pytest


class Rosenbrock:
    """(1 - x)² + 100 (y - x²)², from (-1.8, 1.5)."""

    def __init__(self):
        self.start = {"x": -1.8, "y": 1.5}
        self.values = self.gradients = 0

    def value(self, params):
        self.values += 1
        x, y = params["x"], params["y"]
        return (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x)

    def value_and_gradient(self, params, rows=None, draw=0):
        assert rows is None
        self.gradients += 1
        x, y = params["x"], params["y"]
        slope = 200 * (y - x * x)
        value = (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x)
        return value, {"x": -2 * (1 - x) - 2 * x * slope, "y": slope}

    def hessian(self, params):
        x, y = params["x"], params["y"]
        xy = -400 * x
        return {"x": {"x": 2 - 400 * (y - 3 * x * x), "y": xy}, "y": {"x": xy, "y": 200.0}}


class Power:
    """c·x^n of one scalar, by products, so that it overflows to inf."""

    def __init__(self, n=2, c=1.0):
        self.n, self.c = n, c

    def value(self, params):
        return self.c * math.prod([params["x"]] * self.n)

    def value_and_gradient(self, params, rows=None, draw=0):
        slope = self.c * self.n * math.prod([params["x"]] * (self.n - 1))
        return self.value(params), {"x": slope}


class Line:
    """mean((w·x + b - y)²) over rows that lie near y = 3x + 2, w and b as in LECTURES; `W`, a
    vector, stands in for w so that there is an array among the parameters."""

    def __init__(self, rows=37, seed=5):
        self.start = {"W": np.zeros(1), "b": 0.0}
        noise = np.random.default_rng(seed)
        self.rows = rows
        self.x = noise.uniform(-1, 1, rows)
        self.y = 3 * self.x + 2 + 0.1 * noise.normal(size=rows)
        self.seen = []

    def value(self, params):
        return self.value_and_gradient(params)[0]

    def value_and_gradient(self, params, rows=None, draw=0):
        if rows is not None:
            self.seen.append(rows)
        x, y = (self.x, self.y) if rows is None else (self.x[rows], self.y[rows])
        rest = params["W"] * x + params["b"] - y
        return float(np.mean(rest * rest)), {
            "W": np.array([2 * np.mean(rest * x)]),
            "b": float(2 * np.mean(rest)),
        }

    def solution(self):
        return np.linalg.lstsq(np.stack([self.x, np.ones(self.rows)], 1), self.y, rcond=None)[0]


class Mixed:
    """Σ A·W⁴/4 + (x·ΣW - 1)², the function of torch_reference.py: x a scalar, W a matrix."""

    def __init__(self, weights):
        self.weights = np.array(weights)

    def value_and_gradient(self, params, rows=None, draw=0):
        x, w = params["x"], params["W"]
        rest = x * w.sum() - 1
        gradient = {"x": float(2 * rest * w.sum()), "W": self.weights * w**3 + 2 * rest * x}
        return float((self.weights * w**4).sum() / 4 + rest**2), gradient


@pytest.fixture
def rosenbrock():
    return Rosenbrock()


@pytest.fixture
def power():
    return Power


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def torch_reference():
    return json.loads(Path(__file__).with_name("torch_reference.json").read_text())


@pytest.fixture
def mixed(torch_reference):
    start = torch_reference["start"]
    problem = Mixed(start["A"])
    problem.start = {"x": start["x"], "W": np.array(start["W"])}
    return problem


@pytest.fixture
def descend():
    """Runs a descent to its end: (its records, the descent)."""
    from gradcli.learn.descent import Descent
    from gradcli.learn.optimizers import parse_optimizer
    from gradcli.learn.schedules import parse_schedule
    from gradcli.learn.settings import Settings

    def run(problem, start, *, optimizer="sgd", schedule="constant", given=None, **options):
        settings = Settings(
            optimizer=parse_optimizer(optimizer), schedule=parse_schedule(schedule), **options
        )
        descent = Descent(problem, start, settings, **(given or {}))
        return list(descent), descent

    return run
