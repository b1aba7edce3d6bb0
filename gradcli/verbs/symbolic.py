"""grad --symbolic: every derivative as a formula, of the user's own nodes or of the variables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product
from math import inf
from typing import Any

from gradcli.errors import GradError, ShapeError, UsageError
from gradcli.graph.build import build
from gradcli.graph.formulas.show import expression, labels
from gradcli.graph.formulas.unfold import LIMIT, WHOLE, derivatives
from gradcli.graph.graph import INPUT
from gradcli.graph.reverse import Edge, gradient, jacobian_seed
from gradcli.graph.simplify.broadcast import spread
from gradcli.graph.simplify.linear_map import matrix
from gradcli.graph.simplify.normal import Normal
from gradcli.graph.simplify.shortest import Shortest
from gradcli.language import parse
from gradcli.question.question import Question
from gradcli.report import Report
from gradcli.verbs import nodes
from gradcli.verbs.grad import NO_VARIABLE, USUAL, differentiated, grad, refuse_array
from gradcli.verbs.jacobian import hessian, jacobian

Answer = list[tuple[str | None, Any]]
Block = str | GradError
"""A derivative as a formula, or why it has none."""

_SEED = "·"
"""What chooses the entry of the output to differentiate; no name of the user's."""


def symbolic(question: Question, expand: bool = False, sympy: bool = False) -> Report:
    """The report of `grad` with a column `derivative`: ∂output/∂node as text.

    It is empty where the gradient is. Where a variable has no value there are no numbers. With
    `expand` formulas are of the variables alone; with `sympy` SymPy may shorten them further.
    """
    if question.model.guessed:
        return symbolic_report(question, expand, sympy)
    report = grad(question)
    formulas = _formulas(question, expand, sympy)
    report.columns = [*report.columns, "derivative"]
    rows = zip(question.cone(), report.rows)
    report.rows = ({**row, "derivative": formulas.get(node)} for node, row in rows)
    report.tacit = {"": ("kind", "inputs", "shape")}
    report.answer = _answer(question, formulas)
    return report


def symbolic_report(
    question: Question, expand: bool = False, sympy: bool = False, instead: str = USUAL
) -> Report:
    """The derivatives as formulas, and no numbers: only the shapes of the values matter; `instead`
    of them is the hint for an array."""
    graph, cone = question.graph, question.cone()
    names = question.names(cone)
    refuse_array(question, names, instead)
    formulas = _formulas(question, expand, sympy)
    rows = [
        {
            "node": names[node],
            "kind": graph.kind(node),
            "expression": expression(graph, node, names),
            "shape": list(graph.shapes[node]),
            "derivative": formulas.get(node),
        }
        for node in cone
    ]
    columns = ["node", "kind", "expression", "shape", "derivative"]
    summary = {"output": names[question.model.output]}
    answer = _answer(question, formulas)
    report = Report("grad", columns, rows, summary, answer, tacit={"": ("kind", "shape")})
    report.mathematics = nodes.mathematics(question)
    report.headings = {"derivative": f"∂{summary['output']}/∂node"}
    if not answer:
        report.warnings.append(NO_VARIABLE)
    return report


def jacobian_formulas(question: Question, expand: bool = False, sympy: bool = False) -> Report:
    """A row a variable: ∂output/∂variable as a formula, a matrix for a vector by a vector.

    A note says of which there is no formula. Raises ShapeError or UsageError where there is none
    at all.
    """
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    variables = question.variables(cone)
    found = _blocks(question, output, variables, expand, sympy)
    values = {} if question.model.guessed else jacobian(question, output, variables)
    rows = [
        {
            "output": names[output],
            "variable": names[n],
            "shape": list(graph.shapes[output] + graph.shapes[n]),
            "value": values.get(n),
            "derivative": _formula(found[n]),
        }
        for n in variables
    ]
    columns = ["output", "variable", "shape", "value", "derivative"]
    known = {names[n]: text for n in variables if (text := _formula(found[n])) is not None}
    summary = {"output": names[output], "jacobian": known}
    return _reported(question, columns, rows, summary, [*known.items()], [*found.values()])


