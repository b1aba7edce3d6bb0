"""Shapes of variables without values: the least that fit, and nothing where there is a choice."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from gradcli.errors import GradError, ShapeError
from gradcli.graph.build import build
from gradcli.graph.infer import inferred
from gradcli.graph.ops.op import Shape
from gradcli.language import Program, parse

Shapes = dict[str, Shape]


def found(source: str, given: Shapes | None = None, **known: Shape) -> Shapes:
    """The shapes inferred for a program that cannot be built with numbers."""
    values = {name: np.ones(shape) for name, shape in known.items()}
    program = parse(source)
    with pytest.raises(ShapeError) as caught:
        build(program, values, guess=True, shapes=given or {})
    shapes = inferred(program, values, {}, given or {}, caught.value)
    build(program, values, guess=True, shapes={**(given or {}), **shapes})
    return shapes


@pytest.mark.parametrize(
    ("source", "known", "shapes"),
    [
        ("x@A@x", {"A": (3, 3)}, {"x": (3,)}),
        ("x@A@x", {"x": (3,)}, {"A": (3, 3)}),
        ("W@x + b", {"x": (3,)}, {"W": (3,)}),
        ("mean((X@w + b - y)^2)", {"X": (9, 4), "y": (9,)}, {"w": (4,)}),
        ("W2@tanh(W1@x + b1) + b2", {"x": (3,), "W1": (5, 3)}, {"W2": (5,)}),
        ("h = tanh(U@h0 + V@x); v@h", {"U": (4, 4), "V": (4, 2)},
         {"h0": (4,), "x": (2,), "v": (4,)}),
        ("sum(inv(A)@b)", {"b": (4,)}, {"A": (4, 4)}),
        ("sum(solve(A, b))", {"b": (3,)}, {"A": (3, 3)}),
        ("trace(A@B)", {"A": (2, 3)}, {"B": (3, 2)}),
        ("reshape(x, 2, 3)@y", {"y": (3,)}, {"x": (6,)}),
        ("x.T@A", {"A": (3, 2)}, {"x": (3,)}),
        ("cumsum(x)@[1, 2]", {}, {"x": (2,)}),
        ("f(u) = u@[1, 2, 3]; f(a) + f(b)", {}, {"a": (3,), "b": (3,)}),
        ("softmax(q@K.T)@V", {"K": (5, 3), "V": (5, 2)}, {"q": (3,)}),
        ("sum(exp(s)*(A@x))", {"A": (2, 3)}, {"x": (3,)}),
        ("sum([x, [1, 2, 3]])", {}, {"x": (3,)}),
        ("norm(A@x - b)^2", {"A": (3, 2), "b": (3,)}, {"x": (2,)}),
        ("+".join(f"x{i}@[1, 2]" for i in range(12)), {}, {f"x{i}": (2,) for i in range(12)}),
    ],
)  # fmt: skip
def test_the_least_shape_that_fits(
    source: str, known: dict[str, Shape], shapes: dict[str, Shape]
) -> None:
    assert found(source, **known) == shapes


@pytest.mark.parametrize(
    ("source", "given", "known", "message"),
    [
        (
            "W@x + b", {"b": (2,)}, {"x": (3,)},
            "the program does not fix the shape of W: (3,) and (2, 3) would fit\n"
            "  W@x + b\n  ^\nhint: write --shape W=3 or --shape W=2,3",
        ),
        (
            "softmax(W@x)", {}, {"x": (3,)},
            "the program does not fix the shape of W: (n, 3) would fit for any n\n"
            "  softmax(W@x)\n          ^\nhint: write --shape W=2,3",
        ),
        (
            "x@y", {}, {},
            "the program does not fix the shapes of x, y: x (n,), y (n,) would fit for any n\n"
            "  x@y\n  ^\nhint: write --shape x=2",
        ),
        (
            "(u@v)*v", {}, {"v": (3,)},
            "the program does not fix the shape of u: (3,) and (3, 3) would fit\n"
            "  (u@v)*v\n   ^\nhint: write --shape u=3 or --shape u=3,3",
        ),
        (
            "x[0]*x[1] + x[4]", {}, {},
            "the program does not fix the shape of x: (n,) would fit for any n\n"
            "  x[0]*x[1] + x[4]\n  ^\nhint: write --shape x=5",
        ),
        (
            "sum(x[1:3]*[1, 2])", {}, {},
            "the program does not fix the shape of x: (n,) would fit for any n\n"
            "  sum(x[1:3]*[1, 2])\n      ^\nhint: write --shape x=3",
        ),
        (
            "A@B@x", {}, {"x": (3,)},
            "the program does not fix the shapes of A, B: A (3, n), B (n,) would fit for any n\n"
            "  A@B@x\n  ^\nhint: write --shape A=3,2",
        ),
    ],
)  # fmt: skip
def test_a_shape_that_is_not_fixed(source: str, given: Shapes, known: Shapes, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        found(source, given, **known)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("source", "values", "hint"),
    [
        ("cross_entropy(z, c)", {"c": 2.0}, "write --shape z=3"),
        ("cross_entropy(z, 4)", {}, "write --shape z=5"),
        ("sum(E[ids])", {"ids": np.array([0.0, 5.0])}, "write --shape E=6"),
        ("nll(log_softmax(z), 1)", {}, "write --shape z=2"),
    ],
)
def test_the_suggested_shape_has_the_classes_that_are_given(
    source: str, values: dict[str, Any], hint: str
) -> None:
    with pytest.raises(ShapeError) as built:
        build(parse(source), values, guess=True)
    with pytest.raises(ShapeError) as caught:
        inferred(parse(source), values, {}, {}, built.value)
    assert caught.value.hint == hint


def test_what_nothing_fits_says_so_without_invented_sizes() -> None:
    with pytest.raises(ShapeError) as caught:
        found("concat(x, [1, 2])@[1, 2, 3, 4]")
    assert str(caught.value) == (
        "concat(x, [1, 2]): a number has no axis: x has shape (), [1, 2] has shape (2,)\n"
        "  concat(x, [1, 2])@[1, 2, 3, 4]\n  ^^^^^^^^^^^^^^^^^\n"
        "hint: give it a vector; or give x a shape: --shape x=3"
    )
    with pytest.raises(ShapeError, match=r"^\[1, 2\]@\[1, 2, 3\]: shapes that do not fit"):
        found("[1, 2]@[1, 2, 3] + x")


def test_a_search_has_an_end() -> None:
    source = "+".join(f"x{i}@y{i}" for i in range(40))
    with pytest.raises(ShapeError, match="too long to tell the shapes of x0"):
        found(source)


KNOWN: dict[str, Shape] = {
    "x": (3,), "y": (3,), "u": (2,), "A": (3, 3), "W": (2, 3), "V": (3, 2), "s": (), "Y": (2, 3),
}  # fmt: skip
PROGRAMS = [
    "x@y", "W@x", "sum((W@x - u)^2)", "u@W@x", "x@A@y", "sum(W*Y)", "trace(W@V)", "det(A) + s",
    "sum(outer(x, u)@u)", "cross_entropy(x, y)", "sum(cross_entropy(W, Y))", "kl(x, y)",
    "mse(W, Y)",
    "sum(concat(W, Y)@x)", "sum(concat(W, Y, axis=1))", "[x, y]@A@x", "sum(stack(W, Y, axis=2))",
    "x[1]*y[0]", "W[1]@x", "sum(W[:, 0]*u)", "sum(reshape(W, 6)^2)", "sum(W.T@u)", "diag(A)@x",
    "sum(diag(x)@A)", "sum(solve(A, x))", "logdet(A)", "sum(softmax(A@x)*y)", "max(x@y, s)",
    "sum(where(x > 0, x, y)@A)", "sum(hypot(x, y)@A)", "sum(log_softmax(W, axis=1)@x)",
    "norm(W@x)*s",
    "sum(transpose(W)@u)", "sum(x^2@y)", "prod(x)*(x@y)", "var(W@x)", "(W@x)[1]",
    "sum(max(x, y)@V)",
]  # fmt: skip


@pytest.mark.parametrize("source", PROGRAMS)
def test_against_every_small_shape(source: str) -> None:
    """One variable after the other has no value: all shapes of sizes 1 to 6 are tried by force."""
    program = parse(source)
    names = [name for name in KNOWN if name in program.arguments]
    for name in names:
        values = {other: np.ones(KNOWN[other]) for other in names if other != name}
        try:
            build(program, values, guess=True)
            continue
        except ShapeError as error:
            scalar = error
        fitting: dict[int, list[Shape]] = {0: [], 1: [], 2: []}
        for rank in (1, 2):
            for shape in product(range(1, 7), repeat=rank):
                if builds(program, values, {name: shape}):
                    fitting[rank].append(shape)
        least = next(found for found in fitting.values() if found)
        whole = [shape for shape in least if 1 not in shape] or least
        shape = tried(program, values, scalar)
        if isinstance(shape, tuple):
            assert whole == [shape]
        else:
            assert "does not fix" in shape
            assert len(whole) > 1 or " and " in shape


def tried(program: Program, values: dict[str, Any], scalar: ShapeError) -> Shape | str:
    """The shape that is inferred of one variable, or why there is none."""
    try:
        (shape,) = inferred(program, values, {}, {}, scalar).values()
    except ShapeError as error:
        return error.what
    return shape


def builds(program: Program, values: dict[str, Any], shapes: Shapes) -> bool:
    try:
        build(program, values, guess=True, shapes=shapes)
    except GradError:
        return False
    return True
