"""Arrays made of numbers, sizes and classes, and drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from typing import Any

from gradcli.errors import ShapeError
from gradcli.graph.node import F
from gradcli.graph.ops import simpler
from gradcli.graph.ops.elementwise import REALS
from gradcli.graph.ops.op import Attr, Op, Shape
from gradcli.graph.ops.shaping import expanded


def maker(name: str, signature: str, shape: Any, doc: str, **others: Any) -> Op:
    """An array made from numbers that are known when the graph is built."""
    static = tuple(part.split("=")[0].strip("* ") for part in signature.split(","))
    return Op(
        name=name, signature=signature, static=static, value=f"{name}({', '.join(static)})",
        shape=lambda shapes, attr: shape(*attr), doc=doc, group="shaping", **others,
    )  # fmt: skip


def square_shape(n: int, m: int | None) -> Shape:
    return (n, n if m is None else m)


def arange_shape(start: float, stop: float | None, step: float) -> Shape:
    if stop is None:
        start, stop = 0, start
    if not step:
        raise ShapeError("a step of 0", hint="write a step of 1, or of -1 to count down")
    count = (stop - start) / step
    if count == inf:
        raise ShapeError("too many numbers", hint="take a larger step")
    if count == -inf:
        return (0,)
    return (max(0, ceil(count)),)


def uniform_shape(shapes: Sequence[Shape], attr: Attr) -> Shape:
    shape, low, high, *_ = attr
    if low > high:
        raise ShapeError(
            f"low is {low:g}, above high, {high:g}", hint=f"write low={high:g}, high={low:g}"
        )
    if high - low == inf:
        raise ShapeError(f"from {low:g} to {high:g} is too far", hint="make it narrower")
    return tuple(shape)


def randint_shape(shapes: Sequence[Shape], attr: Attr) -> Shape:
    shape, n, *_ = attr
    if n < 1:
        raise ShapeError("there is no whole number below 0", hint="write randint(2) for 0 or 1")
    return tuple(shape)


def onehot_shape(shapes: Sequence[Shape], attr: Attr) -> Shape:
    return (*shapes[0], attr[0])


# How NumPy, JAX and torch say it.


def eye_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    n, m = attr
    return f"np.eye({n})" if m in (None, n) else f"np.eye({n}, {m})"


def arange_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    start, stop, step = attr
    first = start if stop is not None else 0.0
    found = f"np.arange({float(arange_shape(*attr)[0])!r})"
    found = found if step == 1 else f"{float(step)!r} * {found}"
    return (
        f"({found if not first else f'{float(first)!r} + {found}'})"
        if first or step != 1
        else found
    )


# An entry, made of its indices, in languages that loop over them.


def arange_entry(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    start, stop, step = attr
    if step == 1 and (stop is None or start == 0):
        return f"1.0 * {texts[0]}"
    return f"({float(start if stop is not None else 0)!r} + {float(step)!r} * {texts[0]})"


def linspace_entry(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    start, stop, n = attr
    step = (stop - start) / max(n - 1, 1)
    return f"({float(start)!r} + {float(step)!r} * {texts[0]})"


CREATION = [
    Op(
        name="full", signature="shape, value", static=("shape",), value="expand(value, shape)",
        shape=expanded, vjp=(lambda g, y, a: F.sum_to(g, attr=(a.shape,)),), moves=True,
        group="shaping", axes="expands", linear=(0,), domain=(REALS,),
        doc="full([2, 3], x): an array of x",
        lower=simpler.full,
        example=("full([2, 3], x)", "x=7"),
    ),
    maker(
        "zeros", "*shape", tuple, "zeros(2, 3): an array of 0",
        code={"python": "np.zeros({shape})", "entry": "0.0"},
        example=("zeros(2, 3)",),
    ),
    maker(
        "ones", "*shape", tuple, "ones(2, 3): an array of 1",
        code={"python": "np.ones({shape})", "entry": "1.0"},
        example=("ones(2, 3)",),
    ),
    maker(
        "eye", "n, m=None", square_shape, "the identity matrix", aliases=("identity",),
        code={"python": eye_code, "entry": "{0} == {1} ? 1.0 : 0.0"},
        example=("eye(2)",),
    ),
    maker(
        "arange", "start, stop=None, step=1", arange_shape, "start, start + step, … below stop",
        code={"python": arange_code, "entry": arange_entry},
        example=("arange(2, 8, 2)",),
    ),
    maker(
        "linspace", "start, stop, n=50", lambda start, stop, n: (n,),
        "n numbers from start to stop, both included",
        code={"python": "np.linspace({start}, {stop}, {n})", "entry": linspace_entry},
        example=("linspace(0, 1, 5)",),
    ),
    Op(
        name="onehot", signature="ids, n", static=("n",), value="onehot(ids, n)",
        shape=onehot_shape, axes="appends", group="shaping",
        doc="a row of n per class number: 1 there, else 0", aliases=("one_hot",), classes=0,
        lower=simpler.onehot,
        example=("onehot(ids, 3)", "ids=[0,2]"),
    ),
    Op(
        name="randn", signature="*shape", static=("shape", "draw"), random=True,
        shape=lambda shapes, attr: tuple(attr[0]), group="random",
        doc="seeded draws from the standard normal distribution",
        example=("randn(3)",),
    ),
    Op(
        name="uniform", signature="*shape, low=0, high=1", static=("shape", "low", "high", "draw"),
        random=True, shape=uniform_shape, group="random",
        doc="seeded draws, uniform between low and high", aliases=("rand",),
        example=("uniform(3, low=-1, high=1)",),
    ),
    Op(
        name="randint", signature="n, *shape", static=("shape", "n", "draw"), random=True,
        shape=randint_shape, group="random", doc="seeded whole numbers, each of 0 … n - 1 as often",
        example=("randint(6, 3)",),
    ),
]  # fmt: skip
