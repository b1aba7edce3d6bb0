"""descend --engine jax against the default engine: one device, several, and several processes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.question.question import ask
from gradcli.verbs.descend import Options, descend

COMMAND = str(Path(sys.executable).parent / "gradcli")
PROGRAM = """
param w = 0 in -1:1
param b = 0
param v = [0.1, -0.2]
h = tanh(outer(x, v))
loss = mean((w*x + b + sum(h, axis=1) - y)^2) + std(x*w)*0.01
largest = max(abs(y - b))
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """101 rows: no number of devices divides them."""
    numbers = np.random.default_rng(4)
    x = numbers.uniform(-1, 2, 101)
    path = tmp_path_factory.mktemp("rows") / "line.csv"
    rows = np.stack([x, 2 * x + 1 + numbers.normal(0, 0.2, 101)], axis=1)
    np.savetxt(path, rows, delimiter=",", header="x,y", comments="")
    return str(path)


def summary(engine: str, source: str, data: list[str], **options: Any) -> dict[str, Any]:
    report = descend(ask(source, data=data, descent="sgd"), Options(engine=engine, **options))
    report.rows = [*report.rows]
    return {**report.summary, "rows": report.rows}


def close(found: Any, expected: Any) -> None:
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            close(found[name], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for a, b in zip(found, expected):
            close(a, b)
    elif isinstance(expected, str | bool | int) or expected is None:
        assert found == expected
    else:
        assert np.allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("options", [
    {"epochs": 40, "lr": "0.1"},
    {"epochs": 400, "lr": "0.1", "tol": 1e-3, "optimizer": "momentum"},
    {"epochs": 5, "lr": "0.01", "batch_size": 16, "optimizer": "adam", "clip": 0.5},
    {"epochs": 6, "lr": "0.05", "batch_size": 20, "schedule": "cosine", "holdout": 0.2},
    {"epochs": 4, "lr": "0.05", "trace": True, "schedule": "step", "optimizer": "rmsprop"},
    {"epochs": 30, "lr": "0.05", "optimizer": "adamw", "tol": 0.01, "patience": 3},
    {"epochs": 60, "lr": "0.05", "trace": True, "every": 7, "tol": 0.05},
    {"epochs": 40, "lr": "0.3", "schedule": "plateau:patience=1", "optimizer": "momentum"},
    {"epochs": 30, "line_search": True},
], ids=str)  # fmt: skip
def test_the_same_numbers(data: str, options: dict[str, Any]) -> None:
    close(summary("jax", PROGRAM, [data], **options), summary("numpy", PROGRAM, [data], **options))


def test_rosenbrock_as_published() -> None:
    options = {"lr": "0.001", "steps": 20_000, "tol": 0.0}
    found = summary("jax", "rosenbrock", [], **options)["params"]["x"]
    assert found == pytest.approx(0.9998495942328983, rel=1e-9)


def test_a_descent_that_diverges_says_where() -> None:
    found, expected = (summary(e, "rosenbrock", [], lr="0.1") for e in ("jax", "numpy"))
    assert found["reason"] == expected["reason"]
    assert found["steps"] == expected["steps"] == 3


@pytest.mark.parametrize(("first", "second"), [("jax", "numpy"), ("numpy", "jax")])
def test_a_checkpoint_of_one_engine_is_the_other_s(
    data: str, tmp_path: Path, first: str, second: str
) -> None:
    path = str(tmp_path / "half.json")
    how = {"lr": "0.02", "optimizer": "adam", "batch_size": 16, "tol": 0.0}
    summary(first, PROGRAM, [data], epochs=3, save=path, **how)
    found = summary(second, PROGRAM, [data], epochs=6, resume=path, **how)
    expected = summary("numpy", PROGRAM, [data], epochs=6, **how)
    close(found["params"], expected["params"])
    assert found["steps"] == expected["steps"]


def started(data: str, *options: str, **settings: str) -> subprocess.Popen[str]:
    words = [COMMAND, "descend", PROGRAM, "--data", data, "--lr", "0.1", "--epochs", "20"]
    return subprocess.Popen(
        [*words, "--tol", "0", "--json", *options], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **settings},
    )  # fmt: skip


def answer(process: subprocess.Popen[str]) -> Any:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return json.loads(out)["summary"]


@pytest.mark.parametrize("options", [[], ["--batch-size", "16"]])
def test_rows_on_eight_devices(data: str, options: list[str]) -> None:
    flags = "--xla_force_host_platform_device_count=8"
    found = answer(started(data, "--engine", "jax", *options, XLA_FLAGS=flags))
    close(found, answer(started(data, *options)))


