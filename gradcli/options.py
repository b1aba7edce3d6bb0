"""The options and arguments of the verbs, each with what help says of it."""

from typing import Annotated

import typer

from gradcli.arguments import number
from gradcli.report import FORMATS
from gradcli.words import joined

SourceText = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="a program, a .grad file, the name of a sample, or - for standard input",
    ),
]
Values = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME=VALUE]*", help='x=2, "w=[1,2]", W=@w.csv')
]
RangedValues = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME=VALUE]*", help='x=2, "w=[1,2]", W=@w.csv, x=-3:3, x=-3:3:9'),
]
Of = Annotated[
    str, typer.Option(metavar="NODE", help="the node to take as output, or a formula of one")
]
Wrt = Annotated[str, typer.Option(metavar="a,b", help="the nodes to differentiate by")]
Data = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE",
        help="a .csv, .tsv, .txt, .parquet, .arrow or .npz file, a folder, or NAME=x.npy",
    ),
]
Missing = Annotated[
    str, typer.Option(metavar="HOW", help="cells without a value: error, drop or mean")
]
Window = Annotated[
    int | None,
    number("--window", 2, 0, metavar="N", help="of a .txt: so many words before and after a word"),
]
Lower = Annotated[bool, typer.Option("--lower", help="of a .txt: in lower case")]
MinCount = Annotated[
    int | None,
    number("--min-count", 5, 1, metavar="N", help="of a .txt: rarer words are the class <unk>"),
]
Params = Annotated[str, typer.Option(metavar="FILE", help="values: a checkpoint, a report, JSON")]
Seed = Annotated[int, number("--seed", 7, 0, metavar="N", help="of everything random")]
Format = Annotated[str, typer.Option(metavar="NAME", help=joined(FORMATS, "or"))]
Json = Annotated[bool, typer.Option("--json", help="short for --format json")]
Output = Annotated[
    str, typer.Option("-o", "--output", metavar="FILE", help="write there, by its suffix")
]
Digits = Annotated[
    int | None,
    number("--digits", 6, 1, 17, metavar="N", help="in tables, 1 to 17 [default: 6]"),
]
Color = Annotated[str, typer.Option(metavar="WHEN", help="auto, always or never [default: auto]")]
Pager = Annotated[
    str, typer.Option(metavar="WHEN", help="for more than 200 rows: auto, always or never")
]
Theme = Annotated[str, typer.Option(metavar="NAME", help="of pictures: auto, light or dark")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="print only the answer")]

