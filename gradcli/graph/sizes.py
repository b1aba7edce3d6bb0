"""Which sizes of arrays an op asks for, where it refuses those that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import prod
from typing import Any

from gradcli.errors import ShapeError
from gradcli.graph.ops.op import Attr, Op, Shape

Sizes = dict[int, int]
"""What a size of its own was set to: a size of the program, or that of another axis."""


def accepted(op: Op, shapes: Sequence[Shape], attr: Attr, own: set[int]) -> list[Sizes]:
    """The fewest changes of own sizes with which an op accepts the shapes that it refused."""
    if op.pointwise:
        return _aligned(shapes, own)
    known = {size for shape in shapes for size in shape} | _numbers(attr)
    changes = [
        (old, new)
        for old in sorted(own & known)
        for new in sorted(known)
        if new > 1 and (new < old if new in own else True) and new != old
    ]
    for many in (1, 2):
        found: dict[tuple[Shape, ...], Sizes] = {}
        for chosen in combinations(changes, many):
            sizes: Sizes = {}
            for old, new in chosen:
                sizes = merged(sizes, {old: sizes.get(new, new)})
            changed = tuple(tuple(sizes.get(n, n) for n in shape) for shape in shapes)
            try:
                op.shape(changed, attr)
            except ShapeError:
                continue
            found.setdefault(changed, sizes)
        if found:
            return list(found.values())
    return []


def _aligned(shapes: Sequence[Shape], own: set[int]) -> list[Sizes]:
    """The change that makes sizes equal, axis by axis from the last one; none where that fails."""
    sizes: Sizes = {}
    for axis in range(1, max(map(len, shapes)) + 1):
        here = {sizes.get(s[-axis], s[-axis]) for s in shapes if len(s) >= axis} - {1}
        fixed = here - own
        if len(fixed) > 1:
            return []
        if len(here) > 1:
            target = min(fixed or here)
            sizes = merged(sizes, {size: target for size in here if size != target})
    return [sizes] if sizes else []


def merged(sizes: Sizes, new: Sizes) -> Sizes:
    """First the one change of sizes, then the other."""
    return {**{old: new.get(size, size) for old, size in sizes.items()}, **new}


def _numbers(attr: Any) -> set[int]:
    """The whole numbers among static arguments, and how many entries a shape among them has."""
    flat: list[Any] = [attr]
    found: set[int] = set()
    while flat:
        part = flat.pop()
        if isinstance(part, tuple):
            flat += part
            if part and all(isinstance(n, int) and n > 0 for n in part):
                found.add(prod(part))
        elif isinstance(part, int):
            found.add(part)
    return found
