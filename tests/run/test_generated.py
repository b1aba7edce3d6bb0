"""Programs from a grammar over every op: all ways of running them agree, and with JAX's own work.

A program is a handful of statements over names of several shapes, each an op or an operator of
names before it. Its value and gradient by the interpreter are held against compiled code, batches,
blocks of rows, the JAX engine, a difference quotient, and an oracle that shares nothing with
gradcli: the text read by Python's own parser over functions of `jax.numpy`, differentiated by
`jax.grad`. THOROUGH=10 in the environment makes ten times as many.
"""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.formulas.show import expression, labels
from gradcli.graph.graph import INPUT, LITERAL
from gradcli.graph.node import TABLE
from gradcli.graph.ops.table import find
from gradcli.graph.reverse import gradient
from gradcli.language import parse
from gradcli.run.batch import Batch
from gradcli.run.blocks import Blocks, block_rows, sizes_of
from gradcli.run.compiled.compile import compile_graph
from gradcli.run.interpret import interpret
from gradcli.run.jax.devices import compiled, float64

PROGRAMS = 60 * int(os.environ.get("THOROUGH", "1"))
ROWS = 7
LARGEST = 1e4
"""Where a value is larger, round-off may decide about all digits of what follows."""

Shape = tuple[int, ...]
NAMES: dict[str, Shape] = {
    "a": (), "b": (), "u": (3,), "v": (3,), "M": (2, 3), "N": (3, 2), "S": (3, 3), "T": (2, 3, 2),
    "x": (ROWS,), "y": (ROWS,), "X": (ROWS, 3),
}  # fmt: skip
DATA = ("x", "y", "X")
BROADCAST = [
    (s, s) for s in set(NAMES.values())] + [
    ((2, 3), (3,)), ((3,), (2, 3)), ((3, 3), (3,)), ((ROWS, 3), (3,)), ((2, 3, 2), (3, 2)),
    *(((), s) for s in set(NAMES.values())), *((s, ()) for s in set(NAMES.values())),
]  # fmt: skip
OFFSETS = ("0.137", "0.291", "-0.413", "1e-2")
"""Taken from each argument, so that none lies on a kink by construction."""

POINTWISE = [
    op for op in TABLE.values()
    if op.pointwise and not op.hidden and op.group != "operator" and op.name != "polygamma"
]  # fmt: skip
OPERATORS = ["{} + {}", "{} - {}", "{}*{}", "{}/(2.9 + sin({}))", "(1.6 + sin({}))^{}", "-{}*+{}",
             "({} < {})*1.5", "({} <= {}) + 1", "({} > {}) - 0.5", "2*({} >= {})", "({} == {})",
             "({} != {})"]  # fmt: skip

