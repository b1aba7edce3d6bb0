"""Between lexer and parser: newlines, separators, brackets, and the letters of names."""

from __future__ import annotations

from collections.abc import Iterator

from gradcli.language import brackets
from gradcli.language.automaton import Token
from gradcli.language.characters import check_name, unprimed


class Layout:
    """Inside brackets a newline is a space, and elsewhere a run of newlines and semicolons between
    two statements is one separator.

    When the parser stops at a token, `open` holds the brackets that are open there, `last` is the
    token before it in the same statement, and `first` the one that begins the statement.
    """

    def __init__(self) -> None:
        self.reset("")

    def reset(self, text: str) -> None:
        """Forgets the text before."""
        self.text = text
        self.open: list[Token] = []
        self.first: Token | None = None
        self.last: Token | None = None

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The tokens that the grammar speaks of."""
        opened = self.open
        checked: set[str] = set()
        separator = None
        for token in stream:
            kind = token.type
            if kind == "NAME":
                name = token.value
                if not name.isascii() and name not in checked:
                    check_name(unprimed(name)[0], brackets.span(token)[0])
                    checked.add(name)
            elif kind == "DERIVATIVE":
                above, below = (part[1:] for part in token.value.split("/"))
                start = brackets.span(token)[0]
                check_name(above, start + 1)
                check_name(below, start + len(above) + 3)
            elif kind == "NEWLINE" or kind == "SEMICOLON":
                if not opened:
                    separator = separator or token
                elif kind == "SEMICOLON":
                    raise brackets.semicolon(self.text, opened[-1], token)
                continue
            if separator is not None:
                if self.last is not None:
                    separator.type = "_SEPARATOR"
                    yield separator
                    self.last = None
                separator = None
            if self.last is None:
                self.first = token
            if kind == "CLOSE" or kind == "CLOSE_LIST":
                brackets.check_closing(self.text, opened[-1] if opened else None, token)
                yield token
                opened.pop()
            else:
                yield token
                if kind == "OPEN" or kind == "OPEN_LIST":
                    opened.append(token)
            self.last = token
