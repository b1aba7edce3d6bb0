"""The options of descend: what they are called, and the rates of a sweep."""

from __future__ import annotations

import pytest

from gradcli.errors import UsageError
from gradcli.verbs.descend import parse_rates


def test_what_a_method_asks_is_told_in_options(descended):
    with pytest.raises(UsageError) as caught:
        descended("[a - b]", "a=1", "b=2", optimizer="lm")
    assert str(caught.value) == (
        "lm has 1 residual for 2 parameters\n"
        "hint: it needs at least as many: use --optimizer lbfgs on a sum of squares"
    )


def test_rates():
    assert parse_rates("0.1") == (0.1,)
    assert parse_rates("1e-3, 0.1,1.5") == (0.001, 0.1, 1.5)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("0", "'0'"), ("-1", "'-1'"), ("nan", "'nan'"), ("inf", "'inf'"), ("", "''"),
     ("0.1,,1", "''"), ("0.1,x", "'x'"), ("٣", "'٣'")],
)  # fmt: skip
def test_rates_that_are_none(text, shown):
    with pytest.raises(UsageError) as caught:
        parse_rates(text)
    assert str(caught.value) == (
        f"--lr must be a positive number, not {shown}\n"
        "hint: write --lr 0.01, or --lr 0.1,0.01,0.001 to compare some"
    )
