"""Programs around every op and every sample, and what gradcli says of them."""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from gradcli.export.targets import TARGETS
from gradcli.graph.ops.table import TABLE
from gradcli.language.sources import sample_names
from gradcli.question.question import ask
from gradcli.verbs.export import LoopOptions, export
from gradcli.verbs.grad import grad

Shapes = dict[str, tuple[int, ...]]
Program = tuple[str, tuple[str, ...]]

ARRAYS: list[tuple[str, Shapes]] = [
    ("sum(w*sum(x, axis=0))", {"x": (2, 3), "w": (3,)}),
    ("sum(w*mean(x, axis=1, keepdims=1))", {"x": (2, 3), "w": (2, 1)}),
    ("sum(w*prod(x, axis=-1)) + prod(x)", {"x": (2, 3), "w": (2,)}),
    ("sum(w*max(x, axis=0)) + min(x)*max(x)", {"x": (4, 3), "w": (3,)}),
    ("sum(w*var(x, axis=1)) + std(x)", {"x": (2, 4), "w": (2,)}),
    ("sum(w*norm(x, axis=0)) + norm(x)", {"x": (2, 3), "w": (3,)}),
    ("norm(x*1e200) + norm(y*1e-200)", {"x": (2, 3), "y": (2,)}),
    ("sum(w*logsumexp(x, axis=1)) + logsumexp(x)", {"x": (2, 3), "w": (2,)}),
    ("count(x)*x[0, 1] + count_nonzero(x, axis=0)@w", {"x": (2, 3), "w": (3,)}),
    ("argmax(x)*x[0] + argmin(x)*x[1]", {"x": (4,)}),
    ("sum(w*argmax(x, axis=1)) + sum(x)", {"x": (2, 3), "w": (2,)}),
    ("sum(w*cumsum(x, axis=0)) + sum(cumsum(x)^2)", {"x": (2, 3), "w": (2, 3)}),
    ("x@w", {"x": (3,), "w": (3,)}),
    ("sum((x@W)^2) + sum((W@y)^2)", {"x": (3,), "W": (3, 2), "y": (2,)}),
    ("sum((A@B)^2)", {"A": (3, 2), "B": (2, 4)}),
    ("sum((A@B)^2)", {"A": (2, 3, 2), "B": (2, 4)}),
    ("sum((A@B)^2)", {"A": (2, 3, 2), "B": (2, 2, 2)}),
    ("sum((A@B)^2)", {"A": (3, 2), "B": (2, 2, 2)}),
    ("sum((A@b)^2) + sum((a@A)^2)", {"A": (2, 3, 2), "b": (2,), "a": (3,)}),
    ("sum(outer(x, y)^2)", {"x": (3,), "y": (2,)}),
    ("trace(A) + sum(diag(A)^2) + sum(diag(x)^3)", {"A": (3, 3), "x": (2,)}),
    ("det(A)", {"A": (3, 3)}),
    ("sum(inv(A)^2) + trace(inv(A)@B)", {"A": (3, 3), "B": (3, 3)}),
    ("sum(solve(A, b)^2) + sum(solve(A, B)^2)", {"A": (3, 3), "b": (3,), "B": (3, 2)}),
    ("logdet(A@A.T + diag([1, 2, 3]))", {"A": (3, 3)}),
    ("sum(w*reshape(x, 3, 2)) + flatten(x)@v", {"x": (2, 3), "w": (3, 2), "v": (6,)}),
    ("sum(concat(x, y)^2) + sum(concat(x, x, axis=1)^3)", {"x": (2, 3), "y": (1, 3)}),
    ("sum(w*stack(x, y, axis=1)) + sum([x[0], y[1]]^2)", {"x": (3,), "y": (3,), "w": (3, 2)}),
    ("sum(w*repeat(x, 2, axis=1)) + sum(repeat(x, 2)^2)", {"x": (2, 3), "w": (2, 6)}),
    ("sum(w*x.T) + sum(transpose(y, 1, 0, 2)^2)", {"x": (2, 3), "w": (3, 2), "y": (2, 3, 2)}),
    ("sum(x[0]*x[1:, ::-1][0]) + x[-1, 2] + sum(x[:, 1]^2) + sum(x[::-1]^3)", {"x": (3, 3)}),
    ("sum(x[[0, 2, 0]]^2) + sum(x[:, [1, 1, -1]]^3) + sum(x[[0, 1], [1, 2]]^2)", {"x": (3, 3)}),
    ("sum(x[1, [0, 2]]^2) + sum(x[[0, 1], :, [1, 0]]^3)", {"x": (3, 3, 2)}),
    ("sum(full([2, 3], s)^2) + sum(expand(x, 2, 3)^2)", {"s": (), "x": (3,)}),
    ("sum(zeros(3) + ones(3)*s + eye(3)[0]*s + arange(1, 7, 2)*s)", {"s": ()}),
    ("sum(linspace(0, 1, 3)^2*s) + sum(arange(3)/arange(1, 4)*s)", {"s": ()}),
    ("sum(onehot([0, 2], 3)*x)", {"x": (2, 3)}),
    ("sum(randn(3)*x) + sum(uniform(3, low=1, high=2)*x) + randn()*s", {"x": (3,), "s": ()}),
    ("sum(softmax(x)*w) + sum(softmax(x, axis=0)*w^2)", {"x": (2, 3), "w": (2, 3)}),
    ("sum(log_softmax(x)*w)", {"x": (2, 3), "w": (2, 3)}),
    ("sum(cross_entropy(x, [0, 2])) + sum(cross_entropy(x, softmax(w)))", {
        "x": (2, 3), "w": (2, 3)}),
    ("cross_entropy(x, 1) + nll(log_softmax(x), 2)", {"x": (3,)}),
    ("sum(nll(log_softmax(x), [0, 2])) + sum(nll(log_softmax(x), softmax(w)))", {
        "x": (2, 3), "w": (2, 3)}),
    ("sum(cross_entropy(x, [[0, 2], [1, 1]]))", {"x": (2, 2, 3)}),
    ("mse(x, w) + mae(x, w)", {"x": (2, 3), "w": (3,)}),
    ("sum(kl(softmax(x), softmax(w))) + kl(0.3*s^2, 0.5)", {"x": (2, 3), "w": (2, 3), "s": ()}),
]  # fmt: skip