FORMS: list[tuple[str, tuple[Shape, ...], Shape]] = [
    ("polygamma(2, 1.5 + cos({}))", ((3,),), (3,)),
    ("max({}, {}, {})", ((2, 3), (3,), ()), (2, 3)),
    ("min({}, {}, {})", ((), (3,), (3,)), (3,)),
    ("where({} > {}, {}, {})", ((3,), (), (2, 3), (3,)), (2, 3)),
    *((f"{name}({{}}{rest})", ((2, 3),), shape)
      for name in ("sum", "mean", "prod", "max", "min", "var", "std", "norm", "logsumexp", "count",
                   "count_nonzero")
      for rest, shape in (("", ()), (", axis=0", (3,)), (", axis=1, keepdims=1", (2, 1)))),
    ("sum({}, axis=-1)", ((ROWS, 3),), (ROWS,)), ("max({}, axis=1)", ((ROWS, 3),), (ROWS,)),
    ("norm({}, axis=1)", ((ROWS, 3),), (ROWS,)), ("mean({}, axis=0)", ((ROWS, 3),), (3,)),
    ("mean({})", ((ROWS,),), ()), ("sum({})", ((ROWS,),), ()), ("mean({}, axis=1)",
     ((2, 3, 2),), (2, 2)), ("{}*{}", ((2, 1), (2, 3)), (2, 3)), ("{} - {}", ((2, 2), ()), (2, 2)),
    ("cumsum({})", ((3,),), (3,)), ("cumsum({}, axis=1)", ((2, 3),), (2, 3)),
    ("{}[argmax({})]", ((3,), (3,)), ()), ("{}[argmin({}, axis=0)[:2]]", ((3,), (2, 3)), (2,)),
    ("sum({}, axis=0)", ((2, 2),), (2,)), ("{}@{}", ((2,), (2, 3)), (3,)),
    ("classes(floor({}))*{}", ((ROWS,), ()), ()),
    ("{}@{}", ((3,), (3,)), ()), ("{}@{}", ((2, 3), (3,)), (2,)),
    ("{}@{}", ((2, 3), (3, 2)), (2, 2)),
    ("{}@{}", ((ROWS, 3), (3, 3)), (ROWS, 3)), ("{}@{}", ((ROWS, 3), (3,)), (ROWS,)),
    ("{}@{}", ((3,), (3, 2)), (2,)), ("{}·{}", ((3, 3), (3,)), (3,)), ("{}·{}", ((), (3,)), (3,)),
    ("outer({}, {})", ((3,), (3,)), (3, 3)), ("trace({})", ((3, 3),), ()),
    ("diag({})", ((3, 3),), (3,)), ("diag({})", ((3,),), (3, 3)),
    ("det(tanh({}) + 3*eye(3))", ((3, 3),), ()), ("inv(tanh({}) + 4*eye(3))", ((3, 3),), (3, 3)),
    ("solve(tanh({}) + 4*eye(3), {})", ((3, 3), (3,)), (3,)),
    ("solve(tanh({}) + 4*eye(3), {})", ((3, 3), (3, 2)), (3, 2)),
    ("logdet(tanh({}) + 4*eye(3))", ((3, 3),), ()),
    ("reshape({}, 3, 2)", ((2, 3),), (3, 2)), ("flatten({})[1:4]", ((2, 3),), (3,)),
    ("concat({}, {})[1:4]", ((3,), (2,)), (3,)), ("concat({}, {}, axis=1)[:, 1:4]",
     ((2, 3), (2, 2)), (2, 3)), ("stack({}, {})", ((3,), (3,)), (2, 3)),
    ("stack({}, {}, axis=1)", ((3,), (3,)), (3, 2)), ("stack({}, {}, axis=1)@[0.7, {}]",
     ((ROWS,), (ROWS,), ()), (ROWS,)), ("repeat({}, 2)[1:4]", ((3,),), (3,)),
    ("repeat({}, 2, axis=1)[:, ::2]", ((2, 3),), (2, 3)), ("{}.T", ((2, 3),), (3, 2)),
    ("transpose({}, 2, 0, 1)[0]", ((2, 3, 2),), (2, 3)), ("{}[1, ::-1]", ((2, 3),), (3,)),
    ("{}[:, [0, 2, 0]]", ((2, 3),), (2, 3)), ("{}[-1]*{}", ((3,), ()), ()),
    ("{}[[0, 1], [2, 0]]", ((2, 3),), (2,)), ("{}[:, 0]", ((ROWS, 3),), (ROWS,)),
    ("{}[1, :, 0]", ((2, 3, 2),), (3,)), ("[{}, 0.4, {}]", ((), ()), (3,)),
    ("[[{}, 1, {}], [{}, -2, .5]]", ((), (), ()), (2, 3)), ("[{}, {}]", ((3,), (3,)), (2, 3)),
    ("expand({}, 2, 3)", ((3,),), (2, 3)), ("sum_to({}, 3)", ((2, 3),), (3,)),
    ("full([2, 3], {})", ((),), (2, 3)), ("ones(3)*{} + zeros(3)", ((3,),), (3,)),
    ("arange(3)*{} + linspace(0, 1, 3)", ((3,),), (3,)), ("onehot([2, 0], 3)*{}", ((3,),), (2, 3)),
    ("softmax({})", ((3,),), (3,)), ("softmax({}, axis=0)", ((2, 3),), (2, 3)),
    ("log_softmax({})", ((ROWS, 3),), (ROWS, 3)), ("log_softmax({}, axis=0)", ((2, 3),), (2, 3)),
    ("cross_entropy({}, [2, 0])", ((2, 3),), (2,)), ("cross_entropy({}, softmax({}))",
     ((ROWS, 3), (ROWS, 3)), (ROWS,)), ("cross_entropy({}, 1)", ((3,),), ()),
    ("nll(log_softmax({}), [2, 0])", ((2, 3),), (2,)), ("mse({}, {})", ((2, 3), (3,)), ()),
    ("mae({}, {})", ((3,), (3,)), ()), ("mse({}, {})", ((ROWS,), (ROWS,)), ()),
    ("kl(softmax({}), softmax({}))", ((2, 3), (3,)), (2,)),
    ("kl(softmax({}), softmax({}))", ((3,), (3,)), ()), ("f({}, {})", ((3,), ()), (3,)),
    ("f({}, {})", ((ROWS,), (ROWS,)), (ROWS,)), ("g'({})", ((2, 3),), (2, 3)),
    ("g({}) + g''({})", ((), ()), ()), ("h({}[0])", ((3,),), ()),
]  # fmt: skip
DEFINED = (
    "f(p, q) = tanh(p*q) - 0.3*sin(p)^2", "g(p) = exp(-p^2/2)*softplus(p)",
    "h(p) = f(g(p), p + 0.31)",
)  # fmt: skip


