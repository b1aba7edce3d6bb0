"""The shortest form: rules, common factors, brackets multiplied out, a common denominator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from gradcli.graph.formulas.numerals import Number, magnitude, over
from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Attr, Op
from gradcli.graph.ops.spell import scalar_function
from gradcli.graph.simplify.forms import Factors, Terms
from gradcli.graph.simplify.matching import Matching
from gradcli.graph.simplify.normal import Normal
from gradcli.graph.simplify.polynomial import quotient

_MOST = 64
"""Terms of a sum that is multiplied out."""
_LONG, _LONGEST = 250, 1_000
"""Characters up to which a sum is multiplied out, and up to which a factor is taken out of it."""
_DEEPEST = 5
"""Sums within sums that are tried in other forms for the sake of the outer one."""
_EFFORT = 600
"""How many sums are tried in other forms: a program of a million nodes has no end of them."""


class Shortest(Normal):
    """A normal form in which what is made is rewritten, and of a sum the shortest form is taken.

    Simplification needs no more than a bounded number of trials.
    """

    quotients = True

    def __init__(self) -> None:
        super().__init__()
        self._matching = Matching(self)
        self._products_known: dict[tuple[Number, frozenset[tuple[int, int]]], int] = {}
        self._quotients: dict[int, tuple[int, int] | None] = {}
        self._known: dict[frozenset[tuple[int, Number]], int] = {}
        self._effort = 0
        self._depth = 0

    def call(self, op: Op, args: Sequence[int], attr: Attr | None = None) -> int:
        """The op over formulas."""
        if op.pointwise and args and all(a in self.numbers for a in args) and not op.random:
            folded = self._folded(op, args)
            if folded is not None:
                return folded
        node = super().call(op, args, attr)
        if node in self.sums or node in self.products or node in self.numbers:
            return node
        found = self._matching.call(node)
        return node if found is None else found

    def _folded(self, op: Op, args: Sequence[int]) -> int | None:
        """A function of numbers where that is a whole number or a half: log(1), 1/4 == 0."""
        if op.name in ("add", "sub", "mul", "div", "pow", "neg", "sqrt"):
            return None
        numbers = [self.numbers[a] for a in args]
        value = scalar_function(op)(*(n.numerator / n.denominator for n in numbers))
        if value - value == 0 and abs(value) < 1e6 and value * 2 == int(value * 2):
            return self.number(float(value))
        return None

    def settled(self, number: Number, factors: Factors) -> int:
        """The product, once no rule holds any more, in the shortest of some forms."""
        key = number, frozenset(factors.items())
        if key not in self._products_known:
            self._products_known[key] = self._settled(number, factors)
        return self._products_known[key]

    def _settled(self, number: Number, factors: Factors) -> int:
        for _ in range(100):
            found = self._matching.product(factors)
            if found is None:
                break
            left, new = found
            value, more = self.factors(new)
            number *= value
            both = {b: m for b, m in left.items() if m != self.zero}
            for base, exponent in more.items():
                self.collect(both, base, exponent)
            if any(b in self.products or b in self.sums or b in self.numbers for b in more):
                return self.product(number, both)
            factors = {b: m for b, m in both.items() if m != self.zero}
        node = self.plain_product(number, factors)
        if len(factors) < 2 or self._effort >= _EFFORT or self._depth >= _DEEPEST:
            return node
        self._depth += 1
        forms = [
            *self._at_unit_vectors(node, factors),
            node,
            *self._divided(number, factors),
            *self._without_fractions(number, factors),
            *self._merged(number, factors),
            *self._hyperbolic(number, factors),
        ]
        self._depth -= 1
        return self._least(forms)

    def _without_fractions(self, number: Number, factors: Factors) -> Iterator[int]:
        """Another form for every sum with quotients in it: (1 + a/x^2)*x^2 is x^2 + a."""
        for base, exponent in factors.items():
            value = self.numbers.get(exponent)
            if base in self.sums and value is not None and value.denominator == 1:
                if base not in self._quotients:
                    self._effort += 1
                    self._quotients[base] = self._over(self.sums[base])
                parts = self._quotients[base]
                if parts is not None:
                    rest = self.product(number, {b: m for b, m in factors.items() if b != base})
                    top, below = (self.power(part, exponent) for part in parts)
                    yield self.divide(self.multiply(rest, top), below)

    def _at_unit_vectors(self, node: int, factors: Factors) -> Iterator[int]:
        """Multiplied out where a sum has a unit vector: softmax(z) * (1 - onehot(1, 3) / y) with
        y = softmax(z)[1] is softmax(z) - onehot(1, 3)."""
        ops = self.graph.ops
        units = (unit for base in factors for unit in self.sums.get(base, ()))
        if any(ops[base].name == "onehot" for unit in units for base in self.factors(unit)[1]):
            self._effort += 1
            expanded = self.expanded({node: 1})
            if expanded is not None:
                yield self.sum(expanded)

    def _divided(self, number: Number, factors: Factors) -> Iterator[int]:
        """The product with one sum less, where another can be divided by it."""
        powers = {b: self.numbers.get(m, 0) for b, m in factors.items() if b in self.sums}
        above = [base for base, value in powers.items() if value == 1]
        below = [base for base, value in powers.items() if value < 0 and value.denominator == 1]
        for top, under in product(above, below):
            self._effort += 1
            found = quotient(self, top, under)
            if found is not None:
                rest = {b: m for b, m in factors.items() if b != top}
                rest[under] = self.number(powers[under] + 1)
                yield self.multiply(self.product(number, rest), found)
                return

    def _hyperbolic(self, number: Number, factors: Factors) -> Iterator[int]:
        """The derivative of a sigmoid by cosh: 2 * sigmoid(2*x) * (1 - sigmoid(2*x)) is
        1 / (2 * cosh(x)^2).

        It stays as networks have it where the same sigmoid stands elsewhere, and where its argument
        is made of names alone, as w*x + b is.
        """
        graph = self.graph
        for base, exponent in factors.items():
            if base not in self.sums or graph.shapes[base] or exponent != self.one:
                continue
            terms = self.sums[base]
            sign = terms.get(self.one, 0)
            for inner in [unit for unit in terms if graph.ops[unit].name == "sigmoid"]:
                argument = graph.args[inner][0]
                if factors.get(inner) != self.one or not self.numbers.keys() & {
                    *graph.cone([argument])
                }:
                    continue
                if abs(sign) != 1 or terms != {self.one: sign, inner: -sign}:
                    continue
                others = {b: m for b, m in factors.items() if b not in (base, inner)}
                if inner in graph.cone(list(others)):
                    continue
                whole = graph.add(TABLE["cosh"], (self.scaled(argument, over(1, 2)),))
                below = self.power(whole, self.number(-2))
                yield self.multiply(self.product(over(number * sign, 4), others), below)
                return

    def _merged(self, number: Number, factors: Factors) -> Iterator[int]:
        """Another form for a root of a product that stands beside what is in it."""
        for base, exponent in factors.items():
            if base in self.products and base not in self.numbers:
                value = self.numbers.get(exponent, 1)
                if value.denominator == 1 or not self.products[base][1].keys() & factors.keys():
                    continue
                self._effort += 1
                for step in (1, -1):
                    rest = {b: m for b, m in factors.items() if b != base}
                    rest[base] = self.number(value + step)
                    apart = self.power(base, self.number(-step))
                    size, more = self.factors(apart)
                    both = dict(rest)
                    for b, m in more.items():
                        self.collect(both, b, m)
                    both = {b: m for b, m in both.items() if m != self.zero}
                    if not any(b in self.sums or b in self.numbers for b in more):
                        yield self.plain_product(number * size, both)

    def sum(self, terms: Terms) -> int:
        """The sum of terms, rewritten."""
        terms = {unit: value for unit, value in terms.items() if value}
        key = frozenset(terms.items())
        if key in self._known:
            return self._known[key]
        terms = self._rewritten(terms)
        node = super().sum(terms)
        self._known[key] = node
        small = node in self.sums and len(terms) <= _MOST and len(self.text(node)) <= _LONGEST
        if small and self._effort < _EFFORT and self._depth < _DEEPEST:
            self._effort += 1
            self._depth += 1
            node = self._known[key] = self._shortest(node)
            self._depth -= 1
        return node

    def _rewritten(self, terms: Terms) -> Terms:
        """The terms, once no rule holds any more."""
        for _ in range(100):
            found = self._matching.sum(terms)
            if found is None:
                break
            terms = {unit: value for unit, value in found.items() if value}
        return terms

    def _shortest(self, node: int) -> int:
        """The shortest of some forms of a sum; of equally short ones the first."""
        terms = self.sums[node]
        forms: list[int | None] = [node, self._factored(terms)]
        if len(self.text(node)) <= _LONG:
            forms.append(self._together(terms))
            expanded = self.expanded(terms)
            if expanded is not None and expanded != terms:
                flat = Normal.sum(self, self._rewritten(expanded))
                forms += [flat, self._factored(self.sums[flat]) if flat in self.sums else None]
        return self._least(form for form in forms if form is not None)

    def _least(self, forms: Iterable[int]) -> int:
        """The first of the shortest."""
        return min(forms, key=lambda form: len(self.text(form)))

    def _factored(self, terms: Terms) -> int | None:
        """With the factor in front of some terms that saves most."""
        count: dict[int, list[int]] = {}
        parts = {unit: self.factors(unit)[1] for unit in terms}
        for unit, factors in parts.items():
            for base, exponent in factors.items():
                if exponent in self.numbers or base == self.e:
                    count.setdefault(base, []).append(unit)
        groups = [(base, units) for base, units in count.items() if len(units) > 1]
        if not groups:
            return None
        base, units = max(groups, key=lambda group: (len(group[1]) - 1) * self._size(group[0]))
        exponents = [parts[unit][base] for unit in units]
        if base == self.e:
            common = max(set(exponents), key=exponents.count)
            units = [unit for unit in units if parts[unit][base] == common]
        else:
            values = [self.numbers[m] for m in exponents]
            sign = 1 if values[0] > 0 else -1
            units = [u for u in units if self.numbers[parts[u][base]] * sign > 0]
            common = self.number(sign * min(magnitude(self.numbers[parts[u][base]]) for u in units))
        if len(units) < 2:
            return None
        inverse = self.power_of(base, self.scaled(common, -1))
        inner: dict[int, Number] = {}
        for unit in units:
            self._more(inner, self.multiply(unit, inverse), terms[unit])
        product = self.multiply(self.power_of(base, common), self.sum(inner))
        if len(units) == len(terms):
            return product
        rest = {unit: value for unit, value in terms.items() if unit not in units}
        self._more(rest, product, 1)
        return Normal.sum(self, rest)

    def _size(self, base: int) -> int:
        """How much a factor takes, with what stands around it."""
        return 3 + (5 if base == self.e else len(self.text(base)))

    def inside(self, node: int) -> int:
        """A product whose sums are multiplied out where that is shorter: (1 - x)*(1 + x)."""
        if node not in self.products:
            return node
        expanded = self.expanded({node: 1})
        if expanded is None:
            return node
        return self._least((node, self.sum(expanded)))

    def power_of(self, base: int, exponent: int) -> int:
        """base^exponent of a factor, which may be e."""
        return self.product(1, {base: exponent})

    def _more(self, terms: dict[int, Number], node: int, value: Number) -> None:
        for unit, number in self.terms(node).items():
            terms[unit] = terms.get(unit, 0) + number * value

    def _together(self, terms: Terms) -> int | None:
        """Over a common denominator."""
        parts = self._over(terms)
        return None if parts is None else self.divide(*parts)

    def _over(self, terms: Terms) -> tuple[int, int] | None:
        """A sum as a numerator and a denominator."""
        below: dict[int, Number] = {}
        for unit in terms:
            for base, exponent in self.factors(unit)[1].items():
                value = self.numbers.get(exponent, 0)
                if value < 0 and base != self.e:
                    below[base] = max(below.get(base, 0), -value)
        if not below or len(terms) > 8:
            return None
        whole = self.product(1, {base: self.number(n) for base, n in below.items()})
        above: dict[int, Number] = {}
        for unit, value in terms.items():
            self._more(above, self.multiply(unit, whole), value)
        expanded = self.expanded(above)
        return self.sum(above if expanded is None else expanded), whole

    def expanded(self, terms: Terms) -> dict[int, Number] | None:
        """The terms with all sums in them multiplied out; None where these are too many."""
        found: dict[int, Number] = {}
        for unit, value in terms.items():
            more = self._multiplied_out(unit)
            if more is None or len(found) + len(more) > _MOST:
                return None
            for part, number in more.items():
                found[part] = found.get(part, 0) + value * number
        return {unit: value for unit, value in found.items() if value}

    def _multiplied_out(self, unit: int) -> Terms | None:
        number, factors = self.factors(unit)
        sums = [(b, int(self.numbers[m])) for b, m in factors.items() if self._opens(b, m)]
        if not sums:
            return {unit: 1}
        rest = {b: m for b, m in factors.items() if not self._opens(b, m)}
        found: Terms = self.terms(self.product(number, rest))
        for base, times in sums:
            for _ in range(times):
                if len(found) * len(self.sums[base]) > _MOST:
                    return None
                more: dict[int, Number] = {}
                for one, a in found.items():
                    for two, b in self.sums[base].items():
                        self._more(more, self.multiply(one, two), a * b)
                found = more
        return found

    def _opens(self, base: int, exponent: int) -> bool:
        value = self.numbers.get(exponent, 0)
        return base in self.sums and value.denominator == 1 and 0 < value <= 4
