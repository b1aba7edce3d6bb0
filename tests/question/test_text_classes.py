"""Text counts as classes: compared, indexed with and given as a class, and no arithmetic."""

from __future__ import annotations

import re

import numpy as np
import pytest

from gradcli.data.checkpoint import Checkpoint, write_checkpoint
from gradcli.errors import DataError, GradError
from gradcli.question.opening import held_out
from gradcli.question.question import ask

ROWS = 'kind,other,near,x,y,price\noak,elm,ash,1.5,3,"1,000"\nelm,oak,oak,2.5,5,"2,000"\n'


@pytest.fixture
def trees(tmp_path):
    path = tmp_path / "trees.csv"
    path.write_text(ROWS)
    return str(path)


def value(source, *files, of=""):
    question = ask(source, data=list(files), of=of)
    found = question.run([question.model.output])[question.model.output]
    return found if isinstance(found, float) else found.tolist()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("kind", [1, 0]),
        ("kind == 0", [0, 1]),
        ("kind != [1, 1]", [0, 1]),
        ("onehot(kind, 2)", [[0, 1], [1, 0]]),
        ("const E = [10, 20]; sum(E[kind]*x)", 20 * 1.5 + 10 * 2.5),
        ("nll([[1, 2], [3, 4]], kind)", [-2, -3]),
        ("cross_entropy([[0, 0], [0, 0]], kind)/log(2)", [1, 1]),
        ("data t = kind, other; mean(t[:, 0] == t[:, 1])", 0),
        ("data t = kind, other; const E = [10, 20]; E[flatten(t.T)]", [20, 10, 10, 20]),
        ("where(kind == 0, x, -x)", [-1.5, 2.5]),
        ("classes(kind)", 2),
        ("data t = kind, other, near; zeros(classes(t))", [0, 0, 0]),
        ("sum(onehot(near, classes(near)), axis=0)", [1, 1]),
        ("classes(kind) + classes([0, 4, 1])", 7),
        ("param W = ones(count(kind), classes(kind)); sum(W)", 4),
        ("count(near)*3", 6),
        ("const E = [10, 20, 30]; E[where(x > 2, kind, 2)]", [30, 10]),
        ("const E = [10, 20]; E[stop_gradient(repeat(kind, 2))]", [20, 20, 10, 10]),
        ("count(kind)", 2),
        ("data t = kind, x; sum(t[:, 1])", 4),
        ("data t = kind, x, y; sum(t[:, 1:])", 12),
        ("const E = [10, 20]; data t = kind, x; E[t[:, 0]]", [20, 10]),
    ],
)
def test_what_classes_are_for(trees, source, expected):
    assert value(source, trees) == expected


@pytest.mark.parametrize(
    "source",
    [
        "sum(kind)", "mean(kind)", "kind*2", "2 - kind", "-kind", "kind/x", "kind^2", "kind < 1",
        "kind @ x", "max(kind)", "argmax(kind)", "exp(kind)", "clip(kind, 0, 1)", "sum(kind.T)",
        "bce([0.5, 0.5], kind)", "mse(kind, y)", "cross_entropy(x, kind)", "where(kind, x, y)",
        "data t = kind, x; sum(t)", "data t = x, kind; t@[1, 2]", "data t = kind, x; t[:, 0]*2",
        "data t = kind, x; t[:, 0:1]*2", "data t = kind, x; t[0]*2", "f(u) = u*2; f(kind)",
        "const E = [1, 2]; E[kind] + kind", "where(x > 2, kind, 0) + 1", "[kind, x]*2",
        "concat(x, flatten(kind))*2", "softmax(kind)", "sum(repeat(kind, 3))", "kind == kind*1",
    ],
)  # fmt: skip
def test_there_is_no_arithmetic_on_them(trees, source):
    with pytest.raises(DataError) as caught:
        ask(source, data=[trees])
    error = caught.value
    assert error.exit_code == 2
    assert error.what == (
        f"{trees}: line 2, column 'kind': 'oak' is no number, and text has no arithmetic"
    )
    example = "" if "data t" in source else " (kind == 1 where it is 'oak')"
    assert error.hint == (
        f"text counts as classes: compare it{example}, or give it to onehot, cross_entropy or an"
        " index"
    )
    assert error.span is not None


def test_the_hint_calls_it_as_the_program_does(trees):
    with pytest.raises(DataError, match="column 'kind': 'oak'") as caught:
        ask("data species = kind; sum(species)", data=[trees])
    assert "(species == 1 where it is 'oak')" in caught.value.hint


