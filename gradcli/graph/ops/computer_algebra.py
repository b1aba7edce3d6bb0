"""How SymPy spells the functions of scalars that it shares with the language."""

from __future__ import annotations

SYMPY = {
    **{
        name: name
        for name in (
            "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh",
            "atanh", "erf", "erfc", "exp", "log", "sqrt", "sign", "gamma", "digamma", "polygamma",
        )
    },
    "abs": "Abs", "lgamma": "loggamma", "atan2": "atan2",
}  # fmt: skip

OPERATOR = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "truediv", "pow": "pow", "neg": "neg",
}  # fmt: skip
"""The operators, as Python's module `operator` calls them."""
