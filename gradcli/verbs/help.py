"""help: a section of the README, the page of a function, or a sample."""

from __future__ import annotations

from collections.abc import Collection
from importlib import metadata, resources
from pathlib import Path

import gradcli
from gradcli.errors import UsageError
from gradcli.words import joined, nearest, quoted

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


def told(name: str, verbs: Collection[str]) -> tuple[str, str]:
    """What there is to read on a topic, a function or a sample: a text, and one in Markdown.

    UsageError for a name that is none of them, nor of the `verbs`.
    """
    if name in TOPICS:
        return "", topic_text(name)
    if name in verbs:
        return "", ""
    from gradcli.graph.ops.table import function_names
    from gradcli.language.sources import sample_names, sample_text
    from gradcli.verbs import reference

    if reference.looked_up(name) is not None:
        return "", reference.functions(name).text
    samples = sample_names()
    if name in samples:
        return sample_text(name), ""
    known = [*verbs, *TOPICS]
    hint = nearest(name, [*known, *function_names(), *samples])
    hint = hint or f"there is help on {joined(dict.fromkeys(known), 'and')}"
    raise UsageError(f"there is no help on {quoted(name)}", hint=hint)


def topic_text(topic: str) -> str:
    """The section on a topic, in Markdown."""
    return section(manual(), TOPICS[topic])


def man_page() -> str:
    """The manual page, made of all help; tests/man_page.py keeps it."""
    return resources.files("gradcli").joinpath("gradcli.1").read_text("utf-8")


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
