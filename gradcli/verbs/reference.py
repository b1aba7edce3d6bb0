"""functions: what the language's functions and operators do, from their entries in the op table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from gradcli.errors import GradError, UsageError
from gradcli.graph import complaints
from gradcli.graph.differentiated import DIFF_OP
from gradcli.graph.formulas.show import ATOM, write
from gradcli.graph.node import TABLE
from gradcli.graph.ops.families import related
from gradcli.graph.ops.op import Op
from gradcli.graph.ops.table import find
from gradcli.language.callbacks import OPERATORS
from gradcli.question.question import Question, ask
from gradcli.report import Report
from gradcli.report.exact import readable_back
from gradcli.verbs import nodes
from gradcli.verbs.evaluate import evaluate
from gradcli.verbs.grad import grad
from gradcli.verbs.symbolic import jacobian_formulas, symbolic
from gradcli.welcome import command
from gradcli.words import listed, quoted

COLUMNS = ["name", "group", "signature", "value"]

_LAST = ("derivative", "operator", "sweep")
"""Groups that are listed behind the others."""

_ARGUMENTS = (0.5, 2.0, 1.5, 0.8, -0.75)
"""Of an example: the first for the first argument, and so on, where the function is defined."""

_SHAPES = {
    "reduces": "any; one number, or with axis= one for each place along it; keepdims=1 keeps it",
    "along": "any; along one axis, or over all entries",
    "per row": "scores, a row of them for each example, and a target each; a number a row",
    "last": "two that broadcast; summed over the last axis",
    "averages": "two that broadcast; one number",
    "products": "(n) and (n), (m, n) and (n), (n) and (n, k), or (m, n) and (n, k)",
    "outer": "(m) and (n) become (m, n)",
    "matrices": "a square matrix",
    "diagonal": "(n) becomes (n, n), and (n, n) becomes (n)",
    "reshapes": "any; as many entries, in the same order",
    "expands": "any that broadcasts to the new one",
    "sums to": "any that the new one broadcasts to",
    "transposes": "any; the axes in another order",
    "joins": "the same but along the axis",
    "stacks": "all the same; a new axis",
    "repeats": "any; a vector, or longer along axis=",
    "indexes": "any; what the items pick",
    "scatters": "that of x[i], and any",
    "appends": "any; a new axis at the end",
    "": "",
}
"""What an op takes and makes, by how it treats the axes of its arguments."""


def functions(name: str = "") -> Report:
    """Every function of the language by group, or what is to be known of one.

    The report of one is a page, where no format asks for more; UsageError for a name that is none.
    """
    if name:
        return explained(known(name))
    ops = {op.name: op for op in (*TABLE.values(), DIFF_OP) if _told(op)}
    groups = dict.fromkeys(op.group for op in ops.values() if op.group not in _LAST)
    rows = [_row(op) for group in (*groups, *_LAST) for op in ops.values() if op.group == group]
    return Report(
        command="functions",
        columns=COLUMNS,
        rows=rows,
        summary={"count": len(rows), "more": "gradcli functions tanh"},
        answer=[(None, row["name"]) for row in rows],
        sections="group",
        tacit=dict.fromkeys(groups, ("name",)),
        code=("name", "signature"),
        mathematics=nodes.mathematics(),
    )


def known(name: str) -> Op:
    """The function of a name, an alias or an operator; UsageError where there is none."""
    op = looked_up(name)
    if op is None:
        hint = complaints.meant(name) or "gradcli functions lists them"
        raise UsageError(f"there is no function {quoted(name)}", hint=hint)
    return op


def looked_up(name: str) -> Op | None:
    """The function of a name, an alias or an operator, if there is one."""
    plain = OPERATORS.get(name, name)
    op = DIFF_OP if plain == DIFF_OP.name else find(plain) or TABLE.get(plain)
    return op if op is not None and _told(op) else None


def explained(op: Op) -> Report:
    """All about one function, in the row, in the summary and as a page."""
    formula, *values = example(op)
    question = ask(formula, values)
    derivative, jacobian, upstream = derivatives(op)
    told = {
        "shapes": shapes(op, question),
        "domain": domain(op),
        "derivative": derivative,
        "upstream": upstream,
        "jacobian": jacobian,
        "example": ran(question, formula, values, [*derivative] if not upstream else []),
        "also": also(op),
        "related": related(op.name),
    }
    row = _row(op)
    return Report(
        command="functions",
        columns=COLUMNS,
        rows=[row],
        text=_page(op, told),
        summary={key: value for key, value in told.items() if value},
        answer=[(None, op.name)],
        code=("name", "signature"),
        mathematics=nodes.mathematics(),
        markdown=True,
    )


def _told(op: Op) -> bool:
    """Whether the language has it: an index, too, though nobody calls it by name."""
    return not op.hidden or bool(op.doc)


def _row(op: Op) -> dict[str, Any]:
    return {"name": op.name, "group": op.group, "signature": signature(op), "value": op.doc}


def signature(op: Op) -> str:
    """How it is written: `tanh(x)`, `a + b`."""
    if op.group == "operator" or callable(op.text):
        formula, *_ = example(op)
        return formula
    return f"{op.name}({op.signature})"


def example(op: Op) -> Sequence[str]:
    """A formula of the op alone, and the values of its names."""
    if op.example:
        return op.example
    names = ["a", "b"] if op.parameters[0].variadic else [p.name for p in op.parameters]
    values = []
    for place, (low, high) in enumerate(op.domain):
        fit = [x for x in (*_ARGUMENTS[place:], *_ARGUMENTS) if low <= x <= high]
        values.append(f"{fit[0] if fit else low:g}")
    formula, _ = write(op, [(name, ATOM) for name in names], None)
    return formula, *(f"{name}={value}" for name, value in zip(names, values))


def derivatives(op: Op) -> tuple[dict[str, str], dict[str, str], str]:
    """By argument, of the example: the derivative as a formula; of an array what becomes of the
    upstream, and its name; and the Jacobian of a vector by a vector, where it is a short formula.

    They are made by the op's own rule, as `grad --symbolic` does; diff has none, and what it makes
    of its example is no rule of others.
    """
    if op is DIFF_OP:
        return {}, {}, ""
    formula, *values = example(op)
    question = ask(formula, values)
    names = [value.partition("=")[0] for value in values]
    names = [name for name in names if name not in _constants(op)]
    if not names:
        return {}, {}, ""
    shape = question.graph.shapes[question.model.output]
    if not shape:
        return _formulas(symbolic(ask(formula, values, wrt=",".join(names)))), {}, ""
    upstream = "u" if "g" in (value.partition("=")[0] for value in values) else "g"
    given = f"{upstream}=ones({', '.join(map(str, shape))})"
    weighted = ask(f"sum({upstream}*({formula}))", [*values, given], wrt=",".join(names))
    try:
        jacobian = _formulas(jacobian_formulas(ask(formula, values, wrt=",".join(names))))
    except GradError:  # it has more than two axes, or is no short formula
        jacobian = {}
    return _formulas(symbolic(weighted)), jacobian, upstream


def _formulas(report: Report) -> dict[str, str]:
    return {str(name): formula for name, formula in report.answer}


def _constants(op: Op) -> set[str]:
    """The arguments by which it has no derivative."""
    rules = op.local or op.vjp
    if callable(rules):
        return set()
    names = [p.name for p in op.parameters if p.name not in op.static]
    return {name for name, rule in zip_longest(names, rules) if rule is None}


def ran(question: Question, formula: str, values: Sequence[str], by: list[str]) -> dict[str, str]:
    """Commands that show the value, and the gradient of a number, and what they print."""
    answers = {command("eval", ["-q", formula, *values]): evaluate(question).answer}
    if by:
        answers[command("grad", ["-q", formula, *values])] = grad(question).answer
    return {line: "\n".join(_printed(answer)) for line, answer in answers.items()}


def _printed(answer: list[tuple[str | None, Any]]) -> Iterator[str]:
    for name, value in answer:
        yield readable_back(value) if name is None else f"{name}\t{readable_back(value)}"


def shapes(op: Op, question: Question) -> str:
    """What shapes it takes and makes, and those of the example where they are not numbers'."""
    if op.pointwise and op.domain:
        return "any that broadcast, entry by entry" if len(op.domain) > 1 else "any, entry by entry"
    graph, output = question.graph, question.model.output
    sizes = [f"{name} {_shape(graph.shapes[n])}" for name, n in question.model.inputs.items()]
    here = ", ".join(sizes) + " → " * bool(sizes) + _shape(graph.shapes[output])
    text = _SHAPES[op.axes]
    if "keepdims" not in op.static:
        text = text.partition("; keepdims")[0]
    return "; here ".join(filter(None, [text, here]))


