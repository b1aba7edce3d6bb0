"""Claims: derivatives that the user worked out, as formulas of the program's own nodes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gradcli.check.leibniz import read
from gradcli.check.misfits import outer_hint, replaced_hint, shape_hint, suggestion
from gradcli.check.scope import Scope, formula, right_side
from gradcli.errors import GradError, LanguageError, ShapeError, UsageError
from gradcli.graph.ops.op import Shape
from gradcli.language import Program, parse
from gradcli.question.domain import discrete
from gradcli.question.question import Question
from gradcli.words import nearest

_ANOTHER = re.compile(r",\s*[^\W\d]\w*\s*=(?!=)")
_ONE_EACH = 'give each derivative an option of its own: --claim "x = …" --claim "y = …"'


@dataclass(frozen=True)
class Claim:
    """That the derivative by `target`, called `name`, is what `node` computes.

    `formula` is the right-hand side of `text`, `factor` the same so that it can stand in a product,
    and `negative` with the other sign. `scope` says what all their names mean.
    """

    text: str
    name: str
    target: int
    node: int
    formula: str
    factor: str
    negative: str
    program: Program
    scope: Scope


def make(question: Question, texts: Sequence[str]) -> list[Claim]:
    """The claims on the nodes of the question's own graph.

    Raises GradError, located in the claim, for one that makes no sense there: its name, the names
    of its formula, or its shape.
    """
    cone = question.cone()
    scope = Scope.of(question, cone)
    found = []
    for text in texts:
        text, plain = read(scope, text)
        try:
            found.append(_made(scope, cone, text, plain))
        except GradError as error:
            if error.text == plain:
                error.text = text  # as it was typed: what was blanked out shifts nothing
            if isinstance(error, LanguageError) and text.lstrip()[:1] in ("∂", "𝜕", "∇"):
                error.hint = error.hint if text != plain else "write x = …, or ∂f/∂x = …"
            if error.span is not None and _ANOTHER.match(text, error.span[0]):
                error.hint = _ONE_EACH
            raise
    return found


def _made(scope: Scope, cone: Sequence[int], text: str, plain: str) -> Claim:
    """The claim that `plain` says, which is `text` without ∂f/∂ before the name."""
    question, program = scope.question, parse(plain)
    _refuse_other(program, text, [question.names(cone)[n] for n in question.variables(cone)])
    name = program.statements[0].name
    target = _target(scope, cone, program)
    wanted = question.graph.shapes[question.model.output] + question.graph.shapes[target]
    try:
        node = scope.node(program)
    except ShapeError as error:
        hint = outer_hint(scope, program, wanted) or replaced_hint(scope, program, target, wanted)
        error.hint = hint or error.hint
        raise
    claim = Claim(text.strip(), name, target, node, *_formulas(program), program, scope)
    shape = question.graph.shapes[node]
    if shape != wanted:
        mark, hint = suggestion(scope, target, node, claim.formula, claim.factor)
        hint = replaced_hint(scope, program, target, wanted, "onehot") or hint
        free = shape_hint(scope, target, name, shape)
        hint = f"{hint}; {free}" if hint and free else hint or free
        raise ShapeError(
            f"the claim for {name} has shape {_spelled(shape)}, the"
            f" {'gradient' if wanted == question.graph.shapes[target] else 'Jacobian'} has"
            f" {_spelled(wanted)}{mark}",
            hint=outer_hint(scope, program, wanted) or hint,
            span=right_side(program),
        ).locate(program.text)
    return claim


def _formulas(program: Program) -> tuple[str, str, str]:
    """The formula as it was written, as a factor, and negated."""
    last = program.statements[0].end - 1
    text = formula(program)
    whole = text.startswith("(") or program.kinds[last] in ("name", "number", "call", "index")
    if text.startswith("(") and _closing(text) < len(text) - 1:
        whole = False
    factor = text if whole else f"({text})"
    if program.kinds[last] == "operator" and program.arguments[last] == "neg":
        return text, factor, program.text[slice(*program.span(last - 1))]
    return text, factor, f"-{factor}"


def _closing(text: str) -> int:
    """Where the bracket is closed that the text begins with."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if not depth:
            return place
    return len(text)


def _refuse_other(program: Program, text: str, names: Sequence[str]) -> None:
    """UsageError for a text that is not one statement that gives a name, such as `names`."""
    statements = program.statements
    if len(statements) == 1 and statements[0].kind == "node" and statements[0].name:
        return
    name = names[0] if names else "x"
    right = (text.partition("=")[2].lstrip("=") or text).strip()
    if right in names:
        name, right = right, "…"
    hint = f'write what it is the derivative by: --claim "{name} = {right}"'
    if ";" in text or "\n" in text:
        hint = _ONE_EACH
    raise UsageError(f"--claim {text.strip()}: expected NAME = FORMULA", hint=hint)


def _target(scope: Scope, cone: Sequence[int], program: Program) -> int:
    """The node whose derivative is claimed."""
    question, statement = scope.question, program.statements[0]
    graph, model, name = question.graph, question.model, statement.name
    node = scope.find(name)
    if node is None or node not in cone:
        inside = set(cone)
        known = [n for n, at in model.nodes.items() if at in inside]
        raise LanguageError(
            f"{question.names(cone)[model.output]} is not made of '{name}'",
            hint=nearest(name, [*known, *scope.labels])
            or f"it is made of {', '.join([*known, *scope.labels][:8])}",
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


def _spelled(shape: Shape) -> str:
    return str(shape).replace(" ", "")
