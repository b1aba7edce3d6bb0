"""The options that verbs share: what to look at, by what, and from where the numbers come."""

from __future__ import annotations

import json

import pytest

GRAPH = ("r = a+b; s = b+1; e = r*s", "a=2", "b=1")


@pytest.mark.parametrize(("node", "value"), [("r", 3), ("s", 2), ("e", 6), ("a", 2)])
def test_of_a_named_node(answered, node, value):
    assert answered("eval", *GRAPH, "--of", node, "--json").summary == {
        "output": node,
        "value": value,
    }


@pytest.mark.parametrize(("node", "value"), [("v1", 3), ("v2", 2), ("e", 6), ("1", 1)])
def test_of_a_node_by_the_name_that_the_report_gives_it(answered, node, value):
    run = answered("eval", "(a+b)*(b+1)", "a=2", "b=1", "--of", node, "--json")
    assert run.summary == {"output": node, "value": value}
    assert run.json["rows"][-1]["node"] == node


@pytest.mark.parametrize("name", ["source", "values", "of", "json"])
def test_a_node_may_be_called_like_a_word_of_the_command_line(answered, name):
    assert answered("eval", f"{name} = x^2; y = 3*{name}", "x=2", "--of", name, "-q").out == "4.0\n"


def test_only_what_the_output_needs(answered):
    run = answered("eval", *GRAPH, "--of", "s", "--json")
    assert list(run.rows) == ["b", "1", "s"]
    assert answered("eval", "y = x^2; z = y + missing", "x=3", "--of", "y", "-q").out == "9.0\n"


def test_wrt_any_node(answered):
    run = answered("grad", "const k = 3; k*x + 2", "x=5", "--wrt", "k,2", "--json")
    assert run.summary["gradient"] == {"k": 5, "2": 1}
    assert run.rows["2"]["grad"] == 1
    run = answered("grad", "(a+b)*(b+1)", "a=2", "b=1", "--wrt", "v1", "-q")
    assert run.out == "v1\t2.0\n"
    run = answered("grad", "const k = 3; k*x + 2", "x=5", "--json")
    assert run.summary["gradient"] == {"x": 3}
    assert run.rows["k"]["grad"] is run.rows["2"]["grad"] is None


def test_equal_subexpressions_are_one_node_under_all_its_names(answered):
    program = ("p = x+1; q = x+1; p*q", "x=2")
    row = answered("grad", *program, "--json").rows["p"]
    assert (row["also"], row["value"], row["grad"]) == (["q"], 3, 6)
    assert answered("eval", *program, "--of", "q", "-q").out == "3.0\n"
    assert answered("grad", *program, "--wrt", "q", "-q").out == "p\t6.0\n"


def test_params_from_a_file_or_a_report(answered, tmp_path):
    (tmp_path / "p.json").write_text(json.dumps({"x": 2, "unused": 1}))
    program = "param x = 1; param y = 10; x*y"
    here = {"cwd": tmp_path}
    assert answered("eval", program, "-q", **here).out == "10.0\n"
    assert answered("eval", program, "--params", "p.json", "-q", **here).out == "20.0\n"
    assert answered("eval", program, "--params", "p.json", "x=3", "-q", **here).out == "30.0\n"
    assert answered("eval", "x^2", "--params", "p.json", "-q", **here).out == "4.0\n"


def test_the_seed_decides_what_is_random(answered):
    program = "param A = randn(3); param B = randn(3); sum((A - B)^2)"
    values = [answered("eval", program, "--seed", s, "-q").out for s in ("1", "1", "2")]
    assert values[0] == values[1] != values[2]
    assert answered("eval", program, "-q").out == answered("eval", program, "--seed", 0, "-q").out


def test_the_same_bytes_whatever_the_hash_seed(answered):
    for args in (
        ("grad", "sum(randn(4)*tanh(W@x)) + f(2); f(u) = u^x[0]", "W=randn(4,2)", "x=[1,2]"),
        ("grad", "x*y + z", "x=1", "y=2", "z=3", "--hessian"),
        ("trace", *GRAPH),
        ("grad", *GRAPH, "--symbolic", "--format", "md"),
    ):
        runs = {answered(*args, env={"PYTHONHASHSEED": seed}).raw for seed in ("0", "77")}
        assert len(runs) == 1


