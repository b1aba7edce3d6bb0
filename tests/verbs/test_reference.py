"""functions: all of the language, and every derivative shown is that of the example."""

from __future__ import annotations

import io
import itertools
import re
import shlex
import sys
from typing import Any, get_args

import numpy as np
import pytest

import gradcli
from gradcli.cli import main
from gradcli.errors import UsageError
from gradcli.graph.node import TABLE
from gradcli.graph.ops.families import FAMILIES, related
from gradcli.graph.ops.op import Axes
from gradcli.graph.ops.table import ALIASES, function_names
from gradcli.language.callbacks import OPERATORS
from gradcli.question.question import ask
from gradcli.report import emit
from gradcli.verbs import reference
from gradcli.verbs.reference import example, functions, known

LISTED = [row["name"] for row in functions().rows]
OPS = [known(name) for name in LISTED]
H = 1e-6


def names(op: Any) -> list[str]:
    """The names of an example that have a value."""
    return [value.partition("=")[0] for value in example(op)[1:]]


def test_every_name_of_the_language_is_reached():
    assert set(function_names()) <= set(LISTED) | set(ALIASES)
    assert {"index", "diff"} <= set(LISTED)
    assert len(LISTED) == len(set(LISTED))
    for name in (*LISTED, *ALIASES, *OPERATORS):
        assert known(name).name in LISTED


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("^", "pow"), ("**", "pow"), ("²", "pow"), ("@", "matmul"), ("·", "matmul"), ("×", "mul"),
        ("÷", "div"), ("≤", "le"), ("!=", "ne"), ("√", "sqrt"), (".T", "transpose"), ("-", "sub"),
        ("[]", "index"), ("σ", "sigmoid"), ("ln", "log"), ("dot", "matmul"), ("where", "where"),
    ],
)  # fmt: skip
def test_operators_and_other_names(name, found):
    assert known(name) is TABLE[found]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("softmaxx", "did you mean 'softmax'?"), ("sec", "write 1/cos(x)"),
        ("", "gradcli functions lists them"),
        ("Σ", "write sum(x)"), ("qqqqqq", "gradcli functions lists them"), ("gate", "did you mean"),
    ],
)  # fmt: skip
def test_a_wrong_name_has_a_hint(name, hint):
    with pytest.raises(UsageError) as error:
        known(name)
    assert hint in error.value.hint


def test_groups_stand_together_and_every_function_has_words():
    rows = functions().rows
    groups = list(dict.fromkeys(row["group"] for row in rows))
    assert [row["group"] for row in rows] == sorted(
        (row["group"] for row in rows), key=groups.index
    )
    assert groups[0] == "elementwise"
    assert groups[-3:] == ["derivative", "operator", "sweep"]
    assert all(row["value"] and row["signature"] for row in rows)


def test_relatives_are_functions_and_mutual():
    for name in LISTED:
        assert all(name in related(other) for other in related(name))
    assert "log_softmax" in related("softmax")
    assert set(FAMILIES.split()) == set(LISTED)


def test_every_way_to_treat_axes_has_words():
    assert set(reference._SHAPES) == set(get_args(Axes))


@pytest.mark.parametrize("op", OPS, ids=LISTED)
def test_examples_run_as_they_are_printed(op, monkeypatch, capsys):
    (page,) = [functions(op.name)]
    shown = page.summary["example"]
    assert list(shown) == [
        line[2:] for line in page.text.splitlines() if line.startswith("$ gradcli")
    ]
    for line, printed in shown.items():
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        assert (end.value.code, err) == (0, "")
        assert out == printed + "\n"
        assert f"$ {line}\n{printed}\n" in page.text


def moved(values: dict[str, Any], of: list[str], seed: int) -> dict[str, Any]:
    """The values of an example, those of some names a little away, where no rule is special."""
    draw = np.random.default_rng(seed)
    return {
        name: value + draw.uniform(0.01, 0.09, np.shape(value)) if name in of else value
        for name, value in values.items()
    }


def evaluated(formula: str, values: dict[str, Any]) -> Any:
    """A formula at those of the values that it speaks of."""
    used = set(re.findall(r"\w+", formula))
    return gradcli.Model(formula)({n: v for n, v in values.items() if n in used})


def differences(formula: str, values: dict[str, Any], name: str) -> Any:
    """The Jacobian of the formula by one name: the shape of the output, then that of the value."""
    value = np.asarray(values[name], float)
    columns = []
    for place in np.ndindex(value.shape):
        step = np.zeros(value.shape)
        step[place] = H
        ends = [evaluated(formula, {**values, name: value + s}) for s in (step, -step)]
        columns.append((np.asarray(ends[0]) - np.asarray(ends[1])) / (2 * H))
    shape = np.shape(columns[0])
    return np.stack(columns, -1).reshape((*shape, *value.shape))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "op", [op for op in OPS if functions(op.name).summary.get("derivative")], ids=repr
)
def test_a_derivative_shown_is_that_of_finite_differences(op, seed):
    told = functions(op.name).summary
    formula, *_ = example(op)
    inputs = ask(formula, example(op)[1:])
    given = {name: inputs.inputs[node] for name, node in inputs.model.inputs.items()}
    values = moved(given, list(told["derivative"]), seed)
    upstream = told.get("upstream")
    for name, text in told["derivative"].items():
        numbers = differences(formula, values, name)
        if upstream:
            value = np.asarray(evaluated(formula, values))
            g = np.random.default_rng(seed).normal(size=value.shape)
            found = evaluated(text, {**values, upstream: g})
            numbers = np.tensordot(g, numbers, g.ndim)
        else:
            found = evaluated(text, values)
        assert np.shape(found) in ((), np.shape(numbers))
        assert found == pytest.approx(numbers, rel=1e-6, abs=1e-8)
    for name, text in told.get("jacobian", {}).items():
        found = evaluated(text, values)
        assert found == pytest.approx(differences(formula, values, name), rel=1e-6, abs=1e-8)


