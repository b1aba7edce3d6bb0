"""What is said beside the results, on standard error: notes, warnings, and the one error."""

from __future__ import annotations

import sys
from typing import TextIO

from gradcli.errors import GradError, visible, width
from gradcli.report import progress
from gradcli.report.alphabet import fit
from gradcli.report.output import colored

_INDENT = "  "

_COMMAND = ": gradcli "
"""Where a command begins."""

_LEAST_ROOM = 20
"""A terminal narrower than that is left to break the lines itself."""


def note(text: str, color: str = "auto") -> None:
    """Says something that is good to know."""
    _say("note", "1", visible(text), color)


def warn(text: str, color: str = "auto") -> None:
    """Says something that the user may not want."""
    _say("warning", "1;35", visible(text), color)


def complain(error: GradError, color: str = "auto") -> None:
    """Says why there is no answer."""
    room = _room(sys.stderr)
    _say("error", "1;31", error.shown(room) if room else str(error), color)


def _say(label: str, style: str, text: str, color: str) -> None:
    stream = sys.stderr
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    lines = _fitted(f"{label}: {text}".split("\n"), encoding)
    if room := _room(stream):
        lines = [part for line in lines for part in _wrapped(line, room)]
    said = "\n".join(lines) + "\n"
    if colored(stream, color):
        said = said.replace(f"{label}:", f"\x1b[{style}m{label}:\x1b[0m", 1)
    progress.hide()
    try:
        stream.write(said)
        stream.flush()
    except OSError:  # nobody is left who could be told
        return


def _room(stream: TextIO | None) -> int:
    """The columns of a terminal; 0 of what is none, where a message is a line however long."""
    if stream is None or not stream.isatty():
        return 0
    return max(progress.columns(stream), _LEAST_ROOM)


def _wrapped(line: str, room: int) -> list[str]:
    """The line in lines that end between words, set in from the second on; one that is set in
    itself shows a source, or points into it, and stays. A command at the end is left in one piece,
    to be copied."""
    if line.startswith(_INDENT) or width(line) <= room:
        return [line]
    told, mark, command = line.partition(_COMMAND)
    first, *words = (told + mark[:1]).split(" ")
    words += [mark[2:] + command] if mark else []
    lines = [first]
    for word in words:
        if width(lines[-1]) + 1 + width(word) <= room:
            lines[-1] += " " + word
        else:
            lines.append(_INDENT + word)
    return lines


def _fitted(lines: list[str], encoding: str) -> list[str]:
    """The lines in the stream's alphabet; carets stay under what they point at, however wide
    the spelling of the characters above them becomes."""
    fitted: list[str] = []
    above = ""
    for line in lines:
        carets = line.strip(" ")
        if carets and not carets.strip("^"):
            start = len(line) - len(carets)
            before = _head(above, start)
            under = _head(above[len(before) :], len(carets))
            widened = width(fit(under, encoding)) - width(under)
            line = " " * width(fit(before, encoding)) + "^" * (len(carets) + widened)
        fitted.append(fit(line, encoding))
        above = line
    return fitted


def _head(text: str, columns: int) -> str:
    """The start of `text` that takes that many columns on a terminal."""
    used = 0
    for place, character in enumerate(text):
        used += width(character)
        if used > columns:
            return text[:place]
    return text
