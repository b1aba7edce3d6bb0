"""Numbers and arrays for people."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcli.rounded import brief, rounded


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (0.1 + 0.2, "0.3"),
        (1e-20, "1e-20"),
        (2 / 3, "0.666667"),
        (123456789.0, "1.23457e+08"),
        (-0.0, "0"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (123456789, "123456789"),
        (True, "true"),
        (None, ""),
        ("a b", "a b"),
        ([], ""),
        (["a", "b"], "a, b"),
        ([100, 20], "[100, 20]"),
        ([[1e-7, 2 / 3], [math.inf, math.nan]], "[[1e-07, 0.666667], [inf, nan]]"),
        (np.float64(1 / 3), "0.333333"),
        (np.int64(3), "3"),
        (np.array(1.5), "1.5"),
        (np.zeros(0), "[]"),
        (np.array([1.0, 1 / 3]), "[1, 0.333333]"),
    ],
)
def test_six_digits(value, text):
    assert rounded(value, 6) == text


@given(st.floats(allow_nan=False))
def test_seventeen_digits_are_all(number):
    assert float(rounded(number, 17)) == number
    assert rounded([number], 17) == f"[{rounded(number, 17)}]"


def test_digits():
    assert [rounded(math.pi * 100, digits) for digits in (1, 3, 10, 17)] == [
        "3e+02",
        "314",
        "314.1592654",
        "314.1592653589793",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.eye(2), "[[1, 0],\n [0, 1]]"),
        (np.arange(8).reshape(2, 2, 2), "[[[0, 1],\n  [2, 3]],\n [[4, 5],\n  [6, 7]]]"),
        ("[[a, b], [c, d]]", "[[a, b], [c, d]]"),
        (np.arange(12.0), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]"),
        (np.arange(13.0), "(13) [0, 1, 2, …]"),
        (np.ones((100, 20)), "(100, 20) [[1, 1, 1, …], …]"),
        (np.ones((1, 2, 20)), "(1, 2, 20) [[[1, 1, 1, …], …]]"),
        (np.ones((20, 1)), "(20, 1) [[1], …]"),
        ([[1.0] * 3] * 5, "(5, 3) [[1, 1, 1], …]"),
        ([f"x{n}" for n in range(20)], ", ".join(f"x{n}" for n in range(20))),
        (np.zeros((3, 0)), "[[],\n [],\n []]"),
    ],
)
def test_a_large_array_is_told_by_its_shape(value, text):
    assert brief(value, 6) == text


def test_a_huge_array_is_not_walked():
    class Huge:
        """Has a shape, a length and a first entry, and nothing else."""

        shape = (10**12, 5)

        def __len__(self):
            return 10**12

        def __getitem__(self, place):
            assert place == 0
            return [1.0, 2.0, 3.0, 4.0, 5.0]

    assert brief(Huge(), 6) == "(1000000000000, 5) [[1, 2, 3, …], …]"
