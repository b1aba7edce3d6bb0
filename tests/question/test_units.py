"""eval --units gives a prediction back in the units of a column that training standardized."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.graph.build import build
from gradcli.language import parse
from gradcli.question.question import ask
from gradcli.question.units import told, units
from gradcli.run.interpret import interpret
from gradcli.verbs.evaluate import evaluate
from gradcli.verbs.per_row import per_row

FIT = "param w = 0; param b = 0; pred = w*x + b; loss = mean((pred - y)^2)"


def written(path, **columns):
    lines = [",".join(columns), *(",".join(map(repr, row)) for row in zip(*columns.values()))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def data():
    draw = np.random.default_rng(8)
    x = draw.uniform(50, 90, 40)
    y = 1e4 + 300 * x + draw.normal(0, 900, 40)
    return {"x": x.tolist(), "y": y.tolist()}


@pytest.fixture
def trained(descended, tmp_path, data):
    """The file of a fit of both columns, standardized."""
    path = str(tmp_path / "p.json")
    descended(FIT, data=[written(tmp_path / "d.csv", **data)], standardize=["x", "y"],
              optimizer="lbfgs", tol=0.0, save=path)  # fmt: skip
    return path


def line(data, x):
    """The prediction of least squares in the columns' own units."""
    return np.polyval(np.polyfit(data["x"], data["y"], 1), x)


def test_a_row_a_data_row(trained, tmp_path, data):
    new = [10.0, 70.0, 1000.0]
    question = ask(FIT, data=[written(tmp_path / "n.csv", x=new)], params=trained, of="pred")
    report = per_row(question, units(question, "y"))
    assert report.columns == ["row", "pred"]
    assert report.summary == {"output": "pred", "rows": 3, "units": "y"}
    assert [row["pred"] for row in report.rows] == pytest.approx(line(data, new), rel=1e-9)
    assert report.answer[0][1] == pytest.approx(line(data, new), rel=1e-9)


def test_one_value_and_how_it_is_made(trained, data):
    question = ask("w*x + b", ["x=100"], params=trained)
    report = evaluate(question, units(question, "y"))
    want = pytest.approx(line(data, 100.0), rel=1e-9)
    *rows, last = report.rows
    assert report.summary["output"] == last["node"] == "e"
    assert (report.summary["value"], last["value"], report.answer[0][1]) == (want, want, want)
    # the other rows are what training had, and the last one's expression makes its value of them
    values = {row["node"]: row["value"] for row in rows}
    model = build(parse(last["expression"]), values)
    inputs = {node: values[name] for name, node in model.inputs.items()}
    assert interpret(model.graph, [model.output], inputs)[model.output] == last["value"]


def test_many_columns_side_by_side(descended, tmp_path, data):
    x = np.array(data["x"])
    z = (5 - 0.1 * x).tolist()
    table = written(tmp_path / "d.csv", **data, z=z)
    source = "data Y = y, z; param W = zeros(2); param b = zeros(2); P = outer(x, W) + b"
    source += "; loss = mean((P - Y)^2)"
    path = str(tmp_path / "p.json")
    descended(source, data=[table], standardize=["x", "Y"], optimizer="lbfgs", tol=0.0, save=path)
    question = ask(source, data=[table], params=path, of="P")
    value = evaluate(question, units(question, "Y")).summary["value"]
    assert value[:, 1] == pytest.approx(np.array(z), rel=1e-6)
    assert value[:, 0] == pytest.approx(line(data, x), rel=1e-6)
    one = ask("W[1]*x + b[1]", ["x=70"], params=path)
    assert evaluate(one, units(one, "z")).summary["value"] == pytest.approx(-2, rel=1e-6)
    with pytest.raises(GradError) as caught:
        units(one, "Y")
    assert caught.value.what == "--units Y: e has shape (), Y has 2 columns"


def test_the_column_itself(trained, tmp_path, data):
    question = ask(FIT, data=[written(tmp_path / "d.csv", **data)], params=trained, of="y")
    value = evaluate(question, units(question, "y")).summary["value"]
    assert value.tolist() == pytest.approx(data["y"], rel=1e-12)


@pytest.mark.parametrize(
    ("of", "name", "what", "hint"),
    [
        ("pred", "height", "'height' was not standardized in training", "what was: x, y"),
        ("pred", "x", "pred is no prediction of x: it is made of x", "pick the prediction by --of"),
        ("", "y", "loss is no prediction of y: it is made of y", "pick the prediction by --of"),
        ("w", "y", "w is no prediction of y: nothing was computed for it",
         "pick the prediction by --of"),
    ],
)  # fmt: skip
def test_units_that_make_no_sense(trained, tmp_path, data, of, name, what, hint):
    question = ask(FIT, data=[written(tmp_path / "d.csv", **data)], params=trained, of=of)
    with pytest.raises(GradError) as caught:
        units(question, name)
    assert (caught.value.what, caught.value.hint) == (f"--units {name}: {what}", hint)
    assert caught.value.exit_code == 2


def test_units_without_a_standardized_training():
    question = ask("w*x + b", ["x=1", "w=1", "b=1"])
    with pytest.raises(GradError) as caught:
        units(question, "y")
    assert caught.value.what == "--units y: 'y' was not standardized in training"
    assert caught.value.hint == "leave it out, or give a --params that descend --standardize saved"


@pytest.mark.parametrize(
    ("source", "of", "note"),
    [
        (FIT, "pred", True),
        ("w*x + b", "", True),
        (FIT, "loss", False),
        (FIT, "x", False),
        (FIT, "w", False),
        ("2*x", "", False),
    ],
)
def test_a_note_says_which_units_an_output_may_have(trained, tmp_path, data, source, of, note):
    question = ask(source, data=[written(tmp_path / "d.csv", **data)], params=trained, of=of)
    said = "y was standardized in training: --units y gives a prediction of it in its own units"
    assert told(question) == (said if note else "")
