"""Cells over several lines."""

from __future__ import annotations

import pytest

from gradcli.report.folded import folded, narrowest


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("", 5, [""]),
        ("a + b", 5, ["a + b"]),
        ("a + b", 4, ["a +", "b"]),
        ("exp(x) + 1", 4, ["exp(", "x) +", "1"]),
        ("[1, 2, 3]", 6, ["[1, 2,", " 3]"]),
        ("[[1, 2],\n [3, 4]]", 8, ["[[1, 2],", " [3, 4]]"]),
        ("[[1, 2],\n [3, 4]]", 5, ["[[1,", "  2],", " [3,", "  4]]"]),
        ("[[1, 2],\n [3, 4]]", 3, ["[[1", ",", "2],", " [3", ",", "4]]"]),
        ("(9, 2) [[0.5, …], …]", 8, ["(9, 2)", "[[0.5,", "  …], …]"]),
        ("]]] [1, 2]", 4, ["]]]", "[1,", " 2]"]),
        ("山山 山", 3, ["山", "山", "山"]),
    ],
)
def test_folded(text, room, lines):
    assert folded(text, room) == lines


@pytest.mark.parametrize(
    ("text", "columns"),
    [("", 0), ("a + exp(x)", 6), ("[[1, 2],\n [30, 40]]", 6), ("[[1,\n  2]]", 5), ("山 x", 2)],
)
def test_narrowest(text, columns):
    assert narrowest(text) == columns
    if columns:
        assert max(map(len, folded(text, columns))) <= columns
