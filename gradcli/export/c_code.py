"""C99: numbers, and arrays of a fixed shape, row by row in one piece; nothing is allocated."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from math import prod

from gradcli.export.c_language import SYNTAX, C, commented, function, signature, spells
from gradcli.export.c_printing import PRINTING, PRINTING_ARRAYS, answer, printed
from gradcli.export.c_training import step_function, train_function, training_in_main
from gradcli.export.heading import heading
from gradcli.export.identifiers import Identifiers
from gradcli.export.loops import Body
from gradcli.export.phrases import needed_helpers
from gradcli.export.planning import FilePlan, identifiers
from gradcli.export.routines import Routine
from gradcli.graph.graph import INPUT
from gradcli.graph.ops.c import c_number
from gradcli.words import listed


def write(plan: FilePlan) -> str:
    """The file of a plan."""
    names = Identifiers(C.reserved, spells)
    gradient = plan.gradient
    unnamed = set(gradient.outputs if gradient else ()) - plan.value.known.keys()
    routines = [plan.value, gradient] if gradient else [plan.value]
    arguments, nodes = identifiers(plan, names, routines, unnamed)
    own = names.within()
    results = [own.new(f"grad_{arguments.get(name, name)}") for name in plan.variables]
    parts = [_value(plan, arguments, nodes, names)]
    if gradient:
        parts.append(_value_and_grad(plan, gradient, arguments, nodes, own, results))
    training = plan.training
    if training:
        parts += [step_function(step, training.rule) for step in training.steps]
    if plan.complete:
        parts.append(_point(plan, arguments))
        parts += [train_function(plan, training, arguments)] if training else []
        parts.append(_main(plan, arguments, results))
    else:
        missing = [name for name in plan.arguments if name not in plan.point]
        parts.append(f"/* There is no main: {listed(missing)} had no value. */\n")
    body = "\n".join(parts)
    helpers = needed_helpers(C, body)
    printing = [t for t in (PRINTING, PRINTING_ARRAYS) if _calls(t, body) or "_array(" in body]
    if "print_array(" not in body:
        printing = [text for text in printing if text is PRINTING]
    if not plan.complete:
        printing = []
    text = "\n".join([*helpers, *printing, body])
    includes = ["math", "stdio"] if plan.complete else ["math"]
    includes += ["assert"] * ("assert(" in text) + ["string"] * bool(
        re.search(r"\b(memset|memcpy|strcmp)\(", text)
    )
    included = "\n".join(f"#include <{name}.h>" for name in sorted(includes))
    top = heading(plan, "c", "/* ", "*/", "   ").replace("/*    ", "/* ", 1)
    return f"{top}\n\n{included}\n\n{text}"


def _calls(source: str, body: str) -> bool:
    return source.split("(")[0].split()[-1] + "(" in body


def _parameters(plan: FilePlan, arguments: Mapping[str, str]) -> list[str]:
    return [
        f"const double {arguments[name]}[{prod(shape)}]" if shape else f"double {arguments[name]}"
        for name, shape in plan.arguments.items()
    ]


def _value(
    plan: FilePlan, arguments: Mapping[str, str], nodes: Mapping[int, str], names: Identifiers
) -> str:
    routine = plan.value
    (output,) = routine.outputs
    shape = routine.graph.shapes[output]
    parameters = _parameters(plan, arguments)
    own = names.within()
    if shape:
        name = own.new("out")
        body = Body(SYNTAX, routine, own, nodes, {output: name})
        body.copy(output, name)
        head = signature("void", "value", [*parameters, f"double {name}[{prod(shape)}]"])
        return function(head, f"{commented(plan.output)}, into {name}.", body.lines)
    body = Body(SYNTAX, routine, own, nodes)
    lines = [*body.lines, f"return {body.number(output).text};"]
    return function(signature("double", "value", parameters), f"{commented(plan.output)}.", lines)


def _value_and_grad(
    plan: FilePlan,
    routine: Routine,
    arguments: Mapping[str, str],
    nodes: Mapping[int, str],
    names: Identifiers,
    results: Sequence[str],
) -> str:
    graph = routine.graph
    output, *gradients = routine.outputs
    places: dict[int, str] = {}
    for n, name in zip(gradients, results):
        if graph.shapes[n] and n not in nodes and graph.ops[n] is not INPUT:
            places.setdefault(n, name)
    body = Body(SYNTAX, routine, names.within(), nodes, places)
    lines = body.lines
    parameters = _parameters(plan, arguments)
    for n, name in zip(gradients, results):
        if shape := graph.shapes[n]:
            body.copy(n, name)
            parameters.append(f"double {name}[{prod(shape)}]")
        else:
            lines.append(f"*{name} = {body.number(n).text};")
            parameters.append(f"double *{name}")
    lines.append(f"return {body.number(output).text};")
    comment = f"{commented(plan.output)}, and its derivatives into {listed(results)}."
    return function(signature("double", "value_and_grad", parameters), comment, lines)


def _point(plan: FilePlan, arguments: Mapping[str, str]) -> str:
    lines: list[str] = []
    for name, value in plan.point.items():
        if shape := plan.arguments[name]:
            numbers = ", ".join(map(c_number, value.ravel().tolist()))
            head = f"static const double {arguments[name]}[{prod(shape)}]"
            lines += _wrapped(f"{head} = {{{numbers}}};")
        else:
            lines.append(f"static const double {arguments[name]} = {c_number(float(value))};")
    return "\n".join(["/* The point. */", *lines, ""])


def _main(plan: FilePlan, arguments: Mapping[str, str], results: Sequence[str]) -> str:
    lines: list[str] = []
    if plan.training:
        lines += training_in_main(plan, plan.training, arguments)
    given = list(arguments.values())
    output = plan.value.outputs[0]
    shape = plan.value.graph.shapes[output]
    if plan.gradient is None:
        if shape:
            lines += [
                f"static double found[{prod(shape)}];",
                f"value({', '.join([*given, 'found'])});",
            ]
        else:
            lines.append(f"const double found = value({', '.join(given)});")
        lines += ['fputs("{\\"value\\": ", stdout);', printed("found", shape)]
        lines += ['fputs("}\\n", stdout);', "return 0;"]
        return _framed(lines, False)
    for shape, result in zip(plan.variables.values(), results):
        lines.append(f"static double {result}[{prod(shape)}];" if shape else f"double {result};")
        given.append(result if shape else f"&{result}")
    lines.append(f"const double found = value_and_grad({', '.join(given)});")
    lines += answer("gradient", dict(zip(plan.variables, results)), plan)
    lines.append("return 0;")
    return _framed(lines, plan.training is not None)


def _framed(lines: Sequence[str], trains: bool) -> str:
    comment = "Prints the value and the gradient at the point, as JSON"
    if trains:
        comment += '; with the argument "train" the parameters after training'
    signature = "int main(int argc, char **argv)" if trains else "int main(void)"
    return function(signature, f"{comment}.", lines)


def _wrapped(text: str) -> list[str]:
    """A long line of numbers as several."""
    if len(text) <= 92:
        return [text]
    return textwrap.wrap(text, 92, subsequent_indent="    ")
