"""Exercises: their answers are right to the digits shown, and the same seed writes the same."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from markdown_it import MarkdownIt

from gradcli.errors import GradError, UsageError
from gradcli.language.sources import sample_names
from gradcli.practice.numbers import short
from gradcli.practice.sheet import BLANK, sheet
from gradcli.question.question import ask
from gradcli.report import Report
from gradcli.report.booklet import BOUND


def made(source: str, *values: str, count: int = 4, answers: bool = True, seed: int = 0) -> Report:
    return sheet(ask(source, values, guess=True, seed=seed), count, answers)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


PROGRAMS: list[tuple[str, Callable[..., Any]]] = [
    ("(a+b)*(b+1)", lambda a, b: (a + b) * (b + 1)),
    ("e = r*s; r = a-b; s = b^2+a", lambda a, b: (a - b) * (b**2 + a)),
    ("exp(sin(x^2))", lambda x: mpmath.exp(mpmath.sin(x**2))),
    ("log(x*y)+sqrt(x)", lambda x, y: mpmath.log(x * y) + mpmath.sqrt(x)),
    ("(y - sigmoid(w*x + b))^2", lambda b, w, x, y: (y - sigmoid(w * x + b)) ** 2),
    ("x/(y+1) - tanh(y)", lambda x, y: x / (y + 1) - mpmath.tanh(y)),
    ("relu(a*b)*max(a, b)", lambda a, b: max(a * b, 0) * max(a, b)),
]


@pytest.mark.parametrize(("program", "function"), PROGRAMS)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_answers_are_those_of_mpmath(
    program: str, function: Callable[..., Any], seed: int
) -> None:
    report = made(program, seed=seed)
    rows = list(report.rows)
    names = sorted(function.__code__.co_varnames)
    for exercise in range(1, 5):
        own = [row for row in rows if row["exercise"] == exercise]
        given = {row["node"]: row["value"] for row in own if row.get("value") is not None}
        point = [mpmath.mpf(given[name]) for name in names]
        output = [row for row in own if row["phase"] == "forward"][-1]
        assert output["value"] == pytest.approx(float(function(*point)), rel=1e-12)
        for place, name in enumerate(names):
            order = tuple(int(i == place) for i in range(len(names)))
            wanted = float(mpmath.diff(function, tuple(point), order))
            found = [row["grad"] for row in own if row["node"] == name and "grad" in row][-1]
            assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    for row in rows:
        if "upstream" in row:
            product = row["upstream"] * row["local"]
            assert row["downstream"] == pytest.approx(product, rel=1e-12, abs=1e-300)


def tables(markdown: str) -> list[tuple[str, list[list[str]]]]:
    """Every table with its heading, as a reader of GitHub's Markdown makes of it."""
    found: list[tuple[str, list[list[str]]]] = []
    heading = ""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            heading = token.content
        elif token.type == "table_open":
            found.append((heading, []))
        elif token.type == "tr_open":
            found[-1][1].append([])
        elif before.type in ("td_open", "th_open"):
            found[-1][1][-1].append(token.content.strip("`"))
    return found


@pytest.mark.parametrize("program", [program for program, _ in PROGRAMS])
def test_what_is_shown_is_right_to_its_last_digit(program: str) -> None:
    report = made(program)
    exact = list(report.rows)
    shown = tables(report.text)
    for exercise in range(1, 5):
        own = [row for row in exact if row["exercise"] == exercise]
        (forward,) = [rows for head, rows in shown if head == f"Solution {exercise}, forward"]
        (backward,) = [rows for head, rows in shown if head == f"Solution {exercise}, backward"]
        values = {row["node"]: row["value"] for row in own if row["phase"] == "forward"}
        for node, _, text in forward[1:]:
            assert_rounded(text, values[node])
        steps = {row["expression"]: row for row in own if "upstream" in row}
        for expression, *texts in backward[1:]:
            row = steps[expression]
            for key, text in zip(("upstream", "local", "downstream", "grad"), texts):
                assert_rounded(text, row[key])


def assert_rounded(text: str, exact: float) -> None:
    """A number as it was typed or to at least three digits, off by half of the last one."""
    number = float(text)
    digits = len(re.sub(r"e.*|[-.]", "", text).lstrip("0"))
    if abs(number - exact) > 1e-9 * abs(exact):
        last = 10.0 ** (math.floor(math.log10(abs(exact))) - max(digits, 3) + 1)
        assert abs(number - exact) <= 0.500001 * last, (text, exact)


