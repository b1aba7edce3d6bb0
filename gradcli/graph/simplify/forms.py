"""The nodes of a normal form, what each is made of, and its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradcli.graph.formulas.numerals import Number, exact, spelled
from gradcli.graph.formulas.show import ATOM, bracketed, literal_text, write
from gradcli.graph.graph import INPUT, LITERAL, Graph
from gradcli.graph.node import TABLE
from gradcli.graph.ops.elementwise import PRODUCT, SIGN, SUM
from gradcli.graph.ops.op import Shape

Terms = Mapping[int, Number]
"""A sum: each term without its number, and the number. That of a number alone is 1."""
Factors = Mapping[int, int]
"""A product: each base, and its exponent."""


class Forms:
    """A graph of formulas with the terms of its sums, the factors of its products, its numbers."""

    def __init__(self) -> None:
        self.graph = Graph()
        self.sums: dict[int, Terms] = {}
        self.products: dict[int, tuple[Number, Factors]] = {}
        self.numbers: dict[int, Number] = {}
        self.above_zero: set[int] = set()
        """Formulas that are known to be positive."""
        self._numbers: dict[Number, int] = {}
        self._symbols: dict[tuple[str, Shape], int] = {}
        self._totals: dict[int, bool] = {}
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

    # Quotients as they are printed

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
