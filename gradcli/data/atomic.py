"""A file is replaced whole or not at all: after a crash, a full disk or a kill, the old one stands.

The new bytes go to a temporary file in the same folder, reach the disk, and take the old file's
name in one step; one that a killed process left behind is removed by the next. A target that is no
regular file, such as `/dev/stdout` or a named pipe, is written and never replaced; so is one that a
symbolic link leads to, with the link kept.
"""

from __future__ import annotations

import io
import os
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, TextIO

from gradcli.data.files import reason, resolve
from gradcli.errors import DataError

_HOST = f"{zlib.crc32(os.fsencode(os.uname().nodename)):08x}" if hasattr(os, "uname") else ""
_TEMPORARY = re.compile(rf"\.gradcli-{_HOST}-([0-9]+)-[0-9a-f]+\.tmp")
_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}


@dataclass(frozen=True)
class _Target:
    """Where the bytes go: a file by its name without links, or a descriptor that is open already.

    `old` is what stands there, and `replaced` whether a new file takes its place.
    """

    file: str | int
    old: os.stat_result | None
    replaced: bool


@contextmanager
def atomic_write(path: str) -> Iterator[BinaryIO]:
    """A binary handle whose bytes become the file when the block ends without an exception.

    On any exception, KeyboardInterrupt too, the old file stays. What the system refuses is a
    DataError; a closed pipe stays a BrokenPipeError.
    """
    target = _allowed(path)
    try:
        if target.replaced:
            with _replacement(str(target.file), target.old) as handle:
                yield handle
        else:
            # A copy of the descriptor goes on where its owner stands: `>> log` is not cut.
            file = os.dup(target.file) if isinstance(target.file, int) else target.file
            with open(file, "wb") as stream:
                yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _refusal(path, reason(error)) from None


@contextmanager
def atomic_text(path: str) -> Iterator[TextIO]:
    """The same for UTF-8 text, its newlines written as they are."""
    with atomic_write(path) as binary:
        text = io.TextIOWrapper(binary, encoding="utf-8", errors="backslashreplace", newline="")
        try:
            yield text
            text.flush()
        finally:
            # Left attached, the wrapper would close the handle of its own accord.
            with suppress(OSError, ValueError):
                text.detach()


def check_writable(path: str) -> None:
    """Returns where `atomic_write` will find its way; the target itself is not touched."""
    target = _allowed(path)
    if not target.replaced:
        return
    # Only an attempt tells: permissions, a read-only or a special file system, a quota.
    probe = _temporary_beside(str(target.file))
    try:
        with open(probe, "xb"):
            pass
        os.unlink(probe)
    except OSError as error:
        raise _refusal(path, f"in its folder: {reason(error)}") from None


def is_regular(path: str) -> bool:
    """Whether writing to `path` replaces or creates a regular file."""
    return _located(path).replaced


@contextmanager
def _replacement(path: str, old: os.stat_result | None) -> Iterator[BinaryIO]:
    temporary = _temporary_beside(path)
    _remove_abandoned(os.path.dirname(path))
    try:
        with open(temporary, "xb", opener=_private if old else None) as handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        if old is not None:
            if hasattr(os, "chown"):
                # Only root may give a file away; for others it is theirs already, or becomes so.
                with suppress(PermissionError):
                    os.chown(temporary, old.st_uid, old.st_gid)
            os.chmod(temporary, stat.S_IMODE(old.st_mode))
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _private(path: str, flags: int) -> int:
    """Opens a file that nobody else reads, until it gets the mode of the one that it replaces."""
    return os.open(path, flags, 0o600)


def _temporary_beside(path: str) -> str:
    # A name of its own, short where the target's is as long as the system allows.
    name = f".gradcli-{_HOST}-{os.getpid()}-{os.urandom(6).hex()}.tmp"
    return os.path.join(os.path.dirname(path), name)


def _remove_abandoned(folder: str) -> None:
    """Removes the temporary files of processes of this machine that run no more."""
    if not _HOST:
        return
    with suppress(OSError):
        for name in os.listdir(folder):
            found = _TEMPORARY.fullmatch(name)
            if found and not _runs(int(found[1])):
                os.unlink(os.path.join(folder, name))


def _runs(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _located(path: str) -> _Target:
    typed = resolve(path)
    try:
        real = os.path.realpath(typed)
    except OSError as error:  # a relative name, where the current folder is gone
        raise _refusal(path, reason(error)) from None
    try:
        old = os.stat(typed)
    except FileNotFoundError:
        old = None
    except OSError as error:
        raise _refusal(path, reason(error)) from None
    if not os.path.basename(typed) or (old is not None and stat.S_ISDIR(old.st_mode)):
        raise _refusal(path, "it is a directory")
    stream = _descriptor(typed)
    if stream is not None:
        return _Target(stream, old, replaced=False)
    if old is not None and not stat.S_ISREG(old.st_mode):
        return _Target(typed, old, replaced=False)
    return _Target(real, old, replaced=True)


def _descriptor(typed: str) -> int | None:
    """The descriptor that a name such as /dev/stdout or /dev/fd/3 stands for."""
    path = os.path.abspath(typed)
    folder, name = os.path.split(path)
    if folder in ("/dev/fd", "/proc/self/fd") and name.isdecimal():
        return int(name)
    return _STREAMS.get(path)


def _allowed(path: str) -> _Target:
    """The target, where nothing that can be seen without an attempt forbids to write it."""
    target = _located(path)
    if isinstance(target.file, int):
        if target.old is None:
            raise _refusal(path, "it is closed")
    elif target.old is not None:
        if not os.access(target.file, os.W_OK):
            raise _refusal(path, "it is write-protected")
    elif not os.path.isdir(folder := os.path.dirname(target.file)):
        raise _refusal(path, f"there is no folder {folder}")
    return target


def _refusal(path: str, why: str) -> DataError:
    return DataError(f"cannot write {path}: {why}")
