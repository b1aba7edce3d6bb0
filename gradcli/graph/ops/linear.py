"""Linear algebra."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.errors import ShapeError
from gradcli.graph.node import F, Node, constant
from gradcli.graph.ops import simpler
from gradcli.graph.ops.elementwise import PRODUCT, REALS
from gradcli.graph.ops.op import MISFIT, Attr, Op, Shape, ShapeRule, elementwise_shape
from gradcli.graph.ops.reductions import expand, reshape


def matmul_shape(shapes: Sequence[Shape], attr: Attr) -> Shape:
    """Dot, matrix-vector or matrix-matrix product; leading axes broadcast, as in NumPy."""
    a, b = shapes
    if not a or not b:
        raise ShapeError("@ multiplies vectors and matrices", hint="write * to scale by a number")
    inner = b[-2] if len(b) > 1 else b[0]
    if a[-1] != inner:
        raise ShapeError(MISFIT)
    rows, columns = a[-2:-1], b[-1:] if len(b) > 1 else ()
    return elementwise_shape((a[:-2], b[:-2]), ()) + rows + columns


def swapped(a: Node) -> Node:
    """The last two axes of a, swapped."""
    rank = len(a.shape)
    return F.transpose(a, attr=((*range(rank - 2), rank - 1, rank - 2),))


def summed_to(g: Node, shape: Shape) -> Node:
    """`g` summed over what broadcasting repeated; a 0 stays a number."""
    return g if g.shape == shape or g.number == 0 else F.sum_to(g, attr=(shape,))


def matmul_left(g: Node, y: Node, a: Node, b: Node) -> Node:
    if len(b.shape) == 1:
        if len(a.shape) == 1:
            return g * b
        if len(a.shape) == 2:
            return F.outer(g, b)
        return reshape(g, (*g.shape, 1)) * b
    if len(a.shape) == 1:
        if len(b.shape) == 2:
            return b @ g
        g = reshape(g, (*g.shape[:-1], 1, g.shape[-1]))
        full = reshape(g @ swapped(b), (*b.shape[:-2], a.shape[0]))
        return summed_to(full, a.shape)
    return summed_to(g @ swapped(b), a.shape)


def matmul_right(g: Node, y: Node, a: Node, b: Node) -> Node:
    if len(a.shape) == 1:
        if len(b.shape) == 1:
            return g * a
        if len(b.shape) == 2:
            return F.outer(a, g)
        return reshape(a, (a.shape[0], 1)) * reshape(g, (*g.shape[:-1], 1, g.shape[-1]))
    if len(b.shape) == 1:
        if len(a.shape) == 2:
            return swapped(a) @ g
        full = swapped(a) @ reshape(g, (*g.shape, 1))
        return summed_to(reshape(full, full.shape[:-1]), b.shape)
    return summed_to(swapped(a) @ g, b.shape)


def outer_shape(shapes: Sequence[Shape], attr: Attr) -> Shape:
    if any(len(shape) != 1 for shape in shapes):
        raise ShapeError("outer takes two vectors", hint="write flatten(a) for a vector")
    return shapes[0] + shapes[1]


def square(shape: Shape, name: str) -> None:
    if len(shape) != 2 or shape[0] != shape[1]:
        hint = "give it as many rows as columns"
        if len(shape) != 2:
            hint = "give it one matrix: a[0]" if shape[1:] else "write its rows: [[a, b], [c, d]]"
        raise ShapeError(f"{name} takes a square matrix", hint=hint)


def number_of(name: str) -> ShapeRule:
    """The shape rule of an op that makes a number of a square matrix."""

    def shape(shapes: Sequence[Shape], attr: Attr) -> Shape:
        square(shapes[0], name)
        return ()

    return shape


def diag_shape(shapes: Sequence[Shape], attr: Attr) -> Shape:
    (shape,) = shapes
    if len(shape) == 1:
        return shape * 2
    square(shape, "diag")
    return shape[:1]


def inverse_shape(shapes: Sequence[Shape], attr: Attr) -> Shape:
    square(shapes[0], "inv")
    return shapes[0]


def solve_shape(shapes: Sequence[Shape], attr: Attr) -> Shape:
    a, b = shapes
    square(a, "solve")
    if len(b) not in (1, 2) or b[0] != a[0]:
        raise ShapeError(MISFIT)
    return b


def solve_matrix(g: Node, y: Node, a: Node, b: Node) -> Node:
    """∂/∂A of A⁻¹b: −(A⁻ᵀ g) yᵀ."""
    w = F.solve(swapped(a), g)
    return -(F.outer(w, y) if len(y.shape) == 1 else w @ swapped(y))


def inverse_vjp(g: Node, y: Node, a: Node) -> Node:
    t = swapped(y)
    return -(t @ g @ t)


def slope_shape(shapes: Sequence[Shape], attr: Attr) -> Shape:
    a, h = shapes
    square(a, "cofactor_slope")
    if a != h:
        raise ShapeError(MISFIT)
    return a


def slope_matrix(g: Node, y: Node, a: Node, h: Node) -> Node:
    """The third derivative of det along g and h, for regular a: with C = det(a) K and K = a⁻ᵀ,
    what C along h is, Σ(h∘C) K − C hᵀ K, changes along g."""
    c, k = F.cofactor(a), swapped(F.inv(a))
    along = F.cofactor_slope(a, g)
    turned = swapped(h) @ k
    back = swapped(g) @ k
    return (
        F.sum(h * along, attr=(None, 0)) * k
        - F.sum(h * c, attr=(None, 0)) * (k @ back)
        - along @ turned
        + c @ turned @ back
    )


LINEAR = [
    Op(
        name="matmul", signature="a, b", text="{0} @ {1}", level=PRODUCT, value="matmul(a, b)",
        shape=matmul_shape, vjp=(matmul_left, matmul_right), group="operator",
        axes="products", linear=(0, 1), lower=simpler.matmul, code={"python": "{0} @ {1}"},
        domain=(REALS, REALS), aliases=("dot", "mm", "mv"),
        doc="dot, matrix-vector or matrix-matrix product: a @ b",
        fitting="the last axis of the left factor must be as long as the first of the right one",
        example=("W @ x", "W=[[1,2,3],[4,5,6]]", "x=[1,0,-1]"),
    ),
    Op(
        name="outer", signature="a, b", value="outer(a, b)", shape=outer_shape,
        vjp=(lambda g, y, a, b: g @ b, lambda g, y, a, b: a @ g), group="linear algebra",
        axes="outer", linear=(0, 1), lower=simpler.outer, code={"python": "np.outer({0}, {1})"},
        domain=(REALS, REALS), doc="a_i·b_j for two vectors: a bᵀ",
        example=("outer(a, b)", "a=[1,2]", "b=[3,4,5]"),
    ),
    Op(
        name="trace", signature="a", value="trace(a)", shape=number_of("trace"),
        vjp=(lambda g, y, a: expand(g, a.shape) * constant(a, "eye", *a.shape),),
        group="linear algebra", moves=True, axes="matrices", linear=(0,),
        lower=simpler.trace, code={"python": "np.trace({0})"},
        domain=(REALS,), doc="sum of the diagonal", aliases=("tr",),
        example=("trace(a)", "a=[[2,1],[1,3]]"),
    ),
    Op(
        name="diag", signature="a", value="diag(a)", shape=diag_shape,
        vjp=(lambda g, y, a: F.diag(g),), moves=True, group="linear algebra", axes="diagonal",
        linear=(0,), lower=simpler.diag, code={"python": "np.diag({0})"},
        domain=(REALS,), doc="the diagonal of a matrix, or the matrix with a vector as diagonal",
        example=("diag(a)", "a=[1,2]"),
    ),
    Op(
        name="det", signature="a", value="det(a)", shape=number_of("det"),
        vjp=(lambda g, y, a: g * F.cofactor(a),), group="linear algebra", axes="matrices",
        domain=(REALS,), doc="determinant",
        code={"python": "np.linalg.det({0})", "c": "det", "js": "det"},
        example=("det(a)", "a=[[2,1],[1,3]]"),
    ),
    Op(
        name="inv", signature="a", value="inv(a)", shape=inverse_shape, vjp=(inverse_vjp,),
        group="linear algebra", axes="matrices", domain=(REALS,),
        doc="inverse matrix; of a singular one nan", aliases=("inverse",),
        partial=True, demand="a singular matrix has no inverse",
        code={"python": "inv({0})", "c": "inv", "js": "inv"},
        example=("inv(a)", "a=[[2,1],[1,3]]"),
    ),
    Op(
        name="solve", signature="a, b", value="solve(a, b)", shape=solve_shape,
        vjp=(solve_matrix, lambda g, y, a, b: F.solve(swapped(a), g)), group="linear algebra",
        axes="matrices", linear=(1,),
        domain=(REALS, REALS),
        doc="the x with a @ x = b", code={"python": "solve({0}, {1})", "c": "solve", "js": "solve"},
        partial=True, demand="a singular matrix does not determine the solution",
        fitting="the right side needs as many rows as the matrix",
        example=("solve(a, b)", "a=[[2,1],[1,3]]", "b=[1,2]"),
    ),
    Op(
        name="logdet", signature="a", value="logdet(a)", shape=number_of("logdet"),
        vjp=(lambda g, y, a: g * swapped(F.inv(a)),), group="linear algebra", axes="matrices",
        domain=(REALS,), doc="log(det(a)), without overflow",
        partial=True, demand="logdet needs a determinant above 0",
        code={"python": "logdet({0})", "c": "logdet", "js": "logdet"},
        example=("logdet(a)", "a=[[2,1],[1,3]]"),
    ),
    Op(
        name="cofactor", signature="a", value="cofactor(a)", shape=inverse_shape,
        vjp=(lambda g, y, a: F.cofactor_slope(a, g),), group="sweep", domain=(REALS,),
        doc="the derivative of det: det(a)·inv(a).T, also of a singular a",
        code={"python": "cofactor({0})", "c": "cofactor", "js": "cofactor"},
        example=("cofactor(a)", "a=[[2,1],[1,3]]"),
    ),
    Op(
        name="cofactor_slope", signature="a, h", value="cofactor_slope(a, h)", shape=slope_shape,
        vjp=(slope_matrix, lambda g, y, a, h: F.cofactor_slope(a, g)), group="sweep",
        domain=(REALS, REALS),
        doc="how cofactor(a) changes along h: the second derivative of det, also of a singular a",
        fitting="the two matrices need one shape", code={
            "python": "cofactor_slope({0}, {1})", "c": "cofactor_slope", "js": "cofactor_slope"},
        example=("cofactor_slope(a, h)", "a=[[2,1],[1,3]]", "h=[[1,0],[2,1]]"),
    ),
]  # fmt: skip
