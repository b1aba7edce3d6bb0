"""The files for JAX and PyTorch, run in this process."""

from __future__ import annotations

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


def test_every_program_on_jax(program: Program, exported, agrees, printed):
    import jax

    with as_it_was(), jax.disable_jit():
        agrees(program, printed(exported(program[0], *program[1], to="jax")))


@pytest.mark.parametrize("sample", ["rosenbrock", "iris", "moons", "two_layer_backward"])
def test_jax_compiles_it(sample, exported, agrees, printed):
    with as_it_was():
        agrees((sample, ()), printed(exported(sample, to="jax")))


def test_jax_trains_in_one_loop(exported, descended_params, printed):
    settings: dict[str, Any] = {"optimizer": "adam", "steps": 50}
    with as_it_was():
        text = exported("xor", to="jax", lr=0.1, **settings)
        assert "fori_loop" in text
        found = printed(text, "train")["params"]
    for name, value in descended_params("xor", lr="0.1", **settings).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9)


def test_jax_takes_the_batches_of_a_descent(exported, descended_params, printed):
    settings: dict[str, Any] = {"batch_size": 16, "epochs": 2}
    with as_it_was():
        found = printed(exported("iris", to="jax", lr=0.05, **settings), "train")["params"]
    for name, value in descended_params("iris", lr="0.05", **settings).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9)


@pytest.mark.torch
def test_every_program_on_torch(program: Program, exported, agrees, printed):
    agrees(program, printed(exported(program[0], *program[1], to="torch")))


@pytest.mark.torch
def test_torch_trains(exported, descended_params, printed):
    settings: dict[str, Any] = {"optimizer": "rmsprop", "steps": 50}
    found = printed(exported("xor", to="torch", lr=0.01, **settings), "train")["params"]
    for name, value in descended_params("xor", lr="0.01", **settings).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9)


@pytest.mark.torch
def test_torch_takes_batches(exported, printed):
    text = exported("iris", to="torch", lr=0.05, batch_size=16, epochs=20)
    assert printed(text, "train")["value"] < 0.4
