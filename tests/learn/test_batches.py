"""An epoch visits every row once, in an order that the seed and its number alone fix."""

import numpy as np
import pytest

from gradcli.learn.batches import Batches


@pytest.mark.parametrize(("rows", "size"), [(10, 3), (12, 4), (7, 1), (5, 4), (1, 1), (100, 99)])
def test_each_row_once_an_epoch_and_the_last_batch_short(rows, size):
    batches = Batches(rows, size, seed=3)
    assert batches.epoch == -(-rows // size)
    for epoch in range(3):
        seen = [batches.at(epoch * batches.epoch + k) for k in range(batches.epoch)]
        assert [len(b) for b in seen[:-1]] == [size] * (batches.epoch - 1)
        assert len(seen[-1]) == (rows % size or size)
        assert sorted(np.concatenate(seen)) == list(range(rows))


def test_orders_differ_between_epochs_and_seeds():
    orders = {tuple(Batches(50, 50, seed).at(epoch)) for seed in (0, 1, 2) for epoch in (0, 1, 2)}
    assert len(orders) == 9


def test_a_step_has_its_rows_whatever_was_asked_before():
    forwards = [Batches(20, 6, 7).at(step) for step in range(12)]
    batches = Batches(20, 6, 7)
    for step in (11, 0, 5, 4, 11, 3):
        assert np.array_equal(batches.at(step), forwards[step])


def test_every_order_of_three_rows_turns_up_equally_often():
    counts = {}
    for epoch in range(6000):
        order = tuple(Batches(3, 3, 1).at(epoch))
        counts[order] = counts.get(order, 0) + 1
    # 1000 each, with a standard deviation of 29
    assert len(counts) == 6
    assert all(870 < count < 1130 for count in counts.values())
