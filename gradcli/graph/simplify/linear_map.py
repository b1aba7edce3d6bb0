"""The matrix of a formula that is linear in a vector: of W.T @ (v * (1 - h^2)), by v."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from gradcli.graph.formulas.numerals import Number
from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Shape
from gradcli.graph.simplify.broadcast import call, spread, transposed
from gradcli.graph.simplify.forms import Factors
from gradcli.graph.simplify.normal import Normal

Entries = dict[tuple[int, ...], int]
"""The entries of a vector or a matrix that are not 0, by their places."""


def matrix(normal: Normal, node: int, seed: int, shape: Shape) -> int | None:
    """The Jacobian whose product with the vector `seed` from the left is the formula, of `shape`.

    That is a matrix with a row an entry of the seed, and a vector where the formula is a number;
    None where the formula is not plainly linear in the seed.
    """
    if len(normal.graph.shapes[seed]) != 1:
        return None
    linear = LinearMap(normal, seed)
    found = linear.of(spread(normal, linear.unmasked(node), shape))
    if found is None:
        return None
    found = found if not shape else transposed(normal, found)
    if normal.graph.shapes[found] != normal.graph.shapes[seed] + shape:
        return None
    return written_out(normal, found)


_MOST_ENTRIES = 16


def written_out(normal: Normal, node: int) -> int:
    """A vector or matrix with its entries in brackets, where each is known: [y, 1]."""
    graph = normal.graph
    shape = graph.shapes[node]
    found = _entries(normal, node) if prod(shape) <= _MOST_ENTRIES else None
    if found is None or not any(len(key) for key in found):
        return node
    if len(shape) == 1:
        return graph.add(TABLE["stack"], _row(normal, found, (), shape[0]), (0,))
    rows = [
        graph.add(TABLE["stack"], _row(normal, found, (i,), shape[1]), (0,))
        for i in range(shape[0])
    ]
    return graph.add(TABLE["stack"], tuple(rows), (0,))


def _row(normal: Normal, found: Entries, start: tuple[int, ...], size: int) -> tuple[int, ...]:
    return tuple(found.get((*start, i), normal.zero) for i in range(size))


def _entries(normal: Normal, node: int) -> Entries | None:
    """The entries that are not 0, by their places, of a sum of unit vectors or matrices."""
    graph = normal.graph
    total: Entries = {}
    for unit, value in normal.terms(node).items():
        number, factors = normal.factors(unit)
        arrays = [b for b in factors if graph.shapes[b]]
        if len(arrays) != 1 or factors[arrays[0]] != normal.one:
            return None
        rest = {b: n for b, n in factors.items() if b != arrays[0]}
        front = normal.product(number * value, rest)
        op, args = graph.ops[arrays[0]], graph.args[arrays[0]]
        inner: Entries | None
        if op.name == "onehot" and args[0] in normal.numbers:
            inner = {(int(normal.numbers[args[0]]),): normal.one}
        elif op.name == "outer":
            rows, columns = (_entries(normal, arg) for arg in args)
            if rows is None or columns is None:
                return None
            inner = {
                i + j: normal.multiply(a, b) for i, a in rows.items() for j, b in columns.items()
            }
        else:
            inner = _entries(normal, arrays[0]) if arrays[0] in normal.sums else None
        for place, entry in (inner or {}).items():
            term = normal.multiply(front, entry)
            total[place] = normal.add((total[place], term)) if place in total else term
        if inner is None:
            return None
    return total


class LinearMap:
    """The K for which a formula is K @ seed; of a formula that is a number, a vector k."""

    def __init__(self, normal: Normal, seed: int) -> None:
        self.normal, self.seed = normal, seed
        normal.thinning = False  # rows that are equal are no vector here
        self.size = normal.graph.shapes[seed][0]

    def depends(self, node: int) -> bool:
        """Whether the seed is in the formula."""
        return bool(self.normal.graph.depends(self.normal.graph.cone([node]), [self.seed])[node])

    def unmasked(self, node: int) -> int:
        """The formula without what masks of the seed say: it is 1 at one entry, 0 at all others."""
        normal, seed = self.normal, self.seed
        graph = normal.graph
        cone = graph.cone([node])
        depends = graph.depends(cone, [seed])
        mask = graph.add(TABLE["ne"], (seed, normal.zero))
        if mask not in cone:
            return node
        known = {at: at for at in cone if not depends[at] or at in (seed, mask)}
        for at in cone:
            if at in known:
                continue
            op, old = graph.ops[at], graph.args[at]
            args = [known[a] for a in old]
            whole = op.name in ("sum", "max") and args == [mask] and not graph.shapes[at]
            if whole or (op.name in ("max", "maximum") and self._certain(args)):
                known[at] = normal.one
            elif op.name == "matmul" and set(args) == {seed, mask}:
                known[at] = graph.add(TABLE["sum"], (seed,), (None, 0))
            elif op.name == "gate" and seed in normal.factors(args[0])[1]:
                number, factors = normal.factors(args[1])
                rest = {b: n for b, n in factors.items() if b != mask}
                known[at] = normal.gated(args[0], normal.product(number, rest))
            else:
                wholes = [graph.shapes[a] for a in old]
                known[at] = call(normal, op, args, graph.attrs[at], graph.shapes[at], wholes)
        return known[node]

    def _certain(self, masks: Sequence[int]) -> bool:
        """Whether one of the masks is 1, so that their maximum is."""
        ops = self.normal.graph.ops
        return self.normal.one in masks and all(
            mask in (self.normal.one, self.normal.zero) or ops[mask].truth for mask in masks
        )

    def of(self, node: int) -> int | None:
        """K; None where there is none that is known."""
        normal = self.normal
        graph = normal.graph
        shape = graph.shapes[node]
        if node == self.seed:
            return graph.add(TABLE["eye"], (), (self.size, None))
        if len(shape) > 1:
            return None
        if not self.depends(node):
            zero = node == normal.zero or graph.ops[node].name == "zeros"
            return graph.add(TABLE["zeros"], (), ((*shape, self.size),)) if zero else None
        if node in normal.sums:
            parts = [(self.of(spread(normal, u, shape)), v) for u, v in normal.sums[node].items()]
            scaled = [normal.scaled(part, v) for part, v in parts if part is not None]
            return self._sum(scaled) if len(scaled) == len(parts) else None
        if node in normal.products:
            return self._of_product(*normal.products[node])
        op, args = graph.ops[node], graph.args[node]
        if op.name == "matmul":
            return self._of_matmul(*args)
        if op.name == "gate":
            return self._of_gate(spread(normal, args[0], shape), args[1])
        if op.name not in ("sum", "index", "scatter") or len(graph.shapes[args[0]]) != 1:
            return None
        inner = self.of(args[0])
        if inner is None:
            return None
        if op.name == "scatter":  # the rows of an identity matrix choose entries
            whole = graph.add(TABLE["eye"], (), (*shape, None))
            chosen = graph.add(TABLE["index"], (whole, *args[2:]), graph.attrs[node])
            return self._made("matmul", transposed(normal, chosen), inner)
        attr = (0, 0) if op.name == "sum" else graph.attrs[node]
        if op.name == "index" and graph.ops[inner].name == "eye" and not shape and attr:
            place = normal.number(attr[0][0] % self.size)
            return graph.add(TABLE["onehot"], (place,), (self.size,))
        moved = (inner, *args[1:])
        wholes = [graph.shapes[part] for part in moved]
        return call(normal, op, moved, attr, op.shape(wholes, attr or ()), wholes)

    def _of_product(self, number: Number, factors: Factors) -> int | None:
        normal = self.normal
        graph = normal.graph
        with_seed = [b for b in factors if self.depends(b)]
        if len(with_seed) != 1 or factors[with_seed[0]] != normal.one:
            return None
        (base,) = with_seed
        inner = self.of(base)
        if inner is None:
            return None
        rest = normal.product(number, {b: n for b, n in factors.items() if b != base})
        if not graph.shapes[rest]:
            return normal.multiply(rest, inner)
        if not graph.shapes[base]:
            vectors = len(graph.shapes[rest]) == len(graph.shapes[inner]) == 1
            return self._made("outer", rest, inner) if vectors else None
        return self._diagonal(rest, inner)

    def _diagonal(self, vector: int, inner: int) -> int:
        """diag(vector) @ inner, each term of a sum by itself where that is shorter."""
        normal = self.normal
        diagonal = self._made("diag", vector)
        whole = self._made("matmul", diagonal, inner)
        if inner not in normal.sums:
            return whole
        parts = [self._made("matmul", diagonal, unit) for unit in normal.sums[inner]]
        values = normal.sums[inner].values()
        apart = self._sum([normal.scaled(part, v) for part, v in zip(parts, values)])
        return min(whole, apart, key=lambda form: len(normal.text(form)))

    def _sum(self, parts: Sequence[int]) -> int:
        """The sum of matrices, the diagonal ones as one."""
        normal = self.normal
        terms = normal.terms(normal.add(parts))
        vectors, others = [], []
        for unit, value in terms.items():
            number, factors = normal.factors(unit)
            diagonals = [b for b in factors if normal.graph.ops[b].name == "diag"]
            if len(diagonals) == 1 and factors[diagonals[0]] == normal.one:
                rest = {b: n for b, n in factors.items() if b != diagonals[0]}
                (inner,) = normal.graph.args[diagonals[0]]
                scaled = normal.product(number * value, rest)
                vectors.append(normal.multiply(scaled, inner))
            else:
                others.append(normal.scaled(unit, value))
        if len(vectors) > 1:
            others.insert(0, self._made("diag", normal.add(vectors)))
            return normal.add(others)
        return normal.sum(terms)

    def _of_matmul(self, a: int, b: int) -> int | None:
        normal = self.normal
        if self.depends(a) and self.depends(b):
            return None
        if self.depends(a):
            inner = self.of(a)
            left = transposed(normal, b)
        else:
            inner = self.of(b)
            left = a
        return None if inner is None else self._made("matmul", left, inner)

    def _made(self, name: str, *args: int) -> int:
        normal, op = self.normal, TABLE[name]
        shapes: Sequence[Shape] = [normal.graph.shapes[n] for n in args]
        return call(normal, op, args, None, op.shape(shapes, ()), shapes)

    def _of_gate(self, inner: int, mask: int) -> int | None:
        """A mask of the seed's own, which is 1 at the entry that is asked for, says nothing."""
        normal = self.normal
        found = self.of(inner)
        if found is None:
            return None
        number, factors = normal.factors(mask)
        free = {b: n for b, n in factors.items() if not self.depends(b)}
        if not free:
            return found
        rest = normal.product(number, free)
        if not normal.graph.shapes[rest]:
            return normal.gated(found, rest)
        return self._diagonal(rest, found)
