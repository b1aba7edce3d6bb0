"""Where the world is not as it should be: no home, closed streams, signals, a file of others."""

from __future__ import annotations

import itertools
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("default_signals")

GRADCLI = str(Path(sys.executable).parent / "gradcli")
SQUARE = [GRADCLI, "eval", "x^2", "x=3", "-q"]
DESCENT = [GRADCLI, "descend", "(x - 1)^2 + sum(w^2)", "x=3", "w=ones(50)", "--lr", "1e-4",
           "--tol", "0"]  # fmt: skip


def environment(**settings: str | None) -> dict[str, str]:
    """This process's environment with some variables set, and those that are None left out."""
    found = {**os.environ, **settings}
    return {name: value for name, value in found.items() if value is not None}


def told(command, **options):
    """The exit code, standard output and standard error."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
    return done.returncode, done.stdout, done.stderr


HOMES = {
    "none": {"HOME": None, "XDG_CACHE_HOME": None},
    "empty": {"HOME": "", "XDG_CACHE_HOME": ""},
    "missing": {"HOME": "/nonexistent/home", "XDG_CACHE_HOME": None},
    "a device": {"HOME": "/dev/null", "XDG_CACHE_HOME": None},
    "not to be written": {"HOME": "/proc", "XDG_CACHE_HOME": None},
    "cache not to be written": {"XDG_CACHE_HOME": "/sys"},
    "cache too long": {"XDG_CACHE_HOME": "/" + "x" * 5000},
}


@pytest.mark.parametrize("home", HOMES)
def test_without_a_home(home, tmp_path):
    assert told(SQUARE, env=environment(**HOMES[home]), cwd=tmp_path) == (0, "9.0\n", "")


def test_in_a_folder_that_is_gone(tmp_path):
    line = f'mkdir gone && cd gone && rmdir ../gone && "{GRADCLI}" eval x^2 x=3 -q'
    assert told(["sh", "-c", line], cwd=tmp_path) == (0, "9.0\n", "")
    for path in ("y.json", "./y.json", "a/y.json", "../y.json"):
        code, out, err = told(["sh", "-c", f"{line} -o {path}"], cwd=tmp_path)
        assert (code, out) == (2, "")
        assert err.startswith(f"error: cannot write {path}: ")
        assert err.count("\n") == 1


def pipe(path):
    os.mkfifo(path, 0o600)


def bound(path):
    here = os.getcwd()
    os.chdir(path.parent)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)
    os.chdir(here)
    path.chmod(0o600)


def endless(path):
    path.touch(0o600)
    os.truncate(path, 1 << 42)


def foreign(path):
    path.write_bytes(b"SQLite format 3\0" * 1000)
    path.chmod(0o600)


def locked(path):
    path.write_bytes(b"")
    path.chmod(0)


IN_PLACE = {
    "a pipe": pipe, "a socket": bound, "a folder": Path.mkdir, "foreign data": foreign,
    "a file without an end": endless, "a file that is locked": locked,
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("what", "depth"),
    [*((what, 0) for what in IN_PLACE), ("a pipe", 1), ("foreign data", 1), ("a pipe", 2)],
)
def test_something_else_in_place_of_the_cache(tmp_path, what, depth):
    """Of the file, of its folder, or of the folder above that."""
    settings = environment(XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert told(SQUARE, env=settings) == (0, "9.0\n", "")
    (kept,) = (tmp_path / "cache" / "gradcli").iterdir()
    kept.unlink()
    place = [kept, kept.parent, kept.parent.parent][depth]
    if depth == 2:
        kept.parent.rmdir()
    if depth:
        place.rmdir()
    IN_PLACE[what](place)
    for _ in range(2):
        assert told(SQUARE, env=settings) == (0, "9.0\n", "")
    assert not any(path.suffix.lstrip(".").isdecimal() for path in tmp_path.rglob("*"))


STREAMS = ["<&-", ">&-", "2>&-"]


@pytest.mark.parametrize(
    "closed",
    [closed for n in (1, 2, 3) for closed in itertools.combinations(STREAMS, n)],
    ids=" ".join,
)
def test_closed_streams(tmp_path, closed):
    """What is opened then gets the numbers of the streams; nothing else may be written to it."""

    def shell(*words):
        line = f'"{GRADCLI}" "$@" {" ".join(closed)}'
        code, out, err = told(["sh", "-c", line, "sh", *words], cwd=tmp_path)
        assert "Traceback" not in err
        return code, out, err

    code, out, err = shell("eval", "x^2", "x=3", "-q")
    assert (code, out) == ((2, "") if ">&-" in closed else (0, "9.0\n"))
    assert bool(err) == (">&-" in closed and "2>&-" not in closed)
    code, out, err = shell("eval", "x +")
    assert (code, out, bool(err)) == (2, "", "2>&-" not in closed)
    code, out, err = shell("grad", "log(x)", "x=0", "-o", "r.json")
    assert (code, out) == (3, "")
    assert json.loads((tmp_path / "r.json").read_text())["summary"]["value"] == "-Infinity"
    code, _, _ = shell(*DESCENT[1:], "--steps", "5", "--save", "p.json", "-o", "d.json")
    assert code in (0, 1)
    assert json.loads((tmp_path / "p.json").read_text())["meta"]["step"] == 5
    assert json.loads((tmp_path / "d.json").read_text())["summary"]["steps"] == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.json", "p.json", "r.json"]


STARTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from gradcli.__main__ import main
sys.argv = ["gradcli", *sys.argv[1:]]
sys.stdout.flush()
os.write(2, b"begun\\n")
main()
"""
"""The command, which says when it begins: before, Python itself starts."""

