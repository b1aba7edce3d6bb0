"""Reductions: of all entries, or along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod
from typing import Any

from gradcli.errors import ShapeError
from gradcli.graph.node import F, Node, constant
from gradcli.graph.ops import simpler
from gradcli.graph.ops.elementwise import POSITIVE, REALS, Interval
from gradcli.graph.ops.op import FILL, Attr, Op, Rule, Shape


def axis_of(axis: int, rank: int) -> int:
    """`axis` as a number from 0 on; ShapeError where there is no such axis."""
    if not rank:
        raise ShapeError("a number has no axis", hint="give it a vector")
    if not -rank <= axis < rank:
        hint = f"axes are 0 to {rank - 1}" if rank > 1 else "the only axis is 0"
        raise ShapeError(f"there is no axis {axis} among {rank}", hint=hint)
    return axis % rank


def reduced(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """The shape that is left of the first argument's."""
    (shape,), (axis, keepdims) = shapes, attr
    if axis is None:
        return (1,) * len(shape) if keepdims else ()
    axis = axis_of(axis, len(shape))
    return shape[:axis] + ((1,) if keepdims else ()) + shape[axis + 1 :]


def not_empty(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """`reduced`, of a shape that has entries."""
    if 0 in shapes[0]:
        raise ShapeError("nothing to reduce: the array is empty", hint=FILL)
    return reduced(shapes, attr)


def same(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """The first shape, where it has the axis."""
    if attr[0] is not None:
        axis_of(attr[0], len(shapes[0]))
    return shapes[0]


def kept(shape: Shape, axis: int | None) -> Shape:
    """The reduced shape with the reduced axes as ones."""
    if axis is None:
        return (1,) * len(shape)
    axis %= len(shape)
    return (*shape[:axis], 1, *shape[axis + 1 :])


def spread(g: Node, y: Node, a: Node) -> Node:
    """`g`, which has the shape of the reduction y of a, repeated along the reduced axes of a."""
    axis, keepdims = y.attr[:2]
    if not a.shape:
        return g
    if axis is not None and not keepdims and g.shape == y.shape:
        g = reshape(g, kept(a.shape, axis))
    return expand(g, a.shape)


def expand(g: Node, shape: Shape) -> Node:
    """`g` broadcast to `shape`."""
    return g if g.shape == shape else F.expand(g, attr=(shape,))


def reshape(g: Node, shape: Shape) -> Node:
    """`g` in another shape, or as it is."""
    return g if g.shape == shape else F.reshape(g, attr=(shape,))


def size_along(y: Node, a: Node) -> int:
    """How many entries of a go into one of its reduction y."""
    axis = y.attr[0]
    return prod(a.shape) if axis is None else a.shape[axis]


def wins(y: Node, a: Node) -> Node:
    """1 where an entry is the largest or smallest, y."""
    return a.equals(spread(y, y, a))


def extreme_vjp(g: Node, y: Node, a: Node) -> Node:
    """To the entries that win, ties sharing evenly."""
    share = wins(y, a)
    return spread(g, y, a) * (share / F.sum(share, attr=(y.attr[0], 1)))


def product_vjp(g: Node, y: Node, a: Node) -> Node:
    """Each entry's cofactor is the product of the others, also where factors are zero."""
    return spread(g, y, a) * F.prod_others(a, attr=y.attr[:1])


def prod_others_vjp(g: Node, y: Node, a: Node) -> Node:
    """∂y_i/∂a_j is the product of all but i and j: one row per i, with 1 in place of a_i."""
    axis, *_ = y.attr
    whole = a.shape
    if axis is None:
        a, g = reshape(a, (prod(whole),)), reshape(g, (prod(whole),))
        axis = 0
    axis %= len(a.shape)
    rank, size = len(a.shape), a.shape[axis]
    last = (*(i for i in range(rank) if i != axis), axis)
    back = tuple(sorted(range(rank), key=last.__getitem__))
    a, g = F.transpose(a, attr=(last,)), F.transpose(g, attr=(last,))
    rows = (*a.shape[:-1], size, size)
    eye = constant(a, "eye", size, size)
    others = F.where(eye, 1, expand(reshape(a, (*a.shape[:-1], 1, size)), rows))
    partial = F.where(eye, 0, F.prod_others(others, attr=(rank,)))
    total = F.sum(reshape(g, (*g.shape, 1)) * partial, attr=(rank - 1, 0))
    return reshape(F.transpose(total, attr=(back,)), whole)


def reduction(name: str, vjp: Rule | None, doc: str, domain: Interval = REALS, **others: Any) -> Op:
    """A reduction with `axis` and `keepdims`."""
    return Op(
        name=name, signature="x, axis=None, keepdims=0", static=("axis", "keepdims"),
        value=f"{name}(x, axis, keepdims)", shape=others.pop("shape", reduced), vjp=(vjp,), doc=doc,
        axes="reduces", domain=(domain,), group="reduction",
        example=others.pop("example", (f"{name}(x)", "x=[1,2,4]")), **others,
    )  # fmt: skip


def norm_vjp(g: Node, y: Node, a: Node) -> Node:
    """a / |a|, and 0 at the origin."""
    length = spread(y, y, a)
    return spread(g, y, a) * F.where(length.equals(0), 0, a / length)


def logsumexp_vjp(g: Node, y: Node, a: Node) -> Node:
    """softmax(a); exp(a − y) would lose the digits that a large a takes from y."""
    axis = y.attr[0]
    if not a.shape:
        return g
    if axis is None:
        share = F.softmax(reshape(a, (prod(a.shape),)), attr=(-1,))
        return spread(g, y, a) * reshape(share, a.shape)
    return spread(g, y, a) * F.softmax(a, attr=(axis,))


def centred(y: Node, a: Node) -> Node:
    """a minus its mean along the axis of y."""
    return a - spread(F.mean(a, attr=y.attr), y, a)


def std_vjp(g: Node, y: Node, a: Node) -> Node:
    """(a − mean) / (n·std), and 0 where the deviation is 0."""
    deviation = spread(y, y, a)
    slope = centred(y, a) / (deviation * size_along(y, a))
    return spread(g, y, a) * F.where(deviation.equals(0), 0, slope)


def cumulated(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """The first shape, or a vector of all entries."""
    (shape,), (axis,) = shapes, attr
    if axis is None:
        return (prod(shape),)
    axis_of(axis, len(shape))
    return shape


def cumsum_vjp(g: Node, y: Node, a: Node) -> Node:
    """The sums from each entry to the end."""
    axis = (y.attr[0] or 0) % len(y.shape)
    turn = ((*[(None, None, 1)] * axis, (None, None, -1)),)
    return reshape(F.index(F.cumsum(F.index(g, attr=turn), attr=(axis,)), attr=turn), a.shape)


REDUCTIONS = [
    reduction(
        "sum", spread, "sum", moves=True, blocks="sum", linear=(0,),
        fold=(0.0, "add"), code={"python": "np.sum({0}, axis={axis}, keepdims={keepdims})"},
    ),
    reduction(
        "mean", lambda g, y, a: spread(g / size_along(y, a), y, a), "mean", shape=not_empty,
        moves=True, aliases=("average",), blocks="mean", linear=(0,), lower=simpler.mean,
        code={"python": "np.mean({0}, axis={axis}, keepdims={keepdims})"},
    ),
    reduction(
        "prod", product_vjp, "product; its derivative is right at zeros", fold=(1.0, "mul"),
        code={"python": "np.prod({0}, axis={axis}, keepdims={keepdims})"},
    ),
    reduction(
        "max", extreme_vjp, "largest entry; ties share the derivative evenly", shape=not_empty,
        moves=True, mask=(wins,), aliases=("amax",), fold=(-inf, "maximum"),
        code={
            "python": "np.max({0}, axis={axis}, keepdims={keepdims})",
            "torch": "np.amax({0}, axis={axis}, keepdims={keepdims})",
        },
    ),
    reduction(
        "min", extreme_vjp, "smallest entry; ties share the derivative evenly", shape=not_empty,
        moves=True, mask=(wins,), aliases=("amin",), fold=(inf, "minimum"),
        code={
            "python": "np.min({0}, axis={axis}, keepdims={keepdims})",
            "torch": "np.amin({0}, axis={axis}, keepdims={keepdims})",
        },
    ),
    reduction(
        "var", lambda g, y, a: spread(g * (2 / size_along(y, a)), y, a) * centred(y, a),
        "variance, divided by n", shape=not_empty, lower=simpler.variance,
    ),
    reduction(
        "std", std_vjp, "standard deviation, divided by n; derivative 0 where it is 0",
        shape=not_empty, lower=simpler.deviation,
    ),
    reduction("norm", norm_vjp, "Euclidean length; norm'(0) = 0", lower=simpler.norm),
    reduction(
        "logsumexp", logsumexp_vjp, "log(sum(exp(x))), stable", shape=not_empty,
        lower=simpler.logsumexp,
    ),
    Op(
        name="cumsum", signature="x, axis=None", static=("axis",), value="cumsum(x, axis)",
        shape=cumulated, vjp=(cumsum_vjp,), moves=True, group="reduction", domain=(REALS,),
        axes="along", linear=(0,), lower=simpler.cumsum,
        code={"python": "np.cumsum({0}, axis={axis})"},
        doc="sums of the first entries; without an axis, of all",
        example=("cumsum(x)", "x=[1,2,4]"),
    ),
    Op(
        name="argmax", signature="x, axis=None", static=("axis",), value="argmax(x, axis)",
        shape=lambda shapes, attr: not_empty(shapes, (attr[0], 0)), group="reduction",
        doc="0-based place of the largest entry (the first of equals); no derivative",
        axes="reduces", hides=(0,), domain=(REALS,), lower=simpler.argmax,
        code={"python": "np.argmax({0}, axis={axis}) * 1.0"},
        example=("argmax(x)", "x=[1,4,2]"),
    ),
    Op(
        name="argmin", signature="x, axis=None", static=("axis",), value="argmin(x, axis)",
        shape=lambda shapes, attr: not_empty(shapes, (attr[0], 0)), group="reduction",
        doc="0-based place of the smallest entry (the first of equals); no derivative",
        axes="reduces", hides=(0,), domain=(REALS,), lower=simpler.argmin,
        code={"python": "np.argmin({0}, axis={axis}) * 1.0"},
        example=("argmin(x)", "x=[2,1,4]"),
    ),
    reduction(
        "count", None, "how many entries: the n of a mean; no derivative", blocks="count",
        lower=simpler.count,
    ),
    Op(
        name="classes", signature="y", value="max(y, None, 0) + 1", group="reduction",
        shape=lambda shapes, attr: not_empty(shapes, (None, 0)), hides=(0,),
        domain=(REALS,), lower=simpler.classes,
        doc="how many classes a column of text has; of numbers the largest and 1; no derivative",
        example=("classes(y)", "y=[0,2,1]"),
    ),
    reduction(
        "count_nonzero", None, "how many entries are not 0; no derivative", blocks="sum",
        hides=(0,), lower=simpler.count_nonzero,
        example=("count_nonzero(x)", "x=[1,0,4]"),
    ),
    Op(
        name="prod_others", signature="x, axis=None", static=("axis",),
        value="prod_others(x, axis)", shape=same, vjp=(prod_others_vjp,), lower=simpler.prod_others,
        axes="along", doc="for every entry, the product of the others", domain=(POSITIVE,),
        group="sweep",
        example=("prod_others(x)", "x=[1,2,4]"),
    ),
]  # fmt: skip