def argument(name: str, offset: str, low: float, high: float) -> str:
    """A name brought into an interval in which an op is smooth."""
    if (low, high) == (-2.5, 2.5):
        return f"({name} - {offset})"
    return f"({low} + {round(high - low, 3)}*sigmoid({name} + {offset}))"


def draw_operand(draw: Any, pool: list[tuple[str, Shape]], shape: Shape) -> str:
    fitting = [name for name, its in pool if its == shape]
    return draw(st.sampled_from(fitting[-4:]))


@st.composite
def programs(draw: Any, names: tuple[str, ...] = tuple(NAMES)) -> str:
    """The text of a program that makes a number of some of the `names`."""
    pool = [(name, NAMES[name]) for name in names]
    lines: list[str] = []
    for count in range(draw(st.integers(2, 7))):
        shapes = {shape for _, shape in pool}
        kind = draw(st.sampled_from(["pointwise", "pointwise", "operator", "form", "form"]))
        if kind == "pointwise":
            op = draw(st.sampled_from(POINTWISE))
            sides = draw(st.sampled_from([p for p in BROADCAST if shapes.issuperset(p)]))
            taken = [sides[i % 2] for i in range(len(op.domain))]
            offsets = [draw(st.sampled_from(OFFSETS)) for _ in taken]
            parts = [
                argument(draw_operand(draw, pool, shape), offset, *bounds)
                for shape, offset, bounds in zip(taken, offsets, op.domain)
            ]
            text, shape = f"{op.name}({', '.join(parts)})", np.broadcast_shapes(*taken)
        elif kind == "operator":
            sides = draw(st.sampled_from([p for p in BROADCAST if shapes.issuperset(p)]))
            parts = [f"({draw_operand(draw, pool, shape)} + {o})"
                     for shape, o in zip(sides, ("0.173", "0.319"))]  # fmt: skip
            text = draw(st.sampled_from(OPERATORS)).format(*parts)
            shape = np.broadcast_shapes(*sides)
        else:
            possible = [form for form in FORMS if shapes.issuperset(form[1])]
            template, needed, shape = draw(st.sampled_from(possible))
            parts = [draw_operand(draw, pool, each) for each in needed]
            text = template.format(*parts)
        name = f"n{count}"
        lines.append(f"{name} = {text}")
        pool.append((name, shape))
    made = [name for name, _ in pool[len(names) :]]
    means = [f"mean(sin({name})*0.9 + {name}*0.1)" for name in made[-2:]]
    lines.append(f"loss = {' + 0.7*'.join(means[::-1])}")
    lines += [
        line for line in DEFINED if re.search(rf"\b{line[0]}'*\(", "\n".join(lines) + "h(f(g(")
    ]
    return "\n".join(draw(st.permutations(lines)))


# The oracle: Python's parser, functions of jax.numpy, jax.grad.


def summed(x: Any, shape: Shape) -> Any:
    return jnp.sum(x, axis=tuple(range(x.ndim - len(shape))))


def reduced(function: Any) -> Any:
    return lambda x, axis=None, keepdims=0: function(x, axis=axis, keepdims=bool(keepdims))


