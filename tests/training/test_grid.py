"""Sweeps over settings and consts: every row is the descent that its settings ask for."""

import pytest

from gradcli import Model
from gradcli.errors import GradError

RIDGE = "const l2 = 0; param w = 1; loss = (w - 3)^2 + l2*w^2"


def test_a_grid_of_a_const_and_the_rate():
    made = Model(RIDGE).descend(sweep={"l2": [0, 1, 2], "lr": [0.1, 0.2]})
    assert [(r["l2"], r["lr"]) for r in made.rows] == [
        (0, 0.1), (0, 0.2), (1, 0.1), (1, 0.2), (2, 0.1), (2, 0.2)
    ]  # fmt: skip
    for row in made.rows:
        w = 3 / (1 + row["l2"])  # where 2(w − 3) + 2·l2·w vanishes
        assert row["loss"] == pytest.approx((w - 3) ** 2 + row["l2"] * w**2)
        assert row["verdict"] == "converged"
    assert (made.report.summary["l2"], made.params["w"]) == (0, pytest.approx(3))


def test_each_row_is_the_single_descent():
    options = {"lr": 0.01, "steps": 300, "tol": 0.0}
    made = Model("booth").descend(sweep=["optimizer=sgd,adam:beta1=0.8,beta2=0.99"], **options)
    assert [row["optimizer"] for row in made.rows] == ["sgd", "adam:beta1=0.8,beta2=0.99"]
    for row in made.rows:
        alone = Model("booth").descend(optimizer=row["optimizer"], **options)
        assert row["loss"] == alone.loss


def test_a_race_of_methods():
    made = Model("booth").descend(sweep={"optimizer": ["sgd", "adam", "lbfgs", "newton"]}, lr=0.05)
    assert [row["optimizer"] for row in made.rows] == ["sgd", "adam", "lbfgs", "newton"]
    assert made.params == pytest.approx({"x": 1, "y": 3}, abs=1e-5)


def test_the_best_is_that_of_the_rows_that_judge():
    made = Model("const pull = 0; param m = 0; mean((m - y)^2) + pull*m^2").descend(
        data={"y": [10.0]}, validate={"y": [5.0]}, optimizer="lbfgs", sweep={"pull": [0, 1]}
    )
    zero, one = made.rows
    assert zero["loss"] < one["loss"]
    assert zero["validation_loss"] == pytest.approx(25)
    assert one["validation_loss"] == pytest.approx(25)  # 25 for the pull of 5, nothing for the fit
    assert made.params["m"] == pytest.approx(10)


def test_batch_sizes_and_epochs():
    made = Model("param m = 0; mean((x - m)^2)").descend(
        data={"x": range(8)}, lr=0.1, sweep=["batch-size=2,4", "epochs=3,5"]
    )
    assert [(r["batch_size"], r["epochs"], r["steps"]) for r in made.rows] == [
        (2, 3, 12), (2, 5, 20), (4, 3, 6), (4, 5, 10)
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["4", "4e0", "0_4", "4.0"])
def test_a_count_is_written_as_its_option_takes_it(text):
    made = Model("param m = 0; mean((x - m)^2)").descend(
        data={"x": range(8)}, lr=0.1, sweep=[f"epochs={text}"], batch_size=4
    )
    assert [row["epochs"] for row in made.rows] == [4]


def test_a_batch_of_all_rows():
    options = {"data": {"x": range(8)}, "lr": 0.1, "epochs": 5, "tol": 0.0}
    model = Model("param m = 0; mean((x - m)^2)")
    made = model.descend(sweep={"batch_size": [4, "all"]}, **options)
    assert [(r["batch_size"], r["steps"]) for r in made.rows] == [(4, 10), ("all", 5)]
    assert made.rows[1]["loss"] == model.descend(**options).loss
    for name in ("epochs", "patience"):
        with pytest.raises(GradError, match=f"--sweep {name}: 'all' is no whole number"):
            model.descend(sweep={name: ["all"]}, **options)


def test_a_value_that_is_swept_too_is_no_matter():
    made = Model(RIDGE).descend(sweep={"l2": [0, 1], "lr": [0.1]}, l2=0.5)
    assert [row["l2"] for row in made.rows] == [0, 1]
    assert made.params["w"] == pytest.approx(3)


def test_a_picture_of_a_grid(tmp_path):
    Model(RIDGE).descend(sweep={"l2": [0, 1]}, lr=0.1).save(tmp_path / "g.svg")
    assert "l2 1" in (tmp_path / "g.svg").read_text()


@pytest.mark.parametrize(
    ("sweeps", "told"),
    [
        (["opt=sgd"], "--sweep opt: there is no such setting, and no const"),
        (["w=1,2"], "--sweep w: w moves, and has no value to compare"),
        (["lr"], "--sweep lr: no NAME=V1,V2"),
        (["lr="], "--sweep lr=: no NAME=V1,V2"),
        (["lr=0.1,,1"], "--sweep lr: '' is no number"),
        (["lr=-1"], "lr must be a positive number, not '-1.0'"),
        (["l2=[1,2]"], "this '[' is never closed"),
        (["steps=1.5"], "--sweep steps: '1.5' is no whole number"),
        (["steps=-1"], "--sweep steps: '-1' is no whole number"),
        (["steps=inf"], "--sweep steps: 'inf' is no whole number"),
        (["steps=nan"], "--sweep steps: 'nan' is no whole number"),
        (["lr=0.1,0.10"], "--sweep lr has 0.1 twice"),
        (["lr=0.1", "lr=1"], "--sweep lr is given twice"),
        (["optimizer=sgd,foo"], "there is no optimizer 'foo'"),
        (["lr=0.1,1", "optimizer=sgd,lbfgs"], "a sweep of lr does not go with lbfgs"),
        (["lr=" + ",".join(str(n + 1) for n in range(101)), "l2=" + ",".join(map(str, range(100)))],
         "a grid of 10,100 descents"),
    ],
)  # fmt: skip
def test_what_cannot_be_swept(sweeps, told):
    with pytest.raises(GradError) as caught:
        Model(RIDGE).descend(sweep=sweeps)
    assert str(caught.value).removeprefix("--").startswith(told.removeprefix("--"))


def test_a_sweep_is_one_report():
    for others in ({"lr": [0.1, 0.2]}, {"restarts": 3}, {"errors": True}):
        with pytest.raises(GradError):
            Model(RIDGE).descend(sweep=["l2=0,1"], **others)
