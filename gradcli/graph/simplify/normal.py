"""Formulas in normal form, as nodes of a graph of their own.

A sum knows its terms and a product its factors, so that equal ones are collected and what divides
out is gone: x*y/x is y. As in all computer algebra this is equality almost everywhere: x/x is 1,
though it has no value at 0. No law is used that changes a value where there is one: sqrt(x^2) is
no x, and sqrt(x*y) no product of roots.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from gradcli.graph.formulas.numerals import (
    Number,
    content,
    exact,
    magnitude,
    over,
    raised,
    root,
    spelled,
)
from gradcli.graph.formulas.show import ATOM, bracketed, literal_text, write
from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.graph.node import TABLE
from gradcli.graph.ops.elementwise import COMPARISON, PRODUCT, SIGN, SUM
from gradcli.graph.ops.op import Attr, Op, Shape, elementwise_shape

Terms = Mapping[int, Number]
"""A sum: each term without its number, and the number. That of a number alone is 1."""
Factors = Mapping[int, int]
"""A product: each base, and its exponent."""


class Normal:
    """A graph whose nodes are formulas in normal form; equal formulas are one node.

    Every method that makes one gives its node. A formula may have fewer axes than what it stands
    for, where that repeats its entries.
    """

    quotients = False
    """Whether x / 2 is written rather than 0.5 * x."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.sums: dict[int, Terms] = {}
        self.products: dict[int, tuple[Number, Factors]] = {}
        self.numbers: dict[int, Number] = {}
        self._numbers: dict[Number, int] = {}
        self._sums: dict[frozenset[tuple[int, Number]], int] = {}
        self._primitive: dict[int, tuple[Number, int]] = {}
        self._primitives: dict[frozenset[tuple[int, Number]], int] = {}
        self._products: dict[tuple[Number, frozenset[tuple[int, int]]], int] = {}
        self._totals: dict[int, bool] = {}
        self._symbols: dict[tuple[str, Shape], int] = {}
        self.thinning = True
        self.above_zero: set[int] = set()
        """Formulas that are known to be positive."""
        self._texts: dict[int, tuple[str, int]] = {}
        self.zero, self.one = self.number(0), self.number(1)
        self.e = self.symbol("exp(1)")

    # Leaves

    def symbol(self, name: str, shape: Shape = (), total: bool = True) -> int:
        """A formula that is a name; `total` says that it is finite wherever its own names are."""
        key = name, shape
        if key not in self._symbols:
            self._symbols[key] = self.graph.input(name, "seed", shape)
        node = self._symbols[key]
        self._totals[node] = total
        return node

    def number(self, value: Number | float) -> int:
        """A finite number."""
        value = exact(value)
        node = self._numbers.get(value)
        if node is None:
            node = self._numbers[value] = self._spelled(value)
            self.numbers[node] = value
        return node

    def _spelled(self, value: Number) -> int:
        above, below = spelled(value)
        return self._quotient([], [], above, below)

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
        terms = {unit: value for unit, value in self._gathered(terms).items() if value}
        if not terms:
            return self.zero
        if len(terms) == 1:
            ((unit, value),) = terms.items()
            return self.scaled(unit, value)
        return self.plain_sum(terms)

    def plain_sum(self, terms: Terms) -> int:
        """The same of two terms or more, without a thought."""
        key = frozenset(terms.items())
        node = self._sums.get(key)
        if node is None:
            node = self._shown_sum(terms)
            self._sums[key] = node
            self.sums.setdefault(node, terms)
        return node

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
                self._collect(found, base, exponent)
        return self.product(number, found)

    def divide(self, a: int, b: int) -> int:
        """a / b."""
        if b == self.zero:
            return self.graph.add(TABLE["div"], (a, b))
        return self.multiply(a, self.power(b, self.number(-1)))

    def _collect(self, found: dict[int, int], base: int, exponent: int) -> None:
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
                    self._collect(found, part, self.multiply(own, exponent))
                continue
            if whole and base in self.sums:
                size, base = self.primitive(base)
                number *= raised(size, int(value or 0))
            self._collect(found, base, exponent)
        found = {base: n for base, n in found.items() if n != self.zero}
        if len(found) > 1:
            chosen = self._at_one_entry(found)
            if chosen != found:
                return self.product(number, chosen)
            ops = self.graph.ops
            for base, exponent in found.items():
                if ops[base].name == "gate" and exponent == self.one:
                    rest = {b: n for b, n in found.items() if b != base}
                    inner, mask = self.graph.args[base]
                    both = self.multiply(inner, self.product(number, rest))
                    return self.gated(both, mask)
                if exponent == self.one and (thin := self._thin(base, found)) != base:
                    rest = {b: n for b, n in found.items() if b != base}
                    return self.multiply(self.product(number, rest), thin)
        return self.settled(number, found)

    def _at_one_entry(self, factors: Factors) -> Factors:
        """The factors beside a unit vector by the one entry that it leaves of them.

        softmax(z) * onehot(1, 3) is softmax(z)[1] * onehot(1, 3).
        """
        graph = self.graph
        unit = next((b for b in factors if graph.ops[b].name == "onehot"), -1)
        if unit < 0 or factors[unit] != self.one or graph.args[unit][0] not in self.numbers:
            return factors
        found: dict[int, int] = {}
        place = int(self.numbers[graph.args[unit][0]])
        for base, exponent in factors.items():
            plain = base not in self.sums and base not in self.products and base != unit
            if plain and graph.shapes[base] == graph.shapes[unit] and exponent in self.numbers:
                base = graph.add(TABLE["index"], (base,), ((place,),))
            self._collect(found, base, exponent)
        return found

    def _thin(self, node: int, all_of_it: Iterable[int]) -> int:
        """A factor or term that repeats its entries, without that if the others have the shape.

        ones(3) * x is x, and outer(ones(2), x) * A is x * A.
        """
        graph = self.graph
        op, args, shapes = graph.ops[node], graph.args[node], graph.shapes
        if op.name == "ones":
            thin = self.one
        elif op.name == "outer" and graph.ops[args[0]].name == "ones":
            thin = args[1]
        else:
            return node
        others = [shapes[n] for n in all_of_it if n != node]
        kept = elementwise_shape([*others, shapes[thin]], ())
        return thin if kept == elementwise_shape([*others, shapes[node]], ()) else node

    def gated(self, node: int, mask: int, implied: bool = False) -> int:
        """The formula where the mask is not 0, else 0.

        What is finite everywhere is multiplied with a mask of ones and zeros, unless it has the
        zeros already, which is `implied`.
        """
        if node == self.zero or mask == self.zero:
            return self.zero
        if mask in self.numbers:
            return node
        graph = self.graph
        masks = self._masks(mask)
        number, factors = self.factors(node)
        first = next(iter(factors), self.one)
        if len(factors) == 1 and graph.ops[first].name == "gate":
            node, own = graph.args[first]
            masks = list(dict.fromkeys([*self._masks(own), *masks]))
            size, factors = self.factors(node)
            number *= size
        elif self.total(node):
            if implied or all(self._zero_where(m, factors) for m in masks):
                return node
            if all(graph.ops[m].truth for m in masks):
                return self.multiply(node, *masks)
        factors = {self._chosen(b, masks): n for b, n in factors.items() if b not in masks}
        bare = self.product(number, factors)
        if bare in self.numbers and all(graph.ops[m].truth for m in masks):
            return self.multiply(bare, *masks)
        whole = self.multiply(*masks)
        number, unit = self.term(bare)[1], self.term(bare)[0]
        return self.scaled(graph.add(TABLE["gate"], (unit, whole)), number)

    def _zero_where(self, mask: int, factors: Factors) -> bool:
        """Whether a product is 0 anyhow where the mask is: x is where norm(x) != 0 is 0."""
        graph = self.graph
        if graph.ops[mask].name != "ne" or graph.args[mask][1] != self.zero:
            return False
        (norm, _) = graph.args[mask]
        if graph.ops[norm].name != "norm" or graph.shapes[norm]:
            return False
        inner = self.factors(graph.args[norm][0])[1]
        return all(self.numbers.get(factors.get(base, self.zero), 0) > 0 for base in inner)

    def _chosen(self, node: int, masks: Sequence[int]) -> int:
        """A factor where all the masks let pass: there where(c, 0, x) is x if c is 0."""
        graph = self.graph
        if graph.ops[node].name == "where" and graph.args[node][1] == self.zero:
            condition, _, other = graph.args[node]
            if self.negated(condition) in masks:
                return other
        return node

    def negated(self, condition: int) -> int:
        """1 where the condition is 0, else 0; not x < 0 is x >= 0 where x is no nan."""
        graph = self.graph
        op, args = graph.ops[condition], graph.args[condition]
        exact = op.name in ("eq", "ne")
        if op.level == COMPARISON and (exact or all(map(self.total, args))):
            other = op.sides[1].split()[1]
            for turned in TABLE.values():
                if turned.level == COMPARISON and turned.text == f"{{0}} {other} {{1}}":
                    return graph.add(turned, args)
        return graph.add(TABLE["eq"], (condition, self.zero))

    def _masks(self, mask: int) -> list[int]:
        """The masks of which one is the product."""
        number, factors = self.factors(mask)
        plain = number == 1 and all(n == self.one for n in factors.values())
        return list(factors) if plain else [mask]

    def _gathered(self, terms: Terms) -> Terms:
        """Terms that are 0 in the same places under one mask, and none that repeats its entries
        where the others do."""
        graph = self.graph
        if len(terms) > 1 and self.thinning:
            for unit, value in terms.items():
                if (thin := self._thin(unit, terms)) != unit:
                    rest = {u: v for u, v in terms.items() if u != unit}
                    rest[thin] = rest.get(thin, 0) + value
                    return self._gathered(rest)
        by_mask: dict[int, list[int]] = {}
        for unit in terms:
            if graph.ops[unit].name == "gate":
                by_mask.setdefault(graph.args[unit][1], []).append(unit)
        found = dict(terms)
        for mask, units in by_mask.items():
            if len(units) > 1:
                inner: dict[int, Number] = {}
                for unit in units:
                    value = found.pop(unit)
                    for part, number in self.terms(graph.args[unit][0]).items():
                        inner[part] = inner.get(part, 0) + value * number
                for part, number in self.terms(self.gated(self.sum(inner), mask)).items():
                    found[part] = found.get(part, 0) + number
        return found

    def _logarithms(self, exponent: int) -> Terms:
        """The terms of an exponent that are logarithms: exp(2*log(x) + y) is x^2 * exp(y)."""
        ops = self.graph.ops
        return {u: v for u, v in self.terms(exponent).items() if ops[u].name == "log"}

    def plain_sum_of(self, terms: Terms) -> int:
        """The sum of one term or more, without a thought."""
        if len(terms) > 1:
            return self.plain_sum(terms)
        ((unit, value),) = terms.items()
        return self.scaled(unit, value)

    def settled(self, number: Number, factors: Factors) -> int:
        """The product of factors that are collected."""
        return self.plain_product(number, factors)

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

    def _fractional(self, exponent: int) -> bool:
        """Whether the exponent is that of a root, but no square root."""
        return self.numbers.get(exponent, 1).denominator > 2

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
                base = self.inside(self.product(1, dict.fromkeys(same, self.one)))
            stays = raised_roots and self._fractional(exponent)
            where = below if self.minus(exponent) and not stays else above
            power = self.scaled(exponent, -1) if where is below else exponent
            where.append(self._shown_power(base, power))
        return self._quotient(above, below, upper, lower)

    def minus(self, exponent: int) -> bool:
        """Whether the formula has a minus in front."""
        if exponent in self.numbers:
            return self.numbers[exponent] < 0
        return all(value < 0 for value in self.terms(exponent).values())

    def _shown_power(self, base: int, exponent: int) -> int:
        if exponent == self.one:
            return base
        if self.numbers.get(exponent) == Fraction(1, 2):
            return self.graph.add(TABLE["sqrt"], (base,))
        return self.graph.add(TABLE["pow"], (base, exponent))

    def _quotient(self, above: list[int], below: list[int], upper: str, lower: str) -> int:
        graph = self.graph
        above, below = list(above), list(below)
        negative = upper == "-1" and bool(above)
        if not above or upper not in ("1", "-1"):
            above.insert(0, self._literal(upper))
        if lower:
            below.insert(0, self._literal(lower))
        if negative:
            above[0] = graph.add(TABLE["neg"], (above[0],))
        top = self._chained(above)
        return graph.add(TABLE["div"], (top, self._chained(below))) if below else top

    def _literal(self, text: str) -> int:
        return self.graph.literal(float(text))

    def _chained(self, nodes: Sequence[int]) -> int:
        top = nodes[0]
        for node in nodes[1:]:
            top = self.graph.add(TABLE["mul"], (top, node))
        return top

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

    def inside(self, node: int) -> int:
        """The formula as it stands where nothing can divide it out any more."""
        return node

    def _even(self, exponent: int) -> bool:
        """Whether a power with this exponent may be positive where its base is negative."""
        value = self.numbers.get(exponent)
        return value is None or value.numerator % 2 == 0

    def positive(self, node: int) -> bool:
        """Whether the formula is above 0 for all values of its names, so far as that is plain."""
        if node == self.e or node in self.above_zero:
            return True
        if node in self.numbers:
            return self.numbers[node] > 0
        if node in self.products:
            number, factors = self.products[node]
            return number > 0 and all(self.positive(base) for base in factors)
        if node in self.sums:
            terms = self.sums[node]
            return all(v > 0 and self._square(unit) for unit, v in terms.items()) and any(
                self.positive(unit) for unit in terms
            )
        op = self.graph.ops[node]
        return op is LITERAL and (self.graph.attrs[node] or (0.0,))[0] > 0

    def _square(self, node: int) -> bool:
        """Whether the formula is 0 or more."""
        if self.positive(node):
            return True
        if node not in self.products:
            return self.graph.ops[node].truth
        number, factors = self.products[node]
        return number > 0 and all(
            self.positive(base) or (m in self.numbers and self.numbers[m].numerator % 2 == 0)
            for base, m in factors.items()
        )

    def total(self, node: int) -> bool:
        """Whether the formula is finite wherever its names are, so far as that is plain."""
        graph, known = self.graph, self._totals
        stack = [node]
        while stack:
            top = stack[-1]
            op, args = graph.ops[top], graph.args[top]
            missing = [] if op.truth else [a for a in args if a not in known]
            if missing and top not in known:
                stack += missing
                continue
            stack.pop()
            if top not in known:
                whole = not op.partial or self._harmless(top)
                known[top] = op.truth or (whole and all(known[a] for a in args))
        return known[node]

    def _harmless(self, node: int) -> bool:
        """Whether what may not be finite is: a whole power, a quotient by what is above 0."""
        op, args = self.graph.ops[node], self.graph.args[node]
        if op.name == "pow":
            exponent = self.numbers.get(args[1], -1)
            return exponent.denominator == 1 and exponent >= 0
        if op.name == "div":
            return all(self.positive(base) for base in self._bases(args[1]))
        return op.name == "sqrt" and self.positive(args[0])

    def _bases(self, node: int) -> Sequence[int]:
        """The factors of a product as it is printed, which need not be one in normal form."""
        graph = self.graph
        found = []
        while graph.ops[node].name == "mul":
            node, right = graph.args[node]
            found.append(right)
        found.append(node)
        powers = [graph.args[n][0] if graph.ops[n].name == "pow" else n for n in found]
        return powers

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

    # Text

    def text(self, node: int) -> str:
        """The formula in the language."""
        return self.written(node)[0]

    def written(self, node: int) -> tuple[str, int]:
        """The formula in the language, and how tightly it binds."""
        graph, texts = self.graph, self._texts
        stack = [node]
        while stack:
            top = stack[-1]
            if top in texts:
                stack.pop()
                continue
            op = graph.ops[top]
            if op is LITERAL:
                text = literal_text(graph, top)
                texts[top] = text, SIGN if text[0] == "-" else ATOM
                continue
            if op is INPUT:
                texts[top] = (graph.attrs[top] or ("",))[0], ATOM
                continue
            spine = self._spine(top)
            missing = [a for a in spine if a not in texts]
            if missing:
                stack += missing
            elif op.name == "pow" and spine[1] in self.numbers:
                exponent, level = texts[spine[1]]  # x^(1/3)
                texts[top] = write(op, [texts[spine[0]], (exponent.replace(" ", ""), level)], None)
            elif op.level == SUM and len(graph.args[top]) == 2:
                texts[top] = self._joined(top, spine), SUM
            else:
                texts[top] = write(op, [texts[a] for a in spine], graph.attrs[top])
        return texts[node]

    def _spine(self, node: int) -> list[int]:
        """The arguments; of a sum all its terms, so that one of many is written in one go."""
        graph = self.graph
        if graph.ops[node].level != SUM:
            return list(graph.args[node])
        found = []
        while graph.ops[node].level == SUM:
            node, right = graph.args[node]
            found.append(right)
        return [node, *reversed(found)]

    def _joined(self, node: int, spine: Sequence[int]) -> str:
        graph = self.graph
        signs = []
        for _ in spine[1:]:
            signs.append(" - " if graph.ops[node].name == "sub" else " + ")
            node = graph.args[node][0]
        texts = [bracketed(self._texts[spine[0]], SUM)]
        for sign, part in zip(reversed(signs), spine[1:]):
            texts += [sign, bracketed(self._texts[part], PRODUCT)]
        return "".join(texts)
