"""The first page: its commands run as they are printed, on any terminal."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from gradcli.cli import app
from gradcli.welcome import WELCOME, command, meant

COMMANDS = [line.strip() for line in WELCOME.splitlines() if line.startswith("  gradcli ")]

OTHERS = [
    "plot", "draw", "show", "diff", "derive", "differentiate", "minimize", "maximize", "optimize",
    "fit", "train", "predict", "run", "evaluate", "calc", "jacobian", "exercise", "worksheet",
    "practice",
]  # fmt: skip


def test_it_is_what_gradcli_alone_says_and_fits_a_narrow_terminal():
    gradcli = str(Path(sys.executable).parent / "gradcli")
    done = subprocess.run([gradcli], capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, WELCOME, "")
    assert max(map(len, WELCOME.splitlines())) <= 40
    assert len(COMMANDS) == 6


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_runs_as_it_stands(line, tmp_path):
    program, *words = shlex.split(line)
    where = str(Path(sys.executable).parent / program)
    done = subprocess.run([where, *words], capture_output=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout or list(tmp_path.iterdir())


@pytest.mark.parametrize("word", OTHERS)
def test_another_word_leads_to_a_verb_with_its_options(word):
    found = shlex.split(meant(word, ["x^2", "x=3"]))
    assert found[0] == "gradcli"
    verbs = typer.main.get_command(app).commands
    known = {name for option in verbs[found[1]].params for name in option.opts}
    assert {option for option in found if re.match("--?[a-z]", option)} <= known


@pytest.mark.parametrize("word", ["x^2", "a b", "x=@w.csv", "-x", "σ(z)", "[1, 2]"])
def test_a_command_reads_back_as_it_was(word):
    assert shlex.split(command("grad", [word, "x=1"])) == ["gradcli", "grad", word, "x=1"]


@pytest.mark.parametrize("word", ["$(id)", "`id`", 'a"b', "a\nb", "x" * 200, "a\\b", "!1"])
def test_what_a_shell_would_take_apart_is_not_repeated(word):
    assert command("grad", [word], "--hessian") == "gradcli grad SOURCE --hessian"
