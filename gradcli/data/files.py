"""A file is opened, or the error says in the user's own spelling of its name why it cannot be."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import TextIO

from gradcli.errors import DataError

_BOM = b"\xef\xbb\xbf"
_OTHER_ENCODINGS = (
    (b"\xff\xfe\x00\x00", "UTF-32"), (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"),
)  # fmt: skip
_MAGIC = (
    (b"\x1f\x8b", "a gzip file", "end its name in .gz"),
    (b"BZh", "a bzip2 file", "unpack it first: bunzip2"),
    (b"\xfd7zXZ\x00", "an xz file", "unpack it first: unxz"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "unpack it first: unzstd"),
    (b"PK\x03\x04", "a zip file or an Excel workbook (.xlsx)", "save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls)", "save the sheet as CSV"),
    (b"PAR1", "a Parquet file", "end its name in .parquet"),
    (b"ARROW1", "an Arrow file", "end its name in .arrow"),
    (b"\x93NUMPY", "a NumPy array", "name it .npy"),
    (b"\x89HDF", "an HDF5 file", "save the table as CSV"),
    (b"SQLite format 3\x00", "an SQLite database", "save the table as CSV"),
)
MOST = 1 << 29
"""Bytes that are read of a file which is read whole."""


def resolve(path: str) -> str:
    """The path that the system knows, `~` being the home folder."""
    if not path or "\0" in path:
        raise DataError(f"{path!r} is no name of a file")
    return os.path.expanduser(path)


STANDARD_INPUT = "-"


def suffix(path: str) -> str:
    """The lower-case ending of a file's name, `.csv` for `Iris.CSV` and for `iris.csv.gz`."""
    name, ending = os.path.splitext(path)
    if ending.lower() == ".gz":
        ending = os.path.splitext(name)[1]
    return ending.lower()


def called(path: str) -> str:
    """What an error calls a file: `-` is standard input."""
    return "standard input" if path == STANDARD_INPUT else path


def is_stream(path: str) -> bool:
    """Whether a file can be read only once: standard input, a named pipe, `<(…)`."""
    if path == STANDARD_INPUT:
        return True
    with suppress(OSError):
        mode = os.stat(resolve(path)).st_mode
        return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
    return False


def reason(error: OSError) -> str:
    """What the system said, as the end of a sentence."""
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]


@contextmanager
def reading(path: str) -> Iterator[io.BufferedReader]:
    """An open file, unpacked where its name ends in .gz; whatever the system refuses, at once or
    later, is a DataError."""
    try:
        if path == STANDARD_INPUT:
            yield _standard_input()
            return
        with open(resolve(path), "rb") as stream:
            if path.lower().endswith(".gz"):
                with _unpacked(path, stream) as text:
                    yield text
            else:
                yield stream
    except FileNotFoundError:
        raise DataError(f"{path}: no such file", hint="check the path") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a directory, not a file") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {reason(error)}") from None


def _standard_input() -> io.BufferedReader:
    if sys.stdin is None:
        raise DataError("there is no standard input", hint="name a file")
    found: io.BufferedReader = sys.stdin.buffer  # type: ignore[assignment]
    return found


def unpacked(content: bytes, path: str) -> bytes:
    """The content of a pipe, which has no name that says whether it is packed."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    with _unpacked(path, io.BufferedReader(io.BytesIO(content))) as stream:
        return whole(stream, path)


@contextmanager
def _unpacked(path: str, packed: io.BufferedReader) -> Iterator[io.BufferedReader]:
    import gzip
    import zlib

    try:
        with gzip.GzipFile(fileobj=packed) as stream:
            yield io.BufferedReader(stream)
    except (gzip.BadGzipFile, zlib.error):
        raise DataError(f"{path} is damaged, or no gzip file", hint="pack it again") from None
    except EOFError:
        raise DataError(f"{path} is cut off", hint="pack it again") from None


def read_bytes(path: str) -> bytes:
    """The whole of a file, which may be a pipe."""
    with reading(path) as stream:
        return whole(stream, path)


def rereadable(path: str) -> Callable[[], AbstractContextManager[io.BufferedReader]]:
    """What opens a file, also one that can be read only once: a table is read for its header, its
    columns, and the place of an error."""
    if not is_stream(path):
        return partial(reading, path)
    content = unpacked(read_bytes(path), called(path))
    return lambda: io.BufferedReader(io.BytesIO(content))


def whole(stream: io.BufferedReader, path: str) -> bytes:
    """All that a stream holds; DataError for one without an end."""
    parts: list[bytes] = []
    size = 0
    while part := stream.read(1 << 20):
        size += len(part)
        if size > MOST:
            what = f"{path} is longer than {MOST >> 20} MB, or has no end"
            raise DataError(what, hint="save arrays as .npy")
        parts.append(part)
    return b"".join(parts)


def read_text(path: str) -> str:
    """The whole of a UTF-8 file without its byte order mark."""
    data = read_bytes(path)
    refuse_other_kinds(path, data)
    try:
        text = data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError:
        raise bad_bytes(path, io.BytesIO(data)) from None
    if "\0" in text:
        raise bad_bytes(path, io.BytesIO(data))
    return text


def text_stream(path: str, stream: io.BufferedReader) -> TextIO:
    """The lines of a UTF-8 file with their own ends, after its byte order mark."""
    head = stream.peek(32)
    refuse_other_kinds(path, head)
    if head[:3] == _BOM:
        stream.read(3)
    return io.TextIOWrapper(stream, encoding="utf-8", newline="")


def refuse_other_kinds(path: str, head: bytes) -> None:
    """Returns when the first bytes of a file may be UTF-8 text, and else names what they are."""
    for mark, encoding in _OTHER_ENCODINGS:
        if head.startswith(mark):
            raise DataError(f"{path} is {encoding} text", hint="save it as UTF-8")
    for mark, kind, hint in _MAGIC:
        if head.startswith(mark):
            raise DataError(f"{path} is {kind}, not text", hint=hint)


def bad_bytes(path: str, lines: Iterable[bytes]) -> DataError:
    """The error that names the first byte of a file that is no UTF-8 text."""
    offset = 0
    for number, line in enumerate(lines, 1):
        try:
            start = line.decode("utf-8").find("\0")
            if start >= 0:
                start = line.index(b"\0")
                what = f"{path} has a NUL byte at offset {offset + start} (line {number})"
                return DataError(what, hint="is it binary, or UTF-16? save it as UTF-8 text")
        except UnicodeDecodeError as error:
            where = f"byte 0x{line[error.start]:02x} at offset {offset + error.start}"
            what = f"{path} is not UTF-8: {where} (line {number})"
            return DataError(what, hint="save it as UTF-8")
        offset += len(line)
    return DataError(f"{path} changed while it was read")


def repeated(names: Iterable[str]) -> str | None:
    """The first name that stands a second time."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
