"""The op table: every name that a user of NumPy or PyTorch would try first is there."""

from __future__ import annotations

from typing import Any

import pytest

from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Op
from gradcli.graph.ops.table import ALIASES, find, function_names

WANTED = """
    abs sign sqrt cbrt square exp expm1 log log1p log2 log10 sin cos tan asin acos atan sinh cosh
    tanh asinh acosh atanh erf erfc exp2 gamma lgamma digamma polygamma floor ceil round atan2 hypot
    min max mod clip where
    sigmoid log_sigmoid tanh relu leaky_relu prelu elu softplus silu swish gelu gelu_sigmoid glu
    swiglu step
    sum mean prod max min var std norm logsumexp argmax count
    dot outer transpose trace diag det inv solve logdet
    reshape flatten concat stack repeat zeros ones eye full linspace arange onehot
    randn uniform randint
    softmax log_softmax cross_entropy bce bce_with_logits mse squared_error nll kl hinge huber
    stop_gradient
"""

SAME = {
    "abs": "absolute fabs", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "atan2": "arctan2", "log": "ln",
    "lgamma": "gammaln loggamma", "digamma": "psi", "mod": "remainder", "clip": "clamp",
    "pow": "power", "sigmoid": "logistic expit", "log_sigmoid": "logsigmoid", "round": "rint",
    "sign": "sgn", "trunc": "fix", "max": "amax", "min": "amin", "mean": "average",
    "matmul": "dot mm mv", "inv": "inverse", "trace": "tr", "transpose": "permute",
    "concat": "concatenate cat", "flatten": "ravel", "onehot": "one_hot", "eye": "identity",
    "expand": "broadcast_to", "uniform": "rand", "stop_gradient": "detach", "mse": "mse_loss",
    "mae": "l1_loss", "huber": "huber_loss", "log_softmax": "logsoftmax",
}  # fmt: skip


@pytest.mark.parametrize("name", WANTED.split())
def test_every_function_of_the_specification_is_there(name: str) -> None:
    assert find(name) is not None


@pytest.mark.parametrize("name", SAME)
def test_aliases(name: str) -> None:
    for alias in SAME[name].split():
        assert find(alias) is TABLE[name]
    assert set(TABLE[name].aliases) <= set(SAME[name].split())


def test_every_alias_is_listed_here() -> None:
    assert set(ALIASES) == {alias for names in SAME.values() for alias in names.split()}


def test_every_name_means_one_op() -> None:
    names = [*TABLE, *(alias for op in TABLE.values() for alias in op.aliases)]
    assert sorted(names) == sorted(set(names))
    assert all(op.name == name for name, op in TABLE.items())
    callable_names = {name for name in names if find(name) is not None}
    assert function_names() == sorted(callable_names)


def test_what_only_the_sweep_writes_otherwise_cannot_be_called() -> None:
    assert [op.name for op in TABLE.values() if op.hidden] == ["gate", "index"]
    assert find("gate") is find("index") is find("no_such_function") is None


@pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: op.name)
def test_every_entry_is_whole(op: Op) -> None:
    """A doc line for the function table, a domain an argument, a rule for each that has one."""
    nodes = [p for p in op.parameters if p.name not in op.static]
    variadic = any(p.variadic for p in nodes)
    if not op.hidden and op.group != "operator":
        assert op.doc
        assert op.doc[-1] != "."
    assert op.group
    assert not (op.local and op.vjp)
    assert op.random or len(op.value) > 0
    assert len(op.domain) in ({0} if not nodes else {len(nodes), 2 * variadic, 1}) or not op.domain
    for rules in (op.local, op.vjp, op.mask):
        if isinstance(rules, tuple) and rules:
            assert len(rules) == len(nodes), rules
        elif not isinstance(rules, tuple):
            assert variadic
    assert all(low <= high for low, high in op.domain)
    assert set(op.static) >= {p.name for p in op.parameters} - {p.name for p in nodes}


