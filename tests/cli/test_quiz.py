"""A quiz at a terminal and in a pipe, stopped and gone on with; sheets as files."""

from __future__ import annotations

import inspect
import json
import re
import shlex
import subprocess
import time

import pytest

pytestmark = pytest.mark.usefixtures("default_signals")

E = ("e = r*s; r = a+b; s = b+1", "a=2", "b=1")
BY_HAND = ["3", "2", "6", "3", "2", "2", "3", "2"]
"""Both passes of the working example: r, s, e, ∂e/∂s, ∂e/∂r, twice ∂e/∂b, ∂e/∂a."""


def test_all_right(talk):
    code, shown = talk(["quiz", *E], BY_HAND)
    assert code == 0
    assert shown.startswith("e: 8 questions. Answer with a number to 3 digits or a formula.\n")
    assert shown.count("\nRight\n") == 8
    assert "\n7 of 8  s = b + 1, b = 1, ∂e/∂s = 3\n∂e/∂b += ∂e/∂s · ∂s/∂b = ? 3\n" in shown
    assert "\n∂e/∂b = 2 + 3 = 5\n" in shown
    assert shown.endswith("\nScore: 8 of 8 questions right\n")


def test_a_miss_may_be_mended_once_and_is_explained_in_a_line(talk):
    answers = [*BY_HAND[:5], "1", "hint", "7", "5", "1", "r", "quit"]
    code, shown = talk(["quiz", *E], answers)
    assert code == 0
    local = "Wrong: that is the local derivative: multiply it by the upstream, ∂e/∂r = 2\n"
    assert local in shown
    assert "= ? hint\n∂e/∂b = ∂e/∂r · 1\n" in shown
    assert "= ? 7\nWrong: ∂e/∂b = ∂e/∂r · 1 = 2 × 1 = 2\n" in shown
    assert "= ? 5\nThat is ∂e/∂b so far: what does s alone bring?\n" in shown
    assert "= ? r\nRight: 3, though at these numbers alone: ∂e/∂b += ∂e/∂s · 1\n" not in shown
    assert "Score: 6 of 7 questions right (1 wrong)\n  step 9  ∂e/∂b = ∂e/∂r · ∂r/∂b\n" in shown
    again = f'gradcli quiz "{E[0]}" a=2 b=1 --from 11'
    assert f"note: to go on: {again}\n" in shown
    code, shown = talk(shlex.split(again)[1:], ["2"])
    assert (code, shown.count("Score: 1 of 1 question right")) == (0, 1)


def test_commands(talk):
    answers = ["?", "show", "skip", "back", "2", "2x", "", "\x04"]
    code, shown = talk(["quiz", *E], answers)
    assert code == 0
    assert "\nback  to the one before\n" in shown
    assert "= ? show\nr = a + b = 2 + 1 = 3\n" in shown
    assert shown.count("\n2 of 8  b = 1\n") == 2
    assert "expected an operator between '2' and 'x'\n  answer = 2x\n           ^^\n" in shown
    assert "Score: 1 of 2 questions right (1 shown)\n  step 3  r = a + b\n" in shown


@pytest.mark.parametrize(("stop", "code"), [("\x03", 130), ("\x04", 0), ("quit", 0)])
def test_it_stops_and_goes_on(talk, answered, tmp_path, stop, code):
    file = tmp_path / "my quiz.json"
    stopped, shown = talk(["quiz", *E, "--save", str(file)], ["3", "0", "0", stop])
    assert stopped == code
    ending = "\nStopped before question 3 of 8\nScore: 1 of 2 questions right (1 wrong)\n"
    assert ending in shown
    told = re.search("note: to go on:\n  (.*)\n", shown)[1]
    words = shlex.split(told)[1:]
    assert words == ["quiz", *E, "--resume", str(file)]
    done, shown = talk(words, BY_HAND[2:])
    assert done == 0
    assert "\n3 of 8  r = 3, s = 2\n" in shown
    assert "\nScore: 7 of 8 questions right (1 wrong)\n  step 4  s = b + 1\n" in shown
    report = answered(*words, "--json", code=1)
    assert report.summary["right"] == 7
    assert [row["verdict"] for row in report.json["rows"]] == ["right", "wrong", *["right"] * 6]