def primed(function: Any) -> Any:
    """The derivative of an elementwise function of one argument."""
    return lambda x: jax.jvp(function, (x,), (jnp.ones_like(x),))[1]


def rows_of(logs: Any, target: Any) -> Any:
    target = jnp.asarray(target)
    if target.shape == logs.shape:
        return -jnp.sum(target * logs, axis=-1)
    return -jnp.take_along_axis(logs, target.astype(int)[..., None], axis=-1)[..., 0]


def weighed(x: Any, y: Any) -> Any:
    return x * y if not (jnp.ndim(x) and jnp.ndim(y)) else x @ y


log_softmax = jax.nn.log_softmax
JNP = (
    "abs sign sqrt cbrt square reciprocal exp expm1 exp2 log log1p log2 log10 sin cos tan sinh cosh"
    " tanh floor ceil trunc hypot logaddexp outer trace diag ones zeros eye arange cumsum argmax"
    " argmin mod"
)
INVERSE = "asin acos atan asinh acosh atanh"
ORACLE: dict[str, Any] = {
    **{name: getattr(jnp, name) for name in JNP.split()},
    **{name: getattr(jnp, f"arc{name[1:]}") for name in INVERSE.split()},
    "atan2": jnp.arctan2, "round": jnp.round, "rsqrt": jax.lax.rsqrt,
    **{name: getattr(jax.scipy.special, name) for name in
       ("erf", "erfc", "gamma", "digamma", "polygamma", "xlogy")},
    "lgamma": jax.scipy.special.gammaln,
    "clip": lambda x, lo, hi: jnp.minimum(jnp.maximum(x, lo), hi),
    "where": lambda c, a, b: jnp.where(c != 0, a, b),
    "maximum": lambda *xs: jax.tree.reduce(jnp.maximum, list(xs)),
    "minimum": lambda *xs: jax.tree.reduce(jnp.minimum, list(xs)),
    "stop_gradient": jax.lax.stop_gradient, "sigmoid": jax.nn.sigmoid,
    "log_sigmoid": jax.nn.log_sigmoid, "relu": jax.nn.relu, "selu": jax.nn.selu,
    "leaky_relu": lambda x, slope=0.01: jnp.where(x > 0, x, slope * x),
    "prelu": lambda x, a: jnp.where(x > 0, x, a * x),
    "elu": lambda x, alpha=1: jnp.where(x > 0, x, alpha * jnp.expm1(x)),
    "softplus": jax.nn.softplus, "softsign": jax.nn.soft_sign, "mish": jax.nn.mish,
    "silu": jax.nn.silu, "swish": lambda x, beta=1: x * jax.nn.sigmoid(beta * x),
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "gelu_sigmoid": lambda x: x * jax.nn.sigmoid(1.702 * x),
    "glu": lambda a, gate: a * jax.nn.sigmoid(gate),
    "swiglu": lambda a, gate, beta=1: a * gate * jax.nn.sigmoid(beta * gate),
    "step": lambda x, threshold=0: (x >= threshold) * 1.0,
    **{name: reduced(getattr(jnp, name)) for name in ("sum", "mean", "prod", "var", "std")},
    "norm": reduced(lambda x, axis, keepdims: jnp.sqrt(jnp.sum(x * x, axis, keepdims=keepdims))),
    "logsumexp": reduced(jax.scipy.special.logsumexp),
    "count": reduced(lambda x, axis, keepdims: jnp.sum(jnp.ones_like(x), axis, keepdims=keepdims)),
    "count_nonzero": reduced(lambda x, axis, keepdims: jnp.sum(1.0 * (x != 0), axis,
                                                               keepdims=keepdims)),
    "classes": lambda x: jnp.floor(jnp.max(x)) + 1, "det": jnp.linalg.det, "inv": jnp.linalg.inv,
    "solve": jnp.linalg.solve, "logdet": lambda a: jnp.linalg.slogdet(a)[1],
    "reshape": lambda x, *shape: jnp.reshape(x, shape), "flatten": jnp.ravel,
    "concat": lambda *xs, axis=0: jnp.concatenate(xs, axis),
    "stack": lambda *xs, axis=0: jnp.stack(xs, axis), "repeat": jnp.repeat,
    "transpose": lambda x, *axes: jnp.transpose(x, axes), "zeros": lambda *s: jnp.zeros(s),
    "ones": lambda *s: jnp.ones(s), "expand": lambda x, *shape: jnp.broadcast_to(x, shape),
    "sum_to": lambda x, *shape: summed(x, shape), "linspace": jnp.linspace,
    "full": lambda shape, x: jnp.full(tuple(int(n) for n in shape), x),
    "onehot": lambda ids, n: jax.nn.one_hot(jnp.asarray(ids).astype(int), n),
    "softmax": jax.nn.softmax, "log_softmax": log_softmax,
    "cross_entropy": lambda z, target: rows_of(log_softmax(z), target),
    "nll": rows_of, "bce": lambda p, y: -(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)),
    "bce_with_logits": lambda z, y: jax.nn.softplus(z) - y * z,
    "mse": lambda a, b: jnp.mean((a - b) ** 2), "mae": lambda a, b: jnp.mean(jnp.abs(a - b)),
    "squared_error": lambda a, b: (a - b) ** 2,
    "hinge": lambda s, t: jnp.maximum(0, 1 - s * t),
    "huber": lambda a, b, delta=1: jnp.where(
        jnp.abs(a - b) <= delta, 0.5 * (a - b) ** 2, delta * (jnp.abs(a - b) - 0.5 * delta)),
    "kl": lambda p, q: jnp.sum(p * (jnp.log(p) - jnp.log(q)), axis=-1),
    "listed": lambda *xs: jnp.stack([jnp.asarray(x, float) for x in jnp.broadcast_arrays(*xs)]),
    "compared": lambda found: found * 1.0, "primed": primed, "weighed": weighed,
}  # fmt: skip


