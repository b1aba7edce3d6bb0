"""The command line: one thin function a verb. What is imported here costs every start."""

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gradcli import __version__, options
from gradcli.arguments import Told, Verb, verb_help
from gradcli.commands import BROKEN, app, known, reads_standard_input, verb
from gradcli.errors import UsageError

if TYPE_CHECKING:
    from gradcli.data.corpus import TextOptions
    from gradcli.question.question import Question
    from gradcli.report import Report

# One thread does the small arrays of a formula faster than many; NumPy reads this when it loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def asked(source: str, values: list[str] | None, quiet: bool = False, **options: Any) -> "Question":
    """The question, after the notes on how it was understood, unless `quiet`."""
    from gradcli.question.question import ask

    question = ask(source, values or [], **options)
    if question.notes and not quiet:
        from gradcli.report import note

        for text in question.notes:
            note(text)
    question.tell, question.owns_process = _say, True
    return question


def _words(window: int | None, lower: bool, min_count: int | None) -> "TextOptions | None":
    """How the words of a text are read, where that was said."""
    if window is None and not lower and min_count is None:
        return None
    from gradcli.data.corpus import TextOptions

    return TextOptions(window, lower, min_count)


def _say(text: str) -> None:
    from gradcli.report import note

    note(text)


def kept(keep: str, per_row: bool) -> list[str]:
    """The columns that --keep names."""
    if not keep:
        return []
    from gradcli.question.assignments import names_in

    if not per_row:
        raise UsageError("--keep goes with --per-row", hint="add --per-row")
    return names_in(keep, "--keep")


@verb("eval")
def eval_verb(
    source: options.SourceText,
    values: options.RangedValues = None,
    of: options.Of = "",
    data: options.Data = None,
    missing: options.Missing = "error",
    window: options.Window = None,
    lower: options.Lower = False,
    min_count: options.MinCount = None,
    params: options.Params = "",
    per_row: options.EvalPerRow = False,
    keep: options.Keep = "",
    units: options.Units = "",
    errors: options.Errors = False,
    interval: options.Interval = None,
    seed: options.Seed = 0,
) -> "Report":
    """Evaluate a formula, node by node.

    Example: gradcli eval "(a+b)*(b+1)" a=2 b=1
    """
    columns = kept(keep, per_row)
    kind = "--per-row" if per_row else "--units" if units else ""
    kind = kind or ("--errors" if errors or interval is not None else "")
    question = asked(
        source, values, of=of, data=data or [], params=params, seed=seed, missing=missing,
        words=_words(window, lower, min_count), one_value=kind, measured=True,
    )  # fmt: skip
    if question.ranges:
        from gradcli.verbs.ranged import ranged

        return ranged(question)
    given_back = sure = None
    if errors or interval is not None or question.errors:
        from gradcli.verbs.uncertainty import uncertainty

        sure = uncertainty(question, interval)
    if units:
        from gradcli.question.units import units as units_of

        given_back = units_of(question, units)
        sure = sure and sure.in_units(given_back)
    elif question.trained.scales:
        from gradcli.question.units import told
        from gradcli.report import note

        if text := told(question):
            note(text)
    if per_row:
        from gradcli.verbs.per_row import per_row as rows

        return rows(question, given_back, sure, columns)
    from gradcli.verbs.evaluate import evaluate

    return evaluate(question, given_back, sure)


