"""A formula of grad --symbolic is the gradient everywhere, not only where it was printed.

Programs are generated around every op of the table. Each formula is read as one more statement of
its program, at other points: zeros, negative numbers, ties, masks that flip, branches not taken
that are 0/0 or the log of a negative number. The measure is the backward pass at that point.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from gradcli.errors import GradError
from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.formulas.show import labels
from gradcli.graph.node import TABLE
from gradcli.graph.reverse import gradient
from gradcli.language import parse
from gradcli.question.question import Question
from gradcli.run.interpret import StepError, interpret
from gradcli.verbs.symbolic import symbolic

SHAPES = {"k": (), "j": (), "x": (3,), "w": (3,), "X": (2, 3), "A": (3, 3)}
LEAVES = {"S": ["k", "j", "2", "0.5"], "V": ["x", "w"], "M": ["X"], "Q": ["A"]}
OPERANDS = {"S": "S", "V": "VVS", "M": "MMVS", "Q": "QQVS"}
"""By the kind of a result (a number, a vector, a matrix, a square one), the kinds that make it."""

FORMS = {
    "S": """
        sum({V}) | sum({M}) | mean({V}) | mean({M}) | prod({V}) | max({V}) | min({M}) | var({V})
        std({V}) | norm({V}) | logsumexp({V}) | argmax({V}) * {S} | argmin({V}) + {S} | count({V})
        count_nonzero({V}) | classes(argmax({M}, axis=0)) * {S} | {V} @ {V}
        trace({Q}) | det({Q}) | logdet({Q}) | {V}[0] | {M}[1, -1]
        cross_entropy({V}, 1) | cross_entropy({V}, {V}) | nll({V}, 2) | nll({V}, {V})
        mse({V}, {M}) | mae({V}, {V}) | kl({V}, {V}) | clip({V}[1], -1, 1) | max({V} / {S})
        where({S} > 0, {S}, {V}[2])
    """,
    "V": """
        {Q} @ {V} | {V} @ {Q} | sum({M}, axis=0) | mean({M}, axis=0) | max({M}, axis=0)
        min({Q}, axis=1) | prod({Q}, axis=1) | std({Q}, axis=1) | norm({M}, axis=0) | diag({Q})
        logsumexp({Q}, axis=1) | solve({Q}, {V}) | [{S}, {S}, {S}] | {M}[0] | {Q}[:, 1]
        {V}[[0, 0, 1]] | softmax({V}) | log_softmax({V}) | cumsum({V}) | concat({V}[:2], [{S}])
        repeat({S}, 3) | full(3, {S}) | flatten({Q})[3:6] | onehot(1, 3) * {V} | expand({S}, 3)
        sum_to({M}, 3) | cross_entropy({Q}, [0, 1, 2]) | kl({Q}, {Q}) | scatter({S}, {V}[1])
        scatter({V}[:2], ({V} + {V})[1:]) | ones(3) | zeros(3) + {V} | arange(3) * {V}
        linspace(0, 1, 3) + {V} | prod_others({V})
    """,
    "M": """
        stack({V}, {V}) | [{V}, {V}] | {M} @ {Q} | {Q}[[0, 2]] | outer({V}[:2], {V})
        reshape({M}.T, 2, 3) | expand({V}, 2, 3) | cumsum({M}, axis=1) | softmax({M}, axis=0)
        {M} - mean({M}, axis=1, keepdims=1) | concat([{V}], [{V}])
    """,
    "Q": """
        outer({V}, {V}) | {M}.T @ {M} | diag({V}) | inv({Q}) | solve({Q}, {Q}) | transpose({Q})
        eye(3) * {S} | cofactor({Q}) | cofactor_slope({Q}, {Q}) | stack({V}, {V}, {V}, axis=1)
    """,
}
POINTWISE = """
    {0} + {1} | {0} - {1} | {0} * {1} | {0} / {1} | {0}^{1} | {0} < {1} | {0} <= {1} | {0} > {1}
    {0} >= {1} | {0} == {1} | {0} != {1} | -{0} | +{0} | {0}^2 | {0}^-1 | {0}^0.5 | 1 - {0} | 2*{0}
    1/{0} | {0}/3 | polygamma(1, {0})
