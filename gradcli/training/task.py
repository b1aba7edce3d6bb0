"""What a descent works on: the parameters that move, the rows it learns from, the loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any

from gradcli.errors import LanguageError, ShapeError, UsageError
from gradcli.graph.build import build
from gradcli.graph.built import Built
from gradcli.graph.formulas.show import labels
from gradcli.graph.graph import MEMORY
from gradcli.graph.names import needed
from gradcli.graph.node import Node
from gradcli.hosts import hosts
from gradcli.learn.bounds import FREE, Bounds
from gradcli.learn.loss import Loss
from gradcli.learn.second_order import ExactLoss, Residuals
from gradcli.question.outputs import pick
from gradcli.question.question import Question
from gradcli.question.weights import refuse_sigma
from gradcli.run.interpret import Value, finite
from gradcli.training.limits import bounds_of
from gradcli.training.metrics import Metrics, scalar_outputs
from gradcli.words import listed, nearest

if TYPE_CHECKING:
    from gradcli.learn.accelerated import AcceleratedLoss
    from gradcli.question.frame import Frame
    from gradcli.training.split import Part

    Params = dict[str, Value]


@dataclass
class Task:
    """A program, what moves in it, and from where.

    `learn` are the rows to learn from, `judge` those that only judge; `random` are the names that
    start at random; `bounds` hold the parameters in; `metrics` are what is shown beside the loss.
    """

    question: Question
    moving: list[str]
    start: Params
    learn: Part | None = None
    judge: Part | None = None
    random: list[str] = field(default_factory=list)
    bounds: Bounds = FREE
    maximize: bool = False
    resample: bool = False
    held: Params = field(default_factory=dict)
    """The parameters that --fix holds still, with their values."""
    metrics: Metrics = field(init=False)

    @property
    def output(self) -> str:
        """What the loss is called, or the residuals."""
        question = self.question
        return question.names(question.cone())[question.model.output]

    @property
    def heard(self) -> bool:
        """Whether signals are for the descent: where it has the process for itself."""
        return self.question.owns_process

    @property
    def rows(self) -> int:
        """The number of rows to learn from, 0 without data."""
        return self.learn.rows if self.learn else 0

    @property
    def fixed(self) -> Params:
        """The values of the inputs that neither move nor are columns."""
        question = self.question
        columns = question.frame.parts if question.frame else ()
        return {
            name: question.inputs[node]
            for name, node in question.model.inputs.items()
            if name not in self.moving and (name not in columns or name in question.given)
        }

    def model(self, rows: int) -> Built:
        """The program's graph for so many rows of data."""
        question = self.question
        if question.frame is None or rows == question.frame.rows:
            return question.model
        values = {**question.given, **{name: self.start[name] for name in self.random}}
        shapes = question.frame.shapes(rows)
        model = build(question.model.program, values, shapes, of=question.of)
        if question.label:
            pick(model, question.label)
        if self.maximize:
            model = negated(model)
        for name in self.moving:
            shape, here = (m.graph.shapes[m.inputs[name]] for m in (question.model, model))
            if shape != here:
                raise ShapeError(
                    f"'{name}' has shape {shape} with {question.frame.rows} rows of data,"
                    f" {here} with {rows}",
                    hint="a parameter cannot have an entry a row where not all rows are used",
                )
        return model

    def loss(self, learn: Part | None) -> Loss:
        """The loss of some rows, as a problem of descent."""
        return Loss(
            self.model, self.moving, self.fixed, learn,
            forks=self.heard, seed=self.question.seed, bounds=self.bounds, resample=self.resample,
        )  # fmt: skip

    def accelerated(self, bounds: Bounds) -> AcceleratedLoss:
        """The loss of the rows to learn from, worked out by JAX."""
        from gradcli.learn.accelerated import AcceleratedLoss

        return AcceleratedLoss(
            self.model, self.moving, self.fixed, self.learn,
            seed=self.question.seed, bounds=bounds,
        )  # fmt: skip

    def exact(self) -> ExactLoss:
        """The loss with second derivatives."""
        seed = self.question.seed
        return ExactLoss(self.model, self.moving, self.fixed, self.learn, seed=seed)

    def residuals(self, learn: Part | None) -> Residuals:
        """The output as a vector of residuals."""
        return Residuals(self.loss(learn))

    def judged(self, squares: bool) -> Callable[[Params], float] | None:
        """The loss of the rows that judge; of residuals the sum of their squares."""
        if self.judge is None:
            return None
        if hosts().several:
            from gradcli.learn.accelerated import AcceleratedValue

            return AcceleratedValue(
                self.model, self.moving, self.fixed, self.judge, seed=self.question.seed
            ).value
        if not squares:
            return self.loss(self.judge).value
        problem = self.residuals(self.judge)

        def value(params: Params) -> float:
            residuals = problem.residuals(params)
            return float(residuals @ residuals)

        return value


