"""Ops over formulas: sums, spreading, and what is written as a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod

from gradcli.graph.formulas.form import (
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
from gradcli.graph.formulas.show import write
from gradcli.graph.node import TABLE
from gradcli.graph.ops.elementwise import COMPARISON
from gradcli.graph.ops.op import Attr, Op, Shape


def spread(form: Form, shape: Shape) -> Form:
    """`form` in exactly this shape, with `expand` where it repeats entries.

    >>> spread(scaled(Form("x"), 2), (3,)).text
    '2 * expand(x, 3)'
    """
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
    """`form`, in the shape `whole`, summed over what broadcasting from `shape` had repeated.

    >>> sum_to(scaled(Form("x", shape=(2, 3)), 2), (2, 3), (3,)).text
    '2 * sum(x, axis=0)'
    """
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
    simplified = _simplified(name, args)
    if simplified is not None:
        return simplified
    if name == "where" and args[2].number == 0:
        return _chosen(args[1], args[0])
    if name == "where" and args[1].number == 0 and args[0].opposite:
        condition = args[0]
        return _chosen(
            args[2], replace(condition, text=condition.opposite, opposite=condition.text)
        )
    if name == "ne" and args[1].number == 0:
        return differs(args[0])
    of_one = op.axes in ("reshapes", "transposes", "repeats") and not args[0].shape
    if name == "expand" or of_one:
        return args[0]
    if name == "sum":
        return _total(args[0], wholes[0], name, attr or (), shape)
    if name == "sum_to":
        return sum_to(args[0], wholes[0], shape)
    if not op.pointwise:
        args = [spread(arg, whole) for arg, whole in zip(args, wholes)]
    front = Fraction(1)
    for place in op.linear:
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


def differs(form: Form) -> Form:
    """form != 0, which is a comparison itself, a number in front of it or not."""
    value = form.parts.number
    unit = scaled(form, 1 / value) if value else form
    return unit if unit.level == COMPARISON else written("ne", unit, ZERO)


def anywhere(mask: Form) -> Form:
    """Whether a mask lets anything pass."""
    return written("max", mask, attr=(None, 0), shape=()) if mask.shape else mask


def _simplified(name: str, args: Sequence[Form]) -> Form | None:
    """What the algebra of formulas makes of an op that it knows."""
    match name:
        case "add":
            return add(args)
        case "sub":
            return add((args[0], scaled(args[1], -1)))
        case "neg":
            return scaled(args[0], -1)
        case "mul":
            return multiply(*args)
        case "div":
            return divide(*args)
        case "pow":
            return power(*args)
        case "square":
            return power(args[0], number(Fraction(2)))
        case "reciprocal":
            return divide(ONE, args[0])
        case "gate":
            return gated(args[0], args[1])
        case "pos" | "stop_gradient":
            return args[0]
    return None
