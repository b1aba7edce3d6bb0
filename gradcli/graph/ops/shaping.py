"""Reordering, joining and repeating what is there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import prod
from typing import Any

from gradcli.errors import ShapeError
from gradcli.graph.graph import Graph
from gradcli.graph.node import F, Node
from gradcli.graph.ops import simpler
from gradcli.graph.ops.elementwise import REALS
from gradcli.graph.ops.op import Attr, Op, Shape
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


def flattened(shapes: Sequence[Shape], attr: Attr) -> Shape:
    return (prod(shapes[0]),)


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
        doc="axes reversed: x.T; or in the order given: transpose(x, 0, 2, 1)",
        aliases=("permute",),
        code={"python": transpose_code, "torch": permute_code},
        example=("x.T", "x=[[1,2,3],[4,5,6]]"),
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
]  # fmt: skip
