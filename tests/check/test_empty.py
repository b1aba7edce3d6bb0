"""check of what has no entries: a sentence, and exit code 2."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gradcli.errors import GradError
from gradcli.report import Report

Checked = Callable[..., Report]

OUTPUT = "e has no entries, so there is nothing to check\nhint: give it at least one entry"


@pytest.mark.parametrize(
    ("source", "values", "options", "message"),
    [
        ("x[3:]", ["x=[1,2,3]"], {}, OUTPUT),
        ("x", ["x=zeros(0)"], {"of": "x"}, OUTPUT.replace("e has", "x has")),
        ("x*zeros(0)", ["x=1"], {}, OUTPUT),
        ("x*zeros(0)", [], {}, OUTPUT),
        ("x*zeros(0)", [], {"order": 2}, OUTPUT),
        ("x*zeros(2, 0)", ["x=1"], {"points": 20}, OUTPUT),
        ("x*zeros(0)", ["x=1"], {"claims": ["x = zeros(0)"]}, OUTPUT),
        ("sum(x)", ["x=zeros(0)"], {}, OUTPUT.replace("e has", "x has")),
        ("sum(x)", ["x=zeros(0)"], {"claims": ["x = zeros(0)"]}, OUTPUT.replace("e has", "x has")),
        (
            "sum(x) + y*z", ["x=zeros(0)", "y=2", "z=1"], {},
            "x has no entries, so there is nothing to check\nhint: leave it out: --wrt y,z",
        ),
    ],
)  # fmt: skip
def test_nothing_to_check(
    checked: Checked, source: str, values: list[str], options: dict[str, object], message: str
) -> None:
    with pytest.raises(GradError) as caught:
        checked(source, *values, **options)
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def test_zeros_alone_have_no_variable(checked: Checked) -> None:
    with pytest.raises(GradError, match="there is no variable to check"):
        checked("zeros(0)")


def test_what_has_no_entries_on_the_way_is_no_matter(checked: Checked) -> None:
    assert checked("sum(x*zeros(0)) + x", "x=1").exit_code == 0
    assert checked("sum(x) + y", "x=zeros(0)", "y=2", wrt="y").exit_code == 0
    assert checked("sum(x) + y", "x=zeros(0)", "y=2", wrt="y", points=3).summary["points"] == 4
