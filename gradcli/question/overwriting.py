"""No file that a command reads is one that it writes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from gradcli.data.atomic import is_regular
from gradcli.errors import GradError, UsageError

Read = tuple[str, str]
"""What a file is to the command, and its name."""

_STANDARD_INPUT = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")

_GOES_ON = ("what --params reads", "what --resume reads")
"""What --save may replace: parameters by those that they became."""


def refuse_overwriting(output: str, options: Mapping[str, Any]) -> None:
    """UsageError for an -o or a --save that would replace what the command reads, or each other.

    `options` are those of a verb as they were typed. Links lead to the files that they mean.
    """
    save = options.get("save") or ""
    if output and save and _same(output, save) and is_regular(output):
        raise UsageError(
            f"-o {output} and --save {save} are one file", hint="give each a file of its own"
        )
    for option, target in (("-o", output), ("--save", save)):
        if not target or not is_regular(target):
            continue
        for what, path in _read_by(options):
            goes_on = option == "--save" and what in _GOES_ON
            if not goes_on and _exists(path) and _same(path, target):
                raise UsageError(
                    f"{option} {target} would replace {what}", hint="write to another file"
                )


def refuse_two_readers(options: Mapping[str, Any]) -> None:
    """UsageError where a command would read standard input twice: what one takes, no other gets."""
    readers = [what for what, path in _named_by(options) if path in _STANDARD_INPUT]
    if len(readers) > 1:
        raise UsageError(
            f"standard input is read once, not as {readers[0]} and as {readers[1]}",
            hint="give one of them as a file",
        )


def _read_by(options: Mapping[str, Any]) -> Iterator[Read]:
    """The files that a verb reads."""
    yield from _named_by(options)
    for path in _data_of(options.get("source") or ""):
        yield "the data of the program", path


def _named_by(options: Mapping[str, Any]) -> Iterator[Read]:
    """The files that the command line names."""
    for option in ("params", "resume"):
        yield f"what --{option} reads", options.get(option) or ""
    for option in ("data", "validate"):
        for argument in options.get(option) or ():
            for path in (argument, argument.partition("=")[2]):  # NAME=x.npy
                yield f"what --{option} reads", path
    for argument in options.get("values") or ():
        if "@" in argument:
            from gradcli.language.bindings import parse_binding

            with suppress(GradError):  # said, too, by those who need it
                binding = parse_binding(argument)
                yield f"the value of {binding.name}", binding.path or ""
    yield "the program", options.get("source") or ""


def _data_of(source: str) -> list[str]:
    """The files that a program in a file names itself."""
    from gradcli.language import parse
    from gradcli.language.sources import read_source

    if source == "-":
        return []
    # What is wrong with a program is said by those who need it.
    with suppress(GradError):
        found = read_source(source)
        if found.folder is not None and "from" in found.text:
            from gradcli.question.frame import files_of

            return files_of(parse(found.text, found.origin), found.folder)
    return []


def _exists(path: str) -> bool:
    return bool(path) and "\0" not in path and os.path.exists(os.path.expanduser(path))


def _same(path: str, target: str) -> bool:
    """Whether two names, also of files that are not there yet, mean one file."""
    path, target = os.path.expanduser(path), os.path.expanduser(target)
    with suppress(OSError):
        return os.path.samefile(path, target)
    with suppress(OSError):  # no relative name means a file where the current folder is gone
        return os.path.realpath(path) == os.path.realpath(target)
    return False
