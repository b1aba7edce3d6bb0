"""Brackets that do not match: an unclosed one is shown where it opens."""

from __future__ import annotations

import re

from gradcli.errors import LanguageError, Span
from gradcli.language.automaton import Token

CLOSER = {"(": ")", "[": "]"}


def span(token: Token) -> Span:
    """Where the token stands in the text."""
    return token.start_pos, token.end_pos


def check_closing(text: str, opener: Token | None, closer: Token) -> None:
    """Refuses a bracket that closes nothing, or one of the other kind."""
    if opener is None:
        what = f"this '{closer.value}' closes nothing"
        hint = "remove it, or open it before"
        raise LanguageError(what, hint=hint, span=span(closer))
    if CLOSER[opener.value] != closer.value:
        start, stop = span(opener)[0], span(closer)[1]
        where = ""
        if "\n" in text[start:stop]:
            where = f" on line {text.count(chr(10), 0, stop) + 1}"
        what = f"this '{opener.value}' is closed by a '{closer.value}'{where}"
        hint = f"write '{CLOSER[opener.value]}' there"
        raise LanguageError(what, hint=hint, span=(start, stop))


def unclosed(opener: Token) -> LanguageError:
    """The error for a bracket that nothing closes."""
    hint = f"add a '{CLOSER[opener.value]}' where it ends"
    return LanguageError(f"this '{opener.value}' is never closed", hint=hint, span=span(opener))


def semicolon(text: str, opener: Token, token: Token) -> LanguageError:
    """The error for a ';' inside brackets."""
    if not closes(text, span(token)[1]):
        return unclosed(opener)
    hint = "close the brackets before it"
    if opener.value == "[":
        hint = "write each row as a list: [[a, b], [c, d]]"
    return LanguageError("a ';' cannot stand inside brackets", hint=hint, span=span(token))


def closes(text: str, start: int) -> bool:
    """Whether the innermost bracket that is open at `start` is closed somewhere after it."""
    depth = 1
    for found in re.compile(r"[()\[\]]|#.*").finditer(text, start):
        if found[0] in "([":
            depth += 1
        elif found[0] in ")]":
            depth -= 1
            if depth == 0:
                return True
    return False
