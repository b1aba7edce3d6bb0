"""grad --symbolic: formulas as a lecturer writes them, which evaluate to the gradient."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcli.errors import ShapeError
from gradcli.graph.build import build
from gradcli.graph.reverse import gradient
from gradcli.language import parse, sample_names
from gradcli.question.question import Question, ask
from gradcli.report import emit
from gradcli.verbs.symbolic import symbolic

REFERENCE = re.compile(r"∂\w+/∂(\w+)")


def derivatives(source: str, *values: str, **options: str) -> dict[str, str]:
    """Node → formula, of the nodes that have one."""
    rows = symbolic(ask(source, values, **options)).rows
    return {row["node"]: row["derivative"] for row in rows if row["derivative"] is not None}


def recomputed(question: Question) -> Iterator[tuple[str, object, object]]:
    """Each node's gradient: by its formula, evaluated as a program that knows the other nodes, and
    by reverse mode. ∂e/∂NAME in a formula is what the formula of NAME gave."""
    rows = list(symbolic(question).rows)
    graph, output, cone = question.graph, question.model.output, question.cone()
    names = question.names(cone)
    nodes = {names[node]: node for node in cone}
    wanted = [node for node, row in zip(cone, rows) if row["derivative"] is not None]
    adjoints = gradient(graph, output, wanted)
    values = question.run(list(adjoints.values()))
    formulas = {node: row["derivative"] for node, row in zip(cone, rows)}
    for node in reversed(wanted):
        text = REFERENCE.sub(lambda match: f"adjoint_{match[1]}", formulas[node])
        model = build(parse(text), graph=graph, nodes=nodes)
        nodes[f"adjoint_{names[node]}"] = model.output
        found = question.run([model.output])[model.output]
        yield f"{names[node]}: {text}", found, values[adjoints[node]]


def agrees(question: Question, rtol: float = 1e-9, atol: float = 1e-12) -> None:
    """Every formula gives the number and the shape of the gradient."""
    for node, found, wanted in recomputed(question):
        assert np.shape(found) == np.shape(wanted), node
        np.testing.assert_allclose(found, wanted, rtol, atol, err_msg=node)


WORKED = [
    ("a b", "r = a+b; s = b+1; e = r*s", {"e": "1", "r": "s", "s": "r", "a": "s", "b": "s + r"}),
    ("a b", "(a+b)*(b+1)", {"v1": "b + 1", "v2": "a + b", "a": "b + 1", "b": "2 * b + 1 + a"}),
    ("x1 x2 x3", "x1^2*x2 + cos(x3)", {"x1": "2 * x2 * x1", "x2": "x1^2", "x3": "-sin(x3)"}),
    ("x", "f(u)=exp(u); g(v)=sin(v); h(x)=x^2; y=f(g(h(x)))", {"x": "2 * y * cos(x^2) * x"}),
    ("a b c", "d = 2*b; e = a+d; L = c*e", {"e": "c", "d": "c", "b": "2 * c", "c": "e"}),
    (
        "x y z", "a = x+y; b = max(y, z); f = a*b",
        {"a": "b", "b": "a", "x": "b", "z": "a * ((z > y) + (z == y) / 2)"},
    ),
    ("x", "x^3", {"x": "3 * x^2"}),
    ("x", "y = x^2; z = 3*y", {"x": "6 * x", "y": "3"}),
    ("human", "cheetah = 2*lion; lion = 2*bear; bear = 1.5*human", {"human": "6", "bear": "4"}),
    ("z", "h = sigmoid(z); h", {"z": "h * (1 - h)"}),
    ("z", "sigmoid(z)", {"z": "sigmoid(z) * (1 - sigmoid(z))"}),
    ("z", "h = tanh(z)", {"z": "1 - h^2"}),
    ("z", "relu(z)", {"z": "z > 0"}),
    ("y z", "C = (y - o)^2; o = sigmoid(z)",
     {"o": "2 * (o - y)", "z": "2 * (o - y) * o * (1 - o)"}),
    ("a b x y", "f = (a-x)^2 + b*(y-x^2)^2", {"y": "2 * b * (y - x^2)", "b": "(y - x^2)^2"}),
    ("y p", "y*log(p) + (1-y)*log(1-p)", {"p": "(y - p) / (p * (1 - p))"}),
    ("x", "3 - sin(2*x)/x", {"x": "sin(2 * x) / x^2 - 2 * cos(2 * x) / x"}),
    ("x y", "sqrt(x^2 + y^2)", {"x": "x / sqrt(x^2 + y^2)"}),
    ("x", "where(x > 0, log(x), 0)", {"x": "where(x > 0, 1 / x, 0)"}),
    ("r", "2*pi*r", {"r": "2 * pi"}),
    ("x", "exp(x)/(1 + exp(x))", {"x": "sigmoid(x) * (1 - sigmoid(x))"}),
    ("x y", "exp(x*y)/(1 + exp(x*y))", {"x": "sigmoid(x * y) * (1 - sigmoid(x * y)) * y"}),
    ("x", "x*exp(x)/(1 + exp(x))", {"x": "sigmoid(x) * (x - x * sigmoid(x) + 1)"}),
    ("x", "exp(x)*sigmoid(-x)", {"x": "(1 - sigmoid(x)) * sigmoid(x)"}),
    ("x", "exp(x)*(1 - sigmoid(x))", {"x": "sigmoid(x) * (1 - sigmoid(x))"}),
]  # fmt: skip


@pytest.mark.parametrize(("variables", "source", "wanted"), WORKED)
def test_the_lectures_answers(variables: str, source: str, wanted: dict[str, str]) -> None:
    found = derivatives(source, *(f"{name}=0.7" for name in variables.split()))
    assert {node: found[node] for node in wanted} == wanted


VECTORS = {
    "u": "u=[1,2]", "W": "W=[[1,2,3],[4,5,6]]", "x": "x=[0.1,0.2,0.3]", "b": "b=[0.1,0.2]",
    "y": "y=[1,0,2]", "w": "w=[0.3,-0.2,0.5]", "X": "X=[[1,2,3],[4,5,6.5],[7,8,9],[1,0,1]]",
    "t": "t=[0,1,0,1]", "k": "k=0.5",
}  # fmt: skip

ARRAYS = [
    (
        "u W x b", "s = u@h; h = tanh(z); z = W@x+b",
        {
            "h": "u", "b": "u * (1 - h^2)", "u": "h", "W": "outer(u * (1 - h^2), x)",
            "x": "W.T @ (u * (1 - h^2))",
        },
    ),
    ("u W x b", "s = sum(u * sigmoid(W@x + b))", {"u": "sigmoid(W @ x + b)"}),
    (
        "k x y", "mean((k*x - y)^2)",
        {"k": "2 * ((k * x - y) @ x) / 3", "y": "2 * (y - k * x) / 3"},
    ),
    ("x y", "mse(x, y)", {"x": "2 * (x - y) / 3"}),
    ("X W t", "Z = X@W.T; mean(cross_entropy(Z, t))", {"Z": "(softmax(Z) - onehot(t, 2)) / 4"}),
    ("X W", "sum(X@W.T)", {"W": "outer(ones(2), sum(X, axis=0))"}),
    ("X w", "z = X@w; L = sum(log_sigmoid(-z))", {"w": "-(X.T @ sigmoid(z))"}),
    ("x", "sum(x) + x[1]", {"x": "1 + onehot(1, 3)"}),
    ("x", "max(x)", {"x": "(x == max(x)) / sum(x == max(x))"}),
    ("x k", "sum(k + x)", {"k": "3", "x": "ones(3)"}),
]  # fmt: skip


@pytest.mark.parametrize(("variables", "source", "wanted"), ARRAYS)
def test_arrays_are_written_in_the_language(
    variables: str, source: str, wanted: dict[str, str]
) -> None:
    question = ask(source, [VECTORS[name] for name in variables.split()])
    found = {row["node"]: row["derivative"] for row in symbolic(question).rows}
    assert {node: found[node] for node in wanted} == wanted
    agrees(question)


def _scalar_samples() -> list[str]:
    """The samples that need nothing more and have a scalar output."""
    found = []
    for name in sample_names():
        question = ask(name)
        if not question.graph.shapes[question.model.output]:
            found.append(name)
    return found


@pytest.mark.parametrize("name", _scalar_samples())
def test_the_formulas_of_every_sample_give_its_gradient(name: str) -> None:
    agrees(ask(name))


UNARY = [
    "exp({})", "sin({})", "cos({})", "tanh({})", "sigmoid({})", "relu({})", "abs({})", "-{}",
    "({})^2", "({})^3", "softplus({})", "log(1 + ({})^2)", "sqrt(0.1 + ({})^2)", "square({})",
    "1/(0.5 + ({})^2)", "2^({})", "leaky_relu({})", "cbrt({})", "erf({})", "step({})", "({})^-2",
    "reciprocal({})", "gelu({})", "2*({})", "0.3*({})", "({})/3", "stop_gradient({})", "silu({})",
]  # fmt: skip
BINARY = [
    "({}) + ({})", "({}) - ({})", "({})*({})", "({})/({})", "max({}, {})", "min({}, {})",
    "where({} > 0, {}, 1)", "where({} < 0, 0, log({}))", "hypot({}, {})", "atan2({}, {})",
    "clip({}, -0.5, {})", "({} > {})*y", "(0.2 + ({})^2)^({})", "hinge({}, {})", "huber({}, {})",
    "({})*({}) - x*y", "-({}) - -({})", "mod({}, {})",
]  # fmt: skip


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A chain of statements over x, y and those before, some of them named by the user."""
    known = ["x", "y", "x", "1.5", "0.25"]
    lines = []
    for place in range(draw(st.integers(1, 7))):
        form = draw(st.sampled_from(UNARY + BINARY))
        parts = [draw(st.sampled_from(known[-6:])) for _ in range(form.count("{}"))]
        text = form.format(*parts)
        if draw(st.booleans()):
            lines.append(f"n{place} = {text}")
            known.append(f"n{place}")
        else:
            known.append(f"({text})")
    return "; ".join([*lines, f"e = {known[-1]} + 0.5*({known[-2]})"])


