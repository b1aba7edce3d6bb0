"""Decision regions, against a classifier written in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.question.question import ask
from gradcli.training.regions import regions
from gradcli.training.task import prepare

TABLE = "a,b,kind,bit,sign,level,half\n" + "".join(
    f"{a},{b},{'xyz'[(a + b) % 3]},{(a + b) % 2},{2 * ((a + b) % 2) - 1},{a + b},{(a + b) / 2}\n"
    for a in range(4)
    for b in range(3)
)


@pytest.fixture
def panel(tmp_path):
    """`panel("…", w=[1, 2])`: what is drawn of a program over the table, at those parameters."""
    path = tmp_path / "d.csv"
    path.write_text(TABLE)

    def make(source, *values, standardize=(), data=True, **params):
        question = ask(source, values, data=[str(path)] if data else [], descent="sgd")
        task = prepare(question, (-5, 5), standardize=standardize)
        given = {name: np.asarray(value, float) for name, value in params.items()}
        return regions(task, {**task.start, **given})

    return make


def plane(surface):
    return np.stack(np.meshgrid(surface.x, surface.y), axis=-1)


X = "data X = a, b\n"
SCORE = "param w = [0, 0]; param c = 0; s = X@w + c\n"


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        ("mean(bce_with_logits(s, bit))", "bit"),
        ("mean(bce(sigmoid(s), bit))", "bit"),
        ("sum((sigmoid(s) - bit)^2)", "bit"),
        ("mean(log(1 + exp(-sign*s)))", "sign"),
        ("mean(hinge(s, sign))", "sign"),
        ("mean(stop_gradient(step(s) - bit)*s)", "bit"),
        ("mean(cross_entropy(outer(s, [0, 1]), bit)) + 0.1*sum(w^2)", "bit"),
    ],
)
def test_two_classes_part_where_the_score_changes_sign(panel, loss, target):
    found = panel(X + SCORE + f"loss = {loss}", w=[1.5, -2.0], c=0.7)
    score = plane(found.surface) @ [1.5, -2.0] + 0.7
    clear = abs(score) > 1e-9
    # at a margin, two classes may cost the same: the first of them is drawn
    if "hinge" not in loss:
        assert (found.surface.z == (score > 0))[clear].all()
    low = {"bit": 0, "sign": -1}[target]
    assert found.surface.classes == [f"{target} = {low}", f"{target} = 1"]
    assert (found.x_label, found.y_label) == ("a", "b")


def test_many_classes_by_name(panel):
    rng = np.random.default_rng(3)
    w, c = rng.normal(size=(2, 3)), rng.normal(size=3)
    source = (
        X + "param W = zeros(2, 3); param c = zeros(3); loss = mean(cross_entropy(X@W + c, kind))"
    )
    found = panel(source, W=w, c=c)
    assert (found.surface.z == np.argmax(plane(found.surface) @ w + c, axis=-1)).all()
    assert found.surface.classes == ["x", "y", "z"]
    assert [series.name for series in found.series] == ["x", "y", "z"]


def test_the_rows_stand_in_the_plane_by_class(panel):
    found = panel(X + SCORE + "loss = mean(bce_with_logits(s, bit))")
    rows = [(a, b) for a in range(4) for b in range(3)]
    for bit, series in enumerate(found.series):
        assert series.style == "points"
        points = sorted(zip(series.x, series.y))
        assert points == [(a, b) for a, b in rows if (a + b) % 2 == bit]


def test_two_columns_by_their_names(panel):
    source = "param u = 0; param v = 0; loss = mean(bce_with_logits(u*a + v*b, bit))"
    found = panel(source, u=1.0, v=-1.0)
    x, y = np.moveaxis(plane(found.surface), -1, 0)
    assert (found.surface.z == (x - y > 0)).all()
    assert (found.x_label, found.y_label) == ("a", "b")


def test_a_target_of_several_levels(panel):
    found = panel(X + SCORE + "loss = mean((s - level)^2)", w=[1, 1])
    assert found.surface.classes == [f"level = {n}" for n in range(6)]
    middle = plane(found.surface).sum(axis=-1)
    assert (abs(found.surface.z - np.clip(middle, 0, 5)) <= 0.5 + 1e-9).all()


def test_standardized_columns_say_so(panel):
    found = panel(X + SCORE + "loss = mean(bce_with_logits(s, bit))", standardize=["X"], w=[1, 0])
    assert (found.x_label, found.y_label) == ("a (standardized)", "b (standardized)")
    assert np.mean(found.series[0].x + found.series[1].x) == pytest.approx(0, abs=1e-12)


def test_data_that_are_constants_of_the_program(panel):
    source = """const X = [[0, 0], [0, 1], [1, 0], [1, 1]]
        const y = [0, 1, 1, 0]
        param w = [0, 0]
        loss = mean(bce_with_logits(X@w - 0.5, y))"""
    found = panel(source, w=[1, 2], data=False)
    assert (found.surface.z == (plane(found.surface) @ [1, 2] > 0.5)).all()
    assert (found.x_label, found.y_label) == ("X[0]", "X[1]")
    assert found.surface.classes == ["y = 0", "y = 1"]


@pytest.mark.parametrize(
    "source",
    [
        "param w = 0; loss = mean((w*a - b)^2)",
        X + "param w = [0, 0]; loss = mean((X@w - half)^2)",
        "data X = a, b, level; param w = zeros(3); loss = mean(bce_with_logits(X@w, bit))",
        X + "param w = [0, 0]; loss = mean((X@w)^2)",
        X + "param w = zeros(12); loss = mean(bce_with_logits(X@[1, 1] + w, bit))",
        "param w = 0; loss = mean(bce_with_logits(w*a, bit))",
        "param x = 1; loss = x^2 + 0*sum(a)",
    ],
)
def test_what_is_no_classifier_of_two_columns(panel, source):
    assert panel(source) is None


def test_where_the_loss_is_not_finite_there_is_no_class(panel):
    source = X + SCORE + "loss = mean(bce_with_logits(s, bit) + 0*log(X[:, 0]))"
    found = panel(source, w=[1, 0])
    x = plane(found.surface)[..., 0]
    assert np.isnan(found.surface.z[x < 0]).all()
    assert np.isfinite(found.surface.z[x > 0]).all()
