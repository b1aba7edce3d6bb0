"""The charts of descents: their numbers, and what they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradcli.training import charted as charts


@pytest.fixture
def chart(descended):
    """`chart("x^2", "x=1", lr="0.1")`: the chart of a descent."""

    def make(*args, **options):
        return descended(*args, **options).chart()

    return make


def series(panel, name):
    (found,) = [each for each in panel.series if each.name == name]
    return found


def markers(panel):
    return [
        (m.name, m.kind, pytest.approx(m.x, abs=1e-6), pytest.approx(m.y, abs=1e-6))
        for m in panel.markers
    ]


# the way


def test_the_path_of_two_numbers(chart):
    found = chart("rosenbrock", lr="0.001", steps=3, tol=0.0)
    (panel,) = found.panels
    x, y, path = -1.8, 1.5, [(-1.8, 1.5)]
    for _ in range(3):
        x, y = (
            x - 0.001 * (-2 * (1 - x) - 400 * x * (y - x**2)),
            y - 0.001 * 200 * (y - x**2),
        )
        path.append((x, y))
    steps = series(panel, "steps")
    assert np.column_stack([steps.x, steps.y]) == pytest.approx(np.array(path), rel=1e-12)
    assert (steps.style, steps.played) == ("steps", True)
    assert markers(panel) == [
        ("minimum", "minimum", 1, 1), ("start", "start", -1.8, 1.5), ("end", "end", x, y)
    ]  # fmt: skip
    xs, ys = np.meshgrid(panel.surface.x, panel.surface.y)
    assert panel.surface.z == pytest.approx((1 - xs) ** 2 + 100 * (ys - xs**2) ** 2, rel=1e-12)
    for points, axis in (([*steps.x, 1], panel.surface.x), ([*steps.y, 1], panel.surface.y)):
        assert axis[0] < min(points) <= max(points) < axis[-1]
    assert found.title == "f: 3 steps of sgd, lr 0.001"
    assert [row["step"] for row in found.moments] == [0, 1, 2, 3]
    assert found.moments[-1]["y"] == pytest.approx(y, rel=1e-12)
    assert found.notes == []


def test_a_long_path_says_how_much_of_it_is_shown(chart):
    (panel,) = chart("rosenbrock", lr="0.001", steps=20000).panels
    (path,) = panel.series
    assert path.name == f"{len(path.x) - 1} of 20,000 steps"
    assert len(path.x) < 300


def test_all_four_minima_are_in_the_picture(chart):
    (panel,) = chart("himmelblau", "x=-1", "y=1", lr="0.01").panels
    found = [m for m in panel.markers if m.kind == "minimum"]
    assert len(found) == 4
    for m in found:
        assert panel.surface.x[0] < m.x < panel.surface.x[-1]
        assert (m.x**2 + m.y - 11) ** 2 + (m.x + m.y**2 - 7) ** 2 == pytest.approx(0, abs=1e-12)


def test_a_curve_with_its_steps_and_tangents(chart):
    (panel,) = chart("x^2", "x=3", lr="0.4", steps=4, tol=0.0).panels
    curve, tangents, steps = panel.series
    assert curve.y == pytest.approx(np.square(curve.x))
    assert curve.x[0] < -0.5
    assert curve.x[-1] > 3.5
    assert steps.x == pytest.approx([3 * 0.2**n for n in range(5)])
    assert steps.y == pytest.approx(np.square(steps.x))
    for place in range(0, len(tangents.x), 3):
        (x0, x1, gap), (y0, y1, _) = (v[place : place + 3] for v in (tangents.x, tangents.y))
        middle = (x0 + x1) / 2
        assert any(middle == pytest.approx(x, abs=1e-12) for x in steps.x)
        assert (y1 - y0) / (x1 - x0) == pytest.approx(2 * middle, abs=1e-9)
        assert (y0 + y1) / 2 == pytest.approx(middle**2)
        assert math.isnan(gap)
    assert markers(panel) == [("start", "start", 3, 9), ("end", "end", 0.0048, 0.0048**2)]


def test_a_descent_that_diverges_is_followed_near_its_start(chart):
    found = chart("x^2", "x=3", lr="1.1")
    (panel,) = found.panels
    steps = panel.series[-1]
    assert steps.x == pytest.approx([3 * (-1.2) ** n for n in range(len(steps.x))])
    assert 5 < len(steps.x) < 20
    assert f"leaves the picture at step {len(steps.x)}" in found.notes[0]
    assert [m.kind for m in panel.markers] == ["start"]


def test_a_pole_is_left_out_of_sight(chart):
    (panel,) = chart("1/x + x", "x=3", lr="0.5").panels
    # the steps are between 2 and 10/3 high; twice that span is shown on either side
    assert panel.y_range == pytest.approx((2 - 8 / 3, 10 / 3 + 8 / 3), rel=1e-3)
    assert max(panel.series[0].y) > 6


def test_gaps_are_said(chart):
    found = chart("sqrt(x)^2 + sqrt(x)", "x=0.5", lr="0.1", steps=2)
    (panel,) = found.panels
    assert any(math.isnan(y) for y in panel.series[0].y)
    assert found.notes == ["where the loss is not finite, its curve has a gap"]
    found = chart("x^2 + y^2 + 0*sqrt(x + 0.05)", "x=1", "y=1", lr="0.1", steps=20)
    assert np.isnan(found.panels[0].surface.z).any()
    assert found.notes == ["where the loss is not finite, the contour is empty"]


@pytest.mark.parametrize("start", ["x=-1", "x=nan", "x=inf"])
def test_a_start_that_is_not_finite_draws_what_there_is(chart, start):
    found = chart("log(x)", start, lr="0.1")
    assert found.panels
    assert found.notes


def test_squares_of_residuals(chart):
    found = chart("param a = 0; param b = 0; r = [a - 1, b - 2, a + b - 3]", optimizer="lm")
    (panel,) = found.panels
    x, y = np.meshgrid(panel.surface.x, panel.surface.y)
    assert panel.surface.z == pytest.approx((x - 1) ** 2 + (y - 2) ** 2 + (x + y - 3) ** 2)
    assert found.title.endswith("of lm")


# numbers over the steps


def test_more_numbers_are_drawn_over_the_steps(chart):
    found = chart(
        "param w = [4, 2, 1]; size = sum(w); loss = sum(w^2)", lr="0.25", steps=6, tol=0.0
    )
    loss, gradient, metric = found.panels
    assert [p.x_label for p in found.panels] == ["step"] * 3
    assert series(loss, "loss").y == pytest.approx([21 * 0.25**n for n in range(7)])
    assert loss.log_y
    assert gradient.y_label == "largest gradient entry"
    assert gradient.series[0].y == pytest.approx([8 * 0.5**n for n in range(7)])
    assert series(metric, "size").y == pytest.approx([7 * 0.5**n for n in range(7)])
    assert not metric.log_y
    assert found.moments[1] == {
        "step": 1, "loss": 21 / 4, "gradient": 4.0, "w[0]": 2.0, "w[1]": 1.0, "w[2]": 0.5
    }  # fmt: skip


def test_many_parameters_are_not_numbers_of_a_page(chart):
    found = chart("param w = ones(100); loss = sum(w^2)", lr="0.25", steps=2)
    assert found.moments[0].keys() == {"step", "loss", "gradient"}


def test_rows_that_judge_have_curves_of_their_own(chart, tmp_path):
    (tmp_path / "d.csv").write_text("y\n0\n2\n")
    (tmp_path / "v.csv").write_text("y\n3\n")
    source = "param w = [4, 0, 0]; off = mean(abs(w[0] - y)); loss = mean((w[0] - y)^2)"
    files = {"data": [str(tmp_path / "d.csv")], "validate": [str(tmp_path / "v.csv")]}
    found = chart(source, lr="0.25", batch_size=1, epochs=4, **files)
    losses, _, metric = found.panels
    assert losses.x_label == "epoch"
    assert losses.series[0].x == [0, 1, 2, 3, 4]
    judged = series(losses, "validation loss")
    assert judged.style == "dashed"
    w = [row["w[0]"] for row in found.moments]
    assert judged.y == pytest.approx([(v - 3) ** 2 for v in w])
    assert series(metric, "validation off").y == pytest.approx([abs(v - 3) for v in w])
    assert series(metric, "off").y == pytest.approx([(abs(v) + abs(v - 2)) / 2 for v in w])


def test_the_curve_on_a_terminal_shows_the_rows_that_judge(descended, tmp_path):
    (tmp_path / "d.csv").write_text("y\n" + "".join(f"{n}\n" for n in range(10)))
    report = descended(
        "param w = 5; loss = mean((w - y)^2)",
        lr="0.1",
        epochs=3,
        holdout=0.3,
        data=[str(tmp_path / "d.csv")],
    )
    curves = report.curve().series
    assert [each.name for each in curves] == ["loss", "validation loss"]
    assert curves[0].y[-1] == report.summary["loss"]
    assert curves[1].y[-1] == report.summary["validation_loss"]


def test_data_with_two_numbers_have_both_pictures(chart):
    contour, loss, _ = chart("linear_regression", lr="0.1").panels
    assert (contour.x_label, contour.y_label) == ("w", "b")
    assert contour.surface is not None
    assert loss.y_label == "loss"


def test_a_classifier_has_its_regions_and_its_loss(chart):
    found = chart("xor", lr="0.5", epochs=3000)
    plane, *_, metric = found.panels
    truth = {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 0}
    for (x, y), wanted in truth.items():
        column = int(np.argmin(abs(np.array(plane.surface.x) - x)))
        row = int(np.argmin(abs(np.array(plane.surface.y) - y)))
        assert plane.surface.z[row, column] == wanted
    assert metric.series[0].y[-1] == 1.0


def test_with_patience_the_path_ends_at_the_best(descended, tmp_path):
    (tmp_path / "d.csv").write_text("y\n1\n1\n")
    (tmp_path / "v.csv").write_text("y\n0\n")
    report = descended(
        "param w = -1; loss = mean((w - y)^2)",
        lr="0.05",
        epochs=50,
        patience=2,
        data=[str(tmp_path / "d.csv")],
        validate=[str(tmp_path / "v.csv")],
    )
    steps = report.chart().panels[0].series[-1]
    assert steps.x[-1] == report.summary["params"]["w"]
    assert steps.x[-1] < steps.x[-2]


# many descents


def test_rates_are_curves_and_paths(chart):
    found = chart("x^2 + 10*y^2", "x=2", "y=1", lr="0.09,0.01,0.2", steps=20, tol=0.0)
    contour, losses = found.panels
    names = ["lr 0.09", "lr 0.01", "lr 0.2 (diverged)"]
    assert [each.name for each in contour.series] == names
    assert [each.name for each in losses.series] == names
    for rate, path, loss in zip((0.09, 0.01), contour.series, losses.series):
        x = np.array([2 * (1 - 2 * rate) ** n for n in range(21)])
        y = np.array([(1 - 20 * rate) ** n for n in range(21)])
        assert path.x == pytest.approx(x, rel=1e-9)
        assert path.y == pytest.approx(y, rel=1e-9)
        assert loss.y == pytest.approx(x**2 + 10 * y**2, rel=1e-9)
    # the rate that diverges does not decide what is shown
    assert contour.surface.y[-1] < 2
    assert [m.kind for m in contour.markers] == ["start", "end", "end"]
    cut = losses.series[2].y
    kept = [y for y in cut if math.isfinite(y)]
    assert max(kept) <= 100 * 14
    assert f"lr 0.2 (diverged): the curve is cut at step {len(kept)}, above 1400" in found.notes
    assert found.moments[1]["lr 0.09"] == losses.series[0].y[1]


def test_a_descent_that_has_ended_keeps_its_last_loss(chart):
    found = chart("x^2 + y^2", "x=2", "y=1", lr="0.4,0.1,0.001,1.1", steps=20000)
    short, long = found.panels[1].series[0], found.panels[1].series[2]
    assert [row["step"] for row in found.moments] == long.x
    end = int(short.x[-1])
    for row in found.moments:
        if row["step"] <= end:
            assert row["lr 0.4"] == short.y[int(row["step"])]
        else:
            assert row["lr 0.4"] == f"{short.y[-1]:.6g}, converged at step {end}"
    assert ", diverged at step " in found.moments[-1]["lr 1.1 (diverged)"]
    assert found.moments[-1]["lr 0.001"] == long.y[-1]


def test_a_curve_that_is_cut_does_not_stretch_the_axis(chart):
    found = chart("x^2 + y^2", "x=2", "y=1", lr="0.4,1.001", steps=20000)
    losses = found.panels[1]
    assert "diverged" in losses.series[1].name
    assert len(losses.series[1].x) == len(losses.series[1].y) < 3000
    assert all(map(math.isfinite, losses.series[1].y))


def test_descents_of_very_unlike_lengths_have_a_logarithmic_axis(chart):
    rates = {"0.4,0.39": False, "0.4,0.001": True}
    for rate, logarithmic in rates.items():
        losses = chart("x^2 + y^2", "x=2", "y=1", lr=rate, steps=20000).panels[1]
        assert losses.log_x == logarithmic
        steps = sorted(curve.x[-1] for curve in losses.series)
        assert (steps[1] > 20 * steps[0]) == logarithmic


def test_one_number_at_many_rates(chart):
    curve, losses = chart("x^2", "x=1", lr="0.1,0.5").panels
    assert [each.name for each in curve.series] == ["e", "lr 0.1", "lr 0.5"]
    assert losses.log_y


def test_restarts_are_paths_from_many_starts(chart):
    found = chart("(x^2 - 4)^2 + y^2", "x=1", "y=1", lr="0.01", restarts=5, seed=1)
    contour, losses = found.panels
    assert [each.name for each in contour.series] == [f"start {n}" for n in range(1, 6)]
    starts = [m for m in contour.markers if m.kind == "start"]
    assert [m.name for m in starts] == ["start", "", "", "", ""]
    assert [(m.x, m.y) for m in starts] == [(s.x[0], s.y[0]) for s in contour.series]
    ends = [m for m in contour.markers if m.kind == "end"]
    assert {round(m.x) for m in ends} == {-2, 2}
    assert len(losses.series) == 5


def test_of_very_many_restarts_the_lowest_has_a_name(chart):
    found = chart("(x^2 - 4)^2 + x", "x=1", lr="0.01", restarts=charts.NAMED + 1)
    for panel in found.panels:
        named = [each.name for each in panel.series if each.name.startswith("start")]
        assert len(named) == 1
    best = int(named[0].split()[1]) - 1
    assert found.panels[1].series[best].y[-1] == min(s.y[-1] for s in found.panels[1].series)


def test_a_chart_is_the_same_a_second_time(descended):
    report = descended("x^2", "x=1", lr="0.1,3")
    first, second = report.chart(), report.chart()
    assert [s.name for s in first.panels[0].series] == [s.name for s in second.panels[0].series]
    assert first.notes == second.notes
