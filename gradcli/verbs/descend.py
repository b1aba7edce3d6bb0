"""descend: gradient descent of a formula, or of a loss over the rows of a file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gradcli.data.checkpoint import check_checkpoint
from gradcli.errors import UsageError
from gradcli.figures import Panel
from gradcli.learn.optimizers import parse_optimizer
from gradcli.learn.schedules import parse_schedule
from gradcli.learn.settings import Settings
from gradcli.question.domain import parse_range
from gradcli.question.weights import refuse_loss
from gradcli.report import Report
from gradcli.training.endings import conclude, headings, parameter_rows
from gradcli.training.metrics import Columns
from gradcli.training.recording import Recording, Way, losses
from gradcli.training.running import Run
from gradcli.training.signals import Signals
from gradcli.training.task import Task, prepare, refuse_array

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gradcli.figures import Chart
    from gradcli.question.frame import Frame
    from gradcli.question.question import Question
    from gradcli.training.sweeps import Trial

FIRST = ("step", "loss", "grad_norm", "lr")
BATCH = ("batch_loss", "rows")
"""The columns that --batches adds to them."""


@dataclass(frozen=True)
class Options:
    """The options of descend as they were typed; None stands for one that was not given."""

    lr: str | None = None
    steps: int | None = None
    tol: float | None = None
    optimizer: str = "sgd"
    schedule: str = "constant"
    line_search: bool = False
    clip: float | None = None
    restarts: int | None = None
    range: str = "-5:5"
    trace: bool = False
    every: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    holdout: float | None = None
    patience: int | None = None
    standardize: list[str] = field(default_factory=list)
    save: str = ""
    resume: str = ""
    seed: int = 0
    errors: bool = False
    fix: list[str] = field(default_factory=list)
    maximize: bool = False
    sweep: list[str] = field(default_factory=list)
    yes: bool = False
    batches: bool = False
    sigma: str = ""

    @property
    def rates(self) -> tuple[float, ...]:
        """The learning rates of --lr."""
        return () if self.lr is None else parse_rates(self.lr)

    def settings(self, rows: int, lr: float | None) -> Settings:
        """What one descent is asked to do."""
        return Settings(
            optimizer=parse_optimizer(self.optimizer),
            schedule=parse_schedule(self.schedule),
            lr=lr,
            steps=self.steps,
            tolerance=self.tol,
            every=1 if self.trace and self.every is None else self.every,
            clip=self.clip,
            line_search=self.line_search,
            rows=rows,
            batch_size=self.batch_size,
            epochs=self.epochs,
            patience=self.patience,
            batches=self.batches,
            seed=self.seed,
            named=option,
        )


def option(name: str) -> str:
    """The option of a setting: `--batch-size` of `batch_size`."""
    return "--data FILE" if name == "data" else "--" + name.replace("_", "-")


def descend(
    question: Question,
    options: Options,
    validate: Frame | None = None,
    again: Callable[[Mapping[str, float]], Question] | None = None,
) -> Report:
    """The parameters at the end of a descent, a row each; with `trace` a row a step.

    `validate` is the data that judges, `again` asks the question anew where a const is swept. Exit
    code 1 for a descent that diverged or missed the tolerance it was given, 3 for a start that is
    not finite, 129, 130 and 143 where a signal ended it.
    """
    from gradcli.training.sweeps import Trial, restarts, sweep

    rates = options.rates
    _refuse(options, len(rates))
    span = parse_range(options.range)
    task = _task(question, options, validate)
    settings = options.settings(task.rows, rates[0] if rates else None)
    if settings.by_scipy and len(rates) > 1:
        method = f"--optimizer {settings.optimizer.name}"
        hint = "SciPy chooses the steps: leave out --lr"
        raise UsageError(f"a sweep of rates does not go with {method}", hint=hint)
    if settings.by_scipy and rates:
        question.note(f"{settings.optimizer.name} chooses its own steps: --lr is not used")
    if options.resume and settings.by_scipy:
        raise UsageError(
            f"--resume does not go with --optimizer {settings.optimizer.name}",
            hint=f"SciPy's methods start anew: use --params {options.resume}",
        )
    refuse_method(task, settings)
    if options.save:
        check_checkpoint(options.save)
    if options.restarts is not None:
        return restarts(task, settings, options.restarts, span, options.save)
    if task.random and not options.resume:
        starts = ", ".join(f"{name} at {task.start[name]:.6g}" for name in task.random)
        question.note(f"without a value, a name starts at random: {starts}")
    if len(rates) > 1:
        each = ((rate, options.settings(task.rows, rate)) for rate in rates)
        return sweep([Trial({"lr": rate}, task, one) for rate, one in each], options.save)
    if options.sweep:
        return sweep(_trials(task, options, validate, again), options.save)
    return single(task, settings, options)


def _trials(
    task: Task,
    options: Options,
    validate: Frame | None,
    again: Callable[[Mapping[str, float]], Question] | None,
) -> list[Trial]:
    """The descents of a grid of settings; those with the same consts share a task."""
    from gradcli.training.grid import CHOICES, COUNTS, NUMBERS, grid_of
    from gradcli.training.sweeps import Trial

    question = task.question
    tasks: dict[tuple[float, ...], Task] = {}
    trials = []
    for chosen in grid_of(options.sweep, question.model.program, task.moving, options.yes):
        known = {n: v for n, v in chosen.items() if n in (*NUMBERS, *COUNTS, *CHOICES)}
        consts = {n: v for n, v in chosen.items() if n not in known}
        key = tuple(consts.values())
        if key not in tasks:
            tasks[key] = task
            if consts and again is not None:
                asked = again(consts)
                asked.owns_process = question.owns_process
                tasks[key] = _task(asked, options, validate)
        if "lr" in known:
            known["lr"] = repr(known["lr"])
        one = replace(options, **known)
        rates = one.rates
        settings = one.settings(tasks[key].rows, rates[0] if rates else None)
        refuse_method(tasks[key], settings)
        trials.append(Trial(chosen, tasks[key], settings))
    return trials


def _task(question: Question, options: Options, validate: Frame | None) -> Task:
    return prepare(
        question, parse_range(options.range), holdout=options.holdout, validate=validate,
        standardize=options.standardize, held=options.fix, maximize=options.maximize,
    )  # fmt: skip


def refuse_method(task: Task, settings: Settings) -> None:
    """UsageError, or ShapeError, where a method cannot minimise the output."""
    name = settings.optimizer.name
    if task.maximize and name == "lm":
        raise UsageError("--maximize does not go with lm", hint="lm minimises a sum of squares")
    if task.question.sigma:
        refuse_loss(name, task.question.sigma)
    refuse_array(task, name)
    if task.bounds and name == "newton":
        hint = "use --optimizer lbfgs, or leave the bounds out"
        raise UsageError("newton knows no bounds", hint=hint)


def _refuse(options: Options, rates: int) -> None:
    """UsageError for options that do not go together."""
    if options.restarts is not None and options.restarts < 1:
        raise UsageError(
            f"--restarts must be at least 1, not {options.restarts}", hint="write --restarts 10"
        )
    many = "a sweep of rates" if rates > 1 else "--restarts" if options.restarts else ""
    if options.sweep:
        for option, given in (("a sweep of rates", rates > 1), ("--restarts", options.restarts)):
            if given:
                hint = "ask for one"
                if rates > 1:
                    hint = f"write --sweep lr={options.lr}"
                raise UsageError(f"--sweep and {option} are two reports", hint=hint)
        many = "--sweep"
    if rates > 1 and options.restarts:
        raise UsageError("a sweep of rates and --restarts are two reports", hint="ask for one")
    for option, given in (
        ("--trace", options.trace),
        ("--resume", bool(options.resume)),
        ("--errors", options.errors),
    ):
        if many and given:
            hint = f"{option} is of one descent"
            raise UsageError(f"{option} does not go with {many}", hint=hint)
    if options.every is not None and not options.trace:
        raise UsageError("--every thins the rows of --trace", hint="add --trace")
    if options.batches and not options.trace:
        raise UsageError("--batches adds columns to --trace", hint="add --trace")


def parse_rates(text: str) -> tuple[float, ...]:
    """The learning rates of `--lr X` or `--lr X,Y,Z`, in their order."""
    rates = []
    for part in text.split(","):
        try:
            rate = float(part) if part.isascii() else math.nan
        except ValueError:
            rate = math.nan
        if not 0 < rate < math.inf:
            raise UsageError(
                f"--lr must be a positive number, not {part.strip()!r}",
                hint="write --lr 0.01, or --lr 0.1,0.01,0.001 to compare some",
            )
        rates.append(rate)
    return tuple(rates)


def single(task: Task, settings: Settings, options: Options) -> Report:
    """The report of one descent."""
    signals = Signals(task.heard)
    run = Run(task, settings, signals, options.save, options.resume)
    columns = [*FIRST, *BATCH] if options.batches else [*FIRST]
    metrics = Columns(task.metrics, columns)
    taken = metrics.taken
    cells = {name: f"param.{name}" if name in taken else name for name in task.moving}
    report = Report(command="descend", columns=[], rows=[], machine=("covariance", "correlation"))
    errors = options.errors or settings.optimizer.name == "lm"

    recording = Recording()

    def steps() -> Iterator[dict[str, Any]]:
        with signals:
            for record in run:
                recording.add(record)
                row = {cells[name]: value for name, value in record.params.items()}
                first: list[Any] = [record.step, record.loss, record.grad_norm, record.lr]
                if record.batch and task.learn:
                    first += [record.batch.loss, task.learn.numbers(record.batch.rows)]
                shown = metrics.row(record.params, run.held(record.params))
                yield {**dict(zip(columns, first)), **shown, **row}
        conclude(report, run, signals, options.save, errors)

    def parameters() -> Iterator[dict[str, Any]]:
        with signals:
            for record in run:
                recording.add(record)
        found = conclude(report, run, signals, options.save, errors)
        judged = task.judge is not None
        report.curve = lambda: Panel(
            "step", "loss", log_y=True, series=losses(recording, run.held, judged)
        )
        yield from parameter_rows(run.outcome, found if errors else None)

    def chart() -> Chart:
        from gradcli.training.charted import charted

        return charted(task, settings, Way(recording, run.outcome), run.held)

    report.chart = chart
    if options.trace:
        report.columns = [*columns, *metrics.names, *cells.values()]
        report.rows = steps()
    else:
        report.columns = ["parameter", "start", "final", *["std_error"] * errors, "grad"]
        report.headings = headings(task, settings)
        report.rows = parameters()
    return report
