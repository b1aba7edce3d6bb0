"""Ops made of simpler ones, for languages that have no word for them.

A rule takes the node and its arguments, and makes the same value, by the formulas of the array
namespace, of ops that are elementwise, add, multiply or compare along an axis, or rearrange. What
it makes may be lowered further. A reshape to the shape that is there already is left out then.
"""

from __future__ import annotations

from math import inf, prod
from typing import Any

from gradcli.graph.node import F, Node, constant
from gradcli.graph.ops.op import Shape


def reshape(a: Node, shape: Shape) -> Node:
    return F.reshape(a, attr=(shape,))


def expand(a: Node, shape: Shape) -> Node:
    return F.expand(a, attr=(shape,))


def flat(a: Node, axis: int | None) -> tuple[Node, int]:
    """What a reduction works on, and the axis from 0 on: of all entries, a vector of them."""
    if axis is None:
        return reshape(a, (prod(a.shape),)), 0
    return a, axis % len(a.shape)


def along(kind: str, a: Node, axis: int) -> Node:
    """A reduction whose axis stays, as 1."""
    return getattr(F, kind)(a, attr=(axis, 1))  # type: ignore[no-any-return]


def power(y: Node, a: Node, b: Node) -> Node:
    """Products for the powers that have a cheaper value."""
    if b.number == 0.5:
        return F.where(a.equals(-inf), inf, F.sqrt(a + 0.0))
    return a * a * a if b.number == 3 else a * a if b.number == 2 else a


def mean(y: Node, a: Node) -> Node:
    axis = y.attr[0]
    size = prod(a.shape) if axis is None else a.shape[axis]
    return F.sum(a, attr=y.attr) / size


def variance(y: Node, a: Node) -> Node:
    """The mean square of what is left without the mean; exactly 0 of equal entries."""
    a, axis = flat(a, y.attr[0])
    size = a.shape[axis]
    first = F.index(a, attr=(((None, None, 1),) * axis + ((0, 1, 1),),))
    rest = a - first
    rest = rest - along("sum", rest, axis) / size
    return reshape(along("sum", rest * rest, axis) / size, y.shape)


def deviation(y: Node, a: Node) -> Node:
    return F.sqrt(variance(y, a))


def norm(y: Node, a: Node) -> Node:
    """The Euclidean length, scaled so that the squares neither overflow nor vanish."""
    a, axis = flat(a, y.attr[0])
    largest = along("max", F.abs(a), axis)
    usual = (largest > 1e-140) * (largest < 1e140) + largest.equals(0)
    scale = F.where(usual + (largest < inf).equals(0), 1, largest)
    part = a / scale
    return reshape(scale * F.sqrt(along("sum", part * part, axis)), y.shape)


def largest(a: Node, axis: int) -> Node:
    """The largest entry, or 0 where that is infinite: what to take off before exp."""
    top = along("max", a, axis)
    return F.where(F.abs(top) < inf, top, 0)


def logsumexp(y: Node, a: Node) -> Node:
    a, axis = flat(a, y.attr[0])
    shift = largest(a, axis)
    total = F.log(along("sum", F.exp(a - shift), axis)) + shift
    return reshape(total, y.shape)


def count(y: Node, a: Node) -> Node:
    axis = y.attr[0]
    size = prod(a.shape) if axis is None else a.shape[axis]
    return number(y, float(size))


def number(y: Node, value: float) -> Node:
    """A number in the shape of y."""
    return expand(Node(y.graph, y.graph.literal(value)), y.shape)


def classes(y: Node, a: Node) -> Node:
    return F.max(a, attr=(None, 0)) + 1


def count_nonzero(y: Node, a: Node) -> Node:
    return F.sum(a.differs(0), attr=y.attr)


def places(like: Node, axis: int) -> Node:
    """0, 1, 2, … along an axis of a node."""
    size = like.shape[axis]
    one = constant(like, "arange", float(size), None, 1.0)
    return reshape(one, (size,) + (1,) * (len(like.shape) - axis - 1))


