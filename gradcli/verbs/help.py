"""help: what a verb takes, or a section of the README."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import gradcli
from gradcli.errors import UsageError
from gradcli.words import joined, nearest

TOPICS = {
    "language": "The language",
    "functions": "Functions",
    "formats": "Formats",
    "data": "Fit a model to your own data",
    "text": "From a text",
    "check": "A check, in detail",
    "exit-codes": "Streams and exit codes",
}
"""What there is to read up, and its heading in the README."""


def topic_text(name: str, verbs: Iterable[str]) -> str:
    """The section on a topic, in Markdown; UsageError for a name that is neither topic nor verb."""
    if name not in TOPICS:
        known = [*verbs, *TOPICS]
        hint = nearest(name, known) or f"there is help on {joined(known, 'and')}"
        raise UsageError(f"there is no help on '{name[:60]}'", hint=hint)
    return section(manual(), TOPICS[name])


def manual() -> str:
    """The README: beside a checkout's package, else what was installed with it."""
    beside = Path(gradcli.__file__).parents[1]
    if (beside / "pyproject.toml").is_file():
        return (beside / "README.md").read_text("utf-8")
    return str(metadata.metadata("gradcli").json["description"])


def section(text: str, heading: str) -> str:
    """What stands under a heading of a Markdown text, with its deeper sections and without its
    comments; the text must have it."""
    kept: list[str] = []
    depth = 0
    fenced = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        marks = len(line) - len(line.lstrip("#"))
        if marks and not fenced:
            if depth and marks <= depth:
                break
            if line[marks:].strip() == heading:
                depth = marks
        if depth and not line.startswith("<!--"):
            kept.append(line)
    return "\n".join(kept).strip() + "\n"
