"""How LaTeX spells an op: fractions, roots, functions upright; it needs no package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gradcli.graph.ops.call_text import call_arguments
from gradcli.graph.ops.elementwise import COMPARISON, POWER, PRODUCT, SIGN, SUM
from gradcli.graph.ops.indexing import item_text
from gradcli.graph.ops.op import Attr, Op, Shape
from gradcli.latex import latex_value

ATOM = 100


class Typeset(NamedTuple):
    """A formula in LaTeX, how tightly it binds, and its shape; the entries of a stacked vector,
    whether it is a product x ⊙ y, which is bracketed inside of one of matrices, and whether it ends
    in a large sign, ∑(x), which would seem to go on over a factor behind it."""

    text: str
    level: int = ATOM
    shape: Shape = ()
    entries: tuple[str, ...] = ()
    entrywise: bool = False
    large: bool = False


_INFIX = {"lt": "<", "le": r"\le", "gt": ">", "ge": r"\ge", "eq": "=", "ne": r"\ne"}

_AROUND = {
    "abs": r"\left|{0}\right|", "norm": r"\left\|{0}\right\|", "sqrt": r"\sqrt{{{0}}}",
    "cbrt": r"\sqrt[3]{{{0}}}", "rsqrt": r"\frac{{1}}{{\sqrt{{{0}}}}}",
    "reciprocal": r"\frac{{1}}{{{0}}}", "floor": r"\left\lfloor{0}\right\rfloor",
    "ceil": r"\left\lceil{0}\right\rceil",
}  # fmt: skip
"""What stands around its argument and needs no brackets."""

_NAMED = {
    **{name: rf"\{name}" for name in ("log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "det")},
    "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan", "maximum": r"\max", "max": r"\max",
    "minimum": r"\min", "min": r"\min", "argmax": r"\arg\max", "argmin": r"\arg\min",
    "log2": r"\log_{2}", "log10": r"\log_{10}", "sigmoid": r"\sigma", "gamma": r"\Gamma",
    "lgamma": r"\log\Gamma", "digamma": r"\psi", "log_sigmoid": r"\log\sigma",
    "exp": r"\exp",
    "logdet": r"\log\det", "sum": r"\sum", "prod": r"\prod", "relu": r"\mathrm{ReLU}",
    "trace": r"\mathrm{tr}", "var": r"\mathrm{Var}",
}  # fmt: skip
"""Functions with a name of their own in mathematics; all others are called by that of the op."""

_POWERS = {"square": "2", "inv": "-1"}
_OF_E = {"exp": r"\mathrm{e}", "exp2": "2"}
"""Upright, as ISO 80000-2 has it: a node may be called e, and is the output of most formulas."""
_CONSTANT = {"eye": "I", "ones": r"\mathbf{1}", "zeros": r"\mathbf{0}"}
_LARGE = ("sum", "prod")
_WORDS = ("lgamma", "log_sigmoid", "logdet")
"""Functions of a function: a power of them would look like one of the inner one."""

_SETTING = r"\mathrm{{{0}}}\,{1}"


def typeset(op: Op, parts: Sequence[Typeset], attr: Attr | None, shape: Shape) -> Typeset:
    """`op` over parts in LaTeX, as mathematics.

    >>> from gradcli.graph.ops.table import find
    >>> typeset(find("div"), [Typeset("a + b", SUM), Typeset("c")], None, ()).text
    '\\\\frac{a + b}{c}'
    """
    name, attr = op.name, attr or ()
    texts = [part.text for part in parts]
    match name:
        case "add" | "sub":
            right = _bracketed(parts[1], SUM if name == "add" else PRODUCT)
            right = brackets(right) if right.startswith("-") else right
            return Typeset(f"{_bracketed(parts[0], SUM)} {'+-'[name == 'sub']} {right}", SUM, shape)
        case "mul" | "matmul":
            both = name == "mul" and all(part.shape for part in parts)
            large = parts[1].large
            return Typeset(_times(name, *parts), PRODUCT, shape, entrywise=both, large=large)
        case "div":
            return Typeset(rf"\frac{{{texts[0]}}}{{{texts[1]}}}", PRODUCT, shape)
        case "neg":
            text = _bracketed(parts[0], SIGN + 1, PRODUCT)
            return Typeset(f"-{text}", SIGN, shape, large=parts[0].large)
        case "pos":
            return parts[0]
        case "pow" | "square" | "inv":
            exponent = _POWERS.get(name) or texts[1]
            if name != "inv" and len(parts[0].shape) > 1:  # A^2 is A A, and A^-1 the inverse
                sign = exponent if exponent.isalnum() else brackets(exponent)
                exponent = rf"\circ {sign}"
            return Typeset(f"{_base(parts[0])}^{{{exponent}}}", POWER, shape)
        case "exp" | "exp2" if len(shape) < 2:  # that of a matrix would not be entry by entry
            return Typeset(f"{_OF_E[name]}^{{{texts[0]}}}", POWER, shape)
        case "transpose" if tuple(attr[0]) == tuple(range(len(attr[0])))[::-1]:
            return Typeset(rf"{_base(parts[0])}^{{\top}}", POWER, shape)
        case "outer":
            left, right = _before(parts[0], parts[0].entrywise), _base(parts[1])
            return Typeset(rf"{left}\,{right}^{{\top}}", PRODUCT, shape)
        case "where" | "gate":
            condition, one, other = (1, 0, None) if name == "gate" else (0, 1, 2)
            rows = [
                rf"{texts[one]} & \mathrm{{if}}\;{_condition(parts[condition])}",
                rf"{'0' if other is None else texts[other]} & \mathrm{{otherwise}}",
            ]
            return Typeset(_array(rows, "ll", r"\left\{{{}\right."), SUM, shape)
        case "expand" | "full" if not parts[0].shape and shape:
            text = _times("mul", parts[0], _constant("ones", shape))
            return Typeset(text, PRODUCT, shape)
        case "stack" if len(shape) < 3:
            return _stacked(parts, attr[0], shape)
        case "index":
            return Typeset(indexed(parts[0], _items(texts[1:], attr)), ATOM, shape)
        case "scatter":
            place = indexed(parts[1], _items(texts[2:], attr))
            return Typeset(rf"\mathrm{{scatter}}{brackets(f'{texts[0]}, {place}')}", ATOM, shape)
        case "polygamma":
            return Typeset(rf"\psi^{{({texts[0]})}}{brackets(texts[1])}", ATOM, shape)
        case "onehot":
            return Typeset(rf"\mathbf{{e}}_{{{texts[0]}}}", ATOM, shape)
        case "eye" | "ones" | "zeros":
            return _constant(name, shape)
    if name in _INFIX:
        left, right = (_bracketed(part, SUM) for part in parts)
        return Typeset(f"{left} {_INFIX[name]} {right}", COMPARISON, shape)
    matrix = len(parts) == 1 and len(parts[0].shape) > 1
    if name in _AROUND and attr in ((), (None, 0)) and not (matrix and name == "abs"):
        text = _AROUND[name].format(*texts) + "_{F}" * (matrix and name == "norm")
        return Typeset(text, PRODUCT if text.startswith(r"\frac") else ATOM, shape)
    arguments = ", ".join(call_arguments(op, texts, attr, _SETTING, latex_value))
    level = POWER if name in (*_LARGE, *_WORDS) else ATOM
    text = function_name(name) + brackets(arguments)
    return Typeset(text, level, shape, large=name in _LARGE)


def brackets(text: str) -> str:
    """The text in round brackets, which grow with what is tall."""
    tall = any(word in text for word in (r"\frac", r"\sqrt", r"\begin", r"\sum", r"\prod", "^{"))
    return rf"\left({text}\right)" if tall else f"({text})"


def function_name(name: str) -> str:
    """What a function is called in mathematics: upright, or by a letter of its own."""
    return _NAMED.get(name) or rf"\mathrm{{{name}}}".replace("_", r"\_")


def _bracketed(part: Typeset, level: int, least: int = 0) -> str:
    """The part, in brackets where it binds more loosely; a comparison that is a number in the
    square ones of Iverson."""
    if part.level == COMPARISON:
        return f"[{part.text}]"
    return part.text if part.level >= (least or level) else brackets(part.text)


def _condition(part: Typeset) -> str:
    return part.text


def _factor(part: Typeset) -> str:
    return _bracketed(part, PRODUCT)


def _before(part: Typeset, whole: bool) -> str:
    """A factor before another one, in brackets where it is `whole` or would go on over that."""
    return brackets(part.text) if whole or part.large else _factor(part)


def _base(part: Typeset) -> str:
    """What has an exponent: a name, a call or a number, anything else in brackets."""
    if part.level < ATOM or part.text[:1] == "-":
        return brackets(part.text)
    return f"{{{part.text}}}" if "^" in part.text or "_" in part.text else part.text


def _times(name: str, a: Typeset, b: Typeset) -> str:
    entrywise = name == "mul" and a.shape and b.shape
    left, right = _before(a, a.entrywise and not entrywise), _factor(b)
    if b.level == SIGN or (b.entrywise and b.level == PRODUCT):
        right = brackets(b.text)
    if name == "matmul":
        if len(a.shape) == 1:
            left = rf"{_base(a)}^{{\top}}"
        return rf"{left}\,{right}"
    if entrywise:
        return rf"{left} \odot {right}"
    # a number that follows would look like an index, or like a digit more
    return rf"{left} \cdot {right}" if right[:1].isdigit() else rf"{left}\,{right}"


def _stacked(parts: Sequence[Typeset], axis: int, shape: Shape) -> Typeset:
    """A vector as a column, vectors as the rows or the columns of a matrix."""
    entries = tuple(rf"{_base(part)}^{{\top}}" if part.shape else part.text for part in parts)
    rows = [entries]
    if all(part.entries for part in parts):
        rows = [part.entries for part in parts]
    if axis == 0 and len(rows) == 1:
        rows = [(entry,) for entry in entries]
    elif axis != 0:
        entries = tuple(part.text for part in parts)
        rows = list(zip(*rows)) if rows != [entries] and len(rows) > 1 else [entries]
    lines = [" & ".join(row) for row in rows]
    text = _array(lines, "c" * len(rows[0]), r"\left({}\right)")
    return Typeset(text, ATOM, shape, entries if len(shape) == 1 else ())


def _array(rows: Sequence[str], columns: str, around: str) -> str:
    lines = r" \\ ".join(rows)
    return around.format(rf"\begin{{array}}{{{columns}}}{lines}\end{{array}}")


def _constant(name: str, shape: Shape) -> Typeset:
    size = r" \times ".join(map(str, shape))
    return Typeset(f"{_CONSTANT[name]}_{{{size}}}", ATOM, shape)


def _items(arrays: Sequence[str], attr: Attr) -> list[str]:
    """The places between the brackets of an index."""
    left = iter(arrays)
    return [next(left) if item == "array" else item_text(item) for item in attr[0]]


def indexed(base: Typeset, items: Sequence[str]) -> str:
    """Entries of an array: their places are an index below, of brackets where it is no name."""
    text = base.text
    plain = text.isalnum() or (text[0] == "\\" and text[1:].isalpha())
    named = base.level == ATOM and text[-1] == "}"
    whole = text if plain else f"{{{text}}}" if named else brackets(text)
    return f"{whole}_{{{', '.join(items)}}}"
