"""descend --engine jax on two hosts: each reads its own rows, and each notices what goes wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("default_signals")

COMMAND = str(Path(sys.executable).parent / "gradcli")
PROGRAM = """
data X = X
data k = k
data y = y
param w = [0.1, 0.2]
param c = zeros(3)
loss = mean((X@w + c[k] - y)^2) + std(X@w)*0.01
largest = max(abs(y - X@w))
spread = std(y)
"""
ROWS = 1000
ENDLESS = ["--steps", "1000000000", "--tol", "0", "--trace", "--every", "1000"]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def together(*commands: list[str], **settings: str) -> list[subprocess.Popen[str]]:
    """A process a command, which are to run together."""
    where = {
        "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{free_port()}",
        "JAX_NUM_PROCESSES": str(len(commands)),
        **settings,
    }
    return [
        subprocess.Popen(
            [COMMAND, "descend", *command, "--engine", "jax"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **where, "JAX_PROCESS_ID": str(place)},
        )
        for place, command in enumerate(commands)
    ]  # fmt: skip


def ends(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
    """The exit code, the output and the errors of each."""
    found = []
    for process in processes:
        out, err = process.communicate(timeout=300)
        found.append((process.returncode, out, err))
    return found


def summary(text: str) -> Any:
    return json.loads(text)["summary"]


def alone(*command: str) -> Any:
    done = subprocess.run([COMMAND, "descend", *command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return summary(done.stdout)


def close(found: Any, expected: Any) -> None:
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            close(found[name], value)
    elif isinstance(expected, str | bool | int) or expected is None:
        assert found == expected
    else:
        assert np.allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders with X, k and y: `all` of them, and those of which each host has its half alone; in
    the other half is what no descent could be run on."""
    folder = tmp_path_factory.mktemp("arrays")
    numbers = np.random.default_rng(4)
    x = numbers.uniform(-1, 2, (ROWS, 2))
    k = numbers.integers(0, 3, ROWS)
    y = 2 * x[:, 0] - x[:, 1] + 0.3 * k + 1 + numbers.normal(0, 0.2, ROWS)
    halves = {"all": slice(None), "0": slice(ROWS // 2), "1": slice(ROWS // 2, None)}
    for name, half in halves.items():
        (folder / name).mkdir()
        for column, values in (("X", x), ("k", k), ("y", y)):
            spoilt = np.full_like(values, 99 if column == "k" else np.nan)
            spoilt[half] = values[half]
            np.save(folder / name / f"{column}.npy", spoilt)
    return folder


def data(folder: Path) -> list[str]:
    return [f"--data={name}={folder / name}.npy" for name in ("X", "k", "y")]


def test_each_host_reads_its_own_rows(arrays: Path, tmp_path: Path) -> None:
    """Gaps, classes, scales, the fingerprint, the loss and the metrics, all from halves."""
    how = ["--lr", "0.1", "--standardize", "X", "--tol", "0", "--json"]
    saved = [str(tmp_path / f"{place}.json") for place in range(2)]
    runs = [
        [PROGRAM, *data(arrays / str(place)), *how, "--epochs", "15", "--save", saved[place]]
        for place in range(2)
    ]
    (code, out, err), second = ends(together(*runs))
    assert (code, err) == (0, "")
    assert second == (0, "", "")
    assert [os.path.exists(path) for path in saved] == [True, False]
    close(summary(out), alone(PROGRAM, *data(arrays / "all"), *how, "--epochs", "15"))
    # the fingerprint is that of all rows, so that one process goes on where two stopped
    whole = [PROGRAM, *data(arrays / "all"), *how, "--epochs", "25"]
    close(alone(*whole, "--resume", saved[0])["params"], alone(*whole)["params"])


def test_rows_held_out_and_batches_on_two_hosts(arrays: Path, tmp_path: Path) -> None:
    command = [
        PROGRAM, *data(arrays / "all"), "--lr", "0.05", "--epochs", "4", "--batch-size", "64",
        "--holdout", "0.2", "--json", "--patience", "9",
    ]  # fmt: skip
    chart = str(tmp_path / "way.svg")
    drawn = [*command[:-3], "-o", chart, "--patience", "9"]
    (code, out, _), second = ends(together(command, command))
    assert code == 0
    assert second == (0, "", "")
    close(summary(out), alone(*command))
    assert [code for code, _, _ in ends(together(drawn, drawn))] == [0, 0]
    assert "<svg" in Path(chart).read_text("utf-8")[:400]


@pytest.mark.parametrize("method", ["lbfgs", "newton", "lm"])
def test_methods_of_scipy_on_two_hosts(arrays: Path, method: str) -> None:
    of = ["--of", "X@w + c[k] - y"] if method == "lm" else []
    how = [*of, "--optimizer", method, "--json"]
    halves = [[PROGRAM, *data(arrays / str(place)), *how] for place in range(2)]
    (code, out, err), second = ends(together(*(halves if method != "lm" else [
        [PROGRAM, *data(arrays / "all"), *how]] * 2)))  # fmt: skip
    assert code == 0, err
    assert second[0] == 0
    found, expected = summary(out), alone(PROGRAM, *data(arrays / "all"), *how)
    for name, value in expected["params"].items():
        assert np.allclose(found["params"][name], value, rtol=1e-6)


def test_a_folder_of_parts(tmp_path: Path) -> None:
    """The parts of the other host hold text where numbers should be, under the right header."""
    numbers = np.random.default_rng(7)
    colours = np.array(["red", "green", "blue"])
    for folder in ("all", "0", "1"):
        (tmp_path / folder).mkdir()
    for part in range(4):
        x = numbers.uniform(-1, 1, 25)
        colour = colours[:2][numbers.integers(0, 2, 25)] if part < 2 else np.full(25, "blue")
        y = x + 0.5 * (colour == "red") + 2
        rows = "".join(f"{a},{c},{b}\n" for a, c, b in zip(x, colour, y))
        for folder in ("all", str(part // 2), str(1 - part // 2)):
            mine = folder in ("all", str(part // 2))
            text = rows if mine else "one,red,two\n" * 25
            (tmp_path / folder / f"part-{part}.csv").write_text("x,colour,y\n" + text, "utf-8")
    program = """
        param w = 0; param c = zeros(3)
        loss = mean((w*x + c[colour] - y)^2)
        spread = std(y)
        """
    how = ["--lr", "0.2", "--epochs", "10", "--standardize", "x", "--json", "--tol", "0"]
    (code, out, err), second = ends(
        together(*([program, "--data", str(tmp_path / str(at)), *how] for at in range(2)))
    )
    assert (code, err) == (0, "")
    assert second == (0, "", "")
    close(summary(out), alone(program, "--data", str(tmp_path / "all"), *how))


@pytest.mark.parametrize("place", [0, 1])
def test_a_gap_on_one_host_is_told_on_both(arrays: Path, place: int) -> None:
    other = str(1 - place)
    found = ends(together(*[[PROGRAM, *data(arrays / other), "--lr", "0.1"]] * 2))
    for code, out, err in found:
        assert (code, out) == (2, "")
        assert f"{arrays / other}" in err
        assert f".npy[{place * ROWS // 2}]: the cell is nan" in err


def test_a_class_out_of_range_on_one_host(arrays: Path, tmp_path: Path) -> None:
    classes = np.load(arrays / "all" / "k.npy")
    classes[700] = 5
    np.save(tmp_path / "k.npy", classes)
    x, _, y = data(arrays / "all")
    command = [PROGRAM, x, y, f"--data=k={tmp_path / 'k.npy'}", "--lr", "0.1"]
    for code, out, err in ends(together(command, command)):
        assert (code, out) == (2, "")
        assert "c[k]: there is no index 5 among 3" in err


def test_what_is_not_alike_is_named() -> None:
    for code, out, err in ends(together(["rosenbrock"], ["rosenbrock", "x=3", "--lr", "0.1"])):
        assert (code, out) == (2, "")
        assert err == (
            "error: process 1 was not asked the same as process 0: --lr and the value of x are"
            " not alike\nhint: run the same command on the same data on each host\n"
        )


def test_an_error_of_one_host_ends_both() -> None:
    (code, out, err), second = ends(
        together(["rosenbrock", "x=1"], ["rosenbrock", "x=@nowhere.npy"])
    )
    assert (code, out) == (2, "")
    assert "the processes of this run have lost each other" in err
    assert second[0] == 2
    assert "nowhere.npy: no such file" in second[2]


def test_a_process_that_is_killed(arrays: Path, tmp_path: Path) -> None:
    """The other one says so, and keeps its last step."""
    saved = tmp_path / "kept.json"
    command = [PROGRAM, *data(arrays / "all"), "--lr", "0.01", *ENDLESS, "--save", str(saved)]
    first, second = together(command, command)
    assert first.stdout is not None
    first.stdout.readline()
    first.stdout.readline()
    second.kill()
    (code, _, err), _ = ends([first, second])
    assert code == 2
    assert "the processes of this run have lost each other" in err
    assert saved.exists()


def test_a_signal_to_one_process_ends_both(arrays: Path) -> None:
    command = [PROGRAM, *data(arrays / "all"), "--lr", "0.01", *ENDLESS]
    first, second = together(command, command)
    assert first.stdout is not None
    first.stdout.readline()
    first.stdout.readline()
    second.send_signal(signal.SIGINT)
    (code, _, err), (other, out, silent) = ends([first, second])
    assert (code, other, out, silent) == (130, 130, "", "")
    assert "interrupted at step" in err


@pytest.mark.parametrize(("place", "message"), [
    (0, "the 2 processes of this run did not all come to {} within 1 s"),
    (1, "the first of the 2 processes of this run cannot be reached at {} within 1 s"),
])  # fmt: skip
def test_nobody_there(place: int, message: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    where = {"JAX_COORDINATOR_ADDRESS": address, "JAX_NUM_PROCESSES": "2", "GRADCLI_WAIT": "1"}
    done = subprocess.run(
        [COMMAND, "descend", "rosenbrock", "--engine", "jax"], capture_output=True, text=True,
        timeout=200, env={**os.environ, **where, "JAX_PROCESS_ID": str(place)},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {message.format(address)}\n"
        "hint: start the same command on each host, or wait longer: GRADCLI_WAIT=600\n"
    )


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as taken:
        port = taken.getsockname()[1]
        where = {"JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}", "JAX_NUM_PROCESSES": "2"}
        done = subprocess.run(
            [COMMAND, "descend", "rosenbrock", "--engine", "jax"], capture_output=True, text=True,
            env={**os.environ, **where, "JAX_PROCESS_ID": "0"}, timeout=200,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: JAX_COORDINATOR_ADDRESS: port {port} is in use\n"
        "hint: give every process another port\n"
    )


@pytest.mark.parametrize(("settings", "message"), [
    ({"JAX_COORDINATOR_ADDRESS": "127.0.0.1"}, "is '127.0.0.1', no address and port"),
    ({"JAX_PROCESS_ID": "2"}, "JAX_PROCESS_ID is 2, of 2 processes"),
    ({"GRADCLI_WAIT": "soon"}, "GRADCLI_WAIT is 'soon', no whole number from 1 on"),
])  # fmt: skip
def test_settings_that_make_no_sense(settings: dict[str, str], message: str) -> None:
    where = {
        "JAX_COORDINATOR_ADDRESS": "127.0.0.1:9", "JAX_NUM_PROCESSES": "2", "JAX_PROCESS_ID": "1",
    }  # fmt: skip
    done = subprocess.run(
        [COMMAND, "descend", "rosenbrock", "--engine", "jax"], capture_output=True, text=True,
        env={**os.environ, **where, **settings}, timeout=200,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
