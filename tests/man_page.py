"""The manual page, made of the help of every verb and of what there is to read up.

It is kept as gradcli/gradcli.1, which the wheel installs and `gradcli help --man` prints;
`UPDATE_MAN=1 python -m pytest tests/test_man_page.py` writes it anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

import typer
from markdown_it import MarkdownIt
from markdown_it.token import Token

from gradcli import __version__
from gradcli.cli import app
from gradcli.verbs.help import TOPICS, topic_text

WRITTEN = "2026-11-29"
"""The date at the foot of the page: of the version."""


def man_page() -> str:
    """The page in the macros of man(7)."""
    group: Any = typer.main.get_command(app)
    with group.make_context("gradcli", ["eval"], resilient_parsing=True) as ctx:
        about, *more = paragraphs(group.help)
        summary = about.removeprefix("A command-line gradient workbench: ")
        lines = [
            f'.TH GRADCLI 1 "{WRITTEN}" "gradcli {__version__}" "User Commands"',
            ".SH NAME",
            f"gradcli \\- {escaped(summary.removesuffix('.'))}",
            ".SH SYNOPSIS",
            f".B gradcli\n{escaped(' '.join(group.collect_usage_pieces(ctx)))}",
            ".SH DESCRIPTION",
            filled(escaped(about)),
            *(f".PP\n{filled(escaped(text))}" for text in more),
            *options(group.get_params(ctx), ctx),
            ".SH VERBS",
        ]
        for name, verb in group.commands.items():
            own = type(ctx)(verb, info_name=name, parent=ctx)
            usage = " ".join([f"gradcli {name}", *verb.collect_usage_pieces(own)])
            lines += [f".SS {escaped(usage)}"]
            lines += [f".PP\n{filled(escaped(text))}" for text in paragraphs(verb.help)]
            lines += options(verb.get_params(own), own)
    topics = [topic_text(topic) for topic in TOPICS]
    for text in topics:
        if not any(text in other for other in topics if other is not text):  # it is no part of one
            lines += roff(text)
    # The first paragraph of a section begins with it.
    return re.sub(r"^(\.S[HS] .*\n)\.PP\n", r"\1", "\n".join(lines) + "\n", flags=re.MULTILINE)


def paragraphs(help: str) -> list[str]:
    return [" ".join(part.split()) for part in help.strip().split("\n\n")]


def options(parameters: Iterable[Any], ctx: Any) -> Iterator[str]:
    """A tagged paragraph for each option and argument."""
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is not None:
            name, about = record
            yield f".TP\n\\fB{escaped(name)}\\fR\n{filled(escaped(about))}"


def escaped(text: str) -> str:
    """A text as it is: no backslash, minus or quote of it means anything else."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    text = text.replace("'", "\\(aq").replace("^", "\\(ha").replace("~", "\\(ti")
    return "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in text)


def line(text: str) -> str:
    """The text as a line of its own, which no dot makes a command."""
    text = escaped(text)
    return f"\\&{text}" if text[:1] == "." else text


def filled(text: str) -> str:
    """An escaped text in lines, which the reader's program fills anew."""
    lines = wrap(text, 80, break_long_words=False, break_on_hyphens=False)
    return "\n".join(f"\\&{each}" if each[:1] == "." else each for each in lines)


def roff(markdown: str) -> Iterator[str]:
    """A section of the README, without its pictures: a row of a table is a tagged paragraph."""
    cells: list[str] = []
    opened = ""
    deepest = markdown.index(" ")
    for token in MarkdownIt("commonmark").enable("table").parse(markdown):
        kind = token.type
        if kind in ("td_open", "tr_open", "list_item_open", "paragraph_open", "heading_open"):
            in_item = opened == "list_item_open"
            opened = "list_item_open" if kind == "paragraph_open" and in_item else kind
            top = kind == "heading_open" and len(token.markup) == deepest
        if kind == "tr_open":
            cells = []
        elif kind == "tr_close" and cells:
            first, *others = cells
            yield f".TP\n\\fB{first}\\fR\n{filled('; '.join(others))}"
        elif kind in ("fence", "code_block"):
            shown = "\n".join(line(each) for each in token.content.rstrip("\n").split("\n"))
            yield f".PP\n.in +4\n.nf\n{shown}\n.fi\n.in"
        elif kind == "inline" and opened == "td_open":
            cells.append(inline(token))
        elif kind == "inline" and opened == "heading_open":
            yield f".SH {inline(token).upper()}" if top else f".SS {inline(token)}"
        elif (
            kind == "inline"
            and opened in ("paragraph_open", "list_item_open")
            and (text := inline(token))
        ):
            yield (".PP" if opened == "paragraph_open" else ".IP \\(bu 2") + f"\n{filled(text)}"


def inline(token: Token) -> str:
    """The text of a paragraph, its code and what is strong in bold."""
    shown = []
    for child in token.children or ():
        if child.type == "text":
            shown.append(escaped(child.content))
        elif child.type == "code_inline":
            shown.append(f"\\fB{escaped(child.content)}\\fR")
        elif child.type in ("softbreak", "hardbreak"):
            shown.append(" ")
        elif child.type in ("strong_open", "em_open"):
            shown.append("\\fB" if child.type[0] == "s" else "\\fI")
        elif child.type in ("strong_close", "em_close"):
            shown.append("\\fR")
    return "".join(shown).strip()
