"""eval and grad over ranges, against NumPy and mpmath."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.question.question import ask
from gradcli.report import emit
from gradcli.verbs.ranged import ranged


def table(source, *values, backward=True, **options):
    """The report, with its rows as arrays by column."""
    report = ranged(ask(source, values, **options), backward)
    rows = list(report.rows)
    return report, {name: np.array([row[name] for row in rows]) for name in report.columns}


@pytest.mark.parametrize(
    ("formula", "function"),
    [
        ("sin(x)/x", lambda x: mpmath.sin(x) / x),
        ("x^3 - 2*x", lambda x: x**3 - 2 * x),
        ("exp(-x^2)*erf(x)", lambda x: mpmath.exp(-x * x) * mpmath.erf(x)),
        ("softplus(3*x)", lambda x: mpmath.log(1 + mpmath.exp(3 * x))),
        ("f(u) = sqrt(u); f(x^2 + 1)", lambda x: mpmath.sqrt(x**2 + 1)),
    ],
)
def test_values_and_derivatives(formula, function):
    report, columns = table(formula, "x=-3:3:24")
    assert report.columns == ["x", "e", "grad.x"]
    with mpmath.workdps(50):
        for x, value, slope in zip(*columns.values(), strict=True):
            assert value == pytest.approx(float(function(mpmath.mpf(x))), rel=1e-14)
            assert slope == pytest.approx(float(mpmath.diff(function, mpmath.mpf(x))), rel=1e-12)


def test_two_ranges_are_a_grid_in_the_order_of_the_arguments():
    _, columns = table("x^2*y", "y=0:1:3", "x=-2:2:5")
    y, x = (axis.ravel() for axis in np.meshgrid([0, 0.5, 1], [-2, -1, 0, 1, 2], indexing="ij"))
    expected = {"y": y, "x": x, "e": x**2 * y, "grad.x": 2 * x * y, "grad.y": x**2}
    assert {name: list(values) for name, values in columns.items()} == {
        name: list(values) for name, values in expected.items()
    }
    assert list(columns)[:3] == ["y", "x", "e"]


def test_other_variables_have_derivatives_too():
    report, columns = table("sum(W@[x, 1])*a", "W=[[1,2],[3,4]]", "x=0:1:3", "a=2")
    assert report.columns == ["x", "e", "grad.W", "grad.x", "grad.a"]
    assert columns["grad.W"].tolist() == [[[2 * x, 2], [2 * x, 2]] for x in (0, 0.5, 1)]
    assert columns["grad.a"].tolist() == [6, 8, 10]
    assert table("a*x", "x=0:1:3", "a=2", wrt="x")[0].columns == ["x", "e", "grad.x"]


def test_an_array_has_a_column_an_entry():
    report, columns = table("[sin(x), [1, 2]@[x, x^2]]", "x=-1:1:9")
    x = columns["x"]
    assert report.columns == ["x", "e[0]", "e[1]", "grad.x[0]", "grad.x[1]"]
    assert columns["e[1]"] == pytest.approx(x + 2 * x**2)
    assert columns["grad.x[0]"] == pytest.approx(np.cos(x))
    assert columns["grad.x[1]"] == pytest.approx(1 + 4 * x)
    assert table("W*x", "W=ones(2,2)", "x=0:1:2", backward=False)[0].columns == [
        "x", "e[0,0]", "e[0,1]", "e[1,0]", "e[1,1]",
    ]  # fmt: skip


def test_the_variable_itself():
    _, columns = table("x", "x=0:1:3")
    assert [values.tolist() for values in columns.values()] == [[0, 0.5, 1], [0, 0.5, 1], [1, 1, 1]]


def test_a_loss_over_the_rows_of_data(tmp_path):
    (tmp_path / "d.csv").write_text("x,t\n1,2\n2,4\n3,7\n")
    _, columns = table(
        "mean((w*x + b - t)^2)", "w=0:3:7", "b=-1:1:5", data=[str(tmp_path / "d.csv")]
    )
    x, t = np.array([1, 2, 3]), np.array([2, 4, 7])
    w, b = columns["w"][:, None], columns["b"][:, None]
    assert columns["e"] == pytest.approx(((w * x + b - t) ** 2).mean(axis=1))
    assert columns["grad.w"] == pytest.approx((2 * (w * x + b - t) * x).mean(axis=1))


def test_an_index_takes_whole_numbers():
    report, columns = table("v[i]^2", "v=[1,2,3]", "i=0:2:3")
    assert columns["e"].tolist() == [1, 4, 9]
    assert report.chart().panels[0].series[0].x == [0, 1, 2]


def test_random_numbers_are_drawn_once():
    _, columns = table("x + randn(2)", "x=0:1:5", backward=False)
    assert np.ptp(columns["e[0]"] - columns["x"]) == pytest.approx(0, abs=1e-15)


def test_summary():
    report, columns = table("x*y", "x=-1:2:4", "y=0:1:3")
    assert report.summary == {
        "output": "e",
        "points": 12,
        "min": -1.0,
        "argmin": {"x": -1.0, "y": 1.0},
        "max": 2.0,
        "argmax": {"x": 2.0, "y": 1.0},
    }
    assert (columns["e"].min(), columns["e"].max()) == (-1, 2)
    assert table("[x, x]", "x=0:1")[0].summary == {"output": "e", "points": 101}


@pytest.mark.parametrize(
    ("formula", "code", "warning"),
    [
        ("1/x", 0, "e is not finite at 1 of 5 points, first at x=0: e = 1 / x is inf at x = 0"),
        ("log(x)", 0, "e is not finite at 3 of 5 points, first at x=-2: e = log(x) is nan"),
        ("sqrt(x^2)", 0, "∂e/∂x is not finite at 1 of 5 points, first at x=0: "),
        ("log(x - 9)", 3, "e is finite at none of 5 points; at x=-2: e = log(v1) is nan"),
        ("sqrt(x - stop_gradient(x))", 3, "∂e/∂x is finite at none of 5 points; at x=-2: "),
        ("[x, 1/x]", 0, "e is not finite at 1 of 5 points, first at x=0: "),
    ],
)
def test_what_is_not_finite_is_said_once(formula, code, warning):
    report, columns = table(formula, "x=-2:2:5")
    assert report.exit_code == code
    (said,) = report.warnings
    assert said.startswith(warning)
    assert len(columns["x"]) == 5


@pytest.mark.parametrize(
    ("formula", "code", "warning"),
    [
        (
            "sqrt(x)",
            0,
            "∂e/∂x is not finite at 1 of the 3 points where e is finite, first at x=0:"
            " ∂e/∂x = 0.5 / e is inf at e = 0, where e = sqrt(x)",
        ),
        (
            "acos(x/2)",
            0,
            "∂e/∂x is not finite at 2 of 5 points, first at x=-2: "
            "∂e/∂v1 = -1 / sqrt((1 - v1) * (1 + v1)) is -inf at v1 = -1, where e = acos(v1)",
        ),
        (
            "where(x < 2, log(x - 9), sqrt(x - 2))",
            3,
            "∂e/∂x is finite at none of the 1 point where e is finite; at x=2: ",
        ),
    ],
)
def test_a_slope_is_counted_where_the_output_is_finite(formula, code, warning):
    report, _ = table(formula, "x=-2:2:5")
    assert report.exit_code == code
    assert report.warnings[-1].startswith(warning)


def test_no_point_is_finite_in_the_summary():
    summary = table("0*x/0", "x=1:2")[0].summary
    assert (summary["min"], summary["argmin"]) == (None, None)


def test_half_of_the_points_have_no_value_and_the_others_no_slope():
    assert table("where(x < 0, log(x), sqrt(x - stop_gradient(x)))", "x=-2:1:4")[0].exit_code == 3


def test_every_point_of_many(tmp_path):
    file = tmp_path / "rows.csv"
    report = ranged(ask("x^2", ["x=0:1:100_000"]), True)
    with open(file, "w", encoding="utf-8") as stream:
        emit(report, format="csv", stream=stream)
    found = np.loadtxt(file, delimiter=",", skiprows=1)
    assert found[:, 0] == pytest.approx(np.linspace(0, 1, 100_000))
    assert (found[:, 1] == found[:, 0] ** 2).all()


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("x+y+z", ["x=0:1", "y=0:1", "z=0:1"]),
        ("x*y", ["x=0:1:1001", "y=0:1:1000"]),
        ("zeros(501)*x", ["x=0:1"]),
    ],
)
def test_what_makes_no_rows(source, values):
    with pytest.raises(GradError):
        ranged(ask(source, values))


# What is drawn


def drawn(source, *values, backward=True, **options):
    return ranged(ask(source, values, **options), backward).chart()


def test_curves_and_below_them_their_slopes():
    chart = drawn("y = x^2*a", "x=-1:1", "a=3")
    assert chart.title == "y = x^2 * a"
    assert [(p.x_label, p.y_label) for p in chart.panels] == [("x", "y"), ("x", "∂y/∂x")]
    for panel, function in zip(chart.panels, (lambda x: 3 * x**2, lambda x: 6 * x), strict=True):
        (series,) = panel.series
        assert series.y == pytest.approx([function(x) for x in series.x])
    assert len(drawn("x^2", "x=-1:1", backward=False).panels) == 1


def test_the_curves_of_a_list_bear_their_formulas():
    source = "s = tanh(x); f(u) = max(0, -u)^2; [s, sigmoid(-x), f(2*x), 1, x]"
    chart = drawn(source, "x=-4:4")
    assert [series.name for series in chart.panels[1].series] == [
        "s", "sigmoid(-x)", "max(0, -(2 * x))^2", "1", "x",
    ]  # fmt: skip
    assert [s.name for s in drawn("x*[1, 2]", "x=0:1").panels[0].series] == ["e[0]", "e[1]"]


def test_a_kink_breaks_the_slope_and_not_the_value():
    value, slope = (panel.series[0].y for panel in drawn("relu(x - 0.3)", "x=-1:1").panels)
    assert sum(map(math.isnan, value)) == 0
    assert sum(map(math.isnan, slope)) == 1


def test_a_surface_with_its_gradient():
    chart = drawn("x^2*y", "x=-2:2:5", "y=0:1:3")
    (panel,) = chart.panels
    surface, arrows = panel.surface, panel.arrows
    assert (panel.x_label, panel.y_label) == ("x", "y")
    assert [z.tolist() for z in surface.z] == [
        [x**2 * y for x in (-2, -1, 0, 1, 2)] for y in (0, 0.5, 1)
    ]
    assert arrows.name.startswith("∇e")
    for x, y, u, v in zip(arrows.x, arrows.y, arrows.u, arrows.v, strict=True):
        assert (u, v) == pytest.approx((2 * x * y, x**2))
    assert drawn("x*y", "x=0:1", "y=0:1", backward=False).panels[0].arrows is None


def test_steep_valleys_have_logarithmic_levels():
    assert drawn("rosenbrock", "x=-2:2", "y=-1:3").panels[0].surface.logarithmic
    assert not drawn("x^2 + y^2", "x=-2:2", "y=-2:2").panels[0].surface.logarithmic


def test_gaps_are_noted():
    assert drawn("sqrt(x)", "x=-1:1").notes
    assert drawn("log(x*y)", "x=-1:1", "y=-1:1").notes
    assert not drawn("x^2", "x=-1:1").notes


def test_a_picture_says_where_its_axis_ends_before_the_values():
    gap = "where there is a gap, it is not finite"
    assert drawn("sqrt(x)", "x=-1:1", backward=False).notes == [gap]
    chart = drawn("1/(x - 0.12345)", "x=-3:3")
    low, high = chart.panels[0].y_ends()
    said = f"the y axis of e ends at −{-low:.3g} and {high:.3g}: values go on beyond it"
    assert chart.notes[0] == said
    assert gap not in chart.notes
    nothing = "where it is not finite, nothing is drawn"
    assert drawn("1/x", "x=-3:3").notes[-1] == nothing
    one_sided = drawn("1/(x - 0.12345)^2", "x=-3:3").notes[0]
    assert " and " not in one_sided


def test_a_list_over_two_ranges_is_not_drawn():
    assert ranged(ask("[x, y]", ["x=0:1", "y=0:1"])).chart is None


def test_the_small_curve_has_a_slope_of_the_same_size():
    def names(source):
        return [series.name for series in ranged(ask(source, ["x=-2:2"]), True).curve().series]

    assert names("sin(x)") == ["e", "∂e/∂x"]
    assert names("sin(100*x)") == ["e"]
    assert names("[x, 2*x]") == ["x", "2 * x"]
    assert names("nan*x") == ["e"]
