"""Arrays without entries: a sum of nothing is 0, a mean or a largest of nothing is refused."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import ShapeError
from gradcli.question.question import ask
from gradcli.verbs.evaluate import evaluate


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("sum(zeros(0))", 0),
        ("prod(zeros(0))", 1),
        ("norm(zeros(0))", 0),
        ("zeros(0) @ zeros(0)", 0),
    ],
)
def test_of_nothing_there_is_a_neutral_value(source: str, value: float) -> None:
    assert evaluate(ask(source)).summary["value"] == value


def test_an_array_without_axes_is_a_number(bench) -> None:
    assert bench.value("ones(n) + zeros(n)", n=np.zeros(0)) == 1.0


@pytest.mark.parametrize(
    "source",
    [
        "max(zeros(0))", "mean(zeros(0))", "var(zeros(0))", "logsumexp(zeros(0))",
        "softmax(zeros(0))", "log_softmax(zeros(2, 0))", "cross_entropy(zeros(0), 0)",
        "mse(zeros(0), zeros(0))", "mae(zeros(0), 1)", "prod_others([1, 2], axis=3)",
    ],
)  # fmt: skip
def test_what_has_no_value_is_refused(source: str) -> None:
    with pytest.raises(ShapeError, match=r"empty|axis"):
        ask(source)
