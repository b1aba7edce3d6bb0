"""Formulas of arrays: what repeats entries, sums over them or only moves them, as mathematics."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from gradcli.graph.formulas.numerals import over
from gradcli.graph.node import TABLE
from gradcli.graph.ops.elementwise import flat
from gradcli.graph.ops.op import Attr, Op, Shape
from gradcli.graph.simplify.normal import Normal


def spread(normal: Normal, node: int, shape: Shape) -> int:
    """The formula in exactly this shape.

    >>> normal = Normal()
    >>> normal.text(spread(normal, normal.scaled(normal.symbol("x"), 2), (3,)))
    '2 * x * ones(3)'
    """
    graph = normal.graph
    own = graph.shapes[node]
    if own == shape:
        return node
    number, factors = normal.factors(node)
    if not number:
        return graph.add(TABLE["zeros"], (), (shape,))
    unit = normal.product(1, factors)
    if not own:
        ones = graph.add(TABLE["ones"], (), (shape,))
        return normal.multiply(node, ones)
    if len(own) == 1 and shape[1:] == own:
        ones = graph.add(TABLE["ones"], (), (shape[:1],))
        whole = graph.add(TABLE["outer"], (ones, unit))
    elif len(shape) == 2 and own == (shape[0], 1) and graph.ops[unit].name == "reshape":
        ones = graph.add(TABLE["ones"], (), (shape[1:],))
        whole = graph.add(TABLE["outer"], (graph.args[unit][0], ones))
    else:
        whole = graph.add(TABLE["expand"], (unit,), (shape,))
    return normal.scaled(whole, number)


def sum_to(normal: Normal, node: int, whole: Shape, shape: Shape) -> int:
    """The formula, in the shape `whole`, summed over what broadcasting from `shape` repeated.

    >>> normal = Normal()
    >>> normal.text(sum_to(normal, normal.symbol("x", (2, 3)), (2, 3), (2, 1)))
    'sum(x, axis=1, keepdims=1)'
    """
    if whole == shape:
        return node
    if not shape or len(whole) == 1:
        return _total(normal, node, whole, "sum", (None, 0), ())
    if whole[1:] == shape:
        return _total(normal, node, whole, "sum", (0, 0), shape)
    if len(whole) == len(shape):
        axes = [axis for axis, (size, less) in enumerate(zip(whole, shape)) if size != less]
        if len(axes) == 1:
            return _total(normal, node, whole, "sum", (axes[0], 1), shape)
    return _total(normal, node, whole, "sum_to", (shape,), shape)


def _total(normal: Normal, node: int, whole: Shape, name: str, attr: Attr, shape: Shape) -> int:
    """A sum with the scalar factors in front of it."""
    graph = normal.graph
    number, factors = normal.factors(node)
    front = {b: n for b, n in factors.items() if not graph.shapes[b] and not graph.shapes[n]}
    rest = {b: n for b, n in factors.items() if b not in front}
    if any(graph.ops[b].name == "gate" for b in factors):
        front, rest = {}, dict(factors)  # a mask goes with what it hides
    left: int | None
    if not rest:
        left = normal.number(over(prod(whole), max(1, prod(shape))))
    else:
        left = _dot(normal, rest, whole, attr) if name == "sum" else None
        if left is None:
            inner = spread(normal, normal.product(1, rest), whole)
            left = _summed(normal, TABLE[name], inner, attr)
    return normal.multiply(normal.product(number, front), left)


def _summed(normal: Normal, op: Op, node: int, attr: Attr) -> int:
    """The sum as a call; sum(A.T, axis=0) is sum(A, axis=1), and that of diag(x) is x."""
    graph = normal.graph
    known, shape = graph.ops[node].name, graph.shapes[node]
    if op.name == "sum" and known == "onehot" and len(shape) == 1:
        return normal.one
    if op.name == "sum" and attr[0] is not None and not attr[1] and len(shape) == 2:
        if known == "eye" and shape[0] == shape[1]:
            return graph.add(TABLE["ones"], (), (shape[:1],))
        if known == "diag":
            return graph.args[node][0]
        if known == "outer":
            summed, kept = graph.args[node] if attr[0] % 2 == 0 else graph.args[node][::-1]
            return normal.multiply(
                _total(normal, summed, graph.shapes[summed], "sum", (None, 0), ()), kept
            )
    if op.name == "sum" and graph.attrs[node] == ((1, 0),) and not attr[1]:
        (node,) = graph.args[node]
        attr = (None if attr[0] is None else 1 - attr[0] % 2, 0)
    return normal.call(op, (node,), attr)


def _dot(normal: Normal, factors: dict[int, int], whole: Shape, attr: Attr) -> int | None:
    """A sum of products as a product of vectors or matrices: sum(x * y) is x @ y."""
    shapes = normal.graph.shapes
    if len(factors) != 2 or any(n != normal.one for n in factors.values()):
        return None
    a, b = factors
    axis, keepdims = attr
    if len(whole) == 1 and shapes[a] == shapes[b] == whole and not keepdims:
        return matmul(normal, a, b)
    if len(whole) == 2 and axis == 1 and not keepdims:
        a, b = sorted((a, b), key=lambda node: -len(shapes[node]))
        if shapes[a] == whole and shapes[b] == whole[1:]:
            return matmul(normal, a, b)
    return None


def matmul(normal: Normal, a: int, b: int) -> int:
    """a @ b, where one is no identity, and no array of ones or outer product that says less."""
    graph = normal.graph
    shapes, ops, args = graph.shapes, graph.ops, graph.args
    if ops[a].name == "eye" and shapes[a][0] == shapes[a][1]:
        return b
    if ops[b].name == "eye" and shapes[b][0] == shapes[b][1]:
        return a
    if (ops[a].name == "inv" and args[a] == (b,)) or (ops[b].name == "inv" and args[b] == (a,)):
        return graph.add(TABLE["eye"], (), (shapes[a][0], None))
    ones_a, ones_b = ops[a].name == "ones", ops[b].name == "ones"
    if ones_b and len(shapes[a]) <= 2:
        axis = 1 if len(shapes[a]) == 2 else None
        sums = call(normal, TABLE["sum"], (a,), (axis, 0), shapes[a][:-1], (shapes[a],))
        if len(shapes[b]) == 1:
            return sums
        return _repeated(normal, sums, shapes[b][1], after=True)
    if ones_a and len(shapes[b]) <= 2:
        axis = 0 if len(shapes[b]) == 2 else None
        sums = call(normal, TABLE["sum"], (b,), (axis, 0), shapes[b][1:], (shapes[b],))
        if len(shapes[a]) == 1:
            return sums
        return _repeated(normal, sums, shapes[a][0], after=False)
    if ops[a].name == "diag" and len(shapes[a]) == 2:
        if ops[b].name == "diag" and len(shapes[b]) == 2:
            both = normal.multiply(args[a][0], args[b][0])
            return graph.add(TABLE["diag"], (both,))
        if ops[b].name == "outer":
            u, v = args[b]
            return graph.add(TABLE["outer"], (normal.multiply(args[a][0], u), v))
        if ops[b].name == "matmul" and ops[first := args[b][0]].name == "diag":
            both = normal.multiply(args[a][0], args[first][0])
            return graph.add(TABLE["matmul"], (graph.add(TABLE["diag"], (both,)), args[b][1]))
    if len(shapes[a]) == len(shapes[b]) == 1:
        for one, other in ((a, b), (b, a)):
            entry = _entry(normal, one, other)
            if entry is not None:
                return entry
    if ops[a].name == "outer" and len(shapes[b]) == 1:
        u, v = args[a]
        return normal.multiply(u, matmul(normal, v, b))
    if ops[b].name == "outer" and len(shapes[a]) == 1:
        u, v = args[b]
        return normal.multiply(matmul(normal, a, u), v)
    return normal.call(TABLE["matmul"], (a, b))


def _entry(normal: Normal, unit: int, vector: int) -> int | None:
    """unit @ vector, where the one chooses an entry of the other."""
    graph = normal.graph
    op, args = graph.ops[unit], graph.args[unit]
    if op.name == "onehot" and args[0] in normal.numbers:
        place = int(normal.numbers[args[0]])
        return graph.add(TABLE["index"], (vector,), ((place,),))
    if op.name == "scatter" and not graph.shapes[args[0]]:
        chosen = graph.add(TABLE["index"], (vector, *args[2:]), graph.attrs[unit])
        return normal.multiply(args[0], chosen)
    return None


def _repeated(normal: Normal, node: int, size: int, after: bool) -> int:
    """A vector as the equal columns (`after`) or rows of a matrix; a number as a vector."""
    graph = normal.graph
    ones = graph.add(TABLE["ones"], (), ((size,),))
    if not graph.shapes[node]:
        return normal.multiply(node, ones)
    number, factors = normal.factors(node)
    unit = normal.product(1, factors)
    pair = (unit, ones) if after else (ones, unit)
    return normal.scaled(graph.add(TABLE["outer"], pair), number)


def transposed(normal: Normal, node: int) -> int:
    """node.T, where that says anything."""
    graph = normal.graph
    if len(graph.shapes[node]) < 2:
        return node
    plain = graph.add(TABLE["transpose"], (node,), (tuple(range(len(graph.shapes[node])))[::-1],))
    if len(graph.shapes[node]) > 2:
        return plain
    turned = _turned(normal, node)
    return plain if turned is None else min(turned, plain, key=lambda n: len(normal.text(n)))


def _turned(normal: Normal, node: int) -> int | None:
    """The transpose by what the matrix is made of; None where that is not known."""
    graph = normal.graph
    op, args, shape = graph.ops[node].name, graph.args[node], graph.shapes[node]
    if node in normal.sums:
        if any(graph.shapes[unit] not in ((), shape) for unit in normal.sums[node]):
            return None
        units = {transposed(normal, unit): value for unit, value in normal.sums[node].items()}
        return normal.sum(units)
    if node in normal.products:
        number, factors = normal.products[node]
        if any(graph.shapes[base] not in ((), shape) for base in factors):
            return None
        return normal.product(number, {transposed(normal, b): n for b, n in factors.items()})
    if op in ("diag", "eye") and shape[0] == shape[1]:
        return node
    if op == "transpose":
        return args[0]
    if op in ("ones", "zeros"):
        return graph.add(TABLE[op], (), (shape[::-1],))
    if op == "outer":
        return graph.add(TABLE["outer"], args[::-1])
    if op == "gate" and not graph.shapes[args[1]]:
        return graph.add(TABLE["gate"], (transposed(normal, args[0]), args[1]))
    if op == "matmul" and all(len(graph.shapes[a]) == 2 for a in args):
        a, b = (transposed(normal, arg) for arg in args)
        return matmul(normal, b, a)
    return None


def _scattered(normal: Normal, args: Sequence[int], attr: Attr) -> int | None:
    """scatter(g, x[1]) with the unit vector that chooses the entry."""
    graph = normal.graph
    items, shape = attr[0], graph.shapes[args[1]]
    if len(items) != 1 or not isinstance(items[0], int) or len(shape) > 2:
        return None
    place = normal.number(items[0] % shape[0])
    unit = graph.add(TABLE["onehot"], (place,), (shape[0],))
    if len(shape) == 1:
        return normal.multiply(args[0], unit)
    number, factors = normal.factors(args[0])
    row = normal.product(1, factors)
    return normal.scaled(graph.add(TABLE["outer"], (unit, row)), number)


def call(
    normal: Normal,
    op: Op,
    args: Sequence[int],
    attr: Attr | None,
    shape: Shape,
    wholes: Sequence[Shape],
) -> int:
    """The formula of `op` as a node of `shape` over arguments of the shapes `wholes`."""
    graph, name = normal.graph, op.name
    if name == "where":
        if args[0] in normal.numbers:
            return args[2] if args[0] == normal.zero else args[1]
        if args[2] == normal.zero:
            return normal.gated(args[1], args[0])
        if args[1] == normal.zero:
            negated = normal.negated(args[0])
            if graph.args[negated] == graph.args[args[0]]:  # one comparison for another
                return normal.gated(args[2], negated)
        if args[1] == args[2]:
            return args[1]
    if name == "ne" and args[1] == normal.zero:
        return differs(normal, args[0])
    if name == "gate":
        return normal.gated(args[0], args[1])
    if name == "eq" and args[1] == normal.zero and args[0] not in normal.numbers:
        return normal.negated(args[0])
    if not op.pointwise:
        for place in op.linear:
            bare, mask = _masked(normal, args[place])
            if mask is not None:
                free = [bare if i == place else arg for i, arg in enumerate(args)]
                return normal.gated(call(normal, op, free, attr, shape, wholes), mask)
    of_one = op.axes in ("reshapes", "transposes", "repeats") and not graph.shapes[args[0]]
    if name == "expand" or of_one:
        return args[0]
    if name == "sum":
        if len(wholes[0]) == 1:  # a sum with keepdims may do without the axis
            attr = None, 0
            shape = ()
        return _total(normal, args[0], wholes[0], name, attr or (), shape)
    if name == "sum_to":
        return sum_to(normal, args[0], wholes[0], shape)
    if not op.pointwise:
        args = [spread(normal, arg, whole) for arg, whole in zip(args, wholes)]
    front = normal.one
    for place in op.linear:
        if name in ("add", "sub", "mul", "div", "neg", "pos", "stop_gradient"):
            break
        number, factors = normal.factors(args[place])
        if not number or graph.ops[args[place]].name == "zeros":
            return normal.zero
        scalars = {b: n for b, n in factors.items() if _scalar(normal, b, n)}
        rest = {b: n for b, n in factors.items() if b not in scalars}
        if wholes[place]:
            if not rest:
                rest = {graph.add(TABLE["ones"], (), (wholes[place],)): normal.one}
            front = normal.multiply(front, normal.product(number, scalars))
            inner = spread(normal, normal.product(1, rest), wholes[place])
        else:
            front = normal.multiply(front, args[place])
            inner = normal.one
        args = [inner if i == place else arg for i, arg in enumerate(args)]
    return normal.multiply(front, _moved(normal, op, args, attr))


def _masked(normal: Normal, node: int) -> tuple[int, int | None]:
    """The formula and the mask that is one number for all of its entries, if it has one."""
    graph = normal.graph
    number, factors = normal.factors(node)
    (base,) = factors if len(factors) == 1 else (normal.one,)
    if graph.ops[base].name != "gate" or graph.shapes[graph.args[base][1]]:
        return node, None
    inner, mask = graph.args[base]
    return normal.scaled(inner, number), mask


def _scalar(normal: Normal, base: int, exponent: int) -> bool:
    shapes = normal.graph.shapes
    return not shapes[base] and not shapes[exponent] and normal.graph.ops[base].name != "gate"


def _moved(normal: Normal, op: Op, args: Sequence[int], attr: Attr | None) -> int:
    """The op over arguments of their whole shapes, without a number in front."""
    graph = normal.graph
    if op.name == "matmul":
        return matmul(normal, *args)
    if op.name == "transpose" and attr and list(attr[0]) == sorted(attr[0], reverse=True):
        return transposed(normal, args[0])
    if op.name == "scatter":
        found = _scattered(normal, args, attr or ())
        if found is not None:
            return found
    if op.name == "outer" and all(graph.ops[a].name == "ones" for a in args):
        shape = graph.shapes[args[0]] + graph.shapes[args[1]]
        return graph.add(TABLE["ones"], (), (shape,))
    return normal.call(op, args, attr)


def differs(normal: Normal, node: int) -> int:
    """node != 0, which is a comparison itself, a number in front of it or not."""
    if node in normal.numbers:
        return normal.number(int(normal.numbers[node] != 0))
    unit, _ = normal.term(node)
    factors = normal.factors(unit)[1]
    if all(normal.graph.ops[base].truth for base in factors):
        return unit
    return normal.graph.add(TABLE["ne"], (unit, normal.zero))


def anywhere(normal: Normal, mask: int) -> int:
    """Whether a mask lets anything pass."""
    if not normal.graph.shapes[mask]:
        return mask
    return normal.graph.add(TABLE["max"], (mask,), (None, 0))


def decides(op: Op, position: int) -> bool:
    """Whether the last bit of the argument there may decide on the result, as in x/y == z."""
    local = op.local if isinstance(op.local, tuple) else ()
    if op.truth or flat in local:
        return True
    rule = local[position] if position < len(local) else None
    return position in op.hides and rule is None
