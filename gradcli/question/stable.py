"""Forms that hold where another spelling breaks down: log_sigmoid(z) for log(sigmoid(z))."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gradcli.graph.formulas.show import ATOM, labels, write
from gradcli.graph.formulas.unfold import Formulas
from gradcli.graph.graph import Graph
from gradcli.graph.node import TABLE, Node
from gradcli.graph.ops.op import Op
from gradcli.run.interpret import Value


@dataclass
class Rewrite:
    """What to write, with {0}, {1} for its operands; `inner` are nodes that it makes needless.

    Of log(sigmoid(z)): log_sigmoid({0}), z, and sigmoid(z).
    """

    text: str
    operands: tuple[Node, ...]
    inner: tuple[Node, ...] = field(default_factory=tuple)


def hint(graph: Graph, origin: int, target: int, values: Mapping[int, Value], lost: bool) -> str:
    """What to write where numbers broke down at the node `origin` on the way to `target`.

    `lost` says that its value did; else it is finite, and the derivative is not. Empty where
    nothing is known that helps.
    """
    cone = graph.cone([target])
    form: Rewrite | None = None
    for n in cone:
        if n >= origin and form is None:
            root = Node(graph, n)
            form = _stable(root)
            if form and form.text in _ZEROS:
                nans = [_has_nan(values[node]) for node in (n, form.inner[0].id)]
                form = form if nans == [True, False] else None
            if form and origin not in (n, *(inner.id for inner in form.inner)):
                form = None
    if form is not None:
        text, operands = f"write {form.text}", form.operands
    else:
        node = Node(graph, origin)
        operands = node.args
        zeros = [i for i, operand in enumerate(operands) if _has_zero(values[operand.id])]
        text = _demand(node.op, zeros, lost)
        if node.op.name == "pow" and not lost and _has_negative(values[operands[0].id]):
            text = "the derivative by the exponent is {0}^{1} * log({0}): it needs {0} above 0"
        if node.op.name == "pow" and lost and not _has_nan(values[origin]):
            text = ""  # it overflowed, or divided by 0
    near = graph.cone([operand.id for operand in operands], graph.names)
    formulas = Formulas(graph, near, labels(graph, [*cone, *near]), graph.names)
    shown = [formulas.written(operand.id).text for operand in operands]
    return text.format(*shown)


def _has_zero(value: Value) -> bool:
    if isinstance(value, float):
        return value == 0
    return bool((value == 0).any())


def _has_negative(value: Value) -> bool:
    found = value < 0
    return found if isinstance(found, bool) else bool(found.any())


def _has_nan(value: Value) -> bool:
    found = value != value
    return found if isinstance(found, bool) else bool(found.any())


def _demand(op: Op, zeros: list[int], lost: bool) -> str:
    """What an op asks of its operands, {0} and {1}."""
    if not lost:
        return op.steep
    if op.name == "div" and zeros == [0, 1]:
        return "0/0 has no value: where({1} == 0, LIMIT, …) gives it one"
    if op.name == "div" and 1 not in zeros:
        return ""
    return op.demand


def _log(root: Node) -> Rewrite | None:
    (a,) = root.args
    name = a.op.name
    if name == "sigmoid":
        return Rewrite("log_sigmoid({0})", a.args, (a,))
    if name == "softmax":
        return Rewrite(_call("log_softmax", a), a.args, (a,))
    if name == "index" and len(a.args) == 1 and a.args[0].op.name == "softmax":
        (p,) = a.args
        return Rewrite(write(a.op, [(_call("log_softmax", p), ATOM)], a.attr)[0], p.args, (a, p))
    if name == "sum" and a.args[0].op.name == "exp":
        (inner,) = a.args
        return Rewrite(_call("logsumexp", a), inner.args, (a, inner))
    if name == "add" and all(x.op.name == "exp" for x in a.args):
        x, y = a.args
        return Rewrite("logsumexp([{0}, {1}])", (x.args[0], y.args[0]), (a, x, y))
    e = _one_more(a)
    if e is not None and e.op.name == "exp":
        return Rewrite("softplus({0})", e.args, (a, e))
    if name == "sub" and a.args[0].number == 1 and a.args[1].op.name == "sigmoid":
        return Rewrite("log_sigmoid({0})", (-a.args[1].args[0],), (a, a.args[1]))
    if name == "div" and a.args[0].number == 1:
        e = _one_more(a.args[1])
        if e is not None and e.op.name == "exp":
            return Rewrite("log_sigmoid({0})", (-e.args[0],), (a, a.args[1], e))
    return None


def _log1p(root: Node) -> Rewrite | None:
    (e,) = root.args
    return Rewrite("softplus({0})", e.args, (e,)) if e.op.name == "exp" else None


def _div(root: Node) -> Rewrite | None:
    a, b = root.args
    if a.op.name == "exp":
        if b.op.name == "sum" and b.args[0].id == a.id and _keeps_place(b):
            return Rewrite(_call("softmax", b), a.args, (a, b))
        if (e := _one_more(b)) is not None and e.id == a.id:
            return Rewrite("sigmoid({0})", a.args, (a, b))
    e = _one_more(b)
    if a.number == 1 and e is not None and e.op.name == "exp":
        return Rewrite("sigmoid({0})", (-e.args[0],), (b, e))
    if b.op.name == "abs" and b.args[0].id == a.id:
        return Rewrite("sign({0})", (a,), (b,))
    if a.op.name == "sub" and b.op.name == "add" and len({*_ids(a), *_ids(b)}) == 2:
        x, y = a.args
        if x.op.name == y.op.name == "exp" and _opposite(x.args[0], y.args[0]):
            return Rewrite("tanh({0})", x.args, (a, b, x, y))
    if b.op.name == "log" and (small := _one_more(b.args[0])) is not None:
        return Rewrite("log1p({0}) for log(1 + {0})", (small,), (b,))
    return None


def _sqrt(root: Node) -> Rewrite | None:
    (a,) = root.args
    if a.op.name == "sum" and (x := _squared(a.args[0])) is not None:
        return Rewrite(_call("norm", a), (x,), (a, a.args[0]))
    if a.op.name == "add":
        roots = [x for x in map(_squared, a.args) if x is not None]
        if len(roots) == 2:
            return Rewrite("hypot({0}, {1})", (roots[0], roots[1]), (a, *a.args))
    return None


def _mul(root: Node) -> Rewrite | None:
    for x, y in (root.args, root.args[::-1]):
        if y.op.name == "log" and x.id == y.args[0].id:
            return Rewrite("where({0} == 0, 0, {0} * log({0}))", (x,), (y,))
    for x, y in (root.args, root.args[::-1]):
        if y.op.name == "log":
            return Rewrite(_ZEROS[0], (x, *y.args), (y,))
    return None


def _matmul(root: Node) -> Rewrite | None:
    for x, y in (root.args, root.args[::-1]):
        if y.op.name == "log" and x.shape == y.shape:
            return Rewrite(_ZEROS[1], (x, *y.args), (y,))
    return None


def _pow(root: Node) -> Rewrite | None:
    a, b = root.args
    third = b.number is not None and abs(b.number - 1 / 3) < 1e-6
    if b.op.name == "div" and [x.number for x in b.args] == [1, 3]:
        third = True
    return Rewrite("cbrt({0})", (a,)) if third else None


_ZEROS = ("xlogy({0}, {1})", "sum(xlogy({0}, {1}))")
"""Forms that help where 0·log(0) has made nan."""


def _stable(root: Node) -> Rewrite | None:
    """What to write for the node, by the op of the outermost node."""
    match root.op.name:
        case "log":
            return _log(root)
        case "log1p":
            return _log1p(root)
        case "div":
            return _div(root)
        case "sqrt":
            return _sqrt(root)
        case "mul":
            return _mul(root)
        case "matmul":
            return _matmul(root)
        case "pow":
            return _pow(root)
    return None


def _one_more(node: Node) -> Node | None:
    """x of 1 + x or x + 1."""
    if node.op.name == "add":
        a, b = node.args
        return b if a.number == 1 else a if b.number == 1 else None
    return None


def _squared(node: Node) -> Node | None:
    """x of x^2, x * x or square(x)."""
    args = node.args
    if node.op.name == "square" or (node.op.name == "pow" and args[1].number == 2):
        return args[0]
    return args[0] if node.op.name == "mul" and args[0].id == args[1].id else None


def _opposite(a: Node, b: Node) -> bool:
    return b.op.name == "neg" and b.args[0].id == a.id


def _ids(node: Node) -> tuple[int, ...]:
    return node.graph.args[node.id]


def _keeps_place(total: Node) -> bool:
    """Whether a sum divides what it is the sum of row by row."""
    axis, keepdims = total.attr
    return len(total.args[0].shape) == 1 if axis is None else bool(keepdims)


def _call(name: str, like: Node) -> str:
    """The call of `name` with the axis of another node."""
    op = TABLE[name]
    axis = like.attr[0]
    if name == "softmax":
        axis = -1 if axis is None or axis == len(like.args[0].shape) - 1 else axis
    attr = (axis, *like.attr[1:])[: len(op.static)]
    return write(op, [("{0}", ATOM)], attr)[0]
