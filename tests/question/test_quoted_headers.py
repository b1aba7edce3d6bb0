"""A header in quotes names its column in any expression, and is written so that it reads back."""

from __future__ import annotations

import csv
import io
import json
import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradcli.errors import GradError
from gradcli.language import parse
from gradcli.question.question import ask
from gradcli.report import emit
from gradcli.verbs.grad import grad
from gradcli.verbs.row_gradients import row_gradients

ROWS = 'sepal length (cm),w,a <b> & $c_1,"the ""kind""",w\u2081,pi\n5,2,1,x y,7,1\n4,3,2,z,8,2\n'


@pytest.fixture
def flowers(tmp_path):
    path = tmp_path / "flowers.csv"
    path.write_text(ROWS, encoding="utf-8")
    return str(path)


def value(source, file, *values):
    question = ask(source, values, data=[file])
    found = question.run([question.model.output])[question.model.output]
    return found if isinstance(found, float) else found.tolist()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"sepal length (cm)" * w', [10, 12]),
        ("'sepal length (cm)' * \"w\"", [10, 12]),
        ('" sepal length (cm) " - w', [3, 1]),
        ('f(u) = u^2; f("a <b> & $c_1")', [1, 4]),
        ("onehot('the \"kind\"', 2)", [[1, 0], [0, 1]]),
        ("[10, 20]['the \"kind\"']", [10, 20]),
        ('"w\u2081" + w\u2081', [14, 16]),
        ('"pi"/pi*pi', [1, 2]),
        ('data X = *; sum(X)/"sepal length (cm)"', [26 / 5, 26 / 4]),
        ('param c = 2; sum(c*"sepal length (cm)")', 18),
    ],
)
def test_values(flowers, source, expected):
    assert value(source, flowers) == pytest.approx(np.array(expected))


def test_a_name_and_its_header_in_quotes_are_one_node(flowers):
    question = ask('sum(w*"w")', data=[flowers], wrt="w")
    assert [row["grad"].tolist() for row in grad(question).rows if row["node"] == "w"] == [[4, 6]]


@pytest.mark.parametrize("source", ['sum("sepal length (cm)"^2 - w)', "sum('the \"kind\"' == 0)"])
def test_what_is_printed_reads_back(flowers, source):
    first = ask(source, data=[flowers])
    names = first.names(first.cone())
    spelled = [row["expression"] for row in grad(first).rows]
    again = ask("; ".join(f"{names[node]} = {text}" for node, text in zip(first.cone(), spelled)
                          if first.graph.kind(node) == "operation"), data=[flowers])  # fmt: skip
    assert [row["expression"] for row in grad(again).rows] == spelled
    assert [str(r["value"]) for r in grad(again).rows] == [
        str(r["value"]) for r in grad(first).rows
    ]


def test_derivatives_a_row(flowers):
    report = row_gradients(ask('"sepal length (cm)"^2*w + (\'the "kind"\' == 0)', data=[flowers]))
    assert [row['grad."sepal length (cm)"'] for row in report.rows] == [20, 24]
    assert report.columns == ["row", "e", 'grad."sepal length (cm)"', "grad.w"]


@pytest.mark.parametrize("format", ["csv", "json", "svg", "html", "dot", "mmd", "tikz", "latex"])
def test_a_format_escapes_it(flowers, format):
    report = grad(ask('param k = 1; sum(k*"a <b> & $c_1"*"sepal length (cm)")', data=[flowers]))
    stream = io.StringIO()
    emit(report, format=format, stream=stream)
    text = stream.getvalue()
    if format == "csv":
        assert '"a <b> & $c_1"' in [row["node"] for row in csv.DictReader(io.StringIO(text))]
    elif format == "json":
        assert '"a <b> & $c_1"' in [row["node"] for row in json.loads(text)["rows"]]
    elif format == "svg":
        assert any('"a <b> & $c_1"' in "".join(e.itertext()) for e in ET.fromstring(text).iter())
    elif format in ("tikz", "latex"):
        assert r"\$c\_1" in text
        assert "$c_1" not in text.replace(r"\$", "")
    elif format == "dot":
        assert r"\"a <b> &amp; $c_1\"" in text
    else:
        assert "<b>" not in text


@pytest.mark.parametrize(
    ("source", "values", "said"),
    [
        ('"sepal lenght (cm)" * w', (), "the data has no column 'sepal lenght (cm)'"),
        ('"sepal lenght (cm)" * w', (), "hint: did you mean 'sepal length (cm)'?"),
        ('"W" * w', (), "the data has no column 'W'"),
        ('"" * w', (), "the data has no column ''"),
        ('"w" * w', ("w=2",), "'w' is a column of the data and has a value"),
        ('"pi" * w', ('"pi"=2',), "is a column of the data and has a value"),
    ],
)
def test_no_such_header(flowers, source, values, said):
    with pytest.raises(GradError) as caught:
        ask(source, values, data=[flowers])
    assert said in f"{caught.value}"