@pytest.mark.parametrize(
    ("number", "wanted"),
    [(0.5, 0.5), (1 / 3, 0.333), (1234.0, 1234.0), (12345.678, 12346.0), (-0.1 - 0.2, -0.3),
     (0.0, 0.0), (1e-20 / 3, 3.33e-21), (float("inf"), float("inf")), (99.96, 99.96)],
)  # fmt: skip
def test_numbers_on_paper(number: float, wanted: float) -> None:
    assert short(number) == wanted


@pytest.mark.parametrize("program", ["(a+b)*(b+1)", "e = r*s; r = a-b; s = b^2+a", "a*b/2 + a"])
def test_polynomials_come_out_short(program: str) -> None:
    for row in made(program, count=10).rows:
        for key in ("value", "downstream", "grad"):
            if key in row:
                assert row[key] == pytest.approx(short(row[key]), rel=1e-12)
                assert abs(row[key]) < 1000


@pytest.mark.parametrize(
    ("program", "entries"),
    [
        ("param W = [[12, 30, 25], [40, 11, 16]]; loss = sum(([1, 2] @ W)^2)", (0.5, 2)),
        ("param W = [[12, -3], [0.4, 0]]; loss = sum(([1, 2] @ W)^2)", (0.5, 2)),
        ("param W = 0.1*randn(4, 3); loss = sum(tanh([1, 2, 0, 3] @ W))", (0.01, 0.4)),
        ("param w = [0.03, -0.002]; loss = sum(exp(w*[1, 2]))", (0.01, 0.04)),
    ],
)
def test_the_entries_of_arrays_are_short_and_of_one_size(
    program: str, entries: tuple[float, float]
) -> None:
    rows = [row for row in made(program, count=3).rows if row["node"] in "Ww" and "value" in row]
    assert len(rows) == 3
    for row in rows:
        sizes = [abs(entry) for entry in row["value"].ravel().tolist()]
        unit = 10 ** math.floor(math.log10(max(sizes)))
        assert entries[0] <= min(sizes) <= max(sizes) <= entries[1]
        assert [round(2 * size / unit) for size in sizes] == pytest.approx(
            [2 * size / unit for size in sizes], rel=1e-9
        )


@pytest.mark.parametrize(
    "program",
    [
        "param p = 0.2 in 0.05:0.95; param k = 3 in 2:4; loss = -k*log(p) - (10 - k)*log(1 - p)",
        "param p = 5 in 3:; param k = 0 in -1:1; loss = (p - 3)^2*exp(k)",
        "param p = 100 in 90:110; param k = -3 in :-2.5; loss = log(p) + k^2*p",
        "param p = [1, 2, 3] in 0:[1.5, 4, 5]; param k = 3 in 2.99:3.01; loss = sum(k*p^2)",
    ],
)
def test_numbers_lie_within_the_bounds_of_params(program: str) -> None:
    low = [float(x) if x else -math.inf for x in re.findall(r" in ([-.\d]*):", program)]
    high = re.findall(r":(\[.*?\]|[-.\d]*);", program)
    rows = [row for row in made(program, count=10).rows if row["node"] in "pk" and "value" in row]
    assert len(rows) == 20
    for row in rows:
        which = "pk".index(row["node"])
        above = json.loads(high[which]) if high[which] else math.inf
        assert np.all(low[which] < np.asarray(row["value"]))
        assert np.all(np.asarray(row["value"]) < above)
    assert len({str(row["value"]) for row in rows if row["node"] == "p"}) > 3


def test_what_is_given_is_printed_up_to_60_entries() -> None:
    question = ask("sum((A @ x)^2)", ["A=reshape(arange(60), 20, 3)"], guess=True, shape=["x=3"])
    assert "[57, 58, 59]" in sheet(question, 1, False).text
    assert not any("printed" in note for note in question.notes)
    question = ask(
        "sum((A @ x)^2) + a^2", ["A=reshape(arange(63), 21, 3)"], guess=True, shape=["x=3"]
    )
    report = sheet(question, 1, True)
    assert "an array of shape (21, 3)" in report.text
    assert "Not asked, as too large or made of what is not printed: v1, v2, v3, e." in report.text
    _, rows = tables(report.text)[0]
    blanks = {row[0]: (row[2] == BLANK, row[3] == BLANK) for row in rows[1:]}
    assert blanks == {
        "A": (False, False), "x": (False, False), "a": (False, True), "v1": (False, False),
        "v2": (False, False), "v3": (False, True), "v4": (True, True), "e": (False, False),
    }  # fmt: skip
    assert any(
        note.startswith("not printed, for more than 60 entries: A;") for note in question.notes
    )


