"""descend minimises the loss, and shows every other scalar output as a metric."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.learn.loss import Loss

TWO = "loss = (x - 3)^2; close = x > 2.5"


def written(path, **columns):
    rows = zip(*(np.asarray(column).tolist() for column in columns.values()))
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture
def points(tmp_path):
    """40 points around a line, the first 30 to learn from, with their columns as arrays."""
    draw = np.random.default_rng(3)
    x = draw.uniform(-1, 1, 40)
    y = 2 * x + 1 + draw.normal(0, 0.3, 40)
    learn = written(tmp_path / "learn.csv", x=x[:30], y=y[:30])
    judge = written(tmp_path / "judge.csv", x=x[30:], y=y[30:])
    return learn, judge, x, y


FIT = "param w = 0; param b = 0; r = w*x + b - y; loss = mean(r^2); worst = max(abs(r))"


# what is minimised


@pytest.mark.parametrize(
    ("source", "output", "metrics"),
    [
        (TWO, "loss", {"close": 1}),
        ("close = x > 2.5; loss = (x - 3)^2", "loss", {"close": 1}),
        ("loss = (x - 3)^2; perplexity = exp(loss)", "loss", {"perplexity": 1}),
        ("f = (x - 3)^2; both = [x, x]", "f", {}),
        ("both = [x, x]; f = (x - 3)^2; all = [both, both]", "f", {}),
        ("(x - 3)^2", "e", {}),
        ("loss = (x - 3)^2; 2*x", "loss", {"e": 6}),
        ("2*x; loss = (x - 3)^2; 3*x", "loss", {"out": 6, "e": 9}),
    ],
)
@pytest.mark.parametrize("optimizer", ["momentum", "lbfgs", "newton"])
def test_the_loss_is_minimised_wherever_it_stands(descended, source, output, metrics, optimizer):
    lr = "0.05" if optimizer == "momentum" else None
    report = descended(source, "x=0", optimizer=optimizer, lr=lr, tol=1e-8)
    assert report.summary["output"] == output
    assert report.summary["params"]["x"] == pytest.approx(3, abs=1e-6)
    assert report.summary["metrics"] == pytest.approx(metrics)
    assert report.headings == {"grad": f"∂{output}/∂parameter"}


def test_lm_minimises_the_only_vector(descended):
    source = "r = [10*(y - x^2), 1 - x]; far = abs(x) + abs(y)"
    report = descended(source, "x=-1.2", "y=1", optimizer="lm")
    assert report.summary["params"] == pytest.approx({"x": 1, "y": 1}, abs=1e-12)
    assert report.summary["output"] == "r"
    assert report.summary["metrics"] == pytest.approx({"far": 2})
    assert report.summary["start_metrics"] == pytest.approx({"far": 2.2})
    assert report.headings == {"grad": "∂loss/∂parameter"}


def test_of_picks_another_output(descended):
    report = descended(TWO.replace("close = x > 2.5", "far = (x + 1)^2"), "x=0", of="far", lr="0.1")
    assert report.summary["output"] == "far"
    assert report.summary["params"]["x"] == pytest.approx(-1, abs=1e-5)
    assert report.summary["metrics"]["loss"] == pytest.approx(16, abs=1e-4)


@pytest.mark.parametrize(
    ("source", "optimizer", "told", "hint"),
    [
        ("f = (x - 3)^2; g = (x - 4)^2", "sgd",
         "which scalar is to be minimised? There are several: f, g",
         "pick one, such as --of f, or name it loss"),
        ("(x - 3)^2; g = x; (x - 4)^2; v = [x, x]", "lbfgs",
         "which scalar is to be minimised? There are several: out = (x - 3)^2, g, e = (x - 4)^2",
         "pick one, such as --of out, or name it loss"),
        ("r = [x, 1]; s = [x, 2]; f = x^2", "lm",
         "which vector is to be minimised? There are several: r, s",
         "pick one, such as --of r"),
        ("r = [x, 1]; s = [x, 2]", "sgd",
         "no output is a scalar to minimise: r has shape (2,), s has shape (2,)",
         "minimise the mean of squares, such as loss = mean(r^2)"),
        ("f = x^2; g = x", "lm",
         "no output is a vector to minimise: f has shape (), g has shape ()",
         "lm takes a vector of residuals: prediction - y"),
        ("r = [x, 1]; loss = mean(r^2)", "lm",
         "lm takes a vector of residuals, loss has shape ()",
         "minimise the squares of r: --of r"),
        ("p = [x, 1]; loss = mean((p - 3)^2); s = p * 2", "lm",
         "lm takes a vector of residuals, loss has shape ()",
         "name the residuals, r = (p - 3), and minimise their squares: --of r"),
        ("p = [x, 1]; loss = mean(square(p - 3))", "lm",
         "lm takes a vector of residuals, loss has shape ()",
         "name the residuals, r = p - 3, and minimise their squares: --of r"),
        ("f(u) = (u - 1)^2; loss = mean(f([x, 1]))", "lm",
         "lm takes a vector of residuals, loss has shape ()",
         "leave out the mean of the squares: prediction - y"),
        ("p = [x, 1]; loss = mse(p, 3)", "lm",
         "lm takes a vector of residuals, loss has shape ()",
         "leave out the mean of the squares: prediction - y"),
        ("[x - 1, x]", "sgd", "e has shape (2,), a loss is one number",
         "minimise mean(e) of losses, or mean(e^2) of residuals"),
    ],
)  # fmt: skip
def test_where_there_are_several_or_none(descended, source, optimizer, told, hint):
    with pytest.raises(GradError) as caught:
        descended(source, "x=0", optimizer=optimizer)
    assert (caught.value.what, caught.value.hint) == (told, hint)
    assert caught.value.exit_code == 2


def test_outputs_of_a_sample_with_an_accuracy(descended):
    report = descended("moons", lr="0.3", batch_size=20, epochs=300)
    assert report.summary["output"] == "loss"
    assert report.summary["metrics"] == {"accuracy": 1}
    assert report.summary["start_metrics"]["accuracy"] < 0.8


# metrics


def expected(x, y, w, b):
    r = w * x + b - y
    return float(np.mean(r**2)), float(np.max(np.abs(r)))


def test_metrics_of_both_parts_at_the_start_and_the_end(descended, points):
    learn, judge, x, y = points
    report = descended(FIT, data=[learn], validate=[judge], lr="0.1", epochs=20, batch_size=7)
    summary = report.summary
    w, b = summary["params"]["w"], summary["params"]["b"]
    assert w != 0
    loss, worst = expected(x[:30], y[:30], w, b)
    held, held_worst = expected(x[30:], y[30:], w, b)
    assert summary["loss"] == pytest.approx(loss, rel=1e-13)
    assert summary["metrics"] == pytest.approx({"worst": worst}, rel=1e-13)
    assert summary["validation_loss"] == pytest.approx(held, rel=1e-13)
    assert summary["validation_metrics"] == pytest.approx({"worst": held_worst}, rel=1e-13)
    assert summary["start_metrics"] == {"worst": max(abs(y[:30]))}
    assert summary["start_validation_metrics"] == {"worst": max(abs(y[30:]))}


def test_a_trace_has_a_column_a_metric(descended, points):
    learn, judge, x, y = points
    report = descended(FIT, data=[learn], validate=[judge], lr="0.1", epochs=3, trace=True)
    assert report.columns == [
        "step", "loss", "grad_norm", "lr", "worst", "validation_loss", "validation_worst", "w", "b",
    ]  # fmt: skip
    assert [row["step"] for row in report.rows] == [0, 1, 2, 3]
    for row in report.rows:
        _, worst = expected(x[:30], y[:30], row["w"], row["b"])
        held, held_worst = expected(x[30:], y[30:], row["w"], row["b"])
        found = row["worst"], row["validation_loss"], row["validation_worst"]
        assert found == pytest.approx((worst, held, held_worst), rel=1e-13)


def test_a_sweep_has_a_column_a_metric(descended, points):
    learn, judge, _, y = points
    report = descended(FIT, data=[learn], validate=[judge], lr="0.1,1e-12", epochs=9)
    assert report.columns == [
        "lr", "loss", "worst", "validation_loss", "validation_worst", "steps", "verdict",
    ]  # fmt: skip
    assert report.rows[1]["worst"] == pytest.approx(max(abs(y[:30])))
    assert report.rows[0]["worst"] == report.summary["metrics"]["worst"]
    assert report.rows[0]["validation_worst"] == report.summary["validation_metrics"]["worst"]


def test_metrics_that_bear_a_columns_name(descended):
    source = "f = (x - 1)^2 + (a - 1)^2; steps = 2*x; lr = 3*x; loss_lr = x; verdict = x"
    report = descended(source.replace("loss_lr", "step"), "x=0", "a=0", of="f", lr="0.5,0.25")
    names = ["lr", "loss", "metric.steps", "metric.lr", "step", "metric.verdict", "steps"]
    assert report.columns == [*names, "verdict"]
    row = report.rows[0]
    assert (row["metric.steps"], row["metric.lr"]) == pytest.approx((2, 3))
    trace = descended(TWO, "x=0", of="close", wrt="x", trace=True, steps=1)
    assert trace.columns == ["step", "loss", "grad_norm", "lr", "metric.loss", "x"]
    assert trace.rows[0]["metric.loss"] == 9


def test_restarts_and_a_resume_have_metrics(descended, tmp_path):
    source = "loss = (x^2 - 4)^2/16 + x/4; twice = 2*x"
    report = descended(source, "x=2", lr="0.05", restarts=8, range="-3:3")
    assert report.summary["metrics"]["twice"] == 2 * report.summary["params"]["x"] < 0
    saved = str(tmp_path / "m.json")
    descended(source, "x=2", lr="0.05", steps=3, save=saved)
    again = descended(source, lr="0.05", steps=6, resume=saved, of="loss")
    whole = descended(source, "x=2", lr="0.05", steps=6)
    assert again.summary == whole.summary
    assert again.summary["start_metrics"] == {"twice": 4}
    assert again.summary["output"] == "loss"


def test_a_metric_that_is_nan_is_shown(descended):
    report = descended("loss = (x - 3)^2; odd = log(x - 1); root = sqrt(x)", "x=0", lr="0.1")
    assert report.exit_code == 0
    assert math.isnan(report.summary["start_metrics"]["odd"])
    assert report.summary["metrics"]["odd"] == pytest.approx(math.log(2), abs=1e-6)
    assert report.warnings == []


def test_a_metric_without_its_value_is_left_out(descended, capsys):
    source = "param w = 1; loss = (w - 2)^2; ahead = w*new; twice = 2*w; odd = [1, 2] + [1, 2, 3]"
    report = descended(source, lr="0.1")
    assert report.summary["metrics"] == pytest.approx({"twice": 4}, abs=1e-5)
    assert capsys.readouterr().err == (
        "note: ahead is not shown: 'new' has no value\n"
        "note: odd is not shown: odd = [1, 2] + [1, 2, 3]: shapes that do not fit together:"
        " [1, 2] has shape (2,), [1, 2, 3] has shape (3,)\n"
    )
    report = descended("loss = (w - 2)^2; ahead = w*new", "w=1", lr="0.1")
    assert report.summary["metrics"] == {}


def test_a_metric_may_need_values_that_the_loss_does_not(descended):
    source = "param w = 1; const k = 2; param c = k*5; loss = (w - 2)^2; m = k*w + c + given"
    report = descended(source, "given=100", lr="0.1")
    assert report.summary["metrics"] == pytest.approx({"m": 114}, abs=1e-4)
    assert list(report.summary["params"]) == ["w"]


def test_a_metric_that_the_judging_rows_have_no_data_for(descended, points, tmp_path, capsys):
    _, judge, x, y = points
    learn = written(tmp_path / "l.csv", x=x[:30], y=y[:30], z=2 * x[:30])
    source = FIT + "; m = mean(z)"
    report = descended(source, data=[learn], validate=[judge], lr="0.1", epochs=3)
    assert capsys.readouterr().err == "note: the rows that judge have no z, of which m is made\n"
    assert report.summary["metrics"]["m"] == pytest.approx(2 * x[:30].mean())
    assert list(report.summary["validation_metrics"]) == ["worst"]
    source = "data extra = z; " + FIT + "; m = mean(extra)"
    report = descended(source, data=[learn], validate=[judge], lr="0.1", epochs=3)
    assert list(report.summary["validation_metrics"]) == ["worst"]


def test_columns_of_vectors_are_not_looked_at(descended, tmp_path):
    """A gap in what only a vector output needs is nobody's business."""
    path = tmp_path / "d.csv"
    path.write_text("x,y,z\n1,2,nan\n2,4,1\n")
    source = "param w = 0; loss = mean((w*x - y)^2); v = z*2"
    assert descended(source, data=[str(path)], lr="0.1").summary["params"]["w"] == pytest.approx(2)
    with pytest.raises(GradError) as caught:
        descended(source + "; m = mean(z)", data=[str(path)], lr="0.1")
    assert "column 'z': the cell is nan" in caught.value.what


