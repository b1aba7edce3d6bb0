"""∂f/∂x, f'(x) or diff(f, x) as the left side of a claim, read as x."""

from __future__ import annotations

import re

from gradcli.check.scope import Scope
from gradcli.errors import LanguageError, Span, UsageError
from gradcli.language.parser import normalized
from gradcli.question.outputs import defined_or_used

_BLANK = r"[ \t]*"
_LEFT = re.compile(
    rf"{_BLANK}(?P<sign>[∂𝜕d]){_BLANK}(?P<of>[^\W\d]\w*)?({_BLANK}\([^()=]*\))?"
    rf"{_BLANK}[/∕⁄]{_BLANK}[∂𝜕d]{_BLANK}(?=[^\W\d])"
)
"""What stands before the x of `∂f/∂x`, `df/dx`, `∂f(x, y) / ∂x`, `d/dx`."""

_PRIMED = re.compile(
    rf"{_BLANK}(?P<of>[^\W\d]\w*){_BLANK}['′’]{_BLANK}\({_BLANK}"
    rf"(?P<by>[^\W\d]\w*){_BLANK}(?P<end>\)){_BLANK}(?==)"
)
"""`f'(x)`, of a claim."""

_DIFF = re.compile(
    rf"{_BLANK}diff{_BLANK}\({_BLANK}(?P<of>[^\W\d]\w*)({_BLANK}\([^()=]*\))?{_BLANK},{_BLANK}"
    rf"(?P<by>[^\W\d]\w*){_BLANK}(?P<end>\)){_BLANK}(?==)"
)
"""`diff(f, x)` or `diff(f(x), x)`, of a claim."""

_HIGHER = re.compile(
    rf"{_BLANK}[∂𝜕d]{_BLANK}(²|³|(\^|\*\*){_BLANK}\d)[^=]*[/∕⁄]"
    rf"|{_BLANK}[^\W\d]\w*{_BLANK}(['′’]{{2,}}|″){_BLANK}\([^=]*=(?!=)"
)


def read(scope: Scope, text: str) -> tuple[str, str]:
    """A claim with its line ends made plain, and the same with blanks for all but the x of ∂f/∂x.

    Raises LanguageError where f is something else than what is differentiated.
    """
    text = normalized(text)
    if _HIGHER.match(text):
        raise UsageError(
            f"--claim {text.strip()}: a claim is about a first derivative",
            hint="--order 2 checks the second ones against numbers",
        )
    primed = _PRIMED.match(text) or _DIFF.match(text)
    match = primed or _LEFT.match(text)
    if match is None or (not primed and _is_name(scope, match)):
        return text, text
    name = match["of"] or ""
    if not _is_output(scope, name):
        raise _another(scope, name, match.span("of")).locate(text)
    if primed:
        left = " " * match.start("by") + match["by"]
        return text, left + " " * (match.end() - len(left)) + text[match.end() :]
    return text, " " * match.end() + text[match.end() :]


def _known(scope: Scope, name: str) -> bool:
    model = scope.question.model
    return name in {*defined_or_used(model.program), *model.nodes, *scope.labels}


def _is_name(scope: Scope, match: re.Match[str]) -> bool:
    """Whether the d is the first letter of a longer name, as in `delta/dx`."""
    sign, name = match["sign"], match["of"] or ""
    if sign != "d" or not name or _known(scope, name):
        return False
    return sign + name in match[0] and _known(scope, sign + name)


def _is_output(scope: Scope, name: str) -> bool:
    """Whether a name may stand for what is differentiated: it names that, or nothing at all."""
    model = scope.question.model
    if not name or not _known(scope, name):
        return True
    if scope.find(name) == model.output:
        return True
    *others, last = model.program.statements
    # A program of functions alone stands for the last of them, called where it is defined.
    functions = [s for s in others if s.kind == "function" and s.name_span[0] == last.span[0]]
    return name in [function.name for function in functions]


def _another(scope: Scope, name: str, span: Span) -> LanguageError:
    question = scope.question
    output = question.names(question.cone())[question.model.output]
    function = any(
        s.name == name and s.kind == "function" for s in question.model.program.statements
    )
    return LanguageError(
        f"this is the derivative of {name}, and {output} is what is checked",
        hint=f'add --of "{name}(…)"' if function else f"add --of {name}",
        span=span,
    )
