"""What is said beside the results, on standard error: notes, warnings, and the one error."""

from __future__ import annotations

import sys

from gradcli.errors import GradError, visible, width
from gradcli.report import progress
from gradcli.report.alphabet import fit
from gradcli.report.output import colored


def note(text: str, color: str = "auto") -> None:
    """Says something that is good to know."""
    _say("note", "1", visible(text), color)


def warn(text: str, color: str = "auto") -> None:
    """Says something that the user may not want."""
    _say("warning", "1;35", visible(text), color)


def complain(error: GradError, color: str = "auto") -> None:
    """Says why there is no answer."""
    stream = sys.stderr
    terminal = stream is not None and stream.isatty()
    text = error.shown(progress.columns(stream)) if terminal else str(error)
    _say("error", "1;31", text, color)


def _say(label: str, style: str, text: str, color: str) -> None:
    stream = sys.stderr
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    lines = _fitted(text.split("\n"), encoding)
    start = f"\x1b[{style}m{label}:\x1b[0m " if colored(stream, color) else f"{label}: "
    progress.hide()
    try:
        stream.write(start + "\n".join(lines) + "\n")
        stream.flush()
    except OSError:  # nobody is left who could be told
        return


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
