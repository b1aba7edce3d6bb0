"""What the help and the README list is what the tables hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer

from gradcli.cli import app
from gradcli.learn.optimizers import OPTIMIZERS, SCIPY_METHODS
from gradcli.learn.schedules import PROFILES
from gradcli.report import FORMATS

README = " ".join((Path(__file__).parents[1] / "README.md").read_text("utf-8").split())


@pytest.mark.parametrize(
    ("option", "names"),
    [
        ("--format", FORMATS),
        ("--optimizer", [*OPTIMIZERS, *SCIPY_METHODS]),
        ("--schedule", [*PROFILES, "plateau"]),
    ],
)
def test_the_help_lists_the_table(option, names):
    verbs: Any = typer.main.get_command(app)
    (told,) = (p.help for p in verbs.commands["descend"].params if option in p.opts)
    assert told.replace(" or ", ", ").split(", ") == list(names)


def test_the_readme_lists_the_tables():
    *most, last = (name for name in FORMATS if name not in ("table", "tsv"))  # those by themselves
    assert f"`--format` knows {', '.join(most)} and {last} too" in README
    *most, last = SCIPY_METHODS
    by_scipy = f"{', '.join(most)} and {last}"
    assert f"`--optimizer` takes {', '.join(OPTIMIZERS)}, and through SciPy {by_scipy};" in README
