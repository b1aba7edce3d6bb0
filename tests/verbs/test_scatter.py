"""What is drawn of eval --per-row: words in a plane, predictions over a column."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.question.question import ask
from gradcli.verbs.per_row import per_row
from gradcli.verbs.scatter import NUMBERED, principal_axes


def asked(source, *values, **options):
    report = per_row(ask(source, values, **options))
    report.rows = list(report.rows)
    return report


@pytest.mark.parametrize("shape", [(10, 3), (3, 10), (40, 7), (5, 2)])
def test_principal_axes_are_those_of_the_covariance(shape):
    rows = np.random.default_rng(1).normal(size=shape) * np.arange(1, shape[1] + 1)
    places, shares = principal_axes(rows)
    variances, axes = np.linalg.eigh(np.cov(rows.T))
    order = np.argsort(variances)[::-1][:2]
    assert shares == pytest.approx(variances[order] / variances.sum())
    expected = (rows - rows.mean(axis=0)) @ axes[:, order]
    assert abs(places) == pytest.approx(abs(expected))
    assert np.var(places, axis=0, ddof=1) == pytest.approx(variances[order])


def test_an_axis_points_where_its_largest_weight_does():
    rows = np.array([[3.0, 0, 0], [-3.0, 0, 0], [0, -1.0, 0], [0, 1.0, 0]])
    for sign in (1, -1):
        places, _ = principal_axes(sign * rows)
        assert places == pytest.approx(sign * rows[:, :2])


@pytest.mark.parametrize("rows", [np.ones((4, 3)), np.ones((1, 3))])
def test_rows_that_do_not_differ_lie_in_one_place(rows):
    places, shares = principal_axes(rows)
    assert places.tolist() == [[0, 0]] * len(rows)
    assert shares.tolist() == [0, 0]


def test_words_have_the_names_of_a_checkpoint(descended, tmp_path):
    saved = str(tmp_path / "w.json")
    descended("skipgram", lr="0.5", epochs=20, save=saved)
    report = asked("skipgram", params=saved, of="W")
    words = [row["row"] for row in report.rows]
    assert words[:4] == ["cat", "coffee", "cup", "dog"]
    weights = np.array([[row[f"W[{i}]"] for i in range(3)] for row in report.rows])
    (panel,) = report.chart().panels
    places, shares = principal_axes(weights)
    assert [m.name for m in panel.markers] == words
    assert [(m.x, m.y) for m in panel.markers] == [tuple(p) for p in places.tolist()]
    assert panel.x_label == f"principal axis 1 ({shares[0]:.0%})"


def test_rows_of_a_matrix_without_data_are_numbered():
    report = asked("analogies", of="E")
    assert [row["row"] for row in report.rows] == [0, 1, 2, 3, 4, 5]
    assert report.rows[5] == {"row": 5, "E[0]": 4, "E[1]": -0.5, "E[2]": 3}
    (panel,) = report.chart().panels
    assert [m.name for m in panel.markers] == list("012345")
    assert report.chart().title == "E: 6 rows of 3 numbers, 96% of their variance"


def test_two_numbers_a_row_are_drawn_as_they_are():
    (panel,) = asked("[[1, 2], [3, 4], [5, 7]]").chart().panels
    assert [(m.x, m.y) for m in panel.markers] == [(1, 2), (3, 4), (5, 7)]
    assert (panel.x_label, panel.y_label) == ("e[:, 0]", "e[:, 1]")


def test_many_rows_are_points_without_names():
    (panel,) = asked(f"outer(arange({NUMBERED + 1}), [1, 2, 3])").chart().panels
    assert panel.markers == []
    assert len(panel.series[0].x) == NUMBERED + 1


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("x,z,kind\n3,1,b\n1,0,a\n2,5,b\n")
    return [str(path)]


@pytest.mark.parametrize(
    ("source", "label", "points"),
    [
        ("y = x^2", "x", [(1, 1), (2, 4), (3, 9)]),
        ("y = x + z", "row", [(0, 4), (1, 1), (2, 7)]),
        ("x", "row", [(0, 3), (1, 1), (2, 2)]),
        ("y = x/z", "row", [(0, 3), (2, 0.4)]),
    ],
)
def test_one_number_a_row(table, source, label, points):
    report = asked(source, data=table)
    chart = report.chart()
    (panel,) = chart.panels
    assert panel.x_label == label
    assert list(zip(panel.series[0].x, panel.series[0].y)) == points
    left = ["1 row with a value that is not finite left out"] if len(points) < 3 else []
    assert chart.notes == left


def test_a_number_a_class_is_a_curve_a_class(table):
    (panel,) = asked("2*onehot(kind, 2)", data=table).chart().panels
    assert [s.name for s in panel.series] == ["a", "b"]
    assert [s.y for s in panel.series] == [[0, 2, 0], [2, 0, 2]]


def test_words_alone_are_no_picture(table):
    assert asked("kind", data=table).chart is None


@pytest.mark.parametrize("source", ["2", "[1, 2]", "zeros(2, 2, 2)"])
def test_what_has_no_rows(source):
    with pytest.raises(UsageError) as caught:
        asked(source)
    assert caught.value.what == "--per-row needs data"


def test_of_nothing_finite_there_is_an_empty_frame():
    report = asked("[[nan, 1, 2], [inf, 0, 0]]")
    chart = report.chart()
    assert chart.panels[0].series == []
    assert chart.notes == ["2 rows with a value that is not finite left out"]
