"""A program of functions alone stands for the last of them at its own parameters."""

from __future__ import annotations

from typing import Any

import pytest

from gradcli.errors import GradError
from gradcli.question.question import ask
from gradcli.verbs.evaluate import evaluate
from gradcli.verbs.grad import grad
from gradcli.verbs.trace import trace

SEVERAL = "g(u) = u^2\nf(x,  # the first\n  y) = g(x)*y + g(y)"


def test_eval_and_grad() -> None:
    assert evaluate(ask("f(x) = x^3", ["x=2"])).summary == {"output": "e", "value": 8}
    assert grad(ask("f(x) = x^3", ["x=2"])).summary == {
        "output": "e", "value": 8, "gradient": {"x": 12},
    }  # fmt: skip


def test_the_last_function_may_call_the_others() -> None:
    summary = grad(ask(SEVERAL, ["x=2", "y=3"])).summary
    assert summary["value"] == 2**2 * 3 + 3**2
    assert summary["gradient"] == {"x": 2 * 2 * 3, "y": 2**2 + 2 * 3}
    assert evaluate(ask("f(x) = g(x) + 1; g(z) = 2*z", ["z=3"])).summary["value"] == 6


def test_trace_ends_at_the_parameters() -> None:
    rows = list(trace(ask("f(x) = x^3", ["x=2"])).rows)
    assert [row["node"] for row in rows if row["phase"] == "backward"][-1] == "x"
    assert rows[-1]["grad"] == 12


def test_check_and_descend(checked: Any, descended: Any) -> None:
    assert checked(SEVERAL, claims=["x = 2*x*y", "y = g(x) + 2*y"]).summary["passed"]
    assert descended("f(x) = (x - 3)^2", "x=0", lr="0.1").summary["params"]["x"] == pytest.approx(3)


def test_a_file_with_constants(tmp_path: Any) -> None:
    path = tmp_path / "power.grad"
    path.write_text("# a power\nf(x) = x^n\nconst n = 3\n")
    assert grad(ask(str(path), ["x=2"])).summary["gradient"] == {"x": 12}


def test_a_node_beside_the_functions_is_the_output() -> None:
    assert evaluate(ask("y = 1; f(x) = x^3")).summary == {"output": "y", "value": 1}


@pytest.mark.parametrize(
    "source", ["f(x) = a*x; a = 3", "a = b + 1; b = 2; g(u) = a*u; f(x) = g(x)*b/2; "]
)
def test_nodes_that_only_the_functions_use_are_no_output(source: str) -> None:
    assert evaluate(ask(source, ["x=2"])).summary["value"] == 6


def test_a_value_for_a_parameter_of_what_is_not_called_is_an_error() -> None:
    for source in ("f(x) = x^2; y = 3", "f(x) = x^2; y = f(3)"):
        with pytest.raises(GradError) as caught:
            ask(source, ["x=2"])
        error = caught.value
        assert error.what == "the program has no variable 'x'"
        assert error.hint == "it is a parameter of f: call it, as in f(x)"


def test_a_parameter_without_a_value_is_shown_where_it_stands() -> None:
    with pytest.raises(GradError) as caught:
        ask(SEVERAL, ["x=2"])
    error = caught.value
    assert (error.what, error.hint) == ("'y' has no value", "give y a value: y=1")
    assert SEVERAL[slice(*error.span or ())] == "y"
    assert error.span[0] == SEVERAL.index("y)")