EvalPerRow = Annotated[
    bool, typer.Option("--per-row", help="a row a data row, class names put back")
]
Keep = Annotated[
    str, typer.Option(metavar="a,b", help="with --per-row: columns to carry along, or all")
]
Units = Annotated[
    str, typer.Option(metavar="NAME", help="the output in the units of a standardized column")
]
Errors = Annotated[
    bool, typer.Option("--errors", help="how sure the output is, by the fit of --params")
]
Interval = Annotated[
    float | None,
    number("--interval", 0.95, metavar="P", help="with the bands that hold it so probably"),
]
Jacobian = Annotated[bool, typer.Option("--jacobian", help="of an output of any shape")]
Hessian = Annotated[bool, typer.Option("--hessian", help="second derivatives")]
Symbolic = Annotated[
    bool, typer.Option("--symbolic", help="as formulas, too; variables need no values")
]
Sympy = Annotated[
    bool, typer.Option("--sympy", help="with --symbolic: SymPy may shorten them further")
]
Expand = Annotated[
    bool, typer.Option("--expand", help="with --symbolic: formulas of the variables alone")
]
GradPerRow = Annotated[
    bool, typer.Option("--per-row", help="of each data row, by that row's entries")
]
ByDepth = Annotated[
    bool, typer.Option("--by-depth", help="how large it is, deeper and deeper in the graph")
]
Node = Annotated[
    str,
    typer.Option("--node", metavar="NODE", help="what concerns this node alone: every path to it"),
]
Claim = Annotated[
    list[str] | None,
    typer.Option(metavar='"NAME = FORMULA"', help="a derivative of yours: what ∂e/∂NAME is"),
]
Rtol = Annotated[float, number("--rtol", 1e-6, metavar="R", help="relative tolerance")]
Atol = Annotated[float, number("--atol", 1e-9, metavar="A", help="absolute tolerance")]
Order = Annotated[int, number("--order", 2, metavar="N", help="2 checks the Hessian")]
Step = Annotated[
    float | None,
    number("--step", 1e-5, metavar="H", help="the plain central difference at H"),
]
Points = Annotated[
    int | None,
    number(
        "--points",
        20,
        metavar="N",
        help="random points to try [default: 20]; near the given values, where all have one",
    ),
]
PointRange = Annotated[str, typer.Option(metavar="LOW:HIGH", help="where they lie")]
Shape = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=SIZES", help="of a variable without a value: W=3,4"),
]
Rate = Annotated[
    str | None, typer.Option(metavar="RATE", help="0.001; several, as 0.1,0.01, are a sweep")
]
Steps = Annotated[
    int | None,
    number("--steps", 1000, metavar="N", help="the most steps [default: 100000]"),
]
Tolerance = Annotated[
    float | None,
    number("--tol", 1e-6, metavar="T", help="of the largest gradient entry [default: 1e-06]"),
]
Optimizer = Annotated[
    str,
    typer.Option(
        metavar="NAME[:option=value,…]",
        help="sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, lbfgs, newton, lm",
    ),
]
Schedule = Annotated[
    str,
    typer.Option(
        metavar="NAME[:option=value,…]",
        help="constant, step, exponential, inverse_time, linear, cosine, warmup_cosine, plateau",
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        "--engine", metavar="NAME", help="what works out the steps: numpy or jax [default: numpy]"
    ),
]
LineSearch = Annotated[
    bool, typer.Option("--line-search", help="as far along the gradient as pays")
]
Clip = Annotated[
    float | None,
    number("--clip", 1.0, metavar="NORM", help="the most that a gradient may measure"),
]
Restarts = Annotated[
    int | None,
    number("--restarts", 10, metavar="N", help="from so many random starts"),
]
StartRange = Annotated[str, typer.Option(metavar="LOW:HIGH", help="of random starts")]
Trace = Annotated[bool, typer.Option("--trace", help="a row a step")]
Every = Annotated[
    int | None,
    number("--every", 100, metavar="N", help="of --trace, every N-th row"),
]
Batches = Annotated[
    bool, typer.Option("--batches", help="of --trace, the rows of each mini-batch and its loss")
]
Epochs = Annotated[
    int | None,
    number("--epochs", 100, metavar="N", help="passes over the data [default: 100]"),
]
BatchSize = Annotated[
    int | None,
    number("--batch-size", 32, metavar="M", help="rows a step [default: all]", default="all"),
]
Holdout = Annotated[
    float | None,
    number("--holdout", 0.2, metavar="PART", help="of the rows, only to judge by"),
]
To = Annotated[
    str,
    typer.Option(metavar="NAME", help="numpy, jax, torch, c, js or latex; or what -o FILE ends in"),
]
WrittenTo = Annotated[
    str, typer.Option("-o", "--output", metavar="FILE", help="write there: .c, .js, .tex, .py")
]
LoopOptimizer = Annotated[
    str,
    typer.Option(
        "--optimizer",
        metavar="NAME[:option=value,…]",
        help="of the training loop: sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw",
    ),
]
LoopRate = Annotated[float | None, number("--lr", 0.001, metavar="RATE", help="the same")]
QuizSource = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="a program, a .grad file, the name of a sample; with --resume that of the file",
    ),
]
QuizSave = Annotated[str, typer.Option("--save", metavar="FILE", help="keep where the quiz stands")]
QuizResume = Annotated[
    str, typer.Option("--resume", metavar="FILE", help="go on from a --save, and keep it there")
]
First = Annotated[
    int, number("--from", 7, 1, metavar="STEP", help="begin at this step of the trace")
]
Sheet = Annotated[
    int | None,
    number("--sheet", 10, 1, 200, metavar="N", help="write N exercises: -o FILE.tex, .md, .html"),
]
Answers = Annotated[bool, typer.Option("--answers", help="with --sheet: their solutions, too")]
Validate = Annotated[list[str] | None, typer.Option(metavar="FILE", help="data only to judge by")]
Patience = Annotated[
    int | None,
    number("--patience", 10, metavar="N", help="epochs without a lower loss, then stop"),
]
Standardize = Annotated[
    str, typer.Option(metavar="X,Z", help="data to bring to mean 0 and deviation 1")
]
Sweep = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=V1,V2", help="of a setting or a const; several make a grid"),
]
Folds = Annotated[
    int | None,
    number("--folds", 5, metavar="K", help="cross-validation: each of K parts judges the others"),
]
Jobs = Annotated[
    int | None,
    number("--jobs", 4, metavar="N", help="processes for many descents [default: as it pays]"),
]
Yes = Annotated[bool, typer.Option("--yes", help="a grid of more than 10,000 descents")]
Maximize = Annotated[bool, typer.Option("--maximize", help="the output: minimise its negative")]
Resample = Annotated[
    bool, typer.Option("--resample", help="draw what is random in the loss anew at each step")
]
Fix = Annotated[str, typer.Option(metavar="a,b", help="parameters to hold still")]
FitErrors = Annotated[
    bool, typer.Option("--errors", help="the parameters' standard errors; lm has them always")
]
Sigma = Annotated[
    str, typer.Option(metavar="COLUMN", help="the deviations by which lm divides the residuals")
]
Save = Annotated[str, typer.Option(metavar="FILE", help="parameters and state, JSON or NPZ")]
Resume = Annotated[str, typer.Option(metavar="FILE", help="go on from a --save")]
Search = Annotated[
    str, typer.Option(metavar="WORD", help="those whose name, description or text has it")
]
