"""Making, joining, cutting and reordering arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import ceil, inf, prod
from typing import Any

from gradcli.errors import ShapeError
from gradcli.graph.graph import Graph
from gradcli.graph.node import F, Node
from gradcli.graph.ops import simpler
from gradcli.graph.ops.elementwise import REALS
from gradcli.graph.ops.op import FILL, MISFIT, Attr, Op, Shape, elementwise_shape
from gradcli.graph.ops.reductions import axis_of, expand, reshape


def joined(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))


def reshaped(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """The target shape, with at most one -1 worked out."""
    (shape,), (target,) = shapes, attr
    size, known = prod(shape), prod(n for n in target if n != -1)
    if target.count(-1) == 1 and known and size % known == 0:
        return tuple(size // known if n == -1 else n for n in target)
    if target.count(-1) or known != size or any(n < 0 for n in target):
        raise ShapeError(
            f"{size} entries do not fill the shape ({joined(target)})",
            hint=f"the sizes must multiply to {size}; one may be -1",
        )
    return tuple(target)


def expanded(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """The target shape, where broadcasting leads there."""
    (shape,), (target,) = shapes, attr
    longer = len(target) - len(shape)
    if longer < 0 or any(n not in (1, size) for n, size in zip(shape, target[longer:])):
        raise ShapeError(
            f"shape {shape} does not expand to {target}",
            hint="from the last axis on, each size must be the same, or 1 before",
        )
    return tuple(target)


def summed_to(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """The target shape, where broadcasting leads from there."""
    expanded([attr[0]], (shapes[0],))
    return tuple(attr[0])


def transposed(shapes: Sequence[Shape], attr: Attr) -> Shape:
    (shape,), (axes,) = shapes, attr
    if sorted(axes) != list(range(len(shape))):
        raise ShapeError(
            f"axes ({joined(axes)}) are no order of {len(shape)} axes",
            hint=f"name each once: {joined(range(len(shape)))}" if shape else "leave them out",
        )
    return tuple(shape[axis] for axis in axes)


def transpose_text(labels: Sequence[str], attr: Attr) -> str:
    (axes,) = attr
    if list(axes) == list(range(len(axes)))[::-1]:
        return f"{labels[0]}.T"
    return f"transpose({labels[0]}, {joined(axes)})"


def transpose_vjp(g: Node, y: Node, a: Node) -> Node:
    (axes,) = y.attr
    return F.transpose(g, attr=(tuple(sorted(range(len(axes)), key=axes.__getitem__)),))


def concatenated(shapes: Sequence[Shape], attr: Attr) -> Shape:
    first, axis = shapes[0], axis_of(attr[0], len(shapes[0]))
    for shape in shapes:
        if len(shape) != len(first) or shape[:axis] + shape[axis + 1 :] != (
            first[:axis] + first[axis + 1 :]
        ):
            hint = f"all axes but axis {axis} must be equal"
            if len(shape) != len(first):
                hint = "give them the same number of axes"
            raise ShapeError("shapes that do not join", hint=hint)
    return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])


def concat_vjp(g: Node, y: Node, position: int) -> Node:
    axis = y.attr[0] % len(y.shape)
    start, stop = y.graph.once(joints, y.id)[position : position + 2]
    return F.index(g, attr=((*everything(axis), (start, stop, 1)),))


def joints(graph: Graph, node: int) -> list[int]:
    """Where the parts of a `concat` begin and end, along its axis."""
    axis = Node(graph, node).attr[0] % len(graph.shapes[node])
    return list(accumulate((graph.shapes[a][axis] for a in graph.args[node]), initial=0))


def everything(rank: int) -> tuple[tuple[None, None, int], ...]:
    """The index `:, :, …` of so many axes."""
    return ((None, None, 1),) * rank


def stacked(shapes: Sequence[Shape], attr: Attr) -> Shape:
    if any(shape != shapes[0] for shape in shapes):
        hint = f"give each the shape {shapes[0]}"
        if len({len(shape) for shape in shapes}) > 1:
            hint = "write concat(a, [b]) to put a number at the end of a vector"
        raise ShapeError("entries of different shape", hint=hint)
    axis = axis_of(attr[0], len(shapes[0]) + 1)
    return (*shapes[0][:axis], len(shapes), *shapes[0][axis:])


def stack_text(labels: Sequence[str], attr: Attr) -> str:
    inner = ", ".join(labels)
    return f"[{inner}]" if attr[0] == 0 else f"stack({inner}, axis={attr[0]})"


def stack_vjp(g: Node, y: Node, position: int) -> Node:
    axis = y.attr[0] % len(y.shape)
    return F.index(g, attr=((*everything(axis), position),))


def repeated(shapes: Sequence[Shape], attr: Attr) -> Shape:
    (shape,), (n, axis) = shapes, attr
    if n < 0:
        raise ShapeError(f"{n} repeats", hint="write 0 or more")
    if axis is None:
        return (prod(shape) * n,)
    axis = axis_of(axis, len(shape))
    return (*shape[:axis], shape[axis] * n, *shape[axis + 1 :])


def repeat_vjp(g: Node, y: Node, a: Node) -> Node:
    n, axis = y.attr
    shape = (prod(a.shape),) if axis is None else a.shape
    axis = 0 if axis is None else axis % len(shape)
    split = reshape(g, (*shape[: axis + 1], n, *shape[axis + 1 :]))
    return reshape(F.sum(split, attr=(axis + 1, 0)), a.shape)


Item = Any
"""An int, a (start, stop, step), or "array" for the next index argument."""


def indexed(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """What is left of the first shape; index arrays broadcast together where the first stands."""
    shape, arrays = shapes[0], list(shapes[1:])
    (items,) = attr
    if not shape:
        raise ShapeError("a number has no entries", hint="remove the index")
    if len(items) > len(shape):
        axes = "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
        raise ShapeError(f"{len(items)} indices for {axes}", hint="write one index an axis")
    left: list[int] = []
    place = None
    for item, size in zip(items, shape):
        if isinstance(item, int):
            if not -size <= item < size:
                hint = f"the last index is {size - 1}, or -1" if size else FILL
                count = "1 entry" if size == 1 else f"{size} entries"
                raise ShapeError(f"index {item} of an axis of {count}", hint=hint)
        elif item == "array":
            place = len(left) if place is None else place
        else:
            left.append(len(range(*slice(*item).indices(size))))
    if place is not None:
        left[place:place] = elementwise_shape(arrays, ())
    return (*left, *shape[len(items) :])


def index_text(labels: Sequence[str], attr: Attr) -> str:
    arrays = iter(labels[1:])
    parts = [next(arrays) if item == "array" else item_text(item) for item in attr[0]]
    return f"{labels[0]}[{', '.join(parts)}]"


def item_text(item: Item) -> str:
    if isinstance(item, int):
        return str(item)
    start, stop, step = ("" if part is None else str(part) for part in item)
    return f"{start}:{stop}" + (f":{step}" if step != "1" else "")


def scatter_text(labels: Sequence[str], attr: Attr) -> str:
    return f"scatter({labels[0]}, {index_text(labels[1:], attr)})"


def index_vjp(g: Node, y: Node, position: int) -> Node | None:
    return F.scatter(g, *y.args, attr=y.attr) if position == 0 else None


def scatter_vjp(g: Node, y: Node, position: int) -> Node | None:
    return F.index(g, *y.args[2:], attr=y.attr) if position == 0 else None


def scattered(shapes: Sequence[Shape], attr: Attr) -> Shape:
    if indexed(shapes[1:], attr) != shapes[0]:
        raise ShapeError(MISFIT)
    return shapes[1]


def flattened(shapes: Sequence[Shape], attr: Attr) -> Shape:
    return (prod(shapes[0]),)


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


# How Python's array libraries say it, all three of them but for what torch alone does its own way.


def sizes(shape: Shape) -> str:
    """A shape as Python writes it."""
    return repr(tuple(shape))


def reshape_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    """New axes of size 1 are said by an index."""
    (shape,), target = shapes, reshaped(shapes, attr)
    if shape and 1 not in shape and shape == tuple(n for n in target if n != 1):
        return f"{texts[0]}[{', '.join('None' if n == 1 else ':' for n in target)}]"
    return f"np.reshape({texts[0]}, {sizes(target)})"


def transpose_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    (axes,) = attr
    if tuple(axes) == tuple(range(len(axes)))[::-1]:
        return f"{texts[0]}.T"
    return f"np.transpose({texts[0]}, {tuple(axes)})"


def permute_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    (axes,) = attr
    return f"{texts[0]}.T" if len(axes) == 2 and axes[0] else f"np.permute({texts[0]}, {axes})"


def index_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    return index_text(texts, attr)


def torch_index_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    """Steps to the left are steps to the right from the end, and then turned around."""
    items: list[Item] = []
    turned: list[int] = []
    axis = 0
    for item, size in zip(attr[0], shapes[0]):
        if isinstance(item, tuple) and item[2] < 0:
            places = range(*slice(*item).indices(size))
            item = (places[-1], places[0] + 1, -item[2]) if places else (0, 0, 1)
            turned.append(axis)
        items.append(item)
        axis += isinstance(item, tuple)
    found = index_text(texts, (tuple(items),))
    return f"{found}.flip({', '.join(map(str, turned))})" if turned else found


def scatter_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    """Added at the places of a vector, counted from 0: those that the index picks."""
    return _scattered(texts, attr, shapes, index_code)


def torch_scatter_code(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    return _scattered(texts, attr, shapes, torch_index_code)


def _scattered(
    texts: Sequence[str],
    attr: Attr,
    shapes: Sequence[Shape],
    index: Callable[[Sequence[str], Attr, Sequence[Shape]], str],
) -> str:
    shape = shapes[1]
    places = f"np.arange({prod(shape)}).reshape({sizes(shape)})"
    return f"scatter({texts[0]}, {index([places, *texts[2:]], attr, shapes[1:])}, {sizes(shape)})"


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


# An entry of an array that is made of no other: of its indices, in languages that loop over them.


def arange_entry(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    start, stop, step = attr
    if step == 1 and (stop is None or start == 0):
        return f"1.0 * {texts[0]}"
    return f"({float(start if stop is not None else 0)!r} + {float(step)!r} * {texts[0]})"


def linspace_entry(texts: Sequence[str], attr: Attr, shapes: Sequence[Shape]) -> str:
    start, stop, n = attr
    step = (stop - start) / max(n - 1, 1)
    return f"({float(start)!r} + {float(step)!r} * {texts[0]})"


SHAPING = [
    Op(
        name="reshape", signature="x, *shape", static=("shape",), value="reshape(x, shape)",
        shape=reshaped, vjp=(lambda g, y, a: reshape(g, a.shape),), moves=True, group="shaping",
        axes="reshapes", linear=(0,), domain=(REALS,),
        doc="the same entries in another shape; one size may be -1",
        code={"python": reshape_code},
        example=("reshape(x, 2, 2)", "x=[1,2,3,4]"),
    ),
    Op(
        name="flatten", signature="x", value="reshape(x, (-1,))", shape=flattened,
        vjp=(lambda g, y, a: reshape(g, a.shape),), moves=True, group="shaping",
        axes="reshapes", linear=(0,), domain=(REALS,), doc="all entries as one vector",
        aliases=("ravel",),
        lower=simpler.flatten,
        example=("flatten(x)", "x=[[1,2],[3,4]]"),
    ),
    Op(
        name="concat", signature="*xs, axis=0", static=("axis",), value="concat(axis, *xs)",
        shape=concatenated, vjp=concat_vjp, moves=True, group="shaping", domain=(REALS, REALS),
        axes="joins", additive=True, doc="arrays joined along an axis",
        aliases=("concatenate", "cat"),
        code={"python": "np.concatenate([{*}], axis={axis})"},
        example=("concat(a, b)", "a=[1,2]", "b=[3]"),
    ),
    Op(
        name="stack", signature="*xs, axis=0", static=("axis",), value="stack(axis, *xs)",
        text=stack_text, shape=stacked, vjp=stack_vjp, moves=True, group="shaping",
        axes="stacks", additive=True, domain=(REALS, REALS),
        doc="arrays of one shape along a new axis",
        lower=simpler.stack, code={"python": "np.stack([{*}], axis={axis})"},
        example=("stack(a, b)", "a=[1,2]", "b=[3,4]"),
    ),
    Op(
        name="repeat", signature="x, n, axis=None", static=("n", "axis"),
        value="repeat(x, n, axis)", shape=repeated, vjp=(repeat_vjp,), moves=True,
        group="shaping", axes="repeats", linear=(0,), domain=(REALS,), doc="every entry n times",
        lower=simpler.repeat,
        example=("repeat(x, 2)", "x=[1,2]"),
    ),
    Op(
        name="transpose", signature="x, *axes", static=("axes",), value="transpose(x, axes)",
        text=transpose_text, level=6, shape=transposed, vjp=(transpose_vjp,), moves=True,
        group="linear algebra", axes="transposes", linear=(0,), domain=(REALS,),
        doc="axes reversed, or in the order given: x.T", aliases=("permute",),
        code={"python": transpose_code, "torch": permute_code},
        example=("x.T", "x=[[1,2,3],[4,5,6]]"),
    ),
    Op(
        name="index", signature="x, *indices", value="index(items, x, *indices)", text=index_text,
        static=("items",), level=6, shape=indexed, vjp=index_vjp, moves=True, group="operator",
        axes="indexes", linear=(0,), domain=(REALS,), hidden=True, classes=1,
        doc="entries by place, from 0, negative from the end: x[0], W[0, :], x[1:3], E[ids]",
        lower=simpler.index, code={"python": index_code, "torch": torch_index_code},
        example=("x[1]", "x=[1,2,4]"),
    ),
    Op(
        name="scatter", signature="g, x, *indices", value="scatter(items, g, x, *indices)",
        static=("items",), text=scatter_text, shape=scattered, vjp=scatter_vjp, moves=True,
        group="sweep", axes="scatters", linear=(0,), domain=(REALS,),
        doc="scatter(g, x[i]): zeros in the shape of x, with g added at x[i]",
        fitting="the first argument needs the shape of x[i]", classes=2,
        lower=simpler.scatter, code={"python": scatter_code, "torch": torch_scatter_code},
        example=("scatter(g, x[1])", "g=5", "x=[1,2,4]"),
    ),
    Op(
        name="expand", signature="x, *shape", static=("shape",), value="expand(x, shape)",
        shape=expanded, vjp=(lambda g, y, a: F.sum_to(g, attr=(a.shape,)),), moves=True,
        group="sweep", axes="expands", linear=(0,), domain=(REALS,),
        doc="x broadcast to a shape", aliases=("broadcast_to",),
        code={"python": "np.broadcast_to({0}, {shape})"},
        example=("expand(x, 2, 3)", "x=[1,2,3]"),
    ),
    Op(
        name="sum_to", signature="x, *shape", static=("shape",), value="sum_to(x, shape)",
        shape=summed_to, vjp=(lambda g, y, a: expand(g, a.shape),), moves=True, group="sweep",
        axes="sums to", linear=(0,), domain=(REALS,),
        doc="x summed over what broadcasting would repeat",
        lower=simpler.sum_to,
        example=("sum_to(x, 3)", "x=[[1,2,3],[4,5,6]]"),
    ),
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
