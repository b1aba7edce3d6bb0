"""NumPy's own files, `.npy` and `.npz`, of which nothing but numbers and names is ever loaded.

The header of an array is read and held against the size of the file before any memory is taken.
No pickle is loaded: an array of Python objects is refused.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import IO, TYPE_CHECKING, Any

from gradcli.data.files import reading, repeated, resolve, whole
from gradcli.data.plain import MOST_AXES
from gradcli.errors import DataError
from gradcli.memory import MEMORY
from gradcli.words import listed, nearest, quoted

if TYPE_CHECKING:
    import zipfile

    import numpy as np
    import numpy.typing as npt

_KINDS = {
    "c": "complex numbers", "S": "bytes", "U": "text", "M": "dates", "m": "times", "V": "records",
}  # fmt: skip

_LONGEST_HEADER = 1 << 14
"""Bytes; NumPy takes one of 10,000."""


@dataclass(frozen=True)
class Header:
    """What an array file says of itself: its shape, and what it holds."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def numeric(self) -> bool:
        return self.dtype.kind in "fiub"


def check_kind(header: Header, label: str, text: bool = False) -> None:
    """Returns where an array holds numbers, or names where `text` is asked for."""
    if header.dtype.hasobject:
        raise DataError(f"{label} holds Python objects, which are never loaded")
    if not (header.numeric or (text and header.dtype.kind == "U")):
        held = _KINDS.get(header.dtype.kind, str(header.dtype))
        raise DataError(f"{label} holds {held}, not numbers")


def read_header(stream: IO[bytes], size: int, label: str) -> Header:
    """The header at the start of an array file of `size` bytes, which holds as much as it says."""
    import tokenize

    from numpy.lib import format as npy

    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    # Of a packed file no more is unpacked than a header that NumPy takes.
    start = io.BytesIO(stream.read(_LONGEST_HEADER))
    try:
        version = npy.read_magic(start)
        if version not in readers:
            raise DataError(f"{label} is in version {version[0]}.{version[1]} of the NumPy format")
        with _unwarned():
            shape, _fortran, dtype = readers[version](start)
    except (ValueError, TypeError, SyntaxError, EOFError, tokenize.TokenError, RecursionError):
        raise _damaged(label) from None
    if any(type(length) is not int or length < 0 for length in shape):
        raise _damaged(label)
    total = start.tell() + (0 if dtype.hasobject else dtype.itemsize * prod(shape))
    if size < total:
        raise DataError(f"{label} is cut off: it has {size} bytes of {total}")
    # Empty axes do not make the others smaller, nor do numbers take less room as float64.
    most = prod(length or 1 for length in shape) * max(dtype.itemsize, 8)
    if len(shape) > MOST_AXES or not dtype.itemsize or most >= 1 << 63:
        raise _damaged(label)
    return Header(shape, dtype)


@contextmanager
def _unwarned() -> Iterator[None]:
    """A block in which NumPy says nothing of an old header, which it reads as well."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def check_text(array: npt.NDArray[Any], label: str) -> None:
    """Returns where every character of an array of text is one."""
    import numpy as np

    codes = np.ascontiguousarray(array).view(np.dtype("u4").newbyteorder(array.dtype.byteorder))
    if codes.size and codes.max() > sys.maxunicode:
        raise _damaged(label)


def _damaged(label: str) -> DataError:
    return DataError(f"{label} is no NumPy array, or a damaged one")


def npy_header(path: str) -> Header:
    """The header of a `.npy` file."""
    with reading(path) as stream:
        return read_header(stream, os.fstat(stream.fileno()).st_size, path)


def load_npy(path: str, mapped: bool = False) -> npt.NDArray[Any]:
    """The array of a `.npy` file, read from disk only where it is used when it is `mapped`."""
    import numpy as np

    npy_header(path)
    try:
        with _unwarned():
            array: npt.NDArray[Any] = np.load(
                resolve(path), mmap_mode="r" if mapped else None, allow_pickle=False
            )
    except (ValueError, OSError, EOFError):
        raise _damaged(path) from None
    except MemoryError:
        raise DataError(f"{path} does not fit into memory") from None
    return array


class Npz:
    """The arrays of a `.npz` file, each read when it is asked for."""

    def __init__(self, path: str) -> None:
        self.path = path
        with self._opened() as archive:
            members = [name for name in archive.namelist() if name.endswith(".npy")]
        self.keys = [name.removesuffix(".npy") for name in members]
        twice = repeated(self.keys)
        if twice is not None:
            raise DataError(f"{path} has '{twice}' twice")

    def label(self, key: str) -> str:
        return f"{self.path}['{key}']"

    def header(self, key: str) -> Header:
        with self._member(key) as (stream, size):
            return read_header(stream, size, self.label(key))

    def load(self, key: str, text: bool = False) -> npt.NDArray[Any]:
        """An array of numbers, or also of names where `text` is allowed."""
        from numpy.lib import format as npy

        header = self.header(key)
        check_kind(header, self.label(key), text)
        # A packed file may be a thousand times smaller than what it holds.
        size = prod(header.shape) * max(header.dtype.itemsize, 8)
        if size > MEMORY:
            raise DataError(
                f"{self.label(key)} needs {size / 1e9:,.0f} GB of memory, this machine has"
                f" {MEMORY / 1e9:,.0f} GB",
                hint="save the part that is needed",
            )
        with self._member(key) as (stream, _size), _unwarned():
            array: npt.NDArray[Any] = npy.read_array(stream, allow_pickle=False)
            return array

    @contextmanager
    def _member(self, key: str) -> Iterator[tuple[IO[bytes], int]]:
        if key not in self.keys:
            there = f"it has {listed(map(quoted, self.keys))}" if self.keys else ""
            hint = nearest(key, self.keys) or there
            raise DataError(f"{self.path} has no array '{key}'", hint=hint)
        with self._opened() as archive:
            info = archive.getinfo(key + ".npy")
            with archive.open(info) as stream:
                yield stream, info.file_size

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        import lzma
        import struct
        import zipfile
        import zlib

        damage = (
            zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError,
            ValueError, NotImplementedError, RuntimeError,
        )  # fmt: skip
        with reading(self.path) as stream:
            try:
                # Where a file ends is sought from its end, which only a regular one has.
                regular = stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
                file = stream if regular else io.BytesIO(whole(stream, self.path))
                with zipfile.ZipFile(file) as archive:
                    yield archive
            except damage:
                raise DataError(f"{self.path} is no .npz file, or a damaged one") from None
            except MemoryError:
                raise DataError(f"{self.path} does not fit into memory") from None
