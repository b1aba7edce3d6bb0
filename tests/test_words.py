"""The words of messages, against what a reader expects."""

from __future__ import annotations

import pytest

from gradcli.words import counted, joined, listed, near, nearest, quoted


def test_the_nearest_name() -> None:
    assert nearest("X", ["x", "Y"]) == "did you mean 'x'?"
    assert nearest("log_sum_exp", ["logsumexp", "log_softmax"]) == "did you mean 'logsumexp'?"
    assert nearest("beta", ["beta2", "beta1"]) == "did you mean 'beta1'?"
    assert nearest("w", ["x", "y"]) == nearest("", ["x"]) == nearest("a", []) == ""
    assert nearest("Ａ", ["A"]).startswith("did you mean 'A'? 'Ａ' is U+FF21 FULLWIDTH")
    assert nearest("setos", ["two\nlines", "setosa"]) == "did you mean 'setosa'?"


def test_names_that_look_the_same_are_told_apart() -> None:
    one, two = "é", "e\u0301"
    assert nearest(two, [one]) == "did you mean 'é'? 'é' is U+00E9 LATIN SMALL LETTER E WITH ACUTE"
    assert nearest(one, [two]) == f"did you mean '{two}'? 'e' is U+0065 LATIN SMALL LETTER E"
    below, above = "a\u0323\u0307", "a\u0307\u0323"
    assert nearest(below, [above]).endswith(" is U+0307 COMBINING DOT ABOVE")


def test_a_stricter_likeness() -> None:
    assert near("rosenbrok", ["rosenbrock"], 0.75) == "rosenbrock"
    assert near("rose", ["rosette"], 0.65) == "rosette"
    assert near("rose", ["rosette"], 0.75) == ""


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps"), (100_000, "100,000 steps")]
)
def test_counted_things(number: int, said: str) -> None:
    assert counted(number, "step") == said


def test_lists_are_cut() -> None:
    assert listed([]) == ""
    assert listed(["b", "a"]) == "b, a"
    assert listed(map(str, range(12))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"
    assert listed("abc", 2) == "a, b, …"


def test_a_choice() -> None:
    assert joined(["a"], "or") == "a"
    assert joined(["a", "b", "c"], "or") == "a, b or c"


def test_quotes_stay_on_a_line() -> None:
    assert quoted("two\nlines\t") == r"'two\nlines\t'"
    assert quoted("a" * 60) == f"'{'a' * 60}'"
    assert quoted("a" * 61) == f"'{'a' * 60}…'"
