"""Graph → a function that JAX can trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import jax.numpy as jnp

from gradcli.graph.graph import LITERAL, Graph
from gradcli.graph.ops.op import Op
from gradcli.graph.ops.spell import Function, function, variant
from gradcli.run.interpret import interpret
from gradcli.run.jax.namespace import NAMESPACE
from gradcli.run.jax.standin import bare, stood_in

Traceable = Callable[..., list[Any]]


def traceable(graph: Graph, outputs: Sequence[int], inputs: Sequence[int], seed: int) -> Traceable:
    """The outputs as a function of the inputs, arrays of JAX both.

    What does not depend on the inputs, random numbers among it, is computed once, by NumPy.
    """
    cone = graph.cone(outputs, inputs)
    moving = graph.depends(cone, inputs)
    order = [node for node in cone if moving[node] and node not in set(inputs)]
    wanted = {arg for node in order for arg in graph.args[node]} | set(outputs)
    still = sorted(node for node in wanted if not moving[node])
    known = interpret(graph, still, {}, seed)
    fixed = {node: known[node] for node in still}

    def run(*values: Any) -> list[Any]:
        found: dict[int, Any] = {**fixed, **dict(zip(inputs, map(stood_in, values)))}
        for node in order:
            op, args, attr = graph.ops[node], graph.args[node], graph.attrs[node] or ()
            last = graph.number(args[-1]) if op.literal and graph.ops[args[-1]] is LITERAL else None
            call = _function(variant(op, last) if op.literal else op)
            found[node] = call(*(found[arg] for arg in args), **dict(zip(op.static, attr)))
        return [jnp.asarray(bare(found[node]), float) for node in outputs]

    return run


@cache
def _function(op: Op) -> Function:
    return function(op, NAMESPACE)
