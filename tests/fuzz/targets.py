"""What reads what a user brings, as functions of bytes: an answer or a GradError, nothing else.

`test_bytes.py` gives them the kept corpus and damaged files, `run.py` whatever finds a new way
through their code.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

from gradcli.data.checkpoint import read_checkpoint, read_params
from gradcli.data.tables import open_table
from gradcli.data.values import KNOWN, read_value
from gradcli.errors import GradError
from gradcli.graph.formulas.show import expression, labels
from gradcli.graph.reverse import gradient
from gradcli.language import parse
from gradcli.language.bindings import parse_binding
from gradcli.language.sources import Source, read_source
from gradcli.learn.optimizers import parse_optimizer
from gradcli.learn.schedules import parse_schedule
from gradcli.question.question import pose
from gradcli.question.trained import trained

CORPUS = Path(__file__).parent / "corpus"
"""A folder a target, each file one input that once showed something."""

Target = Callable[[bytes], None]

SEEN = (UserWarning, SyntaxWarning, RuntimeWarning)
"""Warnings that Python would show a user, with a line of our code."""

LONGEST_SHOWN = 2000
"""Nodes of a program that are printed."""


def answered(call: Callable[[], object]) -> None:
    """Calls it; a GradError must have its words, and every other exception escapes."""
    found = None
    try:
        with warnings.catch_warnings():
            for kind in SEEN:
                warnings.simplefilter("error", kind)
            call()
    except GradError as error:
        found = error
    if found is not None:
        assert found.exit_code in (2, 3)
        assert found.what
        assert str(found)


def program(content: bytes) -> None:
    """A program as an argument: parsed, built with a guess at its names, differentiated, shown."""
    text = content.decode("utf-8", "surrogateescape").replace("\0", "")

    def read() -> None:
        question = pose(Source(text, "", "text"), parse(text), {}, guess=True)
        graph, output = question.graph, question.model.output
        if not graph.shapes[output]:
            gradient(graph, output, list(question.model.inputs.values()))
        cone = graph.cone([output])[:LONGEST_SHOWN]
        names = labels(graph, cone)
        for node in cone:
            expression(graph, node, names)

    answered(read)


def words(content: bytes) -> None:
    """NAME=VALUE, and the settings of an optimizer and a schedule."""
    text = content.decode("utf-8", "surrogateescape").replace("\0", "")
    for reader in (parse_binding, parse_optimizer, parse_schedule):
        answered(partial(reader, text))


def file(content: bytes, suffix: str) -> None:
    """A file of this suffix as data, as a value, as parameters, as a checkpoint, as a program."""
    with _written(content, suffix) as path:
        answered(partial(_table, f"x={path}" if suffix == ".npy" else path))
        if suffix in KNOWN:
            answered(partial(read_value, path))
        if suffix in (".json", ".npz"):
            answered(lambda: trained(path, read_params(path).meta))
            answered(partial(read_checkpoint, path))
        if suffix == ".grad":
            answered(lambda: parse(read_source(path).text, path))


def _table(argument: str) -> None:
    table = open_table([argument])
    assert table.rows >= 0
    table.read_numeric()
    with contextlib.suppress(GradError):
        table.read(table.names)
    for name in table.columns:
        table.take(name, slice(None))
    table.fingerprint(list(table.columns))


@contextlib.contextmanager
def _written(content: bytes, suffix: str):
    descriptor, path = tempfile.mkstemp(suffix)
    try:
        os.write(descriptor, content)
        os.close(descriptor)
        yield path
    finally:
        os.unlink(path)


SUFFIXES = (
    ".csv", ".tsv", ".txt", ".json", ".npy", ".npz", ".parquet", ".arrow", ".csv.gz", ".grad",
)  # fmt: skip

TARGETS: dict[str, Target] = {
    "program": program,
    "words": words,
    **{suffix[1:]: partial(file, suffix=suffix) for suffix in SUFFIXES},
}