@verb("grad")
def grad_verb(
    source: options.SourceText,
    values: options.RangedValues = None,
    of: options.Of = "",
    wrt: options.Wrt = "",
    jacobian: options.Jacobian = False,
    hessian: options.Hessian = False,
    symbolic: options.Symbolic = False,
    expand: options.Expand = False,
    sympy: options.Sympy = False,
    shape: options.Shape = None,
    per_row: options.GradPerRow = False,
    keep: options.Keep = "",
    by_depth: options.ByDepth = False,
    data: options.Data = None,
    missing: options.Missing = "error",
    window: options.Window = None,
    lower: options.Lower = False,
    min_count: options.MinCount = None,
    params: options.Params = "",
    seed: options.Seed = 0,
) -> "Report":
    """Differentiate the output by every node: reverse mode.

    Example: gradcli grad "e = r*s; r = a+b; s = b+1" a=2 b=1
    """
    kinds = {
        "--jacobian": jacobian, "--hessian": hessian, "--symbolic": symbolic,
        "--per-row": per_row, "--by-depth": by_depth,
    }  # fmt: skip
    chosen = [kind for kind, given in kinds.items() if given]
    others = [kind for kind in chosen if kind != "--symbolic"]
    clash = others if len(others) > 1 else [] if jacobian or hessian else chosen
    if len(clash) > 1:
        raise UsageError(f"{' and '.join(clash)} exclude each other", hint="ask for one of them")
    of_formulas = {"--expand": expand, "--sympy": sympy, "--shape": shape}
    for option in [] if symbolic else [name for name, given in of_formulas.items() if given]:
        raise UsageError(f"{option} goes with --symbolic", hint=f"add --symbolic to {option}")
    kind = " ".join(chosen)
    columns = kept(keep, per_row)
    question = asked(
        source, values, of=of, wrt=wrt, data=data or [], params=params, seed=seed,
        missing=missing, words=_words(window, lower, min_count), one_value=kind,
        guess=symbolic, shape=shape or [],
    )  # fmt: skip
    if question.ranges:
        from gradcli.verbs.ranged import ranged

        return ranged(question, backward=True)
    if symbolic:
        from gradcli.verbs.symbolic import hessian_formulas, jacobian_formulas
        from gradcli.verbs.symbolic import symbolic as with_formulas

        make = hessian_formulas if hessian else jacobian_formulas if jacobian else with_formulas
        return make(question, expand, sympy)
    if jacobian or hessian:
        from gradcli.verbs.jacobian import hessian_report, jacobian_report

        return hessian_report(question) if hessian else jacobian_report(question)
    if by_depth:
        from gradcli.verbs.depths import by_depth as sizes_by_depth

        return sizes_by_depth(question)
    if per_row:
        from gradcli.verbs.row_gradients import row_gradients

        return row_gradients(question, columns)
    from gradcli.verbs.grad import grad

    return grad(question)


@verb("trace")
def trace_verb(
    source: options.SourceText,
    values: options.Values = None,
    of: options.Of = "",
    wrt: options.Wrt = "",
    node: options.Node = "",
    data: options.Data = None,
    missing: options.Missing = "error",
    window: options.Window = None,
    lower: options.Lower = False,
    min_count: options.MinCount = None,
    params: options.Params = "",
    seed: options.Seed = 0,
) -> "Report":
    """Explain every step of the forward and the backward pass.

    Example: gradcli trace "e = r*s; r = a+b; s = b+1" a=2 b=1
    """
    from gradcli.verbs.trace import trace

    question = asked(
        source, values, of=of, wrt=wrt, data=data or [], params=params, seed=seed,
        missing=missing, words=_words(window, lower, min_count), one_value="trace",
    )  # fmt: skip
    return trace(question, node)


@verb("check")
def check_verb(
    source: options.SourceText,
    values: options.Values = None,
    claim: options.Claim = None,
    of: options.Of = "",
    wrt: options.Wrt = "",
    rtol: options.Rtol = 1e-6,
    atol: options.Atol = 1e-9,
    order: options.Order = 1,
    step: options.Step = None,
    points: options.Points = None,
    range: options.PointRange = "-5:5",
    shape: options.Shape = None,
    data: options.Data = None,
    missing: options.Missing = "error",
    window: options.Window = None,
    lower: options.Lower = False,
    min_count: options.MinCount = None,
    params: options.Params = "",
    seed: options.Seed = 0,
) -> "Report":
    """Compare the gradient, or a derivative of yours, with numbers.

    Example: gradcli check "(a+b)*(b+1)" --claim "a = b+1" --claim "b = a+2*b+1"
    """
    from gradcli.verbs.check import CheckOptions, check

    settings = CheckOptions(rtol, atol, order, step, points, range)
    settings.validate()
    question = asked(
        source, values, of=of, wrt=wrt, data=data or [], params=params, seed=seed,
        missing=missing, words=_words(window, lower, min_count), guess=True, shape=shape or [],
        one_value="check",
    )  # fmt: skip
    return check(question, settings, claim or [])


