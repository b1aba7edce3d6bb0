"""Sums, products and powers of formulas: like terms and equal factors are collected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from gradcli.graph.formulas.numerals import Number, content, magnitude, over, raised, root
from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Attr, Op
from gradcli.graph.simplify.forms import Factors, Terms
from gradcli.graph.simplify.printed import Printed


class Arithmetic(Printed):
    """Formulas that are added, multiplied and raised entry by entry.

    Every method that makes one gives its node.
    """

    # Sums

    def add(self, nodes: Iterable[int], signs: Sequence[int] = ()) -> int:
        """The sum, like terms collected; those whose sign is -1 are subtracted."""
        nodes = list(nodes)
        if len(nodes) == 1 and not signs:
            return nodes[0]
        found: dict[int, Number] = {}
        for place, node in enumerate(nodes):
            sign = signs[place] if signs else 1
            for unit, value in self.terms(node).items():
                found[unit] = found.get(unit, 0) + sign * value
        return self.sum(found)

    def sum(self, terms: Terms) -> int:
        """The sum of terms."""
        terms = {unit: value for unit, value in self.gathered(terms).items() if value}
        if not terms:
            return self.zero
        if len(terms) == 1:
            ((unit, value),) = terms.items()
            return self.scaled(unit, value)
        return self.plain_sum(terms)

    def gathered(self, terms: Terms) -> Terms:
        """The terms of a sum, where as arrays they make something simpler."""
        return terms

    # Products

    def multiply(self, *nodes: int) -> int:
        """The product, entry by entry."""
        nodes = tuple(node for node in nodes if node != self.one)
        if len(nodes) == 1:
            return nodes[0]
        number: Number = 1
        found: dict[int, int] = {}
        for node in nodes:
            value, factors = self.factors(node)
            number *= value
            for base, exponent in factors.items():
                self.collect(found, base, exponent)
        return self.product(number, found)

    def divide(self, a: int, b: int) -> int:
        """a / b."""
        if b == self.zero:
            return self.graph.add(TABLE["div"], (a, b))
        return self.multiply(a, self.power(b, self.number(-1)))

    def collect(self, found: dict[int, int], base: int, exponent: int) -> None:
        """Multiplies the product under way by base^exponent."""
        known = found.get(base)
        if known is not None:
            if self.graph.ops[base].truth and self.numbers.get(known, 0) > 0:
                return  # 1 or 0 already
            exponent = self.add((known, exponent))
        found[base] = exponent

    def product(self, number: Number, factors: Factors) -> int:
        """number · Π base^exponent."""
        if not number:
            return self.zero
        found: dict[int, int] = {}
        waiting = list(factors.items())
        while waiting:
            base, exponent = waiting.pop(0)
            value = self.numbers.get(exponent)
            if value == 0:
                continue
            whole = value is not None and value.denominator == 1
            if base == self.e and (logs := self._logarithms(exponent)):
                for unit, times in logs.items():
                    (inner,) = self.graph.args[unit]
                    size, parts = self.factors(self.power(inner, self.number(times)))
                    number *= size
                    waiting += parts.items()
                exponent = self.add((exponent, self.plain_sum_of(logs)), (1, -1))
                waiting.append((base, exponent))
                continue
            if base in self.numbers and value is not None:
                power = root(self.numbers[base], value) if self.numbers[base] else None
                if power is not None:
                    number *= power
                    continue
            if whole and base in self.products:
                size, parts = self.products[base]
                number *= raised(size, int(value or 0))
                for part, own in parts.items():
                    self.collect(found, part, self.multiply(own, exponent))
                continue
            if whole and base in self.sums:
                size, base = self.primitive(base)
                number *= raised(size, int(value or 0))
            self.collect(found, base, exponent)
        found = {base: n for base, n in found.items() if n != self.zero}
        if len(found) > 1:
            simpler = self.of_arrays(number, found)
            if simpler is not None:
                return simpler
        return self.settled(number, found)

    def _logarithms(self, exponent: int) -> Terms:
        """The terms of an exponent that are logarithms: exp(2*log(x) + y) is x^2 * exp(y)."""
        ops = self.graph.ops
        return {u: v for u, v in self.terms(exponent).items() if ops[u].name == "log"}

    def of_arrays(self, number: Number, factors: Factors) -> int | None:
        """The product where its factors, as arrays, make something simpler."""
        return None

    def settled(self, number: Number, factors: Factors) -> int:
        """The product of factors that are collected."""
        return self.plain_product(number, factors)

    # Powers

    def power(self, base: int, exponent: int) -> int:
        """base^exponent."""
        n = self.numbers.get(exponent)
        if n == 1:
            return base
        if n == 0 or base == self.one:
            return self.one
        if self.graph.ops[base].truth and n is not None and n > 0:
            return base
        if base in self.numbers:
            known = self.numbers[base]
            power = root(known, n) if n is not None and known else None
            if power is not None:
                return self.number(power)
            if known == 0 and n is not None and n > 0:
                return self.zero
            if known <= 0:
                return self.graph.add(TABLE["pow"], (base, exponent))
            return self.plain_product(1, {base: exponent})
        if n is not None and n.denominator == 1:
            number, inner = self.factors(base)
            if magnitude(n) > 64 and magnitude(number) != 1:
                return self.plain_product(1, {base: exponent})
            powers = {b: self.multiply(m, exponent) for b, m in inner.items()}
            return self.product(raised(number, int(n)), powers)
        return self._root(base, exponent, n)

    def _root(self, base: int, exponent: int, n: Number | None) -> int:
        """base^exponent, which has no value where the base is negative."""
        value: Number = 1
        factors: Factors = {base: self.one}
        if base in self.products:
            value, factors = self.products[base]
        elif base in self.sums:
            size = content(list(self.sums[base].values()))
            if n is not None and root(size, n) is not None and size != 1:
                value, factors = size, {self.scaled(base, over(1, size)): self.one}
        pulled = root(value, n) if n is not None and value > 0 else None
        if value != 1 and pulled is None:
            return self.plain_product(1, {base: exponent})
        signed = [b for b in factors if not self.positive(b)]
        if len(signed) > 1 or any(self._even(factors[b]) for b in signed):
            inner = self.inside(self.plain_product(1, factors))
            return self.product(pulled or 1, {inner: exponent})
        powers = {b: self.multiply(m, exponent) for b, m in factors.items()}
        return self.product(pulled or 1, powers)

    def under_root(self, factors: Factors) -> int:
        """The product of factors as it stands under a root."""
        return self.inside(self.product(1, factors))

    def inside(self, node: int) -> int:
        """The formula as it stands where nothing can divide it out any more."""
        return node

    def _even(self, exponent: int) -> bool:
        """Whether a power with this exponent may be positive where its base is negative."""
        value = self.numbers.get(exponent)
        return value is None or value.numerator % 2 == 0

    # Other functions

    def call(self, op: Op, args: Sequence[int], attr: Attr | None = None) -> int:
        """The op over formulas, as a sum or a product where it is one."""
        match op.name:
            case "add":
                return self.add(args)
            case "sub":
                return self.add(args, (1, -1))
            case "neg":
                return self.scaled(args[0], -1)
            case "mul":
                return self.multiply(*args)
            case "div":
                return self.divide(*args)
            case "pow" if args[0] != self.zero or args[1] in self.numbers:
                return self.power(*args)
            case "square":
                return self.power(args[0], self.number(2))
            case "sqrt":
                return self.power(args[0], self.number(Fraction(1, 2)))
            case "reciprocal":
                return self.divide(self.one, args[0])
            case "rsqrt":
                return self.power(args[0], self.number(Fraction(-1, 2)))
            case "exp":
                return self.product(1, {self.e: args[0]}) if args[0] != self.zero else self.one
            case "pos" | "stop_gradient":
                return args[0]
        return self.graph.add(op, tuple(args), attr)
