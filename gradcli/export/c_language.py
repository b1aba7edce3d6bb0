"""The words of C99, and how its statements, functions and comments are written."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from importlib.resources import files

from gradcli.export.phrases import Language
from gradcli.export.syntax import Syntax
from gradcli.graph.ops.c import CALLED, c_functions, c_functions_of, c_number

_KEYWORDS = """
auto break case char const continue default do double else enum extern float for goto if inline
int long register restrict return short signed sizeof static struct switch typedef union
unsigned void volatile while _Bool _Complex _Imaginary asm fortran
"""
_LIBRARY = """
value value_and_grad train step main print_number print_array argc argv printf putchar fputs
strcmp stdout assert NAN INFINITY isnan isinf isfinite signbit j0 j1 jn y0 y1 yn nan fmod fmin
fmax fma exp pow div abs labs index time signal remove rename system abort exit atof gamma
nextafter logb modf frexp ldexp scalb remainder drem significand
"""

_HELPERS = c_functions_of(files("gradcli.export").joinpath("helpers.c").read_text("utf-8"))

C = Language(
    name="c",
    keys=("c",),
    called=CALLED,
    helpers={**c_functions(), **_HELPERS},
    number=c_number,
    reserved={*_KEYWORDS.split(), *_LIBRARY.split(), *CALLED.values(), *c_functions(), *_HELPERS},
)

_STACK = 1 << 16
"""So many numbers an array that is no argument may have on the stack."""


def declared(name: str, size: int, zero: bool) -> str:
    """The statement that declares an array, of zeros where it must be."""
    static = "static " if size > _STACK else ""
    if zero and static:
        return f"{static}double {name}[{size}]; memset({name}, 0, sizeof {name});"
    return f"{static}double {name}[{size}]{' = {0.0}' if zero else ''};"


SYNTAX = Syntax(
    language=C,
    constant=lambda name, text: f"const double {name} = {text};",
    variable=lambda name, text: f"double {name} = {text};",
    array=declared,
    data=lambda name, entries, size: f"static const double {name}[{size}] = {{{entries}}};",
    loop=lambda variable, count: f"for (int {variable} = 0; {variable} < {count}; {variable}++)",
)


def spells(name: str) -> bool:
    """Whether a name is an identifier as it stands."""
    return re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) is not None


def signature(result: str, name: str, parameters: Sequence[str]) -> str:
    """The head of a function, on lines of their own where it is long."""
    text = f"{result} {name}({', '.join(parameters) or 'void'})"
    if len(text) <= 96:
        return text
    return f"{result} {name}(\n    " + ",\n    ".join(parameters) + ")"


def function(signature: str, comment: str, lines: Sequence[str], static: bool = False) -> str:
    """A whole function, with what it does in a comment above."""
    body = "\n".join(f"    {line}" for line in lines)
    about = "\n   ".join(textwrap.wrap(f"/* {commented(comment)} */", 92))
    return f"{about}\n{'static ' if static else ''}{signature}\n{{\n{body}\n}}\n"


def commented(text: str) -> str:
    """A text that does not end the comment that it stands in."""
    return text.replace("*/", "* /")