def test_a_page_shows_the_program_without_its_story() -> None:
    page = BOUND["html"](made("# y comes to 9\n\n# so\ny = x^2  # squared", count=1).booklet)
    assert "<pre>y = x^2  # squared</pre>" in page


def test_what_literals_alone_make_is_given() -> None:
    exercise = made("y = [1, -2] @ w + sqrt(4)*b", count=1, answers=False).text
    cells = {row[1]: row[2] for _, rows in tables(exercise) for row in rows}
    assert cells["[1, v1]"] == "[1, -2]"
    assert cells["sqrt(4)"] == "2"
    assert cells["v2 @ w"] == BLANK
    rows = made("sqrt(4) + 1", count=1, answers=False).text
    assert BLANK in rows


def test_the_same_seed_writes_the_same_and_no_exercise_comes_twice() -> None:
    first, again, other = (made("a*b + b", count=20, seed=seed) for seed in (3, 3, 4))
    for write in BOUND.values():
        assert write(first.booklet) == write(again.booklet) != write(other.booklet)
    given: dict[int, list[float]] = {}
    for row in first.rows:
        if row.get("node") in ("a", "b") and "value" in row:
            given.setdefault(row["exercise"], []).append(row["value"])
    assert len({tuple(values) for values in given.values()}) == 20


def test_without_answers_there_are_blanks_alone() -> None:
    report = made("(a+b)*(b+1)", answers=False, count=2)
    assert "Solution" not in report.text
    rows = list(report.rows)
    assert all("downstream" not in row and "grad" not in row for row in rows)
    assert {row["node"] for row in rows if "value" in row} == {"a", "b"}
    for heading, table in tables(report.text):
        assert heading.startswith("Exercise")
        blanks = [cell for row in table for cell in row if cell == BLANK]
        assert len(blanks) == 3 + 4  # v1, v2, e; and all gradients but that of e


def test_what_is_given_stays() -> None:
    report = made("a*b + c", "a=7")
    assert {row["value"] for row in report.rows if row["node"] == "a" and "value" in row} == {7.0}
    report = made("network_2_2_1", count=5)
    for name, value in (("x1", 0.5), ("x2", 0.3), ("y", 1.0)):
        found = {row["value"] for row in report.rows if row["node"] == name and "value" in row}
        assert found == {value}
    weights = {row["value"] for row in report.rows if row["node"] == "w1" and "value" in row}
    assert len(weights) > 1
    assert all(0 < weight < 1 for weight in weights)  # of the size and sign of the lecture's


def test_numbers_lie_where_the_program_is_finite_and_smooth() -> None:
    for row in made("log(x - y) + relu(x - 2*y)*abs(y)", count=10).rows:
        if row["phase"] == "forward":
            assert math.isfinite(row["value"])
            if row["node"] in ("v1", "v4"):
                assert row["value"] != 0


def test_where_no_numbers_fit_is_an_error() -> None:
    with pytest.raises(UsageError, match="no short numbers were found for x"):
        made("log(-x^2)")


@pytest.mark.parametrize("source", ["iris", "tagger", "sum((A @ x)^2)"])
def test_what_takes_data_that_is_not_printed_is_refused(source: str) -> None:
    values = ["A=reshape(arange(63), 21, 3)"] if "A" in source else []
    question = ask(source, values, guess=True, shape=["x=3"] if values else [])
    with pytest.raises(UsageError, match=r"nothing to ask about .* on paper: it takes .*not print"):
        sheet(question, 1, True)


JUMPS: list[tuple[str, Callable[..., float]]] = [
    ("mod(a, b)", lambda a, b: a / b % 1),
    ("floor(x)*x", lambda x: x % 1),
    ("ceil(x)*x", lambda x: x % 1),
    ("trunc(x)*x", lambda x: x % 1),
    ("round(x)*x", lambda x: (x + 0.5) % 1),
    ("step(x, 2)*x", lambda x: x - 2),
    ("(a >= b)*a", lambda a, b: a - b),
    ("where(a == b, a, 2*b)", lambda a, b: a - b),
    ("clip(x, -1, 1)*x", lambda x: x**2 - 1),
    ("relu(a - b) + a", lambda a, b: a - b),
    ("max(a, b)*abs(a)", lambda a, b: (a - b) * a),
]


