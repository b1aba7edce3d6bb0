"""Calls as other languages write them: np.exp(x) is exp(x) here, and x.sum() is sum(x)."""

from __future__ import annotations

import re

from gradcli.errors import LanguageError
from gradcli.language.characters import LONGEST, shortened

_MODULES = r"(?:math|cmath|numpy|np|scipy|sp|sympy|torch|nn|F|jax|jnp|tensorflow|tf|keras|K|Math)"

_PREFIX = re.compile(rf"\b{_MODULES}\.(?:[^\W\d]\w*\.)*(?=[^\W\d])")
"""Everything before the last name of `torch.nn.functional.relu`."""

_NAME = re.compile(r"[^\W\d]\w*")

_SAID = {"e": "exp(1)", "array": "{0}", "asarray": "{0}", "tensor": "{0}", "Tensor": "{0}"}
"""What is said otherwise here, {0} being what stands between the brackets."""


def dotted(text: str, start: int, dot: int) -> LanguageError | None:
    """The error for a name that begins at `start`, with a dot and another name after it."""
    prefix = _PREFIX.match(text, start)
    name = _NAME.match(text, prefix.end() if prefix else dot + 1)
    if name is None:
        return None
    called = _arguments(text, name.end())
    if prefix is not None and (called or len(prefix[0]) > 2):  # F.sum() is more likely a value
        plain = name[0] if called is None else name[0] + "({0})"
        said = _SAID.get(name[0], plain).format(called or "x")
        what = f"'{shortened(prefix[0])}' is not needed: functions go by their own names"
        return LanguageError(what, hint=f"write {said}", span=prefix.span())
    if not called or prefix is not None:
        return None
    hint = f"write {shortened(name[0])}({shortened(text[start:dot])}, {called})"
    return LanguageError("only .T follows a dot", hint=hint, span=(dot, name.end() + 1))


def _arguments(text: str, start: int) -> str | None:
    """What stands between the brackets that open at `start`, in this language's words; dots where
    it is long."""
    if text[start : start + 1] != "(":
        return None
    depth = 0
    for place in range(start, min(len(text), start + LONGEST)):
        depth += (text[place] in "([") - (text[place] in ")]")
        if not depth:
            inner = _PREFIX.sub("", " ".join(text[start + 1 : place].split()))
            return re.sub(r"\bdim *=", "axis=", inner)
    return "..."
