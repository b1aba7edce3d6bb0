"""The shapes of variables without a value: those that --shape gives, or the least that fit."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from gradcli.errors import ShapeError, UsageError
from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.graph import refuse_too_large
from gradcli.graph.names import NUMBERS, needed
from gradcli.graph.ops.op import Shape
from gradcli.graph.ops.table import find
from gradcli.language import Program
from gradcli.run.interpret import Value
from gradcli.words import nearest


def parse_shape(text: str) -> tuple[str, Shape]:
    """`W=3,4` as a name and a shape; `s=` is a number. UsageError for anything else."""
    name, sign, sizes = text.partition("=")
    name, inner = name.strip(), sizes.strip()
    if not sign or not name:
        raise UsageError(f"--shape {text}: expected NAME=SIZES", hint="write --shape W=3,4")
    if inner[:1] + inner[-1:] in ("()", "[]"):
        inner = inner[1:-1].strip()
    shape = tuple(map(_size, inner.removesuffix(",").split(","))) if inner else ()
    if 0 in shape:
        raise UsageError(
            f"--shape {text}: a size is a whole number from 1 on",
            hint=f"write --shape {name}=3 for a vector, or --shape {name}=3,4",
        )
    refuse_too_large(shape)
    return name, shape


def _size(text: str) -> int:
    """A whole number from 1 on, as 3, 1_000 or 1e3; 0 for anything else."""
    try:
        number = int(text) if text.strip().isdecimal() else float(text)
    except ValueError:
        return 0
    return int(number) if 1 <= number < float("inf") and number == int(number) else 0


def given_shapes(
    texts: Sequence[str],
    program: Program,
    of: str,
    values: Container[str],
    columns: Container[str],
) -> dict[str, Shape]:
    """The shapes by name; UsageError for a name that is no free variable of the output."""
    found: dict[str, Shape] = {}
    if not texts:
        return found
    used = _used(program, of)
    kinds = {statement.name: statement.kind for statement in program.statements}
    for text in texts:
        name, shape = parse_shape(text)
        if name in found:
            raise UsageError(f"--shape gives '{name}' two shapes", hint="leave one of them out")
        what = _taken(name, kinds, values, columns)
        if what:
            raise UsageError(f"--shape {text}: '{name}' {what}", hint=f"leave --shape {text} out")
        if name not in used:
            hint = nearest(name, used - set(kinds)) or f"leave --shape {text} out"
            raise UsageError(f"--shape {text}: the output has no variable '{name}'", hint=hint)
        found[name] = shape
    return found


def _used(program: Program, of: str) -> set[str]:
    """The names that the output needs, its nodes and its variables."""
    return {name for name in needed(program, of) if find(name) is None and name not in NUMBERS}


def _taken(
    name: str, kinds: Mapping[str, str], values: Container[str], columns: Container[str]
) -> str:
    """Why a name has a shape already, or nothing."""
    if name in values:
        return "has a value, and with it a shape"
    if name in columns:
        return "is a column of the data, and has its shape"
    if kinds.get(name) in ("param", "const"):
        return "starts at a value, which has a shape"
    return "is defined by the program" if name in kinds else ""


def fitted(
    program: Program,
    values: Mapping[str, Value],
    data: Mapping[str, Shape],
    shape: Sequence[str],
    of: str,
    notes: list[str],
) -> Built:
    """The graph, with the shapes that are given to variables without a value, or inferred."""
    given = given_shapes(shape, program, of, values, data)
    try:
        return build(program, values, data, of=of, guess=True, shapes=given)
    except ShapeError as error:
        from gradcli.graph.infer import inferred  # what builds at once starts sooner without

        found = inferred(program, values, data, given, error, of=of)
    known = {statement.name for statement in program.statements} | {*values, *data, *given}
    numbers = sorted(_used(program, of) - known - set(found))
    shown = ", ".join(
        [*(f"{name} {found[name]}" for name in sorted(found)), *(f"{n} a number" for n in numbers)]
    )
    notes.append(
        f"what has no value takes the least shape that fits: {shown}; --shape gives others"
    )
    return build(program, values, data, of=of, guess=True, shapes={**given, **found})
