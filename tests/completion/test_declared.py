"""What completion knows of the command line is what the command line declares."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from gradcli.cli import app
from gradcli.completion.answer import SCRIPTS
from gradcli.completion.declared import FILE, declared
from gradcli.export.targets import TARGETS
from gradcli.learn.optimizers import OPTIMIZERS, SCIPY_METHODS
from gradcli.learn.schedules import PLATEAU, PROFILES
from gradcli.learn.settings import ENGINES
from gradcli.question.question import MISSING
from gradcli.report.emit import FORMATS, PAGERS, THEMES
from gradcli.training.grid import SETTINGS
from gradcli.verbs.help import TOPICS

GROUP: Any = typer.main.get_command(app)
FIRST_ORDER = {name: list(row.options) for name, row in OPTIMIZERS.items()}
SCHEDULES = {name: list(row.options) for name, row in PROFILES.items()}
VALUES: dict[str, Iterable[str]] = {
    "--format": list(FORMATS),
    "--color": ("auto", "always", "never"),
    "--pager": PAGERS,
    "--theme": THEMES,
    "--missing": MISSING,
    "--engine": ENGINES,
    "--order": ("1", "2"),
    "--to": list(TARGETS),
    "--optimizer": {**FIRST_ORDER, **dict.fromkeys(SCIPY_METHODS, ())},
    "--schedule": {**SCHEDULES, "plateau": list(PLATEAU)},
    "--sweep": SETTINGS,
    "help": list(TOPICS),
    "completion": list(SCRIPTS),
}
"""The values of options, and of the arguments of verbs."""


def rows() -> Iterator[tuple[str, list[str], str, str, Iterable[str]]]:
    """Verb, names, what is taken, help and values."""
    for name, verb in {"": GROUP, **GROUP.commands}.items():
        (argument, *_) = [p.metavar for p in verb.params if p.param_type_name == "argument"] or [""]
        yield name, [""], argument, first_line(verb.help), VALUES.get(name, ())
        for option in verb.params:
            if option.param_type_name == "option":
                takes = "" if option.is_flag else option.metavar or "TEXT"
                values = VALUES.get(option.opts[-1], ())
                if (name, option.opts) == ("export", ["--optimizer"]):
                    values = FIRST_ORDER  # the code descends by our own
                yield name, option.opts, takes, first_line(option.help), values
        yield name, ["-h", "--help"], "", "print this help", ()


def first_line(text: str) -> str:
    return text.strip().split("\n")[0]


def spelled(values: Iterable[str]) -> str:
    settings = values if isinstance(values, Mapping) else {}
    lists = {name: settings.get(name) for name in values}
    return " ".join(
        f"{n}:{','.join(s)}" if isinstance(s, list) and s else n for n, s in lists.items()
    )


def test_the_file_is_current() -> None:
    """`UPDATE_DECLARED=1 python -m pytest tests/completion/test_declared.py` writes it."""
    lines = ("\t".join((v, " ".join(n), t, a, spelled(values))) for v, n, t, a, values in rows())
    text = "".join(line + "\n" for line in lines)
    if os.environ.get("UPDATE_DECLARED"):
        Path(FILE).write_text(text, "utf-8")
    assert Path(FILE).read_text("utf-8") == text


def test_it_is_read_as_it_was_written() -> None:
    verbs = declared()
    assert list(verbs) == ["", *GROUP.commands]
    for verb, names, takes, about, values in rows():
        for name in names:
            option = verbs[verb][name]
            assert (option.takes, option.about, list(option.values)) == (takes, about, [*values])
    assert verbs["descend"]["--schedule"].values["plateau"] == list(PLATEAU)
    assert not set(SCIPY_METHODS) & set(verbs["export"]["--optimizer"].values)