def argmax(y: Node, a: Node) -> Node:
    return _first("max", y, a)


def argmin(y: Node, a: Node) -> Node:
    return _first("min", y, a)


def _first(kind: str, y: Node, a: Node) -> Node:
    """The place of the first entry that is the largest or smallest, or nan."""
    a, axis = flat(a, y.attr[0])
    found = along(kind, a, axis)
    here = a.equals(found) + a.differs(a)
    return reshape(along("min", F.where(here, places(a, axis), a.shape[axis]), axis), y.shape)


def prod_others(y: Node, a: Node) -> Node:
    """For each entry the product of a row in which it is 1."""
    a, axis = flat(a, y.attr[0])
    shape, size = a.shape, a.shape[axis]
    rows = (*shape[:axis], 1, *shape[axis:])
    eye = reshape(constant(a, "eye", size, size), (size, size) + (1,) * (len(shape) - axis - 1))
    others = F.where(eye, 1, reshape(a, rows))
    return reshape(F.prod(others, attr=(axis + 1, 0)), y.shape)


def softmax(y: Node, a: Node) -> Node:
    axis = y.attr[0] % len(a.shape)
    e = F.exp(a - along("max", a, axis))
    return e / along("sum", e, axis)


def log_softmax(y: Node, a: Node) -> Node:
    axis = y.attr[0] % len(a.shape)
    rest = a - largest(a, axis)
    return rest - F.log(along("sum", F.exp(rest), axis))


def picked(rows: Node, classes: Node) -> Node:
    """Of every row the entry of its class."""
    shape = classes.shape
    if not shape:
        return F.index(rows, classes, attr=(("array",),))
    count = prod(shape)
    rows, classes = reshape(rows, (count, rows.shape[-1])), reshape(classes, (count,))
    found = F.index(rows, places(classes, 0), classes, attr=(("array", "array"),))
    return reshape(found, shape)


def cross_entropy(y: Node, logits: Node, target: Node) -> Node:
    last = len(logits.shape) - 1
    if target.shape == logits.shape:
        return _by_distribution(F.log_softmax(logits, attr=(last,)), target)
    rest = logits - largest(logits, last)
    total = F.log(F.sum(F.exp(rest), attr=(last, 0)))
    return total - picked(rest, target)


def nll(y: Node, log_p: Node, target: Node) -> Node:
    return (
        _by_distribution(log_p, target) if target.shape == log_p.shape else -picked(log_p, target)
    )


def _by_distribution(log_p: Node, target: Node) -> Node:
    terms = F.where(target.equals(0), 0, target * log_p)
    return -F.sum(terms, attr=(len(target.shape) - 1, 0))


def divergence(y: Node, p: Node, q: Node) -> Node:
    """Σ p·(log p − log q), where 0·log 0 is 0."""
    terms = F.where(p.equals(0) * q.equals(q), 0, p * (F.log(p) - F.log(q)))
    return F.sum(terms, attr=(len(terms.shape) - 1, 0)) if terms.shape else terms


def bce(y: Node, p: Node, t: Node) -> Node:
    rest = 1.0 - t
    return -(F.xlogy(t, p) + F.where(rest.equals(0), 0, rest * F.log1p(-p)))


def mse(y: Node, p: Node, t: Node) -> Node:
    r = p - t
    return F.mean(r * r, attr=(None, 0))


def mae(y: Node, p: Node, t: Node) -> Node:
    return F.mean(F.abs(p - t), attr=(None, 0))


def huber(y: Node, p: Node, t: Node, delta: Node) -> Node:
    r = p - t
    size = F.abs(r)
    return F.where(size <= delta, 0.5 * r * r, delta * (size - 0.5 * delta))


def matmul(y: Node, a: Node, b: Node) -> Node:
    """The sum over the axis that the two share of all products of entries."""
    inner = len(y.shape) - (len(b.shape) > 1)
    left, right = a, b
    if len(b.shape) > 1:
        left = reshape(a, (*a.shape, 1))
        if len(a.shape) > 1 and len(b.shape) > 2:
            right = reshape(b, (*b.shape[:-2], 1, *b.shape[-2:]))
    return F.sum(left * right, attr=(inner, 0))