@settings(max_examples=300, deadline=None)
@given(programs(), st.sampled_from([-1.3, -0.4, 0.7, 2.1]), st.sampled_from([-0.8, 0.6, 1.9]))
def test_the_formulas_of_generated_programs_give_the_gradient(
    source: str, x: float, y: float
) -> None:
    used = set(re.findall(r"\b[xy]\b", source))
    question = ask(
        source, [f"{name}={value}" for name, value in (("x", x), ("y", y)) if name in used]
    )
    for node, found, wanted in recomputed(question):
        assert isinstance(wanted, float)
        assert isinstance(found, float)
        if math.isfinite(wanted) and abs(wanted) < 1e100:
            assert math.isclose(found, wanted, rel_tol=1e-7, abs_tol=1e-9), node


EVERY_ARRAY_OP = [
    "sum(x*y)", "sum(X, axis=0) @ x", "sum(X, axis=1, keepdims=1)[2, 0]", "mean(X, axis=1) @ q",
    "prod(x)", "prod(X, axis=0) @ x", "max(X, axis=1) @ q", "min(x)*k", "var(x)", "std(X)",
    "std(X, axis=0) @ w", "norm(x - w)", "norm(X, axis=1) @ q", "logsumexp(X, axis=0) @ x",
    "softmax(X) @ x @ q", "sum(softmax(X, axis=0)^2)", "sum(log_softmax(X)*X)", "q @ X @ x",
    "x @ w", "sum(X @ X.T @ X)", "sum(outer(x, w)*W3)", "trace(W3)*k", "diag(x) @ w @ x",
    "sum(diag(W3))", "det(W3)", "sum(inv(W3) @ x)", "solve(W3, x) @ w", "sum(solve(W3, W3.T)^2)",
    "logdet(W3 @ W3.T)", "sum(reshape(X, 3, 4)^2)", "flatten(X) @ repeat(q, 3)",
    "sum(concat(x, w)^2)", "sum(stack(x, w, axis=1)^2)", "[x[0], k, 2*k] @ x", "sum(X[1:3, ::2]^2)",
    "X[[0, 2, 0]][1] @ x", "sum(X[-1] * x)", "repeat(x, 2) @ concat(w, x)",
    "sum(transpose(X) * 2 * X.T)", "full(3, k) @ x", "sum(cross_entropy(X, [0, 1, 2, 1])*q)",
    "cross_entropy(x, softmax(w))", "nll(log_softmax(X), [0, 1, 2, 1]) @ q", "mse(X, x)",
    "kl(softmax(x), softmax(w))", "sum(bce(sigmoid(x), sigmoid(w)))", "sum(x*where(x > w, x, w)*k)",
    "sum(max(X, w))", "mean(relu(X @ x))", "sum((X - mean(X, axis=0))^2)", "sum(x/(k + w^2))",
    "argmax(x)*k + count(x)*k", "sum(abs(X) * stop_gradient(X))", "sum(expand(x, 4, 3) * X)",
    "sum(sum_to(X, 1, 3)^2)", "sum(scatter(2*x[0:2], w[1:3]) * w)", "sum(eye(3) @ x * k)",
    "sum(cofactor(W3)*W3.T)", "mean(X*k) - mean(X)/k", "sum(x^k)", "sum(k^x)", "sum(hypot(x, w))",
    "cumsum(x) @ w", "cumsum(X, axis=1) @ x @ q", "mae(x, w)", "sum(logaddexp(x, w)*k)",
    "sum(xlogy(w^2, y + 1))", "sum(selu(X) + softsign(X)*mish(X))", "sum(rsqrt(y + k))",
    "repeat(k/2, 3) @ (x*w)", "sum(W3 @ repeat(2*k, 3))", "x @ repeat(3, 3)",
    "diag(repeat(k, 3)) @ x @ w", "sum(inv(W3) @ repeat(3, 3))",
    "(repeat(k^2, 2) * repeat(3*k, 2)) @ x[:2]",
]  # fmt: skip
OPERANDS = {
    "x": "x=[0.3,-0.7,1.2]", "y": "y=[1,0,2]", "w": "w=[0.3,-0.2,0.5]", "k": "k=0.5",
    "q": "q=[1,-1,0.5,2]", "X": "X=[[1,2,3],[4,-5,6.5],[7,8,-9],[1,0,1]]",
    "W3": "W3=[[2,0.3,-1],[0.4,1.5,0.2],[-0.6,0.1,3]]",
}  # fmt: skip