CODES = {
    signal.SIGINT: {130}, signal.SIGTERM: {143, -signal.SIGTERM},
    signal.SIGHUP: {129, -signal.SIGHUP},
}  # fmt: skip


@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
def test_a_signal_at_any_moment(tmp_path, number):
    """It ends at once or after its step; never with a traceback, half a file or half a number."""
    choose = random.Random(number)
    saved = tmp_path / "p.json"
    command = [sys.executable, "-c", STARTED, *DESCENT[1:], "--steps", "1000000", "-q", "--save",
               saved]  # fmt: skip
    for moment in [choose.uniform(0, 1.5) for _ in range(5)]:
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert run.stderr.readline() == "begun\n"
        time.sleep(moment)
        run.send_signal(number)
        out, err = run.communicate(timeout=120)
        assert run.returncode in CODES[number], (moment, err)
        assert "Traceback" not in err, (moment, err)
        assert "Exception ignored" not in err, (moment, err)
        if out:
            assert run.returncode > 0
            assert len(out.splitlines()) == 2
            assert json.loads(saved.read_text())["meta"]["step"] >= 0
        saved.unlink(missing_ok=True)
        for left in tmp_path.glob(".gradcli-*.tmp"):  # of a run that had no time to end
            assert run.returncode < 0
            left.unlink()


def test_a_reader_who_leaves_at_any_moment(tmp_path):
    command = f'"{GRADCLI}" trace "{"+".join(f"sin(x*{i})" for i in range(300))}" x=1'
    for count in (0, 1, 2, 50, 1000):
        code, out, err = told(["sh", "-c", f"{command} | head -{count} | wc -l"])
        assert (code, int(out), err) == (0, count, "")


def test_two_runs_that_write_one_file(tmp_path):
    saved = tmp_path / "p.json"
    command = [*DESCENT, "--steps", "2000", "--save", saved, "-o", tmp_path / "r.json"]
    for _ in range(2):
        runs = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
        errors = [run.communicate(timeout=120)[1] for run in runs]
        assert [error.count(b"\n") for error in errors] == [1] * 3
        assert all(error.startswith(b"note: x and w all move") for error in errors)
        assert len({run.returncode for run in runs}) == 1
        assert json.loads(saved.read_text())["meta"]["step"] == 2000
        assert json.loads((tmp_path / "r.json").read_text())["summary"]["steps"] == 2000
        assert sorted(path.name for path in tmp_path.iterdir()) == ["p.json", "r.json"]


@pytest.mark.parametrize("size", [0, 100])
@pytest.mark.parametrize("words", [["-o", "r.json"], ["-o", "r.svg"]], ids=" ".join)
def test_a_disk_that_is_full_after_some_bytes(tmp_path, size, words):
    name = words[-1]
    (tmp_path / name).write_text("old")
    command = [GRADCLI, "grad", "+".join(f"x^{i}" for i in range(30)), "x=1", *words]
    code, out, err = told(
        command, cwd=tmp_path,
        # Without the last one Python would keep what it compiles in files that are cut short.
        env=environment(XDG_CACHE_HOME="/nonexistent", PYTHONDONTWRITEBYTECODE="1"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )  # fmt: skip
    assert (code, out) == (2, "")
    assert err in (f"error: cannot write {name}: file too large\n",
                   f"error: cannot write to {name}: File too large\n")  # fmt: skip
    assert (tmp_path / name).read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == [name]
