"""An op's value as a Python function, made from its spelling in the table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gradcli.graph.ops import scalars
from gradcli.graph.ops.op import Attr, Op

Function = Callable[..., Any]

WORD = re.compile(r"\*?(?<![\w.])[A-Za-z_]\w*")
"""A name in an op's value; an argument that stands for all the others has a star."""


def function(op: Op, namespace: Mapping[str, object]) -> Function:
    """`op` over the functions of a namespace: node arguments by place, static ones by name."""
    names = [("*" if p.variadic else "") + p.name for p in op.parameters if p.name not in op.static]
    names += ["*", *op.static] if op.static and not any(n[0] == "*" for n in names) else op.static
    # Both texts come from the op table: nothing that a user typed is in them.
    made: Function = eval(f"lambda {', '.join(names)}: {op.value}", dict(namespace))
    return made


def in_places(
    op: Op, count: int, attr: Attr | None, constant: Callable[[Any], str], text: str
) -> str:
    """A text over the signature's names with {0}, {1}, … for `count` node arguments, and for the
    static ones what `constant` makes of them."""
    words = {name: constant(value) for name, value in zip(op.static, attr or ())}
    for place, parameter in enumerate(p for p in op.parameters if p.name not in op.static):
        if parameter.variadic:
            rest = (f"{{{i}}}" for i in range(place, count))
            words |= {"*" + parameter.name: ", ".join(rest), "a": "{0}", "b": "{1}"}
        else:
            words[parameter.name] = f"{{{place}}}"
    return WORD.sub(lambda match: words.get(match[0], match[0]), text)


_variants: dict[tuple[Op, float], Op] = {}


def variant(op: Op, last: float | None) -> Op:
    """`op` with the cheaper value that it has where its last argument is the literal `last`."""
    if last is None or last not in op.literal:
        return op
    made = _variants.get((op, last))
    if made is None:
        made = _variants[op, last] = replace(op, value=op.literal[last], fast="", literal={})
    return made


_scalars: dict[Op, Function] = {}


def scalar_function(op: Op) -> Function:
    """`op` on Python floats, IEEE 754."""
    made = _scalars.get(op)
    if made is None:
        made = _scalars[op] = function(op, scalars.NAMESPACE)
    return made
