"""What has been typed of a command line, up to the cursor."""

from __future__ import annotations

_BREAKS = "@><=;|&(:"
"""Where bash begins a new word, besides at quotes: COMP_WORDBREAKS, as it is set at first."""


class Typed:
    """The `words` that are complete, and the `word` at the cursor, all without their quotes.

    `quote` is the one that the last word stands in, still open, or empty. `broken` counts the
    characters of that word before the part which bash takes for it: what stands behind an = or a
    quote.
    """

    def __init__(self, line: str) -> None:
        """A command line as a shell takes it apart, however unfinished it is."""
        self.words: list[str] = []
        self.word, self.quote, self.broken = "", "", 0
        begun = escaped = False
        for character in line:
            if escaped:
                self.word, escaped = self.word + character, False
            elif character == "\\" and self.quote != "'":
                escaped = begun = True
            elif character == self.quote:
                self.quote, self.broken = "", len(self.word)
            elif self.quote:
                self.word += character
            elif character in "'\"":
                self.quote, self.broken, begun = character, len(self.word), True
            elif character.isspace():
                if begun:
                    self.words.append(self.word)
                self.word, self.broken, begun = "", 0, False
            else:
                self.word, begun = self.word + character, True
                if character in _BREAKS:
                    self.broken = len(self.word) - (character == "@")
