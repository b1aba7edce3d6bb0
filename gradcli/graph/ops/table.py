"""The op table: every op once, found by its name or an alias."""

from __future__ import annotations

from gradcli.graph.node import TABLE
from gradcli.graph.ops.activations import ACTIVATIONS
from gradcli.graph.ops.creation import CREATION
from gradcli.graph.ops.elementwise import ELEMENTWISE, OPERATORS
from gradcli.graph.ops.indexing import INDEXING
from gradcli.graph.ops.linear import LINEAR
from gradcli.graph.ops.losses import LOSSES
from gradcli.graph.ops.op import Op
from gradcli.graph.ops.reductions import REDUCTIONS
from gradcli.graph.ops.shaping import SHAPING

for _family in (
    OPERATORS, ELEMENTWISE, ACTIVATIONS, REDUCTIONS, LINEAR, INDEXING, SHAPING, CREATION, LOSSES,
):  # fmt: skip
    for _op in _family:
        TABLE[_op.name] = _op

ALIASES = {alias: op for op in TABLE.values() for alias in op.aliases}
"""Other names that a call may use."""


def find(name: str) -> Op | None:
    """The op that a call of `name` means, if there is one."""
    op = TABLE.get(name) or ALIASES.get(name)
    return None if op is None or op.hidden else op


def function_names() -> list[str]:
    """Every name that a call may use, sorted."""
    return sorted({name for name, op in TABLE.items() if not op.hidden} | set(ALIASES))
