"""NAME=VALUE, and what is said about one that is wrong."""

from __future__ import annotations

import os

import pytest

from gradcli.errors import GradError
from gradcli.language import parse, parse_binding


@pytest.mark.parametrize(
    ("argument", "name", "kinds"),
    [
        ("x=3", "x", ["number"]),
        ("x=-1", "x", ["number", "operator"]),
        ("x = pi/2", "x", ["name", "number", "operator"]),
        ("θ₁=1e-3", "θ₁", ["number"]),
        ("w=[1, 2]", "w", ["number", "number", "list"]),
        ("W=zeros(3, 4)", "W", ["number", "number", "call"]),
        ("x=inf", "x", ["name"]),
        ("x=π", "x", ["name"]),
        ("x=1 == 2", "x", ["number", "number", "operator"]),
        ("b=full(3, value=2)", "b", ["number", "number", "call"]),
        ("param=1", "param", ["number"]),
        ("e=2.7", "e", ["number"]),
        ("x=[1,\n 2]", "x", ["number", "number", "list"]),
        ("x=1 # one", "x", ["number"]),
    ],
)
def test_values(argument, name, kinds):
    binding = parse_binding(argument)
    assert (binding.name, binding.path, binding.key) == (name, None, "")
    assert binding.program is not None
    assert binding.program.kinds == kinds


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        ('"a €"=3', '"a €"'),
        ("'a €'=3", '"a €"'),
        (' " a €" = 3', '"a €"'),
        ("'5\" disk'=3", "'5\" disk'"),
        ('"a=b: c # ±"=3', '"a=b: c # ±"'),
    ],
)
def test_a_name_in_quotes_may_hold_any_character(argument, name):
    binding = parse_binding(argument)
    assert binding.program is not None
    assert (binding.name, binding.program.kinds) == (name, ["number"])
    (header,) = parse(argument.rpartition("=")[0]).headers
    assert binding.name == header


def test_spans_point_into_the_argument():
    argument = "long_name = 2*(1 + pi)"
    program = parse_binding(argument).program
    assert program is not None
    assert program.text == argument
    assert [argument[slice(*program.span(i))] for i in range(len(program.kinds))] == [
        "2", "1", "pi", "(1 + pi)", "2*(1 + pi)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("argument", "path", "key"),
    [
        ("x=@w.csv", "w.csv", ""),
        ("x = @ w.csv", " w.csv", ""),
        ("x=@a=b.json", "a=b.json", ""),
        ("x=@w.npz:W1", "w.npz", "W1"),
        ("x=@w.npz", "w.npz", ""),
        ("x=@C:\\w.npz:W1", "C:\\w.npz", "W1"),
        ("x=@/tmp/w.npy", "/tmp/w.npy", ""),
        ("x=@~/w.csv", os.path.expanduser("~/w.csv"), ""),
    ],
)
def test_files(argument, path, key):
    binding = parse_binding(argument)
    assert (binding.name, binding.program, binding.path, binding.key) == ("x", None, path, key)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("x", "'x' is no NAME=VALUE\nhint: give a variable its value: x=3"),
        ("", "'' is no NAME=VALUE\nhint: give a variable its value: x=3"),
        ("=3", "expected a name before '='\n  =3\n  ^\nhint: write x=3"),
        ("x=", "x has no value\n  x=\n    ^\nhint: write x=1"),
        ("x==3", "'==' compares\n  x==3\n   ^^\nhint: write x=3"),
        (
            "x=2y",
            "expected an operator between '2' and 'y'\n  x=2y\n    ^^\nhint: write 2*y",
        ),
        (
            "x=(1",
            "this '(' is never closed\n  x=(1\n    ^\nhint: add a ')' where it ends",
        ),
        (
            "x=3,y=2",
            "expected an operator or the end of the statement, not ','\n  x=3,y=2\n     ^\n"
            "hint: give each name its own argument: x=3 y=2",
        ),
        (
            "w=[1,2]; b=-.5,",
            "expected an operator or the end of the statement, not ','\n"
            "  w=[1,2]; b=-.5,\n                ^\n"
            'hint: give each name its own argument: "w=[1,2]" b=-.5',
        ),
        (
            "x=3 y=2",
            "expected an operator between '3' and 'y'\n  x=3 y=2\n    ^^^\n"
            "hint: give each name its own argument: x=3 y=2",
        ),
        (
            "x=y",
            "a value is a constant expression, and y has no value in it\n"
            "  x=y\n    ^\nhint: write a number in place of y",
        ),
        (
            "x=2*e",
            "a value is a constant expression, and e has no value in it\n"
            "  x=2*e\n      ^\nhint: write exp(1)",
        ),
        (
            "x=y=3",
            "a value is an expression alone\n"
            "  x=y=3\n    ^^^\nhint: give each name its own: x=1 y=2",
        ),
        (
            "x=param y = 2",
            "a value is an expression alone\n"
            "  x=param y = 2\n    ^^^^^^^^^^^\nhint: give each name its own: x=1 y=2",
        ),
        (
            "x=1;2",
            "a value is one expression\n"
            "  x=1;2\n      ^\nhint: give each name its own argument: x=1 y=2",
        ),
        ("2x=3", "'2x' is no name\n  2x=3\n  ^^\nhint: give a variable its value: x=3"),
        ("x,y=3", "'x,y' is no name\n  x,y=3\n  ^^^\nhint: give a variable its value: x=3"),
        ("f(x)=3", "'f(x)' is no name\n  f(x)=3\n  ^^^^\nhint: give a variable its value: x=3"),
        (
            '"a €=3',
            "'\"a €' is no name\n  \"a €=3\n  ^^^^\nhint: give a variable its value: x=3",
        ),
        (
            '"a €"=b',
            "a value is a constant expression, and b has no value in it\n"
            "  \"a €\"=b\n        ^\nhint: write a number in place of b",
        ),
        ("(x)=3", "'(x)' is no name\n  (x)=3\n  ^^^\nhint: give a variable its value: x=3"),
        (
            "-x=3",
            "there is no option '-x=3'\n"
            "hint: options are listed by --help; a value is given as x=3",
        ),
        (
            "x\x1b=3",
            "'x\\x1b' is no name\n  x\\x1b=3\n  ^^^^^\nhint: give a variable its value: x=3",
        ),
        (
            " x\u200b=3",
            "U+200B ZERO WIDTH SPACE has no meaning here\n"
            "   x\\u200b=3\n    ^^^^^^\nhint: remove it",
        ),
        ("pi=3", "pi is a constant and takes no value\n  pi=3\n  ^^\nhint: choose another name"),
        ("π=3", "π is a constant and takes no value\n  π=3\n  ^\nhint: choose another name"),
        ("x=@", "expected a file after '@'\n  x=@\n    ^\nhint: write x=@file.csv"),
        (
            "x=w.csv",
            "only .T follows a dot\n  x=w.csv\n     ^^^^\nhint: write x=@w.csv to read a file",
        ),
        (
            "x=1,2",
            "expected an operator or the end of the statement, not ','\n"
            "  x=1,2\n     ^\nhint: write 1.2, or [1, 2] for a vector",
        ),
        (
            "x=[1 2]",
            "expected an operator between '1' and '2'\n  x=[1 2]\n     ^^^\nhint: write 1, 2",
        ),
    ],
)  # fmt: skip
def test_messages(argument, message):
    with pytest.raises(GradError) as caught:
        parse_binding(argument)
    assert caught.value.exit_code == 2
    assert str(caught.value) == message
