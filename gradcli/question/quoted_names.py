"""A name in quotes is a column where one bears it, else a class.

Where it is both, it is the class where it stands alone or in a list as an index, `E["word"]`, or is
compared with a column of text, `y == "word"`; there the column is written without quotes. A name
that cannot be, or that stands elsewhere too, is an error that says both. A constant is no column:
where a column has its name too, the program says in quotes which of both it means.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from gradcli.errors import LanguageError
from gradcli.language.definitions import CONSTANTS, plain_of
from gradcli.language.program import Program, header_of
from gradcli.question.class_names import class_of
from gradcli.words import listed, nearest, quoted


def class_beside_column(
    program: Program,
    name: str,
    parts: Mapping[str, Sequence[str]],
    classes: Mapping[str, Sequence[str]],
) -> bool:
    """Whether the name of a column, which a class has too, stands for the class; LanguageError
    where it may be either. `parts` are the columns of each name of the data, `classes` those of
    text."""
    uses = [_stands_as_class(program, at, parts, classes) for at in _places(program, name)]
    if not any(uses):
        return False
    plain, header = plain_of(name), header_of(name)
    if all(uses) and plain != name:
        return True
    of = next(column for column, words in classes.items() if header in words)
    error = LanguageError(
        f"{quoted(header)} is a column, and a class of column {quoted(of)}",
        span=program.headers[name],
        hint=f"write {plain} for the column" if plain != name else "rename the column",
    )
    program.locate(error)
    raise error


def refuse_constants(program: Program, columns: Container[str]) -> None:
    """LanguageError where a constant, such as pi, may be meant as the column of that name, since
    the program nowhere names the column itself."""
    told = {column.first for s in program.statements for column in s.columns}
    told.update(map(header_of, program.headers))
    for at, (kind, name) in enumerate(zip(program.kinds, program.arguments)):
        if kind != "name" or name not in CONSTANTS or name not in columns or name in told:
            continue
        span = program.span(at)
        if program.text[slice(*span)] != name:  # π is the number for sure
            continue
        error = LanguageError(
            f"{name} is a constant, and a column of the data",
            span=span,
            hint=f'write "{name}" for the column, '
            + ("π for the number" if name == "pi" else "or rename it to have the number"),
        )
        program.locate(error)
        raise error


def may_be_class(program: Program, name: str) -> bool:
    """Whether a name in quotes stands anywhere as an index, or is compared."""
    return any(_place_of(program, at) for at in _places(program, name))


def place_words(
    program: Program,
    names: Mapping[str, int],
    given: Container[str],
    classes: Mapping[str, Sequence[str]],
) -> None:
    """Finds the classes that are named in quotes among those of a training, where no data is."""
    for name, at in names.items():
        if name not in program.headers or name in given or not classes:
            continue
        place = class_of(header_of(name), classes)
        if place is None:
            raise no_such_name(program, name, at, (), classes)
        program.class_places[name] = place


def no_such_name(
    program: Program,
    name: str,
    at: int,
    columns: Sequence[str],
    classes: Mapping[str, Sequence[str]],
) -> LanguageError:
    """The error for a name in quotes, which first stands at an instruction, that nothing bears."""
    words = {word for names in classes.values() for word in names}
    there = f"it has {listed(columns)}" if columns else f"the classes are {listed(sorted(words))}"
    hint = nearest(header_of(name), [*columns, *words]) or there
    if program.arguments[at + 1 : at + 2] in (["eq"], ["ne"]) and not words:
        hint = "text counts as classes, sorted by name: the first of them is 0"
    what = f"the data has no column '{header_of(name)}'"
    if words:
        what = f"there is no column and no class {quoted(header_of(name))}"
    error = LanguageError(what, span=program.headers[name], hint=hint)
    program.locate(error)
    return error


def _places(program: Program, name: str) -> list[int]:
    pairs = enumerate(zip(program.kinds, program.arguments))
    return [at for at, (kind, argument) in pairs if kind == "name" and argument == name]


def _stands_as_class(
    program: Program,
    at: int,
    parts: Mapping[str, Sequence[str]],
    classes: Mapping[str, Sequence[str]],
) -> bool:
    use = _place_of(program, at)
    return use == "index" or (use != "" and {*parts.get(use, ("",))} <= classes.keys())


def _place_of(program: Program, at: int) -> str:
    """`index` of what is one or an entry of a list that is one; of what is compared with a name
    the plain form of that name; empty for anything else."""
    for end in range(at + 1, len(program.kinds)):
        kind, argument = program.kinds[end], program.arguments[end]
        if kind in ("name", "number"):
            continue
        operands = list(_operands(program, end))
        within = [k for k, (first, last) in enumerate(operands) if first <= at <= last]
        if not within:
            return ""
        if kind == "list":
            at = end
        elif kind == "index":
            return "index" if within[0] > 0 and operands[within[0]][1] == at else ""
        elif kind == "operator" and argument in ("eq", "ne"):
            first, last = operands[1 - within[0]]
            alone = first == last and program.kinds[last] == "name"
            return plain_of(program.arguments[last]) if alone else ""
        else:
            return ""
    return ""


def _operands(program: Program, end: int) -> Iterator[tuple[int, int]]:
    """The operands of an index, a comparison or a list, in order."""
    kind, argument = program.kinds[end], program.arguments[end]
    count = 2
    if kind == "list":
        count = argument
    elif kind == "index":
        count = 1 + sum(len(item) - item.count(":") for item in argument)
    elif kind == "call":
        count = argument.positional + len(argument.keywords)
    elif argument in ("neg", "pos", "transpose", "sqrt"):
        count = 1
    found: list[tuple[int, int]] = []
    last = end - 1
    for _ in range(count):
        first = last
        while first > 0 and program.starts[first - 1] >= program.starts[last]:
            first -= 1
        found.append((first, last))
        last = first - 1
    yield from reversed(found)
