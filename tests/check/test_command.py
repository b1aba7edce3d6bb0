"""check as a shell sees it: exit codes, streams and formats."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).parent / "gradcli"
WORKED = "r = a+b; s = b+1; e = r*s"


def run(*args: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(COMMAND), "check", *args],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_tsv_holds_every_digit() -> None:
    lines = run("(a+b)*(b+1)", "a=2", "b=1").stdout.splitlines()
    assert lines[0].split("\t") == [
        "variable", "index", "analytic", "numeric", "abs_error", "rel_error", "verdict", "point",
        "claim", "cs231n_error",
    ]  # fmt: skip
    assert [line.split("\t")[:3] for line in lines[1:]] == [["a", "[]", "2.0"], ["b", "[]", "5.0"]]


def test_claims_are_repeatable_and_the_counterexample_goes_to_standard_error() -> None:
    done = run(WORKED, "a=2", "b=1", "--claim", "a = s", "--claim", "b = a", "--json", code=1)
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] is False
    assert [row["verdict"] for row in report["rows"]] == ["ok", "wrong"]
    assert "b = a is wrong: at a=2, b=1 it is 2, the derivative is 5" in done.stderr


@pytest.mark.parametrize(("claim", "code"), [("b = a+2*b+1", 0), ("b = a+b+1", 1)])
def test_quiet_says_it_by_the_exit_code(claim: str, code: int) -> None:
    assert run(WORKED, "--claim", claim, "-q", code=code).stdout == ""


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["abs(x)", "x=0"], 1),
        (["x^2", "--step", "0"], 2),
        (["x^2", "--step=-1"], 2),
        (["x^2", "--step", "nan"], 2),
        (["x^2", "--points", "0"], 2),
        (["x^2", "--range", "5:-5"], 2),
        (["x^2", "--order", "3"], 2),
        (["1 + 1"], 2),
        (["const c = 2; c*3"], 2),
        (["x^2", "--claim", "y = 1"], 2),
        (["x^2", "--claim", "x = 2*q"], 2),
        (["u@u", "u=[1,2]", "--claim", "u = 2"], 2),
        (["log(-abs(x) - 1)"], 3),
        (["log(x)", "x=-1"], 3),
        (["-x^2"], 0),
        (["x^2", "--range=-1:1", "--points", "3", "--rtol", "1e-5", "--atol", "1e-8"], 0),
    ],
)
def test_exit_codes(args: list[str], code: int) -> None:
    done = run(*args, code=code)
    assert bool(done.stderr) == (code > 0)


def test_same_seed_same_bytes() -> None:
    first = run("sin(x*y)", "--seed", "3", "--json").stdout
    assert first == run("sin(x*y)", "--seed", "3", "--json").stdout
    assert first != run("sin(x*y)", "--seed", "4", "--json").stdout
