"""Text for people on a stream whose alphabet is small: ∂ as d, √ as sqrt, a box in ASCII."""

from __future__ import annotations

import codecs

_SPELLINGS = {
    "∂": "d ", "∇": "grad ", "√": "sqrt", "∞": "inf", "∑": "sum", "∏": "prod", "Σ": "sum",
    "·": "*", "×": "*", "⊙": "*", "÷": "/", "−": "-", "±": "+-", "∘": "o",
    "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "←": "<-", "→": "->", "⇥": "->", "…": "...",
    "²": "^2", "³": "^3", "ᵀ": ".T", "‖": "|", "–": "-", "—": "-",
    "‘": "'", "’": "'", "“": '"', "”": '"', "•": "*", "\u00a0": " ",
    "─": "-", "━": "-", "═": "-", "│": "|", "┃": "|", "┼": "+", "╇": "+", "┤": "|", "├": "|",
}  # fmt: skip

_HANDLER = "gradcli.spelled"


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    start, stop = error.start, error.end
    spelled = []
    for character in error.object[start:stop]:
        escape = character.encode("ascii", "backslashreplace").decode("ascii")
        spelled.append(_SPELLINGS.get(character, escape))
    return "".join(spelled), stop


codecs.register_error(_HANDLER, _spelled)


def fit(text: str, encoding: str) -> str:
    """`text` in characters that `encoding` has: the rest is spelled in ASCII (`d ` for ∂) where
    there is a spelling, else as an escape."""
    if text.isascii():
        return text
    codec = codecs.lookup(encoding)
    try:
        codec.encode(text)
    except UnicodeEncodeError:
        if codec.name.startswith("utf"):
            return text.encode("utf-8", "backslashreplace").decode("utf-8")
        return codec.decode(codec.encode(text.replace("∂²", "d^2 "), _HANDLER)[0])[0]
    return text
