"""Derivatives row by row, against formulas and against the Jacobian's diagonal."""

import math

import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.question.question import ask
from gradcli.verbs.jacobian import jacobian
from gradcli.verbs.row_gradients import row_gradients

ROWS = np.array([[1.0, 2.0, 0.5], [3.0, 4.0, -1.5], [-0.5, 0.25, 2.0], [0.1, 7.0, 1.0]])


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "d.csv"
    lines = (f"{x!r},{y!r},{z!r},{'ab'[n % 2]}" for n, (x, y, z) in enumerate(ROWS.tolist()))
    path.write_text("x,y,z,c\n" + "\n".join(lines))
    return [str(path)]


def table(source, data, *values, **options):
    report = row_gradients(ask(source, values, data=data, **options))
    rows = list(report.rows)
    return {name: [row[name] for row in rows] for name in report.columns}


def test_of_a_product(data):
    x, y, _ = ROWS.T
    found = table("x^2*y", data)
    assert found["row"] == [0, 1, 2, 3]
    assert found["e"] == pytest.approx(x**2 * y)
    assert found["grad.x"] == pytest.approx(2 * x * y)
    assert found["grad.y"] == pytest.approx(x**2)


@pytest.mark.parametrize(
    "source",
    [
        "tanh(x*y) + where(x > z, x^2, exp(z))",
        "data X = x, y, z; (X@[1, -2, 3])^2",
        "data X = x, y, z; logsumexp(X, axis=1)*x",
        "data X = x, y, z; h = relu(X@[[1, 2], [-1, 0.5], [3, 1]]); sum(h^2, axis=1)",
        "data X = x, y, z; cross_entropy(X, c)",
    ],
)
def test_the_diagonal_of_the_jacobian(source, data):
    found = table(source, data)
    question = ask(source, data=data)
    names = question.names(question.cone())
    nodes = {name: node for node, name in names.items()}
    for column in found:
        if column.startswith("grad."):
            name, _, place = column.removeprefix("grad.").partition("[")
            (block,) = jacobian(question, question.model.output, [nodes[name]]).values()
            rows = np.arange(len(ROWS))
            mine = block[rows, rows] if not place else block[rows, rows, int(place[:-1])]
            assert found[column] == pytest.approx(mine, rel=1e-12)


def test_by_some_of_the_columns_and_with_values(data):
    found = table("w*x*y", data, "w=3", wrt="y")
    assert list(found) == ["row", "e", "grad.y"]
    assert found["grad.y"] == pytest.approx(3 * ROWS[:, 0])


@pytest.mark.parametrize(
    ("source", "options", "told"),
    [
        ("x*mean(y)", {}, "e mixes rows: v1 is made of all of them"),
        ("x - y[0]", {}, "e mixes rows: v1 is made of all of them"),
        ("softmax(x)", {}, "e mixes rows: e is made of all of them"),
        ("mean(x)", {}, "e has shape (): no number a data row"),
        ("w*x", {"wrt": "w"}, "w has no entry a data row"),
        ("w*x", {"wrt": "x,w"}, "--wrt: w has no entry a data row"),
    ],
)
def test_what_has_none(source, options, told, data):
    values = ["w=2"] if "w" in source else []
    with pytest.raises(GradError) as caught:
        table(source, data, *values, **options)
    assert str(caught.value).splitlines()[0] == told
    assert caught.value.hint


def test_without_data():
    with pytest.raises(GradError, match="--per-row needs data"):
        row_gradients(ask("x^2", ["x=1"]))


def test_an_infinite_slope_is_said(data):
    report = row_gradients(ask("sqrt(x - 1)*0 + sqrt(abs(x) - abs(x))", data=data))
    assert report.exit_code == 3
    report = row_gradients(ask("sqrt(y - 0.25)", data=data))
    rows = list(report.rows)
    assert math.isinf(rows[2]["grad.y"])
    assert (report.exit_code, report.warnings) == (
        3, ["a derivative of e by a row's entries is not finite"]
    )  # fmt: skip