def test_the_same_error_whatever_the_hash_seed(answered):
    for args in (("eval", "sotfmax(x)", "x=1"), ("eval", "a +* b"), ("eval", "x", "--of", "y")):
        runs = {answered(*args, code=2, env={"PYTHONHASHSEED": s}).err for s in ("0", "77")}
        assert len(runs) == 1


def test_derivatives_as_formulas_need_no_values(answered):
    run = answered("grad", "x^2 + sin(y)", "--symbolic", "-q")
    assert run.out.splitlines() == ["x\t2 * x", "y\tcos(y)"]
    run = answered("grad", *GRAPH, "--symbolic", "--expand", "-q")
    assert run.out.splitlines() == ["a\tb + 1", "b\t2 * b + 1 + a"]
    run = answered("grad", "W@x", "--shape", "W=2,3", "--shape", "x=3", "--wrt", "x",
                   "--jacobian", "--symbolic", "--json")  # fmt: skip
    assert run.summary == {"output": "e", "jacobian": {"x": "W"}}
    row = {"output": "e", "variable": "x", "shape": [2, 3], "derivative": "W"}
    assert run.json["rows"] == [row]
    run = answered("grad", "x^3*y", "--hessian", "--symbolic", "-q")
    assert run.out.splitlines() == ["x,x\t6 * y * x", "x,y\t3 * x^2", "y,x\t3 * x^2", "y,y\t0"]


def test_a_printed_formula_is_a_claim_that_holds(answered):
    source = ["y = softmax(W@x); -log(y[1]) + norm(x)", "--shape", "W=3,2", "--shape", "x=2"]
    for line in answered("grad", *source, "--symbolic", "-q").out.splitlines():
        answered("check", *source, "--claim", line.replace("\t", " = "), "-q")


def test_jacobian_and_hessian(answered):
    run = answered("grad", "[x*y, x+y]", "x=2", "y=3", "--jacobian", "--json")
    assert run.summary["jacobian"] == {"x": [3, 1], "y": [2, 1]}
    rows = [(r["output_index"], r["variable"], r["value"]) for r in run.json["rows"]]
    assert sorted(rows) == [([0], "x", 3), ([0], "y", 2), ([1], "x", 1), ([1], "y", 1)]
    run = answered("grad", "x^2*y", "x=2", "y=3", "--hessian", "--json")
    assert run.summary["hessian"] == {"x": {"x": 6, "y": 4}, "y": {"x": 4, "y": 0}}


@pytest.mark.parametrize(
    "name", ["lambda", "None", "np", "__import__", "self", "import", "ŷ", "x₁"]
)
def test_any_word_is_a_name(answered, name):
    run = answered("grad", f"{name}^2 + {name}", f"{name}=3", "--json")
    assert run.summary == {"output": "e", "value": 12, "gradient": {name: 7}}


def test_data_with_predictions_a_row(answered, tmp_path):
    (tmp_path / "d.csv").write_text("x,species\n1,cat\n2,dog\n4,cat\n")
    here = {"cwd": tmp_path}
    run = answered("eval", "2*x", "--data", "d.csv", "--per-row", **here)
    assert run.out == "row\te\n0\t2.0\n1\t4.0\n2\t8.0\n"
    run = answered("eval", "species", "--data", "d.csv", "--per-row", "--format", "csv", **here)
    assert run.out == "row,species\n0,cat\n1,dog\n2,cat\n"
    assert answered(
        "grad", "mean((w*x - 1)^2)", "w=1", "--data", "d.csv", "-q", **here
    ).out.startswith("w\t")
    run = answered("eval", "x", "x=1", "--data", "d.csv", code=2, **here)
    assert run.raw == b""


@pytest.mark.parametrize(
    ("option", "metavar"), [("--save", "FILE"), ("--resume", "FILE"), ("--params", "FILE")]
)
def test_an_empty_text_is_no_value(gradcli, option, metavar):
    for words in ([option, ""], [f"{option}="]):
        got = gradcli("descend", "x^2", "x=1", *words)
        told = f"error: {option} has no value\nhint: write {option} {metavar}\n"
        assert (got.code, got.err, got.out) == (2, told, "")
