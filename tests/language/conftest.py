"""Reading a Program back, for the tests of the language."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gradcli.errors import GradError
from gradcli.language import Program, parse

SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "matmul": "@", "dotted": "·", "pow": "^",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
}  # fmt: skip
UNARY = {"neg": "-{}", "pos": "+{}", "sqrt": "√{}", "transpose": "{}.T"}


def bracketed(program: Program, begin: int, end: int) -> str:
    """The instructions as one expression, with brackets around every operation."""
    stack: list[str] = []
    for kind, argument in zip(program.kinds[begin:end], program.arguments[begin:end], strict=True):
        if kind == "number":
            stack.append(f"{argument:g}")
        elif kind == "name":
            stack.append(argument)
        elif kind == "operator" and argument in UNARY:
            stack.append("(" + UNARY[argument].format(stack.pop()) + ")")
        elif kind == "operator":
            right, left = stack.pop(), stack.pop()
            stack.append(f"({left} {SIGNS[argument]} {right})")
        elif kind == "list":
            entries = [stack.pop() for _ in range(argument)][::-1]
            stack.append("[" + ", ".join(entries) + "]")
        elif kind == "call":
            count = argument.positional + len(argument.keywords)
            values = [stack.pop() for _ in range(count)][::-1]
            labels = [""] * argument.positional + [f"{k}=" for k in argument.keywords]
            given = [label + value for label, value in zip(labels, values, strict=True)]
            stack.append(f"{argument.name}({', '.join(given)})")
        else:
            count = sum(1 if item == "i" else sum(map(item.count, "abc")) for item in argument)
            parts = iter([stack.pop() for _ in range(count)][::-1])
            items = [
                "".join(":" if letter == ":" else next(parts) for letter in item)
                for item in argument
            ]
            stack.append(f"{stack.pop()}[{', '.join(items)}]")
    (whole,) = stack
    return whole


@pytest.fixture(scope="session")
def read() -> Callable[[str], str]:
    """Parses one statement, and gives its right-hand side with brackets everywhere."""

    def reading(text: str) -> str:
        program = parse(text)
        (statement,) = program.statements
        assert (statement.begin, statement.end) == (0, len(program.kinds))
        return bracketed(program, statement.begin, statement.end)

    return reading


@pytest.fixture(scope="session")
def read_each() -> Callable[[str], list[str]]:
    """Parses a program, and gives each statement as its kind, its name and its right-hand side."""

    def reading(text: str) -> list[str]:
        program = parse(text)
        each = []
        for s in program.statements:
            left = s.name + (f"({', '.join(s.parameters)})" if s.parameters else "")
            right = bracketed(program, s.begin, s.end) if s.end > s.begin else ""
            each.append(f"{s.kind} {left} = {right}".replace("  ", " "))
        return each

    return reading


@pytest.fixture(scope="session")
def refused() -> Callable[[str], str]:
    """The whole message with which a text is refused."""

    def refusing(text: str, origin: str = "") -> str:
        with pytest.raises(GradError) as caught:
            parse(text, origin)
        assert caught.value.exit_code == 2
        return str(caught.value)

    return refusing