def test_a_kill_loses_no_answer(gradcli, tmp_path):
    """What was answered is in the file before the next question."""
    module, file = inspect.getmodule(gradcli), tmp_path / "q.json"
    child = subprocess.Popen(
        [*module.COMMAND, "quiz", *E, "--save", str(file)], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=module.environment(),
    )  # fmt: skip
    child.stdin.write(b"3\n2\n")
    child.stdin.flush()
    for _ in range(2_000):
        if file.exists() and len(json.loads(file.read_text())["results"]) == 2:
            break
        time.sleep(0.05)
    child.kill()
    child.wait()
    assert gradcli("quiz", *E, "--resume", file, "--json").summary["right"] == 2


def test_a_narrow_terminal_and_a_small_alphabet(talk):
    _, shown = talk(["quiz", *E], ["3", "2", "6", "quit"], columns=40, PYTHONIOENCODING="ascii")
    assert max(map(len, shown.split("\nScore")[0].splitlines())) <= 40
    assert "d e/d s = ? quit" in shown


@pytest.mark.parametrize(
    ("choice", "settings", "colored"),
    [
        ("auto", {}, False),
        ("always", {}, True),
        ("auto", {"NO_COLOR": ""}, True),
        ("never", {"NO_COLOR": ""}, False),
    ],
)
def test_the_dialogue_has_the_colours_that_were_chosen(talk, choice, settings, colored):
    _, shown = talk(["quiz", *E, "--color", choice], ["3", "0", "0", "quit"], **settings)
    assert ("\x1b[32mRight\x1b[0m\n" in shown) == colored
    assert ("\x1b" in shown) == colored
    assert ("\x1b[1mnote:\x1b[0m" in shown) == colored


def test_the_report_goes_where_standard_output_goes(talk, tmp_path):
    with open(tmp_path / "score.tsv", "wb") as file:
        code, shown = talk(["quiz", *E], ["3", "quit"], stdout=file)
    assert code == 0
    assert "r = a + b = ? " in shown
    assert (tmp_path / "score.tsv").read_text("utf-8") == (
        "step\tphase\tquestion\tanswer\tright\tverdict\tnote\n"
        "3\tforward\tr = a + b\t3\t3.0\tright\t\n"
    )


def test_in_a_pipe_a_line_is_an_answer(gradcli):
    run = gradcli("quiz", *E, "--json", stdin="\n".join(["3", "", "5", *BY_HAND[3:]]) + "\n")
    assert run.code == 1
    assert run.err == ""
    assert run.summary == {
        "output": "e", "questions": 8, "right": 6, "wrong": 1, "shown": 0, "skipped": 1, "left": 0,
    }  # fmt: skip
    wrong = run.json["rows"][2]
    assert (wrong["answer"], wrong["right"], wrong["note"]) == ("5", 6.0, "e = r * s = 3 * 2 = 6")
    run = gradcli("quiz", *E, "-q", stdin="\n".join(BY_HAND))
    assert (run.code, run.out, run.err) == (0, "right\t8\nquestions\t8\n", "")
    run = gradcli("quiz", *E, stdin="\n".join([*BY_HAND, "9"]))
    assert (run.code, run.err) == (0, "warning: there are more answers than questions\n")


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl", "md", "tex", "html", "txt"])
def test_a_report_in_every_format(answered, tmp_path, ending):
    file = tmp_path / f"score.{ending}"
    answered("quiz", *E, "-o", file, stdin="\n".join(BY_HAND))
    assert "r = a + b" in file.read_text("utf-8").replace("`", "").replace("$", "")


@pytest.mark.parametrize("text", ["\x00\n", "\xff" * 50 + "\n", "(" * 5000 + "\n", "3\r\n2\r\n"])
def test_any_line_has_a_verdict(gradcli, text):
    run = gradcli("quiz", *E, "--json", stdin=text.encode("latin1"))
    assert run.code == (0 if text[0] == "3" else 1)


def test_a_line_without_an_end_is_refused(gradcli):
    run = gradcli("quiz", *E, stdin="1" * 20_000)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("error: an answer has more than 10,000 bytes\n")