def test_a_cell_that_is_meant_as_a_number_is_shown_first(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text('x,y\nfew,1\n"1,000",2\n')
    with pytest.raises(DataError) as caught:
        ask("sum(x*y)", data=[str(path)])
    assert str(caught.value) == (
        f"{path}: line 3, column 'x': '1,000' is no number, and text has no arithmetic\n"
        "  sum(x*y)\n"
        "      ^^^\n"
        "hint: write 1000, or 1.000 where the comma begins decimals"
    )


def test_text_of_other_files(tmp_path, trees):
    np.savez(tmp_path / "d.npz", x=np.array(["a", "b"]), m=np.array([["a", "b"], ["b", "−1"]]))
    with pytest.raises(DataError, match=r"d\.npz\['x'\]\[0\]: 'a' is no number, and text has"):
        ask("sum(x)", data=[str(tmp_path / "d.npz")])
    with pytest.raises(DataError, match=r"d\.npz\['m'\]\[1\]: '−1' has U\+2212 for a minus, and"):
        ask("sum(m)", data=[str(tmp_path / "d.npz")])
    question = ask("param w = 0; mean((w*x - y)^2)", data=[trees])
    other = tmp_path / "judge.csv"
    other.write_text('x,y\n"1,5",3\n"2,5",5\n')
    with pytest.raises(DataError, match=r"judge\.csv: line 2, column 'x': '1,5' is no number"):
        held_out(question, [str(other)])


@pytest.mark.parametrize("source", ["kind == near", "concat(kind, near)", "[kind, near] == 0"])
def test_classes_that_are_counted_apart_are_never_mixed(trees, source):
    with pytest.raises(DataError) as caught:
        ask(source, data=[trees])
    assert caught.value.what == "the classes of 'kind' and of 'near' are counted apart"
    assert caught.value.hint.endswith("counts them together: data both = kind, near")
    assert value("data both = kind, near; mean(both[:, 0] == both[:, 1])", trees) == 0


def test_a_value_in_place_of_the_column_is_a_number(trees):
    question = ask("data t = kind; sum(t*x)", ["t=[1, 2]"], data=[trees])
    assert question.run([question.model.output])[question.model.output] == 6.5


SHAPED = "data X = x, y; param W = zeros(2, classes(kind)); cross_entropy(X@W, kind)*classes(kind)"


def test_the_classes_of_a_checkpoint_count(trees, tmp_path):
    """New data with fewer classes, or more, changes no size of what was trained on others."""
    kept = tmp_path / "fit.json"
    known = {"kind": ["elm", "fir", "oak"]}
    write_checkpoint(str(kept), Checkpoint({"W": np.zeros((2, 3))}, meta={"classes": known}))
    question = ask(SHAPED, data=[trees], params=str(kept))
    found = question.run([question.model.output])[question.model.output]
    np.testing.assert_allclose(found, 3 * np.log(3))


def test_a_literal_that_counts_classes_is_told_from_a_typed_one(trees):
    question = ask("2*x + classes(kind)", data=[trees])
    names = question.names(question.cone()).values()
    assert {"2", "classes(kind)"} <= set(names)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("zeros(count(x)) + x", "the shape of zeros is the number of rows, and a batch of rows"),
        ("sum(arange(count(kind))*x)", "the start of arange is the number of rows"),
        ("zeros(classes(x))", "the shape of zeros must be known before the run"),
        ("zeros(classes(nothing))", "'nothing' has no value"),
        ("classes(kind, x)", "classes takes 1 argument, got 2"),
    ],
)
def test_sizes_that_are_none(trees, source, said):
    with pytest.raises(GradError, match=re.escape(said)):
        ask(source, data=[trees])


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["Rome", "NA", "Oslo", "NA"], "column 'city': 2 cells say 'NA', which counts as a class"),
        (
            ["null", "Rome", "none", "-"],
            "column 'city': 2 cells say 'none' and 'null', which count as",
        ),
        (["Rome", "nan", "Oslo", "Bern"], "column 'city': 1 cell says 'nan', which counts as"),
        (["Rome", "Nanaimo", "Nantes", "Nara"], ""),
    ],
)
def test_text_that_says_that_nothing_is_there_is_told(cells, told, tmp_path):
    path = tmp_path / "cities.csv"
    path.write_text("city,x\n" + "".join(f"{cell},{at}\n" for at, cell in enumerate(cells)))
    notes = ask("param b = zeros(4); sum(b[city]*x)", data=[str(path)]).notes
    assert [note for note in notes if note.startswith("column 'city'")] == [
        note for note in notes if told and note.startswith(told)
    ]
    assert any("--missing drop" in note for note in notes) is bool(told)
    dropped = ask("param b = zeros(4); sum(b[city]*x)", data=[str(path)], missing="drop").notes
    assert not any("--missing drop" in note for note in dropped)
