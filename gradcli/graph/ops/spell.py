"""An op's value as a Python function, made from its spelling in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gradcli.graph.ops import scalars
from gradcli.graph.ops.op import Op

Function = Callable[..., Any]


def function(op: Op, namespace: Mapping[str, object]) -> Function:
    """`op` over the functions of a namespace: node arguments by place, static ones by name."""
    names = [("*" if p.variadic else "") + p.name for p in op.parameters if p.name not in op.static]
    names += ["*", *op.static] if op.static and not any(n[0] == "*" for n in names) else op.static
    # Both texts come from the op table: nothing that a user typed is in them.
    made: Function = eval(f"lambda {', '.join(names)}: {op.value}", dict(namespace))
    return made


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