"""
AROUND = [
    "sum(tanh({}))", "max({} / j)", "norm({})", "clip(sum({}), -1, 1)", "relu(mean({}))",
    "where(j > 0, sum(log({})), k)", "max({})", "max(k, min({}))",
]  # fmt: skip
HIDDEN = {"gate", "index"}
"""Ops that only the spelling of others makes."""


def listed(text: str) -> list[str]:
    return [form.strip() for line in text.strip().splitlines() for form in line.split("|")]


def calls() -> Iterator[str]:
    """A call of every op that works entry by entry."""
    for op in TABLE.values():
        if op.pointwise and op.group not in ("operator", "sweep") and op.name != "polygamma":
            count = 2 if op.parameters[0].variadic else len(op.parameters)
            yield f"{op.name}({', '.join(f'{{{place}}}' for place in range(count))})"


ENTRYWISE = [*listed(POINTWISE), *calls()]
OTHERS = [(kind, form) for kind, text in FORMS.items() for form in listed(text)]


class Programs:
    """Random programs of numbers, vectors and matrices around a given form."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.named: dict[str, list[str]] = {}

    def program(self, kind: str, form: str) -> str:
        """Some statements, and an output that is made of `form`."""
        lines = []
        self.named = {}
        for place in range(self.draw.randint(0, 2)):
            some = self.draw.choice("SVMQ")
            lines.append(f"n{place} = {self.expression(some, 1)}")
            self.named.setdefault(some, []).append(f"n{place}")
        inner = self.filled(kind, form, self.draw.choice([1, 1, 2]))
        around = {"S": "({})", "V": "{} @ w", "M": "sum({} * X)", "Q": "min({})"}[kind]
        wrapped = self.draw.choice([around, *AROUND])
        return "; ".join([*lines, f"e = {wrapped.format(f'({inner})')}"])

    def filled(self, kind: str, form: str, depth: int) -> str:
        def part(match: re.Match[str]) -> str:
            wanted = match[1]
            if wanted.isdigit():
                wanted = kind if wanted == "0" else self.draw.choice(OPERANDS[kind])
            return self.expression(wanted, depth - 1)

        return re.sub(r"\{(\w)\}", part, form)

    def expression(self, kind: str, depth: int) -> str:
        known = self.named.get(kind, [])
        if depth <= 0 or (known and self.draw.random() < 0.25):
            return self.draw.choice(known + LEAVES[kind])
        forms = ENTRYWISE if self.draw.random() < 0.6 else listed(FORMS[kind])
        return f"({self.filled(kind, self.draw.choice(forms), depth)})"

    def point(self, names: list[str]) -> dict[str, Any]:
        """Values: ordinary ones, ones outside of domains, or ties, zeros and ones."""
        numbers = np.random.default_rng(self.draw.randrange(2**32))
        low, high = self.draw.choice([(0.1, 0.9), (1.1, 2), (-2.5, 2.5), (0, 0)])
        values = {}
        for name in names:
            shape = SHAPES[name]
            value = numbers.uniform(low, high, shape)
            if low == high:
                value = numbers.choice([0.0, 0.0, 1.0, -1.0, 2.0, 0.5], shape)
            values[name] = np.asarray(value, float) if shape else float(value)
        return values


def run(model: Built, nodes: list[int], values: dict[str, Any]) -> list[Any]:
    inputs = {model.inputs[n]: value for n, value in values.items() if n in model.inputs}
    found = interpret(model.graph, nodes, inputs)
    return [found[node] for node in nodes]


def holds(source: str, programs: Programs) -> int:
    """Prints the formulas of a program at one point, tries them at others; how many were tried."""
    names = [name for name in SHAPES if re.search(rf"\b{name}\b", source)]
    values = programs.point(names)
    model = build(parse(source), values)
    question = Question(model, {model.inputs[n]: values[n] for n in model.inputs}, dict(values))
    formulas = {
        row["node"]: row["derivative"]
        for row in symbolic(question).rows
        if row["derivative"] is not None and row["kind"] != "literal"
    }
    tried = 0
    for _ in range(3):
        values = programs.point(names)
        try:
            model = build(parse(source), values)
            graph = model.graph
            nodes = {label: n for n, label in labels(graph, graph.cone([model.output])).items()}
            found = gradient(graph, model.output, [nodes[n] for n in formulas])
            adjoints = {n: found[nodes[n]] for n in formulas}
            output, *wanted = run(model, [model.output, *adjoints.values()], values)
        except (GradError, StepError):
            continue  # an index out of range at this point
        if not np.isfinite(output):
            continue
        nodes.update({f"∂e/∂{name}": node for name, node in adjoints.items()})
        for (name, formula), want in zip(formulas.items(), wanted):
            known = {}
            if "∂" in formula or re.search(r"\bv\d", formula):  # long: it refers to other rows
                known = {"graph": graph, "nodes": nodes}
            program = parse(formula if known else f"{source}\nfound = {formula}")
            again = build(program, values, of="" if known else "found", **known)
            (found,) = run(model if known else again, [again.output], values)
            told = f"{source}\n∂e/∂{name} = {formula}\nat {values}:\n{found}\nnot {want}"
            assert np.shape(found) == np.shape(want), told
            found, want = np.asarray(found), np.asarray(want)
            finite = np.isfinite(want)  # elsewhere it may be: x/x is 1, and has no value at 0
            assert np.isfinite(found)[finite].all(), told
            size = np.abs(want[finite]).max(initial=0)
            if size < 1e9:
                assert np.allclose(found[finite], want[finite], 1e-6, 1e-8 * (1 + size)), told
            tried += 1
    return tried