NUMBERS: list[tuple[str, Shapes]] = [
    ("exp(1)*x + pi^2/2 + log(2) + max(1, 2)*x + 1/4 + where(1 > 0, 2, 3)*x", {"x": ()}),
    ("sum(where(x > 0, log(x), x^2)) + sum(relu(x)^0.5)", {"x": (2, 3)}),
    ("w = where(x > 0, sqrt(x), 0); y = w*s; y", {"x": (), "s": ()}),
    ("θ*x₁ + ŷ^2 + lambda*int*x_1", dict.fromkeys(("θ", "x₁", "ŷ", "lambda", "int", "x_1"), ())),
    ("value*main + np*def^2 + e*grad_x*x + i*s*j0", dict.fromkeys(
        ("value", "main", "np", "def", "e", "grad_x", "x", "i", "s", "j0"), ())),
    ("x - (y - x) - (x/y)/x/(y/x) + (-x)*-y - -x + x*(y+1)*(x-y) + -x^2 - 2*(3*(y*x))", {
        "x": (), "y": ()}),
    ("a = x > 0; b = y >= 0; (a*b + (a == b))*x + (x < y)*y + (a < 1)*x + where(a*b, x, y)", {
        "x": (), "y": ()}),
    ("x*1e300*1e300 + log(0) + 0*y", {"x": (), "y": ()}),
    ("sqrt(x - x) + sqrt(-1 - x^2)", {"x": ()}),
    ("[3, 4]@[1, x] + x^3 + x^4.0 + (x + 1)^1", {"x": ()}),
    ("stop_gradient(x)*x + step(x) + +x", {"x": ()}),
    ("sin(x)*cos(x)*sin(x)*exp(sin(x))", {"x": ()}),
]  # fmt: skip

DIFFERENTIATED: list[tuple[str, Shapes]] = [
    ("f(u) = sin(u)*u; f'(x) + diff(x^3, x)", {"x": ()}),
    ("f(u) = tanh(u)^2; g(u) = f'(u)*u; g'(x)*w", {"x": (), "w": ()}),
    ("f(u) = u^3 - 2; x - f(x)/f'(x)", {"x": ()}),
    ("y = x^3*exp(w); diff(diff(y, x), w)*x", {"x": (), "w": ()}),
    ("L = sum((X@w - y)^2); g = diff(L, w); g@g", {"X": (3, 2), "w": (2,), "y": (3,)}),
    ("f(t) = exp(-a*t)*b; r = f'(t) + f(t)/2; sum(r^2)", {"a": (), "b": (), "t": ()}),
    ("p = softmax(W@x); sum(diff(p[0], W)^2)", {"W": (3, 2), "x": (2,)}),
    ("sum(diff(sum(sigmoid(x)*w), x)*x) + sum(diff(x@x*s, x))", {"x": (3,), "w": (3,), "s": ()}),
    ("sum(diff(det(A), A)^2)", {"A": (3, 3)}),
    ("sum(diff(det(A), A)*A^2)", {"A": (2, 2)}),
    ("sum(diff(logdet(A@A.T + diag([1, 2, 3])), A)^2)", {"A": (3, 3)}),
    ("sum(diff(sum(relu(x)^3), x)^2) + diff(max(x), x)@x", {"x": (3,)}),
]  # fmt: skip
"""With diff(y, x) and f'(u)."""

POSITIVE = ["x^2^y + (x^2)^y + 2^-x + x^-2 + x^1.5 + exp(-x^2)^-1"]
"""Of two positive numbers."""

FIXED: list[Program] = [
    ("det(A)", ("A=[[1,2,3],[2,4,6],[1,0,1]]",)),
    ("sum(inv(A))", ("A=[[1,2],[2,4]]",)),
    ("sum(diff(det(A), A)^2)", ("A=[[1,2,3],[2,4,6],[1,0,1]]",)),
    ("2*x + [1, 2]", ("x=[1, 2]",)),
]