@verb("descend")
def descend_verb(
    source: options.SourceText,
    values: options.Values = None,
    of: options.Of = "",
    wrt: options.Wrt = "",
    lr: options.Rate = None,
    steps: options.Steps = None,
    tol: options.Tolerance = None,
    optimizer: options.Optimizer = "sgd",
    schedule: options.Schedule = "constant",
    line_search: options.LineSearch = False,
    clip: options.Clip = None,
    restarts: options.Restarts = None,
    range: options.StartRange = "-5:5",
    trace: options.Trace = False,
    every: options.Every = None,
    batches: options.Batches = False,
    data: options.Data = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    holdout: options.Holdout = None,
    validate: options.Validate = None,
    patience: options.Patience = None,
    standardize: options.Standardize = "",
    sweep: options.Sweep = None,
    folds: options.Folds = None,
    jobs: options.Jobs = None,
    yes: options.Yes = False,
    maximize: options.Maximize = False,
    resample: options.Resample = False,
    fix: options.Fix = "",
    errors: options.FitErrors = False,
    sigma: options.Sigma = "",
    missing: options.Missing = "error",
    window: options.Window = None,
    lower: options.Lower = False,
    min_count: options.MinCount = None,
    params: options.Params = "",
    save: options.Save = "",
    resume: options.Resume = "",
    engine: options.Engine = "",
    seed: options.Seed = 0,
) -> "Report":
    """Minimise a function, or fit a model to data.

    Example: gradcli descend rosenbrock --lr 0.001
    """
    import gc

    from gradcli.learn.optimizers import parse_optimizer
    from gradcli.question.assignments import names_in
    from gradcli.verbs.descend import Options, descend

    gc.enable()  # a long run, unlike a short one, makes garbage
    chosen = Options(
        lr, steps, tol, optimizer, schedule, line_search, clip, restarts, range, trace, every,
        epochs, batch_size, holdout, patience, names_in(standardize, "--standardize"), save,
        resume, seed, errors, names_in(fix, "--fix"), maximize, sweep or [],
        yes, batches, sigma, folds, jobs, resample, engine,
    )  # fmt: skip

    def ask(given: list[str], quiet: bool = False) -> "Question":
        return asked(
            source, given, of=of, wrt=wrt, data=data or [], params=params, seed=seed,
            missing=missing, words=_words(window, lower, min_count),
            descent=parse_optimizer(optimizer).name, one_value="descend", quiet=quiet, sigma=sigma,
        )  # fmt: skip

    def again(consts: Mapping[str, float]) -> "Question":
        others = [each for each in values or [] if each.partition("=")[0].strip() not in consts]
        return ask([*others, *(f"{name}={value!r}" for name, value in consts.items())], True)

    question = ask(values or [])
    frame = None
    if validate:
        from gradcli.question.opening import held_out

        frame = held_out(question, validate)
    return descend(question, chosen, frame, again)


@verb("export", written=True)
def export_verb(
    source: options.SourceText,
    values: options.Values = None,
    to: options.To = "",
    output: options.WrittenTo = "",
    of: options.Of = "",
    wrt: options.Wrt = "",
    shape: options.Shape = None,
    optimizer: options.LoopOptimizer = "",
    lr: options.LoopRate = None,
    steps: options.Steps = None,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    data: options.Data = None,
    missing: options.Missing = "error",
    params: options.Params = "",
    seed: options.Seed = 0,
) -> "Report":
    """Write the program as code: NumPy, JAX, PyTorch, C, LaTeX.

    Example: gradcli export "(a+b)*(b+1)" a=2 b=1 --to c
    """
    from gradcli.export.targets import chosen_target
    from gradcli.verbs.export import LoopOptions, export

    target = chosen_target(to, output)
    question = asked(
        source, values, of=of, wrt=wrt, data=data or [], params=params, seed=seed,
        missing=missing, guess=True, shape=shape or [], one_value="export",
    )  # fmt: skip
    return export(question, target, LoopOptions(optimizer, lr, steps, epochs, batch_size))


@verb("quiz")
def quiz_verb(
    source: options.QuizSource = "",
    values: options.Values = None,
    of: options.Of = "",
    wrt: options.Wrt = "",
    first: options.First = 1,
    save: options.QuizSave = "",
    resume: options.QuizResume = "",
    sheet: options.Sheet = None,
    answers: options.Answers = False,
    shape: options.Shape = None,
    data: options.Data = None,
    missing: options.Missing = "error",
    params: options.Params = "",
    seed: options.Seed = 0,
) -> "Report":
    """Ask for each number of a trace, or write exercises.

    What has no value gets a short one. In a pipe, each line is an answer.

    Example: gradcli quiz "(a+b)*(b+1)" a=2 b=1
    """
    given: dict[str, Any] = {
        "source": source, "values": values or [], "--of": of, "--wrt": wrt, "--params": params,
        "--seed": str(seed or ""), "--shape": shape or [], "--data": data or [],
        "--missing": missing if missing != "error" else "",
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value}
    if sheet is None:
        if answers:
            raise UsageError("--answers goes with --sheet", hint="add --sheet 10")
        if resume:
            from gradcli.practice.kept import resumed

            given = resumed(resume, given)
        asked_of = [given.get(name, "") for name in ("source", "--params")]
        asked_of += [*given.get("values", ()), *given.get("--data", ())]
        if any(map(reads_standard_input, asked_of)):
            what = "standard input holds the answers, and nothing else"
            raise UsageError(what, hint="give the program and its values as files or arguments")
    elif save or resume or first != 1:
        option = "--save" if save else "--resume" if resume else "--from"
        raise UsageError(f"{option} and --sheet exclude each other", hint="leave one of them out")
    if "source" not in given:
        hint = 'write gradcli quiz "(a+b)*(b+1)" a=2 b=1'
        raise UsageError("quiz has no SOURCE", hint=hint)
    question = asked(
        given["source"], given.get("values"), of=given.get("--of", ""), wrt=given.get("--wrt", ""),
        data=given.get("--data", []), params=given.get("--params", ""),
        seed=int(given.get("--seed", 0)), missing=given.get("--missing", "error"), guess=True,
        shape=given.get("--shape", []), one_value="quiz",
    )  # fmt: skip
    if sheet is not None:
        from gradcli.practice.sheet import sheet as exercises

        return exercises(question, sheet, answers)
    from gradcli.practice.quiz import quiz

    return quiz(question, given, first, save, resume)


