"""Probabilities and losses of (prediction, target): entry by entry, or a number per row."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from gradcli.errors import ShapeError
from gradcli.graph.node import F, Node
from gradcli.graph.ops import simpler
from gradcli.graph.ops.elementwise import REALS, Interval, binary, ratio
from gradcli.graph.ops.linear import summed_to
from gradcli.graph.ops.op import FILL, Attr, Op, Shape, elementwise_shape
from gradcli.graph.ops.reductions import axis_of, expand, reshape

PROBABILITY: Interval = (0.1, 0.9)


def along_axis(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """The first shape, where it has the axis, and entries along it."""
    (shape,) = shapes
    if not shape[axis_of(attr[0], len(shape))]:
        raise ShapeError("there is nothing along the axis: the array is empty", hint=FILL)
    return shape


def total(a: Node, axis: int) -> Node:
    """The sum of a along an axis, repeated in the shape of a."""
    return expand(F.sum(a, attr=(axis, 1)), a.shape)


def rows(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """One number per row of logits, for a target of class numbers or of distributions."""
    logits, target = shapes
    if not logits or not logits[-1]:
        hint = "give it a number per class: [z1, z2]"
        raise ShapeError("the first argument needs an axis of classes", hint=hint)
    if target not in (logits, logits[:-1]):
        raise ShapeError(
            "the target is neither a class per row nor a distribution per row",
            hint=f"shape {logits[:-1]} holds classes, shape {logits} distributions",
        )
    return logits[:-1]


def per_class(g: Node, z: Node) -> Node:
    """A number per row, repeated for every class."""
    return expand(reshape(g, (*g.shape, 1)), z.shape)


def distribution(z: Node, t: Node) -> Node:
    """The target as a distribution per row."""
    return t if t.shape == z.shape else F.onehot(t, attr=(z.shape[-1],))


def cross_entropy_logits(g: Node, y: Node, z: Node, t: Node) -> Node:
    p = F.softmax(z, attr=(-1,))
    if t.shape == z.shape:
        p = p * total(t, -1)
    return per_class(g, z) * (p - distribution(z, t))


def cross_entropy_target(g: Node, y: Node, z: Node, t: Node) -> Node | float:
    if t.shape != z.shape:
        return 0.0
    return per_class(g, z) * -F.log_softmax(z, attr=(-1,))


def nll_scores(g: Node, y: Node, s: Node, t: Node) -> Node:
    return per_class(g, s) * -distribution(s, t)


def nll_target(g: Node, y: Node, s: Node, t: Node) -> Node | float:
    return 0.0 if t.shape != s.shape else per_class(g, s) * -s


def last_axis_summed(shapes: Sequence[Shape], attr: Attr) -> Shape:
    return elementwise_shape(shapes, ())[:-1]


def paired(g: Node, p: Node, q: Node) -> Node:
    """A number per row, repeated along the last axis of p and q together."""
    shape = elementwise_shape((p.shape, q.shape), ())
    return expand(reshape(g, (*g.shape, 1)), shape) if shape else g


def averaged(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """One number, the mean over the two arguments together, which are not empty."""
    if 0 in elementwise_shape(shapes, ()):
        raise ShapeError("the mean of nothing: the array is empty", hint=FILL)
    return ()


def mse_vjp(g: Node, p: Node, t: Node) -> Node:
    """2 (p − t) / n, in the shape of p and t together."""
    n = prod(elementwise_shape((p.shape, t.shape), ()))
    return g * (2 / n) * (p - t)


def mae_vjp(g: Node, p: Node, t: Node) -> Node:
    """sign(p − t) / n, in the shape of p and t together."""
    n = prod(elementwise_shape((p.shape, t.shape), ()))
    return g * (1 / n) * F.sign(p - t)


def huber_slope(p: Node, t: Node, delta: Node) -> Node:
    """r up to delta, beyond it delta·sign(r): for a delta below 0 that is no clip."""
    r = p - t
    return F.where(F.abs(r) <= delta, r, delta * F.sign(r))


LOSSES = [
    Op(
        name="softmax", signature="x, axis=-1", static=("axis",), value="softmax(x, axis)",
        shape=along_axis, lower=simpler.softmax,
        vjp=(lambda g, y, a: y * (g - total(g * y, y.attr[0])),),
        group="probability", axes="along", domain=(REALS,),
        doc="exp(x) / sum(exp(x)) along an axis, stable",
        example=("softmax(x)", "x=[1,2,3]"),
    ),
    Op(
        name="log_softmax", signature="x, axis=-1", static=("axis",), value="log_softmax(x, axis)",
        shape=along_axis, lower=simpler.log_softmax,
        vjp=(lambda g, y, a: g - F.exp(y) * total(g, y.attr[0]),),
        group="probability", axes="along", domain=(REALS,),
        doc="log(softmax(x)), stable", aliases=("logsoftmax",),
        example=("log_softmax(x)", "x=[1,2,3]"),
    ),
    Op(
        name="cross_entropy", signature="logits, target", value="cross_entropy(logits, target)",
        shape=rows, lower=simpler.cross_entropy,
        vjp=(cross_entropy_logits, cross_entropy_target),
        axes="per row", group="loss", domain=(REALS, PROBABILITY),
        doc="-log softmax(logits)[class] per row; the target is a class or a distribution",
        classes=1,
        example=("cross_entropy(logits, 2)", "logits=[1,2,3]"),
    ),
    Op(
        name="nll", signature="log_probabilities, target", value="nll(log_probabilities, target)",
        shape=rows, lower=simpler.nll,
        vjp=(nll_scores, nll_target), axes="per row", group="loss",
        domain=(REALS, PROBABILITY), doc="-log_probabilities[class] per row", classes=1,
        example=("nll(log_probabilities, 2)", "log_probabilities=[-2.4,-1.4,-0.4]"),
    ),
    binary(
        "bce", "p, y", (
            lambda v, p, y: ratio(1 - y, 1 - p) - ratio(y, p),
            lambda v, p, y: F.log1p(-p) - F.log(p),
        ),
        "-(y·log(p) + (1 - y)·log(1 - p))", (PROBABILITY, PROBABILITY),
        value="-(xlogy(y, p) + xlog1py(1.0 - y, -p))", group="loss", partial=True,
        demand="bce needs {0} from 0 to 1, 0 only where {1} is 0, and 1 only where {1} is 1",
        steep="bce is infinitely steep by {1} where {0} is 0 or 1",
        lower=simpler.bce,
        example=("bce(p, y)", "p=0.8", "y=1"),
    ),
    binary(
        "bce_with_logits", "z, y", (lambda v, z, y: F.sigmoid(z) - y, lambda v, z, y: -z),
        "bce(sigmoid(z), y), stable", (REALS, PROBABILITY),
        value="maximum(z, 0.0) - y * z + log1p(exp(-abs(z)))", group="loss",
    ),
    Op(
        name="mse", signature="prediction, target", value="averaged(square(prediction - target))",
        shape=averaged, axes="averages", blocks="mean",
        lower=simpler.mse,
        vjp=(
            lambda g, y, p, t: summed_to(mse_vjp(g, p, t), p.shape),
            lambda g, y, p, t: summed_to(-mse_vjp(g, p, t), t.shape),
        ),
        group="loss", domain=(REALS, REALS),
        doc="mean((prediction - target)^2)", aliases=("mse_loss",),
        example=("mse(prediction, target)", "prediction=[1,2,4]", "target=[1,3,3]"),
    ),
    Op(
        name="mae", signature="prediction, target", value="averaged(abs(prediction - target))",
        shape=averaged, axes="averages", blocks="mean",
        lower=simpler.mae,
        vjp=(
            lambda g, y, p, t: summed_to(mae_vjp(g, p, t), p.shape),
            lambda g, y, p, t: summed_to(-mae_vjp(g, p, t), t.shape),
        ),
        group="loss", domain=(REALS, REALS),
        doc="mean(|prediction - target|)", aliases=("l1_loss",),
        example=("mae(prediction, target)", "prediction=[1,2,4]", "target=[1.5,3,3]"),
    ),
    binary(
        "squared_error", "prediction, target",
        (lambda y, p, t: 2 * (p - t), lambda y, p, t: 2 * (t - p)),
        "(prediction - target)^2", value="square(prediction - target)", group="loss",
    ),
    binary(
        "hinge", "score, target", (lambda y, s, t: -t * (y > 0), lambda y, s, t: -s * (y > 0)),
        "max(0, 1 - target·score), targets -1 and 1; derivative 0 at the kink",
        value="relu(1.0 - target * score)", group="loss",
        sides=("target * score < 1", "target * score >= 1"),
        mask=(lambda y, s, t: y > 0, lambda y, s, t: y > 0),
        example=("hinge(score, target)", "score=0.5", "target=1"),
    ),
    binary(
        "huber", "prediction, target, delta=1", (
            lambda y, p, t, d: huber_slope(p, t, d),
            lambda y, p, t, d: -huber_slope(p, t, d),
            lambda y, p, t, d: F.relu(F.abs(p - t) - d),
        ),
        "r^2 / 2 for |r| ≤ delta, beyond delta·(|r| - delta / 2)", (REALS, REALS, (0.5, 1.5)),
        value="huber(prediction - target, delta)", group="loss", aliases=("huber_loss",),
        lower=simpler.huber,
        sides=("abs(prediction - target) <= delta", "abs(prediction - target) > delta"),
        example=("huber(prediction, target, delta)", "prediction=3", "target=1", "delta=1"),
    ),
    Op(
        name="kl", signature="p, q", value="kl(p, q)", shape=last_axis_summed, axes="last",
        lower=simpler.divergence,
        vjp=(
            lambda g, y, p, q: summed_to(paired(g, p, q) * (F.log(p) - F.log(q) + 1), p.shape),
            lambda g, y, p, q: summed_to(-paired(g, p, q) * ratio(p, q), q.shape),
        ),
        group="loss", domain=(PROBABILITY, PROBABILITY),
        doc="sum(p·log(p / q)) per row: the divergence of p from q", partial=True,
        demand="kl needs {0} from 0 on, and {1} above 0 where {0} is not 0",
        steep="kl is infinitely steep by {0} where that is 0",
        example=("kl(p, q)", "p=[0.5,0.5]", "q=[0.9,0.1]"),
    ),
]  # fmt: skip
