"""Formulas in normal form, as nodes of a graph of their own.

A sum knows its terms and a product its factors, so that equal ones are collected and what divides
out is gone: x*y/x is y. As in all computer algebra this is equality almost everywhere: x/x is 1,
though it has no value at 0. No law is used that changes a value where there is one: sqrt(x^2) is
no x, and sqrt(x*y) no product of roots.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gradcli.graph.formulas.numerals import Number
from gradcli.graph.node import TABLE
from gradcli.graph.ops.elementwise import COMPARISON
from gradcli.graph.ops.op import elementwise_shape
from gradcli.graph.simplify.arithmetic import Arithmetic
from gradcli.graph.simplify.forms import Factors, Terms


class Normal(Arithmetic):
    """A graph whose nodes are formulas in normal form; equal formulas are one node.

    Every method that makes one gives its node. A formula may have fewer axes than what it stands
    for, where that repeats its entries.
    """

    thinning = True
    """Whether a term or factor may have fewer axes than the others."""

    # Masks

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

    # What repeats its entries, and unit vectors

    def gathered(self, terms: Terms) -> Terms:
        """No term repeats its entries where the others do; those under one mask are one term."""
        thin = self._thinned(terms) if self.thinning else terms
        return self._under_one_mask(thin)

    def _thinned(self, terms: Terms) -> Terms:
        """Terms of which none repeats its entries where the others have the shape."""
        found = dict(terms)
        while len(found) > 1:
            thick = next(((u, t) for u in found if (t := self._thin(u, found)) != u), None)
            if thick is None:
                break
            unit, thin = thick
            value = found.pop(unit)
            found[thin] = found.get(thin, 0) + value
        return found

    def _under_one_mask(self, terms: Terms) -> Terms:
        """Terms of which those that are 0 in the same places, under one mask, are one."""
        graph = self.graph
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

    def of_arrays(self, number: Number, factors: Factors) -> int | None:
        """The product with one mask around it, a factor less or a chosen entry; else None."""
        chosen = self._at_one_entry(factors)
        if chosen != factors:
            return self.product(number, chosen)
        graph = self.graph
        for base, exponent in factors.items():
            if exponent != self.one:
                continue
            gate, thin = graph.ops[base].name == "gate", self._thin(base, factors)
            if gate or thin != base:
                rest = self.product(number, {b: n for b, n in factors.items() if b != base})
                if not gate:
                    return self.multiply(rest, thin)
                inner, mask = graph.args[base]
                return self.gated(self.multiply(inner, rest), mask)
        return None

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
            self.collect(found, base, exponent)
        return found
