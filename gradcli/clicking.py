"""What gradcli needs of Typer and Typer keeps to itself, all in one place.

Typer carries a copy of Click in a private package, whose parts come and go between versions.
"""

import shutil
from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer

# All of them are where the one is that Typer makes public.
_exceptions: Any = import_module(typer.BadParameter.__module__)

ClickException = _exceptions.ClickException
"""Every mistake in a command line, with `format_message`."""
BadOptionUsage = _exceptions.BadOptionUsage
"""A value for an option that takes none; with `option_name`."""
MissingParameter = _exceptions.MissingParameter
"""An argument that is not there; with `param`."""
NoSuchOption = _exceptions.NoSuchOption
"""An option that is not declared; with `option_name`."""

_NARROW = 60
"""Columns of a terminal below which the help of most options stands under them."""


def fitted(context: Any) -> Any:
    """The context, whose help is as wide as the terminal, but for a word that is wider."""
    width = min(shutil.get_terminal_size().columns, context.max_content_width) - 2
    formatter = context.formatter_class(width=max(width, 18))
    own, beside = formatter.write_dl, 30 if width + 2 >= _NARROW else 12
    formatter.write_dl = lambda rows: own(rows, col_max=beside)
    context.make_formatter = lambda: formatter
    return context


def hooked(parser: Any, handle: Callable[[str, Any, Callable[[str, Any], None]], None]) -> Any:
    """The parser, which hands each word that looks like an option to `handle(word, state, own)`.

    The state holds what was met, the arguments as `largs` and the options as `order`, and the words
    that follow as `rargs`. What the parser would do itself is `own(word, state)`.
    """
    own = parser._process_opts
    parser._process_opts = lambda word, state: handle(word, state, own)
    return parser
