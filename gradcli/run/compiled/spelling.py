"""How generated Python spells an op: its value in the op table, with names in place of arguments.

Scalars have two spellings. The careful one is what the interpreter runs: IEEE 754 throughout. The
fast one is inline and calls `math`; it raises where those functions have no answer, and gives the
same bits everywhere else.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

from gradcli.graph.ops import scalars
from gradcli.graph.ops.op import Attr, Op
from gradcli.graph.ops.spell import in_places


class Template(NamedTuple):
    """A text for `str.format`, and how often it holds each argument."""

    text: str
    mentions: tuple[int, ...]


@cache
def template(op: Op, count: int, attr: Attr | None, careful: bool) -> Template:
    """The value of `op` for `count` scalars and these static arguments.

    >>> from gradcli.graph.ops.table import find
    >>> template(find("relu"), 1, None, careful=False)
    Template(text='0.0 if {0} <= 0 else {0}', mentions=(2,))
    """
    value = op.value if careful else op.fast or op.value
    if value == op.fast and count != 2 and any(p.variadic for p in op.parameters):
        value = op.value
    text = in_places(op, count, attr, constant, value)
    return Template(text, tuple(text.count(f"{{{place}}}") for place in range(count)))


def constant(value: Any) -> str:
    """A static argument as a literal of Python: numbers, None, and tuples of them."""
    if isinstance(value, tuple):
        return "(" + "".join(constant(entry) + ", " for entry in value) + ")"
    if value is None or isinstance(value, int | float) or value == "array":
        return repr(value)
    raise TypeError(f"{value!r} is no static argument")


def number(value: float) -> str:
    """A float as an expression that gives the same bits; `inf` and `nan` are names."""
    return f"({value!r})" if math.copysign(1.0, value) < 0 else repr(value)


def _fast_namespace() -> dict[str, Any]:
    """The scalar functions over those of `math` that raise."""
    raising = {name: getattr(math, name) for name in ("sinh", "atanh", "log1p")}
    raising["power"] = math.pow
    for name, function in scalars.NAMESPACE.items():
        if hasattr(function, "__wrapped__"):
            raising[name] = function.__wrapped__
    used = {name: raising[name] for name in ("exp", "log", "log1p", "power")}
    return {**vars(scalars), **scalars.NAMESPACE, **raising, **scalars.formulas(**used)}


FAST = _fast_namespace()
CAREFUL: dict[str, Any] = {**scalars.NAMESPACE, "inf": math.inf, "nan": math.nan}