@pytest.mark.parametrize("source", EVERY_ARRAY_OP)
def test_formulas_of_arrays_give_the_gradient(source: str) -> None:
    values = [text for name, text in OPERANDS.items() if re.search(rf"\b{name}\b", source)]
    if "x^k" in source:
        values[0] = "x=[0.3,0.7,1.2]"
    agrees(ask(source, values), rtol=1e-8)
    # the same with a name for each of the operands' squares, which no formula may look into
    agrees(ask(f"m = 2*({source}); e = m^2", values), rtol=1e-8)


def test_a_gradient_that_nothing_reaches_is_zero() -> None:
    question = ask("argmax(x) + stop_gradient(k)*2", ["x=[1,3,2]", "k=2"])
    found = {row["node"]: row["derivative"] for row in symbolic(question).rows}
    assert (found["x"], found["k"]) == ("zeros(3)", "0")


def test_consts_and_literals_have_no_derivative_unless_wrt_names_them() -> None:
    assert derivatives("const c = 3; c*x", "x=2") == {"x": "c", "e": "1"}
    assert derivatives("const c = 3; c*x", "x=2", wrt="c") == {"c": "x", "x": "c", "e": "1"}


def test_a_long_derivative_refers_to_those_of_the_nodes_above() -> None:
    source = "; ".join(f"a{i + 1} = a{i}*sin(a{i})" for i in range(40))
    found = derivatives(source, "a0=0.9")
    assert max(map(len, found.values())) <= 500
    assert found["a39"] == "a39 * cos(a39) + sin(a39)"
    references = {node: REFERENCE.findall(text) for node, text in found.items()}
    assert references["a39"] == references["a38"] == []
    assert all(references[f"a{i}"] for i in range(20))
    agrees(ask(source, ["a0=0.9"]))


