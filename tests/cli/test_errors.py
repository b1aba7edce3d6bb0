"""Every wrong question, as a shell asks it: exit code 2, nothing on standard output, and the
message word for word, caret lines included."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from unicodedata import category

import pytest

LONGEST = 320


def _spelled(word: str) -> str:
    """An argument with its escapes read: no control character stands in the table itself."""
    return re.sub(r"\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|n)", _character, word)


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1] or match[2] or "a", 16))


CASES = [
    tuple(block.split("\n", 1))
    for block in (Path(__file__).parent / "errors.txt").read_text("utf-8").strip().split("\n\n")
    if block.startswith("gradcli ")
]


@pytest.mark.parametrize(("line", "message"), CASES, ids=[line for line, _ in CASES])
def test_message(gradcli, line, message):
    run = gradcli(*map(_spelled, shlex.split(line)[1:]))
    assert (run.code, run.raw) == (2, b"")
    assert run.err == message + "\n"


def test_every_message_is_a_few_lines_that_no_terminal_obeys():
    for line, message in CASES:
        assert len(message.splitlines()) <= 4, line
        assert len(message) < LONGEST, line
        assert message.startswith("error: "), line
        assert "\nhint: " in message, line
        assert not {"Cc", "Cf", "Cs"} & {category(c) for c in message if c != "\n"}, line


def test_carets_stand_under_the_line_above():
    for line, message in CASES:
        lines = message.splitlines()
        for place, carets in enumerate(lines):
            if set(carets) == {" ", "^"}:
                assert len(carets) <= len(lines[place - 1]) + 1, line