def one_name(verb: str, names: list[str] | None, hint: str = "name one") -> str:
    """The name that a verb was given, if any; UsageError for several."""
    one, *more = names or [""]
    if more:
        raise UsageError(f"{verb} tells of one name, not of {len(more) + 1}", hint=hint)
    return one


@verb("samples")
def samples_verb(
    name: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]", help="print this one")
    ] = None,
    search: options.Search = "",
) -> "Report":
    """List the named functions and models by lecture, or print one.

    Example: gradcli samples rosenbrock
    """
    from gradcli.verbs.samples import meant, samples

    only = one_name("samples", name, meant(name or []))
    if only and search:
        raise UsageError("--search looks through all samples", hint=f"leave {only} out")
    return samples(only, search)


@verb("functions")
def functions_verb(
    name: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]", help="tell of this one: tanh, @, where")
    ] = None,
) -> "Report":
    """List the functions of the language, or tell all about one.

    Example: gradcli functions softmax
    """
    from gradcli.verbs.reference import functions

    return functions(one_name("functions", name))


@app.command("help", cls=Verb)
def help_verb(
    ctx: typer.Context,
    topic: Annotated[
        str, typer.Argument(metavar="TOPIC", help="a verb, a function, a sample, or a topic below")
    ] = "",
    man: Annotated[bool, typer.Option("--man", help="the manual page, for man -l -")] = False,
) -> None:
    """Tell what a verb takes, or how things work.

    Topics: language, functions, formats, data, text, check, exit-codes

    Example: gradcli help language
    """
    from gradcli.verbs.help import man_page, told

    if man or not topic:
        if not man:
            raise UsageError("help has no TOPIC", hint="write gradcli help language")
        if topic:
            raise UsageError("--man is the page on everything", hint=f"leave {topic} out")
        raise Told(man_page())
    usage = verb_help(topic, ctx)
    verbs = [each.name for each in app.registered_commands if each.name]
    text, markdown = told(topic, verbs)
    raise Told(usage + "\n" * bool(usage and markdown) + text, markdown)


@app.command("completion", cls=Verb)
def completion_verb(
    shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish")],
) -> None:
    """Print the script that completes gradcli in a shell.

    For good: add source <(gradcli completion bash) to ~/.bashrc, the same with zsh to ~/.zshrc;
    in fish, gradcli completion fish > ~/.config/fish/completions/gradcli.fish

    Example: gradcli completion bash
    """
    from gradcli.completion.answer import script

    raise Told(script(shell))


def _version(wanted: bool) -> None:
    if wanted:
        raise Told(f"gradcli {__version__}\n")


@app.callback()
def gradcli(
    version: Annotated[
        bool,
        typer.Option("-V", "--version", callback=_version, is_eager=True, help="print the version"),
    ] = False,
) -> None:
    """A command-line gradient workbench: evaluate, differentiate, explain, check and descend
    formulas.

    To read up: gradcli help language, functions, formats, data, text, check or exit-codes.
    GRADCLI_FORMAT, GRADCLI_DIGITS, GRADCLI_COLOR and GRADCLI_ENGINE are defaults of the options so
    called.

    Example: gradcli grad "(a+b)*(b+1)" a=2 b=1
    """


def main() -> None:
    """Runs the command line; every error is a few lines and an exit code, never a traceback."""
    try:
        try:
            code = app(standalone_mode=False, prog_name="gradcli")
        except Told as told:
            from gradcli.report import Report, emit

            for text in filter(None, (told.text, told.markdown)):
                emit(Report("help", [], [], text=text, markdown=text is told.markdown))
            code = 0
    except typer.Abort:  # Ctrl-C
        code = 130
    except BROKEN as error:
        from gradcli.report import complain

        problem = known(error)
        complain(problem)
        code = problem.exit_code
    sys.exit(code)
