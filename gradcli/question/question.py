"""What every verb is asked: a program, values and data for its names, and what to look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from gradcli.errors import LanguageError, UsageError
from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.formulas.show import labels
from gradcli.graph.graph import Graph
from gradcli.graph.names import needed
from gradcli.graph.ops.table import find
from gradcli.language import Program, parse
from gradcli.language.sources import Source, read_source
from gradcli.question.assignments import names_in, refuse_unknown, values_of
from gradcli.question.locating import located
from gradcli.question.opening import absences, doubts, framed
from gradcli.question.outputs import (
    chosen,
    minimised,
    named,
    named_outputs,
    others,
    pick,
    refuse_foreign,
)
from gradcli.question.starts import start_values
from gradcli.question.trained import Trained, trained, untold
from gradcli.run.interpret import Value
from gradcli.words import joined, listed, nearest, quoted

if TYPE_CHECKING:
    from gradcli.data.corpus import TextOptions
    from gradcli.data.tables import Table
    from gradcli.question.assignments import ValueText
    from gradcli.question.class_values import ClassWords
    from gradcli.question.frame import Frame
    from gradcli.question.ranges import ValueRange


@dataclass
class Question:
    """A program with its graph, and the values of its inputs by node.

    `given` holds the values by name that came from the command line or a file of parameters,
    `frame` the data, if the output needs any, `classes` the names that numbers stand for, by column
    of text, `trained` what the file of parameters says of its data. The output is the node `of`, or
    one that has no name but the `label` of a report; `outputs` are all those of the program that a
    descent looks at. `ranges` are those of numbers that have one; `given` and `inputs` hold their
    lower ends. `notes` say how the question was understood; `tell` says each later one at
    once to whoever waits at a terminal, where somebody does.
    """

    model: Built
    inputs: dict[int, Value]
    given: dict[str, Value] = field(default_factory=dict)
    frame: Frame | None = None
    of: str = ""
    label: str = ""
    wrt: list[str] = field(default_factory=list)
    seed: int = 0
    notes: list[str] = field(default_factory=list)
    classes: dict[str, list[str]] = field(default_factory=dict)
    trained: Trained = field(default_factory=Trained)
    outputs: list[str] = field(default_factory=list)
    ranges: dict[str, ValueRange] = field(default_factory=dict)
    tell: Callable[[str], None] | None = None
    owns_process: bool = False
    """Whether the process runs for this question alone, so that a descent may hear its signals and
    draw a line on its terminal."""
    errors: dict[str, Value] = field(default_factory=dict)
    """The standard errors of measured values, by name, each in the shape of its value."""
    bound: Collection[str] = ()
    """The names that NAME=VALUE gave a value."""
    sigma: str = ""
    """What the residuals of the output are divided by, if anything."""

    def note(self, text: str) -> None:
        """Notes something that is good to know."""
        self.notes.append(text)
        if self.tell is not None:
            self.tell(text)

    @property
    def graph(self) -> Graph:
        return self.model.graph

    def run(
        self, outputs: Sequence[int], known: Mapping[int, Value] | None = None
    ) -> Mapping[int, Value]:
        """The values of every node that the outputs need; errors are located in the program."""
        return located(self.model, outputs, {**self.inputs, **(known or {})}, self.seed)

    def cone(self) -> list[int]:
        return self.graph.cone([self.model.output])

    def names(self, nodes: Sequence[int]) -> dict[int, str]:
        """What each node is called in a report."""
        return labels(self.graph, nodes)

    def variables(self, cone: Sequence[int]) -> list[int]:
        """The nodes to differentiate by: --wrt, or every variable and param of the cone."""
        graph = self.graph
        if not self.wrt:
            return [n for n in cone if graph.kind(n) in ("variable", "param")]
        inside = set(cone)
        found = []
        for name in self.wrt:
            node = self.model.nodes.get(name)
            if node is None:
                node = named(graph, cone, name)
            if node is None or node not in inside:
                output = self.names(cone)[self.model.output]
                known = [n for n, at in self.model.nodes.items() if at in inside and n != output]
                there = f"it is made of {listed(sorted(known))}" if known else ""
                hint = nearest(name, known) or there
                raise UsageError(f"--wrt {name}: {output} is not made of '{name}'", hint=hint)
            found.append(node)
        return list(dict.fromkeys(found))

    def long(self, cone: Sequence[int]) -> set[int]:
        """The nodes with an entry a data row, where these are too many for a cell."""
        if self.frame is None or self.frame.rows <= LONG:
            return set()
        graph, rows = self.graph, self.frame.rows
        data = [n for n in cone if graph.kind(n) == "data"]
        depends = graph.depends(cone, data)
        found = {n for n in cone if depends[n] and graph.shapes[n][:1] == (rows,)}
        return found - {self.model.output} if self.of else found


def copied(question: Question) -> Question:
    """The question with inputs and scales of its own; the graph and the notes are shared."""
    frame = question.frame and question.frame.twin()
    return replace(question, inputs=dict(question.inputs), frame=frame)


MISSING = ("error", "drop", "mean")
"""What may become of a cell of the data that holds nothing."""

LONG = 20
"""Data rows up to which a report shows every entry of a node with a row axis."""


def ask(
    source: str,
    bindings: Sequence[str] = (),
    *,
    wrt: str = "",
    seed: int = 0,
    one_value: str = "",
    measured: bool = False,
    **options: Any,
) -> Question:
    """What a command line asks: a source, NAME=VALUE, and the options of `pose`. Only where values
    may be `measured` have they an error, as in x=2.0±0.1.

    Where `one_value` says what takes no range, a name has none. Raises GradError for a source, a
    value, data or a program that makes no sense.
    """
    text = read_source(source)
    with suggesting(text):
        program = parse(text.text, text.origin)
    given, ranges, errors, written = values_of(bindings, seed, bool(options.get("params")))
    if ranges and one_value:
        from gradcli.question.ranges import refuse_ranges

        refuse_ranges(ranges, one_value)
    if errors and not measured:
        name = next(iter(errors))
        hint = f"give {name} its value alone, or ask eval"
        raise UsageError(f"{name} has a value and its error, which only eval carries on", hint=hint)
    if errors and ranges:
        from gradcli.question.ranges import refuse_ranges

        refuse_ranges(ranges, "a measured value")
    question = pose(
        text, program, given, wrt=names_in(wrt, "--wrt"), seed=seed, written=written, **options
    )
    scales = question.trained.scales
    errors = {n: error / scales[n][1] if n in scales else error for n, error in errors.items()}
    question.ranges, question.errors = ranges, errors
    return question


@contextmanager
def suggesting(text: Source) -> Iterator[None]:
    """Says of an error of the language what the source may have been meant to be."""
    try:
        yield
    except LanguageError as error:
        if find(text.text.strip()) is None:
            error.hint = text.suggestion or error.hint
        raise


def pose(
    text: Source,
    program: Program,
    given: Mapping[str, Value],
    *,
    of: str = "",
    wrt: Sequence[str] = (),
    data: Sequence[str] | Table = (),
    params: str = "",
    seed: int = 0,
    guess: bool = False,
    shape: Sequence[str] = (),
    descent: str = "",
    missing: str = "error",
    sigma: str = "",
    words: TextOptions | None = None,
    written: Mapping[str, ValueText | ClassWords] = MappingProxyType({}),
) -> Question:
    """The question about a program: reads the data, finds the values, and builds the graph.

    Values are those `given`, else from the file `params`, else from the program. With `guess`, a
    free name without a value is a number, or has the shape that `shape` gives it or the program
    needs; for a `descent`, which is the name of its method, only where the program has no param.
    `missing` says what becomes of cells of the data that hold nothing: error, drop or mean, and
    `words` how a text is read; the output of a descent is divided by `sigma`, a column or a node.
    What is `written` may be the name of a class that `params` know, with any number in `given`.
    Raises GradError for values, data or a program that make no sense.
    """
    notes = [text.note] if text.note else []
    if missing == "mean" and params:
        what = "--missing mean: the mean of the rows learned from is not kept with the parameters"
        raise UsageError(what, hint="--missing drop leaves such rows out")
    if missing not in MISSING:
        hint = nearest(missing, MISSING) or f"it is {joined(MISSING, 'or')}"
        raise UsageError(f"--missing {missing}: there is no such choice", hint=hint)
    program, of, label = chosen(program, of, given)
    if sigma:
        from gradcli.question.weights import refuse_loss

        refuse_loss(descent, sigma)
        if label:
            hint = "name the residuals in the program"
            raise UsageError(f"--sigma does not go with --of {label}", hint=hint)
    with suggesting(text):
        refuse_unknown([n for n in given if n != sigma or n in program.named], program)
        known = Trained()
        values = dict(given)
        if params:
            from gradcli.data.checkpoint import read_params

            checkpoint = read_params(params)
            known = trained(params, checkpoint.meta)
            if written:
                from gradcli.question.class_values import with_classes

                given = with_classes(given, written, known)
            values = {**checkpoint.params, **given}
        ends = named_outputs(program, given) if descent else []
        ends = [name for name in ends if name != sigma] or ends
        names = needed(program, of, [*ends, sigma])
        if sigma:
            names.setdefault(sigma, -1)
        if descent:
            guess = not any(s.kind == "param" for s in program.statements)
        frame, header = framed(program, text, data, names, given, known, missing, words)
        if frame is not None:
            columns = set(frame.parts) - set(given)
            values = {n: v for n, v in values.items() if n not in columns}
        if guess:
            refuse_foreign(program, {*values, *header})
        values.update(known.standardized(given, notes))
        shapes = {} if frame is None else frame.shapes()
        if descent and not of and not label:
            make = partial(build, program, values, shapes, guess=guess, columns=header)
            of = minimised(program, ends, make, descent)
        if sigma:
            from gradcli.question.weights import weighted

            program, of = weighted(program, of, sigma, {*shapes, *values, *program.named, *header})
        if ends and of == ends[-1]:
            of = ""  # as it is anyway
        elif not (descent or of or label):
            notes += filter(None, [others(program)])
        if guess and not descent:
            from gradcli.question.shapes import fitted

            model = fitted(program, values, shapes, shape, of, notes)
        else:
            model = build(program, values, shapes, of=of, guess=guess, columns=header)
        notes += _misspelt(model.guessed, header)
        if (alone := text.text.strip()) in model.guessed and text.suggestion:
            what = f"the whole program is '{alone}', a variable without a value"
            raise UsageError(what, hint=text.suggestion)
        if label:
            pick(model, label)
        if params:
            notes += filter(None, [untold(params, model, values)])
        if frame is not None and frame.classes:
            from gradcli.question.text_classes import refuse_arithmetic

            refuse_arithmetic(model, frame)
    inputs = start_values(model, values, frame, seed)
    classes = dict(known.classes)
    if frame is not None:
        notes += filter(None, [str(frame.gaps or ""), *frame.table.unseen])
        classes.update(frame.classes)
        told = {*known.classes, *frame.table.words}
        new = {n: c for n, c in frame.classes.items() if n not in told}
        notes += doubts(new, "which counts as classes")
        notes += doubts(frame.table.left_out, "and left out of *")
        notes += absences(frame)
    elif data:
        there = listed(map(quoted, header))
        notes.append(f"the program names no column of the data: it has {there}")
    return Question(
        model, inputs, values, frame, of, label, list(wrt), seed, notes, classes, known, ends,
        bound=given.keys(), sigma=sigma,
    )  # fmt: skip


def _misspelt(guessed: Iterable[str], columns: Sequence[str]) -> Iterator[str]:
    """What to say of variables without a value that may be meant as columns of the data."""
    named = [column for column in columns if column.isidentifier()]
    for name in guessed:
        if near := nearest(name, named):
            yield f"the data has no column '{name}', which is a variable: {near}"
