"""Claims: derivatives that the user worked out, as formulas of the program's own nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from gradcli.errors import GradError, LanguageError, ShapeError, Span, UsageError
from gradcli.graph.build import build
from gradcli.graph.names import NUMBERS, listed, mentioned, nearest
from gradcli.graph.ops.op import Shape
from gradcli.language import Program, parse
from gradcli.language.program import Call, Statement
from gradcli.verbs.misfits import suggestion
from gradcli.verbs.points import discrete
from gradcli.verbs.question import Question


@dataclass(frozen=True)
class Claim:
    """That the derivative by `target`, called `name`, is what `node` computes.

    `formula` is the right-hand side of `text`, `factor` the same so that it can stand in a product,
    and `negative` with the other sign.
    """

    text: str
    name: str
    target: int
    node: int
    formula: str
    factor: str
    negative: str
    program: Program


def make(question: Question, texts: Sequence[str]) -> list[Claim]:
    """The claims on the nodes of the question's own graph.

    Raises GradError, located in the claim, for one that makes no sense there: its name, the names
    of its formula, or its shape.
    """
    cone = question.cone()
    return [_made(question, cone, text) for text in texts]


def _made(question: Question, cone: Sequence[int], text: str) -> Claim:
    program = parse(text)
    statement = _statement(program)
    target = _target(question, cone, program, statement)
    wanted = question.graph.shapes[question.model.output] + question.graph.shapes[target]
    try:
        node = built(question, program, statement)
    except ShapeError as error:
        hint = outer_hint(question, program, wanted) or _turned_hint(question, program, wanted)
        error.hint = hint or error.hint
        raise
    claim = Claim(
        program.text.strip(), statement.name, target, node, *_formulas(program, statement), program
    )  # fmt: skip
    shape = question.graph.shapes[node]
    if shape != wanted:
        mark, hint = suggestion(question, target, node, claim.formula, claim.factor)
        raise ShapeError(
            f"the claim for {claim.name} has shape {_spelled(shape)}, the"
            f" {'gradient' if wanted == question.graph.shapes[target] else 'Jacobian'} has"
            f" {_spelled(wanted)}{mark}",
            hint=outer_hint(question, program, wanted) or hint,
            span=_right_side(program, statement),
        ).locate(program.text)
    return claim


def _formulas(program: Program, statement: Statement) -> tuple[str, str, str]:
    """The formula as it was written, as a factor, and negated."""
    last = statement.end - 1
    formula = program.text[slice(*program.span(last))]
    whole = formula.startswith("(") or program.kinds[last] in ("name", "number", "call", "index")
    if formula.startswith("(") and _closing(formula) < len(formula) - 1:
        whole = False
    factor = formula if whole else f"({formula})"
    if program.kinds[last] == "operator" and program.arguments[last] == "neg":
        return formula, factor, program.text[slice(*program.span(last - 1))]
    return formula, factor, f"-{factor}"


def _closing(text: str) -> int:
    """Where the bracket is closed that the text begins with."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if not depth:
            return place
    return len(text)


def _statement(program: Program) -> Statement:
    """The one statement of a claim."""
    statements = program.statements
    if len(statements) != 1 or statements[0].kind != "node" or not statements[0].name:
        raise UsageError(
            f"--claim {program.text.strip()}: expected NAME = FORMULA",
            hint='write what ∂e/∂a is: --claim "a = b + 1"',
        )
    return statements[0]


def _target(question: Question, cone: Sequence[int], program: Program, statement: Statement) -> int:
    """The node whose derivative is claimed."""
    graph, model, name = question.graph, question.model, statement.name
    names = question.names(cone)
    node = model.nodes.get(name)
    if node is None and any(name == other.name for other in model.program.statements):
        # It may be another name of a node that the output is made of.
        itself = parse(f"{name} = {name}")
        with suppress(GradError):
            node = built(question, itself, itself.statements[0])
    if node is None or node not in names:
        known = [n for n, at in model.nodes.items() if at in names]
        raise LanguageError(
            f"{names[model.output]} is not made of '{name}'",
            hint=nearest(name, known) or f"it is made of {', '.join(known[:8])}",
            span=statement.name_span,
        ).locate(program.text)
    kind = graph.kind(node)
    if kind in ("const", "data") and name not in question.wrt:
        hint = f"add --wrt {name}"
        hint += f", or declare it: param {name} = …" if kind == "const" else ""
        what = "a const" if kind == "const" else "data"
        raise LanguageError(
            f"'{name}' is {what}, which has no gradient", hint=hint, span=statement.name_span
        ).locate(program.text)
    if node in discrete(graph, cone):
        raise LanguageError(
            f"'{name}' is an index or a class, which has no derivative",
            hint="claim what the derivative by another node is",
            span=statement.name_span,
        ).locate(program.text)
    return node


def _right_side(program: Program, statement: Statement) -> Span:
    return program.span(statement.end - 1)


