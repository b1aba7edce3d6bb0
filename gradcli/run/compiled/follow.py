"""An op's steps: its NumPy function is called once with stand-ins for its arguments.

So the compiled code does what the interpreter does, and two ops that begin alike (softmax and
cross_entropy of the same logits) share their steps. A function that cannot be followed (it looks at
numbers, or calls what is not known here) is one step of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import FunctionType
from typing import Any

from gradcli.graph.ops import arrays
from gradcli.graph.ops.op import Attr, Op, Shape
from gradcli.graph.ops.spell import function
from gradcli.run.compiled.numpy_call import Step
from gradcli.run.compiled.tape import NotTraceableError, Tape, Traced


def follow(tape: Tape, op: Op, args: Sequence[Traced], attr: Attr, shape: Shape) -> Traced:
    """The result of an op, whose steps are on the tape."""
    try:
        found = _followed(op)(*args, **dict(zip(op.static, attr)))
        if isinstance(found, Traced) and found.shape == shape and not found.step.truth:
            return found
    except (NotTraceableError, TypeError, ValueError):
        pass  # NumPy turns the first into one of the others where it wants an array
    return tape.add(Step("call", _whole(op, attr), tape.places(args), (), shape))


def _picked(rows: Any, classes: Any) -> Any:
    """A step of its own in a function that can be followed otherwise."""
    if not isinstance(rows, Traced):
        raise NotTraceableError
    places = rows.tape.places((rows, classes))
    return rows.tape.add(Step("call", arrays._picked, places, (), rows.shape[:-1]))


@cache
def _followed_namespace() -> dict[str, Any]:
    """The array functions, with those of their parts replaced that are steps of their own."""
    made = {**vars(arrays), "_picked": _picked}
    for name, value in arrays.NAMESPACE.items():
        if isinstance(value, FunctionType) and not value.__closure__:
            made[name] = FunctionType(value.__code__, made, name, value.__defaults__)
    return made


@cache
def _followed(op: Op) -> Any:
    return function(op, _followed_namespace())


@cache
def _whole(op: Op, attr: Attr) -> Any:
    made = function(op, arrays.NAMESPACE)
    statics = dict(zip(op.static, attr))

    def call(*args: Any) -> Any:
        return made(*args, **statics)

    return call