def outer(y: Node, a: Node, b: Node) -> Node:
    return reshape(a, (*a.shape, 1)) * b


def trace(y: Node, a: Node) -> Node:
    return F.sum(F.diag(a), attr=(None, 0))


def diag(y: Node, a: Node) -> Node:
    if len(a.shape) == 1:
        return F.where(constant(a, "eye", *y.shape), a, 0)
    each = places(y, 0)
    return F.index(a, each, each, attr=(("array", "array"),))


def flatten(y: Node, a: Node) -> Node:
    return reshape(a, y.shape)


def full(y: Node, a: Node) -> Node:
    return expand(a, y.shape)


def stack(y: Node, *parts: Node) -> Node:
    axis = y.attr[0] % len(y.shape)
    one = (*y.shape[:axis], 1, *y.shape[axis + 1 :])
    return F.concat(*(reshape(part, one) for part in parts), attr=(axis,))


def repeat(y: Node, a: Node) -> Node:
    n, axis = y.attr
    a, axis = flat(a, axis)
    before, after = a.shape[: axis + 1], a.shape[axis + 1 :]
    return reshape(expand(reshape(a, (*before, 1, *after)), (*before, n, *after)), y.shape)


def cumsum(y: Node, a: Node) -> Node:
    a, axis = flat(a, y.attr[0])
    return F.cumsum(a, attr=(axis,))


def onehot(y: Node, ids: Node) -> Node:
    rows = reshape(ids, (*ids.shape, 1))
    return rows.equals(places(y, len(y.shape) - 1))


def sum_to(y: Node, a: Node) -> Node:
    """The sums over one axis after the other."""
    while len(a.shape) > len(y.shape):
        a = F.sum(a, attr=(0, 0))
    for axis, (size, wanted) in enumerate(zip(a.shape, y.shape)):
        if size != wanted:
            a = along("sum", a, axis)
    return a


def index(y: Node, a: Node, *arrays: Node) -> Node:
    """First what numbers and slices pick, then what arrays of places pick along axes in a row."""
    basic, arrays_only, order = steps(y.attr[0])
    picked = F.index(a, attr=(basic,))
    return F.index(_ordered(picked, order), *arrays, attr=(arrays_only,))


def scatter(y: Node, g: Node, a: Node, *arrays: Node) -> Node:
    """The opposite of the two steps, one after the other."""
    basic, arrays_only, order = steps(y.attr[0])
    picked = F.index(a, attr=(basic,))
    turned = _ordered(picked, order)
    g = F.scatter(g, turned, *arrays, attr=(arrays_only,))
    full = (*order, *range(len(order), len(picked.shape)))
    back = tuple(sorted(range(len(full)), key=full.__getitem__))
    return F.scatter(F.transpose(g, attr=(back,)), a, attr=(basic,))


Items = tuple[Any, ...]


def steps(items: Items) -> tuple[Items, Items, tuple[int, ...]]:
    """The items without arrays, those of arrays alone, and the order of axes between the two."""
    whole = (None, None, 1)
    basic = tuple(whole if item == "array" else item for item in items)
    left = [item == "array" for item in items if not isinstance(item, int)]
    first = left.index(True)
    arrays = [i for i, is_array in enumerate(left) if is_array]
    rest = [i for i, is_array in enumerate(left) if not is_array]
    order = (*rest[:first], *arrays, *rest[first:])
    return basic, (whole,) * first + ("array",) * len(arrays), order


def plain(items: Items) -> bool:
    """Whether all items are numbers and slices, or whole axes and then arrays in a row."""
    if "array" not in items:
        return True
    first = items.index("array")
    return all(item == (None, None, 1) for item in items[:first]) and all(
        item == "array" for item in items[first:]
    )


def _ordered(a: Node, order: tuple[int, ...]) -> Node:
    full = (*order, *range(len(order), len(a.shape)))
    return a if full == tuple(range(len(full))) else F.transpose(a, attr=(full,))
