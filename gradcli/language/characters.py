"""Characters that are not what they look like: each is named by its code point, never echoed."""

from __future__ import annotations

import unicodedata

from gradcli.errors import LanguageError

LONGEST = 40
"""How much of a text an error message quotes."""

# Letters and marks that show nothing, so that two names that look the same would differ.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")

PRIMES = {"'": 1, "′": 1, "″": 2}
"""What stands between a function and its argument where the function's derivative is meant."""

_PRIMED = "write x.T for the transpose, f'(x) for a derivative, or another name, such as x1"

_HINTS = {
    "∑": "write sum(x)",
    "∏": "write prod(x)",
    "∂": "write the formula alone: grad differentiates it",
    "∇": "write the formula alone: grad differentiates it",
    "∫": "write the integral in closed form",
    "∞": "write inf",
    "≈": "write abs(a - b) < 1e-9",
    "±": "write two statements, one with + and one with -",
    "←": "write =",
    "→": "write f(x) = x^2 for a function",
    "↦": "write f(x) = x^2 for a function",
    "¬": "write 1 - a",
    "∧": "multiply comparisons: (a < b) * (b < c)",
    "∨": "write max(a, b)",
    "‖": "write norm(x)",
    "∥": "write norm(x)",
    "′": _PRIMED,
    "∗": "write *",
    "∕": "write /",
    "⁄": "write /",
    "∙": "write *",
    "•": "write *",
    "⊗": "write outer(a, b)",
    "∘": "write f(g(x))",
    "≔": "write =",
    "≡": "write ==",
    "°": "write *pi/180",
    "´": _PRIMED,
    "″": _PRIMED,
    "–": "write -",
    "\u2011": "write -",
    "—": "write -",
    "‐": "write -",
    "“": 'write "',
    "”": 'write "',
    "‘": "write '",
    "’": "write '",
    "⟨": "write dot(a, b)",
    "⟩": "write dot(a, b)",
    "…": "write every term",
}


def unprimed(name: str) -> tuple[str, int]:
    """A name without the primes behind it, and how many these are."""
    plain = name.rstrip("".join(PRIMES))
    return plain, sum(PRIMES[prime] for prime in name[len(plain) :])


def shortened(text: str) -> str:
    """The text, or its beginning where it is long."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def described(character: str) -> str:
    """The character by its code point and name, and itself where it can be shown."""
    category = unicodedata.category(character)
    name = unicodedata.name(character, "")
    if category == "Cc":
        name = "CONTROL CHARACTER"
    elif category == "Cs":
        name = "HALF A CHARACTER" if character < "\udc80" else "NOT UTF-8"
    code = f"U+{ord(character):04X} {name}".rstrip()
    hidden = _is_hidden(character) or unicodedata.combining(character)
    return code if hidden or not character.isprintable() else f"'{character}' ({code})"


def unknown_character(text: str, position: int, start: int) -> LanguageError:
    """The error for the character at a position of `text`, which is at `start` in the program."""
    character, span = text[position], (start, start + 1)
    if character.isascii() and character.isprintable():
        return LanguageError(f"'{character}' has no meaning here", hint="remove it", span=span)
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        what = f"{described(character)} is not read as a digit"
        return LanguageError(what, hint=f"write {digit}", span=span)
    what = f"{described(character)} has no meaning here"
    raised = _raised(text, position)
    return LanguageError(what, hint=raised or _hint(character), span=span)


def _is_hidden(character: str) -> bool:
    name = unicodedata.name(character, "")
    return character in _INVISIBLE or "VARIATION SELECTOR" in name


def _raised(text: str, position: int) -> str:
    """How to write the superscripts that begin here; empty where none does."""
    plain = ""
    for character in text[position : position + LONGEST]:
        if not unicodedata.decomposition(character).startswith("<super>"):
            break
        plain += unicodedata.normalize("NFKC", character)
    if plain in ("T", "⊤"):
        return "write .T for the transpose"
    return plain and f"write ^{plain.replace('−', '-')}"


def _hint(character: str) -> str:
    if character in _HINTS:
        return _HINTS[character]
    category = unicodedata.category(character)
    if category == "Zs":
        return "write an ordinary space"
    if category in ("Zl", "Zp"):
        return "write an ordinary line break"
    if _is_hidden(character) or category in ("Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"):
        return "remove it"
    plain = unicodedata.normalize("NFKC", character).replace("\u2044", "/")
    if plain.isascii() and plain.isprintable() and plain.strip():
        return f"write {plain}"
    return "use letters, digits and _ in names, and operators such as + - * / @ ^"


def check_name(name: str, start: int) -> None:
    """Refuses a name with a character in it that is no letter, mark, digit or subscript.

    The grammar's pattern for a name is wider, since a pattern cannot ask for a category.
    """
    if name.isascii():
        return
    for offset, character in enumerate(name):
        if not character.isascii() and not _belongs(character):
            raise unknown_character(name, offset, start + offset)


def is_name(text: str) -> bool:
    """Whether a text can be typed as a name."""
    fits = (c == "_" or c.isalnum() if c.isascii() else _belongs(c) for c in text)
    return bool(text) and not "0" <= text[0] <= "9" and all(fits)


def _belongs(character: str) -> bool:
    if _is_hidden(character):
        return False
    category = unicodedata.category(character)
    form = unicodedata.decomposition(character).partition(" ")[0]
    if category[0] == "L":
        return form not in ("<super>", "<wide>")
    return category in ("Mn", "Mc") or (category == "No" and form == "<sub>")
