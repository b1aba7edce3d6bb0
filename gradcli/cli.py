"""The command line: one thin function a verb. What is imported here costs every start."""

import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gradcli import __version__
from gradcli.arguments import Told, Verb, Verbs, number
from gradcli.clicking import ClickException
from gradcli.errors import GradError, UsageError
from gradcli.report import FORMATS
from gradcli.words import joined

if TYPE_CHECKING:
    from gradcli.question.question import Question
    from gradcli.report import Report

# One thread does the small arrays of a formula faster than many; NumPy reads this when it loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


app = typer.Typer(
    name="gradcli",
    cls=Verbs,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

SourceText = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="a program, a .grad file, the name of a sample, or - for standard input",
    ),
]
Values = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help='x=2, "w=[1,2]", W=@w.csv')
]
RangedValues = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME=VALUE]...", help='x=2, "w=[1,2]", W=@w.csv, x=-3:3, x=-3:3:9'),
]
Of = Annotated[str, typer.Option(metavar="NODE", help="the node to take as output")]
Wrt = Annotated[str, typer.Option(metavar="a,b", help="the nodes to differentiate by")]
Data = Annotated[
    list[str] | None, typer.Option(metavar="FILE", help="a .csv, .tsv or .npz file, or NAME=x.npy")
]
Missing = Annotated[
    str, typer.Option(metavar="HOW", help="cells without a value: error, drop or mean")
]
Params = Annotated[str, typer.Option(metavar="FILE", help="values: a checkpoint, a report, JSON")]
Seed = Annotated[int, number("--seed", 7, 0, metavar="N", help="of everything random")]
Format = Annotated[str, typer.Option(metavar="NAME", help=joined(FORMATS, "or"))]
Json = Annotated[bool, typer.Option("--json", help="short for --format json")]
Output = Annotated[
    str, typer.Option("-o", "--output", metavar="FILE", help="write there, by its suffix")
]
Digits = Annotated[int, number("--digits", 6, 1, 17, metavar="N", help="in tables, 1 to 17")]
Color = Annotated[str, typer.Option(metavar="WHEN", help="auto, always or never")]
Theme = Annotated[str, typer.Option(metavar="NAME", help="of pictures: auto, light or dark")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="print only the answer")]


OUT_OF_MEMORY = GradError(
    "there is not enough memory for arrays as large as these", hint="make them smaller"
)

BROKEN = (GradError, ClickException, MemoryError, ImportError)
"""What can go wrong, each with a few lines and an exit code."""


