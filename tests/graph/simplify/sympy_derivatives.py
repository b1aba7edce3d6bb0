"""Writes sympy_derivatives.json and sympy_derivatives_2.json: 400 generated formulas of x and y
each, and what SymPy's `simplify` makes of each one's derivative by x, or `diff` alone where that is
shorter; and sympy_formulas.json: the same of the formulas themselves.

Run it again to make the files anew: python tests/graph/simplify/sympy_derivatives.py
"""

from __future__ import annotations

import json
import random
import signal
from pathlib import Path

import sympy

UNARY = """
    exp({}) | sin({}) | cos({}) | tan({}) | tanh({}) | log({}) | sqrt({}) | ({})^2 | ({})^3 | 1/({})
    -({}) | 2*({}) | ({})/3 | atan({}) | sinh({}) | cosh({}) | ({})^(1/3) | 1/(1 + exp(-({})))
""".replace("\n", " | ")
BINARY = "({}) + ({}) | ({}) - ({}) | ({})*({}) | ({})/({}) | ({})*({}) | ({}) + ({})"
SECONDS = 20


def listed(text: str) -> list[str]:
    return [form.strip() for form in text.split("|") if form.strip()]


def formula(draw: random.Random, depth: int) -> str:
    """A random formula of so many calls and operators inside one another."""
    if depth <= 0 or draw.random() < 0.12:
        return draw.choice(["x", "y", "x", "x", "1", "2", "3"])
    if draw.random() < 0.5:
        return draw.choice(listed(UNARY)).format(formula(draw, depth - 1))
    form = draw.choice(listed(BINARY))
    return form.format(formula(draw, depth - 1), formula(draw, depth - 1))


def shortened(text: str, differentiate: bool) -> str | None:
    """SymPy's formula, or its derivative by x, in its own spelling; None where it has none, or
    takes too long."""
    x = sympy.Symbol("x")
    signal.alarm(SECONDS)
    try:
        found = sympy.sympify(text.replace("^", "**"))
        if differentiate:
            found = sympy.diff(found, x)
        short = sympy.simplify(found)
    except TimeoutError:
        return None
    finally:
        signal.alarm(0)
    if found.free_symbols - {x, sympy.Symbol("y")}:
        return None
    if any(form.has(sympy.zoo, sympy.nan, sympy.I) for form in (found, short)):
        return None
    return min(str(short), str(found), key=len)


def out_of_time(*_: object) -> None:
    raise TimeoutError


FILES = {"derivatives": (12, True), "derivatives_2": (1, True), "formulas": (1, False)}
"""The seed of each file, and whether it has derivatives."""


def main() -> None:
    signal.signal(signal.SIGALRM, out_of_time)
    for name, (seed, differentiate) in FILES.items():
        draw = random.Random(seed)
        found: dict[str, str] = {}
        while len(found) < 400:
            text = formula(draw, draw.choice([2, 3, 3, 4]))
            if "x" not in text.replace("exp", "") or text in found:
                continue
            short = shortened(text, differentiate)
            if short is not None:
                found[text] = short
        lines = ",\n".join(f"  {json.dumps(text)}: {json.dumps(s)}" for text, s in found.items())
        path = Path(__file__).with_name(f"sympy_{name}.json")
        path.write_text(f"{{\n{lines}\n}}\n", "utf-8")


if __name__ == "__main__":
    main()
