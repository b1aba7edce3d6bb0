"""What all verbs share on the command line: a function that makes a Report becomes a command."""

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any

import typer

from gradcli.arguments import Number, Verb, Verbs
from gradcli.clicking import ClickException
from gradcli.errors import GradError, UsageError
from gradcli.hosts import ALONE, Hosts, hosts, together
from gradcli.options import Color, Digits, Format, Json, Output, Pager, Quiet, Theme

if TYPE_CHECKING:
    from gradcli.report import Report

app = typer.Typer(
    name="gradcli",
    cls=Verbs,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

OUT_OF_MEMORY = GradError(
    "there is not enough memory for arrays as large as these", hint="make them smaller"
)

BROKEN = (GradError, ClickException, MemoryError, ImportError)
"""What can go wrong, each with a few lines and an exit code."""


def known(error: Exception) -> GradError:
    """What is BROKEN, as an error with its words and exit code."""
    if isinstance(error, GradError):
        return error
    if isinstance(error, ClickException):
        return UsageError(error.format_message())
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    # Also a library that is there is not loaded where there is no room for it.
    reason = (str(error).strip().splitlines() or [""])[-1].removeprefix("Original error was: ")
    return GradError(
        f"a library cannot be loaded: {reason}", hint="free some memory, or else reinstall gradcli"
    )


def printed(
    verb_name: str,
    make: Callable[[], "Report"],
    format: Format = "",
    json: Json = False,
    output: Output = "",
    digits: Digits = None,
    color: Color = "",
    theme: Theme = "auto",
    pager: Pager = "auto",
    quiet: Quiet = False,
    written: bool = False,
) -> None:
    """Makes the report of a verb and emits it; the exit code is the report's, or the error's.

    What is `written` is a text, whose format the verb itself has chosen.
    """
    from gradcli.report import check_pager, check_theme, choose_color, chosen_format, complain, emit

    try:
        color = _color(color)
        choose_color(color)
        digits = _digits(digits)
        check_theme(theme)
        check_pager(pager)
        if json and format not in ("", "json"):
            raise UsageError(
                f"--json and --format {format} exclude each other", hint="leave one of them out"
            )
        format = "json" if json else format
        chosen = "" if written else chosen_format(format, output, verb_name)
        report = make()
        if output:
            from gradcli.data.atomic import atomic_text

            with atomic_text(output) as stream:
                emit(
                    report, format=chosen, stream=stream, output=output, digits=digits, color=color,
                    theme=theme, quiet=quiet,
                )  # fmt: skip
        else:
            emit(
                report, format=chosen, digits=digits, color=color, theme=theme, pager=pager,
                quiet=quiet,
            )  # fmt: skip
    except BROKEN as error:
        problem = known(error)
        hosts().speak()
        complain(problem, color or "auto")
        hosts().leave(problem.exit_code)
        raise typer.Exit(problem.exit_code) from None
    raise typer.Exit(report.exit_code)


def _color(option: str) -> str:
    """What --color says, else GRADCLI_COLOR, else auto."""
    chosen = option or os.environ.get("GRADCLI_COLOR") or "auto"
    if chosen not in ("auto", "always", "never"):
        name = f"--color {chosen}" if option else f"GRADCLI_COLOR={chosen}"
        hint = f"write {'--color ' if option else 'GRADCLI_COLOR='}never, always or auto"
        raise UsageError(f"{name}: there is no such choice", hint=hint)
    return chosen


def _digits(option: int | None) -> int:
    """What --digits says, else GRADCLI_DIGITS, else 6."""
    if option is not None:
        return option
    return int(Number("GRADCLI_DIGITS", 6, 1, 17)(os.environ.get("GRADCLI_DIGITS") or 6))


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The options and arguments that a function declares for the command line."""
    names = inspect.signature(function).parameters.values()
    return [
        p.replace(
            annotation=p.annotation,
            kind=inspect.Parameter.KEYWORD_ONLY,
        )
        for p in names
        if p.name not in ("make", "verb_name", "written")
    ]


def verb(name: str, written: bool = False) -> Callable[[Callable[..., "Report"]], None]:
    """Makes a command of a function that returns a Report, with the options of `printed`.

    One whose report is a text that is `written` as it is has no options of formats, and says itself
    which `output` it takes.
    """
    printing = [p for p in _parameters(printed) if not written or p.name == "color"]

    def register(function: Callable[..., "Report"]) -> None:
        @wraps(function)
        def command(**values: Any) -> None:
            how = {p.name: values.pop(p.name) for p in printing}
            held = values if written else how
            if held["output"] == "-":  # where it goes anyway
                held["output"] = ""
            if written:
                how |= {"output": values["output"], "written": True}
            try:
                if "engine" in values:
                    values["engine"] = _engine(values["engine"])
                found = _joined(values, how) if values.get("engine") == "jax" else ALONE
            except GradError as error:
                from gradcli.report import complain

                complain(error, how["color"])
                raise typer.Exit(error.exit_code) from None

            def make() -> "Report":
                if how["output"] or values.get("save"):
                    from gradcli.question.overwriting import refuse_overwriting

                    others = {name: v for name, v in values.items() if name != "output"}
                    refuse_overwriting(how["output"], others)
                if sum(map(reads_standard_input, _words(values))) > 1:
                    from gradcli.question.overwriting import refuse_two_readers

                    refuse_two_readers(values)
                return function(**values)

            with together(found):
                printed(name, make, **how)

        parameters = [*_parameters(function), *printing]
        command.__dict__["__signature__"] = inspect.Signature(parameters)
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        app.command(name, cls=Verb)(command)

    return register


def _engine(option: str) -> str:
    """What --engine says, else GRADCLI_ENGINE, else numpy."""
    chosen = os.environ.get("GRADCLI_ENGINE", "")
    if option or not chosen:
        return option or "numpy"
    from gradcli.learn.settings import refuse_engine

    refuse_engine(chosen, f"GRADCLI_ENGINE={chosen}")
    return chosen


def _joined(values: dict[str, Any], how: dict[str, Any]) -> Hosts:
    """The processes that run this command, once all are there; the first reports and saves."""
    from gradcli.learn.settings import refuse_engine
    from gradcli.run.jax import process, processes

    if processes() == 1:
        return ALONE
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before JAX: of its log, why it aborts
    refuse_engine("jax")
    # The library of their connections greets on standard output, when it likes.
    own = os.dup(1)
    nothing = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    os.dup2(nothing.fileno(), 1)
    sys.stdout = open(own, "w", encoding=sys.stdout.encoding)  # noqa: SIM115
    heard = sys.stderr

    def complain(error: GradError) -> None:
        from gradcli.report import complain

        complain(error, how["color"])

    from gradcli.run.jax.joining import join

    found = join(complain, heard)
    if process():
        values["save"] = how["output"] = ""
        sys.stdout = sys.stderr = nothing
    return found


def _words(values: dict[str, Any]) -> Iterator[str]:
    """Everything that was typed as a text."""
    for value in values.values():
        yield from [value] if isinstance(value, str) else value if isinstance(value, list) else ()


def reads_standard_input(word: str) -> bool:
    """Whether a word of a command line means standard input."""
    return word == "-" or word.endswith(("@-", "/stdin", "/fd/0"))