def _known(error: Exception) -> GradError:
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
    digits: Digits = 6,
    color: Color = "auto",
    theme: Theme = "auto",
    quiet: Quiet = False,
) -> None:
    """Makes the report of a verb and emits it; the exit code is the report's, or the error's."""
    from gradcli.report import check_theme, chosen_format, complain, emit

    try:
        if color not in ("auto", "always", "never"):
            raise UsageError(
                f"--color {color}: there is no such choice",
                hint="write --color never, always or auto",
            )
        check_theme(theme)
        if json and format not in ("", "json"):
            raise UsageError(
                f"--json and --format {format} exclude each other", hint="leave one of them out"
            )
        chosen = chosen_format("json" if json else format, output, verb_name)
        report = make()
        if output:
            from gradcli.data.atomic import atomic_text

            with atomic_text(output) as stream:
                emit(
                    report, format=chosen, stream=stream, output=output, digits=digits, color=color,
                    theme=theme, quiet=quiet,
                )  # fmt: skip
        else:
            emit(report, format=chosen, digits=digits, color=color, theme=theme, quiet=quiet)
    except BROKEN as error:
        known = _known(error)
        complain(known, color)
        raise typer.Exit(known.exit_code) from None
    raise typer.Exit(report.exit_code)


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The options and arguments that a function declares for the command line."""
    names = inspect.signature(function).parameters.values()
    return [
        p.replace(
            annotation=p.annotation,
            kind=inspect.Parameter.KEYWORD_ONLY,
        )
        for p in names
        if p.name not in ("make", "verb_name")
    ]


def verb(name: str) -> Callable[[Callable[..., "Report"]], None]:
    """Makes a command of a function that returns a Report, with the options of `printed`."""
    printing = _parameters(printed)

    def register(function: Callable[..., "Report"]) -> None:
        @wraps(function)
        def command(**values: Any) -> None:
            how = {p.name: values.pop(p.name) for p in printing}
            if how["output"] == "-":  # where it goes anyway
                how["output"] = ""

            def make() -> "Report":
                if how["output"] or values.get("save"):
                    from gradcli.question.overwriting import refuse_overwriting

                    refuse_overwriting(how["output"], values)
                if sum(map(_reads_standard_input, _words(values))) > 1:
                    from gradcli.question.overwriting import refuse_two_readers

                    refuse_two_readers(values)
                return function(**values)

            printed(name, make, **how)

        parameters = [*_parameters(function), *printing]
        command.__dict__["__signature__"] = inspect.Signature(parameters)
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        app.command(name, cls=Verb)(command)

    return register


def _words(values: dict[str, Any]) -> Iterator[str]:
    """Everything that was typed as a text."""
    for value in values.values():
        yield from [value] if isinstance(value, str) else value if isinstance(value, list) else ()


def _reads_standard_input(word: str) -> bool:
    return word == "-" or word.endswith(("@-", "/stdin", "/fd/0"))


def asked(source: str, values: list[str] | None, quiet: bool = False, **options: Any) -> "Question":
    """The question, after the notes on how it was understood, unless `quiet`."""
    from gradcli.question.question import ask

    question = ask(source, values or [], **options)
    if question.notes and not quiet:
        from gradcli.report import note

        for text in question.notes:
            note(text)
    question.tell = _say
    return question


def _say(text: str) -> None:
    from gradcli.report import note

    note(text)


@verb("eval")
def eval_verb(
    source: SourceText,
    values: RangedValues = None,
    of: Of = "",
    data: Data = None,
    missing: Missing = "error",
    params: Params = "",
    per_row: Annotated[
        bool, typer.Option("--per-row", help="a row a data row, class names put back")
    ] = False,
    units: Annotated[
        str, typer.Option(metavar="NAME", help="the output in the units of a standardized column")
    ] = "",
    errors: Annotated[
        bool, typer.Option("--errors", help="how sure the output is, by the fit of --params")
    ] = False,
    interval: Annotated[
        float | None,
        number("--interval", 0.95, metavar="P", help="with the bands that hold it so probably"),
    ] = None,
    seed: Seed = 0,
) -> "Report":
    """Evaluate a formula, node by node.

    Example: gradcli eval "(a+b)*(b+1)" a=2 b=1
    """
    kind = "--per-row" if per_row else "--units" if units else ""
    kind = kind or ("--errors" if errors or interval is not None else "")
    question = asked(
        source, values, of=of, data=data or [], params=params, seed=seed, missing=missing,
        one_value=kind, measured=True,
    )  # fmt: skip
    if question.ranges:
        from gradcli.verbs.ranged import ranged

        return ranged(question)
    given_back = sure = None
    if errors or interval is not None or question.errors:
        if units:
            hint = "ask for one of them"
            raise UsageError("errors are not given back in the --units of a column", hint=hint)
        from gradcli.verbs.uncertainty import uncertainty

        sure = uncertainty(question, interval)
    if units:
        from gradcli.question.units import units as units_of

        given_back = units_of(question, units)
    elif question.trained.scales:
        from gradcli.question.units import told
        from gradcli.report import note

        if text := told(question):
            note(text)
    if per_row:
        from gradcli.verbs.per_row import per_row as rows

        return rows(question, given_back, sure)
    from gradcli.verbs.evaluate import evaluate

    return evaluate(question, given_back, sure)


@verb("grad")
def grad_verb(
    source: SourceText,
    values: RangedValues = None,
    of: Of = "",
    wrt: Wrt = "",
    jacobian: Annotated[bool, typer.Option("--jacobian", help="of an output of any shape")] = False,
    hessian: Annotated[bool, typer.Option("--hessian", help="second derivatives")] = False,
    symbolic: Annotated[bool, typer.Option("--symbolic", help="as formulas, too")] = False,
    per_row: Annotated[
        bool, typer.Option("--per-row", help="of each data row, by that row's entries")
    ] = False,
    by_depth: Annotated[
        bool, typer.Option("--by-depth", help="how large it is, deeper and deeper in the graph")
    ] = False,
    data: Data = None,
    missing: Missing = "error",
    params: Params = "",
    seed: Seed = 0,
) -> "Report":
    """Differentiate the output by every node: reverse mode.

    Example: gradcli grad "e = r*s; r = a+b; s = b+1" a=2 b=1
    """
    kinds = {
        "--jacobian": jacobian, "--hessian": hessian, "--symbolic": symbolic,
        "--per-row": per_row, "--by-depth": by_depth,
    }  # fmt: skip
    chosen = [kind for kind, given in kinds.items() if given]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} exclude each other", hint="ask for one of them")
    kind = "".join(chosen)
    question = asked(
        source, values, of=of, wrt=wrt, data=data or [], params=params, seed=seed,
        missing=missing, one_value=kind,
    )  # fmt: skip
    if question.ranges:
        from gradcli.verbs.ranged import ranged

        return ranged(question, backward=True)
    if jacobian or hessian:
        from gradcli.verbs.jacobian import hessian_report, jacobian_report

        return hessian_report(question) if hessian else jacobian_report(question)
    if by_depth:
        from gradcli.verbs.depths import by_depth as sizes_by_depth

        return sizes_by_depth(question)
    if symbolic:
        from gradcli.verbs.symbolic import symbolic as with_formulas

        return with_formulas(question)
    if per_row:
        from gradcli.verbs.row_gradients import row_gradients

        return row_gradients(question)
    from gradcli.verbs.grad import grad

    return grad(question)


@verb("trace")
def trace_verb(
    source: SourceText,
    values: Values = None,
    of: Of = "",
    wrt: Wrt = "",
    node: Annotated[
        str,
        typer.Option(
            "--node", metavar="NODE", help="what concerns this node alone: every path to it"
        ),
    ] = "",
    data: Data = None,
    missing: Missing = "error",
    params: Params = "",
    seed: Seed = 0,
) -> "Report":
    """Explain every step of the forward and the backward pass.

    Example: gradcli trace "e = r*s; r = a+b; s = b+1" a=2 b=1
    """
    from gradcli.verbs.trace import trace

    question = asked(
        source, values, of=of, wrt=wrt, data=data or [], params=params, seed=seed,
        missing=missing, one_value="trace",
    )  # fmt: skip
    return trace(question, node)


@verb("check")
def check_verb(
    source: SourceText,
    values: Values = None,
    claim: Annotated[
        list[str] | None,
        typer.Option(metavar='"NAME = FORMULA"', help="a derivative of yours: what ∂e/∂NAME is"),
    ] = None,
    of: Of = "",
    wrt: Wrt = "",
    rtol: Annotated[float, number("--rtol", 1e-6, metavar="R", help="relative tolerance")] = 1e-6,
    atol: Annotated[float, number("--atol", 1e-9, metavar="A", help="absolute tolerance")] = 1e-9,
    order: Annotated[int, number("--order", 2, metavar="N", help="2 checks the Hessian")] = 1,
    step: Annotated[
        float | None,
        number("--step", 1e-5, metavar="H", help="the plain central difference at H"),
    ] = None,
    points: Annotated[
        int | None,
        number(
            "--points",
            20,
            metavar="N",
            help="random points to try [default: 20]; near the given values, where all have one",
        ),
    ] = None,
    range: Annotated[str, typer.Option(metavar="LOW:HIGH", help="where they lie")] = "-5:5",
    shape: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=SIZES", help="of a variable without a value: W=3,4"),
    ] = None,
    data: Data = None,
    missing: Missing = "error",
    params: Params = "",
    seed: Seed = 0,
) -> "Report":
    """Compare the gradient, or a derivative of yours, with numbers.

    Example: gradcli check "(a+b)*(b+1)" --claim "a = b+1" --claim "b = a+2*b+1"
    """
    from gradcli.verbs.check import CheckOptions, check

    settings = CheckOptions(rtol, atol, order, step, points, range)
    settings.validate()
    question = asked(
        source, values, of=of, wrt=wrt, data=data or [], params=params, seed=seed,
        missing=missing, guess=True, shape=shape or [], one_value="check",
    )  # fmt: skip
    return check(question, settings, claim or [])


@verb("descend")
def descend_verb(
    source: SourceText,
    values: Values = None,
    of: Of = "",
    wrt: Wrt = "",
    lr: Annotated[
        str | None, typer.Option(metavar="RATE", help="0.001; several, as 0.1,0.01, are a sweep")
    ] = None,
    steps: Annotated[
        int | None,
        number("--steps", 1000, metavar="N", help="the most steps [default: 100000]"),
    ] = None,
    tol: Annotated[
        float | None,
        number("--tol", 1e-6, metavar="T", help="of the largest gradient entry [default: 1e-06]"),
    ] = None,
    optimizer: Annotated[
        str,
        typer.Option(
            metavar="NAME[:option=value,…]",
            help="sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, lbfgs, newton, lm",
        ),
    ] = "sgd",
    schedule: Annotated[
        str,
        typer.Option(
            metavar="NAME[:option=value,…]",
            help="constant, step, exponential, inverse_time, linear, cosine, warmup_cosine,"
            " plateau",
        ),
    ] = "constant",
    line_search: Annotated[
        bool, typer.Option("--line-search", help="as far along the gradient as pays")
    ] = False,
    clip: Annotated[
        float | None,
        number("--clip", 1.0, metavar="NORM", help="the most that a gradient may measure"),
    ] = None,
    restarts: Annotated[
        int | None,
        number("--restarts", 10, metavar="N", help="from so many random starts"),
    ] = None,
    range: Annotated[str, typer.Option(metavar="LOW:HIGH", help="of random starts")] = "-5:5",
    trace: Annotated[bool, typer.Option("--trace", help="a row a step")] = False,
    every: Annotated[
        int | None,
        number("--every", 100, metavar="N", help="of --trace, every N-th row"),
    ] = None,
    data: Data = None,
    epochs: Annotated[
        int | None,
        number("--epochs", 100, metavar="N", help="passes over the data [default: 100]"),
    ] = None,
    batch_size: Annotated[
        int | None,
        number("--batch-size", 32, metavar="M", help="rows a step [default: all]"),
    ] = None,
    holdout: Annotated[
        float | None,
        number("--holdout", 0.2, metavar="PART", help="of the rows, only to judge by"),
    ] = None,
    validate: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="data only to judge by")
    ] = None,
    patience: Annotated[
        int | None,
        number("--patience", 10, metavar="N", help="epochs without a lower loss, then stop"),
    ] = None,
    standardize: Annotated[
        str, typer.Option(metavar="X,Z", help="data to bring to mean 0 and deviation 1")
    ] = "",
    sweep: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=V1,V2", help="of a setting or a const; several make a grid"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="a grid of more than 10,000 descents")] = False,
    maximize: Annotated[
        bool, typer.Option("--maximize", help="the output: minimise its negative")
    ] = False,
    fix: Annotated[str, typer.Option(metavar="a,b", help="parameters to hold still")] = "",
    errors: Annotated[
        bool, typer.Option("--errors", help="the parameters' standard errors; lm has them always")
    ] = False,
    missing: Missing = "error",
    params: Params = "",
    save: Annotated[
        str, typer.Option(metavar="FILE", help="parameters and state, JSON or NPZ")
    ] = "",
    resume: Annotated[str, typer.Option(metavar="FILE", help="go on from a --save")] = "",
    seed: Seed = 0,
) -> "Report":
    """Minimise a function, or fit a model to data.

    Example: gradcli descend rosenbrock --lr 0.001
    """
    import gc

    from gradcli.learn.optimizers import parse_optimizer
    from gradcli.question.question import names_in
    from gradcli.verbs.descend import Options, descend

    gc.enable()  # a long run, unlike a short one, makes garbage
    options = Options(
        lr, steps, tol, optimizer, schedule, line_search, clip, restarts, range, trace, every,
        epochs, batch_size, holdout, patience, names_in(standardize, "--standardize"), save,
        resume, seed, errors, names_in(fix, "--fix"), maximize, sweep or [],
        yes,
    )  # fmt: skip

    def ask(given: list[str], quiet: bool = False) -> "Question":
        return asked(
            source, given, of=of, wrt=wrt, data=data or [], params=params, seed=seed,
            missing=missing, descent=parse_optimizer(optimizer).name, one_value="descend",
            quiet=quiet,
        )  # fmt: skip

    def again(consts: Mapping[str, float]) -> "Question":
        others = [each for each in values or [] if each.partition("=")[0].strip() not in consts]
        return ask([*others, *(f"{name}={value!r}" for name, value in consts.items())], True)

    question = ask(values or [])
    frame = None
    if validate:
        from gradcli.question.question import held_out

        frame = held_out(question, validate)
    return descend(question, options, frame, again)


@verb("samples")
def samples_verb(
    name: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]", help="print this one")
    ] = None,
) -> "Report":
    """List the named functions and models, or print one.

    Example: gradcli samples rosenbrock
    """
    from gradcli.verbs.samples import samples

    one, *more = name or [""]
    if more:
        raise UsageError(f"samples prints one program, not {len(more) + 1}", hint="name one")
    return samples(one)


def _version(wanted: bool) -> None:
    if wanted:
        raise Told(f"gradcli {__version__}\n")


@app.callback()
def gradcli(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """A command-line gradient workbench: evaluate, differentiate, explain, check and descend
    formulas.

    Example: gradcli grad "(a+b)*(b+1)" a=2 b=1
    """


def main() -> None:
    """Runs the command line; every error is a few lines and an exit code, never a traceback."""
    try:
        try:
            code = app(standalone_mode=False, prog_name="gradcli")
        except Told as told:
            from gradcli.report import Report, emit

            emit(Report(command="help", columns=[], rows=[], text=told.text))
            code = 0
    except typer.Abort:  # Ctrl-C
        code = 130
    except BROKEN as error:
        from gradcli.report import complain

        known = _known(error)
        complain(known)
        code = known.exit_code
    sys.exit(code)