def prepare(
    question: Question,
    span: tuple[float, float],
    *,
    holdout: float | None = None,
    validate: Frame | None = None,
    standardize: Sequence[str] = (),
    held: Sequence[str] = (),
    maximize: bool = False,
    fold: tuple[int, int] | None = None,
    resample: bool = False,
) -> Task:
    """What moves is the params of the program, or where it has none every free name, as a note
    says; --wrt narrows it, and those that are `held` do not. A free name without a value starts at
    random within `span`. To `maximize` an output is to minimise its negative. A `fold` is the place
    of the part of the rows that judges, and the number of parts. To `resample` is to draw the
    random calls of the output anew at each step."""
    if maximize:
        question.model = negated(question.model)
    if resample:
        _refuse_nothing_random(question)
    moving = _moving(question, held)
    drawn = [name for name in question.model.guessed if name in moving]
    _refuse_unbound(question, drawn)
    _draw(question, drawn, span)
    model = question.model
    start: dict[str, Any] = {name: question.inputs[model.inputs[name]] for name in moving}
    task = Task(
        question, moving, start, random=drawn, bounds=bounds_of(model, moving, start),
        maximize=maximize, resample=resample,
        held={name: question.inputs[model.inputs[name]] for name in held},
    )  # fmt: skip
    frame, names = question.frame, scalar_outputs(question)
    if frame is None:
        if question.sigma:
            refuse_sigma(question, moving)
        for option, given in (
            ("--holdout", holdout is not None),
            ("--validate", validate is not None),
            ("--standardize", bool(standardize)),
            ("--folds", fold is not None),
        ):
            if given:
                raise UsageError(f"{option} needs data", hint="add --data FILE")
        task.metrics = Metrics(question, moving, task.learn, task.judge, names)
        task.metrics.refuse(start)
        return task
    from gradcli.training.split import fold as folded
    from gradcli.training.split import refuse_gaps, split
    from gradcli.training.split import standardize as bring_to_scale

    if fold:
        task.learn, task.judge = folded(frame, *fold, question.seed)
    else:
        task.learn, task.judge = split(frame, holdout, validate, question.seed)
    task.metrics = Metrics(question, moving, task.learn, task.judge, names)
    for part in (frame, validate):
        if part is not None:
            part.keep({*model.inputs, *task.metrics.inputs})
            refuse_gaps(part)
    bring_to_scale(standardize, task.learn)
    if validate is not None:
        validate.apply_scales(frame.scales)
    for name in frame.parts:
        if name in frame.scales and name in model.inputs and name not in question.given:
            question.inputs[model.inputs[name]] = frame.value(name)
    if question.sigma:
        refuse_sigma(question, moving)
    task.metrics.refuse(start)
    return task


def negated(model: Built) -> Built:
    """The model with the negative of its output as its output, called by a minus and its name."""
    graph = model.graph
    name = labels(graph, graph.cone([model.output]))[model.output]
    found = -Node(graph, model.output)
    graph.names.setdefault(found.id, [f"-{name}"])
    return replace(model, output=found.id)


def _moving(question: Question, held: Sequence[str]) -> list[str]:
    """The names that move, in the order of the program."""
    graph, cone = question.graph, question.cone()
    names = {node: name for name, node in question.model.inputs.items()}
    params = [n for n in cone if graph.kind(n) == "param"]
    free = [n for n in cone if graph.kind(n) == "variable"]
    if question.wrt:
        moving = question.variables(cone)
        wrong = next((n for n in moving if n not in params + free), None)
        if wrong is not None:
            label = question.names(cone)[wrong]
            hint = f"declare it: param {label} = …"
            if graph.kind(wrong) != "const":
                hint = "name one with --wrt: " + ", ".join(names[n] for n in params + free)
            raise UsageError(f"--wrt {label}: only a param or a variable can move", hint=hint)
    else:
        declared = any(s.kind == "param" for s in question.model.program.statements)
        moving = params if declared else free
        if len(moving) > 1 and not declared and not held:
            question.note(_how_to_hold(question, [names[n] for n in moving]))
    for name in held:
        if name not in (known := [names[n] for n in moving]):
            hint = nearest(name, known) or f"it moves {listed(known)}"
            raise UsageError(f"--fix {name}: there is no such parameter to hold", hint=hint)
    still = [n for n in moving if names[n] in held]
    moving = [n for n in moving if names[n] not in held]
    if still and not moving:
        raise UsageError("--fix holds everything that could move", hint="let one parameter move")
    if not moving:
        raise _nothing_moves(question, [names[n] for n in free])
    return [names[n] for n in moving]


def _refuse_nothing_random(question: Question) -> None:
    """UsageError for an output without a random call to draw anew."""
    if not any(question.graph.ops[node].random for node in question.cone()):
        output = question.names(question.cone())[question.model.output]
        raise UsageError(
            f"--resample: {output} draws nothing at random",
            hint="what a param or a const starts with is drawn once; leave out --resample",
        )


