"""--folds: each part of the rows judges what the others teach."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from gradcli import Model
from gradcli.errors import GradError
from gradcli.training.folds import mean_and_deviation
from gradcli.training.split import fold

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=17)
Y = 2 * X - 1 + 0.3 * RANDOM.normal(size=17)
DATA = {"x": X, "y": Y}
LINE = "param a = 0; param b = 0; loss = mean((a*x + b - y)^2); mae = mean(abs(a*x + b - y))"


class Rows:
    """As much of a frame as a split looks at."""

    def __init__(self, rows):
        self.rows = rows


def parts(count, rows=17, seed=0):
    """The rows that judge in each fold, as `fold` chooses them."""
    return [fold(Rows(rows), place, count, seed)[1].places for place in range(count)]


@pytest.mark.parametrize("rows", [2, 5, 17, 100])
@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_row_judges_once(rows, count, seed):
    if count > rows:
        with pytest.raises(GradError, match=f"--folds {count}: of {rows} rows there are 2 to"):
            fold(Rows(rows), 0, count, seed)
        return
    judges = parts(count, rows, seed)
    assert sorted(np.concatenate(judges).tolist()) == list(range(rows))
    assert max(map(len, judges)) - min(map(len, judges)) <= 1
    for place, mine in enumerate(judges):
        learn = fold(Rows(rows), place, count, seed)[0].places
        assert sorted([*learn.tolist(), *mine.tolist()]) == list(range(rows))


def test_the_seed_shuffles_the_rows():
    assert [p.tolist() for p in parts(3)] != [p.tolist() for p in parts(3, seed=1)]
    assert parts(2)[0].tolist() != list(range(9))


@pytest.mark.parametrize(
    "options", [{"optimizer": "lbfgs"}, {"lr": 0.1, "epochs": 20}, {"lr": 0.1, "batch_size": 4}]
)
def test_a_fold_is_the_descent_of_its_rows(options):
    found = Model(LINE).descend(data=DATA, folds=4, **options)
    assert [row["fold"] for row in found.report.rows] == [1, 2, 3, 4]
    for judge, row in zip(parts(4), found.report.rows):
        learn = np.setdiff1d(np.arange(17), judge)
        alone = Model(LINE).descend(
            data={n: c[learn] for n, c in DATA.items()},
            validate={n: c[judge] for n, c in DATA.items()},
            **options,
        )
        summary = alone.report.summary
        assert row["loss"] == pytest.approx(summary["loss"], rel=1e-12)
        assert row["validation_loss"] == pytest.approx(summary["validation_loss"], rel=1e-12)
        assert row["validation_mae"] == pytest.approx(
            summary["validation_metrics"]["mae"], rel=1e-12
        )
        assert row["steps"] == summary["steps"]


def test_the_mean_and_the_deviation_of_the_folds():
    found = Model(LINE).descend(data=DATA, folds=5, optimizer="lbfgs")
    means = {
        "loss": found.loss,
        "mae": found.metrics["mae"],
        "validation_loss": found.validation_loss,
        "validation_mae": found.validation_metrics["mae"],
    }
    for name, mean in means.items():
        values = [row[name] for row in found.rows]
        assert mean == pytest.approx(statistics.mean(values))
        deviation = found.report.summary["deviation"][name]
        assert deviation == pytest.approx(statistics.stdev(values))


def test_the_number_of_a_class_has_no_mean():
    program = f"{LINE}; best = argmax([a, b, 0]); height = max([a, b, 0])"
    found = Model(program).descend(data=DATA, folds=3, optimizer="lbfgs")
    assert [row["best"] for row in found.rows] == [0, 0, 0]
    assert found.metrics["best"] is None
    assert found.validation_metrics["best"] is None
    assert found.report.summary["deviation"]["best"] is None
    assert found.metrics["height"] == pytest.approx(2, abs=0.3)
    rows = Model(program).descend(data=DATA, folds=3, sweep=["optimizer=lbfgs,newton"]).rows
    assert [(row["best"], row["best_deviation"]) for row in rows] == [(None, None)] * 2


def test_leaving_one_out_agrees_with_the_hat_matrix():
    """Of a line, the error of a row left out is r/(1 − h) (Allen 1974)."""
    found = Model(LINE).descend(data=DATA, folds=17, optimizer="newton", tol=0.0)
    design = np.column_stack([X, np.ones(17)])
    hat = design @ np.linalg.solve(design.T @ design, design.T)
    press = np.mean(((Y - hat @ Y) / (1 - np.diagonal(hat))) ** 2)
    assert found.report.summary["validation_loss"] == pytest.approx(press, rel=1e-9)


def test_a_fold_is_standardized_by_the_rows_it_learns_from():
    program = "param m = 0; mean((z - m)^2)"
    found = Model(program).descend(data={"z": X}, folds=3, standardize="z", optimizer="lbfgs")
    for judge, row in zip(parts(3), found.report.rows):
        learn = np.setdiff1d(np.arange(17), judge)
        z = (X[judge] - X[learn].mean()) / X[learn].std()
        assert row["validation_loss"] == pytest.approx(np.mean(z**2))
        assert row["loss"] == pytest.approx(1.0)


def test_settings_are_compared_by_the_mean_of_their_folds():
    ridge = "const l2 = 0; " + LINE.replace("^2);", "^2) + l2*a^2;")
    grid = {"l2": [5, 0, 0.1]}
    found = Model(ridge).descend(data=DATA, folds=4, sweep=grid, optimizer="lbfgs").report
    assert [row["l2"] for row in found.rows] == [5, 0, 0.1]
    for row in found.rows:
        alone = Model(ridge).descend(
            {"l2": row["l2"]}, data=DATA, folds=4, optimizer="lbfgs"
        ).report.summary  # fmt: skip
        assert row["validation_loss"] == alone["validation_loss"]
        assert row["validation_loss_deviation"] == alone["deviation"]["validation_loss"]
        assert row["steps"] == alone["steps"]
    best = min(found.rows, key=lambda row: row["validation_loss"])
    assert found.summary["l2"] == best["l2"]


def test_what_diverged_is_not_the_best():
    found = Model(LINE).descend(data=DATA, folds=3, lr=[0.1, 30.0], epochs=30).report
    assert [row["verdict"] for row in found.rows] == ["not converged", "diverged"]
    assert found.summary["lr"] == 0.1


def test_maximizing_in_folds_negates_once():
    up = Model(LINE.replace("mean((", "-mean((")).descend(
        data=DATA, folds=3, maximize=True, optimizer="lbfgs"
    )
    down = Model(LINE).descend(data=DATA, folds=3, optimizer="lbfgs")
    assert up.report.summary["loss"] == pytest.approx(down.report.summary["loss"], rel=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"folds": 18}, "--folds 18: of 17 rows there are 2 to 17 folds"),
        ({"folds": 1}, "--folds must be at least 2, not 1"),
        ({"folds": -3}, "--folds must be at least 2, not -3"),
        ({"folds": 3, "save": "x.json"}, "--save does not go with --folds"),
        ({"folds": 3, "resume": "x.json"}, "--resume does not go with --folds"),
        ({"folds": 3, "holdout": 0.2}, "--holdout does not go with --folds"),
        ({"folds": 3, "validate": DATA}, "--validate does not go with --folds"),
        ({"folds": 3, "restarts": 2}, "--restarts does not go with --folds"),
        ({"folds": 3, "errors": True}, "--errors does not go with --folds"),
        ({"folds": 3, "jobs": 0}, "--jobs must be at least 1, not 0"),
    ],
)
def test_what_does_not_go_with_folds(options, message):
    with pytest.raises(GradError, match=message):
        Model(LINE).descend(data=DATA, **options)


class Interrupt:
    """Signals of which one comes once somebody asked for it so many times."""

    def __init__(self, asked):
        self.asked = asked

    def __call__(self, heard):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    @property
    def code(self):
        self.asked -= 1
        return 130 if self.asked < 0 else 0


@pytest.mark.parametrize("sweep", [(), ["lr=0.1,0.01"]])
@pytest.mark.parametrize("asked", [0, 3, 8, 12, 20])
def test_an_interrupt_tells_one_story(monkeypatch, asked, sweep):
    monkeypatch.setattr("gradcli.training.folds.Signals", Interrupt(asked))
    options = {"lr": 0.1} if not sweep else {"sweep": sweep}
    report = Model(LINE).descend(data=DATA, folds=4, epochs=5, tol=0.0, **options).report
    rows, summary = report.rows, report.summary
    full, folds = (4 * (1 + len(sweep))), summary["folds"]
    steps = [row["steps"] for row in rows]
    assert sum(steps) < 5 * full
    assert report.exit_code == 130
    assert report.warnings == [summary["reason"]]
    whole = sum(steps) // 5
    expected = f"interrupted: {whole} of {full} descents came to their end"
    if summary["steps"] < 20:
        expected += f", and the means are of {folds} of 4 folds"
    if summary["steps"] % 5 or summary["steps"] // 5 < folds:
        expected += ", 1 of them cut short"
    assert summary["reason"] == expected
    assert dict(report.answer)["validation_loss"] == summary["validation_loss"]


def test_a_signal_after_the_end_changes_nothing(monkeypatch):
    options = {"lr": 0.1, "data": DATA, "folds": 4, "epochs": 5}
    never = Interrupt(10**6)
    monkeypatch.setattr("gradcli.training.folds.Signals", never)
    alone = Model(LINE).descend(**options).report
    at_the_last = Interrupt(10**6 - never.asked - 1)
    monkeypatch.setattr("gradcli.training.folds.Signals", at_the_last)
    late = Model(LINE).descend(**options).report
    assert at_the_last.asked == -1
    assert (late.summary, late.warnings, late.exit_code) == (alone.summary, alone.warnings, 0)


def test_the_deviation_of_one_value_is_unknown():
    mean, deviation = mean_and_deviation([2.0])
    assert (mean, np.isnan(deviation)) == (2.0, True)
