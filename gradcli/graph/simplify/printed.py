"""Sums and products as they are printed, of terms and factors that are collected already."""

from __future__ import annotations

from fractions import Fraction

from gradcli.graph.formulas.numerals import Number, content, magnitude, over, spelled
from gradcli.graph.node import TABLE
from gradcli.graph.simplify.assumptions import Assumptions
from gradcli.graph.simplify.forms import Factors, Terms


class Printed(Assumptions):
    """Formulas that are sums of terms and products of factors, each printed in one way."""

    quotients = False
    """Whether x / 2 is written rather than 0.5 * x."""

    def __init__(self) -> None:
        super().__init__()
        self._sums: dict[frozenset[tuple[int, Number]], int] = {}
        self._primitive: dict[int, tuple[Number, int]] = {}
        self._primitives: dict[frozenset[tuple[int, Number]], int] = {}
        self._products: dict[tuple[Number, frozenset[tuple[int, int]]], int] = {}

    # Sums

    def terms(self, node: int) -> Terms:
        """The formula as a sum, of itself alone where it is none."""
        found = self.sums.get(node)
        if found is None:
            unit, value = self.term(node)
            found = {unit: value} if value else {}
        return found

    def term(self, node: int) -> tuple[int, Number]:
        """The formula without its number, and the number."""
        if node in self.numbers:
            return self.one, self.numbers[node]
        if node in self.products:
            value, factors = self.products[node]
            return (node, value) if value == 1 else (self.plain_product(1, factors), value)
        return node, 1

    def plain_sum(self, terms: Terms) -> int:
        """The same of two terms or more, without a thought."""
        key = frozenset(terms.items())
        node = self._sums.get(key)
        if node is None:
            node = self._shown_sum(terms)
            self._sums[key] = node
            self.sums.setdefault(node, terms)
        return node

    def plain_sum_of(self, terms: Terms) -> int:
        """The sum of one term or more, without a thought."""
        if len(terms) > 1:
            return self.plain_sum(terms)
        ((unit, value),) = terms.items()
        return self.scaled(unit, value)

    def primitive(self, node: int) -> tuple[Number, int]:
        """A sum as a number and a sum without one: 2x - 2y is 2 (x - y), y - x is -1 (x - y)."""
        if node in self._primitive:
            return self._primitive[node]
        terms = self.sums[node]
        size = content(list(terms.values()))
        for sign in (1, -1):
            key = frozenset((unit, sign * over(value, size)) for unit, value in terms.items())
            if key in self._primitives:
                self._primitive[node] = sign * size, self._primitives[key]
                return self._primitive[node]
        if all(value < 0 for value in terms.values()):
            size = -size
        inner = self.plain_sum({unit: over(value, size) for unit, value in terms.items()})
        self._primitives[frozenset(self.sums[inner].items())] = inner
        self._primitive[node] = size, inner
        return size, inner

    def _shown_sum(self, terms: Terms) -> int:
        """The terms as they are printed: a positive one first, a common number before brackets."""
        plain = self._chain(terms)
        size = content(list(terms.values()))
        if size == 1:
            return plain
        inner = self._chain({unit: over(value, size) for unit, value in terms.items()})
        forms = [plain, self._quotient([inner], [], *spelled(size))]
        if self.quotients:
            forms.append(self._quotient([inner], [], *map(str, (size.numerator, size.denominator))))
        return min(forms, key=lambda form: len(self.text(form)))

    def _chain(self, terms: Terms) -> int:
        found = list(terms.items())
        first = next((i for i, (_, value) in enumerate(found) if value > 0), 0)
        unit, value = found[first]
        node = self.scaled(unit, value)
        for unit, value in found[:first] + found[first + 1 :]:
            name = "add" if value > 0 else "sub"
            node = self.graph.add(TABLE[name], (node, self.scaled(unit, magnitude(value))))
        return node

    # Products

    def factors(self, node: int) -> tuple[Number, Factors]:
        """The formula as a product, of itself alone where it is none."""
        if node in self.numbers:
            return self.numbers[node], {}
        if node in self.products:
            return self.products[node]
        if node in self.sums:
            size, inner = self.primitive(node)
            return size, {inner: self.one}
        return 1, {node: self.one}

    def scaled(self, node: int, value: Number) -> int:
        """A number times the formula."""
        if value == 1:
            return node
        if not value:
            return self.zero
        if node in self.numbers:
            return self.number(value * self.numbers[node])
        if node in self.sums:
            return self.plain_sum({unit: value * n for unit, n in self.sums[node].items()})
        number, factors = self.factors(node)
        return self.plain_product(value * number, factors)

    def plain_product(self, number: Number, factors: Factors) -> int:
        """The same without a thought."""
        if not factors:
            return self.number(number)
        if len(factors) == 1:
            ((base, exponent),) = factors.items()
            if exponent == self.one and (number == 1 or base in self.sums):
                return self.scaled(base, number) if base in self.sums else base
        key = number, frozenset(factors.items())
        node = self._products.get(key)
        if node is None:
            node = self._products[key] = self._shown_best(number, factors)
            self.products.setdefault(node, (number, factors))
        return node

    def _shown_best(self, number: Number, factors: Factors) -> int:
        """The factors as they are printed, the number in a sum where that is shorter."""
        forms = [self._shown_product(factors, *spelled(number))]
        if any(self._fractional(n) and self.minus(n) for n in factors.values()):
            forms.append(self._shown_product(factors, *spelled(number), raised_roots=True))
        for base, exponent in [] if number in (1, -1) else factors.items():
            if base in self.sums and exponent == self.one:
                whole = self.scaled(base, number)
                within = {whole if b == base else b: n for b, n in factors.items()}
                forms.append(self._shown_product(within, "1", ""))
                break
        if self.quotients and 1 < number.denominator < 100 and abs(number.numerator) < 100:
            parts = str(number.numerator), str(number.denominator)
            forms.append(self._shown_product(factors, *parts))
        return min(forms, key=lambda form: len(self.text(form)))

    def _shown_product(
        self, factors: Factors, upper: str, lower: str, raised_roots: bool = False
    ) -> int:
        """The factors as they are printed, negative exponents below, roots of one kind joined.

        With `raised_roots` x^(-2/3) stands above the line.
        """
        above: list[int] = []
        below: list[int] = []
        if upper[0] == "-":
            for base, exponent in factors.items():
                if exponent == self.one and any(v < 0 for v in self.sums.get(base, {}).values()):
                    turned = self.scaled(base, -1)  # -2 * (y - o) is 2 * (o - y)
                    factors = {turned if b == base else b: n for b, n in factors.items()}
                    upper = upper[1:]
                    break
        roots: dict[int, list[int]] = {}
        for base, exponent in factors.items():
            value = self.numbers.get(exponent)
            if value is not None and value.denominator > 1 and base != self.e:
                roots.setdefault(exponent, []).append(base)
        for base, exponent in factors.items():
            if base == self.e:
                above.append(self.graph.add(TABLE["exp"], (exponent,)))
                continue
            same = roots.get(exponent, [])
            if len(same) > 1:
                if same[0] != base:
                    continue
                base = self.under_root(dict.fromkeys(same, self.one))
            stays = raised_roots and self._fractional(exponent)
            where = below if self.minus(exponent) and not stays else above
            power = self.scaled(exponent, -1) if where is below else exponent
            where.append(self._shown_power(base, power))
        return self._quotient(above, below, upper, lower)

    def under_root(self, factors: Factors) -> int:
        """The product of factors as it stands under a root."""
        return self.plain_product(1, factors)

    def _shown_power(self, base: int, exponent: int) -> int:
        if exponent == self.one:
            return base
        if self.numbers.get(exponent) == Fraction(1, 2):
            return self.graph.add(TABLE["sqrt"], (base,))
        return self.graph.add(TABLE["pow"], (base, exponent))

    def _fractional(self, exponent: int) -> bool:
        """Whether the exponent is that of a root, but no square root."""
        return self.numbers.get(exponent, 1).denominator > 2

    def minus(self, exponent: int) -> bool:
        """Whether the formula has a minus in front."""
        if exponent in self.numbers:
            return self.numbers[exponent] < 0
        return all(value < 0 for value in self.terms(exponent).values())