def extreme(function: Any, several: Any) -> Any:
    """max and min: of one argument a reduction, of several elementwise."""

    def found(x: Any, *others: Any, axis: Any = None, keepdims: int = 0) -> Any:
        return several(x, *others) if others else function(x, axis, keepdims=bool(keepdims))

    return found


ORACLE["max"] = extreme(jnp.max, ORACLE["maximum"])
ORACLE["min"] = extreme(jnp.min, ORACLE["minimum"])


class _Python(ast.NodeTransformer):
    """What Python would read otherwise: lists, comparisons, places."""

    def visit_List(self, node: ast.List) -> ast.AST:
        return _call("listed", [self.visit(entry) for entry in node.elts])

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        return _call("compared", [node])

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        node.value = self.visit(node.value)
        for inner in ast.walk(node.slice):
            for field, value in ast.iter_fields(inner):
                if isinstance(value, ast.List):
                    setattr(inner, field, _call("places", value.elts))
        if isinstance(node.slice, ast.List):
            node.slice = _call("places", node.slice.elts)
        elif isinstance(node.slice, ast.Tuple):
            node.slice.elts = [
                _call("places", e.elts) if isinstance(e, ast.List) else e for e in node.slice.elts
            ]
        return node


def _call(name: str, args: list[Any]) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), args, [])


def _as_call(found: re.Match[str]) -> str:
    """`primed(primed(g))(` of `g\'\'(`."""
    return "primed(" * len(found[2]) + found[1] + ")" * len(found[2]) + "("


def oracle(text: str, values: dict[str, Any]) -> Any:
    """The loss by the text alone."""
    known = {**ORACLE, **values, "places": lambda *xs: jnp.array(xs)}
    functions, waiting = {}, {}
    for line in text.split("\n"):
        left, _, right = line.partition(" = ")
        right = re.sub(r"\b(\w)('+)\(", _as_call, right).replace("^", "**")
        right = re.sub(r"(\w+)·(\w+)", r"weighed(\1, \2)", right)
        tree = ast.fix_missing_locations(_Python().visit(ast.parse(right, mode="eval")))
        code = compile(tree, "<oracle>", "eval")
        if "(" in left:
            parameters = left[2:-1].split(", ")
            functions[left[0]] = (parameters, code)
        else:
            waiting[left] = (code, set(re.findall(r"\bn\d+\b", right)))
    for name, (parameters, code) in functions.items():
        known[name] = lambda *args, p=parameters, c=code: eval(c, known, dict(zip(p, args)))
    while waiting:
        ready = next(n for n, (_, needs) in waiting.items() if not needs & waiting.keys())
        known[ready] = eval(waiting.pop(ready)[0], known)
    return known["loss"]


