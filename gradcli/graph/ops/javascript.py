"""How JavaScript spells an op on numbers: its value in the op table, over Math and scalars.js."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from gradcli.graph.ops.op import Op
from gradcli.graph.ops.spell import WORD, in_places

_MATH = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh",
    "exp", "expm1", "floor", "hypot", "log", "log10", "log1p", "sin", "sinh", "sqrt", "tan",
    "tanh", "trunc", "abs", "sign",
)  # fmt: skip
CALLED = {name: f"Math.{name}" for name in _MATH} | {"maximum": "Math.max", "minimum": "Math.min"}
"""The functions that are JavaScript's own."""

_ALONE = {
    **dict.fromkeys(
        ("sum", "mean", "prod", "max", "min", "logsumexp", "cumsum", "expand", "sum_to", "full",
         "reshape", "transpose"),
        "{0}",
    ),
    **dict.fromkeys(("var", "std"), "{0} - {0}"),
    **dict.fromkeys(("argmax", "argmin", "zeros"), "0"),
    **dict.fromkeys(("count", "ones", "prod_others"), "1"),
    "count_nonzero": "ne({0}, 0)", "norm": "Math.abs({0})", "mse": "square({0} - {1})",
    "classes": "{0} + 1",
    "mae": "Math.abs({0} - {1})", "kl": "kl({0}, {1})",
}  # fmt: skip
"""The ops on arrays that make a number of numbers."""

_FUNCTION = re.compile(r"^function (\w+)\(.*?^}\n", re.MULTILINE | re.DOTALL)


@cache
def functions() -> dict[str, str]:
    """The functions of scalars.js by their names."""
    return functions_of(files("gradcli.graph.ops").joinpath("scalars.js").read_text("utf-8"))


def functions_of(text: str) -> dict[str, str]:
    """The functions of a text of JavaScript by their names."""
    return {found[1]: found[0] for found in _FUNCTION.finditer(text)}


@cache
def spelling(op: Op, count: int) -> str | None:
    """The value of `op` for `count` numbers, which stand as {0}, {1}, … in it.

    None for an op that JavaScript cannot say.

    >>> from gradcli.graph.ops.table import find
    >>> spelling(find("hinge"), 2)
    'relu(1.0 - {1} * {0})'
    """
    if not op.pointwise:
        return _ALONE.get(op.name)
    text = in_places(op, count, None, str, op.value)
    if any(name not in CALLED and name not in functions() for name in WORD.findall(text)):
        return None
    return WORD.sub(lambda match: CALLED.get(match[0], match[0]), text)


def needed(code: Iterable[str]) -> str:
    """The functions of scalars.js that pieces of code call, and those that these call."""
    known = functions()
    found: set[str] = set()
    waiting = [name for text in code for name in WORD.findall(text)]
    while waiting:
        name = waiting.pop()
        if name in known and name not in found:
            found.add(name)
            waiting += WORD.findall(known[name])
    return "\n".join(text for name, text in known.items() if name in found)


def number(value: float) -> str:
    """A float as JavaScript reads it back, to the last bit."""
    if not math.isfinite(value):
        text = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    else:
        text = repr(value).removesuffix(".0")
    return f"({text})" if text[0] == "-" else text
