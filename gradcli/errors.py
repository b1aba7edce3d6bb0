"""What can go wrong, each kind with the exit code that a shell sees."""

from __future__ import annotations

import unicodedata

Span = tuple[int, int]
"""A half-open range of character offsets in a source text."""

_ROOM = 80
"""Columns that an excerpt of a long line takes at the most."""

_LEAST = 20
"""Characters of a long line that are shown in the narrowest terminal."""

_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


class GradError(Exception):
    """A question that cannot be answered: what is wrong, where, and one suggestion.

    `span` points into `text`, the source that `origin` names (a file; empty for an argument).
    Code that knows only the span raises the error so, and the caller who holds the source adds
    it with `locate`.
    """

    exit_code = 2

    def __init__(
        self,
        what: str,
        *,
        hint: str = "",
        span: Span | None = None,
        text: str = "",
        origin: str = "",
    ) -> None:
        super().__init__(what)
        self.what, self.hint, self.span = what, hint, span
        self.text, self.origin = text, origin

    def locate(self, text: str, origin: str = "") -> GradError:
        """Adds the source that the span points into, unless the error already has one."""
        if not self.text:
            self.text, self.origin = text, origin
        return self

    def __str__(self) -> str:
        return self.shown()

    def shown(self, room: int = _ROOM) -> str:
        """The error in lines; one of the source takes at most `room` columns."""
        lines = [visible(self.what)]
        if self.span is not None and self.text:
            lines += excerpt(self.text, self.span, self.origin, room)
        if self.hint:
            lines.append("hint: " + visible(self.hint))
        return "\n".join(lines)


class UsageError(GradError):
    """The command line asks for something that does not fit together."""


class LanguageError(GradError):
    """A text that is no program: its characters, its grammar, its names."""


class ShapeError(GradError):
    """Shapes that do not fit, or a node too large for memory."""


class DataError(GradError):
    """A file that cannot be read, parsed or written."""


def visible(text: str) -> str:
    """`text` with every control, format and unassigned character spelled as an escape, so that
    nothing in an input can drive the terminal that shows it."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in _UNSEEN:
        return character
    code = ord(character)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def excerpt(text: str, span: Span, origin: str = "", room: int = _ROOM) -> list[str]:
    """The source line that holds `span`, and a line of carets under exactly that span.

    A long line is cut to a window around the span; of a span over several lines the first line is
    shown.
    """
    start = min(span[0], len(text))
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", start)
    last = len(text) if last < 0 else last
    stop = max(min(span[1], last), start)
    where = ""
    if origin or "\n" in text.rstrip("\n"):
        line = text.count("\n", 0, start) + 1
        where = f"{visible(origin)}:{line}: " if origin else f"line {line}: "
    left, right = first, last
    most = max(min(room, _ROOM) - width("  " + where + "……"), _LEAST)
    if right - left > most:
        left = max(first, min(start - most // 2, last - most))
        right = min(last, left + most)
        stop = min(stop, right)
    before = "…" * (left > first) + visible(text[left:start].replace("\t", " "))
    marked = visible(text[start:stop].replace("\t", " "))
    after = visible(text[stop:right].replace("\t", " ")) + "…" * (right < last)
    return [
        "  " + where + (before + marked + after).rstrip(),
        "  " + " " * width(where + before) + "^" * max(1, width(marked)),
    ]


def width(text: str) -> int:
    """Columns that `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))
