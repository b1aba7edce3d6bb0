"""samples: the named functions and models that are installed with gradcli."""

from __future__ import annotations

import re
from collections.abc import Sequence
from shlex import quote
from typing import Any

from gradcli.errors import UsageError
from gradcli.language import parse
from gradcli.language.sources import sample_names, sample_text
from gradcli.report import Report
from gradcli.verbs import nodes
from gradcli.words import nearest, quoted

COLUMNS = ["name", "about", "formula", "lecture", "next"]

LECTURES = (
    "Habernal, NLP with Deep Learning", "CSCI 444 NLP", "LING-581 lecture 5", "CS224N lecture 3",
)  # fmt: skip
"""Where samples come from, as their stories call it."""

FUNCTIONS, OTHERS = "Functions to minimise", "Others"
"""The samples that have a source in place of a lecture, and those that have neither."""

_FROM = re.compile(r"^# (from|source) +(.+)$", re.MULTILINE)
_COMMAND = re.compile(r"^#     (gradcli .+)$", re.MULTILINE)


def samples(only: str = "", search: str = "") -> Report:
    """Every sample by lecture, or `only` one, or those that speak of all words of a `search`: what
    it shows, its formula, and a command to go on with.

    The report of one is its text, where no format asks for more. DataError for a name that is
    none, UsageError for words that no sample has.
    """
    text = sample_text(only) if only else ""
    rows = [row(only, text)] if only else _found(search) if search else _by_lecture()
    parts = ["", *(each["lecture"] for each in rows)]
    return Report(
        command="samples",
        columns=COLUMNS,
        rows=rows,
        text=text,
        summary={"count": len(rows)},
        answer=[(None, each["name"]) for each in rows],
        sections="" if search or only else "lecture",
        tacit=dict.fromkeys(parts, ("formula", "lecture")),
        mathematics=nodes.mathematics(),
    )


def meant(words: Sequence[str]) -> str:
    """A hint at what several words in place of a name may mean."""
    known, search = sample_names(), f"--search {quote(' '.join(words))}"
    if (name := "_".join(words).casefold()) in known:
        return f"did you mean the sample {quoted(name)}, or {search}?"
    return "name one" if set(words) <= set(known) else f"name one, or look for words: {search}"


def row(name: str, text: str) -> dict[str, Any]:
    """What the list says of a sample."""
    cells = (name, about(text), formula(text, name), lecture(text), following(text))
    return dict(zip(COLUMNS, cells))


def _by_lecture() -> list[dict[str, Any]]:
    order = (*LECTURES, FUNCTIONS, OTHERS)
    rows = (row(name, sample_text(name)) for name in sample_names())
    return sorted(rows, key=lambda each: order.index(each["lecture"]))


def _found(search: str) -> list[dict[str, Any]]:
    """Those with all of the words: in the name before in the first line, there before elsewhere."""
    words = search.casefold().split()
    found = []
    for name in sample_names():
        text = sample_text(name)
        places = [f"{name}\n".casefold(), f"{name}\n{about(text)}".casefold(), text.casefold()]
        rank = next((i for i, place in enumerate(places) if all(w in place for w in words)), None)
        if rank is not None:
            found.append((rank, len(name), name, text))
    if not found or not words:
        known = sorted({word for name in sample_names() for word in name.split("_")})
        hint = nearest(search.strip(), known) or "gradcli samples lists them all"
        raise UsageError(f"no sample speaks of {quoted(search)}", hint=hint)
    return [row(name, text) for *_, name, text in sorted(found)]


def about(text: str) -> str:
    """The first comment line."""
    first = next((line for line in text.splitlines() if line.startswith("#")), "")
    return first.lstrip("# ").rstrip()


def formula(text: str, name: str) -> str:
    """The last statement of the program, in one line."""
    last = parse(text, name).statements[-1]
    return " ".join(text[slice(*last.span)].split())


def lecture(text: str) -> str:
    """The one of the lectures that its story names first."""
    found = _FROM.search(text)
    if found is None:
        return OTHERS
    places = {found[2].find(each): each for each in LECTURES if each in found[2]}
    if places:
        return places[min(places)]
    return FUNCTIONS if found[1] == "source" else OTHERS


def following(text: str) -> str:
    """The command that its story ends with."""
    commands: list[str] = _COMMAND.findall(text)
    return commands[-1] if commands else ""
