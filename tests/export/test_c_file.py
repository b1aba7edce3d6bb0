"""The file for C: its text, and where a compiler is at hand what it computes."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Program = tuple[str, Sequence[str]]

STRICT = ["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror"]


def run(text: str, folder: Path, *words: str, level: str = "-O1") -> Any:
    """What the program prints, which the compiler takes without a word."""
    (folder / "f.c").write_text(text, "utf-8")
    command = [*STRICT, level, "-o", folder / "f", folder / "f.c", "-lm"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run([folder / "f", *words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.gcc
def test_every_program(program: Program, exported, agrees, tmp_path):
    agrees(program, run(exported(program[0], *program[1], to="c"), tmp_path))


@pytest.mark.gcc
@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "rmsprop", "adamw"])
def test_training_is_a_descent(optimizer, exported, descended_params, tmp_path):
    settings = {"optimizer": optimizer, "steps": 60}
    text = exported("xor", to="c", lr=0.05, **settings)
    found = run(text, tmp_path, "train", level="-O2")["params"]
    for name, value in descended_params("xor", lr="0.05", **settings).items():
        np.testing.assert_allclose(found[name], value, rtol=1e-9)


@pytest.mark.gcc
def test_batches(exported, tmp_path):
    text = exported("iris", to="c", lr=0.05, batch_size=16, epochs=20)
    assert run(text, tmp_path, "train", level="-O2")["value"] < 0.4


@pytest.mark.gcc
def test_without_a_point_there_are_functions_alone(exported, tmp_path):
    text = exported("x^2*y", to="c") + "\nint main(void) { return value(3.0, 2.0) != 18.0; }\n"
    (tmp_path / "f.c").write_text(text)
    subprocess.run([*STRICT, "-o", tmp_path / "f", tmp_path / "f.c", "-lm"], check=True)
    subprocess.run([tmp_path / "f"], check=True)


@pytest.mark.gcc
def test_arrays_too_large_for_a_stack(exported, tmp_path):
    text = exported("sum((A@A)[0, :]^2)", "A=full([140, 140], 0.01)", to="c")
    assert run(text, tmp_path)["value"] == pytest.approx(140 * (140 * 1e-4) ** 2)


def test_nothing_is_allocated_and_the_text_is_ascii(exported):
    text = exported("θ = sum(W@x₁); θ^2", "W=[[1, 2]]", "x₁=[1, 2]", to="c")
    assert not re.search(r"\b(malloc|calloc|alloca)\b", text)
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    assert code.isascii() or "theta" in code


def test_a_comment_of_the_program_cannot_end_the_heading(exported, tmp_path):
    path = tmp_path / "p.grad"
    path.write_text("# */ int evil; /*\ny = x^2\n", "utf-8")
    text = exported(str(path), "x=1", to="c")
    assert text.index("*/") > text.index("Arguments")


def test_a_matrix_product_is_loops(exported):
    text = exported("sum(A@B)", "A=[[1,2],[3,4]]", "B=[[1,2],[3,4]]", to="c")
    assert "s += A[2 * i + j] * B[2 * j + k];" in text


@pytest.mark.gcc
def test_derivatives_by_any_node(exported, tmp_path):
    text = exported("h = W@v; sum(h^2)", "W=[[1,2],[3,4]]", "v=[1,1]", to="c", wrt="h,v")
    assert run(text, tmp_path)["gradient"] == {"h": [6, 14], "v": [48, 68]}