def hessian_formulas(question: Question, expand: bool = False, sympy: bool = False) -> Report:
    """A row two variables: the second derivative of the output as a formula.

    A note says of which there is no formula. Raises ShapeError for an output that is no scalar, and
    ShapeError or UsageError where there is no formula at all.
    """
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    refuse_array(question, names, "ask for the Hessian of")
    variables = question.variables(cone)
    found = {n: _second(question, n, variables, expand, sympy) for n in variables}
    for n, m in product(variables, variables):
        if not graph.shapes[m]:  # of a matrix by a number: that of the number by the matrix
            found[n][m] = _shorter(found[n][m], found[m][n])
    values = {} if question.model.guessed else hessian(question, variables)
    rows = [
        {
            "variable": names[n],
            "variable2": names[m],
            "shape": list(graph.shapes[n] + graph.shapes[m]),
            "value": values[n][m] if values else None,
            "derivative": _formula(found[n][m]),
        }
        for n in variables
        for m in variables
    ]
    columns = ["variable", "variable2", "shape", "value", "derivative"]
    by_name = {
        names[n]: {names[m]: t for m in variables if (t := _formula(found[n][m])) is not None}
        for n in variables
    }
    answer: Answer = [(f"{a},{b}", text) for a, row in by_name.items() for b, text in row.items()]
    everything = [block for row in found.values() for block in row.values()]
    summary = {"output": names[output], "hessian": by_name}
    return _reported(question, columns, rows, summary, answer, everything)


def _second(
    question: Question, n: int, variables: Sequence[int], expand: bool, sympy: bool
) -> dict[int, Block]:
    """The second derivatives by n and each variable, or why there is none.

    Each is the shorter one of the derivative of what the backward pass does, and of the gradient as
    it is printed: of softmax(z) - onehot(1, 3) it is plain. Where that is too long to print, its
    derivatives are not tried.
    """
    graph, output, nodes = question.graph, question.model.output, question.model.nodes
    first = _blocks(question, output, [n], expand, False)[n]
    if not isinstance(first, str):
        return dict.fromkeys(variables, first)
    found = _blocks(question, gradient(graph, output, [n])[n], variables, expand, sympy, n)
    program = parse(first)
    names = {a for kind, a in zip(program.kinds, program.arguments) if kind == "name"}
    if names <= nodes.keys():
        made = build(program, graph=graph, nodes=nodes).output
        again = _blocks(question, made, variables, expand, sympy, n)
        found = {m: _shorter(found[m], again[m]) for m in variables}
    return found


def _shorter(*blocks: Block) -> Block:
    """The first of the shortest formulas; where there is none, why."""
    return min(blocks, key=lambda block: len(block) if isinstance(block, str) else inf)


def _formula(block: Block) -> str | None:
    return block if isinstance(block, str) else None


def _reported(
    question: Question,
    columns: list[str],
    rows: list[dict[str, Any]],
    summary: dict[str, Any],
    answer: Answer,
    blocks: Sequence[Block],
) -> Report:
    missing = [block for block in blocks if isinstance(block, GradError)]
    if missing and not answer:
        raise missing[0]
    if all(row["value"] is None for row in rows):
        columns = [name for name in columns if name != "value"]
    code = ("output", "variable", "variable2", "derivative")
    how = nodes.mathematics(question)
    report = Report("grad", columns, rows, summary, answer, code=code, mathematics=how)
    report.notes += dict.fromkeys(block.what for block in missing)
    return report


def _answer(question: Question, formulas: dict[int, str]) -> Answer:
    cone = question.cone()
    names = question.names(cone)
    return [(names[n], formulas[n]) for n in question.variables(cone) if n in formulas]


def _formulas(question: Question, expand: bool, sympy: bool) -> dict[int, str]:
    """∂output/∂node as text, by node.

    The formulas are in the language and use the nodes that the program names, or with `expand` the
    variables alone; other nodes are written out. One of more than 500 characters refers to the
    derivatives, ∂e/∂NAME, of the nodes that its node goes into; a claim reads that too. With
    `expand` none does: raises UsageError for one that would be longer than WHOLE characters.
    """
    graph, output = question.graph, question.model.output
    cone = question.cone()
    names = question.names(cone)
    wrt = differentiated(graph, cone, question.variables(cone))
    edges: list[Edge] = []
    gradient(graph, output, wrt, edges=edges)
    normal = Shortest()
    shown = _shown(question, cone, expand)
    limit = WHOLE if expand else LIMIT
    found = derivatives(graph, output, edges, names, shown, cone, normal, normal.one, limit)
    formulas = {n: found.get(n, spread(normal, normal.zero, graph.shapes[n])) for n in wrt}
    known = {names[n] for n in shown}
    for node in wrt if expand else ():
        if _foreign(normal, formulas[node], known):
            raise _too_long(names[node])
    return {node: _text(normal, formula, sympy) for node, formula in formulas.items()}