def _value(numbers: random.Random, shape: Sequence[int], low: float, high: float) -> Any:
    if not shape:
        return round(numbers.uniform(low, high), 3)
    return [_value(numbers, shape[1:], low, high) for _ in range(shape[0])]


def _pointwise(numbers: random.Random) -> list[Program]:
    """Every elementwise op of numbers, and of arrays that are broadcast."""
    found: list[Program] = []
    for op in TABLE.values():
        if not op.pointwise or op.hidden:
            continue
        count = 3 if any(p.variadic for p in op.parameters) else len(op.parameters)
        names = "abc"[:count]
        domains = [op.domain[min(i, len(op.domain) - 1)] for i in range(count)]
        text = f"{op.name}({', '.join(names)})"
        if isinstance(op.text, str) and op.text and "{*}" not in op.text:
            text = op.text.format(*names)
        if op.name == "polygamma":
            text, names, domains = "polygamma(2, b)", "b", domains[1:]
        for whole, shapes in ((text, [()] * 3), (f"sum(({text})^2)", [(2, 3), (3,), (2, 1)])):
            values = [
                f"{name}={json.dumps(_value(numbers, shape, *domain))}"
                for name, shape, domain in zip(names, shapes, domains)
            ]
            found.append((whole, tuple(values)))
    return found


def programs() -> list[Program]:
    """All of them, with values for their names."""
    numbers = random.Random(1)
    found = [(name, ()) for name in sample_names()] + FIXED + _pointwise(numbers)
    for text, shapes in [*ARRAYS, *NUMBERS, *DIFFERENTIATED]:
        values = (f"{n}={json.dumps(_value(numbers, s, -2.5, 2.5))}" for n, s in shapes.items())
        found.append((text, tuple(values)))
    return found + [(text, ("x=1.3", "y=0.4")) for text in POSITIVE]


PROGRAMS = programs()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "program" in metafunc.fixturenames:
        ids = [text[:40] for text, _ in PROGRAMS]
        metafunc.parametrize("program", PROGRAMS, ids=ids)


@pytest.fixture(scope="session")
def exported() -> Callable[..., str]:
    """`exported("x^2", "x=3", to="c", optimizer="adam")`: the text of the file."""

    def run(source: str, *values: str, to: str, wrt: str = "", **loop: Any) -> str:
        question = ask(source, values, guess=True, wrt=wrt)
        with np.errstate(all="ignore"):
            return export(question, TARGETS[to], LoopOptions(**loop)).text

    return run


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """`printed(text, "train")`: what a file of Python prints, run in this process."""

    def run(text: str, *words: str) -> Any:
        old, sys.argv = sys.argv, ["f.py", *words]
        try:
            exec(compile(text, "f.py", "exec", dont_inherit=True), {"__name__": "__main__"})
        finally:
            sys.argv = old
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture(scope="session")
def agrees() -> Callable[..., None]:
    """`agrees(program, answer)`: whether a file's answer has gradcli's numbers, to 1e-12."""

    def check(program: Program, answer: Any) -> None:
        source, values = program
        question = ask(source, values)
        output = question.model.output
        with np.errstate(all="ignore"):
            if question.graph.shapes[output]:
                close(answer["value"], question.run([output])[output])
                return
            wanted = grad(question).summary
        close(answer["value"], wanted["value"])
        assert set(answer["gradient"]) == set(wanted["gradient"])
        # An entry may be a sum that cancels: its error is that of the terms.
        sizes = [np.abs(g)[np.isfinite(g)] for g in map(np.asarray, wanted["gradient"].values())]
        largest = max((s.max() for s in sizes if s.size), default=0.0)
        for name, g in wanted["gradient"].items():
            close(answer["gradient"][name], g, 0.1 * largest)

    return check


def close(found: Any, wanted: Any, scale: float = 0.0) -> None:
    a, b = numbers_of(found), np.asarray(wanted, dtype=np.float64)
    assert a.shape == b.shape
    finite = np.isfinite(a) & np.isfinite(b)
    assert (finite | (a == b) | (np.isnan(a) & np.isnan(b))).all(), (a, b)
    error = np.abs(a[finite] - b[finite])
    assert (error <= 1e-12 * np.maximum(np.abs(b[finite]), scale) + 1e-300).all(), (a, b)


def numbers_of(value: Any) -> Any:
    """JSON's numbers and nested lists, with its words for what is not finite, as an array."""
    if isinstance(value, list):
        return np.array([numbers_of(entry) for entry in value], dtype=np.float64)
    return np.float64(math.inf if value == "Infinity" else -math.inf if value == "-Infinity" else
                      math.nan if value == "NaN" else value)  # fmt: skip


@pytest.fixture(scope="session")
def descended_params(descended: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """The parameters after a descent of gradcli's own that takes all its steps."""

    def run(source: str, *values: str, **options: Any) -> dict[str, Any]:
        report = descended(source, *values, tol=0.0, **options)
        found: dict[str, Any] = report.summary["params"]
        return found

    return run
