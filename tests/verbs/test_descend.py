"""descend without data: what moves, how it ends, what it reports."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from gradcli.errors import GradError, UsageError


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


# what moves


@pytest.mark.parametrize(
    ("source", "values", "wrt", "moving"),
    [
        ("(a - 1)^2 + (b - 2)^2", ["a=0", "b=0"], "", ["a", "b"]),
        ("param a = 0; (a - 1)^2 + c^2", ["c=3"], "", ["a"]),
        ("param a = 0; param b = 0; a^2 + b^2 + a + b", [], "b", ["b"]),
        ("param a = 0; (a - 1)^2 + c^2", ["c=3"], "c", ["c"]),
        ("param a = 0; param b = 0; u = (a - 1)^2; v = (b - 1)^2; u + v", [], "b,a", ["b", "a"]),
    ],
)
def test_what_moves(descended, source, values, wrt, moving):
    report = descended(source, *values, wrt=wrt, lr="0.1")
    assert sorted(row["parameter"] for row in report.rows) == sorted(moving)
    assert sorted(report.summary["params"]) == sorted(moving)
    assert report.summary["converged"] is True


@pytest.mark.parametrize(
    ("source", "options", "told"),
    [
        ("const a = 1; a^2", {}, "nothing can move: the program has no param and no variable"),
        ("const a = 1; a^2 + b", {"wrt": "a"}, "--wrt a: only a param or a variable can move"),
        ("param a = 1; a^2 + c", {}, "'c' has no value"),
        ("param a = 1; c^2", {}, "'c' has no value"),
        (
            "param a = 1; param b = 2; f = a^2; k = 3",
            {"of": "k"},
            "k depends on nothing that moves: a, b",
        ),
    ],
)
def test_what_cannot_move(descended, source, options, told):
    with pytest.raises(GradError) as caught:
        descended(source, **options)
    assert caught.value.what == told
    assert caught.value.exit_code == 2


def test_a_loss_that_no_param_is_in(descended):
    with pytest.raises(GradError) as caught:
        descended("param a = 1; (x - 3)^2", "x=0")
    assert caught.value.what == "e depends on nothing that moves: a"
    assert caught.value.hint == "let x move: --wrt x"
    assert caught.value.exit_code == 2
    report = descended("param a = 1; (x - 3)^2", "x=0", wrt="x", lr="0.1")
    assert report.summary["params"]["x"] == pytest.approx(3, abs=1e-5)


def test_a_note_says_what_moves_and_how_to_hold_it(descended, capsys):
    options = {"lr": "1e-4", "steps": 3}
    source, values = "(a - x)^2 + b*(y - x^2)^2", ["a=1", "b=100", "x=-1.8", "y=1.5"]
    descended(source, *values, **options)
    assert capsys.readouterr().err == (
        "note: a, x, b and y all move, since the program declares no param; to hold a,"
        " name the others, --wrt x,b,y, or declare it: const a = 1\n"
    )
    descended(source, *values, **options, wrt="x,y")
    descended("(x - 1)^2", "x=0", **options)
    descended("param x = 1; param y = 1; x^2 + y^2", **options)
    assert capsys.readouterr().err == ""
    held = descended(f"const a = 1; {source}", *values, **options)
    assert sorted(held.summary["params"]) == ["b", "x", "y"]


def test_a_name_of_another_node_is_the_loss(descended):
    report = descended("u = (a - 3)^2; v = u + 10*a", "a=0", of="u", lr="0.1")
    assert report.summary["params"]["a"] == pytest.approx(3, abs=1e-5)


# its report


def test_rows_and_summary(descended):
    report = descended("(x - 1)^2 + 3*(y + 2)^2 + 5", "x=0", "y=1", lr="0.1", steps=7, tol=0.0)
    assert report.columns == ["parameter", "start", "final", "grad"]
    x, y = 1 - 0.8**7, -2 + 3 * 0.4**7
    rows = {row["parameter"]: row for row in report.rows}
    assert rows["x"]["start"] == 0
    assert rows["y"]["start"] == 1
    assert rows["x"]["final"] == pytest.approx(x, rel=1e-14)
    assert rows["y"]["final"] == pytest.approx(y, rel=1e-14)
    assert rows["x"]["grad"] == pytest.approx(2 * (x - 1), rel=1e-12)
    assert rows["y"]["grad"] == pytest.approx(6 * (y + 2), rel=1e-12)
    summary = report.summary
    assert list(summary) == [
        "output", "converged", "reason", "steps", "loss", "start_loss", "grad_norm", "params",
        "metrics",
    ]  # fmt: skip
    assert summary["start_loss"] == 33
    assert summary["loss"] == pytest.approx((x - 1) ** 2 + 3 * (y + 2) ** 2 + 5, rel=1e-14)
    assert summary["grad_norm"] == pytest.approx(abs(2 * (x - 1)), rel=1e-12)
    assert summary["steps"] == 7
    assert summary["reason"] == "stopped after 7 steps"
    assert report.exit_code == 0
    assert report.warnings == []
    assert dict(report.answer) == summary["params"]


def test_a_curve_of_the_loss(descended):
    report = descended("x^2", "x=1", lr="0.25", steps=5, tol=0.0)
    (curve,) = report.curve().series
    assert curve.x == [0, 1, 2, 3, 4, 5]
    assert curve.y == [0.25**n for n in range(6)]


def test_a_trace_has_a_row_a_step(descended):
    report = descended("x^2 + 2*y", "x=1", "y=0", lr="0.25", steps=3, tol=0.0, trace=True)
    assert report.columns == ["step", "loss", "grad_norm", "lr", "x", "y"]
    steps = [(n, 0.25**n - n, 2.0, None if n == 0 else 0.25, 0.5**n, -0.5 * n) for n in range(4)]
    assert [tuple(row.values()) for row in report.rows] == steps


@pytest.mark.parametrize(
    ("every", "steps"), [(1, [*range(11)]), (4, [0, 4, 8, 10]), (5, [0, 5, 10]), (99, [0, 10])]
)
def test_every_thins_a_trace(descended, every, steps):
    report = descended("x^2", "x=1", lr="0.1", steps=10, tol=0.0, trace=True, every=every)
    assert [row["step"] for row in report.rows] == steps
    assert [row["x"] for row in report.rows] == pytest.approx([0.8**n for n in steps])


def test_parameters_that_bear_a_columns_name(descended):
    source = "(step - 1)^2 + (loss - 2)^2 + (lr - 3)^2 + (grad_norm - 4)^2"
    values = ["step=0", "loss=0", "lr=0", "grad_norm=0"]
    report = descended(source, *values, lr="0.5", steps=1, tol=0.0, trace=True)
    last = report.rows[-1]
    named = {name: last[f"param.{name}"] for name in ("step", "loss", "lr", "grad_norm")}
    assert named == {"step": 1, "loss": 2, "lr": 3, "grad_norm": 4}
    assert (last["step"], last["loss"], last["lr"], last["grad_norm"]) == (1, 0, 0.5, 0)


# how it ends


def test_a_default_tolerance_that_is_missed_is_a_warning(descended):
    report = descended("x^2", "x=1", lr="0.001", steps=2)
    assert report.exit_code == 0
    assert report.summary["converged"] is False
    assert report.summary["reason"] == (
        "stopped after 2 steps: the largest gradient entry is 2, above 1e-06"
    )
    assert report.warnings == [report.summary["reason"]]


def test_a_given_tolerance_that_is_missed_is_an_answer(descended):
    report = descended("x^2", "x=1", lr="0.001", steps=2, tol=1e-6)
    assert report.exit_code == 1


def test_converged(descended):
    report = descended("x^2", "x=1", lr="0.1", tol=1e-3)
    # 2·0.8^n < 1e-3 first for n = 35
    assert report.summary["steps"] == 35
    assert report.summary["reason"] == (
        "converged: the largest gradient entry is 0.00081, below 0.001"
    )
    assert report.exit_code == 0
    assert report.warnings == []


def test_diverged_by_a_loss_above_the_start(descended):
    report = descended("x^2", "x=1", lr="1.5", steps=3)
    assert report.exit_code == 1
    assert report.summary["reason"] == "diverged: the loss ended at 64, above its start at 1"
    (warning,) = report.warnings
    # 0.7^6 after three steps
    tried = "try --lr 0.15: in 3 steps it took the loss from 1 to 0.118"
    assert warning == f"{report.summary['reason']}\nhint: {tried}"


def test_a_divergence_stops_at_the_first_step_that_is_not_finite(descended):
    report = descended("exp(x^2)", "x=1", lr="10")
    x, steps = 1.0, 0
    while True:
        slope = 2 * x * math.exp(x * x)
        x, steps = x - 10 * slope, steps + 1
        if x * x > 709.782712893384:
            break
        last = x
    assert report.exit_code == 1
    assert report.summary["reason"].startswith(f"diverged at step {steps}: the loss is inf")
    assert report.summary["steps"] == steps - 1
    assert report.summary["params"]["x"] == pytest.approx(last if steps > 1 else 1.0, rel=1e-12)
    assert "exp" in report.warnings[0]


def test_a_start_that_is_not_finite(descended):
    report = descended("log(x)", "x=-1")
    assert report.exit_code == 3
    assert [row["parameter"] for row in report.rows] == ["x"]
    assert report.summary["converged"] is False
    assert report.summary["reason"].startswith("the start is not finite: the loss is nan")
    assert report.summary["steps"] == 0


def test_a_gradient_that_is_not_finite_at_the_start(descended):
    report = descended("sqrt(x)", "x=0")
    assert report.exit_code == 3
    assert "the gradient of x is inf" in report.summary["reason"]


# starts


def test_a_name_without_a_value_starts_at_random(descended, capsys):
    starts = []
    for seed in (0, 0, 1):
        report = descended("(x - y)^2", "y=1", wrt="x", lr="0.1", seed=seed, range="2:3")
        (row,) = report.rows
        assert 2 <= row["start"] <= 3
        assert f"x at {row['start']:.6g}" in capsys.readouterr().err
        starts.append(row["start"])
    assert starts[0] == starts[1] != starts[2]


def test_whole_numbers_are_floats(descended):
    report = descended("(x - 7)^2", "x=1", lr="0.5", steps=1, tol=0.0)
    (row,) = report.rows
    assert (row["start"], row["final"]) == (1.0, 7.0)
    assert all(isinstance(row[key], float) for key in ("start", "final", "grad"))


def test_vectors_and_matrices(descended):
    source = (
        "param w = [1, 2]; param W = zeros(2, 2); sum((w - 3)^2) + sum((W - [[1, 2], [3, 4]])^2)"
    )
    report = descended(source, lr="0.25", steps=1, tol=0.0)
    rows = {row["parameter"]: row for row in report.rows}
    assert rows["w"]["final"].tolist() == [2, 2.5]
    assert rows["W"]["final"].tolist() == [[0.5, 1], [1.5, 2]]
    assert rows["W"]["grad"].tolist() == [[-1, -2], [-3, -4]]
    assert rows["w"]["start"].tolist() == [1, 2]


# edges


def test_a_constant_loss_has_converged(descended):
    report = descended("param x = 1; 3 + 0*x")
    assert report.summary["converged"] is True
    assert report.summary["steps"] == 0
    assert report.exit_code == 0


def test_no_steps(descended):
    report = descended("x^2", "x=1", steps=0)
    assert report.summary["steps"] == 0
    assert report.summary["params"] == {"x": 1.0}
    assert report.summary["reason"].startswith("stopped after 0 steps")
    assert report.exit_code == 0


def test_a_huge_rate(descended):
    report = descended("x^2", "x=1", lr="1e308", steps=5)
    assert report.exit_code == 1
    assert report.summary["reason"].startswith("diverged")
    assert math.isfinite(report.summary["params"]["x"])


@pytest.mark.parametrize(
    "optimizer",
    ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "lbfgs", "newton"],
)
def test_every_optimizer_descends(descended, optimizer):
    rates = {"adagrad": "0.5", "lbfgs": None, "newton": None}
    report = descended(
        "(x - 1)^2 + 2*(y - x)^2", "x=0", "y=3",
        optimizer=optimizer, steps=3000, lr=rates.get(optimizer, "0.05"),
    )  # fmt: skip
    assert report.summary["params"] == pytest.approx({"x": 1, "y": 1}, abs=0.02)
    assert report.exit_code == 0


def test_momentum_with_its_option_against_a_loop(descended):
    report = descended(
        "rosenbrock", lr="1e-4", steps=60, tol=0.0, optimizer="momentum:beta=0.7", clip=5.0
    )
    p, v = np.array([-1.8, 1.5]), np.zeros(2)
    for _ in range(60):
        x, y = p
        g = np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])
        g *= min(1, 5 / np.hypot(*g))
        v = 0.7 * v + g
        p = p - 1e-4 * v
    assert [*report.summary["params"].values()] == pytest.approx(p.tolist(), rel=1e-12)


def test_a_schedule_against_a_loop(descended):
    options = {"lr": "0.4", "steps": 20, "tol": 0.0, "trace": True}
    report = descended("x^2", "x=1", schedule="cosine", **options)
    x = 1.0
    for n, row in enumerate(report.rows[1:]):
        rate = 0.4 * 0.5 * (1 + math.cos(math.pi * n / 20))
        x -= rate * 2 * x
        assert row["lr"] == pytest.approx(rate, rel=1e-14)
        assert row["x"] == pytest.approx(x, rel=1e-12, abs=1e-300)


def test_line_search(descended):
    report = descended("rosenbrock", line_search=True, steps=50_000)
    assert report.summary["converged"] is True
    losses = report.curve().series[0].y
    assert all(after <= before for before, after in pairwise(losses))


# lm, newton, lbfgs


def test_lm_minimises_the_sum_of_squares(descended):
    report = descended("[10*(y - x^2), 1 - x]", "x=-1.2", "y=1", optimizer="lm")
    assert report.summary["params"] == pytest.approx({"x": 1, "y": 1}, abs=1e-12)
    assert report.summary["start_loss"] == pytest.approx(rosenbrock(-1.2, 1))
    assert report.summary["converged"] is True


def test_lm_of_a_matrix_parameter(descended):
    source = "param W = zeros(2, 2); flatten(W @ [[1, 2], [3, 5]] - [[1, 0], [0, 1]])"
    report = descended(source, optimizer="lm")
    inverse = np.linalg.inv([[1, 2], [3, 5]])
    assert report.summary["params"]["W"] == pytest.approx(inverse, abs=1e-12)


@pytest.mark.parametrize(
    ("source", "optimizer", "told"),
    [
        ("[x, x]", "sgd", "out has shape (2,), a loss is one number"),
        ("x^2", "lm", "lm takes a vector of residuals, e has shape ()"),
    ],
)
def test_shapes_of_a_loss(descended, source, optimizer, told):
    with pytest.raises(GradError) as caught:
        descended(source, "x=1", optimizer=optimizer)
    assert caught.value.what.replace("out has", "e has") == told.replace("out has", "e has")


@pytest.mark.parametrize("optimizer", ["lbfgs", "newton"])
@pytest.mark.parametrize(
    "source", ["x - y", "1e-3*x + 0*y", "y^2 - x", "x*y", "atan(y) - x", "-exp(x + y)"]
)
def test_no_minimum_is_no_success(descended, source, optimizer):
    report = descended(source, "x=1", "y=0.5", optimizer=optimizer)
    assert report.exit_code == 1
    assert report.summary["converged"] is False
    assert report.summary["reason"].startswith("diverged after step ")


def test_newton_needs_a_step_for_a_parabola(descended):
    report = descended("sum((A@w - [1, 2])^2)", "A=[[2, 1], [1, 3]]", "w=[0, 0]",
                       wrt="w", optimizer="newton")  # fmt: skip
    assert report.summary["params"]["w"] == pytest.approx(np.array([0.2, 0.6]), abs=1e-9)


# many descents


def test_a_sweep_judges_every_rate(descended):
    report = descended("x^2", "x=1", lr="1e-5,0.1,0.3,1.5,1e300", steps=100)
    assert report.columns == ["lr", "loss", "steps", "verdict"]
    rows = report.rows
    assert [row["lr"] for row in rows] == [1e-5, 0.1, 0.3, 1.5, 1e300]
    assert [row["verdict"] for row in rows] == [
        "crawls", "converged", "converged", "diverged", "diverged",
    ]  # fmt: skip
    assert rows[0]["loss"] == pytest.approx((1 - 2e-5) ** 200, rel=1e-10)
    assert report.summary["lr"] in (0.1, 0.3)
    assert report.summary["converged"] is True
    assert report.exit_code == 0


def test_a_sweep_fails_when_its_best_rate_does(descended):
    assert descended("x^2", "x=1", lr="1.5,2", steps=9).exit_code == 1
    assert descended("x^2", "x=1", lr="0.001,0.002", steps=9, tol=1e-9).exit_code == 1
    assert descended("x^2", "x=1", lr="0.001,0.002", steps=9).exit_code == 0


def test_restarts_find_the_basins(descended):
    # (x² − 4)²/16 + x/4 has two minima, where 4·(its slope) = x³ − 4x + 1 is 0
    source = "(x^2 - 4)^2/16 + x/4"
    options = {"restarts": 12, "lr": "0.05", "range": "-3:3"}
    report = descended(source, **options)
    low, _, high = sorted(np.roots([1, 0, -4, 1]).real)
    first, second = report.summary["basins"].values()
    assert first["params"]["x"] == pytest.approx(low, abs=1e-5)
    assert second["params"]["x"] == pytest.approx(high, abs=1e-5)
    assert first["loss"] == pytest.approx((low**2 - 4) ** 2 / 16 + low / 4)
    assert first["loss"] < second["loss"]
    assert first["runs"] + second["runs"] == report.summary["restarts"] == 12
    assert report.summary["diverged"] == 0
    assert report.summary["params"] == first["params"]
    assert [row["final"] for row in report.rows] == [first["params"]["x"]]
    again = descended(source, **options)
    assert (again.rows, again.summary) == (report.rows, report.summary)
    assert descended(source, **options, seed=1).rows != report.rows


def test_the_first_restart_is_from_the_programs_own_start(descended):
    one = descended("x^2", "x=3", restarts=1, lr="0.1")
    assert one.rows[0]["start"] == 3


def test_restarts_draw_what_is_random_in_the_program(descended):
    source = "param w = randn(3); param b = 7; sum(cos(w)) + (b - 7)^2"
    report = descended(source, restarts=5, lr="0.2")
    assert report.summary["loss"] == pytest.approx(-3)
    assert report.rows[1]["start"] == 7


def test_restarts_from_where_there_is_no_value(descended):
    # log(x) falls to where it is not defined, from wherever it is defined
    report = descended("log(x)", "x=-1", restarts=6, lr="0.1")
    assert report.rows[0]["start"] > 0
    assert report.summary["diverged"] == 6
    assert report.summary["basins"] == {}
    assert report.exit_code == 1
    assert descended("log(x)", "x=-1", restarts=1).exit_code == 3


def test_a_sweep_tells_its_random_start(descended, capsys):
    descended("x^2", lr="0.1,0.2", range="1:2")
    assert "a name starts at random: x at 1." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"lr": "0"}, "--lr must be a positive number, not '0'"),
        ({"lr": "-1"}, "--lr must be a positive number, not '-1'"),
        ({"lr": "nan"}, "--lr must be a positive number, not 'nan'"),
        ({"lr": "inf"}, "--lr must be a positive number, not 'inf'"),
        ({"lr": ""}, "--lr must be a positive number, not ''"),
        ({"lr": "0.1,"}, "--lr must be a positive number, not ''"),
        ({"steps": -1}, "--steps must be at least 0, not -1"),
        ({"every": 0, "trace": True}, "--every must be at least 1, not 0"),
        ({"every": 2}, "--every thins the rows of --trace"),
        ({"tol": -1.0}, "--tol must be a number of at least 0, not -1"),
        ({"tol": math.nan}, "--tol must be a number of at least 0, not nan"),
        ({"clip": 0.0}, "--clip must be a positive number, not 0"),
        ({"restarts": 0}, "--restarts must be at least 1, not 0"),
        ({"restarts": -3}, "--restarts must be at least 1, not -3"),
        ({"epochs": 2}, "--epochs needs data"),
        ({"batch_size": 2}, "--batch-size needs data"),
        ({"patience": 2}, "--patience needs data"),
        ({"holdout": 0.2}, "--holdout needs data"),
        ({"standardize": ["x"]}, "--standardize needs data"),
        ({"range": "3"}, "--range 3: expected two numbers"),
        ({"optimizer": "adm"}, "there is no optimizer 'adm'"),
        ({"optimizer": "adam:beta1=1"},
         "optimizer adam: beta1 must be at least 0 and less than 1, not 1"),
        ({"schedule": "cosin"}, "there is no schedule 'cosin'"),
        ({"optimizer": "lbfgs", "lr": "0.1,0.2"},
         "a sweep of rates does not go with --optimizer lbfgs"),
        ({"optimizer": "newton", "clip": 1.0}, "--clip does not go with --optimizer newton"),
        ({"optimizer": "lm", "schedule": "cosine"}, "--schedule does not go with --optimizer lm"),
        ({"line_search": True, "optimizer": "adam"},
         "--optimizer does not go with --line-search"),
        ({"lr": "0.1,0.2", "trace": True}, "--trace does not go with a sweep of rates"),
        ({"lr": "0.1,0.2", "resume": "p.json"}, "--resume does not go with a sweep of rates"),
        ({"restarts": 2, "trace": True}, "--trace does not go with --restarts"),
        ({"restarts": 2, "resume": "p.json"}, "--resume does not go with --restarts"),
        ({"restarts": 2, "lr": "0.1,0.2"}, "a sweep of rates and --restarts are two reports"),
        ({"optimizer": "lbfgs", "resume": "p.json"},
         "--resume does not go with --optimizer lbfgs"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense(descended, monkeypatch, tmp_path, options, told):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        descended("rosenbrock", **options)
    assert caught.value.what == told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("source", "optimizer"), [("sum(w^2)", "newton"), ("w", "lm")])
def test_a_matrix_that_no_memory_holds(descended, source, optimizer):
    with pytest.raises(GradError) as caught:
        descended(f"param w = zeros(3000000); {source}", optimizer=optimizer)
    assert caught.value.what.startswith(
        f"{optimizer} needs a matrix of 3,000,000 × 3,000,000 numbers: 216,000 GB of memory,"
    )
    assert caught.value.exit_code == 2


def test_to_maximize_is_to_minimise_the_negative(descended):
    report = descended("f = 4 - (x - 3)^2", "x=0", maximize=True, lr="0.1")
    assert report.summary["params"]["x"] == pytest.approx(3, abs=1e-6)
    assert report.summary["maximum"] == pytest.approx(4)
    assert (report.summary["output"], report.summary["loss"]) == ("-f", pytest.approx(-4))


def test_to_maximize_a_likelihood_of_rows_with_some_held_out(descended, tmp_path):
    """The likelihood of a normal distribution is largest at the mean of the rows learned from."""
    path = tmp_path / "d.csv"
    values = [float(n * n % 17) for n in range(40)]
    path.write_text("x\n" + "\n".join(map(str, values)))
    report = descended(
        "param m = 1; mean(-(x - m)^2/2)", data=[str(path)], maximize=True, optimizer="lbfgs",
        holdout=0.25, tol=0.0,
    )  # fmt: skip
    m = report.summary["params"]["m"]
    assert m != pytest.approx(sum(values) / 40, abs=1e-3)
    held = report.summary["validation_loss"]
    learn = report.summary["loss"]
    assert 30 * learn + 10 * held == pytest.approx(sum((x - m) ** 2 / 2 for x in values))


def test_a_rate_that_a_method_does_not_use_is_said(descended, capsys):
    report = descended("param x = 1; (x - 3)^2", optimizer="lbfgs", lr="0.1")
    assert report.summary["params"]["x"] == pytest.approx(3)
    assert "note: lbfgs chooses its own steps: --lr is not used" in capsys.readouterr().err
