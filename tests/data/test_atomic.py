"""Atomic writing: the old file or the whole new one, whatever happens in between."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading

import pytest

from gradcli.data.atomic import atomic_text, atomic_write, check_writable, is_regular
from gradcli.errors import DataError


def put(path, data=b"new"):
    with atomic_write(path) as handle:
        handle.write(data)


def test_a_new_file_gets_the_modes_that_open_gives(here):
    old = os.umask(0o027)
    try:
        put("a")
    finally:
        os.umask(old)
    assert (here / "a").read_bytes() == b"new"
    assert stat.S_IMODE(os.stat("a").st_mode) == 0o640
    assert os.listdir() == ["a"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o660])
def test_a_replaced_file_keeps_its_mode(write, here, mode):
    os.chmod(write("a", "old"), mode)
    put("a")
    assert (here / "a").read_bytes() == b"new"
    assert stat.S_IMODE(os.stat("a").st_mode) == mode


def test_what_is_being_written_is_as_private_as_the_old_file(write):
    os.chmod(write("a", "old"), 0o600)
    with atomic_write("a") as handle:
        assert stat.S_IMODE(os.fstat(handle.fileno()).st_mode) == 0o600


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("old", [b"old", None])
def test_an_exception_leaves_everything_as_it_was(write, here, error, old):
    if old is not None:
        write("a", old)

    def interrupted():
        with atomic_write("a") as handle:
            handle.write(b"half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert os.listdir() == (["a"] if old else [])
    assert old is None or (here / "a").read_bytes() == old


def test_the_old_file_stands_until_the_end(write, here):
    write("a", "old")
    with atomic_write("a") as handle:
        handle.write(b"new")
        handle.flush()
        assert (here / "a").read_bytes() == b"old"
    assert (here / "a").read_bytes() == b"new"


def test_a_symbolic_link_stays_and_its_target_is_replaced(write, here):
    (here / "folder").mkdir()
    write("folder/real", "old")
    os.symlink("folder/real", "link")
    os.symlink("link", "link to link")
    put("link to link")
    assert os.readlink("link") == "folder/real"
    assert os.readlink("link to link") == "link"
    assert (here / "folder/real").read_bytes() == b"new"
    assert os.listdir("folder") == ["real"]


def test_a_link_to_nothing_creates_its_target(here):
    os.symlink("target", "link")
    put("link")
    assert os.readlink("link") == "target"
    assert (here / "target").read_bytes() == b"new"


def test_a_named_pipe_is_written(here):
    os.mkfifo("pipe")
    got = []
    reader = threading.Thread(target=lambda: got.append((here / "pipe").read_bytes()))
    reader.start()
    put("pipe")
    reader.join()
    assert got == [b"new"]
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)
    assert not is_regular("pipe")


def test_a_device_is_written():
    put("/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert not is_regular("/dev/null")
    assert is_regular("no such file")


def test_a_full_device_is_an_error(refused):
    assert refused(put, "/dev/full") == "cannot write /dev/full: no space left on device"
    assert refused(put, "/dev/full", b"x" * 10**6) == (
        "cannot write /dev/full: no space left on device"
    )


WRITE = """
import sys
from gradcli.data.atomic import atomic_write
with atomic_write(sys.argv[1]) as handle:
    handle.write(b"new")
