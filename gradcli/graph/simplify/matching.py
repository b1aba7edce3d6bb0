"""Where a formula has the pattern of a rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gradcli.graph.formulas.numerals import Number, magnitude, over
from gradcli.graph.graph import INPUT, LITERAL
from gradcli.graph.simplify.forms import Factors, Terms
from gradcli.graph.simplify.normal import Normal
from gradcli.graph.simplify.patterns import SHAPES, Pattern, kinds, patterns

Bindings = dict[int, int]
"""What the names of a pattern, as its nodes, stand for."""

_MOST_TERMS, _MOST_FACTORS = 40, 12
"""Terms of a sum in which pairs are looked for, and factors of a product."""


class Matching:
    """Finds the patterns of the table in the formulas of `normal`."""

    def __init__(self, normal: Normal) -> None:
        self.normal, self.table = normal, patterns()
        self.own = self.table.normal

        self._known: dict[tuple[int, frozenset[str]], list[Pattern]] = {}

    def _possible(self, among: list[Pattern], found: Iterable[str]) -> list[Pattern]:
        """The patterns whose ops are all there."""
        there = frozenset(found)
        key = id(among), there
        if key not in self._known:
            self._known[key] = [pattern for pattern in among if pattern.ops <= there]
        return self._known[key]

    # Whole formulas

    def matches(self, pattern: int, node: int, bound: Bindings) -> Iterator[Bindings]:
        """The ways in which a node is what the pattern says; patterns are a few nodes deep."""
        own, normal = self.own, self.normal
        op = own.graph.ops[pattern]
        if op is INPUT and pattern != own.e:
            known = bound.get(pattern)
            if known is None:
                if not own.graph.shapes[pattern] or self._fits(pattern, node):
                    yield {**bound, pattern: node}
            elif known == node:
                yield bound
        elif pattern in own.numbers:
            if normal.numbers.get(node) == own.numbers[pattern]:
                yield bound
        elif pattern in own.sums:
            terms, found = own.sums[pattern], normal.sums.get(node, {})
            if len(found) == len(terms):
                yield from self._all_terms(list(terms.items()), found, bound)
        elif pattern in own.products:
            yield from self._whole_product(pattern, node, bound)
        elif normal.graph.ops[node] is op and normal.graph.attrs[node] == own.graph.attrs[pattern]:
            ways = [bound]
            for inner, arg in zip(own.graph.args[pattern], normal.graph.args[node]):
                ways = [more for way in ways for more in self.matches(inner, arg, way)]
            yield from ways

    def _fits(self, pattern: int, node: int) -> bool:
        """Whether a node has the rank that a rule on arrays asks for."""
        wanted, found = self.own.graph.shapes[pattern], self.normal.graph.shapes[node]
        if wanted == SHAPES["array"]:
            return bool(found)
        return len(wanted) == len(found) and len(set(found)) == 1

    def _all_terms(
        self, terms: list[tuple[int, Number]], found: Terms, bound: Bindings
    ) -> Iterator[Bindings]:
        if not terms:
            yield bound
            return
        (unit, value), *rest = terms
        for other, number in found.items():
            if number == value:
                left = {u: n for u, n in found.items() if u != other}
                for way in self.matches(unit, other, bound):
                    yield from self._all_terms(rest, left, way)

    def _whole_product(self, pattern: int, node: int, bound: Bindings) -> Iterator[Bindings]:
        own, normal = self.own, self.normal
        number, factors = own.products[pattern]
        if number == -1 and list(factors.values()) == [own.one]:
            (base,) = factors  # -x is whatever is written with a minus
            if normal.minus(node):
                yield from self.matches(base, normal.scaled(node, -1), bound)
            return
        value, found = normal.factors(node)
        (first, *more) = factors
        if not more and own.graph.ops[first] is INPUT and factors[first] == own.one != first:
            if value == number:  # x / 2 is also a * b / 2
                yield from self.matches(first, normal.product(1, found), bound)
        elif value == number and len(found) == len(factors):
            for way, taken in self.in_factors(factors, found, bound):
                if taken.keys() == found.keys() and all(found[b] == m for b, m in taken.items()):
                    yield way

    # Parts of products

    def in_factors(
        self, factors: Factors, found: Factors, bound: Bindings
    ) -> Iterator[tuple[Bindings, dict[int, int]]]:
        """The ways in which factors of a pattern are among those of a product, and which of the
        product's these are."""
        own, normal = self.own, self.normal
        plain = [b for b in factors if own.graph.ops[b] is INPUT and b != own.e]
        ways: list[tuple[Bindings, dict[int, int]]] = [(bound, {})]
        for base, exponent in factors.items():
            if base in plain:
                continue
            wanted = own.numbers.get(exponent)
            more = []
            for way, taken in ways:
                for other, power in found.items():
                    if other in taken:
                        continue
                    if base == own.e or other == normal.e:
                        if base == own.e and other == normal.e:
                            more += [
                                (new, {**taken, other: power})
                                for new in self.matches(exponent, power, way)
                            ]
                        continue
                    has = normal.numbers.get(power)
                    if has is None or wanted is None or not _holds(has, wanted):
                        continue
                    more += [
                        (new, {**taken, other: normal.number(wanted)})
                        for new in self.matches(base, other, way)
                    ]
            ways = more
        for way, taken in ways:
            whole = self._with_names(plain, factors, found, way, taken)
            if whole is not None:
                yield way | whole[0], whole[1]

    def _with_names(
        self, plain: list[int], factors: Factors, found: Factors, way: Bindings, taken: Factors
    ) -> tuple[Bindings, dict[int, int]] | None:
        """The same with the factors of the pattern that are names."""
        own, normal = self.own, self.normal
        taken, new = dict(taken), dict(way)
        for base in plain:
            wanted = own.numbers.get(factors[base])
            if base not in new:
                free = [
                    other
                    for other, power in found.items()
                    if other not in taken and power == factors_number(normal, wanted)
                ]
                if len(free) != 1:
                    return None
                new[base] = free[0]
            if wanted is None:
                return None
            number, inner = normal.factors(new[base])
            if number != 1:
                return None
            for other, own_power in inner.items():
                need, has = normal.numbers.get(own_power), normal.numbers.get(found.get(other, -1))
                if need is None or has is None or not _holds(has, need * wanted):
                    return None
                taken[other] = normal.number(need * wanted)
        return new, taken

    # Results

    def instance(self, node: int, bound: Bindings) -> int:
        """The right side of a rule, its names replaced."""
        own, normal = self.own, self.normal
        known = dict(bound)
        known[own.e] = normal.e
        for at in own.graph.cone([node]):
            if at in known:
                continue
            op = own.graph.ops[at]
            if op is LITERAL:
                attr = own.graph.attrs[at] or (0.0,)
                known[at] = normal.number(attr[0])
            else:
                args = [known[a] for a in own.graph.args[at]]
                known[at] = normal.call(op, args, own.graph.attrs[at])
        return known[node]

    def call(self, node: int) -> int | None:
        """What a rule makes of a call."""
        for pattern in self.table.calls.get(self.normal.graph.ops[node].name, ()):
            for bound in self.matches(pattern.left, node, {}):
                return self.instance(pattern.right, bound)
        return None

    def product(self, factors: Factors) -> tuple[Factors, int] | None:
        """What a rule leaves of a product's factors, and another one."""
        normal = self.normal
        if len(factors) > _MOST_FACTORS:
            return None
        for pattern in self._possible(self.table.products, kinds(normal, factors)):
            inner = self.own.products[pattern.left][1]
            for bound, taken in self.in_factors(inner, factors, {}):
                times = min(self._times(factors, taken))
                left = {
                    b: normal.add((m, normal.scaled(taken[b], times)), (1, -1))
                    if b in taken and b != normal.e
                    else m
                    for b, m in factors.items()
                    if not (b == normal.e and b in taken)
                }
                right = self.instance(pattern.right, bound)
                return left, normal.power(right, normal.number(times))
        return None

    def _times(self, factors: Factors, taken: Factors) -> Iterator[int]:
        """How many times each factor has what the rule takes."""
        normal = self.normal
        for base, power in taken.items():
            if base == normal.e:
                yield 1
            else:
                yield int(over(normal.numbers[factors[base]], normal.numbers[power]))

    def sum(self, terms: Terms) -> dict[int, Number] | None:
        """What a rule makes of two terms of a sum, and the others."""
        if not 1 < len(terms) <= _MOST_TERMS:
            return None
        normal = self.normal
        parts = {unit: normal.factors(unit)[1] for unit in terms}
        found_kinds = (kind for factors in parts.values() for kind in kinds(normal, factors))
        for pattern in self._possible(self.table.sums, found_kinds):
            wanted = self.own.sums[pattern.left].items()
            (one, c), (two, d) = sorted(wanted, key=lambda term: not self.own.graph.args[term[0]])
            for first, value in terms.items():
                for bound, rest in self._within(one, parts[first], {}):
                    for second, other in terms.items():
                        if second == first or over(other, d) != over(value, c):
                            continue
                        for both, left in self._within(two, parts[second], bound):
                            if left == rest:
                                new = self.instance(pattern.right, both)
                                found = dict(terms)
                                del found[first], found[second]
                                more = normal.multiply(new, normal.product(over(value, c), rest))
                                for unit, number in normal.terms(more).items():
                                    found[unit] = found.get(unit, 0) + number
                                return found
        return None

    def _within(
        self, pattern: int, factors: Factors, bound: Bindings
    ) -> Iterator[tuple[Bindings, dict[int, int]]]:
        """The ways in which a term has the pattern's, and the factors that are left of it."""
        normal = self.normal
        if pattern == self.own.one:
            yield bound, dict(factors)
            return
        if pattern in self.own.products:
            inner: Factors = self.own.products[pattern][1]
        else:
            inner = {pattern: self.own.one}
        if self.own.graph.ops[pattern] is INPUT and pattern not in bound:
            return
        for way, taken in self.in_factors(inner, factors, bound):
            left = {}
            for base, power in factors.items():
                if base not in taken:
                    left[base] = power
                elif base != normal.e:
                    less = normal.add((power, taken[base]), (1, -1))
                    if less != normal.zero:
                        left[base] = less
            yield way, left


def _holds(exponent: Number, wanted: Number) -> bool:
    """Whether a power has in it what a pattern wants: x^3 has x^2, and no x^-1 or sqrt(x)."""
    same = exponent * wanted > 0 and exponent.denominator == wanted.denominator
    return same and magnitude(exponent) >= magnitude(wanted)


def factors_number(normal: Normal, value: Number | None) -> int:
    """The node of a number; -1 for none."""
    return -1 if value is None else normal.number(value)
