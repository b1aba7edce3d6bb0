"""Formulas of a report, which are text of the language, as mathematics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gradcli.errors import GradError
from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.formulas.mathematics import latex_formula, symbol
from gradcli.graph.graph import Graph
from gradcli.graph.names import NUMBERS
from gradcli.graph.node import TABLE
from gradcli.graph.ops.op import Shape
from gradcli.graph.ops.table import find
from gradcli.graph.ops.typeset import Typeset, brackets, function_name, indexed, typeset
from gradcli.language import Program, parse
from gradcli.latex import latex_symbol, latex_value

_UPSTREAM = re.compile(r"(^|[^\w)\]\s])(\s*)·")
"""The dot that stands for what comes from upstream, and is no operator: outer(·, x)."""

_STANDS_FOR_IT = "upstream_of_it"
_EQUALS = re.compile(r" (\+?=) ")


class Typesetting:
    """Turns formulas into LaTeX; `shapes` are those of the names in them, as far as known.

    Shapes tell x ⊙ y, entry by entry, from a product of numbers.

    >>> typeset = Typesetting({"x": (3,), "y": (3,)})
    >>> print(typeset("2 * x * y"), typeset("∂e/∂x = outer(·, x)"), sep="; ")
    2\\,x \\odot y; \\frac{\\partial e}{\\partial x} = \\cdot\\,x^{\\top}
    """

    def __init__(self, shapes: Mapping[str, Shape] | None = None) -> None:
        self.shapes = shapes or {}

    def __call__(self, text: str) -> str | None:
        """The formula, or the equation of two, without dollars; None for what is neither."""
        equals = _EQUALS.search(text)
        if equals is None:
            return self._formula(text)
        left, right = self._formula(text[: equals.start()]), self(text[equals.end() :])
        sign = "=" if equals[1] == "=" else r"\mathrel{+}="
        return None if left is None or right is None else f"{left} {sign} {right}"

    def _formula(self, text: str) -> str | None:
        text, count = _UPSTREAM.subn(rf"\1\2{_STANDS_FOR_IT}", text)
        while count:
            text, count = _UPSTREAM.subn(rf"\1\2{_STANDS_FOR_IT}", text)
        try:
            program = parse(text)
            statements = program.statements
            if len(statements) != 1 or statements[0].kind != "node" or statements[0].name:
                return None
        except GradError:
            return None
        try:
            model = self._built(program)
        except GradError:  # shapes, or functions, that are not known here
            return self._loosely(program)
        upstream = model.nodes.get(_STANDS_FOR_IT)
        names = {} if upstream is None else {upstream: "·"}
        return latex_formula(model.graph, model.output, names)

    def _built(self, program: Program) -> Built:
        """The graph of a formula, whose names are inputs."""
        graph = Graph()
        nodes = {
            name: graph.input(name, "variable", self._shape(name))
            for name in _names(program)
            if name[0] == "∂" or name in self.shapes
        }
        return build(program, graph=graph, nodes=nodes, guess=True)

    def _shape(self, name: str) -> Shape:
        return self.shapes.get(name.rpartition("∂")[2], ())

    def _loosely(self, program: Program) -> str:
        """The formula as it is written, whatever its functions and shapes are."""
        stack: list[Typeset] = []
        for at, (kind, argument) in enumerate(zip(program.kinds, program.arguments)):
            if kind == "number":
                stack.append(Typeset(latex_value(program.text[slice(*program.span(at))])))
            elif kind == "name":
                shown = "·" if argument == _STANDS_FOR_IT else argument
                stack.append(symbol(shown, self._shape(argument)))
            else:
                count = _operands(kind, argument)
                parts = stack[len(stack) - count :]
                del stack[len(stack) - count :]
                stack.append(_put_together(kind, argument, parts))
        return stack[-1].text


def _names(program: Program) -> list[str]:
    found = {a for kind, a in zip(program.kinds, program.arguments) if kind == "name"}
    return sorted(found - NUMBERS.keys())


def _operands(kind: str, argument: Any) -> int:
    """How many results an instruction takes."""
    if kind == "operator":
        return 1 if argument in ("neg", "pos", "transpose", "sqrt") else 2
    if kind == "call":
        return int(argument.positional) + len(argument.keywords)
    if kind == "list":
        return int(argument)
    return 1 + sum(letter in "iabc" for item in argument for letter in item)


def _put_together(kind: str, argument: Any, parts: list[Typeset]) -> Typeset:
    """An instruction over its operands."""
    shape = max((part.shape for part in parts), key=len, default=())
    if kind == "operator":
        plain = argument == "dotted" and not (parts[0].shape and parts[1].shape)
        name = {"dotted": "mul" if plain else "matmul"}.get(argument, argument)
        return typeset(TABLE[name], parts, ((1, 0),) if name == "transpose" else None, shape)
    texts = [part.text for part in parts]
    if kind == "list":
        return typeset(TABLE["stack"], parts, (0,), (len(parts), *shape))
    if kind == "index":
        rest = iter(texts[1:])
        items = [re.sub("[iabc]", lambda _: next(rest), item) for item in argument]
        return Typeset(indexed(parts[0], items))
    op = find(argument.name)
    if op is not None and not op.static and not argument.keywords:
        return typeset(op, parts, None, shape if op.pointwise else ())
    for place, keyword in enumerate(reversed(argument.keywords), 1):
        texts[-place] = rf"\mathrm{{{keyword}}}\,{texts[-place]}".replace("_", r"\_")
    name = latex_symbol(argument.name) if op is None else function_name(op.name)
    return Typeset(name + brackets(", ".join(texts)))
