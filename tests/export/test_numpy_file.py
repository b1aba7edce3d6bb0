"""The file for NumPy, run in this process, and as a program of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from gradcli.question.question import ask
from gradcli.verbs.grad import grad

Program = tuple[str, Sequence[str]]

OPTIMIZERS = [
    "sgd:weight_decay=0.1", "momentum", "nesterov", "adagrad:lr_decay=0.01", "rmsprop", "adam",
    "adamw",
]  # fmt: skip


def test_every_program(program: Program, exported, agrees, printed):
    text = exported(program[0], *program[1], to="numpy")
    assert text == exported(program[0], *program[1], to="numpy")
    agrees(program, printed(text))


def test_it_needs_numpy_alone(exported, tmp_path):
    path = tmp_path / "f.py"
    path.write_text(exported("sum(lgamma(2 + x^2))", "x=[1, 2]", to="numpy"), "utf-8")
    imported = re.findall(r"^(?:import|from) (\w+)", path.read_text("utf-8"), re.M)
    assert imported == ["json", "math", "numpy"]
    done = subprocess.run([sys.executable, "-I", path], capture_output=True, text=True, check=True)
    assert not done.stderr
    assert list(json.loads(done.stdout)) == ["value", "gradient"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_is_a_descent(optimizer, exported, descended_params, printed):
    settings = {"optimizer": optimizer, "steps": 50}
    text = exported("rosenbrock", to="numpy", lr=0.0001, **settings)
    found = printed(text, "train")["params"]
    wanted = descended_params("rosenbrock", lr="0.0001", **settings)
    assert found == pytest.approx(wanted, rel=1e-12)


def test_batches_are_those_of_a_descent(exported, descended_params, printed):
    settings = {"optimizer": "adam", "batch_size": 16, "epochs": 3}
    found = printed(exported("iris", to="numpy", lr=0.05, **settings), "train")["params"]
    wanted = descended_params("iris", lr="0.05", **settings)
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-10)


def test_bounds_hold(exported, descended_params, printed):
    program = "param a = 1 in 0.5:2; param b = 3; (a - b)^2 + b^2"
    found = printed(exported(program, to="numpy", lr=0.1, steps=40), "train")["params"]
    assert found == pytest.approx(descended_params(program, lr="0.1", steps=40), rel=1e-12)
    assert found["a"] == 0.5


def test_a_shared_subexpression_is_computed_once(exported):
    text = exported("y = exp(x^2); y + y^2 + sin(y)", "x=1", to="numpy")
    assert text.count("np.exp(") == 2  # in value, and in value_and_grad


def test_the_program_stands_in_the_heading(exported, tmp_path):
    path = tmp_path / "p.grad"
    path.write_text('# a """quoted""" \\ comment\nparam x = 2 # start\ny = x^2\n', "utf-8")
    text = exported(str(path), to="numpy")
    assert "comment" in text
    assert "# start" in text
    assert str(tmp_path) not in text
    compile(text, "f.py", "exec")


def test_values_that_are_missing_are_said(exported, printed):
    text = exported("x^2*y", "y=2", to="numpy")
    assert "# Nothing is run: x had no value." in text
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(text, scope)
    assert scope["value_and_grad"](3, 2) == (18.0, {"x": 12.0, "y": 9.0})


def test_arguments_may_be_others(exported):
    scope: dict[str, Callable[..., Any]] = {"__name__": "f"}  # type: ignore[dict-item]
    exec(exported("sum(W@x)", "W=[[1,2],[3,4]]", "x=[1,2]", to="numpy"), scope)
    assert scope["value"]([[1, 0], [0, 1]], [3, 4]) == 7
    assert scope["value"](W=[[1, 0], [0, 1]], x=[3, 4]) == 7


@pytest.mark.parametrize(
    ("source", "values", "wrt"),
    [
        ("f = x^2*y; g = f + 1", ("x=2", "y=3"), "f"),
        ("f = x^2*y; g = f + 1", ("x=2", "y=3"), "f,x,g"),
        ("h = W@v; sum(tanh(h)^2)", ("W=[[1,2],[3,4]]", "v=[0.1,0.2]"), "h,v"),
        ("a*b + sin(a*b)", ("a=2", "b=3"), "v1"),
    ],
)
def test_derivatives_by_any_node(source, values, wrt, exported, printed):
    found = printed(exported(source, *values, to="numpy", wrt=wrt))["gradient"]
    wanted = grad(ask(source, values, wrt=wrt)).summary["gradient"]
    assert list(found) == list(wanted) == wrt.split(",")
    for name, value in wanted.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-14)