def test_rows_on_two_hosts(data: str, tmp_path: Path) -> None:
    """The first process reports and saves; the second is silent."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = {"JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}", "JAX_NUM_PROCESSES": "2"}
    saved = [tmp_path / "0.json", tmp_path / "1.json"]
    first, second = (
        started(
            data, "--engine", "jax", "--save", str(saved[at]), **where, JAX_PROCESS_ID=str(at)
        )
        for at in range(2)
    )  # fmt: skip
    found = answer(first)
    out, _ = second.communicate(timeout=300)
    close(found, answer(started(data)))
    assert (out, second.returncode) == ("", 0)
    assert [path.exists() for path in saved] == [True, False]


@pytest.mark.parametrize(("settings", "message"), [
    ({"JAX_NUM_PROCESSES": "two"}, "JAX_NUM_PROCESSES is 'two', no whole number from 1 on"),
    ({"JAX_NUM_PROCESSES": "2"}, "JAX_PROCESS_ID is '', no whole number from 0 on"),
])  # fmt: skip
def test_processes_that_are_not_told_apart(
    data: str, settings: dict[str, str], message: str
) -> None:
    where = {"JAX_COORDINATOR_ADDRESS": "127.0.0.1:1"}
    process = started(data, "--engine", "jax", **where, **settings)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert message in err


def test_without_jax(tmp_path: Path) -> None:
    (tmp_path / "jax.py").write_text("raise ImportError('no jax')", "utf-8")
    process = subprocess.run(
        [COMMAND, "descend", "rosenbrock", "--engine", "jax"], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == (
        "error: the engine jax needs JAX, which is not installed\n"
        'hint: pip install "gradcli[jax]"\n'
    )


@pytest.mark.parametrize("optimizer", ["lbfgs", "newton", "lm"])
@pytest.mark.parametrize("tol", [None, 1e-6])
def test_methods_of_scipy(data: str, optimizer: str, tol: float | None) -> None:
    source = """
        param a = 1; param b = [0.5, 0.1]
        r = a*exp(b[0]*x) + b[1] - y
        loss = mean(r^2) + 0.01*a^4
        """
    options = {"optimizer": optimizer, "tol": tol, "errors": True}
    found, expected = (
        descend(
            ask(source, data=[data], descent=optimizer, of="r" if optimizer == "lm" else "loss"),
            Options(engine=engine, **options),
        )
        for engine in ("jax", "numpy")
    )  # fmt: skip
    rows = [[*report.rows] for report in (found, expected)]
    for name, value in expected.summary["params"].items():
        assert np.allclose(found.summary["params"][name], value, rtol=1e-6)
    for mine, theirs in zip(*rows, strict=True):
        assert np.allclose(mine["std_error"], theirs["std_error"], rtol=1e-5)
    assert found.summary["converged"] == expected.summary["converged"] is True


def test_bounds_with_lbfgs(data: str) -> None:
    source = "param w = 0 in -1:1; param b = 0; loss = mean((w*x + b - y)^2)"
    options = {"optimizer": "lbfgs"}
    found, expected = (summary(engine, source, [data], **options) for engine in ("jax", "numpy"))
    assert found["params"]["w"] == expected["params"]["w"] == 1.0
    assert found["params"]["b"] == pytest.approx(expected["params"]["b"], rel=1e-6)


@pytest.mark.parametrize("rows", [1, 3, 8, 9])
@pytest.mark.parametrize("options", [[], ["--batch-size", "1"]], ids=str)
def test_fewer_rows_than_devices(tmp_path: Path, rows: int, options: list[str]) -> None:
    """Whole numbers from an array file, as many as devices or fewer."""
    for name, factor in (("x", 1), ("y", 2)):
        np.save(tmp_path / f"{name}.npy", factor * np.arange(1, rows + 1, dtype=np.int32))
    flags = "--xla_force_host_platform_device_count=8"
    words = [
        COMMAND, "descend", "param w = 0.5; loss = mean((w*x - y)^2)", "--lr", "0.001", "--json",
        "--epochs", "10", "--tol", "0", *options,
        *(f"--data={name}={tmp_path / name}.npy" for name in ("x", "y")),
    ]  # fmt: skip
    runs = [
        subprocess.Popen(
            [*words, "--engine", engine], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "XLA_FLAGS": flags},
        )
        for engine in ("jax", "numpy")
    ]  # fmt: skip
    close(*map(answer, runs))


def ended(*words: str, **settings: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [COMMAND, *words], capture_output=True, text=True, env={**os.environ, **settings}
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("platform", ["cuda", "nonsense"])
def test_a_device_that_is_not_there(platform: str) -> None:
    code, out, err = ended("descend", "rosenbrock", "--engine", "jax", JAX_PLATFORMS=platform)
    assert (code, out) == (2, "")
    first, hint = err.splitlines()
    assert first.startswith(f"error: JAX has no device for JAX_PLATFORMS={platform}")
    assert hint == "hint: unset JAX_PLATFORMS, or install JAX for that device"


def test_the_engine_of_the_environment() -> None:
    """It is a default, which the option overrules; other verbs do not look at it."""
    words = ["descend", "rosenbrock", "--steps", "3", "-q"]
    settings = {"GRADCLI_ENGINE": "jax", "JAX_PLATFORMS": "nonsense"}
    assert "JAX has no device" in ended(*words, **settings)[2]
    assert ended(*words, "--engine", "numpy", **settings)[0] == 0
    assert ended(*words, GRADCLI_ENGINE="")[0] == 0
    assert ended("eval", "1", "-q", GRADCLI_ENGINE="fortran") == (0, "1.0\n", "")
    assert ended(*words, GRADCLI_ENGINE="jaxx") == (
        2, "", "error: GRADCLI_ENGINE=jaxx: there is no engine 'jaxx'\nhint: did you mean 'jax'?\n"
    )  # fmt: skip


@pytest.mark.parametrize(("options", "what"), [
    ({"engine": "jaxx"}, "there is no engine 'jaxx'"),
    ({"engine": "jax", "resample": True}, "--engine jax does not go with --resample"),
])  # fmt: skip
def test_what_does_not_go(options: dict[str, Any], what: str) -> None:
    question = ask("param x = 1; loss = (x - randn())^2", descent="sgd")
    with pytest.raises(UsageError, match=what):
        descend(question, Options(**options))