def _how_to_hold(question: Question, moving: Sequence[str]) -> str:
    """That all of the names move, and how to hold the first of them."""
    (first, *rest), last = moving[:MOST], moving[-1]
    value = question.inputs.get(question.model.inputs[first])
    start = f"{value:g}" if isinstance(value, float) else "…"
    most = ", ".join(moving[:-1]) if len(moving) <= MOST else ", ".join((first, *rest, "…"))
    others = ",".join(moving[1:]) if len(moving) <= MOST else "…"
    return (
        f"{most} and {last} all move, since the program declares no param; to hold {first},"
        f" name the others, --wrt {others}, or declare it: const {first} = {start}"
    )


def _nothing_moves(question: Question, free: Sequence[str]) -> UsageError:
    """Why an output has no way down, and what to do about it."""
    statements = question.model.program.statements
    params = [s.name for s in statements if s.kind == "param"]
    if not params:
        return UsageError(
            "nothing can move: the program has no param and no variable",
            hint="declare one, such as param x = 1",
        )
    output = question.names(question.cone())[question.model.output]
    return UsageError(
        f"{output} depends on nothing that moves: {listed(params)}",
        hint=f"let {free[0]} move: --wrt {free[0]}" if free else f"make {output} of {params[0]}",
    )


def _refuse_unbound(question: Question, drawn: Sequence[str]) -> None:
    """LanguageError for a free name that neither has a value nor moves."""
    name = next((n for n in question.model.guessed if n not in drawn), None)
    if name is None:
        return
    program = question.model.program
    at = needed(program, question.of)[name]
    error = LanguageError(
        f"'{name}' has no value",
        span=(program.starts[at], program.stops[at]),
        hint=f"give {name} a value: {name}=1, or let it move: --wrt {','.join([*drawn, name])}",
    )
    raise program.locate(error)


MOST = 20
"""So many names are listed."""

TRIES = 100
"""So many random starts are drawn at most to find one where the output is finite."""


def _draw(question: Question, names: Sequence[str], bounds: tuple[float, float]) -> None:
    """Gives the names random values; drawn again where the output of a formula is not finite."""
    if not names:
        return
    from gradcli.learn.trials import random_start

    inputs, output = question.model.inputs, question.model.output
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(names, ())
    for draw in range(TRIES):
        for name, value in random_start(shapes, *bounds, question.seed, -draw).items():
            question.inputs[inputs[name]] = value
        if question.frame is not None or finite(question.run([output])[output]):
            return


def _how_to_take_residuals(question: Question) -> str:
    """A hint at the vector of which the output sums the squares, where there is one."""
    graph, model = question.graph, question.model
    squared: dict[int, None] = {}
    for node in question.cone():
        base, *exponent = graph.args[node] or (node,)
        squares = graph.ops[node].name == "square"
        if graph.ops[node].name == "pow":
            squares = graph.number(exponent[0]) == 2
        if squares and len(graph.shapes[base]) == 1:
            squared[base] = None
    base, *others = squared or (-1,)
    name = next((name for name, node in model.nodes.items() if node == base), "")
    if name and not others:
        return f"minimise the squares of {name}: --of {name}"
    begin, end = (model.span(base) if squared else None) or (0, 0)
    bodies = [s.span for s in model.program.statements if s.kind == "function"]
    if others or begin == end or any(start <= begin < stop for start, stop in bodies):
        return "leave out the mean of the squares: prediction - y"
    text = " ".join(model.program.text[begin:end].split())
    return f"name the residuals, r = {text}, and minimise their squares: --of r"


def refuse_array(task: Task, method: str) -> None:
    """ShapeError for an output that the method cannot minimise, or not in this memory."""
    question = task.question
    shape = question.graph.shapes[question.model.output]
    name = question.names(question.cone())[question.model.output]
    if method == "lm" and len(shape) != 1:
        hint = _how_to_take_residuals(question)
        raise ShapeError(f"lm takes a vector of residuals, {name} has shape {shape}", hint=hint)
    if method != "lm" and shape:
        raise ShapeError(
            f"{name} has shape {shape}, a loss is one number",
            hint=f"minimise mean({name}) of losses, or mean({name}^2) of residuals",
        )
    inputs, shapes = question.model.inputs, question.graph.shapes
    count = sum(prod(shapes[inputs[moving]]) for moving in task.moving)
    height = {"newton": count, "lm": prod(shape)}.get(method, 0)
    # a matrix of second derivatives or of residuals: by parameters, side by side, and SciPy's own
    size = 3 * 8 * height * count
    if size > MEMORY:
        raise ShapeError(
            f"{method} needs a matrix of {height:,} × {count:,} numbers: {size / 1e9:,.0f} GB of"
            f" memory, this machine has {MEMORY / 1e9:,.0f} GB",
            hint="use --optimizer lbfgs" + " on a sum of squares" * (method == "lm"),
        )