def _shape(shape: Sequence[int]) -> str:
    return f"({', '.join(map(str, shape))})" if shape else "a number"


def domain(op: Op) -> str:
    """What it asks of its arguments, where it asks for anything."""
    names = [p.name for p in op.parameters]
    told = op.demand.format(*names)
    if told.startswith("the "):
        told = f"not where {told}"
    return "; ".join(filter(None, [told, op.steep.format(*names)]))


def also(op: Op) -> list[str]:
    """Its other names and spellings."""
    own = signature(op)
    called = [op.name] * (op.name not in own and op is find(op.name))
    written = [text for text, name in OPERATORS.items() if name == op.name and text not in own]
    return [*called, *op.aliases, *written]


def _page(op: Op, told: dict[str, Any]) -> str:
    """What is told of a function, in Markdown."""
    lines = [f"**`{signature(op)}`**", "", op.doc, ""]
    upstream = told["upstream"]
    for name, formula in told["derivative"].items():
        how = f"by {name}, of an upstream {upstream}" if upstream else f"derivative by {name}"
        lines.append(f"- {how}: `{formula}`")
    lines += [f"- Jacobian by {name}: `{text}`" for name, text in told["jacobian"].items()]
    lines += [f"- {key}: {told[key]}" for key in ("shapes", "domain") if told[key]]
    for key in ("also", "related"):
        if told[key]:
            lines.append(f"- {key}: " + listed((f"`{name}`" for name in told[key]), 20))
    lines += ["", "```console"]
    for line, printed in told["example"].items():
        lines += [f"$ {line}", printed]
    return "\n".join([*lines, "```", ""])