@pytest.mark.parametrize(
    ("words", "other"),
    [(("a=2", "b=2"), "other values"), (("a=2", "b=1", "--of", "r"), "another output")],
)
def test_a_quiz_about_something_else(gradcli, tmp_path, words, other):
    file = tmp_path / "q.json"
    gradcli("quiz", *E, "--save", file, stdin="3\n")
    before = file.read_bytes()
    run = gradcli("quiz", E[0], *words, "--resume", file)
    assert run.code == 2
    assert f"holds a quiz about {other}\n" in run.err
    assert file.read_bytes() == before


@pytest.mark.parametrize("words", [(), E[:1], E[:2], ("--seed", 0)])
def test_the_file_knows_program_and_values(gradcli, tmp_path, words):
    file = tmp_path / "q.json"
    gradcli("quiz", *E, "--save", file, stdin="3\n2\n")
    run = gradcli("quiz", *words, "--resume", file, "--json", stdin="\n".join(BY_HAND[2:]))
    assert (run.code, run.summary["right"]) == (0, 8), run.err


def test_numbers_that_were_drawn_stay(gradcli, tmp_path):
    file = tmp_path / "q.json"
    gradcli("quiz", "x^2 + y", "--seed", 4, "--save", file, stdin="skip\n")
    before = json.loads(file.read_text())
    for words in ((), ("x^2 + y",)):
        run = gradcli("quiz", *words, "--resume", file, "--json", stdin="skip\n")
        assert run.code == 0
        assert "what has no value gets one" not in run.err
        assert json.loads(file.read_text())["values"] == before["values"]


def test_another_program_is_told_the_command_that_goes_on(gradcli, tmp_path):
    file = tmp_path / "q.json"
    gradcli("quiz", *E, "--save", file, stdin="3\n")
    run = gradcli("quiz", "a*b", "--resume", file)
    assert run.code == 2
    again = f'hint: go on with gradcli quiz "{E[0]}" a=2 b=1 --resume {file}\n'
    assert run.err.endswith(again)


def test_a_file_that_is_no_quiz_stays(gradcli, tmp_path):
    file = tmp_path / "mine.grad"
    file.write_text("y = x^2\n")
    run = gradcli("quiz", *E, "--save", file, stdin="3\n")
    assert (run.code, run.out) == (2, "")
    assert (
        run.err == f"error: {file} exists, and is no quiz\nhint: write --save with another name\n"
    )
    assert file.read_text() == "y = x^2\n"


def test_what_is_drawn_has_finite_gradients(gradcli):
    for seed in range(3):
        run = gradcli("quiz", "x^y", "--seed", seed, "--json", stdin="skip\n" * 9)
        assert all(isinstance(row["right"], float) for row in run.json["rows"])


@pytest.mark.parametrize("ending", ["tex", "md", "html"])
def test_a_sheet_is_a_file(answered, tmp_path, ending):
    files = [tmp_path / f"{name}.{ending}" for name in ("first", "second", "third")]
    for file, seed in zip(files, (1, 1, 2)):
        words = ("quiz", E[0], "--sheet", 3, "--answers", "--seed", seed, "-o", file)
        run = answered(*words)
        assert (run.out, run.err) == ("", "")
    first, second, third = (file.read_bytes() for file in files)
    assert first == second != third
    for text in (b"Exercise 3", b"Solution 3, backward"):
        assert text in first


def test_a_sheet_of_a_program_from_standard_input(answered):
    assert (
        "# Exercises: the gradient of y" in answered("quiz", "-", "--sheet", 1, stdin="y=x^2").out
    )


def test_a_lecturers_file_works_as_it_is(answered, tmp_path):
    (tmp_path / "mine.grad").write_text(
        '# Mine\ndata from "points.csv"\nparam w = 0.5\nz = w*x\nloss = mean((z - y)^2)\n'
    )
    (tmp_path / "points.csv").write_text("x,y\n1,2\n2,3\n")
    run = answered("quiz", "mine.grad", "--sheet", 2, "--json", "--answers", cwd=tmp_path)
    rows = run.json["rows"]
    assert {tuple(row["value"]) for row in rows if row["node"] == "x"} == {(1.0, 2.0)}
    for number in (1, 2):
        own = [r for r in rows if (r["exercise"], r["node"]) == (number, "w")]
        w, grad = own[0]["value"], own[-1]["grad"]
        assert grad == pytest.approx((w - 2) * 1 + (2 * w - 3) * 2)
