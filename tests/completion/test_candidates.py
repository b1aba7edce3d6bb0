"""The candidates for lines that someone is typing."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from gradcli.cli import app
from gradcli.completion.answer import answer
from gradcli.completion.typed import Typed
from gradcli.learn.optimizers import OPTIMIZERS, SCIPY_METHODS
from gradcli.report import FORMATS
from gradcli.training.grid import CHOICES, COUNTS, NUMBERS

GROUP = typer.main.get_command(app)
VERBS = GROUP.commands


def found(line, shell="fish"):
    return [each.partition("\t")[0] for each in answer(shell, line)[0].splitlines()]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("gradcli e", ["eval", "export"]),
        ("gradcli export x --to j", ["jax", "js"]),
        ("gradcli frob", []),
        ("gradcli grad rosenbrock --hess", ["--hessian"]),
        ("gradcli grad rosenbrock --color ", ["auto", "always", "never"]),
        ("gradcli grad rosenbrock --format=ti", ["--format=tikz"]),
        ("gradcli grad rosenbrock x=1 ", ["a=", "b=", "y="]),
        ("gradcli descend xor --optimizer adam:beta1=0.8,", ["beta2=", "eps=", "weight_decay="]),
        ("gradcli descend xor --schedule plateau:fac", ["plateau:factor="]),
        ("gradcli grad xor --of acc", ["accuracy"]),
        ("gradcli eval x -o ", []),
        ("gradcli eval x --data ", []),
        ("gradcli eval - ", []),
        ("gradcli eval no/such/", []),
        ("gradcli eval '1 +' ", []),
        ("gradcli samples rosen", ["rosenbrock"]),
        ("gradcli help exit", ["exit-codes"]),
        ("gradcli completion f", ["fish"]),
        ('gradcli check "x^2" --claim "', ["x = "]),
        ('gradcli check "x^2" --claim "x = 2*sinh', ["x = 2*sinh("]),
        ('gradcli check "speed^2" --claim "speed = 2*spe', ["speed = 2*speed"]),
        ("gradcli -", ["-V", "--version", "-h", "--help"]),
        ("gradcli --v", ["--version"]),
        ("gradcli eval softm", ["softmax"]),
        ('gradcli eval "softm', ["softmax("]),
        ('gradcli eval "rosen', ["rosenbrock"]),
        ("gradcli functions softm", ["softmax"]),
        ("gradcli functions cofactor_", ["cofactor_slope"]),
        ('gradcli eval "cofac', []),
        ('gradcli eval "dot', ["dot("]),
        ("gradcli help che", ["check"]),
        ("gradcli samples --se", ["--search"]),
        ("gradcli grad iris --wrt ", ["W", "b", "scores", "typical"]),
        ("gradcli grad iris --of p --wrt ", ["W", "b", "scores", "typical"]),
        ("gradcli descend iris --wrt ", ["W", "b"]),
        ("gradcli descend iris --fix W,", ["W,b"]),
        ("gradcli descend sphere --wrt ", ["x", "y"]),
        ("gradcli descend iris --engine ", ["numpy", "jax"]),
        ("gradcli export iris --optimizer ada", ["adagrad", "adam", "adamw"]),
        ("gradcli descend learning_rates --sweep optimizer=sgd,lb", ["optimizer=sgd,lbfgs"]),
        ("gradcli descend learning_rates --sweep optimizer=adam:beta2", ["optimizer=adam:beta2="]),
        ("gradcli descend network_2_2_1 --sweep x", ["x1=", "x2="]),
        ("gradcli eval iris --of 'W[\"v", ['W["versicolor"]', 'W["virginica"]']),
        ("gradcli eval xor --of 'log(los", ["log(loss"]),
        ("gradcli check softmax --shape ", []),
        ("gradcli eval iris ", ["W=", "b=", "typical="]),
        (
            "gradcli eval iris --of W --of ",
            ["W", "X", "accuracy", "b", "guess", "loss", "p", "scores", "typical", "y"],
        ),
        ("gradcli eval sigmo", []),
        ('gradcli eval "1 + log1', ["1 + log10(", "1 + log1p("]),
    ],
)
def test_what_may_follow(line, expected):
    prefix = "adam:beta1=0.8," if "0.8" in line else ""
    assert sorted(found(line)) == sorted(prefix + each for each in expected)


def test_names_of_a_file_and_columns_of_its_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.grad").write_text("param k = 1\nconst g = 9.8\nf(u) = u^2\nE = f(k)*g*t\n")
    (tmp_path / "d.csv").write_text("t,label,total mass\n1,a,2\n")
    (tmp_path / "sub").mkdir()
    assert {"m.grad", "sub/"} <= set(found("gradcli eval "))
    assert found("gradcli eval m.grad ") == ["k=", "g=", "t="]
    assert found("gradcli grad m.grad --wrt k,") == ["k,t", "k,g"]
    assert found("gradcli grad m.grad --data d.csv --wrt k,") == ["k,g"]
    assert found("gradcli eval m.grad --data d.csv ") == ["k=", "g="]
    assert found("gradcli eval m.grad k=@") == ["k=@d.csv", "k=@sub/"]
    assert found("gradcli eval m.grad k=@d", "bash") == ["@d.csv"]
    assert found('gradcli eval m.grad --data d.csv --keep "to') == ["total mass"]
    assert found('gradcli eval m.grad --data d.csv --keep "t,') == [
        "t,label",
        "t,total mass",
        "t,all",
    ]
    assert found('gradcli eval m.grad --data d.csv --units "') == ["t"]
    assert found("gradcli eval m.grad --data none.csv --units ") == []


def test_only_numbers_are_offered_where_numbers_are_needed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.grad").write_text(
        'data from "d.csv"\ndata X = "sepal length (cm)", width\ndata y = species\ndata z = width\n'
        "param a = 1\nloss = mean((a*X[:, 0] - z*weight + onehot(y, 2)[:, 0])^2)\n"
    )
    (tmp_path / "d.csv").write_text(
        "sepal length (cm),width,species,weight,note\n1,,a,2,\n2,3,b,2,late\n"
    )
    assert found("gradcli descend m.grad --standardize ") == ["X", "z", "weight"]
    assert found("gradcli eval m.grad --units ") == ["X", "z", "weight"]
    numbers = ["sepal length (cm)", "width", "weight"]
    assert found("gradcli descend m.grad --sigma ") == numbers
    assert found("gradcli eval m.grad --keep ") == [
        "sepal length (cm)", "width", "species", "weight", "note", "all",
    ]  # fmt: skip
    assert found("gradcli eval m.grad --of 'y[\"") == ['y["a"]', 'y["b"]']


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("--keep ", ["sepal\\ length\\ \\(cm\\)", "it\\'s", "\\$5", "all"]),
        ("--keep 'it", ["it'\\''s"]),
        ('--keep "$', ["\\$5"]),
        ("--keep sepal\\ length\\ \\(", ["sepal\\ length\\ \\(cm\\)"]),
        ("--keep='se", ["sepal length (cm)"]),
    ],
)
def test_bash_gets_a_name_as_it_is_to_be_typed(tmp_path, monkeypatch, typed, offered):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.csv").write_text("sepal length (cm),it's,$5\n1,2,3\n")
    assert found(f"gradcli eval x --data d.csv {typed}", "bash") == offered


@pytest.mark.parametrize(
    ("line", "may_be_file"),
    [
        ("gradcli eval x --data ", True),
        ("gradcli eval x --save=", False),
        ("gradcli descend x --save=", True),
        ("gradcli eval pro", True),
        ("gradcli eval x W=@", True),
        ("gradcli eval x y=", False),
        ("gradcli eval x --digits ", False),
        ("gradcli help lang", False),
        ("gradcli nothing ", False),
        ("gradcli ", False),
    ],
)
def test_where_a_file_may_stand(line, may_be_file):
    assert answer("zsh", line)[1] == may_be_file


@pytest.mark.parametrize(
    ("line", "spared"),
    [
        ("gradcli des", {"gradcli.language", "gradcli.graph"}),
        ("gradcli descend xor --optimizer rms", {"gradcli.language", "gradcli.learn"}),
        ("gradcli descend iris --standardize ", {"gradcli.question.question"}),
        ("gradcli eval iris --of 'W[\"", {"gradcli.question.question"}),
    ],
)
def test_nobody_waits_for_what_is_not_needed(line, spared):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gradcli", "completion", line],
        env={**os.environ, "GRADCLI_COMPLETE": "zsh"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout
    loaded = {row.rpartition("|")[2].strip() for row in done.stderr.splitlines()}
    assert not loaded & {"typer", "lark", "numpy", "rich", "gradcli.cli", "gradcli.report", *spared}


def test_bash_gets_what_stands_behind_its_own_break():
    assert found("gradcli descend xor --optimizer rmsprop:al", "bash") == ["alpha="]
    assert found("gradcli grad rosenbrock --format=ti", "bash") == ["tikz"]
    assert found('gradcli eval "1*2:tanh', "bash") == ["1*2:tanh("]


def test_the_values_are_those_of_the_tables():
    assert found("gradcli descend xor --optimizer ") == [*OPTIMIZERS, *SCIPY_METHODS]
    assert found("gradcli eval x --format ") == list(FORMATS)
    settings = [f"{name}=" for name in (*NUMBERS, *COUNTS, *CHOICES)]
    assert sorted(found("gradcli descend xor --sweep ")) == sorted(settings)


@pytest.mark.parametrize("verb", VERBS)
def test_each_option_of_each_verb(verb):
    offered = found(f"gradcli {verb} -")
    declared = {name for option in VERBS[verb].params for name in option.opts if name[0] == "-"}
    assert set(offered) == declared | {"-h", "--help"}
    assert len(offered) == len(set(offered))


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_with_a_program_completes_it(verb):
    takes = [p.metavar for p in VERBS[verb].params if p.param_type_name == "argument"]
    if "SOURCE" in takes:
        assert found(f"gradcli {verb} rosenb") == ["rosenbrock"]


def test_a_pipe_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("p.grad")
    assert found("gradcli eval p.grad ") == []
    assert found("gradcli eval p.grad --data p.grad --keep ") == ["all"]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\n"), min_size=1)))
def test_a_line_is_taken_apart_as_a_shell_does(words):
    line = " ".join(map(shlex.quote, words))
    read = Typed(line + " ")
    assert (read.words, read.word, read.quote) == (words, "", "")


@given(st.text())
def test_any_line_has_an_answer(line):
    answer("bash", "gradcli " + line)
