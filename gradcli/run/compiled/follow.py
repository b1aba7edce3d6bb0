"""An op's steps: its NumPy function is called once with stand-ins for its arguments.

So the compiled code does what the interpreter does, and two ops that begin alike (softmax and
cross_entropy of the same logits) share their steps. A function that cannot be followed (it looks at
numbers, or calls what is not known here) is one step of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from gradcli.graph.ops.op import Attr, Op, Shape
from gradcli.run.compiled.numpy_call import Step
from gradcli.run.compiled.tape import NotTraceableError, Tape, Traced
from gradcli.run.interpret import array_function


def follow(tape: Tape, op: Op, args: Sequence[Traced], attr: Attr, shape: Shape) -> Traced:
    """The result of an op, whose steps are on the tape."""
    try:
        found = array_function(op)(*args, **dict(zip(op.static, attr)))
        if isinstance(found, Traced) and found.shape == shape and not found.step.truth:
            return found
    except (NotTraceableError, TypeError, ValueError):
        pass  # NumPy turns the first into one of the others where it wants an array
    return tape.add(Step("call", _whole(op, attr), tape.places(args), (), shape))


@cache
def _whole(op: Op, attr: Attr) -> Any:
    made = array_function(op)
    statics = dict(zip(op.static, attr))

    def call(*args: Any) -> Any:
        return made(*args, **statics)

    return call
