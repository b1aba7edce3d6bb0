"""text → Program, by Lark's LALR parser, which calls back during the parse."""

from __future__ import annotations

import functools
import gc
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gradcli.errors import LanguageError
from gradcli.language import cache
from gradcli.language.callbacks import Callbacks
from gradcli.language.layout import Layout
from gradcli.language.program import Program

if TYPE_CHECKING:
    from lark import Lark


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
    lark, callbacks, layout = _parser()
    from lark import UnexpectedInput

    callbacks.reset(text, origin)
    layout.reset(text)
    try:
        lark.parse(text)
        return callbacks.program
    except UnexpectedInput as error:
        # Most runs meet no mistake and need not load what knows them.
        from gradcli.language.mistakes import diagnose

        raise diagnose(text, origin, layout, error) from None
    finally:
        callbacks.reset("", "")
        layout.reset("")


@functools.cache
def _parser() -> tuple[Lark, Callbacks, Layout]:
    """Lark with the grammar's tables, which are kept from run to run, and what it calls."""
    from hashlib import sha256

    import lark

    (folder,) = import_module("gradcli.grammar").__path__
    with open(f"{folder}/gradcli.lark", encoding="utf-8") as file:
        grammar = file.read()
    key = f"{grammar}\0{lark.__version__}\0{sys.version}"
    name = f"grammar-{sha256(key.encode()).hexdigest()[:32]}"
    callbacks, layout = Callbacks(), Layout()
    tables = cache.read(name)
    if tables is not None:
        data, memo = tables
        restore: Any = lark.Lark
        parser = restore._load_from_dict(data, memo, transformer=callbacks, postlex=layout)
        return parser, callbacks, layout
    parser = lark.Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        transformer=callbacks,
        postlex=layout,
        maybe_placeholders=False,
    )
    cache.write(name, _tables(parser))
    return parser, callbacks, layout


def _tables(parser: Lark) -> Any:
    """The parser as plain data, without the objects that it calls."""
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    data, memo = parser.memo_serialize([TerminalDef, Rule])
    for option in ("transformer", "postlex"):
        del data["options"][option]
    return _plain((data, memo))


def _plain(value: Any) -> Any:
    """The same with plain strings for tokens, which older versions of Lark leave in places."""
    if isinstance(value, dict):
        return {_plain(key): _plain(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value))
    return str(value) if isinstance(value, str) else value
