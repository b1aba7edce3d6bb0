"""What the grammar's own comments say of it."""

from __future__ import annotations

import logging
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import lark
import pytest
from lark.lexer import PatternStr

from gradcli.language.lalr import lark_parser


@pytest.fixture
def grammar():
    (folder,) = import_module("gradcli.grammar").__path__
    return (Path(folder) / "gradcli.lark").read_text("utf-8")


def test_it_has_no_conflict(grammar, caplog, monkeypatch):
    """Lark settles a shift/reduce conflict on its own, and only its log says so."""
    monkeypatch.setattr(lark.logger, "level", logging.DEBUG)
    monkeypatch.setattr(lark.logger, "propagate", True)
    ambiguous = 'start: start "+" start | "a"'
    lark.Lark(ambiguous, parser="lalr", debug=True)
    assert "conflict" in caplog.text
    caplog.clear()
    lark_parser(grammar, debug=True)
    assert "conflict" not in caplog.text.lower()


def test_no_terminal_is_a_plain_string(grammar):
    plain = [t.name for t in lark_parser(grammar).terminals if isinstance(t.pattern, PatternStr)]
    assert plain == []


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import gradcli.language", {"lark", "hashlib", "numpy", "rich", "difflib", "logging"}),
        ("from gradcli.language import parse; parse('x+1')", {"numpy", "rich", "difflib"}),
    ],
)
def test_nothing_is_loaded_before_it_is_needed(code, absent):
    check = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert not absent & set(done.stdout.split())
