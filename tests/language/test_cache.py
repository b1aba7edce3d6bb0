"""The cache holds plain data in a private folder, and does without where that cannot be had."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gradcli.language import cache, parse
from gradcli.language.parser import _parser

DATA = {"states": {0: (1, 2)}, "names": ["a", "θ"], "none": None}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty place for caches."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path / "cache"


@pytest.fixture
def parser_afresh():
    """Forgets the parser before and after, so that it is made or loaded again."""
    _parser.cache_clear()
    yield
    _parser.cache_clear()


def test_what_is_kept_comes_back(home):
    assert cache.read("tables") is None
    cache.write("tables", DATA)
    assert cache.read("tables") == DATA
    assert cache.read("others") is None


def test_nobody_else_can_read_or_write(home):
    before = os.umask(0)
    try:
        cache.write("tables", DATA)
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "gradcli").stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "gradcli" / "tables").stat().st_mode) == 0o600
    assert [path.name for path in (home / "gradcli").iterdir()] == ["tables"]


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o750, 0o755, 0o777])
def test_a_folder_open_to_others_is_not_used(home, mode):
    folder = home / "gradcli"
    cache.write("tables", DATA)
    folder.chmod(mode)
    assert cache.private_folder() is None
    assert cache.read("tables") is None
    cache.write("more", DATA)
    assert not (folder / "more").exists()


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o1777, 0o755])
def test_a_folder_above_must_hold_still(home, mode):
    cache.write("tables", DATA)
    home.chmod(mode)
    kept = cache.read("tables")
    # In a sticky folder, as /tmp is one, others can write and cannot move what is not theirs.
    assert kept == (DATA if mode in (0o1777, 0o755) else None)


def test_a_link_is_not_followed(home, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    home.mkdir(mode=0o700)
    (home / "gradcli").symlink_to(elsewhere)
    cache.write("tables", DATA)
    assert cache.read("tables") is None
    assert list(elsewhere.iterdir()) == []


def test_a_linked_file_is_not_read(home, tmp_path):
    cache.write("tables", DATA)
    kept = home / "gradcli" / "tables"
    kept.rename(tmp_path / "moved")
    kept.symlink_to(tmp_path / "moved")
    assert cache.read("tables") is None


def test_a_file_open_to_others_is_not_read(home):
    cache.write("tables", DATA)
    (home / "gradcli" / "tables").chmod(0o620)
    assert cache.read("tables") is None


def test_a_folder_of_another_user_is_not_used(home, monkeypatch):
    cache.write("tables", DATA)
    monkeypatch.setattr(os, "getuid", lambda: home.stat().st_uid + 1)
    assert cache.read("tables") is None


@pytest.mark.parametrize("base", ["", "relative"])
def test_without_an_absolute_path_the_home_folder_is_used(tmp_path, monkeypatch, base):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", base)
    assert cache.private_folder() == str(tmp_path / ".cache" / "gradcli")


def test_each_system_has_its_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.private_folder() == str(tmp_path / "Library" / "Caches" / "gradcli")
    monkeypatch.setattr(sys, "platform", "win32")
    assert cache.private_folder() == str(tmp_path / "Local" / "gradcli")


def test_where_no_folder_can_be_made_there_is_no_cache(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    cache.write("tables", DATA)
    assert cache.read("tables") is None


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "other", "folder"])
def test_a_damaged_file_is_as_good_as_none(home, damage):
    cache.write("tables", DATA)
    kept = home / "gradcli" / "tables"
    content = bytearray(kept.read_bytes())
    if damage == "cut":
        kept.write_bytes(content[:-1])
    elif damage == "flip":
        content[40] ^= 1
        kept.write_bytes(content)
    elif damage == "empty":
        kept.write_bytes(b"")
    elif damage == "other":
        kept.write_bytes(b"cposix\nsystem\n(S'true'\ntR." * 10)
    else:
        kept.unlink()
        kept.mkdir()
    assert cache.read("tables") is None
    cache.write("tables", DATA)
    assert cache.read("tables") == (None if damage == "folder" else DATA)


@pytest.mark.parametrize("put", ["pipe", "socket", "endless"])
def test_what_is_no_file_is_neither_waited_for_nor_read(home, put):
    cache.write("tables", DATA)
    kept = home / "gradcli" / "tables"
    kept.unlink()
    if put == "pipe":
        os.mkfifo(kept, 0o600)
    elif put == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(os.path.relpath(kept))
    else:
        with kept.open("wb") as file:
            file.truncate(1 << 40)
        kept.chmod(0o600)
    assert cache.read("tables") is None
    cache.write("tables", DATA)
    assert cache.read("tables") == DATA
    assert [path.name for path in kept.parent.iterdir()] == ["tables"]


@pytest.mark.parametrize("fails", ["write", "replace"])
def test_a_disk_that_fills_up_leaves_no_draft(home, monkeypatch, fails):
    if fails == "replace":
        cache.write("tables", DATA)
        (home / "gradcli" / "tables").unlink()
        (home / "gradcli" / "tables").mkdir()
    else:

        def full(path, *_):
            raise OSError(28, os.strerror(28), path)

        cache.private_folder()
        monkeypatch.setattr(cache, "open", full, raising=False)
    cache.write("tables", DATA)
    assert [p.name for p in (home / "gradcli").iterdir() if p.is_file()] == []


def test_other_plain_data_under_the_name_of_the_tables(home, parser_afresh):
    made = parse("x + 1")
    (kept,) = (home / "gradcli").iterdir()
    for foreign in (5, (), ("another", 1, 2), {"x": 1}, "text"):
        cache.write(kept.name, foreign)
        _parser.cache_clear()
        assert parse("x + 1") == made


def test_what_is_no_plain_data_is_not_kept(home):
    cache.write("tables", object())
    assert cache.read("tables") is None


def test_the_parser_is_the_same_from_the_cache(home, parser_afresh):
    made = parse("f(x) = -x^2; f(a[0]) < 1")
    (kept,) = (home / "gradcli").iterdir()
    written = kept.stat().st_mtime_ns
    _parser.cache_clear()
    assert parse("f(x) = -x^2; f(a[0]) < 1") == made
    assert kept.stat().st_mtime_ns == written


def test_a_damaged_cache_is_made_again(home, parser_afresh):
    parse("x")
    (kept,) = (home / "gradcli").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    _parser.cache_clear()
    assert parse("x + 1").kinds == ["name", "number", "operator"]
    assert len(kept.read_bytes()) == len(whole)


def test_many_may_start_at_once(home):
    code = "from gradcli.language import parse; print(parse('(a+b)*2').arguments)"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for seed in range(6)
    ]
    outputs = {process.communicate()[0] for process in running}
    assert outputs == {b"['a', 'b', 'add', 2.0, 'mul']" + os.linesep.encode()}
    (kept,) = (home / "gradcli").iterdir()
    assert cache.read(kept.name) is not None


def test_no_pickle_is_loaded(home):
    """Lark's own cache is one; ours is not, and Lark is not asked for its own."""
    code = (
        "import pickle\n"
        "def refuse(*_): raise SystemExit('a pickle')\n"
        "pickle.load = pickle.loads = pickle.Unpickler = refuse\n"
        "from gradcli.language import parse\n"
        "parse('x')\n"
    )
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code], check=True)
    assert [path.parent for path in Path(home).rglob("*") if path.is_file()] == [home / "gradcli"]
