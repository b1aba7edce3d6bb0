"""A descent as Python asks for it: options from its values, and the answer from the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from gradcli.library.given import as_names, fresh, loud, quiet
from gradcli.library.results import Descended
from gradcli.question.question import Question
from gradcli.verbs.descend import Options, descend

if TYPE_CHECKING:
    from gradcli.question.frame import Frame


def options_of(
    named: dict[str, Any],
    lr: float | Sequence[float] | None,
    range: tuple[float, float],
    **given: Any,
) -> Options:
    """The options that are given, with those among the values by name, which go out of these."""
    known = {field.name for field in fields(Options)} - {"seed", "trace"}
    others = {name: named.pop(name) for name in list(named) if name in known}
    if isinstance(sweep := others.get("sweep", ()), Mapping):
        texts = {name: map(str, each) for name, each in sweep.items()}
        others["sweep"] = [f"{name}={','.join(each)}" for name, each in texts.items()]
    others["fix"] = as_names(others.get("fix", ()))
    rates = (lr,) if isinstance(lr, int | float) else lr
    low, high = range
    return Options(
        lr=None if rates is None else ",".join(repr(float(rate)) for rate in rates),
        range=f"{low!r}:{high!r}",
        **given,
        **others,
    )


def descended(
    question: Question,
    options: Options,
    validation: Frame | None,
    ask: Callable[[Mapping[str, float]], Question],
    callback: Callable[[dict[str, Any]], object] | None,
) -> Descended:
    """The answer of a descent that has run; `callback` has every step as it is made."""
    rows: list[dict[str, Any]] = []
    with quiet():
        report = descend(question, options, validation, ask)
        for row in report.rows:
            if callback is None:
                rows.append(row)
            else:
                with loud():
                    callback(fresh(row))
    report.rows = rows
    report.notes[:0] = question.notes
    found = report.summary
    return Descended(
        report,
        fresh(found["params"]),
        **{name: found[name] for name in (
            "converged", "reason", "steps", "loss", "start_loss", "grad_norm", "metrics",
        )},
        validation_loss=found.get("validation_loss"),
        validation_metrics=found.get("validation_metrics", {}),
        rows=fresh(rows),
    )  # fmt: skip
