"""The languages that a program is exported to, each with a suffix and a lazy writer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcli.errors import UsageError
from gradcli.words import joined, nearest

if TYPE_CHECKING:
    from gradcli.learn.settings import Settings
    from gradcli.question.question import Question


Formulas = Callable[[], Mapping[str, str]]
"""The derivatives of the output in LaTeX, by name."""


@dataclass(frozen=True)
class ExportTarget:
    """A language: how its files end, and what writes one of a question."""

    suffix: str
    write: Callable[[Question, Settings | None, Formulas], str]
    trains: bool = True
    """Whether a file may hold a training loop."""


def _python(name: str) -> Callable[[Question, Settings | None, Formulas], str]:
    def made(question: Question, settings: Settings | None, formulas: Formulas) -> str:
        from gradcli.export.planning import planned
        from gradcli.export.python_code import library, write

        target = library(name)
        return write(planned(question, target.language.says, settings), target)

    return made


def _c(question: Question, settings: Settings | None, formulas: Formulas) -> str:
    from gradcli.export.c_code import write
    from gradcli.export.c_language import SYNTAX
    from gradcli.export.planning import planned

    return write(planned(question, SYNTAX.says, settings))


def _js(question: Question, settings: Settings | None, formulas: Formulas) -> str:
    from gradcli.export.js_code import SYNTAX, write
    from gradcli.export.planning import planned

    return write(planned(question, SYNTAX.says, settings))


def _latex(question: Question, settings: Settings | None, formulas: Formulas) -> str:
    from gradcli.export.latex_code import write

    return write(question, formulas())


TARGETS = {
    "numpy": ExportTarget(".py", _python("numpy")),
    "jax": ExportTarget(".py", _python("jax")),
    "torch": ExportTarget(".py", _python("torch")),
    "c": ExportTarget(".c", _c),
    "js": ExportTarget(".js", _js),
    "latex": ExportTarget(".tex", _latex, trains=False),
}


def chosen_target(to: str, output: str = "") -> ExportTarget:
    """The target that --to names, or else the one whose files end as `output`.

    UsageError for one that is not there, for a suffix that says another, and where neither says.
    """
    suffix = os.path.splitext(output)[1].lower()
    meant = [name for name, target in TARGETS.items() if target.suffix == suffix]
    if not to:
        if len(meant) == 1:
            return TARGETS[meant[0]]
        what = f"{output} may be {joined(meant, 'or')}" if meant else "export to what?"
        raise UsageError(what, hint=f"write --to {joined(meant or TARGETS, 'or')}")
    if to not in TARGETS:
        hint = nearest(to, TARGETS) or f"it is {joined(TARGETS, 'or')}"
        raise UsageError(f"--to {to}: there is no such target", hint=hint)
    if meant and to not in meant:
        raise UsageError(
            f"{output} ends as {meant[0]} does, and --to says {to}",
            hint=f"leave --to out, or end the name in {TARGETS[to].suffix}",
        )
    return TARGETS[to]
