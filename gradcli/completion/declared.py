"""The verbs and their options as the command line declares them, read without building it.

They are kept as declared.tsv, since somebody who presses Tab waits: Typer alone takes longer than
all the rest. `UPDATE_DECLARED=1 python -m pytest tests/completion/test_declared.py` writes it anew.
"""

from __future__ import annotations

import os
from typing import NamedTuple

FILE = os.path.join(os.path.dirname(__file__), "declared.tsv")
"""A row an option: the verb, its names, what it takes, its help, the values that a table holds. One
without a name is the argument of the verb, with the help of the verb."""


class Declared(NamedTuple):
    """An option: what it `takes`, empty for a flag; a few words on it; and the values that there
    are, each with the settings that it has."""

    takes: str
    about: str
    values: dict[str, list[str]]


def declared() -> dict[str, dict[str, Declared]]:
    """The options by name of each verb, and as "" its argument; the verb "" is before all verbs."""
    verbs: dict[str, dict[str, Declared]] = {}
    with open(FILE, encoding="utf-8") as file:
        for row in file:
            verb, names, takes, about, values = row.rstrip("\n").split("\t")
            option = Declared(takes, about, dict(map(_value, values.split())))
            verbs.setdefault(verb, {}).update(dict.fromkeys(names.split(" "), option))
    return verbs


def _value(text: str) -> tuple[str, list[str]]:
    """A value with its settings, spelled adam:beta1,beta2."""
    name, _, settings = text.partition(":")
    return name, settings.split(",") if settings else []
