"""Which output is meant, where a program has several, is said."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gradcli.errors import UsageError
from gradcli.library.model import Model
from gradcli.question.question import ask
from gradcli.verbs.per_row import per_row


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


@pytest.mark.parametrize(
    ("source", "of", "output", "value"),
    [
        ("s = x+1; y = 2*s", "s*y + x", "e", 20.0),
        ("s = x+1; y = 2*s", " r = y - s ", "r", 3.0),
        ("s = x+1; y = 2*s", "(s)", "s", 3.0),
        ("s = x+1; y = 2*s", "s + z", "e", 10.0),  # a value that only the formula needs
        ("2*(x+1)", "e^2", "out", 36.0),  # what a report calls an output without a name
        ("e = x+1; 2*e", "e - 1", "out1", 2.0),
        ("f(u) = u^3", "f(x) + f(1)", "out", 9.0),
        ("s = x+1; y = 2*s", "s*1 + y*0", "e", 3.0),
    ],
)
def test_a_formula_is_an_output_over_the_names_of_the_program(source, of, output, value):
    question = ask(source, ["x=2", *["z=7"] * ("z" in of)], of=of)
    node = question.model.output
    assert question.names(question.cone())[node] == output
    assert question.run([node])[node] == value


def test_a_formula_leaves_the_program_of_a_model_as_it_is():
    model = Model("s = x+1; 2*s", of="s^2")
    assert (model.names, model(x=2), model.grad(x=2).gradient) == (("x",), 9.0, {"x": 6.0})
    assert [s.name for s in model.program.statements] == ["s", ""]


def test_a_formula_of_data_shows_all_its_rows(tmp_path):
    (tmp_path / "d.csv").write_text("x\n" + "\n".join(map(str, range(30))))
    question = ask("y = 2*x", data=[str(tmp_path / "d.csv")], of="y + 1")
    assert question.long(question.cone()) & {question.model.output} == set()
    assert len(per_row(question).answer[0][1]) == 30


@pytest.mark.parametrize(
    ("source", "of", "minimum"),
    [
        ("param a = 1; loss = (a-3)^2; other = a^4", "loss + a^2", {"a": 1.5}),
        ("param a = 1; (2*a+1)^2 + a", "v3", {"a": -0.5}),
        ("(2*a+1)^2", "e + a^2", {"a": -0.4}),
    ],
)
def test_a_formula_or_a_label_is_minimised(source, of, minimum):
    found = Model(source, of=of).descend(optimizer="newton")
    assert found.params == pytest.approx(minimum)


def test_a_descent_of_a_formula_goes_on_from_its_checkpoint(tmp_path):
    path = str(tmp_path / "c.json")
    model = Model("param a = 1; loss = (a-3)^2", of="loss + a^2")
    whole = model.descend(lr=0.01, steps=40, tol=0.0)
    model.descend(lr=0.01, steps=15, tol=0.0, save=path)
    assert model.descend(lr=0.01, steps=40, tol=0.0, resume=path).params == whole.params


def test_a_misspelt_sample_is_no_variable() -> None:
    with pytest.raises(UsageError, match="the whole program is 'rosenbrok'") as caught:
        ask("rosenbrok", (), guess=True)
    assert caught.value.hint == "did you mean the sample 'rosenbrock'?"


@pytest.mark.parametrize(
    ("source", "values"), [("rosenbrok + 1", ()), ("x", ()), ("rosenbrok", ["rosenbrok=1"])]
)
def test_what_is_no_misspelt_sample_is_read_as_it_stands(
    source: str, values: Sequence[str]
) -> None:
    assert not ask(source, values, guess=True).notes
