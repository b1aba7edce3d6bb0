"""How NumPy, and the libraries that are called as it is, spell the functions of an op's value."""

from __future__ import annotations

_SAME = (
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sign", "floor",
    "ceil", "trunc", "abs", "sin", "cos", "tan", "sinh", "cosh", "tanh", "hypot", "square",
    "logaddexp", "maximum", "minimum",
)  # fmt: skip
_OTHER = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "atan2": "arctan2", "round": "round", "mod": "remainder",
}  # fmt: skip

CALLED = {name: f"np.{name}" for name in _SAME} | {n: f"np.{to}" for n, to in _OTHER.items()}