def test_a_random_call_is_drawn_once_for_the_loss_and_its_metrics(descended):
    source = "const v = randn(50); u = v + x; m = mean(u); loss = (x - 2)^2 + 0*m; d = m - mean(v)"
    report = descended(source, "x=0", lr="0.25", wrt="x")
    assert report.summary["metrics"]["d"] == pytest.approx(2, abs=1e-5)
    source = "noise = randn(50); loss = mean((noise - x)^2); m = mean(noise)"
    report = descended(source, "x=0", lr="0.25")
    assert report.summary["params"]["x"] == pytest.approx(report.summary["metrics"]["m"], abs=1e-5)


@pytest.mark.parametrize("rows", [900, 70_000])
def test_metrics_of_many_rows(descended, tmp_path, rows):
    x = np.random.default_rng(1).uniform(0, 1, rows)
    np.savez(tmp_path / "d.npz", x=x, t=(x > 0.5).astype(float))
    source = (
        "param w = 1; param b = 0; z = w*x + b; loss = mean(bce_with_logits(z, t));"
        " accuracy = mean((z > 0.6) == t); most = max(z); spread = std(z); n = sum(t)"
    )
    report = descended(source, data=[str(tmp_path / "d.npz")], lr="1e-6", epochs=1)
    w, b = (report.summary["params"][name] for name in "wb")
    z = w * x + b
    assert report.summary["metrics"] == pytest.approx(
        {
            "accuracy": np.mean((z > 0.6) == (x > 0.5)),
            "most": z.max(),
            "spread": z.std(),
            "n": (x > 0.5).sum(),
        },
        rel=1e-12,
    )