@pytest.mark.parametrize(("program", "distance"), JUMPS)
@pytest.mark.parametrize("seed", [0, 1])
def test_numbers_lie_off_kinks_and_jumps(
    program: str, distance: Callable[..., float], seed: int
) -> None:
    names = distance.__code__.co_varnames
    report = made(program, count=6, seed=seed, answers=False)
    for exercise in range(1, 7):
        given = {
            row["node"]: row["value"]
            for row in report.rows
            if row["exercise"] == exercise and row["node"] in names and "value" in row
        }
        # nearly a whole number is as bad as one
        assert 1e-6 < abs(distance(**given)) % 1 < 1 - 1e-6 or abs(distance(**given)) >= 1, given


def test_entries_of_arrays_lie_off_kinks_too() -> None:
    question = ask("sum(floor(x)*x + relu(x - 1))", [], guess=True, shape=["x=3"])
    for row in sheet(question, 3, False).rows:
        if row["node"] == "x" and "value" in row:
            assert np.all(row["value"] % 1 != 0)


def test_a_given_value_on_a_jump_is_noted() -> None:
    for value, noted in (("2", True), ("2.5", False)):
        question = ask("floor(x)*x*w", [f"x={value}"], guess=True)
        sheet(question, 2, True)
        assert (
            any(note.startswith("x lies on a kink or a jump") for note in question.notes) == noted
        )


def test_far_numbers_are_the_last_resort() -> None:
    for row in made("log(x - 100)", count=3).rows:
        assert all(math.isfinite(row[key]) for key in ("value", "grad") if key in row)


@pytest.mark.parametrize(
    ("program", "value", "found"),
    [("log(x - 100)", "x=0.25", "e is nan"), ("sqrt(x)", "x=0", "∂e/∂x is inf"),
     ("x^2/0", "x=1", "e is inf")],
)  # fmt: skip
def test_values_that_are_not_finite_make_no_exercise(program: str, value: str, found: str) -> None:
    with pytest.raises(UsageError, match=f"{found} at the values given"):
        made(program, value)


@pytest.mark.parametrize(
    "source", ["cross_entropy", "param q = [[0.25, 0.75], [0.5, 0.5]]; -sum(log(q))"]
)
def test_probabilities_stay_probabilities(source: str) -> None:
    rows = [row for row in made(source, count=4).rows if row["node"] == "q" and "value" in row]
    assert len(rows) == 4
    for value in (row["value"] for row in rows):
        assert np.all(value > 0)
        np.testing.assert_allclose(value.sum(axis=-1), 1, rtol=0, atol=1e-12)
        np.testing.assert_allclose(value, value.round(1), rtol=0, atol=1e-12)


def test_no_gradient_by_a_class_is_asked() -> None:
    question = ask("cross_entropy(z, y)", [], guess=True, shape=["z=3"])
    text = sheet(question, 1, True).text
    assert "∂e/∂z" in text
    assert "∂e/∂y" not in text
    cells = {row[0]: row[3] for row in tables(text)[0][1]}
    assert (cells["z"], cells["y"]) == (BLANK, "")


def test_without_a_variable_there_is_a_warning() -> None:
    assert made("3*4", count=1).warnings == [
        "there is no variable to differentiate by: name a node with --wrt"
    ]


def test_where_fewer_numbers_fit_there_are_fewer_exercises() -> None:
    question = ask("E = [[1, 2], [3, 4]]; sum(E[p]^2)", [], guess=True)
    report = sheet(question, 200, False)
    assert report.summary["exercises"] == 2
    assert question.notes[-1] == ("2 exercises, not 200: there are no more short numbers for p")


def test_where_nothing_varies_the_note_names_the_remedy() -> None:
    question = ask("x^2", ["x=3"], guess=True)
    assert sheet(question, 5, False).summary["exercises"] == 1
    assert "leave values out, or declare what may vary" in question.notes[-1]


