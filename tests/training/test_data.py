"""descend with data: the rows it learns from and judges by, against loops in NumPy."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.question.question import ask
from gradcli.verbs.per_row import per_row

LINE = "param w = 0; param b = 0; mean((w*x + b - y)^2)"


@pytest.fixture(scope="module")
def numbers():
    rng = np.random.default_rng(5)
    x = rng.uniform(-1, 4, 40)
    return x, 3 * x + 2 + rng.normal(0, 0.1, 40)


@pytest.fixture
def line(tmp_path, numbers):
    """A file of 40 rows near y = 3x + 2."""
    return written(tmp_path / "line.csv", x=numbers[0], y=numbers[1])


def written(path, **columns):
    rows = zip(*(column.tolist() for column in columns.values()))
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def line_loss(x, y, w, b):
    return np.mean((w * x + b - y) ** 2)


def stepped(x, y, w, b, rate):
    error = w * x + b - y
    return w - rate * 2 * np.mean(error * x), b - rate * 2 * np.mean(error)


# whole data, mini-batches


@pytest.mark.parametrize("part", [{}, {"holdout": 0.25}])
def test_a_trace_of_batches_is_the_way_of_the_parameters(descended, line, numbers, part):
    """The rows that it tells, by their number in the file, make every step and its loss."""
    report = descended(
        LINE, data=[line], lr="0.05", epochs=3, batch_size=7, trace=True, batches=True, **part
    )
    assert report.columns[:6] == ["step", "loss", "grad_norm", "lr", "batch_loss", "rows"]
    assert {"batch_loss", "rows"}.isdisjoint(report.rows[0])
    seen = []
    for before, row in pairwise(report.rows):
        x, y = (column[row["rows"]] for column in numbers)
        moved = stepped(x, y, before["w"], before["b"], 0.05)
        assert (row["w"], row["b"]) == pytest.approx(moved, rel=1e-12)
        assert row["batch_loss"] == pytest.approx(line_loss(x, y, before["w"], before["b"]))
        seen += row["rows"]
    judging = 10 if part else 0
    assert len(set(seen)) == 40 - judging
    assert len(seen) == 3 * (40 - judging)


def test_rows_of_batches_are_those_of_the_file(descended, tmp_path, numbers):
    """A row that is left out keeps its number."""
    x, y = numbers
    path = written(tmp_path / "gaps.csv", x=np.where(np.arange(40) % 10 == 3, np.nan, x), y=y)
    Path(path).write_text(Path(path).read_text().replace("nan", ""))
    report = descended(
        LINE, data=[path], missing="drop", lr="0.05", epochs=1, batch_size=5, trace=True,
        batches=True, every=2,
    )  # fmt: skip
    told = [row["rows"] for row in report.rows if "rows" in row]
    assert [row["step"] for row in report.rows] == [0, 2, 4, 6, 8]
    assert all(place % 10 != 3 for rows in told for place in rows)
    assert any(place > 36 for rows in told for place in rows)


def test_a_step_an_epoch_over_all_rows(descended, line, numbers):
    report = descended(LINE, data=[line], lr="0.1", epochs=20)
    w = b = 0.0
    for _ in range(20):
        w, b = stepped(*numbers, w, b, 0.1)
    summary = report.summary
    assert summary["params"] == pytest.approx({"w": w, "b": b}, rel=1e-12)
    assert summary["loss"] == pytest.approx(line_loss(*numbers, w, b), rel=1e-12)
    assert summary["start_loss"] == pytest.approx(line_loss(*numbers, 0, 0), rel=1e-12)
    assert list(summary)[-2:] == ["epochs", "samples_seen"]
    assert (summary["steps"], summary["epochs"], summary["samples_seen"]) == (20, 20, 800)


@pytest.mark.parametrize("size", [1, 7, 16, 39])
def test_an_epoch_of_mini_batches_sees_each_row_once(descended, tmp_path, size):
    # Every row adds its own power of two to w: the sum tells which rows were seen, how often.
    path = written(tmp_path / "t.csv", x=2.0 ** np.arange(40))
    source = "param w = 0; 0 - sum(w*x)"
    report = descended(source, data=[path], lr="1", epochs=3, batch_size=size)
    assert report.summary["params"]["w"] == 3 * (2.0**40 - 1)
    assert report.summary["steps"] == 3 * -(-40 // size)
    assert report.summary["epochs"] == 3
    assert report.summary["samples_seen"] == 120


def test_every_epoch_has_its_own_seeded_order(descended, tmp_path):
    path = written(tmp_path / "t.csv", x=np.arange(6.0))

    def order(seed):
        report = descended("param w = 0; 0 - sum(w*x)", data=[path], lr="1", epochs=2,
                           batch_size=1, trace=True, seed=seed)  # fmt: skip
        places = [row["w"] for row in report.rows]
        return [after - before for before, after in pairwise(places)]

    first = order(0)
    assert sorted(first[:6]) == sorted(first[6:]) == [0, 1, 2, 3, 4, 5]
    assert first[:6] != first[6:]
    assert order(0) == first
    assert order(1) != first


def test_loss_and_gradient_norm_are_those_of_all_rows(descended, line, numbers):
    report = descended(LINE, data=[line], lr="0.05", epochs=1, batch_size=8, trace=True)
    x, y = numbers
    for row in report.rows:
        error = row["w"] * x + row["b"] - y
        assert row["loss"] == pytest.approx(np.mean(error**2), rel=1e-12)
        steepest = max(abs(2 * np.mean(error * x)), abs(2 * np.mean(error)))
        assert row["grad_norm"] == pytest.approx(steepest, rel=1e-12)


def test_steps_and_epochs_both_limit(descended, line):
    options = {"data": [line], "lr": "0.01", "batch_size": 8}
    assert descended(LINE, **options, epochs=3).summary["steps"] == 15
    summary = descended(LINE, **options, epochs=3, steps=7).summary
    assert (summary["steps"], summary["epochs"], summary["samples_seen"]) == (7, 1, 56)
    assert descended(LINE, **options, steps=7).summary["steps"] == 7
    assert descended(LINE, **options).summary["epochs"] == 100


def test_the_tolerance_of_mini_batches(descended, line):
    options = {"data": [line], "lr": "0.05", "batch_size": 8}
    report = descended(LINE, **options)
    assert report.summary["reason"] == "stopped after 100 epochs"
    assert report.warnings == []
    report = descended(LINE, **options, tol=0.5)
    assert report.summary["converged"] is True
    assert report.summary["steps"] % 5 == 0
    assert report.summary["grad_norm"] < 0.5
    assert descended(LINE, **options, tol=1e-12).exit_code == 1


def test_no_epochs(descended, line):
    report = descended(LINE, data=[line], epochs=0)
    assert (report.summary["steps"], report.summary["epochs"]) == (0, 0)
    assert report.summary["params"] == {"w": 0, "b": 0}


def test_one_row(descended, tmp_path):
    path = written(tmp_path / "one.csv", x=np.array([2.0]), y=np.array([8.0]))
    report = descended("param w = 0; mean((w*x - y)^2)", data=[path], lr="0.1", batch_size=1)
    assert report.summary["params"]["w"] == pytest.approx(4, abs=1e-6)


def test_a_huge_rate_on_mini_batches(descended, line):
    report = descended(LINE, data=[line], lr="1e300", batch_size=4)
    assert report.exit_code == 1
    assert report.summary["reason"].startswith("diverged")
    assert all(np.isfinite(value) for value in report.summary["params"].values())


# the rows that judge


def test_holdout_learns_from_the_rest(descended, line, numbers):
    report = descended(LINE, data=[line], lr="0.1", epochs=1, holdout=0.25)
    assert report.summary["samples_seen"] == 30
    x, y = numbers
    w, b = report.summary["params"].values()
    learned, judged = report.summary["start_loss"], report.summary["validation_loss"]
    whole = line_loss(x, y, w, b)
    assert whole == pytest.approx((30 * report.summary["loss"] + 10 * judged) / 40, rel=1e-12)
    again = descended(LINE, data=[line], lr="0.1", epochs=1, holdout=0.25, batch_size=30)
    assert again.summary["start_loss"] == learned
    other = descended(LINE, data=[line], lr="0.1", epochs=1, holdout=0.25, seed=1)
    assert other.summary["start_loss"] != learned


def test_validate_is_another_file(descended, line, numbers, tmp_path):
    x = np.array([0.0, 1, 2])
    other = written(tmp_path / "other.csv", y=3 * x + 2, x=x)
    report = descended(LINE, data=[line], validate=[other], lr="0.1", epochs=50)
    w, b = report.summary["params"].values()
    expected = line_loss(x, 3 * x + 2, w, b)
    assert report.summary["validation_loss"] == pytest.approx(expected, rel=1e-12)
    assert report.summary["loss"] == pytest.approx(line_loss(*numbers, w, b), rel=1e-12)


def test_patience_keeps_the_best_epoch(descended, line, tmp_path):
    # judged by rows near y = x, the fit to y = 3x + 2 first gets better, then worse
    x = np.linspace(-1, 4, 9)
    other = written(tmp_path / "other.csv", x=x, y=x)
    report = descended(
        LINE, data=[line], validate=[other], lr="0.01", epochs=200, patience=3, trace=True
    )
    losses = [line_loss(x, x, row["w"], row["b"]) for row in report.rows]
    best = int(np.argmin(losses))
    assert best > 0
    assert report.summary["epochs"] == best + 3
    assert report.summary["validation_loss"] == pytest.approx(losses[best], rel=1e-12)
    row = report.rows[best]
    assert report.summary["params"] == {"w": row["w"], "b": row["b"]}
    assert report.summary["loss"] == pytest.approx(row["loss"], rel=1e-12)
    assert report.exit_code == 0
    assert report.summary["reason"] == (
        f"stopped after {best + 3} epochs: the validation loss has not fallen for 3;"
        f" the parameters are those of epoch {best}"
    )


def test_lm_judges_by_the_sum_of_squares(descended, line, tmp_path):
    other = written(tmp_path / "o.csv", x=np.array([0.0, 1]), y=np.array([2.0, 6]))
    source = "param w = 0; param b = 0; w*x + b - y"
    summary = descended(source, data=[line], validate=[other], optimizer="lm").summary
    w, b = summary["params"].values()
    assert summary["validation_loss"] == pytest.approx((b - 2) ** 2 + (w + b - 6) ** 2)


# standardize


def test_standardize_and_predict(descended, line, numbers, tmp_path):
    save = str(tmp_path / "m.json")
    report = descended(LINE, data=[line], standardize=["x"], lr="0.1", epochs=30, save=save)
    x, y = numbers
    z = (x - x.mean()) / x.std()
    w = b = 0.0
    for _ in range(30):
        w, b = stepped(z, y, w, b, 0.1)
    assert report.summary["params"] == pytest.approx({"w": w, "b": b}, rel=1e-10)
    new = written(tmp_path / "new.csv", x=np.array([0.0, 10]))
    question = ask("w*x + b", data=[new], params=save)
    expected = w * (np.array([0, 10]) - x.mean()) / x.std() + b
    rows = list(per_row(question).rows)
    assert [row["e"] for row in rows] == pytest.approx(expected.tolist(), rel=1e-10)


def test_standardize_takes_the_training_rows_alone(descended, line, numbers, tmp_path):
    path = written(tmp_path / "far.csv", x=np.array([100.0, 200]), y=np.array([1.0, 1]))
    saves = [str(tmp_path / f"{n}.json") for n in range(2)]
    options = {"data": [line], "standardize": ["x"], "lr": "0.1", "epochs": 2}
    plain = descended(LINE, **options, save=saves[0])
    judged = descended(LINE, **options, save=saves[1], validate=[path])
    assert judged.summary["params"] == plain.summary["params"]
    w, b = plain.summary["params"].values()
    x, _ = numbers
    z = (np.array([100, 200]) - x.mean()) / x.std()
    assert judged.summary["validation_loss"] == pytest.approx(line_loss(z, 1, w, b), rel=1e-12)
    held = descended(LINE, **options, holdout=0.5, save=saves[1])
    mean, deviation = json.loads(Path(saves[1]).read_text())["meta"]["scales"]["x"]
    assert mean != pytest.approx(x.mean(), rel=1e-6)
    assert deviation != pytest.approx(x.std(), rel=1e-6)
    assert held.summary["samples_seen"] == 40


def test_a_name_standardized_twice_is_standardized(descended, line):
    once, twice = (
        descended("param w = 0; mean((w*x - y)^2)", data=[line], lr="0.1", standardize=names)
        for names in (["x"], ["x", "x"])
    )
    assert twice.summary == once.summary


def test_a_constant_column_is_standardized_to_zero(descended, tmp_path):
    path = written(tmp_path / "c.csv", x=np.full(5, 7.0), y=np.arange(5.0))
    report = descended(LINE, data=[path], standardize=["x"], lr="0.4")
    assert report.summary["params"] == pytest.approx({"w": 0, "b": 2}, abs=1e-5)


# columns


def test_columns_side_by_side(descended, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,"b (cm)",c,d,kind,y\n1,2,3,4,u,10\n5,6,7,8,v,26\n2,0,1,5,u,8\n')
    sources = {
        "data X = a .. d": ["a", "b (cm)", "c", "d"],
        'data X = d, "b (cm)"': ["d", "b (cm)"],
        "data X = *": ["a", "b (cm)", "c", "d"],
        "data X = a, c .. d": ["a", "c", "d"],
    }
    cells = {"a": [1, 5, 2], "b (cm)": [2, 6, 0], "c": [3, 7, 1], "d": [4, 8, 5]}
    for declaration, names in sources.items():
        source = f"{declaration}; param w = ones({len(names)}); mean((X@w - y)^2)"
        report = descended(source, data=[str(path)], epochs=0)
        totals = np.sum([cells[name] for name in names], axis=0)
        expected = np.mean((totals - [10, 26, 8]) ** 2)
        assert report.summary["loss"] == pytest.approx(expected), declaration


def test_text_columns_side_by_side_share_a_numbering(descended, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("u,v,w\nb,c,z\na,b,a\n")
    save = tmp_path / "m.json"
    source = (
        "data X = u, v; const n = [0, 1, 2]; param s = 0;"
        "sum(n[X]*[[1, 10], [100, 1000]]) + sum(n[w]) + s^2"
    )
    report = descended(source, data=[str(path)], epochs=0, save=str(save))
    # b c / a b by a, b, c: 1 2 / 0 1; and w by its own a, z
    assert report.summary["loss"] == 1 + 20 + 0 + 1000 + 1
    classes = json.loads(save.read_text())["meta"]["classes"]
    assert classes == {"u": ["a", "b", "c"], "v": ["a", "b", "c"], "w": ["a", "z"]}


def test_npz_and_mapped_arrays(descended, tmp_path, numbers):
    x, y = numbers
    np.savez(tmp_path / "d.npz", x=x, y=y, other=np.zeros(3))
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y.astype(np.float32))
    options = {"lr": "0.05", "epochs": 3, "batch_size": 16}
    one = descended(LINE, data=[str(tmp_path / "d.npz")], **options)
    files = [f"x={tmp_path / 'x.npy'}", f"y={tmp_path / 'y.npy'}"]
    two = descended(LINE, data=files, **options, holdout=None)
    assert one.summary["params"] == pytest.approx(two.summary["params"], rel=1e-5)
    held = descended(LINE, data=files, **options, holdout=0.5)
    assert held.summary["samples_seen"] == 60


def test_a_matrix_from_an_array_file(descended, tmp_path):
    matrix = np.arange(12.0).reshape(6, 2)
    np.savez(tmp_path / "d.npz", X=matrix, y=matrix @ [1, -2])
    source = "param w = zeros(2); X@w - y"
    report = descended(source, data=[str(tmp_path / "d.npz")], optimizer="lm")
    assert report.summary["params"]["w"] == pytest.approx(np.array([1, -2]), abs=1e-9)


def test_a_column_nobody_uses_is_not_read(descended, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y,note\n1,5,\n2,8,mixed\n3,11,3\n")
    report = descended(LINE, data=[str(path)], lr="0.1", epochs=1)
    assert report.summary["start_loss"] == 70


@pytest.mark.parametrize("cell", ["1,5", "1_000", "0x10", "١", "−1", "$5", "5 %", "1.000,5"])
def test_text_that_looks_like_numbers_is_told(tmp_path, cell):
    path = tmp_path / "t.csv"
    path.write_text(f'x,y\n1,"{cell}"\n2,"{cell}"\n', encoding="utf-8")
    (told,) = ask("sum(x) + count(y)", data=[str(path)]).notes
    assert told.startswith(f"column 'y' is text, which counts as classes: '{cell}' ")
    (told,) = ask("data X = *; sum(X)", data=[str(path)]).notes
    assert told.startswith(f"column 'y' is text, and left out of *: '{cell}' ")
    assert ask("sum(x)", data=[str(path)]).notes == []


@pytest.mark.parametrize("cell", ["oak", "2020-01-01", "1 oak", "True", "x1", "-", ","])
def test_text_that_is_text(tmp_path, cell):
    path = tmp_path / "t.csv"
    path.write_text(f'x,y\n1,"{cell}"\n2,"{cell}"\n', encoding="utf-8")
    assert ask("sum(x) + count(y)", data=[str(path)]).notes == []


def test_data_that_the_program_does_not_name(line):
    question = ask("x2^2", ["x2=1"], data=[line])
    assert question.notes == ["the program names no column of the data: it has 'x', 'y'"]


def test_a_range_means_the_columns_of_the_training(descended, tmp_path):
    path, new = tmp_path / "t.csv", tmp_path / "new.csv"
    path.write_text("a,b,c,y\n1,0,0,1\n0,1,0,10\n0,0,1,100\n")
    new.write_text("c,other,a,b\n3,9,1,2\n")
    save = str(tmp_path / "m.json")
    source = "data X = a .. c; param w = zeros(3); p = X@w; loss = sum((p - y)^2)"
    descended(source, data=[str(path)], of="loss", lr="0.5", save=save)
    rows = list(per_row(ask(source, of="p", data=[str(new)], params=save)).rows)
    assert [row["p"] for row in rows] == pytest.approx([321])
    # parameters of a program that names other columns say nothing of this range
    other = source.replace("a .. c", "other .. b")
    rows = list(per_row(ask(other, of="p", data=[str(new)], params=save)).rows)
    assert [row["p"] for row in rows] == pytest.approx([9 + 10 + 200])


def test_a_star_asks_for_no_column_that_only_the_loss_needs(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n1,2,3\n")
    source = (
        "data X = *; data y = kind; data Z = c .. d; p = sum(X, axis=1); mean((p - y)^2)+sum(Z)"
    )
    rows = list(per_row(ask(source, of="p", data=[str(path)])).rows)
    assert [row["p"] for row in rows] == [3]


# what is wrong with a file


@pytest.mark.parametrize(
    ("content", "told", "hint"),
    [
        (b"x,y\n1,2\n3\n", "bad.csv: line 3 has 1 cell, the header has 2: '3'", ""),
        (b"x,y\n1,2\n3,4,5\n", "bad.csv: line 3 has 3 cells, the header has 2: '3,4,5'", ""),
        (b"x,y\n1,2\n,4\n", "bad.csv: line 3, column 'x': the cell is empty",
         "--missing drop leaves such rows out"),
        (b"x,y\n1,2\n3,four\n", "bad.csv: line 3, column 'y': 'four' is no number",
         "a column is all numbers or all text, and line 2 has the number '2'"),
        (b"x,y\n1,two\n3,4\n", "bad.csv: line 2, column 'y': 'two' is no number",
         "a column is all numbers or all text, and line 3 has the number '4'"),
        (b"x,y\n1,2\n3,nan\n", "bad.csv: line 3, column 'y': the cell is nan",
         "leave such rows out"),
        (b"x,y\n1,2\n-inf,4\n", "bad.csv: line 3, column 'x': the cell is -inf",
         "leave such rows out"),
        (b"x,x,y\n1,2,3\n", "bad.csv has two columns named 'x'", ""),
        (b"x,z\n1,2\n", "'y' has no value", "the data has x, z; or give y a value: y=1"),
        (b"", "bad.csv is empty", ""),
        (b"x,y\n", "bad.csv has a header and no rows", ""),
        ("x,y\n1,2\n".encode("utf-16"), "bad.csv is UTF-16 text", "save it as UTF-8"),
        (b"x,y\n1,2\x00\n", "bad.csv has a NUL byte at offset 7 (line 2)",
         "is it binary, or UTF-16? save it as UTF-8 text"),
        (b'x,y\n1,"2\n3,4\n', "bad.csv: the quote opened in line 2 is never closed", ""),
        (gzip.compress(b"x,y\n1,2\n", mtime=0), "bad.csv is a gzip file, not text",
         "end its name in .gz"),
        (None, "bad.csv holds no data",
         "its parts end in .csv, .tsv, .parquet, .arrow, .feather"),
    ],
)  # fmt: skip
def test_a_bad_file(descended, tmp_path, monkeypatch, content, told, hint):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "bad.csv"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(GradError) as caught:
        descended(LINE, data=["bad.csv"], save="model.json")
    assert caught.value.what == told
    assert caught.value.hint == hint
    assert caught.value.exit_code == 2
    assert not (tmp_path / "model.json").exists()


def test_a_cell_of_a_declared_column_that_is_no_number(descended, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.csv").write_text("a,b,y\n1,2,3\n1,nan,3\n")
    with pytest.raises(GradError) as caught:
        descended("data X = a, b; param w = zeros(2); mean((X@w - y)^2)", data=["bad.csv"])
    assert caught.value.what == "bad.csv: line 3, column 'b': the cell is nan"


def test_a_gap_in_a_mapped_array_and_in_the_rows_that_judge(descended, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = np.arange(5.0)
    np.save("y.npy", x)
    np.save("x.npy", np.where(x == 3, np.nan, x))
    with pytest.raises(GradError) as caught:
        descended(LINE, data=["x=x.npy", "y=y.npy"])
    assert caught.value.what == "x.npy[3]: the cell is nan"
    good = written(tmp_path / "good.csv", x=x, y=x)
    (tmp_path / "judge.csv").write_text("x,y\n1,inf\n")
    with pytest.raises(GradError) as caught:
        descended(LINE, data=[good], validate=["judge.csv"])
    assert caught.value.what == "judge.csv: line 2, column 'y': the cell is inf"


@pytest.mark.parametrize(
    ("values", "options", "told"),
    [
        (["x=3"], {}, "'x' is a column of the data and has a value: x=…"),
        ([], {"batch_size": 41}, "--batch-size 41 is more than the 40 rows of the data"),
        ([], {"batch_size": 0}, "--batch-size must be at least 1, not 0"),
        ([], {"epochs": -1}, "--epochs must be at least 0, not -1"),
        ([], {"patience": 0}, "--patience must be at least 1, not 0"),
        ([], {"holdout": 1.0}, "--holdout must be between 0 and 1, not 1"),
        ([], {"holdout": float("nan")}, "--holdout must be between 0 and 1, not nan"),
        ([], {"holdout": 0.01}, "--holdout 0.01: of 40 rows none is held out"),
        ([], {"holdout": 0.999}, "--holdout 0.999: of 40 rows none is left to learn from"),
        ([], {"holdout": 0.5, "batch_size": 21},
         "--batch-size 21 is more than the 20 rows of the data"),
        ([], {"standardize": ["w"]}, "--standardize w: the program uses no data of that name"),
        ([], {"optimizer": "lbfgs", "batch_size": 4},
         "--batch-size does not go with --optimizer lbfgs"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense(descended, line, values, options, told):
    with pytest.raises(GradError) as caught:
        descended(LINE, *values, data=[line], **options)
    assert caught.value.what == told
    assert caught.value.exit_code == 2


def test_data_outside_the_programs_folder(descended, tmp_path, line):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.csv").symlink_to(line)
    for path in ("../line.csv", line, "link.csv"):
        program = tmp_path / "in" / "p.grad"
        program.write_text(f'data from "{path}"\n{LINE}\n')
        with pytest.raises(GradError) as caught:
            descended(str(program))
        assert caught.value.what == f"'{path}' is not in the folder of the program"
    program = tmp_path / "p.grad"
    program.write_text(f'data from "line.csv"\n{LINE}\n')
    assert descended(str(program), lr="0.1", epochs=2).summary["epochs"] == 2
    with pytest.raises(GradError) as caught:
        descended(f'data from "line.csv"; {LINE}')
    assert caught.value.what == "only a program in a file says where its data is"


# optima that are known


@pytest.mark.parametrize(
    ("l2", "loss"), [("0.01", 0.2884538843777113), ("0.1", 0.5743803587154653)]
)
@pytest.mark.parametrize("optimizer", ["lbfgs", "newton"])
def test_iris_with_a_penalty_reaches_its_optimum(descended, l2, loss, optimizer):
    report = descended("iris_l2", f"l2={l2}", optimizer=optimizer, tol=1e-8)
    assert report.summary["loss"] == pytest.approx(loss, abs=1e-10)
    assert report.summary["converged"] is True
    assert report.exit_code == 0