def test_a_metric_costs_nothing_where_nobody_looks(descended, monkeypatch):
    looks = []
    value = Loss.value

    def counted(self, params):
        looks.append(dict(params))
        return value(self, params)

    monkeypatch.setattr(Loss, "value", counted)
    descended(TWO, "x=0", lr="0.01", steps=500, tol=0.0)
    assert [look["x"] for look in looks[:1]] == [0]
    assert len(looks) == 3  # before the run, and its start and end in the summary


def test_an_index_out_of_range_in_a_metric(descended):
    with pytest.raises(GradError) as caught:
        descended("loss = (x - 3)^2; m = [1, 2][7*x + 7]", "x=0", lr="0.1")
    assert "7" in caught.value.what
    report = descended("loss = (x - 3)^2; m = [1, 2][round(x)]", "x=0", lr="0.1")
    assert report.summary["start_metrics"] == {"m": 1}
    assert math.isnan(report.summary["metrics"]["m"])


@pytest.mark.parametrize("trace", [False, True])
def test_a_class_out_of_range_in_the_rows_that_judge(descended, tmp_path, trace):
    learn = written(tmp_path / "l.csv", x=[1, 2, 3, 4], y=[0, 1, 0, 1])
    judge = written(tmp_path / "j.csv", x=[1, 2], y=[0, 7])
    source = "param W = zeros(2); loss = mean(cross_entropy(outer(x, W), y))"
    with pytest.raises(GradError) as caught:
        descended(source, data=[learn], validate=[judge], epochs=2, trace=trace)
    assert caught.value.what.endswith("there is no class 7 among 2")


