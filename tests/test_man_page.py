"""The manual page says what help says, and is set without a complaint."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from gradcli.cli import app
from gradcli.verbs.help import TOPICS, man_page

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "gradcli" / "gradcli.1"


@pytest.fixture(scope="module")
def made() -> ModuleType:
    import importlib.util

    spec = importlib.util.spec_from_file_location("man_page", Path(__file__).parent / "man_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(made: Any) -> None:
    """`UPDATE_MAN=1 python -m pytest tests/test_man_page.py` writes it."""
    if os.environ.get("UPDATE_MAN"):
        KEPT.write_text(made.man_page(), "utf-8")
    assert made.man_page() == KEPT.read_text("utf-8") == man_page()


def test_every_verb_option_and_topic_is_there(made: Any) -> None:
    text = man_page()
    verbs: Any = typer.main.get_command(app)
    for name, verb in verbs.commands.items():
        assert f"\n.SS gradcli {name}" in text
        for option in verb.params:
            assert made.escaped((option.opts or [option.metavar])[0]) in text
    for heading in TOPICS.values():
        assert re.search(rf"^\.S[HS] {made.escaped(heading)}$", text, re.MULTILINE | re.IGNORECASE)


@pytest.mark.man
@pytest.mark.parametrize(
    "text", ["a\\b", ".x", "'x'", "-1", "x^2 ~ `y`", "∂e/∂x → 1", "\\fB", "\\&"]
)
def test_what_is_escaped_is_set_as_it_stands(made: Any, text: str) -> None:
    program = shutil.which("groff")
    assert program, "groff is not installed"
    page = f".TH A 1\n.SH B\n.nf\n{made.line(text)}\n{made.line('end')}\n"
    command = [program, "-ww", "-man", "-Tutf8", "-P-cbou"]
    done = subprocess.run(command, input=page, capture_output=True, text=True, encoding="utf-8")
    assert done.stderr == ""
    assert f" {text}\n       end" in done.stdout


@pytest.mark.man
@pytest.mark.parametrize(
    "command",
    [["groff", "-ww", "-z", "-man", "-Tutf8"], ["mandoc", "-T", "lint"], ["mandoc", "-T", "html"]],
)
def test_it_is_set_without_a_complaint(command: list[str]) -> None:
    assert shutil.which(command[0]), f"{command[0]} is not installed"
    done = subprocess.run([*command, str(KEPT)], capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "" or "html" in command
