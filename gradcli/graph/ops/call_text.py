"""What stands between the brackets of a call: nodes, and static arguments such as an axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradcli.graph.ops.op import Attr, Op


def number_text(value: float) -> str:
    """A float as the language reads it back: 2, 0.1, -0, -inf."""
    whole = value.is_integer() and abs(value) < 1e16
    return repr(value).removesuffix(".0") if whole else repr(value)


def call_arguments(
    op: Op,
    texts: Sequence[str],
    attr: Attr,
    setting: str = "{0}={1}",
    number: Callable[[str], str] = str,
) -> list[str]:
    """The arguments of a call in the order of the signature, without those that are the default.

    Settings such as an axis are called by their names, in the form of `setting`; what is made of
    numbers alone has none. `number` spells the numbers of static arguments.
    """
    left = list(texts)
    statics = dict(zip(op.static, attr))
    found: list[str] = []
    skipped = False
    settings = len(op.static) < len(op.parameters)
    for parameter in op.parameters:
        name = parameter.name
        if name not in op.static:
            if parameter.variadic:
                found += left
                left = []
            elif left:
                found.append(left.pop(0))
            continue
        value = statics[name]
        if parameter.variadic:
            found += (number(_static_text(size)) for size in value)
            skipped = True
        elif parameter.default is not None and _is_default(value, parameter.default):
            skipped = True
        elif value is not None:
            text = number(_static_text(value))
            called = skipped or (settings and parameter.default is not None)
            found.append(setting.format(name, text) if called else text)
    return found


def _is_default(value: Any, default: str) -> bool:
    return value is None if default == "None" else value is not None and float(default) == value


def _static_text(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_static_text, value))}]"
    return number_text(float(value))