@pytest.mark.parametrize(
    ("source", "count"),
    [("x^2", 30), ("asin(x)", 20), ("x^y", 20), ("chain_rule", 10), ("chain_of_two", 10),
     ("one_input", 10), ("sinc", 10), ("slope_of_a_line", 10), ("learning_rates", 10),
     ("cheetah", 10), ("decreasing_rates", 10), ("one_data_point", 10)],
)  # fmt: skip
def test_one_variable_has_as_many_numbers_as_are_asked_for(source: str, count: int) -> None:
    report = made(source, count=count)
    assert report.summary["exercises"] == count
    given = [
        tuple(row["value"] for row in rows if row["phase"] == "forward")
        for exercise in range(1, count + 1)
        for rows in [[row for row in report.rows if row["exercise"] == exercise]]
    ]
    assert len(set(given)) == count
    for row in report.rows:
        assert all(math.isfinite(row[key]) for key in ("value", "grad") if key in row)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_answer_comes_twice_and_no_gradient_is_faint(seed: int) -> None:
    report = made("sigmoid(w*x + b)", count=10, seed=seed)
    answers, faintest = set(), 1.0
    for exercise in range(1, 11):
        own = [row for row in report.rows if row["exercise"] == exercise]
        answers.add(short([row["value"] for row in own if row["phase"] == "forward"][-1]))
        sizes = [abs(row["downstream"]) for row in own if "downstream" in row]
        faintest = min(faintest, min(sizes) / max(sizes))
    assert len(answers) == 10
    assert faintest > 1e-3


NETWORK = "L = sum((W2 @ tanh(W1 @ x + b1) - y)^2)"
SHAPES = ["W1=2,3", "W2=1,2", "x=3", "b1=2", "y=1"]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_networks_are_not_saturated(seed: int) -> None:
    question = ask(NETWORK, [], guess=True, seed=seed, shape=SHAPES)
    for row in sheet(question, 5, True).rows:
        if row["node"] in ("W1", "W2", "x", "b1", "y") and "value" in row:
            assert abs(row["value"]).max() <= 2
        if "tanh" in str(row.get("expression", "")) and "value" in row:
            assert abs(row["value"]).max() < 1 - 1e-4


def test_solutions_say_that_their_steps_are_not_rounded() -> None:
    for answers in (True, False):
        booklet = made("sin(x)", count=1, answers=answers).booklet
        for write in BOUND.values():
            assert ("worked out with unrounded numbers" in write(booklet)) == answers


def test_solutions_are_in_two_columns_where_no_table_breaks() -> None:
    """longtable is an error in two columns."""
    short_one, long_one = (
        BOUND["latex"](made(source, count=1).booklet)
        for source in ("network_2_2_1", "+".join(f"a{i}*b{i}" for i in range(10)))
    )
    assert r"\twocolumn" in short_one
    assert r"\begin{longtable}" not in short_one
    assert r"\clearpage" in long_one
    assert r"\twocolumn" not in long_one
    assert r"\begin{longtable}" in long_one


class Page(HTMLParser):
    """What a page would load or run, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.stack: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.outside += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag != "meta":
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


SHEETS = [*sample_names(), "θ̂*x_1 + sin(ŷ)^2 + 1e-9*ŷ"]


@cache
def paper(source: str) -> dict[str, str]:
    """Two exercises in every format; nothing where the output has no gradient."""
    try:
        booklet = made(source, count=2).booklet
    except GradError:
        return {}
    assert booklet is not None
    return {format: write(booklet) for format, write in BOUND.items()}


def test_most_samples_make_sheets() -> None:
    """The others have an output that is no number, or no finite gradient."""
    assert sum(map(bool, map(paper, SHEETS))) > 0.8 * len(SHEETS)


@pytest.mark.parametrize("source", SHEETS)
def test_a_page_stands_alone(source: str) -> None:
    text = paper(source).get("html", "")
    page = Page(text)
    assert page.outside == []
    assert page.stack == []
    assert text.count("<table>") == (2 * 3 if text else 0)


@pytest.mark.parametrize("source", SHEETS)
def test_markdown_has_whole_tables(source: str) -> None:
    text = paper(source).get("md", "")
    found = tables(text)
    assert len(found) == (2 * 3 if text else 0)
    for _, rows in found:
        assert len({len(row) for row in rows}) == 1
    assert text.count("```math") == bool(text)


@pytest.mark.parametrize("source", SHEETS)
def test_every_sheet_compiles(source: str, tmp_path: Path) -> None:
    """Where LaTeX is installed it compiles; everywhere its brackets and environments match."""
    text = paper(source).get("latex", "")
    plain = text.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    assert plain.count(r"\begin{") == plain.count(r"\end{")
    pdflatex = shutil.which("pdflatex")
    if not (pdflatex and text):
        return
    (tmp_path / "sheet.tex").write_text(text, "utf-8")
    done = subprocess.run(
        [pdflatex, "-interaction=batchmode", "-halt-on-error", "sheet.tex"],
        cwd=tmp_path, capture_output=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, (tmp_path / "sheet.log").read_text("latin1")[-800:]
    assert (tmp_path / "sheet.pdf").stat().st_size
