"""Division of sums by sums, where it leaves no rest: (x^2 - 1) / (x - 1) is x + 1."""

from __future__ import annotations

from collections.abc import Sequence

from gradcli.graph.formulas.numerals import Number, over
from gradcli.graph.simplify.forms import Terms
from gradcli.graph.simplify.normal import Normal

_HIGHEST, _MOST = 16, 64
"""The highest exponent, and the most terms that a quotient has."""

Powers = tuple[int, ...]
"""The exponents of the unknowns in a term, which are compared from the first on."""


def quotient(normal: Normal, above: int, below: int) -> int | None:
    """The sum that is one sum divided by another, as polynomials of what their factors are; None
    where they are none, or something is left.

    It has every value that the quotient has, and more where `below` is 0.
    """
    unknowns: dict[int, None] = {}
    for node in (above, below):
        for unit in normal.sums[node]:
            unknowns |= dict.fromkeys(normal.factors(unit)[1])
    top, bottom = (_polynomial(normal, normal.sums[n], [*unknowns]) for n in (above, below))
    if top is None or bottom is None:
        return None
    found = _divided(top, bottom)
    if found is None:
        return None
    terms: dict[int, Number] = {}
    for powers, value in found.items():
        factors = {base: normal.number(n) for base, n in zip(unknowns, powers) if n}
        terms[normal.product(1, factors)] = value
    return normal.sum(terms)


def _polynomial(
    normal: Normal, terms: Terms, unknowns: Sequence[int]
) -> dict[Powers, Number] | None:
    """A sum by the powers in its terms; None where one is no whole power, or very high."""
    found: dict[Powers, Number] = {}
    for unit, value in terms.items():
        number, factors = normal.factors(unit)
        powers = [normal.numbers.get(factors.get(base, normal.zero)) for base in unknowns]
        whole = tuple(int(n) for n in powers if n is not None and n in range(_HIGHEST))
        if len(whole) < len(unknowns):
            return None
        found[whole] = found.get(whole, 0) + number * value
    return found


def _divided(
    top: dict[Powers, Number], bottom: dict[Powers, Number]
) -> dict[Powers, Number] | None:
    """Long division."""
    first = max(bottom)
    left, found = dict(top), dict[Powers, Number]()
    while left:
        lead = max(left)
        powers = tuple(a - b for a, b in zip(lead, first))
        if min(powers) < 0 or len(found) == _MOST:
            return None
        value = found[powers] = over(left[lead], bottom[first])
        for own, number in bottom.items():
            at = tuple(a + b for a, b in zip(own, powers))
            left[at] = left.get(at, 0) - value * number
            if not left[at]:
                del left[at]
    return found
