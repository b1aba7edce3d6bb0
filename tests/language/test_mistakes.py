"""Every message about a text that is no program, word for word."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradcli.errors import LanguageError
from gradcli.language import parse

SNAPSHOTS = [
    tuple(block.split("\n", 1))
    for block in (Path(__file__).parent / "mistakes.txt").read_text("utf-8").strip().split("\n\n")
    if block.startswith(("'", '"'))
]


@pytest.mark.parametrize(("text", "message"), SNAPSHOTS, ids=[text for text, _ in SNAPSHOTS])
def test_message(refused, text, message):
    assert refused(ast.literal_eval(text)) == message


@pytest.mark.parametrize("text", ["", " ", "\n", " \t\n\n", "# a note", ";", "\n;;# a\n", "\ufeff"])
def test_an_empty_program(refused, text):
    hint = 'hint: write an expression, such as "(a+b)*(b+1)"'
    assert refused(text) == f"the program is empty\n{hint}"
    assert refused(text, "a.grad") == f"the program in a.grad is empty\n{hint}"


def test_a_file_is_named_with_its_line(refused):
    assert refused("a = 1\nb = 2x\n", "model.grad") == (
        "expected an operator between '2' and 'x'\n"
        "  model.grad:2: b = 2x\n"
        "                    ^^\n"
        "hint: write 2*x"
    )


def test_a_long_line_is_cut_around_the_mistake(refused):
    assert refused("+".join(["x"] * 100_000) + " +* y") == (
        "expected a value after '+', not '*'\n"
        "  …x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x+x +* y\n"
        "                                                                            ^\n"
        "hint: write a value between '+' and '*'"
    )


def test_a_long_word_is_cut(refused):
    assert refused("1" * 100_000 + "x") == (
        f"expected an operator between '{'1' * 39}…' and 'x'\n"
        f"  {'1' * 76}…\n"
        f"  {'^' * 76}\n"
        f"hint: write {'1' * 39}…*x"
    )


WORDS = [
    *"xyfeT12+-*/@^·√²=<>()[],:;.!&|%?~'\"#{}\\$½∑٣ｘ",
    *(
        "sin",
        "param",
        "const",
        "data",
        "from",
        "lambda",
        "if",
        "2.5",
        ".5",
        "1e5",
        "1_0",
        "0x1",
        "1j",
    ),
    *("**", "==", "<=", "!=", "[]", "()", "..", ".T", ".t", "->", "+=", "//", "'a'", '"c"'),
]
pieces = st.sampled_from([*WORDS, "\n", " ", "\t", "\0", "\x1b[2J", "\u202e", "\u200b", "\ud800"])
UNSEEN = {*range(10), *range(11, 32), *range(127, 160), 0x202E, 0x2028, 0xD800}


@settings(max_examples=1500, deadline=None)
@given(text=st.lists(pieces, max_size=12).map("".join) | st.text(max_size=12))
@example("data X = a\n$")
@example("param x\n$")
@example("(\n$")
@example("(a\n\u200b")
def test_any_text_is_read_or_refused_in_a_few_plain_words(text):
    refusal = None
    try:
        program = parse(text)
    except LanguageError as error:
        refusal = error
    if refusal is None:
        count = len(program.kinds)
        assert count == len(program.arguments) == len(program.starts) == len(program.stops)
        return
    message = str(refusal)
    assert refusal.hint
    assert max(len(refusal.what), len(refusal.hint)) < 200
    assert len(message.splitlines()) <= 4
    assert not UNSEEN.intersection(map(ord, message))
    if refusal.span is None:
        assert refusal.what == "the program is empty"
    else:
        assert 0 <= refusal.span[0] <= refusal.span[1] <= len(refusal.text)


def test_the_same_words_whatever_the_hash_seed(tmp_path):
    code = (
        "import ast, sys\n"
        "from gradcli.errors import LanguageError\n"
        "from gradcli.language import parse\n"
        "for text in sys.stdin:\n"
        "    try: parse(ast.literal_eval(text))\n"
        "    except LanguageError as error: print(ascii(str(error)))\n"
    )
    texts = "\n".join(text for text, _ in SNAPSHOTS)
    outputs = set()
    for seed in ("0", "1", "2"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONIOENCODING": "utf-8",
            "XDG_CACHE_HOME": str(tmp_path / seed),
        }
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=texts,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        outputs.add(done.stdout)
    (output,) = outputs
    assert output.splitlines() == [ascii(message) for _, message in SNAPSHOTS]
