"""What is said of a program that cannot be built: its names, its calls, its shapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import normalize

from gradcli.errors import LanguageError, ShapeError, Span
from gradcli.graph.names import product
from gradcli.graph.ops import table
from gradcli.graph.ops.op import MISFIT, Op, Shape
from gradcli.language.program import Statement, header_of
from gradcli.words import character, counted, nearest

_BROADCAST = "from the last axis on, sizes must be equal or 1"

_STEPS = 6
"""Of a cycle, that a message spells out."""

_COLUMNS = 8
"""Columns of the data that a message names."""

_SHAPES = 6
"""Arguments whose shapes a message names."""


def cycle(active: Iterable[str], statement: Statement, called: bool) -> LanguageError:
    """Names every step of a definition, or a function that is `called`, that comes back to itself.

    `active` are the definitions under way, the outermost first.
    """
    name = statement.name
    path = list(active)
    path = path[path.index(name) :]
    steps = [f"{a} needs {b}" for a, b in zip(path, [*path[1:], name])]
    if len(steps) > _STEPS:
        steps[_STEPS - 2 : -1] = ["…"]
    through = ": " + ", ".join(steps) if len(steps) > 1 else ""
    if called:
        what = f"'{name}' calls itself{through}"
        hint = "a function stands for its formula, and a formula has an end"
    else:
        what = f"'{name}' is defined by itself{through}"
        hint = f"leave its definition out and give it a value: {name}=1"
        if not through:
            hint = f"give the new value a name of its own: {name}_new = …"
    return LanguageError(what, span=statement.name_span, hint=hint)


_MATHEMATICAL = {"σ": "sigmoid", "ς": "sigmoid", "Σ": "sum", "Π": "prod", "Γ": "gamma"}
"""What letters of mathematics are called."""

_SAID = {
    "sigma": "sigmoid(x)", "tg": "tan(x)", "arctg": "atan(x)", "tgh": "tanh(x)", "th": "tanh(x)",
    "sh": "sinh(x)", "ch": "cosh(x)", "lg": "log10(x)", "heaviside": "step(x)",
    "cot": "1/tan(x)", "ctg": "1/tan(x)", "cotan": "1/tan(x)", "sec": "1/cos(x)",
    "csc": "1/sin(x)", "cosec": "1/sin(x)", "coth": "1/tanh(x)", "sech": "1/cosh(x)",
    "csch": "1/sinh(x)", "acot": "atan(1/x)", "arccot": "atan(1/x)", "asec": "acos(1/x)",
    "acsc": "asin(1/x)", "factorial": "gamma(x + 1)",
    "dif": "diff(y, x)", "deriv": "diff(y, x)", "derivative": "diff(y, x)", "grad": "diff(y, x)",
    "gradient": "diff(y, x)", "differentiate": "diff(y, x)", "ddx": "diff(y, x)",
}  # fmt: skip
"""How functions of mathematics that have another name here, or none, are written; the nearest name
would be another function's: sec is like mse."""


def unbound(
    name: str, known: Iterable[str], span: Span | None, columns: Iterable[str] = ()
) -> LanguageError:
    """A name that nobody gave a value, nor the data a column of that name."""
    columns = list(columns)
    known = {*known, *filter(str.isidentifier, columns)}
    plain = normalize("NFKC", name)
    if name == "e":
        hint = "write exp(1) for Euler's number, or give e a value: e=1"
    elif plain == "π":
        hint = f"write pi: {character(name)}"
    elif factors := product(name, known):
        hint = f"write {factors} for a product, or give {name} a value: {name}=1"
    elif name in ("i", "j") and not nearest(name, known - {"pi"}):
        hint = f"numbers are real, none is the root of -1; or give {name} a value: {name}=1"
    elif table.find(name) is not None:
        hint = f"it is a function: write {name}(x)"
    else:
        hint = nearest(name, known) or _column(name, columns) or f"give {name} a value: {name}=1"
    return LanguageError(f"'{name}' has no value", span=span, hint=hint)


def no_column(name: str, span: Span | None) -> LanguageError:
    """A header in quotes where there is no data."""
    what = f"there is no data, which '{header_of(name)}' would be a column of"
    return LanguageError(what, span=span, hint="add --data FILE")


