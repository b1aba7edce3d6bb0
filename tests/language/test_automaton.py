"""The tables give what Lark's own parser gives: the program, or the place where it stops."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import lark
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradcli.errors import LanguageError
from gradcli.language.automaton import Automaton, StoppedError
from gradcli.language.callbacks import Callbacks
from gradcli.language.lalr import lark_parser, tables
from gradcli.language.layout import Layout

(FOLDER,) = import_module("gradcli.grammar").__path__
GRAMMAR = (Path(FOLDER) / "gradcli.lark").read_text("utf-8")

PIECES = [
    "x", "y2", "θ", "param", "const", "data", "from", "param w", "const c", "data X", "f(x)",
    "1", "2.5e-3", ".5", "1e", "1..2", '"a b"', "'c'", "'", "= ", "==", "<", "≤", "!", "+", "-",
    "−", "*", "/", "@", "⋅", "^", "**", "√", ".T", "²", "³", "..", "(", ")", "[", "]", ",", ":",
    ";", "\n", "\n\n ", " ", "\t", "# words\n", "#", "?", "$", "\u00a0", "\0",
]  # fmt: skip


class LarkLayout(Layout):
    """The filter as Lark asks for it."""

    always_accept = ("NEWLINE", "SEMICOLON")


CALLBACKS, LAYOUT = Callbacks(), LarkLayout()
LARK = lark_parser(GRAMMAR, transformer=CALLBACKS, postlex=LAYOUT)
OURS = Automaton(tables(), CALLBACKS)


def outcome(text: str, by_lark: bool) -> Any:
    """What a parser makes of the text."""
    CALLBACKS.reset(text, "")
    LAYOUT.reset(text)
    try:
        if by_lark:
            LARK.parse(text)
        else:
            OURS.run(LAYOUT.process(OURS.tokens(text)))
        return CALLBACKS.program
    except LanguageError as error:
        return str(error), error.span
    except lark.UnexpectedToken as error:
        place = None if error.token.type == "$END" else error.token.start_pos
        return error.token.type, place, set(error.interactive_parser.choices())
    except lark.UnexpectedCharacters as error:
        return None, error.pos_in_stream, set(error.interactive_parser.choices())
    except StoppedError as error:
        kind = error.token and error.token.type
        return kind, None if kind == "$END" else error.position, set(error.expected)


@settings(max_examples=2000)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@example("f(x, k=2) = -x^2; f([1, 2][0]) < 1")
@example("data X = a, b .. d, \"e f\"; data y = *; data from 'a.csv'")
@example("x[1:2, :, ::3, a:]\n\n;; param w = 3")
def test_any_pieces(text: str) -> None:
    assert outcome(text, by_lark=False) == outcome(text, by_lark=True)


SAMPLES = sorted((Path(import_module("gradcli.samples").__path__[0])).glob("*.grad"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample(path: Path) -> None:
    text = path.read_text("utf-8")
    assert outcome(text, by_lark=False) == outcome(text, by_lark=True)
    assert CALLBACKS.program.statements