@pytest.mark.parametrize(
    ("metric", "note"),
    [
        ("m = mean(arange(4)*y)",
         "m cannot be shown for 3 rows: arange(4)*y: shapes that do not fit together:"
         " arange(4) has shape (4,), y has shape (3,)"),
        ("m = mean([1, 2]*y)",
         "m is not shown: [1, 2]*y: shapes that do not fit together:"
         " [1, 2] has shape (2,), y has shape (4,)"),
    ],
)  # fmt: skip
def test_a_metric_that_counts_the_rows(descended, tmp_path, capsys, metric, note):
    path = written(tmp_path / "l.csv", x=[1, 2, 3, 4], y=[0, 1, 0, 1])
    source = f"param w = 0; loss = mean((w*x - y)^2); {metric}"
    report = descended(source, data=[path], holdout=0.25, epochs=2)
    assert report.summary["metrics"] == report.summary["validation_metrics"] == {}
    assert capsys.readouterr().err == f"note: {note}\n"


@pytest.mark.parametrize("source", ["floor(x)", "loss = (x > 1) + round(x)", "stop_gradient(x)^2"])
def test_a_loss_without_a_slope_anywhere_is_said(descended, source):
    report = descended(source, "x=1.5")
    name = report.summary["output"]
    assert report.warnings == [
        f"the derivative of {name} by x is 0 everywhere: no step could lower it\n"
        "hint: minimise something smooth, such as a cross-entropy for an accuracy"
    ]
    assert descended("x^2", "x=0").warnings == []


def test_text_in_a_metric_is_no_number(descended, tmp_path, capsys):
    path = tmp_path / "k.csv"
    path.write_text("x,y,k\n1,2,a\n2,4,b\n3,6,a\n")
    program = "param w = 0; loss = mean((w*x - y)^2); odd = mean(k)"
    found = descended(program, data=[str(path)], lr="0.05")
    assert found.summary["metrics"] == {}
    assert "note: odd is not shown:" in (told := capsys.readouterr().err)
    assert "'a' is no number" in told
