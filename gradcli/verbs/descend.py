"""descend: gradient descent of a formula, or of a loss over the rows of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gradcli.data.checkpoint import check_checkpoint
from gradcli.errors import DataError, GradError, UsageError
from gradcli.graph.reverse import gradient
from gradcli.learn.optimizers import parse_optimizer
from gradcli.learn.schedules import parse_schedule
from gradcli.learn.settings import Settings
from gradcli.learn.trials import parse_rates
from gradcli.learn.vectors import finite
from gradcli.question.domain import parse_range
from gradcli.report import Curve, Report, note
from gradcli.training.checkpoints import command_to_resume
from gradcli.training.metrics import Columns
from gradcli.training.running import Run
from gradcli.training.signals import Signals
from gradcli.training.task import Task, prepare, refuse_array
from gradcli.verbs.grad import whereabouts

if TYPE_CHECKING:
    from gradcli.learn.outcome import Outcome
    from gradcli.question.frame import Frame
    from gradcli.question.question import Question

FIRST = ("step", "loss", "grad_norm", "lr")


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
            seed=self.seed,
        )


def descend(question: Question, options: Options, validate: Frame | None = None) -> Report:
    """The parameters at the end of a descent, a row each; with `trace` a row a step.

    `validate` is the data that judges. Exit code 1 for a descent that diverged or missed the
    tolerance it was given, 3 for a start that is not finite, 130 and 143 where it was interrupted.
    """
    from gradcli.training.trials import restarts, sweep

    rates = options.rates
    _refuse(options, len(rates))
    bounds = parse_range(options.range)
    task = prepare(
        question, bounds, holdout=options.holdout, validate=validate,
        standardize=options.standardize,
    )  # fmt: skip
    settings = options.settings(task.rows, rates[0] if rates else None)
    if options.resume and settings.by_scipy:
        raise UsageError(
            f"--resume does not go with --optimizer {settings.optimizer.name}",
            hint=f"SciPy's methods start anew: use --params {options.resume}",
        )
    refuse_array(task, settings.optimizer.name)
    if options.save:
        check_checkpoint(options.save)
    if options.restarts is not None:
        return restarts(task, settings, options.restarts, bounds, options.save)
    if task.random and not options.resume:
        starts = ", ".join(f"{name} at {task.start[name]:.6g}" for name in task.random)
        note(f"without a value, a name starts at random: {starts}")
    if len(rates) > 1:
        every = [options.settings(task.rows, rate) for rate in rates]
        return sweep(task, every, options.save)
    return single(task, settings, options)


def _refuse(options: Options, rates: int) -> None:
    """UsageError for options that do not go together."""
    if options.restarts is not None and options.restarts < 1:
        raise UsageError(
            f"--restarts must be at least 1, not {options.restarts}", hint="write --restarts 10"
        )
    many = "a sweep of rates" if rates > 1 else "--restarts" if options.restarts else ""
    if rates > 1 and options.restarts:
        raise UsageError("a sweep of rates and --restarts are two reports", hint="ask for one")
    for option, given in (("--trace", options.trace), ("--resume", bool(options.resume))):
        if many and given:
            hint = f"{option} is of one descent"
            raise UsageError(f"{option} does not go with {many}", hint=hint)
    if options.every is not None and not options.trace:
        raise UsageError("--every thins the rows of --trace", hint="add --trace")


def single(task: Task, settings: Settings, options: Options) -> Report:
    """The report of one descent."""
    signals = Signals()
    run = Run(task, settings, signals, options.save, options.resume)
    metrics = Columns(task, FIRST)
    taken = metrics.taken
    cells = {name: f"param.{name}" if name in taken else name for name in task.moving}
    report = Report(command="descend", columns=[], rows=[])

    def steps() -> Iterator[dict[str, Any]]:
        with signals:
            for record in run:
                row = {cells[name]: value for name, value in record.params.items()}
                first = (record.step, record.loss, record.grad_norm, record.lr)
                shown = metrics.row(record.params, run.held(record.params))
                yield {**dict(zip(FIRST, first)), **shown, **row}
        conclude(report, run, signals, options.save)

    def parameters() -> Iterator[dict[str, Any]]:
        curve = report.figure = Curve("loss")
        with signals:
            for record in run:
                curve.x.append(float(record.step))
                curve.y.append(record.loss)
        conclude(report, run, signals, options.save)
        yield from parameter_rows(run.outcome)

    if options.trace:
        report.columns = [*FIRST, *metrics.names, *cells.values()]
        report.rows = steps()
    else:
        report.columns = ["parameter", "start", "final", "grad"]
        report.headings = headings(task, settings)
        report.rows = parameters()
    return report


def headings(task: Task, settings: Settings) -> dict[str, str]:
    """What is differentiated, by name: for lm it is the sum of squares of what has a name."""
    loss = "loss" if settings.optimizer.name == "lm" else task.output
    return {"grad": f"∂{loss}/∂parameter"}


def parameter_rows(ended: Outcome) -> Iterator[dict[str, Any]]:
    """A row a parameter: where it started, where it ended, and the gradient there."""
    for name, value in ended.params.items():
        yield {
            "parameter": name,
            "start": ended.start_params[name],
            "final": value,
            "grad": ended.gradient.get(name),
        }


def conclude(report: Report, run: Run, signals: Signals, save: str) -> None:
    """The summary, the answer, the warnings and the exit code of a descent that has ended."""
    ended = judged(report, run.task, run.settings, run.outcome, run.resumed)
    report.summary.update(summary(run.task, ended))
    if ended.ending == "interrupted":
        report.exit_code = signals.code
        report.warnings[-1] += f"\nhint: {_how_to_go_on(run.settings, save)}"
    tell_unsaved(report, run.unsaved)


def tell_unsaved(report: Report, error: DataError | None) -> None:
    """Adds a warning, and sets the exit code, where --save could not write."""
    if error is not None:
        report.warnings.append(str(error))
        report.exit_code = error.exit_code


def judged(
    report: Report, task: Task, settings: Settings, ended: Outcome, resumed: bool = False
) -> Outcome:
    """Sets the answer, the exit code, and a warning where it is due; the reason says where."""
    report.answer.extend(ended.params.items())
    report.exit_code = exit_code(ended, settings)
    where, _, hint = _where(task, ended).partition("\n")
    if where:
        ended = replace(ended, reason=f"{ended.reason}: {where}")
    missed = ended.ending in ("limit", "stalled") and (settings.tol or settings.by_scipy)
    if missed or ended.ending in ("start", "diverged", "interrupted"):
        hints = [hint]
        if ended.ending == "diverged" and not resumed:
            from gradcli.training.remedies import remedy

            found = remedy(task, settings, ended)
            hints.append(f"hint: {found}" if found else "")
        report.warnings.append("\n".join([ended.reason, *filter(None, hints)]))
    elif not ended.steps and not ended.grad_norm and _flat(task):
        names = ", ".join(task.moving)
        report.warnings.append(
            f"the derivative of {task.output} by {names} is 0 everywhere: no step could lower it\n"
            "hint: minimise something smooth, such as a cross-entropy for an accuracy"
        )
    return ended


def _flat(task: Task) -> bool:
    """Whether the derivative of the output by everything that moves is a constant, such as 0."""
    model = task.question.model
    graph = model.graph
    if graph.shapes[model.output]:
        return False
    found = gradient(graph, model.output, [model.inputs[name] for name in task.moving])
    cone = graph.cone(list(found.values()))
    return not any(node in cone for node in model.inputs.values())


def _how_to_go_on(settings: Settings, save: str) -> str:
    if not save:
        return "with --save FILE it could go on from there"
    if settings.by_scipy:
        return f"to start from there, use --params {save}"
    return f"to go on: {command_to_resume(save)}"


def summary(task: Task, ended: Outcome) -> dict[str, Any]:
    """The end of a descent by name, and what the metrics were at its start."""
    metrics = task.metrics
    found: dict[str, Any] = {
        "output": task.output,
        "converged": ended.converged,
        "reason": ended.reason,
        "steps": ended.steps,
        "loss": ended.loss,
        "start_loss": ended.start_loss,
        "grad_norm": ended.grad_norm,
        "params": dict(ended.params),
        "metrics": metrics.of_learn(ended.params),
    }
    if metrics.names:
        found["start_metrics"] = metrics.of_learn(ended.start_params)
    if task.learn is not None:
        found |= {"epochs": ended.epochs, "samples_seen": ended.samples_seen}
        if ended.validation_loss is not None:
            found["validation_loss"] = ended.validation_loss
            found["validation_metrics"] = metrics.of_judge(ended.params)
            if metrics.judging:
                found["start_validation_metrics"] = metrics.of_judge(ended.start_params)
    return found


def exit_code(ended: Outcome, settings: Settings) -> int:
    """0, or 1 where the answer is no, or 3 for a start that is not finite."""
    if ended.ending == "start":
        return 3
    missed = bool(settings.tolerance) and not ended.converged
    return 1 if missed or ended.ending == "diverged" else 0


def _where(task: Task, ended: Outcome) -> str:
    """The node that is not finite where a descent broke down, and a hint on a second line."""
    if not ended.broken or not finite(ended.broken):
        return ""
    question = task.question
    inputs = question.model.inputs
    known = {inputs[name]: value for name, value in ended.broken.items()}
    question = replace(question, inputs={**question.inputs, **known})
    graph, output = question.graph, question.model.output
    nodes = [inputs[name] for name in task.moving]
    found = {} if graph.shapes[output] else gradient(graph, output, nodes)
    try:
        values = question.run([output, *found.values()])
        return whereabouts(question, values, question.names(question.cone()), found)
    except GradError:
        return ""  # too much for the memory, in which blocks of rows found their place
