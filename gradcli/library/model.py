"""A program as a Python object: values in by name, typed results out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal

from gradcli.errors import UsageError
from gradcli.language import parse
from gradcli.language.sources import Source, read_source
from gradcli.library.given import as_given, as_names, as_sizes, as_table, by_name, fresh, quiet
from gradcli.question.question import Question, pose, suggesting

if TYPE_CHECKING:
    from gradcli.library.functions import Function
    from gradcli.library.results import (
        Descended,
        Evaluation,
        Explanation,
        Gradient,
        Hessian,
        Jacobian,
        Symbolic,
        Verdict,
    )
    from gradcli.report import Report
    from gradcli.run.interpret import Value

Given = Mapping[str, Any] | None
Shapes = Mapping[str, Sequence[int] | int | str]


class Model:
    """A program, from its text, a `.grad` file or the name of a sample.

    Values are keyword arguments: numbers, or what NumPy makes arrays of numbers of. A name that is
    an option too (`data`, `params`) goes into a mapping, the first argument:
    `m.grad({"data": 2})`. Data is a mapping of columns, a structured array or a data frame, rows
    first. What is wrong is a GradError with the words of the command line. Nothing is printed, no
    signal is handled, and models may be asked by several threads.

    >>> m = Model("(a+b)*(b+1)")
    >>> m(a=2, b=1)
    6.0
    >>> m.grad(a=2, b=1).gradient
    {'a': 2.0, 'b': 5.0}
    """

    def __init__(self, source: str | os.PathLike[str], *, of: str = "", seed: int = 0) -> None:
        """`of` names the node that is the output, or is a formula of one; `seed` is that of
        everything random. UsageError for one that is of another kind."""
        for given, kinds, what, hint in (
            (source, (str, os.PathLike), "the source is a text or a path", 'write Model("x^2")'),
            (of, str, "of is the name of a node, or a formula", 'write of="f"'),
            (seed, Integral, "seed is a whole number", "write seed=0"),
        ):
            if not isinstance(given, kinds):
                raise UsageError(f"{what}, not {given!r}", hint=hint)
        path = isinstance(source, os.PathLike)
        self._text = _file(os.fspath(source)) if path else read_source(str(source))
        with suggesting(self._text):
            self.program = parse(self._text.text, self._text.origin)
        self._of, self._seed = of, seed

    def __repr__(self) -> str:
        return f"Model({self._text.text.strip()!r})"

    @property
    def names(self) -> tuple[str, ...]:
        """What values can be given to: the variables, params and consts that the output needs.

        >>> Model("param w = 0; mean((w*x - y)^2)").names
        ('w', 'x', 'y')
        """
        from gradcli.graph.names import needed
        from gradcli.graph.ops.table import find
        from gradcli.language.definitions import CONSTANTS
        from gradcli.question.outputs import chosen

        program, of, _ = chosen(self.program, self._of, ())
        kinds = {s.name: s.kind for s in program.statements}
        return tuple(
            name
            for name in needed(program, of)
            if kinds.get(name, "variable") in ("variable", "param", "const", "data")
            and name not in CONSTANTS
            and (name in kinds or find(name) is None)
        )

    def __call__(
        self, values: Given = None, /, *, data: Any = None, params: str = "", **named: Any
    ) -> Value:
        """The value of the output: a float, or a float64 array of its shape.

        `params` is a file of parameters, as a descent saves it. Of one that knows the classes of a
        column of text, a value may be the name of a class, `city="Linz"`.

        >>> Model("2*x")(x=[1, 2])
        array([2., 4.])
        """
        question = self._ask(values, named, data, params=params)
        with quiet():
            output = question.model.output
            return fresh(question.run([output])[output])

    def eval(
        self, values: Given = None, /, *, data: Any = None, params: str = "", **named: Any
    ) -> Evaluation:
        """The forward pass, with the value of every node; `params` as for a call.

        >>> Model("h = tanh(x); h^2").eval(x=0.0).values["h"]
        0.0
        """
        from gradcli.library.results import Evaluation
        from gradcli.verbs.evaluate import evaluate

        question = self._ask(values, named, data, params=params)
        report = _reported(evaluate, question)
        with quiet():
            found = question.run([question.model.output])
        called = question.names(list(found))
        values = {called[node]: fresh(value) for node, value in found.items()}
        return Evaluation(report, fresh(found[question.model.output]), values)

    def grad(
        self,
        values: Given = None,
        /,
        *,
        wrt: Sequence[str] | str = (),
        data: Any = None,
        params: str = "",
        **named: Any,
    ) -> Gradient:
        """The gradient of a scalar output by its variables and params, or by the nodes of `wrt`;
        `params` as for a call.

        >>> Model("h = x*y; h^2").grad(x=3, y=2, wrt="h").gradient
        {'h': 12.0}
        """
        from gradcli.library.results import Gradient
        from gradcli.verbs.grad import grad

        question = self._ask(values, named, data, wrt=wrt, params=params)
        report = _reported(grad, question, "ask for .jacobian(), or differentiate")
        return Gradient(report, report.summary["value"], fresh(report.summary["gradient"]))

    def jacobian(
        self,
        values: Given = None,
        /,
        *,
        wrt: Sequence[str] | str = (),
        data: Any = None,
        **named: Any,
    ) -> Jacobian:
        """By variable an array of the output's shape + the variable's.

        >>> Model("x*[1, 2]").jacobian(x=3.0)["x"]
        array([1., 2.])
        """
        from gradcli.library.results import Jacobian
        from gradcli.verbs.jacobian import jacobian_report

        question = self._ask(values, named, data, wrt=wrt)
        report = _reported(jacobian_report, question)
        return Jacobian(report, fresh(report.summary["jacobian"]), fresh(report.summary["value"]))

    def hessian(
        self,
        values: Given = None,
        /,
        *,
        wrt: Sequence[str] | str = (),
        data: Any = None,
        **named: Any,
    ) -> Hessian:
        """By two variables an array of the first one's shape + the second one's.

        >>> Model("x^2*y").hessian(x=3, y=2)["x"]
        {'x': 4.0, 'y': 6.0}
        """
        from gradcli.library.results import Hessian
        from gradcli.verbs.jacobian import hessian_report

        question = self._ask(values, named, data, wrt=wrt)
        report = _reported(hessian_report, question)
        return Hessian(report, fresh(report.summary["hessian"]), report.summary["value"])

    def trace(
        self,
        values: Given = None,
        /,
        *,
        node: str = "",
        wrt: Sequence[str] | str = (),
        data: Any = None,
        **named: Any,
    ) -> Explanation:
        """Every step of both passes, or what concerns one `node`: each path to it.

        >>> Model("h = x*y; h^2").trace(x=3, y=2).steps[-1]["expression"]
        '∂e/∂x = ∂e/∂h · y'
        """
        from gradcli.library.results import Explanation
        from gradcli.verbs.trace import trace

        question = self._ask(values, named, data, wrt=wrt)
        report = _reported(trace, question, node)
        summary = report.summary
        return Explanation(report, summary["value"], fresh(summary["gradient"]), fresh(report.rows))

    def check(
        self,
        values: Given = None,
        /,
        *,
        claims: Mapping[str, str] | Sequence[str] | str = (),
        wrt: Sequence[str] | str = (),
        shapes: Shapes | None = None,
        data: Any = None,
        rtol: float = 1e-6,
        atol: float = 1e-9,
        order: int = 1,
        step: float | None = None,
        points: int | None = None,
        range: tuple[float, float] = (-5.0, 5.0),
        **named: Any,
    ) -> Verdict:
        """The derivatives against numbers, or claims (`{"a": "b + 1"}`, or the text
        `"a = b + 1"`, or a list of such) against both.

        A variable without a value is tried at random points in `range`, and may have one of the
        `shapes`.

        >>> assert Model("x^3").check(claims="x = 3*x^2")
        """
        from gradcli.library.results import Verdict
        from gradcli.verbs.check import CheckOptions, check

        low, high = range
        settings = CheckOptions(rtol, atol, order, step, points, f"{low!r}:{high!r}")
        settings.validate()
        question = self._ask(values, named, data, wrt=wrt, guess=True, shapes=shapes)
        if isinstance(claims, Mapping):
            claims = [f"{name} = {formula}" for name, formula in claims.items()]
        report = _reported(check, question, settings, as_names(claims))
        found = report.summary
        return Verdict(
            report, found["passed"], found["max_rel_error"], found["points"], found["worst"],
            fresh(report.rows),
        )  # fmt: skip

    def symbolic(
        self,
        values: Given = None,
        /,
        *,
        wrt: Sequence[str] | str = (),
        shapes: Shapes | None = None,
        data: Any = None,
        expand: bool = False,
        sympy: bool = False,
        kind: Literal["gradient", "jacobian", "hessian"] = "gradient",
        **named: Any,
    ) -> Symbolic:
        """The derivative of the output by every node as a formula; only shapes matter.

        With `expand`, formulas are of the variables alone; with `sympy`, SymPy (the extra
        `symbolic`) may shorten those of numbers. A `jacobian` is that of an output of any
        shape by its variables, a `hessian` has a mapping of variables for each variable.

        >>> Model("x^2*y").symbolic()["y"]
        'x^2'
        >>> Model("tanh(z)").symbolic(kind="jacobian", shapes={"z": [3]})["z"]
        'diag(1 - tanh(z)^2)'
        """
        from gradcli.library.results import Symbolic
        from gradcli.verbs import symbolic

        question = self._ask(values, named, data, wrt=wrt, guess=True, shapes=shapes)
        if kind == "gradient":
            instead = 'ask for kind="jacobian", or differentiate'
            report = _reported(symbolic.symbolic_report, question, expand, sympy, instead)
            rows = report.rows
            return Symbolic(report, {r["node"]: r["derivative"] for r in rows if r["derivative"]})
        verbs = {"jacobian": symbolic.jacobian_formulas, "hessian": symbolic.hessian_formulas}
        if kind not in verbs:
            hint = "it is gradient, jacobian or hessian"
            raise UsageError(f"there is no kind {kind!r} of derivative", hint=hint)
        report = _reported(verbs[kind], question, expand, sympy)
        return Symbolic(report, report.summary[kind])

    def descend(
        self,
        values: Given = None,
        /,
        *,
        data: Any = None,
        validate: Any = None,
        callback: Callable[[dict[str, Any]], object] | None = None,
        lr: float | Sequence[float] | None = None,
        optimizer: str = "sgd",
        wrt: Sequence[str] | str = (),
        standardize: Sequence[str] | str = (),
        range: tuple[float, float] = (-5.0, 5.0),
        params: str = "",
        missing: str = "error",
        **named: Any,
    ) -> Descended:
        """Gradient descent of the loss; the options are those of the command line.

        `data` are the rows to learn from, `validate` rows that judge. `callback` is called after
        each step with a mapping of step, loss, grad_norm, lr, metrics and parameters, as a row of
        `--trace`. `missing` says what becomes of cells without a number: error, drop or mean;
        `sweep` is a mapping of settings and consts to their values. Of the other names those that
        are an option of `descend` (`steps`, `tol`, `schedule`, `epochs`, `batch_size`, `save`, …)
        are that, the rest are values.

        >>> found = Model("param w = 0; mean((w*x - y)^2)").descend(
        ...     data={"x": [1.0, 2.0], "y": [2.0, 4.0]}, lr=0.2, steps=100
        ... )
        >>> found.converged, round(found.params["w"], 6)
        (True, 2.0)
        """
        from gradcli.learn.optimizers import parse_optimizer
        from gradcli.library.descents import descended, options_of
        from gradcli.question.opening import held_out

        options = options_of(
            named, lr, range, optimizer=optimizer, standardize=as_names(standardize),
            trace=callback is not None, seed=self._seed,
        )  # fmt: skip
        method = parse_optimizer(optimizer).name
        given = by_name(values, named)

        def ask(consts: Mapping[str, float]) -> Question:
            return self._ask(
                {**given, **consts}, {}, data,
                wrt=wrt, params=params, descent=method, missing=missing,
                sigma=options.sigma,
            )  # fmt: skip

        question = ask({})
        frame = None if validate is None else held_out(question, as_table(validate))
        return descended(question, options, frame, ask, callback)

    def export(
        self,
        to: str,
        values: Given = None,
        /,
        *,
        wrt: Sequence[str] | str = (),
        shapes: Shapes | None = None,
        data: Any = None,
        optimizer: str = "",
        lr: float | None = None,
        steps: int | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        **named: Any,
    ) -> str:
        """The program as a file of code: `numpy`, `jax`, `torch`, `c`, `js` or `latex`.

        A program with params, or one given an optimizer or a setting of one, has a training loop.

        >>> "return" in Model("(a+b)*(b+1)").export("c", a=2, b=1)
        True
        """
        from gradcli.export.targets import chosen_target
        from gradcli.verbs.export import LoopOptions, export

        question = self._ask(values, named, data, wrt=wrt, guess=True, shapes=shapes)
        loop = LoopOptions(optimizer, lr, steps, epochs, batch_size)
        with quiet():
            return export(question, chosen_target(to), loop).text

    def compile(self, engine: str = "numpy", *, wrt: Sequence[str] | str = ()) -> Function:
        """A function of the names that gives the value and the gradients, as fast as a descent.

        >>> value, gradients = Model("x^2*y").compile()(x=3.0, y=2.0)
        >>> value, gradients["x"]
        (18.0, 12.0)
        """
        from gradcli.learn.settings import refuse_engine
        from gradcli.library.functions import Function

        refuse_engine(engine)
        return Function(lambda given, fixed: self._ask(given, fixed, None, wrt=wrt), engine=engine)

    def _ask(
        self,
        values: Given,
        named: Mapping[str, Any],
        data: Any,
        *,
        wrt: Sequence[str] | str = (),
        shapes: Shapes | None = None,
        **options: Any,
    ) -> Question:
        """The question that the values and the data make of the program."""
        given, words = as_given(by_name(values, named))
        if words and not options.get("params"):
            raise next(iter(words.values())).refused
        table = () if data is None else as_table(data)
        sizes = as_sizes(shapes or {})
        with quiet():
            return pose(
                self._text, self.program, given, of=self._of, wrt=as_names(wrt), data=table,
                seed=self._seed, shape=sizes, written=words, **options,
            )  # fmt: skip


def _file(path: str) -> Source:
    """The program of a file, whatever its name ends in."""
    return read_source(path if path.endswith(".grad") else os.path.join(".", path))


def _reported(verb: Callable[..., Report], question: Question, *settings: Any) -> Report:
    """A verb's report with its rows in a list, its summary complete, and how the question was
    understood."""
    with quiet():
        report = verb(question, *settings)
        report.rows = list(report.rows)
    report.notes[:0] = question.notes
    return report