@pytest.mark.parametrize("options", [{}, {"guess": True}, {"descent": "sgd"}])
def test_without_data(options):
    with pytest.raises(GradError, match="there is no data, which 'a b' would be a column of"):
        ask('"a b"^2', **options)
    assert ask('"a b"^2', ['"a b"=3']).given == {'"a b"': 3.0}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("ab1 _é\u2081²π(\"'<%$\t", min_size=1, max_size=6))
def test_any_header_that_can_be_quoted(tmp_path, header):
    header = header.strip()
    mark = next((mark for mark in "\"'" if mark not in header), "")
    if not header or not mark:
        return
    path = tmp_path / "d.csv"
    cell = header.replace('"', '""')
    path.write_text(f'"{cell}",k\n3,1\n', encoding="utf-8")
    question = ask(f"sum({mark}{header}{mark}*k)", data=[str(path)])
    assert question.run([question.model.output])[question.model.output] == 3
    names = question.names(question.cone())
    for node in question.cone():
        if question.graph.kind(node) == "data":
            assert parse(names[node]).arguments == [names[node]]


KINGS = "king a word\nqueen a king\n"


def of_text(tmp_path, program, *values, of=""):
    path = tmp_path / "k.txt"
    path.write_text(KINGS)
    question = ask(program, values, of=of, data=[str(path)])
    found = question.run([question.model.output])[question.model.output]
    return found if isinstance(found, float) else found.tolist()


WORDS = ["<unk>", "a", "king", "queen", "word"]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ('param a = 7; E = arange(5); E["a"] + 0*a', 1),
        ('a = 7; E = arange(5); E[["a", "king"]] + 0*a', [1, 2]),
        ('f(a) = a^2; E = arange(5); f(E["a"])', 1),
        ('E = arange(5); E["word"]', 4),
        ('E = arange(5); E["word"] + 0*sum(E[word])', 4),
        ('sum(word == "word")', 1),
        ('sum("king" == word)', 2),
        ('a = 2; sum("word"^0)*a', None),
        ('sum(onehot("word", 5))', 6),
    ],
)
def test_a_word_in_quotes_is_no_name_of_the_program(tmp_path, program, expected):
    if expected is None:
        with pytest.raises(GradError, match="text has no arithmetic"):
            of_text(tmp_path, program)
        return
    assert of_text(tmp_path, program) == expected


def test_a_given_value_is_not_the_word(tmp_path):
    assert of_text(tmp_path, "E = arange(5); a*E[word]", "a=3", of='E["a"]') == 1


def test_a_word_that_is_a_column_too(tmp_path):
    path = tmp_path / "k.csv"
    path.write_text("a b,kind\n0,a b\n1,c\n")
    both = "'a b' is a column, and a class of column 'kind'"
    for source in ('[5, 6]["a b"]', 'sum(kind == "a b")', 'sum([5, 6]["a b"] + "a b")'):
        with pytest.raises(GradError) as caught:
            ask(f"sum({source} + 0*kind[0]) + sum(kind == 0)", data=[str(path)])
        assert caught.value.what == both
        assert caught.value.hint == "rename the column"
    assert value('sum("a b") + 0*sum(kind == 0)', str(path)) == 1


def test_a_column_in_quotes_beside_a_param_of_its_name(tmp_path):
    path = tmp_path / "k.csv"
    path.write_text("a,b\n3,1\n4,1\n")
    assert value('param a = 10; sum("a")*a', str(path)) == 70


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('sum("pi"*w)', 2 * 1 + 3 * 2),
        ("sum(π*w)", 5 * math.pi),
        ('sum("pi"*w) + pi', 8 + math.pi),
        ("data q = pi; sum(q*w)*pi", 8 * math.pi),
        ("data X = *; sum(X)*π", 35 * math.pi),
        ("2*w[0] + tau", 4 + math.tau),
    ],
)
def test_a_constant_beside_a_column_of_its_name(source, expected, flowers):
    assert value(source, flowers) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("source", "carets"),
    [
        ("sum(pi*w)", (4, 6)),
        ("f(x) = pi*x; sum(f(w))", (7, 9)),
        ("data X = *; sum(X)*pi", (19, 21)),
    ],
)
def test_a_constant_that_may_be_meant_as_a_column(source, carets, flowers):
    with pytest.raises(GradError, match="pi is a constant, and a column of the data") as caught:
        value(source, flowers)
    assert caught.value.span == carets
    assert caught.value.hint == 'write "pi" for the column, π for the number'
