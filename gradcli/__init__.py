"""gradcli: a gradient workbench, for a shell and for Python.

>>> import gradcli
>>> gradcli.Model("(a+b)*(b+1)").grad(a=2, b=1).gradient
{'a': 2.0, 'b': 5.0}

Importing it costs next to nothing: what a name needs is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from gradcli.errors import DataError, GradError, LanguageError, ShapeError, UsageError
    from gradcli.library.functions import Function, Vector
    from gradcli.library.model import Model
    from gradcli.library.results import (
        Descended,
        Evaluation,
        Explanation,
        Gradient,
        Hessian,
        Jacobian,
        Symbolic,
        Verdict,
    )

_HOMES = {
    "errors": ("DataError", "GradError", "LanguageError", "ShapeError", "UsageError"),
    "library.functions": ("Function", "Vector"),
    "library.model": ("Model",),
    "library.results": (
        "Descended", "Evaluation", "Symbolic", "Gradient", "Hessian", "Jacobian", "Explanation",
        "Verdict",
    ),
}  # fmt: skip
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "DataError",
    "Descended",
    "Evaluation",
    "Explanation",
    "Function",
    "GradError",
    "Gradient",
    "Hessian",
    "Jacobian",
    "LanguageError",
    "Model",
    "ShapeError",
    "Symbolic",
    "UsageError",
    "Vector",
    "Verdict",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'gradcli' has no attribute '{name}'")
    return getattr(import_module(f"gradcli.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
