"""Text and numbers as plain LaTeX, in ASCII: it compiles without a package."""

from __future__ import annotations

import re
import unicodedata

from gradcli.errors import visible


def _named(characters: str, names: str, form: str) -> dict[str, str]:
    names_in_order = map(form.format, names.split())
    return dict(zip(characters, names_in_order, strict=True))


_TEXT = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "`": r"\`{}", "\n": " ",
    "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "\u00a0": "~",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}", "œ": r"\oe{}",
    "Œ": r"\OE{}", "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "§": r"\S{}",
}  # fmt: skip

_MATH = {
    "∂": r"\partial", "∇": r"\nabla", "√": r"\surd", "∞": r"\infty", "∑": r"\sum", "∏": r"\prod",
    "·": r"\cdot", "×": r"\times", "⊙": r"\odot", "⊗": r"\otimes", "⊕": r"\oplus", "÷": r"\div",
    "−": "-", "±": r"\pm", "∘": r"\circ", "¬": r"\neg", "≤": r"\le", "≥": r"\ge", "≠": r"\ne",
    "≈": r"\approx", "≡": r"\equiv", "∈": r"\in", "←": r"\leftarrow", "→": r"\rightarrow",
    "…": r"\ldots", "‖": r"\|", "′": "'", "°": r"^{\circ}", "ᵀ": r"^{T}", "ℓ": r"\ell",
    "µ": r"\mu", "ϵ": r"\epsilon", "ϑ": r"\vartheta", "ϕ": r"\phi", "ϖ": r"\varpi",
    "ϱ": r"\varrho", "ς": r"\varsigma", "ο": "o",
    **_named(
        "αβγδεζηθικλμνξπρστυφχψω",
        "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho "
        "sigma tau upsilon varphi chi psi omega",
        "\\{}",
    ),
    **_named("ΓΔΘΛΞΠΣΥΦΨΩ", "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega", "\\{}"),
    **_named("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "A B E Z H I K M N O P T X", r"\mathrm{{{}}}"),
    **_named("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱ", "0 1 2 3 4 5 6 7 8 9 + - n i", "^{{{}}}"),
    **_named("₀₁₂₃₄₅₆₇₈₉₊₋", "0 1 2 3 4 5 6 7 8 9 + -", "_{{{}}}"),
    **_named("ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ", "a e o x h k l m n p s t i j r u v", "_{{{}}}"),
}  # fmt: skip

_ACCENTS = {
    "\u0300": ("`", "grave"), "\u0301": ("'", "acute"), "\u0302": ("^", "hat"),
    "\u0303": ("~", "tilde"), "\u0304": ("=", "bar"), "\u0306": ("u", "breve"),
    "\u0307": (".", "dot"), "\u0308": ('"', "ddot"), "\u030c": ("v", "check"),
}  # fmt: skip
"""The names of an accent in text and in mathematics."""

_TEXT_ACCENTS = {"\u030a": "r", "\u030b": "H", "\u0327": "c", "\u0323": "d"}

_NUMBER = re.compile(r"(-?)(\d+(?:\.\d+)?)(?:e([-+]?\d+))?|(-?)inf|nan")


def latex_text(text: str) -> str:
    """`text` with nothing special left in it; a letter of mathematics in mathematics.

    A character that plain LaTeX has no name for is spelled by its code point, U+4E2D.
    """
    pieces: list[str] = []
    for character in visible(text):
        known = character in _TEXT or character in _MATH
        parts = character if known else unicodedata.normalize("NFD", character)
        for part in parts:
            if unicodedata.combining(part) and pieces:
                pieces[-1] = _accented(pieces[-1], part)
            else:
                pieces.append(_piece(part))
    return "".join(pieces)


def _piece(character: str) -> str:
    if character in _TEXT:
        return _TEXT[character]
    if character in _MATH:
        return rf"\ensuremath{{{_MATH[character]}}}"
    return character if character.isascii() else f"U+{ord(character):04X}"


def _accented(piece: str, accent: str) -> str:
    letter = piece.removeprefix(r"\ensuremath{")
    if letter != piece:
        if accent == "\u20d7":
            return rf"\ensuremath{{\vec{{{letter}}}"
        if accent in _ACCENTS:
            return rf"\ensuremath{{\{_ACCENTS[accent][1]}{{{letter}}}"
    elif accent == "\u20d7":
        return rf"\ensuremath{{\vec{{{piece}}}}}"
    elif accent in _ACCENTS:
        return rf"\{_ACCENTS[accent][0]}{{{piece}}}"
    elif accent in _TEXT_ACCENTS:
        return rf"\{_TEXT_ACCENTS[accent]}{{{piece}}}"
    return f"{piece}U+{ord(accent):04X}"


def latex_numbers(text: str) -> str:
    """A number or an array, as it is spelled rounded, in mathematics: 1e-20 is a power of ten."""
    return f"${_NUMBER.sub(_number, text)}$" if text else ""


def _number(match: re.Match[str]) -> str:
    sign, digits, exponent, sign_of_infinity = match.groups()
    if match[0] == "nan":
        return r"\mathrm{nan}"
    if digits is None:
        return rf"{sign_of_infinity}\infty"
    if exponent is None:
        return match[0]
    power = rf"10^{{{int(exponent)}}}"
    return sign + (power if digits == "1" else rf"{digits} \times {power}")


_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau"
    " upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
_GREEK = {name: rf"\{name}" for name in _LETTERS.split()}

_INDEXED = re.compile(r"(.*?[^\d_])_?(\d+|_.*[^_])$")
"""A base and its index: w_1, w1, w_hidden."""

_SCRIPT = re.compile(r"([_^])\{([^{}]*)\}(?:\1\{([^{}]*)\})+")


def latex_symbol(name: str) -> str:
    r"""A name of the language as a symbol of mathematics: a letter, or a word in italics, with
    what follows _ or is a number at its end as its index. ∂e/∂x is a fraction.

    >>> print(*(latex_symbol(name) for name in ("w_1", "theta", "x₁", "loss", "∂e/∂h2")))
    w_{1} \theta x_{1} \mathit{loss} \frac{\partial e}{\partial h_{2}}
    """
    if name.startswith("∂") and "/" in name:
        above, below = name.split("/", 1)
        parts = (latex_symbol(part.removeprefix("∂")) for part in (above, below))
        return r"\frac{{\partial {}}}{{\partial {}}}".format(*parts)
    if name[:1] in ("'", '"'):  # the header of a column, as it stands
        return rf"\mbox{{{latex_text(name)}}}"
    found = _INDEXED.match(name)
    if found is None:
        return _letters(name)
    base, index = found[1], found[2].lstrip("_")
    symbol = _letters(base)
    whole = symbol if "_{" not in symbol else f"{{{symbol}}}"
    return f"{whole}_{{{index if index.isdecimal() else _letters(index)}}}"


def _letters(word: str) -> str:
    """One letter as it is, several in italics; accents and signs as mathematics has them."""
    if word in _GREEK:
        return _GREEK[word]
    pieces: list[str] = []
    for character in unicodedata.normalize("NFC", visible(word)):
        parts = character if character in _MATH else unicodedata.normalize("NFD", character)
        for part in parts:
            if part in _MATH:
                pieces.append(_MATH[part])
            elif part in _ACCENTS and pieces:
                pieces[-1] = rf"\{_ACCENTS[part][1]}{{{pieces[-1]}}}"
            elif part == "\u20d7" and pieces:
                pieces[-1] = rf"\vec{{{pieces[-1]}}}"
            elif part in "_&#%$":
                pieces.append(f"\\{part}")
            else:
                plain = part.isascii() and part.isalnum()
                pieces.append(part if plain else rf"\mathrm{{U{ord(part):04X}}}")
    if len(pieces) > 1 and all(len(piece) == 1 or piece == r"\_" for piece in pieces):
        return rf"\mathit{{{''.join(pieces)}}}"
    scripts = _SCRIPT.sub(_joined_scripts, "".join(_spaced(pieces)))
    return "{}" + scripts if scripts[:1] in "_^" else scripts


def _joined_scripts(match: re.Match[str]) -> str:
    """x₁₂ has one index, 12."""
    inner = re.findall(r"\{([^{}]*)\}", match[0])
    return f"{match[1]}{{{''.join(inner)}}}"


def _spaced(pieces: list[str]) -> list[str]:
    """A command and a letter after it are told apart by a space."""
    last = len(pieces) - 1
    return [
        f"{piece} " if place < last and piece[-1:].isalpha() and "\\" in piece
        and pieces[place + 1][:1].isalpha() else piece
        for place, piece in enumerate(pieces)
    ]  # fmt: skip


def latex_value(text: str) -> str:
    """A number in mathematics, without dollars: 1e-20 is a power of ten.

    >>> latex_value("1e-20"), latex_value("-2.5")
    ('10^{-20}', '-2.5')
    """
    return _NUMBER.sub(_number, text)
