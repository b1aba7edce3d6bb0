"""The text that a shell is given: its script, or the candidates for a line."""

from __future__ import annotations

from importlib import resources
from typing import Any

from gradcli.completion.candidates import Asked
from gradcli.completion.typed import typed
from gradcli.errors import UsageError
from gradcli.words import joined, nearest

SCRIPTS = {"bash": "bash.sh", "zsh": "zsh.sh", "fish": "fish.fish"}

_BREAKS = "\"'@><=;|&(:"
"""Where bash begins a new word, outside of quotes: COMP_WORDBREAKS, as it is set at first."""

_SPECIAL = frozenset("\"'`$()[]{}<>|&;*?!#~\\ ")


def script(shell: str) -> str:
    """The script that teaches a shell; UsageError for a shell that is none of them."""
    if shell not in SCRIPTS:
        hint = nearest(shell, SCRIPTS) or f"it is {joined(SCRIPTS, 'or')}"
        raise UsageError(f"there is no completion for '{shell[:60]}'", hint=hint)
    return resources.files("gradcli.completion").joinpath(SCRIPTS[shell]).read_text("utf-8")


def answer(shell: str, line: str, group: Any) -> str:
    """The candidates for the end of a line, a line each; for zsh and fish with a word on each.

    `group` holds the verbs as `commands`, and options of its own as `params`.
    """
    read = typed(line)
    lines = []
    for text, about in Asked(group, read).candidates():
        if not read.quote and _SPECIAL & set(text[len(read.word) :]):
            continue  # a shell would take it apart
        if shell == "bash":
            lines.append(text if read.quote else text[_start(read.word) :])
        else:
            lines.append(f"{text}\t{' '.join(about.split())[:60]}")
    return "".join(line + "\n" for line in lines)


def _start(word: str) -> int:
    """Where bash lets its last word begin: behind a break, and at an @."""
    last = max(word.rfind(mark) for mark in _BREAKS)
    return last if word[last : last + 1] == "@" else last + 1
