"""The wheel and the sdist hold everything, and the wheel runs where no source lies."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAMPLES = {path.name for path in (ROOT / "samples").glob("*.grad")}
DATA = {path.name for path in (ROOT / "samples" / "data").iterdir()}


def test_the_oldest_releases_are_those_that_are_allowed():
    """`oldest.txt` names what pyproject.toml says of each, so that tests can run on them."""
    allowed = re.findall(r'"([a-z]+)>=([0-9.]+)[^"]*"', (ROOT / "pyproject.toml").read_text())
    least = {name: tuple(map(int, version.split("."))) for name, version in allowed}
    pinned = re.findall(r"^([a-z]+)==([0-9.]+)$", (ROOT / "tests/oldest.txt").read_text(), re.M)
    assert {"typer", "rich", "numpy", "scipy", "lark", "matplotlib"} <= {n for n, _ in pinned}
    for name, version in pinned:
        exact = tuple(map(int, version.split(".")))
        assert exact[: len(least[name])] == least[name]
        assert not any(exact[len(least[name]) :])


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the wheel and the sdist, made from a copy of what the repository tracks."""
    folder = tmp_path_factory.mktemp("built")
    source = tmp_path_factory.mktemp("source")
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    (source / "tests" / "__pycache__").mkdir(parents=True)
    (source / "tests" / "__pycache__" / "left.pyc").touch()
    for name in filter(None, names):
        if not name.startswith("."):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The command of a fresh environment, and a folder away from the repository."""
    away = tmp_path_factory.mktemp("away")
    venv.create(away / "venv", with_pip=True)
    programs = away / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    (wheel,) = built.glob("*.whl")
    pip = [str(programs / "python"), "-m", "pip", "install", "--quiet", str(wheel)]
    done = subprocess.run(pip, cwd=away, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]

    def run(*args: str) -> str:
        done = subprocess.run(
            [str(programs / "gradcli"), *args], cwd=away, capture_output=True, encoding="utf-8"
        )
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    return run


def test_the_wheel_holds_grammar_and_samples(built):
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"gradcli/grammar/gradcli.lark", "gradcli/py.typed"} <= names
    assert {"gradcli/graph/ops/scalars.js", "gradcli/pictures/page.js"} <= names
    assert {"gradcli/pictures/page.css", "gradcli/pictures/page.html"} <= names
    assert {f"gradcli/samples/{name}" for name in SAMPLES} <= names
    assert {f"gradcli/samples/data/{name}" for name in DATA} <= names
    (page,) = [name for name in names if name.endswith("share/man/man1/gradcli.1")]
    assert zipfile.ZipFile(wheel).read(page) == (ROOT / "gradcli" / "gradcli.1").read_bytes()
    modules = {f"gradcli/{p.relative_to(ROOT / 'gradcli')}" for p in tracked("gradcli")}
    assert modules <= names
    assert not [name for name in names if name.startswith(("tests", "samples", "grammar"))]


def tracked(folder: str) -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", folder], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\n")
    return [ROOT / name for name in names if name.endswith(".py")]


def test_the_sdist_holds_what_the_wheel_is_made_of(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "grammar/gradcli.lark"} <= names
    assert {f"samples/{name}" for name in SAMPLES} <= names
    assert {f"samples/data/{name}" for name in DATA} <= names


def test_the_sdist_holds_every_file_of_the_tests_and_no_other_there(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {m.name.partition("/")[2] for m in archive.getmembers() if m.isfile()}
    there = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "tests"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    wanted = {name for name in there if name and (ROOT / name).is_file()}
    assert len(wanted) > 100
    assert {name for name in names if name.startswith("tests/")} == wanted


def test_the_wheel_runs_where_no_source_lies(installed):
    report = json.loads(installed("grad", "(a+b)*(b+1)", "a=2", "b=1", "--json"))
    assert report["summary"] == {"output": "e", "value": 6, "gradient": {"a": 2, "b": 5}}
    assert installed("eval", "-q", "rosenbrock", "x=1", "y=1") == "0.0\n"
    assert installed("eval", "-q", "sum([1, 2])") == "3.0\n"
    names = installed("samples", "-q").split()
    assert {f"{name}.grad" for name in names} == SAMPLES
    assert float(installed("eval", "-q", "iris", "--of", "loss")) > 0
    assert installed("help", "--man") == (ROOT / "gradcli" / "gradcli.1").read_text("utf-8")
