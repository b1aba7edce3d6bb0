"""samples: the named functions and models that are installed with gradcli."""

from __future__ import annotations

from gradcli.language import parse
from gradcli.language.sources import sample_names, sample_text
from gradcli.report import Report
from gradcli.verbs import nodes


def samples(only: str = "") -> Report:
    """Every sample, or `only` one, with the first line of its story and its formula.

    The report of one is its text, where no format asks for more.
    """
    rows = []
    text = ""
    for name in [only] if only else sample_names():
        text = sample_text(name)
        rows.append({"name": name, "about": about(text), "formula": formula(text, name)})
    return Report(
        command="samples",
        columns=["name", "about", "formula"],
        rows=rows,
        text=text if only else "",
        summary={"count": len(rows)},
        answer=[(None, row["name"]) for row in rows],
        mathematics=nodes.mathematics(),
    )


def about(text: str) -> str:
    """The first comment line."""
    first = next((line for line in text.splitlines() if line.startswith("#")), "")
    return first.lstrip("# ").rstrip()


def formula(text: str, name: str) -> str:
    """The last statement of the program, in one line."""
    last = parse(text, name).statements[-1]
    return " ".join(text[slice(*last.span)].split())
