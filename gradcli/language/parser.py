"""text → Program: the tables of the grammar call back while the text is parsed."""

from __future__ import annotations

import functools
import gc

from gradcli.errors import LanguageError
from gradcli.language.automaton import Automaton, StoppedError
from gradcli.language.callbacks import Callbacks
from gradcli.language.lalr import tables
from gradcli.language.layout import Layout
from gradcli.language.program import Program


def parse(text: str, origin: str = "") -> Program:
    """The program that `text` says; raises LanguageError, located in the text.

    A byte order mark at the start is left out, and every line ends with a plain newline, so offsets
    count in the program's own `text`. `origin` names the file that the text came from.
    """
    text = normalized(text)
    collects = gc.isenabled()
    # A parse makes no cycles: not to look for any saves 3 to 10 % of a long one, and some of the
    # loading before a short one.
    gc.disable()
    try:
        return _parse(text, origin)
    except LanguageError as error:
        error.locate(text, origin)
        raise
    finally:
        if collects:
            gc.enable()


def normalized(text: str) -> str:
    """The text without a byte order mark, each of its lines ended by a plain newline."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _parse(text: str, origin: str) -> Program:
    automaton, callbacks, layout = _parser()
    callbacks.reset(text, origin)
    layout.reset(text)
    try:
        automaton.run(layout.process(automaton.tokens(text)))
        return callbacks.program
    except StoppedError as error:
        # Most runs meet no mistake and need not load what knows them.
        from gradcli.language.mistakes import diagnose

        raise diagnose(text, origin, layout, error) from None
    finally:
        callbacks.reset("", "")
        layout.reset("")


@functools.cache
def _parser() -> tuple[Automaton, Callbacks, Layout]:
    """The parser, and what it calls."""
    callbacks = Callbacks()
    return Automaton(tables(), callbacks), callbacks, Layout()
