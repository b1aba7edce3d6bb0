"""The data that a question is asked of, opened: that behind its names, and rows held out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from gradcli.errors import GradError, UsageError
from gradcli.graph.ops.table import find
from gradcli.language import Program
from gradcli.language.definitions import CONSTANTS
from gradcli.language.sources import Source
from gradcli.question.trained import Trained
from gradcli.run.interpret import Value

if TYPE_CHECKING:
    from gradcli.data.corpus import TextOptions
    from gradcli.data.tables import Table
    from gradcli.question.frame import Frame
    from gradcli.question.question import Question


def framed(
    program: Program,
    source: Source,
    data: Sequence[str] | Table,
    names: Mapping[str, int],
    given: Mapping[str, Value],
    known: Trained,
    missing: str,
    words: TextOptions | None,
) -> tuple[Frame | None, list[str]]:
    """The data behind `names`: a table, or the files of one, else the one the program names.

    With it come the names that the columns of these files have, whether or not one is needed.
    """
    defined = {s.name for s in program.statements if s.kind != "data"}
    wanted = [
        n
        for n in names
        if n not in given and n not in defined and n not in CONSTANTS and find(n) is None
    ]
    own_file = any(s.kind == "data_from" for s in program.statements)
    if not data and not (wanted and own_file):
        if words is not None:
            from gradcli.data.corpus import needs_text

            raise needs_text(words)
        if known.classes and program.headers:
            from gradcli.question.quoted_names import place_words

            place_words(program, names, given, known.classes)
        return None, []
    from gradcli.data.corpus import PLAIN, needs_text
    from gradcli.question.frame import files_of, open_frame

    files = data or files_of(program, source.folder)
    if not files:
        return None, []
    frame = open_frame(
        program, files, {n: at for n, at in names.items() if n not in given or data},
        given, known.classes, known.numeric, known.columns, missing,
        text=(words or PLAIN).after(known.text),
    )  # fmt: skip
    if words is not None and not frame.table.corpora:
        raise needs_text(words)
    header = list(frame.table.names)
    if not frame.parts:
        return None, header
    frame.apply_scales(known.scales)
    return frame, header


def held_out(question: Question, files: Sequence[str] | Table) -> Frame:
    """The same columns of other data, numbered by the classes of the question's own data; those
    that the output does not need may be missing."""
    from gradcli.data.corpus import PLAIN
    from gradcli.question.frame import open_frame

    if question.frame is None:
        raise UsageError("--validate needs data to learn from", hint="add --data FILE")
    frame = question.frame
    numeric = {column for columns in frame.parts.values() for column in columns}
    numeric -= set(frame.classes)
    program = question.model.program

    def opened(names: Iterable[str]) -> Frame:
        wanted = dict.fromkeys(names, -1)
        missing = frame.gaps.by if frame.gaps else "error"
        found = open_frame(
            program, files, wanted, (), frame.classes, numeric, frame.parts, missing,
            text=PLAIN.after(frame.table.text),
        )  # fmt: skip
        if told := str(found.gaps or ""):
            question.note(f"of the rows that judge, {told}")
        return found

    ours = [name for name in frame.parts if name in question.model.inputs]
    try:
        return opened(frame.parts)
    except GradError:
        if len(ours) == len(frame.parts):
            raise
        return opened(ours)


def doubts(classes: Mapping[str, Sequence[str]], so: str) -> Iterator[str]:
    """What to say of columns of text that may be meant as numbers."""
    from gradcli.data.misspelt import like_a_number, no_number

    for name, words in classes.items():
        if word := like_a_number(words):
            yield f"column '{name}' is text, {so}: {no_number(word)[0]}"


def absences(frame: Frame) -> Iterator[str]:
    """What to say of the cells of text that say NA or the like, where they count as a class; a dash
    or a point may well be one, of the words of a text."""
    from gradcli.data.columns import is_absent
    from gradcli.words import counted, joined, quoted

    if frame.gaps is not None:
        return
    for name, classes in frame.classes.items():
        if name in frame.table.words or name not in frame.table.columns:
            continue
        absent = [
            number
            for number, word in enumerate(classes)
            if is_absent(word) and word.upper() != word.lower()
        ]
        if not absent:
            continue
        count = frame.table.count(name, absent)
        if count:
            words = joined([quoted(classes[number]) for number in absent], "and")
            says = "says" if count == 1 else "say"
            yield (
                f"column {quoted(name)}: {counted(count, 'cell')} {says} {words}, which"
                f" {'counts' if len(absent) == 1 else 'count'} as"
                f" {'a class' if len(absent) == 1 else 'classes'} of text: where it means that"
                " nothing is known, --missing drop leaves such rows out"
            )
