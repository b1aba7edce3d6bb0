"""How C spells the functions of an op's value: those of math.h, and those of scalars.c."""

from __future__ import annotations

import math
import re
from functools import cache
from importlib.resources import files

_MATH = (
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan",
    "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc",
    "lgamma", "floor", "ceil", "trunc", "hypot", "atan2",
)  # fmt: skip
CALLED = {name: name for name in _MATH} | {
    "abs": "fabs", "round": "rint", "gamma": "tgamma", "power": "pow",
}  # fmt: skip

_FUNCTION = re.compile(r"^static \w+ (\w+)\(.*?^}\n", re.MULTILINE | re.DOTALL)


@cache
def c_functions() -> dict[str, str]:
    """The functions of scalars.c by their names."""
    return c_functions_of(files("gradcli.graph.ops").joinpath("scalars.c").read_text("utf-8"))


def c_functions_of(text: str) -> dict[str, str]:
    """The functions of a text of C by their names."""
    return {found[1]: found[0] for found in _FUNCTION.finditer(text)}


def c_number(value: float) -> str:
    """A float as C reads it back, to the last bit."""
    if math.isfinite(value):
        return repr(value)
    return "NAN" if math.isnan(value) else "INFINITY" if value > 0 else "-INFINITY"
