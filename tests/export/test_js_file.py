"""The file for JavaScript: in V8 here, and where node is at hand as a program of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from py_mini_racer import MiniRacer

Program = tuple[str, Sequence[str]]

ANSWER = """
JSON.stringify(
  typeof valueAndGrad === "undefined"
    ? { value: value(...Object.values(POINT)) }
    : valueAndGrad(...Object.values(POINT)),
  (_, x) => typeof x === "number" && !Number.isFinite(x) ? String(x) : x,
)
"""


def test_every_program(program: Program, exported, agrees):
    racer = MiniRacer()
    racer.eval(exported(program[0], *program[1], to="js"))
    agrees(program, json.loads(racer.eval(ANSWER)))


def test_value_is_that_of_the_value_and_the_gradient(exported):
    racer = MiniRacer()
    racer.eval(exported("h = tanh(W@x); sum(h^2)", "W=[[1,2],[3,4]]", "x=[0.1,-0.2]", to="js"))
    assert racer.eval("value([[1, 2], [3, 4]], [0.1, -0.2]) === valueAndGrad("
                      "[[1, 2], [3, 4]], [0.1, -0.2]).value")  # fmt: skip


def test_training_is_a_descent(exported, descended_params):
    settings: dict[str, Any] = {"optimizer": "adam", "steps": 50}
    racer = MiniRacer()
    racer.eval(exported("xor", to="js", lr=0.1, **settings))
    found = json.loads(racer.eval("JSON.stringify(train())"))
    for name, value in descended_params("xor", lr="0.1", **settings).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-10)


def test_derivatives_by_any_node(exported):
    racer = MiniRacer()
    racer.eval(exported("h = W@v; sum(h^2)", "W=[[1,2],[3,4]]", "v=[1,1]", to="js", wrt="h,v"))
    found = json.loads(racer.eval("JSON.stringify(valueAndGrad([[1, 2], [3, 4]], [1, 1]))"))
    assert found["gradient"] == {"h": [6, 14], "v": [48, 68]}


def test_an_array_of_another_size_is_refused(exported):
    racer = MiniRacer()
    racer.eval(exported("sum(x^2)", "x=[1, 2]", to="js"))
    with pytest.raises(Exception, match="3 numbers, not 2"):
        racer.eval("value([1, 2, 3])")


@pytest.mark.node
def test_node_prints_the_gradient_and_trains(exported, agrees, tmp_path):
    path = tmp_path / "f.js"
    path.write_text(exported("iris", to="js", lr=0.05, batch_size=16, epochs=20), "utf-8")
    done = subprocess.run(["node", path], capture_output=True, text=True, check=True)
    agrees(("iris", ()), json.loads(done.stdout))
    done = subprocess.run(["node", path, "train"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["value"] < 0.4


@pytest.mark.node
def test_node_finds_the_functions_of_a_file(exported, tmp_path):
    (tmp_path / "f.js").write_text(exported("x^2", "x=3", to="js"), "utf-8")
    code = "console.log(JSON.stringify(require('./f.js').valueAndGrad(4)))"
    done = subprocess.run(
        ["node", "-e", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert json.loads(done.stdout) == {"value": 16, "gradient": {"x": 8}}