def built(question: Question, claim: Program, statement: Statement) -> int:
    """The node of the formula, built on the question's graph with all the program's names.

    The claim is read as one more statement of the program, so that its functions are known too,
    and so are the nodes that the output does not need.
    """
    model, graph = question.model, question.graph
    program = model.program
    _refuse_unknown(question, claim)
    name = f"∂{question.names(question.cone())[model.output]}/∂{statement.name}"
    whole, offset = _joined(program, claim, statement, name)
    data = {n: graph.shapes[at] for n, at in model.inputs.items() if graph.kind(at) == "data"}
    try:
        made = build(whole, question.given, data, of=name, graph=graph, nodes=model.nodes)
    except GradError as error:
        if error.span is not None and error.span[0] >= offset:
            error.span = error.span[0] - offset, error.span[1] - offset
            error.text, error.origin = claim.text, ""
        raise
    node = made.nodes.pop(name)
    # The claim's own name was for the message of an error.
    graph.names[node].remove(name)
    if not graph.names[node]:
        del graph.names[node]
    model.nodes.update(made.nodes)
    for new, at in made.inputs.items():
        model.inputs[new] = at
        if new in question.given:
            question.inputs[at] = question.given[new]
        else:
            start = made.starts[new]
            question.inputs[at] = question.run([start])[start]
    return node


def _refuse_unknown(question: Question, claim: Program) -> None:
    """LanguageError for a name that the program does not have."""
    model = question.model
    known = {*model.nodes, *mentioned(model.program)}
    known |= {s.name for s in model.program.statements if s.name}
    for at, kind in enumerate(claim.kinds):
        name = claim.arguments[at]
        if kind == "name" and name not in known and name not in NUMBERS:
            raise LanguageError(
                f"the program has no node '{name}'",
                hint=nearest(name, known) or f"its names are {listed(known)}",
                span=claim.span(at),
            ).locate(claim.text)


def _joined(
    program: Program, claim: Program, statement: Statement, name: str
) -> tuple[Program, int]:
    """The program with the claim as its last statement, called `name`, and where that starts."""
    offset = len(program.text) + 1
    first = len(program.kinds)
    last = replace(
        statement, name=name, begin=statement.begin + first, end=statement.end + first,
        name_span=(statement.name_span[0] + offset, statement.name_span[1] + offset),
        span=(statement.span[0] + offset, statement.span[1] + offset),
    )  # fmt: skip
    whole = Program(
        text=f"{program.text}\n{claim.text}",
        origin=program.origin,
        kinds=program.kinds + claim.kinds,
        arguments=program.arguments + claim.arguments,
        starts=program.starts + [at + offset for at in claim.starts],
        stops=program.stops + [at + offset for at in claim.stops],
        statements=[*program.statements, last],
    )
    return whole, offset


def outer_hint(question: Question, claim: Program, wanted: Shape) -> str:
    """A hint at outer(a, b), where a product of two vectors stands for a matrix."""
    if len(wanted) != 2:
        return ""
    statement = claim.statements[0]
    for at in range(statement.begin, statement.end):
        if claim.kinds[at] != "operator" or claim.arguments[at] not in ("matmul", "dotted", "mul"):
            continue
        changed = replace(
            claim,
            kinds=[*claim.kinds[:at], "call", *claim.kinds[at + 1 :]],
            arguments=[*claim.arguments[:at], Call("outer", 2), *claim.arguments[at + 1 :]],
        )
        try:
            node = built(question, changed, statement)
        except GradError:
            continue
        shape = question.graph.shapes[node]
        if wanted in (shape, shape[::-1]):
            left, right = _operands(claim, at)
            first, second = (left, right) if shape == wanted else (right, left)
            return f"of two vectors, write outer({first}, {second})"
    return ""


def turned(question: Question, claim: Program) -> Iterator[tuple[str, str, str, int]]:
    """The claim with one matrix transposed, or one no longer: `W`, `W.T`, the formula, its node."""
    statement = claim.statements[0]
    for at in range(statement.begin, statement.end):
        name = claim.arguments[at]
        node = question.model.nodes.get(name) if claim.kinds[at] == "name" else None
        if node is None or len(question.graph.shapes[node]) != 2:
            continue
        text, stop = claim.text, claim.stops[at]
        if text[stop : stop + 2] == ".T":
            now, new, text = f"{name}.T", name, text[:stop] + text[stop + 2 :]
        else:
            now, new, text = name, f"{name}.T", f"{text[:stop]}.T{text[stop:]}"
        program = parse(text)
        with suppress(GradError):
            made = built(question, program, program.statements[0])
            yield now, new, text[slice(*_right_side(program, program.statements[0]))], made


def _turned_hint(question: Question, claim: Program, wanted: Shape) -> str:
    """A hint at a formula that has the right shape, with one matrix transposed."""
    for _, _, formula, node in turned(question, claim):
        if question.graph.shapes[node] == wanted:
            return f"write {formula}"
    return ""


def _operands(claim: Program, at: int) -> tuple[str, str]:
    """The texts of the two operands of a product of vectors; their transposes do nothing."""
    start, stop = claim.span(at)
    middle = claim.starts[at - 1]
    left = claim.text[start:middle].rstrip(" \t\n@*·×⊙").lstrip()
    right = claim.text[middle:stop].strip()
    while left.count("(") > left.count(")"):
        left, right = left.removeprefix("("), right.removesuffix(")")
    return left.removesuffix(".T"), right.removesuffix(".T")


def _spelled(shape: Shape) -> str:
    return str(shape).replace(" ", "")
