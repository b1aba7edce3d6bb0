"""descend: gradient descent of a formula, or of a loss over the rows of a file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from gradcli.data.checkpoint import check_checkpoint
from gradcli.errors import UsageError
from gradcli.figures import Panel
from gradcli.hosts import hosts
from gradcli.learn.optimizers import SCIPY_METHODS, parse_optimizer
from gradcli.learn.schedules import parse_schedule
from gradcli.learn.settings import Settings
from gradcli.question.domain import parse_range
from gradcli.question.question import copied
from gradcli.question.weights import refuse_loss
from gradcli.report import Report
from gradcli.training.agreement import refuse_unlike
from gradcli.training.endings import conclude, headings, parameter_rows
from gradcli.training.metrics import Columns
from gradcli.training.recording import Recording, Way, losses
from gradcli.training.running import Run
from gradcli.training.signals import Signals
from gradcli.training.task import Task, prepare, refuse_array
from gradcli.words import joined

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
    folds: int | None = None
    jobs: int | None = None
    resample: bool = False
    engine: str = "numpy"

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
            resample=self.resample,
            engine=self.engine,
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
    from gradcli.training.sweeps import restarts, sweep

    rates = options.rates
    _refuse(options, len(rates))
    if hosts().several:
        refuse_unlike(
            question, {option(each.name): getattr(options, each.name) for each in fields(options)}
        )
    if options.folds is not None and validate is not None:
        raise UsageError("--validate does not go with --folds", hint="each fold judges the others")
    span = parse_range(options.range)
    tasks = _Tasks(question, options, validate, again)
    task = tasks.first
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
    if task.judge is not None and question.graph.shapes[question.model.output]:
        question.note("loss and validation_loss are sums of squares, each over its own rows")
    jobs = options.jobs or 0
    if options.folds:
        from gradcli.training.folds import cross_validate

        return cross_validate(tasks.trials(), jobs)
    if len(rates) > 1 or options.sweep:
        return sweep(tasks.trials(), options.save, jobs)
    return single(task, settings, options)


class _Tasks:
    """The tasks of one or many descents: one for each choice of consts, and for each fold."""

    def __init__(
        self,
        question: Question,
        options: Options,
        validate: Frame | None,
        again: Callable[[Mapping[str, float]], Question] | None,
    ) -> None:
        self._options, self._validate, self._again = options, validate, again
        self._owns_process = question.owns_process
        self._questions: dict[tuple[float, ...], Question] = {(): question}
        self._tasks: dict[tuple[tuple[float, ...], int | None], Task] = {}
        self.first = self._task({}, 0 if options.folds else None)

    def trials(self) -> list[Trial]:
        """The descents of --lr or --sweep, each of them once a fold."""
        from gradcli.training.grid import ALL, SETTINGS, grid_of
        from gradcli.training.sweeps import Trial

        options, program = self._options, self.first.question.model.program
        grid: list[dict[str, Any]] = [{}]
        if options.sweep:
            grid = grid_of(options.sweep, program, self.first.moving, options.yes)
        elif len(options.rates) > 1:
            grid = [{"lr": rate} for rate in options.rates]
        self._tell_of_consts([name for name in grid[0] if name not in SETTINGS])
        count = options.folds or 0
        places = range(count) if count else [None]
        trials = []
        for chosen in grid:
            known = {n: v for n, v in chosen.items() if n in SETTINGS}
            consts = {n: v for n, v in chosen.items() if n not in known}
            if "lr" in known:
                known["lr"] = repr(known["lr"])
            if known.get("batch_size") == ALL:
                known["batch_size"] = None
            one = replace(options, **known)
            rates = one.rates
            method = parse_optimizer(one.optimizer).name
            if "lr" in known and method in SCIPY_METHODS:
                hint = "SciPy chooses the steps: leave lr out"
                raise UsageError(f"a sweep of lr does not go with {method}", hint=hint)
            for place in places:
                task = self._task(consts, place)
                settings = one.settings(task.rows, rates[0] if rates else None)
                refuse_method(task, settings)
                trials.append(Trial(chosen, task, settings, place, count))
        return trials

    def _tell_of_consts(self, names: list[str]) -> None:
        """Says that runs are judged by losses which are not the same."""
        question = self.first.question
        cone = set(question.cone())
        part = [name for name in names if question.model.inputs.get(name) in cone]
        if part and self.first.judge is not None:
            question.note(
                f"{joined(part, 'and')} {'is' if len(part) == 1 else 'are'} part of the loss by"
                " which the runs are judged: a metric compares them by the same measure"
            )

    def _task(self, consts: Mapping[str, float], place: int | None) -> Task:
        values = tuple(consts.values())
        if (values, place) not in self._tasks:
            if values not in self._questions and self._again is not None:
                self._questions[values] = self._again(consts)
            question = copied(self._questions[values])
            question.owns_process = self._owns_process
            if self._tasks:
                question.tell = None  # it was told before
            self._tasks[values, place] = _task(question, self._options, self._validate, place)
        return self._tasks[values, place]


def _task(question: Question, options: Options, validate: Frame | None, place: int | None) -> Task:
    fold = None if place is None or options.folds is None else (place, options.folds)
    return prepare(
        question, parse_range(options.range), holdout=options.holdout, validate=validate,
        standardize=options.standardize, held=options.fix, maximize=options.maximize, fold=fold,
        resample=options.resample,
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
    if options.jobs is not None and options.jobs < 1:
        raise UsageError(f"--jobs must be at least 1, not {options.jobs}", hint="write --jobs 4")
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
    if options.folds is not None:
        _refuse_with_folds(options)
        many = many or "--folds"
    for option, given in (
        ("--trace", options.trace),
        ("--resume", bool(options.resume)),
        ("--errors", options.errors),
    ):
        if many and given:
            hint = f"{option} is of one descent"
            raise UsageError(f"{option} does not go with {many}", hint=hint)
    if options.resample and options.errors:
        hint = "leave one of them out"
        raise UsageError("--errors are those of a loss that does not change: --resample", hint=hint)
    if options.every is not None and not options.trace:
        raise UsageError("--every thins the rows of --trace", hint="add --trace")
    if options.batches and not options.trace:
        raise UsageError("--batches adds columns to --trace", hint="add --trace")


def _refuse_with_folds(options: Options) -> None:
    """UsageError for what cross-validation has no use for."""
    if options.folds is not None and options.folds < 2:
        what = f"--folds must be at least 2, not {options.folds}"
        raise UsageError(what, hint="write --folds 5")
    hints = {
        "--holdout": (options.holdout is not None, "each fold holds rows out"),
        "--restarts": (options.restarts is not None, "ask for one"),
        "--save": (bool(options.save), "save what learns from all rows: leave out --folds"),
    }
    for option, (given, hint) in hints.items():
        if given:
            raise UsageError(f"{option} does not go with --folds", hint=hint)


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
    report = Report(command="descend", columns=[], rows=[], machine=["covariance", "correlation"])
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
        report.key, report.rows = ["step"], steps()
    else:
        report.columns = ["parameter", "start", "final", *["std_error"] * errors, "grad"]
        report.headings, report.key = headings(task, settings), ["parameter"]
        report.machine = [*report.machine, "params"]  # which the rows say too
        report.rows = parameters()
    return report
