"""The text that a shell is given: its script, or the candidates for a line."""

from __future__ import annotations

import os
import sys

from gradcli.completion.candidates import Asked
from gradcli.completion.typed import Typed

SCRIPTS = {"bash": "bash.sh", "zsh": "zsh.sh", "fish": "fish.fish"}

_SPECIAL = {
    "": frozenset("\"'`$()[]{}<>|&;*?!#~\\ "),
    '"': frozenset('"`$\\'),
}
"""What a backslash keeps from bash's reading it, outside of quotes and in double ones."""

_GOES_ON = ("(", " ")
"""How a formula ends that is to be gone on with: it is written in quotes."""


def script(shell: str) -> str:
    """The script that teaches a shell; UsageError for a shell that is none of them."""
    if shell not in SCRIPTS:
        from gradcli.errors import UsageError
        from gradcli.words import joined, nearest

        hint = nearest(shell, SCRIPTS) or f"it is {joined(SCRIPTS, 'or')}"
        raise UsageError(f"there is no completion for '{shell[:60]}'", hint=hint)
    with open(os.path.join(os.path.dirname(__file__), SCRIPTS[shell]), encoding="utf-8") as file:
        return file.read()


def write_answer(shell: str, line: str) -> int:
    """Writes the candidates to standard output, names of files byte by byte as they are; the exit
    code is 0 where the shell may look for files if there is none."""
    text, may_be_file = answer(shell, line)
    sys.stdout.buffer.write(os.fsencode(text))
    return 0 if may_be_file else 1


def answer(shell: str, line: str) -> tuple[str, bool]:
    """The candidates for the end of a line, a line each; for zsh and fish with a word on each.

    These two quote a candidate themselves; for bash it stands as it is to be typed. Beside them,
    whether a file may stand there.
    """
    read = Typed(line)
    asked = Asked(read)
    lines = []
    for text, about in asked.candidates():
        if not read.quote and text.endswith(_GOES_ON):
            continue
        if shell == "bash":
            lines.append(_quoted(text[read.broken :], read.quote))
        else:
            lines.append(f"{text}\t{' '.join(about.split())[:60]}")
    return "".join(line + "\n" for line in lines), asked.means_file


def _quoted(text: str, quote: str) -> str:
    """A text as bash reads it, within a quote that is open or without one."""
    if quote == "'":
        return text.replace("'", "'\\''")
    return "".join(f"\\{c}" if c in _SPECIAL[quote] else c for c in text)
