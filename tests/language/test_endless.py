"""A program without an end is refused at a size that the error states."""

from __future__ import annotations

import io
import sys

import pytest

from gradcli.errors import DataError
from gradcli.language import sources


class Zeros(io.RawIOBase):
    """What /dev/zero is, without a device."""

    def readable(self):
        return True

    def readinto(self, buffer):
        buffer[:] = bytes(len(buffer))
        return len(buffer)


def test_a_program_without_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST", 3 << 20)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Zeros())))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "endless.grad").symlink_to("/dev/zero")
    for source, name in (("-", "standard input"), ("endless.grad", "endless.grad")):
        with pytest.raises(DataError) as caught:
            sources.read_source(source)
        assert caught.value.what == f"{name} is longer than 3 MB, or has no end"
        assert caught.value.hint == "give data with --data, and a program as SOURCE"


def test_the_longest_program(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "MOST", 5)
    path = tmp_path / "x.grad"
    path.write_text("x + 1")
    assert sources.read_source(str(path)).text == "x + 1"
    path.write_text("x + 12")
    with pytest.raises(DataError):
        sources.read_source(str(path))
