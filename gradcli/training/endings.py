"""What a report says of a descent that has ended: its numbers, its warnings, its exit code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isnan
from typing import TYPE_CHECKING, Any

from gradcli.errors import DataError, GradError
from gradcli.graph.reverse import gradient
from gradcli.learn.vectors import all_finite
from gradcli.question.whereabouts import whereabouts
from gradcli.report import Report
from gradcli.training.resuming import command_to_resume

if TYPE_CHECKING:
    from gradcli.learn.outcome import Outcome
    from gradcli.learn.settings import Settings
    from gradcli.learn.vectors import Params
    from gradcli.training.running import Run
    from gradcli.training.signals import Signals
    from gradcli.training.task import Task

_AT_KINK = (
    "hint: where abs, max or relu bends, no step along the gradient pays: write something smooth,"
    " such as sqrt(u^2 + 1e-6) for abs(u), or use --optimizer adam --schedule cosine"
)


def headings(task: Task, settings: Settings) -> dict[str, str]:
    """What is differentiated, by name: for lm it is the sum of squares of what has a name."""
    loss = f"({task.output})" if task.maximize else task.output
    if settings.optimizer.name == "lm":
        loss = "loss"
    return {"grad": "projected " * bool(task.bounds) + f"∂{loss}/∂parameter"}


def parameter_rows(ended: Outcome, std_errors: Params | None = None) -> Iterator[dict[str, Any]]:
    """A row a parameter: where it started, where it ended, its standard error where it is known,
    and the gradient there."""
    for name, value in ended.params.items():
        row: dict[str, Any] = {"parameter": name, "start": ended.start_params[name], "final": value}
        if std_errors is not None:
            error = std_errors.get(name)
            row["std_error"] = None if isinstance(error, float) and isnan(error) else error
        yield {**row, "grad": ended.gradient.get(name)}


def conclude(report: Report, run: Run, signals: Signals, save: str, errors: bool) -> Params:
    """The summary, the answer, the warnings and the exit code of a descent that has ended; the
    standard errors of its parameters, where they were asked for and there are any."""
    ended = judged(report, run.task, run.settings, run.outcome, run.resumed)
    report.summary.update(summary(run.task, ended))
    found: Params = {}
    if errors and ended.ending not in ("start", "diverged") and ended.params:
        from gradcli.training.statistics import statistics

        made = statistics(run.task, ended.params)
        found = made.std_errors
        report.summary.update(made.summary)
        report.warnings += made.warnings
        if not ended.converged:
            report.warnings.append(
                "the errors hold at a minimum, where the descent has not arrived yet"
            )
        if save and made.carried:
            run.fit = made.carried
            run.keep(save)
    if ended.ending == "interrupted":
        report.exit_code = signals.code or run.heard
        report.warnings[-1] += f"\nhint: {_how_to_go_on(run.settings, save)}"
    tell_unsaved(report, run.unsaved)
    return found


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
    report.notes += task.bounds.reached(ended.params)
    report.exit_code = exit_code(ended, settings)
    where, _, hint = _where(task, ended).partition("\n")
    if where:
        ended = replace(ended, reason=f"{ended.reason}: {where}")
    missed = ended.ending in ("limit", "stalled") and (settings.tol or settings.by_scipy)
    if missed or ended.ending in ("start", "diverged", "interrupted"):
        hints = [hint, _AT_KINK if ended.steep else ""]
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
    if ended.ending in ("converged", "limit", "patience", "stalled") and not resumed:
        from gradcli.training.remedies import saturated

        report.warnings += filter(None, [saturated(task, settings, ended)])
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
    if task.resample:
        found["drawn"] = "anew at each step; loss and metrics are told with the first draw"
    if task.maximize:
        found["maximum"] = -ended.loss
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
    if not ended.broken or not all_finite(ended.broken):
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