CALLS: list[tuple[str, Any]] = [
    ("max(1, 2)", 2.0),
    ("max([1, 2])", 2.0),
    ("maximum(1, 2, 3)", 3.0),
    ("minimum(1, 2)", 1.0),
    ("max([1, 2], axis=0)", 2.0),
    ("min([[1, 2], [3, 0]], axis=1)", [1.0, 0.0]),
    ("sum([[1, 2], [3, 4]], 0)", [4.0, 6.0]),
    ("sum([[1, 2], [3, 4]], -1, 1)", [[3.0], [7.0]]),
    ("mean(x=[1, 2, 3])", 2.0),
    ("clip(5, lo=0, hi=1)", 1.0),
    ("clip(lo=0, x=5, hi=1)", 1.0),
    ("leaky_relu(-2)", -0.02),
    ("leaky_relu(-2, 0.5)", -1.0),
    ("leaky_relu(-2, slope=0.5)", -1.0),
    ("elu(-1, alpha=0)", 0.0),
    ("step(1, threshold=2)", 0.0),
    ("swish(0, beta=3)", 0.0),
    ("huber(3, 0, delta=2)", 4.0),
    ("std([1, 3])", 1.0),
    ("var([[1, 3], [2, 2]], axis=1)", [1, 0]),
    ("dot(2, [1, 2])", [2.0, 4.0]),
    ("dot([1, 2], 3)", [3.0, 6.0]),
    ("dot([1, 2], [3, 4])", 11.0),
    ("2 · 3", 6.0),
    ("[1, 2] · [3, 4]", 11.0),
    ("[[1, 2]] · [3, 4]", [11.0]),
    ("concat([1, 2], [3])", [1, 2, 3]),
    ("concat([[1], [2]])", [1.0, 2.0]),
    ("concat([[[1, 2]], [[3, 4]]])", [[1, 2], [3, 4]]),
    ("stack([1, 2])", [1, 2]),
    ("stack([1, 2], [3, 4], axis=1)", [[1, 3], [2, 4]]),
    ("reshape([1, 2, 3, 4], 2, 2)", [[1, 2], [3, 4]]),
    ("reshape([1, 2, 3, 4], [2, -1])", [[1, 2], [3, 4]]),
    ("zeros(2)", [0, 0]),
    ("ones([1, 2])", [[1, 1]]),
    ("full([2], 7)", [7, 7]),
    ("full(2, 7)", [7, 7]),
    ("eye(2)", [[1, 0], [0, 1]]),
    ("arange(3)", [0, 1, 2]),
    ("arange(1, 3)", [1, 2]),
    ("arange(0, 1, step=0.5)", [0, 0.5]),
    ("arange(1, -1, -1)", [1, 0]),
    ("linspace(0, 1, 3)", [0, 0.5, 1]),
    ("linspace(0, 1, n=2)", [0, 1]),
    ("linspace(5, 7, 1)", [5]),
    ("repeat([1, 2], 2)", [1, 1, 2, 2]),
    ("repeat([1, 2], n=1, axis=0)", [1, 2]),
    ("onehot([1, 0], 2)", [[0, 1], [1, 0]]),
    ("onehot(1, n=2)", [0, 1]),
    ("argmax([1, 3, 3])", 1.0),
    ("argmin([[2, 1], [0, 5]], axis=0)", [1, 0]),
    ("count([[1, 2], [3, 4]])", 4.0),
    ("count([[1, 2, 3]], axis=0)", [1, 1, 1]),
    ("count_nonzero([1, 0, 2])", 2.0),
    ("trace([[1, 2], [3, 4]])", 5.0),
    ("transpose([[1, 2], [3, 4]])", [[1, 3], [2, 4]]),
    ("permute([[1, 2]], 1, 0)", [[1], [2]]),
    ("transpose([[1, 2]], [1, 0])", [[1], [2]]),
    ("[[1, 2]].T", [[1], [2]]),
    ("diag([1, 2])", [[1, 0], [0, 2]]),
    ("solve([[2, 0], [0, 4]], [2, 4])", [1, 1]),
    ("softmax([0, 0])", [0.5, 0.5]),
    ("softmax([[0, 0], [0, 0]], axis=0)", [[0.5, 0.5], [0.5, 0.5]]),
    ("√16 + σ(0)", 4.5),
    ("add(1, 2)", 3.0),
    ("nll([-1, -2], 1)", 2.0),
    ("mse([1, 2], [1, 4])", 2.0),
    ("mae([1, 2], 0)", 1.5),
    ("logaddexp(0, 0) - log(2)", 0.0),
    ("xlogy(0, 0)", 0.0),
    ("cumsum([1, 2, 3])", [1, 3, 6]),
    ("cumsum([[1, 2], [3, 4]], axis=0)", [[1, 2], [4, 6]]),
    ("cumsum([[1, 2], [3, 4]])", [1, 3, 6, 10]),
    ("pow(2, 3)", 8.0),
    ("power(2, 3)", 8.0),
    ("trunc(-1.5)", -1.0),
    ("rsqrt(4)", 0.5),
    ("norm([3, 4])", 5.0),
    ("norm([[3, 4], [0, 0]], axis=1)", [5.0, 0.0]),
    ("hypot(3, 4)", 5.0),
]


@pytest.mark.parametrize(("text", "want"), CALLS)
def test_calls(text: str, want: Any, bench: Any) -> None:
    got = bench.value(text)
    shown = got if isinstance(got, float) else got.tolist()
    assert shown == want
