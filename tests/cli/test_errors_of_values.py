"""eval with errors, as a shell asks for it."""

from __future__ import annotations

import json

import pytest

DATA = "x,y\n1,1\n2,3.1\n3,4.8\n4,7.2\n"
PROGRAM = "param a = 0; param b = 0; f = a*x + b;"


def test_a_fit_and_its_predictions(gradcli, answered, tmp_path):
    (tmp_path / "d.csv").write_text(DATA)
    fit = answered(
        "descend", f"{PROGRAM} f - y", "--data", tmp_path / "d.csv", "--optimizer", "lm",
        "--save", tmp_path / "fit.json", "--json",
    )  # fmt: skip
    run = answered(
        "eval", f"{PROGRAM} f", "--params", tmp_path / "fit.json", "--data", tmp_path / "d.csv",
        "--per-row", "--interval", 0.95,
    )  # fmt: skip
    header, first, *_ = run.out.splitlines()
    assert header.split("\t") == [
        "row", "f", "std_error", "lower", "upper", "predicted_lower", "predicted_upper"
    ]  # fmt: skip
    numbers = [float(cell) for cell in first.split("\t")]
    assert numbers[5] < numbers[3] < numbers[1] < numbers[4] < numbers[6]
    (tmp_path / "report.json").write_text(fit.out)
    for params in ("fit.json", "report.json"):
        run = answered(
            "eval", f"{PROGRAM} f", "x=1", "--params", tmp_path / params, "--errors", "-q"
        )
        assert float(run.out.split()[-1]) == pytest.approx(numbers[2])


def test_a_measured_value(answered):
    summary = json.loads(answered("eval", "x^2", "x=3±0.1", "--json").out)["summary"]
    assert summary["std_error"] == pytest.approx(0.6)
    assert answered("eval", "x^2", "x=3+-0.1", "-q").out.splitlines()[0] == "9.0"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("eval", "x", "x=2±-0.1"), "the error of x is negative"),
        (("eval", "x", "x=2±nan"), "the error of x is negative, or no number"),
        (("eval", "x", "x=±0.1"), "x has no value"),
        (("eval", "x", "x=2±"), "x has no error"),
        (("eval", "x", "x=[1,2]±[1,2,3]"), "the error of x has shape (3,), its value (2,)"),
        (("eval", "x", "x=2±y"), "a value is a constant expression, and y has no value in it"),
        (("eval", "x", "x=2", "--errors"), "nothing says how sure the values are"),
        (("eval", "x", "x=2±1", "--interval", "95"), "--interval 95 is no probability"),
        (("grad", "x", "x=2±1"), "x has a value and its error, which only eval carries on"),
        (("descend", "x^2", "x=2+-1"), "x has a value and its error, which only eval carries on"),
    ],
)
def test_errors_that_make_no_sense(gradcli, words, told):
    run = gradcli(*words)
    assert (run.code, run.out) == (2, "")
    assert run.err.splitlines()[0].startswith(f"error: {told}")
    assert "hint: " in run.err
