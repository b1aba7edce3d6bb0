"""What is plain about a formula, whatever its names are: that it is positive, or finite."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.graph.graph import LITERAL
from gradcli.graph.simplify.forms import Forms


class Assumptions(Forms):
    """Formulas whose sign and poles are known where they are plain."""

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
