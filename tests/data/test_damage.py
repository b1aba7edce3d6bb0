"""Damaged array files, packed ones that unpack to too much, files without an end: DataErrors."""

from __future__ import annotations

import struct
import warnings
import zipfile

import numpy as np
import pytest

from gradcli.data import checkpoint, files, numpy_files
from gradcli.data.checkpoint import read_params
from gradcli.data.tables import open_table
from gradcli.data.values import read_value
from gradcli.errors import DataError

SHAPES = [
    "(True,)", "(True, 2)", "(0, 10**30 - 1)", f"(0, {10**30 - 1})", "(0, 9223372036854775807)",
    "(0, 2305843009213693952, 4)", "(-1,)", "(-1, -2)", "(9223372036854775807,)",
    "(2305843009213693952, 4)", "(2.0,)", "('a',)", "[2]", "2", "None", "(2j,)", "(nan,)",
    "(" + "1," * 40 + ")", "(" + "2," * 64 + ")", "(" + "9" * 5000 + ",)",
]  # fmt: skip
KINDS = [
    "'<f8'", "'|b1'", "'<U1'", "'<U0'", "'|V0'", "'|V8'", "'|S1'", "'<c16'", "'|O'",
    "[('a', '|O')]", "('<f8', (2,))", "'nonsense'", "5", "None", "'<U999999999999'",
]  # fmt: skip


def npy(shape: str, kind: str = "'<f8'", body: bytes = bytes(16)) -> bytes:
    header = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}}}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


def packed(path: str, member: str, content: bytes) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return path


def columns(argument: str) -> None:
    """Everything that is asked of a table."""
    table = open_table([argument])
    assert table.rows > 0
    table.read_numeric()
    table.take("x", slice(None))
    table.fingerprint(["x"])


def refused_everywhere(write, content: bytes) -> set[str]:
    """What every reader says of an array, which none may take for one."""
    write("x.npy", content)
    packed("x.npz", "x.npy", content)
    packed("c.npz", "checkpoint.npy", content)
    said = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's, of a header that is none
        for read, argument in (
            (read_value, "x.npy"), (read_value, "x.npz"), (columns, "x=x.npy"), (columns, "x.npz"),
            (read_params, "x.npz"), (read_params, "c.npz"),
        ):  # fmt: skip
            with pytest.raises(DataError) as caught:
                read(argument)
            said.add(caught.value.what)
    return said


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_that_no_array_has(write, shape):
    for kind in KINDS:
        refused_everywhere(write, npy(shape, kind))


def test_a_header_of_python_2_is_read_without_a_warning(write):
    write("x.npy", npy("(2L,)", body=struct.pack("<2d", 1.5, 2.0)))
    packed("x.npz", "x.npy", npy("(2L,)", body=struct.pack("<2d", 1.5, 2.0)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path in ("x.npy", "x.npz"):
            assert list(read_value(path)) == [1.5, 2.0]
            table = open_table([f"x={path}" if path == "x.npy" else path])
            table.read(["x"])
            assert list(table.columns["x"]) == [1.5, 2.0]


@pytest.mark.parametrize("kind", KINDS[3:])
def test_a_kind_of_entry_that_is_no_number(write, kind):
    refused_everywhere(write, npy("(1,)", kind))


@pytest.mark.parametrize("code", [0x110000, 0xFFFFFFFF])
@pytest.mark.parametrize("order", "<>")
def test_text_of_what_is_no_character(write, code, order):
    content = npy("(2,)", f"'{order}U1'", struct.pack(f"{order}2I", 65, code))
    said = refused_everywhere(write, content)
    assert "x.npz['x'] is no NumPy array, or a damaged one" in said


def test_a_header_is_not_unpacked_to_its_claimed_length(write, monkeypatch):
    content = b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + b"{" * 10_000_000
    read = []
    monkeypatch.setattr(
        zipfile.ZipExtFile, "read", _counted(zipfile.ZipExtFile.read, read), raising=True
    )
    refused_everywhere(write, content)
    assert max(read) <= 20_000


def _counted(read, sizes):
    def counting(self, n=-1):
        found = read(self, n)
        sizes.append(len(found))
        return found

    return counting


def test_an_array_larger_than_the_memory_is_refused_before_it_is_unpacked(here, monkeypatch):
    np.savez_compressed("big.npz", x=np.zeros(100_000))
    monkeypatch.setattr(numpy_files, "MEMORY", 799_999)
    read = []
    monkeypatch.setattr(
        zipfile.ZipExtFile, "read", _counted(zipfile.ZipExtFile.read, read), raising=True
    )
    for reader in (read_value, columns, read_params):
        with pytest.raises(DataError, match=r"big\.npz\['x'\] needs 0 GB of memory"):
            reader("big.npz")
    assert sum(read) < 120_000
    monkeypatch.setattr(numpy_files, "MEMORY", 800_000)
    assert read_value("big.npz").shape == (100_000,)


def test_the_mark_of_a_checkpoint_has_a_bound(here, monkeypatch):
    np.savez("c.npz", checkpoint=np.zeros(100, dtype=np.uint8))
    monkeypatch.setattr(checkpoint, "MOST", 99)
    with pytest.raises(DataError, match="damaged checkpoint"):
        read_params("c.npz")


@pytest.mark.parametrize("name", ["v.csv", "v.json", "v.npz"])
def test_a_file_without_an_end(here, monkeypatch, name):
    monkeypatch.setattr(files, "MOST", 3 << 20)
    (here / name).symlink_to("/dev/zero")
    for read in (read_value, read_params):
        with pytest.raises(DataError) as caught:
            read(name)
        assert caught.value.what == f"{name} is longer than 3 MB, or has no end"
        assert caught.value.hint == "save arrays as .npy"