def _column(name: str, columns: Sequence[str]) -> str:
    """A hint at the columns of the data, where there are some, one of which a name may mean."""
    if not columns:
        return ""
    if not any(character.isalpha() for character in "".join(columns)):
        return "the first line of the data must name its columns"
    if hint := odd_header(name, columns):
        return hint
    quoted = [column for column in columns if not column.isidentifier()]
    for column in quoted:
        if len(columns) > 1 and column.casefold().split()[:1] == [name.casefold()]:
            return f'write "{column}" in place of {name}'
    told = [f'"{column}"' if column in quoted else column for column in columns[:_COLUMNS]]
    there = f"the data has {', '.join(told)}" + ", …" * (len(columns) > _COLUMNS)
    if columns[0].startswith("#"):
        return f"{there}: the header is the first line, above which no comment may stand"
    return f"{there}; or give {name} a value: {name}=1"


def odd_header(name: str, columns: Sequence[str]) -> str:
    """A hint where the header of the data, which names no column `name`, begins it with # or has
    blanks between its names."""
    for column in columns:
        if column.startswith("#") and column.strip("# ") == name:
            return f'write "{column}", as the header has it'
    (header, *others) = columns or [""]
    if others or header.split() == [header]:
        return ""
    if name in header.split():
        return f'"{header}" is one column: put commas between names and between cells, not blanks'
    return ""


def derivative(name: str, span: Span | None) -> LanguageError:
    """∂e/∂x in a program, or in a claim on another one."""
    above, below = name.replace("∂", "").split("/")
    hint = f"write diff({above}, {below})"
    return LanguageError(f"{name} stands only in a claim", span=span, hint=hint)


def unknown_function(
    name: str, own: Iterable[str], is_value: bool, span: Span, bracketed: bool
) -> LanguageError:
    """A call of what is no function; `own` are the program's functions."""
    if is_value:
        hint = f"multiply with {name}*(…)"
        if table.find(name) is not None:
            hint = f"{name} has a value here, which hides the function: give it another name"
        return LanguageError(f"'{name}' is no function", span=span, hint=hint)
    return LanguageError(
        f"unknown function '{name}'",
        span=span if bracketed else (span[0], span[0] + len(name)),
        hint=meant(name, own) or f"define it in a statement of its own: {name}(x) = …",
    )


def meant(name: str, own: Iterable[str] = ()) -> str:
    """A hint at the function that a name is taken for, or nothing; `own` are the program's."""
    own, plain = set(own), normalize("NFKC", name)
    if plain in _MATHEMATICAL:
        hint = f"write {_MATHEMATICAL[plain]}(x)"
        return hint if plain == name else f"{hint}: {character(name)}"
    if name.casefold() in _SAID and not nearest(name, own):
        return f"write {_SAID[name.casefold()]}"
    return nearest(name, {*table.function_names(), *own})


def too_long(statement: Statement) -> LanguageError:
    """A program whose calls, each of them written out, fill the memory."""
    return LanguageError(
        "the functions of the program unfold to more than 10 million nodes",
        span=statement.name_span,
        hint=f"call {statement.name} less often: every call with other arguments is written out",
    )


def misbound(statement: Statement, count: int, span: Span) -> LanguageError:
    """A call of the program's own function with other arguments than its parameters."""
    parameters = statement.parameters
    form = f"{statement.name}({', '.join(parameters)})"
    what = f"these arguments do not fit {form}"
    if count != len(parameters):
        what = f"{form} takes {counted(len(parameters), 'argument')}, got {count}"
    return LanguageError(what, span=span, hint=f"write {form}")


def misfit(
    error: ShapeError, op: Op, node: str, args: Sequence[tuple[str, Shape]], span: Span
) -> ShapeError:
    """Names the node, its expression and the shapes of its arguments."""
    hint = error.hint
    if error.what == MISFIT and not hint:
        hint = op.fitting or _BROADCAST
    shapes = [f"{label} has shape {shape}" for label, shape in args[:_SHAPES]]
    what = f"{node}: {error.what}" + (": " + ", ".join(shapes) if shapes else "")
    return ShapeError(what, span=span, hint=hint)
