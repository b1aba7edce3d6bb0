"""What a caller in Python gives: spellings that are taken, and errors for the rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gradcli import GradError, Model

MASKED = np.ma.array([1.0, 2.0], mask=[False, True])


def test_a_verdict_is_true_where_it_passed():
    assert Model("x^2").check(claims="x = 2*x")
    wrong = Model("x^2").check(claims="x = x")
    assert not wrong
    assert not wrong.passed


def test_what_a_verdict_shows_are_its_attributes():
    verdict = Model("x^2").check(range=(1, 2))
    inner = repr(verdict).removeprefix("Verdict(").removesuffix(")")
    shown = dict(part.split("=") for part in inner.split(", "))
    assert list(shown) == ["passed", "max_rel_error", "points", "worst"]
    assert {name: repr(getattr(verdict, name)) for name in shown} == shown


@pytest.mark.parametrize("shape", [3, "3", (3,), [3], np.array([3])])
def test_a_shape_of_one_size(shape):
    verdict = Model("sum(x^2)").check(shapes={"x": shape})
    assert len(verdict.rows) == 3


def test_a_shape_as_text():
    assert len(Model("sum(A^2)").check(shapes={"A": "3, 2"}).rows) == 6


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: Model("x^2")(2), "values are given by name"),
        (lambda: Model("x^2").grad([2]), "values are given by name"),
        (lambda: Model("x^2").descend(2), "values are given by name"),
        (lambda: Model("x^2").compile()(2), "values are given by name"),
        (lambda: Model("x^2").compile().vector(2), "values are given by name"),
        (lambda: Model(3), "the source is a text or a path, not 3"),
        (lambda: Model("f = x^2", of=["f"]), "of is the name of a node, or a formula"),
        (lambda: Model("x^2", seed="a"), "seed is a whole number, not 'a'"),
        (lambda: Model("x^2").grad(x=1, wrt=3), "3: one name or a list of names"),
        (lambda: Model("x^2").check(shapes=3), "the shapes 3 have no names"),
        (lambda: Model("x^2").check(shapes={"x": "a"}), "a size is a whole number"),
        (lambda: Model("x^2").grad(x=[1, 2]), "ask for .jacobian(), or differentiate sum(e)"),
        (lambda: Model("x^2").symbolic(shapes={"x": 2}), 'ask for kind="jacobian"'),
        (lambda: Model("sum(x)")(x=MASKED), "x has masked entries"),
        (lambda: Model("sum(x)").compile()(x=MASKED), "x has masked entries"),
        (lambda: Model("sum(x)")(data={"x": MASKED}), "column 'x', row 1 is masked"),
    ],
)
def test_what_is_wrong_is_a_grad_error(ask: Callable[[], object], said: str):
    with pytest.raises(GradError) as caught:
        ask()
    assert said in str(caught.value)


def test_masked_rows_are_missing():
    data = {"x": MASKED, "y": np.array([3.0, 5.0])}
    found = Model("param w = 0; mean((w - y*x)^2)").descend(data=data, missing="drop", lr=0.5)
    assert found.params["w"] == pytest.approx(3.0)
    unmasked = np.ma.array([1.0, 2.0], mask=[False, False])
    assert Model("sum(x)")(x=unmasked) == 3.0


def test_a_whole_number_of_numpy_is_a_seed():
    assert Model("x^2", seed=np.int64(1))(x=3) == 9.0