def written(source: str, **values: Any) -> dict[str, str]:
    """Node → formula, of a program at a point."""
    model = build(parse(source), values)
    question = Question(model, {model.inputs[n]: values[n] for n in model.inputs}, dict(values))
    return {row["node"]: row["derivative"] for row in symbolic(question).rows}


def value(source: str, formula: str, **values: Any) -> Any:
    """A formula as one more statement of its program."""
    model = build(parse(f"{source}\nformula_of = {formula}"), values, of="formula_of")
    return run(model, [model.output], values)[0]


ELSEWHERE: list[tuple[str, dict[str, Any], dict[str, Any], Any]] = [
    ("mean(logaddexp(x, x))", {"x": [1, 2, 3]}, {"x": [4, 5, 6]}, [1 / 3] * 3),
    ("clip(reciprocal(x)[1], -1, 1)", {"x": [2, 0.5]}, {"x": [2, 0]}, [0, 0]),
    ("clip(reciprocal(x)[1], -1, 1)", {"x": [2, 0]}, {"x": [2, -4]}, [0, -1 / 16]),
    ("clip(sum(log(x)), -1, 1)", {"x": [1, 1.5]}, {"x": [0, 2]}, [0, 0]),
    ("max(acos(x))", {"x": [0.1, 0.5]}, {"x": [0, 1]}, [-1, 0]),
    ("relu(sqrt(x)[0] - 1)", {"x": [4, 9]}, {"x": [0.25, 0]}, [0, 0]),
    ("where(sum(x) > 0, sum(log(x)), 0)", {"x": [1, 2]}, {"x": [0, -1]}, [0, 0]),
    ("prod(scatter(2*x[:1], (x + x)[1:]))", {"x": [1, 2]}, {"x": [5, 6]}, [0, 0]),
    ("log(x[0]) - log(x[0])", {"x": [1, 2]}, {"x": [0, 1]}, [0, 0]),
    ("sum(x/x)", {"x": [1, 2]}, {"x": [0, 1]}, [0, 0]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "here", "there", "wanted"), ELSEWHERE)
def test_a_formula_holds_where_it_was_not_printed(
    source: str, here: dict[str, Any], there: dict[str, Any], wanted: Any
) -> None:
    formula = written(source, **{n: np.array(v, float) for n, v in here.items()})["x"]
    found = value(source, formula, **{n: np.array(v, float) for n, v in there.items()})
    assert np.shape(found) == np.shape(wanted)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


def some_hold(kinds: str, form: str) -> None:
    """Tries programs around a form until two of them had a finite output somewhere."""
    programs = Programs(zlib.crc32(form.encode()))
    tried = 0
    for place in range(12):
        tried += holds(programs.program(kinds[place % len(kinds)], form), programs) > 0
        if tried == 2:
            return
    raise AssertionError(f"{form} is finite nowhere")


@pytest.mark.parametrize("form", ENTRYWISE)
def test_formulas_of_every_pointwise_op_hold_elsewhere(form: str) -> None:
    some_hold("VMS", form)


@pytest.mark.parametrize(("kind", "form"), OTHERS)
def test_formulas_of_every_other_op_hold_elsewhere(kind: str, form: str) -> None:
    some_hold(kind, form)


@pytest.mark.parametrize("limit", [20, 60])
def test_formulas_that_refer_to_those_above_hold_elsewhere(
    limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradcli.verbs.symbolic.LIMIT", limit)
    programs = Programs(limit)
    for kind, form in OTHERS[::5]:
        holds(programs.program(kind, form), programs)


def test_masks_of_a_deep_program_stay_short() -> None:
    formulas = written("relu(sqrt(" * 100 + "x" + "))" * 100, x=0.5)
    assert max(map(len, formulas.values())) <= 500


def test_the_forms_hold_every_op_of_the_table() -> None:
    programs = Programs(0)
    used = set()
    for kind, form in [*OTHERS, *(("V", form) for form in ENTRYWISE)]:
        source = programs.filled(kind, form, 0)
        model = build(parse(source), {name: np.ones(shape) for name, shape in SHAPES.items()})
        used |= {op.name for op in model.graph.ops}
    missing = {name for name, op in TABLE.items() if not op.random} - HIDDEN - used
    assert not missing
