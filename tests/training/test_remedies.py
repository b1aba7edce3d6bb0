"""What a descent that diverged suggests was tried, and does what is said of it."""

from __future__ import annotations

import re

import numpy as np
import pytest

FIT = "param w = 0; param v = 0; param b = 0; loss = mean((w*small + v*large + b - y)^2)"
HINT = re.compile(
    r"\nhint: (?:the data is of unlike scale: )?try (?:--standardize (\S+) )?--lr (\S+):"
    r" in ([\d,]+) steps? it took the loss from (\S+) to (\S+)$"
)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Two columns of unlike scale, and what depends on both."""
    draw = np.random.default_rng(4)
    small, large = draw.uniform(0, 1, 120), draw.uniform(500, 3000, 120)
    y = 50 + 30 * small + 0.2 * large + draw.normal(0, 5, 120)
    path = tmp_path_factory.mktemp("data") / "d.csv"
    lines = ["small,large,y", *(f"{a!r},{b!r},{c!r}" for a, b, c in zip(small, large, y))]
    path.write_text("\n".join(lines).replace("np.float64(", "").replace(")", "") + "\n")
    return str(path)


def suggested(report):
    """The columns, the rate, the steps, and the loss before and after of the only warning."""
    assert report.exit_code == 1
    (warning,) = report.warnings
    found = HINT.search(warning)
    assert found, warning
    names, rate, steps, start, end = found.groups()
    columns = names.split(",") if names else []
    return columns, rate, int(steps.replace(",", "")), float(start), float(end)


@pytest.mark.parametrize(
    ("source", "values", "options"),
    [
        ("x^2", ["x=1"], {"lr": "1.5"}),
        ("x^4", ["x=3"], {"lr": "1"}),
        ("rosenbrock", [], {"lr": "1"}),
        ("rosenbrock", [], {"lr": "1", "optimizer": "momentum", "schedule": "cosine"}),
        ("exp(x^2)", ["x=2"], {"lr": "10"}),
        ("sum((A@w)^2)", ["A=[[1, 1000], [0, 1]]", "w=[1, 1]"], {"lr": "0.1", "wrt": "w"}),
        ("1e10*x^2", ["x=1"], {}),
        ("x^2", ["x=1"], {"lr": "1.5,3"}),
        ("x^2", ["x=1"], {"lr": "1.5", "restarts": 3}),
    ],
)
def test_a_smaller_rate_does_what_is_said(descended, source, values, options):
    report = descended(source, *values, **options)
    columns, rate, steps, start, end = suggested(report)
    assert columns == []
    again = {k: v for k, v in options.items() if k != "restarts"}
    trial = descended(source, *values, **{**again, "lr": rate, "steps": steps})
    assert end < start
    assert trial.summary["start_loss"] == pytest.approx(start, rel=1e-2)
    if "schedule" not in options:  # whose rates depend on the total of the steps
        assert trial.summary["loss"] == pytest.approx(end, rel=1e-2)
    assert descended(source, *values, **{**again, "lr": rate}).exit_code == 0


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lr": "0.5", "batch_size": 8},
        {"lr": "0.01", "holdout": 0.25},
        {"lr": "0.01,0.1"},
        {"optimizer": "nesterov", "lr": "0.01"},
    ],
)
def test_columns_of_unlike_scale_are_to_be_standardized(descended, table, options):
    report = descended(FIT, data=[table], **options)
    columns, rate, steps, start, end = suggested(report)
    assert columns == ["small", "large"]
    again = descended(FIT, data=[table], **{**options, "lr": rate, "standardize": columns})
    assert again.exit_code == 0
    assert again.summary["start_loss"] == pytest.approx(start, rel=1e-2)
    assert again.summary["loss"] < start / 1000
    once = {**options, "lr": rate, "standardize": columns, "steps": steps}
    assert descended(FIT, data=[table], **once).summary["loss"] == pytest.approx(end, rel=1e-2)


def test_columns_side_by_side(descended, table):
    source = "data X = small, large; param w = zeros(2); param b = 0; mean((X@w + b - y)^2)"
    columns, rate, *_ = suggested(descended(source, data=[table]))
    assert columns == ["X"]
    assert descended(source, data=[table], lr=rate, standardize=columns).exit_code == 0


def test_columns_of_one_scale_need_a_smaller_rate_only(descended, table):
    source = "param w = 0; param b = 0; mean((w*small + b - y)^2)"
    columns, rate, *_ = suggested(descended(source, data=[table], lr="3"))
    assert (columns, rate) == ([], "0.3")


def test_columns_that_are_standardized_are_not_named(descended, table):
    report = descended(FIT, data=[table], standardize=["small", "large"], lr="5")
    assert suggested(report)[:2] == ([], "0.5")


def test_classes_and_places_are_no_columns_to_standardize(descended, tmp_path):
    path = tmp_path / "d.csv"
    rows = (f"{i % 7},{100 * (i % 5)},{'abc'[i % 3]}" for i in range(60))
    path.write_text("\n".join(["place,size,kind", *rows]) + "\n")
    source = (
        "param E = 0.1*randn(7, 3); param w = zeros(3);"
        " mean(cross_entropy(E[place] + outer(size, w), kind))"
    )
    columns, *_ = suggested(descended(source, data=[str(path)], lr="100"))
    assert columns == ["size"]


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("w - v", {"lr": "1e307", "steps": 50}),  # falls for ever
        ("-x^2*x^2", {"lr": "1"}),
        ("x^2", {"lr": "1.5", "line_search": True, "steps": 0}),
    ],
)
def test_no_rate_is_suggested_where_none_helps(descended, source, options):
    values = ["w=1", "v=1"] if "w" in source else ["x=1"]
    report = descended(source, *values, **options)
    assert not any("--lr" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("source", "lr"),
    [("sqrt(x)", "0.1"), ("log(x)", "0.1"), ("x*log(x)", "3"), ("sqrt(x) + x", "1")],
)
def test_a_rate_that_diverges_later_is_not_suggested(descended, source, lr):
    """Where 0.01 falls for a while and leaves the domain, another rate has to do."""
    (warning,) = descended(source, "x=1", lr=lr).warnings
    found = HINT.search(warning)
    assert found, warning
    steps = int(found[3].replace(",", ""))
    trial = descended(source, "x=1", lr=found[2], steps=steps + 5)
    assert trial.exit_code == 0
    assert trial.summary["loss"] < float(found[4])


def test_steps_to_and_fro_are_no_help(descended, tmp_path):
    """At rate 1 a step goes from one side of (w - c)^2 to the other."""
    path = tmp_path / "d.csv"
    path.write_text("x,y\n" + "".join(f"{i * 100},{7 * i * 100 + 3}\n" for i in range(1, 21)))
    source = "param w = 0; param b = 0; mean((w*x + b - y)^2)"
    columns, rate, _, start, end = suggested(descended(source, data=[str(path)], lr="1"))
    assert columns == ["x"]
    assert float(rate) < 1
    assert end < start / 100


def test_the_same_question_has_the_same_answer(descended, table):
    first, second = (descended(FIT, data=[table]) for _ in range(2))
    assert first.warnings == second.warnings


def test_a_resumed_descent_is_not_tried_again(descended, table, tmp_path):
    saved = str(tmp_path / "m.json")
    descended(FIT, data=[table], lr="1e-9", epochs=2, save=saved)
    report = descended(FIT, data=[table], lr="0.1", epochs=9, resume=saved)
    assert report.exit_code == 1
    assert "hint" not in report.warnings[0]


NET = """
data X = small, large
param W = 0.5*randn(2, 8); param b = zeros(8); param v = 0.5*randn(8); param c = 0
z = {unit}(X@W + b)@v + c
loss = mean({loss})
"""
SATURATED = re.compile(
    r"(.*) moves? from the start: the data, which is of unlike scale, saturates what is made of it"
    r"\nhint: try --standardize X( --lr \S+)?: in (\d+) steps it took the loss from (\S+) to (\S+),"
    r" not (\S+)$"
)


@pytest.fixture(scope="module")
def classes(tmp_path_factory):
    """Two columns of unlike scale, the same of one scale, and a class that both decide."""
    draw = np.random.default_rng(6)
    small, large = draw.uniform(0, 1, 120), draw.uniform(20000, 90000, 120)
    wins = small + (large - 20000) / 70000 > 1
    path = tmp_path_factory.mktemp("data") / "classes.csv"
    lines = [f"{a},{b},{b / 90000},{int(c)}" for a, b, c in zip(small, large, wins)]
    path.write_text("\n".join(["small,large,share,y", *lines]) + "\n")
    return str(path)


@pytest.mark.parametrize("loss", ["bce_with_logits(z, y)", "(sigmoid(z) - y)^2", "hinge(z, 2*y-1)"])
@pytest.mark.parametrize(
    ("unit", "options"),
    [
        ("tanh", {}),
        ("sigmoid", {"optimizer": "adam"}),
        ("relu", {"batch_size": 40}),
        ("tanh", {"batch_size": 40, "holdout": 0.2}),
    ],
)
def test_saturated_units_are_told(descended, classes, unit, options, loss):
    source = NET.format(unit=unit, loss=loss)
    options = {"data": [classes], "lr": "0.1", "epochs": 40, **options}
    report = descended(source, **options)
    found = SATURATED.search(report.warnings[-1])
    assert found, report.warnings
    assert "W" in found[1]
    start, end, here = map(float, found.group(4, 5, 6))
    assert here == pytest.approx(report.summary["loss"], rel=1e-2)
    assert end < min(start, here)
    rate = {"lr": found[2].split()[1]} if found[2] else {}
    again = descended(source, **{**options, **rate, "standardize": ["X"]})
    assert again.summary["start_loss"] == pytest.approx(start, rel=1e-2)
    assert again.summary["loss"] < here
    assert not any("saturates" in warning for warning in again.warnings)


@pytest.mark.parametrize(
    ("source", "options"),
    [
        (NET.format(unit="tanh", loss="bce_with_logits(z, y)").replace("large", "share"), {}),
        (NET.format(unit="0.00001*", loss="bce_with_logits(z, y)"), {"lr": "0.01"}),
        ("param w = 0; param v = 0; mean((1e-5*w*large + v*small - y)^2)", {}),
        ("param E = zeros(9, 2); mean(cross_entropy(E[y], y))", {}),
        ("param w = 0.5; param v = 1; loss = 0*w*mean(large*small) + v^2", {}),
        ("param w = 0; loss = (w - 1)^2 + 0*mean(large)", {}),
        ("param w = 1; mean((w*large - large)^2)", {}),
    ],
)
def test_what_is_not_saturated_is_not_told_so(descended, classes, source, options):
    report = descended(source, **{"data": [classes], "lr": "0.1", "epochs": 30, **options})
    assert not any("saturates" in warning for warning in report.warnings)


@pytest.mark.parametrize("loss", ["bce_with_logits(z, y)", "(z - y)^2", "-log_sigmoid((2*y-1)*z)"])
def test_a_target_is_not_to_be_standardized(descended, classes, loss):
    report = descended(NET.format(unit="", loss=loss), data=[classes], lr="0.5", epochs=20)
    assert suggested(report)[0] == ["X"]
