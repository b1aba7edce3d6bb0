"""Formulas in fewer columns, for a table that would have to fold them."""

from __future__ import annotations

import re

_LOOSE = re.compile(r'"(?:[^"\\]|\\.)*"| ([-+*/@·<>]|[<>=!]=) (?!-)')
"""A text in quotes, or an operator with blanks around it that no sign follows."""


def tight(text: str) -> str:
    """A formula without the blanks around its operators: `∂e/∂h = ∂e/∂s·h*(1-h)`."""
    return _LOOSE.sub(lambda match: match[1] or match[0], text)
