"""A recording is bounded, whatever the descent: in points, and in the numbers it holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.learn.outcome import Record
from gradcli.training.recording import FLOATS, MOST, Recording, Thinned


@given(st.integers(1, 40), st.integers(1, 500))
def test_what_is_kept_is_even_and_has_both_ends(most, count):
    thinned = Thinned(most)
    for item in range(count):
        thinned.add(item)
    *kept, last = thinned.items
    assert last == count - 1
    assert len(kept) <= most
    if kept:
        assert kept == list(range(0, kept[-1] + 1, max(1, kept[1] - kept[0] if kept[1:] else 1)))
        # more than half of the room is in use where anything was left out
        assert len(kept) + 1 == count or 2 * (len(kept) + 1) > most


def test_few_items_are_all_there():
    thinned = Thinned(5)
    for item in range(5):
        thinned.add(item)
    assert thinned.items == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("size", "places"), [(2, MOST), (FLOATS // 10, 10)])
def test_long_parameters_are_kept_at_fewer_places(size, places):
    recording = Recording()
    w = np.zeros(size)
    for step in range(2 * MOST):
        recording.add(Record(step, 1.0 / (step + 1), 0.5, 0.1, {"w": w}))
    assert places / 2 <= len(recording.places) <= places + 1
    assert MOST / 2 <= len(recording.numbers) <= MOST + 1
    assert [recording.places[at].step for at in (0, -1)] == [0, 2 * MOST - 1]
    assert all(record.params == {} for record in recording.numbers)
    assert all(record.params["w"] is w for record in recording.places)


def test_what_is_kept_together_shares_the_room():
    recording = Recording(share=100)
    for step in range(50):
        recording.add(Record(step, 1.0, 0.5, 0.1, {"w": np.zeros(FLOATS // 1000)}))
    assert len(recording.places) <= 11
