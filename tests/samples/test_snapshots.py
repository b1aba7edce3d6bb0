"""`gradcli eval NAME --format tsv` of every sample is what it was.

    UPDATE_SNAPSHOTS=1 python -m pytest tests/samples/test_snapshots.py

writes the files anew; read the difference before you commit it. Text must agree to the letter,
numbers to 1e-12, since the last bits belong to the machine's libraries.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest

from gradcli.language.sources import sample_names

SNAPSHOTS = Path(__file__).parent / "snapshots"


def same(got, want):
    """Whether two cells agree: numbers and lists of them nearly, anything else exactly."""
    if got == want:
        return True
    try:
        return _near(json.loads(got), json.loads(want))
    except ValueError:
        return False


def _near(got, want):
    if isinstance(got, list) and isinstance(want, list) and len(got) == len(want):
        return all(map(_near, got, want))
    if isinstance(got, float) and isinstance(want, float):
        return math.isclose(got, want, rel_tol=1e-12, abs_tol=1e-14)
    return got == want


@pytest.mark.parametrize("name", sample_names())
def test_eval_prints_what_it_did(command, name):
    text = command("eval", name, "--format", "tsv")
    path = SNAPSHOTS / f"{name}.tsv"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    got, want = text.split("\n"), path.read_text("utf-8").split("\n")
    assert len(got) == len(want)
    for ours, stored in zip(got, want):
        cells = ours.split("\t"), stored.split("\t")
        assert len(cells[0]) == len(cells[1])
        assert all(map(same, *cells)), (ours, stored)


def test_there_are_no_others():
    assert {path.stem for path in SNAPSHOTS.iterdir()} == set(sample_names())
