"""What a start loads, and that a long or deep program is no trouble."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"rich", "numpy", "scipy", "pydantic", "matplotlib", "pandas", "csv"}


def imported(*args):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gradcli", *args],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    lines = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines()]
    return {line.partition(".")[0] for line in lines}


@pytest.mark.parametrize(
    "args",
    [
        ("eval", "(a+b)*(b+1)", "a=2", "b=1", "--json"),
        ("grad", "exp(sin(x^2))", "x=1"),
        ("eval", "-q", "rosenbrock"),
        ("samples",),
        ("--version",),
    ],
)
def test_numbers_alone_load_nothing_heavy(args):
    assert not imported(*args) & HEAVY


def test_arrays_load_numpy_and_no_more():
    assert imported("eval", "sum([1, 2])", "--json") & HEAVY == {"numpy"}
    assert imported("grad", "x^2", "x=0:1") & HEAVY == {"numpy"}


def test_deep_nests_and_wide_sums(answered):
    deep = "sin(" * 5000 + "x" + ")" * 5000
    run = answered("grad", "-", "x=0.5", "-q", stdin=deep)
    assert 0 < float(run.out.split("\t")[1]) < 1
    wide = "+".join(f"x*{i}" for i in range(5000))
    run = answered("grad", "-", "x=1", "-q", stdin=wide)
    assert run.out == f"x\t{float(sum(range(5000)))}\n"


def test_nests_of_brackets_and_of_signs(answered):
    assert answered("eval", "-", "-q", stdin="(" * 20000 + "7" + ")" * 20000).out == "7.0\n"
    assert answered("eval", "-", "-q", stdin="-" * 20001 + "7").out == "-7.0\n"
    run = answered("eval", "-", stdin="(" * 20000, code=2)
    assert run.err.startswith("error: this '(' is never closed\n")
    assert len(run.err) < 500


def test_doublings_by_assignment_are_one_node_each(answered):
    lines = [f"x{i} = x{i - 1} + x{i - 1}" for i in range(1, 61)]
    run = answered("grad", "\n".join(lines), "x0=1", "--json")
    assert run.summary["gradient"] == {"x0": 2.0**60}
    assert len(run.rows) == 61


def test_too_large_is_refused_before_it_is_made(answered):
    for source in (
        "x = ones(1000000, 1); x @ x.T",
        "zeros(1e15, 1e15)",
        "sum(outer(arange(1e6), arange(1e7)))",
    ):
        assert "GB of memory" in answered("eval", source, code=2).err


@pytest.mark.parametrize(("error", "told"), [("MemoryError", False), ("ValueError", True)])
def test_want_of_memory_is_told_by_the_error_alone(error, told):
    lost = f"class Lost:\n    def __del__(self):\n        raise {error}"
    start = "import gradcli.cli\ngradcli.cli.main = Lost\nfrom gradcli.__main__ import main\nmain()"
    done = subprocess.run([sys.executable, "-c", f"{lost}\n{start}"], capture_output=True)
    assert done.returncode == 0
    assert (b"Exception ignored in" in done.stderr) is told
