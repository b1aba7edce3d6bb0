"""Data out of a Python program: mappings, structured arrays, whatever has columns."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli import GradError, Model

LINE = "param w = 0; param b = 0; mean((w*x + b - y)^2)"
X = np.arange(6.0)


class Frame:
    """What the data frames of pandas and polars have in common."""

    def __init__(self, **columns):
        self._columns = columns
        self.columns = list(columns)

    def __getitem__(self, name):
        return self._columns[name]


def structured(**columns):
    kinds = [(name, np.asarray(column).dtype) for name, column in columns.items()]
    found = np.zeros(len(next(iter(columns.values()))), kinds)
    for name, column in columns.items():
        found[name] = column
    return found


@pytest.mark.parametrize("kind", [dict, Frame, structured])
def test_a_fit(kind):
    ended = Model(LINE).descend(data=kind(x=X, y=2 * X + 1), optimizer="lbfgs")
    assert ended.converged
    assert ended.params == pytest.approx({"w": 2, "b": 1}, abs=1e-5)
    assert ended.loss == pytest.approx(0, abs=1e-9)


def test_every_step_is_seen():
    seen = []
    ended = Model(LINE).descend(
        data={"x": X, "y": 2 * X + 1}, lr=0.01, steps=7, tol=0, callback=seen.append
    )
    assert [row["step"] for row in seen] == [*range(8)]
    assert seen[-1]["w"] == ended.params["w"]
    assert ended.steps == 7


def test_rows_that_judge_and_metrics():
    program = LINE.replace("mean(", "loss = mean(") + "; worst = max(abs(w*x + b - y))"
    data = {"x": X, "y": 2 * X + 1}
    ended = Model(program).descend(data=data, validate={"x": [9.0], "y": [19.0]}, optimizer="lbfgs")
    assert ended.validation_loss == pytest.approx(0, abs=1e-8)
    assert ended.metrics["worst"] == pytest.approx(0, abs=1e-4)
    assert ended.validation_metrics["worst"] == pytest.approx(0, abs=1e-4)


def test_a_sweep():
    ended = Model("(x-3)^2").descend(x=0.0, lr=[0.1, 1e-6, 1.5], steps=200)
    assert [row["verdict"] for row in ended.rows][2].startswith("diverged")
    assert ended.params["x"] == pytest.approx(3, abs=1e-5)


def test_text_is_classes():
    program = "param z = zeros(2); mean(cross_entropy(zeros(4, 2) + z, k))"
    ended = Model(program).descend(data={"k": ["a", "b", "a", "a"]}, optimizer="lbfgs")
    assert ended.loss == pytest.approx(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)), rel=1e-6)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"x": ["1,000", "2"], "y": [1, 2]}, "1,000"),
        ({"x": [1.0, "b"], "y": [1, 2]}, "no number"),
        ({"x": [1.0, None], "y": [1, 2]}, "no number"),
        ({"x": ["a", 2.0], "y": [1, 2]}, "no text"),
        ({"x": [1.0, 2.0], "y": [1]}, "rows"),
        ({"x": 3.0, "y": [1]}, "single number"),
        ({"x": [], "y": []}, "no rows"),
        ({}, "no columns"),
        ([1, 2], "no data with named columns"),
        ({"x": [1.0]}, "'y'"),
        ({3: [1.0]}, "named 3"),
    ],
)
def test_damaged_data(data, said):
    with pytest.raises(GradError) as caught:
        Model(LINE).descend(data=data, lr=0.01)
    assert said in str(caught.value)
