"""What has been typed of a command line, up to the cursor."""

from __future__ import annotations

from typing import NamedTuple


class Typed(NamedTuple):
    """The words that are complete, and the one at the cursor, all without their quotes."""

    words: list[str]
    word: str
    quote: str
    """The quote that the last word stands in, still open; or empty."""


def typed(line: str) -> Typed:
    """A command line as a shell takes it apart, however unfinished it is: quotes, backslashes."""
    words: list[str] = []
    word, quote, begun, escaped = "", "", False, False
    for character in line:
        if escaped:
            word, escaped = word + character, False
        elif character == "\\" and quote != "'":
            escaped = begun = True
        elif quote:
            if character == quote:
                quote = ""
            else:
                word += character
        elif character in "'\"":
            quote, begun = character, True
        elif character.isspace():
            if begun:
                words.append(word)
            word, begun = "", False
        else:
            word, begun = word + character, True
    return Typed(words, word, quote)
