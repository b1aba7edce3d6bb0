"""Any bytes as a program, a value, data, parameters: an answer, in time that grows with their size.

The targets are those that `run.py` fuzzes. Here they get the kept corpus, the same damaged in
drawn ways, and any bytes at all; THOROUGH=10 in the environment draws ten times as many.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
THOROUGH = int(os.environ.get("THOROUGH", "1"))
spec = importlib.util.spec_from_file_location("fuzz_targets", HERE / "targets.py")
targets = importlib.util.module_from_spec(spec)
spec.loader.exec_module(targets)
KEPT = sorted(path for path in (HERE / "corpus").rglob("*") if path.is_file())


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", KEPT, ids=name_of)
def test_the_kept_corpus(path):
    targets.TARGETS[path.parent.name](path.read_bytes())


def test_every_target_has_a_corpus_and_every_corpus_a_target():
    assert {path.parent.name for path in KEPT} == set(targets.TARGETS)


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The bytes with a piece cut out, doubled, put elsewhere or overwritten, a few times."""
    for _ in range(draw(st.integers(1, 3))):
        start, stop = sorted(draw(st.tuples(*[st.integers(0, len(content))] * 2)))
        piece = content[start:stop]
        new = draw(st.sampled_from([b"", piece * 2, piece[::-1], piece.swapcase()])
                   | st.binary(max_size=8))  # fmt: skip
        content = content[:start] + new + content[stop:]
    return content


@pytest.mark.parametrize("path", KEPT, ids=name_of)
def test_a_damaged_file(path):
    content = path.read_bytes()

    @settings(max_examples=15 * THOROUGH, deadline=None, database=None)
    @given(damaged(content))
    def holds(changed: bytes) -> None:
        targets.TARGETS[path.parent.name](changed)

    holds()


@pytest.mark.parametrize("name", targets.TARGETS)
def test_any_bytes(name):
    @settings(max_examples=20 * THOROUGH, deadline=None, database=None)
    @given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
    def holds(content: bytes) -> None:
        targets.TARGETS[name](content)

    holds()


LONG = {
    "brackets": lambda n: b"(" * n, "closed": lambda n: b")" * n, "lists": lambda n: b"[" * n,
    "calls": lambda n: b"f(" * n, "signs": lambda n: b"-" * n, "digits": lambda n: b"9" * n,
    "names": lambda n: b"x" * n, "sum": lambda n: b"x+" * n, "powers": lambda n: b"x^" * n,
    "dots": lambda n: b"." * n, "quotes": lambda n: b"'" * n, "lines": lambda n: b"\n;" * n,
    "definitions": lambda n: b"".join(b"a%d=a%d+1;" % (i, i + 1) for i in range(n // 8)),
    "comparisons": lambda n: b"x<" * n, "marks": lambda n: "²".encode() * n,
    "strings": lambda n: b'"a" ' * n, "primes": lambda n: b"f" + b"'" * n + b"(x)",
    "commas": lambda n: b"f(" + b"," * n, "colons": lambda n: b"x[" + b":" * n,
    "words": lambda n: b"x y " * n, "equals": lambda n: b"a=" * n,
    "cells": lambda n: b"1," * n, "rows": lambda n: b"a\n" + b"1\n" * n,
    "blank": lambda n: b" " * n, "nested": lambda n: b'{"x": ' + b"[" * n,
    "mixed": lambda n: b"a\n" + b"x\n1\n" * n,
}  # fmt: skip
"""What could take a time that grows with the square of its length."""


class Counter:
    """Lines of the package that are run: a measure of work that no busy machine changes."""

    def __init__(self) -> None:
        self.lines = 0

    def __enter__(self) -> Counter:
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _call(self, frame, event, _argument):
        if "gradcli" not in frame.f_code.co_filename:
            return None
        return self._line

    def _line(self, _frame, event, _argument):
        self.lines += event == "line"
        return self._line


def lines_of(name: str, content: bytes) -> int:
    with Counter() as counter:
        targets.TARGETS[name](content)
    return counter.lines


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("name", ["program", "words", "csv", "json", "txt"])
def test_twice_the_bytes_take_twice_the_work(name, kind):
    targets.TARGETS[name](LONG[kind](20))  # imports
    small, large = (lines_of(name, LONG[kind](n)) for n in (400, 1600))
    assert large <= 6 * small + 1000