def test_what_has_a_derivative_tells_it():
    without = {op.name for op in OPS if not functions(op.name).summary.get("derivative")}
    made = {"zeros", "ones", "eye", "arange", "linspace", "randn", "uniform", "randint", "onehot"}
    counted = {"argmax", "argmin", "count", "count_nonzero", "classes"}
    assert without == made | counted | {"stop_gradient", "diff"}


EDGES = [-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]


@pytest.mark.parametrize(
    "op", [op for op in OPS if op.pointwise or op.axes in ("last", "averages")], ids=repr
)
def test_a_function_that_breaks_down_says_where(op):
    formula, *values = example(op)
    model = gradcli.Model(f"sum({formula})")
    inputs = ask(formula, values).model.inputs
    broken = [
        at
        for at in itertools.product(EDGES, repeat=len(inputs))
        if not all(map(np.all, map(np.isfinite, at_edge(model, dict(zip(inputs, at))))))
    ]
    assert bool(broken) <= bool(reference.domain(op)), broken[:5]


def at_edge(model: Any, values: dict[str, float]) -> list[Any]:
    """The value there, and the derivatives."""
    found = model.grad(values)
    return [found.value, *found.gradient.values()]


DOMAINS = [
    ("xlogy", "xlogy needs y above 0 where x is not 0; xlogy is infinitely steep by x where y is 0",
     {"x": 0.5, "y": 0.5}, [{"y": 0.0}, {"y": -1.0}], {"x": 0.0, "y": 0.0}, "x"),
    ("bce", "bce needs p from 0 to 1, 0 only where y is 0, and 1 only where y is 1;"
     " bce is infinitely steep by y where p is 0 or 1",
     {"p": 0.5, "y": 0.5}, [{"p": 0.0}, {"p": 1.0}, {"p": -1.0}], {"p": 0.0, "y": 0.0}, "y"),
    ("kl", "kl needs p from 0 on, and q above 0 where p is not 0;"
     " kl is infinitely steep by p where that is 0",
     {"p": [0.5], "q": [0.5]}, [{"p": [-1.0]}, {"q": [0.0]}], {"p": [0.0], "q": [0.5]}, "p"),
    ("mod", "not where the divisor b is 0", {"a": 1.0, "b": 2.0}, [{"b": 0.0}], None, ""),
    ("polygamma", "polygamma needs a whole n from 0 on, and x other than 0, -1, -2, …",
     {"n": 0.0, "x": -0.5}, [{"n": 0.5}, {"n": -1.0}, {"x": -1.0}, {"x": 0.0}], None, ""),
    ("atan2", "atan2 has no derivative where y and x are 0",
     {"y": 0.0, "x": -1.0}, [], {"y": 0.0, "x": 0.0}, "x"),
    ("asin", "asin needs a number from -1 to 1; asin is infinitely steep at -1 and at 1",
     {"x": 0.5}, [{"x": 1.5}], {"x": -1.0}, "x"),
    ("acos", "acos needs a number from -1 to 1; acos is infinitely steep at -1 and at 1",
     {"x": 0.5}, [{"x": -1.5}], {"x": 1.0}, "x"),
    ("acosh", "acosh needs a number from 1 on; acosh is infinitely steep at 1",
     {"x": 1.5}, [{"x": 0.5}], {"x": 1.0}, "x"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "told", "inside", "outside", "steep", "by"), DOMAINS)
def test_a_domain_is_what_evaluation_finds(name, told, inside, outside, steep, by):
    assert functions(name).summary["domain"] == told
    model = gradcli.Model(f"sum({example(known(name))[0]})")
    assert all(map(np.all, map(np.isfinite, at_edge(model, inside))))
    for values in outside:
        assert not np.isfinite(model({**inside, **values}))
    if steep:
        found = model.grad(steep)
        assert np.isfinite(found.value)
        assert not np.isfinite(found.gradient[by]).any()


def test_the_page_of_diff_tells_no_derivative_of_its_example():
    page = functions("diff")
    assert "derivative" not in page.summary
    assert "6 * x" not in page.text


def test_the_page_of_transpose_tells_the_order_of_axes():
    assert "transpose(x, 0, 2, 1)" in functions("transpose").text
    found = gradcli.Model("transpose(x, 0, 2, 1)")(x=np.zeros((2, 3, 4)))
    assert np.shape(found) == (2, 4, 3)


def test_formats(capsys):
    emit(functions("softmax"), format="json", stream=(stream := io.StringIO()))
    assert '"Jacobian' not in stream.getvalue()
    assert (
        '"jacobian": {"x": "diag(softmax(x)) - outer(softmax(x), softmax(x))"}' in stream.getvalue()
    )
    emit(functions("softmax"), format="tsv", stream=(stream := io.StringIO()))
    assert stream.getvalue().startswith("name\tgroup\tsignature\tvalue\nsoftmax\tprobability\t")
