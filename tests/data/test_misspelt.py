"""A cell that people take for a number and Python does not: the reason, and the right spelling."""

from __future__ import annotations

import pytest

from gradcli.data.columns import number
from gradcli.data.misspelt import like_a_number, no_number

WRITTEN = {
    "−1": "-1", "–1.5": "-1.5", "1e−5": "1e-5", "- 5": "-5", "−1,5": "-1.5",
    "1,5": "1.5", "+1,5": "+1.5", "1,234,567.8": "1234567.8", "1.000,50": "1000.50",
    "1.000.000": "1000000", "1'000": "1000", "1’000": "1000", "1 000 000": "1000000",
    "1\xa0000": "1000", "1\u202f000": "1000", "\xa04": "4", "1_000": "1000", "0x10": "16",
    "１２": "12", "٣٤": "34", "1\u200b2": "12",
}  # fmt: skip


@pytest.mark.parametrize("cell", WRITTEN)
def test_the_hint_spells_the_number(cell):
    assert number(cell) is None
    what, hint = no_number(cell)
    assert what.startswith(f"'{cell}' ")
    assert hint == f"write {WRITTEN[cell]}"
    assert number(WRITTEN[cell]) is not None


@pytest.mark.parametrize(
    ("cell", "what", "hint"),
    [
        ("1,000", "is no number", "write 1000, or 1.000 where the comma begins decimals"),
        ("−1", "has U+2212 for a minus", "write -1"),
        ("1\xa0000", "has U+00A0 in it", "write 1000"),
        ("٣", "has other digits than 0 to 9", "write 3"),
        ("5 %", "is no number", "leave the percent sign out"),
        ("$1,000", "is no number", "leave the currency sign out"),
        ("€1,5", "is no number", "leave the currency sign out"),
        ("5 kg", "is no number", "write 5 alone"),
        ("2.5mm", "is no number", "write 2.5 alone"),
        ("N/A", "is no number", "--missing drop leaves such rows out"),
        ("3 m²", "is no number", "write 3 alone"),
        ("1²", "is no number", ""),
        ("2½", "is no number", ""),
        ("oak", "is no number", ""),
        ("2020-01-01", "is no number", ""),
        ("1,2,3", "is no number", ""),
        ("1,000,5", "is no number", ""),
    ],
)
def test_what_is_wrong_is_said(cell, what, hint):
    assert no_number(cell) == (f"'{cell}' {what}", hint)


def test_an_empty_cell():
    assert no_number("") == ("the cell is empty", "--missing drop leaves such rows out")


def test_a_long_cell_makes_a_short_message():
    what, hint = no_number("1" * 5000 + " kg")
    assert len(what) < 80
    assert hint == ""


def test_only_what_people_take_for_numbers_is_doubted():
    taken = [*WRITTEN, "1,000", "5 %", "$5", "€ 5", "5€", ".5%", "-$5"]
    assert [cell for cell in taken if not like_a_number([cell])] == ["1\u200b2"]
    assert like_a_number(["oak", "1st", "5 kg", "2020-01-01", "x1", "-", ",", ""]) is None
    assert like_a_number(["oak", "1,5", "2,5"]) == "1,5"