# What is compared.


@dataclass
class Case:
    """A program with its values, and the loss and gradient by the interpreter."""

    text: str
    model: Built
    outputs: list[int]
    values: dict[str, Any]

    @property
    def inputs(self) -> list[int]:
        return list(self.model.inputs.values())

    def given(self, values: dict[str, Any] | None = None) -> list[Any]:
        return [(values or self.values)[name] for name in self.model.inputs]

    def interpreted(self, values: dict[str, Any] | None = None) -> list[Any]:
        found = interpret(
            self.model.graph, self.outputs, dict(zip(self.inputs, self.given(values)))
        )
        return [found[node] for node in self.outputs]


def drawn(seed: int) -> dict[str, Any]:
    numbers = np.random.default_rng(seed)
    return {
        name: numbers.uniform(-1.3, 1.3, shape) if shape else float(numbers.uniform(-1.3, 1.3))
        for name, shape in NAMES.items()
    }


def case_of(text: str, seed: int) -> Case:
    """The program, when it uses a name and all its values are of a moderate size."""
    values = drawn(seed)
    model = build(parse(text), values, of="loss")
    assume(model.inputs)
    outputs = [
        model.output,
        *gradient(model.graph, model.output, list(model.inputs.values())).values(),
    ]
    case = Case(text, model, outputs, values)
    cone = model.graph.cone(outputs)
    found = interpret(model.graph, cone, dict(zip(case.inputs, case.given())))
    assume(all(np.all(np.abs(value) < LARGEST) for value in found.values()))
    return case


def agree(found: Any, expected: Any, rtol: float, text: str) -> None:
    """All numbers agree, measured by the largest of them."""
    scale = max(1.0, *(float(np.max(np.abs(e), initial=0.0)) for e in expected))
    for one, other in zip(found, expected, strict=True):
        assert np.shape(one) == np.shape(other), text
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol * scale, err_msg=text)


