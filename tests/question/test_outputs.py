"""Which output is meant, where a program has several, is said."""

from __future__ import annotations

import pytest

from gradcli.question.question import ask


@pytest.mark.parametrize(
    ("source", "of", "note"),
    [
        ("f = x^2; g = x^3", "",
         "the output is g, of several that no other statement uses: f, g; --of picks another"),
        ("x^2; 2*x; g = x^3", "",
         "the output is g, of several that no other statement uses: x^2, 2*x, g;"
         " --of picks another"),
        ("g = x^3; x^2", "",
         "the output is the last, of several that no other statement uses: g, x^2;"
         " --of picks another"),
        ("; ".join(f"f{i} = {i}*x" for i in range(10)), "",
         "the output is f9, of several that no other statement uses: f0, f1, f2, f3, f4, f5, f6,"
         " f7, …; --of picks another"),
        ("f = x^2; g = x^3", "f", None),
        ("f = x^2; g = x^3", "g", None),
        ("f = x^2; g = f^3", "", None),
        ("g = f(x); f(u) = u^2", "", None),
        ("x^2", "", None),
    ],
)  # fmt: skip
def test_the_outputs_of_a_program(source, of, note):
    assert ask(source, ["x=2"], of=of).notes == ([note] if note else [])


def test_a_descent_says_it_otherwise():
    question = ask("loss = x^2; m = 2*x", ["x=2"], descent="sgd")
    assert question.notes == []
    assert question.outputs == ["loss", "m"]
    assert question.of == "loss"
