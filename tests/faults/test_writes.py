"""Every call that writes made to fail in turn, or to be the last: the old file or the new one.

`driver.py` runs one command line for each call that it makes to change a file. After each run the
file that was to be written holds its old bytes or those of a whole run, nothing else lies beside
it, and the exit code and the words on standard error say which it was.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DRIVER = Path(__file__).with_name("driver.py")
OLD = "an older file\n"
REASONS = {"ENOSPC": "no space left on device", "EIO": "input/output error",
           "EACCES": "permission denied"}  # fmt: skip
SAVING = ("gradcli.training.running.SAVED_EVERY=0", "gradcli.training.running.SAVING=1")
DESCENT = ("descend", "(x - 1)^2", "x=3", "--lr", "0.1", "--steps", "3", "--tol", "0", "-q")

COMMANDS = {
    "report.json": ("eval", "x^2", "x=3"),
    "report.tsv": ("grad", "x^2", "x=3"),
    "graph.svg": ("grad", "x^2", "x=3"),
    "program.tex": ("export", "x^2", "x=3", "--to", "latex"),
}
"""What writes `-o` a file of this name."""


def runs(tmp_path: Path, fault: str, *words: str, settings: tuple[str, ...] = (), **files: str
         ) -> list[dict[str, Any]]:  # fmt: skip
    """What became of each run; `files` stand there before. The last one met no fault."""
    before = tmp_path / "before"
    before.mkdir()
    for name, content in files.items():
        (before / name.replace("_", ".")).write_text(content)
    done = subprocess.run(
        [sys.executable, DRIVER, before, fault, *settings, "--", *words],
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg"},
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert not any("Traceback" in each["err"] for each in found), found
    assert [bool(each["met"]) for each in found] == [True] * (len(found) - 1) + [False]
    return found


@pytest.mark.parametrize(
    ("name", "fault", "stands"),
    [
        *((name, "ENOSPC", True) for name in COMMANDS),
        ("report.json", "ENOSPC", False),
        ("report.json", "EIO", True),
        ("report.json", "EACCES", True),
    ],
)
def test_a_report_is_written_whole_or_not_at_all(tmp_path, fault, name, stands):
    old = {name.replace(".", "_"): OLD} if stands else {}
    *failed, whole = runs(tmp_path, fault, *COMMANDS[name], "-o", name, **old)
    assert whole["code"] == 0
    assert list(whole["files"]) == [name]
    assert {"open", "write", "fsync", "replace"} <= {each["met"] for each in failed}
    assert {"chmod", "chown"} <= {each["met"] for each in failed} or not stands
    for each in failed:
        if each["met"] == "chown" and fault == "EACCES":  # only root may give a file away
            assert (each["code"], each["files"], each["err"]) == (0, whole["files"], "")
            continue
        assert (each["code"], each["out"]) == (2, "")
        assert each["files"] == ({name: OLD} if stands else {}), each["met"]
        message = each["err"].lower().replace("cannot write to", "cannot write")
        assert message == f"error: cannot write {name}: {REASONS[fault]}\n"


@pytest.mark.parametrize("name", ["report.json", "graph.svg"])
def test_a_kill_during_a_report(tmp_path, name):
    *killed, whole = runs(tmp_path, "kill", *COMMANDS[name], "-o", name,
                          **{name.replace(".", "_"): OLD})  # fmt: skip
    assert len(killed) >= 6
    for each in killed:
        assert each["files"].pop(name) == OLD
        assert each["code"] == -9
        assert all(other.startswith(".gradcli-") for other in each["files"])
    assert list(whole["files"]) == [name]


@pytest.mark.parametrize(("name", "fault"), [("p.json", "ENOSPC"), ("p.npz", "EIO")])
def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path, fault, name):
    """Saved again and again; one that fails is tried again, and the last one decides."""
    *failed, whole = runs(tmp_path, fault, *DESCENT, "--save", name, settings=SAVING)
    said = f"cannot write {name}: {REASONS[fault]}"
    new = whole["files"]
    assert (whole["code"], whole["err"], list(new)) == (0, "", [name])
    told = []
    for each in failed:
        told.append(each["err"].partition(":")[0])
        if told[-1] == "error":  # before the first step
            assert each["code"] == 2
            assert each["err"].startswith(f"error: cannot write {name}: in its folder: ")
            assert each["out"] == ""
            assert name not in each["files"]
            if each["met"] != "unlink":
                assert each["files"] == {}
        elif told[-1] == "note":
            assert each["err"] == f"note: {said}; it goes on, and tries again later\n"
            assert (each["code"], each["out"], each["files"]) == (0, whole["out"], new)
        else:
            assert each["err"] == f"warning: {said}\n"
            assert (each["code"], each["out"]) == (2, whole["out"])
            assert set(each["files"]) <= {name}
            if each["files"]:
                assert is_whole(tmp_path, name, each["files"][name])
    assert sorted(set(told)) == ["error", "note", "warning"]


@pytest.mark.parametrize("name", ["p.json", "p.npz"])
def test_a_kill_at_every_save(tmp_path, name):
    *killed, whole = runs(tmp_path, "kill", *DESCENT, "--save", name, settings=SAVING)
    assert whole["code"] == 0
    held = [each["files"][name] for each in killed if name in each["files"]]
    assert len(held) >= 6
    assert all(is_whole(tmp_path, name, content) for content in held)


def is_whole(folder: Path, name: str, content: str) -> bool:
    """Whether bytes are a checkpoint of the descent on the way."""
    from gradcli.data.checkpoint import read_checkpoint

    path = folder / f"held-{name}"
    path.write_bytes(content.encode("latin-1"))
    found = read_checkpoint(str(path))
    return 0 <= found.meta["step"] <= 3 and 1 < found.params["x"] <= 3


@pytest.mark.parametrize("fault", ["ENOSPC", "EACCES"])
def test_a_cache_that_cannot_be_written(tmp_path, fault, monkeypatch):
    """The folder of the runs is that of the cache: the answer is the same, and nothing is left."""
    cache = tmp_path / "work"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    *failed, whole = runs(tmp_path, fault, "eval", "x^2", "x=3", "-q", settings=("cold",))
    assert failed
    assert all((each["code"], each["out"], each["err"]) == (0, "9.0\n", "") for each in failed)
    assert all(each["files"] == {"gradcli": ""} for each in failed)
    assert whole["out"] == "9.0\n"