def test_derivatives_grow_no_faster_than_the_program() -> None:
    found = derivatives("f(u) = u*u + u; y = " + "f(" * 60 + "x" + ")" * 60, "x=0")
    assert max(map(len, found.values())) <= 500


def test_twenty_thousand_nested_calls() -> None:
    depth = 20_000
    question = ask("sin(" * depth + "x" + ")" * depth, ["x=0.5"])
    rows = list(symbolic(question).rows)
    assert len(rows) == depth + 1
    assert max(len(row["derivative"]) for row in rows) <= 500
    assert rows[0]["derivative"].endswith(" * cos(sin(x)) * cos(x)")


def test_a_node_of_many_consumers_has_a_formula_of_as_many_terms() -> None:
    source = " + ".join(f"x*y{i}" for i in range(2_000))
    found = derivatives(source, "x=1", *(f"y{i}={i}" for i in range(2_000)))
    assert found["x"].count(" + ") == 1_999
    assert found["x"].startswith("y0 + y1 + y2")


def test_an_array_has_no_gradient() -> None:
    with pytest.raises(ShapeError) as caught:
        symbolic(ask("y = 2*x", ["x=[1,2]"]))
    assert str(caught.value) == (
        "y has shape (2,), a gradient is that of one number\n"
        "hint: add --jacobian, or differentiate sum(y)"
    )


def test_the_report_is_that_of_grad_with_a_column_more() -> None:
    report = symbolic(ask("r = a+b; s = b+1; e = r*s", ["a=2", "b=1"]))
    assert report.columns[-2:] == ["grad", "derivative"]
    assert report.summary == {"output": "e", "value": 6.0, "gradient": {"a": 2.0, "b": 5.0}}


@pytest.mark.parametrize(
    ("format", "lines"),
    [
        ("md", ["| `b` | variable | `b` |  |  | 1 | 5 | `s + r` |"]),
        (
            "latex",
            [r"$b$ & variable & $b$ &  &  & $1$ & $5$ & $s + r$ \\"],
        ),
        ("tsv", ["b\tvariable\tb\t[]\t[]\t1.0\t5.0\ts + r"]),
    ],
)
def test_formats(format: str, lines: list[str]) -> None:
    stream = io.StringIO()
    report = symbolic(ask("r = a+b; s = b+1; e = r*s", ["a=2", "b=1"]))
    emit(report, format=format, stream=stream)
    assert set(lines) <= set(stream.getvalue().splitlines()), stream.getvalue()