def _blocks(
    question: Question,
    output: int,
    variables: Sequence[int],
    expand: bool,
    sympy: bool,
    by: int | None = None,
) -> dict[int, Block]:
    """∂output/∂variable as text or why there is none, by variable; `by` is the variable that the
    output is the derivative by, where it is one."""
    graph = question.graph
    cone = question.cone()
    names = question.names(cone)
    shown = _shown(question, cone, expand)
    known = {*(names[n] for n in (shown if expand else names)), _SEED}
    names = {**labels(graph, graph.cone([output])), **names}
    shape = graph.shapes[output]
    limit = WHOLE if expand else 4 * LIMIT  # a matrix may be shorter than what it is made from
    seed = jacobian_seed(graph, output) if shape else None
    edges: list[Edge] = []
    gradient(graph, output, variables, seed, edges=edges)
    normal = Shortest()
    start = normal.one
    if seed is not None:
        names[seed] = _SEED
        start = normal.symbol(_SEED, shape)
    forms = derivatives(graph, output, edges, names, shown, cone, normal, start, limit)
    found: dict[int, Block] = {}
    for node in variables:
        many = _many_axes(question, names.get(output, ""), output, node, by)
        if many is not None:
            found[node] = many
            continue
        variable = question.names([node])[node]
        form = forms.get(node, spread(normal, normal.zero, graph.shapes[node]))
        block = None
        foreign = _foreign(normal, form, known)
        if not foreign:
            block = form if seed is None else matrix(normal, form, start, graph.shapes[node])
        if block is not None:
            found[node] = _text(normal, block, sympy)
        elif foreign and expand:
            found[node] = _too_long(variable)
        else:
            entry = ", or take one entry of the output" if by is None and shape else ""
            found[node] = UsageError(
                f"the derivative by {variable} is no short formula of matrices",
                hint=f"leave --symbolic out for its numbers{entry}",
            )
    return found


def _foreign(normal: Normal, form: int, known: Collection[str]) -> bool:
    """Whether the formula has names that are not known: it refers to other derivatives."""
    graph = normal.graph
    return any(
        graph.ops[n] is INPUT and n != normal.e and (graph.attrs[n] or ("",))[0] not in known
        for n in graph.cone([form])
    )


def _too_long(variable: str) -> UsageError:
    return UsageError(
        f"the derivative by {variable}, of the variables alone, would have more than {WHOLE:,}"
        " characters",
        hint="leave --expand out: a formula then uses the names of the program",
    )


def _text(normal: Normal, formula: int, sympy: bool) -> str:
    """The formula in the language, or what SymPy makes of it."""
    if sympy:
        from gradcli.graph.simplify.with_sympy import shorter

        return shorter(normal, formula) or normal.text(formula)
    return normal.text(formula)


def _many_axes(
    question: Question, name: str, output: int, node: int, by: int | None
) -> ShapeError | None:
    """The error for a derivative that is no number, vector or matrix."""
    shapes = question.graph.shapes
    if len(shapes[output]) + len(shapes[node]) <= 2 or not shapes[output]:
        return None
    what = f"of {name}" if by is None else f"by {question.names([by])[by]}"
    return ShapeError(
        f"the derivative {what} by {question.names([node])[node]} has more than two axes:"
        f" {shapes[output]} and {shapes[node]}",
        hint="leave --symbolic out for its numbers, or name others with --wrt",
    )


def _shown(question: Question, cone: Sequence[int], expand: bool) -> set[int]:
    """The nodes that formulas are made of."""
    if expand:
        graph, own = question.graph, named(question, cone)
        return {n for n in cone if graph.ops[n] is INPUT or (graph.ops[n].random and n in own)}
    return named(question, cone)


def named(question: Question, cone: Sequence[int]) -> set[int]:
    """The nodes that have a name of the user's own: not v1, a literal, or an output called e."""
    graph, model = question.graph, question.model
    own = {statement.name for statement in model.program.statements} | set(model.inputs)
    return {n for n in cone if n in graph.names and graph.names[n][0] in own}
