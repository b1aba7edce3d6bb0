"""The files for JAX and PyTorch, run in this process."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

Program = tuple[str, Sequence[str]]


@contextmanager
def as_it_was() -> Iterator[None]:
    """With JAX's precision as it was, afterwards."""
    import jax

    before = jax.config.jax_enable_x64
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)


def run(text: str, capsys: Any, *words: str) -> Any:
    """What the file prints."""
    old, sys.argv = sys.argv, ["f.py", *words]
    try:
        exec(compile(text, "f.py", "exec", dont_inherit=True), {"__name__": "__main__"})
    finally:
        sys.argv = old
    return json.loads(capsys.readouterr().out)


def test_every_program_on_jax(program: Program, exported, agrees, capsys):
    import jax

    with as_it_was(), jax.disable_jit():
        agrees(program, run(exported(program[0], *program[1], to="jax"), capsys))


@pytest.mark.parametrize("sample", ["rosenbrock", "iris", "moons", "two_layer_backward"])
def test_jax_compiles_it(sample, exported, agrees, capsys):
    with as_it_was():
        agrees((sample, ()), run(exported(sample, to="jax"), capsys))


def test_jax_trains_in_one_loop(exported, descended_params, capsys):
    settings: dict[str, Any] = {"optimizer": "adam", "steps": 50}
    with as_it_was():
        text = exported("xor", to="jax", lr=0.1, **settings)
        assert "fori_loop" in text
        found = run(text, capsys, "train")["params"]
    for name, value in descended_params("xor", lr="0.1", **settings).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9)


def test_jax_takes_the_batches_of_a_descent(exported, descended_params, capsys):
    settings: dict[str, Any] = {"batch_size": 16, "epochs": 2}
    with as_it_was():
        found = run(exported("iris", to="jax", lr=0.05, **settings), capsys, "train")["params"]
    for name, value in descended_params("iris", lr="0.05", **settings).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9)


@pytest.mark.torch
def test_every_program_on_torch(program: Program, exported, agrees, capsys):
    agrees(program, run(exported(program[0], *program[1], to="torch"), capsys))


@pytest.mark.torch
def test_torch_trains(exported, descended_params, capsys):
    settings: dict[str, Any] = {"optimizer": "rmsprop", "steps": 50}
    found = run(exported("xor", to="torch", lr=0.01, **settings), capsys, "train")["params"]
    for name, value in descended_params("xor", lr="0.01", **settings).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9)


@pytest.mark.torch
def test_torch_takes_batches(exported, capsys):
    text = exported("iris", to="torch", lr=0.05, batch_size=16, epochs=20)
    assert run(text, capsys, "train")["value"] < 0.4
