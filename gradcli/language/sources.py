"""Where a program comes from: standard input, a file, a sample, or the argument itself."""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from typing import NamedTuple

from gradcli.errors import DataError
from gradcli.language.characters import shortened
from gradcli.words import joined, near, nearest

_DATA_FILE = re.compile(r"\S+\.(csv|tsv|json|jsonl|npy|npz|txt|md|py|lark)")

_CUT_SHORT = 4
"""Letters from which on a word may be the beginning of a sample's name."""

MOST = 1 << 26
"""Bytes of a program: some ten million tokens."""


class Source(NamedTuple):
    """The text of a program and where it stood.

    `kind` is "stdin", "file", "sample" or "text", and `origin` names it in error messages (empty
    for a text). `folder` is the one that `data from` may read in, of a file or a sample. `note` is
    worth a line on standard error.
    """

    text: str
    origin: str
    kind: str
    folder: str | None = None
    note: str = ""

    @property
    def suggestion(self) -> str:
        """What the user may have meant, to be asked when this is no good program; or empty."""
        if self.kind == "file" and _DATA_FILE.fullmatch(self.origin):
            return "give data with --data, and a program as SOURCE"
        text = self.text.strip()
        if self.kind != "text" or len(text) > 255:
            return ""
        if re.fullmatch(r"\w+", text) and (hint := sample_meant(text)):
            return hint
        if os.path.isdir(text):
            return f"'{text}' is a folder; give a file in it"
        if _DATA_FILE.fullmatch(text):
            return f"there is no file '{text}'"
        return ""


def read_source(source: str) -> Source:
    """The program that SOURCE names, or says itself; DataError where it cannot be read.

    `~` at the start of a path is the home folder.
    """
    if source == "-":
        return Source(_decoded(_standard_input(), "standard input"), "standard input", "stdin")
    path = os.path.expanduser(source)
    if path.endswith(".grad"):
        return _file(path)
    # Unlike Path.exists, this takes a text of any length.
    if os.path.exists(path) and not os.path.isdir(path):
        note = f"reading the file '{source}'; write \"({source})\" to mean the expression"
        return _file(path)._replace(note=note)
    if source in sample_names():
        return Source(sample_text(source), f"{source}.grad", "sample", _samples())
    return Source(source, "", "text")


def sample_meant(word: str) -> str:
    """The sample that a program of one word may be, which is more likely meant as it is."""
    if name := near(word, sample_names(), 0.75):
        return f"did you mean the sample '{name}'?"
    longer = [f"'{name}'" for name in sample_names() if name.startswith(word)]
    if len(word) < _CUT_SHORT or not longer:
        return ""
    return f"did you mean the sample {joined(longer[:3], 'or')}?"


def sample_names() -> list[str]:
    """The names of the samples, sorted."""
    ending = ".grad"
    return sorted(file[: -len(ending)] for file in os.listdir(_samples()) if file.endswith(ending))


def sample_text(name: str) -> str:
    """The program of a sample, with the comments that tell its story; DataError for no sample."""
    if name not in (known := sample_names()):
        hint = nearest(name.removesuffix(".grad"), known) or "gradcli samples lists them"
        raise DataError(f"there is no sample '{shortened(name)}'", hint=hint)
    path = os.path.join(_samples(), f"{name}.grad")
    with open(path, "rb") as file:
        return _decoded(file.read(), path)


def _samples() -> str:
    return str(import_module("gradcli.samples").__path__[0])


def _file(path: str) -> Source:
    try:
        with open(path, "rb") as file:
            content = file.read(MOST + 1)
    except FileNotFoundError:
        raise DataError(f"there is no file '{path}'", hint=_another(path)) from None
    except IsADirectoryError:
        hint = "give the path of a program in it"
        raise DataError(f"'{path}' is a folder, not a file", hint=hint) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        what = f"cannot read '{path}': {reason[:1].lower()}{reason[1:]}"
        raise DataError(what, hint="give the path of a file that can be read") from None
    folder = os.path.dirname(os.path.abspath(path))
    return Source(_decoded(content, path), path, "file", folder)


def _another(path: str) -> str:
    """The file or sample that a missing file may have been meant to be."""
    folder, name = os.path.split(path)
    if name[:-5] in sample_names():
        return f"the sample is called '{name[:-5]}', without .grad"
    try:
        neighbours = [n for n in os.listdir(folder or ".") if n.endswith(".grad")]
    except OSError:
        return f"there is no folder '{folder}' either" if folder else "check the path"
    if found := near(name, neighbours):
        return f"did you mean '{os.path.join(folder, found)}'?"
    return "check the path: a text that ends in .grad is always a file"


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise DataError("there is no standard input", hint="give the program as an argument")
    try:
        return sys.stdin.buffer.read(MOST + 1)
    except OSError as error:
        what = f"cannot read standard input: {error.strerror}"
        raise DataError(what, hint="give the program as an argument") from None


def _decoded(content: bytes, origin: str) -> str:
    """The text of a file, which is UTF-8."""
    if len(content) > MOST:
        what = f"{shortened(origin)} is longer than {MOST >> 20} MB, or has no end"
        raise DataError(what, hint="give data with --data, and a program as SOURCE")
    hint = "save it as UTF-8 text"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{shortened(origin)} is in UTF-16, not UTF-8", hint=hint)
    zero = content.find(b"\0")
    if zero >= 0:
        line = content.count(b"\n", 0, zero) + 1
        what = f"{shortened(origin)} is no text: line {line} holds a zero byte"
        raise DataError(what, hint=hint)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        byte = f"byte 0x{content[error.start]:02X}"
        what = f"{shortened(origin)} is not UTF-8: line {line}, column {column}, {byte}"
        raise DataError(what, hint=hint) from None