generated = settings(
    max_examples=PROGRAMS, deadline=None, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
seeds = st.integers(0, 2**32 - 1)


@generated
@given(programs(), seeds)
def test_compiled_code_batches_and_printed_text(text: str, seed: int) -> None:
    case = case_of(text, seed)
    graph, expected = case.model.graph, case.interpreted()
    for longest in (1000, 4):
        run = compile_graph(graph, case.outputs, case.inputs, longest=longest)
        agree(run(case.given()), expected, 1e-13, text)
    others = [case.values, drawn(seed + 1), drawn(seed + 2)]
    given = dict(zip(case.inputs, case.given()))
    batch = Batch(graph, case.outputs, case.inputs, given)
    moved = {n: np.stack([v[name] for v in others]) for name, n in case.model.inputs.items()}
    found = [value[0] for value in batch(moved)]
    agree(found, expected, 1e-11, text)
    printed_is_read_back(case)


def printed_is_read_back(case: Case) -> None:
    """Every node in terms of its inputs: read again it has the same values and the same text."""
    text = printed(case.model)
    again = build(parse(text), case.values)
    assert printed(again) == text
    found = interpret(
        again.graph, [again.output], {n: case.values[name] for name, n in again.inputs.items()}
    )
    agree([found[again.output]], case.interpreted()[:1], 0.0, text)


def printed(model: Built) -> str:
    graph = model.graph
    cone = graph.cone([model.output])
    names = labels(graph, cone)
    return "\n".join(
        f"{names[node]} = {expression(graph, node, names)}"
        for node in cone
        if graph.ops[node] not in (INPUT, LITERAL)
    )


@generated
@given(programs(), seeds, st.randoms(use_true_random=False))
def test_a_difference_quotient(text: str, seed: int, choose: Any) -> None:
    """Along a direction, by two steps; where these or the sides disagree there is a kink."""
    assume("stop_gradient" not in text)
    case = case_of(text, seed)
    numbers = np.random.default_rng(choose.randrange(2**32))
    ways = {n: numbers.normal(size=np.shape(case.values[n])) for n in case.model.inputs}
    value, *slopes = case.interpreted()
    slope = sum(float(np.sum(s * ways[n])) for s, n in zip(slopes, case.model.inputs))

    def at(step: float) -> float:
        moved = {n: case.values[n] + step * way for n, way in ways.items()}
        moved = {n: v if np.ndim(v) else float(v) for n, v in moved.items()}
        return float(case.interpreted(moved)[0])

    quotients = [(at(h) - at(-h)) / (2 * h) for h in (2e-4, 1e-4)]
    sides = [(at(h) - value) / h for h in (1e-4, -1e-4)]
    best = quotients[1] + (quotients[1] - quotients[0]) / 3
    scale = max(1.0, abs(best))
    assume(
        abs(quotients[1] - quotients[0]) < 1e-4 * scale and abs(sides[0] - sides[1]) < 0.02 * scale
    )
    assert slope == pytest.approx(best, rel=2e-5, abs=2e-5), text


@settings(generated, max_examples=max(1, PROGRAMS // 6))
@given(programs(), seeds)
def test_the_oracle(text: str, seed: int) -> None:
    case = case_of(text, seed)
    value, *slopes = case.interpreted()
    names = list(case.model.inputs)
    with float64():
        still = {name: jnp.asarray(each) for name, each in case.values.items()}
        differentiated = jax.value_and_grad(lambda given: oracle(text, {**still, **given}))
        found, grads = jax.jit(differentiated)({n: jnp.asarray(case.values[n]) for n in names})
        grads = [np.asarray(grads[name]) for name in names]
    assume(all(np.isfinite(g).all() for g in grads))
    agree([float(found), *grads], [value, *slopes], 1e-8, text)


@settings(generated, max_examples=max(1, PROGRAMS // 20))
@given(programs(), seeds)
def test_the_jax_engine(text: str, seed: int) -> None:
    case = case_of(text, seed)
    engine = compiled(case.model.graph, case.outputs, case.inputs)
    agree(engine(case.given()), case.interpreted(), 1e-9, text)


@generated
@given(programs(("a", "u", "S", "x", "y", "X")), seeds)
def test_blocks_of_rows(text: str, seed: int) -> None:
    case = case_of(text, seed)
    data = {node for name, node in case.model.inputs.items() if name in DATA}
    kind, _ = block_rows(case.model.graph, case.model.output, data)
    assume(kind in ("sum", "mean"))
    moving = [name for name in case.model.inputs if name not in DATA]
    whole = [case.interpreted()[0]] + [
        g for g, name in zip(case.interpreted()[1:], case.model.inputs) if name not in DATA
    ]

    def made(rows: int) -> Any:
        shapes = {name: (rows, *NAMES[name][1:]) for name in DATA}
        still = {name: v for name, v in case.values.items() if name not in DATA}
        model = build(parse(text), still, shapes, of="loss")
        found = gradient(model.graph, model.output, [model.inputs[name] for name in moving])
        outputs = [model.output, *found.values()]
        return compile_graph(model.graph, outputs, [model.inputs[n] for n in case.model.inputs])

    def inputs(case, part):
        return [
            case.values[n][part] if n in DATA else case.values[n] for n in case.model.inputs
        ]  # fmt: skip

    for block in (1, 3, ROWS):
        total = Blocks(made, inputs, 1).total(kind, sizes_of(ROWS, block), case)
        agree(total, whole, 1e-11, text)


def test_the_grammar_knows_every_op() -> None:
    """But what is drawn at random, and the ops that only sweeps make, which tests of their own
    hold against differences."""
    used = {op.name for op in POINTWISE} | {"add", "sub", "mul", "div", "neg", "pos", "pow", "lt",
            "le", "gt", "ge", "eq", "ne", "index"}  # fmt: skip
    for template, _, _ in FORMS:
        used |= {op.name for word in re.findall(r"[a-z]\w*", template) if (op := find(word))}
        used |= {"matmul"} if "@" in template else {"transpose"} if ".T" in template else set()
    left = {op.name for op in TABLE.values() if op.random}
    left |= {"gate", "prod_others", "cofactor", "cofactor_slope", "scatter"}
    assert set(TABLE) - left <= used
    assert {op.name for op in POINTWISE} - set(ORACLE) == set()
