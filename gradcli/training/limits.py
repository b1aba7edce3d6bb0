"""The bounds that a program gives its params, as numbers, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gradcli.errors import LanguageError, Span
from gradcli.graph.build import build
from gradcli.language import parse
from gradcli.learn.bounds import Bounds
from gradcli.question.locating import located

if TYPE_CHECKING:
    from gradcli.graph.built import Built
    from gradcli.language.program import Statement
    from gradcli.run.interpret import Value


def bounds_of(model: Built, moving: Sequence[str], start: Mapping[str, Value]) -> Bounds:
    """The bounds of what moves: `param a = 1 in 0:10`.

    Raises LanguageError for bounds the wrong way round, of another shape than the parameter's, or
    that leave out the start.
    """
    low: dict[str, Value] = {}
    high: dict[str, Value] = {}
    for statement in model.program.statements:
        name = statement.name
        if statement.bounds is None or name not in moving:
            continue
        below, above = statement.bounds
        low[name] = _value(model, below, start[name], -float("inf"))
        high[name] = _value(model, above, start[name], float("inf"))
        _check(model, statement, low[name], high[name], start[name])
    return Bounds(low, high)


def _value(model: Built, at: Span | None, start: Value, open_end: float) -> Value:
    """The value of a bound, a number or an array of the shape of its parameter."""
    if at is None:
        return open_end
    text = model.program.text
    # blanks in place of what stands before keep every offset that of the program
    whole = model.program
    program = replace(
        parse(" " * at[0] + text[at[0] : at[1]]), text=text, origin=whole.origin, added=whole.added
    )
    bound = build(program, value="bound")
    found = located(bound, [bound.output], {}, 0)[bound.output]
    shape = () if isinstance(start, float) else start.shape
    if not isinstance(found, float) and found.shape != shape:
        error = LanguageError(
            f"a bound of shape {found.shape} for a parameter of shape {shape}",
            hint="write one number for all entries",
            span=at,
        )
        raise program.locate(error)
    return found


def _check(model: Built, statement: Statement, low: Value, high: Value, start: Value) -> None:
    import numpy as np

    assert statement.bounds is not None
    places = [at for at in statement.bounds if at is not None]
    span = places[0][0], places[-1][1]
    below, above, here = np.asarray(low), np.asarray(high), np.asarray(start)
    name = statement.name
    what = hint = ""
    if np.isnan(below).any() or np.isnan(above).any():
        what, hint = f"a bound of {name} is nan", "write a number"
    elif not (below < above).all():
        what = f"the lower bound of {name} is not below the upper one"
        hint = f"const {name} holds it still" if (below == above).all() else "exchange them"
    elif not ((here >= below) & (here <= above)).all():
        shown = f"{name} = {start:g}" if isinstance(start, float) else f"an entry of {name}"
        what = f"{shown} starts outside its bounds"
        hint = "start within the bounds, or widen them"
    if what:
        raise model.program.locate(LanguageError(what, hint=hint, span=span))
