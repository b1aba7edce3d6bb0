"""Plain data kept between runs, in a folder that nobody else can write.

A file holds the checksum of what follows and the data as `marshal` spells it: numbers, strings and
containers, so that reading it can run no code. It appears whole or not at all. Where no such
folder can be made, and where a file is damaged, there is no cache, and no error either.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
import zlib
from contextlib import suppress
from typing import Any

_CHECKSUM = 4
_MOST = 1 << 26
"""Bytes of a file that may be ours."""

_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
# Else to open a named pipe waits for someone at its other end.
_AT_ONCE = getattr(os, "O_NONBLOCK", 0)


def read(name: str) -> Any:
    """What `write` kept under this name, or None."""
    folder = private_folder()
    if folder is None:
        return None
    try:
        descriptor = os.open(os.path.join(folder, name), os.O_RDONLY | _FLAGS | _AT_ONCE)
        with open(descriptor, "rb") as file:
            if not _is_ours(os.fstat(descriptor), stat.S_ISREG):
                return None
            content = file.read(_MOST)
        kept = content[_CHECKSUM:]
        return marshal.loads(kept) if content[:_CHECKSUM] == checksum(kept) else None
    except (OSError, ValueError, EOFError, TypeError):
        return None


def write(name: str, data: Any) -> None:
    """Keeps `data` under this name, where that is possible."""
    folder = private_folder()
    if folder is None:
        return
    path = os.path.join(folder, name)
    draft = f"{path}.{os.getpid()}"
    try:
        content = marshal.dumps(data)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
    except (OSError, ValueError):
        return
    try:
        with open(descriptor, "wb") as file:
            file.write(checksum(content) + content)
        os.replace(draft, path)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(draft)
        if not isinstance(error, OSError):
            raise


def checksum(content: bytes) -> bytes:
    """What tells damage. A digest would load OpenSSL, which takes 3 ms of a start."""
    return zlib.crc32(content).to_bytes(_CHECKSUM, "big")


def private_folder() -> str | None:
    """The folder for cached files, made when it is missing; None where it would not be safe."""
    base = _user_cache()
    if base is None:
        return None
    base = os.path.realpath(base)
    folder = os.path.join(base, "gradcli")
    try:
        _make(base)
        _make(folder)
        if not _is_ours(os.lstat(folder), stat.S_ISDIR):
            return None
        # Whoever can write a folder above could put another one in place of this.
        above = base
        while _holds_still(os.lstat(above)):
            if above == os.path.dirname(above):
                return folder
            above = os.path.dirname(above)
    except OSError:
        pass
    return None


def _user_cache() -> str | None:
    """Where this system keeps what a user's programs can make again."""
    if sys.platform == "win32":
        path = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        path = os.path.expanduser("~/Library/Caches")
    else:
        path = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(path):
            path = os.path.expanduser("~/.cache")
    return path if os.path.isabs(path) else None


def _make(folder: str) -> None:
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    except FileNotFoundError:
        os.makedirs(folder, 0o700, exist_ok=True)


def _is_ours(found: os.stat_result, kind: Any) -> bool:
    """Whether this is what it should be, this user's, and closed to everyone else."""
    if not kind(found.st_mode):
        return False
    # Windows has no such bits; its folder for local data is the user's own.
    return os.name == "nt" or (found.st_uid == os.getuid() and not found.st_mode & 0o077)


def _holds_still(found: os.stat_result) -> bool:
    """Whether nobody but this user and the superuser can move what a folder holds."""
    if os.name == "nt":
        return True
    closed = not found.st_mode & 0o022 or bool(found.st_mode & stat.S_ISVTX)
    return closed and found.st_uid in (0, os.getuid())
