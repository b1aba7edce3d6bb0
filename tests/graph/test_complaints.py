"""Hints at the name that was meant, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcli.errors import GradError
from gradcli.graph.names import product
from gradcli.question.question import ask

UNKNOWN = [
    ("ReLU(x)", ["x=1"], "unknown function 'ReLU'", "did you mean 'relu'?"),
    ("GELU(x)", ["x=1"], "unknown function 'GELU'", "did you mean 'gelu'?"),
    ("LeakyReLU(x)", ["x=1"], "unknown function 'LeakyReLU'", "did you mean 'leaky_relu'?"),
    ("CrossEntropy(x, 1)", ["x=1"], "unknown function 'CrossEntropy'",
     "did you mean 'cross_entropy'?"),
    ("SotfMax(x)", ["x=1"], "unknown function 'SotfMax'", "did you mean 'softmax'?"),
    ("\U0001d70e(x)", ["x=1"], "unknown function '\U0001d70e'",
     "write sigmoid(x): '\U0001d70e' is U+1D70E MATHEMATICAL ITALIC SMALL SIGMA"),
    ("\U0001d42c\U0001d422\U0001d427(x)", ["x=1"],
     "unknown function '\U0001d42c\U0001d422\U0001d427'",
     "did you mean 'sin'? '\U0001d42c' is U+1D42C MATHEMATICAL BOLD SMALL S"),
    ("Σ(x)", ["x=1"], "unknown function 'Σ'", "write sum(x)"),
    ("\U0001d70b*x", ["x=1"], "'\U0001d70b' has no value",
     "write pi: '\U0001d70b' is U+1D70B MATHEMATICAL ITALIC SMALL PI"),
    ("\U0001d465^2", ["x=1"], "the program has no variable 'x'",
     "did you mean '\U0001d465'? '\U0001d465' is U+1D465 MATHEMATICAL ITALIC SMALL X"),
    ("x^2", ["X=3"], "the program has no variable 'X'", "did you mean 'x'?"),
    ("xy", ["x=1", "y=2"], "the program has no variable 'x'",
     "write x*y for a product: 'xy' is one name"),
    ("2*pix + x", ["x=1"], "'pix' has no value",
     "write pi*x for a product, or give pix a value: pix=1"),
    ("ab + a", ["a=1", "c=2"], "the program has no variable 'c'", "leave the value out"),
    ("2*∂e/∂x", [], "∂e/∂x stands only in a claim",
     "write diff(e, x)"),
    ("sec(x)", ["x=1"], "unknown function 'sec'", "write 1/cos(x)"),
    ("Cot(x)", ["x=1"], "unknown function 'Cot'", "write 1/tan(x)"),
    ("sigma(x)", ["x=1"], "unknown function 'sigma'", "write sigmoid(x)"),
    ("sect(u) = u^2; sec(3)", [], "unknown function 'sec'", "did you mean 'sect'?"),
    ("3x² + 1", ["x=1"], "expected an operator between '3' and 'x'", "write 3*x"),
    ("d/dx x^2", ["x=1"], "expected an operator between 'dx' and 'x'",
     "write the formula alone: grad differentiates it"),
    ("f(u) = u^2; F(3)", [], "unknown function 'F'", "did you mean 'f'?"),
]  # fmt: skip

COLUMNS = [
    ("x (cm),y\n1,2\n", 'write "x (cm)" in place of x'),
    ("X,y\n1,2\n", "did you mean 'X'?"),
    ("width,y z\n1,2\n", 'the data has width, "y z"; or give x a value: x=1'),
    ("x y\n1 2\n",
     '"x y" is one column: put commas between names and between cells, not blanks'),
    ("y z\n1 2\n", 'the data has "y z"; or give x a value: x=1'),
    ("# made by hand\nx,y\n",
     'the data has "# made by hand": '
     'the header is the first line, above which no comment may stand'),
    ("#,y z\n1,2\n",
     'the data has "#", "y z": the header is the first line, above which no comment may stand'),
    ("# x,y\n1,2\n", 'write "# x", as the header has it'),
    ("#x,y\n1,2\n", 'write "#x", as the header has it'),
    ("y,# x\n1,2\n", 'write "# x", as the header has it'),
    ("y,# z\n1,2\n", 'the data has y, "# z"; or give x a value: x=1'),
    ("1,2\n3,4\n", "the first line of the data must name its columns"),
    (",".join(f"c{k}" for k in range(9)) + "\n" + "1," * 8 + "1\n",
     "the data has c0, c1, c2, c3, c4, c5, c6, c7, …; or give x a value: x=1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "hint"), COLUMNS)
def test_a_name_that_no_column_has_is_told_what_the_data_has(tmp_path, text, hint):
    path = tmp_path / "d.csv"
    path.write_text(text)
    with pytest.raises(GradError) as caught:
        ask("param w = 0; mean(w*x)", data=[str(path)], descent="sgd")
    assert (caught.value.what, caught.value.hint) == ("'x' has no value", hint)


@pytest.mark.parametrize(("source", "values", "what", "hint"), UNKNOWN)
def test_unknown_names(source: str, values: list[str], what: str, hint: str) -> None:
    with pytest.raises(GradError) as caught:
        ask(source, values)
    assert (caught.value.what, caught.value.hint) == (what, hint)


def test_a_misspelt_column_is_told(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("height,y,sepal length\n1,2,3\n2,4,5\n")
    for source in ("param w = 0; mean((w*hieght - y)^2)", "mean(Height)"):
        with pytest.raises(GradError) as caught:
            ask(source, data=[str(path)])
        assert caught.value.hint == "did you mean 'height'?"
    with pytest.raises(GradError) as caught:
        ask("mean(width)", data=[str(path)])
    assert caught.value.hint == (
        'the data has height, y, "sepal length"; or give width a value: width=1'
    )
    question = ask("mean((w*hieght - y)^2)", data=[str(path)], guess=True)
    assert question.notes == [
        "the data has no column 'hieght', which is a variable: did you mean 'height'?"
    ]


def test_a_product_of_names() -> None:
    assert product("xy", ["x", "y", "xyz"]) == "x*y"
    assert product("abab", ["a", "b", "ab"]) in ("a*b*a*b", "ab*ab", "a*b*ab", "ab*a*b")
    assert product("xz", ["x", "y"]) == product("x", ["x"]) == product("xy", ["xy"]) == ""
    assert product("x" * 300_000, ["x"]) == ""


NO_NUMBERS = [
    ("x y\n1 2\n", "column 'x y': '1 2' is no number, separate numbers by commas"),
    ("x;y\n1,5;2,5\n", "column 'x': '1,5' is no number, write 1.5"),
    ("name\nAnna\n", "it has name"),
]


@pytest.mark.parametrize(("text", "hint"), NO_NUMBERS)
def test_a_star_without_numbers_says_why(tmp_path, text, hint):
    path = tmp_path / "d.csv"
    path.write_text(text)
    with pytest.raises(GradError) as caught:
        ask("data X = *; sum(X)", data=[str(path)])
    assert caught.value.what == "there is no column of numbers that the program does not name"
    assert caught.value.hint == hint


def test_a_data_statement_is_told_of_blanks(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("x y\n1 2\n")
    with pytest.raises(GradError) as caught:
        ask("data X = x, y; sum(X)", data=[str(path)])
    assert caught.value.hint == (
        '"x y" is one column: put commas between names and between cells, not blanks'
    )