print("after", flush=True)
"""


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("mode", ["ab", "wb"])
def test_standard_output_is_written_in_place_even_where_it_is_a_file(here, path, mode):
    (here / "log").write_bytes(b"old ")
    inode = os.stat("log").st_ino
    with open("log", mode) as log:
        # As a shell does for `>>` and `>`; `>` empties the file first.
        subprocess.run([sys.executable, "-c", WRITE, path], stdout=log, check=True)
    got = (here / "log").read_bytes()
    assert got == (b"old newafter\n" if mode == "ab" else b"newafter\n")
    assert os.stat("log").st_ino == inode
    assert os.listdir() == ["log"]


def test_standard_output_as_a_socket():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        subprocess.run([sys.executable, "-c", WRITE, "/dev/stdout"], stdout=theirs, check=True)
        assert ours.recv(100) == b"newafter\n"


def test_a_descriptor_that_is_not_open(refused):
    assert refused(put, "/dev/fd/987") == "cannot write /dev/fd/987: it is closed"


def test_standard_output_as_a_pipe():
    done = subprocess.run([sys.executable, "-c", WRITE, "/dev/stdout"], capture_output=True)
    assert done.stdout == b"newafter\n"
    assert done.stderr == b""


def test_a_closed_pipe_stays_a_closed_pipe():
    code = "import signal, os; r, w = os.pipe(); os.close(r)\n" + WRITE.replace(
        "sys.argv[1]", "f'/dev/fd/{w}'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == "BrokenPipeError: [Errno 32] Broken pipe"


BAD = {
    "no/such/p.json": "there is no folder {here}/no/such",
    "folder": "it is a directory",
    "folder/": "it is a directory",
    "new/": "it is a directory",
    "/": "it is a directory",
    "file/p.json": "not a directory",
    "loop": "too many levels of symbolic links",
    "link": "there is no folder {here}/nowhere",
    "x" * 300: "file name too long",
    "/proc/p.json": "no such file or directory",
}


@pytest.mark.parametrize("path", BAD, ids=lambda path: path[:20])
def test_targets_that_cannot_be_written(here, write, refused, path):
    (here / "folder").mkdir()
    write("file", "")
    os.symlink("loop", "loop")
    os.symlink("nowhere/p.json", "link")
    before = sorted(os.listdir())
    said = f"cannot write {path}: " + BAD[path].format(here=here)
    assert refused(put, path) == said
    assert refused(check_writable, path) == said.replace(": no such", ": in its folder: no such")
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_names_that_are_none(refused, path):
    assert refused(put, path) == f"{path!r} is no name of a file"


def test_a_folder_in_which_nothing_can_be_made(refused):
    path = "/sys/gradcli.json"
    said = refused(check_writable, path)
    assert said.startswith(f"cannot write {path}: in its folder: ")


def test_a_file_that_is_write_protected(write, refused, monkeypatch):
    # Root may write everything, so the system's answer is put in place of it.
    monkeypatch.setattr("os.access", lambda path, mode: False)
    write("a", "old")
    assert refused(put, "a") == "cannot write a: it is write-protected"
    assert refused(check_writable, "a") == "cannot write a: it is write-protected"


def test_the_check_touches_nothing(write, here):
    write("a", "old")
    os.utime("a", (1, 1))
    os.mkfifo("pipe")
    check_writable("a")
    check_writable("new")
    check_writable("pipe")
    check_writable("/dev/null")
    assert os.stat("a").st_mtime == 1
    assert sorted(os.listdir()) == ["a", "pipe"]


def test_the_home_folder(here, monkeypatch):
    monkeypatch.setenv("HOME", str(here))
    check_writable("~/a")
    put("~/a")
    assert (here / "a").read_bytes() == b"new"


def test_text_is_utf8_with_its_own_newlines(here):
    with atomic_text("a") as text:
        text.write("θ = 1\r\n\udcff\n")
    assert (here / "a").read_bytes() == "θ = 1\r\n\\udcff\n".encode()

    def interrupted():
        with atomic_text("a") as text:
            text.write("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (here / "a").read_bytes().startswith("θ".encode())
    assert os.listdir() == ["a"]


def test_text_on_a_full_device(refused):
    def fill():
        with atomic_text("/dev/full") as text:
            text.write("x" * 100_000)

    assert refused(fill) == "cannot write /dev/full: no space left on device"


def test_a_disk_that_fills_up_leaves_the_old_file(write, here, refused, monkeypatch):
    def full(_descriptor):
        raise OSError(28, os.strerror(28))

    write("a", "old")
    monkeypatch.setattr("os.fsync", full)
    assert refused(put, "a") == "cannot write a: no space left on device"
    assert (here / "a").read_bytes() == b"old"
    assert os.listdir() == ["a"]


def test_an_error_of_the_block_is_no_error_of_the_file(here):
    with pytest.raises(DataError, match=r"^mine$"), atomic_write("a"):
        raise DataError("mine")


LINES = """
from gradcli.data.atomic import atomic_write

def write(count):
    with atomic_write("state") as handle:
        for _ in range(20):
            handle.write(b"%d" % count * 1000)

def read():
    found = open("state", "rb").read().decode()
    assert len(found) == 20_000 and set(found) == {found[0]}, found
    return found[0]
"""


def test_a_kill_leaves_the_old_file_or_the_whole_new_one(here, states_after_kills):
    states = states_after_kills(LINES)
    assert states == sorted(states)  # the old one, and from some line on the new one
    assert states.count("1") > 40  # opening, 20 times writing, closing
    assert states[-1] == "2"


def test_what_a_killed_process_left_behind_is_removed(here):
    killed = """
import os, signal, sys
from gradcli.data.atomic import atomic_write
with atomic_write(sys.argv[1]) as handle:
    handle.write(b"half")
    handle.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", killed, "p.json"], cwd=here, check=False)
    assert [path.suffix for path in here.iterdir()] == [".tmp"]
    with atomic_write("other.json") as handle:
        handle.write(b"other")
        put("p.json")
    assert sorted(path.name for path in here.iterdir()) == ["other.json", "p.json"]
