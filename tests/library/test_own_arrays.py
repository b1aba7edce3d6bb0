"""What a model hands out is the caller's own: nothing is shared, everything may be written to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from gradcli import Model

TEXTS = [
    "x",
    "k = x.T",
    "x[0:1]",
    "x + y",
    "sum(x)",
    "sum(x*y)",
    "sum(x.T*y)",
    "x@[[1, 2], [3, 4]]",
]

ASKED: dict[str, Callable[..., Any]] = {
    "call": lambda model, given: model(given),
    "eval": lambda model, given: [(found := model.eval(given)).value, found.values],
    "grad": lambda model, given: model.grad(given).gradient,
    "jacobian": lambda model, given: [(found := model.jacobian(given)).value, dict(found)],
    "hessian": lambda model, given: dict(model.hessian(given)),
    "trace": lambda model, given: [(found := model.trace(given)).gradient, found.steps],
    "compile": lambda model, given: model.compile()(given)[1],
}
SCALAR = {"grad", "hessian", "trace", "compile"}


def arrays(found: Any) -> Iterator[Any]:
    """The arrays in an answer."""
    if isinstance(found, Mapping):
        found = list(found.values())
    if isinstance(found, list):
        for each in found:
            yield from arrays(each)
    elif isinstance(found, np.ndarray):
        yield found


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("text", TEXTS)
def test_arrays_are_the_callers_own(asked, text):
    model = Model(f"sum({text})" if asked in SCALAR and not text.startswith("k") else text)
    if asked in SCALAR and text.startswith("k"):
        model = Model("k = x.T; sum(k*y)")
    given = {name: np.arange(4.0).reshape(2, 2) + 1 for name in model.names}
    before = {name: value.copy() for name, value in given.items()}
    found = list(arrays(ASKED[asked](model, given)))
    for number, array in enumerate(found):
        assert not any(np.shares_memory(array, other) for other in found[:number])
        array[...] = -7.0
    for name, value in given.items():
        np.testing.assert_array_equal(value, before[name])


def test_a_compiled_function_keeps_its_constants():
    f = Model("sum(x*[1, 2]) + sum(x.T*y)").compile()
    given = {"x": np.ones(2), "y": np.ones(2)}
    first = f(given)[1]["x"]
    first *= 5
    np.testing.assert_array_equal(f(given)[1]["x"], [2.0, 3.0])


def test_a_result_stays_what_it_was():
    x = np.array([1.0, 2.0])
    found = Model("k = 2*x; sum(k*x)").eval(x=x)
    drawn = found._repr_svg_()
    x[0] = found.values["x"][1] = 9.0
    (row,) = [row for row in found.report.rows if row["node"] == "x"]
    assert row["value"].tolist() == [1.0, 2.0]
    assert found._repr_svg_() == drawn


def test_data_is_the_callers_own():
    column = np.array([1.0, 2.0, 4.0])
    found = Model("x - mean(x)").eval(data={"x": column})
    for array in arrays(found.values):
        array[...] = 0.0
    assert column.tolist() == [1.0, 2.0, 4.0]


def test_every_step_of_a_descent_has_its_own():
    rows: list[dict[str, Any]] = []

    def keep(row: dict[str, Any]) -> None:
        rows.append(row)
        row["p"] = [array.fill(99.0) for array in arrays(row)]

    start = np.array([1.0, 2.0])
    ended = Model("sum((p - 1)^2)").descend(p=start, lr=0.25, steps=3, tol=0, callback=keep)
    assert start.tolist() == [1.0, 2.0]
    assert ended.params["p"].tolist() == [1.0, 1.125]
