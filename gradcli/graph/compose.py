"""Ops over formulas: sums, spreading, and what is written as a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod

from gradcli.graph.formula import (
    ONE,
    ZERO,
    Form,
    Product,
    add,
    divide,
    gated,
    made,
    multiply,
    number,
    power,
    scaled,
    written,
)
from gradcli.graph.node import TABLE
from gradcli.graph.ops.elementwise import COMPARISON
from gradcli.graph.ops.op import Attr, Op, Shape
from gradcli.graph.show import write

LINEAR = {
    "matmul": (0, 1), "outer": (0, 1), "sum": (0,), "mean": (0,), "transpose": (0,),
    "reshape": (0,), "flatten": (0,), "index": (0,), "scatter": (0,), "diag": (0,), "trace": (0,),
    "repeat": (0,),
}  # fmt: skip
"""Arguments out of which a number is pulled in front."""

_REPEATS = ("reshape", "flatten", "transpose", "repeat")
"""Ops that leave an array of equal entries one."""


def spread(form: Form, shape: Shape) -> Form:
    """`form` in exactly this shape, with `expand` where it repeats entries."""
    if form.shape == shape:
        return form
    value = form.parts.number
    unit = scaled(form, 1 / value) if value else ZERO
    if unit.number is not None:
        name = "ones" if value else "zeros"
        whole = Form(write(TABLE[name], (), (shape,))[0], shape=shape)
    else:
        whole = written("expand", unit, attr=(shape,), shape=shape)
    return scaled(whole, value) if value else whole


def sum_to(form: Form, whole: Shape, shape: Shape) -> Form:
    """`form`, in the shape `whole`, summed over what broadcasting from `shape` had repeated."""
    if whole == shape:
        return form
    if not shape:
        return _total(form, whole, "sum", (None, 0), shape)
    if whole[1:] == shape:
        return _total(form, whole, "sum", (0, 0), shape)
    return _total(form, whole, "sum_to", (shape,), shape)


def _total(form: Form, whole: Shape, name: str, attr: Attr, shape: Shape) -> Form:
    """A sum with the scalar factors in front of it."""
    p = form.parts
    if p.masks:
        return written(name, spread(form, whole), attr=attr, shape=shape)
    front = Product(
        p.number,
        {text: power for text, power in p.above.items() if not power[0].shape},
        {text: power for text, power in p.below.items() if not power[0].shape},
    )
    above = {text: power for text, power in p.above.items() if text not in front.above}
    below = {text: power for text, power in p.below.items() if text not in front.below}
    if above or below:
        rest = spread(made(Product(Fraction(1), above, below)), whole)
        left = written(name, rest, attr=attr, shape=shape)
    else:
        left = number(Fraction(prod(whole), max(1, prod(shape))))
    return multiply(made(front), left)


def call(
    op: Op, args: Sequence[Form], attr: Attr | None, shape: Shape, wholes: Sequence[Shape]
) -> Form:
    """The formula of `op` as a node of `shape` over arguments of the shapes `wholes`."""
    name = op.name
    if name in _ALGEBRA:
        return _ALGEBRA[name](*args)
    if name == "where" and args[2].number == 0:
        return _chosen(args[1], args[0])
    if name == "where" and args[1].number == 0 and args[0].opposite:
        condition = args[0]
        return _chosen(
            args[2], replace(condition, text=condition.opposite, opposite=condition.text)
        )
    if name == "ne" and args[1].number == 0:
        return _nonzero(args[0])
    if name == "expand" or (name in _REPEATS and not args[0].shape):
        return args[0]
    if name == "sum":
        return _total(args[0], wholes[0], name, attr or (), shape)
    if name == "sum_to":
        return sum_to(args[0], wholes[0], shape)
    if not op.pointwise:
        args = [spread(arg, whole) for arg, whole in zip(args, wholes)]
    front = Fraction(1)
    for place in LINEAR.get(name, ()):
        value = args[place].parts.number
        if not value:
            return ZERO
        front *= value
        args = [scaled(arg, 1 / value) if i == place else arg for i, arg in enumerate(args)]
    form = written(name, *args, attr=attr, shape=None if op.pointwise else shape)
    return form if front == 1 else scaled(form, front)


def _chosen(form: Form, condition: Form) -> Form:
    """where(condition, form, 0), which unlike a gate is nan where it is multiplied with inf."""
    if form.total and condition.level == COMPARISON:
        return multiply(form, condition)
    chosen = gated(form, condition)
    return chosen if chosen.number is not None else replace(chosen, product=None)


def _nonzero(form: Form) -> Form:
    """form != 0, which is a comparison itself, a number in front of it or not."""
    value = form.parts.number
    unit = scaled(form, 1 / value) if value else form
    return unit if unit.level == COMPARISON else written("ne", unit, ZERO)


_ALGEBRA: dict[str, Callable[..., Form]] = {
    "add": lambda a, b: add((a, b)),
    "sub": lambda a, b: add((a, scaled(b, -1))),
    "neg": lambda a: scaled(a, -1),
    "pos": lambda a: a,
    "mul": multiply,
    "div": divide,
    "pow": power,
    "square": lambda a: power(a, number(Fraction(2))),
    "reciprocal": lambda a: divide(ONE, a),
    "gate": gated,
    "stop_gradient": lambda a: a,
}
