"""SymPy shortens a formula only where the result is as good in numbers, and shorter."""

from __future__ import annotations

import builtins

import pytest
import sympy

from gradcli import GradError, Model


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        ("(x^2 - 1)/(x - 1)", "1"),
        ("sin(x)^4 - cos(x)^4 + x*y", None),
        ("1/(1 + exp(-x))", "sigmoid(x) * (1 - sigmoid(x))"),  # SymPy has no sigmoid
        ("sqrt(x^2)", "sign(x)"),
        ("x^3 + pi*x", "3 * x^2 + pi"),
    ],
)
def test_what_is_shown_is_right_and_no_longer(program, wanted):
    plain = Model(program).symbolic()["x"]
    found = Model(program).symbolic(sympy=True)["x"]
    assert wanted in (None, found)
    assert len(found) <= len(plain)
    assert Model(program).check(claims={"x": found}).passed


def test_a_wrong_or_longer_result_is_not_shown(monkeypatch):
    for answer in ("2*x0", "x0**2 + 1e-7", "x0 + x0**2 - x0", "oo", "f(x0)", "re(x0)"):
        monkeypatch.setattr(sympy, "simplify", lambda _, answer=answer: answer)
        assert Model("x^3/3 + 0*log(x)").symbolic(sympy=True)["x"] == "x^2"


def test_arrays_and_long_formulas_stay():
    assert Model("sum(x^2)").symbolic(sympy=True, shapes={"x": [3]})["x"] == "2 * x"
    long = " + ".join(f"sin(x + {i})^{i % 3 + 2}" for i in range(12))
    assert Model(long).symbolic(sympy=True)["x"] == Model(long).symbolic()["x"]


def test_without_sympy_there_is_a_clear_error(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "sympy":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(GradError) as caught:
        Model("x^2").symbolic(sympy=True)
    assert str(caught.value) == (
        "--sympy needs SymPy, which is not installed\n"
        'hint: install it: pip install "gradcli[symbolic]"'
    )
